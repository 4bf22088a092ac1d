/* SPDX-License-Identifier: BSD-3-Clause */
/* What all kinds of port share: options, padding, faults on the wire, the send queue. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "port.h"

#define MAX_ARGUMENTS 2
#define CORRUPT_LONGER 100u /* only frames longer than this */
#define CORRUPT_TAIL 8u /* only so many last bytes of the datagram */

static const struct port_kind *const kinds[] = { &port_tap, &port_veth, &port_pcap, &port_link,
						 &port_loop };

/* xorshift64*: the same seed gives the same faults. */
static uint32_t random32(struct port *port)
{
	port->random ^= port->random >> 12;
	port->random ^= port->random << 25;
	port->random ^= port->random >> 27;
	return (uint32_t)(port->random * UINT64_C(0x2545f4914f6cdd1d) >> 32);
}

int port_enter_netns(const char *name)
{
	char path[PATH_MAX];
	int own, wanted, err;

	if (strchr(name, '/') != NULL)
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "/run/netns/%s", name);
	own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return -errno;
	wanted = open(path, O_RDONLY | O_CLOEXEC);
	if (wanted < 0 || setns(wanted, CLONE_NEWNET) != 0) {
		err = -errno;
		if (wanted >= 0)
			close(wanted);
		close(own);
		return err;
	}
	close(wanted);
	return own;
}

void port_leave_netns(int own)
{
	/* Going on in the wrong namespace would open the next port in it. */
	if (setns(own, CLONE_NEWNET) != 0) {
		perror("sekisho-sim: setns");
		_exit(1);
	}
	close(own);
}

static int parse_number(const char *text, uint32_t *value)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' || number > UINT32_MAX)
		return -EINVAL;
	*value = (uint32_t)number;
	return 0;
}

static int parse_option(struct port *port, const char *option)
{
	uint32_t number;

	if (strncmp(option, "netns=", 6) == 0 && option[6] != '\0' &&
	    strlen(option + 6) < sizeof(port->netns)) {
		snprintf(port->netns, sizeof(port->netns), "%s", option + 6);
		return 0;
	}
	if (strncmp(option, "corrupt=", 8) == 0 && parse_number(option + 8, &port->corrupt) == 0)
		return 0;
	if (strncmp(option, "speed=", 6) == 0 && parse_number(option + 6, &number) == 0 &&
	    number > 0 && number < 1u << 24) {
		port->mbps = number;
		return 0;
	}
	if (strcmp(option, "link=down") == 0 || strcmp(option, "link=up") == 0) {
		port->link = strcmp(option, "link=up") == 0;
		port->follows = false;
		return 0;
	}
	return -EINVAL;
}

static int open_in_netns(struct port *port, char **arguments)
{
	int own = -1, err;

	if (port->netns[0] != '\0') {
		own = port_enter_netns(port->netns);
		if (own < 0) {
			sim_log(LOG_ERROR, "port %u: network namespace %s: %s", port->number,
				port->netns, strerror(-own));
			return own;
		}
	}
	err = port->kind->open(port, arguments);
	if (own >= 0)
		port_leave_netns(own);
	return err;
}

int port_open(struct port *port, unsigned int number, const char *text, uint64_t seed)
{
	char copy[1024], *arguments[MAX_ARGUMENTS] = { NULL }, *rest, *part, separator;
	unsigned int count = 0;
	int err;

	memset(port, 0, sizeof(*port));
	port->number = number;
	port->fd = -1;
	port->link = true;
	port->queue_end = &port->queue;
	port->random = (seed + 1 + number) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	if (strlen(text) >= sizeof(copy)) {
		sim_log(LOG_ERROR, "port %u: description too long", number);
		return -EINVAL;
	}
	snprintf(copy, sizeof(copy), "%s", text);
	rest = copy + strcspn(copy, ":,");
	separator = *rest;
	if (separator != '\0')
		*rest++ = '\0';
	else
		rest = NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(copy, kinds[i]->name) == 0)
			port->kind = kinds[i];
	}
	if (port->kind == NULL || (separator == ':') != (port->kind->arguments > 0)) {
		sim_log(LOG_ERROR,
			"port %u: \"%s\" is none of tap:NAME, veth:INTERFACE, "
			"pcap:IN,OUT, link:SOCKET, loop",
			number, text);
		err = -EINVAL;
		goto fail;
	}
	port->follows = port->kind->carrier != NULL;
	while ((part = strsep(&rest, ",")) != NULL) {
		if (count < port->kind->arguments) {
			arguments[count++] = part;
		} else if (parse_option(port, part) != 0) {
			sim_log(LOG_ERROR,
				"port %u: \"%s\" is none of netns=NAME, corrupt=N, "
				"speed=MBPS, link=up, link=down",
				number, part);
			err = -EINVAL;
			goto fail;
		}
	}
	if (count < port->kind->arguments) {
		sim_log(LOG_ERROR, "port %u: %s needs %u arguments", number, port->kind->name,
			port->kind->arguments);
		err = -EINVAL;
		goto fail;
	}
	if (count > 0)
		snprintf(port->name, sizeof(port->name), "%s", arguments[0]);
	err = open_in_netns(port, arguments);
	if (err == 0) {
		port_look(port);
		return 0;
	}
	sim_log(LOG_ERROR, "port %u: %s: %s", number, text, strerror(-err));
