// SPDX-License-Identifier: GPL-2.0
/*
 * cfgsnap - snapshots of the PCI configuration space of every device
 *
 * Usage: cfgsnap save FILE		write a snapshot
 *        cfgsnap diff FILE [BDF]	compare with one, all devices or only BDF
 *        cfgsnap diff-unrouted FILE	the same, but for which bridges pass on VGA
 *
 * diff prints a line for each byte that changed and exits with 1 if any did. Not
 * compared is what changes by itself: the bus master bit (devices are handed on
 * without it), status registers, and the enables, messages and status of
 * interrupts and links in capabilities, which a driver that has come and gone
 * may leave different. The whole header, and the power state, are.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"
#define SIZE 256

/* Whether PCI_BRIDGE_CONTROL's VGA bit is compared. */
static int routed = 1;

#define PCI_COMMAND 0x04
#define PCI_COMMAND_MASTER 0x04
#define PCI_STATUS 0x06
#define PCI_HEADER_TYPE 0x0e
#define PCI_SEC_STATUS 0x1e
#define PCI_CAPABILITY_LIST 0x34
#define PCI_BRIDGE_CONTROL 0x3e
#define PCI_BRIDGE_CTL_VGA 0x08
#define PCI_CAP_ID_PM 0x01
#define PCI_PM_CTRL 4

struct snapshot {
	char name[16];
	uint8_t bytes[SIZE];
};

static void read_config(const char *name, uint8_t *bytes)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/config", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || pread(fd, bytes, SIZE, 0) != SIZE)
		err(2, "%s", path);
	close(fd);
}

/* Sets in @mask the bits that diff compares. */
static void make_mask(const uint8_t *bytes, uint8_t *mask)
{
	memset(mask, 0xff, 0x40);
	memset(mask + 0x40, 0, SIZE - 0x40);

	mask[PCI_COMMAND] = (uint8_t)~PCI_COMMAND_MASTER;
	mask[PCI_STATUS] = 0;
	mask[PCI_STATUS + 1] = 0;
	if ((bytes[PCI_HEADER_TYPE] & 0x7f) == 1) {
		mask[PCI_SEC_STATUS] = 0;
		mask[PCI_SEC_STATUS + 1] = 0;
		if (!routed)
			mask[PCI_BRIDGE_CONTROL] = (uint8_t)~PCI_BRIDGE_CTL_VGA;
	}

	for (int pos = bytes[PCI_CAPABILITY_LIST] & ~3, ttl = 48; pos >= 0x40 && ttl;
	     pos = bytes[pos + 1] & ~3, ttl--) {
		mask[pos] = 0xff;
		mask[pos + 1] = 0xff;
		if (bytes[pos] == PCI_CAP_ID_PM)
			mask[pos + PCI_PM_CTRL] = 0xff;
	}
}

static int save(const char *file)
{
	struct dirent **names;
	int n = scandir(DEVICES, &names, NULL, alphasort);
	FILE *out = fopen(file, "w");

	if (n < 0 || !out)
		err(2, "%s", file);
	for (int i = 0; i < n; i++) {
		struct snapshot s = {};

		if (names[i]->d_name[0] == '.')
			continue;
		snprintf(s.name, sizeof(s.name), "%.12s", names[i]->d_name);
		read_config(s.name, s.bytes);
		if (fwrite(&s, sizeof(s), 1, out) != 1)
			err(2, "%s", file);
	}
	if (fclose(out))
		err(2, "%s", file);
	return 0;
}

static int diff(const char *file, const char *only)
{
	FILE *in = fopen(file, "r");
	struct snapshot s;
	int changed = 0;

	if (!in)
		err(2, "%s", file);
	while (fread(&s, sizeof(s), 1, in) == 1) {
		uint8_t now[SIZE], mask[SIZE];

		if (only && strcmp(only, s.name))
			continue;
		read_config(s.name, now);
		make_mask(s.bytes, mask);
		for (int i = 0; i < SIZE; i++) {
			if (!((s.bytes[i] ^ now[i]) & mask[i]))
				continue;
			printf("%s config 0x%02x: was %02x, is %02x\n", s.name, i,
			       s.bytes[i], now[i]);
			changed = 1;
		}
	}
	return changed;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "save"))
		return save(argv[2]);
	if ((argc == 3 || argc == 4) && !strcmp(argv[1], "diff"))
		return diff(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "diff-unrouted")) {
		routed = 0;
		return diff(argv[2], NULL);
	}
	errx(2, "usage: cfgsnap save FILE | cfgsnap diff FILE [BDF] | cfgsnap diff-unrouted FILE");
}
