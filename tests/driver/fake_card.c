/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A stand-in for the card, for the driver's unit test alone. It has registers without meaning,
 * queues that follow the descriptor and completion layout, and no notion of a packet: what a
 * completion says is what the test told it to say. Nothing about the real card can be learnt here.
 *
 * usage: fake_card SOCKET
 *
 * Lines on the standard input:
 *   loop 0|1                   frames sent come back on the same queue's receive side (default 0)
 *   show 0|1                   print each frame sent: "tx QUEUE CONTROL FRAME", in hex (default 0)
 *   rx QUEUE PACKET HASH SUM OFFSETS STATUS FRAME
 *                              deliver a frame with these completion words, all in hex; "rx done",
 *                              or "rx full" without a descriptor. With control.scatter a frame
 *                              that is longer than its buffer goes on in the next ones; STATUS
 *                              is then that of its last piece
 *   hang 0|1                   a stopped queue stays active
 *   link MBPS                  the link's speed, 0: down; raises the event
 *   error QUEUE                receive queue QUEUE gets a ring error; raises the event
 *   txstatus N                 the next frame sent completes with this status
 *   read OFFSET                prints "read VALUE"
 *   write OFFSET VALUE
 *   maps                       prints "maps COUNT BYTES"
 * Whatever the driver does that the real card would call an error is printed as "fault: ...".
 */

#define _GNU_SOURCE

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <sekisho/registers.h>

#include "../../host-lib/src/vfio_user_client.h"

#define MAPS 4096
#define QUEUES 4
#define PAGE 0x1000

struct map {
	uint64_t iova, size;
	char *memory;
	bool writable;
};

struct queue {
	bool running, rx;
	unsigned int number, vector;
	uint16_t fetched, completed;
	uint32_t size;
	uint64_t ring, completions;
};

static uint32_t registers[SEKISHO_WINDOW_SIZE / 4];
static uint32_t *page; /* the doorbells, in shared memory */
static int page_fd;
static struct map maps[MAPS];
static unsigned int map_count;
static struct queue queues[2][QUEUES]; /* receive, transmit */
static bool loop, show;
static uint32_t map_version = 2 << 16;
static bool hang; /* queues do not come to rest */
static int eventfds[2 * QUEUES + 1];
static uint32_t seen_requests[2][QUEUES]; /* of the arm doorbells */
static unsigned int tx_status;
static uint32_t flow_mark; /* of the frames that are delivered */
static uint32_t left_enabled; /* flow rules, when the peer went */
static char line[65536];
static size_t line_length;

static unsigned int faults;
#define FAULT(...) (faults++, printf("fault: " __VA_ARGS__), putchar('\n'), fflush(stdout))

static void *dma(uint64_t iova, uint64_t size, bool write)
{
	for (unsigned int i = 0; i < map_count; i++)
		if (iova >= maps[i].iova && iova - maps[i].iova < maps[i].size &&
		    size <= maps[i].size - (iova - maps[i].iova) && (maps[i].writable || !write))
			return maps[i].memory + (iova - maps[i].iova);
	return NULL;
}

static uint16_t tail(const struct queue *queue)
{
	uint32_t offset = queue->rx ? SEKISHO_NETWORK_RX_DOORBELL_TAIL(queue->number) :
				      SEKISHO_NETWORK_TX_DOORBELL_TAIL(queue->number);

	return __atomic_load_n(&page[(offset - PAGE) / 4], __ATOMIC_ACQUIRE);
}

/* Descriptors that the driver made ready and that were not taken yet. */
static uint16_t ready(struct queue *queue)
{
	uint16_t count;

	if (!queue->running)
		return 0;
	count = tail(queue) - queue->fetched;
	if (count > queue->size) {
		FAULT("%s queue %u: tail %u with %u fetched of %u", queue->rx ? "rx" : "tx",
		      queue->number, tail(queue), queue->fetched, queue->size);
		queue->running = false;
		return 0;
	}
	return count;
}

static uint32_t phase(const struct queue *queue)
{
	return queue->completed & queue->size ? 0 : 0x80000000u;
}

