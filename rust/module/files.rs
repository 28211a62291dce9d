// SPDX-License-Identifier: GPL-2.0

//! /sys/class/vga_stub: see Documentation/ABI/testing/sysfs-class-vga_stub.

use crate::{
    abstractions::class::{
        Class,
        Definition,
        File,
        Files,
        Show,
        Store, //
    },
    card::Card,
    handoff, //
};
use core::sync::atomic::AtomicBool;
use kernel::prelude::*;

static CLASS: Definition<Card> = Definition::new(c"vga_stub");

static STATE: File = File::readable::<Card, State>(c"state");
static ROM_SOURCE: File = File::readable::<Card, RomSource>(c"rom_source");
static ROM_STATUS: File = File::readable::<Card, RomStatus>(c"rom_status");
static HANDOFF: File = File::writable::<Card, Handoff>(c"handoff");
static RECLAIM: File = File::writable::<Card, Reclaim>(c"reclaim");

static FILES: Files = Files::new([&STATE, &ROM_SOURCE, &ROM_STATUS, &HANDOFF, &RECLAIM]);

impl Class for Card {
    const FILES: &'static Files = &FILES;
    const VARIABLE: &'static CStr = c"VGA_STUB_STATE";

    fn definition() -> &'static Definition<Self> {
        &CLASS
    }

    #[inline]
    fn variable(&self) -> &'static str {
        self.state().as_str()
    }

    fn rom(&self) -> Option<&[u8]> {
        self.rom.image()
    }

    fn announced(&self) -> &AtomicBool {
        &self.announced
    }
}

/// `state`
struct State;

impl Show<Card> for State {
    #[inline]
    fn show(card: &Card) -> &'static str {
        card.state().as_str()
    }
}

/// `rom_source`
struct RomSource;

impl Show<Card> for RomSource {
    #[inline]
    fn show(card: &Card) -> &'static str {
        card.rom.source.as_str()
    }
}

/// `rom_status`
struct RomStatus;

impl Show<Card> for RomStatus {
    #[inline]
    fn show(card: &Card) -> &'static str {
        card.rom.status.as_str()
    }
}

/// `handoff`
struct Handoff;

impl Store<Card> for Handoff {
    fn store(card: &Card, text: &[u8]) -> Result {
        handoff::handoff(card, text)
    }
}

/// `reclaim`
struct Reclaim;

impl Store<Card> for Reclaim {
    fn store(card: &Card, text: &[u8]) -> Result {
        handoff::reclaim(card, text)
    }
}
