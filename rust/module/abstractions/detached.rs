// SPDX-License-Identifier: GPL-2.0

//! Kernel threads that may go on without the one who started them.
//!
//! C header: `include/linux/kthread.h`

use super::task::Pause;
use kernel::{
    bindings,
    error::from_err_ptr,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full, //
        },
        Arc, //
    },
    time::{
        Delta,
        Instant,
        Monotonic, //
    },
    ThisModule, //
};

/// The function has not returned, and somebody waits for it.
const RUNNING: u32 = 0;
/// The function has returned, and nobody is late.
const RETURNED: u32 = 1;
/// Nobody waits for the function any more.
const ABANDONED: u32 = 2;

/// What a thread does.
struct Job<C, L> {
    call: C,
    late: L,
    state: Arc<Atomic<u32>>,
    module: &'static ThisModule,
}

/// Calls a function in a thread of its own, and waits until it returns, `limit` has passed, or
/// a signal ends the wait: see [`Pause`]. Returns whether it has returned.
///
/// If not, it is waited for no longer: when it returns at last, the thread calls `late`. Until then
/// `module`, whose code both functions are, cannot be unloaded.
///
/// # Errors
///
/// `ENOMEM`, or `EINTR` if the current task is killed, when no thread could be made.
pub(crate) fn call<C, L>(
    module: &'static ThisModule,
    name: &'static CStr,
    limit: Delta,
    pause: Pause,
    call: C,
    late: L,
) -> Result<bool>
where
    C: FnOnce() + Send + 'static,
    L: FnOnce() + Send + 'static,
{
    let state = Arc::new(Atomic::new(RUNNING), GFP_KERNEL)?;
    let job = KBox::into_raw(KBox::new(
        Job {
            call,
            late,
            state: state.clone(),
            module,
        },
        GFP_KERNEL,
    )?);

    // SAFETY: The code that runs here is the module's, which is up, so that it can be kept so until
    // `run` is over. `run` gets what it expects, and owns it. The format takes the one string that
    // follows.
    let thread = unsafe {
        bindings::__module_get(module.as_ptr());
        from_err_ptr(bindings::kthread_create_on_node(
            Some(run::<C, L>),
            job.cast(),
            bindings::NUMA_NO_NODE,
            c"%s".as_char_ptr(),
            name.as_char_ptr(),
        ))
    }
    .inspect_err(|_| {
        // SAFETY: There is no thread: both are still ours.
        unsafe {
            drop(KBox::from_raw(job));
            bindings::module_put(module.as_ptr());
        }
    })?;

    // SAFETY: The thread was just made and waits to be woken.
    unsafe { bindings::wake_up_process(thread) };

    let start = Instant::<Monotonic>::now();

    while state.load(Acquire) == RUNNING && start.elapsed() < limit {
        if pause.sleep().is_err() {
            break;
        }
    }
    Ok(leave(&state, ABANDONED))
}

/// Leaves a job to the other one. Returns whether the other one has left it already.
fn leave(state: &Atomic<u32>, how: u32) -> bool {
    state.cmpxchg(RUNNING, how, Full).is_err()
}

/// A thread's body.
extern "C" fn run<C: FnOnce(), L: FnOnce()>(job: *mut c_void) -> c_int {
    // SAFETY: `call` passes a job of this type, and gives it up.
    let job = unsafe { KBox::<Job<C, L>>::from_raw(job.cast()) };
    let module = job.module;

    do_job(job);

    // SAFETY: The thread has the reference to the module that `call` took for it, and nothing else
    // is left here to be dropped.
    unsafe { bindings::__module_put_and_kthread_exit(module.as_ptr(), 0) }
}

fn do_job<C: FnOnce(), L: FnOnce()>(job: KBox<Job<C, L>>) {
    let Job {
        call, late, state, ..
    } = KBox::into_inner(job);

    call();
    if leave(&state, RETURNED) {
        late();
    }
}
