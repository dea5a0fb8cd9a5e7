//! The scripts that the node can run, and which of them have been loaded.
//!
//! The node has no Lua in it: each script of [`quorlock_core::script`] has a twin in
//! Rust, found by the script's exact text or its digest. The twins follow the Lua line by
//! line, on purpose: what a script does in the odd cases, and in which order, is part of
//! what it does. The differential test of `quorlock-tests` holds the twins to what a real
//! server does with the texts.

mod acquire;
mod acquire_all;
mod acquire_fair;
mod apply;
mod arm;
mod extend;
mod extend_all;
mod handover;
mod lock;
mod lua_number;
mod lua_text;
mod queue;
mod release;
mod release_all;
mod release_fair;
mod run;
mod survey;

use std::collections::BTreeSet;

use quorlock_core::script::{
    ACQUIRE, ACQUIRE_ALL, ACQUIRE_FAIR, APPLY, ARM, EXTEND, EXTEND_ALL, HANDOVER, RELEASE,
    RELEASE_ALL, RELEASE_FAIR, Script,
};

use crate::answer::Outcome;
use crate::failure::Failure;

pub(crate) use run::Run;

/// A script with the function that does the same.
pub(crate) struct Program {
    script: &'static Script,
    twin: fn(&mut Run<'_, '_>) -> Outcome,
}

const PROGRAMS: &[Program] = &[
    Program {
        script: &ACQUIRE,
        twin: acquire::acquire,
    },
    Program {
        script: &ACQUIRE_ALL,
        twin: acquire_all::acquire_all,
    },
    Program {
        script: &ACQUIRE_FAIR,
        twin: acquire_fair::acquire_fair,
    },
    Program {
        script: &APPLY,
        twin: apply::apply,
    },
    Program {
        script: &ARM,
        twin: arm::arm,
    },
    Program {
        script: &EXTEND,
        twin: extend::extend,
    },
    Program {
        script: &EXTEND_ALL,
        twin: extend_all::extend_all,
    },
    Program {
        script: &HANDOVER,
        twin: handover::hand_over,
    },
    Program {
        script: &RELEASE,
        twin: release::release,
    },
    Program {
        script: &RELEASE_ALL,
        twin: release_all::release_all,
    },
    Program {
        script: &RELEASE_FAIR,
        twin: release_fair::release_fair,
    },
];

impl Program {
    pub(crate) fn digest(&self) -> &'static str {
        self.script.sha
    }

    pub(crate) fn run(&self, run: &mut Run<'_, '_>) -> Outcome {
        (self.twin)(run)
    }
}

/// The script cache: digests that `EVALSHA` finds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Scripts {
    loaded: BTreeSet<&'static str>,
}

impl Scripts {
    /// The program with this text.
    ///
    /// # Errors
    /// The text is no script of quorlock's.
    pub(crate) fn compile(text: &[u8]) -> Result<&'static Program, Failure> {
        PROGRAMS
            .iter()
            .find(|program| program.script.text.as_bytes() == text)
            .ok_or(Failure::fixed(
                "ERR Error compiling script (new function): this node runs quorlock's scripts only",
            ))
    }

    /// Makes a program known to `EVALSHA`.
    pub(crate) fn load(&mut self, program: &'static Program) {
        self.loaded.insert(program.digest());
    }

    /// A loaded program, by its digest in either case.
    pub(crate) fn find(&self, digest: &[u8]) -> Option<&'static Program> {
        PROGRAMS.iter().find(|program| {
            program.digest().as_bytes().eq_ignore_ascii_case(digest)
                && self.loaded.contains(program.digest())
        })
    }
}
