/* SPDX-License-Identifier: BSD-3-Clause */
/* The receive path: port, headers and checksums, filter, queue, host memory. */

#include <arpa/inet.h>

#include "checksum.h"
#include "headers.h"
#include "model.h"

#define MAX_COUNTED 16383u /* bytes that a frame adds to a counter at most */
#define PIECE 64u /* all pieces of a frame but the last are a multiple of this */
#define ADDRESS_MASK UINT64_C(0xffffffffffff)

#define CONTROL(function, bit) (((function)->control & SEKISHO_NETWORK_CONTROL_##bit##_MASK) != 0)

/* What is known of a frame behind its port. */
struct packet {
	const uint8_t *frame;
	uint32_t length;
	uint32_t hash;
	uint8_t hash_type, l4_verdict;
	uint16_t raw_sum;
	int rule; /* the flow rule that holds, or -1 */
	uint32_t action, mark;
	struct headers headers;
};

/* The destination address, its first byte lowest, as the registers hold one. */
static uint64_t destination(const uint8_t *frame)
{
	uint64_t bytes;

	memcpy(&bytes, frame, 8);
	return bytes & ADDRESS_MASK;
}

static uint64_t station(const uint32_t words[2])
{
	return (words[0] | (uint64_t)words[1] << 32) & ADDRESS_MASK;
}

static bool is_filtered(const struct function *function, uint64_t address)
{
	for (unsigned int i = 0; i < FILTERS && function->filters > 0; i++) {
		if ((function->filter[i][1] & SEKISHO_NETWORK_MAC_FILTER_HI_VALID_MASK) != 0 &&
		    station(function->filter[i]) == address)
			return true;
	}
	return false;
}

static bool is_wanted(const struct function *function, const uint8_t *frame)
{
	uint64_t address = destination(frame);

	return address == station(function->mac) || address == ADDRESS_MASK ||
	       CONTROL(function, PROMISCUOUS) ||
	       ((frame[0] & 1) != 0 && CONTROL(function, ALL_MULTICAST)) ||
	       is_filtered(function, address);
}

static enum sekisho_deliver_result decide(const struct function *function,
					  const struct packet *packet)
{
	if (!CONTROL(function, RX_ENABLE))
		return SEKISHO_DELIVER_RESULT_FUNCTION_DISABLED;
	if (!is_wanted(function, packet->frame))
		return SEKISHO_DELIVER_RESULT_MAC_FILTER;
	if (packet->length > function->max_frame)
		return SEKISHO_DELIVER_RESULT_TOO_LONG;
	if (packet->headers.ip_verdict == SEKISHO_CHECKSUM_VERDICT_BAD &&
	    CONTROL(function, DROP_BAD_IP))
		return SEKISHO_DELIVER_RESULT_BAD_IP_CHECKSUM;
	if (packet->l4_verdict == SEKISHO_CHECKSUM_VERDICT_BAD && CONTROL(function, DROP_BAD_L4))
		return SEKISHO_DELIVER_RESULT_BAD_L4_CHECKSUM;
	if ((packet->action & SEKISHO_FLOW_RULE_ACTION_DROP_MASK) != 0)
		return SEKISHO_DELIVER_RESULT_FLOW_RULE;
	return SEKISHO_DELIVER_RESULT_DELIVERED;
}

/* ---- What the frame says ---- */

static void verify(struct packet *packet)
{
	const struct headers *headers = &packet->headers;
	uint16_t sum = checksum_fold(checksum_add(0, packet->frame + headers->sum_start,
						  headers->sum_end - headers->sum_start));

	packet->raw_sum = ntohs(sum);
	switch (headers->reason) {
	case SEKISHO_CHECKSUM_REASON_CHECKED:
		packet->l4_verdict = checksum_fold(headers->pseudo_sum + sum) == 0xffff ?
					     SEKISHO_CHECKSUM_VERDICT_GOOD :
					     SEKISHO_CHECKSUM_VERDICT_BAD;
		break;
	case SEKISHO_CHECKSUM_REASON_UDP_NO_CHECKSUM:
		packet->l4_verdict = SEKISHO_CHECKSUM_VERDICT_NONE;
		break;
	case SEKISHO_CHECKSUM_REASON_UDP6_NO_CHECKSUM:
		packet->l4_verdict = SEKISHO_CHECKSUM_VERDICT_BAD;
		break;
	default:
		packet->l4_verdict = SEKISHO_CHECKSUM_VERDICT_UNKNOWN;
	}
}

