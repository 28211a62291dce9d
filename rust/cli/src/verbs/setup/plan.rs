// SPDX-License-Identifier: GPL-2.0

//! What would be done, and why not.

use std::collections::BTreeMap;

use super::{
    merge,
    SetupArgs, //
};
use crate::{
    card::Selected,
    change::{
        initramfs,
        options::Options,
        record::Record,
        site::{
            Site,
            Trouble, //
        },
        Change,
        State,
        Words,
        OPTIONS,
        RECORD, //
    },
    checks::{
        self,
        fail,
        unknown,
        Finding,
        Level,
        Subject, //
    },
    facts::{
        bits::same_module,
        selection::{
            Parameters,
            Text, //
        },
        vital::KEYBOARD,
        Function,
        Host,
        Source, //
    },
    text::shell::quoted,
};

/// The checks whose failures forbid a setup.
const REFUSALS: [&str; 4] = ["group-stranger", "rmrr", "dkms-kernel", "secure-boot"];
/// The checks whose warnings are told besides: what goes wrong although the setup is right.
const WARNINGS: [&str; 20] = [
    "no-rust",
    "atomic",
    "rival",
    "boot-vga",
    "no-reset",
    "reset-bus-only",
    "mux",
    "blacklist",
    "builtin-host",
    "group-stranger",
    "iommu-firmware",
    "iommu-kernel",
    "iommu-igd",
    "twins",
    "dead",
    "d3cold",
    "late-bind",
    "amd-reset",
    "initramfs-order",
    "param-bad",
];

/// Where the kernel shows what it was booted with.
const CMDLINE: &str = "/proc/cmdline";

/// A card as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Its slot.
    pub(crate) slot: String,
    /// Its name in words.
    pub(crate) name: String,
    /// Its functions that are meant, by their names.
    pub(crate) functions: Vec<String>,
    /// Their IOMMU groups.
    pub(crate) groups: Vec<u32>,
}

/// What would be done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// The verb.
    pub(crate) verb: &'static str,
    /// What was asked for, to be typed again.
    pub(crate) again: String,
    /// The cards that are asked for.
    pub(crate) cards: Vec<Shown>,
    /// The displays that stay with the host.
    pub(crate) kept: Vec<String>,
    /// What is changed.
    pub(crate) change: Change,
    /// What forbids it.
    pub(crate) refused: Vec<Finding>,
    /// What goes wrong besides.
    pub(crate) warnings: Vec<Finding>,
    /// What to write into the configuration of NixOS, where nothing is written by us.
    pub(crate) nix: Option<String>,
    /// The words for the kernel's command line, where they are asked for and nothing is written.
    pub(crate) words: Words,
    /// Whether images have to be made anew and are not.
    pub(crate) stale: bool,
}

/// What there is of an earlier setup.
#[derive(Clone, Debug)]
pub(crate) struct Now {
    /// The options file.
    pub(crate) text: Option<String>,
    /// Whose that is.
    pub(crate) state: State,
    /// The record.
    pub(crate) record: Option<Record>,
}

/// Reads what there is of an earlier setup.
pub(crate) fn now(site: &Site, source: &dyn Source, here: bool) -> Result<Now, Trouble> {
    // A report does not have all of it.
    let read = |path: &str| match here {
        true => site.read(path),
        false => Ok(source.text(path).known().cloned()),
    };
    let record = read(RECORD)?.map(|text| Record::parse(&text)).transpose();
    let record = if here {
        record
    } else {
        Ok(record.ok().flatten())
    };
    let record = record.map_err(|why| {
        Trouble::Refused(format!(
            "{RECORD} is no record of vga-stub setup: {why}; nothing was changed.\n\
             The options file says the same: remove {RECORD}, and try again"
        ))
    })?;
    let text = read(OPTIONS)?;
    Ok(Now {
        state: State::of(text.as_deref(), record.as_ref()),
        text,
        record,
    })
}

