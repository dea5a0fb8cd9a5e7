//! How a world changes in one step.

use bytes::BytesMut;
use quorlock_core::{Answer, Command, Event, NodeId, NodeState, Problem, Verb};

use crate::action::Action;
use crate::names::{Who, nodes};
use crate::scope::{Scope, Tokens};
use crate::server::{Answered, Request};
use crate::time::instant;
use crate::world::World;

impl World {
    /// Does what happens, and what follows from it without a choice.
    pub(crate) fn step(&mut self, scope: &Scope, action: Action) {
        let now = instant(self.now);
        match action {
            Action::Acquire(who) => self.client_mut(who).acquire(who, now, scope),
            Action::Arrive(who) => {
                if let Some(write) = self.client_mut(who).write.take() {
                    self.resource.write(write, scope.writes);
                }
            }
            Action::Break(who, node) => {
                self.faults.breaks -= 1;
                self.touch(node);
                self.cut(who, node);
            }
            Action::Connect(who, node) => self.greet(who, node, scope),
            Action::Execute(who, node) => {
                self.touch(node);
                if let Some(request) = self.link_mut(who, node).requests.pop_front() {
                    let answered = self.execute(node, &request, scope);
                    self.link_mut(who, node).answers.push_back(answered);
                }
            }
            Action::ExecuteLate(who, node) => {
                if let Some(request) = self.link_mut(who, node).left_behind.pop_front() {
                    let answered = self.execute(node, &request, scope);
                    let granted = answered.verb == Verb::Acquire && answered.answer == Answer::Done;
                    self.history.late_acquire |= granted;
                }
            }
            Action::Extend(who) => self.client_mut(who).extend(who, now, scope),
            Action::Read(who, node) => self.read(who, node),
            Action::Release(who) => self.client_mut(who).release(now),
            Action::Restart(node) => self.restart(node, scope),
            Action::Skew(node) => {
                self.faults.skews -= 1;
                self.touch(node);
                let now = self.now;
                let server = self.server_mut(node);
                server.ahead += 1;
                server.sweep(now);
            }
            Action::Tick => self.pass_time(),
            Action::Timer(who) => self.client_mut(who).set.handle_timeout(now),
            Action::Write(who) => self.client_mut(who).send_write(),
        }
        for who in Who::ALL {
            self.settle(who, scope);
            self.close_if_done(who, scope);
        }
        while self.do_what_matters_to_nobody(scope) {}
        self.seal();
    }

    fn pass_time(&mut self) {
        self.now += 1;
        let now = self.now;
        for who in Who::ALL {
            self.client_mut(who).pass_time(instant(now));
        }
        for node in nodes() {
            self.server_mut(node).sweep(now);
        }
    }

    /// The connections die with the process, and what was in its buffers too. Clients are connected again at once: one
    /// that is later does no more than one whose commands travel for long.
    fn restart(&mut self, node: NodeId, scope: &Scope) {
        self.faults.restarts -= 1;
        self.touch(node);
        for who in Who::ALL {
            self.cut(who, node);
            self.link_mut(who, node).left_behind.clear();
        }
        let now = self.now;
        self.server_mut(node).restart(now);
        for who in Who::ALL {
            self.greet(who, node, scope);
        }
    }

    fn cut(&mut self, who: Who, node: NodeId) {
        if !self.link(who, node).up {
            return;
        }
        let now = instant(self.now);
        let tickets = self.link_mut(who, node).cut();
        let set = &mut self.client_mut(who).set;
        for ticket in tickets {
            set.handle_answer(now, node, ticket, Answer::Broken);
        }
        let problem = Problem::Disconnected("cut".into());
        set.handle_node(now, node, NodeState::Down(problem));
    }

    /// A connection stands, its handshake is done.
    pub(crate) fn greet(&mut self, who: Who, node: NodeId, scope: &Scope) {
        let link = self.link_mut(who, node);
        link.up = true;
        if scope.can_kill {
            link.left_behind.clear();
        }
        let facts = self.server(node).facts(self.now, scope);
        let now = instant(self.now);
        let set = &mut self.client_mut(who).set;
        set.handle_node(now, node, NodeState::Ready(facts));
        self.settle(who, scope);
    }

    fn execute(&mut self, node: NodeId, request: &Request, scope: &Scope) -> Answered {
        let now = self.now;
        let server = self.server(node);
        let compares = matches!(request.verb, Verb::Release | Verb::Extend);
        let foreign = (compares && server.is_held_by_another(request)).then(|| server.held(now));
        let answered = self.server_mut(node).execute(now, request, scope);
        if let Some(before) = foreign {
            self.history.met_foreign = true;
            self.history.touched_foreign |= self.server(node).held(now) != before;
        }
        answered
    }

    fn read(&mut self, who: Who, node: NodeId) {
        if let Some(answered) = self.link_mut(who, node).answers.pop_front() {
            let now = instant(self.now);
            self.client_mut(who).read(now, node, answered);
        }
    }

