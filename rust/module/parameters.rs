// SPDX-License-Identifier: GPL-2.0

//! The module's parameters.

use crate::abstractions::params::{
    Flag,
    Text,
    TEXT_OPS, //
};
use kernel::bindings;

module_parameter! {
    /// The cards to claim, by their IDs: see [`vga_stub_core::ids`].
    pub(crate) static IDS: "vga_stub"."ids", "charp", TEXT_OPS,
        Text = Text::new(c""),
        "cards to claim: vendor:device[:subvendor[:subdevice[:class[:class_mask]]]],...";
}

module_parameter! {
    /// The cards to claim, by their places: see [`vga_stub_core::devices`].
    pub(crate) static DEVICES: "vga_stub"."devices", "charp", TEXT_OPS,
        Text = Text::new(c""),
        "cards to claim: [domain:]bus:device.function[/device.function...][=vendor:device],...";
}

module_parameter! {
    /// The driver that gets the cards where none is named.
    pub(crate) static HANDOFF: "vga_stub"."handoff", "charp", TEXT_OPS,
        Text = Text::new(c"vfio-pci"),
        "driver that cards are handed to by default (vfio-pci)";
}

module_parameter! {
    /// Whose option ROMs are read: see [`vga_stub_core::capture`].
    pub(crate) static ROM: "vga_stub"."rom", "charp", TEXT_OPS,
        Text = Text::new(c""),
        "read option ROMs when cards are claimed: yes, no, [!]place as in devices=,... (yes)";
}

module_parameter! {
    /// What guests do with legacy VGA, where the file `legacy` says nothing else.
    pub(crate) static LEGACY: "vga_stub"."legacy", "charp", TEXT_OPS,
        Text = Text::new(c"arbitrated"),
        "what guests do with legacy VGA by default: arbitrated, none, owned (arbitrated)";
}

module_parameter! {
    /// Whether held cards stay in D0.
    pub(crate) static DISABLE_IDLE_D3: "vga_stub"."disable_idle_d3", "bool",
        bindings::param_ops_bool, Flag = Flag::new(false),
        "leave held cards in D0 (no)";
}
