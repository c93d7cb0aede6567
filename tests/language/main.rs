//! Questions as text: what is printed reads back, what is read means what it says, and all stores find the same.
//!
//! `TICKETCORE_LONG=1` asks a million questions of every store; run it with `--release`, and leave it half an hour.

#[cfg(feature = "postgres")]
#[path = "../support/cluster.rs"]
mod cluster;
#[path = "../support/file.rs"]
mod file;
mod naive;
mod stores;
mod texts;
mod trees;
