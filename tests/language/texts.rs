//! Texts that are questions, and texts that are none.

use proptest::prelude::*;
use ticketcore::MemoryStore;
use ticketcore::query::language::{Question, Scope};
use ticketcore::testing::sample::{self, Sample};
use ticketcore::testing::{Clerk, Dice, block_on};

use crate::trees;

fn samples() -> (Clerk, Vec<Sample>) {
    let clerk = Clerk::new(1);
    let samples = block_on(sample::fill(&MemoryStore::new(), &clerk, &mut Dice::new(1), 30));
    (clerk, samples)
}

#[test]
fn what_is_printed_reads_back() {
    let (clerk, samples) = samples();
    let mut dice = Dice::new(2);
    for round in 0..20_000 {
        let question = trees::question(&mut dice, &samples, clerk.now(), round % 6);
        let text = question.to_string();
        let read = Question::parse(&text).unwrap_or_else(|error| panic!("{error}\n{question:#?}"));
        assert_eq!(read, question, "{text}");
        assert_eq!(read.to_string(), text);
    }
}

/// Bits of questions, so that a random text of them is nearly one.
const BITS: [&str; 44] = [
    " ",
    " ",
    " ",
    " ",
    "(",
    ")",
    "\"",
    "\\",
    "-",
    "*",
    ",",
    "..",
    ":",
    ">",
    "<=",
    "=",
    "or",
    "and",
    "not",
    "a",
    "disk",
    "status",
    "status:open",
    "team:",
    "field.",
    "field.seats",
    "sla.",
    "due.",
    "sort:",
    "sort:due",
    "created",
    "2026-01-31",
    "T12:00",
    "-7d",
    "was",
    "changed",
    "from",
    "by",
    "during",
    "none",
    "me",
    "%",
    "\u{200f}",
    "ü",
];

fn read(text: &str) {
    let config = sample::config();
    let scope = Scope::new(&config, sample::start()).by("ada");
    match Question::parse(text) {
        Ok(question) => {
            let again = Question::parse(&question.to_string());
            assert_eq!(again.as_ref(), Ok(&question), "{text:?}");
            if let Err(misread) = question.resolve(&scope) {
                misread
                    .wrongs
                    .iter()
                    .for_each(|wrong| assert!(text.get(wrong.at.clone()).is_some(), "{text:?}: {wrong:?}"));
            }
        }
        Err(misread) => {
            assert!(!misread.wrongs.is_empty() && !misread.to_string().is_empty() && !misread.brief().is_empty());
            misread
                .wrongs
                .iter()
                .for_each(|wrong| assert!(misread.text.get(wrong.at.clone()).is_some(), "{text:?}: {wrong:?}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in "\\PC{0,60}", wild in any::<String>()) {
        read(&text);
        read(&wild);
    }

    #[test]
    fn no_text_that_is_nearly_a_question_panics(bits in prop::collection::vec(prop::sample::select(&BITS[..]), 0..30)) {
        read(&bits.concat());
    }
}
