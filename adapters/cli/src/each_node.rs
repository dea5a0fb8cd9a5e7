//! Asks all nodes the same at one time.

use core::time::Duration;
use std::io;

use quorlock_tokio::NodeUrl;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::exit::Exit;
use crate::report::Failed;

/// The nodes at `urls`.
///
/// # Errors
/// The first URL that names no node.
pub(crate) fn parse(urls: &[String]) -> Result<Vec<NodeUrl>, Failed> {
    let node = |url: &String| url.parse().map_err(|error| Failed::new(Exit::USAGE, error));
    urls.iter().map(node).collect()
}

/// What each node answers to `question` within `patience`, in the order of `nodes`.
pub(crate) async fn ask<A, Q>(
    nodes: Vec<NodeUrl>,
    patience: Duration,
    question: impl Fn(NodeUrl) -> Q,
) -> Vec<io::Result<A>>
where
    A: Send + 'static,
    Q: Future<Output = io::Result<A>> + Send + 'static,
{
    let no_answer = || {
        io::Error::new(
            io::ErrorKind::TimedOut,
            format!("no answer in {patience:?}"),
        )
    };
    let mut questions = JoinSet::new();
    let mut answers: Vec<_> = nodes.iter().map(|_| Err(no_answer())).collect();
    for (index, node) in nodes.into_iter().enumerate() {
        let question = timeout(patience, question(node));
        questions.spawn(async move { (index, question.await) });
    }
    while let Some(answered) = questions.join_next().await {
        // without an answer: it took too long
        if let Ok((index, Ok(answer))) = answered
            && let Some(place) = answers.get_mut(index)
        {
            *place = answer;
        }
    }
    answers
}
