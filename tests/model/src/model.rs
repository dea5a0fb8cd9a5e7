//! The model as the checker sees it: states, actions, properties.

use stateright::{Model, Property};

use crate::action::Action;
use crate::claims::{Claim, Sight};
use crate::scope::Scope;
use crate::world::World;

/// A scope with what is checked in it.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) scope: Scope,
    pub(crate) claims: Vec<Claim>,
    pub(crate) sights: Vec<Sight>,
}

impl Model for Checked {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.scope)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(&self.scope, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        next.step(&self.scope, action);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let claims = self.claims.iter().map(|claim| claim.property());
        let sights = self.sights.iter().map(|sight| sight.property());
        claims.chain(sights).collect()
    }
}
