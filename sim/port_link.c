/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port joined to another port, of this simulator or of another one: a cable. Each end is a
 * datagram socket of its own beside the name that both were given, NAME.a and NAME.b; a frame is a
 * datagram. Either end may come later, go, and come back: frames to an end that is not there are
 * lost, as on a wire.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "port.h"

struct link_end {
	struct sockaddr_un own, other;
};

static bool somebody_listens(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool answers =
		fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

	if (fd >= 0)
		close(fd);
	return answers;
}

/* Takes one end of the cable: 0, or -EADDRINUSE when somebody has it. */
static int take_end(struct port *port, const struct sockaddr_un *address)
{
	if (somebody_listens(address))
		return -EADDRINUSE;
	unlink(address->sun_path); /* left by one that was killed */
	if (bind(port->fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		return -errno;
	return 0;
}

static int link_open(struct port *port, char **arguments)
{
	struct link_end *end;
	int err;

	if (arguments[0][0] == '\0' || strlen(arguments[0]) + 3 > sizeof(end->own.sun_path))
		return -ENAMETOOLONG;
	end = calloc(1, sizeof(*end));
	port->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (end == NULL || port->fd < 0) {
		err = end == NULL ? -ENOMEM : -errno;
		goto fail;
	}
	end->own.sun_family = end->other.sun_family = AF_UNIX;
	snprintf(end->own.sun_path, sizeof(end->own.sun_path), "%s.a", arguments[0]);
	snprintf(end->other.sun_path, sizeof(end->other.sun_path), "%s.b", arguments[0]);
	err = take_end(port, &end->own);
	if (err == -EADDRINUSE) {
		struct sockaddr_un first = end->own;

		end->own = end->other;
		end->other = first;
		err = take_end(port, &end->own);
	}
	if (err != 0)
		goto fail;
	port->data = end;
	return 0;

fail:
	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
	free(end);
	return err;
}

static ssize_t link_receive(struct port *port, uint8_t *frame, size_t room)
{
	ssize_t length = recv(port->fd, frame, room, 0);

	if (length < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	return length;
}

static int link_send(struct port *port, const uint8_t *frame, uint32_t length)
{
	const struct link_end *end = port->data;

	if (sendto(port->fd, frame, length, 0, (const struct sockaddr *)&end->other,
		   sizeof(end->other)) >= 0)
		return 0;
	/* EAGAIN: the other end has not read what it got. */
	return errno == ENOBUFS || errno == EINTR ? -EAGAIN : -errno;
}

static void link_close(struct port *port)
{
	struct link_end *end = port->data;

	unlink(end->own.sun_path);
	close(port->fd);
	port->fd = -1;
	free(end);
	port->data = NULL;
}

const struct port_kind port_link = {
	.name = "link",
	.arguments = 1,
	.open = link_open,
	.receive = link_receive,
	.send = link_send,
	.close = link_close,
};
