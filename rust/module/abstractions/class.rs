// SPDX-License-Identifier: GPL-2.0

//! Device classes: a directory in /sys/class with a directory for each device, and files in those.
//!
//! C headers: [`include/linux/device/class.h`](srctree/include/linux/device/class.h),
//! [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h)

use super::pci::as_device;
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::{
        from_result,
        to_result, //
    },
    pci,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Release, //
        },
        Arc, //
    },
    types::Opaque, //
};

/// A class of devices that each stand for a `T` and for a PCI device.
pub(crate) trait Class: Send + Sync + Sized + 'static {
    /// Returns the class's definition.
    fn definition() -> &'static Definition<Self>;

    /// The text files of a device's directory.
    const FILES: &'static Files<Self>;

    /// Its binary files.
    const BINARIES: &'static BinaryFiles<Self>;

    /// The name of the variable that every uevent of a device carries.
    const VARIABLE: &'static CStr;

    /// Returns the value of [`Class::VARIABLE`].
    fn variable(&self) -> &'static str;
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

/// A binary file that can be read.
pub(crate) trait Binary<T> {
    /// Returns the file's content, which stays the same as long as the device lives. Without any
    /// there is no such file.
    fn content(this: &T) -> Option<&[u8]>;
}

/// One text file of the directory of a device that stands for a `T`.
#[repr(transparent)]
pub(crate) struct File<T>(bindings::device_attribute, PhantomData<fn(&T)>);

// SAFETY: The structure is never written.
unsafe impl<T> Sync for File<T> {}

impl<T: Class> File<T> {
    /// Creates a file for everybody to read (0444).
    pub(crate) const fn readable<F: Show<T>>(name: &'static CStr) -> Self {
        Self(
            bindings::device_attribute {
                attr: attribute(name, 0o444),
                __bindgen_anon_1: bindings::device_attribute__bindgen_ty_1 {
                    show: Some(show::<T, F>),
                },
                __bindgen_anon_2: bindings::device_attribute__bindgen_ty_2 { store: None },
            },
            PhantomData,
        )
    }

    /// Creates a file for everybody to read and for root to write (0644).
    pub(crate) const fn editable<F: Show<T> + Store<T>>(name: &'static CStr) -> Self {
        Self(
            bindings::device_attribute {
                attr: attribute(name, 0o644),
                __bindgen_anon_1: bindings::device_attribute__bindgen_ty_1 {
                    show: Some(show::<T, F>),
                },
                __bindgen_anon_2: bindings::device_attribute__bindgen_ty_2 {
                    store: Some(store::<T, F>),
                },
            },
            PhantomData,
        )
    }

    /// Creates a file for root to write (0200).
    pub(crate) const fn writable<F: Store<T>>(name: &'static CStr) -> Self {
        Self(
            bindings::device_attribute {
                attr: attribute(name, 0o200),
                __bindgen_anon_1: bindings::device_attribute__bindgen_ty_1 { show: None },
                __bindgen_anon_2: bindings::device_attribute__bindgen_ty_2 {
                    store: Some(store::<T, F>),
                },
            },
            PhantomData,
        )
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
pub(crate) struct Files<T>(
    [*const bindings::attribute; MAX_FILES + 1],
    PhantomData<fn(&T)>,
);

// SAFETY: The pointers are those of statics that are never written.
unsafe impl<T> Sync for Files<T> {}

impl<T: Class> Files<T> {
    /// Creates a list of files.
    pub(crate) const fn new<const N: usize>(files: [&'static File<T>; N]) -> Self {
        let mut list = [core::ptr::null(); MAX_FILES + 1];
        let mut i = 0;

        // Only the compiler runs this; more files than there is room for do not build.
        while i < N {
            list[i] = &raw const files[i].0.attr;
            i += 1;
        }
        Self(list, PhantomData)
    }
}

/// One binary file of the directory of a device that stands for a `T`.
#[repr(C)]
pub(crate) struct BinaryFile<T> {
    attribute: bindings::bin_attribute,
    content: fn(&T) -> Option<&[u8]>,
}

// SAFETY: The structure is never written.
unsafe impl<T> Sync for BinaryFile<T> {}

impl<T: Class> BinaryFile<T> {
    /// Creates a file for root to read (0400).
    pub(crate) const fn new<F: Binary<T>>(name: &'static CStr) -> Self {
        Self {
            attribute: bindings::bin_attribute {
                attr: attribute(name, 0o400),
                read: Some(binary_read::<T>),
                ..pin_init::zeroed()
            },
            content: F::content,
        }
    }
}

/// The most binary files that a class may have.
const MAX_BINARIES: usize = 1;

/// The binary files of a class, with a NULL at the end.
///
/// # Invariants
///
/// The pointers are those of [`BinaryFile<T>`]s that live for ever.
#[repr(transparent)]
pub(crate) struct BinaryFiles<T>(
    [*const bindings::bin_attribute; MAX_BINARIES + 1],
    PhantomData<fn(&T)>,
);

// SAFETY: The pointers are those of statics that are never written.
unsafe impl<T> Sync for BinaryFiles<T> {}

impl<T: Class> BinaryFiles<T> {
    /// Creates a list of files.
    pub(crate) const fn new<const N: usize>(files: [&'static BinaryFile<T>; N]) -> Self {
        let mut list = [core::ptr::null(); MAX_BINARIES + 1];
        let mut i = 0;

        // As in `Files::new`.
        while i < N {
            // INVARIANT: The attribute is the first field, so that its address is the file's.
            list[i] = core::ptr::from_ref(files[i]).cast();
            i += 1;
        }
        Self(list, PhantomData)
    }
}

/// The C structure of a class.
pub(crate) struct Definition<T: Class> {
    class: Opaque<bindings::class>,
    registered: Atomic<bool>,
    _devices: PhantomData<T>,
}

// SAFETY: The structure is never written after its creation; the flag is atomic.
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
            registered: Atomic::<bool>::new(false),
            _devices: PhantomData,
        }
    }
}

/// The groups of files of a class.
struct Groups<T: Class>(PhantomData<T>);

impl<T: Class> Groups<T> {
    const GROUP: bindings::attribute_group = bindings::attribute_group {
        is_bin_visible: Some(binary_mode::<T>),
        bin_size: Some(binary_size::<T>),
        __bindgen_anon_2: bindings::attribute_group__bindgen_ty_2 {
            attrs_const: T::FILES.0.as_ptr(),
        },
        bin_attrs: T::BINARIES.0.as_ptr(),
        ..pin_init::zeroed()
    };

