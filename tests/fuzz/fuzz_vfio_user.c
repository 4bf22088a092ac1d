/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target: bytes as a client would send them, to a whole function behind the protocol.
 * The first byte says what else happens: bit 0 the handshake is done first, bit 1 a descriptor goes
 * along, bit 2 a second client comes. The rest is cut into pieces to move the borders of reads.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dma_map.h"
#include "engine.h"
#include "function.h"
#include "log.h"
#include "vfio_user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sekisho_engine *engine;
static struct function *function;
static int file;

static void *dma(void *context, unsigned int number, uint64_t address, uint32_t length, bool write)
{
	(void)context;
	return number == 0 ? function_dma(function, address, length, write) : NULL;
}

static void interrupt(void *context, unsigned int number, unsigned int vector)
{
	(void)context;
	if (number == 0)
		function_interrupt(function, vector);
}

static void transmit(void *context, unsigned int port, const uint8_t *frame, uint32_t length)
{
	(void)context;
	(void)port;
	(void)frame;
	(void)length;
}

static void setup(void)
{
	const struct sekisho_engine_callbacks callbacks = { NULL, dma, interrupt, transmit };
	const struct sekisho_engine_config config = { .data_width = 64 };

	log_limit = LOG_NONE;
	engine = sekisho_engine_create(&config, &callbacks);
	file = memfd_create("fuzz", MFD_CLOEXEC);
	if (engine == NULL || file < 0 || ftruncate(file, 0x10000) != 0 ||
	    dma_map_install_guard() != 0)
		abort();
	function = function_create(engine, 0, NULL);
	if (function == NULL)
		abort();
}

static void serve(void)
{
	while (vfu_server_poll(function_server(function)))
		;
	function_scan_doorbells(function);
	sekisho_engine_run(engine, 100);
}

static void send_all(int client, const void *data, size_t size, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec part = { (void *)data, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		struct cmsghdr *header = &control.align;

		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	(void)!sendmsg(client, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int connect_client(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
	vfu_server_adopt(function_server(function), ends[0]);
	return ends[1];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct {
		struct vfu_header header;
		struct vfu_version version;
	} hello = {
		.header = { .command = VFU_VERSION, .size = sizeof(hello) },
	};
	int client, second = -1;
	uint8_t mode, reply[4096];

	if (engine == NULL)
		setup();
	if (size < 1 || size > 4096)
		return 0;
	mode = *data++;
	size--;
	client = connect_client();
	if ((mode & 1) != 0)
		send_all(client, &hello, sizeof(hello), -1);
	if ((mode & 4) != 0)
		second = connect_client();
	for (unsigned int i = 0; size > 0 && i < 64; i++) {
		size_t piece = (mode & 8) != 0 && size > 7 ? 7 : size;

		send_all(client, data, piece, (mode & 2) != 0 ? file : -1);
		data += piece;
		size -= piece;
		serve();
		while (recv(client, reply, sizeof(reply), MSG_DONTWAIT) > 0)
			;
	}
	close(client);
	if (second >= 0)
		close(second);
	serve();
	/* The next input finds the same function: nothing of a client may stay. */
	if (vfu_server_connected(function_server(function)) || function_is_running(function) ||
	    function_dma(function, 0, 1, false) != NULL)
		abort();
	return 0;
}
