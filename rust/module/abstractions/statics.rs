// SPDX-License-Identifier: GPL-2.0

//! Mutexes that stand in statics.

/// Declares a static mutex that is safe to use.
///
/// A [`kernel::sync::global_lock!`] must be initialised exactly once before anything else, which is
/// left to `unsafe` code. Here the initialisation is remembered: `init()` does it at the first call
/// only, and `lock()` fails with [`ENODEV`](kernel::error::code::ENODEV) before it. The state goes
/// through the three steps of [`SetOnce`](kernel::sync::SetOnce), which is not used itself, since
/// the lock has to be initialised between the second and the third.
///
/// # Examples
///
/// ```ignore
/// static_mutex! {
///     /// How many there are.
///     mod count: usize = 0;
/// }
///
/// count::init();
/// *count::lock()? += 1;
/// ```
macro_rules! static_mutex {
    (
        $(#[$meta:meta])*
        mod $name:ident: $type:ty = $value:expr;
    ) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            use kernel::{
                error::Result,
                sync::{
                    atomic::{
                        Acquire,
                        Atomic,
                        Relaxed,
                        Release, //
                    },
                    GlobalGuard, //
                }, //
            };

            kernel::sync::global_lock! {
                // SAFETY: Only `lock` uses it, and only after `init`.
                pub(super) unsafe(uninit) static LOCK: Mutex<$type> = $value;
            }

            /// 0: not initialised; 1: being initialised; 2: ready.
            static STATE: Atomic<u32> = Atomic::new(0);

            /// Makes the mutex ready. Further calls do nothing.
            pub(super) fn init() {
                if STATE.cmpxchg(0, 1, Relaxed).is_ok() {
                    // SAFETY: The exchange succeeds once, so this is called once.
                    unsafe { LOCK.init() };
                    STATE.store(2, Release);
                }
            }

            /// Locks the mutex; fails with `ENODEV` before `init`.
            #[allow(dead_code)]
            #[inline(never)]
            pub(super) fn lock() -> Result<GlobalGuard<LOCK>> {
                if STATE.load(Acquire) == 2 {
                    Ok(LOCK.lock())
                } else {
                    Err(kernel::error::code::ENODEV)
                }
            }

            /// Locks the mutex as well, but fails with `EINTR` if a signal ends the wait.
            #[allow(dead_code)]
            #[inline(never)]
            pub(super) fn lock_patiently(
                pause: crate::abstractions::task::Pause,
            ) -> Result<GlobalGuard<LOCK>> {
                if STATE.load(Acquire) != 2 {
                    return Err(kernel::error::code::ENODEV);
                }
                loop {
                    if let Some(guard) = LOCK.try_lock() {
                        return Ok(guard);
                    }
                    pause.sleep()?;
                }
            }
        }
    };
}
