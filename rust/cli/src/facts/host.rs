// SPDX-License-Identifier: GPL-2.0

//! All that is known of a machine, in one plain struct.

use std::collections::{
    BTreeMap,
    BTreeSet, //
};

use super::{
    bits::module_name,
    config::Config,
    guests::Guests,
    kernels::Kernels,
    pci::{
        self,
        Function,
        Group,
        Pci,
        Slot, //
    },
    selection::{
        Parameters,
        Selection, //
    },
    system::{
        is_framebuffer,
        System,
        User, //
    },
    Datum,
    Source, //
};

/// Modules that checks ask for by name.
const MODULES: [&str; 12] = [
    "vga_stub",
    "vfio_pci",
    "vfio_virqfd",
    "amdgpu",
    "i915",
    "xe",
    "nouveau",
    "radeon",
    "nvidia",
    "snd_hda_intel",
    "xhci_pci",
    "vendor_reset",
];

/// What is to be read besides the usual.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// The kernel's log of the boot before instead of this one's.
    pub(crate) previous: bool,
    /// The cards that the user asks about; all if there are none.
    pub(crate) cards: Vec<Slot>,
}

/// A card: the functions of a slot of which one is a display controller, or one is named.
#[derive(Clone, Debug)]
pub(crate) struct Card<'a> {
    /// Its slot.
    pub(crate) slot: Slot,
    /// Its functions by their numbers.
    pub(crate) functions: Vec<&'a Function>,
}

impl<'a> Card<'a> {
    /// Returns whether one of its functions is named to vga-stub.
    pub(crate) fn is_named(&self) -> bool {
        self.functions
            .iter()
            .any(|function| function.named.is_some())
    }

    /// Returns its first display controller, or its first function.
    pub(crate) fn main(&self) -> Option<&'a Function> {
        let mut functions = self.functions.iter();
        let display = functions.find(|function| function.is_display());
        display.or(self.functions.first()).copied()
    }

    /// Returns its display controllers.
    pub(crate) fn displays(&self) -> impl Iterator<Item = &'a Function> + '_ {
        self.functions
            .iter()
            .copied()
            .filter(|function| function.is_display())
    }
}

/// All that is known of a machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    /// PCI functions and IOMMU groups.
    pub(crate) pci: Pci,
    /// What names functions to vga-stub.
    pub(crate) selection: Selection,
    /// Configuration.
    pub(crate) config: Config,
    /// The installed kernels.
    pub(crate) kernels: Kernels,
    /// The machine around the cards.
    pub(crate) system: System,
    /// Guests.
    pub(crate) guests: Guests,
    /// The cards that the user asks about; all if there are none.
    pub(crate) asked: Vec<Slot>,
}

impl Host {
    /// Reads a machine.
    pub(crate) fn read(source: &dyn Source, options: &Options) -> Self {
        let config = Config::read(source);
        let selection = Selection::read(source, &config);
        let parameters = selection.now().clone();
        let pci = pci::read(source, &|route, identity| parameters.name(route, identity));
        let mut interest: BTreeSet<_> = MODULES.iter().map(|name| (*name).to_owned()).collect();
        for line in &config.modprobe {
            if let Some((module, rest)) = line.about("softdep") {
                interest.insert(module_name(module));
                interest.extend(rest.split_whitespace().map(module_name));
            }
        }
        for line in &config.modules {
            interest.extend(line.words().map(module_name));
        }
        for function in pci.functions.known().into_iter().flatten() {
            interest.extend(function.host_drivers.iter().map(|name| module_name(name)));
            interest.extend(function.driver.known().map(|name| module_name(name)));
        }
        Self {
            kernels: Kernels::read(source, &interest),
            system: System::read(source, options.previous),
            guests: Guests::read(source),
            asked: options.cards.clone(),
            pci,
            selection,
            config,
        }
    }

    /// Reads what a change of cards goes by: the cards and who uses them. It takes a moment only.
    pub(crate) fn of_cards(source: &dyn Source) -> Self {
        let config = Config::read(source);
        let selection = Selection::read(source, &config);
        let parameters = selection.now().clone();
        Self {
            pci: pci::read(source, &|route, identity| parameters.name(route, identity)),
            system: System::of_cards(source),
            guests: Guests::read(source),
            selection,
            config,
            ..Self::default()
        }
    }

    /// Returns this machine as it will be when vga_stub is loaded with some parameters.
    pub(crate) fn with(mut self, parameters: &Parameters) -> Self {
        if let Datum::Known(functions) = &mut self.pci.functions {
            for function in functions {
                function.named = parameters.name(&function.route, &function.identity);
            }
        }
        self.selection.configured = parameters.clone();
        self.selection.loaded = self.selection.loaded.map(|_| parameters.clone());
        self
    }

