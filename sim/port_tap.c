/* SPDX-License-Identifier: BSD-3-Clause */
/* A port on a TAP interface: the kernel's network stack is at the other end of the wire. */

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "log.h"
#include "port.h"

static void set_up(struct port *port, const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) != 0) {
		if (fd >= 0)
			close(fd);
		return;
	}
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		sim_log(LOG_INFO, "port %u: %s stays down: %s", port->number, name,
			strerror(errno));
	close(fd);
}

static int tap_open(struct port *port, char **arguments)
{
	struct ifreq request = { 0 };
	int err;

	if (arguments[0][0] == '\0' || strlen(arguments[0]) >= sizeof(request.ifr_name))
		return -EINVAL;
	port->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (port->fd < 0)
		return -errno;
	/* No offloads are turned on: the kernel computes every checksum before a frame gets here. */
	request.ifr_flags = IFF_TAP | IFF_NO_PI;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", arguments[0]);
	if (ioctl(port->fd, TUNSETIFF, &request) != 0) {
		err = -errno;
		close(port->fd);
		port->fd = -1;
		return err;
	}
	set_up(port, request.ifr_name);
	return 0;
}

static ssize_t tap_receive(struct port *port, uint8_t *frame, size_t room)
{
	ssize_t length = read(port->fd, frame, room);

	if (length < 0)
		return errno == EINTR || errno == EIO ? -EAGAIN : -errno;
	return length;
}

static int tap_send(struct port *port, const uint8_t *frame, uint32_t length)
{
	return write(port->fd, frame, length) < 0 ? -errno : 0;
}

/* The driver of TAP takes frames while the interface is up, in whatever namespace it is by now. */
static bool tap_carrier(const struct port *port)
{
	struct pollfd poll_fd = { .fd = port->fd, .events = POLLOUT };

	return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLOUT) != 0;
}

static void tap_close(struct port *port)
{
	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
}

const struct port_kind port_tap = {
	.name = "tap",
	.arguments = 1,
	.open = tap_open,
	.receive = tap_receive,
	.send = tap_send,
	.carrier = tap_carrier,
	.close = tap_close,
};
