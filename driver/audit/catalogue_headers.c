/* SPDX-License-Identifier: BSD-3-Clause */
/* Classes 8 to 11 and 13 to 16: headers, and what is around and inside of packets. */

#include "catalogue.h"

#include <string.h>

#define TUNNEL_ROOM 2048u

static struct frame frame, part, inner;

/* --- 8 to 11: headers ----------------------------------------------------------------------- */

void class_fragments(struct items *items)
{
	FOR_EACH_LAYER (layer) {
		static const char *const names[] = { "first", "middle", "last" };
		static struct frame whole;
		const struct recipe recipe = plain(layer, 660);

		for (unsigned int i = 0; i < 3; i++) {
			const uint32_t offset = 232 * i;
			struct test *in =
				test_get(8, RECEIVE, "%s, %s fragment", layer->name, names[i]);

			frame_build(&whole, &recipe);
			frame_fragment(&part, &whole, offset,
				       RTE_MIN(232u, frame_fragmentable(&whole) - offset));
			items_add(items, in, &part, 0);
			if (layer->version == 4)
				items_add_transmit(
					items,
					test_get(8, TRANSMIT,
						 "%s, %s fragment: layer 4 is left alone",
						 layer->name, names[i]),
					&part, WANT_IP, 0);
			/* No application should ask; a device may guard against it. */
			items_add_transmit(items,
					   test_get(8, TRANSMIT, "%s, layer 4 asked of a fragment",
						    layer->name),
					   &part, WANT_ALL, FIELD_AS_IS | LENIENT);
			if (layer->version == 4) {
				frame_spoil_ip(&part);
				items_add(items, in, &part, 0);
			}
		}
	}
}

void class_ipv4_options(struct items *items)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct layer *layer = &layers[i];

		for (unsigned int ihl = 5; ihl <= 15; ihl++) {
			struct test *in = test_get(9, RECEIVE, "%s, IHL 5 to 15", layer->name);
			struct recipe recipe = plain(layer, 30 + ihl);

			recipe.ihl = ihl;
			frame_build(&frame, &recipe);
			receive_both(items, in, &frame);
			frame_build(&frame, &recipe);
			frame_spoil_ip(&frame);
			items_add(items, in, &frame, 0);
			/* Damage in the options is damage of the header. */
			if (ihl > 5) {
				frame_build(&frame, &recipe);
				frame.bytes[frame_l4(&frame) - 1] ^= 0x40;
				items_add(items, in, &frame, 0);
			}
			frame_build(&frame, &recipe);
			items_add_transmit(items,
					   test_get(9, TRANSMIT, "%s, IHL 5 to 15", layer->name),
					   &frame, WANT_ALL, 0);
		}
	}
}

/* A field of the packet set to a value that cannot be; the IP header's checksum fits. */
static void bogus(struct items *items, const struct layer *layer, const char *name, uint32_t at,
		  uint16_t value, bool ip)
{
	struct test *in = test_get(10, RECEIVE, "%s, %s", layer->name, name);
	struct test *out =
		test_get(10, TRANSMIT, "%s, %s, then a normal packet", layer->name, name);
	const uint32_t l3 = frame.l2_length;

	frame_put16(&frame, at, value);
	if (ip && layer->version == 4) {
		frame_put16(&frame, l3 + 10, 0);
		if ((frame.bytes[l3] & 15) != 0)
			frame_put16(&frame, l3 + 10,
				    (uint16_t)~oracle_sum(frame.bytes + l3,
							  (frame.bytes[l3] & 15u) * 4));
	}
	items_add(items, in, &frame, MAY_VANISH);
	items_add_transmit(items, out, &frame, WANT_ALL, FIELD_AS_IS | ANY_CONTENT);
	follow_up(items, in);
	follow_up(items, out);
}

