/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frames of the classes. A class is a kind of bug that network devices and their drivers have
 * had; docs/audit.md tells where.
 */

#include "catalogue.h"

static struct frame frame;

struct recipe plain(const struct layer *layer, uint32_t payload)
{
	return (struct recipe){ .version = layer->version,
				.protocol = layer->protocol,
				.payload = payload };
}

static uint32_t headers(const struct layer *layer)
{
	return 14u + (layer->version == 4 ? 20 : 40) + (layer->protocol == P_TCP ? 20 : 8);
}

void receive_both(struct items *items, struct test *test, struct frame *frame)
{
	items_add(items, test, frame, 0);
	frame_spoil_l4(frame);
	items_add(items, test, frame, 0);
}

void follow_up(struct items *items, struct test *test)
{
	const struct recipe recipe = plain(&layers[random_below(LAYERS)], 64);

	frame_build(&frame, &recipe);
	if (test->direction == RECEIVE)
		items_add(items, test, &frame, 0);
	else
		items_add_transmit(items, test, &frame, WANT_ALL, 0);
}

/* --- 1 to 3: lengths ------------------------------------------------------------------------ */

static void class_padding(struct items *items)
{
	FOR_EACH_LAYER (layer) {
		/* Up to the minimum frame, and past it for packets that start beyond it. */
		const uint32_t most = headers(layer) < FRAME_MIN ? FRAME_MIN - headers(layer) : 6;

		for (uint32_t size = 0; size < most; size++) {
			const struct recipe recipe = plain(layer, size);
			const int pads[] = { 0, 0xff, 0xa5 };

			for (unsigned int i = 0; i < RTE_DIM(pads); i++) {
				struct test *test =
					test_get(1, RECEIVE, "%s, padding %s", layer->name,
						 pads[i] == 0 ? "of zeros" : "not zero");

				frame_build(&frame, &recipe);
				frame_pad(&frame, FRAME_MIN + 4, pads[i]);
				receive_both(items, test, &frame);
				test = test_get(1, TRANSMIT, "%s, padding %s in the mbuf",
						layer->name,
						pads[i] == 0 ? "of zeros" : "not zero");
				frame_build(&frame, &recipe);
				frame_pad(&frame, FRAME_MIN, pads[i]);
				items_add_transmit(items, test, &frame, WANT_ALL, 0);
			}
			frame_build(&frame, &recipe);
			items_add_transmit(
				items, test_get(1, TRANSMIT, "%s, padded by the port", layer->name),
				&frame, WANT_ALL, 0);
		}
	}
}

static void class_trailer(struct items *items)
{
	FOR_EACH_LAYER (layer) {
		for (uint32_t size = 20; size < 36; size++) {
			const struct recipe recipe = plain(layer, size);
			const uint32_t trailer = 1 + size % 8;

			frame_build(&frame, &recipe);
			receive_both(items,
				     test_get(2, RECEIVE, "%s, every length modulo 8", layer->name),
				     &frame);
			frame_build(&frame, &recipe);
			frame_trailer(&frame, trailer, -1);
			receive_both(items,
				     test_get(2, RECEIVE, "%s, 1 to 8 bytes behind", layer->name),
				     &frame);
			frame_build(&frame, &recipe);
			frame_trailer(&frame, 4, -1);
			receive_both(items,
				     test_get(2, RECEIVE, "%s, 4 bytes like an FCS", layer->name),
				     &frame);
			frame_build(&frame, &recipe);
			items_add_transmit(
				items,
				test_get(2, TRANSMIT, "%s, every length modulo 8", layer->name),
				&frame, WANT_ALL, 0);
			frame_trailer(&frame, trailer, -1);
			items_add_transmit(
				items,
				test_get(2, TRANSMIT, "%s, 1 to 8 bytes behind", layer->name),
				&frame, WANT_ALL, 0);
		}
	}
}

static void class_tiny(struct items *items)
{
	FOR_EACH_LAYER (layer) {
		struct test *in = test_get(3, RECEIVE, "%s, 0 to 32 bytes of payload", layer->name);
		struct test *out =
			test_get(3, TRANSMIT, "%s, 0 to 32 bytes of payload", layer->name);

		for (uint32_t size = 0; size <= 32; size++) {
			const struct recipe recipe = plain(layer, size);

			frame_build(&frame, &recipe);
			if (size % 2)
				frame_spoil_l4(&frame);
			items_add(items, in, &frame, 0);
			follow_up(items, in);
			frame_build(&frame, &recipe);
			items_add_transmit(items, out, &frame, WANT_ALL, 0);
			follow_up(items, out);
		}
	}
}

/* --- 4 to 7: arithmetic --------------------------------------------------------------------- */

