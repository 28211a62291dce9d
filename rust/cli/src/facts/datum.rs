// SPDX-License-Identifier: GPL-2.0

//! Something that may be known.

use std::io;

/// Something that was looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Datum<T> {
    /// It is there, and this is it.
    Known(T),
    /// It is not there.
    #[default]
    Absent,
    /// No look was possible; this says what it takes: `root`, `a live machine`.
    Unreadable(String),
}

impl<T> Datum<T> {
    /// Returns it, if it is known.
    pub(crate) fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// Returns whether it is known not to be there.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns what it takes to look, if no look was possible.
    pub(crate) fn needs(&self) -> Option<&str> {
        match self {
            Self::Unreadable(needs) => Some(needs),
            _ => None,
        }
    }

    /// Makes something of it, if it is known.
    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U) -> Datum<U> {
        self.and_then(|value| Datum::Known(make(value)))
    }

    /// Makes something of it that may be unknown in its turn.
    pub(crate) fn and_then<U>(self, make: impl FnOnce(T) -> Datum<U>) -> Datum<U> {
        match self {
            Self::Known(value) => make(value),
            Self::Absent => Datum::Absent,
            Self::Unreadable(needs) => Datum::Unreadable(needs),
        }
    }

    /// Returns a datum of what is in this one.
    pub(crate) fn as_ref(&self) -> Datum<&T> {
        match self {
            Self::Known(value) => Datum::Known(value),
            Self::Absent => Datum::Absent,
            Self::Unreadable(needs) => Datum::Unreadable(needs.clone()),
        }
    }

    /// Returns this one, or `other()` if this one is absent.
    pub(crate) fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Absent => other(),
            found => found,
        }
    }
}

impl<T> From<io::Result<T>> for Datum<T> {
    fn from(result: io::Result<T>) -> Self {
        match result {
            Ok(value) => Self::Known(value),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Absent,
                io::ErrorKind::PermissionDenied => Self::Unreadable("root".into()),
                _ => Self::Unreadable(error.to_string()),
            },
        }
    }
}

impl<T> From<Option<T>> for Datum<T> {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Absent, Self::Known)
    }
}