static void bogus_ip(struct items *items, const struct layer *layer)
{
	static const uint16_t totals[] = { 0, 1, 12, 19, 1400, 65535 };
	static const uint8_t headers_words[] = { 0, 1, 4, 15 };
	const struct recipe recipe = plain(layer, 30);

	for (unsigned int i = 0; i < RTE_DIM(totals); i++) {
		frame_build(&frame, &recipe);
		if (layer->version == 4)
			bogus(items, layer,
			      totals[i] < 20 ? "total length below the header's" :
					       "total length beyond the frame",
			      frame.l2_length + 2u, totals[i], true);
		else if (totals[i] >= 1400)
			bogus(items, layer, "payload length beyond the frame", frame.l2_length + 4u,
			      totals[i], true);
		else
			bogus(items, layer, "payload length below layer 4's header",
			      frame.l2_length + 4u, totals[i] % 8 + 1, true);
	}
	for (unsigned int i = 0; i < RTE_DIM(headers_words) && layer->version == 4; i++) {
		frame_build(&frame, &recipe);
		bogus(items, layer,
		      headers_words[i] < 5 ? "IHL below 5" : "IHL beyond the datagram",
		      frame.l2_length, (uint16_t)((0x40 | headers_words[i]) << 8), true);
	}
}

static void bogus_l4(struct items *items, const struct layer *layer)
{
	static const uint16_t sizes[] = { 0, 1, 7, 100, 65535 };
	static const uint8_t words[] = { 0, 4, 15 };
	const struct recipe recipe = plain(layer, 30);

	for (unsigned int i = 0; i < RTE_DIM(sizes) && layer->protocol == P_UDP; i++) {
		frame_build(&frame, &recipe);
		bogus(items, layer,
		      sizes[i] < 8 ? "UDP length below 8" : "UDP length beyond the packet",
		      frame_l4(&frame) + 4, sizes[i], false);
	}
	for (unsigned int i = 0; i < RTE_DIM(words) && layer->protocol == P_TCP; i++) {
		frame_build(&frame, &recipe);
		bogus(items, layer,
		      words[i] < 5 ? "TCP data offset below 5" : "TCP data offset beyond",
		      frame_l4(&frame) + 12, (uint16_t)(words[i] << 12 | 0x10), false);
	}
	/* A datagram shorter than its packet is sound: RFC 768 sums its own length, RFC 9868 uses
	 * the rest. */
	for (uint32_t size = 4; size < 12 && layer->protocol == P_UDP; size++) {
		const uint32_t rest = 6 + size % 5;
		struct recipe longer = plain(layer, 40);

		frame_build(&frame, &longer);
		frame_put16(&frame, frame_l4(&frame) + 4, (uint16_t)(48 - rest));
		frame_correct(&frame);
		receive_both(
			items,
			test_get(10, RECEIVE, "%s, datagram shorter than its packet", layer->name),
			&frame);
	}
}

void class_lengths(struct items *items)
{
	FOR_EACH_LAYER (layer) {
		bogus_ip(items, layer);
		bogus_l4(items, layer);
	}
}

static void extension_chain(struct items *items, const struct layer *layer,
			    const struct recipe *recipe, const char *name, bool transmit)
{
	frame_build(&frame, recipe);
	receive_both(items, test_get(11, RECEIVE, "%s, %s", layer->name, name), &frame);
	if (!transmit)
		return;
	frame_build(&frame, recipe);
	items_add_transmit(items, test_get(11, TRANSMIT, "%s, %s", layer->name, name), &frame,
			   WANT_L4, 0);
}

void class_ipv6_extensions(struct items *items)
{
	static const struct {
		uint8_t number;
		const char *name;
	} kinds[] = {
		{ P_HOP_BY_HOP, "hop-by-hop options" },
		{ P_DESTINATION_OPTIONS, "destination options" },
		{ P_ROUTING, "routing header at its end" },
		{ P_AUTHENTICATION, "authentication header" },
		{ P_FRAGMENT, "atomic fragment" },
	};
	static const uint8_t routing_types[] = { 0, 2, 4 };

	for (unsigned int l = 2; l < 4; l++) {
		const struct layer *layer = &layers[l];

		for (unsigned int k = 0; k < RTE_DIM(kinds); k++) {
			for (uint32_t size = 20; size < 24; size++) {
				struct recipe recipe = plain(layer, size);

				recipe.extensions = 1;
				recipe.extension[0] = kinds[k].number;
				extension_chain(items, layer, &recipe, kinds[k].name, true);
			}
		}
		for (unsigned int count = 0; count <= 8; count++) {
			for (unsigned int i = 0; i < 3; i++) {
				struct recipe recipe = plain(layer, 20 + i);

				recipe.extensions = count;
				for (unsigned int e = 0; e < count; e++)
					recipe.extension[e] =
						kinds[random_below(RTE_DIM(kinds))].number;
				extension_chain(items, layer, &recipe, "chains of 0 to 8 headers",
						true);
			}
		}
		for (unsigned int i = 0; i < RTE_DIM(routing_types); i++) {
			struct recipe recipe = plain(layer, 26 + i);

			/* The pseudo header holds the last stop, which is not in the IP header. */
			recipe.extensions = 1;
			recipe.extension[0] = P_ROUTING;
			recipe.routing_type = routing_types[i];
			recipe.segments_left = 1;
			extension_chain(items, layer, &recipe, "routing header under way", false);
		}
	}
	for (unsigned int i = 0; i < 4; i++) {
		static const uint8_t unknown[] = { P_EXPERIMENT, 254, 139, P_ESP };
		struct recipe recipe = { .version = 6, .protocol = unknown[i], .payload = 40 };

		frame_build(&frame, &recipe);
		items_add(items, test_get(11, RECEIVE, "IPv6, unknown next header"), &frame, 0);
	}
}

