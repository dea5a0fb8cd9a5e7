//! What is written is read back: values and commands.

use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use quorlock_resp::{Decoder, Frame, Protocol, encode};

use crate::tree::Tree;

/// One round trip.
#[derive(Arbitrary, Debug)]
enum Case<'a> {
    /// Arguments, how many of them are in the prepared head, and a number at the end.
    Command(Vec<&'a [u8]>, u8, i64),
    Value(Tree),
}

/// Makes values or commands of the input and asserts that
/// - a value decodes to itself, and encodes to the same bytes again;
/// - a command decodes to its arguments, and a prepared one is the same bytes.
pub fn check(input: &[u8]) {
    match Case::arbitrary_take_rest(Unstructured::new(input)) {
        Ok(Case::Value(tree)) => value(&tree),
        Ok(Case::Command(arguments, fixed, number)) => command(&arguments, fixed, number),
        Err(_) => {}
    }
}

fn value(tree: &Tree) {
    let mut sent = BytesMut::new();
    tree.write(&mut sent);
    let frame = only_frame(&sent);
    assert!(tree.is(frame.value()), "{tree:?} came back as {frame:?}");
    let mut again = BytesMut::new();
    encode::value(&mut again, frame.value(), Protocol::Resp3);
    assert_eq!(again, sent);
}

fn command(arguments: &[&[u8]], fixed: u8, number: i64) {
    let digits = number.to_string();
    let mut all = arguments.to_vec();
    all.push(digits.as_bytes());
    let mut sent = BytesMut::new();
    encode::command(&mut sent, &all);

    let expected = Tree::Array(all.iter().map(|text| Tree::Bulk(text.to_vec())).collect());
    let frame = only_frame(&sent);
    assert!(
        expected.is(frame.value()),
        "{expected:?} came back as {frame:?}"
    );

    let (head, tail) = arguments.split_at(usize::from(fixed).min(arguments.len()));
    let mut prepared = BytesMut::new();
    encode::Prepared::new(head, tail.len() + 1).start(&mut prepared, 0);
    for argument in tail {
        encode::bulk(&mut prepared, argument);
    }
    encode::bulk_integer(&mut prepared, number);
    assert_eq!(prepared, sent);
}

/// The frame that the bytes are, all of them.
fn only_frame(bytes: &[u8]) -> Frame {
    let mut input = BytesMut::from(bytes);
    let frame = Decoder::default()
        .decode_frame(&mut input)
        .expect("what was encoded is RESP")
        .expect("and whole");
    assert!(input.is_empty(), "{} bytes left", input.len());
    frame
}
