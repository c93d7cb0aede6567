//! Is the past still what it was? Told to those who may read all of it.

use ticketcore::desk::{Checkpoint, Error, Verified};
use ticketcore::{Capability, Desk, Refusal};

/// Verifies the past, also against what was noted before.
pub(crate) async fn verify(
    desk: &Desk,
    against: Option<&Checkpoint>,
    progress: impl FnMut(&Verified) + Send,
) -> Result<Verified, Error> {
    may(desk).await?;
    match against {
        Some(checkpoint) => desk.verify_against(checkpoint, progress).await,
        None => desk.verify(progress).await,
    }
}

/// Notes how far everything has come.
pub(crate) async fn checkpoint(desk: &Desk) -> Result<Checkpoint, Error> {
    may(desk).await?;
    desk.checkpoint().await
}

async fn may(desk: &Desk) -> Result<(), Error> {
    let (rulebook, actor) = (desk.rulebook().await?, desk.actor());
    if rulebook.now().config.rights.everywhere(actor, Capability::Read) {
        return Ok(());
    }
    Err(Refusal::Forbidden { who: actor.id.clone(), capability: Capability::Read }.into())
}
