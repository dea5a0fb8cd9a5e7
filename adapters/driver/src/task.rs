//! The client's task: moves bytes between sockets and core, and sleeps.
//!
//! ```text
//!        read every node ─> tell the core ─> time out ─> bytes, actions, events
//!              ^                                                   │
//!              └────────────── write every node <──────────────────┘
//!                    again while something moved, then sleep
//! ```
//!
//! Reads and writes always advance together: a peer that does not read must not keep
//! us from reading. Whatever is in a socket is read before anything times out.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant as Monotonic;

use quorlock_core::{Action, Event, Instant, NodeId};

use crate::address::Address;
use crate::engine::{Engine, wake};
use crate::link::Link;
use crate::log;
use crate::place::Place;
use crate::runtime::Timer;
use crate::slot::Slot;

/// Rounds of the loop before other tasks of the runtime have their turn.
const TURNS: usize = 16;

/// Bytes of the buffer that all sockets are read through.
const SCRATCH: usize = 16 * 1024;

/// Longest sleep while there are locks. A runtime's timers stand still while the
/// machine is suspended: the clock is to be looked at soon after.
const WATCH: Duration = Duration::from_secs(1);

/// The client's task.
pub(crate) struct Driver {
    engine: Arc<Engine>,
    links: Vec<Link>,
    scratch: Box<[u8]>,
    alarm: Option<Alarm>,
    /// When the core wants to be called, as of the last turn.
    deadline: Option<Instant>,
    /// When the timer was due that fired last. A runtime looks at the sockets before
    /// it fires a timer: what had arrived by then can be read.
    looked_at: Instant,
    closed: bool,
}

/// The timer, and when it is due by either clock while it runs.
struct Alarm {
    timer: Pin<Box<dyn Timer>>,
    set: Option<(Monotonic, Instant)>,
}

/// What a turn leaves to do when the lock is free again.
#[derive(Default)]
struct Effects {
    /// With the address to connect to, where that was found and not configured.
    actions: Vec<(Action, Option<Address>)>,
    events: Vec<(Event, Option<Arc<Slot>>)>,
    wakers: Vec<Waker>,
}

impl Driver {
    pub(crate) fn new(engine: Arc<Engine>, links: Vec<Link>) -> Self {
        Self {
            engine,
            links,
            scratch: vec![0; SCRATCH].into_boxed_slice(),
            alarm: None,
            deadline: None,
            looked_at: Instant::ORIGIN,
            closed: false,
        }
    }

    /// One round of the loop, the last one before others have their turn or not. True
    /// when something moved.
    fn turn(&mut self, cx: &mut Context<'_>, last: bool) -> bool {
        let mut moved = false;
        for link in &mut self.links {
            moved |= link.receive(cx, &mut self.scratch);
        }
        let mut effects = Effects::default();
        moved |= self.consult(last, &mut effects);
        self.apply(effects);
        for link in &mut self.links {
            moved |= link.send(cx);
        }
        moved
    }

    /// Tells the core what happened and takes what it says; the only place where the
    /// task works under the lock. True when the core had something to say.
    fn consult(&mut self, last: bool, effects: &mut Effects) -> bool {
        let mut shared = self.engine.lock();
        let now = self.engine.now();
        let mut spoke = false;
        for link in &mut self.links {
            let news = link.take_news();
            if news.connected {
                shared.core.handle_connected(now, link.node);
            }
            if news.received {
                shared.core.handle_input(now, link.node, &mut link.input);
            }
            if let Some(reason) = news.failed {
                shared.core.handle_disconnected(now, link.node, &reason);
            }
        }
        let read = self.links.iter().all(Link::is_read);
        // A peer that never stops sending does not keep time from passing.
        let due = |at| at <= now && (last || read && at <= self.looked_at);
        if shared.core.poll_timeout().is_some_and(due) {
            shared.core.handle_timeout(now);
            spoke = true;
        }
        for link in self.links.iter_mut().filter(|link| link.takes_output()) {
            spoke |= shared.core.poll_transmit(link.node, &mut link.output);
        }
        while let Some(action) = shared.core.poll_action() {
            let (Action::Connect(node) | Action::Disconnect(node)) = action;
            let address = shared.core.endpoint(node).map(Address::from);
            effects.actions.push((action, address));
        }
        if self.engine.is_cluster && !effects.actions.is_empty() {
            self.engine.learn_names(&shared.core);
        }
        while let Some(event) = shared.core.poll_event() {
            let slot = shared.deliver(&event, &mut effects.wakers);
            effects.events.push((event, slot));
        }
        let watch = shared.is_busy().then(|| now + WATCH);
        self.deadline = shared.core.poll_timeout().into_iter().chain(watch).min();
        spoke || !effects.actions.is_empty() || !effects.events.is_empty()
    }

