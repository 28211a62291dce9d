// SPDX-License-Identifier: GPL-2.0

//! IOMMU groups: the devices that the IOMMU cannot tell apart.
//!
//! C header: `include/linux/iommu.h`

use super::device::Locked;
use super::pci::{
    as_device,
    from_device, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    device::Core,
    error::to_result,
    pci,
    prelude::*, //
};

/// A reference to an IOMMU group.
///
/// # Invariants
///
/// The pointer is valid, and a reference to the group is owned. The IOMMU core made the group, so
/// that an IOMMU's driver (`dev->iommu`) is behind each of its members.
pub(crate) struct Group(NonNull<bindings::iommu_group>);

impl Group {
    /// Returns the group of a device; [`None`] without an IOMMU, also if vfio gave the device a
    /// group without one (`enable_unsafe_noiommu_mode`).
    ///
    /// The group of a device does not change as long as the device is on its bus.
    pub(crate) fn of(pdev: &pci::Device<Core<'_>>) -> Option<Self> {
        let dev = as_device(pdev);

        // SAFETY: The device is valid, bound and locked. Its group and its IOMMU's data are taken
        // away at BUS_NOTIFY_REMOVED_DEVICE, before which `bus_remove_device()` unbinds the device,
        // which takes the lock. So both stay during the call, and the function can take a
        // reference for us.
        let group = unsafe {
            if (&raw const (*dev).iommu).read_volatile().is_null() {
                return None;
            }
            bindings::iommu_group_get(dev)
        };

        // INVARIANT: By the above. vfio makes groups only for devices without `dev->iommu`
        // (`vfio_noiommu_group_alloc()`), one for each.
        NonNull::new(group).map(Self)
    }

    /// Returns the group's number, as in /sys/kernel/iommu_groups.
    pub(crate) fn id(&self) -> i32 {
        // SAFETY: By the type invariant.
        unsafe { bindings::iommu_group_id(self.0.as_ptr()) }
    }

    /// Calls a function for each of the group's PCI devices, of which bridges may be some, with the
    /// group's mutex held.
    ///
    /// # Errors
    ///
    /// The function's first.
    pub(crate) fn for_each_member<F>(&self, mut call: F) -> Result
    where
        F: FnMut(&pci::Device) -> Result,
    {
        // SAFETY: By the type invariant the group is valid. `each` gets the function that it
        // expects, which outlives the call.
        to_result(unsafe {
            bindings::iommu_group_for_each_dev(
                self.0.as_ptr(),
                (&raw mut call).cast(),
                Some(each::<F>),
            )
        })
    }

    /// Takes the group's DMA ownership, as a user of vfio does when it opens a device.
    ///
    /// While it is held nobody can open one of the group's devices through vfio's groups, or bind
    /// one to an iommufd, and no driver that uses the kernel's DMA interface can bind to one.
    /// `member` is one of the group's devices. The ownership must be given back before the group's
    /// last device is gone, or the kernel warns: see [`Event::Delete`](super::bus::Event::Delete).
    ///
    /// # Errors
    ///
    /// `EBUSY`: somebody has it. `EINVAL`: the firmware wants memory to stay mapped for a member
    /// (`require_direct`). `ENODEV`: the member is unbound, or in no group any more. `ENOMEM`, or
    /// what the IOMMU's driver says.
    ///
    /// # Examples
    ///
    /// ```ignore
    /// let ownership = group.claim_dma(&locked)?;
    ///
    /// // Nobody opens a device of the group meanwhile.
    /// look_at(&group);
    /// drop(ownership);
    /// ```
    pub(crate) fn claim_dma(&self, member: &Locked<'_>) -> Result<DmaOwnership> {
        if !member.is_bound() || !self.has(member.pdev()) {
            return Err(ENODEV);
        }

        let group = self.0.as_ptr();

        // SAFETY: By the type invariant the group is valid. It has a device, `member`, which cannot
        // leave it: that needs it unbound first (see `of`), and it is bound and locked. An IOMMU's
        // driver is behind each member by the type invariant. The owner is told from others by
        // its address only, and not NULL.
        to_result(unsafe { bindings::iommu_group_claim_dma_owner(group, group.cast()) })
            .map_err(|error| if error == EPERM { EBUSY } else { error })?;
        // SAFETY: The group is valid.
        unsafe { bindings::iommu_group_ref_get(group) };
        // INVARIANT: The ownership and a reference were just taken.
        Ok(DmaOwnership(Self(self.0)))
    }

    fn has(&self, pdev: &pci::Device) -> bool {
        // SAFETY: The device is valid; the pointer is only compared.
        let group = unsafe { (&raw const (*as_device(pdev)).iommu_group).read_volatile() };

        group == self.0.as_ptr()
    }
}

impl Drop for Group {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant a reference is owned.
        unsafe { bindings::iommu_group_put(self.0.as_ptr()) };
    }
}

// SAFETY: Groups are reference-counted and may be used by any thread.
unsafe impl Send for Group {}

// SAFETY: All that is done with a shared reference takes the group's mutex, or reads what does not
// change.
unsafe impl Sync for Group {}

/// The DMA ownership of a group; dropping it gives it back.
///
/// # Invariants
///
/// The group's DMA ownership is ours.
pub(crate) struct DmaOwnership(Group);

impl DmaOwnership {
    /// Returns whether this is the ownership of the group that a device is in.
    pub(crate) fn covers(&self, pdev: &pci::Device) -> bool {
        self.0.has(pdev)
    }
}

impl Drop for DmaOwnership {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is ours to give back.
        unsafe { bindings::iommu_group_release_dma_owner(self.0 .0.as_ptr()) };
    }
}

/// Passes a device of a group to a function. Called with the group's mutex held.
extern "C" fn each<F>(dev: *mut bindings::device, data: *mut c_void) -> c_int
where
    F: FnMut(&pci::Device) -> Result,
{
    // SAFETY: `Group::for_each_member` passes its function, and uses it only after the walk.
    let call = unsafe { &mut *data.cast::<F>() };

    // SAFETY: The group keeps its devices as long as its mutex is held.
    if !unsafe { bindings::dev_is_pci(dev) } {
        return 0;
    }
    // SAFETY: As above, and the device is on the PCI bus.
    match call(unsafe { from_device(dev) }) {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}
