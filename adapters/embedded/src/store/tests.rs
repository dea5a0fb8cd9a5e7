#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use super::*;

const SMALL: Limits = Limits {
    keys: 2,
    memory: 1_000,
    ..Limits::DEFAULT
};

fn at(millis: u64) -> ServerTime {
    ServerTime::from_micros(millis * 1_000)
}

fn key(name: &'static str) -> Key {
    Key::new(0, &Bytes::from_static(name.as_bytes()))
}

fn text(text: &'static str) -> Value {
    Value::String(Bytes::from_static(text.as_bytes()))
}

#[test]
fn a_key_lives_in_the_millisecond_of_its_deadline() {
    let mut store = Store::new(Limits::DEFAULT);
    store
        .insert(&key("k"), text("v"), Expiry::At(10), at(0))
        .unwrap();
    assert!(
        store
            .value(&key("k"), ServerTime::from_micros(10_999))
            .is_some()
    );
    assert!(store.value(&key("k"), at(11)).is_none());
    // It was removed: a clock that steps back doesn't bring it back.
    assert!(store.value(&key("k"), at(0)).is_none());
    assert_eq!((store.used(), store.deadlines.len()), (0, 0));
}

#[test]
fn a_key_nobody_asked_for_is_back_when_the_clock_steps_back() {
    let mut store = Store::new(Limits::DEFAULT);
    store
        .insert(&key("k"), text("v"), Expiry::At(10), at(0))
        .unwrap();
    assert_eq!(store.names(0, at(11)).count(), 0);
    assert_eq!(store.names(0, at(10)).count(), 1);
    // Until it was removed to make room.
    assert_eq!(
        store.make_room(usize::MAX, 0, at(11)),
        Err(Failure::OUT_OF_MEMORY)
    );
    assert_eq!(store.names(0, at(10)).count(), 0);
}

#[test]
fn expired_keys_give_way_before_a_new_one_is_refused() {
    let mut store = Store::new(SMALL);
    store
        .insert(&key("a"), text("1"), Expiry::At(10), at(0))
        .unwrap();
    store
        .insert(&key("b"), text("1"), Expiry::Never, at(0))
        .unwrap();
    assert_eq!(
        store.insert(&key("c"), text("1"), Expiry::Never, at(10)),
        Err(Failure::OUT_OF_MEMORY)
    );
    store
        .insert(&key("b"), text("replaced"), Expiry::Never, at(10))
        .unwrap();
    store
        .insert(&key("c"), text("1"), Expiry::Never, at(11))
        .unwrap();
    assert_eq!(store.names(0, at(11)).count(), 2);
}

#[test]
fn memory_is_charged_and_given_back() {
    let mut store = Store::new(SMALL);
    let large = Value::String(Bytes::from(vec![0; 900]));
    store
        .insert(&key("k"), large.clone(), Expiry::Never, at(0))
        .unwrap();
    assert_eq!(store.used(), 1 + OVERHEAD + 900);
    assert_eq!(
        store.insert(&key("l"), large, Expiry::Never, at(0)),
        Err(Failure::OUT_OF_MEMORY)
    );
    store
        .insert(&key("k"), text("v"), Expiry::At(5), at(0))
        .unwrap();
    store.set_expiry(&key("k"), Expiry::At(7));
    assert!(store.remove(&key("k"), at(7)));
    assert!(!store.remove(&key("k"), at(7)));
    assert_eq!((store.used(), store.deadlines.len()), (0, 0));
}

#[test]
fn lists_grow_at_both_ends_up_to_the_limit() {
    let mut store = Store::new(SMALL);
    let (a, b) = (Bytes::from_static(b"a"), Bytes::from_static(b"b"));
    assert_eq!(store.push(&key("l"), &[&a], End::Right, at(0)), Ok(1));
    assert_eq!(store.push(&key("l"), &[&b], End::Left, at(0)), Ok(2));
    assert_eq!(
        store.value(&key("l"), at(0)),
        Some(&Value::List([b, a.clone()].into()))
    );
    assert_eq!(store.used(), 1 + OVERHEAD + 2 * (1 + OVERHEAD));

    let many = vec![&a; 20];
    assert_eq!(
        store.push(&key("m"), &many, End::Right, at(0)),
        Err(Failure::OUT_OF_MEMORY)
    );
    assert!(store.value(&key("m"), at(0)).is_none());
    store
        .insert(&key("s"), text("v"), Expiry::Never, at(0))
        .unwrap();
    assert_eq!(
        store.push(&key("s"), &[&a], End::Right, at(0)),
        Err(Failure::WRONG_TYPE)
    );
}

#[test]
fn databases_are_apart() {
    let mut store = Store::new(Limits::DEFAULT);
    let name = Bytes::from_static(b"k");
    for database in 0..3 {
        let value = Value::String(Bytes::from(vec![database]));
        store
            .insert(&Key::new(database, &name), value, Expiry::Never, at(0))
            .unwrap();
    }
    store.clear(Some(1));
    let counts = [0, 1, 2].map(|database| store.names(database, at(0)).count());
    assert_eq!(counts, [1, 0, 1]);
    store.clear(None);
    assert_eq!(store.used(), 0);
}
