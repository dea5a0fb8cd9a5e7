//! The two adapters behind one name, so that a test is written once and runs on both.

use core::future::Future;
use core::time::Duration;

use quorlock_driver::Builder;
use quorlock_tests::deployment::deployed;

pub(crate) trait Adapter: 'static {
    const NAME: &str;

    /// A client of this adapter, to be built inside `run`.
    fn builder() -> Builder;

    /// Runs a test to its end.
    fn run<T>(test: impl Future<Output = T>) -> T;

    fn sleep(span: Duration) -> impl Future<Output = ()>;
}

pub(crate) struct Tokio;

impl Adapter for Tokio {
    const NAME: &str = "tokio";

    fn builder() -> Builder {
        deployed(quorlock_tokio::builder())
    }

    fn run<T>(test: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        runtime.expect("a tokio runtime").block_on(test)
    }

    async fn sleep(span: Duration) {
        tokio::time::sleep(span).await;
    }
}

pub(crate) struct Smol;

impl Adapter for Smol {
    const NAME: &str = "smol";

    fn builder() -> Builder {
        deployed(quorlock_smol::builder())
    }

    fn run<T>(test: impl Future<Output = T>) -> T {
        smol::block_on(test)
    }

    async fn sleep(span: Duration) {
        smol::Timer::after(span).await;
    }
}

/// Makes `tokio::NAME` and `smol::NAME` of each generic test. Each takes its turn: they measure time.
macro_rules! on_both_adapters {
    ($($test:ident),+ $(,)?) => {
        mod tokio {
            $(#[test] fn $test() {
                let _turn = quorlock_tests::turn::take();
                super::$test::<crate::adapter::Tokio>();
            })+
        }
        mod smol {
            $(#[test] fn $test() {
                let _turn = quorlock_tests::turn::take();
                super::$test::<crate::adapter::Smol>();
            })+
        }
    };
}
pub(crate) use on_both_adapters;

/// Waits until every node of the client votes.
pub(crate) async fn all_ready<A: Adapter>(client: &quorlock_driver::Client) {
    for _ in 0..500 {
        if client.nodes().iter().all(|node| node.problem.is_none()) {
            return;
        }
        A::sleep(Duration::from_millis(10)).await;
    }
    panic!("nodes are not ready: {:?}", client.nodes());
}
