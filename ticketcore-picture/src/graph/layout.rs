//! Where the boxes and lines of a graph go.
//!
//! Boxes stand in columns, and lines run at right angles in the gutters between them, so that nothing ever lies on
//! anything else:
//!
//! 1. A *bus* is one move into one box from any number of boxes. It enters at the left if one of them is further left,
//!    else (a way back) at the right.
//! 2. Every bus has a port of its own on each box it touches, and a *lane* of its own in each gutter it runs in.
//! 3. A bus that runs in several gutters has a *track* of its own above or below all boxes.
//! 4. A bus is named once, at its arrow, in a strip of the gutter in which no lane is.
//!
//! So lines cross, but no name lies on a box, on another name or on a lane. In each gutter, lanes move to other places as long as
//! that makes fewer crossings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::canvas::Area;

/// A box that is to be placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Its column, from 0.
    pub(super) column: usize,
    pub(super) width: f64,
    /// The least it may be high.
    pub(super) height: f64,
}

/// One move into one box.
#[derive(Clone, Debug)]
pub(super) struct Bus {
    /// The boxes it comes from; the same one is there once.
    pub(super) from: Vec<usize>,
    pub(super) to: usize,
    /// How wide its name is.
    pub(super) name: f64,
    /// Whether it runs below the boxes if it has a track.
    pub(super) below: bool,
}

/// Where everything is, from (0, 0) to the right and down.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) boxes: Vec<Area>,
    /// Where each column is: left edge and width.
    pub(super) columns: Vec<(f64, f64)>,
    pub(super) routes: Vec<Route>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// How a bus runs.
#[derive(Debug)]
pub(super) struct Route {
    /// A line from each box it comes from to the one it goes to; they meet on the way.
    pub(super) lines: Vec<Vec<(f64, f64)>>,
    /// Where its arrow ends.
    pub(super) end: (f64, f64),
    /// Whether it enters from the left.
    pub(super) rightwards: bool,
    /// The gutters it runs in.
    pub(super) gutters: BTreeSet<usize>,
}

const PORT: f64 = 17.0;
const LANE: f64 = 10.0;
const TRACK: f64 = 11.0;
const GAP: f64 = 24.0;
/// From a box to the first lane, without a name.
const BARE: f64 = 11.0;
/// The arrow and the air around a name.
pub(super) const ARROW: f64 = 22.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

/// How one bus touches one box.
#[derive(Clone, Copy, Debug)]
struct End {
    bus: usize,
    node: usize,
    side: Side,
    gutter: usize,
    /// Whether the bus goes into the box here: a move from a box to itself touches the same side twice.
    into: bool,
}

/// A place on a box: bus, box, side, and whether it is the way in.
type Port = (usize, usize, Side, bool);

impl End {
    const fn port(&self) -> Port {
        (self.bus, self.node, self.side, self.into)
    }
}

/// The ends of a bus: those it comes from, and the one it goes to. Gutter `i` is left of column `i`.
fn ends(bus: &Bus, number: usize, sizes: &[Size]) -> (Vec<End>, End) {
    let column = |node: usize| sizes[node].column;
    let to = column(bus.to);
    let forward = bus.from.iter().any(|from| column(*from) < to);
    let (side, gutter) = if forward { (Side::Left, to) } else { (Side::Right, to + 1) };
    let end = End { bus: number, node: bus.to, side, gutter, into: true };
    let from = bus.from.iter().map(|node| {
        let own = column(*node);
        let rightwards = if forward { own < to } else { own == to };
        let (side, gutter) = if rightwards { (Side::Right, own + 1) } else { (Side::Left, own) };
        End { bus: number, node: *node, side, gutter, into: false }
    });
    (from.collect(), end)
}

