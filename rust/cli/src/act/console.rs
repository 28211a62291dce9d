// SPDX-License-Identifier: GPL-2.0

//! The kernel's console on a card. Before its driver can let go of the card the console must.

use std::time::Duration;

use crate::facts::{
    Function,
    Host, //
};

use super::{
    Act,
    Refused, //
};

/// Where the kernel's consoles are.
const CONSOLES: &str = "/sys/class/vtconsole";

/// Returns by what the console draws on a function: a framebuffer's name, or the firmware's
/// framebuffer in its memory.
pub(super) fn on(host: &Host, function: &Function) -> Option<String> {
    if let Some(line) = host.boot_screen(function) {
        let name = line.split_once(" : ").map_or(line, |(_, name)| name);
        return Some(name.to_owned());
    }
    if bound(host).is_empty() {
        return None;
    }
    // The console takes the framebuffer of the card that the machine booted with, or else the first
    // (fbcon_select_primary() in drivers/video/fbdev/core/fbcon.c).
    let framebuffers = host.system.nodes.iter().filter_map(|(node, function)| {
        let number: u32 = node.strip_prefix("/dev/fb")?.parse().ok()?;
        let booted = host.function(function)?.details.boot_vga.known() == Some(&true);
        Some((!booted, number, function))
    });
    let (_, number, owner) = framebuffers.min()?;
    (*owner == function.name).then(|| format!("fb{number}"))
}

/// Returns the consoles on framebuffers that are bound.
pub(super) fn bound(host: &Host) -> Vec<String> {
    of_framebuffers(host, |bound| bound)
}

/// Returns the consoles on framebuffers, bound or not.
pub(super) fn all(host: &Host) -> Vec<String> {
    of_framebuffers(host, |_| true)
}

/// Returns the consoles on framebuffers of which it is wanted whether they are bound.
fn of_framebuffers(host: &Host, wanted: impl Fn(bool) -> bool) -> Vec<String> {
    let consoles = host.system.consoles.iter();
    consoles
        .filter(|(_, name, bound)| wanted(*bound) && name.contains("frame buffer"))
        .map(|(console, _, _)| console.clone())
        .collect()
}

/// Takes a console off its framebuffer, or gives it back. A driver that does not come back may have
/// the console locked.
pub(super) fn bind(
    act: &mut Act<'_>,
    console: &str,
    bind: bool,
    wait: Duration,
) -> Result<(), Refused> {
    let text = if bind { "1" } else { "0" };
    act.write(&format!("{CONSOLES}/{console}/bind"), text, Some(wait))
}
