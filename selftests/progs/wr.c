// SPDX-License-Identifier: GPL-2.0
/*
 * wr - one write or read of a file, and the exact errno
 *
 * Usage: wr [-m] [-u UID] FILE TEXT	write TEXT in one write(2)
 *        wr [-u UID] -r FILE		read the first byte
 *
 * Prints "0" or the errno's name, and exits with 0 in either case: the shell's
 * own redirections tell neither EBUSY from EINVAL nor a short write from success.
 * With -u the file is opened and used as that user, without groups or
 * capabilities. With -m it is done without CAP_SYS_MODULE.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void become(uid_t uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		err(2, "become %u", uid);
}

static void give_up_modules(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		err(2, "capget");
	data[0].effective &= ~(1u << CAP_SYS_MODULE);
	if (syscall(SYS_capset, &header, data))
		err(2, "capset");
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

	while ((opt = getopt(argc, argv, "mru:")) != -1) {
		switch (opt) {
		case 'm':
			give_up_modules();
			break;
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
		errx(2, "usage: wr [-m] [-u UID] FILE TEXT | wr [-u UID] -r FILE");

	error = attempt(argv[optind], reading ? NULL : argv[optind + 1]);
	puts(error ? strerrorname_np(error) : "0");
	return 0;
}
