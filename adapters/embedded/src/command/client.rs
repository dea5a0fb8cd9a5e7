//! `CLIENT`: names and ids of connections, and how one is ended.

use bytes::Bytes;

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;
use crate::integer;
use crate::session::ConnectionId;

/// `CLIENT GETNAME`.
pub(super) fn getname(call: &mut Call<'_>) -> Outcome {
    let name = call.session.name();
    Ok(if name.is_empty() {
        Answer::Null
    } else {
        Answer::Bulk(name.clone())
    })
}

/// `CLIENT ID`.
pub(super) fn id(call: &mut Call<'_>) -> Outcome {
    Ok(Answer::Integer(call.session.id.as_i64()))
}

/// `CLIENT SETNAME name`.
pub(super) fn setname(call: &mut Call<'_>, name: &Bytes) -> Outcome {
    call.session.set_name(name)?;
    Ok(Answer::OK)
}

/// `CLIENT KILL ID id [SKIPME yes|no]`: closes that connection, so that nothing it has
/// sent and that was not executed yet ever is. The caller is spared unless it says
/// `SKIPME no`; then it still gets its reply.
///
/// The node's connections have no addresses: the filters by address, type and user
/// are syntax errors here, and the old form `CLIENT KILL address` finds nobody.
pub(super) fn kill(call: &mut Call<'_>, first: &Bytes, rest: &[Bytes]) -> Outcome {
    if rest.is_empty() {
        return Err(Failure::fixed("ERR No such client"));
    }
    let filter = Filter::parse(first, rest)?;
    let victims: Vec<ConnectionId> = match filter.id {
        Some(id) => call
            .others
            .contains_key(&id)
            .then_some(id)
            .into_iter()
            .collect(),
        None => call.others.keys().copied().collect(),
    };
    for victim in &victims {
        call.end(*victim);
    }
    let mut killed = victims.len();
    if !filter.spares_caller && filter.id.is_none_or(|id| id == call.session.id) {
        call.session.closing = true;
        killed += 1;
    }
    Ok(killed.into())
}

struct Filter {
    id: Option<ConnectionId>,
    spares_caller: bool,
}

impl Filter {
    fn parse(first: &Bytes, rest: &[Bytes]) -> Result<Self, Failure> {
        let mut filter = Self {
            id: None,
            spares_caller: true,
        };
        let mut option = first;
        let mut rest = rest;
        loop {
            let [value, later @ ..] = rest else {
                return Err(Failure::SYNTAX);
            };
            if option.eq_ignore_ascii_case(b"id") {
                let id = integer::parse(value)
                    .filter(|&id| id > 0)
                    .ok_or(Failure::fixed("ERR client-id should be greater than 0"))?;
                filter.id = Some(ConnectionId::from_i64(id));
            } else if option.eq_ignore_ascii_case(b"skipme") {
                filter.spares_caller = match () {
                    () if value.eq_ignore_ascii_case(b"yes") => true,
                    () if value.eq_ignore_ascii_case(b"no") => false,
                    () => return Err(Failure::SYNTAX),
                };
            } else {
                return Err(Failure::SYNTAX);
            }
            let [next, later @ ..] = later else {
                return Ok(filter);
            };
            option = next;
            rest = later;
        }
    }
}
