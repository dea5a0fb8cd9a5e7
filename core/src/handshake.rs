//! What a new connection says before anything else.
//!
//! ```text
//! HELLO 3 [AUTH user pass] [SETNAME name] ──> RESP3
//!   └─ refused: AUTH [user] pass ──────────> RESP2
//! INFO server, INFO memory; trials: CLIENT KILL, EVALSHA, DELIFEQ, DELEX,
//!   [WAIT]; [CLIENT ID, CLIENT SETNAME], [SELECT db], SCRIPT LOAD x 8 (one write)
//! [CLIENT KILL ID old] ────────────────────> ready
//! ```
//!
//! Nothing is written behind `HELLO` or `AUTH` before they are answered: a server
//! that refuses them may answer for what follows in another way (redis #15640).

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use quorlock_resp::Value;

use crate::config::{Credentials, NodeConfig};
use crate::dialect::CompareAndDelete;
use crate::facts::{NodeFacts, RunId, eviction};
use crate::replication::Replication;
use crate::reply::integer;
use crate::script;
use crate::server_error::{ErrorKind, ServerError};
use crate::time::Instant;

/// A question of the handshake, by which its answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Auth,
    ClientId,
    CompareAndDelete(CompareAndDelete),
    Hello,
    InfoMemory,
    InfoServer,
    KillNobody,
    KillOld,
    /// Its answer changes nothing: `CLIENT SETNAME`, `SCRIPT LOAD`.
    Optional,
    Replicas,
    Scripts,
    Select,
}

/// What to do after an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It throws keys away by this policy.
    Evicts(Box<str>),
    Failed(ServerError),
    Ready,
    Waiting,
}

/// Which connection of which process life a session is, for the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    client_id: Option<i64>,
    run_id: Option<RunId>,
}

/// The handshake of one connection.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) identity: Identity,
    pub(crate) facts: NodeFacts,
    /// The connection before this one: what it left in the server's buffers must
    /// not be executed behind what follows here.
    previous: Identity,
    /// The replicas that must have what the node grants: whether they can be waited for.
    replication: Option<Replication>,
    /// Answers that are waited for.
    open: usize,
}

/// Where questions go: the bytes, and the step that the answer belongs to.
pub(crate) trait Questions {
    fn ask(&mut self, step: Step, command: &[&[u8]]);
}

impl Handshake {
    /// Begins: `HELLO 3`, with credentials and name where there are any.
    pub(crate) fn start(
        previous: Identity,
        config: &NodeConfig,
        replication: Option<Replication>,
        questions: &mut impl Questions,
    ) -> Self {
        let mut hello: Vec<&[u8]> = vec![b"HELLO", b"3"];
        if let Some(Credentials { username, password }) = &config.credentials {
            let user = username.as_deref().unwrap_or("default");
            hello.extend([b"AUTH", user.as_bytes(), password.as_bytes()]);
        }
        if let Some(name) = &config.client_name {
            hello.extend([b"SETNAME", name.as_bytes()]);
        }
        questions.ask(Step::Hello, &hello);
        Self {
            identity: Identity::default(),
            facts: NodeFacts::default(),
            previous,
            replication,
            open: 1,
        }
    }

    /// Takes the answer to the oldest open question, which was sent at `asked`.
    pub(crate) fn handle_reply(
        &mut self,
        (step, asked): (Step, Instant),
        reply: Value<'_>,
        now: Instant,
        config: &NodeConfig,
        questions: &mut impl Questions,
    ) -> Progress {
        self.open = self.open.saturating_sub(1);
        let info = text(reply);
        let error = if let Value::Error(line) | Value::BulkError(line) = reply {
            Some(ServerError::new(line))
        } else {
            None
        };
        match (step, error) {
            (Step::Hello, None) => {
                self.identity.client_id = field(reply, b"id").and_then(integer);
                self.settle(config, true, questions);
            }
            (Step::Hello, Some(error)) if speaks_resp2_only(&error, config) => {
                self.authenticate(config, questions);
            }
            (Step::Auth, None) => self.settle(config, false, questions),
            (Step::ClientId, None) => self.identity.client_id = integer(reply),
            (Step::InfoMemory, None) if !config.accept_eviction => {
                if let Some(policy) = eviction(info) {
                    return Progress::Evicts(String::from_utf8_lossy(policy).into());
                }
            }
            (Step::InfoServer, None) => {
                self.facts.read(info, asked, now);
                self.identity.run_id = self.facts.run_id;
            }
            (Step::KillNobody, None) => self.facts.can_kill = true,
            (Step::CompareAndDelete(command), None) => {
                self.facts.capabilities.compare_and_delete = Some(command);
            }
            (Step::Scripts, Some(error)) => {
                // a server that runs scripts does not know this one
                let refused = error.kind() == ErrorKind::Permanent;
                self.facts.capabilities.scripts = !refused;
            }
            (Step::Replicas, Some(error)) if error.kind() == ErrorKind::Permanent => {
                self.facts.cannot_wait = Some(error);
            }
            (Step::Auth | Step::Hello | Step::Select, Some(error)) => {
                return Progress::Failed(error);
            }
            // a server without this command, or a user without this right
            (_, Some(error)) if error.message().starts_with("NOAUTH") => {
                return Progress::Failed(error);
            }
            (Step::InfoServer, Some(error)) => self.facts.refusal = Some(error),
            (
                Step::ClientId
                | Step::CompareAndDelete(_)
                | Step::InfoMemory
                | Step::KillNobody
                | Step::KillOld
                | Step::Optional
                | Step::Replicas
                | Step::Scripts
                | Step::Select,
                _,
            ) => {}
        }
        if self.open > 0 || (step != Step::KillOld && self.kill_old(questions)) {
            Progress::Waiting
        } else {
            Progress::Ready
        }
    }