static void set_toeplitz(struct function *function)
{
	uint8_t key[TOEPLITZ_KEY];

	for (unsigned int i = 0; i < TOEPLITZ_KEY; i++)
		key[i] = (uint8_t)(function->rss_key[i / 4] >> (24 - i % 4 * 8));
	toeplitz_set_key(&function->toeplitz, key);
	function->toeplitz_stale = false;
}

static void hash(struct function *function, struct packet *packet)
{
	const struct headers *headers = &packet->headers;
	bool ipv6 = headers->hashed == 32;
	uint32_t addresses =
		ipv6 ? SEKISHO_NETWORK_RSS_TYPES_IPV6_MASK : SEKISHO_NETWORK_RSS_TYPES_IPV4_MASK;
	uint32_t ports = 0;

	packet->hash = 0;
	packet->hash_type = 0;
	if (headers->hashed == 0)
		return;
	if (headers->l4_type == SEKISHO_L4_TYPE_TCP)
		ports = ipv6 ? SEKISHO_NETWORK_RSS_TYPES_IPV6_TCP_MASK :
			       SEKISHO_NETWORK_RSS_TYPES_IPV4_TCP_MASK;
	else if (headers->l4_type == SEKISHO_L4_TYPE_UDP)
		ports = ipv6 ? SEKISHO_NETWORK_RSS_TYPES_IPV6_UDP_MASK :
			       SEKISHO_NETWORK_RSS_TYPES_IPV4_UDP_MASK;
	if ((function->rss_types & (addresses | ports)) == 0)
		return;
	if (function->toeplitz_stale)
		set_toeplitz(function);
	packet->hash = toeplitz_hash(&function->toeplitz, 0, packet->frame + headers->addresses,
				     headers->hashed);
	packet->hash_type = 1;
	if ((function->rss_types & ports) != 0) {
		packet->hash ^= toeplitz_hash(&function->toeplitz, headers->hashed,
					      packet->frame + headers->l4_offset, 4);
		packet->hash_type = 2;
	}
}

static void look_up(const struct function *function, struct packet *packet)
{
	const struct sekisho_flow_rule *rule;

	packet->rule = -1;
	if (function->flow.enabled != 0)
		packet->rule = flow_lookup(&function->flow, &packet->headers, packet->frame);
	if (packet->rule < 0)
		return;
	rule = &function->flow.rule[packet->rule];
	packet->action = rule->action;
	if ((rule->action & SEKISHO_FLOW_RULE_ACTION_MARKED_MASK) != 0)
		packet->mark = rule->mark;
}

/* ---- Host memory ---- */

/* True when the host took every byte. */
static bool write_host(struct model *model, unsigned int function, uint64_t address,
		       const uint8_t *data, uint32_t length)
{
	bool good = true;

	while (length > 0) {
		uint32_t part = PAGE - (uint32_t)(address % PAGE);
		void *memory;

		if (part > length)
			part = length;
		memory = host_memory(model, function, address, part, true);
		if (memory != NULL)
			copy_bytes(memory, data, part);
		else
			good = false;
		address += part;
		data += part;
		length -= part;
	}
	return good;
}

static uint32_t packet_word(const struct packet *packet, uint32_t length)
{
	const struct headers *headers = &packet->headers;

	return SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_PACKET_LENGTH, length) |
	       SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_PACKET_L3_TYPE, headers->l3_type) |
	       SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_PACKET_L4_TYPE, headers->l4_type) |
	       SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_PACKET_VLAN_TAGS, headers->vlan_tags) |
	       SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_PACKET_REASON, headers->reason) |
	       SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_PACKET_IP_VERDICT, headers->ip_verdict) |
	       SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_PACKET_L4_VERDICT, packet->l4_verdict);
}

