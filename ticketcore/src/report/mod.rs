//! Reports.

mod figures;
mod needs;
mod scan;
mod standing;
mod summary;
mod table;
mod tally;

pub use figures::Figures;
pub use needs::Needs;
pub use scan::{Bucket, Dimension, Measure, Scan, TableSpec, Time, Unit};
pub use standing::{NotStandings, Standing};
pub use summary::Summary;
pub use table::{Attainment, Cell, Counter, Measured, Row, Share, Table};
pub use tally::Tallier;
