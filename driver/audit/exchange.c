/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends frames, and receives them at the other end. */

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include "audit.h"

#define FLOOD 256u /* frames under way at once: less than any ring of this audit */
#define QUIET_US 60000 /* how long a frame that may vanish is waited for */
#define TX_FLAGS(item) ((item)->version == 4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6)

static uint32_t next_number = 1;

/* --- items ---------------------------------------------------------------------------------- */

static uint8_t *duplicate(const uint8_t *bytes, uint32_t length)
{
	uint8_t *copy = malloc(length);

	if (copy == NULL)
		rte_exit(2, "sekisho-audit: out of memory\n");
	memcpy(copy, bytes, length);
	return copy;
}

struct item *items_add(struct items *items, struct test *test, const struct frame *frame,
		       unsigned int options)
{
	const struct rte_ether_addr *to =
		test->direction == RECEIVE ? &dut.address : &peer->address;
	struct item *item;

	if (items->count == items->room) {
		items->room = items->room == 0 ? 256 : 2 * items->room;
		items->list = realloc(items->list, items->room * sizeof(*items->list));
		if (items->list == NULL)
			rte_exit(2, "sekisho-audit: out of memory\n");
	}
	item = &items->list[items->count++];
	*item = (struct item){
		.test = test,
		.options = options,
		.sent = duplicate(frame->bytes, frame->length),
		.length = frame->length,
		.number = next_number++,
		.l2_length = frame->l2_length,
		.l3_length = frame->l3_length,
		.l4_length = frame->l4_length,
		.version = frame->version,
		.protocol = frame->protocol,
	};
	memcpy(item->sent, to, sizeof(*to));
	item->sent[6] = 0x02;
	item->sent[7] = 0x5e;
	for (unsigned int i = 0; i < 4; i++)
		item->sent[8 + i] = (uint8_t)(item->number >> (24 - 8 * i));
	return item;
}

static void put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/* What an application leaves in the fields before it asks for an offload. */
static void fill_fields(struct item *item, const struct opinion *opinion)
{
	const uint32_t field = oracle_l4_field(opinion);
	uint16_t ip = 0, l4 = 0;

	if (item->options & FIELD_AS_IS)
		return;
	if (item->options & FIELD_GARBAGE) {
		ip = 0x0bad;
		l4 = (uint16_t)(0xbad1 + item->number % 7);
	} else if (!(item->options & FIELD_ZERO)) {
		l4 = field == 0 ? 0 : oracle_seed(item->sent, opinion);
	}
	if (item->want & WANT_IP && opinion->version == 4)
		put16(item->sent + opinion->l3_offset + 10, ip);
	if (item->want & WANT_L4 && field != 0)
		put16(item->sent + field, l4);
}

struct item *items_add_transmit(struct items *items, struct test *test, const struct frame *frame,
				unsigned int want, unsigned int options)
{
	struct item *item = items_add(items, test, frame, options);
	struct opinion opinion;

	oracle_judge(item->sent, item->length, &opinion);
	item->want = want;
	item->expected = duplicate(item->sent, item->length);
	oracle_insert(item->expected, &opinion, want & WANT_IP, want & WANT_L4);
	fill_fields(item, &opinion);
	return item;
}

void items_free(struct items *items)
{
	for (unsigned int i = 0; i < items->count; i++) {
		free(items->list[i].sent);
		free(items->list[i].expected);
		free(items->list[i].got);
	}
	free(items->list);
	*items = (struct items){ 0 };
}

/* --- sending -------------------------------------------------------------------------------- */

/* What of an item's wishes the port offers. */
static unsigned int offered(const struct item *item)
{
	const uint64_t on = dut.config.tx_offloads;
	unsigned int want = item->want;

	if (!(on & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM))
		want &= ~(unsigned int)WANT_IP;
	if (!(on & (item->protocol == P_UDP ? RTE_ETH_TX_OFFLOAD_UDP_CKSUM :
					      RTE_ETH_TX_OFFLOAD_TCP_CKSUM)))
		want &= ~(unsigned int)WANT_L4;
	return want;
}

