// SPDX-License-Identifier: GPL-2.0

//! Mutexes that stand in statics.

/// Declares a static mutex that is safe to use.
///
/// A [`kernel::sync::global_lock!`] must be initialised exactly once before anything else, which is
/// left to `unsafe` code. Here the initialisation is remembered: `init()` does it at the first call
/// only, and `lock()` fails with [`ENODEV`](kernel::error::code::ENODEV) before it.
macro_rules! static_mutex {
    (
        $(#[$meta:meta])*
        mod $name:ident: $type:ty = $value:expr;
    ) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            use core::sync::atomic::{
                AtomicU8,
                Ordering, //
            };
            use kernel::{
                error::Result,
                sync::GlobalGuard, //
            };

            kernel::sync::global_lock! {
                // SAFETY: Only `lock` uses it, and only after `init`.
                pub(super) unsafe(uninit) static LOCK: Mutex<$type> = $value;
            }

            /// 0: not initialised; 1: being initialised; 2: ready.
            static STATE: AtomicU8 = AtomicU8::new(0);

            /// Makes the mutex ready. Further calls do nothing.
            pub(super) fn init() {
                let first = STATE.compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed);

                if first.is_ok() {
                    // SAFETY: The exchange succeeds once, so this is called once.
                    unsafe { LOCK.init() };
                    STATE.store(2, Ordering::Release);
                }
            }

            /// Locks the mutex; fails with `ENODEV` before `init`.
            #[inline(never)]
            pub(super) fn lock() -> Result<GlobalGuard<LOCK>> {
                if STATE.load(Ordering::Acquire) == 2 {
                    Ok(LOCK.lock())
                } else {
                    Err(kernel::error::code::ENODEV)
                }
            }
        }
    };
}
