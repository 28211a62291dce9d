// SPDX-License-Identifier: GPL-2.0

//! Loading other modules.
//!
//! C header: `include/linux/kmod.h`

use kernel::{
    bindings,
    prelude::*, //
};

/// Asks userspace to load a module, and waits until it has tried.
///
/// No lock may be held that a module's initialisation could want. Whether it worked shows when
/// what the module brings is there.
pub(crate) fn request(name: &CStr) {
    // SAFETY: The format is NUL-terminated, and takes the one NUL-terminated string that follows.
    unsafe { bindings::__request_module(true, c"%s".as_char_ptr(), name.as_char_ptr()) };
}