bool item_offered(const struct item *item)
{
	return item->want == 0 || offered(item) != 0;
}

/* What the port does not offer is done in software: the field gets its right value. */
static void complete_in_software(const struct item *item, uint8_t *bytes, unsigned int lacking)
{
	const uint32_t l3 = item->l2_length,
		       field = l3 + item->l3_length + (item->protocol == P_TCP ? 16u : 6u);

	if (item->expected == NULL)
		return;
	if (lacking & WANT_IP && item->version == 4)
		memcpy(bytes + l3 + 10, item->expected + l3 + 10, 2);
	if (lacking & WANT_L4 && field + 2 <= item->length)
		memcpy(bytes + field, item->expected + field, 2);
}

static uint64_t offload_flags(const struct item *item, unsigned int want)
{
	uint64_t flags = 0;

	if (want & WANT_IP && item->version == 4)
		flags |= RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_IPV4;
	if (want & WANT_L4 && item->protocol == P_TCP)
		flags |= RTE_MBUF_F_TX_TCP_CKSUM | TX_FLAGS(item);
	if (want & WANT_L4 && item->protocol == P_UDP)
		flags |= RTE_MBUF_F_TX_UDP_CKSUM | TX_FLAGS(item);
	return flags;
}

static struct rte_mbuf *segment(struct port *port, const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(port->pool);
	char *data = mbuf == NULL ? NULL : rte_pktmbuf_append(mbuf, (uint16_t)length);

	if (data == NULL)
		rte_exit(2, "sekisho-audit: no mbuf for %u bytes\n", length);
	memcpy(data, bytes, length);
	return mbuf;
}

static struct rte_mbuf *make_mbuf(struct port *port, const struct item *item)
{
	struct rte_mbuf *first, *next;
	uint32_t at = item->length;

	if (item->split != NULL)
		at = item->split[0];
	first = segment(port, item->sent, at);
	for (unsigned int i = 1; at < item->length; i++) {
		uint32_t part = item->split[i] != 0 ? item->split[i] : item->length - at;

		next = segment(port, item->sent + at, part);
		if (rte_pktmbuf_chain(first, next) != 0)
			rte_exit(2, "sekisho-audit: too many segments\n");
		at += part;
	}
	return first;
}

static bool burst_one(struct port *port, struct rte_mbuf *mbuf)
{
	const uint64_t end = rte_get_timer_cycles() + timeout_ms * rte_get_timer_hz() / 1000;

	while (rte_eth_tx_burst(port->id, 0, &mbuf, 1) == 0) {
		if (rte_get_timer_cycles() > end) {
			rte_pktmbuf_free(mbuf);
			return false;
		}
		rte_delay_us_sleep(100);
	}
	return true;
}

bool send_offloaded(struct rte_mbuf *mbuf)
{
	struct rte_mbuf *one = mbuf;

	if (rte_eth_tx_prepare(dut.id, 0, &one, 1) == 0) {
		rte_pktmbuf_free(mbuf);
		return false;
	}
	return burst_one(&dut, mbuf);
}

static void set_offloads(struct rte_mbuf *mbuf, const struct item *item, unsigned int want)
{
	const uint64_t flags = offload_flags(item, want);

	mbuf->ol_flags |= flags;
	if (flags == 0)
		return;
	mbuf->tx_offload = 0;
	mbuf->l2_len = item->l2_length;
	mbuf->l3_len = item->l3_length;
	mbuf->l4_len = item->l4_length;
}

static void send_item(struct item *item)
{
	struct port *port = item->test->direction == RECEIVE ? peer : &dut;
	const unsigned int want = offered(item);
	struct rte_mbuf *mbuf;

	if (!item_offered(item))
		return;
	mbuf = make_mbuf(port, item);
	complete_in_software(item, rte_pktmbuf_mtod(mbuf, uint8_t *), item->want & ~want);
	if (item->test->direction == RECEIVE) {
		burst_one(port, mbuf);
		return;
	}
	set_offloads(mbuf, item, want);
	item->refused = !send_offloaded(mbuf);
}

