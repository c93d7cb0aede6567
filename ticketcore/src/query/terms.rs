//! What is looked for in texts, as words: whole ones, beginnings of some, and phrases.

use std::collections::{BTreeSet, HashSet};

use crate::query::{Filter, words};

/// What a filter asks of texts, each term once and in a stable order.
///
/// A word is what [`words`] says it is. A phrase is of two words or more: that of one is a word, and that of none asks
/// nothing. Nothing in a term is an operator, whoever wrote it.
///
/// # Examples
///
/// ```
/// use ticketcore::query::{Filter, Terms};
///
/// let filter = Filter {
///     words: vec!["Printer".into()],
///     phrases: vec!["disk-full".into(), "\"".into()],
///     prefixes: vec!["serv*".into()],
///     ..Filter::all()
/// };
/// let terms = Terms::of(&filter);
/// assert!(terms.are_in(["The printer's disk: FULL", "Server down"]));
/// assert!(!terms.are_in(["The printer's disk", "is full", "Server down"]), "a phrase stands in one text");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    words: BTreeSet<String>,
    prefixes: BTreeSet<String>,
    phrases: BTreeSet<Vec<String>>,
}

impl Terms {
    /// What a filter asks of texts itself, leaving out the filters within it.
    pub fn of(filter: &Filter) -> Self {
        let mut terms = Self::default();
        terms.add(filter);
        terms
    }

    /// What a filter looks for, with the filters within it; leaving out what must not be there.
    pub fn sought(filter: &Filter) -> Self {
        let mut terms = Self::default();
        terms.seek(filter);
        terms
    }

    fn seek(&mut self, filter: &Filter) {
        self.add(filter);
        filter.all.iter().chain(&filter.any).for_each(|other| self.seek(other));
    }

    fn add(&mut self, filter: &Filter) {
        self.words.extend(filter.words.iter().flat_map(|text| words::split(text)));
        for text in &filter.prefixes {
            let mut asked: Vec<String> = words::split(text).collect();
            self.prefixes.extend(asked.pop());
            self.words.extend(asked);
        }
        for text in &filter.phrases {
            let mut asked: Vec<String> = words::split(text).collect();
            if asked.len() > 1 {
                self.phrases.insert(asked);
            } else {
                self.words.extend(asked.pop());
            }
        }
    }

    /// Tells whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.prefixes.is_empty() && self.phrases.is_empty()
    }

    /// The words, without those of phrases.
    pub fn words(&self) -> impl ExactSizeIterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// How words begin.
    pub fn prefixes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.prefixes.iter().map(String::as_str)
    }

    /// The phrases, each of two words or more.
    pub fn phrases(&self) -> impl ExactSizeIterator<Item = &[String]> {
        self.phrases.iter().map(Vec::as_slice)
    }

    /// What an index is asked: for each word, those of phrases among them, the entries of which one must occur.
    ///
    /// ```
    /// # use ticketcore::query::{Filter, Terms};
    /// let terms = Terms::of(&Filter { phrases: vec!["disk full".into()], ..Filter::all() });
    /// assert_eq!(terms.entries(true), [["disk"], ["full"]]);
    /// assert_eq!(terms.entries(false), [["disk", "§disk"], ["full", "§full"]]);
    /// ```
    pub fn entries(&self, public: bool) -> Vec<Vec<String>> {
        let words: BTreeSet<&str> = self.words().chain(self.phrases.iter().flatten().map(String::as_str)).collect();
        words.into_iter().map(|word| entries(word, public)).collect()
    }

    /// The same of beginnings: one of each list must begin an entry.
    pub fn openings(&self, public: bool) -> Vec<Vec<String>> {
        self.prefixes().map(|prefix| entries(prefix, public)).collect()
    }

    /// Tells whether all of them occur in some texts, each phrase within one of them.
    pub fn are_in<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let mut words: HashSet<&str> = self.words().collect();
        let mut prefixes: HashSet<&str> = self.prefixes().collect();
        let mut phrases: Vec<Course<'_>> = self.phrases().map(Course::new).collect();
        let (mut texts, longest) = (texts.into_iter(), self.longest());
        loop {
            if words.is_empty() && prefixes.is_empty() && phrases.is_empty() {
                return true;
            }
            let Some(text) = texts.next() else { return false };
            phrases.iter_mut().for_each(Course::restart);
            for word in words::split(text) {
                words.remove(word.as_str());
                if !prefixes.is_empty() {
                    self.begun(&word, longest).for_each(|prefix| _ = prefixes.remove(prefix));
                }
                phrases.retain_mut(|phrase| !phrase.next(&word));
            }
        }
    }

    /// How long the longest prefix is.
    pub(super) fn longest(&self) -> usize {
        self.prefixes().map(str::len).max().unwrap_or(0)
    }

    /// The prefixes that a word begins with, looked up by each of its beginnings, so that it does not matter how many
    /// are asked for.
    pub(super) fn begun<'a>(&'a self, word: &'a str, longest: usize) -> impl Iterator<Item = &'a str> {
        let ends = word.char_indices().map(|(start, c)| start + c.len_utf8()).take_while(move |end| *end <= longest);
        ends.map(|end| &word[..end]).filter(|start| self.prefixes.contains(*start))
    }
}

