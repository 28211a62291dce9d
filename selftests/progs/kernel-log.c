// SPDX-License-Identifier: GPL-2.0
/*
 * kernel-log - the kernel's log since the last line that has some text
 *
 * Usage: kernel-log TEXT
 *
 * Without such a line, all of it. Levels are left out, as dmesg does.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

#define READ_ALL 3
#define SIZE_BUFFER 10

/* Past the "<6>" of a line. */
static char *past_level(char *line)
{
	char *p = line;

	if (*p++ != '<')
		return line;
	while (isdigit((unsigned char)*p))
		p++;
	return *p == '>' ? p + 1 : line;
}

int main(int argc, char **argv)
{
	int size = klogctl(SIZE_BUFFER, NULL, 0);
	char *log, *from, *mark;
	int len;

	if (argc != 2)
		errx(2, "usage: kernel-log TEXT");
	log = size < 0 ? NULL : malloc(size + 1);
	if (!log)
		err(2, "the log's size");
	len = klogctl(READ_ALL, log, size);
	if (len < 0)
		err(2, "the log");
	log[len] = '\0';

	from = log;
	while ((mark = strstr(from, argv[1]))) {
		from = mark + strcspn(mark, "\n");
		from += *from == '\n';
	}
	for (char *line = strtok(from, "\n"); line; line = strtok(NULL, "\n"))
		puts(past_level(line));
	return 0;
}
