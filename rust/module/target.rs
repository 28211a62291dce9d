// SPDX-License-Identifier: GPL-2.0

//! Finds the driver that a card is to go to.

use crate::{
    abstractions::{
        bus::DriverRef,
        modules, //
    },
    holder::{
        self,
        PCIBACK, //
    },
    ours::{
        MODULE,
        NAME, //
    },
    parameters, //
};
use kernel::prelude::*;
use vga_stub_core::group::{
    is_name,
    is_same_name,
    Refusal,
    MAX_NAME, //
};

/// The module of Xen's driver, which has another name.
const PCIBACK_MODULE: &CStr = c"xen-pciback";

/// The name of a driver, as a C string.
pub(crate) struct Name([u8; MAX_NAME + 1]);

impl Name {
    /// Takes a word that can be a driver's name.
    pub(crate) fn new(word: &[u8]) -> Option<Self> {
        let mut name = Self([0; MAX_NAME + 1]);

        if !is_name(word) {
            return None;
        }
        for (to, from) in name.0.iter_mut().zip(word) {
            *to = *from;
        }
        Some(name)
    }

    /// Returns the text.
    pub(crate) fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or(c"")
    }
}

/// Finds a driver to hand a card to, after one try to load its module.
///
/// A name that no driver has is also taken with `_` for `-` or the other way round, and for that of
/// a module: drivers and their modules are called a little differently, and users type both.
///
/// Who may not load modules only gets one loaded that the administrator has named, in the parameter
/// `handoff`, or Xen's.
pub(crate) fn find(name: &CStr) -> Result<DriverRef, Refusal> {
    let target = look_up(name).map_or_else(
        || {
            let xen = is_same(name, PCIBACK) || is_same(name, PCIBACK_MODULE);
            let known = xen || is_same_name(name.to_bytes(), parameters::HANDOFF.get().to_bytes());

            if !known && !modules::may_load() {
                return Err(Refusal::NotLoaded);
            }
            modules::request(if xen { PCIBACK_MODULE } else { name });
            look_up(name).ok_or(Refusal::NoDriver)
        },
        Ok,
    )?;

    if target.name() == NAME {
        Err(Refusal::Ourselves)
    } else if holder::is_for_guests(&target) {
        Ok(target)
    } else {
        Err(Refusal::NoHolder)
    }
}

fn look_up(name: &CStr) -> Option<DriverRef> {
    DriverRef::find(&MODULE, |driver| driver.name() == name)
        .or_else(|| DriverRef::find(&MODULE, |driver| is_same(driver.name(), name)))
        .or_else(|| {
            DriverRef::find(&MODULE, |driver| {
                driver.module().is_some_and(|it| is_same(it, name))
            })
        })
}

fn is_same(one: &CStr, other: &CStr) -> bool {
    is_same_name(one.to_bytes(), other.to_bytes())
}
