// SPDX-License-Identifier: GPL-2.0

//! Guests: libvirt's domains, and QEMU's processes.

use std::collections::BTreeSet;

use super::{
    Datum,
    Query,
    Source,
    Stat, //
};

/// Where libvirt keeps its domains.
const DOMAINS: &str = "/etc/libvirt/qemu";

/// A PCI device of a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HostDevice {
    /// Its address on the host: `0000:01:00.0`.
    pub(crate) address: String,
    /// Its address in the guest, if that is given: `0000:10:00.0`.
    pub(crate) guest: Option<String>,
    /// The ROM file.
    pub(crate) rom_file: Option<String>,
    /// What is known of that file besides.
    pub(crate) rom_stat: Datum<Stat>,
    /// How the file differs from the ROM that the module has of the card, in bytes.
    pub(crate) rom_differs: Datum<usize>,
    /// Whether that file's path is cut, for it is somebody's own.
    pub(crate) rom_hidden: bool,
    /// Whether the guest's firmware is to see no ROM.
    pub(crate) rom_off: bool,
    /// Whether libvirt binds the driver.
    pub(crate) managed: bool,
    /// Whether iommufd is to be used.
    pub(crate) iommufd: bool,
}

/// A domain of libvirt's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Domain {
    /// Its name.
    pub(crate) name: String,
    /// The type of its machine: `pc-q35-10.0`.
    pub(crate) machine: String,
    /// Its memory, in KiB.
    pub(crate) memory: u64,
    /// Whether that is in huge pages.
    pub(crate) huge_pages: bool,
    /// Whether the firmware is UEFI.
    pub(crate) uefi: bool,
    /// Whether KVM hides from the guest.
    pub(crate) hidden: bool,
    /// Whether Hyper-V's vendor ID is another one.
    pub(crate) vendor_id: bool,
    /// The driver of the interrupt controller: `kvm`, `qemu`.
    pub(crate) ioapic: Option<String>,
    /// Its PCI controllers: their indices, which are the numbers of buses, and their models.
    pub(crate) controllers: Vec<(u32, String)>,
    /// Where its devices are in the guest: buses and slots.
    pub(crate) taken: BTreeSet<(u32, u32)>,
    /// The host's PCI devices that it has.
    pub(crate) devices: Vec<HostDevice>,
}

/// A device that a running QEMU has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    /// QEMU's process.
    pub(crate) pid: u32,
    /// The guest's name, or `-`.
    pub(crate) name: String,
    /// What QEMU was told of a card, or `pflash`.
    pub(crate) argument: String,
}

/// The guests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Guests {
    /// All domains.
    pub(crate) all: Datum<Vec<Domain>>,
    /// The domains that have PCI devices of the host.
    pub(crate) domains: Datum<Vec<Domain>>,
    /// What QEMU's processes were told of cards.
    pub(crate) running: Datum<Vec<Running>>,
}

impl Guests {
    /// Reads them.
    pub(super) fn read(source: &dyn Source) -> Self {
        let running = source.query(&Query::Guests).map(|text| {
            let guest = |line: &str| {
                let mut fields = line.splitn(3, '\t');
                Some(Running {
                    pid: fields.next()?.parse().ok()?,
                    name: fields.next()?.into(),
                    argument: fields.next()?.into(),
                })
            };
            text.lines().filter_map(guest).collect()
        });
        let names = source.list(DOMAINS);
        let all = names.and_then(|names| {
            let mut domains = Vec::new();
            for name in names.iter().filter(|name| name.ends_with(".xml")) {
                let text = source.filtered(&format!("{DOMAINS}/{name}"), &|text| {
                    let domain = Domain::parse(text);
                    domain.map(|domain| domain.to_xml()).unwrap_or_default()
                });
                match text {
                    Datum::Known(text) => domains.extend(Domain::parse(&text)),
                    Datum::Absent => {}
                    Datum::Unreadable(needs) => return Datum::Unreadable(needs),
                }
            }
            for device in domains
                .iter_mut()
                .flat_map(|domain: &mut Domain| &mut domain.devices)
            {
                if let Some(file) = device.rom_file.as_ref().filter(|_| !device.rom_hidden) {
                    device.rom_stat = source.stat(file);
                    let query = Query::RomFile(device.address.clone(), file.clone());
                    device.rom_differs = source.query(&query).and_then(|text| {
                        let bytes = text.trim().strip_prefix("differs ");
                        match text.trim() {
                            "same" => Datum::Known(0),
                            _ => bytes.and_then(|bytes| bytes.parse().ok()).into(),
                        }
                    });
                }
            }
            Datum::Known(domains)
        });
        let domains = all.clone().map(|mut domains| {
            domains.retain(|domain| !domain.devices.is_empty());
            domains
        });
        Self {
            all,
            domains,
            running,
        }
    }
}

/// Reads a number as libvirt takes it, in hexadecimal after `0x`.
pub(crate) fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    // from_str_radix() takes a sign.
    let number = u32::from_str_radix(digits, radix).ok();
    number.filter(|_| !digits.starts_with('+'))
}

