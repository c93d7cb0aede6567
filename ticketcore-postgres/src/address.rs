//! Where the servers are: an address as libpq reads it, of one host or of several of which one is the primary.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use crate::error::Error;

/// Servers that hold the same data, and which of them will do.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// At least one, in the order in which they are tried.
    pub(crate) hosts: Vec<PgConnectOptions>,
    pub(crate) session: Session,
    /// How long to wait for one host, if the address says so.
    pub(crate) patience: Option<Duration>,
}

/// What a session must be good for, as libpq's `target_session_attrs` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
}

impl Session {
    const ALL: [Self; 5] = [Self::Any, Self::ReadWrite, Self::ReadOnly, Self::Primary, Self::Standby];

    /// The name that addresses have for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::ReadWrite => "read-write",
            Self::ReadOnly => "read-only",
            Self::Primary => "primary",
            Self::Standby => "standby",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|session| session.as_str() == name)
    }

    /// Tells whether a server will do that follows another or does not, and whose transactions may write or may not.
    pub(crate) const fn takes(self, follows: bool, read_only: bool) -> bool {
        match self {
            Self::Any => true,
            Self::ReadWrite => !read_only,
            Self::ReadOnly => read_only,
            Self::Primary => !follows,
            Self::Standby => follows,
        }
    }
}

impl From<PgConnectOptions> for Address {
    fn from(host: PgConnectOptions) -> Self {
        Self { hosts: vec![host], session: Session::Any, patience: None }
    }
}

/// Parameters that are for us and not for the driver.
#[derive(Debug, Default)]
struct Ours {
    session: Option<Session>,
    patience: Option<Duration>,
    hosts: Option<String>,
    ports: Option<String>,
}

impl FromStr for Address {
    type Err = Error;

    /// Reads `postgres://user@one:5432,two:5432/desk?target_session_attrs=read-write&connect_timeout=2`, or the same with
    /// `host=` and `port=` behind the question mark. Each host gets the driver's own kind of address. Several hosts and no
    /// word about their sessions mean the one that can be written to.
    fn from_str(url: &str) -> Result<Self, Error> {
        let (scheme, rest) = url.split_once("://").ok_or_else(malformed)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) =
            rest.split_once('/').map_or((rest, String::new()), |(at, path)| (at, format!("/{path}")));
        let (user, hosts) =
            authority.rsplit_once('@').map_or((String::new(), authority), |(user, hosts)| (format!("{user}@"), hosts));
        let mut ours = Ours::default();
        let theirs = query.split('&').filter(|pair| !pair.is_empty());
        let theirs = theirs.map(|pair| ours.take(pair).map(|taken| (!taken).then_some(pair)));
        let theirs: Vec<&str> = theirs.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        let Ours { session, patience, hosts: named, ports } = ours;

        let list = |text: Option<String>| text.map(|text| text.split(',').map(str::to_owned).collect::<Vec<_>>());
        let ports = list(ports).unwrap_or_default();
        let named = list(named);
        let count = named.as_ref().map_or_else(|| hosts.split(',').count(), Vec::len).max(ports.len());
        let mut addresses = Vec::with_capacity(count);
        for no in 0..count {
            // One port may be meant for all hosts; a host in the query takes the place of any before it.
            let host = if named.is_some() { "localhost" } else { hosts.split(',').nth(no).ok_or_else(malformed)? };
            let mut pairs: Vec<String> = theirs.iter().map(|pair| (*pair).to_owned()).collect();
            if let Some(named) = &named {
                pairs.push(format!("host={}", named.get(no).ok_or_else(malformed)?));
            }
            match ports.as_slice() {
                [] => {}
                [one] => pairs.push(format!("port={one}")),
                many => pairs.push(format!("port={}", many.get(no).ok_or_else(malformed)?)),
            }
            let url = format!("{scheme}://{user}{host}{path}?{}", pairs.join("&"));
            addresses.push(url.parse().map_err(Error::Postgres)?);
        }
        let usual = if addresses.len() > 1 { Session::ReadWrite } else { Session::Any };
        Ok(Self { hosts: addresses, session: session.unwrap_or(usual), patience })
    }
}

