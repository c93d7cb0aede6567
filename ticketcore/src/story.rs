//! Events in words, so that a history reads like a story.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::actor::Party;
use crate::event::{Absorbed, Event, Notice, Recipient, Recorded, Skip, Visibility};
use crate::id::{Key, PersonId, Version};
use crate::link::LinkKind;
use crate::policy_log::StepKey;

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened(opened) => {
                write!(f, "opened the {} “{}” ({}, {})", opened.kind, opened.subject, opened.state, opened.priority)
            }
            Self::Moved(moved) => write!(f, "{}: {} → {}", moved.transition, moved.from, moved.to),
            Self::Said(said) => {
                let audience = match said.visibility {
                    Visibility::Public => "wrote",
                    Visibility::Internal => "noted internally",
                };
                let files = said.attachments.len();
                let machine = if said.automatic { ", automatically" } else { "" };
                if files == 0 {
                    write!(f, "{audience}{machine}")
                } else {
                    write!(f, "{audience}{machine}, with {files} files")
                }
            }
            Self::Assigned(person) => become_(f, "assigned to", person.as_ref(), "unassigned"),
            Self::Routed(choice) | Self::Unrouted(choice) => write!(f, "route {}: {choice}", choice.route),
            Self::TeamAssigned(team) => become_(f, "handed to team", team.as_ref(), "taken from its team"),
            Self::Queued(queue) => become_(f, "put into queue", queue.as_ref(), "taken from its queue"),
            Self::RequesterChanged(person) => become_(f, "is for", person.as_ref(), "is for nobody in particular"),
            Self::OrganisationChanged(key) => become_(f, "is for organisation", key.as_ref(), "is for no organisation"),
            Self::Renamed(subject) => write!(f, "renamed to “{subject}”"),
            Self::Categorised(category) => become_(f, "categorised as", category.as_ref(), "has no category"),
            Self::Tagged(tag) => write!(f, "tagged {tag}"),
            Self::Untagged(tag) => write!(f, "untagged {tag}"),
            Self::FieldSet(field, Some(value)) => write!(f, "set {field} to {value}"),
            Self::FieldSet(field, None) => write!(f, "cleared {field}"),
            Self::Referenced(name) => become_(f, "is known elsewhere as", name.as_ref(), "has no name elsewhere"),
            Self::Rated { impact, urgency, priority } => {
                write!(f, "rated impact {}, urgency {}: {priority}", impact.0, urgency.0)
            }
            Self::Prioritised { priority, reason } => write!(f, "set the priority to {priority}: {reason}"),
            Self::PriorityRestored => f.write_str("gave the matrix's priority its force back"),
            Self::Escalated(level) => write!(f, "escalated to level {level}"),
            Self::Watched(person) => write!(f, "is watched by {person}"),
            Self::Unwatched(person) => write!(f, "is no longer watched by {person}"),
            Self::Scored { score, of: _ } => write!(f, "scored the solution {score} of 5"),
            Self::Endorsed { helpful: true } => f.write_str("found the article helpful"),
            Self::Endorsed { helpful: false } => f.write_str("found the article of no help"),
            Self::Invited(person) => write!(f, "invited {person} to take part"),
            Self::Dismissed(person) => write!(f, "no longer lets {person} take part"),
            Self::Referred(team) => write!(f, "referred to team {team}, too"),
            Self::Recalled(team) => write!(f, "took back the referral to team {team}"),
            Self::Shared(party) => write!(f, "shared with {}", party_of(party)),
            Self::Unshared(party) => write!(f, "no longer shared with {}", party_of(party)),
            Self::Linked(link) => write!(f, "{} {}", words(link.kind), link.to),
            Self::Unlinked(link) => write!(f, "no longer {} {}", words(link.kind), link.to),
            Self::Edited { message: Version(1), .. } => f.write_str("edited the description"),
            Self::Edited { message, .. } => write!(f, "edited message {message}"),
            Self::Merged(merged) => write!(f, "merged into {}", merged.into),
            Self::Absorbed(absorbed) => came(f, "took over", absorbed),
            Self::Unmerged(unmerged) => write!(f, "taken out of {} again", unmerged.from),
            Self::Released(absorbed) => came(f, "gave back", absorbed),
            Self::SplitOff(split) => write!(f, "split {} off into {}", count(&split.messages), split.into),
            Self::Rejoined(split) => write!(f, "took {} back from {}", count(&split.messages), split.into),
            Self::Withheld(withheld) => {
                write!(f, "could not {} {}: {}", withheld.transition, withheld.ticket, withheld.why)
            }
            Self::Acknowledged { until: None } => f.write_str("acknowledged"),
            Self::Acknowledged { until: Some(until) } => write!(f, "acknowledged until {}", at(*until)),
            Self::Unacknowledged => f.write_str("acknowledgement taken back"),
            Self::Snoozed(until) => write!(f, "snoozed until {}", at(*until)),
            Self::Woken => f.write_str("woken"),
            Self::Signalled(signal) if signal.firing => {
                write!(f, "alert fires ({}): {}", signal.severity, signal.summary)
            }
            Self::Signalled(_) => f.write_str("alert is over"),
            Self::Fired { key, due } => write!(f, "{}, due {}", step(key), at(*due)),
            Self::Skipped { key, due, why } => {
                let why = match why {
                    Skip::Unless => "its exception held",
                    Skip::Overtaken => "a later round was due as well",
                    Skip::Impossible => "it was not possible",
                    Skip::Imported => "it was due before the import",
                };
                write!(f, "{}, due {}, was skipped: {why}", step(key), at(*due))
            }
            Self::Ruled { rule } => write!(f, "rule {rule}"),
            Self::Breached { policy, due, .. } => write!(f, "missed {policy}, due {}", at(*due)),
            Self::Waived { policy, reason } => write!(f, "excused the misses of {policy}: {reason}"),
            Self::ApprovalRequested { approval, steps, ordered, own: _, expires } => {
                let steps: Vec<String> = steps.iter().map(|step| format!("{} of {}", step.need, step.from)).collect();
                write!(f, "asked for approval {approval}: {}", steps.join(if *ordered { ", then " } else { ", " }))?;
                expires.map_or(Ok(()), |expires| write!(f, ", until {}", at(expires)))
            }
            Self::Approved { approval, step: _, instead_of, seen, reason } => {
                voted(f, "approved", approval, instead_of.as_ref(), *seen, reason.as_deref())
            }
            Self::Rejected { approval, step: _, instead_of, seen, reason } => {
                voted(f, "rejected", approval, instead_of.as_ref(), *seen, reason.as_deref())
            }
            Self::Delegated { approval, to, steps } if steps.is_empty() => {
                write!(f, "gave the vote on {approval} back to {to}")
            }
            Self::Delegated { approval, to, .. } => write!(f, "let {to} vote on {approval}"),
            Self::ApprovalWithdrawn(approval) => write!(f, "withdrew approval {approval}"),
            Self::Notified(notice) => notified(f, notice),
            Self::Migrated(migrated) => {
                write!(f, "migrated to {} revision {}, state {}", migrated.to.id, migrated.to.rev, migrated.state)
            }
        }
    }
}

