//! Laws that hold after whatever happened; the numbers are those of the domain model.

use std::sync::Arc;

use ticketcore::config::{Rulebook, Target};
use ticketcore::desk::WhatIf;
use ticketcore::engine::{Related, evolve, fold, marks, tick};
use ticketcore::query::Order;
use ticketcore::report::Standing;
use ticketcore::testing::{Dice, sample};
use ticketcore::ticket::Pin;
use ticketcore::trail::{Aspect, Spell};
use ticketcore::{Actor, Command, Event, Filter, Key, Position, Query, Recorded, Ticket, TicketId};

use crate::world::World;

/// Laws of one ticket.
pub(crate) async fn of_ticket(world: &World, tenant: usize, id: TicketId, dice: &mut Dice) {
    let desk = world.desk(tenant);
    let Ok(ticket) = desk.load(id).await else { return };
    let rulebook = desk.rulebook().await.unwrap();
    let history = world.history(tenant, id).await;
    folds(&ticket, &history, dice);
    trails(&ticket, &history);
    stays_on_its_workflow(&rulebook, &history);
    has_what_its_state_demands(&rulebook, &ticket);
    for actor in [Actor::agent("ada"), Actor::requester("bo")] {
        offers_what_it_accepts(world, tenant, &rulebook, &ticket, &actor).await;
    }
}

/// Laws 66 and 70: whatever was decided folds to the ticket, from the beginning or from any snapshot.
fn folds(ticket: &Ticket, history: &[Recorded], dice: &mut Dice) {
    let numbered = |folded: Option<Ticket>| folded.map(|folded| Ticket { number: ticket.number, ..folded });
    assert_eq!(numbered(fold(history)).as_ref(), Some(ticket), "law 66");
    let (start, tail) = history.split_at(1 + dice.below(history.len()));
    let mut snapshot = numbered(fold(start)).expect("a history begins with an opening");
    for one in tail {
        evolve(&mut snapshot, one.at, &one.by, &one.event);
        snapshot.head = one.seal.map(|seal| seal.chain);
    }
    assert_eq!(&snapshot, ticket, "law 70");
}

/// The trail tells of each aspect exactly what it was after each event, and who changed it.
fn trails(ticket: &Ticket, history: &[Recorded]) {
    let (first, rest) = history.split_at(1);
    let mut ticket_then = fold(first).expect("a history begins with an opening");
    let mut values = Aspect::ALL.map(|aspect| vec![(ticket_then.created, aspect.of(&ticket_then))]);
    let mut turns = Vec::new();
    for one in rest {
        evolve(&mut ticket_then, one.at, &one.by, &one.event);
        for (aspect, values) in Aspect::ALL.into_iter().zip(&mut values) {
            let value = aspect.of(&ticket_then);
            if values.last().is_none_or(|(_, last)| *last != value) {
                turns.push((aspect, one.at, one.by.id.clone()));
                values.push((one.at, value));
            }
        }
    }
    for (aspect, values) in Aspect::ALL.into_iter().zip(values) {
        let ends = values.iter().skip(1).map(|(at, _)| Some(*at)).chain([None]);
        let spells = values.iter().zip(ends).map(|((from, value), to)| Spell { value: value.clone(), from: *from, to });
        assert!(ticket.spells(aspect).eq(spells), "{aspect} of {}", ticket.id);
    }
    assert!(ticket.trail.turns().iter().map(|turn| (turn.aspect, turn.at, turn.by.clone())).eq(turns));
}

/// The past played again by the rules it passed under is the past: nothing changes, and nothing is written.
pub(crate) async fn plays_the_same(world: &World, tenant: usize) {
    let desk = world.desk(tenant);
    let since = desk.rulebook().await.unwrap().now().since.max(sample::start());
    if since >= desk.now() {
        return;
    }
    let before = world.store.feed(Position(0), usize::MAX).await.unwrap().len();
    let played = desk.what_if(&WhatIf::between(since, desk.now())).await.unwrap();
    assert_eq!(played.promises.changed, [], "{}", world.name);
    assert!(played.promises.policies.values().all(|[was, would]| was == would), "{}", world.name);
    assert_eq!(played.was, played.would, "{}", world.name);
    assert_eq!(world.store.feed(Position(0), usize::MAX).await.unwrap().len(), before);
}

