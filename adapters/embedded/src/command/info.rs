//! `INFO` and `TIME`: what the node tells about itself.

use core::fmt::{Display, Write};

use bytes::Bytes;

use super::Call;
use super::connection::REDIS_VERSION;
use crate::answer::{Answer, Outcome};

/// What one section of `INFO` says.
type Section = fn(&Call<'_>) -> String;

/// The sections that a lock client asks about: who is this and since when, how many
/// clients, and whether it might evict a lock.
const SECTIONS: [(&str, Section); 3] =
    [("server", server), ("clients", clients), ("memory", memory)];

/// `INFO [section ..]`; unknown sections are empty.
pub(super) fn info(call: &mut Call<'_>, wanted: &[Bytes]) -> Outcome {
    let chosen = |name: &str| {
        wanted.is_empty()
            || wanted.iter().any(|section| {
                [name, "default", "all", "everything"]
                    .iter()
                    .any(|name| section.eq_ignore_ascii_case(name.as_bytes()))
            })
    };
    let texts: Vec<String> = SECTIONS
        .iter()
        .filter(|(name, _)| chosen(name))
        .map(|(_, section)| section(call))
        .collect();
    Ok(Answer::Text(texts.join("\r\n").into()))
}

fn server(call: &Call<'_>) -> String {
    // The clock may have stepped back since the start; Redis tells that too.
    let uptime = call.now.as_secs() - call.world.started.as_secs();
    section(
        "Server",
        &[
            ("redis_version", &REDIS_VERSION),
            ("redis_mode", &call.world.mode()),
            ("quorlock_embedded_version", &env!("CARGO_PKG_VERSION")),
            (
                "quorlock_first_life",
                &u8::from(call.world.config.first_life),
            ),
            ("run_id", &call.world.config.run_id),
            ("server_time_usec", &call.now.as_micros()),
            ("uptime_in_seconds", &uptime),
        ],
    )
}

fn clients(call: &Call<'_>) -> String {
    section(
        "Clients",
        &[
            ("connected_clients", &(call.others.len() + 1)),
            ("maxclients", &call.world.config.limits.connections),
        ],
    )
}

fn memory(call: &Call<'_>) -> String {
    section(
        "Memory",
        &[
            ("used_memory", &call.world.store.used()),
            ("maxmemory", &call.world.config.limits.memory),
            ("maxmemory_policy", &"noeviction"),
        ],
    )
}

fn section(title: &str, fields: &[(&str, &dyn Display)]) -> String {
    let mut text = format!("# {title}\r\n");
    for (name, value) in fields {
        // Writing to a String can't fail.
        let _ = write!(text, "{name}:{value}\r\n");
    }
    text
}

/// `TIME`: seconds and the microseconds beyond them.
pub(super) fn time(call: &mut Call<'_>) -> Outcome {
    let micros = call.now.as_micros();
    let part = |number: u64| Answer::Bulk(number.to_string().into());
    Ok(Answer::Array(vec![
        part(micros / 1_000_000),
        part(micros % 1_000_000),
    ]))
}
