//! The clients of one `quorlock run`: one for each group of nodes that has a key of it.

use core::time::Duration;

use quorlock_tokio::{Client, Guard, MultiRequest, RestartGuard, Timing};

use crate::announce::announce;
use crate::args::RunArgs;
use crate::client;
use crate::report::{Failed, Report};
use crate::share::Share;

/// Clients, and what each is to lock.
pub(crate) struct Clients {
    all: Vec<(Share, Client)>,
}

impl Clients {
    /// Starts them; a release is waited for no longer than `patience`.
    ///
    /// # Errors
    /// The configuration can't work.
    pub(crate) fn connect(
        args: &RunArgs,
        shares: Vec<Share>,
        patience: Duration,
    ) -> Result<Self, Failed> {
        let connect = |share: Share| {
            let client = connect(args, &share, patience)?;
            Ok((share, client))
        };
        let all = shares.into_iter().map(connect).collect::<Result<_, _>>()?;
        Ok(Self { all })
    }

    /// Says in the background what becomes of the nodes.
    pub(crate) fn announce(&self, report: &Report) {
        for (_, client) in &self.all {
            tokio::spawn(announce(client.watch_nodes(), report.clone()));
        }
    }

    /// All that is to be locked, as one.
    pub(crate) fn request(&self) -> MultiRequest {
        let requests = self.all.iter().map(|(Share { group, keys }, client)| {
            let request = client.lock_across(keys.iter().cloned());
            match &group.shard {
                Some(shard) => request.shard(&**shard),
                None => request,
            }
        });
        requests.fold(MultiRequest::new([]), MultiRequest::and)
    }

    /// The client that holds this part of the lock.
    pub(crate) fn of(&self, part: &Guard) -> Option<&Client> {
        let shard = part.shard().map(|shard| &**shard);
        let mut all = self.all.iter();
        let found = all.find(|(share, _)| share.group.shard.as_deref() == shard);
        found.map(|(_, client)| client)
    }

    /// Gives releases that are still on their way time to arrive, on all nodes at once.
    /// Returns the nodes that did not confirm them.
    pub(crate) async fn flush(self, patience: Duration) -> Vec<String> {
        let close = |(_, client): (_, Client)| {
            tokio::spawn(async move { client.close(patience).await.unconfirmed })
        };
        let closing: Vec<_> = self.all.into_iter().map(close).collect();
        let mut unconfirmed = Vec::new();
        for closed in closing {
            // a task that panics has told it by itself
            if let Ok(nodes) = closed.await {
                unconfirmed.extend(nodes.iter().map(str::to_owned));
            }
        }
        if !unconfirmed.is_empty() {
            tracing::warn!(
                nodes = unconfirmed.join(", "),
                "release not confirmed: a key may stay there until its TTL ends"
            );
        }
        unconfirmed
    }
}

fn connect(args: &RunArgs, share: &Share, patience: Duration) -> Result<Client, Failed> {
    let timing = Timing {
        release_timeout: patience,
        ..Timing::DEFAULT
    };
    let urls = &share.group.urls;
    let mut builder = client::builder(&args.nodes, &args.votes, urls)?.timing(timing);
    if args.embedded.is_some() {
        // nodes inside this process have no earlier life that they could have forgotten
        builder = builder.guard(RestartGuard::Off);
    }
    client::start(builder)
}
