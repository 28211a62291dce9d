/* SPDX-License-Identifier: GPL-2.0 */
/*
 * _ROM for cards on the root bus (ACPI Specification 6.5, appendix B): one as the
 * specification has it, and most that are wrong in one way. QEMU's own tables name a
 * device by its number and function: 03.1 is S19. @NAME@ is the bytes of an image,
 * which harness/acpi.py puts in. What vga-stub is to say of each is in
 * tests/rom_acpi.sh.
 */
DefinitionBlock ("methods.aml", "SSDT", 2, "VGASTB", "METHODS", 1)
{
	External (\_SB.PCI0.S10, DeviceObj)
	External (\_SB.PCI0.S18, DeviceObj)
	External (\_SB.PCI0.S19, DeviceObj)
	External (\_SB.PCI0.S1A, DeviceObj)
	External (\_SB.PCI0.S1B, DeviceObj)
	External (\_SB.PCI0.S1C, DeviceObj)
	External (\_SB.PCI0.S1D, DeviceObj)
	External (\_SB.PCI0.S1E, DeviceObj)
	External (\_SB.PCI0.S1F, DeviceObj)
	External (\_SB.PCI0.S20, DeviceObj)
	External (\_SB.PCI0.S23, DeviceObj)
	External (\_SB.NONE)

	/* As the specification has it. */
	Scope (\_SB.PCI0.S10)
	{
		Name (IMAG, Buffer () { @VGABIOS@ })
		Method (_ROM, 2, Serialized) { Return (Mid (IMAG, Arg0, Arg1)) }
	}

	/* Ends before the image does. */
	Scope (\_SB.PCI0.S18)
	{
		Name (IMAG, Buffer () { @LONG@ })
		Method (_ROM, 2, Serialized)
		{
			If (Arg0 >= 0x1000) { Return (Mid (IMAG, Arg0, 100)) }
			Return (Mid (IMAG, Arg0, Arg1))
		}
	}

	/* Gives no bytes. */
	Scope (\_SB.PCI0.S19)
	{
		Method (_ROM, 2, Serialized) { Return (Buffer (Zero) {}) }
	}

	/* Gives a package. (Of a string or a number ACPICA makes bytes.) */
	Scope (\_SB.PCI0.S1A)
	{
		Method (_ROM, 2, Serialized)
		{
			Local0 = Package () { "a ROM" }
			Return (Local0)
		}
	}

	/* Fails: names what is not there, and so ends as if there were no method. */
	Scope (\_SB.PCI0.S1B)
	{
		Method (_ROM, 2, Serialized) { Return (\_SB.NONE) }
	}

	/* Fails later on. */
	Scope (\_SB.PCI0.S1C)
	{
		Method (_ROM, 2, Serialized)
		{
			If (Arg0 == Zero) { Return (Mid (\_SB.PCI0.S18.IMAG, Arg0, Arg1)) }
			Local0 = Zero
			Divide (Arg1, Local0, Local1, Local2)
			Return (Local2)
		}
	}

	/* Is an image of 32 MiB, and of more behind it. */
	Scope (\_SB.PCI0.S1D)
	{
		Name (IMAG, Buffer () { @ENDLESS@ })
		Method (_ROM, 2, Serialized) { Return (IMAG) }
	}

	/* Does not come back. */
	Scope (\_SB.PCI0.S1E)
	{
		Method (_ROM, 2, Serialized)
		{
			While (One) {}
			Return (Buffer (One) {})
		}
	}

	/* Gives all that there is, whatever it is asked for. */
	Scope (\_SB.PCI0.S1F)
	{
		Method (_ROM, 2, Serialized) { Return (Mid (\_SB.PCI0.S18.IMAG, Arg0, 0x10000)) }
	}

	/* Returns nothing, for which ACPICA puts a 0. */
	Scope (\_SB.PCI0.S20)
	{
		Method (_ROM, 2, Serialized) { Noop }
	}

	/* Is for another card. */
	Scope (\_SB.PCI0.S23)
	{
		Name (IMAG, Buffer () { @OTHER@ })
		Method (_ROM, 2, Serialized) { Return (Mid (IMAG, Arg0, Arg1)) }
	}
}
