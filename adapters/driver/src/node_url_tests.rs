#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

use super::*;

fn parse(text: &str) -> NodeUrl {
    text.parse().unwrap()
}

fn tcp_address(host: &str, port: u16) -> Address {
    Address::Tcp {
        host: host.to_owned(),
        port,
    }
}

#[test]
fn addresses_and_names() {
    let table = [
        (
            "redis://localhost",
            tcp_address("localhost", 6379),
            "localhost:6379",
        ),
        (
            "redis://LocalHost:7000/",
            tcp_address("localhost", 7000),
            "localhost:7000",
        ),
        (
            "valkey://10.0.0.1:1/3",
            tcp_address("10.0.0.1", 1),
            "10.0.0.1:1/3",
        ),
        ("redis://[::1]", tcp_address("::1", 6379), "[::1]:6379"),
        (
            "redis://[0:0::1]:65535/0",
            tcp_address("::1", 65535),
            "[::1]:65535",
        ),
        (
            "unix:///run/r.sock",
            Address::Unix("/run/r.sock".into()),
            "/run/r.sock",
        ),
        ("unix:///a%20b?db=7", Address::Unix("/a b".into()), "/a b/7"),
    ];
    for (text, address, name) in table {
        let node = parse(text);
        assert_eq!(node.place(), &Place::Fixed(address), "{text}");
        assert_eq!(node.name(), name, "{text}");
        assert_eq!(node.config.credentials, None, "{text}");
    }
}

#[test]
fn credentials_are_decoded() {
    let table = [
        ("redis://:p%40ss@h", None, "p@ss"),
        ("redis://us%3Aer:p%2Fa%3Ass@h", Some("us:er"), "p/a:ss"),
        ("unix:///s?user=u%26&pass=%3F", Some("u&"), "?"),
        ("unix:///s?pass=x&user=", None, "x"),
    ];
    for (text, username, password) in table {
        let expected = Credentials {
            username: username.map(str::to_owned),
            password: password.to_owned(),
        };
        assert_eq!(parse(text).config.credentials, Some(expected), "{text}");
    }
    let shown = format!("{:?}", parse("redis://user:secret@h"));
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn bad_urls_are_named_and_passwords_are_not() {
    let table = [
        ("http://h:1", "unknown scheme `http`"),
        ("rediss://u:secret@h:1", "TLS is not supported yet"),
        ("redis://u:secret@h:0", "port 0"),
        ("redis://u:secret@h:99999", "invalid port number"),
        ("redis://u:secret@h:1/x", "`x` is no database number"),
        ("redis://h/-1", "`-1` is no database number"),
        ("redis://h/+1", "`+1` is no database number"),
        ("redis://h/1/2", "`1/2` is no database number"),
        ("redis://h/4294967296", "`4294967296` is no database number"),
        ("redis://", "host is missing"),
        ("redis://u:secret@", "not a URL"),
        ("redis:///1", "host is missing"),
        ("redis:h", "host is missing"),
        ("redis://h?pass=secret", "unknown parameter `pass`"),
        ("redis://user@h", "user name is given without a password"),
        ("redis://user:@h", "user name is given without a password"),
        ("redis://:se#cret@h", "not a URL"),
        ("redis://h#part", "after `#`"),
        ("redis://:%ff@h", "the password is no UTF-8"),
        ("unix://", "path is missing"),
        ("unix:///", "path is missing"),
        ("unix:///dir/", "path is missing"),
        ("unix://run/sock", "must be absolute"),
        ("unix:sock", "must be absolute"),
        ("unix:///s?db=", "`` is no database number"),
        ("unix:///s?passwd=secret", "unknown parameter `passwd`"),
        ("unix:///s?user=u", "user name is given without a password"),
        ("127.0.0.1:6379", "not a URL"),
        ("localhost:6379", "unknown scheme `localhost`"),
        ("", "not a URL"),
    ];
    for (text, expected) in table {
        let error = text.parse::<NodeUrl>().unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(expected), "{text}: {shown}");
        assert!(
            !shown.contains("secret") && !shown.contains("cret@"),
            "{shown}"
        );
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        assert!(shown.starts_with(&redacted(text)), "{shown}");
    }
}
