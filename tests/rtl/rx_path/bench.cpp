/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * rx_dma, dma_write and completion_writer together: frames in, software's view of host memory out.
 * Buffers of 1 to 16383 bytes at any alignment, queues that stop and start, refused writes.
 */

#include "Vrx_path.h"
#include "host_write.h"

static constexpr unsigned BYTES = DATA_W / 8, BUS = DATA_W == 64 ? 16 : BYTES;
static constexpr unsigned Q = 8, QPF = 4, SIZE_LOG2 = 8, SIZE = 1 << SIZE_LOG2;
static constexpr uint32_t RING_OWNER = 1u << 31;
enum { COMPLETED, NO_DESCRIPTOR, TOO_SMALL, DMA_ERROR, DISABLED, RESULTS };

struct buffer {
	uint64_t address;
	unsigned length, queue, index;
	uint32_t owner;
	bool data_refused = false;
	unsigned answered = 0;
};

struct queue_model {
	uint64_t ring;
	unsigned index = 0, seen = 0, posted = 0, off = 0;
	bool enabled = true, ring_refused = false;
	std::deque<buffer> fetched;
	std::deque<std::pair<uint64_t, unsigned>> coming;
	std::map<unsigned, uint32_t> outstanding;
	/* The frame whose pieces are coming */
	uint32_t number = 0;
	unsigned offset = 0;
	bool refused = false;
};

struct bench {
	axis::rng r;
	Vrx_path m;
	host::write_host<Vrx_path, BUS> host;
	axis::source<decltype(m.s_axis_tdata), decltype(m.s_axis_tkeep), decltype(m.s_axis_tuser)>
		source;
	std::vector<buffer> buffers;
	queue_model queue[Q];
	std::map<uint32_t, axis::bytes> sent;
	std::vector<std::pair<unsigned, unsigned>> frames;
	uint64_t clocks = 0, events[RESULTS] = {}, bytes[RESULTS] = {}, consumed = 0,
		 consumed_error = 0, consumed_truncated = 0, pieces = 0, first = 0, last = 0,
		 total = 0;
	uint64_t tx_in = 0, restarts = 0;
	unsigned descriptor_latency = 20, stop = 0, data_refuse = 0, ring_refuse = 0,
		 tx_percent = 0, scatter = 0;
	bool any_length = false, answer_ok = false;
	unsigned answer_in = 0; /* clocks until a pop is answered */
	buffer answer;
	uint64_t next = 0;
	host::page *pages[Q][32] = {};
	unsigned tx_index[Q] = {}, tx_seen[Q] = {}, tx_told[Q] = {};
	bool tx_refused[Q] = {};
	std::string error;

