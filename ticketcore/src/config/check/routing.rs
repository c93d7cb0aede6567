//! Whether tickets can find their way: conditions that can be asked, names that can be names, nothing said twice.

use super::names::check_name;
use super::{NO_NAME, paths, under};
use crate::cond::{Atom, Cond};
use crate::config::Config;
use crate::fault::Fault;
use crate::id::Key;
use crate::routing::{Fallback, Intake, Route, Sorted};

impl Config {
    pub(super) fn check_routing(&self) -> Vec<Fault> {
        let intake = self.routing.intake.iter().map(|intake| (&intake.key, &intake.when, self.check_intake(intake)));
        let routes = self.routing.routes.iter().map(|route| (&route.key, &route.when, self.check_route(route)));
        let mut faults = listed("routing.intake", intake.collect());
        faults.extend(listed("routing.routes", routes.collect()));
        faults
    }

    fn check_intake(&self, intake: &Intake) -> Vec<Fault> {
        let mut faults = self.check_cond("when", &intake.when, blind_at_the_opening);
        let Sorted { team, queue, category, priority: _, skills } = &intake.set;
        if intake.set == Sorted::default() {
            faults.push(Fault::new("set", "sets nothing"));
        }
        let names = [("team", team), ("queue", queue), ("category", category)].into_iter();
        let names = names.filter_map(|(at, key)| Some((at, key.as_ref()?)));
        for (at, key) in names.chain(skills.iter().map(|skill| ("skills", skill))) {
            faults.extend(check_name(key).err().map(|problem| Fault::new(format!("set.{at}"), problem)));
        }
        faults
    }

    fn check_route(&self, route: &Route) -> Vec<Fault> {
        let Route { key: _, when, team, skills, tiers, order, fallback } = route;
        let mut faults = self.check_cond("when", when, blind_when_routed);
        for (at, key) in [("team", team)].into_iter().chain(skills.iter().map(|skill| ("skills", skill))) {
            faults.extend(check_name(key).err().map(|problem| Fault::new(at, problem)));
        }
        if tiers.is_empty() {
            faults.push(Fault::new("tiers", "asks nobody"));
        }
        faults.extend(again("tiers", tiers));
        faults.extend(again("order", order));
        if *fallback == Fallback::Escalate(0) {
            faults.push(Fault::new("fallback.escalate", "level 0 is where every ticket begins"));
        }
        faults
    }
}

/// Puts the faults of a list's members below them, and adds those that its members have together.
fn listed(list: &str, members: Vec<(&Key, &Cond, Vec<Fault>)>) -> Vec<Fault> {
    let places = paths(list, members.iter().map(|(key, ..)| *key));
    let mut faults = Vec::new();
    let mut keys: Vec<&Key> = Vec::new();
    let mut all: Option<&Key> = None;
    for (at, (key, when, own)) in places.iter().zip(members) {
        if !key.is_valid() {
            faults.push(Fault::new(format!("{at}.key"), NO_NAME));
        }
        if keys.contains(&key) {
            faults.push(Fault::new(format!("{at}.key"), format!("another one is named `{key}`")));
        }
        if let Some(earlier) = all {
            faults.push(Fault::new(at, format!("is never asked, as `{earlier}` before it is for every ticket")));
        }
        faults.extend(under(at, own));
        keys.push(key);
        all = all.or_else(|| when.is_always().then_some(key));
    }
    faults
}

/// The members of a list that stand in it again.
fn again<T: PartialEq>(at: &str, list: &[T]) -> Vec<Fault> {
    let again = |(i, one): (usize, &T)| list.iter().take(i).any(|earlier| earlier == one).then_some(i);
    let places = list.iter().enumerate().filter_map(again);
    places.map(|i| Fault::new(format!("{at}[{i}]"), "stands in the list before")).collect()
}

/// A ticket that is being opened has an opener, and no links yet.
fn blind_at_the_opening(atom: &Atom) -> Option<&'static str> {
    matches!(atom, Atom::NoOpen(_)).then_some("a ticket has no links when it is opened")
}

/// A ticket may be routed whenever somebody has room, with nobody acting, and only this ticket is read.
fn blind_when_routed(atom: &Atom) -> Option<&'static str> {
    let nobody = matches!(atom, Atom::Role(_) | Atom::Actor(_) | Atom::Relation(_));
    let alone = matches!(atom, Atom::NoOpen(_)).then_some("a route does not read other tickets");
    if nobody { Some("nobody acts when a ticket is routed") } else { alone }
}
