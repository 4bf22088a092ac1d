/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_AUDIT_CATALOGUE_H
#define SEKISHO_AUDIT_CATALOGUE_H

/* What the files of the catalogue share. */

#include "audit.h"

#define FOR_EACH_LAYER(layer) \
	for (const struct layer *layer = layers; layer < layers + LAYERS; layer++)

/* A usual packet. */
struct recipe plain(const struct layer *layer, uint32_t payload);
/* A frame as it is; and, which changes it, with a wrong layer 4 checksum. */
void receive_both(struct items *items, struct test *test, struct frame *frame);
/* A normal packet, to see that the one before has left nothing behind. */
void follow_up(struct items *items, struct test *test);

/* catalogue_headers.c */
void class_fragments(struct items *items);
void class_ipv4_options(struct items *items);
void class_lengths(struct items *items);
void class_ipv6_extensions(struct items *items);
void class_vlan(struct items *items);
void class_tunnels(struct items *items);
void class_tunnel_ports(struct items *items);
void class_protocols(struct items *items);

#endif
