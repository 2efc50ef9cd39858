//! A timeout for calls that another program may never answer.

use super::now;
use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake},
    thread::{self, Thread},
    time::Duration,
};

/// Runs the future on this thread; `None` if it is not ready in time. `zbus::block_on` has no timeout, and zbus limits
/// only calls, not the handshake before them.
pub(crate) fn with_timeout<T>(timeout: Duration, future: impl Future<Output = T>) -> Option<T> {
    let waker = Arc::new(ThreadWaker(thread::current())).into();
    let mut future = pin!(future);
    let deadline = now().monotonic + timeout;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let remaining = deadline.checked_sub(now().monotonic)?;
        thread::park_timeout(remaining);
    }
}

struct ThreadWaker(Thread);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
