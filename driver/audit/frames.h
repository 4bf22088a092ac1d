/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_AUDIT_FRAMES_H
#define SEKISHO_AUDIT_FRAMES_H

/* Builds frames whose checksums are right, and damages them. */

#include <stdbool.h>
#include <stdint.h>

#define FRAME_ROOM 16384u
#define FRAME_MIN 60u /* without FCS */
#define MAX_TAGS 4u
#define MAX_EXTENSIONS 9u

enum ip_protocol {
	P_HOP_BY_HOP = 0,
	P_ICMP = 1,
	P_IGMP = 2,
	P_IPV4 = 4,
	P_TCP = 6,
	P_UDP = 17,
	P_IPV6 = 41,
	P_ROUTING = 43,
	P_FRAGMENT = 44,
	P_GRE = 47,
	P_ESP = 50,
	P_AUTHENTICATION = 51,
	P_ICMP6 = 58,
	P_DESTINATION_OPTIONS = 60,
	P_OSPF = 89,
	P_SCTP = 132,
	P_UDP_LITE = 136,
	P_EXPERIMENT = 253,
};

enum fill {
	FILL_RANDOM,
	FILL_ONES,
	FILL_ZEROS,
};

/* What a frame is made of; what is 0 has a usual value. */
struct recipe {
	uint8_t version; /* 4 or 6 */
	uint8_t protocol;
	uint32_t payload; /* bytes behind the layer 4 header; of other protocols, all of them */
	enum fill fill;
	const uint8_t *data; /* the payload itself, instead of fill */
	unsigned int tags;
	uint16_t tpid[MAX_TAGS], tci[MAX_TAGS];
	unsigned int ihl; /* words of the IPv4 header, 5 to 15 */
	unsigned int extensions; /* IPv6 */
	uint8_t extension[MAX_EXTENSIONS];
	uint8_t routing_type, segments_left;
	unsigned int tcp_options; /* words, 0 to 10 */
	const uint8_t *addresses; /* source and destination, 8 or 32 bytes */
	uint16_t source_port, destination_port;
	uint8_t tcp_flags;
	bool no_checksum; /* UDP */
};

struct frame {
	uint8_t bytes[FRAME_ROOM];
	uint32_t length;
	/* As the mbuf wants them. */
	uint16_t l2_length, l3_length, l4_length;
	uint8_t version, protocol;
};

/* What has a checksum in layer 4: IPv4 and IPv6, TCP and UDP, in this order. */
#define LAYERS 4u
extern const struct layer {
	uint8_t version, protocol;
	const char *name;
} layers[LAYERS];

/* The same seed gives the same frames. */
void random_seed(uint64_t seed);
uint32_t random32(void);
uint32_t random_below(uint32_t limit);

void frame_build(struct frame *frame, const struct recipe *recipe);

/* A usual packet of that layer, with so many bytes behind its header. */
void frame_plain(struct frame *frame, unsigned int layer, uint32_t payload);

/* A frame of any EtherType; data may be NULL: random bytes. */
void frame_other(struct frame *frame, uint16_t type, const uint8_t *data, uint32_t length);

/* Part of a packet's payload as a fragment; offset and, except of the last, size count 8 bytes. */
void frame_fragment(struct frame *part, const struct frame *whole, uint32_t offset, uint32_t size);
/* Bytes that can be in fragments. */
uint32_t frame_fragmentable(const struct frame *frame);

/* Bytes behind the packet. */
void frame_trailer(struct frame *frame, uint32_t count, int value); /* -1: random */
void frame_pad(struct frame *frame, uint32_t length, int value);

uint16_t frame_get16(const struct frame *frame, uint32_t at);
void frame_put16(struct frame *frame, uint32_t at, uint16_t value);
uint32_t frame_l4(const struct frame *frame);
uint32_t frame_l4_field(const struct frame *frame); /* the checksum's place */

/* A wrong packet: the last byte of the datagram, or the checksum where it has no payload. */
void frame_spoil_l4(struct frame *frame);
void frame_spoil_ip(struct frame *frame);

/* Checksums anew, after a change. */
void frame_correct(struct frame *frame);

/* Changes two bytes of the payload, of which there are at least 4, so that the right checksum is
 * the wanted one. */
void frame_force_l4(struct frame *frame, uint16_t wanted);
/* The same for the IPv4 header, with its identification. */
void frame_force_ip(struct frame *frame, uint16_t wanted);

#endif
