//! Every command × every role × every relation × both tenants.
//!
//! The table for people is `ticketcore/RIGHTS.md`, made from this by `GOLDEN=rewrite cargo test --test rights`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use ticketcore::cond::Relation;
use ticketcore::config::{Grant, Grantee, Rights};
use ticketcore::engine::Refusal;
use ticketcore::testing::{Dice, block_on, commands};
use ticketcore::{
    Actor, ActorKind, Capabilities, Capability, Command, Config, Desk, Draft, Error, FieldType, LinkKind, MemoryStore,
    Party, Ticket,
};

/// How an actor stands to the ticket; `None` = not at all.
const RELATIONS: [Option<Relation>; 9] = [
    None,
    Some(Relation::Requester),
    Some(Relation::Participant),
    Some(Relation::Watcher),
    Some(Relation::Organisation),
    Some(Relation::Shared),
    Some(Relation::Assignee),
    Some(Relation::Team),
    Some(Relation::Referred),
];

const ROLES: [(&str, ActorKind, Option<&str>); 5] = [
    ("agent", ActorKind::Agent, None),
    ("requester", ActorKind::Requester, None),
    ("program", ActorKind::Integration, None),
    ("admin", ActorKind::Agent, Some("admin")),
    ("system", ActorKind::System, None),
];

/// What becomes of a command, as far as rights go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// Done, or refused for another reason.
    Heard,
    /// Refused for want of the right.
    Forbidden,
    /// As if there were no such ticket.
    NotFound,
}

fn actor(role: usize, relation: Option<Relation>) -> Actor {
    let (_, kind, role) = ROLES[role];
    let mut actor = Actor::new("x", kind);
    actor.roles.extend(role.map(Into::into));
    match relation {
        Some(Relation::Team) => actor.team("network"),
        Some(Relation::Referred) => actor.team("database"),
        Some(Relation::Organisation) => actor.organisation("acme"),
        _ => actor,
    }
}

/// A ticket that x stands so to and in no other way, and another one that is x's own.
async fn tickets(desk: &Desk, relation: Option<Relation>) -> (Arc<Ticket>, Arc<Ticket>) {
    let draft = Draft::incident("No mail").description("Since noon").requester("bo").organisation("acme");
    let ticket = desk.open(draft.team("network")).await.unwrap();
    let command = match relation {
        Some(Relation::Requester) => Some(Command::ChangeRequester(Some("x".into()))),
        Some(Relation::Participant) => Some(Command::Invite("x".into())),
        Some(Relation::Watcher) => Some(Command::Watch("x".into())),
        Some(Relation::Assignee) => Some(Command::assign("x")),
        Some(Relation::Referred) => Some(Command::Refer("database".into())),
        Some(Relation::Shared) => Some(Command::Share(Party::Person("x".into()))),
        Some(Relation::Team | Relation::Organisation) | None => None,
    };
    let ticket = match command {
        Some(command) => desk.apply(ticket.id, command).await.unwrap(),
        None => ticket,
    };
    let own = Draft::incident("Mine").requester("x").assignee("x").team("network");
    (ticket, desk.open(own).await.unwrap())
}

fn answer<T>(result: Result<T, Error>) -> Answer {
    match result {
        Err(Error::Refused(Refusal::Forbidden { .. } | Refusal::Hidden { .. })) => Answer::Forbidden,
        Err(Error::NotFound(_)) => Answer::NotFound,
        Ok(_) | Err(Error::Refused(_)) => Answer::Heard,
        Err(error) => panic!("{error}"),
    }
}

fn config(rights: Rights) -> Config {
    Config { rights, ..Config::default().field("site", FieldType::Text) }
}

async fn desk(rights: Rights) -> Desk {
    let desk = Desk::new(Arc::new(MemoryStore::new()));
    desk.publish(config(rights)).await.unwrap();
    desk
}

/// The meaning of rights, as simple as it can be said.
fn granted(rights: &Rights, actor: &Actor, relation: Option<Relation>, command: &Command) -> bool {
    holds(rights, actor, relation, command.capability(), command)
        // What others wrote takes more to edit than the right to edit.
        && (!matches!(command, Command::Edit(..)) || holds(rights, actor, relation, Capability::Read, command))
        // Nobody gives away what they do not hold.
        && (!matches!(command, Command::Share(_))
            || rights.grants.iter().filter(|grant| grant.on == Some(Relation::Shared)).all(|grant| {
                grant.may.iter().all(|given| holds(rights, actor, relation, given, command))
            }))
}

fn holds(
    rights: &Rights,
    actor: &Actor,
    relation: Option<Relation>,
    capability: Capability,
    command: &Command,
) -> bool {
    let for_them = |grant: &Grant| match &grant.to {
        Grantee::Anyone => true,
        Grantee::Actor(kind) => *kind == actor.kind,
        Grantee::Role(role) => actor.roles.contains(role),
    };
    let taken = |grant: &Grant| match command {
        Command::Move(key) => grant.moves.is_empty() || grant.moves.contains(key),
        _ => true,
    };
    actor.kind == ActorKind::System
        || rights.grants.iter().any(|grant| {
            for_them(grant)
                && taken(grant)
                && (grant.on.is_none() || grant.on == relation)
                && (grant.kinds.is_empty() || grant.kinds.iter().any(|kind| *kind == "incident"))
                && (grant.states.is_empty() || grant.states.iter().any(|state| *state == "new"))
                && grant.may.has(capability)
        })
}

