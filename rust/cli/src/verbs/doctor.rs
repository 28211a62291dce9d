// SPDX-License-Identifier: GPL-2.0

//! `vga-stub doctor`: what is wrong, why, and what to type.

pub(crate) mod text;

use clap::Args;
use serde::Serialize;

use crate::{
    card,
    checks::{
        self,
        Finding,
        Level,
        Subject, //
    },
    command::Context,
    facts::{
        host::Options,
        Host,
        Source, //
    },
    text::escape::printable,
    Failure,
    BAD,
    GOOD, //
};

/// Say what is wrong, why, and what to type
///
/// Looks at the machine, the module, the boot, the cards and the guests. Without a CARD: at all
/// cards that are named to vga-stub, or at all that there are if none is named. It changes nothing,
/// loads nothing and wakes no card; what it cannot see without root it counts apart.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status:
  0  nothing is wrong; there may be warnings
  1  something is wrong (with --strict: or there are warnings)
  2  the machine could not be looked at, or the command line is wrong

Examples:
  vga-stub doctor
  vga-stub doctor 01:00 --verbose
  vga-stub doctor --json | jq '.findings[] | select(.level == \"fail\")'")]
pub(crate) struct DoctorArgs {
    /// The cards to look at
    #[arg(value_name = "CARD")]
    pub(crate) cards: Vec<String>,

    /// The libvirt domain to look at; all with PCI devices if there is none
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,

    /// Read the kernel's log of the boot before
    #[arg(long)]
    previous: bool,

    /// Exit with 1 for warnings, too
    #[arg(long)]
    strict: bool,

    /// Show what is good and what could not be seen, and what each line was seen by
    #[arg(long, short)]
    verbose: bool,
}

/// What `doctor` prints as JSON.
#[derive(Debug, Serialize)]
struct Json<'a> {
    /// The version of this format: fields are only added within one.
    schema: u32,
    /// The version of the command.
    version: &'static str,
    /// The release of the running kernel.
    kernel: Option<&'a str>,
    /// How many findings there are of each level.
    counts: Counts,
    /// What was found.
    findings: &'a [Finding],
}

/// How many findings there are of each level.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Counts {
    /// It does not work.
    pub(crate) fail: usize,
    /// It may go wrong.
    pub(crate) warn: usize,
    /// It is good to know.
    pub(crate) info: usize,
    /// It is as it should be.
    pub(crate) ok: usize,
    /// No look was possible.
    pub(crate) unknown: usize,
}

impl Counts {
    /// Counts.
    pub(crate) fn new(findings: &[Finding]) -> Self {
        let count = |level| {
            findings
                .iter()
                .filter(|finding| finding.level == level)
                .count()
        };
        Self {
            fail: count(Level::Fail),
            warn: count(Level::Warn),
            info: count(Level::Info),
            ok: count(Level::Ok),
            unknown: count(Level::Unknown),
        }
    }
}

/// Reads a machine for some cards.
pub(crate) fn read(source: &dyn Source, cards: &[String], previous: bool) -> Result<Host, Failure> {
    let mut host = Host::read(
        source,
        &Options {
            previous,
            cards: Vec::new(),
        },
    );
    if let Some(needs) = host.pci.functions.needs() {
        return Err(Failure::Read(format!(
            "cannot see the PCI devices: it takes {needs}"
        )));
    }
    let selected = card::resolve_all(&host, cards).map_err(Failure::Read)?;
    host.asked = selected.iter().map(|selected| selected.slot).collect();
    Ok(host)
}

/// Does it.
pub(crate) fn run(context: &Context, args: &DoctorArgs) -> Result<u8, Failure> {
    let host = read(&*context.source, &args.cards, args.previous)?;
    let mut findings = checks::run(&host);
    if let Some(name) = &args.domain {
        let domains = host.guests.domains.known();
        if domains.is_some_and(|domains| domains.iter().all(|domain| domain.name != *name)) {
            return Err(Failure::Read(format!(
                "there is no domain {} with a PCI device in /etc/libvirt/qemu",
                printable(name)
            )));
        }
        findings.retain(|finding| match &finding.subject {
            Subject::Domain(found) => found == name,
            _ => true,
        });
    }
    let counts = Counts::new(&findings);
    if context.global.json {
        context.print_json(&Json {
            schema: 1,
            version: env!("CARGO_PKG_VERSION"),
            kernel: host.kernels.running.known().map(String::as_str),
            counts,
            findings: &findings,
        })?;
    } else {
        let quiet = context.global.quiet;
        context.print(&text::text(&host, &findings, args.verbose, quiet))?;
    }
    let bad = counts.fail > 0 || (args.strict && counts.warn > 0);
    Ok(if bad { BAD } else { GOOD })
}
