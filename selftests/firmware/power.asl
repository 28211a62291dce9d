/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The power of a slot, which the firmware can switch: a power resource of the root port 03.0
 * (ACPI Specification 6.5, chapter 7). With _PR3 the kernel takes a port whose cards all sleep to D3cold,
 * and the cards with it. QEMU's cards do not lose anything by it.
 */
DefinitionBlock ("power.aml", "SSDT", 2, "VGASTB", "POWER", 1)
{
	External (\_SB.PCI0, DeviceObj)
	External (\_SB.PCI0.S18, DeviceObj)

	Scope (\_SB.PCI0)
	{
		PowerResource (SLOT, 0, 0)
		{
			Name (IS, One)
			Method (_STA, 0, NotSerialized) { Return (IS) }
			Method (_ON, 0, Serialized) { IS = One }
			Method (_OFF, 0, Serialized) { IS = Zero }
		}
	}

	Scope (\_SB.PCI0.S18)
	{
		Name (_PR0, Package () { SLOT })
		Name (_PR3, Package () { SLOT })
	}
}
