//! The laws of conditions, over random conditions and random truths.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::possible::contradict;
use super::*;
use crate::config::Span;

/// An atom of every variant, and more of those whose variants have to do with each other.
static ATOMS: LazyLock<Vec<Atom>> = LazyLock::new(|| {
    vec![
        Atom::Role("lead".into()),
        Atom::Role("change_manager".into()),
        Atom::Actor(ActorKind::Agent),
        Atom::Actor(ActorKind::System),
        Atom::Relation(Relation::Requester),
        Atom::Kind("incident".into()),
        Atom::Category("network".into()),
        Atom::Tag("vip".into()),
        Atom::Team("second level".into()),
        Atom::Queue("команда".into()),
        Atom::Channel(Channel::Mail),
        Atom::Status(Status::New),
        Atom::Status(Status::Pending),
        Atom::State("In \"Progress\"".into()),
        Atom::Waiting(Waiting::Requester),
        Atom::Waiting(Waiting::Third),
        Atom::Flag(Flag::Acked),
        Atom::Priority(Priority::P1),
        Atom::Priority(Priority::P2),
        Atom::Field("cost".into(), Cmp::Set),
        Atom::Field("cost".into(), Cmp::Eq(Value::Int(5))),
        Atom::Field("cost".into(), Cmp::In(vec![Value::Bool(true), "five".into()])),
        Atom::Field("cost".into(), Cmp::AtLeast(Value::Int(-1))),
        Atom::Field("cost".into(), Cmp::AtMost("2026-12-24".into())),
        Atom::NoOpen(LinkKind::Child),
        Atom::Approved("cab".into()),
        Atom::During("office".into()),
    ]
});

/// A condition over these atoms, at most a few levels deep.
fn conds(atoms: Vec<Atom>, with_not: bool) -> impl Strategy<Value = Cond> {
    let leaf = prop::sample::select(atoms).prop_map(Cond::Is);
    leaf.prop_recursive(4, 32, 4, move |inner| {
        let all = prop::collection::vec(inner.clone(), 0..4).prop_map(Cond::All);
        let any = prop::collection::vec(inner.clone(), 0..4).prop_map(Cond::Any);
        if with_not {
            prop_oneof![all, any, inner.prop_map(Cond::negate)].boxed()
        } else {
            prop_oneof![all, any].boxed()
        }
    })
}

/// Facts by decree: bit `i` is the truth of the `i`th of [`ATOMS`].
#[derive(Clone, Copy, Debug)]
struct Truth(u32);

impl Truth {
    fn of(self, atom: &Atom) -> bool {
        ATOMS.iter().position(|other| other == atom).is_some_and(|i| self.0 & 1 << i != 0)
    }
}

impl Facts for Truth {
    fn holds(&self, atom: &Atom, _: DateTime<Utc>) -> bool {
        self.of(atom)
    }

    fn unmet(&self, atom: &Atom, _: DateTime<Utc>) -> Unmet {
        match atom {
            Atom::Field(..) => Unmet::Missing(atom.clone()),
            Atom::NoOpen(_) => Unmet::Blocked(atom.clone(), Vec::new()),
            Atom::Approved(_) => Unmet::Unapproved(atom.clone(), Verdict::Unasked),
            _ => Unmet::Forbidden(atom.clone()),
        }
    }
}

fn check(cond: &Cond, facts: Truth) -> Result<(), Vec<Unmet>> {
    cond.check(&facts, DateTime::UNIX_EPOCH)
}

fn test(cond: &Cond, facts: Truth) -> bool {
    cond.test(&facts, DateTime::UNIX_EPOCH)
}

