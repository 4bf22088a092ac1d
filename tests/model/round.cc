/* SPDX-License-Identifier: BSD-3-Clause */

#include "round.h"

#include <cstring>

#include "rules.h"

namespace pair_test {

/* Features of the map that a version of the card may lack. */
static const struct {
	bool scatter, mac_filter, event;
} features = { true, true, true };

const plan plans[] = {
	{ .name = "received headers", .receive = 60, .rss = 20 },
	{ .name = "transmitted headers", .transmit = 60 },
	{ .name = "hash and queues", .receive = 60, .rss = 60, .restart = 10, .flows = true },
	{ .name = "filters and checksum drops",
	  .receive = 60,
	  .transmit = 10,
	  .rss = 10,
	  .control = 70,
	  .link = 10,
	  .max_frame = 30,
	  .mac_errors = 2,
	  .odd_lengths = 3,
	  .jumbo = 2,
	  .filters = true,
	  .scatter = 20 },
	{ .name = "lengths",
	  .receive = 30,
	  .transmit = 20,
	  .max_frame = 20,
	  .mac_errors = 10,
	  .odd_lengths = 40,
	  .jumbo = 12,
	  .scatter = 50 },
	{ .name = "short rings",
	  .receive = 50,
	  .transmit = 40,
	  .rss = 20,
	  .restart = 20,
	  .interrupts = 20,
	  .odd_lengths = 2,
	  .jumbo = 3,
	  .short_rings = true,
	  .scatter = 50 },
	{ .name = "refused buffers",
	  .receive = 40,
	  .transmit = 40,
	  .rss = 20,
	  .restart = 10,
	  .interrupts = 20,
	  .bad_buffers = 20,
	  .odd_lengths = 5,
	  .jumbo = 4,
	  .short_rings = true,
	  .scatter = 50 },
	{ .name = "frames over several buffers",
	  .receive = 40,
	  .transmit = 5,
	  .rss = 10,
	  .restart = 20,
	  .interrupts = 10,
	  .bad_buffers = 2,
	  .odd_lengths = 10,
	  .jumbo = 8,
	  .short_rings = true,
	  .scatter = 95 },
	{ .name = "refused rings, wrong doorbells",
	  .receive = 12,
	  .transmit = 12,
	  .rss = 20,
	  .link = 5,
	  .reset = 5,
	  .strange_writes = 5,
	  .restart = 30,
	  .interrupts = 30,
	  .bad_doorbells = 20,
	  .bad_rings = 40,
	  .bad_buffers = 5 },
	{ .name = "both directions, interrupts",
	  .receive = 60,
	  .transmit = 60,
	  .rss = 10,
	  .link = 5,
	  .interrupts = 50,
	  .mac_errors = 2,
	  .odd_lengths = 2,
	  .jumbo = 1 },
	{ .name = "stop, start, reset",
	  .receive = 30,
	  .transmit = 30,
	  .rss = 20,
	  .control = 30,
	  .link = 10,
	  .max_frame = 10,
	  .reset = 15,
	  .strange_writes = 40,
	  .restart = 40,
	  .interrupts = 30,
	  .bad_doorbells = 10,
	  .bad_buffers = 3,
	  .mac_errors = 2,
	  .odd_lengths = 2,
	  .jumbo = 1,
	  .short_rings = true,
	  .filters = true,
	  .flows = true,
	  .scatter = 50 },
};
const unsigned int plan_count = std::size(plans);

const plan &plan_of(unsigned int round)
{
	return plans[round % plan_count];
}

bool engine_config(const std::string &name, sekisho_engine_config &config)
{
	config = {};
	config.time_from_clock = true;
	config.kind = name == "model" ? SEKISHO_ENGINE_MODEL : SEKISHO_ENGINE_RTL;
	config.data_width = name == "rtl-512" ? 512 : 64;
	return name == "rtl-64" || name == "rtl-512" || name == "model";
}

namespace {

constexpr unsigned int ROUND_FRAMES = 1000;
/* What a port's FIFO surely takes while nothing leaves it */
constexpr size_t FIFO_BYTES = 13000;
/* Descriptors of a queue that are surely there when it has been at rest */
constexpr unsigned int HELD = 60;

class runner {
public:
	runner(const std::string names[2], unsigned int number, const round_options &o,
	       coverage &seen, outcome &out)
		: options(o), what(plan_of(number)), result(out)
	{
		std::seed_seq sequence{ (uint32_t)o.seed, (uint32_t)(o.seed >> 32), number };
		random.seed(sequence);
		sekisho_engine_config configs[2];
		for (unsigned int i = 0; i < 2; i++) {
			engine_config(names[i], configs[i]);
			host(configs[i]);
		}
		engines.reset(new pair(names, configs, seen));
		if (o.trace)
			for (unsigned int i = 0; i < 2; i++)
				sekisho_engine_trace(engines->sides[i]->engine,
						     format("%s.%u.fst", o.trace, i).c_str());
	}

