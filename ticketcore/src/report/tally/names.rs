//! Small numbers for texts, so that adding a ticket up compares and copies hardly any.

use std::collections::HashMap;
use std::sync::Arc;

/// Numbers texts from 0 in the order in which they come up.
#[derive(Clone, Debug)]
pub(super) struct Names {
    texts: Vec<Arc<str>>,
    codes: HashMap<Arc<str>, usize>,
    /// The code of the last text seen of each [`shape`]: texts that come up again are found without a sound but slow
    /// hash, and a text made to collide costs that hash and no more.
    recent: Vec<usize>,
}

impl Default for Names {
    fn default() -> Self {
        Self { texts: Vec::new(), codes: HashMap::new(), recent: vec![0; 256] }
    }
}

impl Names {
    /// Of texts that nobody asks for.
    pub(super) fn unasked() -> Self {
        Self { texts: Vec::new(), codes: HashMap::new(), recent: Vec::new() }
    }

    pub(super) fn code(&mut self, text: &str) -> usize {
        let recent = &mut self.recent[usize::from(shape(text))];
        if self.texts.get(*recent).is_none_or(|known| **known != *text) {
            *recent = match self.codes.get(text) {
                Some(code) => *code,
                None => {
                    let shared = Arc::<str>::from(text);
                    self.texts.push(shared.clone());
                    self.codes.insert(shared, self.texts.len() - 1);
                    self.texts.len() - 1
                }
            };
        }
        *recent
    }

    /// The text of a code.
    pub(super) fn text(&self, code: usize) -> Option<&str> {
        self.texts.get(code).map(|text| &**text)
    }

    /// All texts, in the order of their codes.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// The code of a text that came up before.
    pub(super) fn known(&self, text: &str) -> Option<usize> {
        self.codes.get(text).copied()
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }
}

/// A number that texts seldom share, of all their bytes.
fn shape(text: &str) -> u8 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |mixed: u64, word: &[u8; 8]| (mixed ^ u64::from_le_bytes(*word)).wrapping_mul(ODD).rotate_left(29);
    let bytes = text.as_bytes();
    let mixed = match bytes.last_chunk::<8>() {
        // The last word may overlap the one before, which costs less than a rest of any other length.
        Some(last) => mix(bytes.as_chunks::<8>().0.iter().fold(0, mix), last),
        None => bytes.iter().fold(0, |rest: u64, byte| rest << 8 | u64::from(*byte)),
    };
    mixed.wrapping_mul(ODD).to_be_bytes()[0]
}