	bench(uint64_t seed)
		: r(seed), host(m, r),
		  source(m.s_axis_tdata, m.s_axis_tkeep, m.s_axis_tlast, m.s_axis_tvalid,
			 m.s_axis_tready, m.s_axis_tuser, BYTES)
	{
		axis::bytes base(64), tx_base(64);
		for (unsigned q = 0; q < Q; q++) {
			queue[q].ring = ((uint64_t)(q + 1) << 36) + 0xfffff000;
			memcpy(&base[q * 8], &queue[q].ring, 8);
			host.allow(q / QPF, queue[q].ring, SIZE * 32, RING_OWNER + q, nullptr);
			uint64_t ring = tx_ring(q);
			memcpy(&tx_base[q * 8], &ring, 8);
			host.allow(q / QPF, ring, SIZE * 8, RING_OWNER + Q + q, nullptr);
			for (unsigned i = 0; i < SIZE * 8; i++)
				host.at(q / QPF, ring + i).data[(ring + i) & 4095] = 0;
			clear_ring(q);
		}
		axis::put(m.rx_base, base.data(), 64);
		axis::put(m.tx_base, tx_base.data(), 64);
		m.rx_size_log2 = m.tx_size_log2 = SIZE_LOG2 * 0x11111111u;
		host.answered = [this](uint32_t owner, unsigned n, bool refused) {
			if (owner & RING_OWNER)
				return;
			buffers[owner - 1].answered += n;
			buffers[owner - 1].data_refused |= refused;
		};
		host.refuse = [this](uint32_t owner) {
			bool no = r() % 10000 < (owner & RING_OWNER ? ring_refuse : data_refuse);
			unsigned ring = owner & ~RING_OWNER;
			if (no && owner & RING_OWNER)
				(ring < Q ? queue[ring].ring_refused : tx_refused[ring - Q]) = true;
			return no;
		};
		m.rst = 1, m.rx_enable = 0, m.tx_enable = 0, m.available = 0, m.pending = 0,
		m.pop_ok = 0, m.tx_done_valid = 0;
		m.m_axi_bvalid = 0;
		for (int i = 0; i < 4; i++)
			m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
	}
	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	static uint64_t tx_ring(unsigned q) { return ((uint64_t)(q + 17) << 36) + 0xfffffc00; }
	void clear_ring(unsigned q)
	{
		uint8_t zero[32] = {};
		for (unsigned i = 0; i < SIZE * 32; i++)
			host.at(q / QPF, queue[q].ring + i).data[(queue[q].ring + i) & 4095] =
				zero[0];
	}
	void add(unsigned length, int queue_number)
	{
		unsigned q = queue_number < 0 ? r() % Q : queue_number;
		axis::frame f;
		f.data.resize(length);
		for (auto &b : f.data)
			b = (uint8_t)r();
		f.user.assign(34, 0);
		axis::set_field(f.user, 4, 4, q / QPF);
		axis::set_field(f.user, 8, 8, q % QPF);
		axis::set_field(f.user, 16, 14, length);
		/* The completion tells which frame it is. */
		axis::set_field(f.user, 30, 32, total);
		sent[total++] = f.data;
		frames.push_back({ q, length });
		source.queue.push_back(f);
	}
	void post(unsigned q)
	{
		buffer b;
		b.queue = q;
		/* Too small a buffer stays until a frame fits: all are of 60 bytes or more. */
		b.length = scatter    ? 64 + r() % (r() % 8 ? 600 : 16320) :
			   any_length ? (r() % 3 ? 1514 + r() % 14870 : 60 + r() % 600) :
					2048;
		uint64_t &n = next;
		n += any_length && r() % 2 ? r() % 100 : 0;
		b.address = any_length ? n : (n + 63) / 64 * 64;
		b.address += (uint64_t)(q / QPF + 1) << 44;
		n = (b.address & 0xfffffffffffull) + b.length;
		b.index = queue[q].index++ & (SIZE - 1);
		buffers.push_back(b);
		buffers.back().owner = b.owner = buffers.size();
		host.allow(q / QPF, b.address, b.length, b.owner, nullptr);
		queue[q].outstanding[b.index] = b.owner;
		queue[q].posted++;
		queue[q].fetched.push_back(b);
	}
	/* Transmit completions in between: one stands for all descriptors up to its own. */
	void poll_tx(unsigned q)
	{
		for (; !tx_refused[q]; tx_seen[q]++) {
			uint8_t e[8];
			host.read(q / QPF, tx_ring(q) + (tx_seen[q] & (SIZE - 1)) * 8, e, 8);
			if (e[7] >> 7 != !(tx_seen[q] >> SIZE_LOG2 & 1))
				return;
			unsigned index = e[0] | e[1] << 8;
			tx_told[q] += ((index - tx_told[q]) & (SIZE - 1)) + 1;
			if (index >= SIZE || e[4] & 15 || tx_told[q] > tx_index[q])
				return fail("a transmit completion is wrong");
		}
	}
	void poll(unsigned q)
	{
		queue_model &k = queue[q];
		if (k.ring_refused)
			return;
		for (;;) {
			uint8_t e[32];
			uint64_t place = k.ring + (k.seen & (SIZE - 1)) * 32;
			host::page *&p = pages[q][place >> 12 & 31];
			if (!p)
				p = &host.at(q / QPF, place);
			if (p->data[(place & 4095) + 31] >> 7 != !(k.seen >> SIZE_LOG2 & 1))
				return;
			memcpy(e, p->data + (place & 4095), 32);
			k.seen++;
			unsigned index = e[28] | e[29] << 8, status = e[30] & 15,
				 length = (e[0] | e[1] << 8) & 0x3fff;
			uint32_t number = e[16] | e[17] << 8 | e[18] << 16 | (uint32_t)e[19] << 24;
			auto o = k.outstanding.find(index);
			if (o == k.outstanding.end() || !sent.count(number))
				return fail("a completion of no buffer or frame");
			const buffer &b = buffers[o->second - 1];
			const axis::bytes &data = sent[number];
			axis::bytes got(length);
			bool more = e[30] >> 4 & 1;
			if (!k.offset)
				k.number = number, k.refused = false;
			unsigned left = data.size() - k.offset;
			bool cut = left > b.length, ends = cut && !more;
			if (frames[number].first != q || number != k.number)
				return fail("a piece of another frame, or queue");
			if (length != (cut ? b.length & ~63u : left) || !length ||
			    (cut && !(scatter >> q / QPF & 1)) || (more && !cut))
				fail("wrong length");
			if (ends && !k.offset)
				fail("truncated in the first piece");
			if (b.answered != length)
				fail("a completion before its data");
			if (status != (b.data_refused ? 1u : ends ? 4u : 0u))
				fail("wrong status");
			host.read(q / QPF, b.address, got.data(), length);
			if (!b.data_refused && memcmp(got.data(), &data[k.offset], length))
				fail("data differs");
			/* Behind the frame nothing is written. */
			uint8_t behind;
			if (length < b.length &&
			    (host.read(q / QPF, b.address + length, &behind, 1), behind != 0xa5))
				fail("a byte behind the frame");
			k.outstanding.erase(o);
			k.posted--;
			k.offset += length, k.refused |= b.data_refused, pieces += cut;
			if (more)
				continue;
			k.offset = 0;
			sent.erase(number);
			(k.refused ? consumed_error : ends ? consumed_truncated : consumed)++;
			if (consumed == frames.size() / 4)
				first = clocks;
			last = clocks;
		}
	}
	void clock()
	{
		unsigned available = 0, pending = 0, enable = 0;
		for (unsigned q = 0; q < Q; q++) {
			queue_model &k = queue[q];
			if (!k.enabled && k.off && --k.off == 0 && (m.rx_active >> q & 1)) {
				k.off = 10;
			} else if (!k.enabled && !k.off) {
				/* Idle: software gives the queue a new start. */
				poll(q);
				k = queue_model();
				k.ring = ((uint64_t)(q + 1) << 36) + 0xfffff000;
				clear_ring(q);
				restarts++;
			} else if (k.enabled && (k.ring_refused || (stop && r() % 100000 < stop))) {
				if (!k.ring_refused || (m.rx_ring_error >> q & 1)) {
					k.enabled = false, k.off = 20;
					k.fetched.clear(), k.coming.clear();
				}
			}
			if (k.enabled) {
				unsigned coming = 0;
				for (auto &c : k.coming)
					coming += c.second;
				if (k.posted + coming + 8 <=
				    (scatter ? DATA_W == 64 ? 8 : 16 : SIZE))
					k.coming.push_back({ clocks + descriptor_latency, 8 });
				if (!k.coming.empty() && k.coming.front().first <= clocks) {
					for (unsigned i = 0; i < k.coming.front().second; i++)
						post(q);
					k.coming.pop_front();
				}
			}
			enable |= k.enabled << q;
			available |= !k.fetched.empty() << q;
			pending |= !k.coming.empty() << q;
		}
		m.scatter = scatter;
		m.rx_enable = enable, m.tx_enable = 0xff;
		m.available = available, m.pending = pending;
		if (answer_in && !--answer_in)
			m.pop_ok = answer_ok, m.pop_address = answer.address,
			m.pop_length = answer.length, m.pop_index = answer.index;
		m.tx_done_valid = axis::chance(r, tx_percent);
		m.tx_done_gq = r() % Q;
		m.tx_done_index = tx_index[m.tx_done_gq] & (SIZE - 1);
		m.tx_done_status = 0;
		if (clocks > 100)
			source.drive(r);
		host.drive();
		m.clk = 0;
		m.eval();
		source.sample();
		host.sample();
		if (m.tx_done_valid && m.tx_done_ready)
			tx_in++, tx_index[m.tx_done_gq]++;
		if (m.pop_valid) {
			auto &f = queue[m.pop_queue].fetched;
			answer_in = 2;
			answer_ok = !f.empty();
			if (answer_ok) {
				answer = f.front();
				f.pop_front();
			}
		}
		if (m.rx_queue_event_valid) {
			unsigned e = m.rx_queue_event_index & 7;
			if (e >= RESULTS)
				fail("no such event");
			else
				events[e]++, bytes[e] += m.rx_queue_event_bytes;
		}
		m.clk = 1;
		m.eval();
		clocks++;
		for (unsigned q = 0; q < Q; q++)
			poll(q), poll_tx(q);
	}
	uint64_t decided() const
	{
		uint64_t n = 0;
		for (auto e : events)
			n += e;
		return n;
	}
	bool run(uint64_t limit)
	{
		while (decided() < frames.size() && clocks < limit)
			clock();
		tx_percent = 0;
		while ((m.busy || !source.idle()) && clocks < limit)
			clock();
		bool done = clocks < limit;
		for (int i = 0; i < 40; i++)
			clock();
		return done;
	}
};

