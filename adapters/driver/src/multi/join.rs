//! Waiting for several futures at the same time.

use core::future::{Future, poll_fn};
use core::task::Poll;

/// Waits for all; what they came to, in their order.
pub(super) async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let unfinished = |future| (Box::pin(future), None);
    let mut tasks: Vec<_> = futures.into_iter().map(unfinished).collect();
    poll_fn(|cx| {
        let mut all = Poll::Ready(());
        for (future, output) in &mut tasks {
            if output.is_some() {
                continue;
            }
            match future.as_mut().poll(cx) {
                Poll::Pending => all = Poll::Pending,
                Poll::Ready(it) => *output = Some(it),
            }
        }
        all
    })
    .await;
    tasks.into_iter().filter_map(|(_, output)| output).collect()
}