impl Ours {
    /// Takes a parameter if it is one of ours.
    fn take(&mut self, pair: &str) -> Result<bool, Error> {
        let (key, value) = pair.split_once('=').ok_or_else(malformed)?;
        match key {
            "target_session_attrs" => self.session = Some(Session::named(value).ok_or_else(malformed)?),
            "connect_timeout" => {
                let seconds: u64 = value.parse().map_err(|_| malformed())?;
                // As with libpq, 0 is no word about it.
                self.patience = (seconds > 0).then(|| Duration::from_secs(seconds));
            }
            // The commas of a list may be written as themselves or as `%2C`.
            "host" => self.hosts = Some(value.replace("%2C", ",").replace("%2c", ",")),
            "port" => self.ports = Some(value.replace("%2C", ",").replace("%2c", ",")),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn malformed() -> Error {
    Error::Postgres(sqlx::Error::Configuration("malformed".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> (Vec<String>, Session, Option<u64>) {
        let Address { hosts, session, patience } = url.parse().unwrap();
        let shown = hosts.iter().map(|host| {
            let at = host.get_socket().map_or_else(|| host.get_host().to_owned(), |path| path.display().to_string());
            format!("{}@{at}:{}/{}", host.get_username(), host.get_port(), host.get_database().unwrap_or_default())
        });
        (shown.collect(), session, patience.map(|patience| patience.as_secs()))
    }

    #[test]
    fn one_host_is_taken_for_what_it_is() {
        assert_eq!(read("postgres://ada@db/desk"), (vec!["ada@db:5432/desk".to_owned()], Session::Any, None));
        let asked = read("postgresql://ada@db:6000/desk?target_session_attrs=primary&connect_timeout=3");
        assert_eq!(asked, (vec!["ada@db:6000/desk".to_owned()], Session::Primary, Some(3)));
        assert_eq!(read("postgres://ada@db/desk?connect_timeout=0").2, None);
    }

    #[test]
    fn of_several_hosts_the_one_that_can_be_written_to_is_meant() {
        let both = vec!["ada@one:5432/desk".to_owned(), "ada@two:5433/desk".to_owned()];
        for url in [
            "postgres://ada:p%40ss,w:rd@one,two:5433/desk",
            "postgres://ada@/desk?host=one,two&port=5432,5433",
            "postgres://ada@/desk?host=one%2Ctwo&port=5432%2C5433",
            "postgres://ada@one,two/desk?port=5432,5433",
        ] {
            assert_eq!(read(url), (both.clone(), Session::ReadWrite, None), "{url}");
        }
        let (hosts, session, _) = read("postgres://ada@one,two,[::1]:7/desk?target_session_attrs=any&port=6000");
        assert_eq!(hosts, ["ada@one:6000/desk", "ada@two:6000/desk", "ada@[::1]:6000/desk"]);
        assert_eq!(session, Session::Any);
        let (hosts, ..) = read("postgres://ada@%2Frun%2Fa:1,%2Frun%2Fb:2/desk");
        assert_eq!(hosts, ["ada@/run/a:1/desk", "ada@/run/b:2/desk"]);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in [
            "nonsense",
            "postgres://one:port/desk",
            "postgres://one,two:99999/desk",
            "postgres://one,two/desk?port=1,2,3",
            "postgres://ada@/desk?host=one&port=1,2",
            "postgres://one/desk?target_session_attrs=fastest",
            "postgres://one/desk?connect_timeout=soon",
            "postgres://one/desk?connect_timeout",
        ] {
            let refused = url.parse::<Address>();
            assert!(matches!(refused, Err(Error::Postgres(sqlx::Error::Configuration(_)))), "{url}: {refused:?}");
        }
    }

    #[test]
    fn a_session_is_asked_for_what_it_is_good_for() {
        let (standby, primary, frozen) = ((true, true), (false, false), (false, true));
        for (session, will_do) in [
            (Session::Any, [true, true, true]),
            (Session::ReadWrite, [false, true, false]),
            (Session::ReadOnly, [true, false, true]),
            (Session::Primary, [false, true, true]),
            (Session::Standby, [true, false, false]),
        ] {
            let takes = [standby, primary, frozen].map(|(follows, read_only)| session.takes(follows, read_only));
            assert_eq!(takes, will_do, "{session:?}");
        }
    }
}
