//! The unit tests of the agent example. They are run from here, as an example that is built as a test is not built as the
//! program that other tests start.

#[allow(dead_code, reason = "the program's own entry is not used")]
#[path = "../examples/agent.rs"]
mod agent;
