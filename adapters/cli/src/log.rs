//! Log lines: which ones, and where to.

use std::env;

use tracing_subscriber::EnvFilter;

use crate::console::Console;
use crate::exit::Exit;
use crate::report::Failed;

/// Starts logging to the console. `RUST_LOG` decides where it is set; else `-v` once,
/// twice, three times are info, debug and trace. Without either, warnings: the lock
/// goes on, and somebody should look; nodes that do not vote are left to
/// [`announce`](mod@crate::announce).
///
/// # Errors
/// `RUST_LOG` can't be read.
pub(crate) fn start(console: Console, verbose: u8, quiet: bool) -> Result<(), Failed> {
    let level = match verbose {
        0 if quiet => "error",
        0 => "warn,quorlock_driver::nodes=off",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = if env::var_os(EnvFilter::DEFAULT_ENV).is_some() {
        EnvFilter::try_from_default_env()
    } else {
        Ok(EnvFilter::new(level))
    };
    let filter =
        filter.map_err(|error| Failed::new(Exit::USAGE, format_args!("RUST_LOG: {error}")))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(console);
    // an error would mean that there is one already: nobody else sets one
    let _ = subscriber.try_init();
    Ok(())
}