    const LIST: &'static [*const bindings::attribute_group; 2] = &[&Self::GROUP, core::ptr::null()];
}

/// The registration of a class; dropping it ends it. Its devices hold a reference.
///
/// # Invariants
///
/// The class is registered, and `registered` of its definition is ours to clear.
///
/// # Examples
///
/// ```ignore
/// struct Lamp {
///     on: Atomic<bool>,
/// }
///
/// static CLASS: Definition<Lamp> = Definition::new(c"lamp");
/// static ON: File<Lamp> = File::readable::<On>(c"on");
/// static FILES: Files<Lamp> = Files::new([&ON]);
/// static BINARIES: BinaryFiles<Lamp> = BinaryFiles::new([]);
///
/// impl Class for Lamp {
///     const FILES: &'static Files<Self> = &FILES;
///     const BINARIES: &'static BinaryFiles<Self> = &BINARIES;
///     const VARIABLE: &'static CStr = c"LAMP_ON";
///
///     fn definition() -> &'static Definition<Self> {
///         &CLASS
///     }
///
///     fn variable(&self) -> &'static str {
///         On::show(self)
///     }
/// }
///
/// struct On;
///
/// impl Show<Lamp> for On {
///     fn show(lamp: &Lamp) -> &'static str {
///         if lamp.on.load(Relaxed) { "yes" } else { "no" }
///     }
/// }
///
/// // /sys/class/lamp, and in it a directory with the name of a PCI device.
/// let class = Arc::new(Registration::<Lamp>::new()?, GFP_KERNEL)?;
/// let device = Device::new(class, pdev, Arc::new(Lamp { on: Atomic::new(false) }, GFP_KERNEL)?)?;
/// ```
pub(crate) struct Registration<T: Class>(PhantomData<T>);

impl<T: Class> Registration<T> {
    /// Registers a class.
    ///
    /// # Errors
    ///
    /// `EBUSY`: it is registered. `EEXIST`: there is another of that name. `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        let definition = T::definition();

        // The C structure must not be touched again while it is registered.
        if definition.registered.xchg(true, Acquire) {
            return Err(EBUSY);
        }
        // SAFETY: The class is a static and stays in place.
        to_result(unsafe { bindings::class_register(definition.class.get()) })
            .inspect_err(|_| definition.registered.store(false, Release))?;
        // INVARIANT: By the above.
        Ok(Self(PhantomData))
    }
}

impl<T: Class> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the class is registered.
        unsafe { bindings::class_unregister(T::definition().class.get()) };
        T::definition().registered.store(false, Release);
    }
}

/// What a device's driver data points at.
struct Node<T> {
    data: Arc<T>,
    /// Whether the directory has all its files, so that userspace may hear of it.
    announced: Atomic<bool>,
}

/// A device of a class; dropping it removes it and its directory, and waits for accesses to its
/// files that are under way.
///
/// # Invariants
///
/// `dev` is a registered device of `T`'s class whose driver data is `node`.
///
/// # Examples
///
/// See [`Registration`].
pub(crate) struct Device<T: Class> {
    dev: NonNull<bindings::device>,
    node: KBox<Node<T>>,
    /// The class stays registered as long as it has devices: `device_unregister()` takes them off
    /// the class's list, which goes with the registration.
    _class: Arc<Registration<T>>,
}

// SAFETY: A device may be used and unregistered by any thread; `T` is `Send` and `Sync`.
unsafe impl<T: Class> Send for Device<T> {}
// SAFETY: As above.
unsafe impl<T: Class> Sync for Device<T> {}