/* Writes a piece of a frame to the next buffer; what it takes, or -1 for a fault. */
static int deliver_piece(struct queue *queue, const uint32_t words[4], unsigned int status,
			 const void *frame, unsigned int length, bool scatter)
{
	struct sekisho_rx_descriptor *descriptor;
	struct sekisho_rx_completion *completion;
	uint32_t index = queue->fetched & (queue->size - 1), more = 0;
	void *buffer;

	descriptor = dma(queue->ring + 16 * index, 16, false);
	completion =
		dma(queue->completions + 32ul * (queue->completed & (queue->size - 1)), 32, true);
	if (!descriptor || !completion) {
		FAULT("rx queue %u: ring outside the memory map", queue->number);
		queue->running = false;
		return -1;
	}
	if (length > descriptor->buffer) {
		if (!scatter) {
			FAULT("rx queue %u: buffer of %u", queue->number, descriptor->buffer);
			return -1;
		}
		length = descriptor->buffer / 64 * 64;
		more = SEKISHO_RX_COMPLETION_STATUS_MORE_MASK;
		status = SEKISHO_COMPLETION_STATUS_OK;
	}
	buffer = dma(descriptor->address_lo | (uint64_t)descriptor->address_hi << 32, length, true);
	if (!buffer)
		FAULT("rx queue %u: buffer outside the memory map", queue->number);
	else if (status == SEKISHO_COMPLETION_STATUS_OK)
		memcpy(buffer, frame, length);
	completion->packet = words[0] | length;
	completion->rss_hash = words[1];
	completion->sum = words[2];
	completion->offsets = words[3];
	completion->timestamp = registers[SEKISHO_IDENTIFICATION_TIME / 4];
	completion->flow_mark = flow_mark;
	__atomic_store_n(&completion->status, phase(queue) | status << 16 | more | index,
			 __ATOMIC_RELEASE);
	queue->fetched++;
	queue->completed++;
	return length;
}

/* Gives a frame to the host; false when the queue has no descriptor. */
static bool deliver(struct queue *queue, const uint32_t words[4], unsigned int status,
		    const void *frame, unsigned int length)
{
	bool scatter =
		registers[SEKISHO_NETWORK_CONTROL / 4] & SEKISHO_NETWORK_CONTROL_SCATTER_MASK;

	do {
		int count;

		if (ready(queue) == 0)
			return false;
		count = deliver_piece(queue, words, status, frame, length, scatter);
		if (count < 0)
			return false;
		frame = (const char *)frame + count;
		length -= count;
	} while (length != 0);
	return true;
}

static void print_hex(const unsigned char *bytes, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		printf("%02x", bytes[i]);
}

/* Takes what the transmit queue has; one completion answers for all of a batch. */
static bool transmit(struct queue *queue)
{
	static const uint32_t nothing[4];
	struct queue *back = &queues[0][queue->number];
	unsigned int count = ready(queue), limit = 64, index = 0, status = 0;
	struct sekisho_tx_completion *completion;

	if (count == 0 || (loop && ready(back) == 0))
		return false;
	completion =
		dma(queue->completions + 8ul * (queue->completed & (queue->size - 1)), 8, true);
	for (; count && limit && status == 0 && !(loop && ready(back) == 0); count--, limit--) {
		struct sekisho_tx_descriptor *descriptor;
		unsigned int length;
		void *frame;

		index = queue->fetched & (queue->size - 1);
		descriptor = dma(queue->ring + 16 * index, 16, false);
		if (!descriptor || !completion) {
			FAULT("tx queue %u: ring outside the memory map", queue->number);
			queue->running = false;
			return false;
		}
		length = descriptor->control & SEKISHO_TX_DESCRIPTOR_CONTROL_LENGTH_MASK;
		frame = dma(descriptor->address_lo | (uint64_t)descriptor->address_hi << 32, length,
			    false);
		status = tx_status;
		tx_status = 0;
		if (!frame) {
			FAULT("tx queue %u: frame outside the memory map", queue->number);
			status = SEKISHO_COMPLETION_STATUS_DMA_ERROR;
		} else if (status == 0) {
			if (show) {
				printf("tx %u %08x ", queue->number, descriptor->control);
				print_hex(frame, length);
				putchar('\n');
				fflush(stdout);
			}
			if (loop)
				deliver(back, nothing, 0, frame, length);
		}
		queue->fetched++;
	}
	completion->descriptor = index;
	__atomic_store_n(&completion->status, phase(queue) | status, __ATOMIC_RELEASE);
	queue->completed++;
	return true;
}

/* --- interrupts ----------------------------------------------------------------------------- */

