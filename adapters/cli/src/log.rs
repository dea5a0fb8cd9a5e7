//! Log lines: which ones, and where to.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::console::Console;
use crate::exit::Exit;
use crate::report::Failed;

/// Starts logging to the console. `RUST_LOG` decides where it is set; else `-v` once,
/// twice, three times are info, debug and trace. Without either, warnings: the lock
/// goes on, and somebody should look.
///
/// # Errors
/// `RUST_LOG` can't be read.
pub(crate) fn start(console: Console, verbose: u8, quiet: bool) -> Result<(), Failed> {
    let level = match verbose {
        0 if quiet => LevelFilter::ERROR,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let filter = EnvFilter::builder()
        .with_default_directive(level.into())
        .from_env();
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
