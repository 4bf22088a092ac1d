/* SPDX-License-Identifier: BSD-3-Clause */
/* A port with a loop-back plug: what it sends comes back to it, in order. */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port.h"

#define LOOP_SIZE (1u << 20) /* bytes on their way, a power of two */

static_assert(LOOP_SIZE > PORT_BUFFER + sizeof(uint32_t), "any frame fits");

/* A ring of bytes: a frame's length, then the frame. The places count freely. */
struct loop {
	uint32_t in, out;
	uint8_t bytes[LOOP_SIZE];
};

static void put(struct loop *loop, const void *data, uint32_t length)
{
	uint32_t at = loop->in % LOOP_SIZE;
	uint32_t part = length < LOOP_SIZE - at ? length : LOOP_SIZE - at;

	memcpy(loop->bytes + at, data, part);
	memcpy(loop->bytes, (const uint8_t *)data + part, length - part);
	loop->in += length;
}

static void get(struct loop *loop, void *data, uint32_t length)
{
	uint32_t at = loop->out % LOOP_SIZE;
	uint32_t part = length < LOOP_SIZE - at ? length : LOOP_SIZE - at;

	memcpy(data, loop->bytes + at, part);
	memcpy((uint8_t *)data + part, loop->bytes, length - part);
	loop->out += length;
}

static int loop_open(struct port *port, char **arguments)
{
	(void)arguments;
	port->data = calloc(1, sizeof(struct loop));
	return port->data == NULL ? -ENOMEM : 0;
}

static ssize_t loop_receive(struct port *port, uint8_t *frame, size_t room)
{
	struct loop *loop = port->data;
	uint32_t length;

	if (loop->in == loop->out)
		return -EAGAIN;
	get(loop, &length, sizeof(length));
	/* No frame of the card is longer than the buffer of one that comes. */
	if (length > room) {
		loop->out += length;
		return 0;
	}
	get(loop, frame, length);
	return (ssize_t)length;
}

static int loop_send(struct port *port, const uint8_t *frame, uint32_t length)
{
	struct loop *loop = port->data;

	if (sizeof(length) + length > LOOP_SIZE - (loop->in - loop->out))
		return -EAGAIN;
	put(loop, &length, sizeof(length));
	put(loop, frame, length);
	return 0;
}

static void loop_close(struct port *port)
{
	free(port->data);
	port->data = NULL;
}

const struct port_kind port_loop = {
	.name = "loop",
	.open = loop_open,
	.receive = loop_receive,
	.send = loop_send,
	.close = loop_close,
};
