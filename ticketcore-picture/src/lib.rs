//! The pictures of ticketcore: reports and workflows as SVG, made on the server by pure functions.
//!
//! Each picture is plain data with two faces: [`Picture::svg`] draws it, and [`Picture::table`] tells the same as a
//! [`Section`], which is text, CSV, JSON or Markdown. What a report shows is found by [`of`].
//!
//! | picture | of |
//! |---|---|
//! | [`Trend`] | what was created and resolved when, the backlog, and a forecast of it |
//! | [`Bands`] | percentiles of a length of time, over time |
//! | [`Heat`] | a share or count of rows by columns |
//! | [`Stack`] | cumulative flow: how many stood where, over time |
//! | [`Ages`] | the backlog by age, stacked by priority |
//! | [`Load`] | what each agent has, beside what they take |
//! | [`Graph`] | a workflow, with how many tickets are in each state and for how long |
//!
//! A picture is one text of XML: no script, no font, nothing it would load. The same input gives the same bytes. It is
//! readable on light and dark ground ([`Theme`]), says nothing by colour alone, and has a title and a description for
//! whoever does not see it. Whatever names and numbers come in, it is well-formed, and cuts what has no room.
//!
//! # Examples
//!
//! ```
//! use ticketcore::report::Share;
//! use ticketcore_picture::{Heat, Level, Picture as _, Theme};
//!
//! let heat = Heat::new("SLA met by queue", "Met of met and breached.", ["p1", "p2"])
//!     .row("mail", [Level::Share(Share { part: 49, whole: 50 }), Level::None])
//!     .row("vpn", [Level::Share(Share { part: 3, whole: 4 }), Level::Share(Share { part: 9, whole: 9 })]);
//! assert!(heat.svg(Theme::Auto).starts_with("<svg"));
//! assert_eq!(heat.table().csv(), ",p1,p2\r\nmail,0.98,\r\nvpn,0.75,1\r\n");
//! ```

mod ages;
mod bands;
mod canvas;
mod chart;
mod date;
mod foretell;
mod graph;
mod heat;
mod load;
mod scale;
mod section;
mod stack;
#[cfg(test)]
mod tests;
mod theme;
mod trend;
mod words;

use std::fmt;

use ticketcore::report::Section;

pub use ages::Ages;
pub use bands::{Band, Bands};
pub use date::civil;
pub use graph::{Dwell, Graph};
pub use heat::{Heat, Level};
pub use load::{Burden, Load};
pub use section::{first_of, of};
pub use stack::Stack;
pub use theme::Theme;
pub use trend::{Forecast, Period, Trend};

/// A picture: data that can be drawn, and told as a table.
pub trait Picture: fmt::Debug + Send + Sync {
    /// Draws it as SVG.
    fn svg(&self, theme: Theme) -> String;

    /// Tells what is drawn as a table, with everything that the drawing leaves out or cuts.
    fn table(&self) -> Section;
}
