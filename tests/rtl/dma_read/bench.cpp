/* SPDX-License-Identifier: BSD-3-Clause */
/* Bench of dma_read: any alignment and length, answers in any order, errors, rates. */

#include "Vdma_read.h"
#include "axi_read_host.h"

using namespace axis;

static const unsigned WORD = DATA_W / 8; /* the host bus here */
static const unsigned CLIENTS = 3;

struct request {
	unsigned client, function, length;
	uint64_t address;
	bool error;
	uint64_t next_word; /* of the bursts yet to come */
};

static uint8_t content(unsigned function, uint64_t address)
{
	uint64_t x = address * 0x9e3779b97f4a7c15ull + function * 0xd1b54a32d192ed03ull;
	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9ull;
	return (uint8_t)(x >> 40);
}

struct bench {
	Vdma_read m;
	rng r;
	axi::read_host<Vdma_read> host;
	std::deque<request> waiting[CLIENTS]; /* to be requested */
	std::deque<request> expected; /* accepted, in order */
	std::vector<uint64_t> owner; /* burst serial -> number of request */
	uint64_t accepted = 0, answered = 0, clocks = 0, next_burst_request = 0;
	bytes current;
	std::string error;
	unsigned gap_percent = 0;
	bool driving[CLIENTS] = {};
	uint64_t errors_seen = 0;

	explicit bench(uint64_t seed) : r(seed), host(m, WORD)
	{
		host.memory = [](unsigned f, uint64_t a, uint8_t *dst, size_t n) {
			for (size_t i = 0; i < n; i++)
				dst[i] = content(f, a + i);
			return true;
		};
		host.on_burst = [this](const axi::burst &b) {
			/* Bursts come in the order of the requests and cover exactly their words. */
			size_t at = (size_t)(next_burst_request - answered);
			if (at >= expected.size())
				return fail("burst without request");
			request &q = expected[at];
			uint64_t last_word = (q.address + q.length - 1) / WORD;
			if (b.function != q.function || b.address / WORD != q.next_word ||
			    q.next_word + b.beats - 1 > last_word)
				fail("burst outside its request");
			q.next_word += b.beats;
			owner.push_back(next_burst_request);
			if (q.next_word == last_word + 1)
				next_burst_request++;
		};
		host.on_beat = [this](const axi::burst &b, bool bad) {
			if (bad)
				expected[(size_t)(owner[b.serial] - answered)].error = true;
		};
		m.rst = 1;
		m.request_valid = 0;
		for (int i = 0; i < 4; i++)
			clock();
		m.rst = 0;
	}
	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void drive()
	{
		bytes function((CLIENTS * 4 + 7) / 8, 0), address(CLIENTS * 8, 0), length(8, 0);
		uint8_t valid = 0;
		for (unsigned c = 0; c < CLIENTS; c++) {
			if (waiting[c].empty())
				continue;
			if (!driving[c] && chance(r, gap_percent))
				continue;
			driving[c] = true;
			valid |= 1u << c;
			set_field(function, c * 4, 4, waiting[c].front().function);
			set_field(address, c * 64, 64, waiting[c].front().address);
			set_field(length, c * 14, 14, waiting[c].front().length);
		}
		m.request_valid = valid;
		put(m.request_function, function.data(), function.size());
		put(m.request_address, address.data(), address.size());
		put(m.request_length, length.data(), length.size());
	}
	void sample()
	{
		if (m.request_ready & (m.request_ready - 1))
			fail("two clients ready at once");
		for (unsigned c = 0; c < CLIENTS; c++)
			if ((m.request_valid & m.request_ready) >> c & 1) {
				request q = waiting[c].front();
				waiting[c].pop_front();
				driving[c] = false;
				q.client = c;
				q.error = false;
				q.next_word = q.address / WORD;
				expected.push_back(q);
				accepted++;
			}
		if (!m.response_valid)
			return;
		if (expected.empty())
			return fail("response without request");
		request &q = expected.front();
		if (m.response_valid != 1u << q.client)
			fail("response to the wrong client");
		bytes data(WORD);
		get(m.response_data, data.data(), WORD);
		current.insert(current.end(), data.begin(), data.begin() + m.response_bytes);
		if (!m.response_last) {
			if (m.response_bytes != WORD)
				fail("partial beat that is not the last");
			return;
		}
		if (current.size() != q.length)
			fail("length " + std::to_string(current.size()) + " not " +
			     std::to_string(q.length));
		if (m.response_error != q.error)
			fail("error flag");
		errors_seen += q.error;
		for (size_t i = 0; !q.error && i < current.size(); i++)
			if (current[i] != content(q.function, q.address + i)) {
				fail("byte " + std::to_string(i));
				break;
			}
		current.clear();
		expected.pop_front();
		answered++;
	}
	void clock()
	{
		m.clk = 0;
		drive();
		host.drive(r);
		m.eval();
		if (!m.rst) {
			sample();
			host.sample();
		}
		m.clk = 1;
		m.eval();
		clocks++;
	}
	bool run(uint64_t limit)
	{
		uint64_t end = clocks + limit;
		while (clocks < end && error.empty() && host.error.empty()) {
			bool work = !expected.empty();
			for (auto &w : waiting)
				work = work || !w.empty();
			if (!work)
				break;
			clock();
		}
		for (int i = 0; i < 20; i++)
			clock();
		if (!expected.empty())
			fail("requests left unanswered");
		if (m.busy)
			fail("busy although nothing is left");
		if (error.empty())
			error = host.error;
		return error.empty();
	}
	void add(unsigned client, uint64_t address, unsigned length)
	{
		request q = {};
		q.function = (unsigned)(r() % 16);
		q.address = address;
		q.length = length;
		waiting[client].push_back(q);
	}
	void add_random(unsigned n, unsigned longest)
	{
		for (unsigned i = 0; i < n; i++) {
			unsigned length = 1 + (unsigned)(r() % (r() % 4 ? 200 : longest));
			uint64_t address = r() & 0xffffffffffull;
			if (r() % 3 == 0) /* ends or starts at a page's edge */
				address =
					(address & ~4095ull) + 4096 - (r() % 2 ? length % 4096 : 0);
			add((unsigned)(r() % CLIENTS), address, length);
		}
	}
};