static void class_udp_zero_sum(struct items *items)
{
	for (unsigned int version = 4; version <= 6; version += 2) {
		const struct layer *layer = &layers[version == 4 ? 1 : 3];

		for (uint32_t size = 4; size < 20; size++) {
			const struct recipe recipe = plain(layer, size);

			frame_build(&frame, &recipe);
			frame_force_l4(&frame, 0xffff);
			receive_both(items, test_get(4, RECEIVE, "%s with 0xffff", layer->name),
				     &frame);
			frame_build(&frame, &recipe);
			frame_force_l4(&frame, 0xffff);
			items_add_transmit(
				items,
				test_get(4, TRANSMIT, "%s, sum 0 leaves as 0xffff", layer->name),
				&frame, WANT_ALL, size % 2 ? FIELD_GARBAGE : 0);
		}
	}
	for (uint32_t size = 4; size < 12; size++) {
		struct recipe recipe = plain(&layers[3], size);

		recipe.no_checksum = true;
		frame_build(&frame, &recipe);
		items_add(items, test_get(4, RECEIVE, "IPv6 UDP with the illegal 0"), &frame, 0);
	}
}

static void class_udp_no_checksum(struct items *items)
{
	for (uint32_t size = 0; size < 24; size++) {
		struct recipe recipe = plain(&layers[1], size);

		recipe.no_checksum = true;
		frame_build(&frame, &recipe);
		frame_pad(&frame, FRAME_MIN, 0);
		items_add(items, test_get(5, RECEIVE, "IPv4 UDP with 0"), &frame, 0);
		frame_spoil_ip(&frame);
		items_add(items, test_get(5, RECEIVE, "IPv4 UDP with 0 and a wrong IP header"),
			  &frame, 0);
		frame_build(&frame, &recipe);
		frame_trailer(&frame, 4, 0);
		items_add_transmit(
			items, test_get(5, TRANSMIT, "IPv4 UDP with 0, none asked for: stays 0"),
			&frame, WANT_IP, 0);
	}
}

static void class_tcp_zero(struct items *items)
{
	static const uint16_t zeros[] = { 0, 0xffff };

	for (unsigned int i = 0; i < 16; i++) {
		const struct layer *layer = &layers[i % 2 ? 0 : 2];
		struct recipe recipe = plain(layer, 6 + i);

		for (unsigned int z = 0; z < 2; z++) {
			frame_build(&frame, &recipe);
			frame_force_l4(&frame, zeros[z]);
			receive_both(items,
				     test_get(6, RECEIVE, "%s with 0x%04x", layer->name, zeros[z]),
				     &frame);
		}
		frame_build(&frame, &recipe);
		frame_force_l4(&frame, 0);
		items_add_transmit(items, test_get(6, TRANSMIT, "%s, sum 0 stays 0", layer->name),
				   &frame, WANT_ALL, i % 4 < 2 ? FIELD_GARBAGE : 0);

		recipe = plain(&layers[i % 2], 6 + i);
		frame_build(&frame, &recipe);
		frame_force_ip(&frame, 0);
		items_add(items, test_get(6, RECEIVE, "IPv4 header with 0x0000"), &frame, 0);
		items_add_transmit(items, test_get(6, TRANSMIT, "IPv4 header, sum 0 stays 0"),
				   &frame, WANT_ALL, 0);
		frame_put16(&frame, frame.l2_length + 10u, 0x0100);
		items_add(items, test_get(6, RECEIVE, "IPv4 header with 0x0100 instead of 0"),
			  &frame, 0);
		frame_force_ip(&frame, 0xffff);
		items_add(items, test_get(6, RECEIVE, "IPv4 header with 0xffff"), &frame, 0);
	}
}

static void carry_of_addresses(struct items *items)
{
	static const uint8_t addresses[][8] = {
		{ 255, 255, 255, 255, 255, 255, 255, 255 }, { 198, 18, 0, 1, 255, 255, 255, 255 },
		{ 0, 0, 0, 0, 255, 255, 255, 255 },	    { 0, 0, 0, 0, 0, 0, 0, 0 },
		{ 255, 255, 255, 255, 198, 19, 0, 1 },	    { 255, 255, 0, 0, 255, 255, 0, 0 },
	};
	static uint8_t ones[32];

	memset(ones, 0xff, sizeof(ones));
	FOR_EACH_LAYER (layer) {
		for (unsigned int i = 0; i < RTE_DIM(addresses); i++) {
			struct recipe recipe = plain(layer, 9 + i);

			recipe.addresses = layer->version == 4 ? addresses[i] : ones;
			frame_build(&frame, &recipe);
			receive_both(items,
				     test_get(7, RECEIVE, "%s, addresses of ones and zeros",
					      layer->name),
				     &frame);
			frame_build(&frame, &recipe);
			frame_spoil_ip(&frame);
			if (layer->version == 4)
				items_add(items,
					  test_get(7, RECEIVE, "%s, addresses of ones and zeros",
						   layer->name),
					  &frame, 0);
			frame_build(&frame, &recipe);
			items_add_transmit(items,
					   test_get(7, TRANSMIT, "%s, addresses of ones and zeros",
						    layer->name),
					   &frame, WANT_ALL, 0);
		}
	}
}

