//! One test, run on every make of server and in both protocols.

use super::{Make, Options, Protocol};

/// Makes the tests `redis7::resp2::NAME` to `valkey9::resp3::NAME` of each function that takes the [`Options`] of a
/// plain server of that make and protocol; `newest protocol:` before them makes `redis7::NAME` to `valkey9::NAME`.
///
/// ```
/// use quorlock_tests::connection::Connection;
/// use quorlock_tests::servers::{Options, Server};
///
/// quorlock_tests::on_each_make!(a_server_answers);
///
/// fn a_server_answers(plain: &Options) {
///     let server = Server::start(&plain.clone().with_line("maxmemory 10mb"));
///     Connection::to(&server).call(&["PING"]);
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! on_each_make {
    (@make $module:ident $make:ident $($test:ident)+) => {
        mod $module {
            mod resp2 {
                $(#[test] fn $test() {
                    use $crate::servers::{Make, Protocol, run_on};
                    run_on(Make::$make, Protocol::Resp2, super::super::$test);
                })+
            }
            mod resp3 {
                $(#[test] fn $test() {
                    use $crate::servers::{Make, Protocol, run_on};
                    run_on(Make::$make, Protocol::Resp3, super::super::$test);
                })+
            }
        }
    };
    (@newest $module:ident $make:ident $($test:ident)+) => {
        mod $module {
            $(#[test] fn $test() {
                use $crate::servers::{Make, Protocol, run_on};
                run_on(Make::$make, Protocol::default(), super::$test);
            })+
        }
    };
    (newest protocol: $($test:ident),+ $(,)?) => {
        $crate::on_each_make!(@newest redis7 Redis7 $($test)+);
        $crate::on_each_make!(@newest redis8 Redis8 $($test)+);
        $crate::on_each_make!(@newest valkey9 Valkey9 $($test)+);
    };
    ($($test:ident),+ $(,)?) => {
        $crate::on_each_make!(@make redis7 Redis7 $($test)+);
        $crate::on_each_make!(@make redis8 Redis8 $($test)+);
        $crate::on_each_make!(@make valkey9 Valkey9 $($test)+);
    };
}

/// Runs `test` with the options of a plain server of this make and protocol, or says that it was left out and why.
/// [`on_each_make!`](crate::on_each_make) calls it.
pub fn run_on(make: Make, protocol: Protocol, test: impl FnOnce(&Options)) {
    match make.program() {
        Ok(program) => test(&Options::new().with_binary(program).with_protocol(protocol)),
        Err(reason) => println!("LEFT OUT, there is no {make} here: {reason}"),
    }
}