/// Asks every command of everybody, and holds the answers against what the grants say.
async fn whole(rights: &Rights, mut each: impl FnMut(usize, Option<Relation>, &Command, Answer)) {
    let desk = desk(rights.clone()).await;
    let foreign = desk.tenant("elsewhere");
    foreign.publish(config(rights.clone())).await.unwrap();
    for relation in RELATIONS {
        let (ticket, own) = tickets(&desk, relation).await;
        let before = desk.history(ticket.id).await.unwrap();
        for role in 0..ROLES.len() {
            let actor = actor(role, relation);
            let may = |capability| holds(rights, &actor, relation, capability, &Command::Wake);
            let sees = may(Capability::Read) || may(Capability::Follow);
            for command in commands(own.id) {
                let heard = answer(desk.by(actor.clone()).prepare(ticket.id, command.clone()).await);
                // The other end of a link or a merge is a matter of its own.
                let both = matches!(command, Command::Link(..) | Command::Merge(_));
                let expected = match granted(rights, &actor, relation, &command) {
                    true => Answer::Heard,
                    false if sees => Answer::Forbidden,
                    false => Answer::NotFound,
                };
                let fits = heard == expected || both && expected == Answer::Heard;
                assert!(fits, "{command:?} by {actor:?} ({relation:?}): {heard:?}, not {expected:?}");
                each(role, relation, &command, heard);
                // T1: what is another tenant's is as what is not there, whoever asks.
                let elsewhere = foreign.by(actor.clone()).prepare(ticket.id, command.clone()).await;
                assert_eq!(answer(elsewhere), Answer::NotFound, "{command:?} by {actor:?}");
            }
        }
        assert_eq!(desk.history(ticket.id).await.unwrap(), before, "nothing was written");
    }
}

