// SPDX-License-Identifier: GPL-2.0

//! What went wrong with a function while its card was held or lent.

use super::{
    outcome::Outcome,
    Refused, //
};

/// Why a function does not have the driver that it was to have.
pub(super) struct Trouble {
    /// In words.
    lines: Vec<String>,
    /// What the kernel logged of it.
    kernel: Vec<String>,
    /// Whether a driver has not come back.
    stuck: bool,
}

impl Trouble {
    /// Makes one of a change that was not made.
    pub(super) fn of(what: String) -> impl FnOnce(Refused) -> Self {
        move |refused| Self {
            lines: vec![format!("{what}: {}", refused.why)],
            stuck: refused.is_stuck(),
            kernel: refused.kernel,
        }
    }

    /// Makes one of a change that was made, and of which something else came.
    pub(super) fn after(lines: impl IntoIterator<Item = String>, kernel: Vec<String>) -> Self {
        Self {
            lines: lines.into_iter().collect(),
            kernel,
            stuck: false,
        }
    }

    /// Returns whether a driver has not come back: the function is not to be touched any more.
    /// Somebody has it locked, and each write would wait for that.
    pub(super) fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Says it.
    pub(super) fn say(self, outcome: &mut Outcome) {
        for line in self.lines {
            outcome.problem(line);
        }
        outcome.kernel(&self.kernel);
    }
}