	void run()
	{
		pair &p = *engines;
		p.refusals = what.bad_buffers || what.bad_rings;
		serial = what.bad_rings;
		for (unsigned int f = 0; f < FUNCTIONS; f++)
			set_up(f);
		p.check();
		while (result.received + result.transmitted < ROUND_FRAMES && steps++ < 200)
			step();
		p.check_counters();
		if (what.reset || what.control)
			for (unsigned int window = 0; window <= FUNCTIONS; window++)
				p.check_registers(window);
	}

private:
	unsigned int below(unsigned int n) { return frames::below(random, n); }
	bool chance(unsigned int percent) { return frames::chance(random, percent); }
	static uint32_t window(unsigned int f) { return pair::window(f); }

	void host(sekisho_engine_config &c)
	{
		bool rough = chance(25);
		c.seed = random();
		c.read_latency = below(rough ? 250 : 60);
		c.write_latency = below(rough ? 300 : 60);
		c.read_jitter = chance(30) ? 0 : below(rough ? 250 : 60);
		c.write_jitter = chance(30) ? 0 : below(rough ? 300 : 60);
		c.stall_percent = chance(30) ? 0 : below(rough ? 50 : 15);
		slow |= rough;
	}

	/* --- configuration --- */

	frames::address random_address(unsigned int group)
	{
		frames::address a;
		for (uint8_t &byte : a)
			byte = random();
		a[0] = (a[0] & 0xfe) | group;
		return a;
	}

	void set_address(uint32_t at, const frames::address &a, uint32_t flags)
	{
		engines->write(at, a[0] | a[1] << 8 | a[2] << 16 | (uint32_t)a[3] << 24);
		engines->write(at + 4, a[4] | a[5] << 8 | flags);
	}

	/* Addresses beside the station's; frames go to those that are not valid, too. */
	void set_filters(unsigned int f)
	{
		auto &known = wish[f].addresses;
		known.resize(1);
		for (unsigned int i = 0; features.mac_filter && i < 8; i++) {
			known.push_back(random_address(below(2)));
			if (chance(20)) {
				known.back() = known[0];
				known.back()[below(6)] ^= 1u << below(8);
			}
			set_address(window(f) + SEKISHO_NETWORK_MAC_FILTER_LO(i), known.back(),
				    chance(60) ? SEKISHO_NETWORK_MAC_FILTER_HI_VALID_MASK : 0);
		}
	}

	void set_up(unsigned int f)
	{
		pair &p = *engines;
		wish[f] = frames::wishes();
		wish[f].addresses[0] = random_address(0);
		set_address(window(f) + SEKISHO_NETWORK_MAC_LO, wish[f].addresses[0], 0);
		wish[f].flows = what.flows;
		wish[f].jumbo = what.jumbo;
		if (what.filters || chance(20)) {
			wish[f].own = 50;
			wish[f].broadcast = 15;
			wish[f].multicast = 20;
			set_filters(f);
		}
		p.write(window(f) + SEKISHO_NETWORK_MAX_FRAME, 9728);
		for (unsigned int e = 0; e < 128; e++)
			p.write(window(f) + SEKISHO_NETWORK_RSS_TABLE(e), below(QUEUES));
		set_rss(f);
		for (unsigned int n = 0; n < SEKISHO_FLOW_RULES; n++)
			set_rule(f, n);
		if (chance(40))
			p.write(window(f) + SEKISHO_NETWORK_FLOW_ENABLE, 0);
		set_event(f);
		control(f, what.filters ? random_control() : 0x07 | (random() & 8));
		for (unsigned int t = 0; t < 2; t++)
			for (unsigned int n = 0; n < QUEUES; n++)
				if (chance(95))
					start(f, t, n);
	}

