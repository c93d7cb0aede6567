//! How cargo is run.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) type Done = Result<(), String>;

/// Runs cargo in the workspace.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>, envs: &[(&str, &str)]) -> Done {
    cargo_in(&root(), args, envs)
}

/// Runs cargo somewhere.
pub(crate) fn cargo_in<'a>(dir: &Path, args: impl IntoIterator<Item = &'a str>, envs: &[(&str, &str)]) -> Done {
    let args: Vec<&str> = args.into_iter().collect();
    eprintln!("$ cargo {}", args.join(" "));
    let program = env::var_os("CARGO").unwrap_or_else(|| OsStr::new("cargo").to_owned());
    let status = Command::new(program).args(&args).envs(envs.iter().copied()).current_dir(dir).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo {} ended with {status}", args.join(" "))),
        Err(error) => Err(format!("cargo {}: {error}", args.join(" "))),
    }
}

/// Where the workspace is.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}
