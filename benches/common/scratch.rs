//! A folder for the run, on the disk where the build is: a folder in memory would make every sync look free.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Removes itself with all that is in it.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes a folder of this process's own, if nobody says where under the build's.
    pub(crate) fn new(parent: Option<&Path>) -> io::Result<Self> {
        let parent = parent.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")));
        let folder = parent.join(format!("ticketcore-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed stays in a folder for such things.
        let _ = fs::remove_dir_all(&self.0);
    }
}
