// SPDX-License-Identifier: GPL-2.0

//! The cards as metrics, in Prometheus' text format: for the textfile collector of node_exporter.

use std::fmt::Write;

use super::guests_of;
use crate::facts::{
    Datum,
    Function,
    Host, //
};

/// The words for who has a function.
const STATES: [&str; 5] = ["held", "handed-off", "host", "unbound", "free"];

/// A metric: all its samples stand together, below what it is.
struct Family {
    /// The text so far.
    text: String,
    /// Its name.
    name: &'static str,
}

impl Family {
    /// Begins one.
    fn new(name: &'static str, help: &str) -> Self {
        Self {
            text: format!("# HELP {name} {help}\n# TYPE {name} gauge\n"),
            name,
        }
    }

    /// Adds a sample.
    fn sample(&mut self, labels: &[(&str, &str)], value: usize) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, text)| format!("{label}=\"{}\"", escape(text)))
            .collect();
        // Writing to a String does not fail.
        let _ = writeln!(self.text, "{}{{{}}} {value}", self.name, labels.join(","));
    }
}

/// Returns a label's text as it stands between quotes.
fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    text.replace('\n', "\\n")
}

/// Returns them.
pub(super) fn text(host: &Host, functions: &[&Function]) -> String {
    let word = |datum: &Datum<String>| datum.known().cloned().unwrap_or_default();
    let mut info = Family::new("vga_stub_info", "The command and the module; 1.");
    let loaded = host.selection.loaded.known().is_some();
    info.sample(
        &[
            ("version", env!("CARGO_PKG_VERSION")),
            ("kernel", &word(&host.kernels.running)),
            ("module_version", &word(&host.selection.version)),
        ],
        1,
    );
    let mut module = Family::new("vga_stub_module_loaded", "Whether the module is loaded.");
    module.sample(&[], usize::from(loaded));
    let mut what = Family::new("vga_stub_function_info", "What a function is; 1.");
    let mut state = Family::new(
        "vga_stub_function_state",
        "Who has a function: 1 for the state that it is in, 0 for the others.",
    );
    let mut named = Family::new(
        "vga_stub_function_named",
        "Whether a function is named to vga-stub, by ids= or devices=.",
    );
    let mut rom = Family::new(
        "vga_stub_rom_ok",
        "Whether the captured ROM is whole and as it should be.",
    );
    let mut usage = Family::new(
        "vga_stub_function_users",
        "How many guests have a function in use; it takes root to know.",
    );
    for function in functions {
        let slot = function.name.split('.').next().unwrap_or_default();
        let own = [("address", function.name.as_str()), ("card", slot)];
        let with = |more: &[(&'static str, String)]| -> Vec<(&'static str, String)> {
            let own = own.iter().map(|(label, text)| (*label, (*text).to_owned()));
            own.chain(more.iter().cloned()).collect()
        };
        let add = |family: &mut Family, more: &[(&'static str, String)], value| {
            let labels = with(more);
            let labels: Vec<_> = labels.iter().map(|(name, text)| (*name, &**text)).collect();
            family.sample(&labels, value);
        };
        let group = function.group.known().map(ToString::to_string);
        let details = [
            ("ids", function.ids()),
            ("name", function.words()),
            ("driver", word(&function.driver)),
            ("group", group.unwrap_or_default()),
        ];
        add(&mut what, &details, 1);
        let now = function.state();
        // A word of a later module, or that nobody could look, is none of these.
        for one in STATES
            .iter()
            .copied()
            .chain((!STATES.contains(&now)).then_some(now))
        {
            add(
                &mut state,
                &[("state", one.into())],
                usize::from(one == now),
            );
        }
        add(&mut named, &[], usize::from(function.named.is_some()));
        if let Datum::Known(claimed) = &function.claimed {
            let status = word(&claimed.rom_status);
            let good = usize::from(status == "ok");
            // A companion has none, which is as it should be.
            if function.is_display() {
                let source = ("source", word(&claimed.rom_source));
                add(&mut rom, &[source, ("status", status)], good);
            }
        }
        if host.system.users.known().is_some() {
            let mut guests = guests_of(host, function);
            guests.sort();
            guests.dedup();
            add(&mut usage, &[], guests.len());
        }
    }
    let families = [info, module, what, state, named, rom, usage];
    families.into_iter().map(|family| family.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::good;

    #[test]
    fn labels_cannot_break_out() {
        assert_eq!(escape("a\"} 1\nb\\"), "a\\\"} 1\\nb\\\\");
    }

    #[test]
    fn states_roms_and_users() {
        let machine = good()
            .driver("0000:01:00.1", "vfio-pci")
            .file("/sys/class/vga_stub/0000:01:00.1/state", "handed-off\n")
            .query("open-files", "4242\tqemu\t/dev/vfio/14\n");
        let host = machine.host();
        let functions: Vec<_> = host.functions().iter().collect();
        let text = text(&host, &functions);
        let own = "address=\"0000:01:00.1\",card=\"0000:01:00\"";
        for line in [
            format!("vga_stub_function_state{{{own},state=\"handed-off\"}} 1"),
            format!("vga_stub_function_state{{{own},state=\"held\"}} 0"),
            format!("vga_stub_function_users{{{own}}} 1"),
            format!("vga_stub_function_named{{{own}}} 1"),
            "vga_stub_rom_ok{address=\"0000:01:00.0\",card=\"0000:01:00\",source=\"bar\",status=\"ok\"} 1"
                .to_owned(),
            "vga_stub_module_loaded{} 1".to_owned(),
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
    }
}
