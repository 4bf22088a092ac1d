/* SPDX-License-Identifier: BSD-3-Clause */

/* sekishoctl info, sekishoctl port */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sekisho/registers.h>

#include "ctl.h"

static const char *kind_name(enum sekisho_function_kind kind)
{
	static const char *const names[] = { "management", "network", "black box" };

	return (unsigned int)kind < 3 ? names[kind] : "unknown";
}

int ctl_info(struct ctl *ctl, int argc, char **argv)
{
	const struct sekisho_identity *id = &ctl->identity;
	bool network = id->kind == SEKISHO_NETWORK, up = false;
	unsigned int mbps = 0;
	uint8_t mac[6] = { 0 };
	char mac_text[18];
	int error = 0;

	(void)argv;
	if (argc)
		return ctl_usage("'info' takes no arguments");
	if (network)
		error = sekisho_link_get(ctl->device, &up, &mbps);
	if (network && !error)
		error = sekisho_mac_get(ctl->device, mac);
	if (error)
		return ctl_error("cannot read link and address: %s", ctl_reason(error));
	snprintf(mac_text, sizeof(mac_text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);

	if (ctl->json) {
		fputs("{\"device\": ", stdout);
		json_string(ctl->uri);
		fputs(", \"kind\": ", stdout);
		json_string(kind_name(id->kind));
		printf(", \"index\": %u", id->index);
		if (network)
			printf(", \"port\": %u, \"mac\": \"%s\", \"link\": %s, \"mbps\": %u",
			       id->port, mac_text, up ? "true" : "false", mbps);
		printf(", \"rx_queues\": %u, \"tx_queues\": %u, \"max_ring_size\": %u, \"ports\": "
		       "%u, "
		       "\"functions\": %u, \"data_width\": %u, \"dma_width\": %u, \"max_frame\": "
		       "%u, "
		       "\"vectors\": %u, \"map_version\": \"%u.%u\", \"rtl_hash\": \"%08" PRIx32
		       "\", \"library\": \"%s\"}\n",
		       id->rx_queues, id->tx_queues, id->max_ring_size, id->ports, id->functions,
		       id->data_width, id->dma_width, id->max_frame, sekisho_vectors(ctl->device),
		       id->map_major, id->map_minor, id->rtl_hash, sekisho_version());
		return CTL_OK;
	}
	printf("device         %s\n", ctl->uri);
	if (network) {
		printf("function       network %u, on port %u\n", id->index, id->port);
		printf("address        %s\n", mac_text);
		if (up)
			printf("link           up, %u Mbit/s\n", mbps);
		else
			puts("link           down");
	} else {
		printf("function       %s %u\n", kind_name(id->kind), id->index);
	}
	printf("card           %u ports, %u network functions\n", id->ports, id->functions);
	printf("queues         %u receive, %u transmit a function; rings up to %u\n", id->rx_queues,
	       id->tx_queues, id->max_ring_size);
	printf("longest frame  %u bytes\n", id->max_frame);
	printf("buses          packets %u bits, host %u bits\n", id->data_width, id->dma_width);
	printf("interrupts     %u vectors\n", sekisho_vectors(ctl->device));
	printf("register map   %u.%u\n", id->map_major, id->map_minor);
	if (id->rtl_hash)
		printf("RTL commit     %08" PRIx32 "\n", id->rtl_hash);
	else
		puts("RTL commit     unknown");
	printf("library        %s\n", sekisho_version());
	return CTL_OK;
}

/* --- port ------------------------------------------------------------------------------------ */

struct port {
	bool enabled, link;
	unsigned int mbps;
	uint64_t rx_packets, rx_bytes, rx_dropped, tx_packets, tx_bytes, tx_dropped;
};

static void count_port(const struct snapshot *now, unsigned int index, struct port *port)
{
	port->rx_packets = snapshot_sum(now, "_packets", "port%u_rx_accepted", index);
	port->rx_bytes = snapshot_sum(now, "_bytes", "port%u_rx_accepted", index);
	port->rx_dropped = snapshot_sum(now, "_packets", "port%u_rx_", index) - port->rx_packets;
	port->tx_packets = snapshot_sum(now, "_packets", "port%u_tx_sent", index);
	port->tx_bytes = snapshot_sum(now, "_bytes", "port%u_tx_sent", index);
	port->tx_dropped = snapshot_sum(now, "_packets", "port%u_tx_", index) - port->tx_packets;
}

/* " (runt 3, overflow 1)": the port's drops of one direction by reason. */
static void print_reasons(const struct snapshot *now, const char *good, const char *format,
			  unsigned int index)
{
	static const char suffix[] = "_packets";
	char prefix[32];
	bool any = false;
	unsigned int i;

	snprintf(prefix, sizeof(prefix), "port%u_%s_", index, format);
	for (i = 0; i < now->count; i++) {
		const char *name = now->counters[i].name;
		size_t begin = strlen(prefix), length = strlen(name);

		if (!now->values[i] || strncmp(name, prefix, begin) ||
		    length < begin + strlen(suffix) ||
		    strcmp(name + length - strlen(suffix), suffix) ||
		    !strncmp(name + begin, good, strlen(good)))
			continue;
		printf("%s%.*s %" PRIu64, any ? ", " : " (", (int)(length - begin - strlen(suffix)),
		       name + begin, now->values[i]);
		any = true;
	}
	puts(any ? ")" : "");
}

static int list_ports(struct ctl *ctl, unsigned int first, unsigned int end)
{
	struct snapshot now = { 0 };
	bool separator = true;
	unsigned int i;
	int error = snapshot_create(ctl, &now);

	if (!error)
		error = snapshot_read(ctl, &now);
	if (ctl->json && !error)
		putchar('[');
	for (i = first; i < end && !error; i++) {
		struct port port;
		uint32_t control, status;

		error = sekisho_read32(ctl->device, SEKISHO_MANAGEMENT_PORT_CONTROL(i), &control);
		if (!error)
			error = sekisho_read32(ctl->device, SEKISHO_MANAGEMENT_PORT_STATUS(i),
					       &status);
		if (error)
			break;
		port.enabled = SEKISHO_FIELD_GET(SEKISHO_MANAGEMENT_PORT_CONTROL_ENABLE, control);
		port.link = SEKISHO_FIELD_GET(SEKISHO_MANAGEMENT_PORT_STATUS_LINK_UP, status);
		port.mbps = SEKISHO_FIELD_GET(SEKISHO_MANAGEMENT_PORT_STATUS_SPEED, status);
		count_port(&now, i, &port);
		if (ctl->json) {
			json_separator(&separator);
			printf("{\"port\": %u, \"enabled\": %s, \"link\": %s, \"mbps\": %u, "
			       "\"rx_packets\": %" PRIu64 ", \"rx_bytes\": %" PRIu64
			       ", \"rx_dropped\": %" PRIu64 ", \"tx_packets\": %" PRIu64
			       ", \"tx_bytes\": %" PRIu64 ", \"tx_dropped\": %" PRIu64 "}",
			       i, port.enabled ? "true" : "false", port.link ? "true" : "false",
			       port.mbps, port.rx_packets, port.rx_bytes, port.rx_dropped,
			       port.tx_packets, port.tx_bytes, port.tx_dropped);
			continue;
		}
		printf("port %u: %s, link %s", i, port.enabled ? "enabled" : "disabled",
		       port.link ? "up" : "down");
		if (port.link)
			printf(", %u Mbit/s", port.mbps);
		printf("\n  received %" PRIu64 " packets, %" PRIu64 " bytes; dropped %" PRIu64,
		       port.rx_packets, port.rx_bytes, port.rx_dropped);
		print_reasons(&now, "accepted", "rx", i);
		printf("  sent     %" PRIu64 " packets, %" PRIu64 " bytes; dropped %" PRIu64,
		       port.tx_packets, port.tx_bytes, port.tx_dropped);
		print_reasons(&now, "sent", "tx", i);
	}
	if (ctl->json && !error)
		puts("]");
	snapshot_release(&now);
	if (error)
		return ctl_error("cannot read the ports: %s", ctl_reason(error));
	return CTL_OK;
}

int ctl_port(struct ctl *ctl, int argc, char **argv)
{
	unsigned int index = 0;
	bool up;
	int error, status;

	if (argc > 2)
		return ctl_usage("'port' takes a port's number, and 'up' or 'down'");
	if (argc) {
		char *end;
		unsigned long number = strtoul(argv[0], &end, 10);

		if (argv[0][0] < '0' || argv[0][0] > '9' || *end)
			return ctl_usage("'%s' is not a port's number", argv[0]);
		if (number >= ctl->identity.ports)
			return ctl_error("there is no port %s: the card has ports 0 to %u", argv[0],
					 ctl->identity.ports - 1);
		index = (unsigned int)number;
	}
	up = argc == 2 && !strcmp(argv[1], "up");
	if (argc == 2 && !up && strcmp(argv[1], "down"))
		return ctl_usage("a port goes 'up' or 'down', not '%s'", argv[1]);
	status = ctl_need_management(ctl, "port");
	if (status != CTL_OK)
		return status;
	if (argc < 2)
		return list_ports(ctl, index, argc ? index + 1 : ctl->identity.ports);
	error = sekisho_write32(ctl->device, SEKISHO_MANAGEMENT_PORT_CONTROL(index),
				up ? SEKISHO_MANAGEMENT_PORT_CONTROL_ENABLE_MASK : 0);
	if (error)
		return ctl_error("cannot set port %u: %s", index, ctl_reason(error));
	return CTL_OK;
}