static void random_test(axis::tap &t, const char *name, unsigned seed, unsigned stall,
			unsigned jitter, unsigned stop, unsigned data_refuse, unsigned ring_refuse,
			unsigned scatter = 0)
{
	bench b(seed);
	b.any_length = true;
	b.source.stall_percent = stall, b.host.stall = stall;
	b.host.latency = 20, b.host.jitter = jitter;
	b.stop = stop, b.data_refuse = data_refuse, b.ring_refuse = ring_refuse, b.tx_percent = 10;
	b.scatter = scatter;
	b.descriptor_latency = scatter ? 100 : 20;
	for (unsigned i = 0; i < 3000; i++)
		b.add(b.r() % 4 ? 60 + b.r() % 100 : 60 + b.r() % (b.r() % 8 ? 1454 : 9600),
		      b.r() % 2 ? -1 : 2);
	bool done = b.run(600000);
	std::string n = name;
	uint64_t sum = 0;
	for (unsigned i = 0; i < b.frames.size(); i++)
		sum += b.frames[i].second;
	uint64_t bytes = 0;
	for (auto x : b.bytes)
		bytes += x;
	t.check(done, n + ": every frame comes to an end", std::to_string(b.decided()));
	t.check(b.error.empty(), n + ": data first, completions in order, every byte", b.error);
	t.check(b.host.error.empty(), n + ": AXI rules, no byte outside a buffer", b.host.error);
	t.check(b.decided() == b.frames.size() && bytes == sum,
		n + ": in = completed + drops by reason, packets and bytes");
	/* Completions of a refused ring, or written behind a restart, are lost to software. */
	t.check(stop || ring_refuse ? b.consumed <= b.events[COMPLETED] :
				      b.consumed == b.events[COMPLETED] &&
					      b.consumed_error == b.events[DMA_ERROR],
		n + ": software sees what the counters say");
	uint64_t tx = 0, tx_missing = 0;
	for (unsigned q = 0; q < Q; q++)
		if (!b.tx_refused[q])
			tx += b.tx_seen[q], tx_missing += b.tx_index[q] - b.tx_told[q];
	t.check((tx || ring_refuse) && !tx_missing, n + ": every transmit descriptor is completed",
		std::to_string(tx_missing) + " missing of " + std::to_string(b.tx_in));
	t.check(!data_refuse == !b.events[DMA_ERROR] && !(stop || ring_refuse) == !b.restarts &&
			!scatter == !!b.events[TOO_SMALL] && b.consumed > 300 &&
			(!scatter || (b.pieces > 500 && b.consumed_truncated > 5)),
		n + ": the cases occur");
	printf("# %s: %lu pieces, %lu truncated\n", name, (unsigned long)b.pieces,
	       (unsigned long)b.consumed_truncated);
	printf("# %s: %lu completed, %lu too small, %lu refused, %lu disabled, %lu without "
	       "descriptor, %lu restarts\n",
	       name, (unsigned long)b.events[COMPLETED], (unsigned long)b.events[TOO_SMALL],
	       (unsigned long)b.events[DMA_ERROR], (unsigned long)b.events[DISABLED],
	       (unsigned long)b.events[NO_DESCRIPTOR], (unsigned long)b.restarts);
}

