//! An acquisition of several locks on its way.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::Arc;

use quorlock_core::{Bundle, Instant, KeysError, Order, Refused, Wait};

use super::guard::MultiGuard;
use crate::alarm::Alarm;
use crate::engine::Engine;
use crate::error::AcquireError;
use crate::guard::Guard;
use crate::request::Request;

/// How long the parts that are granted are held while another one does not answer. A
/// round over nodes that do not answer takes longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does what a [`Bundle`] says, until all parts are granted or one can't be. Dropping it
/// gives back what is held and cancels what is asked for.
pub(super) struct Gathering {
    bundle: Bundle,
    parts: Vec<Part>,
    /// That of the first part: whose clock and timers are used.
    engine: Arc<Engine>,
    requested: Instant,
    alarm: Alarm,
}

struct Part {
    request: Request,
    standing: Standing,
}

enum Standing {
    Asked(Asking),
    Granted(Guard),
    /// Neither asked for nor held.
    Idle,
    /// The same, after a refusal.
    Refused(AcquireError),
}

type Asking = Pin<Box<dyn Future<Output = Result<Guard, AcquireError>> + Send>>;

impl Gathering {
    /// # Errors
    /// There is no part.
    pub(super) fn new(
        parts: Vec<Request>,
        wait: impl FnOnce(Instant) -> Wait,
    ) -> Result<Self, KeysError> {
        let first = parts.first().ok_or(KeysError::None)?;
        let engine = Arc::clone(&first.handle().engine);
        let now = engine.now();
        // no two clients have the same seed, and no two requests of one the same time
        let seed = engine.lock().core.config().seed ^ now.as_nanos();
        let part = |request| Part {
            request,
            standing: Standing::Idle,
        };
        Ok(Self {
            bundle: Bundle::new(now, parts.len(), wait(now), PATIENCE, seed),
            parts: parts.into_iter().map(part).collect(),
            engine,
            requested: now,
            alarm: Alarm::default(),
        })
    }

    /// Tells the bundle what has become of the parts.
    fn tell(&mut self, cx: &mut Context<'_>, now: Instant) {
        // the held ones first: the last grant must not complete a bundle of which a part
        // is lost meanwhile
        for (place, part) in self.parts.iter_mut().enumerate() {
            if let Some(error) = part.lost() {
                part.standing = Standing::Refused(error);
                self.bundle.handle_refused(now, place, Refused::Lost);
            }
        }
        for (place, part) in self.parts.iter_mut().enumerate() {
            let Standing::Asked(asking) = &mut part.standing else {
                continue;
            };
            match asking.as_mut().poll(cx) {
                Poll::Pending => {}
                Poll::Ready(Ok(guard)) => {
                    part.standing = Standing::Granted(guard);
                    self.bundle.handle_granted(now, place);
                }
                Poll::Ready(Err(error)) => {
                    let refused = refused(&error);
                    part.standing = Standing::Refused(error);
                    self.bundle.handle_refused(now, place, refused);
                }
            }
        }
    }

    /// Does what the bundle says. The outcome, where that was its last word.
    fn obey(&mut self, order: Order, now: Instant) -> Option<Result<MultiGuard, AcquireError>> {
        match order {
            Order::Acquired => Some(Ok(self.guard(now))),
            Order::Ask { part, wait } => {
                let part = self.parts.get_mut(part)?;
                part.standing = Standing::Asked(part.ask(now, wait));
                None
            }
            Order::Failed { part } => {
                let waited = now.duration_since(self.requested);
                Some(Err(self.parts.get_mut(part)?.failed(waited)))
            }
            Order::GiveBack { part } => {
                self.parts.get_mut(part)?.standing = Standing::Idle;
                None
            }
        }
    }

    fn guard(&mut self, now: Instant) -> MultiGuard {
        let parts = self.parts.drain(..);
        let guards = parts.filter_map(|part| match part.standing {
            Standing::Granted(guard) => Some(guard),
            Standing::Asked(_) | Standing::Idle | Standing::Refused(_) => None,
        });
        MultiGuard::new(guards.collect(), now.duration_since(self.requested))
    }
}

impl Part {
    /// Starts to ask. The deadline is given by another client's clock than the part's.
    fn ask(&self, now: Instant, wait: Wait) -> Asking {
        let request = self.request.clone();
        Box::pin(request.wait(move |own_now| match wait {
            Wait::Until(deadline) => Wait::Until(own_now + deadline.duration_since(now)),
            Wait::Forever | Wait::Try => wait,
        }))
    }

    /// The error where it was granted and is lost.
    fn lost(&self) -> Option<AcquireError> {
        match &self.standing {
            Standing::Granted(guard) if !guard.is_held() => Some(AcquireError::Expired {
                keys: guard.keys().clone(),
            }),
            Standing::Asked(_) | Standing::Granted(_) | Standing::Idle | Standing::Refused(_) => {
                None
            }
        }
    }

    /// Why the whole was not acquired in `waited`, where this part is the reason.
    fn failed(&mut self, waited: Duration) -> AcquireError {
        match core::mem::replace(&mut self.standing, Standing::Idle) {
            Standing::Refused(error) => error.after(waited),
            // it was given back when the time was up
            Standing::Asked(_) | Standing::Granted(_) | Standing::Idle => {
                self.request.out_of_time(waited)
            }
        }
    }
}

const fn refused(error: &AcquireError) -> Refused {
    match error {
        AcquireError::BadKeys(_)
        | AcquireError::BadRequest { .. }
        | AcquireError::Closed
        | AcquireError::Rejected { .. } => Refused::ForGood,
        AcquireError::Contended { .. }
        | AcquireError::Deadline { .. }
        | AcquireError::Unreachable { .. } => Refused::ForNow,
        AcquireError::Expired { .. } => Refused::Lost,
    }
}

impl Future for Gathering {
    type Output = Result<MultiGuard, AcquireError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            let now = this.engine.now();
            this.tell(cx, now);
            this.bundle.handle_timeout(now);
            let mut obeyed = false;
            while let Some(order) = this.bundle.poll_order() {
                obeyed = true;
                if let Some(outcome) = this.obey(order, now) {
                    return Poll::Ready(outcome);
                }
            }
            if obeyed {
                // who was asked just now is to be polled
                continue;
            }
            let due = this.bundle.poll_timeout();
            let Some(due) = due.and_then(|due| this.engine.clock.monotonic(due)) else {
                return Poll::Pending;
            };
            let runtime = &*this.engine.runtime;
            if this.alarm.poll(cx, runtime, due).is_pending() {
                return Poll::Pending;
            }
        }
    }
}
