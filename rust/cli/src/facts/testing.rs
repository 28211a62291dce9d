// SPDX-License-Identifier: GPL-2.0

//! Machines for tests: a good one, and what is to be different.

use super::{
    host::Options,
    record::{
        Kind,
        Record, //
    },
    Datum,
    Host, //
};

/// A machine that is written down file by file. What is not written down is not there.
#[derive(Clone)]
pub(crate) struct Machine {
    /// The files.
    pub(crate) record: Record,
}

/// A desktop on which all is as it should be: Intel's graphics for the host, and an NVIDIA card in
/// 01:00 with its audio, named by place and held.
pub(crate) fn good() -> Machine {
    let machine = Machine {
        record: Record {
            whole: true,
            ..Record::default()
        },
    };
    machine
        .file("/proc/sys/kernel/osrelease", "7.2.12+deb13-amd64\n")
        .file("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=UUID=1-2 ro quiet\n")
        .file("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nID=debian\n")
        .file("/proc/cpuinfo", "flags : vmx\n")
        .file("/proc/interrupts", " 16: 0 IR-IO-APIC 16-fasteoi i801\n")
        .file("/proc/iomem", "00000000-00000000 : PCI Bus 0000:00\n  00000000-00000000 : 0000:00:02.0\n")
        .file("/proc/meminfo", "MemTotal: 65536000 kB\nMemAvailable: 60000000 kB\n")
        .file("/proc/net/tcp", "")
        .stat("/dev/kvm", "20660 0 104 0 0")
        .file("/sys/firmware/acpi/tables/DMAR", "")
        .file("/sys/firmware/acpi/tables/FACP", "")
        .file("/sys/firmware/efi/systab", "")
        .file("/boot/vmlinuz-7.2.12+deb13-amd64", "")
        .file("/boot/initrd.img-7.2.12+deb13-amd64", "")
        .stat("/boot/initrd.img-7.2.12+deb13-amd64", "100644 0 0 1000 2000")
        .query("image /boot/initrd.img-7.2.12+deb13-amd64", "usr/lib/modules/7.2.12+deb13-amd64/updates/dkms/vga_stub.ko\nscripts/init-top/00-vga-stub\n")
        .file(
            "/boot/config-7.2.12+deb13-amd64",
            "CONFIG_RUST=y\nCONFIG_RUSTC_VERSION_TEXT=\"rustc 1.85.1\"\nCONFIG_INTEL_IOMMU_DEFAULT_ON=y\n",
        )
        .modules(&["updates/dkms/vga_stub.ko", "kernel/vfio-pci.ko", "kernel/i915.ko", "kernel/nouveau.ko", "kernel/xe.ko", "kernel/amdgpu.ko", "kernel/radeon.ko", "kernel/snd-hda-intel.ko", "kernel/xhci-pci.ko"])
        .builtin(&["kernel/drivers/pci/pcieport.ko"])
        .file(
            "/lib/modules/7.2.12+deb13-amd64/modules.alias",
            "alias pci:v00008086d*sv*sd*bc03sc00i00* i915\nalias pci:v000010DEd*sv*sd*bc03sc00i00* nouveau\n\
             alias pci:v000010DEd*sv*sd*bc03sc02i00* nouveau\nalias pci:v00001002d*sv*sd*bc03sc00i00* amdgpu\n\
             alias pci:v*d*sv*sd*bc04sc03i00* snd_hda_intel\nalias pci:v*d*sv*sd*bc0Csc03i30* xhci_pci\n",
        )
        .file(
            "/usr/share/misc/pci.ids",
            "1002  Advanced Micro Devices, Inc. [AMD/ATI]\n\t744c  Navi 31 [Radeon RX 7900 XTX]\n\
             10de  NVIDIA Corporation\n\t2684  AD102 [GeForce RTX 4090]\n\t22ba  AD102 High Definition Audio\n\
             8086  Intel Corporation\n\ta780  Raptor Lake-S GT1 [UHD Graphics 770]\n",
        )
        .file("/etc/modprobe.d/cards.conf", "options vga_stub devices=00:01.0/00.*\nsoftdep nouveau pre: vga_stub\nsoftdep snd_hda_intel pre: vga_stub\n")
        .file("/sys/module/vga_stub/parameters/ids", "\n")
        .file("/sys/module/vga_stub/parameters/devices", "00:01.0/00.*\n")
        .file("/sys/module/vga_stub/version", "0.1.0\n")
        .file("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n")
        .function("0000:00:01.0", "", "8086", "a70d", "060400")
        .group(1, &["0000:00:01.0"])
        .card("0000:00:02.0", "", "8086", "a780", "030000")
        .driver("0000:00:02.0", "i915")
        .group(0, &["0000:00:02.0"])
        .pci("0000:00:02.0", "boot_vga", "1\n")
        .link("/sys/class/drm/card0", "../../devices/pci0000:00/0000:00:02.0/drm/card0")
        .file("/sys/class/drm/card0-HDMI-A-1/status", "connected\n")
        .card("0000:01:00.0", "0000:00:01.0", "10de", "2684", "030000")
        .card("0000:01:00.1", "0000:00:01.0", "10de", "22ba", "040300")
        .group(14, &["0000:01:00.0", "0000:01:00.1"])
        .held("0000:01:00.0")
        .held("0000:01:00.1")
        .file("/sys/class/vga_stub/0000:01:00.0/rom_source", "bar\n")
        .file("/sys/class/vga_stub/0000:01:00.0/rom_status", "ok\n")
        .query("kernel-log", "")
        .query("open-files", "")
        .query("stuck", "")
        .query("guests", "")
        .query("arbiter", "count:1,PCI:0000:00:02.0,decodes=io+mem,owns=io+mem,locks=none(0:0)")
        .query("caller", "uid 0\ngroups 0\nmemlock unlimited\n")
}

