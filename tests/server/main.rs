//! The server, run as a process: the ways through it, bad input, and what is left after a crash.

mod alerts;
mod output;
mod people;
#[path = "../programs/mod.rs"]
mod programs;
mod refusals;
mod tickets;

use std::error::Error;

use serde_json::{Value, json};

use programs::{Done, Response, Server, request};

const ADA: &str = "X-Actor: agent:ada";
const BO: &str = "X-Actor: requester:bo";
const ADMIN: &str = "X-Roles: admin";

fn open(server: &Server, subject: &str) -> Result<Value, Box<dyn Error>> {
    let body = json!({ "kind": "incident", "subject": subject, "impact": 1 }).to_string();
    let response = server.post("/tickets", &[BO], &body)?;
    assert_eq!(response.status, 201, "{response:?}");
    response.json()
}

fn put(server: &Server, path: &str, headers: &[&str], body: &Value) -> Result<Response, Box<dyn Error>> {
    let headers = [&["Content-Type: application/json", ADA, ADMIN], headers].concat();
    request(server.address, "PUT", path, &headers, body.to_string().as_bytes())
}

fn get(server: &Server, path: &str, headers: &[&str]) -> Result<Response, Box<dyn Error>> {
    request(server.address, "GET", path, headers, b"")
}

/// It lives, and never panicked.
fn calm(server: &Server) -> Done {
    assert_eq!(server.get("/healthz")?.status, 200);
    let log = server.log()?;
    assert!(!log.contains("panicked"), "{log}");
    Ok(())
}
