// SPDX-License-Identifier: GPL-2.0

//! `vga-stub list`: every card, its companions, who has them.

mod json;
mod long;
mod metrics;

use std::{
    collections::BTreeSet,
    path::PathBuf, //
};

use clap::Args;
use vga_stub_core::devices::{
    self,
    Fit, //
};

use crate::{
    card::{
        self,
        card_help, //
    },
    command::Context,
    facts::{
        host::Options,
        pci::is_vfio,
        Function,
        Host, //
    },
    rom::extract::write as replace,
    text::{
        columns::{
            table,
            Align, //
        },
        escape::printable, //
    },
    Failure,
    GOOD, //
};

/// Show every card and its companions: who has them, which IOMMU group, what they are
///
/// With a CARD: all that is known of it. STATE is held, handed-off or unbound as the module says;
/// host for what a driver of the host has, free for what nobody has.
#[derive(Args, Debug)]
#[command(
    visible_alias = "status",
    after_help = card_help!("\
Marks:
  [boot]       the machine booted with it
  [screen]     a screen is connected to it
  [asleep]     it is in D3cold
  [not named]  it belongs to a card that is named, and is not named itself

Exit status:
  0  it was shown
  2  it could not be looked at, or there is no such card")
)]
pub(crate) struct ListArgs {
    /// The cards to tell all about
    #[arg(value_name = "CARD")]
    cards: Vec<String>,

    /// Show all PCI functions
    #[arg(long, conflicts_with = "cards")]
    all: bool,

    /// Show whole IOMMU groups, with strangers
    #[arg(long, conflicts_with = "cards")]
    groups: bool,

    /// Print states, ROMs and use as metrics, in Prometheus' text format
    #[arg(long, conflicts_with_all = ["all", "groups", "json"])]
    metrics: bool,

    /// Write the metrics to this file, which is replaced as a whole
    #[arg(long, short, value_name = "FILE", requires = "metrics")]
    output: Option<PathBuf>,
}

/// Does it.
pub(crate) fn run(context: &Context, args: &ListArgs) -> Result<u8, Failure> {
    let host = if args.metrics {
        // Every minute, as a rule.
        let mut host = Host::of_cards(&*context.source);
        host.kernels.running = context.source.value("/proc/sys/kernel/osrelease");
        host
    } else {
        Host::read(&*context.source, &Options::default())
    };
    if let Some(needs) = host.pci.functions.needs() {
        return Err(Failure::Read(format!(
            "cannot see the PCI devices: it takes {needs}"
        )));
    }
    let selected = card::resolve_all(&host, &args.cards).map_err(Failure::Read)?;
    if args.metrics {
        let functions: Vec<_> = if args.cards.is_empty() {
            let cards = host.cards().into_iter();
            cards.flat_map(|card| card.functions).collect()
        } else {
            let cards = selected.into_iter();
            cards.flat_map(|card| card.functions).collect()
        };
        let text = metrics::text(&host, &functions);
        match &args.output {
            None => context.print(&text)?,
            Some(path) => replace(path, text.as_bytes(), true).map_err(|error| {
                Failure::Read(format!("cannot write {}: {error}", path.display()))
            })?,
        }
    } else if context.global.json {
        let cards = if args.cards.is_empty() {
            host.cards()
                .into_iter()
                .map(|card| card.functions)
                .collect()
        } else {
            selected
                .into_iter()
                .map(|selected| selected.functions)
                .collect::<Vec<_>>()
        };
        let all = args.all.then(|| host.functions().iter().collect());
        context.print_json(&json::Listing::new(&host, &cards, all))?;
    } else if args.cards.is_empty() {
        context.print(&short(&host, args, context.width, context.global.quiet))?;
    } else {
        let text: Vec<_> = selected
            .iter()
            .flat_map(|selected| &selected.functions)
            .map(|function| long::text(&host, function))
            .collect();
        context.print(&text.join("\n"))?;
    }
    Ok(GOOD)
}

/// Returns all that can be said: for the fuzzer and tests.
pub(crate) fn everything(host: &Host) -> String {
    let args = |all, groups| ListArgs {
        cards: Vec::new(),
        all,
        groups,
        metrics: false,
        output: None,
    };
    let mut out = short(host, &args(false, true), Some(80), false);
    out += &short(host, &args(true, false), Some(80), false);
    for function in host.functions() {
        out += &long::text(host, function);
    }
    out
}

/// Returns the metrics of all functions: for the fuzzer.
pub(crate) fn metrics(host: &Host) -> String {
    metrics::text(host, &host.functions().iter().collect::<Vec<_>>())
}

/// Returns the table, and what follows from it.
fn short(host: &Host, args: &ListArgs, width: Option<usize>, quiet: bool) -> String {
    let functions = shown(host, args);
    let head = ["CARD", "STATE", "DRIVER", "GROUP", "DEVICE"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let mut last = None;
    for function in &functions {
        // Companions stand below their card by the function's number alone.
        let companion = !args.groups && last == Some(function.slot());
        last = Some(function.slot());
        rows.push(row(host, function, companion));
    }
    rows.extend(missing(host));
    if rows.len() == 1 {
        return "No graphics card is there.\n".into();
    }
    let aligns = [
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Right,
        Align::Left,
    ];
    let mut out = table(&aligns, &rows, width);
    if !quiet {
        out += &summary(host);
    }
    out
}

/// Returns the functions to show, in their order.
fn shown<'a>(host: &'a Host, args: &ListArgs) -> Vec<&'a Function> {
    if args.all {
        return host.functions().iter().collect();
    }
    let of_cards: Vec<_> = host
        .cards()
        .into_iter()
        .flat_map(|card| card.functions)
        .collect();
    if !args.groups {
        return of_cards;
    }
    let groups: BTreeSet<_> = of_cards
        .iter()
        .filter_map(|function| function.group.known().copied())
        .collect();
    let mut functions: Vec<_> = host
        .functions()
        .iter()
        .filter(|function| {
            let group = function.group.known();
            group.is_some_and(|group| groups.contains(group))
                || of_cards.iter().any(|card| card.name == function.name)
        })
        .collect();
    functions.sort_by_key(|function| function.group.known().copied().unwrap_or(u32::MAX));
    functions
}

