// SPDX-License-Identifier: GPL-2.0

//! The current task.
//!
//! C header: `include/linux/sched.h`

use kernel::{
    bindings,
    prelude::*,
    time::{
        delay::fsleep,
        Delta, //
    }, //
};

/// Returns whether the task has got a signal.
pub(crate) fn is_interrupted() -> bool {
    kernel::current!().signal_pending()
}

/// How the current task sleeps for a moment: [`nap`] or [`doze`].
pub(crate) type Pause = fn() -> Result;

/// Sleeps for a moment: a tick of the kernel's clock, 10 ms at most.
///
/// # Errors
///
/// `EINTR`: the task has got a signal.
pub(crate) fn nap() -> Result {
    if is_interrupted() {
        return Err(EINTR);
    }
    // SAFETY: The function may be called wherever sleeping is allowed, which is all that is done
    // wrong if not.
    unsafe { bindings::schedule_timeout_interruptible(1) };
    Ok(())
}

/// As [`nap`], whatever signals come: for what has to be brought to an end that is near.
///
/// # Errors
///
/// None.
pub(crate) fn doze() -> Result {
    fsleep(Delta::from_millis(1));
    Ok(())
}
