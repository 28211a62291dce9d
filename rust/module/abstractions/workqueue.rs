// SPDX-License-Identifier: GPL-2.0

//! Work queues of a module's own, which are empty before its code goes.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use core::{
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    prelude::*,
    workqueue::Queue, //
};

/// An ordered work queue: one item runs at a time, in the order in which they were queued,
/// whichever processor queues them. Dropping it waits for all that is queued.
///
/// # Invariants
///
/// The pointer is that of a work queue which only this owns.
///
/// # Examples
///
/// ```ignore
/// let queue = OwnedQueue::new(c"example")?;
///
/// queue.try_spawn(GFP_KERNEL, || pr_info!("first\n"))?;
/// queue.try_spawn(GFP_KERNEL, || pr_info!("second\n"))?;
/// // Both have run when this returns.
/// drop(queue);
/// ```
pub(crate) struct OwnedQueue(NonNull<bindings::workqueue_struct>);

// SAFETY: Work queues may be used and destroyed by any thread.
unsafe impl Send for OwnedQueue {}
// SAFETY: As above.
unsafe impl Sync for OwnedQueue {}

impl OwnedQueue {
    /// Creates a queue, as `alloc_ordered_workqueue()` does.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(name: &'static CStr) -> Result<Self> {
        // Without `__WQ_ORDERED` the 1 is a limit for each NUMA node
        // (`wq_update_node_max_active()`).
        //
        // SAFETY: The format takes the one NUL-terminated string that follows.
        let queue = unsafe {
            bindings::alloc_workqueue_noprof(
                c"%s".as_char_ptr(),
                bindings::wq_flags_WQ_UNBOUND | bindings::wq_flags___WQ_ORDERED,
                1,
                name.as_char_ptr(),
            )
        };

        // INVARIANT: The queue was just made.
        Ok(Self(NonNull::new(queue).ok_or(ENOMEM)?))
    }

    /// Waits until all that is queued now has run.
    pub(crate) fn flush(&self) {
        // SAFETY: By the type invariant the queue is valid.
        unsafe { bindings::__flush_workqueue(self.0.as_ptr()) };
    }
}

impl Deref for OwnedQueue {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        // SAFETY: By the type invariant the queue is valid, as long as `self` is.
        unsafe { Queue::from_raw(self.0.as_ptr()) }
    }
}

impl Drop for OwnedQueue {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant the queue is valid and nobody else's.
        unsafe { bindings::destroy_workqueue(self.0.as_ptr()) };
    }
}