/// Plans a setup.
pub(crate) fn setup(
    host: &Host,
    source: &dyn Source,
    now: Now,
    selected: &[Selected<'_>],
    args: &SetupArgs,
) -> Result<Plan, Trouble> {
    let mut options = match &now.state {
        State::Ours(options) => options.clone(),
        State::Absent => match &now.record {
            Some(record) if record.text.is_none() => record.options.clone(),
            _ => Options::default(),
        },
        State::Edited => {
            return Err(Trouble::Refused(format!(
                "{OPTIONS} was edited since vga-stub setup wrote it; nothing was changed.\n\
                 Move what you added to another file there, and begin again:\n  \
                 vga-stub undo --force --apply"
            )))
        }
        State::Foreign => {
            return Err(Trouble::Refused(format!(
                "{OPTIONS} was not written by vga-stub setup; nothing was changed. \
                 Give it another name: mv {OPTIONS} /etc/modprobe.d/my-cards.conf"
            )))
        }
    };
    let hooked = initramfs::is_hooked(host, source);
    let mut cards = Vec::new();
    for selected in selected {
        let functions = functions(host, selected, args)?;
        let softdeps = match hooked {
            true => Vec::new(),
            false => softdeps(host, &functions),
        };
        let card = merge::card(selected, &functions, args.by_id, softdeps);
        let mut groups: Vec<_> = functions
            .iter()
            .filter_map(|function| function.group.known().copied())
            .collect();
        groups.sort_unstable();
        groups.dedup();
        cards.push(Shown {
            slot: card.slot.clone(),
            name: card.name.clone(),
            functions: functions
                .iter()
                .map(|function| function.name.clone())
                .collect(),
            groups,
        });
        let single = selected.single && !args.all_functions && args.functions.is_none();
        merge::add(host, &mut options, card, single);
    }
    let mut plan = Plan {
        verb: "setup",
        again: again(args),
        cards,
        ..Plan::default()
    };
    if args.kernel_command_line {
        if now.record.is_some() || now.text.is_some() {
            return Err(Trouble::Refused(
                "vga-stub setup has set cards up already, and only the last parameter counts; nothing \
                 was changed.\nTake that back first: vga-stub undo --apply"
                    .into(),
            ));
        }
        plan.words = words(&options);
    } else {
        fill(&mut plan, host, source, &now, &options, !args.no_initramfs)?;
    }
    judge(&mut plan, host, &options, selected, args.headless);
    Ok(plan)
}

/// Returns what was asked for, to be typed again.
fn again(args: &SetupArgs) -> String {
    let mut words: Vec<_> = args.cards.iter().map(|card| quoted(card)).collect();
    if let Some(functions) = &args.functions {
        let functions: Vec<_> = functions.iter().map(u8::to_string).collect();
        words.push(format!("--functions {}", functions.join(",")));
    }
    for (given, word) in [
        (args.all_functions, "--all-functions"),
        (args.by_id, "--by-id"),
        (args.headless, "--headless"),
        (args.kernel_command_line, "--kernel-command-line"),
        (args.no_initramfs, "--no-initramfs"),
    ] {
        if given {
            words.push(word.into());
        }
    }
    words.join(" ")
}

/// Returns the functions of a slot that are meant.
fn functions<'a>(
    host: &'a Host,
    selected: &Selected<'a>,
    args: &SetupArgs,
) -> Result<Vec<&'a Function>, Trouble> {
    let all: Vec<_> = host
        .functions()
        .iter()
        .filter(|function| function.slot() == selected.slot)
        .collect();
    let mut functions = match &args.functions {
        Some(numbers) => {
            let of = |number: &u8| {
                let mut all = all.iter();
                let found = all.find(|function| function.address.function == *number);
                found.copied().ok_or_else(|| {
                    Trouble::Failed(format!("{} has no function {number}", selected.slot))
                })
            };
            numbers.iter().map(of).collect::<Result<Vec<_>, _>>()?
        }
        None if args.all_functions => all,
        None => selected.functions.clone(),
    };
    functions.retain(|function| !function.is_bridge());
    functions.sort_by_key(|function| function.address.function);
    functions.dedup_by_key(|function| function.address.function);
    if let Some(function) = functions
        .iter()
        .find(|function| function.identity.vendor == 0)
    {
        return Err(Trouble::Failed(format!(
            "cannot read the IDs of {}",
            function.name
        )));
    }
    if functions.is_empty() {
        return Err(Trouble::Refused(format!(
            "{} is a bridge; vga-stub holds none",
            selected.slot
        )));
    }
    Ok(functions)
}

