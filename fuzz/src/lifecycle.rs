//! The order of events that a lock may show, checked event by event.

use quorlock_core::{Event, Instant, LockId};

/// What was heard of every lock of a run. A lock's user data is its place here.
#[derive(Debug, Default)]
pub(crate) struct Lifecycles {
    lives: Vec<Life>,
    closing: bool,
    closed: bool,
}

#[derive(Debug)]
struct Life {
    lock: LockId,
    stage: Stage,
    /// `release` was accepted: one `Released` is owed.
    release_asked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Acquiring,
    Ended,
    Held { until: Instant },
    Lost,
}

impl Lifecycles {
    /// The user data of the next lock.
    pub(crate) fn next_user_data(&self) -> u64 {
        self.lives.len() as u64
    }

    /// An acquisition was accepted.
    pub(crate) fn started(&mut self, lock: LockId) {
        assert!(!self.closing, "{lock:?} started while closing");
        assert!(self.lives.iter().all(|life| life.lock != lock), "{lock:?}");
        self.lives.push(Life {
            lock,
            stage: Stage::Acquiring,
            release_asked: false,
        });
    }

    /// One of the locks of this run, whatever became of it.
    pub(crate) fn pick(&self, choice: u8) -> Option<LockId> {
        let count = self.lives.len();
        let place = usize::from(choice).checked_rem(count)?;
        self.lives.get(place).map(|life| life.lock)
    }

    /// A release was asked for. Only a lock that is held or lost can be released,
    /// and only once: `close` has released them all.
    pub(crate) fn release_asked(&mut self, lock: LockId, accepted: bool) {
        let open = !self.closing;
        let life = self.life(lock);
        let possible = matches!(life.stage, Stage::Held { .. } | Stage::Lost);
        assert_eq!(
            accepted,
            open && possible && !life.release_asked,
            "{life:?}"
        );
        life.release_asked |= accepted;
    }

    /// A lock was cancelled: nothing more may be heard of it, unless its release is
    /// on the way already.
    pub(crate) fn cancelled(&mut self, lock: LockId) {
        if self.closing {
            return;
        }
        let life = self.life(lock);
        if !life.release_asked {
            life.stage = Stage::Ended;
        }
    }

    /// Everything is being closed: held locks are released without being asked.
    pub(crate) fn closing(&mut self) {
        self.closing = true;
    }

    /// Whether `Closed` was heard.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes the next event, polled at `now`.
    pub(crate) fn on_event(&mut self, now: Instant, event: &Event) {
        let of_node = matches!(event, Event::Node(_));
        assert!(of_node || !self.closed, "{event:?} after Closed");
        match event {
            Event::Acquired(it) => {
                let life = self.of(it.lock, it.user_data);
                assert_eq!(life.stage, Stage::Acquiring, "{event:?}");
                assert!(it.valid_until > now, "{event:?} at {now:?}");
                life.stage = Stage::Held {
                    until: it.valid_until,
                };
            }
            Event::AcquireFailed(it) => {
                let life = self.of(it.lock, it.user_data);
                assert_eq!(life.stage, Stage::Acquiring, "{event:?}");
                life.stage = Stage::Ended;
            }
            Event::Extended(it) => {
                let until = self.held(it.lock, it.user_data, event);
                assert!(it.valid_until > now, "{event:?} at {now:?}");
                assert!(it.valid_until >= *until, "{event:?} shortens {until:?}");
                *until = it.valid_until;
            }
            Event::ExtendFailed(it) => {
                let until = self.held(it.lock, it.user_data, event);
                assert_eq!(it.valid_until, *until, "{event:?}");
            }
            Event::Lost(it) => {
                let until = *self.held(it.lock, it.user_data, event);
                assert_eq!(it.valid_until, until, "{event:?}");
                self.life(it.lock).stage = Stage::Lost;
            }
            Event::Released(it) => {
                let closing = self.closing;
                let life = self.of(it.lock, it.user_data);
                let ended = matches!(life.stage, Stage::Held { .. } | Stage::Lost);
                assert!(ended, "{event:?} of {life:?}");
                assert!(life.release_asked || closing, "{event:?} unasked");
                life.stage = Stage::Ended;
            }
            Event::Closed(_) => {
                assert!(self.closing, "Closed unasked");
                self.closed = true;
            }
            Event::Node(_) => {}
        }
    }

    /// At rest at `now`: no lock may count as held past its validity, unless it is
    /// being released.
    pub(crate) fn assert_leases(&self, now: Instant) {
        if self.closing {
            return;
        }
        for life in &self.lives {
            if let Stage::Held { until } = life.stage {
                let late = until <= now && !life.release_asked;
                assert!(!late, "{life:?} is still held at {now:?}");
            }
        }
    }

    /// After `Closed`: every lock has had its last event.
    pub(crate) fn assert_ended(&self) {
        assert!(self.closed, "Closed never came");
        for life in &self.lives {
            assert_eq!(life.stage, Stage::Ended, "{life:?}");
        }
    }

    fn life(&mut self, lock: LockId) -> &mut Life {
        let known = self.lives.iter_mut().find(|life| life.lock == lock);
        known.expect("a lock of this run")
    }

    fn of(&mut self, lock: LockId, user_data: u64) -> &mut Life {
        let place = usize::try_from(user_data).expect("a place");
        let life = self.lives.get_mut(place).expect("user data of this run");
        assert_eq!(life.lock, lock, "user data of another lock");
        life
    }

    /// The end of validity of a lock that must be held, for `event`. Once its
    /// release was asked for, only the verdict may follow.
    fn held(&mut self, lock: LockId, user_data: u64, event: &Event) -> &mut Instant {
        let life = self.of(lock, user_data);
        // `release` itself may find that the lock has expired
        let told = matches!(event, Event::Lost(_)) || !life.release_asked;
        assert!(told, "{event:?} after release");
        match &mut life.stage {
            Stage::Held { until } => until,
            stage => panic!("{event:?} of a lock that is {stage:?}"),
        }
    }
}