fn party_of(party: &Party) -> String {
    match party {
        Party::Person(person) => person.to_string(),
        Party::Team(team) => format!("team {team}"),
        Party::Organisation(organisation) => format!("organisation {organisation}"),
    }
}

fn become_<T: fmt::Display>(f: &mut fmt::Formatter<'_>, words: &str, value: Option<T>, none: &str) -> fmt::Result {
    match value {
        Some(value) => write!(f, "{words} {value}"),
        None => f.write_str(none),
    }
}

fn came(f: &mut fmt::Formatter<'_>, words: &str, absorbed: &Absorbed) -> fmt::Result {
    if absorbed.is_whole() {
        write!(f, "{words} ticket {}", absorbed.from)
    } else {
        write!(f, "{words} {} of {}", count(&absorbed.messages), absorbed.from)
    }
}

fn count(messages: &[Version]) -> String {
    if messages.len() == 1 { "1 message".to_owned() } else { format!("{} messages", messages.len()) }
}

fn step(key: &StepKey) -> String {
    let round = if key.round == 0 { String::new() } else { format!(" (round {})", key.round + 1) };
    format!("step {} of {}{round}", key.step + 1, key.policy)
}

fn voted(
    f: &mut fmt::Formatter<'_>,
    verb: &str,
    approval: &Key,
    instead_of: Option<&PersonId>,
    seen: Version,
    reason: Option<&str>,
) -> fmt::Result {
    write!(f, "{verb} {approval} as of version {seen}")?;
    instead_of.map_or(Ok(()), |person| write!(f, ", in place of {person}"))?;
    reason.map_or(Ok(()), |reason| write!(f, ": {reason}"))
}