/* --- 13 to 16: what is around and inside ---------------------------------------------------- */

void class_vlan(struct items *items)
{
	static const uint16_t types[] = { 0x8100, 0x88a8, 0x9100 };

	FOR_EACH_LAYER (layer) {
		for (unsigned int tags = 0; tags <= 3; tags++) {
			for (unsigned int t = 0; t < RTE_DIM(types); t++) {
				struct recipe recipe = plain(layer, 21 + t);

				recipe.tags = tags;
				for (unsigned int i = 0; i < tags; i++)
					recipe.tpid[i] =
						i + 1 < tags || tags == 1 ? types[t] : 0x8100;
				frame_build(&frame, &recipe);
				receive_both(items,
					     test_get(13, RECEIVE, "%s, %u tags, outer 0x%04x",
						      layer->name, tags, types[t]),
					     &frame);
				frame_build(&frame, &recipe);
				items_add_transmit(
					items,
					test_get(13, TRANSMIT, "%s, %u tags", layer->name, tags),
					&frame, WANT_ALL, 0);
			}
		}
		for (unsigned int i = 0; i < 2; i++) {
			struct recipe recipe = plain(layer, 33);

			recipe.tags = 1;
			recipe.tci[0] =
				i == 0 ? 0xe000 : 0xffff; /* priority tag; the reserved number */
			frame_build(&frame, &recipe);
			receive_both(items, test_get(13, RECEIVE, "%s, priority tag", layer->name),
				     &frame);
			frame_build(&frame, &recipe);
			items_add_transmit(items,
					   test_get(13, TRANSMIT, "%s, priority tag", layer->name),
					   &frame, WANT_ALL, 0);
		}
		/* An EtherType that no parser knows, with an IP packet where it would be behind a tag. */
		for (unsigned int i = 0; i < 2; i++) {
			const struct recipe recipe = plain(layer, 40);
			static uint8_t data[256];

			frame_build(&inner, &recipe);
			frame_spoil_l4(&inner);
			data[0] = 0x40;
			data[1] = 0x01;
			memcpy(data + 2, inner.bytes + 12, inner.length - 12);
			frame_other(&frame, i == 0 ? 0xdada : 0x8903, data, inner.length - 10);
			items_add(items,
				  test_get(13, RECEIVE, "%s behind a switch's tag", layer->name),
				  &frame, 0);
		}
	}
}

struct tunnel {
	const char *name;
	uint8_t version, protocol;
	uint16_t port;
	uint8_t header[24];
	unsigned int header_length;
	bool ethernet; /* an Ethernet frame is inside, not an IP packet */
};

static const struct tunnel tunnels[] = {
	{ "VXLAN", 4, P_UDP, 4789, { 8, 0, 0, 0, 0, 0, 7, 0 }, 8, true },
	{ "VXLAN over IPv6", 6, P_UDP, 4789, { 8, 0, 0, 0, 0, 0, 7, 0 }, 8, true },
	{ "GENEVE",
	  4,
	  P_UDP,
	  6081,
	  { 2, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 1, 0, 0, 0, 9 },
	  16,
	  true },
	{ "GRE", 4, P_GRE, 0, { 0, 0, 0x08, 0 }, 4, false },
	{ "NVGRE", 4, P_GRE, 0, { 0x20, 0, 0x65, 0x58, 0, 0, 7, 1 }, 8, true },
	{ "GTP-U", 4, P_UDP, 2152, { 0x30, 255, 0, 0, 0, 0, 0, 7 }, 8, false },
	{ "IP in IP", 4, P_IPV4, 0, { 0 }, 0, false },
};

