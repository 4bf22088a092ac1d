/* SPDX-License-Identifier: BSD-3-Clause */
/* A port between two captures: frames come from one and go to the other. Either may be left out. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <pcap/pcap.h>

#include "log.h"
#include "port.h"

struct captures {
	pcap_t *in; /* NULL: nothing comes */
	pcap_t *format; /* of the file that is written */
	pcap_dumper_t *out; /* NULL: what goes out is lost */
	bool dirty;
};

static void captures_close(struct captures *captures)
{
	if (captures->out != NULL)
		pcap_dump_close(captures->out);
	if (captures->format != NULL)
		pcap_close(captures->format);
	if (captures->in != NULL)
		pcap_close(captures->in);
	free(captures);
}

static int captures_open(struct port *port, struct captures *captures, char **arguments)
{
	char error[PCAP_ERRBUF_SIZE];

	if (arguments[0][0] != '\0') {
		captures->in = pcap_open_offline(arguments[0], error);
		if (captures->in == NULL) {
			sim_log(LOG_ERROR, "port %u: %s", port->number, error);
			return -EIO;
		}
		if (pcap_datalink(captures->in) != DLT_EN10MB) {
			sim_log(LOG_ERROR, "port %u: %s holds no Ethernet frames", port->number,
				arguments[0]);
			return -EINVAL;
		}
	}
	if (arguments[1][0] != '\0') {
		captures->format = pcap_open_dead(DLT_EN10MB, PORT_BUFFER);
		if (captures->format != NULL)
			captures->out = pcap_dump_open(captures->format, arguments[1]);
		if (captures->out == NULL) {
			sim_log(LOG_ERROR, "port %u: %s", port->number,
				captures->format == NULL ? "out of memory" :
							   pcap_geterr(captures->format));
			return -EIO;
		}
	}
	return 0;
}

static int pcap_port_open(struct port *port, char **arguments)
{
	struct captures *captures = calloc(1, sizeof(*captures));
	int err;

	if (captures == NULL)
		return -ENOMEM;
	err = captures_open(port, captures, arguments);
	if (err != 0) {
		captures_close(captures);
		return err;
	}
	port->data = captures;
	port->patient = true;
	port->ended = captures->in == NULL;
	return 0;
}

static ssize_t pcap_port_receive(struct port *port, uint8_t *frame, size_t room)
{
	struct captures *captures = port->data;
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int result;

	if (port->ended)
		return -EAGAIN;
	result = pcap_next_ex(captures->in, &header, &bytes);
	if (result != 1) {
		if (result == PCAP_ERROR)
			sim_log(LOG_ERROR, "port %u: %s: %s", port->number, port->name,
				pcap_geterr(captures->in));
		port->ended = true;
		return -EAGAIN;
	}
	/* A frame of which the capture holds a part cannot be sent. */
	if (header->caplen != header->len || header->caplen > room)
		return 0;
	memcpy(frame, bytes, header->caplen);
	return (ssize_t)header->caplen;
}

static int pcap_port_send(struct port *port, const uint8_t *frame, uint32_t length)
{
	struct captures *captures = port->data;
	struct pcap_pkthdr header = { .caplen = length, .len = length };

	if (captures->out == NULL)
		return 0;
	gettimeofday(&header.ts, NULL);
	pcap_dump((u_char *)captures->out, &header, frame);
	captures->dirty = true;
	return 0;
}

static void pcap_port_flush(struct port *port)
{
	struct captures *captures = port->data;

	if (captures->dirty && pcap_dump_flush(captures->out) != 0)
		sim_log(LOG_ERROR, "port %u: the output capture cannot be written", port->number);
	captures->dirty = false;
}

static void pcap_port_close(struct port *port)
{
	if (port->data != NULL)
		captures_close(port->data);
	port->data = NULL;
}

const struct port_kind port_pcap = {
	.name = "pcap",
	.arguments = 2,
	.open = pcap_port_open,
	.receive = pcap_port_receive,
	.send = pcap_port_send,
	.flush = pcap_port_flush,
	.close = pcap_port_close,
};
