//! What may legally differ between the two, all of it in this one place.
//!
//! * the order of `KEYS`, which is that of a hash table in a real server;
//! * the version and the client id in a `HELLO` reply;
//! * `INFO`, of which only [`INFO_FIELDS`] are compared: a real server tells much more;
//! * where the server is not the Redis 7.0 that the node follows: all of an error but its code word, and in a `HELLO`
//!   reply the server's name and the modules listed at its end. `sessions` then compares nothing: later versions
//!   check the options of `HELLO` in another order.
//!
//! Client ids in other replies are compared through the connection they name, see `sessions`.

use quorlock_resp::Value;

/// Fields of `INFO` that both tell and that must agree.
const INFO_FIELDS: [&str; 4] = [
    "redis_mode",
    "server_time_usec",
    "uptime_in_seconds",
    "maxmemory_policy",
];

/// Whose words the server uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wording {
    /// Every byte is compared.
    Redis70,
    /// Another version's: errors are compared by their code words.
    Other,
}

impl Wording {
    /// Reads it from a server's `INFO`. Valkey tells a version of Redis as well.
    pub(crate) fn of(info: &[u8]) -> Self {
        let info = String::from_utf8_lossy(info);
        if info.contains("redis_version:7.0.") && !info.contains("valkey_version:") {
            Self::Redis70
        } else {
            Self::Other
        }
    }
}

/// The reply to `command` in a form in which equal means alike.
pub(crate) fn normalise(
    command: &[Vec<u8>],
    reply: &[u8],
    value: Value<'_>,
    wording: Wording,
) -> Vec<u8> {
    let name = command.first().map(|name| name.to_ascii_uppercase());
    match (name.as_deref(), value) {
        (_, Value::Error(text)) if wording == Wording::Other => text
            .split(|&byte| byte == b' ')
            .next()
            .unwrap_or_default()
            .to_vec(),
        (_, Value::Error(_)) => reply.to_vec(),
        (Some(b"HELLO"), _) => blank_identity(reply, wording),
        (Some(b"INFO"), Value::Bulk(text) | Value::Verbatim { text, .. }) => info(reply, text),
        (Some(b"KEYS"), Value::Array(items)) => {
            let mut keys: Vec<String> = items.map(|key| format!("{key:?}")).collect();
            keys.sort_unstable();
            keys.join("\n").into_bytes()
        }
        _ => reply.to_vec(),
    }
}

/// Blanks the lines that follow the names `version` (a length and a text) and `id` (a number), and the other
/// differences between makes.
fn blank_identity(reply: &[u8], wording: Wording) -> Vec<u8> {
    let mut blank = 0;
    let mut lines = Vec::new();
    for line in reply.split(|&byte| byte == b'\n') {
        let shown: &[u8] = if blank > 0 { b"*" } else { line };
        blank = match line {
            b"server\r" if wording == Wording::Other => 2,
            b"version\r" => 2,
            b"id\r" => 1,
            _ => blank.max(1) - 1,
        };
        lines.push(shown);
        if line == b"modules\r" && wording == Wording::Other {
            break;
        }
    }
    lines.join(&b'\n')
}

/// The type of the reply and the fields that are compared.
fn info(reply: &[u8], text: &[u8]) -> Vec<u8> {
    // Valkey's name for the same.
    let text = String::from_utf8_lossy(text).replace("server_mode:", "redis_mode:");
    let mut fields: Vec<&str> = text
        .lines()
        .filter(|line| {
            line.split_once(':')
                .is_some_and(|(name, _)| INFO_FIELDS.contains(&name))
        })
        .collect();
    fields.sort_unstable();
    format!("{} {}", char::from(reply[0]), fields.join(" ")).into_bytes()
}
