// SPDX-License-Identifier: GPL-2.0

//! What makes the initramfs images anew, whichever tool the system has.

use super::{
    Image,
    Words, //
};
use crate::facts::{
    Datum,
    Host,
    Source, //
};

/// Where programs for root are.
const PLACES: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// What loads vga_stub in an image before udev, by the files that the packages install.
const HOOKS: [&str; 4] = [
    "/usr/share/initramfs-tools/scripts/init-top/00-vga-stub",
    "/etc/initramfs-tools/scripts/init-top/00-vga-stub",
    "/usr/lib/dracut/modules.d/90vga-stub/module-setup.sh",
    "/usr/lib/initcpio/hooks/vga-stub",
];

/// A tool that makes images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    /// initramfs-tools, or dracut as Debian has it.
    UpdateInitramfs,
    /// mkinitcpio.
    Mkinitcpio,
    /// dracut.
    Dracut,
}

/// Returns whether a program is there; nothing if that is not known.
fn has(source: &dyn Source, program: &str) -> Option<bool> {
    let mut known = true;
    for place in PLACES {
        match source.stat(&format!("{place}/{program}")) {
            Datum::Known(_) => return Some(true),
            Datum::Absent => {}
            Datum::Unreadable(_) => known = false,
        }
    }
    known.then_some(false)
}

/// Finds the tool. A report does not say which programs there are; the images' names do.
fn tool(host: &Host, source: &dyn Source) -> Option<Tool> {
    let tools = [
        ("update-initramfs", Tool::UpdateInitramfs),
        ("mkinitcpio", Tool::Mkinitcpio),
        ("dracut", Tool::Dracut),
    ];
    let found: Vec<_> = tools
        .iter()
        .map(|(program, _)| has(source, program))
        .collect();
    if let Some(at) = found.iter().position(|found| *found == Some(true)) {
        return tools.get(at).map(|(_, tool)| *tool);
    }
    if found.contains(&None) {
        let kernels = host.kernels.all.known().into_iter().flatten();
        let mut images = kernels.filter_map(|kernel| kernel.image.known());
        let image = images.next()?;
        return Some(if image.path.contains("/initrd.img-") {
            Tool::UpdateInitramfs
        } else {
            Tool::Dracut
        });
    }
    None
}

/// Returns what makes every image anew and which images that makes; an error says that there are
/// images and no tool for them. `holds` is whether our file is to be in the images.
pub(crate) fn commands(
    host: &Host,
    source: &dyn Source,
    holds: bool,
) -> Result<(Vec<Words>, Vec<Image>), String> {
    let words = |text: &[&str]| text.iter().map(|word| (*word).to_owned()).collect();
    let kernels: Vec<_> = host.kernels.all.known().into_iter().flatten().collect();
    let with_image: Vec<_> = kernels
        .iter()
        .filter_map(|kernel| Some((kernel, kernel.image.known()?)))
        .collect();
    let images = with_image.iter().map(|(kernel, image)| Image {
        path: image.path.clone(),
        // What is not built for a kernel may have no part in its image.
        holds: (!holds || kernel.module.known().is_some()).then_some(holds),
    });
    let images: Vec<_> = images.collect();
    let release = |index: usize| {
        with_image
            .get(index)
            .map_or("", |(kernel, _)| kernel.release.as_str())
    };
    match tool(host, source) {
        Some(Tool::Mkinitcpio) => Ok((vec![words(&["mkinitcpio", "-P"])], Vec::new())),
        Some(Tool::UpdateInitramfs) => {
            let command = |at| words(&["update-initramfs", "-u", "-k", release(at)]);
            Ok(((0..images.len()).map(command).collect(), images))
        }
        Some(Tool::Dracut) => {
            let command = |at| words(&["dracut", "--force", "--kver", release(at)]);
            Ok(((0..images.len()).map(command).collect(), images))
        }
        None => match images.first() {
            None => Ok((Vec::new(), Vec::new())),
            Some(image) => Err(image.path.clone()),
        },
    }
}

/// Returns whether vga_stub is loaded in the image before udev has any driver loaded.
pub(crate) fn is_hooked(host: &Host, source: &dyn Source) -> bool {
    HOOKS
        .iter()
        .filter(|hook| source.stat(hook).known().is_some())
        .any(|hook| {
            // mkinitcpio takes the hooks that its configuration names.
            let mut lines = host.config.mkinitcpio.iter();
            !hook.contains("initcpio") || lines.any(|line| line.text.contains("vga-stub"))
        })
}
