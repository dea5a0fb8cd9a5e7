//! Writes the pictures of all scenarios and the table of them anew: `cargo run -p quorlock-tests --bin pictures`.

#![allow(
    clippy::expect_used,
    reason = "a harness that can't go on fails with clear words"
)]

use std::fs;
use std::io::ErrorKind;

use quorlock_tests::scenarios::files::{directory, page, pictures, with_table};

fn main() {
    match fs::remove_dir_all(directory()) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
    .expect("the old pictures can be removed");
    fs::create_dir(directory()).expect("a directory for pictures");
    let mut count = 0;
    for (name, svg) in pictures() {
        fs::write(directory().join(name), svg).expect("a picture can be written");
        count += 1;
    }
    let text = fs::read_to_string(page()).expect("the page");
    fs::write(page(), with_table(&text)).expect("the page can be written");
    println!("{count} pictures in {}", directory().display());
}