/// Returns the modules that have to come after vga_stub and of which nothing says so. What is built
/// in is always first.
fn softdeps(host: &Host, functions: &[&Function]) -> Vec<String> {
    let told = |module: &str| {
        host.config.modprobe.iter().any(|line| {
            line.file != OPTIONS
                && line.about("softdep").is_some_and(|(name, rest)| {
                    let mut words = rest.split_whitespace();
                    same_module(name, module) && words.any(|word| same_module(word, "vga_stub"))
                })
        })
    };
    let mut modules: Vec<String> = Vec::new();
    for module in functions.iter().flat_map(|function| &function.host_drivers) {
        let built_in = host.kernels.is_builtin(module) != Some(false);
        if !built_in && !told(module) && !modules.contains(module) {
            modules.push(module.clone());
        }
    }
    modules.sort();
    modules
}

/// Returns what options are as words of the kernel's command line.
fn words(options: &Options) -> Words {
    ["devices", "ids"]
        .iter()
        .map(|name| (name, options.parameter(name)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("vga_stub.{name}={value}"))
        .collect()
}

/// Plans how the machine gets from what there is to some options.
pub(crate) fn fill(
    plan: &mut Plan,
    host: &Host,
    source: &dyn Source,
    now: &Now,
    options: &Options,
    images: bool,
) -> Result<(), Trouble> {
    let words = words(options);
    let some = !options.cards.is_empty();
    if host.system.nixos {
        plan.nix = some.then(|| nix(options));
        plan.change.before.clone_from(&now.text);
        plan.change.after = some.then(|| options.text());
        return Ok(());
    }
    // Or somebody has removed the file, and the images may have it still.
    let pending = now
        .record
        .as_ref()
        .is_some_and(|record| record.pending || (record.text.is_some() && now.text.is_none()));
    let mut will = Record {
        schema: 1,
        version: env!("CARGO_PKG_VERSION").into(),
        options: options.clone(),
        groups: groups(host, options, now.record.as_ref()),
        made: now
            .record
            .as_ref()
            .map(|record| record.made.clone())
            .unwrap_or_default(),
        ..Record::default()
    };
    let change = &mut plan.change;
    change.before.clone_from(&now.text);
    change.was.clone_from(&now.record);
    if host.system.image_based {
        change.after.clone_from(&now.text);
        let had = now.record.as_ref().map(|record| record.words.clone());
        let had = had.unwrap_or_else(|| lost(host, now));
        if had != words || pending {
            let gone: Words = had
                .into_iter()
                .filter(|word| !words.contains(word))
                .collect();
            let gone_words = gone
                .iter()
                .map(|word| format!("--delete-if-present={word}"));
            let new_words = words
                .iter()
                .map(|word| format!("--append-if-missing={word}"));
            let arguments: Words = gone_words.chain(new_words).collect();
            if !arguments.is_empty() {
                let start = ["rpm-ostree".to_owned(), "kargs".to_owned()];
                change
                    .commands
                    .push(start.into_iter().chain(arguments).collect());
            }
            change.words = Some((words.clone(), gone));
        }
        will.words = words;
    } else {
        change.after = some.then(|| options.text());
        will.text.clone_from(&change.after);
        let stale = change.before != change.after || pending;
        let (commands, made) = initramfs::commands(host, source, some)
            .map_err(|image| {
                Trouble::Refused(format!(
                    "{image} has to be made anew, and neither update-initramfs, dracut nor \
                 mkinitcpio is there; nothing was changed. \
                 With --no-initramfs the rest is done"
                ))
            })
            .or_else(|trouble| match images && stale {
                true => Err(trouble),
                false => Ok((Vec::new(), Vec::new())),
            })?;
        if stale && images {
            change.commands = commands;
            change.images = made;
        } else if stale {
            plan.stale = !commands.is_empty() || !made.is_empty();
            will.pending = plan.stale;
        }
    }
    let run = change.commands.iter().map(|words| words.join(" "));
    will.commands = match (run.len(), &now.record) {
        (0, Some(record)) => record.commands.clone(),
        _ => run.collect(),
    };
    let same = !change.takes_reboot()
        && now
            .record
            .as_ref()
            .is_some_and(|record| record.says(&will) && record.pending == will.pending);
    change.will = match same {
        true => now.record.clone(),
        false => some.then_some(will),
    };
    Ok(())
}

/// Returns the words of the kernel's command line that choose cards, where nothing says who has put
/// them there and `rpm-ostree kargs` can take them away.
pub(crate) fn lost(host: &Host, now: &Now) -> Words {
    if !host.system.image_based || now.record.is_some() {
        return Words::new();
    }
    let of = |name: &'static str| {
        let texts = host.config.options("vga_stub", name);
        let texts = texts.into_iter().filter(|text| text.place == CMDLINE);
        texts.map(move |text| format!("vga_stub.{name}={}", text.text))
    };
    ["devices", "ids"].into_iter().flat_map(of).collect()
}

