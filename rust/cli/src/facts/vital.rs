// SPDX-License-Identifier: GPL-2.0

//! What the host lives on.

use std::collections::BTreeMap;

use super::{
    bits::functions_in,
    Datum,
    Source, //
};

/// Finds the functions that the host lives on: disks with its file systems, its network.
pub(super) fn vital(source: &dyn Source) -> BTreeMap<String, String> {
    let mut vital = BTreeMap::new();
    let mounts = source.filtered("/proc/self/mountinfo", &|text| {
        // Only those of devices, as "0 0 MAJOR:MINOR / MOUNTPOINT".
        let mut out = String::new();
        for line in text.lines() {
            let words: Vec<_> = line.split(' ').collect();
            if let [_, _, device, _, point, ..] = words.as_slice() {
                let system = ["/", "/boot", "/boot/efi", "/usr", "/var", "/home"].contains(point);
                if system && !device.starts_with("0:") {
                    out += &format!("0 0 {device} / {point}\n");
                }
            }
        }
        out
    });
    for line in mounts
        .known()
        .map(String::as_str)
        .unwrap_or_default()
        .lines()
    {
        let mut words = line.split(' ').skip(2);
        let (Some(device), Some(point)) = (words.next(), words.nth(1)) else {
            continue;
        };
        let what = if point == "/" {
            "the root file system".into()
        } else {
            format!("the file system of {point}")
        };
        for function in functions_of_disk(source, &format!("/sys/dev/block/{device}"), 0) {
            vital.entry(function).or_insert_with(|| what.clone());
        }
    }
    let routes = source.filtered("/proc/net/route", &|text| {
        let mut out = String::new();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            // What is named by its MAC address is left out.
            let own = |name: &&str| name.len() < 15;
            if let (Some(interface), Some("00000000")) = (words.next().filter(own), words.next()) {
                out += &format!("{interface} 00000000\n");
            }
        }
        out
    });
    for line in routes
        .known()
        .map(String::as_str)
        .unwrap_or_default()
        .lines()
    {
        let interface = line.split(' ').next().unwrap_or_default();
        let link = source.link(&format!("/sys/class/net/{interface}"));
        if let Some(function) = link.known().and_then(|link| functions_in(link).last()) {
            let what = format!("the default route of the network ({interface})");
            vital.insert(function.to_owned(), what);
        }
    }
    vital
}

/// Returns the functions that a disk hangs on, through what is made of other disks.
fn functions_of_disk(source: &dyn Source, path: &str, depth: usize) -> Vec<String> {
    let Datum::Known(link) = source.link(path) else {
        return Vec::new();
    };
    if let Some(function) = functions_in(&link).last() {
        return vec![function.to_owned()];
    }
    if depth == 4 {
        return Vec::new();
    }
    let slaves = source.list(&format!("{path}/slaves"));
    let slaves = slaves.known().into_iter().flatten();
    slaves
        .flat_map(|name| functions_of_disk(source, &format!("/sys/class/block/{name}"), depth + 1))
        .collect()
}
