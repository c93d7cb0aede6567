//! The choice itself: one pass over the pool, without allocating for anybody but those who are named in the answer.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::channel::Channel;
use crate::id::{Key, PersonId};
use crate::routing::choice::{Choice, Difference, PassedOver, Pick, Why};
use crate::routing::{Agent, Availability, Prefer, Route, Tier};

/// How many of those who are passed over a choice names.
const NAMED: usize = 5;

/// Chooses who is given a ticket of a channel: somebody whom the route asks, who has the skills of the route and those
/// the ticket `needs`, and who has room for one more. `owners` had it before, the last one first.
///
/// The answer is nobody only if there is nobody such. It does not depend on the order of the pool.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeSet;
/// use ticketcore::Channel;
/// use ticketcore::routing::{Agent, Availability, Route, choose};
///
/// let mut pool = ["ada", "bo", "cy"].map(Agent::new);
/// pool[0].load.insert(Channel::Mail, 3);
/// pool[2].availability = Availability::Off;
///
/// let choice = choose(&Route::new("mail", "first_line"), &BTreeSet::new(), Channel::Mail, &[], &pool);
/// assert_eq!(choice.to_string(), "bo, because least loaded; passed over: ada is more loaded, cy is off");
/// ```
pub fn choose(route: &Route, needs: &BTreeSet<Key>, channel: Channel, owners: &[PersonId], pool: &[Agent]) -> Choice {
    let question = Question { route, needs, channel, owners };
    let mut able: Shortlist<Candidate<'_>, { NAMED + 1 }> = Shortlist::new();
    let mut unable: Shortlist<(&Agent, Why), NAMED> = Shortlist::new();
    for agent in pool {
        match question.candidate(agent) {
            Ok(candidate) => able.offer(candidate, |a, b| question.compare(a, b)),
            Err(why) => unable.offer((agent, why), |(a, _), (b, _)| a.id.cmp(&b.id)),
        }
    }
    let mut able = able.into_iter();
    let first = able.next();
    let after = |next: Candidate<'_>| {
        let first = first.as_ref()?;
        Some(PassedOver { agent: next.agent.id.clone(), why: Why::After(question.difference(first, &next)) })
    };
    let unable = unable.into_iter().map(|(agent, why)| PassedOver { agent: agent.id.clone(), why });
    let passed_over: Vec<PassedOver> = able.filter_map(after).chain(unable).take(NAMED).collect();
    let more = pool.len() - usize::from(first.is_some()) - passed_over.len();
    let because = match passed_over.first() {
        Some(PassedOver { why: Why::After(difference), .. }) => Some(*difference),
        Some(_) | None => None,
    };
    let pick = first.map(|first| Pick { agent: first.agent.id.clone(), tier: first.tier, because });
    Choice { route: route.key.clone(), pick, fallback: route.fallback, passed_over, more }
}

/// What is asked of everybody in the pool.
struct Question<'a> {
    route: &'a Route,
    needs: &'a BTreeSet<Key>,
    channel: Channel,
    owners: &'a [PersonId],
}

/// Somebody who could be asked, and what the preferences compare.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    agent: &'a Agent,
    /// The place of their tier on the route.
    place: usize,
    tier: Tier,
    /// How many have had the ticket more lately.
    since: usize,
    load: u16,
    /// Without one there is no limit.
    capacity: Option<u16>,
}

impl Question<'_> {
    /// Tells whether somebody could be asked.
    fn candidate<'a>(&self, agent: &'a Agent) -> Result<Candidate<'a>, Why> {
        let mut tiers = self.route.tiers.iter().enumerate();
        let Some((place, tier)) = tiers.find(|(_, tier)| tier.has(agent.availability)) else {
            return Err(Why::Unavailable(agent.availability));
        };
        let lacks = |skill: &&Key| !agent.skills.contains(*skill);
        if let Some(skill) = self.route.skills.iter().chain(self.needs).find(lacks) {
            return Err(Why::Lacks(skill.clone()));
        }
        let load = agent.load.get(&self.channel).copied().unwrap_or(0);
        let capacity = agent.capacity.get(&self.channel).copied();
        if let Some(capacity) = capacity.filter(|capacity| load >= *capacity) {
            return Err(Why::Full { load, capacity });
        }
        let since = self.owners.iter().position(|owner| *owner == agent.id).unwrap_or(usize::MAX);
        Ok(Candidate { agent, place, tier: *tier, since, load, capacity })
    }

    /// The order in which candidates are asked; no two people are equal in it.
    fn compare(&self, a: &Candidate<'_>, b: &Candidate<'_>) -> Ordering {
        let preference = || self.route.order.iter().map(|prefer| prefer.compare(a, b)).find(|order| order.is_ne());
        let place = a.place.cmp(&b.place);
        place.then_with(|| preference().unwrap_or(Ordering::Equal)).then_with(|| a.agent.id.cmp(&b.agent.id))
    }

    /// What tells two candidates from each other.
    fn difference(&self, a: &Candidate<'_>, b: &Candidate<'_>) -> Difference {
        if a.place != b.place {
            return Difference::Tier;
        }
        let told = self.route.order.iter().find(|prefer| prefer.compare(a, b).is_ne());
        told.map_or(Difference::Name, |prefer| Difference::Prefers(*prefer))
    }
}

impl Tier {
    const fn has(self, availability: Availability) -> bool {
        match (self, availability) {
            (Self::Active | Self::NotOff, Availability::Active) | (Self::Away | Self::NotOff, Availability::Away) => {
                true
            }
            (Self::Active, Availability::Away) | (Self::Away, Availability::Active) | (_, Availability::Off) => false,
        }
    }
}

impl Prefer {
    /// The preferred one is the less.
    fn compare(self, a: &Candidate<'_>, b: &Candidate<'_>) -> Ordering {
        match self {
            Self::Sticky => a.since.cmp(&b.since),
            // As exact fractions, multiplied out: a / b < c / d if a · d < c · b. Without a limit it is no share.
            Self::LeastLoaded => {
                let share = |one: &Candidate<'_>, other: &Candidate<'_>| match one.capacity {
                    Some(_) => u32::from(one.load) * other.capacity.map_or(1, u32::from),
                    None => 0,
                };
                share(a, b).cmp(&share(b, a)).then(a.load.cmp(&b.load))
            }
            Self::LeastRecent => a.agent.last.cmp(&b.agent.last),
        }
    }
}

/// The first few of a stream by an order, kept in place.
struct Shortlist<T, const N: usize>([Option<T>; N]);

impl<T, const N: usize> Shortlist<T, N> {
    fn new() -> Self {
        Self([const { None }; N])
    }

    fn offer(&mut self, new: T, compare: impl Fn(&T, &T) -> Ordering) {
        // Most are behind the last of a full list.
        if let Some(Some(last)) = self.0.last()
            && compare(&new, last).is_ge()
        {
            return;
        }
        // It takes the place of the first that is behind it, that one the next place, and the last falls out.
        let mut moved = new;
        for place in &mut self.0 {
            match place {
                Some(one) if compare(&moved, one).is_ge() => {}
                Some(one) => std::mem::swap(one, &mut moved),
                None => {
                    *place = Some(moved);
                    return;
                }
            }
        }
    }

    fn into_iter(self) -> impl Iterator<Item = T> {
        self.0.into_iter().flatten()
    }
}
