/* SPDX-License-Identifier: BSD-3-Clause */
/* The registers of every function. An address that no register has reads 0. */

#include "model.h"

#define RING_LOG2 15u /* of the largest ring */
#define FIELD(name, value) SEKISHO_FIELD_PUT(SEKISHO_##name, value)

/* Counters at consecutive addresses. */
struct bank {
	uint32_t base, count;
};

enum { MANAGEMENT_BANKS = 8, NETWORK_BANKS = 6 };

static const struct bank management_banks[MANAGEMENT_BANKS] = {
	{ SEKISHO_MANAGEMENT_PORT_RX_STATISTICS_PACKETS_LO(0), PORTS *RESULTS },
	{ SEKISHO_MANAGEMENT_PORT_TX_STATISTICS_PACKETS_LO(0), PORTS *RESULTS },
	{ SEKISHO_MANAGEMENT_DELIVER_STATISTICS_PACKETS_LO(0), FUNCTIONS * 16 },
	{ SEKISHO_MANAGEMENT_VERDICT_STATISTICS_PACKETS_LO(0), FUNCTIONS * 16 },
	{ SEKISHO_MANAGEMENT_CHECKSUM_STATISTICS_PACKETS_LO(0), FUNCTIONS * 4 },
	{ SEKISHO_MANAGEMENT_FLOW_STATISTICS_PACKETS_LO(0), FUNCTIONS *SEKISHO_FLOW_RULES },
	{ SEKISHO_MANAGEMENT_RX_QUEUE_STATISTICS_PACKETS_LO(0),
	  FUNCTIONS *SEKISHO_RX_QUEUES *RESULTS },
	{ SEKISHO_MANAGEMENT_TX_QUEUE_STATISTICS_PACKETS_LO(0),
	  FUNCTIONS *SEKISHO_TX_QUEUES *RESULTS },
};

/* The same without the ports, and of one function. */
static const struct bank network_banks[NETWORK_BANKS] = {
	{ SEKISHO_NETWORK_DELIVER_STATISTICS_PACKETS_LO(0), 16 },
	{ SEKISHO_NETWORK_VERDICT_STATISTICS_PACKETS_LO(0), 16 },
	{ SEKISHO_NETWORK_CHECKSUM_STATISTICS_PACKETS_LO(0), 4 },
	{ SEKISHO_NETWORK_FLOW_STATISTICS_PACKETS_LO(0), SEKISHO_FLOW_RULES },
	{ SEKISHO_NETWORK_RX_QUEUE_STATISTICS_PACKETS_LO(0), SEKISHO_RX_QUEUES *RESULTS },
	{ SEKISHO_NETWORK_TX_QUEUE_STATISTICS_PACKETS_LO(0), SEKISHO_TX_QUEUES *RESULTS },
};

/* ---- Counters ---- */

static const struct counter *function_counter(const struct function *function, unsigned int bank,
					      uint32_t number)
{
	switch (bank) {
	case 0:
		return &function->deliver[number];
	case 1:
		return &function->verdict[number];
	case 2:
		return &function->checksum[number];
	case 3:
		return &function->flow_rule[number];
	case 4:
		return &function->rx[number / RESULTS].results[number % RESULTS];
	default:
		return &function->tx[number / RESULTS].results[number % RESULTS];
	}
}

static const struct counter *management_counter(const struct model *model, unsigned int bank,
						uint32_t number)
{
	uint32_t per_function;

	if (bank == 0)
		return &model->ports[number / RESULTS].rx[number % RESULTS];
	if (bank == 1)
		return &model->ports[number / RESULTS].tx[number % RESULTS];
	per_function = network_banks[bank - 2].count;
	return function_counter(&model->functions[number / per_function], bank - 2,
				number % per_function);
}

/* The counter of an offset in a window (NULL: management), or NULL. */
static const struct counter *find_counter(const struct model *model,
					  const struct function *function, uint32_t offset)
{
	const struct bank *banks = function == NULL ? management_banks : network_banks;
	unsigned int count = function == NULL ? MANAGEMENT_BANKS : NETWORK_BANKS;

	for (unsigned int i = 0; i < count; i++) {
		uint32_t number;

		if (offset < banks[i].base || offset >= banks[i].base + banks[i].count * 16)
			continue;
		number = (offset - banks[i].base) / 16;
		return function == NULL ? management_counter(model, i, number) :
					  function_counter(function, i, number);
	}
	return NULL;
}

