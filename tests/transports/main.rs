//! The same, asked of the library, the command line and the server, has the same answer; and what is wrong is stored by none.

mod asks;
mod bodies;
mod forms;
#[path = "../../examples/server/opening.rs"]
mod opening;
#[path = "../../examples/server/orders.rs"]
mod orders;
#[path = "../programs/mod.rs"]
mod programs;
mod world;
