//! What the end-to-end tests share: a whole world for each test (SFU, server, desktop), the server's API as a third person uses it, and
//! the app's window by WebDriver.
//!
//! For `tests/tests/e2e` alone. Tests are plain functions; what is asynchronous runs by [`block_on`]. Nothing here waits for a time to
//! pass: everything awaits an event, with a deadline.

pub mod api;
pub mod noise;
pub mod notifications;
pub mod webhooks;
pub mod window;
pub mod world;

use std::sync::LazyLock;

use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime can be made"));

/// Runs what is asynchronous.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// Lets something asynchronous run beside the test, to the end of all tests.
pub fn beside(future: impl Future<Output = ()> + Send + 'static) {
    RUNTIME.spawn(future);
}
