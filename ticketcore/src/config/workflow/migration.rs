//! Taking tickets from one workflow, or revision of one, to another.

use std::collections::BTreeMap;

use crate::config::Workflow;
use crate::fault::Fault;
use crate::id::Key;
use crate::id::Pin;

/// Where every state of one workflow goes in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The workflow that is left.
    pub from: Pin,
    /// The workflow that is entered.
    pub to: Pin,
    /// Every state left → the state entered.
    pub map: BTreeMap<Key, Key>,
    /// The states left whose tickets change status, waiting or being dropped on the way, in the order of the map:
    /// clocks start or stop for them, so somebody should look before going ahead.
    pub flagged: Vec<Key>,
}

impl Workflow {
    /// Plans the way to another workflow. States that are not in `map` go to the state of the same name.
    ///
    /// # Errors
    ///
    /// Every state without a place to go, and every entry that names a state that is not there.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use ticketcore::config::{State, Workflow};
    /// use ticketcore::ticket::Status;
    ///
    /// let old = Workflow::new("bug").state(State::new("todo", Status::New)).state(State::new("test", Status::Open));
    /// let new = Workflow::new("bug").revision(2).state(State::new("todo", Status::New));
    ///
    /// let faults = old.migration(&new, &BTreeMap::new()).unwrap_err();
    /// assert_eq!(faults[0].to_string(), "map[test]: bug@2 has no state `test`");
    ///
    /// let migration = old.migration(&new, &BTreeMap::from([("test".into(), "todo".into())])).unwrap();
    /// assert_eq!(migration.flagged, ["test"]);
    /// ```
    pub fn migration(&self, to: &Workflow, map: &BTreeMap<Key, Key>) -> Result<Migration, Vec<Fault>> {
        let lost = map.keys().filter(|key| self.find_state(key).is_none());
        let mut faults: Vec<Fault> =
            lost.map(|key| Fault::new(format!("map[{key}]"), format!("{} has no state `{key}`", self.pin()))).collect();

        let mut migration = Migration { from: self.pin(), to: to.pin(), map: BTreeMap::new(), flagged: Vec::new() };
        for state in &self.states {
            let target = map.get(&state.key).unwrap_or(&state.key);
            let Some(entered) = to.find_state(target) else {
                let problem = format!("{} has no state `{target}`", to.pin());
                faults.push(Fault::new(format!("map[{}]", state.key), problem));
                continue;
            };
            migration.map.insert(state.key.clone(), target.clone());
            if (state.status, state.waiting, state.dropped) != (entered.status, entered.waiting, entered.dropped) {
                migration.flagged.push(state.key.clone());
            }
        }
        migration.flagged.sort_unstable();
        if faults.is_empty() { Ok(migration) } else { Err(faults) }
    }
}

impl Migration {
    /// Joins two migrations into the one that does both; `None` if the second does not start where the first ends.
    ///
    /// A state is flagged if either of them flags it on its way, even where the second undoes what the first did.
    #[must_use]
    pub fn then(&self, next: &Self) -> Option<Self> {
        if self.to != next.from {
            return None;
        }
        let mut joined =
            Self { from: self.from.clone(), to: next.to.clone(), map: BTreeMap::new(), flagged: Vec::new() };
        for (left, between) in &self.map {
            joined.map.insert(left.clone(), next.map.get(between)?.clone());
            if self.flagged.contains(left) || next.flagged.contains(between) {
                joined.flagged.push(left.clone());
            }
        }
        Some(joined)
    }
}
