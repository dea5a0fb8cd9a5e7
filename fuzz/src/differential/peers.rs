//! The decoders that ours is compared with, and what each of them can tell apart.

mod redis_protocol;
mod redis_rs;
mod resp_rs;

use crate::tree::Tree;

/// Another decoder.
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// Knows every type of RESP3.
    pub(super) complete: bool,
    read: fn(&[u8]) -> Said,
    /// Rewrites one node of a tree to what the peer can tell apart; children are done already.
    blur: fn(Tree) -> Tree,
}

/// What a peer made of the first frame of the input.
#[derive(Debug)]
pub(super) enum Said {
    /// It is not RESP.
    Refused,
    /// There is nothing to compare: more input is wanted, or pieces were handed out.
    Unclear,
    /// A whole frame. `None`: the peer does not tell how long it was.
    Value { tree: Tree, length: Option<usize> },
}

pub(super) const PEERS: [Peer; 3] = [
    Peer {
        name: "resp-rs",
        complete: true,
        read: resp_rs::read,
        blur: |tree| tree,
    },
    Peer {
        name: "redis-protocol",
        complete: false,
        read: redis_protocol::read,
        blur: redis_protocol::blur,
    },
    Peer {
        name: "redis-rs",
        complete: false,
        read: redis_rs::read,
        blur: redis_rs::blur,
    },
];

impl Peer {
    pub(super) fn read(&self, input: &[u8]) -> Said {
        (self.read)(input)
    }

    /// A tree as this peer sees it, printed: `nan` is not equal to itself.
    pub(super) fn sees(&self, tree: &Tree) -> String {
        format!("{:?}", rewrite(tree.clone(), self.blur))
    }
}

fn rewrite(tree: Tree, blur: fn(Tree) -> Tree) -> Tree {
    let all = |trees: Vec<Tree>| trees.into_iter().map(|it| rewrite(it, blur)).collect();
    let pairs = |pairs: Vec<(Tree, Tree)>| {
        pairs
            .into_iter()
            .map(|(key, value)| (rewrite(key, blur), rewrite(value, blur)))
            .collect()
    };
    blur(match tree {
        Tree::Array(trees) => Tree::Array(all(trees)),
        Tree::Map(entries) => Tree::Map(pairs(entries)),
        Tree::Push(trees) => Tree::Push(all(trees)),
        Tree::Set(trees) => Tree::Set(all(trees)),
        leaf => leaf,
    })
}

/// All of them, or `None` where one is not a value.
fn all<T>(items: impl IntoIterator<Item = T>, tree: fn(T) -> Option<Tree>) -> Option<Vec<Tree>> {
    items.into_iter().map(tree).collect()
}

/// All of them, or `None` where one is not a value.
fn pairs<T>(
    items: impl IntoIterator<Item = (T, T)>,
    tree: fn(T) -> Option<Tree>,
) -> Option<Vec<(Tree, Tree)>> {
    items
        .into_iter()
        .map(|(key, value)| Some((tree(key)?, tree(value)?)))
        .collect()
}