static uint32_t read_counter(const struct counter *counter, struct held_word *held, uint32_t offset)
{
	uint64_t value = (offset & 8) == 0 ? counter->packets : counter->bytes;

	if ((offset & 4) == 0) {
		*held = (struct held_word){ true, offset + 4, (uint32_t)(value >> 32) };
		return (uint32_t)value;
	}
	if (held->valid && held->address == offset) {
		held->valid = false;
		return held->value;
	}
	return (uint32_t)(value >> 32);
}

/* ---- Identification ---- */

static uint32_t read_identification(const struct model *model, uint32_t offset, uint32_t scratch,
				    uint32_t info)
{
	switch (offset) {
	case SEKISHO_IDENTIFICATION_MAGIC:
		return SEKISHO_IDENTIFICATION_MAGIC_VALUE_RESET_VALUE;
	case SEKISHO_IDENTIFICATION_MAP_VERSION:
		return FIELD(IDENTIFICATION_MAP_VERSION_MAJOR,
			     SEKISHO_IDENTIFICATION_MAP_VERSION_MAJOR_RESET_VALUE) |
		       FIELD(IDENTIFICATION_MAP_VERSION_MINOR,
			     SEKISHO_IDENTIFICATION_MAP_VERSION_MINOR_RESET_VALUE);
	case SEKISHO_IDENTIFICATION_SCRATCH:
		return scratch;
	case SEKISHO_IDENTIFICATION_FUNCTION_INFO:
		return info;
	case SEKISHO_IDENTIFICATION_CAPABILITIES:
		return FIELD(IDENTIFICATION_CAPABILITIES_RX_QUEUES, SEKISHO_RX_QUEUES) |
		       FIELD(IDENTIFICATION_CAPABILITIES_TX_QUEUES, SEKISHO_TX_QUEUES) |
		       FIELD(IDENTIFICATION_CAPABILITIES_PORTS, PORTS) |
		       FIELD(IDENTIFICATION_CAPABILITIES_FUNCTIONS, FUNCTIONS) |
		       FIELD(IDENTIFICATION_CAPABILITIES_MAX_RING_LOG2, RING_LOG2);
	case SEKISHO_IDENTIFICATION_BUILD:
		return FIELD(IDENTIFICATION_BUILD_DATA_WIDTH, model->data_width) |
		       FIELD(IDENTIFICATION_BUILD_DMA_WIDTH, model->data_width == 64 ? 128 : 512);
	case SEKISHO_IDENTIFICATION_LIMITS:
		return MAX_FRAME;
	case SEKISHO_IDENTIFICATION_TIME:
		return model_microseconds(model);
	default:
		return 0; /* the hash of the RTL: there is none */
	}
}

/* ---- Queues ---- */

/* The queue of an offset between base and its queues' end, and what is left of the offset. */
static struct queue *find_queue(struct queue *queues, unsigned int count, uint32_t base,
				uint32_t *offset)
{
	uint32_t number = (*offset - base) / 0x40;

	if (*offset < base || number >= count)
		return NULL;
	*offset = (*offset - base) % 0x40;
	return &queues[number];
}

static uint32_t read_queue(const struct queue *queue, uint32_t offset)
{
	switch (offset) {
	case 0x00:
		return queue->enable;
	case 0x04:
		return FIELD(QUEUE_STATUS_ACTIVE, queue->enable) |
		       FIELD(QUEUE_STATUS_RING_ERROR, queue->ring_error) |
		       FIELD(QUEUE_STATUS_DOORBELL_ERROR, queue->doorbell_error);
	case 0x08:
		return queue->config;
	case 0x10:
		return (uint32_t)queue->ring;
	case 0x14:
		return (uint32_t)(queue->ring >> 32);
	case 0x18:
		return (uint32_t)queue->completion_ring;
	case 0x1c:
		return (uint32_t)(queue->completion_ring >> 32);
	case 0x20:
		return FIELD(QUEUE_PROGRESS_FETCHED, queue->fetched) |
		       FIELD(QUEUE_PROGRESS_COMPLETED, queue->completed);
	default:
		return 0;
	}
}

static void set_low(uint64_t *address, uint32_t value)
{
	*address = (*address & ~(uint64_t)UINT32_MAX) | value;
}

static void set_high(uint64_t *address, uint32_t value)
{
	*address = (*address & UINT32_MAX) | (uint64_t)value << 32;
}

