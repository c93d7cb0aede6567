//! Where terms occur in a text.

use std::collections::HashMap;
use std::ops::Range;

use crate::query::Terms;
use crate::query::terms::Course;
use crate::query::words::places;

/// What a text has of some terms.
#[derive(Debug)]
pub(super) struct Scan {
    /// How often each occurs: the words, the beginnings, the phrases.
    pub(super) counts: Vec<u32>,
    /// Where the words of those stand that occur.
    pub(super) marks: Vec<Range<usize>>,
}

/// Looks through texts, each of them once.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    terms: &'a Terms,
    words: HashMap<&'a str, usize>,
    prefixes: HashMap<&'a str, usize>,
    /// Each with its length.
    phrases: Vec<(Course<'a>, usize)>,
    longest: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(terms: &'a Terms) -> Self {
        let words: HashMap<&str, usize> = terms.words().zip(0..).collect();
        let prefixes = terms.prefixes().zip(words.len()..).collect();
        let phrases = terms.phrases().map(|phrase| (Course::new(phrase), phrase.len())).collect();
        Self { terms, words, prefixes, phrases, longest: terms.longest() }
    }

    pub(super) fn scan(&mut self, text: &str) -> Scan {
        let Self { terms, words, prefixes, phrases, longest } = self;
        let first = words.len() + prefixes.len();
        let mut counts = vec![0_u32; first + phrases.len()];
        let mut count = |term: usize| counts[term] = counts[term].saturating_add(1);
        let mut found: Vec<(Range<usize>, bool)> = Vec::new();
        // Up to which word each phrase has marked: those that overlap mark no word twice.
        let mut marked = vec![0; phrases.len()];
        phrases.iter_mut().for_each(|(course, _)| course.restart());
        for (place, word) in places(text) {
            let begun = terms.begun(&word, *longest).filter_map(|prefix| prefixes.get(prefix));
            let mut hit = false;
            for term in words.get(word.as_str()).into_iter().chain(begun) {
                hit = true;
                count(*term);
            }
            found.push((place, hit));
            for (((course, length), marked), term) in phrases.iter_mut().zip(&mut marked).zip(first..) {
                if course.next(&word) {
                    count(term);
                    let start = found.len().saturating_sub(*length).max(*marked);
                    found[start..].iter_mut().for_each(|(_, hit)| *hit = true);
                    *marked = found.len();
                }
            }
        }
        let marks = found.into_iter().filter(|(_, hit)| *hit).map(|(place, _)| place).collect();
        Scan { counts, marks }
    }
}

/// Where the words of a text stand that a search found it by: bytes, in order, each a whole word.
///
/// ```
/// use ticketcore::query::search::highlight;
/// use ticketcore::query::{Filter, Terms};
///
/// let filter = Filter { phrases: vec!["disk full".into()], prefixes: vec!["serv".into()], ..Filter::all() };
/// let text = "Server: disk-full, no full disk";
/// let marked: Vec<&str> = highlight(text, &Terms::of(&filter)).into_iter().map(|place| &text[place]).collect();
/// assert_eq!(marked, ["Server", "disk", "full"]);
/// ```
pub fn highlight(text: &str, terms: &Terms) -> Vec<Range<usize>> {
    Scanner::new(terms).scan(text).marks
}
