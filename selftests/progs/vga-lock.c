// SPDX-License-Identifier: GPL-2.0
/*
 * vga-lock - a client of /dev/vga_arbiter
 *
 * Usage: vga-lock COMMAND...
 *
 * Writes each COMMAND to one open file of the arbiter, as an X server would, and
 * prints "COMMAND: 0" or the errno's name. Two commands are this program's own:
 * "read" prints the arbiter's answer, "hold" waits to be killed. Locks end with
 * the process.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_answer(int fd)
{
	char answer[1024];
	ssize_t len = read(fd, answer, sizeof(answer) - 1);

	if (len < 0) {
		printf("read: %s\n", strerrorname_np(errno));
		return;
	}
	answer[len] = '\0';
	answer[strcspn(answer, "\n")] = '\0';
	puts(answer);
}

int main(int argc, char **argv)
{
	int fd = open("/dev/vga_arbiter", O_RDWR);

	if (fd < 0)
		err(2, "/dev/vga_arbiter");
	setlinebuf(stdout);

	for (int i = 1; i < argc; i++) {
		const char *command = argv[i];

		if (!strcmp(command, "read")) {
			print_answer(fd);
		} else if (!strcmp(command, "hold")) {
			for (;;)
				pause();
		} else {
			ssize_t done = write(fd, command, strlen(command));

			printf("%s: %s\n", command, done < 0 ? strerrorname_np(errno) : "0");
		}
	}
	return 0;
}
