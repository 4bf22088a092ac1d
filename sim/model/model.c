/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine "model": its life, its ports' inputs, and the order in which work is done. */

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "model.h"

/* With its header a frame at a port takes so much at most; headers are aligned. */
#define INPUT_ALIGNMENT 16u
#define INPUT_SLOT (sizeof(struct input_frame) + MAX_FRAME + INPUT_ALIGNMENT)
#define INPUT_SIZE (INPUT_FRAMES * INPUT_SLOT)
#define DEFAULT_MBPS 10000u

static_assert(sizeof(struct input_frame) < INPUT_ALIGNMENT, "a header fits in front");

uint32_t model_microseconds(const struct model *model)
{
	struct timespec time;

	if (model->time_from_clock)
		return (uint32_t)(model->clocks / CLOCKS_PER_US);
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint32_t)((uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000);
}

/* ---- Life ---- */

static void model_destroy(struct sekisho_engine *engine)
{
	struct model *model = (struct model *)engine;

	for (unsigned int i = 0; i < PORTS; i++)
		free(model->ports[i].input);
	free(model);
}

static void init_function(struct function *function, unsigned int number)
{
	function->max_frame = SEKISHO_NETWORK_MAX_FRAME_VALUE_RESET_VALUE;
	function->toeplitz_stale = true;
	function->link = true;
	function->mbps = DEFAULT_MBPS;
	for (unsigned int i = 0; i < SEKISHO_RX_QUEUES; i++)
		function->rx[i].function = (uint8_t)number;
	for (unsigned int i = 0; i < SEKISHO_TX_QUEUES; i++)
		function->tx[i].function = (uint8_t)number;
}

static int model_create(struct sekisho_engine **engine, const struct sekisho_engine_config *config,
			const struct sekisho_engine_callbacks *callbacks)
{
	struct model *model = calloc(1, sizeof(*model));

	if (model == NULL)
		return -ENOMEM;
	model->engine.operations = &sekisho_model_operations;
	model->callbacks = *callbacks;
	model->time_from_clock = config->time_from_clock;
	model->data_width = config->data_width;
	for (unsigned int i = 0; i < PORTS; i++) {
		struct port *port = &model->ports[i];

		port->enable = true;
		port->link = true;
		port->mbps = DEFAULT_MBPS;
		port->input = malloc(INPUT_SIZE);
		if (port->input == NULL) {
			model_destroy(&model->engine);
			return -ENOMEM;
		}
	}
	for (unsigned int i = 0; i < FUNCTIONS; i++)
		init_function(&model->functions[i], i);
	*engine = &model->engine;
	return 0;
}

/* ---- Ports ---- */

static uint32_t kept(uint32_t length)
{
	return length < MAX_FRAME ? length : MAX_FRAME;
}

static uint32_t slot_size(uint32_t length)
{
	return (INPUT_ALIGNMENT + kept(length) + INPUT_ALIGNMENT - 1) & ~(INPUT_ALIGNMENT - 1);
}

static bool model_can_receive(struct sekisho_engine *engine, unsigned int port)
{
	const struct model *model = (const struct model *)engine;

	return port < PORTS && model->ports[port].frames < INPUT_FRAMES;
}

static bool model_receive(struct sekisho_engine *engine, unsigned int number, const uint8_t *frame,
			  uint32_t length, bool error)
{
	struct model *model = (struct model *)engine;
	struct input_frame header = { length, error };
	struct port *port = &model->ports[number];

	if (!model_can_receive(engine, number) || length == 0)
		return false;
	if (port->end + slot_size(length) > INPUT_SIZE) {
		/* So many frames fit, whatever their lengths: the room is in front. */
		memmove(port->input, port->input + port->first, port->end - port->first);
		port->end -= port->first;
		port->first = 0;
	}
	memcpy(port->input + port->end, &header, sizeof(header));
	copy_bytes(port->input + port->end + INPUT_ALIGNMENT, frame, kept(length));
	port->end += slot_size(length);
	port->frames++;
	return true;
}

static void model_set_link(struct sekisho_engine *engine, unsigned int port, bool up,
			   unsigned int mbps)
{
	struct model *model = (struct model *)engine;

	if (port >= PORTS)
		return;
	model->ports[port].link = up;
	model->ports[port].mbps = mbps & 0xffffff;
}

/* ---- Work ---- */

static uint32_t serve_port(struct model *model, unsigned int number, uint32_t limit)
{
	struct port *port = &model->ports[number];
	uint32_t done = 0;

	while (port->frames > 0 && done < limit) {
		const uint8_t *at = port->input + port->first;
		struct input_frame header;

		memcpy(&header, at, sizeof(header));
		receive_frame(model, number, at + INPUT_ALIGNMENT, header.length, header.error);
		port->first += slot_size(header.length);
		port->frames--;
		done++;
	}
	if (port->frames == 0) {
		/* The same memory again: it is in the cache. */
		port->first = 0;
		port->end = 0;
	}
	return done;
}

static uint32_t serve_function(struct model *model, unsigned int number, uint32_t limit)
{
	struct function *function = &model->functions[number];
	uint32_t done = 0;

	/* As far ahead as there is room, in both directions, whatever is enabled. */
	for (unsigned int i = 0; i < SEKISHO_RX_QUEUES; i++)
		queue_fetch(model, &function->rx[i]);
	for (unsigned int i = 0; i < SEKISHO_TX_QUEUES; i++)
		queue_fetch(model, &function->tx[i]);
	if ((function->control & SEKISHO_NETWORK_CONTROL_TX_ENABLE_MASK) == 0)
		return 0;
	for (unsigned int i = 0; i < SEKISHO_TX_QUEUES; i++) {
		uint32_t turn = limit - done < BATCH ? limit - done : BATCH;

		done += transmit_queue(model, number, &function->tx[i], turn);
	}
	return done;
}

static uint32_t model_run(struct sekisho_engine *engine, uint32_t clocks)
{
	struct model *model = (struct model *)engine;
	uint32_t done = 0, before;

	model->runs++;
	event_links(model);
	model->now = model_microseconds(model);
	do {
		before = done;
		for (unsigned int i = 0; i < PORTS; i++)
			done += serve_port(model, i, clocks - done < BATCH ? clocks - done : BATCH);
		for (unsigned int i = 0; i < FUNCTIONS; i++)
			done += serve_function(model, i, clocks - done);
		event_queues(model);
	} while (done != before && done < clocks);
	model->clocks += done;
	return done;
}

static uint64_t model_clocks(const struct sekisho_engine *engine)
{
	return ((const struct model *)engine)->clocks;
}

static int model_trace(struct sekisho_engine *engine, const char *path)
{
	(void)engine;
	return path == NULL ? 0 : -ENOTSUP;
}

const struct sekisho_engine_operations sekisho_model_operations = {
	.create = model_create,
	.destroy = model_destroy,
	.reg_read = model_reg_read,
	.reg_write = model_reg_write,
	.can_receive = model_can_receive,
	.receive = model_receive,
	.set_link = model_set_link,
	.run = model_run,
	.clocks = model_clocks,
	.trace = model_trace,
};