impl Machine {
    /// Sets an answer.
    fn set(mut self, kind: Kind, path: &str, datum: Datum<Vec<u8>>) -> Self {
        self.record.entries.insert((kind, path.into()), datum);
        self
    }

    /// Adds a name to each directory above a path.
    fn enter(&mut self, path: &str) {
        let mut path = path;
        while let Some((directory, name)) = path.rsplit_once('/') {
            if directory.is_empty() {
                return;
            }
            let key = (Kind::Directory, directory.to_owned());
            let known = self.record.entries.get(&key).and_then(Datum::known);
            let known = String::from_utf8_lossy(known.map(Vec::as_slice).unwrap_or_default());
            let mut names: Vec<_> = known.lines().map(str::to_owned).collect();
            if !names.iter().any(|known| known == name) {
                names.push(name.into());
                names.sort();
            }
            let names: String = names.into_iter().map(|name| name + "\n").collect();
            self.record
                .entries
                .insert(key, Datum::Known(names.into_bytes()));
            path = directory;
        }
    }

    /// A file's contents.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.enter(path);
        self.set(Kind::File, path, Datum::Known(text.into()))
    }

    /// A file's contents that are no text.
    pub(crate) fn bytes(mut self, path: &str, bytes: &[u8]) -> Self {
        self.enter(path);
        self.set(Kind::File, path, Datum::Known(bytes.into()))
    }

    /// What is known of a file besides: mode, owner, group, size, time.
    pub(crate) fn stat(mut self, path: &str, fields: &str) -> Self {
        self.enter(path);
        self.set(Kind::Stat, path, Datum::Known(fields.into()))
    }

    /// A symbolic link.
    pub(crate) fn link(mut self, path: &str, target: &str) -> Self {
        self.enter(path);
        self.set(Kind::Link, path, Datum::Known(target.into()))
    }

    /// An empty directory.
    pub(crate) fn directory(mut self, path: &str) -> Self {
        self.enter(path);
        self.set(Kind::Directory, path, Datum::Known(Vec::new()))
    }

    /// The answer to a query, by its name in reports.
    pub(crate) fn query(self, name: &str, text: &str) -> Self {
        self.set(Kind::Query, name, Datum::Known(text.into()))
    }

    /// Takes away a path and all below it.
    pub(crate) fn gone(mut self, path: &str) -> Self {
        let below = format!("{path}/");
        let entries = &mut self.record.entries;
        entries.retain(|(kind, name), _| {
            *kind == Kind::Query || (name != path && !name.starts_with(&below))
        });
        if let Some((directory, name)) = path.rsplit_once('/') {
            let key = (Kind::Directory, directory.to_owned());
            if let Some(Datum::Known(names)) = entries.get_mut(&key) {
                let kept = String::from_utf8_lossy(names).into_owned();
                let kept = kept.lines().filter(|known| *known != name);
                *names = kept
                    .flat_map(|name| [name, "\n"])
                    .collect::<String>()
                    .into_bytes();
            }
        }
        self
    }

    /// Makes a path and all below it unreadable.
    pub(crate) fn denied(mut self, path: &str) -> Self {
        let below = format!("{path}/");
        for ((_, name), datum) in &mut self.record.entries {
            if name == path || name.starts_with(&below) {
                *datum = Datum::Unreadable("root".into());
            }
        }
        let mut deny = |kind| {
            let datum = Datum::Unreadable("root".into());
            self.record.entries.insert((kind, path.into()), datum);
        };
        deny(Kind::File);
        deny(Kind::Directory);
        if !path.starts_with('/') {
            deny(Kind::Query);
        }
        self
    }

    /// A PCI function below a port, or on the root bus.
    pub(crate) fn function(
        self,
        name: &str,
        port: &str,
        vendor: &str,
        device: &str,
        class: &str,
    ) -> Self {
        let (vendor, device) = (vendor.to_uppercase(), device.to_uppercase());
        let (base, rest) = class.split_at(2);
        let (sub, interface) = rest.split_at(2);
        let class = class.trim_start_matches('0').to_uppercase();
        let above = if port.is_empty() {
            String::new()
        } else {
            // A port "00:01.0" is short for "0000:00:01.0".
            let short = port.len() < 12;
            format!("{}{port}/", if short { "0000:" } else { "" })
        };
        let base_path = format!("/sys/bus/pci/devices/{name}");
        self.file(
            &format!("{base_path}/uevent"),
            &format!(
                "PCI_CLASS={class}\nPCI_ID={vendor}:{device}\nPCI_SUBSYS_ID=1043:88E2\nPCI_SLOT_NAME={name}\n\
                 MODALIAS=pci:v0000{vendor}d0000{device}sv00001043sd000088E2bc{}sc{}i{}\n",
                base.to_uppercase(),
                sub.to_uppercase(),
                interface.to_uppercase()
            ),
        )
        .link(&base_path, &format!("../../../devices/pci0000:00/{above}{name}"))
    }

    /// A PCI function of a card.
    pub(crate) fn card(
        self,
        name: &str,
        port: &str,
        vendor: &str,
        device: &str,
        class: &str,
    ) -> Self {
        let machine = self
            .function(name, port, vendor, device, class)
            .pci(name, "driver_override", "(null)\n")
            .pci(name, "reset_method", "flr bus\n")
            .pci(name, "power_state", "D0\n")
            .pci(name, "power/runtime_status", "active\n")
            .pci(
                name,
                "resource",
                "0x00000000d0000000 0x00000000d0ffffff 0x0000000000040200\n",
            );
        let mut config = [0; 64];
        if let (Ok(vendor), Ok(device)) = (
            u16::from_str_radix(vendor, 16),
            u16::from_str_radix(device, 16),
        ) {
            config[..2].copy_from_slice(&vendor.to_le_bytes());
            config[2..4].copy_from_slice(&device.to_le_bytes());
        }
        let machine = machine.bytes(&format!("/sys/bus/pci/devices/{name}/config"), &config);
        if class.starts_with("0300") {
            machine.pci(name, "boot_vga", "0\n")
        } else {
            machine
        }
    }

    /// A file of a PCI function.
    pub(crate) fn pci(self, name: &str, file: &str, text: &str) -> Self {
        self.file(&format!("/sys/bus/pci/devices/{name}/{file}"), text)
    }

    /// The driver that has a function; none if it is empty.
    pub(crate) fn driver(self, name: &str, driver: &str) -> Self {
        let path = format!("/sys/bus/pci/devices/{name}/uevent");
        let known = self
            .record
            .entries
            .get(&(Kind::File, path.clone()))
            .and_then(Datum::known);
        let known = String::from_utf8_lossy(known.map(Vec::as_slice).unwrap_or_default());
        let mut text: String = known
            .lines()
            .filter(|line| !line.starts_with("DRIVER="))
            .flat_map(|line| [line, "\n"])
            .collect();
        if !driver.is_empty() {
            text = format!("DRIVER={driver}\n{text}");
        }
        self.file(&path, &text)
    }

    /// A function that vga-stub holds.
    pub(crate) fn held(self, name: &str) -> Self {
        let machine = self
            .driver(name, "vga-stub")
            .pci(name, "driver_override", "vga-stub\n");
        machine.file(&format!("/sys/class/vga_stub/{name}/state"), "held\n")
    }

    /// A function that a driver of the host has, though it is named.
    pub(crate) fn lost(self, name: &str, driver: &str) -> Self {
        self.gone(&format!("/sys/class/vga_stub/{name}"))
            .driver(name, driver)
            .pci(name, "driver_override", "(null)\n")
    }

    /// An IOMMU group.
    pub(crate) fn group(self, number: u32, members: &[&str]) -> Self {
        let base = format!("/sys/kernel/iommu_groups/{number}");
        let machine = self
            .file(&format!("{base}/type"), "DMA-FQ\n")
            .file(
                &format!("{base}/reserved_regions"),
                "0x00000000fee00000 0x00000000feefffff msi\n",
            )
            .directory(&format!("{base}/devices"));
        members.iter().fold(machine, |machine, member| {
            machine.link(&format!("{base}/devices/{member}"), "../")
        })
    }

    /// A domain of libvirt's with what stands in its XML besides the name.
    pub(crate) fn domain(self, name: &str, xml: &str) -> Self {
        self.file(
            &format!("/etc/libvirt/qemu/{name}.xml"),
            &format!("<domain><name>{name}</name>{xml}</domain>\n"),
        )
    }

    /// The modules of the running kernel.
    pub(crate) fn modules(self, paths: &[&str]) -> Self {
        let lines: String = paths.iter().flat_map(|path| [*path, ":\n"]).collect();
        self.file("/lib/modules/7.2.12+deb13-amd64/modules.dep", &lines)
    }

    /// The modules that are built into the running kernel.
    pub(crate) fn builtin(self, paths: &[&str]) -> Self {
        let lines: String = paths.iter().flat_map(|path| [*path, "\n"]).collect();
        self.file("/lib/modules/7.2.12+deb13-amd64/modules.builtin", &lines)
    }

    /// Reads it.
    pub(crate) fn host(&self) -> Host {
        Host::read(&self.record, &Options::default())
    }
}
