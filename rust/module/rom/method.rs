// SPDX-License-Identifier: GPL-2.0

//! ROMs that the firmware gives by a method of the device's ACPI node (ACPI Specification 6.5,
//! appendix B, "_ROM (Get ROM Data)").

use crate::abstractions::{
    acpi::{
        self,
        Failure,
        Node, //
    },
    option_rom::Bytes, //
};
use kernel::{
    device::Core,
    pci,
    prelude::*, //
};

/// The most that the method may be asked for at once, in bytes. Some firmware gives as much
/// whatever it is asked for.
const PIECE: usize = 4096;

/// The most that is read, in bytes: 1024 calls. Real ROMs have 64 KiB to 1 MiB.
const LIMIT: usize = 4 << 20;

/// A ROM that `_ROM` gives.
pub(super) struct Method<'a, 'b> {
    pdev: &'a pci::Device<Core<'b>>,
    node: Node<'a>,
    /// The first piece, until it is read.
    first: Option<acpi::Bytes>,
    /// How many bytes there are, at most.
    len: usize,
}

impl<'a, 'b> Method<'a, 'b> {
    /// Asks for the first piece.
    pub(super) fn open(pdev: &'a pci::Device<Core<'b>>) -> Result<Self, Failure> {
        let node = Node::of(pdev).ok_or(Failure::NotFound)?;
        let first = node.evaluate(c"_ROM", [0, PIECE as u64])?;

        Ok(Self {
            pdev,
            node,
            first: Some(first),
            len: LIMIT,
        })
    }

    /// Returns whether the method has given nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns whether the method would have given more than is read.
    pub(super) fn has_no_end(&self, read: usize) -> bool {
        self.len == LIMIT && read >= LIMIT
    }
}

impl Bytes for Method<'_, '_> {
    fn limit(&self) -> usize {
        self.len
    }

    /// Asks for a piece after the other. One that is shorter than what was asked for is the last,
    /// and so is that before one that fails.
    fn read_to(&mut self, buffer: &mut KVVec<u8>, end: usize) -> Result {
        while buffer.len() < end {
            let answer = match self.first.take() {
                Some(first) => Ok(first),
                None => self
                    .node
                    .evaluate(c"_ROM", [buffer.len() as u64, PIECE as u64]),
            };
            let bytes = match &answer {
                Ok(bytes) => bytes.get(..PIECE).unwrap_or(bytes),
                Err(failure) => {
                    dev_warn!(
                        self.pdev,
                        "option ROM: _ROM at {} of {}: {}\n",
                        buffer.len(),
                        end,
                        failure.message()
                    );
                    &[]
                }
            };

            buffer.extend_from_slice(bytes, GFP_KERNEL)?;
            if bytes.len() < PIECE {
                self.len = buffer.len();
                break;
            }
        }
        Ok(())
    }
}
