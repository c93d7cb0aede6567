//! The workflow of articles, which is like no other: nothing is worked off, something is kept true.

use crate::config::workflow::ready::{desk, work};
use crate::config::workflow::{Source, State, Transition, Workflow};
use crate::status::Status;

impl Workflow {
    /// Returns the workflow of articles: a draft is reviewed and published, for agents or for everybody, is revised, and
    /// is retired.
    ///
    /// | state | status | leaves by |
    /// |---|---|---|
    /// | `draft` | new | `submit`, `publish`, `publish_internal`, `retire` |
    /// | `review` | open | `publish`, `publish_internal`, `revise`, `retire` |
    /// | `internal` | resolved: agents read it | `publish`, `revise`, `retire` |
    /// | `public` | resolved: customers read it, too | `publish_internal`, `revise`, `retire` |
    /// | `retired` | closed, dropped | |
    ///
    /// All moves, the opening included, are for agents, programs and the desk itself. It is no kind of work, so it shares
    /// no move with the other workflows: what closes solved tickets leaves articles alone.
    pub fn article() -> Self {
        Self::new("article")
            .state(State::new("draft", Status::New))
            .state(State::new("review", Status::Open))
            .state(State::new("internal", Status::Resolved))
            .state(State::new("public", Status::Resolved))
            .state(State::new("retired", Status::Closed).dropped())
            .transition(Transition::new("open", Source::Create, "draft").guard(desk()))
            .transition(work("submit", ["draft"], "review"))
            .transition(work("publish", ["draft", "review", "internal"], "public"))
            .transition(work("publish_internal", ["draft", "review", "public"], "internal"))
            .transition(work("revise", ["review", "internal", "public"], "draft"))
            .transition(work("retire", ["draft", "review", "internal", "public"], "retired"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::ActorKind;
    use crate::config::workflow::Party;

    #[test]
    fn the_workflow_of_articles_is_sound_and_no_customers() {
        let workflow = Workflow::article();
        assert_eq!(workflow.check(), []);
        let requester = Party::Kind(ActorKind::Requester);
        assert!(!workflow.edges().iter().any(|edge| requester.may_take(edge)));
    }
}
