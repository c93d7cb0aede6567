//! A proxy between a store and its server that cuts connections where it is told to.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ticketcore::testing::Dice;
use ticketcore_postgres::sqlx::postgres::PgConnectOptions;

/// A proxy on a socket in a directory of its own.
#[derive(Debug)]
pub(crate) struct Proxy {
    directory: PathBuf,
    rules: Arc<Rules>,
}

/// Where connections are cut.
#[derive(Debug, Default)]
struct Rules {
    /// Gives each new connection a position in bytes at which it is cut, in one direction or the other.
    dice: Mutex<Option<Dice>>,
    swallow: Mutex<Option<Swallow>>,
    /// The server cannot be reached.
    shut: AtomicBool,
    over: AtomicBool,
    cuts: AtomicUsize,
    swallowed: AtomicUsize,
}

/// What is let through to the server, and whose answer is then swallowed and the connection cut.
#[derive(Debug)]
struct Swallow {
    /// It holds these bytes.
    bytes: Vec<u8>,
    /// It is the n-th of its kind.
    every: usize,
    seen: usize,
    then: Then,
}

/// What happens when an answer was swallowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The same again.
    Again,
    /// Everything passes.
    Pass,
    /// The server cannot be reached until everything [passes](Proxy::pass).
    Shut,
}

impl Proxy {
    /// Stands before the server at an address, and cuts nothing yet.
    pub(crate) fn before(server: &PgConnectOptions) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // With the server's directory it goes, even if this process is killed; so the server's user may remove it.
        let server = server.get_socket().expect("a server of our own is on a socket");
        let directory = server.join(format!("proxy-{count}"));
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
        let target = socket(server);
        let listener = UnixListener::bind(socket(&directory)).unwrap();
        let rules = Arc::<Rules>::default();
        let ours = Arc::clone(&rules);
        thread::spawn(move || {
            for client in listener.incoming() {
                if ours.over.load(Ordering::Acquire) {
                    return;
                }
                if ours.shut.load(Ordering::Acquire) {
                    continue;
                }
                // While the server is away, the client's end just closes.
                if let (Ok(client), Ok(server)) = (client, UnixStream::connect(&target)) {
                    join(&ours, &client, &server);
                }
            }
        });
        Self { directory, rules }
    }

    /// The server's address, with the proxy's socket.
    pub(crate) fn address(&self, server: &PgConnectOptions) -> PgConnectOptions {
        server.clone().socket(&self.directory)
    }

    /// Cuts each new connection at a position by chance; `None` ends that.
    pub(crate) fn cut_by_chance(&self, seed: Option<u64>) {
        *self.rules.dice.lock().unwrap() = seed.map(Dice::new);
    }

    /// Lets every n-th message that holds these bytes through to the server, waits until the server answers, and cuts the
    /// connection instead of passing the answer on.
    pub(crate) fn swallow(&self, bytes: &str, every: usize, then: Then) {
        let swallow = Swallow { bytes: bytes.as_bytes().to_vec(), every, seen: 0, then };
        *self.rules.swallow.lock().unwrap() = Some(swallow);
    }

    /// Lets everything pass from now on.
    pub(crate) fn pass(&self) {
        self.cut_by_chance(None);
        *self.rules.swallow.lock().unwrap() = None;
        self.rules.shut.store(false, Ordering::Release);
    }

    /// How many connections were cut.
    pub(crate) fn cuts(&self) -> usize {
        self.rules.cuts.load(Ordering::Acquire)
    }

    /// How many of them after the server had done what it was asked, and before anybody heard of it.
    pub(crate) fn swallowed(&self) -> usize {
        self.rules.swallowed.load(Ordering::Acquire)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.rules.over.store(true, Ordering::Release);
        // The listener wakes and sees it.
        let _ = UnixStream::connect(socket(&self.directory));
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn socket(directory: &Path) -> PathBuf {
    directory.join(".s.PGSQL.5432")
}

/// One direction of a connection.
struct Way {
    rules: Arc<Rules>,
    /// Whether the next answer is swallowed; both directions share it.
    swallows: Arc<AtomicBool>,
    from: UnixStream,
    to: UnixStream,
    to_server: bool,
    /// How many bytes still pass.
    left: Option<usize>,
}

/// Passes on what both ends say, each in a thread of its own.
fn join(rules: &Arc<Rules>, client: &UnixStream, server: &UnixStream) {
    let (asked, answered) = rules.dice.lock().unwrap().as_mut().map_or((None, None), |dice| {
        // Up to 128 kB, every order of magnitude alike.
        let most = 1 << (8 + dice.below(10));
        let position = Some(dice.below(most));
        if dice.once_in(2) { (position, None) } else { (None, position) }
    });
    let swallows = Arc::<AtomicBool>::default();
    for (to_server, from, to, left) in [(true, client, server, asked), (false, server, client, answered)] {
        let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
        let mut way = Way { rules: Arc::clone(rules), swallows: Arc::clone(&swallows), from, to, to_server, left };
        thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            while way.pass(&mut buffer).is_some() {}
            // Both directions end with either.
            let _ = way.from.shutdown(Shutdown::Both);
            let _ = way.to.shutdown(Shutdown::Both);
        });
    }
}

impl Way {
    /// Passes on what comes next; nothing if the connection ends.
    fn pass(&mut self, buffer: &mut [u8]) -> Option<()> {
        let count = self.from.read(buffer).ok().filter(|count| *count > 0)?;
        let rules = &self.rules;
        if rules.shut.load(Ordering::Acquire) {
            return None;
        }
        if self.to_server {
            self.swallows.fetch_or(rules.swallows(&buffer[..count]), Ordering::AcqRel);
        } else if self.swallows.load(Ordering::Acquire) {
            rules.swallowed();
            return None;
        }
        let part = self.left.map_or(count, |left| left.min(count));
        self.to.write_all(&buffer[..part]).ok()?;
        if part < count {
            rules.cuts.fetch_add(1, Ordering::AcqRel);
            return None;
        }
        self.left = self.left.map(|left| left - part);
        Some(())
    }
}

impl Rules {
    /// Tells whether the answer to this is to be swallowed.
    fn swallows(&self, message: &[u8]) -> bool {
        let mut swallow = self.swallow.lock().unwrap();
        let Some(swallow) = &mut *swallow else { return false };
        let holds = message.windows(swallow.bytes.len()).any(|window| window == swallow.bytes);
        swallow.seen += usize::from(holds);
        holds && swallow.seen % swallow.every == 0
    }

    fn swallowed(&self) {
        self.cuts.fetch_add(1, Ordering::AcqRel);
        self.swallowed.fetch_add(1, Ordering::AcqRel);
        let mut swallow = self.swallow.lock().unwrap();
        match swallow.as_ref().map(|swallow| swallow.then) {
            Some(Then::Pass) => *swallow = None,
            Some(Then::Shut) => self.shut.store(true, Ordering::Release),
            Some(Then::Again) | None => {}
        }
    }
}
