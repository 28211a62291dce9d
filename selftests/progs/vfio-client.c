// SPDX-License-Identifier: GPL-2.0
/*
 * vfio-client - what a virtual machine monitor does with a device, in small
 *
 * Usage: vfio-client [-c | -n] [-r ROMFILE] [-k] BDF
 *        vfio-client -o BDF
 *
 * Opens the device through its IOMMU group (VFIO's type 1 interface, which all
 * distributions have), with -c through /dev/vfio/devices and an iommufd, with -n without
 * an IOMMU; turns its decode on, and prints a line for each region:
 *
 *	config 1234:1111		the IDs read through the config region
 *	bar0 size 0x1000000 mapped	memory: mapped, first and last dword read
 *	bar4 size 0x20 read		I/O, or memory that cannot be mapped
 *	rom size 0x10000		with -r its content is written to ROMFILE
 *
 * then "ready". With -k it stays until killed, as a running machine would. With -o
 * it opens and closes the file in /dev/vfio/devices, again and again and as fast as
 * it can, until killed, and prints nothing. Exits with 1 and "CALL: ERRNO" on standard output if a step fails.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PCI_COMMAND 0x04
#define PCI_COMMAND_IO 0x1
#define PCI_COMMAND_MEMORY 0x2

/* Failures are results here, so they go where results go. */
static void fail(const char *call)
{
	printf("%s: %s\n", call, strerrorname_np(errno));
	exit(1);
}

static int no_iommu;

static int open_group(const char *bdf)
{
	char link[64], target[256], path[300];
	ssize_t len;
	int fd;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%.12s/iommu_group", bdf);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		fail("iommu_group");
	target[len] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s%s", no_iommu ? "noiommu-" : "",
		 strrchr(target, '/') + 1);
	fd = open(path, O_RDWR);
	if (fd < 0)
		fail("group");
	return fd;
}

/* The file in /dev/vfio/devices, or -1. */
static int open_file(const char *bdf)
{
	char path[300];
	struct dirent *entry;
	DIR *dir;
	int fd = -1;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.12s/vfio-dev", bdf);
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
		fd = open(path, O_RDWR);
	}
	closedir(dir);
	return fd;
}

static void open_again_and_again(const char *bdf)
{
	for (;;) {
		int fd = open_file(bdf);

		if (fd >= 0)
			close(fd);
	}
}

static int open_by_file(const char *bdf)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	int device = open_file(bdf), iommufd;

	if (device < 0)
		fail("file");
	iommufd = open("/dev/iommu", O_RDWR);
	if (iommufd < 0)
		fail("iommu");
	bind.iommufd = iommufd;
	if (ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		fail("bind");
	if (ioctl(iommufd, IOMMU_IOAS_ALLOC, &alloc))
		fail("ioas");
	attach.pt_id = alloc.out_ioas_id;
	if (ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		fail("attach");
	return device;
}

static int open_device(const char *bdf)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int group = open_group(bdf), container, device;

	container = open("/dev/vfio/vfio", O_RDWR);
	if (container < 0)
		fail("container");
	if (ioctl(group, VFIO_GROUP_GET_STATUS, &status))
		fail("status");
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		errno = EPERM;
		fail("viable");
	}
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
		fail("set-container");
	if (ioctl(container, VFIO_SET_IOMMU,
		  no_iommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1_IOMMU))
		fail("set-iommu");
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	if (device < 0)
		fail("device");
	return device;
}

static struct vfio_region_info region(int device, unsigned int index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info))
		fail("region");
	return info;
}

static void turn_decode_on(int device)
{
	struct vfio_region_info config = region(device, VFIO_PCI_CONFIG_REGION_INDEX);
	uint16_t ids[2], command;

	if (pread(device, ids, 4, config.offset) != 4 ||
	    pread(device, &command, 2, config.offset + PCI_COMMAND) != 2)
		fail("config-read");
	command |= PCI_COMMAND_IO | PCI_COMMAND_MEMORY;
	if (pwrite(device, &command, 2, config.offset + PCI_COMMAND) != 2)
		fail("config-write");
	printf("config %04x:%04x\n", ids[0], ids[1]);
}

static void use_bar(int device, unsigned int index)
{
	struct vfio_region_info bar = region(device, index);
	uint32_t value;

	if (!bar.size)
		return;
	printf("bar%u size 0x%llx", index, (unsigned long long)bar.size);
	if (bar.flags & VFIO_REGION_INFO_FLAG_MMAP) {
		volatile uint32_t *map = mmap(NULL, bar.size, PROT_READ | PROT_WRITE,
					      MAP_SHARED, device, bar.offset);

		if (map == MAP_FAILED)
			fail(" mmap");
		(void)map[0];
		(void)map[bar.size / 4 - 1];
		munmap((void *)map, bar.size);
		puts(" mapped");
	} else {
		if (pread(device, &value, 4, bar.offset) != 4)
			fail(" read");
		puts(" read");
	}
}

static void use_rom(int device, const char *file)
{
	struct vfio_region_info rom = region(device, VFIO_PCI_ROM_REGION_INDEX);
	char *bytes;
	ssize_t done;
	int out;

	if (!rom.size)
		return;
	printf("rom size 0x%llx\n", (unsigned long long)rom.size);
	if (!file)
		return;
	bytes = malloc(rom.size);
	if (!bytes)
		fail("malloc");
	for (size_t have = 0; have < rom.size; have += done) {
		done = pread(device, bytes + have, rom.size - have, rom.offset + have);
		if (done <= 0)
			fail("rom-read");
	}
	out = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (out < 0 || write(out, bytes, rom.size) != (ssize_t)rom.size)
		err(2, "%s", file);
	close(out);
	free(bytes);
}

int main(int argc, char **argv)
{
	const char *romfile = NULL;
	int opt, device, keep = 0, by_file = 0, open_only = 0;

	while ((opt = getopt(argc, argv, "cknor:")) != -1) {
		switch (opt) {
		case 'c':
			by_file = 1;
			break;
		case 'n':
			no_iommu = 1;
			break;
		case 'o':
			open_only = 1;
			break;
		case 'k':
			keep = 1;
			break;
		case 'r':
			romfile = optarg;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 1)
		errx(2, "usage: vfio-client [-c | -n] [-r ROMFILE] [-k] BDF, or -o BDF");
	setlinebuf(stdout);

	if (open_only)
		open_again_and_again(argv[optind]);
	device = by_file ? open_by_file(argv[optind]) : open_device(argv[optind]);
	turn_decode_on(device);
	for (unsigned int i = VFIO_PCI_BAR0_REGION_INDEX; i <= VFIO_PCI_BAR5_REGION_INDEX; i++)
		use_bar(device, i);
	use_rom(device, romfile);
	puts("ready");
	while (keep)
		pause();
	return 0;
}