    /// Does what must not be done under the lock.
    fn apply(&mut self, effects: Effects) {
        wake(effects.wakers);
        for (action, address) in effects.actions {
            let (Action::Connect(node) | Action::Disconnect(node)) = action;
            if let Some(address) = address {
                self.place(node, address);
            }
            let Some(link) = self.links.get_mut(node.index()) else {
                continue;
            };
            match action {
                Action::Connect(_) => link.connect(&self.engine.runtime),
                Action::Disconnect(_) => link.disconnect(),
            }
        }
        for (event, slot) in effects.events {
            log::event(&event, slot.as_deref(), &self.engine.names());
            match event {
                Event::Closed(closed) => {
                    self.closed = true;
                    self.engine.set_closed(closed);
                }
                Event::Node(_) => self.engine.node_changed(),
                Event::Acquired(_)
                | Event::AcquireFailed(_)
                | Event::ExtendFailed(_)
                | Event::Extended(_)
                | Event::Lost(_)
                | Event::Released(_) => {}
            }
        }
    }

    /// Makes a link for a node that was found, at its place or at that of a former one.
    fn place(&mut self, node: NodeId, address: Address) {
        let place = Place::Fixed(address);
        match self.links.get_mut(node.index()) {
            Some(link) if *link.place() == place => {}
            Some(link) => *link = Link::new(node, place),
            None => self.links.push(Link::new(node, place)),
        }
    }

    /// Waits for the deadline. Ready when the loop is to go on at once.
    fn sleep(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.engine.now();
        match self.deadline {
            None => Poll::Pending,
            Some(at) if at <= now && at <= self.looked_at => Poll::Ready(()),
            Some(at) => self.poll_alarm(cx, at.max(now)),
        }
    }

    /// Sets the timer to `at`, unless it is due before: then it is set anew when it
    /// fires, since deadlines are mostly put off.
    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        let Some(due) = self.engine.clock.monotonic(at) else {
            return Poll::Pending;
        };
        let alarm = self.alarm.get_or_insert_with(|| Alarm {
            timer: self.engine.runtime.timer(due),
            set: Some((due, at)),
        });
        if alarm.set.is_none_or(|(earlier, _)| due < earlier) {
            alarm.timer.as_mut().reset(due);
            alarm.set = Some((due, at));
        }
        let fired = alarm.timer.as_mut().poll(cx);
        if fired.is_ready()
            && let Some((_, at)) = alarm.set.take()
        {
            self.looked_at = self.looked_at.max(at);
            // the runtime may have looked after we read, on another thread
            for link in &mut self.links {
                link.wake();
            }
        }
        fired
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        // Before looking for work, so that none can come unnoticed in between.
        this.engine.store_waker(cx.waker().clone());
        for link in &mut this.links {
            link.wake();
        }
        for turn in 1..=TURNS {
            let moved = this.turn(cx, turn == TURNS);
            if this.closed {
                return Poll::Ready(());
            }
            if !moved && this.links.iter().all(Link::is_read) && this.sleep(cx).is_pending() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Driver {
    /// The runtime is gone, or the client closed: nobody must wait any more.
    fn drop(&mut self) {
        self.engine.end();
    }
}
