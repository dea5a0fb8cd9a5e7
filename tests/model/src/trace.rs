//! A world in one line, for the traces of violations.

use core::fmt;

use crate::names::{Who, nodes};
use crate::server::Held;
use crate::time::TICK_MILLIS;
use crate::world::World;

impl fmt::Display for World {
    /// What each node holds and for how many ticks yet, and who believes what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tick {}", self.now)?;
        for node in nodes() {
            match self.server(node).held(self.now) {
                None => write!(f, "  {}: -  ", node.index())?,
                Some(Held { owner, left }) => {
                    let ticks = (left + 1).div_euclid(TICK_MILLIS);
                    let who = if owner.starts_with(&client_id(Who::A)) {
                        Who::A
                    } else {
                        Who::B
                    };
                    write!(f, "  {}: {who}<{ticks}", node.index())?;
                }
            }
        }
        for who in Who::ALL {
            let Some(tenure) = self.client(who).tenure else {
                continue;
            };
            let word = if tenure.lost { "has lost" } else { "holds" };
            let until = tenure.valid_until.as_nanos() / 1_000_000;
            let number = tenure.number;
            write!(
                f,
                "  {who} {word} tenure {number} until {until} ms, token {}",
                tenure.token
            )?;
        }
        Ok(())
    }
}

/// How the owners of a client begin.
fn client_id(who: Who) -> Vec<u8> {
    format!("{:032x}", who.id().0).into_bytes()
}
