//! How well texts answer a search, and where: pure functions of the texts, so they say the same on every store.

mod hit;
mod scan;
mod score;
mod snippet;

pub use hit::{Excerpt, Hit, Place, hit};
pub use scan::highlight;
pub use score::score;
pub use snippet::{Snippet, snippet};
