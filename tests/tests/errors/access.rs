//! Who we are, and what we may do.

use quorlock_core::ErrorKind::Permanent;
use quorlock_driver::Fencing;
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

/// What the user `lock` meets who logs in with this password.
fn as_user<'a>(
    plain: &'a Options,
    server: &'a Server,
    password: &str,
    words: &'a str,
) -> Trouble<'a> {
    let url = format!("redis://lock:{password}@{}", server.address());
    Trouble::new(plain, server, Permanent, words).at(url)
}

fn grant_all(server: &Server) {
    Connection::to(server).order(&["ACL", "SETUSER", "lock", "allkeys", "allcommands"]);
}

fn no_password_where_one_is_needed(plain: &Options) {
    let server = Server::start(&plain.clone().with_password("right"));
    let trouble = Trouble::new(plain, &server, Permanent, "NOAUTH")
        .at(format!("redis://{}", server.address()));
    trouble.check(|| Connection::to(&server).order(&["CONFIG", "SET", "requirepass", ""]));
}

fn a_password_that_is_wrong(plain: &Options) {
    let server = server_with_rights(plain, "allkeys allcommands");
    let trouble = as_user(plain, &server, "wrong", "WRONGPASS");
    trouble.check(|| Connection::to(&server).order(&["ACL", "SETUSER", "lock", ">wrong"]));
}

/// `AUTH` refuses a password that is not needed, `HELLO` takes it.
fn a_password_that_none_was_set_for(plain: &Options) {
    let server = Server::start(plain);
    let mut connection = Connection::to(&server);
    let words = "ERR AUTH <password> called without any password configured";
    assert_answer(&mut connection, &["AUTH", "secret"], Permanent, words);
    if plain.protocol() == Protocol::Resp2 {
        let trouble = Trouble::new(plain, &server, Permanent, words)
            .at(format!("redis://:secret@{}", server.address()));
        trouble.check_without_cure();
    }
}

fn a_key_out_of_bounds(plain: &Options) {
    let server = server_with_rights(plain, "~other allcommands");
    let trouble = as_user(plain, &server, "secret", "NOPERM");
    trouble.check(|| grant_all(&server));
}

fn a_user_without_our_commands(plain: &Options) {
    let server = server_with_rights(plain, "allkeys allcommands -@scripting -set");
    let trouble = as_user(plain, &server, "secret", "NOPERM").only(Fencing::Off);
    trouble.check(|| grant_all(&server));
}

fn a_user_without_the_commands_of_a_script(plain: &Options) {
    let server = server_with_rights(plain, "allkeys allcommands -set");
    let mut connection = Connection::to(&server);
    connection.order(&["AUTH", "lock", "secret"]);
    let script = "return redis.call('SET', KEYS[1], 'v')";
    let command = ["EVAL", script, "1", KEY];
    assert_answer(&mut connection, &command, Permanent, "ERR ");
    let trouble = as_user(plain, &server, "secret", "ERR ").only(Fencing::DEFAULT);
    trouble.check(|| grant_all(&server));
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
    let trouble = Trouble::new(plain, &server, Permanent, words).only(Fencing::Off);
    trouble.check_without_cure();
}

fn a_database_that_there_is_not(plain: &Options) {
    let server = Server::start(plain);
    let trouble = Trouble::new(plain, &server, Permanent, "ERR DB index is out of range")
        .at(format!("{}/99", server.url()));
    trouble.check_without_cure();
}
