//! The queue between the library's threads and a stream: bounded, newest wins, every loss counted.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;

/// The bound where the caller names none: two seconds of video at 30 frames a second.
const UNNAMED_CAPACITY: usize = 60;

struct State<T> {
    items: VecDeque<T>,
    waker: Option<Waker>,
    closed: bool,
}

/// A queue with one reader. When it is full the oldest item goes.
pub(crate) struct FrameQueue<T> {
    state: Mutex<State<T>>,
    capacity: usize,
    drops: &'static AtomicU64,
}

impl<T> FrameQueue<T> {
    /// Losses are added to `drops`.
    pub(crate) fn new(capacity: Option<usize>, drops: &'static AtomicU64) -> Self {
        let capacity = capacity.filter(|capacity| *capacity > 0).unwrap_or(UNNAMED_CAPACITY);
        let state =
            State { items: VecDeque::with_capacity(capacity.min(UNNAMED_CAPACITY)), waker: None, closed: false };
        Self { state: Mutex::new(state), capacity, drops }
    }

    pub(crate) fn push(&self, item: T) {
        // What falls out is dropped, and the reader woken, after the lock is released.
        let (lost, waker) = {
            let mut state = self.state.lock();
            if state.closed {
                return;
            }
            let lost = if state.items.len() >= self.capacity { state.items.pop_front() } else { None };
            state.items.push_back(item);
            (lost, state.waker.take())
        };
        if lost.is_some() {
            self.drops.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Nothing comes any more; what is queued can still be read.
    pub(crate) fn end(&self) {
        let waker = {
            let mut state = self.state.lock();
            state.closed = true;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends and throws away what is queued.
    pub(crate) fn close(&self) {
        self.end();
        let queued = std::mem::take(&mut self.state.lock().items);
        drop(queued);
    }

    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Option<T>> {
        let mut state = self.state.lock();
        match state.items.pop_front() {
            Some(item) => Poll::Ready(Some(item)),
            None if state.closed => Poll::Ready(None),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn read<T>(queue: &FrameQueue<T>) -> Poll<Option<T>> {
        queue.poll(&Context::from_waker(Waker::noop()))
    }

    #[test]
    fn the_newest_win_and_losses_are_counted_and_released() {
        static DROPS: AtomicU64 = AtomicU64::new(0);
        let queue = FrameQueue::new(Some(2), &DROPS);
        let items: Vec<_> = (0..5).map(Arc::new).collect();
        for item in &items {
            queue.push(Arc::clone(item));
        }
        assert_eq!(DROPS.load(Ordering::Relaxed), 3);
        assert_eq!(Arc::strong_count(&items[0]), 1, "a lost item is released at once");
        assert_eq!(read(&queue), Poll::Ready(Some(Arc::new(3))));
        assert_eq!(read(&queue), Poll::Ready(Some(Arc::new(4))));
        assert_eq!(read(&queue), Poll::Pending);
    }

    #[test]
    fn an_ended_queue_is_read_to_its_end_and_a_closed_one_is_empty() {
        static DROPS: AtomicU64 = AtomicU64::new(0);
        let queue = FrameQueue::new(None, &DROPS);
        queue.push(1);
        queue.end();
        queue.push(2);
        assert_eq!(read(&queue), Poll::Ready(Some(1)));
        assert_eq!(read(&queue), Poll::Ready(None));

        let queue = FrameQueue::new(Some(1), &DROPS);
        queue.push(1);
        queue.close();
        assert_eq!(read(&queue), Poll::Ready(None));
    }
}
