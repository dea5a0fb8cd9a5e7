//! Who we are, and what we may do.

use quorlock_core::ErrorKind::Permanent;
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Protocol, Server};

use crate::trouble::{KEY, Trouble, assert_answer};

on_each_make!(
    a_database_that_there_is_not,
    a_key_out_of_bounds,
    a_password_that_is_wrong,
    a_password_that_none_was_set_for,
    a_server_without_our_commands,
    a_user_without_our_commands,
    a_user_without_the_commands_of_a_script,
    no_password_where_one_is_needed,
);

/// A server on which the user `lock` has these rights, by [`url`].
fn server_with_rights(plain: &Options, rights: &str) -> Server {
    Server::start(
        &plain
            .clone()
            .with_line(format!("user lock on >secret {rights}")),
    )
}

fn url(server: &Server, password: &str) -> String {
    format!("redis://lock:{password}@{}", server.address())
}

fn check_rights(plain: &Options, rights: &str, words: &str) {
    let server = server_with_rights(plain, rights);
    let trouble = Trouble {
        plain,
        node: &server,
        url: url(&server, "secret"),
        kind: Permanent,
        words,
    };
    trouble.check(|| {
        Connection::to(&server).order(&["ACL", "SETUSER", "lock", "allkeys", "allcommands"]);
    });
}

fn no_password_where_one_is_needed(plain: &Options) {
    let server = Server::start(&plain.clone().with_password("right"));
    let trouble = Trouble {
        plain,
        node: &server,
        url: format!("redis://{}", server.address()),
        kind: Permanent,
        words: "NOAUTH",
    };
    trouble.check(|| Connection::to(&server).order(&["CONFIG", "SET", "requirepass", ""]));
}

fn a_password_that_is_wrong(plain: &Options) {
    let server = server_with_rights(plain, "allkeys allcommands");
    let trouble = Trouble {
        plain,
        node: &server,
        url: url(&server, "wrong"),
        kind: Permanent,
        words: "WRONGPASS",
    };
    trouble.check(|| Connection::to(&server).order(&["ACL", "SETUSER", "lock", ">wrong"]));
}

/// `AUTH` refuses a password that is not needed, `HELLO` takes it.
fn a_password_that_none_was_set_for(plain: &Options) {
    let server = Server::start(plain);
    let mut connection = Connection::to(&server);
    let words = "ERR AUTH <password> called without any password configured";
    assert_answer(&mut connection, &["AUTH", "secret"], Permanent, words);
    if plain.protocol() == Protocol::Resp2 {
        let trouble = Trouble {
            plain,
            node: &server,
            url: format!("redis://:secret@{}", server.address()),
            kind: Permanent,
            words,
        };
        trouble.check_without_cure();
    }
}

fn a_key_out_of_bounds(plain: &Options) {
    check_rights(plain, "~other allcommands", "NOPERM");
}

fn a_user_without_our_commands(plain: &Options) {
    let rights = "allkeys allcommands -@scripting -set";
    check_rights(plain, rights, "NOPERM");
}

fn a_user_without_the_commands_of_a_script(plain: &Options) {
    check_rights(plain, "allkeys allcommands -set", "ERR ");
    let server = server_with_rights(plain, "allkeys allcommands -set");
    let mut connection = Connection::to(&server);
    connection.order(&["AUTH", "lock", "secret"]);
    let script = "return redis.call('SET', KEYS[1], 'v')";
    let command = ["EVAL", script, "1", KEY];
    assert_answer(&mut connection, &command, Permanent, "ERR ");
}

fn a_server_without_our_commands(plain: &Options) {
    let mut options = plain.clone();
    for command in ["EVAL", "EVALSHA", "SET"] {
        options = options.with_line(format!("rename-command {command} \"\""));
    }
    let server = Server::start(&options);
    let mut connection = Connection::to(&server);
    let words = "ERR unknown command";
    assert_answer(&mut connection, &["SET", KEY, "v"], Permanent, words);
    let trouble = Trouble {
        plain,
        node: &server,
        url: server.url(),
        kind: Permanent,
        words,
    };
    trouble.check_without_cure();
}

fn a_database_that_there_is_not(plain: &Options) {
    let server = Server::start(plain);
    let trouble = Trouble {
        plain,
        node: &server,
        url: format!("{}/99", server.url()),
        kind: Permanent,
        words: "ERR DB index is out of range",
    };
    trouble.check_without_cure();
}
