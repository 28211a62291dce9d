// SPDX-License-Identifier: GPL-2.0

//! Two cards take part in VGA arbitration.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "arbiter",
    aliases: &["q3", "q4", "q5"],
    title: "cards in VGA arbitration",
    about: "One card at a time can answer at the legacy VGA addresses. The kernel's \
             arbiter counts the cards that decode them. From two on, X servers lock \
             VGA around each drawing call, which is slow and, up to Xorg 1.20, ends \
             direct rendering; with Intel's graphics on the host, colours go wrong \
             and the guest's screen stays dark.\n\nA card that vga-stub holds decodes \
             nothing and does not count. A card that vfio-pci has counts, unless \
             legacy of vga-stub is none for it.",
    sources: &["Documentation/gpu/vgaarbiter.rst", "drivers/pci/vgaarb.c"],
    log: &["VGA decodes changed"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let Datum::Known(text) = &host.system.arbiter else {
        return host
            .system
            .arbiter
            .needs()
            .map(|needs| {
                unknown(
                    Subject::Machine,
                    "how many cards take part in VGA arbitration",
                    needs,
                )
            })
            .into_iter()
            .collect();
    };
    let count = text
        .strip_prefix("count:")
        .and_then(|rest| rest.split(',').next()?.parse::<u32>().ok());
    let Some(count) = count else {
        return vec![];
    };
    if count < 2 {
        return vec![fine(
            Subject::Machine,
            "no second card takes part in VGA arbitration",
        )];
    }
    let xorg = host
        .system
        .xorg
        .known()
        .and_then(|text| text.lines().find(|line| line.contains("wrapping enabled")));
    let summary = format!("{count} cards take part in VGA arbitration");
    let finding = match xorg {
        Some(line) => warn(
            Subject::Machine,
            format!("{summary}, and Xorg locks VGA for each drawing call"),
        )
        .seen("/var/log/Xorg.0.log", line),
        None => info(Subject::Machine, summary),
    };
    vec![finding
        .detail(
            "Held cards do not count. A card that vfio-pci has counts, unless its \
             file legacy says none.",
        )
        .seen("/dev/vga_arbiter", text.clone())]
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().query(
            "arbiter",
            "count:2,PCI:0000:00:02.0,decodes=io+mem,owns=io+mem,locks=none(0:0)",
        )
    },
    level: Level::Info,
    says: "2 cards take part",
    near: || {
        good().query(
            "arbiter",
            "count:1,PCI:0000:00:02.0,decodes=io+mem,owns=io+mem,locks=none(0:0)",
        )
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xorg_says_so() {
        let machine =
            (CASE.bad)().file("/var/log/Xorg.0.log", "[1] (II) arbiter wrapping enabled\n");
        assert_eq!(run(&machine.host())[0].level, Level::Warn);
    }
}
