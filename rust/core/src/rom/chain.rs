// SPDX-License-Identifier: GPL-2.0

//! The chain of images as the PCI Firmware Specification has it, with what is wrong with it.

use super::{
    image::{
        header_length,
        Broken,
        CodeType,
        Fault,
        Image,
        Stop, //
    },
    view::{
        Need,
        View, //
    },
    whole_sectors,
    MAX_IMAGES, //
};

/// Every image of a chain: see [`images`].
#[derive(Clone, Debug)]
pub struct Images<'a> {
    /// The ROM.
    view: View<'a>,
    /// Where the next image starts, or why there is none; nothing at the end.
    next: Option<Result<usize, Broken>>,
    /// How many images there were.
    count: usize,
}

impl<'a> Images<'a> {
    /// Starts a walk.
    fn new(view: View<'a>) -> Self {
        Self {
            view,
            next: Some(Ok(0)),
            count: 0,
        }
    }

    /// Goes on to the next image, or to why there is none.
    #[inline(never)]
    fn step(&mut self) -> Result<Option<Result<Image<'a>, Broken>>, Need> {
        let offset = match self.next.take() {
            None => return Ok(None),
            Some(Err(broken)) => return Ok(Some(Err(broken))),
            Some(Ok(offset)) => offset,
        };
        let broken = |fault| Broken { offset, fault };

        if self.count >= MAX_IMAGES {
            return Ok(Some(Err(broken(Fault::TooMany))));
        }
        match image(&self.view, offset) {
            Ok(image) => {
                let next = image.next(self.view.limit);

                self.count = self.count.saturating_add(1);
                self.next = next.map_err(broken).transpose();
                Ok(Some(Ok(image)))
            }
            Err(Stop::Broken(fault)) => Ok(Some(Err(broken(fault)))),
            Err(Stop::Need(need)) => {
                self.next = Some(Ok(offset));
                Err(need)
            }
        }
    }
}

impl<'a> Iterator for Images<'a> {
    type Item = Result<Image<'a>, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        // Every byte that there is was given: nothing can be needed.
        self.step().unwrap_or_default()
    }
}

/// Reads the image at `offset`: a valid one, or one of NVIDIA's behind the first.
fn image<'a>(view: &View<'a>, offset: usize) -> Result<Image<'a>, Stop> {
    match Image::valid(view, offset) {
        Err(Stop::Broken(Fault::Signature)) if offset > 0 => match Image::nvidia(view, offset) {
            Err(Stop::Broken(_)) => Err(Stop::Broken(Fault::Signature)),
            other => other,
        },
        other => other,
    }
}

/// Returns every image of the chain in `rom`, and where the chain is broken at last [`Broken`].
///
/// An image whose header and PCI data structure can be read, but whose length is wrong, is given
/// first, and what is wrong with it after it.
///
/// Where the chain promises a further image, one of NVIDIA's own kind will do
/// ([`Signature::Nvidia`](super::Signature::Nvidia)): nothing is missing then, though neither the
/// kernel nor any firmware looks into it.
pub fn images(rom: &[u8]) -> Images<'_> {
    Images::new(View::whole(rom))
}

/// Returns how many bytes of a ROM belong to the chain: see [`extent`](super::extent).
pub(super) fn reach(view: &View<'_>) -> Result<usize, Need> {
    let mut images = Images::new(*view);
    let mut reach = 0;

    while let Some(image) = images.step()? {
        match image {
            Ok(image) => {
                let own = image.length.max(image.pcir_end());
                let end = whole_sectors(image.offset.saturating_add(own)).min(view.limit);
                let run = image.offset.saturating_add(image.initialization_length());

                reach = end.max(reach);
                if image.code_type == CodeType::X86 && run <= view.limit {
                    reach = run.max(reach);
                }
            }
            Err(Broken { offset: 0, fault }) if reach == 0 && fault != Fault::Signature => {
                return Ok(header_length(view.tail(0)).min(view.limit));
            }
            Err(_) => break,
        }
    }
    Ok(reach)
}
