// SPDX-License-Identifier: GPL-2.0

//! Module parameters with text, which [`module!`](kernel::prelude::module) does not have, and
//! parameters that sysfs shows.
//!
//! C header: `include/linux/moduleparam.h`

use core::cell::UnsafeCell;
use kernel::{
    bindings,
    prelude::*, //
};

/// An entry of the `__param` section.
#[repr(transparent)]
pub(crate) struct Entry(pub(crate) bindings::kernel_param);

// SAFETY: Only the kernel's parameter code uses it, which serialises its accesses.
unsafe impl Sync for Entry {}

/// A parameter's value, of a C type that the kernel's `param_ops_*` know how to set.
///
/// # Invariants
///
/// The value is only written by the module loader, before the module's initialisation, since the
/// parameter's permissions (0444) let nobody write it later.
#[repr(transparent)]
pub(crate) struct Value<T>(UnsafeCell<T>);

// SAFETY: By the type invariant nothing writes the value while there are references to it.
unsafe impl<T> Sync for Value<T> {}

impl<T> Value<T> {
    /// Creates a value that stands until the module loader sets another.
    pub(crate) const fn new(default: T) -> Self {
        Self(UnsafeCell::new(default))
    }

    /// Returns where the kernel's parameter code finds the value.
    pub(crate) const fn as_void_ptr(&self) -> *mut c_void {
        self.0.get().cast()
    }
}

/// The value of a parameter with text (`charp` in C), to be used with [`TEXT_OPS`].
// The value comes first: `param_set_charp()` and the like know nothing of what follows.
#[repr(C)]
pub(crate) struct Text {
    value: Value<*const c_char>,
    default: *const c_char,
}

// SAFETY: `Value` may be shared; the default is that of a static string and never written.
unsafe impl Sync for Text {}

impl Text {
    /// Creates a text parameter's value with a default.
    pub(crate) const fn new(default: &'static CStr) -> Self {
        let default = kernel::str::as_char_ptr_in_const_context(default);

        Self {
            value: Value::new(default),
            default,
        }
    }

    /// Returns where the kernel's parameter code finds the value.
    pub(crate) const fn as_void_ptr(&self) -> *mut c_void {
        core::ptr::from_ref(self).cast_mut().cast()
    }

    /// Returns the text.
    pub(crate) fn get(&'static self) -> &'static CStr {
        // SAFETY: By the invariant of `Value` nothing writes the pointer now.
        let text = unsafe { *self.value.0.get() };
        // SAFETY: The pointer is that of the default, a static, or was set by `param_set_charp()`
        // to a copy that is freed after the module's exit function returned (`destroy_params()`).
        unsafe { CStr::from_char_ptr(text) }
    }
}

/// How the kernel sets and shows a [`Text`]: as any `charp`, but one that is given again, as by a
/// file in /etc/modprobe.d and by the kernel's command line, says which text no longer counts.
pub(crate) static TEXT_OPS: bindings::kernel_param_ops = bindings::kernel_param_ops {
    flags: 0,
    set: Some(set_text),
    get: Some(bindings::param_get_charp),
    free: Some(bindings::param_free_charp),
};

extern "C" fn set_text(text: *const c_char, parameter: *const bindings::kernel_param) -> c_int {
    // SAFETY: The kernel passes the parameter whose operations these are, which is a `Text`. It
    // serialises all accesses to parameters. Names and values are NUL-terminated.
    let (name, former, is_default) = unsafe {
        let arg: *const Text = (*parameter).__bindgen_anon_1.arg.cast();
        let former = *(*arg).value.0.get();

        (
            CStr::from_char_ptr((*parameter).name),
            CStr::from_char_ptr(former),
            former == (*arg).default,
        )
    };

    if !is_default {
        pr_warn!(
            "{name}= is given more than once; \"{former}\" no longer counts. Write all in one place\n"
        );
    }
    // SAFETY: As above; what `arg` points to begins with a `char *`.
    unsafe { bindings::param_set_charp(text, parameter) }
}

/// The value of a yes-or-no parameter.
pub(crate) type Flag = Value<bool>;

impl Flag {
    /// Returns whether it is set.
    pub(crate) fn get(&'static self) -> bool {
        // SAFETY: By the type invariant nothing writes the value now; `param_set_bool()` writes
        // only 0 and 1.
        unsafe { *self.0.get() }
    }
}

/// Copies a string into an array, so that it can be placed in a section.
pub(crate) const fn bytes<const N: usize>(text: &str) -> [u8; N] {
    let text = text.as_bytes();
    let mut array = [0; N];
    let mut i = 0;

    while i < N {
        array[i] = text[i];
        i += 1;
    }
    array
}

/// Adds an entry to what `modinfo` shows of a module, which the entry names if that is built into
/// the kernel.
macro_rules! module_info {
    ($module:literal, $text:expr) => {
        const _: () = {
            #[cfg(MODULE)]
            const TEXT: &str = concat!($text, "\0");
            #[cfg(not(MODULE))]
            const TEXT: &str = concat!($module, ".", $text, "\0");

            #[link_section = ".modinfo"]
            #[used(compiler)]
            static MODINFO: [u8; TEXT.len()] = $crate::abstractions::params::bytes(TEXT);
        };
    };
}

/// Declares a parameter of a module that sysfs shows (0444): its names, as on the kernel's command
/// line, its type for `modinfo`, how the kernel sets and shows it, where it is, and what it is for.
macro_rules! module_parameter {
    (
        $(#[$meta:meta])*
        $vis:vis static $static:ident: $module:literal . $name:literal, $type:literal, $ops:path,
            $value:ty = $default:expr, $description:literal;
    ) => {
        $(#[$meta])*
        $vis static $static: $value = $default;

        const _: () = {
            use $crate::abstractions::params;

            module_info!($module, concat!("parmtype=", $name, ":", $type));
            module_info!($module, concat!("parm=", $name, ":", $description));

            #[link_section = "__param"]
            #[used(compiler)]
            static PARAMETER: params::Entry = params::Entry(kernel::bindings::kernel_param {
                #[cfg(MODULE)]
                name: concat!($name, "\0").as_ptr().cast(),
                #[cfg(not(MODULE))]
                name: concat!($module, ".", $name, "\0").as_ptr().cast(),
                mod_: this_module!().as_ptr(),
                ops: &raw const $ops,
                perm: 0o444,
                level: -1,
                flags: 0,
                __bindgen_anon_1: kernel::bindings::kernel_param__bindgen_ty_1 {
                    arg: $static.as_void_ptr(),
                },
            });
        };
    };
}
