// SPDX-License-Identifier: GPL-2.0
/*
 * failnth - one call again and again, in which the 1st, 2nd, ... allocation fails
 *
 * Usage: failnth facts BDF[,BDF...]
 *        failnth sweep BDF[,BDF...] BEFORE AFTER... -- CALL... -- UNDO...
 *
 * CALL and UNDO are one of
 *        write FILE TEXT		in one write(2)
 *        load FILE PARAMETERS		a module
 *        unload MODULE
 *
 * "facts" prints on one line what there is to know of functions: driver, state and
 * rom_source in their directories, what they decode, their part in VGA arbitration,
 * driver_override; and whether our module is there. It takes no memory from the heap
 * and starts no process, so that thousands of them can be had on a slow kernel.
 *
 * "sweep" makes the call with its N-th allocation failing, for N from 1 on, until there
 * are fewer. After a call that fails the facts must be BEFORE, after one that does not
 * they must be one of AFTER, and after the undoing, which happens then unless they are
 * BEFORE, they must be that again.
 * Prints how often each came to be. If the facts are others, it prints them and exits
 * with 1. The fault is for this task and this call only: see "fail-nth" in the kernel's
 * Documentation/fault-injection/fault-injection.rst.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_AFTERS 8

/* The first line of a file, or what is wrong with it. */
static const char *first_line(const char *path)
{
	static char text[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (len < 0)
		strcpy(text, errno == ENOENT ? "-" : strerrorname_np(errno));
	else
		text[len] = '\0';
	if (fd >= 0)
		close(fd);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static const char *driver(const char *bdf)
{
	static char target[256];
	char path[128];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", bdf);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return "none";
	target[len] = '\0';
	return strrchr(target, '/') + 1;
}

/* The I/O and memory bits of COMMAND. */
static const char *decodes(const char *bdf)
{
	static const char *const words[] = { "none", "io", "mem", "io+mem" };
	unsigned char command = 0;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return "gone";
	if (pread(fd, &command, 1, 4) != 1)
		err(2, "%s", path);
	close(fd);
	return words[command & 3];
}

/* What the arbiter has it decode, or "-" if it takes no part. */
static const char *arbiter(const char *bdf)
{
	static char text[1024];
	int fd = open("/dev/vga_arbiter", O_RDWR | O_CLOEXEC);
	char target[64];
	const char *found;
	ssize_t len;

	if (fd < 0)
		err(2, "/dev/vga_arbiter");
	len = snprintf(target, sizeof(target), "target PCI:%s", bdf);
	if (write(fd, target, len) != len) {
		close(fd);
		return "-";
	}
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	found = strstr(text, "decodes=");
	if (!found)
		return "-";
	text[found - text + strcspn(found, ",")] = '\0';
	return found + strlen("decodes=");
}

static void facts(char *functions, char *out, size_t size)
{
	char list[256], path[128];
	size_t len = 0;

	snprintf(list, sizeof(list), "%s", functions);
	for (char *bdf = strtok(list, ","); bdf; bdf = strtok(NULL, ",")) {
		len += snprintf(out + len, size - len, "driver=%s", driver(bdf));
		snprintf(path, sizeof(path), "/sys/class/vga_stub/%s/state", bdf);
		len += snprintf(out + len, size - len, " state=%s", first_line(path));
		snprintf(path, sizeof(path), "/sys/class/vga_stub/%s/rom_source", bdf);
		len += snprintf(out + len, size - len, " rom=%s", first_line(path));
		len += snprintf(out + len, size - len, " decodes=%s", decodes(bdf));
		len += snprintf(out + len, size - len, " arbiter=%s", arbiter(bdf));
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
		len += snprintf(out + len, size - len, " override=%s; ", first_line(path));
	}
	snprintf(out + len, size - len, "module=%s class=%s",
		 access("/sys/module/vga_stub", F_OK) ? "no" : "yes",
		 access("/sys/class/vga_stub", F_OK) ? "no" : "yes");
}

static int fail_nth;

static void arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fail_nth, text, len, 0) != len)
		err(2, "fail-nth");
}

