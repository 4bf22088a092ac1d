/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_TESTS_MODEL_PAIR_H
#define SEKISHO_TESTS_MODEL_PAIR_H

/*
 * Two engines that are given the same, and the comparison of all that they give back.
 *
 * Everything is compared at rest, that is when both engines say that they are idle:
 *
 *  - Host memory: every byte that either engine wrote. Not compared: the transmit completion rings
 *    (below), a completion's timestamp, and the bytes of a buffer whose completion says DMA_ERROR
 *    (how much of it was written is left open; nothing outside it may be).
 *  - Receive completions: every field but the timestamp, in the order of the ring. The timestamp
 *    must lie between two readings of the engine's own time register.
 *  - Transmit completions: one may cover several descriptors, as many as are done when it is
 *    written, so what is compared is each descriptor's status, in order. Each engine's own count
 *    of completions must be that of its ring.
 *  - Frames that leave: as a sequence for each transmit queue. Which queue is next is a matter of
 *    when its descriptor came; the source address tells where a frame is from.
 *  - Interrupts: how many of each vector, and with them the events that the card told as one with another.
 *  - Counters and registers. Not compared: the time, rtl_hash and build; a transmit queue's count
 *    of completions and its arm doorbell (they follow from the coalescing); the count of fetched
 *    descriptors where it says how far an engine reads ahead of its use (then it must only lie
 *    between what is used and what was given), or after a ring error.
 */

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <sekisho/registers.h>

#include "../../sim/engine.h"
#include "frames.h"