fn entries(word: &str, public: bool) -> Vec<String> {
    let marked = (!public).then(|| words::marked(word));
    std::iter::once(word.to_owned()).chain(marked).collect()
}

/// A phrase that is looked for, word by word. No text takes longer than it has words, whatever the phrase: how far it goes
/// on after a word that does not fit is known beforehand (Knuth, Morris and Pratt).
#[derive(Debug)]
pub(super) struct Course<'a> {
    phrase: &'a [String],
    /// Of each length that fits, the greatest lesser one that then fits, too.
    back: Vec<usize>,
    fits: usize,
}

impl<'a> Course<'a> {
    pub(super) fn new(phrase: &'a [String]) -> Self {
        let mut back = vec![0; phrase.len() + 1];
        let mut fits = 0;
        for (place, word) in phrase.iter().enumerate().skip(1) {
            while fits > 0 && phrase[fits] != *word {
                fits = back[fits];
            }
            fits += usize::from(phrase[fits] == *word);
            back[place + 1] = fits;
        }
        Self { phrase, back, fits: 0 }
    }

    /// Begins another text.
    pub(super) const fn restart(&mut self) {
        self.fits = 0;
    }

    /// Goes on by a word, and tells whether the phrase ends with it.
    pub(super) fn next(&mut self, word: &str) -> bool {
        self.next_by(|next| next == word)
    }

    /// Goes on by a word that can be compared with those of the phrase.
    pub(super) fn next_by(&mut self, is: impl Fn(&str) -> bool) -> bool {
        let fits = |fits: usize| self.phrase.get(fits).is_some_and(|next| is(next));
        let mut length = self.fits;
        while length > 0 && !fits(length) {
            length = self.back[length];
        }
        self.fits = length + usize::from(fits(length));
        !self.phrase.is_empty() && self.fits == self.phrase.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn few() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(prop::sample::select(vec!["a", "b"]).prop_map(str::to_owned), 0..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_phrase_is_found_wherever_it_ends_and_nowhere_else(phrase in few(), text in few()) {
            prop_assume!(!phrase.is_empty());
            let mut course = Course::new(&phrase);
            for end in 1..=text.len() {
                prop_assert_eq!(course.next(&text[end - 1]), text[..end].ends_with(&phrase), "{} of {:?}", end, text);
            }
        }
    }

    #[test]
    fn what_must_not_be_there_is_not_sought() {
        let words = |word: &str| Filter { words: vec![word.to_owned()], ..Filter::all() };
        let filter = Filter {
            all: vec![words("b"), Filter::without([words("c")])],
            any: vec![words("d"), Filter { prefixes: vec!["e".to_owned()], ..words("f") }],
            ..words("a")
        };
        let terms = Terms::sought(&filter);
        assert_eq!(terms.words().collect::<Vec<_>>(), ["a", "b", "d", "f"]);
        assert_eq!(terms.prefixes().collect::<Vec<_>>(), ["e"]);
        assert_eq!(Terms::of(&filter).words().collect::<Vec<_>>(), ["a"]);
    }
}
