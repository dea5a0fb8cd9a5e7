//! Hearing that one of several locks is lost.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::part::Part;
use crate::guard::Guard;
use crate::lost::{Lost, LostFuture};

/// The answer to [`MultiGuard::lost`](crate::MultiGuard::lost): ready as soon as one part
/// is lost, and says which; see [`LostFuture`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled"]
pub struct MultiLostFuture {
    parts: Vec<Part<LostFuture>>,
}

impl MultiLostFuture {
    pub(super) fn new(parts: &[Guard]) -> Self {
        let lost = |guard: &Guard| Part::of(guard, guard.lost());
        Self {
            parts: parts.iter().map(lost).collect(),
        }
    }
}

impl Future for MultiLostFuture {
    type Output = Part<Lost>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Part<Lost>> {
        for part in &mut self.parts {
            if let Poll::Ready(lost) = Pin::new(&mut part.told).poll(cx) {
                return Poll::Ready(part.with(lost));
            }
        }
        Poll::Pending
    }
}
