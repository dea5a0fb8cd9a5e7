//! A node that sentinels know.

use quorlock_tests::servers::{Options, Sentinels};
use quorlock_tests::turn;

use crate::support::{outcome, quorlock_on};

#[test]
fn a_key_is_locked_and_found_on_the_primary_that_sentinels_know() {
    let _turn = turn::take();
    let watched = Sentinels::start(&Options::new());
    let url = [watched.url()];
    let inner = format!(
        "{} status --guard off --node '{}' job",
        env!("CARGO_BIN_EXE_quorlock"),
        url[0]
    );
    let arguments = ["--replicas", "1", "job", "--", "sh", "-c", &inner];
    let ran = outcome(quorlock_on("run", &url, &arguments));
    assert_eq!(ran.code(), 0, "{} {}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("1 of 1 nodes vote"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\"job\": held by"), "{}", ran.stdout);

    let unknown = [url[0].replace("/orders", "/invoices")];
    let arguments = ["--wait", "1s", "job", "--", "true"];
    let refused = outcome(quorlock_on("run", &unknown, &arguments));
    assert_eq!(refused.code(), 69, "{}", refused.stderr);
    let words = "it knows no primary of the name \"invoices\"";
    assert!(refused.stderr.contains(words), "{}", refused.stderr);
}