/* Whether the fault was injected; it is disarmed in any case. */
static int disarm(void)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) <= 0)
		err(2, "fail-nth");
	arm(0);
	return atoi(text) == 0;
}

/* Makes a call; its error, or 0. */
static int make_call(char **words, unsigned int n, int *failed)
{
	long done;
	int fd = -1, error;

	if (strcmp(words[0], "unload")) {
		fd = open(words[1], (strcmp(words[0], "load") ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
		if (fd < 0)
			err(2, "%s", words[1]);
	}
	arm(n);
	if (!strcmp(words[0], "write"))
		done = write(fd, words[2], strlen(words[2]));
	else if (!strcmp(words[0], "load"))
		done = syscall(SYS_finit_module, fd, words[2], 0);
	else
		done = syscall(SYS_delete_module, words[1], O_NONBLOCK);
	error = done < 0 ? errno : 0;
	*failed = disarm();
	if (fd >= 0)
		close(fd);
	return error;
}

static int sweep(int argc, char **argv)
{
	char *functions = argv[0], *before = argv[1], *afters[MOST_AFTERS], now[1024];
	unsigned int n, errors = 0, others = 0, counts[MOST_AFTERS] = { 0 };
	int after_count = 0, i, failed, error, ignored;
	char **call, **undo;

	for (i = 2; i < argc && strcmp(argv[i], "--"); i++) {
		if (after_count == MOST_AFTERS)
			errx(2, "too many outcomes");
		afters[after_count++] = argv[i];
	}
	call = argv + i + 1;
	for (i++; i < argc && strcmp(argv[i], "--"); i++)
		;
	undo = argv + i + 1;
	if (!after_count || i + 2 >= argc)
		errx(2, "usage: failnth sweep BDF BEFORE AFTER... -- CALL... -- UNDO...");

	facts(functions, now, sizeof(now));
	if (strcmp(now, before))
		errx(1, "before it is %s", now);
	for (n = 1;; n++) {
		error = make_call(call, n, &failed);
		facts(functions, now, sizeof(now));
		if (error) {
			errors++;
			if (strcmp(now, before)) {
				printf("%u: %s, then it is %s\n", n, strerrorname_np(error), now);
				return 1;
			}
			if (!failed) {
				printf("%u: %s without a cause\n", n, strerrorname_np(error));
				return 1;
			}
			continue;
		}
		for (i = 0; i < after_count && strcmp(now, afters[i]); i++)
			;
		if (i == after_count || (!failed && i > 0)) {
			printf("%u: success, then it is %s\n", n, now);
			return 1;
		}
		counts[i] += failed;
		others += i > 0;
		error = strcmp(now, before) ? make_call(undo, 0, &ignored) : 0;
		facts(functions, now, sizeof(now));
		if (error || strcmp(now, before)) {
			printf("%u: undone with error %d it is %s\n", n, error, now);
			return 1;
		}
		if (!failed)
			break;
	}
	printf("%u allocations failed: %u errors", n - 1, errors);
	for (i = 0; i < after_count; i++)
		printf(", %u of outcome %d", counts[i], i + 1);
	puts("");
	/* A sweep in which nothing went wrong has tested nothing. */
	return n == 1 || errors + others == 0;
}

int main(int argc, char **argv)
{
	char now[1024];

	if (argc == 3 && !strcmp(argv[1], "facts")) {
		facts(argv[2], now, sizeof(now));
		puts(now);
		return 0;
	}
	if (argc < 7 || strcmp(argv[1], "sweep"))
		errx(2, "usage: failnth facts BDF | failnth sweep BDF BEFORE AFTER... -- CALL... -- UNDO...");
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		err(2, "/proc/thread-self/fail-nth");
	return sweep(argc - 2, argv + 2);
}