fail:
	port->kind = NULL; /* nothing is open: port_close() does nothing */
	return err;
}

void port_close(struct port *port)
{
	if (port->kind == NULL)
		return;
	port_flush(port);
	while (port->queue != NULL) {
		struct port_queued *first = port->queue;

		port->queue = first->next;
		port->counters.dropped_out++;
		free(first);
	}
	port->kind->close(port);
	port->kind = NULL;
}

/* Where a TCP or UDP datagram that carries a checksum ends in the frame; 0: there is none. */
static uint32_t checked_end(const uint8_t *frame, uint32_t length)
{
	uint32_t at = 12, type, end, protocol, l4;

	for (unsigned int tags = 0; tags <= 2; tags++, at += 4) {
		if (at + 2 + 40 > length)
			return 0;
		type = (uint32_t)frame[at] << 8 | frame[at + 1];
		if (type != 0x8100 && type != 0x88a8 && type != 0x9100)
			break;
	}
	at += 2;
	if (type == 0x0800) {
		uint32_t fragment = (uint32_t)(frame[at + 6] << 8 | frame[at + 7]) & 0x3fff;

		if (frame[at] >> 4 != 4 || fragment != 0)
			return 0;
		protocol = frame[at + 9];
		l4 = at + (frame[at] & 15u) * 4;
		end = at + ((uint32_t)frame[at + 2] << 8 | frame[at + 3]);
	} else if (type == 0x86dd) {
		if (frame[at] >> 4 != 6)
			return 0;
		protocol = frame[at + 6];
		l4 = at + 40;
		end = l4 + ((uint32_t)frame[at + 4] << 8 | frame[at + 5]);
	} else {
		return 0;
	}
	if (end > length || l4 + 8 + CORRUPT_TAIL > end)
		return 0;
	if (protocol == 17)
		return frame[l4 + 6] == 0 && frame[l4 + 7] == 0 ? 0 : end;
	return protocol == 6 && l4 + 20 + CORRUPT_TAIL <= end ? end : 0;
}

bool port_corrupt(struct port *port, uint8_t *frame, uint32_t length)
{
	uint32_t end, turn;

	if (port->corrupt == 0 || length <= CORRUPT_LONGER)
		return false;
	end = checked_end(frame, length);
	if (end == 0)
		return false;
	/* Exactly one of every group of frames, at a random place in it. */
	if (port->corrupt_seen == 0)
		port->corrupt_at = random32(port) % port->corrupt;
	turn = port->corrupt_seen;
	port->corrupt_seen = (turn + 1) % port->corrupt;
	if (turn != port->corrupt_at)
		return false;
	frame[end - 1 - random32(port) % CORRUPT_TAIL] ^= (uint8_t)(1u << random32(port) % 8);
	port->counters.corrupted++;
	return true;
}

bool port_look(struct port *port)
{
	if (!port->follows || port->kind->carrier(port) == port->link)
		return false;
	port->link = !port->link;
	return true;
}

ssize_t port_receive(struct port *port, uint8_t *frame)
{
	ssize_t length;

	for (unsigned int i = 0; i < PORT_QUEUE; i++) {
		length = port->kind->receive(port, frame, PORT_BUFFER);
		if (length < 0)
			return length;
		if (!port->link || length < 14) {
			port->counters.dropped_in++;
			continue;
		}
		if (length < (ssize_t)PORT_MIN_FRAME) {
			memset(frame + length, 0, PORT_MIN_FRAME - (size_t)length);
			length = PORT_MIN_FRAME;
			port->counters.padded++;
		}
		port_corrupt(port, frame, (uint32_t)length);
		port->counters.frames_in++;
		port->counters.bytes_in += (uint64_t)length;
		return length;
	}
	return -EAGAIN;
}

/* True when the frame is gone, one way or the other. */
static bool send_now(struct port *port, const uint8_t *frame, uint32_t length)
{
	int err = port->kind->send(port, frame, length);

	if (err == -EAGAIN)
		return false;
	if (err == 0) {
		port->counters.frames_out++;
		port->counters.bytes_out += length;
	} else {
		port->counters.dropped_out++;
	}
	return true;
}

void port_send(struct port *port, const uint8_t *frame, uint32_t length)
{
	struct port_queued *queued;

	if (!port->link) {
		port->counters.dropped_out++;
		return;
	}
	if (port->queue == NULL && send_now(port, frame, length))
		return;
	queued = port->queued < PORT_QUEUE ? malloc(sizeof(*queued) + length) : NULL;
	if (queued == NULL) {
		port->counters.dropped_out++;
		return;
	}
	queued->next = NULL;
	queued->length = length;
	memcpy(queued->frame, frame, length);
	*port->queue_end = queued;
	port->queue_end = &queued->next;
	port->queued++;
}

bool port_flush(struct port *port)
{
	while (port->queue != NULL) {
		struct port_queued *first = port->queue;

		if (!send_now(port, first->frame, first->length))
			return true;
		port->queue = first->next;
		if (port->queue == NULL)
			port->queue_end = &port->queue;
		port->queued--;
		free(first);
	}
	if (port->kind->flush != NULL)
		port->kind->flush(port);
	return false;
}
