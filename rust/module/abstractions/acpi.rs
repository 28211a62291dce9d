// SPDX-License-Identifier: GPL-2.0

//! What the firmware tells in ACPI: tables, and methods of a device's node.
//!
//! C headers: `include/acpi/acpixf.h`, `include/acpi/acpi_bus.h`

use super::pci::Raw as _;
use core::{
    marker::PhantomData,
    ops::Deref,
    ptr::{
        self,
        NonNull, //
    }, //
};
use kernel::{
    bindings,
    pci,
    prelude::*, //
};

/// ACPICA's status code for success (`include/acpi/acexcep.h`).
const AE_OK: bindings::acpi_status = 0;

/// `ACPI_ALLOCATE_BUFFER`: ACPICA allocates as much as the answer takes.
const ALLOCATE_BUFFER: bindings::acpi_size = bindings::acpi_size::MAX;

/// A table of the firmware's.
///
/// # Invariants
///
/// The pointer is that of a table that `acpi_get_table()` has mapped for us, with all of its bytes.
pub(crate) struct Table(NonNull<bindings::acpi_table_header>);

impl Table {
    /// Returns the first table with a signature, if there is one.
    pub(crate) fn get(signature: [u8; 4]) -> Option<Self> {
        let mut table = ptr::null_mut();
        let mut signature = signature;

        // SAFETY: ACPICA reads four bytes of the signature; the pointers are those of locals.
        let status =
            unsafe { bindings::acpi_get_table(signature.as_mut_ptr().cast(), 1, &mut table) };

        // INVARIANT: The table was just mapped, with as many bytes as its header says.
        match status {
            AE_OK => NonNull::new(table).map(Self),
            _ => None,
        }
    }
}

impl Deref for Table {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let table = self.0.as_ptr();

        // SAFETY: By the type invariant. A table that is no AML is not written to once the kernel
        // has it.
        unsafe { core::slice::from_raw_parts(table.cast(), (*table).length as usize) }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the table is mapped for us.
        unsafe { bindings::acpi_put_table(self.0.as_ptr()) };
    }
}

/// Why a method has given no bytes.
#[derive(Clone, Copy)]
pub(crate) enum Failure {
    /// The node has no such method.
    NotFound,
    /// It returned something else, or nothing.
    NotBytes,
    /// ACPICA has ended it.
    Status(bindings::acpi_status),
}

impl Failure {
    /// Returns what is wrong, as the rest of a sentence that starts with the method.
    pub(crate) fn message(self) -> &'static str {
        let status = match self {
            Self::NotFound => return "is not there",
            Self::NotBytes => return "gives something else than bytes",
            Self::Status(status) => status,
        };

        // SAFETY: The function returns a static string for any code.
        unsafe { CStr::from_char_ptr(bindings::acpi_format_exception(status)) }
            .to_str()
            .unwrap_or_default()
    }
}

/// A device's node in the ACPI namespace.
///
/// # Invariants
///
/// The handle is that of a device's companion, which the device keeps as long as it is there.
pub(crate) struct Node<'a> {
    handle: bindings::acpi_handle,
    _pdev: PhantomData<&'a pci::Device>,
}

impl<'a> Node<'a> {
    /// Returns a PCI device's node, if the firmware has one for it (`ACPI_HANDLE()`).
    pub(crate) fn of(pdev: &'a pci::Device) -> Option<Self> {
        // SAFETY: The device is valid. Its node is set before it is on its bus, and not changed
        // before it is gone.
        let fwnode = unsafe { (&raw const (*pdev.raw()).dev.fwnode).read() };

        // SAFETY: The pointer is null or that of a valid node.
        if !unsafe { bindings::is_acpi_device_node(fwnode) } {
            return None;
        }

        // SAFETY: Such nodes are embedded in a `struct acpi_device`.
        let handle =
            unsafe { (*kernel::container_of!(fwnode, bindings::acpi_device, fwnode)).handle };

        // INVARIANT: As argued above.
        Some(Self {
            handle,
            _pdev: PhantomData,
        })
    }

    /// Evaluates a method of the node that takes two numbers and returns bytes.
    ///
    /// It may wait. ACPICA ends a method that loops for 30 seconds (`ACPI_MAX_LOOP_TIMEOUT`).
    pub(crate) fn evaluate(&self, method: &CStr, arguments: [u64; 2]) -> Result<Bytes, Failure> {
        // A method that names what is not there fails as one that is not there does.
        // SAFETY: By the type invariant the handle is valid. The name is only read.
        if !unsafe { bindings::acpi_has_method(self.handle, method.as_char_ptr().cast_mut()) } {
            return Err(Failure::NotFound);
        }

        let mut objects = arguments.map(|value| bindings::acpi_object {
            integer: bindings::acpi_object__bindgen_ty_1 {
                type_: bindings::ACPI_TYPE_INTEGER,
                value,
            },
        });
        let mut list = bindings::acpi_object_list {
            count: objects.len() as u32,
            pointer: objects.as_mut_ptr(),
        };
        let mut answer = bindings::acpi_buffer {
            length: ALLOCATE_BUFFER,
            pointer: ptr::null_mut(),
        };

        // SAFETY: By the type invariant the handle is valid. The name is only read; the other
        // pointers are those of locals.
        let status = unsafe {
            bindings::acpi_evaluate_object(
                self.handle,
                method.as_char_ptr().cast_mut(),
                &mut list,
                &mut answer,
            )
        };

        match status {
            AE_OK => {}
            status => return Err(Failure::Status(status)),
        }

        // INVARIANT: ACPICA has allocated the answer for us, if there is one.
        let bytes = Bytes(NonNull::new(answer.pointer.cast()).ok_or(Failure::NotBytes)?);

        // SAFETY: By the type invariant; every object has its type in front.
        match unsafe { (*bytes.0.as_ptr()).type_ } {
            bindings::ACPI_TYPE_BUFFER => Ok(bytes),
            _ => Err(Failure::NotBytes),
        }
    }
}

/// Bytes that a method has returned.
///
/// # Invariants
///
/// The pointer is that of an object that ACPICA has allocated for us. [`Node::evaluate`] gives only
/// those away that have bytes.
pub(crate) struct Bytes(NonNull<bindings::acpi_object>);

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: By the type invariant, this is an object with bytes.
        let buffer = unsafe { (*self.0.as_ptr()).buffer };

        if buffer.length == 0 {
            return &[];
        }
        // SAFETY: The bytes are behind the object, in the same allocation.
        unsafe { core::slice::from_raw_parts(buffer.pointer, buffer.length as usize) }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; ACPICA allocates with `kmalloc()` (`acpi_os_allocate()`).
        unsafe { bindings::kfree(self.0.as_ptr().cast()) };
    }
}