	uint32_t random_control()
	{
		uint32_t v = random() & 0x3c;
		if (chance(60))
			v &= ~4u; /* promiscuous hides the filters */
		return v | (chance(90) ? 1 : 0) | (chance(90) ? 2 : 0);
	}

	void control(unsigned int f, uint32_t value)
	{
		if (features.scatter && chance(what.scatter))
			value |= SEKISHO_NETWORK_CONTROL_SCATTER_MASK;
		engines->write(window(f) + SEKISHO_NETWORK_CONTROL, value);
		/* Descriptors may be waiting for tx_enable. */
		engines->settle();
	}

	void set_event(unsigned int f)
	{
		if (features.event)
			engines->write(
				window(f) + SEKISHO_NETWORK_EVENT,
				(random() & SEKISHO_NETWORK_EVENT_VECTOR_MASK) |
					(chance(80) ? SEKISHO_NETWORK_EVENT_ENABLE_MASK : 0));
	}

	void set_rss(unsigned int f)
	{
		pair &p = *engines;
		p.write(window(f) + SEKISHO_NETWORK_RSS_TYPES, chance(40) ? 0x3f : random() & 0x3f);
		if (chance(50))
			for (unsigned int w = 0; w < 10; w++)
				p.write(window(f) + SEKISHO_NETWORK_RSS_KEY(w), random());
		unsigned int n = below(40);
		for (unsigned int i = 0; i < n; i++)
			p.write(window(f) + SEKISHO_NETWORK_RSS_TABLE(below(128)),
				chance(4) ? random() & 0xff : below(QUEUES));
	}

	/* While it is disabled, as the card asks for; then mostly enabled. */
	void set_rule(unsigned int f, unsigned int n)
	{
		pair &p = *engines;
		uint32_t at = window(f) + SEKISHO_NETWORK_FLOW_ENABLE;
		uint32_t enabled = p.read(at) & ~(1u << n);
		sekisho_flow_rule rule = frames::make_rule(random, wish[f], QUEUES);
		p.write(at, enabled);
		for (unsigned int w = 0; w < sizeof(rule) / 4; w++)
			p.write(window(f) +
					SEKISHO_NETWORK_FLOW_RULES(n * SEKISHO_FLOW_RULE_WORDS + w),
				((const uint32_t *)&rule)[w]);
		p.write(at, enabled | (uint32_t)chance(70) << n);
	}

	void start(unsigned int f, bool transmit, unsigned int n)
	{
		pair &p = *engines;
		queue &q = p.at(f, transmit, n);
		bool few = serial || (what.short_rings && chance(85));
		unsigned int log2 = (few ? 3 : 6) + below(3);
		unsigned int size = 1u << log2, entry = transmit ? 8 : 32;
		size_t spare_ring = (16u << RING_AREA_LOG2) - size * 16;
		size_t spare_completions = (32u << RING_AREA_LOG2) - size * 32;
		uint64_t ring = q.ring_area + below(spare_ring / 128 + 1) * 128;
		uint64_t completions = q.completion_area + below(spare_completions / 128 + 1) * 128;
		bool broken = false;
		if (chance(what.bad_rings)) {
			broken = true;
			/* All of it refused, or what lies behind the first entries */
			int area = p.take_area(f);
			uint64_t end = area < 0 ? 0x10000 : p.area_end(f, area);
			unsigned int half = below(size / 8) * 128;
			if (chance(50))
				ring = area < 0 || chance(30) ? end : end - half;
			else
				completions = area < 0 || chance(30) ?
						      end :
						      end - half / 16 * entry / 128 * 128;
			/* The area stays with the queue until the end of the round. */
		}
		q.buffer = BUFFER_AREA / size - 128;
		if (q.buffer > 16383)
			q.buffer = 16383;
		if (what.short_rings && chance(60) && !transmit) {
			unsigned int buffer = 64 + below(chance(50) ? 1500 : 200);
			if (buffer < q.buffer)
				q.buffer = buffer;
		}
		if (!transmit && (q.buffer < smallest[f] || !smallest[f]))
			smallest[f] = q.buffer;
		p.start(f, transmit, n, log2, ring, completions, chance(70) ? n : random() & 0xff);
		p.at(f, transmit, n).broken = broken;
	}

