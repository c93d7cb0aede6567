//! The pictures of the documentation are those that the library draws.

mod programs;

use programs::{Done, Scratch};

#[test]
fn the_pictures_of_the_documentation_are_not_stale() -> Done {
    let scratch = Scratch::new()?;
    let checked = scratch.run("pictures", &["--check"])?;
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.success(), "{said}; `cargo xtask pictures` draws them anew");
    // And it would tell: a place without pictures is no place of good ones.
    let elsewhere = scratch.path("").display().to_string();
    let empty = scratch.run("pictures", &["--check", "--to", &elsewhere])?;
    assert!(!empty.status.success() && String::from_utf8_lossy(&empty.stderr).contains("trend.svg"));
    Ok(())
}
