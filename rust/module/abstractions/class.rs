// SPDX-License-Identifier: GPL-2.0

//! Device classes: a directory in /sys/class with a directory for each device, and files in those.
//!
//! C headers: `include/linux/device/class.h`, `include/linux/sysfs.h`

use super::pci::as_device;
use core::{
    marker::PhantomData,
    ptr::NonNull,
    sync::atomic::{
        AtomicBool,
        Ordering, //
    }, //
};
use kernel::{
    bindings,
    error::{
        from_result,
        to_result, //
    },
    pci,
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

/// A class of devices that each stand for a `T` and for a PCI device.
pub(crate) trait Class: Send + Sync + Sized + 'static {
    /// Returns the class's definition.
    fn definition() -> &'static Definition<Self>;

    /// The text files of a device's directory.
    const FILES: &'static Files;

    /// The name of the variable that every uevent of a device carries.
    const VARIABLE: &'static CStr;

    /// Returns the value of [`Class::VARIABLE`].
    fn variable(&self) -> &'static str;

    /// Returns what the file `rom` (0400) holds; without anything there is no such file.
    fn rom(&self) -> Option<&[u8]>;

    /// Returns where it is noted that the directory has all its files, so that userspace may hear of
    /// it.
    fn announced(&self) -> &AtomicBool;
}

/// A text file that can be read.
pub(crate) trait Show<T> {
    /// Returns the file's content, to which a line break is added.
    fn show(this: &T) -> &'static str;
}

/// A text file that can be written.
pub(crate) trait Store<T> {
    /// Takes what was written: at most a page.
    fn store(this: &T, text: &[u8]) -> Result;
}

/// One text file of a device's directory.
#[repr(transparent)]
pub(crate) struct File(bindings::device_attribute);

// SAFETY: The structure is never written.
unsafe impl Sync for File {}

impl File {
    /// Creates a file for everybody to read (0444).
    pub(crate) const fn readable<T: Class, F: Show<T>>(name: &'static CStr) -> Self {
        Self(bindings::device_attribute {
            attr: attribute(name, 0o444),
            __bindgen_anon_1: bindings::device_attribute__bindgen_ty_1 {
                show: Some(show::<T, F>),
            },
            __bindgen_anon_2: bindings::device_attribute__bindgen_ty_2 { store: None },
        })
    }

    /// Creates a file for root to write (0200).
    pub(crate) const fn writable<T: Class, F: Store<T>>(name: &'static CStr) -> Self {
        Self(bindings::device_attribute {
            attr: attribute(name, 0o200),
            __bindgen_anon_1: bindings::device_attribute__bindgen_ty_1 { show: None },
            __bindgen_anon_2: bindings::device_attribute__bindgen_ty_2 {
                store: Some(store::<T, F>),
            },
        })
    }
}

// There are more fields with CONFIG_DEBUG_LOCK_ALLOC.
#[allow(clippy::needless_update)]
const fn attribute(name: &'static CStr, mode: u16) -> bindings::attribute {
    bindings::attribute {
        name: kernel::str::as_char_ptr_in_const_context(name),
        mode,
        ..pin_init::zeroed()
    }
}

/// The most text files that a class may have.
const MAX_FILES: usize = 7;

/// The text files of a class, with a NULL at the end.
#[repr(transparent)]
pub(crate) struct Files([*const bindings::attribute; MAX_FILES + 1]);

// SAFETY: The pointers are those of statics that are never written.
unsafe impl Sync for Files {}

impl Files {
    /// Creates a list of files.
    pub(crate) const fn new<const N: usize>(files: [&'static File; N]) -> Self {
        let mut list = [core::ptr::null(); MAX_FILES + 1];
        let mut i = 0;

        // Only the compiler runs this; more files than there is room for do not build.
        while i < N {
            list[i] = &raw const files[i].0.attr;
            i += 1;
        }
        Self(list)
    }
}

/// The C structure of a class.
pub(crate) struct Definition<T: Class> {
    class: Opaque<bindings::class>,
    _devices: PhantomData<T>,
}

// SAFETY: The structure is never written after its creation.
unsafe impl<T: Class> Sync for Definition<T> {}

impl<T: Class> Definition<T> {
    /// Creates a class that is not registered yet.
    pub(crate) const fn new(name: &'static CStr) -> Self {
        Self {
            class: Opaque::new(bindings::class {
                name: kernel::str::as_char_ptr_in_const_context(name),
                dev_groups: Groups::<T>::LIST.as_ptr(),
                dev_uevent: Some(uevent::<T>),
                ..pin_init::zeroed()
            }),
            _devices: PhantomData,
        }
    }
}

/// The groups of files of a class.
struct Groups<T: Class>(PhantomData<T>);

impl<T: Class> Groups<T> {
    const ROM: bindings::bin_attribute = bindings::bin_attribute {
        attr: attribute(c"rom", 0o400),
        read: Some(rom_read::<T>),
        ..pin_init::zeroed()
    };

