// SPDX-License-Identifier: GPL-2.0

//! The card's audio belongs to the host.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "audio-host",
    aliases: &[],
    title: "the card's audio",
    about: "Graphics cards have an audio function for HDMI and DisplayPort. \
             snd_hda_intel takes it unless it is named to vga-stub as well, and a \
             sound server that plays through it keeps it busy: taking it away then \
             hangs. Guests' drivers often want the audio with the card.",
    sources: &[
        "sound/hda",
        "Single-GPU-Passthrough#21",
        "lxc/incus-os#1146",
        "gpu-passthrough-tutorial#22",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in &card.functions {
            let Some(driver) = function.host_driver() else {
                continue;
            };
            if function.identity.class >> 16 != 0x04 {
                continue;
            }
            let users: Vec<_> = host
                .users(function)
                .iter()
                .map(|user| format!("{} ({})", user.name, user.pid))
                .collect();
            let mut finding = fail(
                *function,
                format!("{} (audio) belongs to the host: {driver}", function.short()),
            )
            .seen(
                format!("/sys/bus/pci/devices/{}/uevent", function.name),
                format!("DRIVER={driver}"),
            );
            if !users.is_empty() {
                finding = finding
                    .detail(format!(
                        "It is open in {}. Choose another output there first.",
                        users.join(", ")
                    ))
                    .seen("/proc/*/fd", users.join(", "));
            }
            found.push(finding.hold(function.short(), card.slot));
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .lost("0000:01:00.1", "snd_hda_intel")
            .query("open-files", "1987\twireplumber\t/dev/snd/pcmC1D3p\n")
            .link(
                "/sys/class/sound/card1",
                "../../devices/pci0000:00/0000:00:01.0/0000:01:00.1/sound/card1",
            )
    },
    level: Level::Fail,
    says: "01:00.1 (audio) belongs to the host: snd_hda_intel",
    near: || {
        good()
            .card("0000:00:1f.3", "", "8086", "7ad0", "040300")
            .driver("0000:00:1f.3", "snd_hda_intel")
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_plays_is_named() {
        let found = run(&(CASE.bad)().host());
        assert_eq!(
            found[0].detail,
            "It is open in wireplumber (1987). Choose another output there first."
        );
    }
}
