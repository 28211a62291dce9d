// SPDX-License-Identifier: GPL-2.0
/*
 * uevents - prints the kernel's uevents as they come
 *
 * One line each: ACTION@DEVPATH, followed by the variables. The first line is
 * "listening".
 */
#include <err.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	char message[8192];
	ssize_t len;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		err(2, "netlink");
	setlinebuf(stdout);
	puts("listening");

	while ((len = recv(fd, message, sizeof(message) - 1, 0)) > 0) {
		message[len] = '\0';
		for (ssize_t i = 0; i < len - 1; i++) {
			if (!message[i])
				message[i] = ' ';
		}
		puts(message);
	}
	err(2, "recv");
}
