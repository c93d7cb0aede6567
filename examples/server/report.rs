//! The ready reports, over all tickets of a desk and the promises of its configuration.

use ticketcore::Desk;
use ticketcore::desk::Error;
use ticketcore::report::{Ask, Report, Section, standard};

pub(crate) async fn sections(desk: &Desk, report: &dyn Report) -> Result<Vec<Section>, Error> {
    let rulebook = desk.rulebook().await?;
    let promises = rulebook.now().config.policies.iter().filter(|policy| !policy.budget.is_empty());
    let ask = Ask::new(desk.now()).policies(promises.map(|policy| policy.id.clone()));
    let tables = desk.tally(&ask.scan(report)).await?;
    Ok(report.render(&ask, tables))
}

/// The names there are, for whoever asked for another.
pub(crate) fn names() -> String {
    standard().iter().map(|report| report.name().to_owned()).collect::<Vec<_>>().join(", ")
}
