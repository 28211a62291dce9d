// SPDX-License-Identifier: GPL-2.0

//! What the module registers, and in which order it comes and goes.

use crate::{
    abstractions::{
        bus::Notifier,
        pci_driver, //
    },
    arbiter::Arbiter,
    driver::VgaStubDriver,
    events::Events,
    handoff,
    legacy::Guests,
    ours::NAME,
    registry::Registry,
    rom,
    selection::{
        self,
        Reservations, //
    }, //
};
use kernel::prelude::*;

/// All that is registered. Fields are dropped in their order: the bus notifier stops; the cards'
/// directories go, which waits for writers; the arbiter forgets what it was told of guests' cards;
/// the reservations go; the driver goes, and releases each card; the arbiter's queue ends.
#[pin_data]
pub(crate) struct VgaStub {
    #[pin]
    _notifier: Notifier<Events>,
    _cards: Registry,
    _guests: Guests,
    _reservations: Reservations,
    #[pin]
    _driver: pci_driver::Registration<VgaStubDriver>,
    _arbiter: Arbiter,
}

impl kernel::InPlaceModule for VgaStub {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        // Fields are initialised in the order they are written in here.
        try_pin_init!(Self {
            _: { handoff::init() },
            // Before a card is claimed: reading its ROM may be what the user wanted to avoid.
            _: { rom::report_rules() },
            _arbiter: Arbiter::new()?,
            _guests: Guests::new()?,
            _cards: Registry::new()?,
            _notifier <- Notifier::new(),
            _reservations: Reservations::new(),
            _driver <- pci_driver::Registration::new(NAME, module),
            _: { selection::apply(&_driver) },
        })
    }
}
