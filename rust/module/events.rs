// SPDX-License-Identifier: GPL-2.0

//! What happens on the bus, and whom it concerns.

use crate::{
    abstractions::bus::{
        Event,
        Listener, //
    },
    gate,
    holder,
    legacy,
    registry,
    selection, //
};
use kernel::pci;

/// Passes the events of the bus on.
pub(crate) struct Events;

impl Listener for Events {
    fn notify(event: Event<'_>, pdev: &pci::Device) {
        match event {
            Event::Delete => {
                gate::forget(pdev);
                registry::remove(pdev);
            }
            Event::Add => {
                selection::reserve(pdev);
                legacy::added(pdev);
            }
            Event::Unbind(driver) => selection::unbind(pdev, holder::is_holder(driver)),
            Event::Bound(driver) => {
                legacy::bound(pdev, driver);
                registry::announce(pdev);
            }
            Event::Unbound => {
                legacy::unbound(pdev);
                registry::announce(pdev);
            }
        }
    }
}