/// Places boxes and lines.
pub(super) fn layout(sizes: &[Size], buses: &[Bus]) -> Layout {
    let columns = sizes.iter().map(|size| size.column + 1).max().unwrap_or_default();
    let both: Vec<(Vec<End>, End)> = buses.iter().enumerate().map(|(i, bus)| ends(bus, i, sizes)).collect();
    let gutters: Vec<BTreeSet<usize>> =
        both.iter().map(|(from, to)| from.iter().chain([to]).map(|end| end.gutter).collect()).collect();
    let tracks = Tracks::new(buses, &gutters);

    let (boxes, height) = heights(sizes, &both, columns, &tracks);
    let below = boxes.iter().map(|area| area.bottom()).fold(0.0, f64::max);
    let ports = ports(&boxes, &both, &tracks, below);
    let y_of = |end: &End| ports.get(&end.port()).copied().unwrap_or_default();
    let track = |bus: usize| tracks.place(bus, below);

    let mut lanes: Vec<Vec<Lane>> = (0..=columns).map(|_| Vec::new()).collect();
    for (bus, (from, to)) in both.iter().enumerate() {
        for gutter in &gutters[bus] {
            let here = from.iter().chain([to]).filter(|end| end.gutter == *gutter);
            let beyond = |is: bool| track(bus).filter(|_| is).into_iter().collect();
            let mut lane = Lane {
                bus,
                left: beyond(gutters[bus].iter().any(|other| other < gutter)),
                right: beyond(gutters[bus].iter().any(|other| other > gutter)),
            };
            for end in here {
                // What is at the right side of a box comes from the left of the gutter.
                let side = if end.side == Side::Right { &mut lane.left } else { &mut lane.right };
                side.push(y_of(end));
            }
            lanes[*gutter].push(lane);
        }
    }
    lanes.iter_mut().for_each(|lanes| untangle(lanes));

    // From left to right: the names at the right of a column, the lanes, the names at the left of the next, the column.
    let name = |gutter: usize, side: Side| {
        let here = both.iter().zip(buses).filter(|((_, to), _)| to.gutter == gutter && to.side == side);
        here.map(|(_, bus)| bus.name + ARROW).fold(BARE, f64::max)
    };
    let mut x = 0.0;
    let mut lane_x = BTreeMap::new();
    let mut places = Vec::new();
    for (gutter, lanes) in lanes.iter().enumerate() {
        if gutter > 0 && !lanes.is_empty() {
            x += name(gutter, Side::Right);
        }
        for lane in lanes {
            lane_x.insert((gutter, lane.bus), x);
            x += LANE;
        }
        if gutter < columns {
            if gutter > 0 {
                x += name(gutter, Side::Left) - if lanes.is_empty() { 0.0 } else { LANE };
            }
            let width = sizes.iter().filter(|size| size.column == gutter).map(|size| size.width).fold(0.0, f64::max);
            places.push((x, width));
            x += width;
        }
    }
    let boxes: Vec<Area> = boxes
        .iter()
        .zip(sizes)
        .map(|(area, size)| {
            let (left, width) = places.get(size.column).copied().unwrap_or_default();
            Area { x: left + (width - size.width) / 2.0, ..*area }
        })
        .collect();

    let routes = both.iter().enumerate().map(|(bus, (from, to))| {
        let at = |end: &End| {
            let area = boxes[end.node];
            (if end.side == Side::Left { area.x } else { area.right() }, y_of(end))
        };
        let lane = |gutter: usize| lane_x.get(&(gutter, bus)).copied().unwrap_or_default();
        let (end, entry) = (at(to), lane(to.gutter));
        let line = |from: &End| {
            let (start, exit) = (at(from), lane(from.gutter));
            let mut line = vec![start, (exit, start.1)];
            if from.gutter != to.gutter {
                line.extend([(exit, track(bus).unwrap_or(start.1)), (entry, track(bus).unwrap_or(end.1))]);
            }
            line.extend([(entry, end.1), end]);
            line
        };
        Route {
            lines: from.iter().map(line).collect(),
            end,
            rightwards: to.side == Side::Left,
            gutters: gutters[bus].clone(),
        }
    });
    let routes = routes.collect();
    Layout { boxes, columns: places, routes, width: x, height }
}

/// Which buses have a track, from the innermost to the outermost.
struct Tracks {
    above: Vec<usize>,
    below: Vec<usize>,
}

impl Tracks {
    fn new(buses: &[Bus], gutters: &[BTreeSet<usize>]) -> Self {
        let long =
            |bus: &usize| gutters[*bus].last().zip(gutters[*bus].first()).map_or(0, |(last, first)| last - first);
        let mut tracked: Vec<usize> = (0..buses.len()).filter(|bus| long(bus) > 0).collect();
        tracked.sort_by_key(|bus| (long(bus), *bus));
        let (below, above) = tracked.into_iter().partition(|bus| buses[*bus].below);
        Self { above, below }
    }

    /// The room above all boxes.
    fn top(&self) -> f64 {
        if self.above.is_empty() { 0.0 } else { TRACK * self.above.len() as f64 + 8.0 }
    }

