//! How promises stand on one ticket, and as what text a backend keeps it.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::id::Key;

/// Counts how the cycles of one policy ended or stand on one ticket; each cycle is in exactly one of the five.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The policy.
    pub policy: Key,
    /// Stopped in time.
    pub met: u32,
    /// Not stopped in time.
    pub breached: u32,
    /// Not stopped in time, and excused.
    pub excused: u32,
    /// Still counting or paused.
    pub running: u32,
    /// Ended because the ticket was dropped.
    pub dropped: u32,
}

/// The text is no list of standings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line:?} is not a standing such as \"1 0 0 0 0 first_response\"")]
pub struct NotStandings {
    /// The line that could not be read.
    pub line: String,
}

impl Standing {
    /// Writes standings as text that [`decode`](Self::decode) reads: a line for each, the counts before the policy.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::report::Standing;
    ///
    /// let standings = [
    ///     Standing { policy: "first_response".into(), met: 1, ..Standing::default() },
    ///     Standing { policy: "resolution".into(), breached: 1, running: 1, ..Standing::default() },
    /// ];
    /// let text = Standing::encode(&standings);
    /// assert_eq!(text, "1 0 0 0 0 first_response\n0 1 0 1 0 resolution");
    /// assert_eq!(Standing::decode(&text)?, standings);
    /// # Ok::<(), ticketcore::report::NotStandings>(())
    /// ```
    #[must_use]
    pub fn encode(standings: &[Self]) -> String {
        let mut text = String::new();
        for Self { policy, met, breached, excused, running, dropped } in standings {
            let gap = if text.is_empty() { "" } else { "\n" };
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{gap}{met} {breached} {excused} {running} {dropped} {policy}");
        }
        text
    }

    /// Reads standings from text.
    ///
    /// # Errors
    ///
    /// [`NotStandings`] with the first line that is none.
    pub fn decode(text: &str) -> Result<Vec<Self>, NotStandings> {
        // A name holds no control character, so no policy is cut in two.
        let lines = text.split('\n').filter(|line| !line.is_empty());
        lines.map(|line| Self::read(line).ok_or_else(|| NotStandings { line: line.to_owned() })).collect()
    }

    fn read(line: &str) -> Option<Self> {
        let mut words = line.splitn(6, ' ');
        let mut count = || words.next()?.parse().ok();
        let (met, breached, excused, running, dropped) = (count()?, count()?, count()?, count()?, count()?);
        Some(Self { policy: words.next()?.into(), met, breached, excused, running, dropped })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_standing_is_named_in_the_error() {
        assert_eq!(Standing::decode(""), Ok(Vec::new()));
        for line in ["first", "1 0 0 0 first", "1 0 0 0 0", "1 0 0 0 -1 first", "1 0 0 0 4294967296 first"] {
            let error = Standing::decode(&format!("1 0 0 0 0 first\n{line}")).unwrap_err();
            assert_eq!(error, NotStandings { line: line.to_owned() });
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn standings_survive_the_round_trip(standings: Vec<[u32; 5]>, name in "[a-z0-9 ]{0,5}[a-z0-9]") {
            let standing = |[met, breached, excused, running, dropped]: [u32; 5]| {
                Standing { policy: Key::new(&name), met, breached, excused, running, dropped }
            };
            let standings: Vec<_> = standings.into_iter().map(standing).collect();
            prop_assert_eq!(Standing::decode(&Standing::encode(&standings)), Ok(standings));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}", near in "([0-9]{1,11} ){0,6}[a-z\n]{0,3}") {
            let _ = (Standing::decode(&text), Standing::decode(&near));
        }
    }
}