    /// RESP2: `AUTH` by itself, then what `HELLO` would have done.
    fn authenticate(&mut self, config: &NodeConfig, questions: &mut impl Questions) {
        match &config.credentials {
            Some(Credentials {
                username: Some(user),
                password,
            }) => {
                self.ask(
                    questions,
                    Step::Auth,
                    &[b"AUTH", user.as_bytes(), password.as_bytes()],
                );
            }
            Some(Credentials {
                username: None,
                password,
            }) => {
                self.ask(questions, Step::Auth, &[b"AUTH", password.as_bytes()]);
            }
            None => self.settle(config, false, questions),
        }
    }

    /// Everything else, in one write.
    fn settle(&mut self, config: &NodeConfig, resp3: bool, questions: &mut impl Questions) {
        self.facts.pushes = resp3;
        self.ask(questions, Step::InfoServer, &[b"INFO", b"server"]);
        self.ask(questions, Step::InfoMemory, &[b"INFO", b"memory"]);
        self.ask(
            questions,
            Step::KillNobody,
            &[b"CLIENT", b"KILL", b"ID", NOBODY],
        );
        self.ask(questions, Step::Scripts, &[b"EVALSHA", NO_SCRIPT, b"0"]);
        let step = Step::CompareAndDelete(CompareAndDelete::DelIfEq);
        self.ask(questions, step, &[b"DELIFEQ", NO_KEY, b"-"]);
        let step = Step::CompareAndDelete(CompareAndDelete::DelEx);
        self.ask(questions, step, &[b"DELEX", NO_KEY, b"IFEQ", b"-"]);
        if let Some(replication) = self.replication {
            let words = replication.trial();
            self.ask(questions, Step::Replicas, words);
        }
        if !resp3 {
            self.ask(questions, Step::ClientId, &[b"CLIENT", b"ID"]);
            if let Some(name) = &config.client_name {
                let command: [&[u8]; 3] = [b"CLIENT", b"SETNAME", name.as_bytes()];
                self.ask(questions, Step::Optional, &command);
            }
        }
        if config.database != 0 {
            let database = config.database.to_string();
            self.ask(questions, Step::Select, &[b"SELECT", database.as_bytes()]);
        }
        for script in script::ALL {
            let command: [&[u8]; 3] = [b"SCRIPT", b"LOAD", script.text.as_bytes()];
            self.ask(questions, Step::Optional, &command);
        }
    }

    /// Ends the connection before this one, where the server still has it: ids are
    /// counted anew in each life of a server, so only within the same one. True
    /// when there is something to wait for.
    fn kill_old(&mut self, questions: &mut impl Questions) -> bool {
        let (old, new) = (self.previous, self.identity);
        match old.client_id {
            Some(id) if old.run_id.is_some() && old.run_id == new.run_id => {
                let id = id.to_string();
                let command: [&[u8]; 4] = [b"CLIENT", b"KILL", b"ID", id.as_bytes()];
                self.ask(questions, Step::KillOld, &command);
                true
            }
            _ => false,
        }
    }

    fn ask(&mut self, questions: &mut impl Questions, step: Step, command: &[&[u8]]) {
        self.open += 1;
        questions.ask(step, command);
    }
}

/// The id of no connection: ids count from 1. Asking to end it tells whether this user
/// may end one.
const NOBODY: &[u8] = b"9223372036854775807";

/// The digest of no script.
const NO_SCRIPT: &[u8] = b"0000000000000000000000000000000000000000";

/// A key that nobody sets.
const NO_KEY: &[u8] = b"quorlock:nothing";

/// Whether `HELLO 3` was refused for what it is, not for who we are.
/// Valkey says `NOAUTH` to any command that it does not know before a login; where
/// credentials came with `HELLO`, nothing else can be meant.
fn speaks_resp2_only(error: &ServerError, config: &NodeConfig) -> bool {
    let text = error.message();
    if text.starts_with("NOAUTH") && config.credentials.is_some() {
        return true;
    }
    let unknown =
        text.starts_with("ERR unknown command") || text.starts_with("ERR Unknown command");
    unknown || text.starts_with("NOPROTO") || text.starts_with("NOPERM")
}

/// A field of the reply to `HELLO`: a map, or a flat array of names and values.
fn field<'a>(reply: Value<'a>, name: &[u8]) -> Option<Value<'a>> {
    let is_name =
        |key: Value<'_>| matches!(key, Value::Bulk(text) | Value::Simple(text) if text == name);
    if let Value::Map(mut pairs) = reply {
        return pairs.find(|(key, _)| is_name(*key)).map(|(_, value)| value);
    }
    let Value::Array(mut items) = reply else {
        return None;
    };
    items.find(|key| is_name(*key))?;
    items.next()
}

/// The text of a reply, or nothing.
fn text(reply: Value<'_>) -> &[u8] {
    if let Value::Bulk(text) | Value::Verbatim { text, .. } = reply {
        text
    } else {
        b""
    }
}