	void configure()
	{
		pair &p = *engines;
		for (unsigned int f = 0; f < FUNCTIONS; f++) {
			if (chance(what.rss))
				set_rss(f);
			if (chance(20))
				set_rule(f, below(SEKISHO_FLOW_RULES));
			if (chance(what.control))
				control(f, random_control());
			if (what.filters && chance(20))
				set_filters(f);
			if (chance(what.max_frame))
				p.write(window(f) + SEKISHO_NETWORK_MAX_FRAME,
					chance(40) ? 9728 :
					chance(50) ? 60 + below(1500) :
						     random() & 0x3fff);
			if (chance(what.link)) {
				bool up = chance(70);
				unsigned int speed = random() & 0xffffff;
				for (auto &s : p.sides)
					sekisho_engine_set_link(s->engine, f, up, speed);
				p.settle();
				p.read(window(f) + SEKISHO_NETWORK_LINK);
			}
			if (chance(what.control / 4))
				p.write(SEKISHO_MANAGEMENT_PORT_CONTROL(f), chance(60));
			if (chance(what.reset))
				reset(f);
			for (unsigned int t = 0; t < 2; t++)
				for (unsigned int n = 0; n < QUEUES; n++) {
					queue &q = p.at(f, t, n);
					if (q.enabled && chance(q.broken ? 60 : what.restart)) {
						p.stop(f, t, n);
						if (chance(20))
							p.doorbell(f, t, n); /* ignored */
					}
					if (!q.enabled && chance(75))
						start(f, t, n);
					if (q.enabled && chance(what.bad_doorbells))
						bad_doorbell(f, t, n);
				}
			if (chance(what.strange_writes))
				strange_writes(f);
		}
	}

	void reset(unsigned int f)
	{
		pair &p = *engines;
		p.write(window(f) + SEKISHO_NETWORK_RESET, 1);
		p.forget(f);
		p.check_registers(1 + f);
		if (chance(70)) {
			control(f, 0x03 | (random() & 0x3c));
			set_rss(f);
			set_event(f);
		}
	}

	void bad_doorbell(unsigned int f, bool transmit, unsigned int n)
	{
		pair &p = *engines;
		queue &q = p.at(f, transmit, n);
		uint32_t at = window(f) + (transmit ? SEKISHO_NETWORK_TX_DOORBELL_TAIL(n) :
						      SEKISHO_NETWORK_RX_DOORBELL_TAIL(n));
		/* Beyond the ring, or backwards */
		uint16_t step =
			chance(30) ? -1 - below(q.size) : q.size + 1 + below(65536 - q.size - 1);
		p.write(at, (uint16_t)(q.tail + step));
		p.settle();
		if (chance(70)) {
			p.doorbell(f, transmit, n);
			p.settle();
		}
	}

	/* Writes that change nothing, or what only registers show. */
	void strange_writes(unsigned int f)
	{
		pair &p = *engines;
		static const uint32_t places[] = {
			0x000,	0x004,	0x008,	0x00c,	0x010,	0x014,	0x018,	0x01c,
			0x020,	0x030,	0x044,	0x058,	0x0b0,	0x404,	0x420,	0x430,
			0x500,	0x700,	0x804,	0x820,	0x900,	0xffc,	0x1008, 0x103c,
			0x1100, 0x1140, 0x17fc, 0x1808, 0x1900, 0x1ffc, 0x2000, 0x2104,
			0x2400, 0x2808, 0x3000, 0x3800, 0x4000, 0x8000, 0xfffc,
		};
		for (unsigned int i = 0; i < 5; i++) {
			uint32_t at = places[below(std::size(places))];
			p.write((chance(80) ? window(f) : 0) + at, random());
		}
		if (chance(20))
			p.write(0x40000 + below(0x1000) * 4, random());
		p.read(window(f) + SEKISHO_NETWORK_ERROR);
		p.read(window(f) + SEKISHO_NETWORK_IDENTIFICATION_SCRATCH);
		p.read(0x40000 + below(0x4000) * 4);
	}

	/* --- descriptors --- */

	/* An address for length bytes that the host refuses, all or from some byte on. */
	descriptor bad_place(unsigned int f, unsigned int length)
	{
		pair &p = *engines;
		descriptor d = {};
		switch (below(5)) {
		case 0:
			d.address = below(0x100000);
			return d;
		case 1:
			d.address = ~(uint64_t)0 - below(20000);
			return d;
		case 2: /* another function's memory */
			d.address = pair::base(1 - f) + below(ARENA / 2);
			return d;
		default:
			int area = p.take_area(f);
			if (area < 0) {
				d.address = pair::base(f) + ARENA + below(65536);
				return d;
			}
			d.area = area + 1;
			d.address = p.area_end(f, area) -
				    (length ? below(length < 9000 ? length : 9000) : 0);
			return d;
		}
	}

