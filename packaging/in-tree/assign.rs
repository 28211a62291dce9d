// SPDX-License-Identifier: GPL-2.0

//! PCI devices that are assigned to guests: what a driver needs that holds them, gives them to
//! other drivers, and takes them back.

use crate::bindings;