static void write_queue(struct queue *queue, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case 0x00:
		queue_enable(queue, (value & SEKISHO_QUEUE_CONTROL_ENABLE_MASK) != 0);
		break;
	case 0x08:
		queue->config = value & (SEKISHO_QUEUE_CONFIG_SIZE_LOG2_MASK |
					 SEKISHO_QUEUE_CONFIG_VECTOR_MASK);
		break;
	case 0x10:
		set_low(&queue->ring, value);
		break;
	case 0x14:
		set_high(&queue->ring, value);
		break;
	case 0x18:
		set_low(&queue->completion_ring, value);
		break;
	case 0x1c:
		set_high(&queue->completion_ring, value);
		break;
	default:
		break;
	}
}

/* ---- Network function ---- */

static uint32_t *flow_word(struct function *function, uint32_t offset)
{
	uint32_t number = (offset - SEKISHO_NETWORK_FLOW_RULES(0)) / 4;

	if (offset < SEKISHO_NETWORK_FLOW_RULES(0) ||
	    number >= sizeof(function->flow.rule) / (sizeof(uint32_t)))
		return NULL;
	return (uint32_t *)function->flow.rule + number;
}

static uint32_t read_network(struct model *model, unsigned int number, uint32_t offset)
{
	struct function *function = &model->functions[number];
	const struct port *port = &model->ports[number];
	const struct counter *counter = find_counter(model, function, offset);
	const uint32_t *word = flow_word(function, offset);
	const struct queue *queue;

	if (counter != NULL)
		return read_counter(counter, &function->held, offset);
	if (word != NULL)
		return *word;
	if (offset < SEKISHO_NETWORK_CONTROL)
		return read_identification(
			model, offset, function->scratch,
			FIELD(IDENTIFICATION_FUNCTION_INFO_KIND, SEKISHO_FUNCTION_KIND_NETWORK) |
				FIELD(IDENTIFICATION_FUNCTION_INFO_INDEX, number) |
				FIELD(IDENTIFICATION_FUNCTION_INFO_PORT, number));
	if (offset >= SEKISHO_NETWORK_RSS_KEY(0) && offset < SEKISHO_NETWORK_RSS_KEY(10))
		return function->rss_key[(offset - SEKISHO_NETWORK_RSS_KEY(0)) / 4];
	if (offset >= SEKISHO_NETWORK_MAC_FILTER_LO(0) &&
	    offset < SEKISHO_NETWORK_MAC_FILTER_LO(FILTERS))
		return function
			->filter[(offset - SEKISHO_NETWORK_MAC_FILTER_LO(0)) / 8][offset / 4 % 2];
	if (offset >= SEKISHO_NETWORK_RSS_TABLE(0) && offset < SEKISHO_NETWORK_RSS_TABLE(TABLE))
		return function->rss_table[(offset - SEKISHO_NETWORK_RSS_TABLE(0)) / 4];
	queue = find_queue(function->rx, SEKISHO_RX_QUEUES, SEKISHO_NETWORK_RX_QUEUE_CONTROL(0),
			   &offset);
	if (queue == NULL)
		queue = find_queue(function->tx, SEKISHO_TX_QUEUES,
				   SEKISHO_NETWORK_TX_QUEUE_CONTROL(0), &offset);
	if (queue != NULL)
		return read_queue(queue, offset);
	queue = find_queue(function->rx, SEKISHO_RX_QUEUES, SEKISHO_NETWORK_RX_DOORBELL_TAIL(0),
			   &offset);
	if (queue == NULL)
		queue = find_queue(function->tx, SEKISHO_TX_QUEUES,
				   SEKISHO_NETWORK_TX_DOORBELL_TAIL(0), &offset);
	if (queue != NULL)
		return offset == 0 ? queue->tail_word : offset == 4 ? queue->arm_word : 0;
	switch (offset) {
	case SEKISHO_NETWORK_CONTROL:
		return function->control;
	case SEKISHO_NETWORK_LINK:
		return FIELD(NETWORK_LINK_LINK_UP, port->link) |
		       FIELD(NETWORK_LINK_SPEED, port->mbps);
	case SEKISHO_NETWORK_MAC_LO:
		return function->mac[0];
	case SEKISHO_NETWORK_MAC_HI:
		return function->mac[1];
	case SEKISHO_NETWORK_MAX_FRAME:
		return function->max_frame;
	case SEKISHO_NETWORK_RSS_TYPES:
		return function->rss_types;
	case SEKISHO_NETWORK_ERROR:
		return function->error;
	case SEKISHO_NETWORK_EVENT:
		return function->event;
	case SEKISHO_NETWORK_FLOW_ENABLE:
		return function->flow.enabled;
	default:
		return 0;
	}
}

