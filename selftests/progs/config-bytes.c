// SPDX-License-Identifier: GPL-2.0
/*
 * config-bytes - bytes of a PCI device's configuration space, in hex
 *
 * Usage: config-bytes BDF OFFSET LENGTH
 *
 * One process where od and tr would be two: tests ask for COMMAND very often.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	uint8_t bytes[4096];
	unsigned long length;
	char path[64];
	int fd;

	if (argc != 4)
		errx(2, "usage: config-bytes BDF OFFSET LENGTH");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", argv[1]);
	length = strtoul(argv[3], NULL, 0);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		err(2, "%s", path);
	if (length > sizeof(bytes) ||
	    pread(fd, bytes, length, strtoul(argv[2], NULL, 0)) != (ssize_t)length)
		errx(2, "%s: cannot read %s bytes at %s", path, argv[3], argv[2]);
	for (unsigned long i = 0; i < length; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
	return 0;
}
