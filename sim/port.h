/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_PORT_H
#define SEKISHO_SIM_PORT_H

/* A port of the card: where its wire ends. Nothing here blocks. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PORT_MIN_FRAME 60u /* bytes on a wire, without FCS */
#define PORT_BUFFER 16384u /* room for any frame that a wire may bring */
#define PORT_QUEUE 256u /* frames that wait for a wire that takes none just now */

struct port;

/* A kind of wire. Functions return 0 or -errno unless said otherwise. */
struct port_kind {
	const char *name;
	unsigned int arguments; /* texts behind the colon, separated by commas */
	int (*open)(struct port *port, char **arguments);
	/* Bytes of the frame, -EAGAIN when there is none now, or another -errno. */
	ssize_t (*receive)(struct port *port, uint8_t *frame, size_t room);
	/* -EAGAIN: try again later. */
	int (*send)(struct port *port, const uint8_t *frame, uint32_t length);
	/* True while somebody is at the other end of the wire. NULL: always. */
	bool (*carrier)(const struct port *port);
	/* Makes what was sent visible, when there is time. May be NULL. */
	void (*flush)(struct port *port);
	void (*close)(struct port *port);
};

extern const struct port_kind port_tap, port_veth, port_pcap, port_link, port_loop;

struct port_counters {
	uint64_t frames_in, bytes_in; /* handed to the card */
	uint64_t frames_out, bytes_out; /* given to the wire */
	uint64_t padded; /* of frames_in: shorter than PORT_MIN_FRAME on arrival */
	uint64_t corrupted; /* of frames_in: one bit flipped on purpose */
	uint64_t dropped_in; /* not handed on: no link, or no Ethernet frame */
	uint64_t dropped_out; /* not sent: no link, queue full, or refused by the wire */
};

struct port_queued {
	struct port_queued *next;
	uint32_t length;
	uint8_t frame[];
};

struct port {
	const struct port_kind *kind;
	unsigned int number;
	char name[64]; /* for messages: the first argument, if there is one */
	int fd; /* readable when there may be a frame; -1: none */
	void *data; /* of the kind */
	char netns[64]; /* network namespace of the wire, empty: ours */
	bool link;
	bool follows; /* the link is what the wire's carrier is */
	unsigned int mbps; /* 0: not given */
	/* Frames wait until somebody can take them; a capture would be lost otherwise. */
	bool patient;
	bool ended; /* no frame will ever come again */

	uint32_t corrupt; /* one of so many; 0: none */
	uint32_t corrupt_at, corrupt_seen;
	uint64_t random;

	struct port_queued *queue, **queue_end;
	unsigned int queued;

	struct port_counters counters;
};

/*
 * Opens the port that text describes: KIND:ARGUMENT[,ARGUMENT][,OPTION=VALUE]... Returns 0 or
 * -errno after a message.
 */
int port_open(struct port *port, unsigned int number, const char *text, uint64_t seed);
void port_close(struct port *port);

/* Looks at the wire's carrier, if the link follows it; true when the link has changed. */
bool port_look(struct port *port);

/* The next frame, as the card shall see it: its length, or -EAGAIN when there is none now. */
ssize_t port_receive(struct port *port, uint8_t *frame);

/* Sends a frame, or keeps a copy for later, or drops and counts it. */
void port_send(struct port *port, const uint8_t *frame, uint32_t length);

/* Tries to send what waits; true when something still does. */
bool port_flush(struct port *port);

/* A fault on the wire: flips one bit if it is this frame's turn. True when it was. */
bool port_corrupt(struct port *port, uint8_t *frame, uint32_t length);

/* Goes to a network namespace by its name; returns one's own to go back to, or -errno. */
int port_enter_netns(const char *name);
void port_leave_netns(int own);

#endif
