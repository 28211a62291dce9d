// SPDX-License-Identifier: GPL-2.0

//! Kernel threads that are given up when they take too long.
//!
//! C header: [`include/linux/kthread.h`](srctree/include/linux/kthread.h)

use kernel::{
    bindings,
    error::from_err_ptr,
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Release, //
    },
    time::{
        delay::fsleep,
        Delta, //
    }, //
};

/// How long to sleep between two looks at a thread, in milliseconds.
const PAUSE: i64 = 10;

/// What a thread and the one who waits for it share.
struct Shared<F> {
    call: F,
    /// Whether a signal reaches the thread: before that one would be lost.
    listening: Atomic<bool>,
    /// Whether the function has returned.
    done: Atomic<bool>,
}

/// Calls a function in a thread of its own, and waits until it returns.
///
/// `limit` milliseconds after its start the thread gets a signal. The function must then return: it
/// may sleep without limit, but only interruptibly. `name` is the thread's, as `ps` shows it.
///
/// # Errors
///
/// `ENOMEM`, or `EINTR` if the caller is killed, when no thread could be made. Those of the
/// function.
///
/// # Examples
///
/// ```ignore
/// // Waits for an event for a second at most; `ERESTARTSYS` if it did not come.
/// call_interruptibly(c"example", 1000, || wait_interruptible(&event))?;
/// ```
pub(crate) fn call_interruptibly<F>(name: &'static CStr, limit: i64, call: F) -> Result
where
    F: Fn() -> Result + Sync,
{
    let shared = Shared {
        call,
        listening: Atomic::<bool>::new(false),
        done: Atomic::<bool>::new(false),
    };

    // SAFETY: `run` gets what it expects, which lives until the thread has ended: `kthread_stop`
    // below waits for that. The format takes the one string that follows.
    let task = from_err_ptr(unsafe {
        bindings::kthread_create_on_node(
            Some(run::<F>),
            (&raw const shared).cast_mut().cast(),
            bindings::NUMA_NO_NODE,
            c"%s".as_char_ptr(),
            name.as_char_ptr(),
        )
    })?;

    // SAFETY: The thread was just made and waits to be woken. It does not end before it is stopped.
    unsafe { bindings::wake_up_process(task) };

    let mut left = limit;

    // The time counts from when the thread listens. Until then it waits for a processor only.
    while left > 0 && !shared.done.load(Acquire) {
        let listening = shared.listening.load(Acquire);

        fsleep(Delta::from_millis(PAUSE));
        if listening {
            left = left.saturating_sub(PAUSE);
        }
    }

    // SAFETY: The thread lives until it is stopped here, once. It listens. If it is still in its
    // function, the signal makes that return; else the signal does nothing.
    let result = unsafe {
        bindings::send_sig(bindings::SIGINT as c_int, task, 1);
        bindings::kthread_stop(task)
    };
    kernel::error::to_result(result)
}

/// A thread's body. Returns when the thread is stopped, and not before.
extern "C" fn run<F: Fn() -> Result>(data: *mut c_void) -> c_int {
    // SAFETY: `call_interruptibly` keeps it until the thread has ended.
    let shared = unsafe { &*data.cast::<Shared<F>>() };

    // Threads of the kernel ignore signals unless they say otherwise: `allow_signal()`, whose
    // handler `SIG_KTHREAD` is the number 2.
    // SAFETY: The handler is never called, only compared; NULL is not 2.
    unsafe {
        bindings::kernel_sigaction(
            bindings::SIGINT as c_int,
            core::mem::transmute::<usize, bindings::__sighandler_t>(2),
        )
    };

    shared.listening.store(true, Release);

    let result = (shared.call)();

    shared.done.store(true, Release);
    // SAFETY: This is a kernel thread.
    while !unsafe { bindings::kthread_should_stop() } {
        fsleep(Delta::from_millis(1));
    }
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}
