//! Addresses of mails.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::directory::folded;

/// The address of a mailbox: `bo@example.com`.
///
/// The domain is kept in lower case, what stands before it as it was written. Two addresses are the same if they differ
/// in nothing but upper and lower case: to the letter, only the mailbox's host could tell `Bo@` from `bo@`, but none has
/// two people who are told apart by that, and people write either. Dots and `+tags` do count. Quoted names and
/// addresses of IP numbers are refused.
///
/// # Examples
///
/// ```
/// use ticketcore::directory::Mail;
///
/// let mail: Mail = "Bo.Li@Example.COM".parse()?;
/// assert_eq!(mail.to_string(), "Bo.Li@example.com");
/// assert_eq!(mail, "bo.li@example.com".parse()?);
/// assert!("bo.example.com".parse::<Mail>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mail(String);

/// What can stand before the `@` besides letters and digits, as RFC 5322 has it.
const MARKS: &str = "!#$%&'*+-/=?^_`{|}~.";

impl Mail {
    /// The address as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The form by which addresses compare.
    pub(crate) fn folded(&self) -> String {
        folded(&self.0)
    }
}

/// Tells whether a text is the name of a domain: labels of letters, digits and inner hyphens.
pub(super) fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

impl FromStr for Mail {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Neither the text nor its length is trusted, so it is not repeated at any length.
        let no = |why: &str| Err(format!("is no mail address: {why}"));
        if text.len() > 254 {
            return no("has more than 254 bytes");
        }
        let Some((local, domain)) = text.rsplit_once('@') else { return no("has no `@`") };
        let fits = |c: char| c.is_alphanumeric() || MARKS.contains(c);
        if !(1..=64).contains(&local.len()) || !local.chars().all(fits) {
            return no("what stands before the `@` needs 1 to 64 bytes of letters, digits and marks");
        }
        if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return no("a dot stands where nothing is to be parted");
        }
        let domain = folded(domain);
        if !is_domain(&domain) {
            return no("what stands behind the `@` is no domain");
        }
        Ok(Self(format!("{local}@{domain}")))
    }
}

impl TryFrom<String> for Mail {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Mail> for String {
    fn from(mail: Mail) -> Self {
        mail.0
    }
}

impl fmt::Display for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl PartialEq for Mail {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Mail {}

impl PartialOrd for Mail {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Mail {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(&other.folded())
    }
}

impl Hash for Mail {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_mailbox_at_a_domain() {
        for good in ["a@b", "bo@example.com", "b.o+x@sub-1.example.com", "o'neil@example.com", "пётр@пример.рф"]
        {
            assert_eq!(good.parse::<Mail>().map(|mail| mail.to_string()), Ok(good.to_owned()));
        }
        let long = format!("{}@b.c", "a".repeat(65));
        let longer = format!("a@{}.com", "b".repeat(64));
        let longest = format!("a@{}", "b.".repeat(130));
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a",
            "a b@c",
            "a@b@c",
            " a@b",
            "a@b ",
            "a\0@b",
            "a@b\0",
            "a@b\n",
            "<a@b>",
            ".a@b",
            "a.@b",
            "a..b@c",
            "a@b..c",
            "a@.b",
            "a@b.",
            "a@-b",
            "a@b-.c",
            "a@[127.0.0.1]",
            "\"a\"@b",
            "a,b@c",
            "a@b_c",
            &long,
            &longer,
            &longest,
        ] {
            assert!(bad.parse::<Mail>().is_err(), "{bad:?}");
        }
        let huge = "a".repeat(1_000_000).parse::<Mail>().unwrap_err();
        assert!(huge.len() < 100, "{huge}");
    }

    #[test]
    fn upper_and_lower_case_are_one_and_read_back_as_written() {
        let mail: Mail = "Bo@EXAMPLE.com".parse().unwrap();
        assert_eq!((mail.as_str(), mail.domain()), ("Bo@example.com", "example.com"));
        assert_eq!(mail, "bO@example.COM".parse().unwrap());
        assert_ne!(mail, "b.o@example.com".parse().unwrap());
        let json = serde_json::to_string(&mail).unwrap();
        assert_eq!(json, "\"Bo@example.com\"");
        assert_eq!(serde_json::from_str::<Mail>(&json).unwrap().as_str(), mail.as_str());
        assert!(serde_json::from_str::<Mail>("\"bo\"").is_err());
    }
}
