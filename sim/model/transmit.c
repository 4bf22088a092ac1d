/* SPDX-License-Identifier: BSD-3-Clause */
/* The transmit path: descriptor, host memory, checksums, port. */

#include "checksum.h"
#include "headers.h"
#include "model.h"

#define CONTROL(word, field) SEKISHO_FIELD_GET(SEKISHO_TX_DESCRIPTOR_CONTROL_##field, word)
#define MIN_LENGTH 14u

static_assert((unsigned int)SEKISHO_TX_QUEUE_RESULT_SENT == SEKISHO_COMPLETION_STATUS_OK &&
		      (unsigned int)SEKISHO_TX_QUEUE_RESULT_DMA_ERROR ==
			      SEKISHO_COMPLETION_STATUS_DMA_ERROR &&
		      (unsigned int)SEKISHO_TX_QUEUE_RESULT_LENGTH_ERROR ==
			      SEKISHO_COMPLETION_STATUS_LENGTH_ERROR &&
		      (unsigned int)SEKISHO_TX_QUEUE_RESULT_UNSUPPORTED ==
			      SEKISHO_COMPLETION_STATUS_UNSUPPORTED,
	      "a status is the counter's number, too");

static bool read_host(struct model *model, unsigned int function, uint64_t address, uint8_t *data,
		      uint32_t length)
{
	while (length > 0) {
		uint32_t part = PAGE - (uint32_t)(address % PAGE);
		const void *memory;

		if (part > length)
			part = length;
		memory = host_memory(model, function, address, part, false);
		if (memory == NULL)
			return false;
		copy_bytes(data, memory, part);
		address += part;
		data += part;
		length -= part;
	}
	return true;
}

static void put_checksum(uint8_t *field, uint64_t sum)
{
	uint16_t checksum = (uint16_t)~checksum_fold(sum);

	memcpy(field, &checksum, 2);
}

static void insert_ip(const struct headers *headers, uint8_t *frame)
{
	uint8_t *header = frame + headers->l3_offset;

	memset(header + 10, 0, 2);
	put_checksum(header + 10, checksum_add(0, header, headers->ip_length));
}

static void insert_l4(const struct headers *headers, uint8_t *frame)
{
	bool udp = headers->l4_type == SEKISHO_L4_TYPE_UDP;
	uint8_t *l4 = frame + headers->l4_offset, *field = l4 + (udp ? 6 : 16);

	memset(field, 0, 2);
	put_checksum(field, headers->pseudo_sum +
				    checksum_add(0, l4, headers->sum_end - headers->sum_start));
	/* RFC 768: no checksum is what 0 would mean. */
	if (udp && field[0] == 0 && field[1] == 0)
		memset(field, 0xff, 2);
}

static enum sekisho_tx_checksum_result insert(uint8_t *frame, uint32_t length, bool ip, bool l4)
{
	struct headers headers;
	bool good = true;

	if (!ip && !l4)
		return SEKISHO_TX_CHECKSUM_RESULT_NOT_REQUESTED;
	headers_parse(&headers, frame, length);
	if (ip) {
		if (headers.ip_length != 0)
			insert_ip(&headers, frame);
		else
			good = false;
	}
	if (l4) {
		/* What stands in the field does not matter, a 0 neither. */
		if (headers.reason == SEKISHO_CHECKSUM_REASON_CHECKED ||
		    headers.reason == SEKISHO_CHECKSUM_REASON_UDP_NO_CHECKSUM ||
		    headers.reason == SEKISHO_CHECKSUM_REASON_UDP6_NO_CHECKSUM)
			insert_l4(&headers, frame);
		else
			good = false;
	}
	return good ? SEKISHO_TX_CHECKSUM_RESULT_INSERTED : SEKISHO_TX_CHECKSUM_RESULT_SKIPPED;
}

/* The frame stands in model->frame; function i has port i. */
static void leave(struct model *model, unsigned int number, uint32_t length, uint32_t control)
{
	struct function *function = &model->functions[number];
	struct port *port = &model->ports[number];
	enum sekisho_tx_checksum_result result;

	if (length < MIN_FRAME) {
		memset(model->frame + length, 0, MIN_FRAME - length);
		length = MIN_FRAME;
	}
	result = insert(model->frame, length, CONTROL(control, IP_CHECKSUM) != 0,
			CONTROL(control, L4_CHECKSUM) != 0);
	count(&function->checksum[result], length);
	if (!port->enable) {
		count(&port->tx[SEKISHO_PORT_TX_RESULT_DISABLED], length);
		return;
	}
	count(&port->tx[SEKISHO_PORT_TX_RESULT_SENT], length);
	model->callbacks.transmit(model->callbacks.context, number, model->frame, length);
}

static enum sekisho_completion_status transmit(struct model *model, unsigned int number,
					       const struct descriptor *descriptor)
{
	uint32_t length = CONTROL(descriptor->control, LENGTH);

	if (length < MIN_LENGTH || length > MAX_FRAME)
		return SEKISHO_COMPLETION_STATUS_LENGTH_ERROR;
	if (CONTROL(descriptor->control, END_OF_PACKET) == 0)
		return SEKISHO_COMPLETION_STATUS_UNSUPPORTED;
	if (!read_host(model, number, descriptor_address(descriptor), model->frame, length))
		return SEKISHO_COMPLETION_STATUS_DMA_ERROR;
	leave(model, number, length, descriptor->control);
	return SEKISHO_COMPLETION_STATUS_OK;
}

static void complete(struct model *model, struct queue *queue, uint32_t index,
		     enum sekisho_completion_status status)
{
	uint32_t words[2] = { SEKISHO_FIELD_PUT(SEKISHO_TX_COMPLETION_DESCRIPTOR_INDEX, index),
			      SEKISHO_FIELD_PUT(SEKISHO_TX_COMPLETION_STATUS_STATUS, status) };

	queue_complete(model, queue, words, 2);
}

uint32_t transmit_queue(struct model *model, unsigned int number, struct queue *queue,
			uint32_t limit)
{
	bool owed = false; /* a completion for all that was OK */
	uint32_t index = 0, done = 0;

	while (done < limit && queue_has(model, queue, 1)) {
		const struct descriptor *descriptor = queue_first(queue);
		enum sekisho_completion_status status = transmit(model, number, descriptor);

		count(&queue->results[status], CONTROL(descriptor->control, LENGTH));
		index = queue_index(queue);
		queue->done++;
		done++;
		owed = status == SEKISHO_COMPLETION_STATUS_OK;
		/* An error ends those before it as well. */
		if (!owed)
			complete(model, queue, index, status);
	}
	if (owed)
		complete(model, queue, index, SEKISHO_COMPLETION_STATUS_OK);
	return done;
}
