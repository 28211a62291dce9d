// SPDX-License-Identifier: GPL-2.0

//! Why there is no answer, as JSON. The fields are what other programs rely on.

use std::io::Write;

use serde::Serialize;

use super::escape::printable_lines;

/// What is printed in place of an answer.
#[derive(Debug, Serialize)]
struct Json<'a> {
    /// The version of this format: fields are only added within one.
    schema: u32,
    /// The version of the command.
    version: &'static str,
    /// What went wrong.
    error: Error<'a>,
}

/// What went wrong.
#[derive(Debug, Serialize)]
struct Error<'a> {
    /// In words: those that people get on standard error.
    message: &'a str,
    /// The exit code.
    exit: u8,
}

/// Returns why there is no answer.
fn json(message: &str, exit: u8) -> serde_json::Result<String> {
    let message = printable_lines(message);
    serde_json::to_string_pretty(&Json {
        schema: 1,
        version: env!("CARGO_PKG_VERSION"),
        error: Error {
            message: message.trim_end(),
            exit,
        },
    })
}

/// Prints why there is no answer on standard output.
pub(crate) fn print(message: &str, exit: u8) {
    if let Ok(json) = json(message, exit) {
        // It is on standard error, too.
        let _ = writeln!(std::io::stdout(), "{json}");
    }
}

#[cfg(test)]
mod tests {
    use super::json;

    #[test]
    fn json_for_the_schema() {
        let json = json("there is no card \u{1b}[31m\nat all\n", 2).unwrap();
        assert!(
            !json.contains('\u{1b}') && !json.contains("u001b"),
            "{json}"
        );
        assert!(
            json.contains("at all\",") && json.contains("\"exit\": 2"),
            "{json}"
        );
        crate::act::testing::for_the_schema("error.json", &json);
    }
}