/* Puts the inner frame into a tunnel; the outer checksums are right, or UDP's is absent. */
static void wrap(const struct tunnel *tunnel, bool no_checksum)
{
	static uint8_t data[TUNNEL_ROOM];
	const uint32_t skip = tunnel->ethernet ? 0 : inner.l2_length;
	const uint32_t length = inner.length - skip;
	struct recipe recipe = { .version = tunnel->version,
				 .protocol = tunnel->protocol,
				 .data = data,
				 .payload = tunnel->header_length + length,
				 .destination_port = tunnel->port,
				 .no_checksum = no_checksum && tunnel->protocol == P_UDP };

	memcpy(data, tunnel->header, tunnel->header_length);
	if (tunnel->port == 2152) {
		data[2] = (uint8_t)(length >> 8);
		data[3] = (uint8_t)length;
	}
	memcpy(data + tunnel->header_length, inner.bytes + skip, length);
	frame_build(&frame, &recipe);
}

static void tunnel_received(struct items *items, const struct tunnel *tunnel,
			    const struct recipe *recipe)
{
	struct test *test =
		test_get(14, RECEIVE, "%s, inner and outer, right and wrong", tunnel->name);

	for (unsigned int damage = 0; damage < 16; damage++) {
		frame_build(&inner, recipe);
		if (damage & 1)
			frame_spoil_l4(&inner);
		if (damage & 2 && recipe->version == 4)
			frame_spoil_ip(&inner);
		wrap(tunnel, false);
		if (damage & 4 && tunnel->version == 4)
			frame_spoil_ip(&frame);
		if (damage & 8 && tunnel->protocol == P_UDP)
			frame_spoil_l4(&frame);
		items_add(items, test, &frame, 0);
	}
	if (tunnel->protocol != P_UDP || tunnel->version == 6)
		return;
	test = test_get(14, RECEIVE, "%s, outer UDP without checksum", tunnel->name);
	for (unsigned int damage = 0; damage < 2; damage++) {
		frame_build(&inner, recipe);
		if (damage)
			frame_spoil_l4(&inner);
		wrap(tunnel, true);
		items_add(items, test, &frame, 0);
	}
}

/*
 * The checksums of the inner packet with the offloads for plain packets: l2_len reaches up to the
 * inner IP header ("Meta Information" of DPDK's programmer's guide). The outer UDP checksum is 0.
 */
static void inner_by_l2_length(struct items *items, const struct tunnel *tunnel,
			       const struct recipe *recipe)
{
	struct test *test = test_get(14, TRANSMIT, "%s, inner checksums by l2_len", tunnel->name);
	struct item *item;
	uint32_t at, l4;

	frame_build(&inner, recipe);
	wrap(tunnel, true);
	at = frame.length - inner.length + inner.l2_length;
	l4 = at + inner.l3_length;
	frame.l2_length = (uint16_t)at;
	frame.l3_length = inner.l3_length;
	frame.l4_length = inner.l4_length;
	frame.version = inner.version;
	frame.protocol = inner.protocol;
	item = items_add_transmit(items, test, &frame, 0, FIELD_AS_IS);
	item->want = WANT_ALL;
	/* The inner fields as an application leaves them. */
	if (inner.version == 4)
		memset(item->sent + at + 10, 0, 2);
	if (inner.protocol == P_TCP || inner.protocol == P_UDP) {
		const uint32_t field = l4 + (inner.protocol == P_TCP ? 16 : 6);
		struct opinion opinion;
		uint16_t seed;

		oracle_judge_at(item->expected, item->length, at,
				inner.version == 4 ? 0x0800 : 0x86dd, &opinion);
		seed = oracle_seed(item->expected, &opinion);
		item->sent[field] = (uint8_t)(seed >> 8);
		item->sent[field + 1] = (uint8_t)seed;
	}
}

void class_tunnels(struct items *items)
{
	for (unsigned int t = 0; t < RTE_DIM(tunnels); t++) {
		const struct tunnel *tunnel = &tunnels[t];

		FOR_EACH_LAYER (layer) {
			const struct recipe recipe = plain(layer, 45);

			/* GRE's header here says IPv4, and so does IP in IP. */
			if (!tunnel->ethernet && layer->version == 6)
				continue;
			tunnel_received(items, tunnel, &recipe);
			frame_build(&inner, &recipe);
			wrap(tunnel, false);
			items_add_transmit(
				items, test_get(14, TRANSMIT, "%s, outer checksums", tunnel->name),
				&frame, tunnel->protocol == P_UDP ? WANT_ALL : WANT_IP, 0);
			if (tunnel->version == 4)
				inner_by_l2_length(items, tunnel, &recipe);
		}
	}
}

