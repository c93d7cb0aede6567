//! Where a server of the tests lives, and who it runs as.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{is_root, server_user};

/// A directory with a socket, data and a log, and the programs that work there.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) programs: PathBuf,
    pub(super) directory: PathBuf,
    /// The server refuses to run as root; the directory then belongs to whom it runs as.
    pub(super) user: Option<(u32, u32)>,
}

impl Place {
    pub(super) fn new(programs: PathBuf) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("tcpg-{}-{count}", std::process::id()));
        fs::create_dir(&directory).expect("the temporary directory takes another");
        let user = is_root().then(server_user);
        if let Some((user, group)) = user {
            chown(&directory, Some(user), Some(group)).expect("root can give a directory away");
        }
        Self { programs, directory, user }
    }

    /// A program of root's, if this process is.
    pub(super) fn privileged(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C.UTF-8").env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        command.env("BIN", &self.programs).env("DIR", &self.directory).current_dir(&self.directory);
        command
    }

    /// A program that runs as the server's user.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.privileged(program);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Runs a program to its end.
    pub(super) fn run(&self, command: &mut Command) {
        let output = command.output().expect("the program runs");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
