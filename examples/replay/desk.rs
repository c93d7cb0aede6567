//! A desk set up as the one the file came from.

use ticketcore::config::{Alerts, Matrix, Source, State, Transition};
use ticketcore::{Config, FieldType, Priority, Status, Waiting, Workflow};

/// The states of the file, and every move between them that occurs in it.
pub(crate) fn workflow() -> Workflow {
    Workflow::new("incident")
        .state(State::new("New", Status::New))
        .state(State::new("Active", Status::Open))
        .state(State::new("Awaiting User Info", Status::Pending).waiting(Waiting::Requester).on_reply("Active"))
        .state(State::new("Awaiting Problem", Status::Pending).waiting(Waiting::Third))
        .state(State::new("Awaiting Vendor", Status::Pending).waiting(Waiting::Third))
        .state(State::new("Awaiting Evidence", Status::Pending).waiting(Waiting::Third))
        .state(State::new("Resolved", Status::Resolved))
        .state(State::new("Closed", Status::Closed))
        .transition(Transition::new("New", Source::Create, "New"))
        .transition(to("Active", ["New", "Awaiting User Info", "Awaiting Problem", "Awaiting Vendor", "Resolved"]))
        .transition(to("Awaiting User Info", ["New", "Active", "Awaiting Problem", "Awaiting Vendor"]))
        .transition(to("Awaiting Problem", ["New", "Active", "Awaiting User Info"]))
        .transition(to("Awaiting Vendor", ["Active", "Awaiting User Info"]))
        .transition(to("Awaiting Evidence", ["Awaiting User Info", "Awaiting Vendor"]))
        .transition(to("Resolved", ["New", "Active", "Awaiting User Info", "Awaiting Problem", "Awaiting Evidence"]))
        .transition(to("Closed", ["Resolved"]))
}

/// A move is called by where it leads.
fn to<const N: usize>(state: &'static str, from: [&'static str; N]) -> Transition {
    Transition::new(state, Source::of(from), state)
}

/// No policy does anything by itself: all that happened is in the file.
pub(crate) fn config() -> Config {
    use Priority as P;
    // High impact with low urgency does not occur in the file; p3 keeps the table monotone.
    let matrix = vec![vec![P::P1, P::P2, P::P3], vec![P::P2, P::P3, P::P4], vec![P::P3, P::P4, P::P4]];
    let config = Config {
        matrix: Matrix(matrix),
        policies: Vec::new(),
        alerts: Alerts { resolve: "Resolved".into(), reopen: "Active".into(), ..Alerts::default() },
        ..Config::default()
    };
    config
        .workflow(workflow())
        .field("location", FieldType::Text)
        .field("subcategory", FieldType::Text)
        .field("symptom", FieldType::Text)
        .field("closed_code", FieldType::Text)
        .field("made_sla", FieldType::Bool)
        .field("resolved_at", FieldType::Instant)
}
