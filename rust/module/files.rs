// SPDX-License-Identifier: GPL-2.0

//! /sys/class/vga_stub: see Documentation/ABI/testing/sysfs-class-vga_stub.

use crate::{
    abstractions::class::{
        Binary,
        BinaryFile,
        BinaryFiles,
        Class,
        Definition,
        File,
        Files,
        Show,
        Store, //
    },
    card::Card,
    handoff,
    legacy, //
};
use kernel::prelude::*;

static CLASS: Definition<Card> = Definition::new(c"vga_stub");

static STATE: File<Card> = File::readable::<State>(c"state");
static ROM_SOURCE: File<Card> = File::readable::<RomSource>(c"rom_source");
static ROM_STATUS: File<Card> = File::readable::<RomStatus>(c"rom_status");
static LEGACY: File<Card> = File::editable::<Legacy>(c"legacy");
static HANDOFF: File<Card> = File::writable::<Handoff>(c"handoff");
static RECLAIM: File<Card> = File::writable::<Reclaim>(c"reclaim");

static FILES: Files<Card> = Files::new([
    &STATE,
    &LEGACY,
    &ROM_SOURCE,
    &ROM_STATUS,
    &HANDOFF,
    &RECLAIM,
]);

static ROM: BinaryFile<Card> = BinaryFile::new::<Rom>(c"rom");

static BINARIES: BinaryFiles<Card> = BinaryFiles::new([&ROM]);

impl Class for Card {
    const FILES: &'static Files<Self> = &FILES;
    const BINARIES: &'static BinaryFiles<Self> = &BINARIES;
    const VARIABLE: &'static CStr = c"VGA_STUB_STATE";

    fn definition() -> &'static Definition<Self> {
        &CLASS
    }

    #[inline]
    fn variable(&self) -> &'static str {
        self.state().as_str()
    }
}

/// `rom`
struct Rom;

impl Binary<Card> for Rom {
    fn content(card: &Card) -> Option<&[u8]> {
        card.rom.image()
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

/// `legacy`
struct Legacy;

impl Show<Card> for Legacy {
    #[inline]
    fn show(card: &Card) -> &'static str {
        card.chosen().as_str()
    }
}

impl Store<Card> for Legacy {
    fn store(card: &Card, text: &[u8]) -> Result {
        legacy::write(card, text)
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
