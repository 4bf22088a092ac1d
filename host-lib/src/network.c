/* SPDX-License-Identifier: BSD-3-Clause */

/* What a network function has: queues, addresses, link, RSS. */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#define QUEUE(member) offsetof(struct sekisho_queue_registers, member)
#define DOORBELL(member) offsetof(struct sekisho_doorbell_registers, member)

#define RING_ALIGN 128
#define SMALLEST_RING 8
#define SHORTEST_FRAME 60

#define CONTROL_BITS                                                                             \
	(SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK | SEKISHO_NETWORK_CONTROL_TX_ENABLE_MASK |       \
	 SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK | SEKISHO_NETWORK_CONTROL_ALL_MULTICAST_MASK | \
	 SEKISHO_NETWORK_CONTROL_DROP_BAD_IP_MASK | SEKISHO_NETWORK_CONTROL_DROP_BAD_L4_MASK |   \
	 SEKISHO_NETWORK_CONTROL_SCATTER_MASK)

#define QUEUE_ERRORS \
	(SEKISHO_QUEUE_STATUS_RING_ERROR_MASK | SEKISHO_QUEUE_STATUS_DOORBELL_ERROR_MASK)

#define RSS_BITS                                                                         \
	(SEKISHO_NETWORK_RSS_TYPES_IPV4_MASK | SEKISHO_NETWORK_RSS_TYPES_IPV4_TCP_MASK | \
	 SEKISHO_NETWORK_RSS_TYPES_IPV4_UDP_MASK | SEKISHO_NETWORK_RSS_TYPES_IPV6_MASK | \
	 SEKISHO_NETWORK_RSS_TYPES_IPV6_TCP_MASK | SEKISHO_NETWORK_RSS_TYPES_IPV6_UDP_MASK)

static int check_network(struct sekisho_device *device)
{
	return device->identity.kind == SEKISHO_NETWORK ? 0 : -ENOTSUP;
}

/* --- queues ---------------------------------------------------------------------------------- */

/* Where a queue's registers are. */
struct queue_place {
	uint32_t registers, doorbell;
};

static int find_queue(struct sekisho_device *device, bool rx, unsigned int queue,
		      struct queue_place *place)
{
	int error = check_network(device);

	if (error)
		return error;
	if (queue >= (rx ? device->identity.rx_queues : device->identity.tx_queues))
		return -EINVAL;
	/* The first register of each stands for its block. */
	place->registers = rx ? SEKISHO_NETWORK_RX_QUEUE_CONTROL(queue) :
				SEKISHO_NETWORK_TX_QUEUE_CONTROL(queue);
	place->doorbell = rx ? SEKISHO_NETWORK_RX_DOORBELL_TAIL(queue) :
			       SEKISHO_NETWORK_TX_DOORBELL_TAIL(queue);
	return 0;
}

/*
 * A mapped doorbell page keeps what an earlier run left there, and a simulator acts on changes
 * only: a tail that happens to equal the old one would go unseen. Both words start at 0 again, in
 * the page and, by the register write, in what the card last saw.
 */
static int clear_doorbell(struct sekisho_device *device, uint32_t doorbell)
{
	volatile uint32_t *page = sekisho_doorbells(device);
	int error;

	if (page) {
		page[(doorbell + DOORBELL(tail) - SEK_DOORBELL_OFFSET) / 4] = 0;
		page[(doorbell + DOORBELL(arm) - SEK_DOORBELL_OFFSET) / 4] = 0;
	}
	error = sekisho_write32(device, doorbell + DOORBELL(tail), 0);
	if (!error)
		error = sekisho_write32(device, doorbell + DOORBELL(arm), 0);
	return error;
}