/// Returns the row of a function.
fn row(host: &Host, function: &Function, companion: bool) -> Vec<String> {
    let card = if companion {
        let name = function.short();
        let dot = name.rfind('.').unwrap_or(0);
        format!("{}{}", " ".repeat(dot), name.get(dot..).unwrap_or_default())
    } else {
        function.short().to_owned()
    };
    let driver = match (function.driver.known(), function.driver.needs()) {
        (Some(driver), _) => printable(driver).into_owned(),
        (None, None) => "-".into(),
        (None, Some(_)) => "?".into(),
    };
    let group = match (function.group.known(), function.group.needs()) {
        (Some(group), _) => group.to_string(),
        (None, None) => "-".into(),
        (None, Some(_)) => "?".into(),
    };
    let mut device = printable(&function.words()).into_owned();
    let marks = marks(host, function);
    if !marks.is_empty() {
        device += &format!("  [{}]", marks.join(", "));
    }
    vec![
        card,
        printable(function.state()).into_owned(),
        driver,
        group,
        device,
    ]
}

/// Returns what else is to be said of a function.
fn marks(host: &Host, function: &Function) -> Vec<&'static str> {
    let mut marks = Vec::new();
    if function.details.boot_vga.known() == Some(&true) {
        marks.push("boot");
    }
    if !host.screens(function).is_empty() {
        marks.push("screen");
    }
    if function
        .details
        .power
        .known()
        .is_some_and(|power| power == "D3cold")
    {
        marks.push("asleep");
    }
    let slot = function.slot();
    let named = |other: &Function| other.slot() == slot && other.named.is_some();
    if function.named.is_none() && !function.is_bridge() && host.functions().iter().any(named) {
        marks.push("not named");
    }
    marks
}

/// Returns rows for the places that `devices=` names and where nobody is, or another one.
fn missing(host: &Host) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let text = &host.selection.now().devices.text;
    for place in devices::parse(text.as_bytes()).flatten() {
        let fit = |function: &Function| {
            let ids = (function.identity.vendor, function.identity.device);
            place.fit(function.route.iter().copied(), ids)
        };
        let fits: Vec<_> = host.functions().iter().map(fit).collect();
        if fits.contains(&Fit::Named) {
            continue;
        }
        let state = if fits.contains(&Fit::OtherIds) {
            "other"
        } else {
            "absent"
        };
        let words = String::from_utf8_lossy(place.text).into_owned();
        let device = format!("devices= names {}", printable(&words));
        rows.push(vec![
            "-".into(),
            state.into(),
            "-".into(),
            "-".into(),
            device,
        ]);
    }
    rows
}

/// Returns what follows from the table, in words.
fn summary(host: &Host) -> String {
    let cards = host.cards();
    let named: Vec<_> = cards.iter().filter(|card| card.is_named()).collect();
    if named.is_empty() {
        return "\nNo card is named to vga-stub yet: vga-stub doctor says what to do.\n".into();
    }
    let mut held = 0;
    let mut away = Vec::new();
    let mut broken = Vec::new();
    for card in &named {
        let mut functions = card
            .functions
            .iter()
            .filter(|function| !function.is_bridge());
        if functions.clone().all(|function| function.state() == "held") {
            held += 1;
        } else if functions.all(|function| {
            function.state() == "handed-off"
                || function.driver.known().is_some_and(|name| is_vfio(name))
        }) {
            away.push(card);
        } else {
            broken.push(card);
        }
    }
    let guests: BTreeSet<_> = away
        .iter()
        .flat_map(|card| &card.functions)
        .flat_map(|function| guests_of(host, function))
        .collect();
    let mut parts = vec![format!("{held} held")];
    if !away.is_empty() {
        let used: Vec<_> = guests.iter().map(String::as_str).collect();
        let by = if used.is_empty() {
            String::new()
        } else {
            format!(" (in use by {})", used.join(", "))
        };
        parts.push(format!("{} handed off{by}", away.len()));
    }
    if !broken.is_empty() {
        parts.push(format!("{} not whole", broken.len()));
    }
    let plural = if named.len() == 1 { "card" } else { "cards" };
    let mut out = format!(
        "\n{} {plural} for guests: {}.\n",
        named.len(),
        parts.join(", ")
    );
    for card in broken {
        out += &format!(
            "Something is wrong with {0}: vga-stub doctor {0}\n",
            card.slot
        );
    }
    out
}

/// Returns the names of the guests or processes that have a function in use.
pub(crate) fn guests_of(host: &Host, function: &Function) -> Vec<String> {
    let running = host
        .guests
        .running
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let users = host.users(function).into_iter();
    let users = users.filter(|user| user.file.starts_with("/dev/vfio/"));
    let name = |pid: u32, program: &str| {
        let guest = running
            .iter()
            .find(|guest| guest.pid == pid && guest.name != "-");
        guest.map_or_else(|| format!("{program} ({pid})"), |guest| guest.name.clone())
    };
    users
        .map(|user| printable(&name(user.pid, &user.name)).into_owned())
        .collect()
}
