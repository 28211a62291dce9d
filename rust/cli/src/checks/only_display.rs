// SPDX-License-Identifier: GPL-2.0

//! The host has no screen left.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "only-display",
    aliases: &[],
    title: "a screen for the host",
    about: "All graphics cards with sockets are named, or with a driver for guests: \
             while they are the machine has no screen. That is well for a server that is reached over the network or by \
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
        .filter(|function| function.is_display() && !is_3d(function))
        .collect();
    let named = displays.iter().any(|function| function.named.is_some());
    if !named || displays.iter().any(|function| is_of_host(function)) {
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

/// Returns whether a function is a 3D controller: it has no socket for a screen.
fn is_3d(function: &Function) -> bool {
    function.identity.class >> 8 == 0x0302
}

/// Returns whether a display shows what the host has to say: a driver for guests shows nothing.
fn is_of_host(function: &Function) -> bool {
    function.named.is_none() && function.guests_driver().is_none()
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
    fn a_card_for_guests_is_no_screen() {
        let other = "0000:00:02.0";
        for driver in ["vfio-pci", "pci-stub"] {
            assert_eq!(
                run(&good().driver(other, driver).host()).len(),
                1,
                "{driver}"
            );
        }
        // Held by hand, it is the host's at the next boot.
        assert!(run(&good().driver(other, "vga-stub").host()).is_empty());
        let muxless = (CASE.bad)().card("0000:02:00.0", "00:1c.0", "10de", "25a2", "030200");
        assert_eq!(run(&muxless.host()).len(), 1);
        // It has no screen to lose.
        let server = (CASE.bad)().gone("/sys/bus/pci/devices/0000:01:00.0").card(
            "0000:01:00.0",
            "0000:00:01.0",
            "10de",
            "20b0",
            "030200",
        );
        assert!(run(&server.host()).is_empty());
        // Nothing is named, so nothing is taken.
        let nothing = good()
            .gone("/etc/modprobe.d")
            .gone("/sys/module/vga_stub")
            .driver("0000:01:00.0", "vfio-pci")
            .driver(other, "vfio-pci");
        assert!(run(&nothing.host()).is_empty());
    }

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
