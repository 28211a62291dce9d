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
    container_of,
    prelude::*,
    static_lock_class,
    sync::Arc,
    time::msecs_to_jiffies,
    types::Opaque,
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

/// A function that is called from a work queue again and again, until it says that it is done.
/// Dropping it ends that: it does not run any more then.
///
/// The pauses are not exact: their timer is deferrable, and wakes no idle processor.
///
/// # Invariants
///
/// `work` was initialised, with [`Repeated::run`] as its function, and is queued on `queue` only.
///
/// # Examples
///
/// ```ignore
/// let repeated = Repeated::new(queue, 1000, || something_is_left())?;
///
/// // Calls it in a second, and in another one if it has returned `true`.
/// repeated.start();
/// ```
pub(crate) struct Repeated(Pin<KBox<Inner>>);

struct Inner {
    work: Opaque<bindings::delayed_work>,
    queue: Arc<OwnedQueue>,
    /// In milliseconds.
    pause: u32,
    call: fn() -> bool,
}

// SAFETY: Work items may be used by any thread, as may the queue.
unsafe impl Send for Inner {}
// SAFETY: As above.
unsafe impl Sync for Inner {}

impl Repeated {
    /// Prepares calls of a function, `pause` milliseconds apart.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(queue: Arc<OwnedQueue>, pause: u32, call: fn() -> bool) -> Result<Self> {
        let inner = KBox::pin(
            Inner {
                work: Opaque::uninit(),
                queue,
                pause,
                call,
            },
            GFP_KERNEL,
        )?;
        let work = inner.work.get();

        // SAFETY: The item is not in use yet, and does not move. The timer is queued by the work
        // queue's code only, as its function wants it.
        unsafe {
            bindings::init_work_with_key(
                &raw mut (*work).work,
                Some(Self::run),
                false,
                c"vga_stub_repeated".as_char_ptr(),
                static_lock_class!().as_ptr(),
            );
            bindings::timer_init_key(
                &raw mut (*work).timer,
                Some(bindings::delayed_work_timer_fn),
                bindings::TIMER_IRQSAFE | bindings::TIMER_DEFERRABLE,
                c"vga_stub_repeated".as_char_ptr(),
                static_lock_class!().as_ptr(),
            );
        }
        // INVARIANT: It was just initialised so.
        Ok(Self(inner))
    }

    /// Has it called after a pause, unless it is to be called anyway. Does not wait.
    pub(crate) fn start(&self) {
        self.0.queue();
    }

    /// Calls the function of the item.
    ///
    /// # Safety
    ///
    /// For items of [`Inner`] only.
    unsafe extern "C" fn run(work: *mut bindings::work_struct) {
        // SAFETY: By the requirements. Dropping waits until this has returned.
        let inner = unsafe {
            let work = container_of!(work, bindings::delayed_work, work);

            &*container_of!(Opaque::cast_from(work), Inner, work)
        };

        if (inner.call)() {
            inner.queue();
        }
    }
}

impl Inner {
    fn queue(&self) {
        // SAFETY: By the type invariant of `Repeated` the item is initialised; the queue is valid.
        unsafe {
            bindings::queue_delayed_work_on(
                bindings::wq_misc_consts_WORK_CPU_UNBOUND as c_int,
                self.queue.0.as_ptr(),
                self.work.get(),
                msecs_to_jiffies(self.pause),
            )
        };
    }
}

impl Drop for Repeated {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the item is initialised. One that queues itself again is
        // cancelled as well.
        unsafe { bindings::cancel_delayed_work_sync(self.0.work.get()) };
    }
}
