//! The part of a text that shows why it was found.

use std::ops::Range;

use serde::Serialize;

use super::scan::highlight;
use crate::query::Terms;

/// Stands where a text goes on.
const MORE: char = '…';
/// So far from where a part would be cut, a blank is a better place to cut it.
const NEAR: usize = 12;

/// A part of a text in one line, with what was looked for marked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Snippet {
    /// The part, with an ellipsis where the text goes on. Line breaks and other control characters are blanks.
    pub text: String,
    /// Where the words stand that were looked for: bytes of the part, in order, each a whole word.
    pub marks: Vec<Range<usize>>,
}

impl Snippet {
    /// The pieces of the part in order, each with whether it is marked: what a program prints that has its own way to
    /// show it.
    pub fn pieces(&self) -> impl Iterator<Item = (bool, &str)> {
        let mut end = 0;
        let pieces = self.marks.iter().flat_map(move |mark| {
            let before = std::mem::replace(&mut end, mark.end)..mark.start;
            [(false, before), (true, mark.clone())]
        });
        let last = self.marks.last().map_or(0, |mark| mark.end)..self.text.len();
        pieces
            .chain([(false, last)])
            .map(|(marked, place)| (marked, &self.text[place]))
            .filter(|(_, text)| !text.is_empty())
    }
}

/// Cuts the part out of a text that has the most of what is looked for, at most so many characters of it and an ellipsis
/// at either end. Of equal parts it is the first; where nothing is found it is the beginning.
///
/// ```
/// use ticketcore::query::search::snippet;
/// use ticketcore::query::{Filter, Terms};
///
/// let terms = Terms::of(&Filter { words: vec!["disk".into(), "full".into()], ..Filter::all() });
/// let text = "Good morning, the disk was replaced in March. Since then we never had one that was full, but today \
///             the disk of db-01 is full again. Best regards";
/// let part = snippet(text, &terms, 50);
/// assert_eq!(part.text, "… full, but today the disk of db-01 is full…");
/// assert_eq!(part.pieces().filter(|(marked, _)| *marked).count(), 3);
/// ```
pub fn snippet(text: &str, terms: &Terms, width: usize) -> Snippet {
    marked(text, highlight(text, terms), width)
}

/// The same, of a text whose marks are known.
pub(super) fn marked(text: &str, marks: Vec<Range<usize>>, width: usize) -> Snippet {
    let part = part(text, &marks, width);
    let mut cut = String::with_capacity(part.len() + 2 * MORE.len_utf8());
    if part.start > 0 {
        cut.push(MORE);
    }
    let shift = cut.len();
    // A control character may be longer than a blank.
    let mut shorter = Vec::new();
    for (place, c) in text[part.clone()].char_indices() {
        if c.is_control() {
            cut.push(' ');
            if c.len_utf8() > 1 {
                shorter.push((part.start + place, c.len_utf8() - 1));
            }
        } else {
            cut.push(c);
        }
    }
    if part.end < text.len() {
        cut.push(MORE);
    }
    let mut lost = 0;
    let mut shorter = shorter.into_iter().peekable();
    let within = marks.into_iter().filter(|mark| part.start <= mark.start && mark.end <= part.end);
    let marks = within.map(|mark| {
        while let Some((_, bytes)) = shorter.next_if(|(place, _)| *place < mark.start) {
            lost += bytes;
        }
        let [start, end] = [mark.start, mark.end].map(|at| at - part.start - lost + shift);
        start..end
    });
    let marks = marks.collect();
    Snippet { text: cut, marks }
}

/// The bytes of the part.
fn part(text: &str, marks: &[Range<usize>], width: usize) -> Range<usize> {
    let starts: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
    if starts.len() <= width {
        return 0..text.len();
    }
    // From here on everything is counted in characters.
    let count = |at: usize| starts.partition_point(|start| *start < at);
    let marks: Vec<Range<usize>> = marks.iter().map(|mark| count(mark.start)..count(mark.end)).collect();
    let dense = densest(&marks, width);
    let spare = width - (dense.end - dense.start).min(width);
    let start = dense.start.saturating_sub(spare / 2).min(starts.len() - width);
    let end = start + width;
    let is_blank = |place: &usize| text[starts[*place]..].starts_with(char::is_whitespace);
    // From a blank to a blank, if there are any near and nothing marked is lost by it.
    let start =
        if start == 0 { start } else { (start..(start + NEAR).min(dense.start)).find(is_blank).unwrap_or(start) };
    let end = if end >= starts.len() {
        end
    } else {
        let near = end.saturating_sub(NEAR).max(dense.end)..end;
        near.rev().find(|place| is_blank(place)).unwrap_or(end)
    };
    let byte = |place: usize| starts.get(place).copied().unwrap_or(text.len());
    byte(start)..byte(end.max(start))
}