    /// Sends what a client wants sent, and tells its application what it wants told, until there is no more.
    fn settle(&mut self, who: Who, scope: &Scope) {
        if self.client(who).set.poll_timeout() != Some(instant(self.now)) {
            return; // nothing is queued
        }
        loop {
            let set = &mut self.client_mut(who).set;
            if let Some(command) = set.poll_command() {
                self.send(who, &command);
            } else if let Some(event) = set.poll_event() {
                self.tell(who, &event, scope);
            } else {
                return;
            }
        }
    }

    fn send(&mut self, who: Who, command: &Command) {
        if command.verb() == Verb::Acquire {
            self.client_mut(who).asking = Some(command.owner);
        }
        for node in command.to {
            let terms = self.client(who).set.terms(node, command);
            let mut bytes = BytesMut::new();
            command.encode(&terms, &mut bytes);
            self.link_mut(who, node).requests.push_back(Request {
                ticket: command.ticket,
                verb: command.verb(),
                owner: command.owner,
                bytes: bytes.freeze(),
            });
        }
    }

    fn tell(&mut self, who: Who, event: &Event, scope: &Scope) {
        match event {
            Event::Acquired(acquired) => {
                self.history.tenures += 1;
                let number = self.history.tenures;
                let client = self.client_mut(who);
                client.hold(acquired, number, scope);
                let token = client.tenure.map(|tenure| tenure.token);
                self.history.token_fell |= token <= self.history.token;
                self.history.token = self.history.token.max(token);
            }
            Event::AcquireFailed(_) => self.client_mut(who).asking = None,
            Event::Extended(extended) => {
                self.history.extended = true;
                let client = self.client_mut(who);
                client.extending = false;
                if let Some(tenure) = &mut client.tenure {
                    tenure.valid_until = extended.valid_until;
                }
            }
            Event::ExtendFailed(_) => self.client_mut(who).extending = false,
            Event::Lost(_) => {
                let client = self.client_mut(who);
                client.extending = false;
                if let Some(tenure) = &mut client.tenure {
                    tenure.lost = true;
                }
            }
            Event::Closed(_) | Event::Node(_) | Event::Released(_) => {}
        }
    }

    /// A client that wants no lock any more closes. Its releases are on their way; their answers would only go into a
    /// report. Where connections break it stays, to repeat them.
    fn close_if_done(&mut self, who: Who, scope: &Scope) {
        let client = self.client(who);
        let stays = scope.faults.breaks > 0;
        if client.is_done() && !client.set.is_closed() && !stays {
            let now = instant(self.now);
            let set = &mut self.client_mut(who).set;
            set.close(now, now);
            set.handle_timeout(now);
            self.settle(who, scope);
        }
    }

    /// Does one thing whose time is of no matter, so that it is not explored at every time; false when there is none.
    /// This, [`is_next`](Self::is_next) and [`is_over`](Self::is_over) keep the number of states down; each says why
    /// nothing is missed.
    fn do_what_matters_to_nobody(&mut self, scope: &Scope) -> bool {
        for who in Who::ALL {
            for node in nodes() {
                if self.answer_decides_nothing(who, node, scope) {
                    self.read(who, node);
                    self.settle(who, scope);
                    self.close_if_done(who, scope);
                    return true;
                }
                if self.release_finds_nothing(who, node)
                    || self.acquire_is_released(who, node, scope)
                {
                    self.execute_next(who, node, scope);
                    return true;
                }
            }
        }
        false
    }

    /// The next answer makes the client neither send nor tell anything but the report on a release: it may as well be
    /// read at once. Where connections break it may be lost instead, and is not.
    fn answer_decides_nothing(&self, who: Who, node: NodeId, scope: &Scope) -> bool {
        let Some(answered) = self.link(who, node).answers.front() else {
            return false;
        };
        if answered.verb == Verb::Release {
            return true;
        }
        if scope.faults.breaks > 0 {
            return false;
        }
        let now = instant(self.now);
        let mut client = self.client(who).clone();
        client.read(now, node, answered.clone());
        client.set.poll_command().is_none() && client.set.poll_event().is_none()
    }

    /// The next command is a release, and its key is not there and can't come back: owners are fresh, and no acquire
    /// of an earlier connection is left.
    fn release_finds_nothing(&self, who: Who, node: NodeId) -> bool {
        let link = self.link(who, node);
        let Some(request) = link.requests.front() else {
            return false;
        };
        if request.verb != Verb::Release || !link.left_behind.is_empty() {
            return false;
        }
        !self.server(node).is_held_by(request)
    }

    /// The next command is an acquire of a client that wants no lock any more, and its release is right behind it. What
    /// it takes in between can only refuse the other client, as if that one's command came too late. Counters of tokens
    /// would remember it.
    fn acquire_is_released(&self, who: Who, node: NodeId, scope: &Scope) -> bool {
        if !self.client(who).is_done() || scope.tokens != Tokens::Off {
            return false;
        }
        let mut next = self.link(who, node).requests.iter();
        let verbs = (next.next().map(|it| it.verb), next.next().map(|it| it.verb));
        verbs == (Some(Verb::Acquire), Some(Verb::Release))
    }

    fn execute_next(&mut self, who: Who, node: NodeId, scope: &Scope) {
        if let Some(request) = self.link_mut(who, node).requests.pop_front() {
            let answered = self.execute(node, &request, scope);
            self.link_mut(who, node).answers.push_back(answered);
        }
    }
}