impl<T: Class> Device<T> {
    /// Creates a device of a class, with the name of a PCI device and a link `device` to it.
    ///
    /// It is no child of the PCI device. A child would have to go before its parent does, but a
    /// driver that is not bound to the parent learns of its removal only from the bus's notifier,
    /// where it may not wait for accesses to files (see [`Listener`](super::bus::Listener)).
    ///
    /// # Errors
    ///
    /// `EEXIST`: there is one of that name. `ENOMEM`.
    pub(crate) fn new(
        class: Arc<Registration<T>>,
        pdev: &pci::Device,
        data: Arc<T>,
    ) -> Result<Self> {
        let node = KBox::new(
            Node {
                data,
                announced: Atomic::<bool>::new(false),
            },
            GFP_KERNEL,
        )?;

        // SAFETY: The class is a static, and registered by `class`; there is no parent. The driver
        // data outlives the device's registration, and is only borrowed. The format takes the one
        // NUL-terminated string that follows.
        let dev = kernel::error::from_err_ptr(unsafe {
            bindings::device_create(
                T::definition().class.get(),
                core::ptr::null_mut(),
                0,
                core::ptr::from_ref(&*node).cast_mut().cast(),
                c"%s".as_char_ptr(),
                bindings::dev_name(as_device(pdev)),
            )
        })?;
        // INVARIANT: By the above. From here on `drop` unregisters the device.
        let device = Self {
            dev: NonNull::new(dev).ok_or(ENOMEM)?,
            node,
            _class: class,
        };

        // SAFETY: Both objects are registered in sysfs.
        to_result(unsafe {
            bindings::sysfs_create_link(
                &raw mut (*dev).kobj,
                &raw mut (*as_device(pdev)).kobj,
                c"device".as_char_ptr(),
            )
        })?;

        device.node.announced.store(true, Release);
        device.uevent(bindings::kobject_action_KOBJ_ADD);
        Ok(device)
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
        // the files' functions, nor will be, so that `node` may go.
        unsafe { bindings::device_unregister(self.dev.as_ptr()) };
    }
}

/// Returns the node of a device of `T`'s class.
///
/// # Safety
///
/// `dev` is a device that [`Device::new`] made for a `T`, in one of its callbacks.
unsafe fn node<'a, T: Class>(dev: *const bindings::device) -> &'a Node<T> {
    // SAFETY: By the requirements, and `Device` keeps its node until no callback can run.
    unsafe { &*bindings::dev_get_drvdata(dev).cast() }
}

/// Returns what a device of `T`'s class stands for.
///
/// # Safety
///
/// As for [`node`].
unsafe fn data<'a, T: Class>(dev: *const bindings::device) -> &'a T {
    // SAFETY: By the requirements.
    unsafe { &node::<T>(dev).data }
}

/// As [`data`], for the device's `kobj`.
///
/// # Safety
///
/// As for [`node`].
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
    let node = unsafe { node::<T>(dev) };

    // An error keeps the event from being sent.
    if !node.announced.load(Acquire) {
        return EAGAIN.to_errno();
    }

    let value = node.data.variable();

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

/// Returns the content of a binary file.
///
/// # Safety
///
/// `kobj` is that of a device that [`Device::new`] made for a `T`, in one of its callbacks, and
/// `attribute` one of the class's [`BinaryFiles`].
unsafe fn content<'a, T: Class>(
    kobj: *mut bindings::kobject,
    attribute: *const bindings::bin_attribute,
) -> Option<&'a [u8]> {
    // SAFETY: By the requirements, and the invariant of `BinaryFiles`.
    let file = unsafe { &*attribute.cast::<BinaryFile<T>>() };

    // SAFETY: By the requirements.
    (file.content)(unsafe { data_of_kobject::<T>(kobj) })
}

extern "C" fn binary_mode<T: Class>(
    kobj: *mut bindings::kobject,
    attribute: *const bindings::bin_attribute,
    _index: c_int,
) -> bindings::umode_t {
    // SAFETY: The driver core calls this for a device of the class and a file of its group.
    match unsafe { content::<T>(kobj, attribute) } {
        // SAFETY: As above.
        Some(_) => unsafe { (*attribute).attr.mode },
        None => 0,
    }
}

extern "C" fn binary_size<T: Class>(
    kobj: *mut bindings::kobject,
    attribute: *const bindings::bin_attribute,
    _index: c_int,
) -> usize {
    // SAFETY: The driver core calls this for a device of the class and a file of its group.
    unsafe { content::<T>(kobj, attribute) }.map_or(0, <[u8]>::len)
}

extern "C" fn binary_read<T: Class>(
    _file: *mut bindings::file,
    kobj: *mut bindings::kobject,
    attribute: *const bindings::bin_attribute,
    buffer: *mut c_char,
    offset: bindings::loff_t,
    len: usize,
) -> isize {
    // SAFETY: sysfs calls this for a device of the class and a file of its group.
    let content = unsafe { content::<T>(kobj, attribute) };
    let rest = usize::try_from(offset)
        .ok()
        .and_then(|offset| content?.get(offset..))
        .unwrap_or_default();
    let len = len.min(rest.len());

    // SAFETY: sysfs gives a buffer of at least `len` bytes, which is its own.
    unsafe { core::ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), len) };
    len as isize
}