static void rate(const char *what, unsigned length, unsigned offset, unsigned latency,
		 unsigned limit, tap &t)
{
	bench b(1);
	const unsigned n = 400;
	b.host.latency = [=](const axi::burst &) { return latency; };
	for (unsigned i = 0; i < n; i++)
		b.add(2, 0x100000 + i * 2048ull + offset, length);
	bool ok = b.run(200000);
	/* The tags are swept for 64 clocks first. */
	double per = (double)(b.clocks - latency - 64) / n;
	printf("# %s, host bus %u: %u bytes at offset %u, latency %u: %.2f clocks a request\n",
	       what, DATA_W, length, offset, latency, per);
	t.check(ok && per <= limit + 0.2,
		std::string(what) + " at latency " + std::to_string(latency), b.error);
}

int main(int argc, char **argv)
{
	Verilated::commandArgs(argc, argv);
	tap t;

	{
		bench b(2);
		b.add_random(3000, 3000);
		t.check(b.run(2000000), "answers in order, no stalls", b.error);
	}
	{
		bench b(3);
		b.host.shuffle = true;
		b.host.latency = [&b](const axi::burst &) { return (unsigned)(b.r() % 100); };
		b.add_random(4000, 3000);
		t.check(b.run(2000000), "answers in any order, interleaved", b.error);
	}
	{
		bench b(4);
		b.host.shuffle = true;
		b.host.ar_stall = 40;
		b.host.r_stall = 30;
		b.gap_percent = 50;
		b.host.latency = [&b](const axi::burst &) { return (unsigned)(b.r() % 60); };
		b.add_random(4000, 9728);
		t.check(b.run(4000000), "any order, random stalls on both channels", b.error);
	}
	{
		bench b(5);
		b.host.shuffle = true;
		b.host.error_per_mille = 20;
		b.host.r_stall = 10;
		b.host.latency = [&b](const axi::burst &) { return (unsigned)(b.r() % 80); };
		b.add_random(4000, 2000);
		bool ok = b.run(2000000);
		t.check(ok && b.errors_seen > 100,
			"errors are told with their own request and no other", b.error);
	}
	{
		bench b(6);
		b.host.shuffle = true;
		for (unsigned offset = 0; offset < WORD; offset++)
			for (unsigned length = 1; length <= 2 * WORD + 1; length++)
				b.add(length % CLIENTS,
				      0x7fff0000000ull + (uint64_t)length * 4096 + offset, length);
		t.check(b.run(2000000), "every offset with every length up to two words", b.error);
	}
	unsigned small = DATA_W == 512 ? 2 : 8;
	for (unsigned latency : { 20u, 60u, 150u })
		if (latency < 150 || DATA_W < 512) {
			rate("60-byte reads", 60, 0, latency, small, t);
			rate("60-byte reads", 60, 2, latency, small, t);
		}
	for (unsigned latency : { 20u, 60u }) {
		rate("1514-byte reads", 1514, 0, latency, (1514 + WORD - 1) / WORD, t);
		rate("1514-byte reads", 1514, 2, latency, (1514 + 2 + WORD - 1) / WORD, t);
	}
	return t.finish();
}
