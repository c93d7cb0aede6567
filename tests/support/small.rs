//! A server with a small disk, for tests of disks that are full.

#![allow(dead_code, reason = "few tests fill a disk")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::place::Place;
use super::server::{Cluster, How, INIT, SUPERVISOR};
use super::{is_root, needed};

/// Mounts a small disk that only the server sees, and has the server's own shell do the rest. The disk goes with the last
/// process that sees it, whatever happens.
const SMALL: &str = r#"
mount -t tmpfs -o "size=$SIZE,uid=$OWNER,gid=$GROUP,mode=0700" small "$DIR/small" || exit
setpriv --reuid "$OWNER" --regid "$GROUP" --clear-groups /bin/sh -c "$SUPERVISOR"
umount "$DIR/small"
rm -rf "$DIR"
"#;

impl Cluster {
    /// Starts a server that has, beside its own, a disk of so many megabytes: [`small`](Self::small).
    ///
    /// Only root can mount one: elsewhere it says so and returns nothing.
    pub(crate) fn with_small_disk(options: &str, megabytes: u32) -> Option<Self> {
        let mut probe = Command::new("unshare");
        probe.args(["-m", "mount", "-t", "tmpfs", "small", "/tmp"]).stderr(Stdio::null());
        if !(is_root() && probe.status().is_ok_and(|status| status.success())) {
            eprintln!("SKIPPED: only root can mount a small disk");
            return None;
        }
        let place = Place::new(needed()?);
        let (user, group) = place.user?;
        fs::create_dir(place.directory.join("small")).expect("the directory takes another");
        let mut shell = place.privileged("unshare");
        shell.args(["-m", "/bin/sh", "-c", SMALL]).env("SUPERVISOR", SUPERVISOR).env("MAKE", INIT);
        shell.env("SIZE", format!("{megabytes}m")).env("OWNER", user.to_string()).env("GROUP", group.to_string());
        Some(Self::spawn(shell, place, options))
    }

    /// Where this process sees the small disk; the server sees it as `small` in its directory.
    pub(crate) fn small(&self) -> PathBuf {
        let root = format!("/proc/{}/root", self.supervisor.id());
        Path::new(&root)
            .join(self.place.directory.strip_prefix("/").expect("a temporary directory is absolute"))
            .join("small")
    }

    /// Moves the server's own log to the small disk; the server is restarted.
    pub(crate) fn move_log(&self) {
        self.stop(How::Fast);
        let (log, data) = (self.place.directory.join("small/log"), self.place.directory.join("data/pg_wal"));
        self.place.run(self.place.privileged("cp").arg("-a").arg(&data).arg(self.small().join("log")));
        fs::remove_dir_all(&data).expect("the old log can go");
        symlink(log, data).expect("the new one is named instead");
        self.restart();
    }
}