void class_tunnel_ports(struct items *items)
{
	static const uint16_t ports[] = {
		4789, 4790, 6081, 2152, 8472, 4754, 6635, 3544, 500, 4791
	};

	for (unsigned int i = 0; i < RTE_DIM(ports); i++) {
		for (unsigned int l = 1; l < 4; l += 2) {
			for (uint32_t size = 5; size < 60; size += 13) {
				struct recipe recipe = plain(&layers[l], size);

				recipe.destination_port = ports[i];
				recipe.fill = size == 31 ? FILL_ZEROS : FILL_RANDOM;
				frame_build(&frame, &recipe);
				receive_both(items,
					     test_get(15, RECEIVE, "%s to port %u", layers[l].name,
						      ports[i]),
					     &frame);
				frame_build(&frame, &recipe);
				items_add_transmit(items,
						   test_get(15, TRANSMIT, "%s to tunnels' ports",
							    layers[l].name),
						   &frame, WANT_ALL, 0);
			}
		}
	}
}

static void sctp(struct items *items, unsigned int version)
{
	static uint8_t data[64];
	struct recipe recipe = { .version = (uint8_t)version,
				 .protocol = P_SCTP,
				 .data = data,
				 .payload = sizeof(data) };
	uint32_t crc;

	for (unsigned int i = 0; i < 8; i++) {
		for (unsigned int b = 0; b < sizeof(data); b++)
			data[b] = (uint8_t)random32();
		memset(data + 8, 0, 4);
		crc = oracle_crc32c(data, sizeof(data)); /* little endian on the wire */
		if (i % 2)
			crc ^= 0x00010000;
		memcpy(data + 8, &crc, 4);
		frame_build(&frame, &recipe);
		items_add(items,
			  test_get(16, RECEIVE, "IPv%u SCTP, CRC32c %s", version,
				   i % 2 ? "wrong" : "right"),
			  &frame, NEEDS_CRC);
	}
}

void class_protocols(struct items *items)
{
	static const struct {
		uint8_t number;
		const char *name;
	} protocols[] = {
		{ P_ICMP, "ICMP" },	    { P_IGMP, "IGMP" }, { P_OSPF, "OSPF" },
		{ P_UDP_LITE, "UDP-Lite" }, { P_GRE, "GRE" },	{ P_ESP, "ESP" },
		{ P_ICMP6, "ICMPv6" },	    { 33, "DCCP" },	{ 255, "255" },
	};

	for (unsigned int version = 4; version <= 6; version += 2) {
		sctp(items, version);
		for (unsigned int p = 0; p < RTE_DIM(protocols); p++) {
			struct test *in =
				test_get(16, RECEIVE, "IPv%u %s", version, protocols[p].name);

			for (uint32_t size = 20; size < 26; size++) {
				struct recipe recipe = { .version = (uint8_t)version,
							 .protocol = protocols[p].number,
							 .payload = size };

				frame_build(&frame, &recipe);
				if (protocols[p].number == P_ICMP ||
				    protocols[p].number == P_IGMP) {
					/* The checksum of its own that looks like the others. */
					const uint32_t at = frame_l4(&frame);

					frame_put16(&frame, at + 2, 0);
					frame_put16(&frame, at + 2,
						    (uint16_t)~oracle_sum(frame.bytes + at, size));
				}
				if (size % 2)
					frame_put16(&frame, frame_l4(&frame) + 2, 0x1234);
				items_add(items, in, &frame, 0);
				if (version == 4)
					items_add_transmit(items,
							   test_get(16, TRANSMIT,
								    "IPv4 %s: only the IP header",
								    protocols[p].name),
							   &frame, WANT_IP, 0);
			}
		}
	}
	for (unsigned int i = 0; i < 4; i++) {
		static const uint16_t types[] = { 0x0806, 0x88cc, 0x8847, 0x0801 };

		frame_other(&frame, types[i], NULL, 46);
		items_add(items, test_get(16, RECEIVE, "not IP"), &frame, 0);
	}
}