/// Law 21: every move was an edge of the revision the ticket followed then.
fn stays_on_its_workflow(rulebook: &Rulebook, history: &[Recorded]) {
    let mut pin: Option<Pin> = None;
    let mut before: Option<Key> = None;
    for recorded in history {
        match &recorded.event {
            Event::Opened(opened) => pin = Some(opened.workflow.clone()),
            Event::Migrated(migrated) => (pin, before) = (Some(migrated.to.clone()), None),
            Event::Moved(moved) => {
                let workflow = pin.as_ref().and_then(|pin| rulebook.now().workflow(pin));
                // A desk that has published nothing yet does not know the second revision.
                let Some(workflow) = workflow else { continue };
                let edge = workflow.find_move(&moved.transition, &moved.from).expect("law 21");
                match &edge.to {
                    Target::State(to) => assert_eq!(*to, moved.to, "law 21"),
                    Target::Previous => assert_eq!(before.as_ref(), Some(&moved.to), "law 21"),
                }
                before = Some(moved.from.clone());
            }
            _ => {}
        }
    }
}

/// Law 22: what the state demands is there.
fn has_what_its_state_demands(rulebook: &Rulebook, ticket: &Ticket) {
    let workflow = rulebook.now().workflow(&ticket.workflow);
    let state = workflow.and_then(|workflow| workflow.find_state(&ticket.state));
    for field in state.into_iter().flat_map(|state| &state.requires) {
        let there = match field.as_str() {
            "assignee" => ticket.assignee.is_some(),
            "team" => ticket.team.is_some(),
            "requester" => ticket.requester.is_some(),
            "category" => ticket.category.is_some(),
            _ => ticket.fields.contains_key(field),
        };
        assert!(there, "law 22: {} lacks {field} in {}", ticket.id, ticket.state);
    }
}

/// Law 23: a move is offered without reservations if and only if it is accepted.
async fn offers_what_it_accepts(
    world: &World,
    tenant: usize,
    rulebook: &Rulebook,
    ticket: &Arc<Ticket>,
    actor: &Actor,
) {
    let desk = world.desk(tenant).by(actor.clone());
    // What time has made due is done before a command is heard, and may change what is possible.
    if !tick(rulebook, ticket, &Related::default(), desk.now()).facts.is_empty() {
        return;
    }
    // Who does not see a ticket is offered nothing, and nothing is accepted.
    let offers = desk.moves(ticket.id).await.unwrap_or_default();
    for key in ["start", "wait", "resume", "resolve", "reopen", "close", "cancel", "approve", "fly"] {
        let offered = offers.iter().any(|offer| offer.transition == key && offer.unmet.is_empty());
        let accepted = desk.prepare(ticket.id, Command::transition(key)).await;
        assert_eq!(offered, accepted.is_ok(), "law 23: {key} of {ticket:#?} by {actor:?}: {accepted:?}");
    }
}

/// Law 30, and what an index is: everything that is stored beside a ticket is what its rules say of it now.
pub(crate) async fn of_index(world: &World, tenant: usize) {
    let rulebook = world.desk(tenant).rulebook().await.unwrap();
    assert_eq!(world.desk(tenant).recount().await.unwrap(), [], "what somebody has was counted wrong: {}", world.name);
    let mut ranks = Vec::new();
    for sample in world.known(tenant).await {
        let marks = marks(&rulebook, &sample.ticket);
        ranks.extend(marks.rank);
        assert_eq!(Standing::decode(&Standing::encode(&marks.standings)), Ok(marks.standings));
    }
    ranks.sort_unstable();
    assert!(ranks.windows(2).all(|pair| pair[0] < pair[1]), "law 30: no two tickets are equal in rank");
    let query = Query::new(Filter::all()).order(Order::rank()).limit(usize::MAX);
    let found = world.desk(tenant).find(&query).await.unwrap().tickets;
    let found: Vec<TicketId> = found.iter().map(|ticket| ticket.id).collect();
    assert_eq!(found, ranks.iter().map(|rank| rank.id).collect::<Vec<_>>(), "law 30: {}", world.name);
}
