//! How well texts answer a search.

use super::Place;
use super::scan::Scanner;
use crate::query::Terms;

/// More occurrences in texts of one place say nothing more.
const ENOUGH: u32 = 4;
/// What a term comes to that occurs as often as can be, almost.
const WHOLE: u32 = 1000;
/// At this weight a term comes to half of that: once in the subject.
const HALF: u32 = 8;
/// A longer phrase tells no more.
const LONGEST: usize = 8;

/// What an occurrence weighs: any number in messages less than one in the subject.
const fn weight(place: Place) -> u32 {
    match place {
        Place::Subject => HALF,
        Place::Description => 3,
        Place::Message => 1,
    }
}

/// Says how well a ticket's texts answer a search; 0 if nothing of it occurs.
///
/// Each term adds up to a thousand points: five hundred if it stands once in the subject, more the more often it occurs,
/// but less and less. An occurrence in the description weighs three eighths of one in the subject, one in a message an
/// eighth, and more than four in a place count as four. A phrase is worth as many terms as it has words, eight at most,
/// and only where it stands whole. It is all integers, so every machine says the same.
///
/// ```
/// use ticketcore::query::search::{Place, score};
/// use ticketcore::query::{Filter, Terms};
///
/// let terms = Terms::of(&Filter { words: vec!["fire".into()], ..Filter::all() });
/// assert_eq!(score(&terms, [(Place::Subject, "Printer on fire")]), 500);
/// assert_eq!(score(&terms, [(Place::Message, "Fire! Fire! Fire! Fire! Fire!")]), 333);
/// ```
pub fn score<'a>(terms: &Terms, texts: impl IntoIterator<Item = (Place, &'a str)>) -> u32 {
    let mut scanner = Scanner::new(terms);
    points(terms, texts.into_iter().map(|(place, text)| (place, scanner.scan(text).counts)))
}

/// The same, of what was counted in each text.
pub(super) fn points(terms: &Terms, counts: impl IntoIterator<Item = (Place, Vec<u32>)>) -> u32 {
    let single = terms.words().len() + terms.prefixes().len();
    let worths = std::iter::repeat_n(1, single).chain(terms.phrases().map(|phrase| phrase.len().min(LONGEST)));
    let mut counted = vec![[0_u32; Place::ALL.len()]; single + terms.phrases().len()];
    for (place, counts) in counts {
        for (counted, count) in counted.iter_mut().zip(counts) {
            let counted = &mut counted[place as usize];
            *counted = counted.saturating_add(count).min(ENOUGH);
        }
    }
    let points = |counted: [u32; Place::ALL.len()]| {
        let weight: u32 = Place::ALL.into_iter().zip(counted).map(|(place, count)| weight(place) * count).sum();
        WHOLE * weight / (weight + HALF)
    };
    counted.into_iter().zip(worths).fold(0, |sum: u32, (counted, worth)| {
        sum.saturating_add(points(counted).saturating_mul(u32::try_from(worth).unwrap_or(u32::MAX)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Filter;

    fn of(words: &[&str], phrases: &[&str], texts: &[(Place, &str)]) -> u32 {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let filter = Filter { words: owned(words), phrases: owned(phrases), ..Filter::all() };
        score(&Terms::of(&filter), texts.iter().copied())
    }

    #[test]
    fn a_subject_outweighs_a_description_and_that_a_message_however_often_it_says_so() {
        let often = "fire ".repeat(1000);
        let [subject, description, message] = Place::ALL.map(|place| of(&["fire"], &[], &[(place, "fire")]));
        let messages = of(&["fire"], &[], &[(Place::Message, &often), (Place::Message, &often)]);
        assert!(
            subject > messages && description > message && messages > message,
            "{subject} {messages} {description}"
        );
        assert_eq!((subject, description, message, messages), (500, 272, 111, 333));
    }

    #[test]
    fn what_is_asked_and_there_adds_up_and_the_rest_adds_nothing() {
        let texts = [(Place::Subject, "disk full"), (Place::Message, "the disk is full")];
        let [disk, full] = ["disk", "full"].map(|word| of(&[word], &[], &texts));
        assert_eq!(of(&["disk", "full", "disk"], &[], &texts), disk + full);
        assert_eq!(of(&["disk", "water"], &[], &texts), disk);
        assert_eq!(of(&[], &[], &texts), 0);
        // Whole in the subject only, and worth both of its words there.
        assert_eq!(of(&[], &["disk full"], &texts), 2 * 500);
        assert_eq!(of(&[], &["full disk"], &texts), 0);
    }

    #[test]
    fn no_number_of_terms_is_too_great() {
        let text: String = (0..20_000).map(|number| format!("w{number} ")).collect();
        assert!(of(&[&text], &[&text], &[(Place::Subject, &text)]) >= 20_000 * 500);
    }
}
