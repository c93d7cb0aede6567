//! The store in memory passes the suite, and the suite has forgotten none of its cases.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use ticketcore::testing::{Harness, cases};
use ticketcore::{MemoryStore, Store};

#[derive(Default)]
struct Memory(MemoryStore);

#[async_trait]
impl Harness for Memory {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }
}

ticketcore::store_tests!(Memory::default());

#[test]
fn every_case_that_is_written_is_in_the_list() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("ticketcore/src/testing/suite");
    let mut written = Vec::new();
    for file in suite.read_dir().unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let name = |line: &str| Some(line.strip_prefix("pub async fn ")?.split_once('(')?.0.to_owned());
        written.extend(text.lines().filter_map(name));
    }
    let mut listed: Vec<String> = cases().iter().map(|case| case.name.to_owned()).collect();
    written.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, written);
}
