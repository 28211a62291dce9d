// SPDX-License-Identifier: GPL-2.0

//! The list of claimed functions, and their directories in /sys/class.

use crate::{
    abstractions::{
        class,
        pci::DeviceExt as _,
        workqueue::OwnedQueue, //
    },
    card::Card, //
};
use kernel::{
    impl_has_work,
    pci,
    prelude::*,
    sync::Arc,
    workqueue::{
        new_work,
        Work,
        WorkItem, //
    }, //
};

/// A card's directory in /sys/class, ready to be removed from a work queue.
#[pin_data]
struct Entry {
    directory: class::Device<Card>,
    #[pin]
    removal: Work<Entry>,
}

impl_has_work! {
    impl HasWork<Self> for Entry { self.removal }
}

impl WorkItem for Entry {
    type Pointer = Pin<KBox<Self>>;

    /// Removes the directory, which waits for whoever is in one of its files.
    fn run(this: Pin<KBox<Self>>) {
        drop(this);
    }
}

/// All claimed functions.
pub(crate) struct Cards {
    entries: KVec<Pin<KBox<Entry>>>,
    /// Where directorys are removed, while the module is up.
    queue: Option<Arc<OwnedQueue>>,
}

static_mutex! {
    /// The claimed functions. Held shortly, and last: no other lock of ours is taken with it.
    mod cards: Cards = Cards {
        entries: KVec::new(),
        queue: None,
    };
}

/// Returns what is known of a function, if it has been claimed.
pub(crate) fn find(pdev: &pci::Device) -> Option<Arc<Card>> {
    let cards = cards::lock().ok()?;

    cards
        .position(pdev)
        .and_then(|index| cards.entries.get(index))
        .map(|entry| entry.directory.data().clone())
}

/// Adds a function at its first claim, and with it its directory in /sys/class.
///
/// # Errors
///
/// `ENOMEM`. `ENODEV`: the module is on its way out.
pub(crate) fn add(card: Card) -> Result<Arc<Card>> {
    let queue = cards::lock()?.queue.clone().ok_or(ENODEV)?;
    let card = Arc::new(card, GFP_KERNEL)?;

    // The directory of a device that was here before and is gone has the same name.
    queue.flush();

    let directory = class::Device::new(card.pdev(), card.clone())?;
    let entry = KBox::pin_init(
        pin_init!(Entry {
            directory,
            removal <- new_work!("vga_stub::Entry::removal"),
        }),
        GFP_KERNEL,
    )?;
    let mut cards = cards::lock()?;

    // Should one of these fail, the lock is released before the entry is dropped: that waits for
    // those who are in the directory's files, and they may want the lock.
    if cards.queue.is_none() {
        return Err(ENODEV);
    }
    cards.entries.reserve(1, GFP_KERNEL)?;
    cards
        .entries
        .push_within_capacity(entry)
        .map_err(|_| ENOMEM)?;
    Ok(card)
}

/// Calls a function from the module's work queue: outside every lock, one after another, and before
/// the module goes.
///
/// # Errors
///
/// `ENOMEM`. `ENODEV`: the module is on its way out.
pub(crate) fn defer(call: fn()) -> Result {
    let cards = cards::lock()?;

    Ok(cards
        .queue
        .as_ref()
        .ok_or(ENODEV)?
        .try_spawn(GFP_KERNEL, call)?)
}

/// Tells userspace that a claimed function changed hands.
pub(crate) fn announce(pdev: &pci::Device) {
    let Ok(cards) = cards::lock() else {
        return;
    };

    if let Some(entry) = cards
        .position(pdev)
        .and_then(|index| cards.entries.get(index))
    {
        entry.directory.changed();
    }
}

/// Starts the removal of a function's directory. It is not removed here, since a bus listener may
/// not wait for who is in one of its files.
pub(crate) fn remove(pdev: &pci::Device) {
    if let Ok(mut cards) = cards::lock() {
        cards.remove(pdev);
    }
}

impl Cards {
    fn position(&self, pdev: &pci::Device) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.directory.data().pdev().raw() == pdev.raw())
    }

    fn remove(&mut self, pdev: &pci::Device) {
        let Some(index) = self.position(pdev) else {
            return;
        };

        if let (Some(queue), Ok(entry)) = (&self.queue, self.entries.remove(index)) {
            queue.enqueue(entry);
        }
    }
}

/// Keeps the list of claimed functions; dropping it empties the list and keeps it empty.
pub(crate) struct Registry(());

impl Registry {
    /// Opens the list.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        let queue = Arc::new(OwnedQueue::new(c"vga_stub")?, GFP_KERNEL)?;

        cards::init();
        cards::lock()?.queue = Some(queue);
        Ok(Self(()))
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let Ok(mut cards) = cards::lock() else {
            return;
        };
        let queue = cards.queue.take();
        let entries = core::mem::take(&mut cards.entries);

        // What follows waits for those who are in the cards' files; they may want the lock.
        drop(cards);
        drop(entries);
        drop(queue);
    }
}
