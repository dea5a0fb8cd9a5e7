//! The clocks and the links of a world.

use core::time::Duration;

/// How a clock differs from true time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// It runs faster by so much, in parts per million; negative: slower.
    pub rate_ppm: i64,
    /// It is ahead by so much from the beginning, in microseconds. For nodes only: what a client's clock shows means
    /// nothing to anybody else.
    pub ahead_us: i64,
}

/// How long messages travel. Within a connection they keep their order.
#[derive(Clone, Debug)]
pub enum Network {
    /// The same for all, except for some; messages arrive whole.
    Fixed {
        /// From one place to another.
        delay: Duration,
        /// Other delays of some connections.
        except: Vec<Distance>,
    },
    /// Every message has its own delay.
    Varying(Weather),
}

impl Network {
    /// One delay for all.
    #[must_use]
    pub const fn fixed(delay: Duration) -> Self {
        Self::Fixed {
            delay,
            except: Vec::new(),
        }
    }
}

/// A connection that is slower or faster than the rest.
#[derive(Clone, Copy, Debug)]
pub struct Distance {
    /// The client, by number.
    pub client: usize,
    /// The node, by number.
    pub node: usize,
    /// From the client to the node.
    pub to_node: Duration,
    /// From the node to the client.
    pub to_client: Duration,
}

/// Delays from nothing up, with a heavy tail.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Most messages take up to this.
    pub usual: Duration,
    /// One message of so many takes longer; 0: none does.
    pub slow_one_in: u64,
    /// The longest delay. A slow message takes from `usual` to this, and the longer the rarer.
    pub longest: Duration,
    /// One message of so many arrives in two pieces; 0: none does.
    pub cut_one_in: u64,
}