static void reset(struct function *function)
{
	function->control = 0;
	function->rss_types = 0;
	function->error = 0;
	function->flow.enabled = 0;
	function->event &= ~SEKISHO_NETWORK_EVENT_ENABLE_MASK;
	for (unsigned int i = 0; i < FILTERS; i++)
		function->filter[i][1] &= ~SEKISHO_NETWORK_MAC_FILTER_HI_VALID_MASK;
	function->filters = 0;
	for (unsigned int i = 0; i < SEKISHO_RX_QUEUES; i++)
		queue_enable(&function->rx[i], false);
	for (unsigned int i = 0; i < SEKISHO_TX_QUEUES; i++)
		queue_enable(&function->tx[i], false);
}

static void write_filter(struct function *function, uint32_t offset, uint32_t value)
{
	uint32_t *word =
		&function->filter[(offset - SEKISHO_NETWORK_MAC_FILTER_LO(0)) / 8][offset / 4 % 2];

	if (offset / 4 % 2 != 0) {
		value &= SEKISHO_NETWORK_MAC_FILTER_HI_VALUE_MASK |
			 SEKISHO_NETWORK_MAC_FILTER_HI_VALID_MASK;
		function->filters -= *word >> SEKISHO_NETWORK_MAC_FILTER_HI_VALID_SHIFT;
		function->filters += value >> SEKISHO_NETWORK_MAC_FILTER_HI_VALID_SHIFT;
	}
	*word = value;
}

/* True when there is a doorbell at the offset. */
static bool write_doorbell(struct model *model, struct function *function, uint32_t offset,
			   uint32_t value)
{
	struct queue *queue = find_queue(function->rx, SEKISHO_RX_QUEUES,
					 SEKISHO_NETWORK_RX_DOORBELL_TAIL(0), &offset);

	if (queue == NULL)
		queue = find_queue(function->tx, SEKISHO_TX_QUEUES,
				   SEKISHO_NETWORK_TX_DOORBELL_TAIL(0), &offset);
	if (queue == NULL || offset > 4)
		return false;
	if (offset == 0)
		queue_doorbell(model, queue, value);
	else
		queue_arm(queue, value);
	return true;
}

static void write_network(struct model *model, unsigned int number, uint32_t offset, uint32_t value)
{
	struct function *function = &model->functions[number];
	uint32_t *word = flow_word(function, offset);
	struct queue *queue;

	if (word != NULL) {
		unsigned int rule =
			(offset - SEKISHO_NETWORK_FLOW_RULES(0)) / sizeof(*function->flow.rule);

		*word = value;
		if (word == &function->flow.rule[rule].meter_burst)
			flow_meter_fill(&function->flow, rule, model_microseconds(model));
		return;
	}
	/* The page of the doorbells. */
	if (offset / PAGE == SEKISHO_NETWORK_RX_DOORBELL_TAIL(0) / PAGE) {
		if (!write_doorbell(model, function, offset, value))
			function->error |= 1;
		return;
	}
	if (offset >= SEKISHO_NETWORK_RSS_KEY(0) && offset < SEKISHO_NETWORK_RSS_KEY(10)) {
		function->rss_key[(offset - SEKISHO_NETWORK_RSS_KEY(0)) / 4] = value;
		function->toeplitz_stale = true;
		return;
	}
	if (offset >= SEKISHO_NETWORK_MAC_FILTER_LO(0) &&
	    offset < SEKISHO_NETWORK_MAC_FILTER_LO(FILTERS)) {
		write_filter(function, offset, value);
		return;
	}
	if (offset >= SEKISHO_NETWORK_RSS_TABLE(0) && offset < SEKISHO_NETWORK_RSS_TABLE(TABLE)) {
		function->rss_table[(offset - SEKISHO_NETWORK_RSS_TABLE(0)) / 4] = (uint8_t)value;
		return;
	}
	queue = find_queue(function->rx, SEKISHO_RX_QUEUES, SEKISHO_NETWORK_RX_QUEUE_CONTROL(0),
			   &offset);
	if (queue == NULL)
		queue = find_queue(function->tx, SEKISHO_TX_QUEUES,
				   SEKISHO_NETWORK_TX_QUEUE_CONTROL(0), &offset);
	if (queue != NULL) {
		write_queue(queue, offset, value);
		return;
	}
	switch (offset) {
	case SEKISHO_NETWORK_IDENTIFICATION_SCRATCH:
		function->scratch = value;
		break;
	case SEKISHO_NETWORK_CONTROL:
		function->control = value & 0x7f;
		break;
	case SEKISHO_NETWORK_MAC_LO:
		function->mac[0] = value;
		break;
	case SEKISHO_NETWORK_MAC_HI:
		function->mac[1] = value & SEKISHO_NETWORK_MAC_HI_VALUE_MASK;
		break;
	case SEKISHO_NETWORK_MAX_FRAME:
		function->max_frame = value & SEKISHO_NETWORK_MAX_FRAME_VALUE_MASK;
		break;
	case SEKISHO_NETWORK_RSS_TYPES:
		function->rss_types = value & 0x3f;
		break;
	case SEKISHO_NETWORK_RESET:
		if ((value & SEKISHO_NETWORK_RESET_RESET_MASK) != 0)
			reset(function);
		break;
	case SEKISHO_NETWORK_EVENT:
		function->event = value & (SEKISHO_NETWORK_EVENT_VECTOR_MASK |
					   SEKISHO_NETWORK_EVENT_ENABLE_MASK);
		break;
	case SEKISHO_NETWORK_FLOW_ENABLE:
		function->flow.enabled = value & SEKISHO_NETWORK_FLOW_ENABLE_RULES_MASK;
		break;
	default:
		break;
	}
}