/// T2: the matrix of the rights a desk has from the start, in the document that people read.
#[test]
fn the_matrix_is_what_the_document_says() {
    let mut cells: Vec<(String, Vec<[Answer; ROLES.len()]>)> = Vec::new();
    block_on(whole(&Rights::default(), |role, relation, command, answer| {
        let column = RELATIONS.iter().position(|other| *other == relation).unwrap();
        let name = command.name().to_owned();
        if !cells.iter().any(|(row, _)| *row == name) {
            cells.push((name.clone(), vec![[Answer::NotFound; ROLES.len()]; RELATIONS.len()]));
        }
        let (_, row) = cells.iter_mut().find(|(row, _)| *row == name).unwrap();
        row[column][role] = answer;
    }));
    let relations: Vec<String> = RELATIONS
        .iter()
        .map(|relation| relation.map_or("nobody to it".to_owned(), |relation| format!("{relation:?}").to_lowercase()))
        .collect();
    let mut text = String::from(
        "# Who may do what, unless a desk says otherwise\n\n\
         Made by `GOLDEN=rewrite cargo test --test rights` from `Rights::default()`; every cell is an answer of a desk.\n\n\
         How somebody stands to the ticket is in the columns. **yes**: the command is heard (the workflow may still refuse \
         it); **no**: refused for want of the right; **–**: as if there were no such ticket. Another tenant's ticket is \
         **–** for everybody.\n",
    );
    for (role, (name, ..)) in ROLES.iter().enumerate() {
        let rows: Vec<Vec<Answer>> =
            cells.iter().map(|(_, row)| row.iter().map(|column| column[role]).collect()).collect();
        write!(text, "\n## {name}\n\n").unwrap();
        if rows.iter().flatten().all(|answer| *answer == Answer::Heard) {
            text.push_str("Every command, on every ticket.\n");
            continue;
        }
        writeln!(text, "| command | {} |\n|---|{}", relations.join(" | "), "---|".repeat(relations.len())).unwrap();
        for ((command, _), row) in cells.iter().zip(rows) {
            let words: Vec<&str> = row
                .iter()
                .map(|answer| match answer {
                    Answer::Heard => "yes",
                    Answer::Forbidden => "no",
                    Answer::NotFound => "–",
                })
                .collect();
            writeln!(text, "| `{command}` | {} |", words.join(" | ")).unwrap();
        }
    }
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/ticketcore/RIGHTS.md"));
    if std::env::var_os("GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "{} is of other rights; `GOLDEN=rewrite cargo test --test rights`", path.display());
}

/// Whatever is granted, the desk does what the grants say.
#[test]
fn whatever_is_granted_is_what_is_allowed() {
    let mut dice = Dice::new(4);
    let rounds = if std::env::var_os("TICKETCORE_LONG").is_some() { 400 } else { 12 };
    for _ in 0..rounds {
        let grants: Vec<Grant> = (0..dice.below(7)).map(|_| grant(&mut dice)).chain([keeper()]).collect();
        block_on(whole(&Rights::of(grants), |_, _, _, _| {}));
    }
}

/// Somebody has to be able to take tickets on, or the configuration is refused.
fn keeper() -> Grant {
    Grant::role("keeper", [Capability::Move])
}

fn grant(dice: &mut Dice) -> Grant {
    let to = match dice.below(4) {
        0 => Grantee::Anyone,
        1 => Grantee::Role("admin".into()),
        _ => Grantee::Actor(*dice.pick(&ActorKind::ALL)),
    };
    let some: Capabilities = Capability::ALL.iter().copied().filter(|_| dice.once_in(3)).collect();
    let may = some.with(*dice.pick(Capability::ALL));
    let mut grant = Grant::new(to, may);
    grant.on = *dice.pick(&RELATIONS);
    if may.has(Capability::Move) && dice.once_in(3) {
        grant = grant.transition("resolve");
    }
    grant
}

/// Every command has a name of its own, and every name of a command is asked in the matrix.
#[test]
fn every_command_is_in_the_matrix() {
    let (ticket, _) = block_on(async { tickets(&desk(Rights::default()).await, None).await });
    let mut names: Vec<&str> = commands(ticket.id).map(|command| command.name()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    // What no command asks for, the desk itself asks for.
    let of_commands: Capabilities = commands(ticket.id).map(|command| command.capability()).collect();
    let others: Vec<&str> =
        Capability::ALL.iter().filter(|one| !of_commands.has(**one)).map(|one| one.as_str()).collect();
    assert_eq!(others, ["follow", "read", "open", "note", "consult", "direct", "erase", "publish", "import", "export"]);
}

#[test]
fn nobody_links_to_what_they_do_not_see() {
    block_on(async {
        let rights = Rights::of([
            Grant::agents(Capabilities::all().without(Capability::Publish)).on(Relation::Team),
            Grant::agents([Capability::Open]),
        ]);
        let desk = desk(rights).await;
        let ours = desk.open(Draft::incident("Ours").team("network")).await.unwrap();
        let theirs = desk.open(Draft::incident("Theirs").team("database")).await.unwrap();
        let ada = desk.by(Actor::agent("ada").team("network"));
        let nothing = ticketcore::TicketId::at(desk.now(), 7);
        for id in [theirs.id, nothing] {
            for command in [Command::Link(LinkKind::Blocks, id), Command::Merge(id)] {
                let refused = ada.apply(ours.id, command).await.unwrap_err();
                assert_eq!(refused.refusal(), Some(&Refusal::NoSuchTicket { id }), "as if it were not there");
            }
            assert!(matches!(ada.load(id).await, Err(Error::NotFound(_))));
            assert!(matches!(ada.history(id).await, Err(Error::NotFound(_))));
        }
    });
}

/// T22: nobody grants what they do not hold.
#[test]
fn nobody_grants_what_they_do_not_hold() {
    block_on(async {
        let mut rights = Rights::default();
        rights.grants.push(Grant::role("lead", [Capability::Publish, Capability::Read, Capability::Follow]));
        let desk = desk(rights.clone()).await;
        let lead = desk.by(Actor::agent("eve").role("lead"));
        let with = |grant: Grant| {
            let mut rights = rights.clone();
            rights.grants.push(grant);
            config(rights)
        };
        lead.publish(with(Grant::requesters([Capability::Read]).on(Relation::Requester))).await.unwrap();
        // As an agent she may do all the work there is, but erasing nothing and administering nothing.
        lead.publish(with(Grant::requesters([Capability::Assign]))).await.unwrap();
        let ada = desk.by(Actor::agent("ada"));
        let refused = ada.publish(config(rights.clone())).await.unwrap_err();
        assert_eq!(refused.to_string(), "`ada` may not publish");
        let bo = desk.by(Actor::requester("bo").role("lead"));
        let refused = bo.publish(with(Grant::requesters([Capability::Prioritise]))).await.unwrap_err();
        assert_eq!(refused.to_string(), "`bo` may not prioritise");
    });
}

/// T4: a right that was taken away is gone with the next call.
#[test]
fn a_right_that_is_taken_away_is_gone_at_once() {
    block_on(async {
        let desk = desk(Rights::default()).await;
        let (ticket, _) = tickets(&desk, None).await;
        let ada = desk.by(Actor::agent("ada"));
        let prepared = ada.prepare(ticket.id, Command::reply("Hello")).await.unwrap().unwrap();
        desk.publish(config(Rights::of([Grant::requesters([Capability::Open]), keeper()]))).await.unwrap();
        assert!(desk.store().commit(prepared).await.unwrap_err().is_conflict(), "decided under rights that are gone");
        assert!(matches!(ada.apply(ticket.id, Command::reply("Hello")).await, Err(Error::NotFound(_))));
        assert!(ada.feed(ticketcore::Position(0), 100).await.unwrap().is_empty());
    });
}
