// SPDX-License-Identifier: GPL-2.0

//! Reads metrics from standard input, and fails if they are none: Prometheus' text format, each
//! family with a type and a help, no sample twice.

use std::{
    collections::BTreeSet,
    io::Read,
    process::ExitCode, //
};

use openmetrics_parser::prometheus::parse_prometheus;

fn main() -> ExitCode {
    let mut text = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut text) {
        eprintln!("cannot read: {error}");
        return ExitCode::FAILURE;
    }
    let exposition = match parse_prometheus(&text) {
        Ok(exposition) => exposition,
        Err(error) => {
            eprintln!("no metrics: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut samples = 0;
    for (name, family) in &exposition.families {
        if family.help.is_empty() || !name.starts_with("vga_stub_") {
            eprintln!("{name}: no help, or not ours");
            return ExitCode::FAILURE;
        }
        samples += family.iter_samples().count();
    }
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let unique: BTreeSet<_> = lines.iter().collect();
    if samples != lines.len() || unique.len() != lines.len() {
        eprintln!(
            "{samples} samples in {} lines, {} of them different",
            lines.len(),
            unique.len()
        );
        return ExitCode::FAILURE;
    }
    println!("{} families, {samples} samples", exposition.families.len());
    ExitCode::SUCCESS
}
