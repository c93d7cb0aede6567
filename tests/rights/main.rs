//! Who may do what, and who sees what: the whole matrix, whatever the rights, on every store.

#[path = "../support/acts.rs"]
#[expect(dead_code, reason = "other tests ask more of it")]
mod acts;
#[cfg(feature = "postgres")]
#[path = "../support/cluster.rs"]
mod cluster;
#[path = "../../examples/custom_store.rs"]
#[expect(dead_code, reason = "its `main` is run as an example")]
mod custom_store;
mod hidden;
mod matrix;
mod silence;
#[path = "../support/world.rs"]
#[expect(dead_code, reason = "other tests ask more of it")]
mod world;