namespace pair_test {

using frames::bytes;

constexpr unsigned int FUNCTIONS = SEKISHO_FUNCTIONS, PORTS = SEKISHO_PORTS, QUEUES = 4;
constexpr uint64_t IOVA = 0x7e0000000000ull; /* of function 0; then 1 TiB apart */
constexpr size_t ARENA = 8 << 20, PAGE = 4096;
/* A queue's descriptors are surely read ahead when no more than this wait. */
constexpr unsigned int READ_AHEAD = 40;

/* The two engines differ, or one is wrong by itself. */
struct mismatch : std::runtime_error {
	using std::runtime_error::runtime_error;
	bytes frame; /* of what is known of it */
};

std::string hex(const uint8_t *data, size_t length);
std::string format(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* One engine and its host memory. */
class side {
public:
	side(const std::string &name, const sekisho_engine_config &config, const uint8_t *access);
	~side();
	side(const side &) = delete;
	side &operator=(const side &) = delete;

	uint32_t read(uint32_t address) { return sekisho_engine_reg_read(engine, address); }
	void write(uint32_t address, uint32_t v) { sekisho_engine_reg_write(engine, address, v); }
	void offer(unsigned int port, const bytes &frame, bool error);
	/* Runs until idle. */
	void settle();

	std::string name;
	sekisho_engine *engine;
	std::vector<uint8_t> memory[FUNCTIONS];
	std::vector<uint8_t> dirty[FUNCTIONS]; /* a page: written since it was compared */
	std::vector<bytes> sent[PORTS];
	std::map<unsigned int, unsigned int> interrupts; /* function * 256 + vector -> count */
	/* How often a vector was raised, had the card told every event by itself: see rtl_engine.h. */
	unsigned int raised(unsigned int function, unsigned int vector);
	unsigned int events_met(unsigned int function, unsigned int vector) const;
	uint64_t refused = 0;
	std::string wrong; /* set by a callback that is called with nonsense */
	/* Transmit queues: completions read, and the descriptor that is completed next. */
	uint16_t seen[FUNCTIONS][QUEUES] = {};
	uint16_t next[FUNCTIONS][QUEUES] = {};

private:
	static void *dma(void *context, unsigned int function, uint64_t address, uint32_t length,
			 bool write);
	static void interrupt(void *context, unsigned int function, unsigned int vector);
	static void transmit(void *context, unsigned int port, const uint8_t *frame,
			     uint32_t length);
	const uint8_t *access; /* ACCESS of each page of each function */
	uint32_t time = 0;
};

enum access { NOTHING = 0, READ = 1, WRITE = 2 };

struct descriptor {
	uint64_t address;
	uint32_t control;
	unsigned int area; /* of the areas that end at a refused page, + 1; 0: none */
};

/* A queue as the host sees it. */
struct queue {
	bool enabled = false, broken = false; /* broken: a ring error is expected or there */
	unsigned int size = 0, buffer = 0;
	uint64_t ring = 0, completions = 0;
	uint16_t tail = 0, done = 0; /* descriptors given, and completed */
	uint32_t request = 0; /* the arm doorbell's request bit as last written */
	uint32_t errors = 0; /* error bits of its status, when last read */
	std::vector<descriptor> given;
	/* Where its rings and buffers may be */
	uint64_t ring_area = 0, completion_area = 0, buffer_area = 0;
};

constexpr unsigned int RING_AREA_LOG2 = 8; /* the largest ring that fits into a queue's area */
constexpr size_t BUFFER_AREA = 256 << 10;

/* What was seen, for the check that everything was. */
struct coverage {
	uint64_t l3_type[8] = {}, l4_type[8] = {}, ip_verdict[4] = {}, l4_verdict[4] = {};
	uint64_t reason[16] = {}, tags[4] = {}, hash_type[4] = {};
	uint64_t rx_status[16] = {}, tx_status[16] = {}, more = 0, marked = 0, edited = 0;
	uint64_t port_rx[8] = {}, port_tx[8] = {}, deliver[16] = {}, verdicts[16] = {};
	uint64_t rx_queue[8] = {}, tx_queue[8] = {}, tx_checksum[4] = {}, flow_rule[8] = {};
	uint64_t interrupts = 0, ring_errors = 0, doorbell_errors = 0;
	/* Events that the card told as one with another. */
	uint64_t events_met = 0;
};

class pair {
public:
	pair(const std::string names[2], const sekisho_engine_config configs[2], coverage &seen);

	/* --- host memory, the same of both --- */
	uint64_t allocate(unsigned int function, size_t size, size_t alignment);
	/* A place of the arena that is not compared. */
	uint64_t allocate_private(unsigned int function, size_t size, size_t alignment);
	void protect(unsigned int function, uint64_t address, size_t size, unsigned int access);
	void store(unsigned int function, uint64_t address, const void *data, size_t length);
	static uint64_t base(unsigned int function) { return IOVA + ((uint64_t)function << 40); }

	/* --- registers --- */
	static uint32_t window(unsigned int function) { return SEKISHO_WINDOW_NETWORK(function); }
	static uint32_t queue_base(unsigned int function, bool transmit, unsigned int q);
	void write(uint32_t address, uint32_t value);
	/* Reads both and compares. */
	uint32_t read(uint32_t address);
	static std::string name_of(uint32_t address);

	/* --- queues --- */
	void start(unsigned int function, bool transmit, unsigned int q, unsigned int size_log2,
		   uint64_t ring, uint64_t completions, unsigned int vector);
	void stop(unsigned int function, bool transmit, unsigned int q);
	/* After a function reset: every queue has been stopped. */
	void forget(unsigned int function);
	void describe(unsigned int function, bool transmit, unsigned int q, const descriptor &d,
		      uint32_t reserved);
	void doorbell(unsigned int function, bool transmit, unsigned int q);
	/* Asks for an interrupt when there are more completions than all but lag of those seen. */
	void arm(unsigned int function, bool transmit, unsigned int q, unsigned int lag);
	queue &at(unsigned int function, bool transmit, unsigned int q)
	{
		return queues[function][transmit][q];
	}

	/* --- frames --- */
	void offer(unsigned int port, const bytes &frame, bool error);
	void settle();

	/* Compares all but the counters. Both are at rest afterwards. */
	void check();
	/* Compares every counter, and that they add up. */
	void check_counters();
	/* Compares every register of a window but counters; window 0 is the management function. */
	void check_registers(unsigned int window);

	/* Areas of 16 KiB whose last 4 KiB are refused: index, or -1 when all are in use. */
	int take_area(unsigned int function);
	uint64_t area_end(unsigned int function, unsigned int area) const;

	std::unique_ptr<side> sides[2];
	uint64_t offered[PORTS] = {};
	/* No access may be refused while this is false. */
	bool refusals = false;

private:
	[[noreturn]] void differ(const std::string &what, const std::string &a,
				 const std::string &b);
	void check_status(unsigned int function, bool transmit, unsigned int q);
	void check_receive(unsigned int function, unsigned int q, uint32_t before[2],
			   uint32_t after[2]);
	void check_transmit(unsigned int function, unsigned int q);
	void read_transmit(side &s, unsigned int function, unsigned int q,
			   std::vector<unsigned int> &statuses);
	void check_sent();
	void check_interrupts();
	void check_memory();
	void free_area(unsigned int function, descriptor &d);
	std::string place_of(unsigned int function, uint64_t address) const;

	coverage &seen;
	std::vector<uint8_t> access;
	size_t used[FUNCTIONS] = {}, top[FUNCTIONS];
	queue queues[FUNCTIONS][2][QUEUES];
	uint64_t areas[FUNCTIONS];
	std::vector<bool> area_used[FUNCTIONS];
	size_t sent_checked[2][PORTS] = {};
	uint32_t time[2] = {};
};

} // namespace pair_test

#endif