/// Returns for each function that some options name the members of its group, and what was known of
/// those that are not there now.
fn groups(
    host: &Host,
    options: &Options,
    record: Option<&Record>,
) -> BTreeMap<String, Vec<String>> {
    let known = record.map(|record| record.groups.clone());
    let mut groups = known.unwrap_or_default();
    groups.retain(|name, _| host.function(name).is_none() && !options.cards.is_empty());
    for function in host.functions() {
        let mut cards = options.cards.iter();
        if cards.any(|card| merge::names(card, function)) {
            if let Some(group) = host.group(function) {
                groups.insert(function.name.clone(), group.members.clone());
            }
        }
    }
    groups
}

/// Looks at the machine as it will be, and says what forbids that and what goes wrong then.
fn judge(
    plan: &mut Plan,
    host: &Host,
    options: &Options,
    selected: &[Selected<'_>],
    headless: bool,
) {
    let text = |name: &str, configured: &Text| {
        let text = options.parameter(name);
        match text.is_empty() {
            true => configured.clone(),
            false => Text {
                text,
                place: OPTIONS.into(),
            },
        }
    };
    let configured = &host.selection.configured;
    let mut after = host.clone().with(&Parameters {
        ids: text("ids", &configured.ids),
        devices: text("devices", &configured.devices),
        rom: configured.rom.clone(),
    });
    after.asked = selected.iter().map(|selected| selected.slot).collect();
    plan.kept = after
        .functions()
        .iter()
        .filter(|function| function.is_display() && function.named.is_none())
        .map(|function| {
            let screens = after.screens(function);
            let screens = match screens.is_empty() {
                true => String::new(),
                false => format!(", with a screen on {}", screens.join(", ")),
            };
            format!("{} {}{screens}", function.short(), function.words())
        })
        .collect();
    let unread = host.config.unread.iter().filter(|path| *path != OPTIONS);
    plan.warnings = unread
        .map(|path| {
            unknown(
                Subject::Boot,
                format!("what {path} says"),
                "a readable file",
            )
        })
        .collect();
    plan.refused = elsewhere(host, options, plan.change.was.as_ref());
    let meant = plan.cards.iter().flat_map(|card| &card.functions);
    plan.refused
        .extend(meant.filter_map(|name| vital(host, name, headless, &plan.again)));
    for mut finding in checks::run(&after) {
        let ours = |finding: &Finding| {
            let mut seen = finding.evidence.iter();
            seen.any(|evidence| evidence.source == OPTIONS)
        };
        // The user has said that nobody sits at it.
        let of_nobody = headless && finding.summary.ends_with(KEYBOARD);
        let forbids = match finding.id {
            "group-stranger" if of_nobody => false,
            "only-display" => !headless && finding.level <= Level::Info,
            "param-bad" => finding.level == Level::Fail && ours(&finding),
            id => REFUSALS.contains(&id) && finding.level == Level::Fail,
        };
        let unknown = REFUSALS.contains(&finding.id) && finding.level == Level::Unknown;
        if forbids {
            finding.level = Level::Fail;
            if finding.id == "only-display" {
                finding = finding.command(
                    format!("vga-stub setup {} --headless", plan.again),
                    "If it is to be so",
                );
            }
            plan.refused.push(finding);
        } else if (WARNINGS.contains(&finding.id) && finding.level <= Level::Warn) || unknown {
            plan.warnings.push(finding);
        }
    }
}

/// Returns why a function is not to be held that the host lives on.
fn vital(host: &Host, name: &str, headless: bool, again: &str) -> Option<Finding> {
    let what = host.system.vital.get(name)?;
    let function = host.function(name)?;
    let keyboard = what == KEYBOARD;
    if keyboard && headless {
        return None;
    }
    let finding = fail(function, format!("{} has {what}", function.short()))
        .detail("Held, the host could not do without it, or not even boot.")
        .advice(
            "Name the functions of the card without it: vga-stub setup CARD --functions LIST. \
             Or move what hangs on it to another controller.",
        )
        .seen(
            "/proc/self/mountinfo, /proc/net/route, /proc/swaps, /sys/class/input",
            format!("{what}: {name}"),
        );
    Some(match keyboard {
        true => finding.command(
            format!("vga-stub setup {again} --headless"),
            "If nobody sits at this machine",
        ),
        false => finding,
    })
}

/// Finds what else gives the module a parameter that our file gives it: only the last one counts.
fn elsewhere(host: &Host, options: &Options, record: Option<&Record>) -> Vec<Finding> {
    let mut found = Vec::new();
    for name in ["devices", "ids"] {
        if options.parameter(name).is_empty() {
            continue;
        }
        for text in host.config.options("vga_stub", name) {
            let file = text.place.rsplit_once(':').map_or("", |(file, _)| file);
            let word = format!("vga_stub.{name}={}", text.text);
            let of_ours = record.is_some_and(|record| record.words.contains(&word));
            if file == OPTIONS || of_ours {
                continue;
            }
            let ostree = host.system.image_based && text.place == CMDLINE;
            // The same setup, whose record is lost.
            if ostree && text.text == options.parameter(name) {
                continue;
            }
            let finding = fail(
                Subject::Boot,
                format!(
                    "{} also has {name}= for vga_stub, and only the last counts",
                    text.place
                ),
            )
            .detail("One of the two would do nothing.")
            .advice(format!(
                "Take it out there, and name its cards to vga-stub setup as well. It names {}",
                text.text
            ))
            .seen(text.place.clone(), text.text.clone());
            found.push(match ostree && record.is_none() {
                true => finding.command(
                    "vga-stub undo --force --apply",
                    "If vga-stub setup has put it there, and its record is lost; then reboot",
                ),
                false => finding,
            });
        }
    }
    found
}

/// Returns the options of NixOS that say the same.
fn nix(options: &Options) -> String {
    let mut text = String::from(
        "boot.initrd.kernelModules = [ \"vga_stub\" ];\nboot.extraModprobeConfig = ''\n",
    );
    for name in ["devices", "ids"] {
        let value = options.parameter(name);
        if !value.is_empty() {
            text += &format!("  options vga_stub {name}={value}\n");
        }
    }
    text + "'';\n"
}