static void raise_vector(unsigned int vector)
{
	const uint64_t one = 1;

	if (vector < 2 * QUEUES + 1 && eventfds[vector] > 0 &&
	    write(eventfds[vector], &one, sizeof(one)) < 0)
		perror("fake_card: eventfd");
}

static void raise_event(void)
{
	uint32_t event = registers[SEKISHO_NETWORK_EVENT / 4];

	if (event & SEKISHO_NETWORK_EVENT_ENABLE_MASK)
		raise_vector(event & SEKISHO_NETWORK_EVENT_VECTOR_MASK);
}

/* One interrupt for each turn of the request bit, when there is more than was seen. */
static void check_arm(struct queue *queue, uint32_t *last)
{
	uint32_t offset = queue->rx ? SEKISHO_NETWORK_RX_DOORBELL_ARM(queue->number) :
				      SEKISHO_NETWORK_TX_DOORBELL_ARM(queue->number);
	uint32_t arm = __atomic_load_n(&page[(offset - PAGE) / 4], __ATOMIC_ACQUIRE);

	if (!queue->running || ((arm ^ *last) & SEKISHO_DOORBELL_ARM_REQUEST_MASK) == 0 ||
	    queue->completed == (uint16_t)arm)
		return;
	*last = arm;
	raise_vector(queue->vector);
}

static void check_arms(void)
{
	for (unsigned int i = 0; i < QUEUES; i++) {
		check_arm(&queues[0][i], &seen_requests[0][i]);
		check_arm(&queues[1][i], &seen_requests[1][i]);
	}
}

/* --- registers ------------------------------------------------------------------------------ */

static void reset_registers(void)
{
	memset(queues, 0, sizeof(queues));
	for (unsigned int i = 0; i < QUEUES; i++) {
		registers[SEKISHO_NETWORK_RX_QUEUE_CONTROL(i) / 4] = 0;
		registers[SEKISHO_NETWORK_TX_QUEUE_CONTROL(i) / 4] = 0;
	}
	registers[SEKISHO_NETWORK_CONTROL / 4] = 0;
	registers[SEKISHO_NETWORK_RSS_TYPES / 4] = 0;
	registers[SEKISHO_NETWORK_FLOW_ENABLE / 4] = 0;
	registers[SEKISHO_NETWORK_EVENT / 4] &= ~SEKISHO_NETWORK_EVENT_ENABLE_MASK;
	for (unsigned int i = 0; i < 8; i++)
		registers[SEKISHO_NETWORK_MAC_FILTER_HI(i) / 4] &=
			~SEKISHO_NETWORK_MAC_FILTER_HI_VALID_MASK;
}

static void power_on(void)
{
	registers[SEKISHO_IDENTIFICATION_MAGIC / 4] =
		SEKISHO_IDENTIFICATION_MAGIC_VALUE_RESET_VALUE;
	registers[SEKISHO_IDENTIFICATION_MAP_VERSION / 4] = map_version;
	registers[SEKISHO_IDENTIFICATION_RTL_HASH / 4] = 0xfa4eca4d;
	registers[SEKISHO_IDENTIFICATION_FUNCTION_INFO / 4] = SEKISHO_FUNCTION_KIND_NETWORK;
	registers[SEKISHO_IDENTIFICATION_CAPABILITIES / 4] =
		15u << 24 | 2 << 20 | 2 << 16 | QUEUES << 8 | QUEUES;
	registers[SEKISHO_IDENTIFICATION_BUILD / 4] = 128 << 12 | 64;
	registers[SEKISHO_IDENTIFICATION_LIMITS / 4] = 9728;
	registers[SEKISHO_NETWORK_LINK / 4] = 10000 << 8 | 1;
}

static void queue_control(struct queue *queue, const uint32_t *block, bool enable)
{
	if (!enable) {
		queue->running = false;
		return;
	}
	queue->running = true;
	seen_requests[!queue->rx][queue->number] = 0;
	queue->fetched = queue->completed = 0;
	queue->size = 1u << (block[2] & SEKISHO_QUEUE_CONFIG_SIZE_LOG2_MASK);
	queue->vector = SEKISHO_FIELD_GET(SEKISHO_QUEUE_CONFIG_VECTOR, block[2]);
	queue->ring = block[4] | (uint64_t)block[5] << 32;
	queue->completions = block[6] | (uint64_t)block[7] << 32;
}

