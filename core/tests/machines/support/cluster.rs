//! One client of a cluster, its bytes by hand.

use bytes::BytesMut;
use quorlock_core::{
    AcquireRequest, Action, Client, ClientId, ClusterConfig, Config, Endpoint, Event, Fairness,
    Fencing, Instant, LockId, NodeId, Replication, RestartGuard, Ttl, Wait, script,
};

use super::wire::{HELLO, RUN, commands, info};
use super::{at, millis};

pub(crate) const SLOTS: &str = "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n";
pub(crate) const ASKING: &str = "*1\r\n$6\r\nASKING\r\n";
/// The answer of a script that has done it.
pub(crate) const DONE: &str = "*3\r\n:1\r\n:0\r\n:1\r\n";
/// The slot of `foo`.
pub(crate) const FOO: u16 = 12_182;

pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) now: Instant,
    /// What nodes answer to the handshake's last question but the scripts', where it is asked.
    trial: &'static str,
}

impl World {
    pub(crate) fn new(seeds: &[&str]) -> Self {
        Self::with(Self::config(seeds), "")
    }

    fn config(seeds: &[&str]) -> Config {
        let seeds = seeds.iter().map(|host| Endpoint::new(*host, 1));
        Config::of_cluster(ClusterConfig::new(seeds), ClientId(7), 1)
    }

    fn with(mut config: Config, trial: &'static str) -> Self {
        config.guard = RestartGuard::Off;
        config.fencing = Fencing::Off;
        let now = Instant::ORIGIN;
        let client = Client::new(config, now).unwrap();
        Self { client, now, trial }
    }

    /// The cluster of `a`, which has the lower half of the slots, and `b`; all is known.
    pub(crate) fn halves() -> Self {
        Self::new(&["a"]).found()
    }

    /// The same under these replicas; `trial` is what nodes say when these are tried.
    pub(crate) fn halves_with(replication: Replication, trial: &'static str) -> Self {
        let config = Config {
            replication: Some(replication),
            ..Self::config(&["a"])
        };
        Self::with(config, trial).found()
    }

    /// The same where waiters of all clients are served in order.
    pub(crate) fn fair_halves() -> Self {
        let place = millis(1_000);
        let config = Config {
            fairness: Fairness::Queue { place },
            ..Self::config(&["a"])
        };
        Self::with(config, "").found()
    }

    fn found(mut self) -> Self {
        self.connect("a");
        self.tell_slots("a", &[(0, 8_191, "a"), (8_192, 16_383, "b")]);
        self.connect("b");
        self.settle();
        self
    }

    /// Lets the map be asked for once more, by whomever, and says the same again.
    pub(crate) fn settle(&mut self) {
        self.to(1_000);
        let asked: Vec<_> = self.client.nodes().iter().collect();
        for node in asked {
            let host = self.client.endpoint(node).unwrap().host.clone();
            if self.sent(&host).contains(SLOTS) {
                self.tell_slots(&host, &[(0, 8_191, "a"), (8_192, 16_383, "b")]);
            }
        }
        self.events();
    }

    /// Which of the halves is asked for the map now.
    pub(crate) fn asker(&mut self) -> Option<&'static str> {
        let asked = |host: &&str| self.sent(host).contains(SLOTS);
        ["a", "b"].into_iter().find(asked)
    }

    pub(crate) fn find(&self, host: &str) -> Option<NodeId> {
        let named = |node: &NodeId| &*self.client.endpoint(*node).unwrap().host == host;
        self.client.nodes().iter().find(named)
    }

    pub(crate) fn node(&self, host: &str) -> NodeId {
        self.find(host).unwrap_or_else(|| panic!("no node {host}"))
    }

    pub(crate) fn actions(&mut self) -> Vec<Action> {
        core::iter::from_fn(|| self.client.poll_action()).collect()
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        core::iter::from_fn(|| self.client.poll_event()).collect()
    }

    pub(crate) fn to(&mut self, millis: u64) {
        self.now = at(millis);
        self.client.handle_timeout(self.now);
    }

    pub(crate) fn connect(&mut self, host: &str) {
        let node = self.node(host);
        self.client.handle_connected(self.now, node);
        assert!(self.sent(host).contains("HELLO"));
        self.receive(host, HELLO);
        self.sent(host);
        self.receive(host, &info(RUN));
        self.receive(host, self.trial);
        self.receive(host, &"+OK\r\n".repeat(script::ALL.len()));
        assert_eq!(self.client.problem(node), None);
    }

    pub(crate) fn sent(&mut self, host: &str) -> String {
        let mut out = BytesMut::new();
        let node = self.node(host);
        self.client.poll_transmit(node, &mut out);
        commands(&out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    pub(crate) fn receive(&mut self, host: &str, bytes: &str) {
        let node = self.node(host);
        self.client
            .handle_input(self.now, node, &mut BytesMut::from(bytes));
    }

    /// The answer to `CLUSTER SLOTS`.
    pub(crate) fn tell_slots(&mut self, host: &str, ranges: &[(u16, u16, &str)]) {
        // the client asks when it is time
        self.client.handle_timeout(self.now);
        self.sent(host);
        let entry = |(first, last, host): &(u16, u16, &str)| {
            let len = host.len();
            format!("*3\r\n:{first}\r\n:{last}\r\n*3\r\n${len}\r\n{host}\r\n:1\r\n$2\r\nid\r\n")
        };
        let entries: String = ranges.iter().map(entry).collect();
        self.receive(host, &format!("*{}\r\n{entries}", ranges.len()));
    }

    pub(crate) fn acquire(&mut self, key: &'static str, wait: Wait) -> LockId {
        let ttl = Ttl::new(millis(10_000)).unwrap();
        let request = AcquireRequest {
            wait,
            auto_extend: false,
            ..AcquireRequest::new(key, ttl)
        };
        self.client.acquire(self.now, request).unwrap()
    }

    /// The owner that a command names.
    pub(crate) fn owner(command: &str) -> String {
        let mut behind = command.split("\r\n").skip_while(|word| *word != "foo");
        behind.nth(2).unwrap().to_owned()
    }

    pub(crate) fn moved(to: &str) -> String {
        format!("-MOVED {FOO} {to}:1\r\n")
    }

    pub(crate) fn ask(to: &str) -> String {
        format!("-ASK {FOO} {to}:1\r\n")
    }
}
