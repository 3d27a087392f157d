//! Work that is given up in the middle, as by a process that is killed.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Polls the work so often and then gives it up; what it comes to if it ends before.
pub async fn after<T>(steps: u64, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut left) = (pin!(work), steps);
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(end) => Poll::Ready(Some(end)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}
