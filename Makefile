# SPDX-License-Identifier: GPL-2.0
#
# vga-stub: hold graphics cards for virtual machines.
#
#   make [KDIR=<kernel tree>] [BUILD=<directory>]   build vga_stub.ko
#   make install                                 install it, what loads it first at boot, and the command
#   make demo                                    see it work, in QEMU
#   make check                                   the tests that need no lab and no kernel
#   make test                                    run the tests on stock kernels
#   make test-sanitizers                         run the guest tests on a sanitizer kernel
#   make test-in-tree                            build and boot a kernel with the driver in it
#   make help                                    the rest

# The kernel to build for; the running one's headers by default.
KDIR ?= /lib/modules/$(shell uname -r)/build
# Where objects and the module go; beside the sources by default.
BUILD ?=

# Where files are installed, for makers of packages; and where scripts/build-command has put the
# command, if it was run before.
DESTDIR ?=
COMMAND ?=

RUSTC ?= rustc
BINDGEN ?= bindgen

kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(BUILD),MO=$(abspath $(BUILD))) \
	RUSTC=$(RUSTC) BINDGEN=$(BINDGEN)

.PHONY: modules
modules: check-kdir
	$(if $(BUILD),@mkdir -p $(BUILD))
	+$(kbuild) modules

# Says what is missing, and what to do, before the kernel's build starts.
.PHONY: check-kdir
check-kdir:
	@RUSTC='$(RUSTC)' BINDGEN='$(BINDGEN)' scripts/check-kdir '$(KDIR)'

.PHONY: clean
clean:
	+$(kbuild) clean

# For those without DKMS. What the user may have changed is left alone.
.PHONY: install
install: modules install-files
	+$(kbuild) modules_install INSTALL_MOD_DIR=updates $(if $(DESTDIR),INSTALL_MOD_PATH=$(abspath $(DESTDIR)))
	@echo 'Name your cards in /etc/modprobe.d/vga-stub.conf, then have the initramfs made anew.'

.PHONY: install-files
install-files:
	@COMMAND='$(COMMAND)' scripts/install-files install '$(DESTDIR)'

# From every kernel.
.PHONY: uninstall
uninstall:
	@scripts/install-files uninstall '$(DESTDIR)'

.PHONY: deb
deb:
	@COMMAND='$(COMMAND)' MODULES='$(MODULES)' SIGN_KEY='$(SIGN_KEY)' SIGN_CERT='$(SIGN_CERT)' \
		scripts/deb '$(or $(BUILD),.)'

.PHONY: demo
demo:
	@scripts/demo

# What needs neither lab nor kernel nor root: formatting, lint, the tests of rust/core and rust/cli.
.PHONY: check
check:
	@python3 -B selftests/harness/check.py

.PHONY: test
test:
	@selftests/run

.PHONY: test-sanitizers
test-sanitizers:
	@selftests/run --sanitizers

# The Debian package, in a root as on a user's machine. Takes the network, and longer.
.PHONY: test-packages
test-packages:
	@selftests/packages/run

# The series of scripts/in-tree, in a kernel that is built for it.
.PHONY: test-in-tree
test-in-tree:
	@selftests/in-tree/run

.PHONY: help
help:
	@echo 'make                build vga_stub.ko for the running kernel'
	@echo 'make KDIR=TREE      build it for the kernel that TREE was prepared for'
	@echo 'make BUILD=DIR      put objects and module into DIR'
	@echo 'make CLIPPY=1       the same with clippy'
	@echo 'make clean          remove what a build made'
	@echo 'make install        install the module, what loads it first at boot, and the command vga-stub;'
	@echo '                    DESTDIR=DIR'
	@echo 'make uninstall      remove what make install has installed, from every kernel'
	@echo 'make deb            build the Debian packages vga-stub-dkms and vga-stub; BUILD=DIR'
	@echo 'make deb MODULES=yes   those with the module built as well, for each kernel of the lab'
	@echo 'make demo           make the lab if need be, and show the module at work in QEMU'
	@echo 'make check          run the tests that need no lab, no kernel and no root; says what it leaves out'
	@echo 'make test           make the lab if need be, and run the tests on stock kernels'
	@echo 'make test-packages  install, upgrade and remove the Debian package, and boot with it'
	@echo 'make test-sanitizers   build the sanitizer kernel if need be, and run the guest tests on it'
	@echo 'make test-in-tree   put the driver into a kernel source tree, build that kernel, and boot it'
