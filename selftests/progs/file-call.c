// SPDX-License-Identifier: GPL-2.0
/*
 * file-call - one call on a file, and exactly what it returns
 *
 * Usage: file-call FILE write SOURCE [OFFSET]	all of SOURCE in one pwrite(2), or in write(2)
 *        file-call FILE writes SOURCE...	each in a write(2), on one opening
 *        file-call FILE bytes FROM TO		each byte of a range, by itself; counts results
 *        file-call FILE read OFFSET LENGTH	pread(2), and what was read in hex
 *        file-call FILE mmap|ioctl|rdwr|truncate
 *
 * FILE may be "-", for standard input. Prints what the call returned, or the errno's name, and
 * exits with 0 in either case; "open: " comes first if it was the opening that failed.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* More than any file here takes at once. */
static char buffer[1 << 20];

static void print(long result)
{
	if (result < 0)
		printf("%s", strerrorname_np(errno));
	else
		printf("%ld", result);
}

static int open_file(const char *name, int flags)
{
	int fd = strcmp(name, "-") ? open(name, flags) : STDIN_FILENO;

	if (fd < 0) {
		printf("open: %s\n", strerrorname_np(errno));
		exit(0);
	}
	return fd;
}

static size_t load(const char *source)
{
	int fd = open(source, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, buffer, sizeof(buffer));

	if (len < 0)
		err(2, "%s", source);
	close(fd);
	return len;
}

static void write_bytes(int fd, int from, int to)
{
	/* By errno; 0 is for success. */
	static unsigned int counts[4096];

	for (int byte = from; byte <= to; byte++) {
		char text = byte;

		errno = 0;
		if (write(fd, &text, 1) == 1)
			errno = 0;
		counts[errno]++;
	}
	for (int i = 0; i < 4096; i++)
		if (counts[i])
			printf("%u %s ", counts[i], i ? strerrorname_np(i) : "0");
}

static void read_at(int fd, off_t offset, size_t len)
{
	ssize_t done;

	if (len > sizeof(buffer))
		errx(2, "too much to read");
	done = pread(fd, buffer, len, offset);
	print(done);
	if (done > 0)
		putchar(' ');
	for (ssize_t i = 0; i < done; i++)
		printf("%02x", (unsigned char)buffer[i]);
}

int main(int argc, char **argv)
{
	const char *file, *call;

	if (argc < 3)
		errx(2, "usage: file-call FILE CALL ARGUMENTS");
	file = argv[1];
	call = argv[2];
	if (!strcmp(call, "write") && argc == 4) {
		size_t len = load(argv[3]);

		print(write(open_file(file, O_WRONLY), buffer, len));
	} else if (!strcmp(call, "write") && argc == 5) {
		size_t len = load(argv[3]);

		print(pwrite(open_file(file, O_WRONLY), buffer, len, strtoll(argv[4], NULL, 0)));
	} else if (!strcmp(call, "writes")) {
		int fd = open_file(file, O_WRONLY);

		for (int i = 3; i < argc; i++) {
			size_t len = load(argv[i]);

			print(write(fd, buffer, len));
			putchar(' ');
		}
	} else if (!strcmp(call, "bytes") && argc == 5) {
		write_bytes(open_file(file, O_WRONLY), strtol(argv[3], NULL, 0),
			    strtol(argv[4], NULL, 0));
	} else if (!strcmp(call, "read") && argc == 5) {
		read_at(open_file(file, O_RDONLY), strtoll(argv[3], NULL, 0),
			strtoul(argv[4], NULL, 0));
	} else if (!strcmp(call, "mmap")) {
		void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, open_file(file, O_RDONLY), 0);

		print(map == MAP_FAILED ? -1 : 0);
	} else if (!strcmp(call, "ioctl")) {
		print(ioctl(open_file(file, O_RDONLY), TCGETS, buffer));
	} else if (!strcmp(call, "rdwr")) {
		print(open_file(file, O_RDWR) < 0);
	} else if (!strcmp(call, "truncate")) {
		print(truncate(file, 0));
	} else {
		errx(2, "%s: no such call, or not with %d arguments", call, argc - 3);
	}
	putchar('\n');
	return 0;
}
