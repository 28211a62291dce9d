/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Headers that bindgen reads for this module: those that the kernel's own
 * rust/bindings/bindings_helper.h does not include.
 */
#include <linux/aperture.h>
#include <linux/kmod.h>
#include <linux/pci.h>
#include <linux/vgaarb.h>
#include <xen/pci.h>
