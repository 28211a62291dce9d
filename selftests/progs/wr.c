// SPDX-License-Identifier: GPL-2.0
/*
 * wr - one write or read of a file, and the exact errno
 *
 * Usage: wr [-u UID] FILE TEXT	write TEXT in one write(2)
 *        wr [-u UID] -r FILE	read the first byte
 *
 * Prints "0" or the errno's name, and exits with 0 in either case: the shell's
 * own redirections tell neither EBUSY from EINVAL nor a short write from success.
 * With -u the file is opened and used as that user, without groups or
 * capabilities.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void become(uid_t uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		err(2, "become %u", uid);
}

static int attempt(const char *file, const char *text)
{
	ssize_t want = text ? (ssize_t)strlen(text) : 1;
	char byte;
	ssize_t done;
	int fd;

	fd = open(file, text ? O_WRONLY : O_RDONLY);
	if (fd < 0)
		return errno;
	done = text ? write(fd, text, want) : read(fd, &byte, 1);
	if (done < 0)
		return errno;
	if (text && done != want)
		errx(2, "%s: %zd of %zd bytes written", file, done, want);
	return 0;
}

int main(int argc, char **argv)
{
	int opt, error, reading = 0;

	while ((opt = getopt(argc, argv, "ru:")) != -1) {
		switch (opt) {
		case 'r':
			reading = 1;
			break;
		case 'u':
			become(strtoul(optarg, NULL, 10));
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != (reading ? 1 : 2))
		errx(2, "usage: wr [-u UID] FILE TEXT | wr [-u UID] -r FILE");

	error = attempt(argv[optind], reading ? NULL : argv[optind + 1]);
	puts(error ? strerrorname_np(error) : "0");
	return 0;
}