static void rate_test(axis::tap &t, unsigned length, unsigned descriptor_latency,
		      unsigned write_latency, int queue, double most, unsigned tx = 0)
{
	bench b(11);
	b.descriptor_latency = descriptor_latency;
	b.host.latency = write_latency;
	b.tx_percent = tx;
	for (unsigned i = 0; i < (length < 500 ? 2000 : 600); i++)
		b.add(length, queue);
	bool done = b.run(150000);
	double rate = (double)(b.last - b.first) / (b.frames.size() * 0.75);
	char name[200];
	snprintf(name, sizeof(name),
		 "%u-byte frames, descriptor latency %u, write latency %u, %s%s", length,
		 descriptor_latency, write_latency, queue < 0 ? "all queues" : "one queue",
		 tx ? ", with transmit completions" : "");
	printf("# %u/%u bits, %s: %.2f clocks a frame\n", DATA_W, BUS * 8, name, rate);
	snprintf(name + strlen(name), sizeof(name) - strlen(name), ": at most %.2f clocks a frame",
		 most);
	t.check(done && b.consumed == b.frames.size() && b.error.empty() && rate <= most, name,
		b.error + b.host.error);
}

int main()
{
	axis::tap t;
	random_test(t, "plain", 1, 0, 0, 0, 0, 0);
	random_test(t, "stalls and jitter", 2, 30, 200, 0, 0, 0);
	random_test(t, "refused data", 3, 10, 100, 0, 200, 0);
	random_test(t, "queues that stop", 4, 10, 100, 30, 50, 0);
	random_test(t, "refused completions", 5, 10, 100, 0, 50, 200);
	random_test(t, "scatter", 6, 0, 0, 0, 0, 0, 3);
	random_test(t, "scatter, stalls, refused data", 7, 30, 200, 0, 200, 0, 3);
	random_test(t, "scatter, queues that stop", 8, 10, 100, 30, 50, 0, 3);
	random_test(t, "scatter, refused completions", 9, 10, 100, 0, 50, 100, 3);
	double small = DATA_W == 64 ? 8 : 2, large = DATA_W == 64 ? 190 : 24.5;
	for (int q = 0; q >= -1; q--) {
		rate_test(t, 60, 20, 20, q, small * 1.01);
		rate_test(t, 60, 60, 60, q, small * 1.01);
		if (DATA_W == 64)
			rate_test(t, 60, 200, 150, q, 12);
		else
			rate_test(t, 60, 200, 150, q, 4);
		rate_test(t, 1514, 60, 60, q, q < 0 && DATA_W == 512 ? 25.1 : large * 1.01);
		rate_test(t, 1514, 200, 150, q, q < 0 && DATA_W == 512 ? 25.1 : large * 1.01);
	}
	rate_test(t, 60, 60, 60, -1, DATA_W == 64 ? small * 1.01 : 3, DATA_W == 64 ? 12 : 40);
	return t.finish();
}