    fn place(&self, bus: usize, bottom: f64) -> Option<f64> {
        let number = |list: &[usize]| list.iter().position(|other| *other == bus).map(|number| number as f64);
        number(&self.above)
            .map(|number| self.top() - 8.0 - TRACK * (number + 0.5))
            .or_else(|| number(&self.below).map(|number| bottom + 14.0 + TRACK * number))
    }
}

/// How high the boxes are and where they begin, and how high all is; their left edges are not known yet.
fn heights(sizes: &[Size], both: &[(Vec<End>, End)], columns: usize, tracks: &Tracks) -> (Vec<Area>, f64) {
    let mut ports: BTreeMap<(usize, Side), usize> = BTreeMap::new();
    for end in both.iter().flat_map(|(from, to)| from.iter().chain([to])) {
        *ports.entry((end.node, end.side)).or_default() += 1;
    }
    let height = |node: usize| {
        let most = [Side::Left, Side::Right].map(|side| ports.get(&(node, side)).copied().unwrap_or_default());
        (PORT * most[0].max(most[1]) as f64 + 12.0).max(sizes[node].height)
    };
    let mut boxes = vec![Area::default(); sizes.len()];
    let mut tallest = 0.0_f64;
    let stacks: Vec<(Vec<usize>, f64)> = (0..columns)
        .map(|column| {
            let stack: Vec<usize> = (0..sizes.len()).filter(|node| sizes[*node].column == column).collect();
            let high = stack.iter().map(|node| height(*node) + GAP).sum::<f64>() - GAP;
            tallest = tallest.max(high);
            (stack, high)
        })
        .collect();
    for (stack, high) in stacks {
        let mut y = tracks.top() + (tallest - high) / 2.0;
        for node in stack {
            boxes[node] = Area::new(0.0, y, sizes[node].width, height(node));
            y += height(node) + GAP;
        }
    }
    let below = if tracks.below.is_empty() { 0.0 } else { 14.0 + TRACK * tracks.below.len() as f64 };
    (boxes, tracks.top() + tallest.max(0.0) + below)
}

/// The heights of the ports: those that lead up are above those that lead down.
fn ports(boxes: &[Area], both: &[(Vec<End>, End)], tracks: &Tracks, below: f64) -> BTreeMap<Port, f64> {
    let middle = |node: usize| boxes[node].y + boxes[node].height / 2.0;
    let mut sides: BTreeMap<(usize, Side), Vec<(f64, Port)>> = BTreeMap::new();
    for (from, to) in both {
        for end in from.iter().chain([to]) {
            let others = from.iter().chain([to]).filter(|other| other.node != end.node);
            let (sum, count) = others.fold((0.0, 0.0), |(sum, count), other| (sum + middle(other.node), count + 1.0));
            // The outermost track comes first, or last, so that the lines to the tracks do not cross each other.
            let leads = match tracks.place(end.bus, below) {
                Some(track) => track,
                None if count > 0.0 => sum / count,
                None => middle(end.node),
            };
            sides.entry((end.node, end.side)).or_default().push((leads, end.port()));
        }
    }
    let mut ports = BTreeMap::new();
    for ((node, _), mut here) in sides {
        here.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let first = middle(node) - PORT * (here.len() - 1) as f64 / 2.0;
        for (i, (_, port)) in here.into_iter().enumerate() {
            ports.insert(port, first + PORT * i as f64);
        }
    }
    ports
}

/// The upright part of a bus in a gutter, and where it is joined at either side: to boxes, and to its track.
#[derive(Clone, Debug)]
struct Lane {
    bus: usize,
    left: Vec<f64>,
    right: Vec<f64>,
}

impl Lane {
    fn extent(&self) -> (f64, f64) {
        let all = self.left.iter().chain(&self.right);
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(*y), high.max(*y)))
    }

    /// How often two lanes cross if this one is left of the other.
    fn crossings(&self, right: &Self) -> usize {
        let within = |(low, high): (f64, f64), y: &f64| low < *y && *y < high;
        self.right.iter().filter(|y| within(right.extent(), y)).count()
            + right.left.iter().filter(|y| within(self.extent(), y)).count()
    }
}