/// Reads an attribute that is a number; 0 if it is not there.
fn part(node: roxmltree::Node<'_, '_>, name: &str) -> Option<u32> {
    number(node.attribute(name).unwrap_or("0"))
}

/// Reads an element with domain, bus, slot and function.
fn address(node: roxmltree::Node<'_, '_>) -> Option<String> {
    let (domain, bus) = (part(node, "domain")?, part(node, "bus")?);
    let (slot, function) = (part(node, "slot")?, part(node, "function")?);
    Some(format!("{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"))
}

/// Reads the PCI controllers of a domain.
fn controllers(root: roxmltree::Node<'_, '_>) -> Vec<(u32, String)> {
    root.descendants()
        .filter(|node| node.has_tag_name("controller") && node.attribute("type") == Some("pci"))
        .filter_map(|node| {
            Some((
                number(node.attribute("index")?)?,
                node.attribute("model")?.to_owned(),
            ))
        })
        .collect()
}

/// Reads where the devices of a domain are in the guest. That of a host's device need not say that
/// it is of PCI, and the one in its source is the host's.
fn taken(root: roxmltree::Node<'_, '_>) -> BTreeSet<(u32, u32)> {
    let is = |node: Option<roxmltree::Node<'_, '_>>, name: &str| {
        node.is_some_and(|node| node.has_tag_name(name))
    };
    root.descendants()
        .filter(|node| node.has_tag_name("address") && !is(node.parent(), "source"))
        .filter(|node| node.attribute("type") == Some("pci") || is(node.parent(), "hostdev"))
        .filter_map(|node| Some((part(node, "bus")?, part(node, "slot")?)))
        .collect()
}

/// Returns a path without the name of whose home it is in.
fn anonymous(path: &str) -> String {
    match path
        .strip_prefix("/home/")
        .and_then(|rest| rest.split_once('/'))
    {
        Some((_, rest)) => format!("/home/.../{rest}"),
        None => path.to_owned(),
    }
}

impl Domain {
    /// Reads a domain; nothing if it is no XML or no domain.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let document = roxmltree::Document::parse(text).ok()?;
        let root = document.root_element();
        let find = |name: &str| root.descendants().find(|node| node.has_tag_name(name));
        let word = |name: &str, attribute: &str| find(name)?.attribute(attribute);
        let text_of = |name: &str| find(name)?.text();
        let memory = find("memory");
        let unit = match memory.and_then(|node| node.attribute("unit")) {
            None | Some("KiB" | "k" | "K") => 1,
            Some("MiB" | "M") => 1 << 10,
            Some("GiB" | "G") => 1 << 20,
            _ => 0,
        };
        let amount: u64 = text_of("memory")
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0);
        let hyperv = find("hyperv");
        let devices = root
            .descendants()
            .filter(|node| node.has_tag_name("hostdev") && node.attribute("type") == Some("pci"));
        let device = |node: roxmltree::Node<'_, '_>| {
            let source = node.children().find(|child| child.has_tag_name("source"))?;
            let at = source
                .children()
                .find(|child| child.has_tag_name("address"))?;
            let guest = node.children().find(|child| child.has_tag_name("address"));
            let rom = node.children().find(|child| child.has_tag_name("rom"));
            let driver = node.children().find(|child| child.has_tag_name("driver"));
            Some(HostDevice {
                address: address(at)?,
                guest: guest.and_then(address),
                rom_file: rom.and_then(|rom| rom.attribute("file")).map(anonymous),
                rom_stat: Datum::Absent,
                rom_differs: Datum::Absent,
                rom_hidden: rom
                    .and_then(|rom| rom.attribute("file"))
                    .is_some_and(|file| file.starts_with("/home/")),
                rom_off: rom.is_some_and(|rom| {
                    rom.attribute("bar") == Some("off") || rom.attribute("enabled") == Some("no")
                }),
                managed: node.attribute("managed") == Some("yes"),
                iommufd: driver.and_then(|driver| driver.attribute("iommufd")) == Some("yes"),
            })
        };
        Some(Self {
            name: text_of("name")?.trim().to_owned(),
            machine: find("os")
                .and_then(|os| os.children().find(|node| node.has_tag_name("type")))
                .and_then(|kind| kind.attribute("machine"))
                .unwrap_or_default()
                .to_owned(),
            memory: amount.saturating_mul(unit),
            huge_pages: find("hugepages").is_some(),
            uefi: word("loader", "type") == Some("pflash") || word("os", "firmware") == Some("efi"),
            hidden: find("kvm").is_some_and(|kvm| {
                kvm.children().any(|node| {
                    node.has_tag_name("hidden") && node.attribute("state") == Some("on")
                })
            }),
            vendor_id: hyperv.is_some_and(|hyperv| {
                hyperv.children().any(|node| {
                    node.has_tag_name("vendor_id") && node.attribute("state") == Some("on")
                })
            }),
            ioapic: word("ioapic", "driver").map(str::to_owned),
            controllers: controllers(root),
            taken: taken(root),
            devices: devices.filter_map(device).collect(),
        })
    }

    /// Returns the same as XML: what of a domain goes into a report.
    fn to_xml(&self) -> String {
        let quote = |text: &str| {
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            text.replace('\'', "&apos;")
        };
        let mut out = format!("<domain>\n  <name>{}</name>\n", quote(&self.name));
        out += &format!("  <memory unit='KiB'>{}</memory>\n", self.memory);
        if self.huge_pages {
            out += "  <memoryBacking><hugepages/></memoryBacking>\n";
        }
        let firmware = if self.uefi { " firmware='efi'" } else { "" };
        out += &format!(
            "  <os{firmware}><type machine='{}'/></os>\n",
            quote(&self.machine)
        );
        out += "  <features>\n";
        if self.hidden {
            out += "    <kvm><hidden state='on'/></kvm>\n";
        }
        if self.vendor_id {
            out += "    <hyperv><vendor_id state='on'/></hyperv>\n";
        }
        if let Some(ioapic) = &self.ioapic {
            out += &format!("    <ioapic driver='{}'/>\n", quote(ioapic));
        }
        out += "  </features>\n";
        for (index, model) in &self.controllers {
            let model = quote(model);
            out += &format!("  <controller type='pci' index='{index}' model='{model}'/>\n");
        }
        for (bus, slot) in &self.taken {
            out += &format!("  <address type='pci' bus='0x{bus:02x}' slot='0x{slot:02x}'/>\n");
        }
        for device in &self.devices {
            out += &device.to_xml(&quote);
        }
        out + "</domain>\n"
    }
}

