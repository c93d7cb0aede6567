//! The README shows programs that exist: its code blocks are the examples, letter for letter.

use std::fs;
use std::path::Path;

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// An example from its first `use` on, as what stands before tells how to run it.
fn example(name: &str) -> String {
    let text = read(&format!("examples/{name}.rs"));
    text[text.find("use ").unwrap()..].trim_end().to_owned()
}

#[test]
fn the_code_of_the_readme_is_the_code_of_the_examples() {
    let readme = read("README.md");
    let blocks: Vec<&str> = readme.split("```rust\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect();
    assert_eq!(blocks, [example("quickstart"), example("people"), example("measure"), example("host_transaction")]);
}

#[test]
fn the_quickstart_stays_short() {
    let code = example("quickstart");
    let lines = code.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("use ")).count();
    assert!(lines <= 28, "{lines} lines");
}
