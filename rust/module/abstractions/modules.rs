// SPDX-License-Identifier: GPL-2.0

//! This module, and loading others.
//!
//! C header: `include/linux/kmod.h`, `include/linux/module.h`

use kernel::{
    bindings,
    prelude::*, //
};

/// Returns whether the current task may load modules (`CAP_SYS_MODULE`).
pub(crate) fn may_load() -> bool {
    // SAFETY: The function may be called by any task.
    unsafe { bindings::capable(bindings::CAP_SYS_MODULE as c_int) }
}

/// Asks userspace to load a module, and waits until it has tried.
///
/// No lock may be held that a module's initialisation could want. Whether it worked shows when
/// what the module brings is there. Whoever the current task is: see [`may_load`].
pub(crate) fn request(name: &CStr) {
    // SAFETY: The format is NUL-terminated, and takes the one NUL-terminated string that follows.
    unsafe { bindings::__request_module(true, c"%s".as_char_ptr(), name.as_char_ptr()) };
}

/// Returns the C structure of this module.
pub(super) fn this() -> *mut bindings::module {
    // The build of each module defines it.
    &raw mut bindings::__this_module
}
