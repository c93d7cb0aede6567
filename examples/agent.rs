//! Watches this machine.

fn main() {}
