#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# modprobe takes what modprobe.d and the kernel's command line say (vga_stub.ids=...).
modprobe -q vga_stub || :