    const BINARY: [*const bindings::bin_attribute; 2] = [&Self::ROM, core::ptr::null()];

    const GROUP: bindings::attribute_group = bindings::attribute_group {
        is_bin_visible: Some(rom_mode::<T>),
        bin_size: Some(rom_size::<T>),
        __bindgen_anon_2: bindings::attribute_group__bindgen_ty_2 {
            attrs_const: T::FILES.0.as_ptr(),
        },
        bin_attrs: Self::BINARIES.as_ptr(),
        ..pin_init::zeroed()
    };

    const BINARIES: &'static [*const bindings::bin_attribute; 2] = &Self::BINARY;

    const LIST: &'static [*const bindings::attribute_group; 2] = &[&Self::GROUP, core::ptr::null()];
}

/// The registration of a class; dropping it ends it. Its devices hold a reference.
///
/// # Invariants
///
/// The class is registered.
pub(crate) struct Registration<T: Class>(PhantomData<T>);

impl<T: Class> Registration<T> {
    /// Registers a class.
    ///
    /// # Errors
    ///
    /// `EEXIST`: there is one of that name. `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: The class is a static and stays in place.
        to_result(unsafe { bindings::class_register(T::definition().class.get()) })?;
        // INVARIANT: By the above.
        Ok(Self(PhantomData))
    }
}

impl<T: Class> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the class is registered.
        unsafe { bindings::class_unregister(T::definition().class.get()) };
    }
}

/// A device of a class; dropping it removes it and its directory, and waits for accesses to its files
/// that are under way.
///
/// # Invariants
///
/// `dev` is a registered device of `T`'s class whose driver data is the `T` of `data`.
pub(crate) struct Device<T: Class> {
    dev: NonNull<bindings::device>,
    data: Arc<T>,
}

// SAFETY: A device may be used and unregistered by any thread; `T` is `Send` and `Sync`.
unsafe impl<T: Class> Send for Device<T> {}
// SAFETY: As above.
unsafe impl<T: Class> Sync for Device<T> {}

impl<T: Class> Device<T> {
    /// Creates a device of a class that is registered, with the name of a PCI device and a link
    /// `device` to it.
    ///
    /// It is no child of the PCI device. A child would have to go before its parent does, but a
    /// driver that is not bound to the parent learns of its removal only from the bus's notifier,
    /// where it may not wait for accesses to files (see [`Listener`](super::bus::Listener)).
    ///
    /// # Errors
    ///
    /// `EEXIST`: there is one of that name. `ENOMEM`.
    pub(crate) fn new(pdev: &pci::Device, data: Arc<T>) -> Result<Self> {
        let class = T::definition().class.get();

        // SAFETY: The class is a static, and the driver core finds out whether it is registered; there
        // is no parent. The driver data outlives the device's
        // registration. The format takes the one NUL-terminated string that follows.
        let dev = kernel::error::from_err_ptr(unsafe {
            bindings::device_create(
                class,
                core::ptr::null_mut(),
                0,
                core::ptr::from_ref(&*data).cast_mut().cast(),
                c"%s".as_char_ptr(),
                bindings::dev_name(as_device(pdev)),
            )
        })?;
        // INVARIANT: By the above. From here on `drop` unregisters the device.
        let device = Self {
            dev: NonNull::new(dev).ok_or(ENOMEM)?,
            data,
        };

        // SAFETY: Both objects are registered in sysfs.
        to_result(unsafe {
            bindings::sysfs_create_link(
                &raw mut (*dev).kobj,
                &raw mut (*as_device(pdev)).kobj,
                c"device".as_char_ptr(),
            )
        })?;

        device.data.announced().store(true, Ordering::Release);
        device.uevent(bindings::kobject_action_KOBJ_ADD);
        Ok(device)
    }

    /// Returns what the device stands for.
    pub(crate) fn data(&self) -> &Arc<T> {
        &self.data
    }

    /// Tells userspace that something about the device changed (uevent `change`).
    pub(crate) fn changed(&self) {
        self.uevent(bindings::kobject_action_KOBJ_CHANGE);
    }

    fn uevent(&self, action: bindings::kobject_action) {
        // SAFETY: By the type invariant the device is valid. Failure means that nobody hears of it.
        unsafe { bindings::kobject_uevent(&raw mut (*self.dev.as_ptr()).kobj, action) };
    }
}