/* A rule whose words change while it is enabled holds for frames that it is not for. A meter's are no rule's. */
static void check_flow_rule(uint32_t offset)
{
	uint32_t first = SEKISHO_NETWORK_FLOW_RULES(0), size = sizeof(struct sekisho_flow_rule);
	uint32_t rule = (offset - first) / size, word = (offset - first) % size;

	if (offset >= first && rule < SEKISHO_FLOW_RULES &&
	    word != offsetof(struct sekisho_flow_rule, meter_rate) &&
	    word != offsetof(struct sekisho_flow_rule, meter_burst) &&
	    registers[SEKISHO_NETWORK_FLOW_ENABLE / 4] & 1u << rule)
		FAULT("flow rule %u is written while it is enabled", rule);
}

static void write_register(uint32_t offset, uint32_t value)
{
	check_flow_rule(offset);
	registers[offset / 4] = value;
	if (offset >= PAGE && offset < 2 * PAGE)
		page[(offset - PAGE) / 4] = value;
	if (offset == SEKISHO_NETWORK_RESET)
		reset_registers();
	for (unsigned int i = 0; i < QUEUES; i++) {
		uint32_t rx = SEKISHO_NETWORK_RX_QUEUE_CONTROL(i);
		uint32_t tx = SEKISHO_NETWORK_TX_QUEUE_CONTROL(i);

		queues[0][i].rx = true;
		queues[0][i].number = queues[1][i].number = i;
		if (offset == rx)
			queue_control(&queues[0][i], &registers[rx / 4], value & 1);
		if (offset == tx)
			queue_control(&queues[1][i], &registers[tx / 4], value & 1);
	}
}

static uint32_t read_register(uint32_t offset)
{
	if (offset >= PAGE && offset < 2 * PAGE)
		return page[(offset - PAGE) / 4];
	for (unsigned int i = 0; i < QUEUES; i++)
		if (offset == SEKISHO_NETWORK_RX_QUEUE_STATUS(i) ||
		    offset == SEKISHO_NETWORK_TX_QUEUE_STATUS(i))
			return registers[offset / 4] | (hang && !registers[offset / 4 - 1]);
	return registers[offset / 4];
}

/* --- the protocol --------------------------------------------------------------------------- */

static void reply(int connection, const struct vfio_user_header *command, int error,
		  const void *data, size_t size, int fd)
{
	struct vfio_user_header header = {
		.id = command->id,
		.command = command->command,
		.size = sizeof(header) + size,
		.flags = VFIO_USER_TYPE_REPLY | (error ? VFIO_USER_ERROR : 0),
		.error = error,
	};
	struct iovec parts[2] = { { &header, sizeof(header) }, { (void *)(uintptr_t)data, size } };
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	if (fd >= 0) {
		struct cmsghdr *head;

		message.msg_control = control.space;
		message.msg_controllen = sizeof(control.space);
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &fd, sizeof(int));
	}
	if (sendmsg(connection, &message, MSG_NOSIGNAL) < 0)
		perror("fake_card: send");
}

static int dma_map(const struct vfio_user_dma_map *request, int fd)
{
	struct map *map = &maps[map_count];

	if (map_count == MAPS || fd < 0)
		return EINVAL;
	map->iova = request->address;
	map->size = request->size;
	map->writable = request->flags & VFIO_USER_MAP_WRITE;
	map->memory =
		mmap(NULL, map->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, request->offset);
	if (map->memory == MAP_FAILED)
		return errno;
	map_count++;
	return 0;
}

static int dma_unmap(const struct vfio_user_dma_unmap *request)
{
	for (unsigned int i = 0; i < map_count; i++) {
		if (maps[i].iova != request->address || maps[i].size != request->size)
			continue;
		munmap(maps[i].memory, maps[i].size);
		maps[i] = maps[--map_count];
		return 0;
	}
	FAULT("unmap of what was never mapped");
	return ENOENT;
}