/// The first stretch from one mark to another that has the most marks within a width; the beginning, if none fits.
fn densest(marks: &[Range<usize>], width: usize) -> Range<usize> {
    let (mut best, mut most, mut last) = (0..0, 0, 0);
    for (first, mark) in marks.iter().enumerate() {
        last = last.max(first);
        while marks.get(last).is_some_and(|next| next.end - mark.start <= width) {
            last += 1;
        }
        if last - first > most {
            most = last - first;
            best = mark.start..marks[last - 1].end;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::{Filter, words};

    fn terms(words: &[&str]) -> Terms {
        Terms::of(&Filter { words: words.iter().map(|word| (*word).to_owned()).collect(), ..Filter::all() })
    }

    /// Whatever people and machines write: letters that change their length in lower case, marks that are none, the
    /// other direction, emoji made of several characters, control characters.
    fn texts() -> impl Strategy<Value = String> {
        let pieces = [
            "disk",
            "Disk",
            "FULL",
            "full",
            "İZMIR",
            "ẞ",
            "straße",
            "ΣΟΦΟΣ",
            "e\u{301}",
            "مرحبا",
            "\u{202e}",
            "👩‍👩‍👧",
            "💾",
            " ",
            "-",
            "\n",
            "\t",
            "\u{85}",
            "…",
            "東京",
        ];
        prop::collection::vec(
            prop_oneof![prop::sample::select(pieces.to_vec()).prop_map(str::to_owned), ".{0,3}"],
            0..60,
        )
        .prop_map(|pieces| pieces.concat())
    }

    fn asked() -> impl Strategy<Value = Filter> {
        let some = || prop::collection::vec(texts().prop_map(|text| text.chars().take(12).collect()), 0..3);
        (some(), some(), some()).prop_map(|(words, phrases, prefixes)| Filter {
            words,
            phrases,
            prefixes,
            ..Filter::all()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn marks_are_whole_words_that_were_looked_for(text in texts(), filter in asked(), width in 0_usize..80) {
            let terms = Terms::of(&filter);
            let part = snippet(&text, &terms, width);
            let known: Vec<&str> = terms.words().chain(terms.phrases().flatten().map(String::as_str)).collect();
            let is_sought = |word: &str| known.contains(&word) || terms.prefixes().any(|prefix| word.starts_with(prefix));
            for (text, marks) in [(&text, highlight(&text, &terms)), (&part.text, part.marks.clone())] {
                let mut end = 0;
                for mark in marks {
                    prop_assert!(end <= mark.start && mark.start < mark.end && mark.end <= text.len());
                    let words: Vec<String> = words::split(&text[mark.clone()]).collect();
                    prop_assert!(matches!(words.as_slice(), [word] if is_sought(word)), "{:?} of {:?}", words, known);
                    end = mark.end;
                }
            }
            prop_assert!(part.text.chars().count() <= width + 2);
            prop_assert!(!part.text.contains(char::is_control));
            prop_assert_eq!(part.pieces().map(|(_, piece)| piece).collect::<String>(), part.text.clone());
        }

        #[test]
        fn a_text_that_answers_has_a_mark_for_all_that_is_asked(text in texts(), filter in asked()) {
            let terms = Terms::of(&filter);
            let whole = Terms::of(&Filter { prefixes: Vec::new(), phrases: Vec::new(), ..filter });
            let marked: Vec<String> = highlight(&text, &terms).into_iter().flat_map(|mark| words::split(&text[mark]).collect::<Vec<_>>()).collect();
            for phrase in terms.phrases() {
                let split: Vec<String> = words::split(&text).collect();
                prop_assert_eq!(words::say(&text, phrase), split.windows(phrase.len()).any(|some| some == phrase));
            }
            if terms.are_in([text.as_str()]) {
                prop_assert!(whole.words().all(|word| marked.iter().any(|one| one == word)));
                prop_assert_eq!(marked.is_empty(), terms.is_empty());
            }
        }
    }

    #[test]
    fn a_part_is_where_most_of_it_stands_and_as_long_as_it_may_be() {
        let text = format!("disk {}disk full {}", "x ".repeat(200), "y ".repeat(200));
        let part = snippet(&text, &terms(&["disk", "full"]), 40);
        assert!(
            part.text.starts_with('…') && part.text.ends_with('…') && part.text.contains("x disk full y"),
            "{part:?}"
        );
        assert_eq!(part.marks.len(), 2);
        assert!(part.text.chars().count() > 30, "{part:?}");
        assert_eq!(snippet("short", &terms(&["disk"]), 40), Snippet { text: "short".to_owned(), marks: Vec::new() });
        assert_eq!(snippet(&text, &terms(&["water"]), 9).text, "disk x x…");
    }

    #[test]
    fn a_word_longer_than_the_part_is_cut_between_characters() {
        let part = snippet(&"ä".repeat(100), &terms(&[&"ä".repeat(100)]), 10);
        assert_eq!(part, Snippet { text: format!("{}…", "ä".repeat(10)), marks: Vec::new() });
        assert_eq!(snippet("ab", &terms(&["ab"]), 0).text, "…");
    }

    #[test]
    fn a_text_of_a_megabyte_is_looked_through_once_whatever_is_asked() {
        let text = "a ".repeat(500_000);
        let phrase = "a ".repeat(5000) + "b";
        let many: Vec<String> = (0..5000).map(|number| format!("p{number}")).collect();
        let filter = Filter { phrases: vec![phrase, "a a".to_owned()], prefixes: many, ..Filter::all() };
        let part = snippet(&text, &Terms::of(&filter), 60);
        assert_eq!(part.marks.len(), 30);
        assert!(!Terms::of(&filter).are_in([text.as_str()]));
    }
}
