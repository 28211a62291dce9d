/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The boot sector of the guest in the guest: greets on its screen, by the BIOS and so
 * by the ROM of the card, and then says on its serial port that it has.
 */
	.code16
	.text
	.globl _start
_start:
	ljmpw $0, $1f
1:	xorw %ax, %ax
	movw %ax, %ds
	movw $greeting, %si
2:	lodsb
	testb %al, %al
	jz 3f
	movb $0x0e, %ah			/* teletype output */
	movw $0x0007, %bx
	int $0x10
	jmp 2b
3:	movw $0x3f8, %dx
	movb $'!', %al
	outb %al, %dx
4:	hlt
	jmp 4b

greeting:
	.ascii "\r\n\r\nThis is the screen of a virtual machine.\r\n"
	.asciz "It boots with the ROM that its card has: there is no ROM file.\r\n"
	.org 510
	.byte 0x55, 0xaa