/* --- receiving ------------------------------------------------------------------------------ */

static uint16_t last_queue;

uint16_t receive_some(struct port *port, struct rte_mbuf **mbufs, uint16_t count)
{
	const unsigned int queues = port->config.queues == 0 ? 1 : port->config.queues;
	const uint16_t most = port->burst == 0 ? count : RTE_MIN(count, (uint16_t)port->burst);

	for (unsigned int i = 0; i < queues; i++) {
		uint16_t got = rte_eth_rx_burst(port->id, (uint16_t)i, mbufs, most);

		last_queue = (uint16_t)i;
		if (got != 0)
			return got;
	}
	return 0;
}

/* The frame as it was on the wire: with the tag that the port took out. */
static uint32_t flatten(const struct rte_mbuf *mbuf, uint8_t *bytes)
{
	const bool stripped = mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED;
	uint32_t length = 0;

	for (const struct rte_mbuf *part = mbuf; part != NULL; part = part->next) {
		if (length + part->data_len + 4 > FRAME_ROOM)
			break;
		memcpy(bytes + length, rte_pktmbuf_mtod(part, const uint8_t *), part->data_len);
		length += part->data_len;
	}
	if (stripped && length >= 12) {
		memmove(bytes + 16, bytes + 12, length - 12);
		put16(bytes + 12, 0x8100);
		put16(bytes + 14, mbuf->vlan_tci);
		length += 4;
	}
	return length;
}

static struct item *find(struct items *items, const uint8_t *bytes, uint32_t length)
{
	uint32_t number;

	if (length < 14 || bytes[6] != 0x02 || bytes[7] != 0x5e || items->count == 0)
		return NULL;
	number = (uint32_t)bytes[8] << 24 | (uint32_t)bytes[9] << 16 | (uint32_t)bytes[10] << 8 |
		 bytes[11];
	number -= items->list[0].number;
	return number < items->count ? &items->list[number] : NULL;
}

/* Keeps what is to be known of a received frame; others, of the kernel for example, are nothing. */
static void take(struct items *items, struct port *port, const struct rte_mbuf *mbuf)
{
	static uint8_t bytes[FRAME_ROOM];
	const uint32_t length = flatten(mbuf, bytes);
	struct item *item = find(items, bytes, length);

	if (item == NULL || (item->test->direction == RECEIVE ? &dut : peer) != port)
		return;
	if (item->came++ != 0)
		return;
	item->got = duplicate(bytes, length);
	item->got_length = length;
	item->flags = mbuf->ol_flags;
	item->packet_type = mbuf->packet_type;
	item->hash = mbuf->hash.rss;
	item->queue = last_queue;
	item->segments = mbuf->nb_segs;
	item->tag_type_lost = mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED;
}

static unsigned int receive_from(struct items *items, struct port *port)
{
	struct rte_mbuf *mbufs[BURST];
	const uint16_t count = receive_some(port, mbufs, BURST);

	for (uint16_t i = 0; i < count; i++) {
		if (items != NULL)
			take(items, port, mbufs[i]);
		rte_pktmbuf_free(mbufs[i]);
	}
	return count;
}

static unsigned int receive(struct items *items)
{
	unsigned int count = receive_from(items, &dut);

	if (peer != &dut)
		count += receive_from(items, peer);
	return count;
}

void drain(void)
{
	uint64_t end = rte_get_timer_cycles() + rte_get_timer_hz() / 50;

	while (rte_get_timer_cycles() < end)
		receive(NULL);
}

/* Items of a range that have not come: those that must, or those that may, too. */
static unsigned int missing(const struct items *items, unsigned int first, unsigned int end,
			    bool all)
{
	unsigned int count = 0;

	for (unsigned int i = first; i < end; i++) {
		const struct item *item = &items->list[i];

		count += item->came == 0 && item_offered(item) && !item->refused &&
			 (all || !(item->options & (MAY_VANISH | ANY_CONTENT)));
	}
	return count;
}

