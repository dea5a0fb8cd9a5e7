//! The state of a run: two clients, three nodes, what is between them, and the resource.

use quorlock_core::NodeId;

use crate::client::Client;
use crate::link::Link;
use crate::names::{NODES, Who, nodes};
use crate::part::Part;
use crate::resource::Resource;
use crate::scope::{Faults, Scope};
use crate::server::Server;
use crate::time::{Tick, instant};

/// Everything there is at one moment. Parts that a step leaves alone are shared with the state before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub(crate) now: Tick,
    clients: [Part<Client>; 2],
    servers: [Part<Server>; NODES],
    links: [[Part<Link>; NODES]; 2],
    pub(crate) resource: Resource,
    /// What may still go wrong.
    pub(crate) faults: Faults,
    pub(crate) history: History,
    /// Nodes below this one have had something happen to them.
    touched: usize,
}

/// What has been, where a claim or a sight asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is asked for by a claim or a sight of its own"
)]
pub(crate) struct History {
    /// Locks acquired, by both.
    pub(crate) tenures: u8,
    /// The token of the last tenure.
    pub(crate) token: Option<u64>,
    /// A tenure had a token that was not above that of the one before.
    pub(crate) token_fell: bool,
    /// A release or an extension changed a key that was another owner's.
    pub(crate) touched_foreign: bool,
    /// A release found the key of another owner.
    pub(crate) met_foreign: bool,
    /// A lease was renewed.
    pub(crate) extended: bool,
    /// An acquire was executed after its connection had broken.
    pub(crate) late_acquire: bool,
}

impl World {
    /// Both clients are connected to all nodes, and nothing has been asked.
    pub(crate) fn new(scope: &Scope) -> Self {
        let link = Part::new(Link::new());
        let server = Part::new(Server::new());
        let mut world = Self {
            now: 0,
            clients: Who::ALL.map(|who| Part::new(Client::new(who, scope))),
            servers: core::array::from_fn(|_| server.clone()),
            links: core::array::from_fn(|_| core::array::from_fn(|_| link.clone())),
            resource: Resource::default(),
            faults: scope.faults,
            history: History::default(),
            touched: 0,
        };
        for who in Who::ALL {
            for node in nodes() {
                world.greet(who, node, scope);
            }
        }
        world.seal();
        world
    }

    /// Brings the hashes of what a step has changed up to date.
    pub(crate) fn seal(&mut self) {
        self.clients.iter_mut().for_each(Part::seal);
        self.servers.iter_mut().for_each(Part::seal);
        self.links.iter_mut().flatten().for_each(Part::seal);
    }

    pub(crate) fn client(&self, who: Who) -> &Client {
        &self.clients[who.index()]
    }

    pub(crate) fn client_mut(&mut self, who: Who) -> &mut Client {
        self.clients[who.index()].change()
    }

    pub(crate) fn server(&self, node: NodeId) -> &Server {
        &self.servers[node.index()]
    }

    pub(crate) fn server_mut(&mut self, node: NodeId) -> &mut Server {
        self.servers[node.index()].change()
    }

    pub(crate) fn link(&self, who: Who, node: NodeId) -> &Link {
        &self.links[who.index()][node.index()]
    }

    pub(crate) fn link_mut(&mut self, who: Who, node: NodeId) -> &mut Link {
        self.links[who.index()][node.index()].change()
    }

    /// Whether something may happen to a node. Nodes to which nothing has happened yet are alike, and so is what is on
    /// the way to them: the first of them stands for all.
    pub(crate) fn is_next(&self, node: NodeId) -> bool {
        node.index() <= self.touched
    }

    pub(crate) fn touch(&mut self, node: NodeId) {
        self.touched = self.touched.max(node.index() + 1);
    }

    pub(crate) fn holders(&self) -> usize {
        let now = instant(self.now);
        let holds = |who: &&Who| self.client(**who).holds(now);
        Who::ALL.iter().filter(holds).count()
    }

    /// Whether a round is open.
    pub(crate) fn asks(&self) -> bool {
        let mut clients = self.clients.iter();
        clients.any(|client| client.asking.is_some())
    }

    pub(crate) fn believers(&self) -> usize {
        let believes = |who: &&Who| self.client(**who).believes();
        Who::ALL.iter().filter(believes).count()
    }
}
