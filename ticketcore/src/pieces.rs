//! Files on their way into a store.

use std::fmt;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// A file in pieces, hashed and counted while it is read: what every store makes of the bytes it is given.
///
/// # Examples
///
/// ```
/// use ticketcore::store::Pieces;
///
/// let mut pieces = Pieces::new(Box::new(&b"disk full"[..]), 4);
/// assert_eq!(pieces.next()?, b"disk");
/// assert_eq!(pieces.next()?, b" ful");
/// assert_eq!(pieces.next()?, b"l");
/// assert_eq!(pieces.next()?, b"");
/// let (digest, size) = pieces.end();
/// assert!(digest.starts_with("8c96d76f"));
/// assert_eq!(size, 9);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Pieces {
    bytes: Box<dyn Read + Send>,
    length: u64,
    hash: Sha256,
    size: u64,
}

impl Pieces {
    /// Cuts bytes into pieces of so many.
    pub fn new(bytes: Box<dyn Read + Send>, length: u64) -> Self {
        Self { bytes, length, hash: Sha256::new(), size: 0 }
    }

    /// All bytes as one piece.
    pub fn whole(bytes: Box<dyn Read + Send>) -> Self {
        Self::new(bytes, u64::MAX)
    }

    /// Reads the next piece: a whole one, or what is left, which is nothing in the end.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    #[expect(clippy::should_implement_trait, reason = "an iterator of results would be read to its end in vain")]
    pub fn next(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = Vec::new();
        self.bytes.by_ref().take(self.length).read_to_end(&mut piece)?;
        self.size = self.size.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        self.hash.update(&piece);
        Ok(piece)
    }

    /// How many bytes were read.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The SHA-256 of all that was read, in lower-case hex, and its size.
    pub fn end(self) -> (String, u64) {
        let digest = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        (digest, self.size)
    }
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { length, size, .. } = self;
        f.debug_struct("Pieces").field("length", length).field("size", size).finish_non_exhaustive()
    }
}
