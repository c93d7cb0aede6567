//! Texts as they are drawn: how wide they are about, cut to the room there is, broken into lines.
//!
//! A picture holds no font, so nobody knows how wide a text will be. The widths here are those of DejaVu Sans, the widest
//! of the common ones, so a text never takes more room than was kept for it.

/// What stands for a text that was cut.
const ELLIPSIS: char = '…';

/// Returns how wide a text is about, in the units of the picture, at a size of letters.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// How far a character moves the pen, in parts of the size of letters.
fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 0.34,
        ' ' | '.' | ',' | ':' | ';' | '!' | 'I' | 'f' | 't' => 0.4,
        'r' | '(' | ')' | '[' | ']' | '/' | '\\' | '-' | '`' => 0.45,
        'M' | 'W' | 'm' | 'w' | '%' | '@' => 1.0,
        '+' | '<' | '>' | '=' | '~' | '#' | '&' => 0.86,
        'A'..='Z' => 0.74,
        '\u{20}'..='\u{7e}' => 0.64,
        // Marks that sit on the letter before them.
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0.0,
        '\u{80}'..='\u{24f}' | '\u{370}'..='\u{6ff}' | '\u{2010}'..='\u{2027}' => 0.86,
        // Letters of other scripts, and pictures.
        _ => 1.4,
    }
}

/// Makes a text one line that XML can hold and that reads in its own direction only.
pub(crate) fn line(text: &str) -> String {
    let clean = |c: char| match c {
        '\t' | '\n' | '\r' => Some(' '),
        // They would turn around what stands beside the text.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => None,
        '\u{fffe}' | '\u{ffff}' => Some('\u{fffd}'),
        c if c.is_control() => Some('\u{fffd}'),
        c => Some(c),
    };
    text.chars().filter_map(clean).collect::<String>().trim().to_owned()
}

/// Cuts a text to the room there is, with an ellipsis in the place of what was left out.
pub(crate) fn clip(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut left = room - advance(ELLIPSIS) * size;
    let mut cut: String = text
        .chars()
        .take_while(|c| {
            left -= advance(*c) * size;
            left >= 0.0
        })
        .collect();
    // Half of a joined picture is another picture.
    while cut.ends_with(|c: char| c == ' ' || advance(c) == 0.0) {
        cut.pop();
    }
    if cut.is_empty() && room < advance(ELLIPSIS) * size {
        return String::new();
    }
    cut.push(ELLIPSIS);
    cut
}

/// Breaks a text into lines between words; what does not go into them is cut.
pub(crate) fn wrap(text: &str, size: f64, room: f64, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let full = wrapped.len() == lines;
        match wrapped.last_mut() {
            Some(last) if full || width(last, size) + width(word, size) + advance(' ') * size <= room => {
                last.push(' ');
                last.push_str(word);
            }
            Some(_) | None => wrapped.push(word.to_owned()),
        }
    }
    wrapped.iter().map(|line| clip(line, size, room)).collect()
}

/// Writes a text as XML holds it.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_with_an_ellipsis() {
        assert_eq!(clip("short", 12.0, 100.0), "short");
        let cut = clip(&"a long name ".repeat(20), 12.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 100.0, "{cut}");
        assert_eq!(clip("anything", 12.0, 3.0), "");
    }

    #[test]
    fn a_joined_picture_is_not_cut_within() {
        assert_eq!(clip("👩\u{200d}👩\u{200d}👧 family", 10.0, 30.0), "👩…");
    }

    #[test]
    fn a_text_does_not_turn_around_what_stands_beside_it() {
        assert_eq!(line("a\u{202e}b\u{2066}c\n\u{7}d"), "abc \u{fffd}d");
        assert_eq!(line("שלום"), "שלום");
    }

    #[test]
    fn lines_break_between_words_and_the_last_is_cut() {
        let lines = wrap("one two three four five six seven eight", 10.0, 60.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'), "{lines:?}");
        assert_eq!(wrap("", 10.0, 60.0, 2), Vec::<String>::new());
    }
}