impl HostDevice {
    /// Returns the same as XML.
    fn to_xml(&self, quote: &dyn Fn(&str) -> String) -> String {
        let place = |address: &str| {
            let mut parts = address.split([':', '.']);
            let mut part = || parts.next().unwrap_or("0");
            format!(
                "<address domain='0x{}' bus='0x{}' slot='0x{}' function='0x{}'/>",
                part(),
                part(),
                part(),
                part()
            )
        };
        let managed = if self.managed { "yes" } else { "no" };
        let mut out = format!("  <hostdev type='pci' managed='{managed}'>\n");
        if self.iommufd {
            out += "    <driver iommufd='yes'/>\n";
        }
        out += &format!("    <source>{}</source>\n", place(&self.address));
        if let Some(file) = &self.rom_file {
            out += &format!("    <rom file='{}'/>\n", quote(file));
        } else if self.rom_off {
            out += "    <rom bar='off'/>\n";
        }
        if let Some(guest) = &self.guest {
            out += &format!("    {}\n", place(guest));
        }
        out + "  </hostdev>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A domain as libvirt writes it.
    const WIN11: &str = "<!-- do not edit -->\n<domain type='kvm'>
  <name>win11</name><uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>
  <memory unit='GiB'>24</memory>
  <os firmware='efi'><type arch='x86_64' machine='pc-q35-10.0'>hvm</type></os>
  <features><kvm><hidden state='on'/></kvm><ioapic driver='kvm'/></features>
  <devices><interface><mac address='52:54:00:11:22:33'/>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></interface>
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' index='1' model='pcie-root-port'/>
    <controller type='usb' index='0'/>
    <disk><address type='drive' bus='2'/></disk>
    <hostdev mode='subsystem' type='pci' managed='yes'>
      <source><address domain='0x0000' bus='0x08' slot='0x00' function='0x1'/></source>
      <rom file='/roms/a &amp; b.rom'/>
      <address type='pci' domain='0x0000' bus='0x10' slot='0x00' function='0x1'/>
    </hostdev>
  </devices>
</domain>";

    #[test]
    fn what_goes_into_a_report_is_the_same_domain_without_names_of_its_own() {
        let domain = Domain::parse(WIN11).unwrap();
        assert_eq!(domain.memory, 24 << 20);
        assert!(domain.uefi && domain.hidden && !domain.vendor_id);
        let device = &domain.devices[0];
        assert_eq!(device.address, "0000:08:00.1");
        assert_eq!(device.guest.as_deref(), Some("0000:10:00.1"));
        assert_eq!(domain.controllers.len(), 2);
        assert_eq!(domain.controllers[1], (1, "pcie-root-port".to_owned()));
        assert_eq!(domain.taken, BTreeSet::from([(1, 0), (16, 0)]));
        assert_eq!(device.rom_file.as_deref(), Some("/roms/a & b.rom"));
        let xml = domain.to_xml();
        assert!(!xml.contains("4dea22b3") && !xml.contains("52:54"));
        assert_eq!(Domain::parse(&xml), Some(domain));
    }

    #[test]
    fn what_is_no_domain_is_none() {
        assert_eq!(Domain::parse("<network><uuid/></network>"), None);
        assert_eq!(Domain::parse("no XML"), None);
    }
}
