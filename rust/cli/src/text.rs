// SPDX-License-Identifier: GPL-2.0

//! What verbs print with.

pub(crate) mod columns;
pub(crate) mod error;
pub(crate) mod escape;
pub(crate) mod paint;
pub(crate) mod shell;
pub(crate) mod wrap;
