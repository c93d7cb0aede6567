//! The customer's side of a ticket, and links for those who have no account.

use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde_json::json;
use ticketcore::customer::View;
use ticketcore::secret_link::Purpose;
use ticketcore::{Desk, PersonId};

use crate::names::Reference;
use crate::print::{clean, instant, quoted};
use crate::{Printed, find, print};

#[derive(Debug, Subcommand)]
pub(crate) enum Customer {
    /// Show what the customer sees of a ticket
    Follow {
        #[arg(required_unless_present = "link")]
        ticket: Option<Reference>,
        /// The text of a link instead, which is the right to see it
        #[arg(long, conflicts_with = "ticket")]
        link: Option<String>,
    },
    /// Grant a person a link to a ticket; it is printed this once
    Grant {
        ticket: Reference,
        /// The person
        #[arg(long = "for", value_name = "PERSON")]
        person: PersonId,
        /// From when on it opens nothing: 2026-12-24T18:00:00Z
        #[arg(long)]
        until: DateTime<Utc>,
        /// To score the solution, once, and not to follow the ticket
        #[arg(long)]
        rate: bool,
    },
    /// Revoke a link by what stands before its dot
    Revoke { id: String },
}

pub(crate) async fn run(desk: &Desk, verb: &Customer, as_json: bool) -> Printed {
    match verb {
        Customer::Follow { link: Some(link), .. } => Ok(printed(&desk.follow_link(link).await?, as_json)),
        Customer::Follow { ticket: Some(ticket), .. } => {
            Ok(printed(&desk.follow(find(desk, ticket).await?.id).await?, as_json))
        }
        Customer::Follow { ticket: None, link: None } => Err("there is neither a ticket nor a link".into()),
        Customer::Grant { ticket, person, until, rate } => {
            let purpose = if *rate { Purpose::Rate } else { Purpose::Follow };
            let link = desk.grant_link(find(desk, ticket).await?.id, person.clone(), purpose, *until).await?;
            let text = || format!("{}\n", link.text());
            Ok(if as_json { print::json(&json!({ "id": link.id(), "link": link.text() })) } else { text() })
        }
        Customer::Revoke { id } => {
            desk.revoke_link(id).await?;
            Ok(format!("{} opens nothing any more\n", clean(id)))
        }
    }
}

/// What became of a ticket, and what was written, in one order of time.
fn printed(view: &View, as_json: bool) -> String {
    if as_json {
        return print::json(&json!(view));
    }
    let mut text = format!("{}  {}\n", view.reference, clean(&view.subject));
    let mut line = |name: &str, value: String| text += &format!("  {name:<10} {}\n", clean(&value));
    let waiting = view.waiting.map(|waiting| format!(", waiting for {waiting}")).unwrap_or_default();
    line("status", format!("{}{waiting}", view.status));
    for promise in &view.promises {
        let due = promise.due.map(|due| format!(", due {}", instant(due))).unwrap_or_default();
        let outlook = json!(promise.outlook).as_str().unwrap_or_default().to_owned();
        line("promise", format!("{} {outlook}{due}", promise.policy));
    }
    for (field, value) in view.fields.iter() {
        line("field", format!("{field}={value}"));
    }
    view.merged.iter().for_each(|merged| line("goes on in", merged.clone()));
    view.score.iter().for_each(|score| line("score", format!("{} of 5", score.score)));
    let turns = view.course.iter().map(|turn| (turn.at, format!("{}  is {}\n", instant(turn.at), turn.status)));
    let posts = view.posts.iter().map(|post| {
        let body = post.text.as_deref().map(quoted).unwrap_or_default();
        (post.at, format!("{}  {} wrote\n{body}", instant(post.at), clean(post.by.id.as_str())))
    });
    let mut told: Vec<_> = turns.chain(posts).collect();
    told.sort_by_key(|(at, _)| *at);
    text + &told.into_iter().map(|(_, told)| told).collect::<String>()
}