impl<T: Class> Drop for Device<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant the device is registered. When this returns nobody is in
        // the files' functions, nor will be, so that `data` may go.
        unsafe { bindings::device_unregister(self.dev.as_ptr()) };
    }
}

/// Returns what a device of `T`'s class stands for.
///
/// # Safety
///
/// `dev` is a device that [`Device::new`] made, in one of its callbacks.
unsafe fn data<'a, T: Class>(dev: *const bindings::device) -> &'a T {
    // SAFETY: By the requirements, and `Device` keeps its data until no callback can run.
    unsafe { &*bindings::dev_get_drvdata(dev).cast() }
}

/// As [`data`], for the device's `kobj`.
///
/// # Safety
///
/// As for [`data`].
unsafe fn data_of_kobject<'a, T: Class>(kobj: *mut bindings::kobject) -> &'a T {
    // SAFETY: By the requirements the object is embedded in a device.
    unsafe { data(kernel::container_of!(kobj, bindings::device, kobj)) }
}

extern "C" fn show<T: Class, F: Show<T>>(
    dev: *mut bindings::device,
    _attribute: *mut bindings::device_attribute,
    page: *mut c_char,
) -> isize {
    // SAFETY: The driver core calls this for a device of the class.
    let data = unsafe { data::<T>(dev) };
    let text = F::show(data);

    // SAFETY: `page` is the page that sysfs gives; the format takes a length and a string.
    let len = unsafe {
        bindings::sysfs_emit(
            page,
            c"%.*s\n".as_char_ptr(),
            text.len() as c_int,
            text.as_ptr(),
        )
    };
    len as isize
}

extern "C" fn store<T: Class, F: Store<T>>(
    dev: *mut bindings::device,
    _attribute: *mut bindings::device_attribute,
    buffer: *const c_char,
    len: usize,
) -> isize {
    // SAFETY: The driver core calls this for a device of the class.
    let data = unsafe { data::<T>(dev) };
    // SAFETY: sysfs gives a buffer of so many bytes.
    let text = unsafe { core::slice::from_raw_parts(buffer.cast::<u8>(), len) };

    from_result(|| F::store(data, text).map(|()| len as isize))
}

extern "C" fn uevent<T: Class>(
    dev: *const bindings::device,
    env: *mut bindings::kobj_uevent_env,
) -> c_int {
    // SAFETY: The driver core calls this for a device of the class.
    let data = unsafe { data::<T>(dev) };

    // An error keeps the event from being sent.
    if !data.announced().load(Ordering::Acquire) {
        return EAGAIN.to_errno();
    }

    let value = data.variable();

    // SAFETY: `env` is valid; the format takes a string, a length and a string.
    unsafe {
        bindings::add_uevent_var(
            env,
            c"%s=%.*s".as_char_ptr(),
            T::VARIABLE.as_char_ptr(),
            value.len() as c_int,
            value.as_ptr(),
        )
    }
}

extern "C" fn rom_mode<T: Class>(
    kobj: *mut bindings::kobject,
    attribute: *const bindings::bin_attribute,
    _index: c_int,
) -> bindings::umode_t {
    // SAFETY: The driver core calls this for a device of the class.
    let data = unsafe { data_of_kobject::<T>(kobj) };

    match data.rom() {
        // SAFETY: sysfs passes the attribute of the group.
        Some(_) => unsafe { (*attribute).attr.mode },
        None => 0,
    }
}

extern "C" fn rom_size<T: Class>(
    kobj: *mut bindings::kobject,
    _attribute: *const bindings::bin_attribute,
    _index: c_int,
) -> usize {
    // SAFETY: The driver core calls this for a device of the class.
    let data = unsafe { data_of_kobject::<T>(kobj) };

    data.rom().map_or(0, <[u8]>::len)
}

extern "C" fn rom_read<T: Class>(
    _file: *mut bindings::file,
    kobj: *mut bindings::kobject,
    _attribute: *const bindings::bin_attribute,
    buffer: *mut c_char,
    offset: bindings::loff_t,
    len: usize,
) -> isize {
    // SAFETY: sysfs calls this for a device of the class.
    let data = unsafe { data_of_kobject::<T>(kobj) };
    let rest = usize::try_from(offset)
        .ok()
        .and_then(|offset| data.rom()?.get(offset..))
        .unwrap_or_default();
    let len = len.min(rest.len());

    // SAFETY: sysfs gives a buffer of at least `len` bytes, which is its own.
    unsafe { core::ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), len) };
    len as isize
}