/* ---- Management function ---- */

/* The port of a register, or NULL; *offset becomes that in its registers. */
static struct port *find_port(struct model *model, uint32_t *offset)
{
	uint32_t number = (*offset - SEKISHO_MANAGEMENT_PORT_CONTROL(0)) / 0x40;

	if (*offset < SEKISHO_MANAGEMENT_PORT_CONTROL(0) || number >= PORTS)
		return NULL;
	*offset = (*offset - SEKISHO_MANAGEMENT_PORT_CONTROL(0)) % 0x40;
	return &model->ports[number];
}

static uint32_t read_management(struct model *model, uint32_t offset)
{
	const struct counter *counter = find_counter(model, NULL, offset);
	const struct port *port;

	if (counter != NULL)
		return read_counter(counter, &model->held, offset);
	port = find_port(model, &offset);
	if (port == NULL)
		return read_identification(
			model, offset, model->scratch,
			FIELD(IDENTIFICATION_FUNCTION_INFO_KIND, SEKISHO_FUNCTION_KIND_MANAGEMENT));
	if (offset == 0)
		return port->enable;
	if (offset == 4)
		return FIELD(MANAGEMENT_PORT_STATUS_LINK_UP, port->link) |
		       FIELD(MANAGEMENT_PORT_STATUS_SPEED, port->mbps);
	return 0;
}

static void write_management(struct model *model, uint32_t offset, uint32_t value)
{
	struct port *port = find_port(model, &offset);

	if (port != NULL) {
		if (offset == 0)
			port->enable = (value & SEKISHO_MANAGEMENT_PORT_CONTROL_ENABLE_MASK) != 0;
	} else if (offset == SEKISHO_MANAGEMENT_IDENTIFICATION_SCRATCH) {
		model->scratch = value;
	}
}

/* ---- All of them ---- */

uint32_t model_reg_read(struct sekisho_engine *engine, uint32_t address)
{
	struct model *model = (struct model *)engine;
	uint32_t window = address / SEKISHO_WINDOW_SIZE, offset = address % SEKISHO_WINDOW_SIZE;

	if (window == 0)
		return read_management(model, offset);
	return window <= FUNCTIONS ? read_network(model, window - 1, offset) : 0;
}

void model_reg_write(struct sekisho_engine *engine, uint32_t address, uint32_t value)
{
	struct model *model = (struct model *)engine;
	uint32_t window = address / SEKISHO_WINDOW_SIZE, offset = address % SEKISHO_WINDOW_SIZE;

	/* A change that came before this write is told as the registers were. */
	event_links(model);
	if (window == 0)
		write_management(model, offset, value);
	else if (window <= FUNCTIONS)
		write_network(model, window - 1, offset, value);
}
