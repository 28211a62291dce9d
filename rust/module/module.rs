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

/// All that is registered. Fields are dropped in their order: first nobody tells us of changes on
/// the bus, then the cards' directories go and with them whoever is writing to a file there, then what
/// the arbiter was told of guests' cards, then the reservations, then the driver and with it the hold on each card; at last nobody asks the arbiter any
/// more.
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
            _: { rom::report_bad_rules() },
            _arbiter: Arbiter::new()?,
            _guests: Guests::new(),
            _cards: Registry::new()?,
            _notifier <- Notifier::new(),
            _reservations: Reservations::new(),
            _driver <- pci_driver::Registration::new(NAME, module),
            _: { selection::apply(&_driver) },
        })
    }
}