static int queue_start(struct sekisho_device *device, bool rx, unsigned int queue,
		       const struct sekisho_queue_config *config)
{
	struct queue_place place;
	uint32_t control, status;
	int error = find_queue(device, rx, queue, &place);

	if (error)
		return error;
	if (!config || config->ring % RING_ALIGN || config->completions % RING_ALIGN ||
	    config->size < SMALLEST_RING || config->size > device->identity.max_ring_size ||
	    config->size & (config->size - 1) || config->vector >= sekisho_vectors(device))
		return -EINVAL;

	const struct {
		uint32_t offset, value;
	} writes[] = {
		{ QUEUE(config), (uint32_t)__builtin_ctz(config->size)
						 << SEKISHO_QUEUE_CONFIG_SIZE_LOG2_SHIFT |
					 config->vector << SEKISHO_QUEUE_CONFIG_VECTOR_SHIFT },
		{ QUEUE(ring_lo), (uint32_t)config->ring },
		{ QUEUE(ring_hi), config->ring >> 32 },
		{ QUEUE(completion_lo), (uint32_t)config->completions },
		{ QUEUE(completion_hi), config->completions >> 32 },
		{ QUEUE(control), SEKISHO_QUEUE_CONTROL_ENABLE_MASK }, /* last */
	};
	unsigned int i;

	sek_lock(device);
	error = sekisho_read32(device, place.registers + QUEUE(control), &control);
	if (!error)
		error = sekisho_read32(device, place.registers + QUEUE(status), &status);
	if (!error && (control & SEKISHO_QUEUE_CONTROL_ENABLE_MASK ||
		       status & SEKISHO_QUEUE_STATUS_ACTIVE_MASK))
		error = -EBUSY;
	if (!error)
		error = clear_doorbell(device, place.doorbell);
	for (i = 0; i < sizeof(writes) / sizeof(writes[0]) && !error; i++)
		error = sekisho_write32(device, place.registers + writes[i].offset,
					writes[i].value);
	sek_unlock(device);
	return error;
}