/// Moves lanes to other places as long as that makes fewer crossings; of very many, neighbours only.
fn untangle(lanes: &mut [Lane]) {
    let reach = if lanes.len() <= 40 { lanes.len() } else { 1 };
    for _ in 0..lanes.len() {
        let mut better = false;
        for from in 0..lanes.len() {
            let places = from.saturating_sub(reach)..(from + reach + 1).min(lanes.len());
            let gain = |to: &usize| -> isize {
                // What one lane gains by going past the others.
                let (first, last) = (from.min(*to), from.max(*to));
                let passed = (first..=last).filter(|other| *other != from);
                let change = |other: usize| {
                    let (left, right) = if *to > from { (from, other) } else { (other, from) };
                    lanes[left].crossings(&lanes[right]).cast_signed()
                        - lanes[right].crossings(&lanes[left]).cast_signed()
                };
                passed.map(change).sum()
            };
            // Of equal gains, the shortest way.
            let best = places.map(|to| (gain(&to), to)).max_by_key(|(gain, to)| (*gain, Reverse(from.abs_diff(*to))));
            if let Some((_, to)) = best.filter(|(gain, _)| *gain > 0) {
                if to > from {
                    lanes[from..=to].rotate_left(1)
                } else {
                    lanes[to..=from].rotate_right(1)
                }
                better = true;
            }
        }
        if !better {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether two stretches lie on each other.
    fn touch((a, b): (f64, f64), (c, d): (f64, f64)) -> bool {
        a.min(b) < c.max(d) - 0.01 && c.min(d) < a.max(b) - 0.01
    }

    /// Where the name of a bus stands.
    fn strip(route: &Route, bus: &Bus) -> Area {
        let left = if route.rightwards { -ARROW / 2.0 - bus.name } else { ARROW / 2.0 };
        Area::new(route.end.0 + left, route.end.1 - 15.0, bus.name, 13.0)
    }

    fn over(a: Area, b: Area) -> bool {
        touch((a.x, a.right()), (b.x, b.right())) && touch((a.y, a.bottom()), (b.y, b.bottom()))
    }

    fn graphs() -> impl Strategy<Value = (Vec<Size>, Vec<Bus>)> {
        let size = (0_usize..5).prop_map(|column| Size { column, width: 100.0, height: 50.0 });
        prop::collection::vec(size, 1..12).prop_flat_map(|sizes| {
            let node = 0..sizes.len();
            let from = prop::collection::btree_set(node.clone(), 1..4);
            let bus = (from, node, 10.0..90.0, any::<bool>()).prop_map(|(from, to, name, below)| Bus {
                from: from.into_iter().collect(),
                to,
                name,
                below,
            });
            (Just(sizes), prop::collection::vec(bus, 0..16))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_lies_on_anything_else((sizes, buses) in graphs()) {
            let Layout { boxes, routes, width, height, .. } = layout(&sizes, &buses);
            for (i, a) in boxes.iter().enumerate() {
                prop_assert!(a.right() <= width + 0.01 && a.bottom() <= height + 0.01);
                for b in &boxes[i + 1..] {
                    prop_assert!(!over(*a, *b), "boxes {a:?} {b:?}");
                }
            }
            let strips: Vec<_> = routes.iter().zip(&buses).map(|(route, bus)| strip(route, bus)).collect();
            for (i, name) in strips.iter().enumerate() {
                prop_assert!(boxes.iter().all(|area| !over(*name, *area)), "a name on a box");
                for (j, other) in strips.iter().enumerate().skip(i + 1) {
                    prop_assert!(!over(*name, *other), "names {i} and {j}: {name:?} {other:?}");
                }
                for line in routes.iter().flat_map(|route| &route.lines) {
                    for pair in line.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
                        let lane = Area::new(pair[0].0 - 0.5, pair[0].1.min(pair[1].1), 1.0, (pair[0].1 - pair[1].1).abs());
                        prop_assert!(!over(*name, lane), "a lane through a name");
                    }
                }
            }
            for line in routes.iter().flat_map(|route| &route.lines) {
                for pair in line.windows(2) {
                    let (a, b) = (pair[0], pair[1]);
                    prop_assert!(a.0 == b.0 || a.1 == b.1, "{a:?} {b:?} is slanted");
                    let thin = Area::new(a.0.min(b.0), a.1.min(b.1), (a.0 - b.0).abs().max(0.1), (a.1 - b.1).abs().max(0.1));
                    let inside = boxes.iter().any(|area| over(thin, Area::new(area.x + 0.5, area.y, area.width - 1.0, area.height)));
                    prop_assert!(!inside, "a line through a box: {a:?} {b:?}");
                }
            }
        }
    }
}