static uint32_t offsets_word(const struct packet *packet)
{
	const struct headers *headers = &packet->headers;

	return SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_OFFSETS_L3_OFFSET, headers->l3_offset) |
	       SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_OFFSETS_L4_OFFSET, headers->l4_offset) |
	       SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_OFFSETS_PAYLOAD_OFFSET,
				 headers->payload_offset) |
	       SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_OFFSETS_HASH_TYPE, packet->hash_type) |
	       SEKISHO_FIELD_PUT(
		       SEKISHO_RX_COMPLETION_OFFSETS_MARKED,
		       SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_ACTION_MARKED, packet->action)) |
	       SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_OFFSETS_EDITED,
				 (packet->action & FLOW_EDITS) != 0);
}

/* Puts length bytes from offset on into the queue's next buffer, and completes it. */
static bool give(struct model *model, struct queue *queue, const struct packet *packet,
		 uint32_t offset, uint32_t length, uint32_t status, bool more)
{
	uint32_t index = queue_index(queue);
	uint64_t address = descriptor_address(queue_first(queue));
	bool good = write_host(model, queue->function, address, packet->frame + offset, length);
	uint32_t words[8] = {
		packet_word(packet, length),
		packet->hash,
		SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_SUM_RAW_SUM, packet->raw_sum) |
			SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_SUM_VLAN_TCI,
					  packet->headers.vlan_tci),
		offsets_word(packet),
		model->now,
		packet->mark,
		0,
		0,
	};

	if (!good)
		status = SEKISHO_COMPLETION_STATUS_DMA_ERROR;
	words[7] = SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_STATUS_INDEX, index) |
		   SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_STATUS_STATUS, status) |
		   SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_STATUS_MORE, more);
	queue->done++;
	queue_complete(model, queue, words, 8);
	return good;
}

static uint32_t buffer_length(const struct queue *queue)
{
	return SEKISHO_FIELD_GET(SEKISHO_RX_DESCRIPTOR_BUFFER_LENGTH, queue_first(queue)->control);
}

/* A frame that is longer than the first buffer, of two at least. */
static enum sekisho_rx_queue_result scatter(struct model *model, struct queue *queue,
					    const struct packet *packet)
{
	uint32_t offset = 0, rest = packet->length, length;
	bool refused = false;

	while (rest > buffer_length(queue)) {
		length = buffer_length(queue) / PIECE * PIECE;
		if (!queue_has(model, queue, 2)) {
			refused |= !give(model, queue, packet, offset, length,
					 SEKISHO_COMPLETION_STATUS_TRUNCATED, false);
			return refused ? SEKISHO_RX_QUEUE_RESULT_DMA_ERROR :
					 SEKISHO_RX_QUEUE_RESULT_NO_DESCRIPTOR;
		}
		refused |= !give(model, queue, packet, offset, length, SEKISHO_COMPLETION_STATUS_OK,
				 true);
		/* The completion was refused. */
		if (queue->stopped)
			return SEKISHO_RX_QUEUE_RESULT_QUEUE_DISABLED;
		offset += length;
		rest -= length;
	}
	refused |= !give(model, queue, packet, offset, rest, SEKISHO_COMPLETION_STATUS_OK, false);
	return refused ? SEKISHO_RX_QUEUE_RESULT_DMA_ERROR : SEKISHO_RX_QUEUE_RESULT_COMPLETED;
}