    /// Returns all PCI functions.
    pub(crate) fn functions(&self) -> &[Function] {
        self.pci
            .functions
            .known()
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Returns the function of that name: `0000:01:00.0`.
    pub(crate) fn function(&self, name: &str) -> Option<&Function> {
        self.functions()
            .iter()
            .find(|function| function.name == name)
    }

    /// Returns the cards: slots with a display controller, or with a function that is named or that
    /// the module has claimed.
    pub(crate) fn cards(&self) -> Vec<Card<'_>> {
        let mut slots: BTreeMap<Slot, Vec<&Function>> = BTreeMap::new();
        for function in self.functions() {
            slots.entry(function.slot()).or_default().push(function);
        }
        let is_card = |functions: &[&Function]| {
            functions.iter().any(|function| {
                function.is_display()
                    || function.named.is_some()
                    || function.claimed.known().is_some()
            })
        };
        let cards = slots
            .into_iter()
            .filter(|(_, functions)| is_card(functions));
        cards
            .map(|(slot, functions)| Card { slot, functions })
            .collect()
    }

    /// Returns the cards that are for guests: those that the user asks about, or else those that
    /// are named, or else all.
    pub(crate) fn targets(&self) -> Vec<Card<'_>> {
        let mut cards = self.cards();
        if !self.asked.is_empty() {
            cards.retain(|card| self.asked.contains(&card.slot));
        } else if cards.iter().any(Card::is_named) {
            cards.retain(Card::is_named);
        }
        cards
    }

    /// Returns the cards that are named and looked at.
    pub(crate) fn named(&self) -> Vec<Card<'_>> {
        let mut cards = self.targets();
        cards.retain(Card::is_named);
        cards
    }

    /// Returns a function's IOMMU group.
    pub(crate) fn group(&self, function: &Function) -> Option<&Group> {
        self.pci.groups.known()?.get(function.group.known()?)
    }

    /// Returns how many IOMMU groups there are, if that is known.
    pub(crate) fn group_count(&self) -> Option<usize> {
        match &self.pci.groups {
            Datum::Known(groups) => Some(groups.len()),
            Datum::Absent => Some(0),
            Datum::Unreadable(_) => None,
        }
    }

    /// Returns who has a function open.
    pub(crate) fn users(&self, function: &Function) -> Vec<&User> {
        let users = self.system.users.known().into_iter().flatten();
        users
            .filter(|user| self.is_of(&user.file, function))
            .collect()
    }

    /// Returns whether a file of /dev is a function's.
    fn is_of(&self, file: &str, function: &Function) -> bool {
        if let Some(group) = file
            .strip_prefix("/dev/vfio/")
            .and_then(|name| name.parse().ok())
        {
            return function.group.known() == Some(&group) && !function.is_bridge();
        }
        if let Some(name) = file.strip_prefix("/dev/vfio/devices/") {
            let names = function.details.vfio.known();
            return names.is_some_and(|names| names.iter().any(|known| known == name));
        }
        // Of sound: /dev/snd/pcmC1D3p is card 1's.
        let node = match file.strip_prefix("/dev/snd/") {
            Some(name) => {
                let digits = |rest: &str| -> String {
                    rest.chars().take_while(char::is_ascii_digit).collect()
                };
                let number = name.split_once('C').map(|(_, rest)| digits(rest));
                format!("/dev/snd/card{}", number.unwrap_or_default())
            }
            None => file.to_owned(),
        };
        self.system.nodes.get(&node) == Some(&function.name)
    }

    /// Returns the line of `/proc/iomem` with the firmware's framebuffer in a function's memory.
    pub(crate) fn boot_screen(&self, function: &Function) -> Option<&str> {
        framebuffer(self.system.iomem.known()?, &function.name)
    }

    /// Returns the sockets of a function with screens on them, by their names.
    pub(crate) fn screens(&self, function: &Function) -> Vec<&str> {
        let displays = self.system.displays.known().into_iter().flatten();
        displays
            .filter(|display| display.function.as_deref() == Some(&function.name))
            .flat_map(|display| &display.connectors)
            .filter(|connector| {
                connector
                    .status
                    .known()
                    .is_some_and(|status| status == "connected")
            })
            .map(|connector| connector.name.as_str())
            .collect()
    }
}

/// Returns the framebuffer below a function's ranges in `/proc/iomem`, by the blanks before it.
fn framebuffer<'a>(iomem: &'a str, name: &str) -> Option<&'a str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let of = |line: &'a str| line.split_once(" : ").map_or("", |(_, name)| name);
    let mut below = None;
    for line in iomem.lines() {
        if below.is_some_and(|below| depth(line) <= below) {
            below = None;
        }
        if of(line) == name {
            below = Some(depth(line));
        } else if below.is_some() && is_framebuffer(of(line)) {
            return Some(line.trim());
        }
    }
    None
}
