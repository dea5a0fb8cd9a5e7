//! What is encoded decodes to the same, and the other way round.

use bytes::BytesMut;
use proptest::prelude::*;
use quorlock_resp::{Decoder, Frame, Limits, Protocol, Value, encode};

/// A tree to make streams from. The codec itself has none.
#[derive(Clone, Debug)]
enum Tree {
    Array(Vec<Tree>),
    Attributed(Vec<(Tree, Tree)>, Box<Tree>),
    BigNumber(u128),
    Boolean(bool),
    Bulk(Vec<u8>),
    BulkError(Vec<u8>),
    Double(f64),
    Error(Vec<u8>),
    Integer(i64),
    Map(Vec<(Tree, Tree)>),
    Null,
    Push(Vec<Tree>),
    Set(Vec<Tree>),
    Simple(Vec<u8>),
    Streamed(Vec<Vec<u8>>),
    Verbatim([u8; 3], Vec<u8>),
}

impl Tree {
    fn write(&self, out: &mut BytesMut) {
        let all =
            |out: &mut BytesMut, trees: &[Self]| trees.iter().for_each(|tree| tree.write(out));
        let entries = |out: &mut BytesMut, pairs: &[(Self, Self)]| {
            for (key, value) in pairs {
                key.write(out);
                value.write(out);
            }
        };
        let protocol = Protocol::Resp3;
        match self {
            Self::Array(trees) => {
                encode::array(out, trees.len());
                all(out, trees);
            }
            Self::Attributed(pairs, tree) => {
                encode::attribute(out, pairs.len());
                entries(out, pairs);
                tree.write(out);
            }
            Self::BigNumber(number) => {
                encode::big_number(out, number.to_string().as_bytes(), protocol);
            }
            Self::Boolean(truth) => encode::boolean(out, *truth, protocol),
            Self::Bulk(text) => encode::bulk(out, text),
            Self::BulkError(text) => encode::bulk_error(out, text, protocol),
            Self::Double(number) => encode::double(out, *number, protocol),
            Self::Error(text) => encode::error(out, text),
            Self::Integer(number) => encode::integer(out, *number),
            Self::Map(pairs) => {
                encode::map(out, pairs.len(), protocol);
                entries(out, pairs);
            }
            Self::Null => encode::null(out, protocol),
            Self::Push(trees) => {
                encode::push(out, trees.len(), protocol);
                all(out, trees);
            }
            Self::Set(trees) => {
                encode::set(out, trees.len(), protocol);
                all(out, trees);
            }
            Self::Simple(text) => encode::simple(out, text),
            Self::Streamed(chunks) => {
                out.extend_from_slice(b"$?\r\n");
                for chunk in chunks {
                    out.extend_from_slice(format!(";{}\r\n", chunk.len()).as_bytes());
                    out.extend_from_slice(chunk);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b";0\r\n");
            }
            Self::Verbatim(format, text) => encode::verbatim(out, *format, text, protocol),
        }
    }
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let byte = any::<u8>().prop_filter("no line end", |byte| !b"\r\n".contains(byte));
    prop::collection::vec(byte, 0..20)
}

fn tree() -> impl Strategy<Value = Tree> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    let chunk = prop::collection::vec(any::<u8>(), 1..9);
    let leaf = prop_oneof![
        any::<u128>().prop_map(Tree::BigNumber),
        any::<bool>().prop_map(Tree::Boolean),
        bytes().prop_map(Tree::Bulk),
        bytes().prop_map(Tree::BulkError),
        any::<f64>().prop_map(Tree::Double),
        line().prop_map(Tree::Error),
        (any::<i64>(), 0..64_u32).prop_map(|(number, shift)| Tree::Integer(number >> shift)),
        Just(Tree::Null),
        line().prop_map(Tree::Simple),
        prop::collection::vec(chunk, 0..4).prop_map(Tree::Streamed),
        (any::<[u8; 3]>(), bytes()).prop_map(|(format, text)| Tree::Verbatim(format, text)),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        let list = || prop::collection::vec(inner.clone(), 0..6);
        let pairs = || prop::collection::vec((inner.clone(), inner.clone()), 0..4);
        prop_oneof![
            list().prop_map(Tree::Array),
            (pairs(), inner.clone())
                .prop_map(|(pairs, tree)| Tree::Attributed(pairs, Box::new(tree))),
            pairs().prop_map(Tree::Map),
            list().prop_map(Tree::Push),
            list().prop_map(Tree::Set),
        ]
    })
}

fn frame(bytes: &[u8]) -> Frame {
    let mut input = BytesMut::from(bytes);
    let frame = Decoder::new(Limits::DEFAULT)
        .decode_frame(&mut input)
        .unwrap()
        .unwrap();
    assert!(input.is_empty());
    frame
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Wrapped in an array, so that an attribute in front is inside the value too.
    #[test]
    fn trees_come_back(tree in tree()) {
        let mut sent = BytesMut::new();
        encode::array(&mut sent, 1);
        tree.write(&mut sent);
        let received = frame(&sent);
        let mut again = BytesMut::new();
        encode::value(&mut again, received.value(), Protocol::Resp3);
        prop_assert_eq!(&again, &sent);
        prop_assert_eq!(frame(&again), received);
    }

    /// What RESP2 makes of a value is RESP2: it decodes, and encodes to itself.
    #[test]
    fn resp2_is_a_fixed_point(tree in tree()) {
        let mut sent = BytesMut::new();
        encode::array(&mut sent, 1);
        tree.write(&mut sent);
        let mut once = BytesMut::new();
        encode::value(&mut once, frame(&sent).value(), Protocol::Resp2);
        let mut twice = BytesMut::new();
        encode::value(&mut twice, frame(&once).value(), Protocol::Resp2);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn commands_come_back(arguments in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..12)) {
        let slices: Vec<&[u8]> = arguments.iter().map(Vec::as_slice).collect();
        let mut out = BytesMut::new();
        encode::command(&mut out, &slices);
        let received = frame(&out);
        let Value::Array(items) = received.value() else { panic!("an array") };
        let back: Vec<Value<'_>> = items.collect();
        let sent: Vec<Value<'_>> = slices.iter().map(|slice| Value::Bulk(slice)).collect();
        prop_assert_eq!(back, sent);
    }
}
