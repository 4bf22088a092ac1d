/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

/*
 * A small vfio-user server in a thread: registers in an array, a doorbell page in a file, DMA maps
 * and eventfds in lists, and on demand everything that a server may do wrong.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sekisho/sekisho.h>

#include "../../host-lib/src/vfio_user_client.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_ERROR, /* an error reply with value as its number */
	FAULT_SILENT, /* no reply at all */
	FAULT_LATE, /* the reply comes after value milliseconds */
	FAULT_SHORT, /* a reply without its last value bytes, the size saying so */
	FAULT_COUNT, /* a region access reply that names value bytes */
	FAULT_CLOSE, /* closes instead of replying */
	FAULT_CLOSE_MIDDLE, /* closes after value bytes of the reply */
	FAULT_STALL_MIDDLE, /* stops after value bytes of the reply */
	FAULT_SIZE, /* the reply's header says value bytes */
	FAULT_ID, /* the reply's number is off by value */
	FAULT_COMMAND, /* the reply's command is off by one */
	FAULT_TYPE, /* the reply's type is value */
	FAULT_GARBAGE, /* 64 bytes of noise instead of a reply */
	FAULT_ASK, /* asks for memory first, expects a refusal, then replies */
	FAULT_TELL, /* the same without wanting a reply */
	FAULT_TRICKLE, /* a byte at a time */
	FAULT_FLIP, /* bit number value of the reply is turned over */
	FAULT_FDS, /* value descriptors come with the reply */
};

struct fake_map {
	uint64_t address, size, offset;
	uint32_t flags;
	bool writable_fd;
	uint64_t inode;
};

struct fake_write {
	uint32_t offset, value;
};

#define FAKE_WORDS (0x10000 / 4)
#define FAKE_VECTORS 9
#define FAKE_LOG 1024

struct fake_server {
	char path[108];
	int listener;
	int client; /* the thread's */
	pthread_t thread;
	atomic_bool stop;

	/* --- what it is; set before a client comes --- */
	uint32_t registers[FAKE_WORDS];
	uint16_t major, minor; /* of VERSION's reply */
	uint32_t device_flags, regions, irqs, vectors;
	uint64_t bar_size;
	bool mappable, sparse; /* the doorbell page */
	uint64_t area_offset, area_size, file_offset;
	uint32_t areas, cap_offset, cap_next; /* of the capability; for wrong ones */
	uint16_t cap_id;
	int file; /* the doorbell page is at file_offset + 0x1000 of it */
	uint32_t active_reads; /* status reads until a stopped queue is idle; ~0: never */
	uint32_t error_offset; /* an access to this register fails with EIO; ~0: none */

	/* --- faults: the next command of that number, after skip of it --- */
	enum fault_kind fault;
	uint16_t fault_command;
	int fault_skip, fault_value;

	/* --- what it saw --- */
	unsigned int commands[32];
	unsigned int clients;
	struct fake_map maps[64];
	unsigned int map_count;
	int eventfds[FAKE_VECTORS];
	struct fake_write writes[FAKE_LOG];
	unsigned int write_count;
	uint16_t pci_command;
	uint32_t refused; /* errno of our client's answer to FAULT_ASK */
	unsigned int received_fds;
	uint16_t client_major, client_minor;

	uint32_t latch; /* high word of the counter that was read last */
	uint32_t left[2][8]; /* status reads to go, by direction and queue */
};

/* Fills in the registers and the answers of a function of that kind. */
void fake_server_init(struct fake_server *server, enum sekisho_function_kind kind);
/* Listens at path and serves one client after another until fake_server_stop(). */
void fake_server_start(struct fake_server *server, const char *path);
void fake_server_stop(struct fake_server *server);
/* Hangs up on the client, from another thread. */
void fake_server_hang_up(struct fake_server *server);
void fake_server_fault(struct fake_server *server, enum fault_kind fault, uint16_t command,
		       int skip, int value);

#endif
