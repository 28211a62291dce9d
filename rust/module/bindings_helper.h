/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Headers that bindgen reads for this module: those that the kernel's own
 * rust/bindings/bindings_helper.h does not include.
 */
#include <linux/aperture.h>
#include <linux/kmod.h>
#include <linux/pci.h>
#include <linux/vfio.h>
#include <linux/vgaarb.h>
#include <xen/pci.h>

/* Of struct vfio_device, whose layout depends on the kernel's configuration. */
static const size_t VGA_STUB_VFIO_FROM_DEVICE = offsetof(struct vfio_device, device);
static const size_t VGA_STUB_VFIO_TO_USERS = offsetof(struct vfio_device, refcount);