fn notified(f: &mut fmt::Formatter<'_>, notice: &Notice) -> fmt::Result {
    let name = |recipient: &Recipient| match recipient {
        Recipient::Person(person) => person.to_string(),
        Recipient::Team(team) => format!("team {team}"),
        Recipient::Lead(team) => format!("lead of {team}"),
        Recipient::Schedule(schedule) => format!("on call in {schedule}"),
    };
    let to: Vec<String> = notice.to.iter().map(name).collect();
    let urgent = if notice.urgent { "paged" } else { "notified" };
    write!(f, "{urgent} {}: {}", to.join(", "), notice.template)
}

const fn words(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Parent => "is a child of",
        LinkKind::Child => "is the parent of",
        LinkKind::Blocks => "blocks",
        LinkKind::BlockedBy => "is blocked by",
        LinkKind::Relates => "relates to",
        LinkKind::Duplicates => "duplicates",
        LinkKind::DuplicatedBy => "is duplicated by",
        LinkKind::Causes => "causes",
        LinkKind::CausedBy => "is caused by",
        LinkKind::Explains => "explains",
        LinkKind::ExplainedBy => "is explained by",
    }
}

fn at(instant: DateTime<Utc>) -> impl fmt::Display {
    instant.format("%Y-%m-%d %H:%M:%S")
}

/// One line: when, who, what. The text of a message is not part of it.
impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {:<12} {}", at(self.at), self.by.id, self.event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::{Merged, Pose, SplitOff, Unmerged, Withheld};
    use crate::status::Status;
    use crate::ticket::Link;

    #[test]
    fn tickets_that_become_one_or_two_read_like_a_story() {
        let id = "019a7f00-0000-7000-8000-000000000002".parse().unwrap();
        let pose = Pose { state: "open".into(), status: Status::Open, waiting: None, dropped: false, closed: None };
        let absorbed = |messages: &[i64]| Absorbed {
            from: id,
            messages: messages.iter().copied().map(Version).collect(),
            participants: Vec::new(),
            watchers: Vec::new(),
            alerts: Vec::new(),
            tickets: 1,
        };
        let split = |messages: &[i64]| SplitOff { into: id, messages: absorbed(messages).messages };
        let stories = [
            (Event::Edited { message: Version(1), visibility: Visibility::Public }, "edited the description"),
            (Event::Edited { message: Version(4), visibility: Visibility::Internal }, "edited message 4"),
            (
                Event::Merged(Box::new(Merged { into: id, state: "closed".into(), from: pose.clone() })),
                "merged into ID",
            ),
            (Event::Absorbed(absorbed(&[])), "took over ticket ID"),
            (Event::Absorbed(absorbed(&[2])), "took over 1 message of ID"),
            (Event::Unmerged(Box::new(Unmerged { from: id, pose, alerts: Vec::new() })), "taken out of ID again"),
            (Event::Released(absorbed(&[])), "gave back ticket ID"),
            (Event::Released(absorbed(&[2, 3])), "gave back 2 messages of ID"),
            (Event::SplitOff(split(&[2, 3])), "split 2 messages off into ID"),
            (Event::Rejoined(split(&[2])), "took 1 message back from ID"),
            (
                Event::Withheld(Withheld { ticket: id, transition: "close".into(), why: "it is open".to_owned() }),
                "could not close ID: it is open",
            ),
            (Event::Linked(Link { kind: LinkKind::Explains, to: id }), "explains ID"),
            (Event::Unlinked(Link { kind: LinkKind::ExplainedBy, to: id }), "no longer is explained by ID"),
        ];
        for (event, story) in stories {
            assert_eq!(event.to_string(), story.replace("ID", &id.to_string()));
        }
    }
}
