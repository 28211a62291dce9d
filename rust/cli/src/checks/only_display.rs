// SPDX-License-Identifier: GPL-2.0

//! The host has no screen left.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "only-display",
    aliases: &[],
    title: "a screen for the host",
    about: "All graphics cards are named: while they are held the machine has no \
             screen. That is well for a server that is reached over the network or by \
             a serial console, and a trap for a desktop. The way back is the word \
             module_blacklist=vga_stub on the kernel's command line, for one boot.",
    sources: &[
        "GPU-Passthrough-Manager#45",
        "Documentation/admin-guide.rst",
    ],
    log: &["[only-display]", "this is the only display card"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let displays: Vec<_> = host
        .functions()
        .iter()
        .filter(|function| function.is_display())
        .collect();
    if displays.is_empty() || displays.iter().any(|function| function.named.is_none()) {
        return vec![];
    }
    let system = &host.system;
    let names: Vec<_> = displays.iter().map(|function| function.short()).collect();
    let summary = "every graphics card is for guests: the host has no screen";
    let way = system.serial || system.ssh.known() == Some(&true);
    let finding = if way {
        info(Subject::Machine, summary)
    } else {
        warn(Subject::Machine, summary)
    };
    let finding = if way {
        finding.detail("There is another way in: SSH or a serial console.")
    } else {
        finding
    };
    vec![finding
        .advice(
            "The way back, for one boot: module_blacklist=vga_stub on the kernel's \
             command line.",
        )
        .seen(
            "/sys/bus/pci/devices/*/uevent",
            format!("displays: {}", names.join(" ")),
        )]
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().gone("/sys/bus/pci/devices/0000:00:02.0"),
    level: Level::Warn,
    says: "the host has no screen",
    near: || good().driver("0000:00:02.0", ""),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_needs_no_screen() {
        let machine = (CASE.bad)().file(
            "/proc/net/tcp",
            "  sl  local_address rem_address   st\n   0: 00000000:0016 00000000:0000 \
             0A 0\n",
        );
        assert_eq!(run(&machine.host())[0].level, Level::Info);
    }
}
