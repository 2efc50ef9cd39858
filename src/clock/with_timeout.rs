//! A limit for what another program may never answer.

use super::now;
use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake},
    thread::{self, Thread},
    time::Duration,
};

/// Waits for the future on this thread, and gives it up at the limit: then there is none. `zbus::block_on` has no
/// limit, and zbus limits calls only, not the greeting before them.
pub(crate) fn with_timeout<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let waker = Arc::new(ThreadWaker(thread::current())).into();
    let mut future = pin!(future);
    let end = now().monotonic + limit;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let left = end.checked_sub(now().monotonic)?;
        thread::park_timeout(left);
    }
}

struct ThreadWaker(Thread);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
