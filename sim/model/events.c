/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupts: of queues, one for each request, and of the function's events. */

#include "model.h"

static void raise_vector(struct model *model, unsigned int function, uint32_t vector)
{
	model->callbacks.interrupt(model->callbacks.context, function, vector);
}

void event_raise(struct model *model, unsigned int function)
{
	uint32_t event = model->functions[function].event;

	if ((event & SEKISHO_NETWORK_EVENT_ENABLE_MASK) != 0)
		raise_vector(model, function,
			     SEKISHO_FIELD_GET(SEKISHO_NETWORK_EVENT_VECTOR, event));
}

void event_links(struct model *model)
{
	for (unsigned int i = 0; i < FUNCTIONS; i++) {
		struct function *function = &model->functions[i];
		const struct port *port = &model->ports[i];

		if (function->link == port->link && function->mbps == port->mbps)
			continue;
		function->link = port->link;
		function->mbps = port->mbps;
		event_raise(model, i);
	}
}

static void look(struct model *model, struct queue *queue)
{
	if (!queue->armed || queue->completed == queue->seen)
		return;
	queue->armed = false;
	raise_vector(model, queue->function,
		     SEKISHO_FIELD_GET(SEKISHO_QUEUE_CONFIG_VECTOR, queue->config));
}

void event_queues(struct model *model)
{
	for (unsigned int i = 0; i < FUNCTIONS; i++) {
		for (unsigned int q = 0; q < SEKISHO_RX_QUEUES; q++)
			look(model, &model->functions[i].rx[q]);
		for (unsigned int q = 0; q < SEKISHO_TX_QUEUES; q++)
			look(model, &model->functions[i].tx[q]);
	}
}