static void class_carry(struct items *items)
{
	carry_of_addresses(items);
	FOR_EACH_LAYER (layer) {
		/* So many words of ones give as many carries. */
		for (uint32_t carries = 0; carries < 20; carries++) {
			struct recipe recipe = plain(layer, 2 * carries + carries % 2);

			recipe.fill = FILL_ONES;
			recipe.ihl = 5 + carries % 11;
			frame_build(&frame, &recipe);
			frame_pad(&frame, FRAME_MIN, 0);
			receive_both(items,
				     test_get(7, RECEIVE, "%s, 0 to 19 carries", layer->name),
				     &frame);
			frame_build(&frame, &recipe);
			items_add_transmit(
				items, test_get(7, TRANSMIT, "%s, 0 to 19 carries", layer->name),
				&frame, WANT_ALL, 0);
		}
		for (unsigned int fill = FILL_ONES; fill <= FILL_ZEROS; fill++) {
			struct recipe recipe = plain(layer, 1400 + fill);

			recipe.fill = fill;
			frame_build(&frame, &recipe);
			receive_both(
				items,
				test_get(7, RECEIVE, "%s, 1400 bytes all the same", layer->name),
				&frame);
			frame_build(&frame, &recipe);
			items_add_transmit(
				items,
				test_get(7, TRANSMIT, "%s, 1400 bytes all the same", layer->name),
				&frame, WANT_ALL, 0);
		}
	}
}

/* --- 19 and 23 ------------------------------------------------------------------------------ */

static void class_seed(struct items *items)
{
	static const struct {
		const char *name;
		unsigned int options;
	} before[] = {
		{ "the pseudo header's sum", 0 },
		{ "zero", FIELD_ZERO },
		{ "nonsense", FIELD_GARBAGE },
		{ "the right value", FIELD_AS_IS },
	};

	FOR_EACH_LAYER (layer) {
		for (unsigned int b = 0; b < RTE_DIM(before); b++) {
			for (uint32_t size = 30; size < 34; size++) {
				const struct recipe recipe = plain(layer, size);

				frame_build(&frame, &recipe);
				items_add_transmit(items,
						   test_get(19, TRANSMIT, "%s, the field held %s",
							    layer->name, before[b].name),
						   &frame, WANT_ALL, before[b].options);
			}
		}
		for (uint32_t size = 30; size < 34; size++) {
			const struct recipe recipe = plain(layer, size);
			struct opinion opinion;

			frame_build(&frame, &recipe);
			oracle_judge(frame.bytes, frame.length, &opinion);
			frame_put16(&frame, frame_l4_field(&frame),
				    oracle_seed(frame.bytes, &opinion));
			items_add(items,
				  test_get(19, RECEIVE, "%s with the pseudo header's sum",
					   layer->name),
				  &frame, 0);
		}
	}
}

static void random_frame(uint32_t most)
{
	const struct layer *layer = &layers[random_below(LAYERS)];
	struct recipe recipe =
		plain(layer, random_below(2) ? random_below(most) : random_below(64));

	recipe.tags = random_below(3);
	recipe.ihl = layer->version == 4 && random_below(4) == 0 ? 5 + random_below(11) : 5;
	frame_build(&frame, &recipe);
}

void catalogue_sample(struct items *items, struct test *test, unsigned int seed)
{
	random_seed(seed);
	for (unsigned int i = 0; i < 48; i++) {
		random_frame(1300);
		if (i % 3 == 1)
			frame_spoil_l4(&frame);
		if (i % 5 == 1 && frame.version == 4)
			frame_spoil_ip(&frame);
		items_add(items, test, &frame, 0);
	}
	for (unsigned int i = 0; i < 4; i++) {
		static const uint8_t protocols[] = { P_ICMP, P_SCTP, P_UDP, P_UDP };
		struct recipe recipe = { .version = i == 3 ? 6 : 4,
					 .protocol = protocols[i],
					 .payload = 40,
					 .no_checksum = protocols[i] == P_UDP };

		frame_build(&frame, &recipe);
		items_add(items, test, &frame, 0);
	}
}

static void class_leakage(struct items *items)
{
	struct test *in = test_get(23, RECEIVE, "random frames, each followed by a known one");
	struct test *out = test_get(23, TRANSMIT, "random frames, each followed by a known one");

	for (unsigned int i = 0; i < 128; i++) {
		random_frame(1300);
		if (random_below(2))
			frame_spoil_l4(&frame);
		items_add(items, in, &frame, 0);
		follow_up(items, in);
		random_frame(1300);
		items_add_transmit(items, out, &frame, WANT_ALL, i % 2 ? FIELD_GARBAGE : 0);
		follow_up(items, out);
	}
}

void catalogue(struct items *items, unsigned int class)
{
	static void (*const makers[CLASSES + 1])(struct items *) = {
		[1] = class_padding,	  [2] = class_trailer,		[3] = class_tiny,
		[4] = class_udp_zero_sum, [5] = class_udp_no_checksum,	[6] = class_tcp_zero,
		[7] = class_carry,	  [8] = class_fragments,	[9] = class_ipv4_options,
		[10] = class_lengths,	  [11] = class_ipv6_extensions, [13] = class_vlan,
		[14] = class_tunnels,	  [15] = class_tunnel_ports,	[16] = class_protocols,
		[19] = class_seed,	  [23] = class_leakage,
	};

	random_seed(class);
	if (makers[class] != NULL)
		makers[class](items);
}