static void wait_for(struct items *items, unsigned int first, unsigned int end)
{
	const uint64_t hz = rte_get_timer_hz();
	const uint64_t limit = rte_get_timer_cycles() + timeout_ms * hz / 1000;
	uint64_t last = rte_get_timer_cycles();

	while (rte_get_timer_cycles() < limit && missing(items, first, end, true) != 0) {
		if (receive(items) != 0)
			last = rte_get_timer_cycles();
		else
			rte_delay_us_sleep(50);
		if (missing(items, first, end, false) == 0 &&
		    rte_get_timer_cycles() - last > hz / 1000000 * QUIET_US)
			break;
	}
}

static void again(struct items *items, unsigned int first, unsigned int end)
{
	for (unsigned int i = first; i < end; i++) {
		struct item *item = &items->list[i];

		if (item->came != 0 || !item_offered(item) || item->refused ||
		    item->options & (MAY_VANISH | ANY_CONTENT))
			continue;
		/* A wire may lose a frame; it does not lose the same one twice. */
		item->resent = true;
		send_item(item);
		wait_for(items, i, i + 1);
	}
}

void exchange(struct items *items)
{
	for (unsigned int first = 0; first < items->count; first += BURST) {
		const unsigned int end = RTE_MIN(first + BURST, items->count);

		for (unsigned int i = first; i < end; i++)
			send_item(&items->list[i]);
		wait_for(items, first, end);
		again(items, first, end);
	}
}

void exchange_once(struct items *items)
{
	for (unsigned int i = 0; i < items->count; i++)
		send_item(&items->list[i]);
	wait_for(items, 0, items->count);
}

void exchange_flood(struct items *items)
{
	for (unsigned int first = 0; first < items->count; first += FLOOD) {
		const unsigned int end = RTE_MIN(first + FLOOD, items->count);

		for (unsigned int i = first; i < end; i++)
			send_item(&items->list[i]);
		for (unsigned int turn = 0; turn < FLOOD; turn++) {
			dut.burst = peer->burst = 1 + random_below(7);
			receive(items);
			if (turn % 8 == 0)
				rte_delay_us_sleep(random_below(500));
		}
		dut.burst = peer->burst = 0;
		wait_for(items, first, end);
		again(items, first, end);
	}
}

static void forward_one(struct items *items, struct item *item)
{
	const uint64_t limit = rte_get_timer_cycles() + timeout_ms * rte_get_timer_hz() / 1000;
	static uint8_t bytes[FRAME_ROOM];
	struct rte_mbuf *mbufs[BURST], *mbuf = segment(peer, item->sent, item->length);
	bool forwarded = false;

	burst_one(peer, mbuf);
	while (!forwarded && rte_get_timer_cycles() < limit) {
		const uint16_t count = receive_some(&dut, mbufs, BURST);

		for (uint16_t i = 0; i < count; i++) {
			if (find(items, bytes, flatten(mbufs[i], bytes)) != item || forwarded ||
			    mbufs[i]->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) {
				rte_pktmbuf_free(mbufs[i]);
				continue;
			}
			set_offloads(mbufs[i], item, offered(item));
			item->refused = !send_offloaded(mbufs[i]);
			forwarded = true;
		}
		if (count == 0)
			rte_delay_us_sleep(50);
	}
}

void exchange_forward(struct items *items)
{
	for (unsigned int i = 0; i < items->count; i++) {
		struct item *item = &items->list[i];

		if (!item_offered(item))
			continue;
		complete_in_software(item, item->sent, item->want & ~offered(item));
		forward_one(items, item);
		wait_for(items, i, i + 1);
	}
}

bool probe(void)
{
	static struct frame frame;
	const struct recipe recipe = { .version = 4, .protocol = P_UDP, .payload = 100 };
	struct test one[2] = { { .direction = RECEIVE }, { .direction = TRANSMIT } };
	struct items items = { 0 };
	bool works;

	for (unsigned int i = 0; i < 2; i++) {
		frame_build(&frame, &recipe);
		items_add(&items, &one[i], &frame, 0);
	}
	exchange_once(&items);
	works = items.list[0].came == 1 && items.list[1].came == 1;
	items_free(&items);
	return works;
}