static enum sekisho_rx_queue_result enqueue(struct model *model, const struct function *function,
					    struct queue *queue, const struct packet *packet)
{
	if (!queue->enable || queue->ring_error)
		return SEKISHO_RX_QUEUE_RESULT_QUEUE_DISABLED;
	if (!queue_has(model, queue, 1))
		return queue->ring_error ? SEKISHO_RX_QUEUE_RESULT_QUEUE_DISABLED :
					   SEKISHO_RX_QUEUE_RESULT_NO_DESCRIPTOR;
	if (packet->length > buffer_length(queue)) {
		if (!CONTROL(function, SCATTER))
			return SEKISHO_RX_QUEUE_RESULT_BUFFER_TOO_SMALL;
		if (!queue_has(model, queue, 2))
			return SEKISHO_RX_QUEUE_RESULT_NO_DESCRIPTOR;
		return scatter(model, queue, packet);
	}
	return give(model, queue, packet, 0, packet->length, SEKISHO_COMPLETION_STATUS_OK, false) ?
		       SEKISHO_RX_QUEUE_RESULT_COMPLETED :
		       SEKISHO_RX_QUEUE_RESULT_DMA_ERROR;
}

/* ---- A frame ---- */

static void deliver(struct model *model, unsigned int number, const uint8_t *frame, uint32_t length)
{
	struct function *function = &model->functions[number];
	struct packet packet = { .frame = frame, .length = length };
	enum sekisho_deliver_result result;
	uint32_t entry = 0;
	struct queue *queue;

	headers_parse(&packet.headers, frame, length);
	verify(&packet);
	look_up(function, &packet);
	result = decide(function, &packet);
	if (result == SEKISHO_DELIVER_RESULT_DELIVERED && packet.rule >= 0 &&
	    !flow_meter_pay(&function->flow, &function->flow.rule[packet.rule], length, model->now))
		result = SEKISHO_DELIVER_RESULT_METER;
	count(&function->deliver[result], length);
	count(&function->verdict[packet.headers.ip_verdict * 4 + packet.l4_verdict], length);
	if (packet.rule >= 0 &&
	    (result == SEKISHO_DELIVER_RESULT_DELIVERED ||
	     result == SEKISHO_DELIVER_RESULT_FLOW_RULE || result == SEKISHO_DELIVER_RESULT_METER))
		count(&function->flow_rule[packet.rule], length);
	if (result != SEKISHO_DELIVER_RESULT_DELIVERED)
		return;
	hash(function, &packet);
	if ((packet.action & SEKISHO_FLOW_RULE_ACTION_STEER_MASK) != 0)
		entry = SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_ACTION_QUEUE, packet.action);
	else if (packet.hash_type != 0)
		entry = function->rss_table[packet.hash % TABLE];
	queue = &function->rx[entry % SEKISHO_RX_QUEUES];
	if (entry >= SEKISHO_RX_QUEUES) {
		count(&queue->results[SEKISHO_RX_QUEUE_RESULT_QUEUE_DISABLED], length);
		return;
	}
	if ((packet.action & FLOW_EDITS) != 0) {
		copy_bytes(model->edited, frame, length);
		flow_edit(&function->flow.rule[packet.rule], &packet.headers, model->edited);
		packet.frame = model->edited;
	}
	count(&queue->results[enqueue(model, function, queue, &packet)], length);
}

static enum sekisho_port_rx_result judge(const struct port *port, uint32_t length, bool error)
{
	if (!port->enable)
		return SEKISHO_PORT_RX_RESULT_DISABLED;
	if (error)
		return SEKISHO_PORT_RX_RESULT_MAC_ERROR;
	if (length < MIN_FRAME)
		return SEKISHO_PORT_RX_RESULT_RUNT;
	if (length > MAX_FRAME)
		return SEKISHO_PORT_RX_RESULT_OVERSIZE;
	return SEKISHO_PORT_RX_RESULT_ACCEPTED;
}

void receive_frame(struct model *model, unsigned int number, const uint8_t *frame, uint32_t length,
		   bool error)
{
	struct port *port = &model->ports[number];
	enum sekisho_port_rx_result result = judge(port, length, error);

	count(&port->rx[result], length < MAX_COUNTED ? length : MAX_COUNTED);
	/* Function i has port i. */
	if (result == SEKISHO_PORT_RX_RESULT_ACCEPTED)
		deliver(model, number, frame, length);
}
