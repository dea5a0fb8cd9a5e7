//! A server's wall clock under the test's control: shifted, faster, slower or frozen, and changed while it runs.
//!
//! A small C library is preloaded into the server (`tests/shim/skew.c`, built here with `cc`) and reads the time to
//! show from a file that this module writes.

use core::time::Duration;
use std::env;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use crate::servers::Options;

/// The library's source.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shim/skew.c");

/// The speed of an unchanged clock, in millionths.
const REAL_SPEED: i64 = 1_000_000;

/// A clock that servers started with [`Skew::steer`] show. It shows the real time until told otherwise.
///
/// Several servers may share it; servers that are to differ need one each. The monotonic clock is left alone.
#[derive(Debug)]
pub struct Skew {
    directory: TempDir,
    library: PathBuf,
    plan: Mutex<Plan>,
}

/// What stands in the file.
#[derive(Debug)]
struct Plan {
    file: File,
    turn: u64,
    setting: Setting,
}

/// At the real time `real` the clock shows `shown`, and goes on at `speed` millionths of the real speed. Times are
/// microseconds since 1970.
#[derive(Clone, Copy, Debug)]
struct Setting {
    real: i64,
    shown: i64,
    speed: i64,
}

impl Skew {
    /// Builds the library into `directory`, which should be `CARGO_TARGET_TMPDIR`.
    ///
    /// Panics with the compiler's words if it can't be built.
    #[must_use]
    pub fn build(directory: &Path) -> Self {
        let library = build_library(directory);
        let directory = tempfile::Builder::new()
            .prefix("quorlock-skew-")
            .tempdir()
            .expect("a temporary directory for a clock");
        let file = File::create(directory.path().join("clock")).expect("the file of a clock");
        let now = real_now();
        let setting = Setting {
            real: now,
            shown: now,
            speed: REAL_SPEED,
        };
        let mut plan = Plan {
            file,
            turn: 0,
            setting,
        };
        plan.write(setting);
        Self {
            directory,
            library,
            plan: Mutex::new(plan),
        }
    }

    /// Options of a server that shows this clock.
    #[must_use]
    pub fn steer(&self, options: Options) -> Options {
        options
            .with_environment("LD_PRELOAD", &self.library)
            .with_environment("QUORLOCK_SKEW_FILE", self.directory.path().join("clock"))
    }

    /// Stops the clock at a time since 1970, to the microsecond.
    pub fn freeze(&self, at: Duration) {
        self.plan().write(Setting {
            real: real_now(),
            shown: micros(at),
            speed: 0,
        });
    }

    /// Lets the clock go on from what it shows, at `millionths` of the real speed: 1,000,000 is the real one, 1,500,000
    /// half as fast again.
    pub fn run(&self, millionths: u32) {
        let mut plan = self.plan();
        let (real, shown) = plan.setting.read();
        plan.write(Setting {
            real,
            shown,
            speed: i64::from(millionths),
        });
    }

    /// Sets the clock forward; its speed stays.
    pub fn forward(&self, by: Duration) {
        self.step(micros(by));
    }

    /// Sets the clock back; its speed stays.
    pub fn back(&self, by: Duration) {
        self.step(-micros(by));
    }

    /// What the clock shows, since 1970.
    #[must_use]
    pub fn shown(&self) -> Duration {
        let (_, shown) = self.plan().setting.read();
        Duration::from_micros(u64::try_from(shown).expect("a time after 1970"))
    }

    fn step(&self, by: i64) {
        let mut plan = self.plan();
        let (real, shown) = plan.setting.read();
        let speed = plan.setting.speed;
        plan.write(Setting {
            real,
            shown: shown + by,
            speed,
        });
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    /// Brings a setting into force: first its numbers to the place that nobody reads, then the turn that points there.
    fn write(&mut self, setting: Setting) {
        const TURN: u64 = 8;
        const SETTING: u64 = 24;
        let turn = self.turn + 1;
        let numbers = [setting.real, setting.shown, setting.speed];
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_ne_bytes())
            .collect();
        self.file
            .write_all_at(&bytes, TURN + turn % 2 * SETTING)
            .expect("writing the clock's setting");
        self.file
            .write_all_at(&turn.to_ne_bytes(), 0)
            .expect("writing the clock's turn");
        self.turn = turn;
        self.setting = setting;
    }
}

impl Setting {
    /// The real time, and what is shown then.
    fn read(&self) -> (i64, i64) {
        let real = real_now();
        (
            real,
            self.shown + (real - self.real) * self.speed / REAL_SPEED,
        )
    }
}

/// Compiles the library once in this process, beside its final name, and moves it there: tests of other processes may
/// be doing the same, or be starting servers with it.
fn build_library(directory: &Path) -> PathBuf {
    static BUILT: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(library) = built.as_ref().filter(|it| it.starts_with(directory)) {
        return library.clone();
    }
    fs::create_dir_all(directory).expect("a directory for the clock library");
    let library = directory.join("skew.so");
    let unfinished = directory.join(format!("skew-{}.so", process::id()));
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let output = Command::new(&compiler)
        .args([
            "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o",
        ])
        .args([unfinished.as_os_str(), SOURCE.as_ref()])
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "{} is needed to build {SOURCE}: {error}",
                compiler.display()
            )
        });
    assert!(
        output.status.success(),
        "{SOURCE} does not compile:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs::rename(&unfinished, &library).expect("moving the clock library to its place");
    *built = Some(library.clone());
    library
}

fn real_now() -> i64 {
    micros(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a time after 1970"),
    )
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).expect("a time that fits 64 bits")
}
