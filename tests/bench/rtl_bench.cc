/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clocks a frame of the whole core, both directions, on a host that never limits it, by frame size
 * and host latency; and how fast the simulation runs. Prints lines `name value`.
 *
 * Completions and descriptors are included, with one buffer a frame, one queue, one port. A size
 * below 1514 counts the FCS, which does not cross the bus. The figure is taken over the middle half
 * of the frames.
 *
 *	rtl_bench DATA_WIDTH
 */

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "../engine/host.h"

using host::bytes;
using host::card;

struct latency {
	const char *name;
	unsigned int read, write;
};

static const unsigned int sizes[] = { 64, 128, 256, 512, 1514, 9000 };
/* Receive: descriptor reads and data writes. Transmit: every read takes the first. */
static const latency latencies[] = { { "20", 20, 20 }, { "60", 60, 60 }, { "200", 200, 150 } };

static unsigned int on_bus(unsigned int size)
{
	return size < 1514 ? size - 4 : size;
}

static sekisho_engine_config config_of(unsigned int width, const latency &l)
{
	sekisho_engine_config c = {};
	c.data_width = width;
	c.read_latency = l.read;
	c.write_latency = l.write;
	c.time_from_clock = true;
	return c;
}

/* A UDP datagram to the card's address, with its checksums right. */
static bytes make_frame(unsigned int length)
{
	bytes f(length, 0);
	unsigned int udp = length - 34;
	memcpy(f.data(), "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0\x45\0", 16);
	f[16] = (length - 14) >> 8, f[17] = length - 14;
	memcpy(&f[22], "\x40\x11\0\0\xc6\x12\0\1\xc6\x13\0\1", 12);
	f[37] = 80, f[38] = udp >> 8, f[39] = udp;
	uint32_t sum = 0;
	for (unsigned int i = 14; i < 34; i += 2)
		sum += f[i] << 8 | f[i + 1];
	sum = ~((sum & 0xffff) + (sum >> 16) + (((sum & 0xffff) + (sum >> 16)) >> 16));
	f[24] = sum >> 8, f[25] = sum;
	return f;
}

static void enable(card &c, uint32_t control)
{
	c.write(card::window(0) + 0x48, 0x00000002);
	c.write(card::window(0) + 0x4c, 0x0100);
	c.write(card::window(0) + 0x50, 9728);
	c.write(card::window(0) + 0x40, control);
}

/* Clocks from the first to the second mark of a count that done() gives. */
template <typename F>
static double between(card &c, unsigned int first, unsigned int second, F done)
{
	uint64_t start = 0;
	unsigned int at_start = 0;
	for (uint64_t guard = 0; guard < 50000000; guard++) {
		unsigned int n = done();
		if (!start && n >= first)
			start = sekisho_engine_clocks(c.engine), at_start = n;
		if (start && n >= second)
			return (double)(sekisho_engine_clocks(c.engine) - start) / (n - at_start);
		sekisho_engine_run(c.engine, 1);
	}
	fprintf(stderr, "rtl_bench: no progress\n");
	exit(1);
}

static double receive(unsigned int width, const latency &l, unsigned int size)
{
	card c(config_of(width, l));
	unsigned int size_log2 = size > 4000 ? 8 : 11, frames = 1u << size_log2;
	bytes frame = make_frame(on_bus(size));
	enable(c, 1);
	c.start(0, false, 0, size_log2, size > 4000 ? 9728 : 2048);
	c.post(0, 0, frames);
	c.settle();
	unsigned int completed = 0;
	return between(c, frames / 4, frames * 3 / 4, [&]() {
		/* More than it can take: what is too much is dropped at the port, as on a wire. */
		while (sekisho_engine_receive(c.engine, 0, frame.data(), frame.size(), false))
			;
		host::completion done;
		while (c.next_completion(0, false, 0, done))
			completed++;
		return completed;
	});
}

static double transmit(unsigned int width, const latency &l, unsigned int size)
{
	card c(config_of(width, l));
	unsigned int size_log2 = size > 4000 ? 8 : 11, frames = 1u << size_log2;
	bytes frame = make_frame(on_bus(size));
	enable(c, 2);
	c.start(0, true, 0, size_log2, size > 4000 ? 9728 : 2048);
	for (unsigned int i = 0; i < frames; i++)
		c.send(0, 0, frame, 3);
	c.doorbell(0, true, 0);
	return between(c, frames / 4, frames * 3 / 4,
		       [&]() { return (unsigned int)c.sent[0].size(); });
}

static double cpu_seconds()
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Receives minimum frames without end and says what a second of processor time gives. */
static void speed(unsigned int width)
{
	card c(config_of(width, latencies[1]));
	bytes frame = make_frame(60);
	enable(c, 1);
	c.start(0, false, 0, 10, 2048);
	c.post(0, 0, 1024);
	unsigned int received = 0;
	double start = cpu_seconds();
	uint64_t clock = sekisho_engine_clocks(c.engine);
	while (received < 200000) {
		while (sekisho_engine_receive(c.engine, 0, frame.data(), frame.size(), false))
			;
		sekisho_engine_run(c.engine, 8);
		host::completion done;
		unsigned int n = 0;
		while (c.next_completion(0, false, 0, done))
			n++;
		received += n;
		host::ring &r = c.rings[0][0][0];
		if ((uint16_t)(r.seen + r.size - r.tail) >= 256)
			c.post(0, 0, 256);
	}
	double seconds = cpu_seconds() - start;
	printf("sim.rtl.w%u.khz %.0f\n", width,
	       (sekisho_engine_clocks(c.engine) - clock) / seconds / 1000);
	printf("sim.rtl.w%u.f64.packets_per_s %.0f\n", width, received / seconds);
}

int main(int argc, char **argv)
{
	unsigned int width = argc > 1 ? atoi(argv[1]) : 64;
	for (const latency &l : latencies)
		for (unsigned int size : sizes) {
			printf("rtl.rx.w%u.f%u.lat%s.cycles_per_frame %.2f\n", width, size, l.name,
			       receive(width, l, size));
			printf("rtl.tx.w%u.f%u.lat%s.cycles_per_frame %.2f\n", width, size, l.name,
			       transmit(width, l, size));
			fflush(stdout);
		}
	speed(width);
	return 0;
}
