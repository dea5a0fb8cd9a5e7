//! Which column is where: half of the clients on the left of the nodes and half on their right, so that the messages of
//! two clients seldom cross.

use super::super::trace::{Item, Place, Trace};
use super::bars;
use super::svg::Anchor;

/// Where the times stand.
pub(super) const AXIS: i32 = 134;

/// Room for the words beside a client.
pub(super) const BESIDE_CLIENT: i32 = 205;

/// From one node to the next, and from a client to the nodes.
const SPACING: i32 = 158;

/// From the last column to the edge.
const MARGIN: i32 = 24;

/// From the bar of the outermost key to the words beside it.
const ASIDE: i32 = 18;

/// Where the columns stand, in pixels.
#[derive(Debug)]
pub(super) struct Columns {
    places: Vec<(Place, i32)>,
    on_the_left: usize,
    /// From the middle of a column to the words beside it.
    aside: i32,
    width: i32,
}

impl Columns {
    /// A picture of the columns of this trace, at least so wide.
    pub(super) fn new(trace: &Trace, least: i32) -> Self {
        let on_the_left = trace.clients.div_ceil(2);
        let mut columns = Self {
            places: Vec::new(),
            on_the_left,
            aside: ASIDE + bars::outermost(trace.keys),
            width: AXIS,
        };
        for client in 0..on_the_left {
            columns.add(Place::Client(client), BESIDE_CLIENT, 0);
        }
        let mut before = SPACING;
        for node in 0..trace.nodes {
            columns.add(Place::Node(node), before, 0);
            before = SPACING;
        }
        for client in on_the_left..trace.clients {
            columns.add(Place::Client(client), before, BESIDE_CLIENT);
            before = 40;
        }
        if writes(trace) {
            columns.add(Place::Resource, SPACING, SPACING / 2);
        } else if on_the_left == trace.clients {
            columns.width += SPACING / 2;
        }
        columns.width = least.max(columns.width + MARGIN);
        columns
    }

    fn add(&mut self, place: Place, before: i32, after: i32) {
        self.places.push((place, self.width + before));
        self.width += before + after;
    }

    /// Width of the whole picture.
    pub(super) const fn width(&self) -> i32 {
        self.width
    }

    /// From left to right.
    pub(super) fn all(&self) -> impl Iterator<Item = (Place, i32)> {
        self.places.iter().copied()
    }

    /// The middle of a column. Places that the trace did not announce stand at the right edge.
    pub(super) fn middle(&self, place: Place) -> i32 {
        let column = self.places.iter().find(|(it, _)| *it == place);
        column.map_or(self.width - MARGIN, |(_, x)| *x)
    }

    /// The two sides of a column to write on, the better one first: how far the text is from the middle, and which end
    /// of it is there.
    pub(super) fn sides(&self, place: Place) -> [(i32, Anchor); 2] {
        let (left, right) = ((-self.aside, Anchor::End), (self.aside, Anchor::Start));
        match place {
            Place::Client(client) if client < self.on_the_left => [left, right],
            Place::Client(_) | Place::Node(_) | Place::Resource => [right, left],
        }
    }

    /// Half of the width that belongs to one column.
    pub(super) const HALF: i32 = SPACING / 2 - 6;
}

/// Whether there is a resource that is written to.
fn writes(trace: &Trace) -> bool {
    trace.items.iter().any(|item| {
        let ends = match item {
            Item::Message { from, to, .. } => [Some(*from), Some(*to)],
            Item::Note { place, .. } => [Some(*place), None],
            Item::Fault { place, .. } => [*place, None],
            Item::Key { .. } | Item::Validity { .. } | Item::Violation { .. } => [None, None],
        };
        ends.contains(&Some(Place::Resource))
    })
}