static void access_region(int connection, const struct vfio_user_header *header, void *body)
{
	struct vfio_user_region_access *access = body;
	unsigned char *data = (unsigned char *)(access + 1);
	bool write = header->command == VFIO_USER_REGION_WRITE;
	bool bar = access->region == VFIO_USER_BAR0;
	uint32_t value;

	if (bar &&
	    (access->count != 4 || access->offset % 4 || access->offset >= SEKISHO_WINDOW_SIZE)) {
		FAULT("access of %u bytes at 0x%llx", access->count,
		      (unsigned long long)access->offset);
		reply(connection, header, EINVAL, NULL, 0, -1);
		return;
	}
	if (bar && write) {
		memcpy(&value, data, 4);
		write_register(access->offset, value);
	} else if (bar) {
		value = read_register(access->offset);
		memcpy(data, &value, 4);
	} else if (!write) {
		memset(data, 0, access->count);
	}
	reply(connection, header, 0, access, sizeof(*access) + (write ? 0 : access->count), -1);
}

/* Answers one message; false when the peer has gone. */
static bool serve(int connection)
{
	static _Alignas(8) unsigned char body[8192];
	union {
		char space[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct vfio_user_header header;
	struct iovec part = { &header, sizeof(header) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.space,
				  .msg_controllen = sizeof(control.space) };
	struct cmsghdr *head;
	int fd = -1, error = 0;

	if (recvmsg(connection, &message, MSG_WAITALL) != sizeof(header))
		return false;
	head = CMSG_FIRSTHDR(&message);
	if (head)
		memcpy(&fd, CMSG_DATA(head), sizeof(int));
	memset(body, 0, sizeof(body));
	if (header.size > sizeof(header) + sizeof(body) / 2 ||
	    (header.size > sizeof(header) &&
	     recv(connection, body, header.size - sizeof(header), MSG_WAITALL) <= 0))
		return false;

	switch (header.command) {
	case VFIO_USER_VERSION: {
		struct {
			struct vfio_user_version version;
			char text[20];
		} answer = { { 0, 1 }, "{\"capabilities\":{}}" };

		reply(connection, &header, 0, &answer, sizeof(answer), -1);
		break;
	}
	case VFIO_USER_DMA_MAP:
		error = dma_map((void *)body, fd);
		reply(connection, &header, error, NULL, 0, -1);
		break;
	case VFIO_USER_DMA_UNMAP:
		error = dma_unmap((void *)body);
		reply(connection, &header, error, body, sizeof(struct vfio_user_dma_unmap), -1);
		break;
	case VFIO_USER_DEVICE_GET_INFO: {
		struct vfio_user_device_info info = {
			sizeof(info), VFIO_USER_DEVICE_RESETS | VFIO_USER_DEVICE_PCI, 9, 5
		};

		reply(connection, &header, 0, &info, sizeof(info), -1);
		break;
	}
	case VFIO_USER_DEVICE_GET_REGION_INFO: {
		struct {
			struct vfio_user_region_info info;
			struct vfio_user_sparse sparse;
			struct vfio_user_area area;
		} answer = {
			{ sizeof(answer), 3 | VFIO_USER_REGION_MAPPABLE | VFIO_USER_REGION_HAS_CAPS,
			  VFIO_USER_BAR0, sizeof(answer.info), SEKISHO_WINDOW_SIZE, 0 },
			{ { VFIO_USER_CAP_SPARSE, 1, 0 }, 1, 0 },
			{ PAGE, PAGE },
		};

		reply(connection, &header, 0, &answer, sizeof(answer), page_fd);
		break;
	}
	case VFIO_USER_DEVICE_GET_IRQ_INFO: {
		struct vfio_user_irq_info info = { sizeof(info), 1, VFIO_USER_IRQ_MSIX, 9 };

		reply(connection, &header, 0, &info, sizeof(info), -1);
		break;
	}
	case VFIO_USER_REGION_READ:
	case VFIO_USER_REGION_WRITE:
		access_region(connection, &header, body);
		break;
	case VFIO_USER_DEVICE_RESET:
		reset_registers();
		reply(connection, &header, 0, NULL, 0, -1);
		break;
	case VFIO_USER_DEVICE_SET_IRQS: {
		const struct vfio_user_irq_set *set = (void *)body;

		if (set->count == 1 && set->start < 2 * QUEUES + 1) {
			if (eventfds[set->start] > 0)
				close(eventfds[set->start]);
			eventfds[set->start] = fd;
			fd = -1;
		}
		reply(connection, &header, 0, NULL, 0, -1);
		break;
	}
	default:
		reply(connection, &header, ENOTSUP, NULL, 0, -1);
	}
	if (fd >= 0)
		close(fd);
	return true;
}

/* --- the test's commands -------------------------------------------------------------------- */

static void order(char *text)
{
	static unsigned char frame[16384];
	unsigned int queue, status, length = 0, byte, at = 0, offset, value;
	uint32_t words[4];

	if (sscanf(text, "rx %u %x %x %x %x %x %n", &queue, &words[0], &words[1], &words[2],
		   &words[3], &status, (int *)&at) == 6 &&
	    at && queue < QUEUES) {
		for (; sscanf(text + at, "%2x", &byte) == 1; at += 2)
			frame[length++] = byte;
		puts(deliver(&queues[0][queue], words, status, frame, length) ? "rx done" :
										"rx full");
	} else if (sscanf(text, "loop %u", &value) == 1) {
		loop = value;
	} else if (sscanf(text, "show %u", &value) == 1) {
		show = value;
	} else if (sscanf(text, "txstatus %u", &value) == 1) {
		tx_status = value;
	} else if (sscanf(text, "read %x", &offset) == 1) {
		printf("read %08x\n", read_register(offset % SEKISHO_WINDOW_SIZE));
	} else if (sscanf(text, "write %x %x", &offset, &value) == 2) {
		registers[offset % SEKISHO_WINDOW_SIZE / 4] = value;
	} else if (sscanf(text, "hang %u", &value) == 1) {
		hang = value;
	} else if (sscanf(text, "link %u", &value) == 1) {
		registers[SEKISHO_NETWORK_LINK / 4] = value << 8 | (value != 0);
		raise_event();
	} else if (sscanf(text, "error %u", &queue) == 1 && queue < QUEUES) {
		registers[SEKISHO_NETWORK_RX_QUEUE_STATUS(queue) / 4] |=
			SEKISHO_QUEUE_STATUS_RING_ERROR_MASK;
		raise_event();
	} else if (!strcmp(text, "maps")) {
		uint64_t bytes = 0;

		for (unsigned int i = 0; i < map_count; i++)
			bytes += maps[i].size;
		printf("maps %u %llu\n", map_count, (unsigned long long)bytes);
	} else {
		FAULT("unknown order '%s'", text);
	}
	fflush(stdout);
}

/* Reads what there is of the orders; false at the end of the input. */
static bool take_orders(void)
{
	ssize_t count = read(0, line + line_length, sizeof(line) - 1 - line_length);
	char *end;

	if (count <= 0)
		return false;
	line_length += count;
	line[line_length] = '\0';
	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		order(line);
		line_length -= end + 1 - line;
		memmove(line, end + 1, line_length + 1);
	}
	return true;
}

/* The peer has gone: nothing of it is left. */
static void leave(void)
{
	left_enabled = registers[SEKISHO_NETWORK_FLOW_ENABLE / 4];
	reset_registers();
	for (; map_count; map_count--)
		munmap(maps[map_count - 1].memory, maps[map_count - 1].size);
	for (unsigned int i = 0; i < 2 * QUEUES + 1; i++) {
		if (eventfds[i] > 0)
			close(eventfds[i]);
		eventfds[i] = 0;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener, connection = -1;
	char *file;

	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "usage: fake_card SOCKET\n");
		return 2;
	}
	page_fd = memfd_create("doorbells", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (page_fd < 0 || ftruncate(page_fd, 2 * PAGE) < 0)
		return 1;
	file = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);
	page = (uint32_t *)(file + PAGE);
	strcpy(address.sun_path, argv[1]);
	unlink(argv[1]);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 1) < 0) {
		perror("fake_card");
		return 1;
	}
	power_on();
	puts("ready");
	fflush(stdout);

	for (int idle = 0;; idle++) {
		struct pollfd entries[2] = { { .fd = 0, .events = POLLIN },
					     { .fd = connection < 0 ? listener : connection,
					       .events = POLLIN } };

		for (unsigned int i = 0; i < QUEUES; i++)
			if (transmit(&queues[1][i]))
				idle = 0;
		check_arms();
		/* Busy for a while after work, then asleep a millisecond at a time. */
		if (idle % 16 && idle < 1000)
			continue;
		poll(entries, 2, idle < 1000 ? 0 : 1);
		if (entries[0].revents && !take_orders())
			return 0;
		if (!entries[1].revents)
			continue;
		if (connection < 0) {
			connection = accept(listener, NULL, NULL);
		} else if (!serve(connection)) {
			close(connection);
			connection = -1;
			leave();
		}
	}
}