/* Waits until the queue's status.active is 0. The lock is free between two looks. */
static int wait_idle(struct sekisho_device *device, uint32_t registers)
{
	const struct timespec pause = { 0, 100000 };
	uint64_t deadline = sek_now_ms() + device->timeout_ms;
	uint32_t status;

	for (;;) {
		bool last = sek_now_ms() >= deadline; /* one more look after a long sleep */
		int error = sekisho_read32(device, registers + QUEUE(status), &status);

		if (error)
			return error;
		if (!(status & SEKISHO_QUEUE_STATUS_ACTIVE_MASK))
			return 0;
		if (last)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
}

static int queue_stop(struct sekisho_device *device, bool rx, unsigned int queue)
{
	struct queue_place place;
	int error = find_queue(device, rx, queue, &place);

	if (!error)
		error = sekisho_write32(device, place.registers + QUEUE(control), 0);
	if (!error)
		error = wait_idle(device, place.registers);
	if (error == -ETIMEDOUT)
		sek_log(device, SEKISHO_LOG_ERROR, "%s queue %u does not come to rest",
			rx ? "receive" : "transmit", queue);
	return error;
}

int sekisho_rx_queue_start(struct sekisho_device *device, unsigned int queue,
			   const struct sekisho_queue_config *config)
{
	return queue_start(device, true, queue, config);
}

int sekisho_tx_queue_start(struct sekisho_device *device, unsigned int queue,
			   const struct sekisho_queue_config *config)
{
	return queue_start(device, false, queue, config);
}

int sekisho_rx_queue_stop(struct sekisho_device *device, unsigned int queue)
{
	return queue_stop(device, true, queue);
}

int sekisho_tx_queue_stop(struct sekisho_device *device, unsigned int queue)
{
	return queue_stop(device, false, queue);
}

static int queue_error(struct sekisho_device *device, bool rx, unsigned int queue, uint32_t *errors)
{
	struct queue_place place;
	uint32_t status;
	int error = find_queue(device, rx, queue, &place);

	if (!error)
		error = sekisho_read32(device, place.registers + QUEUE(status), &status);
	if (!error)
		*errors = status & QUEUE_ERRORS;
	return error;
}

int sekisho_rx_queue_error(struct sekisho_device *device, unsigned int queue, uint32_t *errors)
{
	return queue_error(device, true, queue, errors);
}

int sekisho_tx_queue_error(struct sekisho_device *device, unsigned int queue, uint32_t *errors)
{
	return queue_error(device, false, queue, errors);
}

int sekisho_reset(struct sekisho_device *device)
{
	struct queue_place place;
	unsigned int queue;
	int error;

	if (device->identity.kind != SEKISHO_NETWORK) {
		sek_lock(device);
		error = device->transport->reset(device->link);
		sek_unlock(device);
		return error;
	}
	error = sekisho_write32(device, SEKISHO_NETWORK_RESET, SEKISHO_NETWORK_RESET_RESET_MASK);
	for (queue = 0; queue < device->identity.rx_queues && !error; queue++) {
		error = find_queue(device, true, queue, &place);
		if (!error)
			error = wait_idle(device, place.registers);
	}
	for (queue = 0; queue < device->identity.tx_queues && !error; queue++) {
		error = find_queue(device, false, queue, &place);
		if (!error)
			error = wait_idle(device, place.registers);
	}
	return error;
}

/* --- settings -------------------------------------------------------------------------------- */

int sekisho_control(struct sekisho_device *device, uint32_t set, uint32_t clear)
{
	uint32_t control;
	int error = check_network(device);

	if (error)
		return error;
	if ((set | clear) & ~CONTROL_BITS || set & clear)
		return -EINVAL;
	sek_lock(device);
	error = sekisho_read32(device, SEKISHO_NETWORK_CONTROL, &control);
	if (!error)
		error = sekisho_write32(device, SEKISHO_NETWORK_CONTROL, (control | set) & ~clear);
	sek_unlock(device);
	return error;
}

static_assert(sizeof(((struct sekisho_network_registers *)0)->mac_filter) ==
		      SEKISHO_MAC_FILTERS * 8,
	      "mac_filter[]");

static void address_words(const uint8_t mac[6], uint32_t *low, uint32_t *high)
{
	*low = mac[0] | mac[1] << 8 | mac[2] << 16 | (uint32_t)mac[3] << 24;
	*high = mac[4] | mac[5] << 8;
}

/* Reads two registers that hold an address; *top gets what else is in the second one. */
static int address_read(struct sekisho_device *device, uint32_t low_offset, uint32_t high_offset,
			uint8_t mac[6], uint32_t *top)
{
	uint32_t low, high;
	unsigned int i;
	int error;

	sek_lock(device);
	error = sekisho_read32(device, low_offset, &low);
	if (!error)
		error = sekisho_read32(device, high_offset, &high);
	sek_unlock(device);
	if (error)
		return error;
	for (i = 0; i < 4; i++)
		mac[i] = low >> (8 * i);
	mac[4] = high;
	mac[5] = high >> 8;
	*top = high & 0xffff0000;
	return 0;
}

int sekisho_mac_get(struct sekisho_device *device, uint8_t mac[6])
{
	uint32_t top;
	int error = check_network(device);

	if (error)
		return error;
	return address_read(device, SEKISHO_NETWORK_MAC_LO, SEKISHO_NETWORK_MAC_HI, mac, &top);
}

int sekisho_mac_set(struct sekisho_device *device, const uint8_t mac[6])
{
	static const uint8_t none[6];
	uint32_t low, high;
	int error = check_network(device);

	if (error)
		return error;
	if (mac[0] & 1 || !memcmp(mac, none, sizeof(none)))
		return -EINVAL;
	address_words(mac, &low, &high);
	sek_lock(device);
	error = sekisho_write32(device, SEKISHO_NETWORK_MAC_LO, low);
	if (!error)
		error = sekisho_write32(device, SEKISHO_NETWORK_MAC_HI, high);
	sek_unlock(device);
	return error;
}

int sekisho_mac_filter_set(struct sekisho_device *device, unsigned int index, const uint8_t *mac)
{
	uint32_t low, high;
	int error = check_network(device);

	if (error)
		return error;
	if (index >= SEKISHO_MAC_FILTERS)
		return -EINVAL;
	sek_lock(device);
	/* Not valid while its words change: half an address would be another one. */
	error = sekisho_write32(device, SEKISHO_NETWORK_MAC_FILTER_HI(index), 0);
	if (mac) {
		address_words(mac, &low, &high);
		if (!error)
			error = sekisho_write32(device, SEKISHO_NETWORK_MAC_FILTER_LO(index), low);
		if (!error)
			error = sekisho_write32(device, SEKISHO_NETWORK_MAC_FILTER_HI(index),
						high | SEKISHO_NETWORK_MAC_FILTER_HI_VALID_MASK);
	}
	sek_unlock(device);
	return error;
}

int sekisho_mac_filter_get(struct sekisho_device *device, unsigned int index, uint8_t mac[6],
			   bool *valid)
{
	uint32_t top;
	int error = check_network(device);

	if (error)
		return error;
	if (index >= SEKISHO_MAC_FILTERS)
		return -EINVAL;
	error = address_read(device, SEKISHO_NETWORK_MAC_FILTER_LO(index),
			     SEKISHO_NETWORK_MAC_FILTER_HI(index), mac, &top);
	if (!error)
		*valid = top & SEKISHO_NETWORK_MAC_FILTER_HI_VALID_MASK;
	return error;
}

int sekisho_max_frame_set(struct sekisho_device *device, unsigned int bytes)
{
	int error = check_network(device);

	if (error)
		return error;
	if (bytes < SHORTEST_FRAME || bytes > device->identity.max_frame)
		return -EINVAL;
	return sekisho_write32(device, SEKISHO_NETWORK_MAX_FRAME, bytes);
}

int sekisho_link_get(struct sekisho_device *device, bool *up, unsigned int *mbps)
{
	uint32_t link;
	int error = check_network(device);

	if (!error)
		error = sekisho_read32(device, SEKISHO_NETWORK_LINK, &link);
	if (error)
		return error;
	*up = link & SEKISHO_NETWORK_LINK_LINK_UP_MASK;
	*mbps = SEKISHO_FIELD_GET(SEKISHO_NETWORK_LINK_SPEED, link);
	return 0;
}

int sekisho_event_set(struct sekisho_device *device, unsigned int vector, bool enable)
{
	int error = check_network(device);

	if (error)
		return error;
	if (vector >= sekisho_vectors(device))
		return -EINVAL;
	return sekisho_write32(device, SEKISHO_NETWORK_EVENT,
			       vector << SEKISHO_NETWORK_EVENT_VECTOR_SHIFT |
				       (enable ? SEKISHO_NETWORK_EVENT_ENABLE_MASK : 0));
}

int sekisho_time_get(struct sekisho_device *device, uint32_t *microseconds)
{
	return sekisho_read32(device, SEKISHO_IDENTIFICATION_TIME, microseconds);
}

int sekisho_rss_set(struct sekisho_device *device, const uint32_t *types, const uint8_t key[40],
		    const uint8_t table[128])
{
	int error = check_network(device);
	unsigned int i;

	if (error)
		return error;
	/* Nothing is written unless all of it is right. */
	if (types && *types & ~RSS_BITS)
		return -EINVAL;
	for (i = 0; table && i < 128; i++)
		if (table[i] >= device->identity.rx_queues)
			return -EINVAL;
	sek_lock(device);
	for (i = 0; key && i < 10 && !error; i++) {
		const uint8_t *word = key + 4 * i;

		error = sekisho_write32(device, SEKISHO_NETWORK_RSS_KEY(i),
					(uint32_t)word[0] << 24 | word[1] << 16 | word[2] << 8 |
						word[3]);
	}
	for (i = 0; table && i < 128 && !error; i++)
		error = sekisho_write32(device, SEKISHO_NETWORK_RSS_TABLE(i), table[i]);
	if (types && !error) /* last: hashing starts when key and table are there */
		error = sekisho_write32(device, SEKISHO_NETWORK_RSS_TYPES, *types);
	sek_unlock(device);
	return error;
}
