//! The configuration of a desk that has none: the default, with promises and an escalation.

use ticketcore::cond::Atom;
use ticketcore::config::{Action, At, Audience, Step};
use ticketcore::{Config, Policy, Priority, Span};

/// For each priority: the time to a first answer, and the time to a solution.
const PROMISES: [(Priority, Span, Span); 5] = [
    (Priority::P1, Span::minutes(15), Span::hours(4)),
    (Priority::P2, Span::minutes(30), Span::hours(8)),
    (Priority::P3, Span::hours(2), Span::hours(24)),
    (Priority::P4, Span::hours(8), Span::days(3)),
    (Priority::P5, Span::hours(24), Span::days(5)),
];

pub(crate) fn config() -> Config {
    let (mut response, mut resolution) = (Policy::first_response("first_response"), Policy::resolution("resolution"));
    for (priority, answer, solution) in PROMISES {
        response = response.target(priority, answer);
        resolution = resolution.target(priority, solution);
    }
    let assigned = || vec![Audience::Assignee, Audience::Team];
    let schedule = |name: &str| vec![Audience::Schedule(name.into())];
    let mut config = Config::default()
        .policy(response.step(Step::new(At::Percent(75), vec![tell(assigned(), "answer_due")])))
        .policy(
            resolution
                .step(Step::new(At::Percent(75), vec![tell(assigned(), "solution_due")]))
                .step(Step::new(At::Percent(100), vec![page(schedule("secondary"), "overdue")])),
        )
        .policy(
            // Runs until somebody acknowledges; day and night.
            Policy::escalation("unacknowledged")
                .applies(Atom::Kind("incident".into()))
                .step(Step::new(
                    At::After(Span::minutes(5)),
                    vec![page(schedule("primary"), "unacknowledged"), Action::Escalate(1)],
                ))
                .step(Step::new(
                    At::After(Span::minutes(15)),
                    vec![page(schedule("secondary"), "unacknowledged"), Action::Escalate(2)],
                )),
        );
    config.alerts.team = Some("operations".into());
    config.alerts.queue = Some("alerts".into());
    config
}

fn tell(to: Vec<Audience>, template: &str) -> Action {
    Action::Notify { to, template: template.into(), urgent: false }
}

fn page(to: Vec<Audience>, template: &str) -> Action {
    Action::Notify { to, template: template.into(), urgent: true }
}
