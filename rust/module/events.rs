// SPDX-License-Identifier: GPL-2.0

//! What happens on the bus, and whom it concerns.

use crate::{
    abstractions::bus::{
        Event,
        Listener, //
    },
    card,
    handoff,
    selection, //
};
use kernel::pci;

/// Passes the events of the bus on.
pub(crate) struct Events;

impl Listener for Events {
    fn notify(event: Event, pdev: &pci::Device) {
        match event {
            Event::Delete => {
                handoff::forget(pdev);
                card::remove(pdev);
            }
            Event::Add => selection::reserve(pdev),
            Event::Unbind { holder } => selection::unbind(pdev, holder),
            Event::Bound | Event::Unbound => card::announce(pdev),
        }
    }
}
