//! A second server that follows the first, for tests of replication and failover.

#![allow(dead_code, reason = "few tests have a standby")]

use super::place::Place;
use super::server::{Cluster, How, SUPERVISOR};

/// Copies the primary's data and says whom to follow.
const COPY: &str = r#"
if [ -x "$BIN/pg_basebackup" ]; then
  "$BIN/pg_basebackup" -D "$DIR/data" -h "$FROM" -U postgres --checkpoint=fast --no-sync || exit
else
  cp -a "$FROM/data" "$DIR/data" || exit
fi
echo "primary_conninfo = 'host=$FROM port=5432 user=postgres application_name=$NAME'" >>"$DIR/data/postgresql.auto.conf"
touch "$DIR/data/standby.signal"
"#;

impl Cluster {
    /// Starts a hot standby that streams from this server, and waits until it can be read.
    ///
    /// Its name is what the primary knows it by, for `synchronous_standby_names`. Where there is no `pg_basebackup` the
    /// primary is stopped for the copy, and started again.
    pub(crate) fn standby(&self, name: &str) -> Self {
        let place = Place::new(self.programs().to_owned());
        let hot = self.programs().join("pg_basebackup").is_file();
        if !hot {
            self.stop(How::Fast);
        }
        let mut shell = place.command("/bin/sh");
        shell.args(["-c", SUPERVISOR]).env("MAKE", COPY).env("FROM", self.directory()).env("NAME", name);
        let standby = Self::spawn(shell, place, self.options());
        if !hot {
            self.restart();
        }
        standby
    }

    /// Waits until this standby has what its primary has written so far.
    pub(crate) fn catch_up(&self, primary: &Self) {
        let written = primary.ask("select pg_current_wal_flush_lsn()::text").expect("the primary answers");
        self.wait_for(&format!("select (pg_last_wal_replay_lsn() >= '{written}')::text"), "true");
    }

    /// Makes a primary of this standby, and returns when it can be written.
    pub(crate) fn promote(&self) {
        let promoted = self.ask("select pg_promote(true, 60)::text").expect("the standby answers");
        assert_eq!(promoted, "true", "{}", self.log());
    }
}
