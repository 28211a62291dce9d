// SPDX-License-Identifier: GPL-2.0

//! A module as its own code sees it, and loading others.
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

/// The [`ThisModule`](kernel::ThisModule) of the code that this stands in, for statics: `module!`
/// has it in the module's initialisation only. That of code that is built into the kernel is NULL.
macro_rules! this_module {
    () => {{
        #[cfg(MODULE)]
        let module = &raw mut kernel::bindings::__this_module;
        #[cfg(not(MODULE))]
        let module = core::ptr::null_mut();

        // SAFETY: This is `THIS_MODULE` of include/linux/export.h: the build of each module defines
        // the structure, which stays as long as the module's code does.
        unsafe { kernel::ThisModule::from_ptr(module) }
    }};
}
