//! One file, and three ways to it.

use std::error::Error;
use std::sync::Arc;

use ticketcore::engine::Refusal;
use ticketcore::testing::block_on;
use ticketcore::{Actor, Config, Desk, Draft, FieldType, Ticket};
use ticketcore_sqlite::SqliteStore;

use crate::programs::{Response, Scratch, Server, request};

/// What becomes of what is asked, whichever way it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    /// With the capability.
    Forbidden(String),
    /// With what was asked about.
    Hidden(String),
    NotFound,
    /// The rules of the desk refuse it.
    Refused,
}

/// Somebody who asks, by all the names they have.
pub(crate) struct Who {
    pub(crate) name: &'static str,
    pub(crate) actor: Actor,
    headers: Vec<String>,
}

pub(crate) fn who(name: &'static str) -> Who {
    let (actor, organisation) = name.split_once('@').map_or((name, None), |(actor, home)| (actor, Some(home)));
    let mut headers = vec![format!("X-Actor: {actor}"), "Content-Type: application/json".to_owned()];
    headers.extend(organisation.map(|home| format!("X-Organisation: {home}")));
    let (kind, id) = actor.split_once(':').unwrap();
    let mut actor = match kind {
        "agent" => Actor::agent(id),
        "requester" => Actor::requester(id),
        _ => Actor::integration(id),
    };
    actor.organisation = organisation.map(Into::into);
    Who { name, actor, headers }
}

pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) server: Server,
    pub(crate) scratch: Scratch,
}

pub(crate) fn config() -> Config {
    let mut config = Config::default().field("site", FieldType::Text).field("margin", FieldType::Int);
    config.rights.internal.insert("margin".into());
    config
}

impl World {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let scratch = Scratch::new()?;
        let desk = Desk::new(Arc::new(SqliteStore::open(scratch.path("desk.db"))?));
        for tenant in ["main", "elsewhere"] {
            block_on(desk.tenant(tenant).publish(config()))?;
        }
        let server = Server::start_telling_all(&scratch)?;
        Ok(Self { desk, server, scratch })
    }

    /// A ticket that is for bo of acme.
    pub(crate) fn ticket(&self) -> Result<Arc<Ticket>, ticketcore::Error> {
        let draft = Draft::incident("No mail").description("Since noon").requester("bo").organisation("acme");
        block_on(self.desk.open(draft))
    }

    pub(crate) fn http(&self, who: &Who, line: &str, body: &str) -> Result<Response, Box<dyn Error>> {
        let (method, path) = line.split_once(' ').ok_or("no method")?;
        let headers: Vec<&str> = who.headers.iter().map(String::as_str).collect();
        request(self.server.address, method, path, &headers, body.as_bytes())
    }

    /// Asks the server for tickets.
    pub(crate) fn asked(&self, who: &Who, text: &str) -> Result<Response, Box<dyn Error>> {
        let coded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        self.http(who, &format!("GET /tickets?q={coded}"), "")
    }

    pub(crate) fn tk(&self, who: &Who, args: &[&str]) -> Result<(Answer, String), Box<dyn Error>> {
        let output = self.scratch.tk(&[&["--as", who.name], args].concat())?;
        let said = String::from_utf8(output.stderr)?;
        assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}: {said}");
        let quoted = |text: &str| text.split('`').nth(1).map(str::to_owned);
        let line = said.lines().next().unwrap_or_default();
        let answer = match line.split_once(" may not ") {
            _ if output.status.success() => Answer::Done,
            Some((_, rest)) if rest.starts_with("ask about ") => Answer::Hidden(quoted(rest).ok_or("nothing")?),
            Some((_, capability)) => Answer::Forbidden(capability.to_owned()),
            None if line.contains("there is no ticket") => Answer::NotFound,
            None => Answer::Refused,
        };
        Ok((answer, said))
    }

    /// All that happened, to all tenants.
    pub(crate) fn log(&self) -> Result<usize, ticketcore::Error> {
        Ok(block_on(self.desk.store().feed(ticketcore::Position(0), usize::MAX))?.len())
    }
}

/// What the library answered.
pub(crate) fn heard<T>(result: Result<T, ticketcore::Error>) -> Answer {
    match result {
        Ok(_) => Answer::Done,
        Err(ticketcore::Error::NotFound(_) | ticketcore::Error::InvalidLink) => Answer::NotFound,
        Err(ticketcore::Error::Refused(refusal)) => match refusal {
            Refusal::Forbidden { capability, .. } => Answer::Forbidden(capability.to_string()),
            Refusal::Hidden { what, .. } => Answer::Hidden(what),
            Refusal::NoSuchTicket { .. } => Answer::NotFound,
            _ => Answer::Refused,
        },
        Err(error) => panic!("{error}"),
    }
}

/// What the server answered.
pub(crate) fn answered(response: &Response) -> Result<Answer, Box<dyn Error>> {
    if response.status < 300 {
        return Ok(Answer::Done);
    }
    let problem = response.json()?;
    let text = |name: &str| problem[name].as_str().map(str::to_owned);
    Ok(match (response.status, problem["type"].as_str().unwrap_or_default()) {
        (403, "urn:ticketcore:forbidden") => Answer::Forbidden(text("capability").ok_or("no capability")?),
        (403, "urn:ticketcore:hidden") => Answer::Hidden(text("what").ok_or("nothing")?),
        (404, "urn:ticketcore:not-found") | (422, "urn:ticketcore:no-such-ticket") => Answer::NotFound,
        (409 | 422, _) => Answer::Refused,
        _ => return Err(format!("{response:?}").into()),
    })
}
