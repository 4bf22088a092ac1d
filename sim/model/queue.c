/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings in host memory: descriptors come from them, completions go to them. */

#include "model.h"

#define RING_ALIGNMENT 128u

/* Entries of size bytes from index on that lie in one page, up to the ring's end. */
static uint32_t entries_ahead(uint64_t address, uint32_t index, uint32_t ring, uint32_t size)
{
	uint32_t page = (PAGE - (uint32_t)(address % PAGE)) / size;

	return page < ring - index ? page : ring - index;
}

void queue_enable(struct queue *queue, bool enable)
{
	if (queue->enable == enable)
		return;
	queue->enable = enable;
	queue->ring_error = false;
	queue->stopped = false;
	queue->doorbell_error = false;
	queue->armed = false;
	queue->tail = 0;
	queue->fetched = 0;
	queue->done = 0;
	queue->completed = 0;
	queue->place_room = 0;
}

/* Getting an error is an event; having it is not. */
static void set_error(struct model *model, const struct queue *queue, bool *error)
{
	if (*error)
		return;
	*error = true;
	event_raise(model, queue->function);
}

void queue_doorbell(struct model *model, struct queue *queue, uint32_t word)
{
	uint16_t tail = (uint16_t)SEKISHO_FIELD_GET(SEKISHO_DOORBELL_TAIL_VALUE, word);

	queue->tail_word = tail;
	if (!queue->enable)
		return;
	/* Backwards is beyond the ring, too. */
	if ((uint16_t)(tail - queue->tail) > queue_size(queue) ||
	    (uint16_t)(tail - queue->done) > queue_size(queue)) {
		set_error(model, queue, &queue->doorbell_error);
		return;
	}
	queue->tail = tail;
}

void queue_arm(struct queue *queue, uint32_t word)
{
	queue->arm_word =
		word & (SEKISHO_DOORBELL_ARM_SEEN_MASK | SEKISHO_DOORBELL_ARM_REQUEST_MASK);
	if (!queue->enable)
		return;
	queue->seen = (uint16_t)SEKISHO_FIELD_GET(SEKISHO_DOORBELL_ARM_SEEN, word);
	queue->armed = true;
}

static void hold(struct queue *queue, const uint8_t *memory, uint32_t number)
{
	while (number > 0) {
		uint32_t slot = queue->fetched % HELD;
		uint32_t part = number < HELD - slot ? number : HELD - slot;

		copy_bytes((uint8_t *)&queue->held[slot], memory,
			   part * (uint32_t)sizeof(struct descriptor));
		memory += part * sizeof(struct descriptor);
		queue->fetched = (uint16_t)(queue->fetched + part);
		number -= part;
	}
}

void queue_fetch(struct model *model, struct queue *queue)
{
	const uint32_t size = sizeof(struct descriptor), ring = queue_size(queue);

	while (queue->fetched != queue->tail && !queue->ring_error) {
		uint32_t index = queue->fetched & (ring - 1);
		uint64_t address = (queue->ring & ~(uint64_t)(RING_ALIGNMENT - 1)) + index * size;
		uint32_t number = (uint16_t)(queue->tail - queue->fetched);
		uint32_t ahead = entries_ahead(address, index, ring, size);
		const uint8_t *memory;

		if (number > HELD - queue_held(queue))
			number = HELD - queue_held(queue);
		if (number > ahead)
			number = ahead;
		if (number == 0)
			break;
		memory = host_memory(model, queue->function, address, number * size, false);
		if (memory == NULL && number > 1) {
			/* What comes before the one that is refused is good. */
			number = 1;
			memory = host_memory(model, queue->function, address, size, false);
		}
		if (memory == NULL) {
			set_error(model, queue, &queue->ring_error);
			break;
		}
		hold(queue, memory, number);
	}
}

/* Memory for one completion of size bytes; NULL: refused. */
static uint8_t *next_place(struct model *model, struct queue *queue, uint32_t size)
{
	uint32_t ring = queue_size(queue), index = queue->completed & (ring - 1);
	uint64_t address;
	uint8_t *place;

	if (queue->place_run != model->runs || queue->place_room == 0) {
		address = (queue->completion_ring & ~(uint64_t)(RING_ALIGNMENT - 1)) +
			  (uint64_t)index * size;
		queue->place_run = model->runs;
		queue->place_room = entries_ahead(address, index, ring, size);
		queue->place = host_memory(model, queue->function, address,
					   queue->place_room * size, true);
		if (queue->place == NULL) {
			queue->place_room = 1;
			queue->place = host_memory(model, queue->function, address, size, true);
		}
		if (queue->place == NULL) {
			queue->place_room = 0;
			return NULL;
		}
	}
	place = queue->place;
	queue->place += size;
	queue->place_room--;
	return place;
}

void queue_complete(struct model *model, struct queue *queue, uint32_t *words, unsigned int count)
{
	uint8_t *place, *end;
	uint64_t last;

	if (queue->stopped)
		return;
	place = next_place(model, queue, count * 4);
	if (place == NULL) {
		queue->stopped = true;
		set_error(model, queue, &queue->ring_error);
		return;
	}
	/* Turns with every pass, and is 1 on the first one. */
	if ((queue->completed & queue_size(queue)) == 0)
		words[count - 1] |= SEKISHO_RX_COMPLETION_STATUS_PHASE_MASK;
	queue->completed++;
	end = place + count * 4 - sizeof(last);
	memcpy(place, words, (size_t)(end - place));
	/* The host polls the phase and then reads what stands before it. */
	memcpy(&last, words + count - 2, sizeof(last));
	if (((uintptr_t)end & (sizeof(last) - 1)) == 0)
		__atomic_store_n((uint64_t *)end, last, __ATOMIC_RELEASE);
	else
		memcpy(end, &last, sizeof(last)); /* the client maps its memory in an odd way */
}
