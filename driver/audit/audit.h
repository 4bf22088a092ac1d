/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_AUDIT_H
#define SEKISHO_AUDIT_H

/*
 * A class is a kind of offload bug; a case is a named test of one class in one direction; an item
 * is a frame of a case. The device under test is "the port", the other end of its wire "the peer".
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_ethdev.h>

#include "frames.h"
#include "oracle.h"

#define CLASSES 24u
#define BURST 32u

enum direction {
	RECEIVE,
	TRANSMIT,
};

/* Worse is greater where results are joined, but for a case that has no result at all. */
enum result {
	NO_RESULT,
	NOT_TESTABLE,
	NOT_OFFERED,
	NOT_VERIFIED,
	RIGHT,
	WRONG,
	RESULTS,
};

/* --- results -------------------------------------------------------------------------------- */

struct evidence {
	char text[256];
	uint8_t *sent, *expected, *got;
	uint32_t sent_length, expected_length, got_length;
};

struct test {
	unsigned int class;
	enum direction direction;
	char name[96];
	unsigned int counts[RESULTS];
	char reason[256]; /* of the first result that is not RIGHT or WRONG */
	struct evidence evidence; /* of the first WRONG */
	unsigned int inner_wrong, outer_wrong; /* by which layer of tunnels the flags are judged */
};

struct class_text {
	const char *key, *title;
};
extern const struct class_text class_texts[CLASSES + 1]; /* from 1 */

/* The case of that name, made if it is new. */
struct test *test_get(unsigned int class, enum direction direction, const char *name, ...)
	__attribute__((format(printf, 3, 4)));
void test_result(struct test *test, enum result result, const char *reason, ...)
	__attribute__((format(printf, 3, 4)));
enum result test_worst(const struct test *test);

struct report_options {
	bool json, verbose;
	const char *pcap;
};
/* Prints everything; returns how many classes are wrong in some direction. */
unsigned int report_print(const struct report_options *options);
/* Opens and closes the capture of the frames that failed; report_wrong() writes to it. */
int report_open(const struct report_options *options);
void report_close(void);

/* --- items ---------------------------------------------------------------------------------- */

enum item_option {
	MAY_VANISH = 1, /* a malformed frame, which a device may drop */
	/* What the interface's rules do not ask for: a failure is told, and is not wrong. */
	LENIENT = 2,
	FIELD_GARBAGE = 4, /* the checksum fields hold nonsense before */
	FIELD_ZERO = 8,
	FIELD_AS_IS = 16,
	ANY_CONTENT = 32, /* malformed, and an offload asked for it: only what comes after counts */
	NEEDS_CRC = 64, /* SCTP: the flags may tell what a CRC32c says */
};

enum want {
	WANT_IP = 1,
	WANT_L4 = 2,
	WANT_ALL = 3,
};

struct item {
	struct test *test;
	unsigned int options;
	unsigned int want; /* transmit */
	uint8_t *sent; /* as the sender's mbuf holds it */
	uint8_t *expected; /* transmit: what must come out; receive: NULL, what was sent */
	uint32_t length;
	uint32_t number; /* in the source address */
	uint16_t l2_length, l3_length, l4_length;
	uint8_t version, protocol;
	const uint16_t *split; /* transmit: lengths of the first segments, up to a 0 */
	bool refused; /* by the prepare function */
	bool resent;

	unsigned int came;
	uint8_t *got;
	uint32_t got_length;
	uint64_t flags;
	uint32_t packet_type, hash;
	uint16_t queue, segments;
	bool tag_type_lost; /* a stripped tag: its type is not known any more */
};

struct items {
	struct item *list;
	unsigned int count, room;
};

/* Adds a copy of the frame; it gets a number of its own as source address. */
struct item *items_add(struct items *items, struct test *test, const struct frame *frame,
		       unsigned int options);
struct item *items_add_transmit(struct items *items, struct test *test, const struct frame *frame,
				unsigned int want, unsigned int options);
void items_free(struct items *items);
/* False: the port has nothing of what the item asks for. */
bool item_offered(const struct item *item);

/* --- ports ---------------------------------------------------------------------------------- */

struct port_config {
	uint64_t rx_offloads, tx_offloads;
	uint32_t mtu;
	unsigned int queues; /* 0: 1 */
	const uint8_t *rss_key; /* NULL: no RSS */
	uint64_t rss_types;
	uint32_t buffer; /* bytes of an mbuf behind its headroom; 0: any frame fits */
};

struct port {
	uint16_t id;
	char name[RTE_ETH_NAME_MAX_LEN];
	struct rte_eth_dev_info info;
	struct rte_ether_addr address;
	struct port_config config; /* the present one */
	bool started;
	bool dead; /* did not come back from being configured anew */
	struct rte_mempool *pool, *small_pool;
	unsigned int burst; /* frames asked for at once when receiving; 0: BURST */
};

extern struct port dut, peer_port;
extern struct port *peer; /* the DUT itself when a cable joins it to itself */
extern unsigned int timeout_ms;

int port_init(struct port *port, uint16_t id);
/* Stops, configures and starts it: 0 or -errno. */
int port_configure(struct port *port, const struct port_config *config);
/* What rte_eth_dev_configure() says to these offloads; the port is stopped, and not configured. */
int port_try(struct port *port, uint64_t rx_offloads, uint64_t tx_offloads);
void port_close(struct port *port);
uint32_t port_max_mtu(const struct port *port);
/* Basic configuration of the port under test: everything of this audit that it offers. */
void port_base_config(const struct port *port, struct port_config *config);
uint64_t rx_checksums(const struct port *port); /* offered */
uint64_t tx_checksums(const struct port *port);
/* Waits until frames pass both ways, as long as the time limit. */
bool wire_works(void);

/* --- exchange ------------------------------------------------------------------------------- */

/* Sends every item in its test's direction and waits for it; does not judge. */
void exchange(struct items *items);
/* The same, all at once, with receiving delayed and in bursts of odd sizes. */
void exchange_flood(struct items *items);
/* Every item once, none again. */
void exchange_once(struct items *items);
/* The peer sends, the port receives and sends what it got back with its offloads on. */
void exchange_forward(struct items *items);

/* --- judgement ------------------------------------------------------------------------------ */

/* Judges what came of an item and enters the result. */
void judge_item(const struct item *item);
void judge_items(const struct items *items);
/* The exchange, then the judgement. */
void run_items(struct items *items);
/* The port's verdict on a received frame. */
enum verdict ip_verdict(uint64_t flags);
enum verdict l4_verdict(uint64_t flags);
void report_wrong(struct test *test, const struct item *item, const char *text, ...)
	__attribute__((format(printf, 3, 4)));
/* One frame each way, without judgement. */
bool probe(void);
/* Takes and frees what still comes. */
void drain(void);
/* Sends one mbuf of the port under test with its offloads; false: refused. */
bool send_offloaded(struct rte_mbuf *mbuf);
uint16_t receive_some(struct port *port, struct rte_mbuf **mbufs, uint16_t count);

/* --- the catalogue -------------------------------------------------------------------------- */

/* The frames of the classes that need no other configuration than the basic one. */
void catalogue(struct items *items, unsigned int class);
/* A few frames of every kind, for the classes that compare configurations. */
void catalogue_sample(struct items *items, struct test *test, unsigned int seed);
/* What a class needs before the port under test starts: that it refuses what it does not offer. */
void special_first(unsigned int class);
/* What classes need besides frames, in parts that run in this order. */
extern const unsigned int special_parts;
unsigned int special_class(unsigned int part);
void special_run(unsigned int part);

#endif
