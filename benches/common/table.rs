//! The table of a program that measures beside a floor.

use std::process::ExitCode;

use super::Result;
use super::line::Line;

/// Makes some lines.
pub(crate) type Measure<B> = fn(&B) -> Result<Vec<Line>>;

/// Prints the lines of the measures whose names hold a filter. Fails if a measure did, or if one was missed and that
/// counts.
pub(crate) fn print<B>(bench: &B, measures: &[(&str, Measure<B>)], filter: Option<&str>, strict: bool) -> ExitCode {
    println!("{}", Line::head());
    let (mut missed, mut failed) = (0, 0);
    for (name, measure) in measures.iter().filter(|(name, _)| filter.is_none_or(|filter| name.contains(filter))) {
        match measure(bench) {
            Ok(lines) => {
                missed += lines.iter().filter(|line| line.missed()).count();
                lines.iter().for_each(|line| println!("{line}"));
            }
            Err(error) => {
                failed += 1;
                println!("{name}: {error}");
            }
        }
    }
    println!("{missed} missed, {failed} failed");
    if failed == 0 && (missed == 0 || !strict) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
