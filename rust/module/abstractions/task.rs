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

/// How the current task sleeps while it waits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    /// Until a signal comes.
    Nap,
    /// Whatever signals come: for what has to be brought to an end that is near.
    Doze,
}

impl Pause {
    /// Sleeps for a moment: a tick of the kernel's clock, 10 ms at most.
    ///
    /// # Errors
    ///
    /// `EINTR`, for a nap: the task has got a signal.
    pub(crate) fn sleep(self) -> Result {
        if self == Self::Doze {
            fsleep(Delta::from_millis(1));
            return Ok(());
        }
        if is_interrupted() {
            return Err(EINTR);
        }
        // SAFETY: The function may be called wherever sleeping is allowed, which is all that is
        // done wrong if not.
        unsafe { bindings::schedule_timeout_interruptible(1) };
        Ok(())
    }
}
