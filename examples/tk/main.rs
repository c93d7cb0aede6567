//! A desk on the command line.

fn main() {}