	void post()
	{
		pair &p = *engines;
		for (unsigned int f = 0; f < FUNCTIONS; f++)
			for (unsigned int n = 0; n < QUEUES; n++) {
				queue &q = p.at(f, false, n);
				if (!q.enabled)
					continue;
				unsigned int room = q.size - (uint16_t)(q.tail - q.done);
				if (what.short_rings)
					room = chance(30) ? room : below(room + 1);
				if (!room)
					continue;
				for (unsigned int i = 0; i < room; i++)
					p.describe(f, false, n, receive_buffer(f, q), random());
				p.doorbell(f, false, n);
				if (serial)
					p.settle();
			}
		if (slow || what.jumbo || what.scatter || chance(50))
			p.settle();
	}

	descriptor receive_buffer(unsigned int f, queue &q)
	{
		unsigned int length = q.buffer;
		if (what.short_rings && chance(30)) {
			length = 64 + below(q.buffer - 63);
			if (length < smallest[f])
				smallest[f] = length;
		}
		descriptor d = {};
		if (chance(what.bad_buffers))
			d = bad_place(f, length < 1600 ? length : 1600);
		else
			d.address = q.buffer_area + q.tail % q.size * (BUFFER_AREA / q.size) +
				    below(BUFFER_AREA / q.size - q.buffer);
		/* Bits that mean nothing */
		d.control = length | (uint32_t)(random() & 0xffffc000);
		return d;
	}

	/* At most left frames in one queue, behind one doorbell; returns how many. */
	unsigned int send_some(unsigned int f, unsigned int left)
	{
		pair &p = *engines;
		unsigned int n = below(QUEUES);
		queue &q = p.at(f, true, n);
		unsigned int room = q.size - (uint16_t)(q.tail - at_rest[f][n]);
		if (!q.enabled || !room)
			return 1;
		unsigned int burst = serial ? 1 : 1 + below(8), given = 0;
		bytes frames[8];
		if (burst > room)
			burst = room;
		if (burst > left)
			burst = left;
		for (; given < burst; given++) {
			frames::frame frame = transmit_frame(f, n, given);
			unsigned int length = frame.data.size();
			if (fill[f][n] + length + 64 > BUFFER_AREA)
				break;
			uint32_t flags = chance(45) ? 2 : chance(70) ? 3 : below(4);
			descriptor d = {};
			if (chance(what.bad_buffers)) {
				d = bad_place(f, length);
			} else {
				d.address = q.buffer_area + fill[f][n] + below(chance(50) ? 64 : 1);
				fill[f][n] = d.address + length - q.buffer_area;
				p.store(f, d.address, frame.data.data(), length);
			}
			flags |= 4;
			if (chance(what.bad_buffers || what.odd_lengths ? 6 : 0)) {
				if (chance(40))
					flags &= ~4u;
				if (chance(60))
					length =
						chance(50) ? below(14) : 9729 + below(16384 - 9729);
			}
			d.control = length | flags << 16 |
				    (uint32_t)(random() & ~0x73fffull); /* meaningless bits */
			p.describe(f, true, n, d, random());
			frames[given] = frame.data;
		}
		if (given) {
			p.doorbell(f, true, n);
			if (serial)
				p.settle();
			result.transmitted += given;
			for (unsigned int i = 0; i < given; i++)
				remember(frames[i]);
		}
		return given ? given : 1;
	}

	frames::frame transmit_frame(unsigned int f, unsigned int n, unsigned int in_burst)
	{
		frames::wishes w = wish[f];
		w.pad = chance(50);
		frames::frame frame = frames::make(random, w);
		if (chance(what.odd_lengths))
			odd_length(frame.data);
		if (frame.data.size() < 14)
			frame.data.resize(14 + below(4), 0x5a);
		if (frame.data.size() > 9728)
			frame.data.resize(9728);
		/* Where it is from, and which one it is */
		uint64_t number = result.received + result.transmitted + in_burst;
		frame.data[6] = 2;
		frame.data[7] = f << 4 | n;
		for (unsigned int i = 0; i < 4; i++)
			frame.data[8 + i] = number >> 8 * (3 - i);
		return frame;
	}