proptest! {
    #[test]
    fn law_16_a_check_is_pure_and_agrees_with_the_short_form(cond in conds(ATOMS.clone(), true), truth: u32) {
        let facts = Truth(truth);
        prop_assert_eq!(check(&cond, facts), check(&cond, facts));
        prop_assert_eq!(check(&cond, facts).is_ok(), test(&cond, facts));
    }

    #[test]
    fn law_16_truth_obeys_de_morgan(parts in prop::collection::vec(conds(ATOMS.clone(), true), 0..5), truth: u32) {
        let facts = Truth(truth);
        let negated = || parts.iter().cloned().map(Cond::negate).collect();
        prop_assert_eq!(test(&Cond::All(parts.clone()).negate(), facts), test(&Cond::Any(negated()), facts));
        prop_assert_eq!(test(&Cond::Any(parts.clone()).negate(), facts), test(&Cond::All(negated()), facts));
    }

    #[test]
    fn law_17_a_refusal_has_reasons_and_names_only_atoms_of_the_condition(cond in conds(ATOMS.clone(), true), truth: u32) {
        if let Err(reasons) = check(&cond, Truth(truth)) {
            prop_assert!(!reasons.is_empty());
            for atom in reasons.iter().filter_map(Unmet::atom) {
                prop_assert!(cond.atoms().contains(&atom), "{atom}");
            }
        }
    }

    #[test]
    fn law_18_without_not_granting_never_revokes(cond in conds(ATOMS.clone(), false), truth: u32, granted: u32) {
        if test(&cond, Truth(truth)) {
            prop_assert!(test(&cond, Truth(truth | granted)));
        }
    }

    #[test]
    fn law_19_json_and_toml_read_what_was_written(cond in conds(ATOMS.clone(), true)) {
        let json = serde_json::to_string(&cond).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Cond>(&json).unwrap(), &cond, "{}", json);
        let toml = toml::to_string(&cond).unwrap();
        prop_assert_eq!(&toml::from_str::<Cond>(&toml).unwrap(), &cond, "{}", toml);
    }

    /// A condition can hold exactly if one of all truths that do not contradict themselves meets it.
    #[test]
    fn what_can_hold_holds_for_some_facts(cond in conds(ATOMS[RELATED].to_vec(), true), acked: bool) {
        let known = |atom: &Atom| matches!(atom, Atom::Flag(Flag::Acked)).then_some(acked);
        let fits = |truth: &&Truth| truth.of(&Atom::Flag(Flag::Acked)) == acked;
        prop_assert_eq!(cond.can_hold(known), SOUND.iter().filter(fits).any(|truth| test(&cond, *truth)));
    }
}

/// Those of the atoms that have to do with each other, few enough to try all their truths.
const RELATED: std::ops::Range<usize> = 11..21;

/// All truths of the [`RELATED`] atoms in which no two contradict each other.
static SOUND: LazyLock<Vec<Truth>> = LazyLock::new(|| {
    let truths = (0..1 << RELATED.len()).map(|bits: u32| Truth(bits << RELATED.start));
    let sound = |truth: &Truth| {
        let held: Vec<(&Atom, bool)> = ATOMS[RELATED].iter().map(|atom| (atom, truth.of(atom))).collect();
        !held.iter().enumerate().any(|(i, a)| held.iter().take(i).any(|b| contradict(*a, *b)))
    };
    truths.filter(sound).collect()
});

#[test]
fn contradictions_are_seen_through_any_and_not() {
    let is = |atom: Atom| Cond::from(atom);
    let never = [
        is(Atom::Status(Status::New)).and(is(Atom::Status(Status::New)).negate()),
        is(Atom::State("a".into())).and(is(Atom::State("b".into()))),
        is(Atom::Waiting(Waiting::Third)).and(is(Atom::Status(Status::Open))),
        is(Atom::Priority(Priority::P1)).and(is(Atom::Priority(Priority::P3)).negate()),
        is(Atom::Kind("a".into())).or(is(Atom::Kind("b".into()))).and(is(Atom::Kind("c".into()))),
        Cond::ALWAYS.negate(),
    ];
    for cond in never {
        assert!(!cond.can_hold(|_| None), "{cond:?}");
        assert!(cond.clone().negate().can_hold(|_| None), "{cond:?}");
    }
}

#[test]
fn a_condition_made_to_keep_the_check_busy_is_let_through() {
    let choice =
        |i: usize| Cond::Any(vec![Atom::Tag(format!("a{i}").into()).into(), Atom::Tag(format!("b{i}").into()).into()]);
    let clash = Cond::from(Atom::Tag("x".into())).negate().and(Atom::Tag("x".into()).into());
    let mut parts = vec![clash];
    parts.extend((0..64).map(choice));
    assert!(Cond::All(parts).can_hold(|_| None));
}

#[test]
fn conditions_read_as_people_write_them() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Line {
        when: Cond,
        after: Span,
    }
    let text = r#"
        when = { all = [{ status = "new" }, { not = { flag = "acked" } }, { field = ["cost", { at_least = 5 }] }] }
        after = "1h 30m"
    "#;
    let when = Cond::from(Atom::Status(Status::New))
        .and(Cond::from(Atom::Flag(Flag::Acked)).negate())
        .and(Atom::Field("cost".into(), Cmp::AtLeast(Value::Int(5))).into());
    assert_eq!(toml::from_str::<Line>(text).unwrap(), Line { when, after: Span::minutes(90) });
}
