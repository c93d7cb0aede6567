//! The real Alertmanager in front of the server: firing, repeated, a crash, resolved, firing again; one ticket.

mod programs;

use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::{env, fs};

use chrono::{DateTime, Utc};
use serde_json::json;

use programs::{Done, Running, Scratch, Server, exchange, request, skipped, until};

/// As Debian calls it, and as its makers do.
const NAMES: [&str; 2] = ["prometheus-alertmanager", "alertmanager"];

fn installed() -> Option<&'static str> {
    let runs = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    NAMES.into_iter().find(runs)
}

struct Alertmanager {
    address: SocketAddr,
    _process: Running,
}

impl Alertmanager {
    /// Starts one that sends all it hears to a server, and says it again every second.
    fn start(program: &str, scratch: &Scratch, server: SocketAddr) -> Result<Self, Box<dyn Error>> {
        let config = format!(
            "route: {{receiver: desk, group_wait: 0s, group_interval: 1s, repeat_interval: 1s}}\n\
             receivers:\n- name: desk\n  webhook_configs: [{{url: 'http://{server}/ingest/alertmanager'}}]\n"
        );
        fs::write(scratch.path("alertmanager.yml"), config)?;
        // It takes no port 0; this one was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let process = Command::new(program)
            .arg(format!("--config.file={}", scratch.path("alertmanager.yml").display()))
            .arg(format!("--storage.path={}", scratch.path("alertmanager").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--cluster.listen-address=")
            .stdout(Stdio::null())
            .stderr(fs::File::create(scratch.path("alertmanager.log"))?)
            .spawn()?;
        let alertmanager = Self { address, _process: Running(process) };
        until("Alertmanager is ready", || {
            request(address, "GET", "/-/ready", &[], b"").ok().filter(|response| response.status == 200)
        })?;
        Ok(alertmanager)
    }

    /// Tells it of the alert as Prometheus would: that it fires, or that it ended.
    fn post(&self, ended: Option<DateTime<Utc>>) -> Done {
        let mut alert = json!({
            "labels": { "alertname": "DiskFull", "severity": "critical", "instance": "db-1" },
            "annotations": { "summary": "The disk of db-1 is full" },
        });
        if let Some(ended) = ended {
            alert["endsAt"] = json!(ended);
        }
        let body = json!([alert]).to_string();
        let response =
            request(self.address, "POST", "/api/v2/alerts", &["Content-Type: application/json"], body.as_bytes())?;
        assert_eq!(response.status, 200, "{response:?}");
        Ok(())
    }

    /// How many deliveries failed.
    fn failures(&self) -> Option<f64> {
        let metrics = exchange(self.address, b"GET /metrics HTTP/1.0\r\n\r\n").ok()?.body;
        let failed = metrics.lines().filter(|line| line.starts_with("alertmanager_notification_requests_failed_total"));
        let webhook = failed.filter(|line| line.contains("webhook")).find_map(|line| line.rsplit(' ').next());
        webhook?.parse().ok()
    }
}

#[test]
fn one_alert_is_one_ticket_through_repeats_a_crash_and_firing_again() -> Done {
    let Some(program) = installed() else {
        let missing = "the Alertmanager is not installed (Debian: prometheus-alertmanager)";
        assert!(env::var("CI").as_deref() != Ok("true"), "{missing}");
        return skipped(missing);
    };
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    let address = server.address;
    let alertmanager = Alertmanager::start(program, &scratch, address)?;

    alertmanager.post(None)?;
    let fired = |server: &Server| Some(server.story("1").ok()?.iter().filter(|name| *name == "signalled").count());
    until("the alert is repeated", || fired(&server).filter(|count| *count >= 3))?;

    // It dies while the alert fires, and the alert ends while it is dead.
    server.kill()?;
    alertmanager.post(Some(Utc::now()))?;
    until("Alertmanager fails to deliver", || alertmanager.failures().filter(|failures| *failures > 0.0))?;

    let server = Server::start_at(&scratch, &address.to_string(), &[])?;
    let state = |server: &Server| server.get("/tickets/1").ok()?.json().ok();
    until("the ticket is resolved", || state(&server).filter(|ticket| ticket["status"] == "resolved"))?;
    let story = server.story("1")?;
    let (signalled, rest) = (story.iter().filter(|name| *name == "signalled").count(), story.first().zip(story.last()));
    assert_eq!(rest, Some((&"opened".to_owned(), &"moved".to_owned())), "{story:?}");
    assert_eq!(signalled, story.len() - 2, "opened, signalled again and again, moved once: {story:?}");
    let ticket = server.get("/tickets/1")?.json()?;
    assert_eq!(ticket["alert"]["count"], json!(signalled - 1), "all but the last said that it fires");
    assert_eq!((&ticket["priority"], &ticket["subject"]), (&json!("p1"), &json!("The disk of db-1 is full")));

    // Within the hour it is the same trouble.
    alertmanager.post(None)?;
    until("the ticket is reopened", || state(&server).filter(|ticket| ticket["reopens"] == 1))?;
    assert_eq!(server.count()?, 1, "one alert is one ticket");
    assert!(!server.log()?.contains("panicked"));
    Ok(())
}