	void odd_length(bytes &data)
	{
		static const unsigned int edges[] = { 1,    14,	  59,	 60,	61,    63,
						      64,   65,	  127,	 128,	255,   256,
						      257,  271,  272,	 273,	1514,  1518,
						      1522, 2048, 4096,	 9727,	9728,  9729,
						      9730, 9792, 12000, 16383, 16384, 17000 };
		size_t old = data.size();
		unsigned int length = chance(60) ? edges[below(std::size(edges))] :
				      chance(50) ? 60 + below(200) :
				      chance(50) ? 9660 + below(80) :
						   1 + below(70);
		data.resize(length);
		for (size_t i = old; i < length; i++)
			data[i] = random();
	}

	/* --- traffic --- */

	void remember(const bytes &data)
	{
		result.recent.push_back(data);
		if (options.batch && result.recent.size() >= options.batch)
			compare(true);
	}

	void rest()
	{
		engines->settle();
		pace[0] = pace[1] = taken[0] = taken[1] = 0;
	}

	void compare(bool counters)
	{
		engines->check();
		if (counters)
			engines->check_counters();
		rest();
		result.first_recent += result.recent.size();
		result.recent.clear();
	}

	void receive_one(unsigned int port)
	{
		pair &p = *engines;
		frames::frame frame = frames::make(random, wish[port]);
		if (chance(what.odd_lengths))
			odd_length(frame.data);
		size_t room = (frame.data.size() < 9728 ? frame.data.size() : 9728) + 63;
		unsigned int pieces = 1;
		if (what.scatter)
			pieces += room / (smallest[port] / 64 * 64);
		if (pace[port] + room > FIFO_BYTES || taken[port] + pieces > HELD || serial)
			rest();
		pace[port] += room;
		taken[port] += pieces;
		p.offer(port, frame.data, chance(what.mac_errors));
		result.received++;
		remember(frame.data);
	}

	void step()
	{
		pair &p = *engines;
		configure();
		post();
		for (unsigned int f = 0; f < FUNCTIONS; f++)
			for (unsigned int t = 0; t < 2; t++)
				for (unsigned int n = 0; n < QUEUES; n++)
					if (p.at(f, t, n).enabled && chance(what.interrupts))
						p.arm(f, t, n, chance(60) ? 0 : below(3));
		for (unsigned int f = 0; f < FUNCTIONS; f++)
			for (unsigned int n = 0; n < QUEUES; n++) {
				queue &q = p.at(f, true, n);
				at_rest[f][n] = q.done;
				if (q.tail == q.done)
					fill[f][n] = 0;
			}
		unsigned int receive[PORTS], transmit[FUNCTIONS];
		for (unsigned int i = 0; i < 2; i++) {
			receive[i] = below(what.receive + 1);
			transmit[i] = below(what.transmit + 1);
		}
		while (receive[0] || receive[1] || transmit[0] || transmit[1]) {
			unsigned int i = below(2);
			if (receive[i] && (!transmit[i] || chance(75))) {
				receive_one(i);
				receive[i]--;
			} else if (transmit[i]) {
				transmit[i] -= send_some(i, transmit[i]);
			}
			if (chance(10)) {
				unsigned int clocks = below(300);
				for (auto &s : p.sides)
					sekisho_engine_run(s->engine, clocks);
			}
		}
		compare(options.batch != 0);
	}

	const round_options &options;
	const plan &what;
	outcome &result;
	frames::rng random;
	std::unique_ptr<pair> engines;
	frames::wishes wish[PORTS];
	/* Since the last rest: bytes at each port, and the most descriptors that they take. */
	size_t pace[PORTS] = {};
	unsigned int taken[PORTS] = {};
	unsigned int smallest[FUNCTIONS] = {}; /* buffer of a function's receive queues */
	/* Of each transmit queue: descriptors done before the step, bytes in use of its buffers. */
	uint16_t at_rest[FUNCTIONS][QUEUES] = {};
	uint64_t fill[FUNCTIONS][QUEUES] = {};
	unsigned int steps = 0;
	bool serial = false;
	bool slow = false; /* a host with long latencies */
};

} // namespace

outcome run_round(const std::string names[2], unsigned int number, const round_options &options,
		  coverage &seen)
{
	outcome result;
	try {
		runner(names, number, options, seen, result).run();
	} catch (const mismatch &m) {
		result.difference = m.what();
		result.frame = m.frame;
	}
	return result;
}

} // namespace pair_test
