//! Runs the example programs as they are: real processes, real sockets, files in a directory of the test's own.
#![allow(dead_code, reason = "each test uses a part")]

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, io, process, thread};

use serde_json::Value;

pub(crate) type Done = Result<(), Box<dyn Error>>;

/// Where `cargo test` puts the examples: beside the directory of the tests. It builds them unless it is told to run one
/// test alone (`--test tk`), which takes them as they were built last.
pub(crate) fn program(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let program =
        test.parent().unwrap().with_file_name("examples").join(name).with_extension(env::consts::EXE_EXTENSION);
    assert!(program.exists(), "{name} is not built; `cargo build --examples` does, as does `cargo test` of everything");
    program
}

/// A directory that goes with its value.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("ticketcore-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = env::temp_dir().join(name);
        fs::create_dir(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Runs `tk` on the desk of this directory.
    pub(crate) fn tk(&self, args: &[&str]) -> io::Result<Output> {
        self.run("tk", args)
    }

    pub(crate) fn run(&self, name: &str, args: &[&str]) -> io::Result<Output> {
        Command::new(program(name)).current_dir(&self.0).env("USER", "ada").args(args).stdin(Stdio::null()).output()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A process that ends with its value.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server on the desk of a directory.
#[derive(Debug)]
pub(crate) struct Server {
    process: Running,
    pub(crate) address: SocketAddr,
    log: PathBuf,
}

impl Server {
    /// Starts one on a free port.
    pub(crate) fn start(scratch: &Scratch) -> Result<Self, Box<dyn Error>> {
        Self::start_at(scratch, "127.0.0.1:0", &[])
    }

    /// Starts one whose log tells all there is to tell.
    pub(crate) fn start_telling_all(scratch: &Scratch) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(program("server"));
        Self::spawn(scratch, command.args(["--listen", "127.0.0.1:0"]).env("RUST_LOG", "trace"))
    }

    pub(crate) fn start_at(scratch: &Scratch, listen: &str, args: &[&str]) -> Result<Self, Box<dyn Error>> {
        Self::spawn(scratch, Command::new(program("server")).args(["--listen", listen]).args(args))
    }

    fn spawn(scratch: &Scratch, command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let log = scratch.path("server.log");
        let stderr = fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let child = command.current_dir(&scratch.0).stdout(Stdio::piped()).stderr(stderr).spawn()?;
        let mut process = Running(child);
        let mut stdout = BufReader::new(process.0.stdout.take().ok_or("no standard output")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on http://").map(str::parse);
        let address =
            address.ok_or_else(|| format!("{line:?}; {}", fs::read_to_string(&log).unwrap_or_default()))??;
        // What it tells on the console is not to fill the pipe.
        thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
        Ok(Self { process, address, log })
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) -> io::Result<()> {
        self.process.0.kill()?;
        self.process.0.wait().map(drop)
    }

    /// Ends it as a service manager would, and returns the exit code.
    pub(crate) fn stop(mut self) -> Result<Option<i32>, Box<dyn Error>> {
        let sent = Command::new("kill").args(["-TERM", &self.process.0.id().to_string()]).status()?;
        assert!(sent.success());
        Ok(self.process.0.wait()?.code())
    }

    /// All that it and its predecessors wrote to standard error.
    pub(crate) fn log(&self) -> io::Result<String> {
        fs::read_to_string(&self.log)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Response, Box<dyn Error>> {
        request(self.address, "GET", path, &[], b"")
    }

    pub(crate) fn post(&self, path: &str, headers: &[&str], body: &str) -> Result<Response, Box<dyn Error>> {
        let headers: Vec<&str> = [&["Content-Type: application/json"], headers].concat();
        request(self.address, "POST", path, &headers, body.as_bytes())
    }

    /// What happened to a ticket, by name.
    pub(crate) fn story(&self, ticket: &str) -> Result<Vec<String>, Box<dyn Error>> {
        let history = self.get(&format!("/tickets/{ticket}/history"))?.json()?;
        let events = history["events"].as_array().ok_or("no events")?;
        Ok(events.iter().map(|entry| event_name(&entry["event"])).collect())
    }

    /// How many tickets there are.
    pub(crate) fn count(&self) -> Result<usize, Box<dyn Error>> {
        let page = self.get("/tickets?limit=500")?.json()?;
        Ok(page["tickets"].as_array().ok_or("no tickets")?.len())
    }
}

pub(crate) fn event_name(event: &Value) -> String {
    let key = event.as_object().and_then(|event| event.keys().next());
    key.map_or_else(|| event.as_str().unwrap_or_default(), String::as_str).to_owned()
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn json(&self) -> Result<Value, Box<dyn Error>> {
        serde_json::from_str(&self.body).map_err(|error| format!("{error} in {self:?}").into())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends one request over a connection of its own.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &[u8],
) -> Result<Response, Box<dyn Error>> {
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    headers.iter().for_each(|header| head += &format!("{header}\r\n"));
    exchange(address, &[head.as_bytes(), b"\r\n", body].concat())
}

/// Sends bytes and reads what comes back.
pub(crate) fn exchange(address: SocketAddr, bytes: &[u8]) -> Result<Response, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    // A server that has seen enough of a body stops reading; its answer is there all the same.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return Err(format!("no answer: {answer:?}, {read:?}").into());
    };
    let status = head.split(' ').nth(1).unwrap_or_default().parse()?;
    Ok(Response { status, head: head.to_owned(), body: body.to_owned() })
}

/// Asks another program, which takes its time, until it answers.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> Result<T, Box<dyn Error>> {
    let end = Instant::now() + Duration::from_secs(90);
    while Instant::now() < end {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(format!("waited in vain: {what}").into())
}

/// Says that a test did not run, where it is seen: the harness hides what a passing test prints.
pub(crate) fn skipped(why: &str) -> Done {
    Ok(writeln!(io::stderr(), "SKIPPED: {why}")?)
}
