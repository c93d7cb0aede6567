//! A desk in twenty lines: open a ticket, work it, see it escalate, print a report.

fn main() {}
