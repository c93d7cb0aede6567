//! What the benchmark programs share: a desk and its tickets, statistics, and the machine they run on.

#![allow(dead_code, reason = "each program uses its part of this")]

pub(crate) mod latencies;
pub(crate) mod line;
pub(crate) mod machine;
pub(crate) mod prefill;
pub(crate) mod random;
pub(crate) mod scratch;
pub(crate) mod table;
pub(crate) mod timing;
pub(crate) mod work;

pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;
