// SPDX-License-Identifier: GPL-2.0

//! The chain as NVIDIA's drivers follow it: `VbiosIterator` in drivers/gpu/nova-core/vbios.rs.
//!
//! It has the images of the standard and NVIDIA's own ([`Signature::Nvidia`](super::Signature)), by
//! the lengths that the structures `NPDE` have, and goes on behind the image that is the last one
//! by the standard. Firmware and the kernel's PCI core know nothing of it.

use super::{
    image::{
        Fault,
        Image,
        Stop, //
    },
    view::View, //
};

/// The images: see [`images`].
#[derive(Clone, Debug)]
pub struct Images<'a> {
    /// The ROM.
    view: View<'a>,
    /// Where the next image is; nothing at the end.
    next: Option<usize>,
}

impl<'a> Iterator for Images<'a> {
    type Item = Image<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.next.take()?;
        let image = match Image::read(&self.view, offset) {
            Err(Stop::Broken(Fault::Signature)) => Image::nvidia(&self.view, offset),
            other => other.and_then(|image| image.extended(&self.view)),
        };
        let image = image.ok()?;

        if image.length == 0 || image.end() > self.view.limit {
            return None;
        }
        self.next = (!image.last).then_some(image.end());
        Some(image)
    }
}

/// Returns the images of a ROM that are there as a whole, in their order. At most one step for each
/// sector.
#[inline]
pub fn images(rom: &[u8]) -> Images<'_> {
    Images {
        view: View::whole(rom),
        next: Some(0),
    }
}
