// SPDX-License-Identifier: GPL-2.0

//! The list of claimed functions, and their directories in /sys/class.
//!
//! Nothing here waits for programs that use a file of a directory, but the work queue and the
//! module's exit: probe, removal and the bus's listeners run with locks held that a writer may
//! want, or that the loader of a module waits for on a writer's behalf.

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
    time::{
        delay::fsleep,
        Delta, //
    },
    workqueue::{
        new_work,
        Work,
        WorkItem, //
    }, //
};

/// A claimed function, and the work of making its directory or of removing it.
#[pin_data]
struct Entry {
    card: Arc<Card>,
    #[pin]
    work: Work<Entry>,
}

impl_has_work! {
    impl HasWork<Self> for Entry { self.work }
}

impl WorkItem for Entry {
    type Pointer = Arc<Self>;

    /// Has the directory be there, or not, as the list says.
    fn run(this: Arc<Self>) {
        if let Err(error) = this.settle() {
            dev_err!(
                this.card.pdev(),
                "no directory in /sys/class/vga_stub: error {}; unbind it and bind it again\n",
                error.to_errno()
            );
        }
    }
}

impl Entry {
    fn settle(self: &Arc<Self>) -> Result {
        let mut cards = cards::lock()?;
        let Some(place) = cards.place_of(self) else {
            return Ok(());
        };

        if place.leaving {
            let directory = place.directory.take();

            drop(cards);
            // Waits for whoever is in one of its files.
            drop(directory);

            let mut cards = cards::lock()?;

            cards.places.retain(|place| !place.is(self));
            return Ok(());
        }
        if place.directory.is_some() {
            return Ok(());
        }

        let Some(class) = cards.class() else {
            return Ok(());
        };

        drop(cards);

        let directory = class::Device::new(class, self.card.pdev(), self.card.clone())?;
        let mut cards = cards::lock()?;

        // Else the module is on its way out; the lock goes before the directory does.
        if let Some(place) = cards.place_of(self) {
            place.directory = Some(directory);
        }
        Ok(())
    }
}

/// A claimed function's place in the list.
struct Place {
    entry: Arc<Entry>,
    directory: Option<class::Device<Card>>,
    /// Whether the device is gone, and the directory still to go.
    leaving: bool,
}

impl Place {
    fn is(&self, entry: &Arc<Entry>) -> bool {
        Arc::ptr_eq(&self.entry, entry)
    }
}

/// What there is while the module is up.
struct Open {
    class: Arc<class::Registration<Card>>,
    /// Where directories are removed, each before the next of the same name is made.
    queue: OwnedQueue,
}

/// All claimed functions.
pub(crate) struct Cards {
    places: KVec<Place>,
    /// How many directories are being made in probes.
    making: usize,
    open: Option<Open>,
}

static_mutex! {
    /// The claimed functions. Held shortly, and last: no other lock of ours is taken with it, and
    /// no directory removed.
    mod cards: Cards = Cards {
        places: KVec::new(),
        making: 0,
        open: None,
    };
}

/// Returns what is known of a function, if it has been claimed.
pub(crate) fn find(pdev: &pci::Device) -> Option<Arc<Card>> {
    cards::lock()
        .ok()?
        .current(pdev)
        .map(|place| place.entry.card.clone())
}

/// Adds a function at its first claim, and with it its directory in /sys/class. While the directory
/// of a device of the same name is still going, the new one follows it from the work queue.
///
/// # Errors
///
/// `ENOMEM`. `ENODEV`: the module is on its way out.
pub(crate) fn add(card: Card) -> Result<Arc<Card>> {
    let card = Arc::new(card, GFP_KERNEL)?;
    let of_entry = card.clone();
    let entry = Arc::pin_init(
        pin_init!(Entry {
            card: of_entry,
            work <- new_work!("vga_stub::Entry::work"),
        }),
        GFP_KERNEL,
    )?;
    let mut cards = cards::lock()?;
    let class = cards.class().ok_or(ENODEV)?;
    let name_is_taken = cards
        .places
        .iter()
        .any(|place| place.entry.card.pdev().as_ref().name() == card.pdev().as_ref().name());

    cards.places.push(
        Place {
            entry: entry.clone(),
            directory: None,
            leaving: false,
        },
        GFP_KERNEL,
    )?;
    if name_is_taken {
        cards.enqueue(entry);
        return Ok(card);
    }
    cards.making = cards.making.wrapping_add(1);
    drop(cards);

    let directory = class::Device::new(class, card.pdev(), card.clone());
    let mut cards = cards::lock()?;

    cards.making = cards.making.wrapping_sub(1);
    match (directory, cards.place_of(&entry)) {
        (Ok(directory), Some(place)) => {
            place.directory = Some(directory);
            Ok(card)
        }
        (Err(error), _) => {
            cards.places.retain(|place| !place.is(&entry));
            Err(error)
        }
        // The list is not emptied as long as a directory is being made.
        (Ok(_), None) => Err(ENODEV),
    }
}

/// Tells userspace that a claimed function changed hands. One whose directory could not be made
/// gets another try.
pub(crate) fn announce(pdev: &pci::Device) {
    let Ok(mut cards) = cards::lock() else {
        return;
    };
    let Some(place) = cards.current(pdev) else {
        return;
    };

    match &place.directory {
        Some(directory) => directory.changed(),
        None => {
            let entry = place.entry.clone();

            cards.enqueue(entry);
        }
    }
}

/// Starts the removal of a function's directory.
pub(crate) fn remove(pdev: &pci::Device) {
    let Ok(mut cards) = cards::lock() else {
        return;
    };
    let Some(place) = cards.current(pdev) else {
        return;
    };
    let entry = place.entry.clone();

    place.leaving = true;
    cards.enqueue(entry);
}

impl Cards {
    /// Returns the place of a function whose device is there.
    fn current(&mut self, pdev: &pci::Device) -> Option<&mut Place> {
        self.places
            .iter_mut()
            .find(|place| !place.leaving && place.entry.card.pdev().is(pdev))
    }

    fn place_of(&mut self, entry: &Arc<Entry>) -> Option<&mut Place> {
        self.places.iter_mut().find(|place| place.is(entry))
    }

    fn class(&self) -> Option<Arc<class::Registration<Card>>> {
        self.open.as_ref().map(|open| open.class.clone())
    }

    fn enqueue(&self, entry: Arc<Entry>) {
        if let Some(open) = &self.open {
            // One that is queued already looks at the list when it runs.
            let _ = open.queue.enqueue(entry);
        }
    }
}

/// Keeps the list of claimed functions; dropping it empties the list and keeps it empty.
pub(crate) struct Registry(());

impl Registry {
    /// Registers the class, and opens the list.
    ///
    /// # Errors
    ///
    /// `EEXIST`: there is a class of that name. `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        let open = Open {
            class: Arc::new(class::Registration::new()?, GFP_KERNEL)?,
            queue: OwnedQueue::new(c"vga_stub")?,
        };

        cards::init();
        cards::lock()?.open = Some(open);
        Ok(Self(()))
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let Ok(mut cards) = cards::lock() else {
            return;
        };
        let open = cards.open.take();

        // A probe that is making a directory waits for nobody.
        while cards.making != 0 {
            drop(cards);
            fsleep(Delta::from_millis(1));
            match cards::lock() {
                Ok(locked) => cards = locked,
                Err(_) => return,
            }
        }

        let places = core::mem::take(&mut cards.places);

        // What follows waits for those who are in the cards' files; they may want the lock.
        drop(cards);
        // The queue first: what is on it finds its place gone.
        drop(open);
        drop(places);
    }
}
