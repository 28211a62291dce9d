/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A card's ROM that does what real ones do: it rewrites itself when the firmware runs
 * it. Of its shadow REWRITTEN bytes are others than in the card then, and the shadow's
 * bytes do not add up to 0 any more. It shows nothing.
 *
 * The header is that of the PCI Firmware Specification 3.3, section 5.1. The checksum
 * is put in by harness/firmware.py.
 */
#define SECTORS 8
#define REWRITTEN 777

	.code16
	.text
	.globl _start
_start:
	.byte 0x55, 0xaa
	.byte SECTORS
	jmp init
	.org 0x18
	.word pcir
	.word 0
pcir:
	.ascii "PCIR"
	.word 0x1234, 0x1111		/* for QEMU's VGA */
	.word 0				/* no device list */
	.word 24			/* this structure's length */
	.byte 0				/* its revision */
	.byte 0x00, 0x00, 0x03		/* VGA */
	.word SECTORS
	.word 1				/* revision of the code */
	.byte 0				/* x86 */
	.byte 0x80			/* the last image */
	.word 0

init:
	pushw %ax
	pushw %cx
	pushw %si
	movw $REWRITTEN, %cx
	movw $data, %si
1:	notb %cs:(%si)
	incw %si
	loop 1b
	popw %si
	popw %cx
	popw %ax
	lretw

	.org 512
data:
	.fill REWRITTEN, 1, 0x5a
	.org SECTORS * 512
