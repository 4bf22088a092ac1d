/* SPDX-License-Identifier: BSD-3-Clause */

#include "../../sim/rtl/rtl_engine.h"
#include "pair.h"

#include <cstdarg>
#include <cstring>

namespace pair_test {

std::string format(const char *text, ...)
{
	char line[512];
	va_list arguments;
	va_start(arguments, text);
	vsnprintf(line, sizeof(line), text, arguments);
	va_end(arguments);
	return line;
}

std::string hex(const uint8_t *data, size_t length)
{
	std::string out;
	for (size_t i = 0; i < length; i++) {
		if (i % 16 == 0)
			out += format("%s  %04zx ", i ? "\n" : "", i);
		out += format(" %02x", data[i]);
		if (i == 511 && length > 512)
			return out + format("\n  ... %zu bytes in all", length);
	}
	return out;
}

/* --- one engine ----------------------------------------------------------------------------------- */

side::side(const std::string &n, const sekisho_engine_config &config, const uint8_t *a)
	: name(n), access(a)
{
	sekisho_engine_callbacks callbacks = {};
	callbacks.context = this;
	callbacks.dma = dma;
	callbacks.interrupt = interrupt;
	callbacks.transmit = transmit;
	for (unsigned int f = 0; f < FUNCTIONS; f++) {
		memory[f].assign(ARENA, 0xa5);
		dirty[f].assign(ARENA / PAGE, 0);
	}
	engine = sekisho_engine_create(&config, &callbacks);
	if (!engine)
		throw mismatch(name + ": cannot be created");
}

side::~side()
{
	sekisho_engine_destroy(engine);
}

unsigned int side::events_met(unsigned int function, unsigned int vector) const
{
	return name == "model" ? 0 :
				 static_cast<rtl_engine *>(engine)->events_met(function, vector);
}

unsigned int side::raised(unsigned int function, unsigned int vector)
{
	return interrupts[function * 256 + vector] + events_met(function, vector);
}

void *side::dma(void *context, unsigned int function, uint64_t address, uint32_t length, bool write)
{
	side *s = (side *)context;
	if (function >= FUNCTIONS || length == 0 || length > PAGE ||
	    address % PAGE + length > PAGE) {
		s->wrong = format("an access of function %u to %#llx, %u bytes", function,
				  (unsigned long long)address, length);
		return nullptr;
	}
	uint64_t offset = address - pair::base(function);
	if (offset >= ARENA ||
	    !(s->access[(function * ARENA + offset) / PAGE] & (write ? WRITE : READ))) {
		s->refused++;
		return nullptr;
	}
	if (write)
		s->dirty[function][offset / PAGE] = 1;
	return &s->memory[function][offset];
}

void side::interrupt(void *context, unsigned int function, unsigned int vector)
{
	((side *)context)->interrupts[function * 256 + vector]++;
}

void side::transmit(void *context, unsigned int port, const uint8_t *frame, uint32_t length)
{
	side *s = (side *)context;
	if (port >= PORTS || length < 60 || length > SEKISHO_ENGINE_MAX_FRAME)
		s->wrong = format("a frame of %u bytes leaves by port %u", length, port);
	else
		s->sent[port].emplace_back(frame, frame + length);
}

void side::offer(unsigned int port, const bytes &frame, bool error)
{
	for (unsigned int i = 0; i < 100000; i++) {
		if (sekisho_engine_receive(engine, port, frame.data(), frame.size(), error))
			return;
		sekisho_engine_run(engine, 64);
	}
	throw mismatch(name + ": takes no more frames");
}

void side::settle()
{
	for (unsigned int i = 0; i < 400; i++)
		if (sekisho_engine_run(engine, 10000) < 10000)
			return;
	throw mismatch(name + ": does not become idle");
}

/* --- memory ------------------------------------------------------------------------------------------ */

pair::pair(const std::string names[2], const sekisho_engine_config configs[2], coverage &c)
	: seen(c), access(FUNCTIONS * ARENA / PAGE, READ | WRITE)
{
	for (unsigned int f = 0; f < FUNCTIONS; f++)
		top[f] = ARENA;
	for (unsigned int i = 0; i < 2; i++)
		sides[i].reset(new side(names[i], configs[i], access.data()));
	for (unsigned int f = 0; f < FUNCTIONS; f++) {
		areas[f] = allocate(f, 16 * 16384, PAGE);
		area_used[f].assign(16, false);
		for (unsigned int a = 0; a < 16; a++)
			protect(f, area_end(f, a), PAGE, NOTHING);
		for (auto &direction : queues[f])
			for (queue &q : direction) {
				size_t entries = 1u << RING_AREA_LOG2;
				/* A queue may begin anywhere in its area: twice the size. */
				q.ring_area = allocate(f, entries * 32, PAGE);
				q.completion_area = &direction == &queues[f][0] ?
							    allocate(f, entries * 64, PAGE) :
							    allocate_private(f, entries * 64, PAGE);
				q.buffer_area = allocate(f, BUFFER_AREA, PAGE);
			}
	}
}

uint64_t pair::allocate(unsigned int function, size_t size, size_t alignment)
{
	used[function] = (used[function] + alignment - 1) / alignment * alignment;
	uint64_t address = base(function) + used[function];
	used[function] += size;
	if (used[function] > top[function])
		throw mismatch("the test's memory is too small");
	return address;
}

uint64_t pair::allocate_private(unsigned int function, size_t size, size_t alignment)
{
	top[function] = (top[function] - size) / alignment * alignment;
	if (used[function] > top[function])
		throw mismatch("the test's memory is too small");
	return base(function) + top[function];
}

void pair::protect(unsigned int function, uint64_t address, size_t size, unsigned int a)
{
	size_t first = (function * ARENA + (address - base(function))) / PAGE;
	for (size_t i = 0; i < size / PAGE; i++)
		access[first + i] = a;
}

void pair::store(unsigned int function, uint64_t address, const void *data, size_t length)
{
	uint64_t offset = address - base(function);
	for (auto &s : sides)
		if (offset < ARENA && length <= ARENA - offset)
			memcpy(&s->memory[function][offset], data, length);
}

int pair::take_area(unsigned int function)
{
	for (unsigned int a = 0; a < area_used[function].size(); a++)
		if (!area_used[function][a]) {
			area_used[function][a] = true;
			return (int)a;
		}
	return -1;
}

uint64_t pair::area_end(unsigned int function, unsigned int area) const
{
	return areas[function] + area * 16384 + 3 * PAGE;
}

void pair::free_area(unsigned int function, descriptor &d)
{
	if (d.area)
		area_used[function][d.area - 1] = false;
	d.area = 0;
}

/* --- registers --------------------------------------------------------------------------------------- */

uint32_t pair::queue_base(unsigned int function, bool transmit, unsigned int q)
{
	return window(function) + (transmit ? SEKISHO_NETWORK_TX_QUEUE_CONTROL(q) :
					      SEKISHO_NETWORK_RX_QUEUE_CONTROL(q));
}

static uint32_t doorbell_base(unsigned int function, bool transmit, unsigned int q)
{
	return pair::window(function) + (transmit ? SEKISHO_NETWORK_TX_DOORBELL_TAIL(q) :
						    SEKISHO_NETWORK_RX_DOORBELL_TAIL(q));
}

std::string pair::name_of(uint32_t address)
{
	static const struct {
		uint32_t from, to, stride;
		const char *name;
	} network[] = {
		{ 0x000, 0x040, 0, "identification" },
		{ 0x040, 0x044, 0, "control" },
		{ 0x044, 0x048, 0, "link" },
		{ 0x048, 0x050, 0, "mac" },
		{ 0x050, 0x054, 0, "max_frame" },
		{ 0x054, 0x058, 0, "rss_types" },
		{ 0x058, 0x05c, 0, "error" },
		{ 0x05c, 0x060, 0, "reset" },
		{ 0x060, 0x064, 0, "event" },
		{ 0x064, 0x068, 0, "flow_enable" },
		{ 0x080, 0x0a8, 4, "rss_key" },
		{ 0x0c0, 0x100, 8, "mac_filter" },
		{ 0x200, 0x400, 4, "rss_table" },
		{ 0x400, 0x500, 0x40, "rx_queue" },
		{ 0x800, 0x900, 0x40, "tx_queue" },
		{ 0x1000, 0x1100, 0x40, "rx_doorbell" },
		{ 0x1800, 0x1900, 0x40, "tx_doorbell" },
		{ 0x2000, 0x2100, 16, "deliver_statistics" },
		{ 0x2100, 0x2200, 16, "verdict_statistics" },
		{ 0x2200, 0x2240, 16, "checksum_statistics" },
		{ 0x2400, 0x2600, 16, "rx_queue_statistics" },
		{ 0x2800, 0x2a00, 16, "tx_queue_statistics" },
		{ 0x2c00, 0x2c80, 16, "flow_statistics" },
		{ 0x4000, 0x4400, 4, "flow_rules" },
	}, management[] = {
		{ 0x000, 0x040, 0, "identification" },
		{ 0x100, 0x180, 0x40, "port" },
		{ 0x4000, 0x4100, 16, "port_rx_statistics" },
		{ 0x4400, 0x4500, 16, "port_tx_statistics" },
		{ 0x5000, 0x5200, 16, "deliver_statistics" },
		{ 0x5400, 0x5600, 16, "verdict_statistics" },
		{ 0x5800, 0x5880, 16, "checksum_statistics" },
		{ 0x5c00, 0x5d00, 16, "flow_statistics" },
		{ 0x6000, 0x6400, 16, "rx_queue_statistics" },
		{ 0x7000, 0x7400, 16, "tx_queue_statistics" },
	};
	unsigned int number = address >> 16;
	uint32_t offset = address & 0xffff;
	std::string out = number ? format("network %u ", number - 1) : "management ";
	for (size_t i = 0; i < (number ? std::size(network) : std::size(management)); i++) {
		auto &r = number ? network[i] : management[i];
		if (offset < r.from || offset >= r.to)
			continue;
		unsigned int in = r.stride ? (offset - r.from) % r.stride : offset - r.from;
		out += r.name;
		if (r.stride)
			out += format("[%u]", (offset - r.from) / r.stride);
		if (in || r.stride > 4)
			out += format(" + %#x", in);
	}
	return out + format(" (%#x)", address);
}

void pair::write(uint32_t address, uint32_t value)
{
	for (auto &s : sides)
		s->write(address, value);
}

uint32_t pair::read(uint32_t address)
{
	uint32_t a = sides[0]->read(address), b = sides[1]->read(address);
	if (a != b)
		differ("register " + name_of(address), format("%#x", a), format("%#x", b));
	return a;
}

void pair::differ(const std::string &what, const std::string &a, const std::string &b)
{
	throw mismatch(what + "\n  " + sides[0]->name + ": " + a + "\n  " + sides[1]->name + ": " +
		       b);
}

/* --- queues ------------------------------------------------------------------------------------------ */

void pair::start(unsigned int function, bool transmit, unsigned int n, unsigned int size_log2,
		 uint64_t ring, uint64_t completions, unsigned int vector)
{
	queue &q = at(function, transmit, n);
	uint32_t registers = queue_base(function, transmit, n);
	q.enabled = true;
	q.broken = false;
	q.size = 1u << size_log2;
	q.ring = ring;
	q.completions = completions;
	q.tail = q.done = 0;
	q.given.assign(q.size, descriptor());
	size_t bytes_of_ring = q.size * (transmit ? 8 : 32);
	uint64_t offset = completions - base(function);
	for (auto &s : sides) {
		if (transmit)
			s->seen[function][n] = s->next[function][n] = 0;
		if (offset < ARENA && bytes_of_ring <= ARENA - offset)
			memset(&s->memory[function][offset], 0, bytes_of_ring);
	}
	write(registers + 0x08, size_log2 | vector << 8);
	write(registers + 0x10, (uint32_t)ring);
	write(registers + 0x14, ring >> 32);
	write(registers + 0x18, (uint32_t)completions);
	write(registers + 0x1c, completions >> 32);
	write(registers + 0x00, 1);
}

void pair::stop(unsigned int function, bool transmit, unsigned int n)
{
	queue &q = at(function, transmit, n);
	uint32_t registers = queue_base(function, transmit, n);
	write(registers, 0);
	for (auto &s : sides) {
		unsigned int i = 0;
		for (; i < 1000 && s->read(registers + 4) & SEKISHO_QUEUE_STATUS_ACTIVE_MASK; i++)
			sekisho_engine_run(s->engine, 100);
		if (i == 1000)
			throw mismatch(s->name + format(": function %u's %s queue %u does not stop",
							function, transmit ? "transmit" : "receive",
							n));
	}
	for (descriptor &d : q.given)
		free_area(function, d);
	q.enabled = false;
}

void pair::forget(unsigned int function)
{
	for (unsigned int t = 0; t < 2; t++)
		for (unsigned int n = 0; n < QUEUES; n++)
			stop(function, t, n);
}

void pair::describe(unsigned int function, bool transmit, unsigned int n, const descriptor &d,
		    uint32_t reserved)
{
	queue &q = at(function, transmit, n);
	uint32_t words[4] = { (uint32_t)d.address, (uint32_t)(d.address >> 32), d.control,
			      reserved };
	store(function, q.ring + q.tail % q.size * 16, words, 16);
	free_area(function, q.given[q.tail % q.size]);
	q.given[q.tail % q.size] = d;
	q.tail++;
}

void pair::doorbell(unsigned int function, bool transmit, unsigned int n)
{
	write(doorbell_base(function, transmit, n), at(function, transmit, n).tail);
}

void pair::arm(unsigned int function, bool transmit, unsigned int n, unsigned int lag)
{
	queue &q = at(function, transmit, n);
	q.request ^= SEKISHO_DOORBELL_ARM_REQUEST_MASK;
	for (auto &s : sides) {
		uint16_t count = (transmit ? s->seen[function][n] : q.done) - lag;
		s->write(doorbell_base(function, transmit, n) + 4, q.request | count);
	}
}

/* --- frames ------------------------------------------------------------------------------------------ */

void pair::offer(unsigned int port, const bytes &frame, bool error)
{
	offered[port]++;
	for (auto &s : sides)
		s->offer(port, frame, error);
}

void pair::settle()
{
	for (auto &s : sides)
		s->settle();
}

/* --- comparison -------------------------------------------------------------------------------------- */

static const struct completion_field {
	const char *name;
	unsigned int word;
	uint32_t mask, shift;
} completion_fields[] = {
#define FIELD(name, word, field)                                  \
	{                                                         \
		name, word, SEKISHO_RX_COMPLETION_##field##_MASK, \
			SEKISHO_RX_COMPLETION_##field##_SHIFT     \
	}
	FIELD("index", 7, STATUS_INDEX),
	FIELD("status", 7, STATUS_STATUS),
	FIELD("more", 7, STATUS_MORE),
	FIELD("length", 0, PACKET_LENGTH),
	FIELD("l3_type", 0, PACKET_L3_TYPE),
	FIELD("l4_type", 0, PACKET_L4_TYPE),
	FIELD("vlan_tags", 0, PACKET_VLAN_TAGS),
	FIELD("reason", 0, PACKET_REASON),
	FIELD("ip_verdict", 0, PACKET_IP_VERDICT),
	FIELD("l4_verdict", 0, PACKET_L4_VERDICT),
	FIELD("rss_hash", 1, RSS_HASH_VALUE),
	FIELD("raw_sum", 2, SUM_RAW_SUM),
	FIELD("vlan_tci", 2, SUM_VLAN_TCI),
	FIELD("l3_offset", 3, OFFSETS_L3_OFFSET),
	FIELD("l4_offset", 3, OFFSETS_L4_OFFSET),
	FIELD("payload_offset", 3, OFFSETS_PAYLOAD_OFFSET),
	FIELD("hash_type", 3, OFFSETS_HASH_TYPE),
	FIELD("marked", 3, OFFSETS_MARKED),
	FIELD("edited", 3, OFFSETS_EDITED),
	FIELD("flow_mark", 5, FLOW_MARK_VALUE),
#undef FIELD
};

static unsigned int get(const uint32_t *words, unsigned int field)
{
	const completion_field &f = completion_fields[field];
	return (words[f.word] & f.mask) >> f.shift;
}
enum { INDEX, STATUS, MORE, LENGTH, L3_TYPE, L4_TYPE, TAGS, REASON, IP_VERDICT, L4_VERDICT };
constexpr unsigned int HASH_TYPE = 16, MARKED = 17, EDITED = 18;

void pair::check_receive(unsigned int function, unsigned int n, uint32_t before[2],
			 uint32_t after[2])
{
	queue &q = at(function, false, n);
	while (q.enabled) {
		uint64_t offset = q.completions - base(function) + q.done % q.size * 32;
		if (offset > ARENA - 32)
			return;
		uint32_t words[2][8];
		bool there[2];
		for (unsigned int i = 0; i < 2; i++) {
			memcpy(words[i], &sides[i]->memory[function][offset], 32);
			there[i] = words[i][7] >> 31 == (q.done / q.size + 1u) % 2;
		}
		if (!there[0] && !there[1])
			return;
		std::string where = format("receive completion %u of function %u queue %u", q.done,
					   function, n);
		if (there[0] != there[1])
			differ(where, there[0] ? "is there" : "is not there",
			       there[1] ? "is there" : "is not there");
		const descriptor d = q.given[q.done % q.size];
		auto content = [&](unsigned int i) {
			uint64_t at = d.address - base(function);
			size_t length = get(words[i], LENGTH);
			if (at >= ARENA || length > ARENA - at)
				return bytes();
			const uint8_t *p = &sides[i]->memory[function][at];
			return bytes(p, p + length);
		};
		auto fail = [&](const std::string &what, uint32_t a, uint32_t b) {
			std::string whole;
			for (unsigned int i = 0; i < 2; i++) {
				whole += "\n  " + sides[i]->name + ":";
				for (const completion_field &f : completion_fields)
					whole += format(" %s %#x", f.name,
							(words[i][f.word] & f.mask) >> f.shift);
			}
			mismatch m(where + ", " + what + "\n  " + sides[0]->name +
				   format(": %#x\n  ", a) + sides[1]->name + format(": %#x", b) +
				   "\nthe whole:" + whole);
			m.frame = content(0);
			throw m;
		};
		for (const completion_field &f : completion_fields) {
			uint32_t a = (words[0][f.word] & f.mask) >> f.shift;
			uint32_t b = (words[1][f.word] & f.mask) >> f.shift;
			if (a != b)
				fail(f.name, a, b);
		}
		for (unsigned int w = 0; w < 8; w++)
			if (w != 4 && words[0][w] != words[1][w])
				fail(format("word %u", w), words[0][w], words[1][w]);
		if (get(words[0], INDEX) != q.done % q.size)
			throw mismatch(where + format(", the index is %u", get(words[0], INDEX)));
		for (unsigned int i = 0; i < 2; i++) {
			uint32_t at = words[i][4] - before[i];
			if (at > after[i] - before[i])
				throw mismatch(where + ", " + sides[i]->name +
					       format(": timestamp %u is not between %u and %u",
						      words[i][4], before[i], after[i]));
			memset(&sides[i]->memory[function][offset + 16], 0, 4);
		}
		if (get(words[0], STATUS) == SEKISHO_COMPLETION_STATUS_DMA_ERROR) {
			/* What was written of it is open. */
			for (unsigned int b = 0; b < get(words[0], LENGTH); b++) {
				uint64_t at = d.address + b - base(function);
				if (at < ARENA)
					for (auto &s : sides)
						s->memory[function][at] = 0xa5;
			}
		}
		seen.l3_type[get(words[0], L3_TYPE)]++;
		seen.l4_type[get(words[0], L4_TYPE)]++;
		seen.tags[get(words[0], TAGS)]++;
		seen.reason[get(words[0], REASON)]++;
		seen.ip_verdict[get(words[0], IP_VERDICT)]++;
		seen.l4_verdict[get(words[0], L4_VERDICT)]++;
		seen.hash_type[get(words[0], HASH_TYPE)]++;
		seen.rx_status[get(words[0], STATUS)]++;
		seen.more += get(words[0], MORE);
		seen.marked += get(words[0], MARKED);
		seen.edited += get(words[0], EDITED);
		free_area(function, q.given[q.done % q.size]);
		q.done++;
	}
}

void pair::read_transmit(side &s, unsigned int function, unsigned int n,
			 std::vector<unsigned int> &statuses)
{
	queue &q = at(function, true, n);
	uint16_t &count = s.seen[function][n], &next = s.next[function][n];
	for (;;) {
		uint64_t offset = q.completions - base(function) + count % q.size * 8;
		if (offset > ARENA - 8)
			return;
		uint32_t words[2];
		memcpy(words, &s.memory[function][offset], 8);
		if (words[1] >> 31 != (count / q.size + 1u) % 2)
			return;
		unsigned int done = (words[0] - next) % q.size + 1;
		if (words[0] >= q.size || words[1] & 0x7ffffff0 || done > (uint16_t)(q.tail - next))
			throw mismatch(s.name +
				       format(": transmit completion %u of function %u queue %u is "
					      "%#x %#x; next to be completed is %u of %u given",
					      count, function, n, words[0], words[1], next,
					      q.tail));
		statuses.insert(statuses.end(), done - 1, SEKISHO_COMPLETION_STATUS_OK);
		statuses.push_back(words[1] & 15);
		next += done;
		count++;
	}
}

void pair::check_transmit(unsigned int function, unsigned int n)
{
	queue &q = at(function, true, n);
	if (!q.enabled)
		return;
	uint16_t first = q.done;
	std::vector<unsigned int> statuses[2];
	for (unsigned int i = 0; i < 2; i++)
		read_transmit(*sides[i], function, n, statuses[i]);
	for (size_t i = 0; i < statuses[0].size() || i < statuses[1].size(); i++) {
		std::string text[2];
		for (unsigned int s = 0; s < 2; s++)
			text[s] = i < statuses[s].size() ? format("status %u", statuses[s][i]) :
							   "is not completed";
		if (text[0] != text[1])
			differ(format("transmit descriptor %u of function %u queue %u",
				      (uint16_t)(first + i), function, n),
			       text[0], text[1]);
		seen.tx_status[statuses[0][i]]++;
		free_area(function, q.given[(uint16_t)(first + i) % q.size]);
	}
	q.done += statuses[0].size();
}

void pair::check_status(unsigned int function, bool transmit, unsigned int n)
{
	queue &q = at(function, transmit, n);
	uint32_t registers = queue_base(function, transmit, n);
	uint32_t status = read(registers + 4);
	if (status & SEKISHO_QUEUE_STATUS_RING_ERROR_MASK)
		q.broken = true;
	seen.ring_errors += (status & ~q.errors & SEKISHO_QUEUE_STATUS_RING_ERROR_MASK) != 0;
	seen.doorbell_errors +=
		(status & ~q.errors & SEKISHO_QUEUE_STATUS_DOORBELL_ERROR_MASK) != 0;
	q.errors = status;
	std::string where =
		format("function %u %s queue %u: ", function, transmit ? "transmit" : "receive", n);
	for (auto &s : sides) {
		uint32_t progress = s->read(registers + 0x20);
		uint16_t fetched = SEKISHO_FIELD_GET(SEKISHO_QUEUE_PROGRESS_FETCHED, progress);
		uint16_t completed = SEKISHO_FIELD_GET(SEKISHO_QUEUE_PROGRESS_COMPLETED, progress);
		uint16_t expected = transmit ? s->seen[function][n] : q.done;
		if (q.enabled && completed != expected)
			throw mismatch(s->name + ": " + where +
				       format("%u completions are counted, %u are in the ring",
					      completed, expected));
		if (!q.enabled || q.broken)
			continue;
		uint16_t used_up = transmit ? s->next[function][n] : q.done;
		uint16_t waiting = q.tail - used_up;
		if ((uint16_t)(fetched - used_up) > waiting ||
		    (waiting <= READ_AHEAD && fetched != q.tail))
			throw mismatch(s->name + ": " + where +
				       format("fetched is %u; %u are given, %u used up", fetched,
					      q.tail, used_up));
	}
}

void pair::check_sent()
{
	for (unsigned int p = 0; p < PORTS; p++) {
		std::map<unsigned int, std::vector<const bytes *>> lists[2];
		for (unsigned int i = 0; i < 2; i++)
			for (const bytes &frame : sides[i]->sent[p])
				lists[i][frame[7]].push_back(&frame);
		for (unsigned int tag = 0; tag < 256; tag++) {
			auto &a = lists[0][tag], &b = lists[1][tag];
			for (size_t k = 0; k < a.size() || k < b.size(); k++) {
				std::string where =
					format("frame %zu of function %u queue %u at port %u", k,
					       tag >> 4, tag & 15, p);
				if (k >= a.size() || k >= b.size()) {
					mismatch m(where + " left by one engine only: " +
						   sides[k >= a.size()]->name);
					m.frame = *(k < a.size() ? a[k] : b[k]);
					throw m;
				}
				if (*a[k] == *b[k])
					continue;
				size_t at = 0;
				while (at < a[k]->size() && at < b[k]->size() &&
				       (*a[k])[at] == (*b[k])[at])
					at++;
				mismatch m(where +
					   format(", byte %zu of %zu and %zu\n", at, a[k]->size(),
						  b[k]->size()) +
					   sides[0]->name + ":\n" +
					   hex(a[k]->data(), a[k]->size()) + "\n" + sides[1]->name +
					   ":\n" + hex(b[k]->data(), b[k]->size()));
				m.frame = *a[k];
				throw m;
			}
		}
		for (auto &s : sides)
			s->sent[p].clear();
	}
}

std::string pair::place_of(unsigned int function, uint64_t address) const
{
	for (unsigned int t = 0; t < 2; t++)
		for (unsigned int n = 0; n < QUEUES; n++) {
			const queue &q = queues[function][t][n];
			std::string name = format("function %u %s queue %u ", function,
						  t ? "transmit" : "receive", n);
			for (unsigned int i = 0; i < q.given.size(); i++)
				if (address - q.given[i].address < (q.given[i].control & 0x3fff))
					return name +
					       format("buffer %u + %llu", i,
						      (unsigned long long)(address -
									   q.given[i].address));
			if (address - q.ring_area < 32u << RING_AREA_LOG2)
				return name + "descriptors";
			if (address - q.completion_area < 64u << RING_AREA_LOG2)
				return name + "completions";
			if (address - q.buffer_area < BUFFER_AREA)
				return name + "buffers, in none";
		}
	return format("function %u", function);
}

void pair::check_memory()
{
	for (unsigned int f = 0; f < FUNCTIONS; f++)
		for (size_t page = 0; page < ARENA / PAGE; page++) {
			if (!(sides[0]->dirty[f][page] | sides[1]->dirty[f][page]))
				continue;
			sides[0]->dirty[f][page] = sides[1]->dirty[f][page] = 0;
			if (page * PAGE >= top[f])
				continue;
			const uint8_t *a = &sides[0]->memory[f][page * PAGE];
			const uint8_t *b = &sides[1]->memory[f][page * PAGE];
			if (!memcmp(a, b, PAGE))
				continue;
			size_t i = 0;
			while (a[i] == b[i])
				i++;
			uint64_t at = base(f) + page * PAGE + i;
			size_t from = i & ~15ull, length = PAGE - from < 64 ? PAGE - from : 64;
			differ(format("host memory %#llx, ", (unsigned long long)at) +
				       place_of(f, at),
			       format("%#x\n", a[i]) + hex(a + from, length),
			       format("%#x\n", b[i]) + hex(b + from, length));
		}
}

void pair::check()
{
	settle();
	uint32_t before[2] = { time[0], time[1] };
	for (unsigned int i = 0; i < 2; i++) {
		side &s = *sides[i];
		time[i] = s.read(SEKISHO_MANAGEMENT_IDENTIFICATION_TIME);
		if (!s.wrong.empty())
			throw mismatch(s.name + ": " + s.wrong);
		if (s.refused && !refusals)
			throw mismatch(s.name + ": the host refused an access");
	}
	for (unsigned int f = 0; f < FUNCTIONS; f++)
		for (unsigned int n = 0; n < QUEUES; n++) {
			check_receive(f, n, before, time);
			check_transmit(f, n);
		}
	check_sent();
	check_memory();
	for (unsigned int f = 0; f < FUNCTIONS; f++)
		for (unsigned int n = 0; n < QUEUES; n++) {
			check_status(f, false, n);
			check_status(f, true, n);
		}
	check_interrupts();
}

void pair::check_interrupts()
{
	for (unsigned int f = 0; f < FUNCTIONS; f++)
		for (unsigned int v = 0; v < 256; v++) {
			unsigned int a = sides[0]->raised(f, v), b = sides[1]->raised(f, v);
			if (a != b)
				differ(format("interrupts of function %u vector %u", f, v),
				       format("%u", a), format("%u", b));
		}
}

void pair::check_counters()
{
	uint64_t packets[0x3400 / 16];
	auto bank = [&](uint32_t from, unsigned int n) {
		for (unsigned int i = 0; i < n; i++) {
			uint32_t at = from + 16 * i;
			packets[(at - 0x4000) / 16] = read(at) | (uint64_t)read(at + 4) << 32;
			read(at + 8);
		}
	};
	auto sum = [&](uint32_t from, unsigned int n) {
		uint64_t total = 0;
		for (unsigned int i = 0; i < n; i++)
			total += packets[(from - 0x4000) / 16 + i];
		return total;
	};
	auto add = [&](uint64_t *to, uint32_t from, unsigned int n, unsigned int groups) {
		for (unsigned int g = 0; g < groups; g++)
			for (unsigned int i = 0; i < n; i++)
				to[i] += packets[(from - 0x4000) / 16 + g * n + i];
	};
	bank(0x4000, 16), bank(0x4400, 16), bank(0x5000, 32), bank(0x5400, 32), bank(0x5800, 8),
		bank(0x5c00, 16);
	bank(0x6000, 64), bank(0x7000, 64);
	for (unsigned int p = 0; p < PORTS; p++) {
		uint64_t sent = 0;
		for (unsigned int q = 0; q < QUEUES; q++)
			sent += sum(0x7000 + (p * 32 + q * 8) * 16, 1);
		if (sum(0x4000 + p * 128, 8) != offered[p])
			throw mismatch(format("port %u: frames offered are not all counted", p));
		if (sum(0x4000 + p * 128, 1) != sum(0x5000 + p * 256, 16))
			throw mismatch(format("port %u: accepted is not the sum of deliver", p));
		if (sum(0x5000 + p * 256, 16) != sum(0x5400 + p * 256, 16))
			throw mismatch(
				format("function %u: verdicts are not as many as frames", p));
		if (sum(0x5000 + p * 256, 1) != sum(0x6000 + p * 512, 32))
			throw mismatch(
				format("function %u: delivered is not the sum of the queues", p));
		if (sum(0x5c00 + p * 128, 8) < sum(0x5000 + p * 256 + 6 * 16, 1))
			throw mismatch(
				format("function %u: flow rules drop more than they count", p));
		if (sent != sum(0x4400 + p * 128, 8) || sent != sum(0x5800 + p * 64, 4))
			throw mismatch(
				format("function %u: sent frames are not all at the port", p));
		/* The function's own window shows its part; a quarter of it, as reading is slow. */
		for (uint32_t i = 0; i < 16; i += 4) {
			uint32_t at = i + offered[0] % 4;
			read(window(p) + 0x2000 + at * 16);
			read(window(p) + 0x2108 + at * 16);
			read(window(p) + 0x2200 + at / 4 * 16);
			read(window(p) + 0x2c00 + at / 2 * 16);
			read(window(p) + 0x2400 + 2 * at * 16);
			read(window(p) + 0x2808 + 2 * at * 16);
		}
	}
	add(seen.port_rx, 0x4000, 8, 2);
	add(seen.port_tx, 0x4400, 8, 2);
	add(seen.deliver, 0x5000, 16, 2);
	add(seen.verdicts, 0x5400, 16, 2);
	add(seen.tx_checksum, 0x5800, 4, 2);
	add(seen.flow_rule, 0x5c00, 8, 2);
	add(seen.rx_queue, 0x6000, 8, 8);
	add(seen.tx_queue, 0x7000, 8, 8);
	for (auto &i : sides[0]->interrupts)
		seen.interrupts += i.second;
	for (auto &s : sides)
		for (unsigned int i = 0; i < FUNCTIONS * 256; i++)
			seen.events_met += s->events_met(i / 256, i % 256);
}

void pair::check_registers(unsigned int number)
{
	uint32_t from = number << 16;
	for (uint32_t at = 0; at < (number ? 0x1900u : 0x180u); at += 4) {
		/* rtl_hash, build, time */
		if (at == 0x8 || at == 0x18 || at == 0x20)
			continue;
		/* progress, and the arm doorbells of transmit queues */
		if (number && ((at >= 0x400 && at < 0x900 && at % 0x40 == 0x20) ||
			       (at >= 0x1800 && at % 0x40 == 4)))
			continue;
		/* Some of what no register has */
		if (number &&
		    ((at >= 0x500 && at < 0x800) || (at >= 0x900 && at < 0x1000) ||
		     (at >= 0x1100 && at < 0x1800)) &&
		    at % 0x80)
			continue;
		read(from + at);
	}
	for (uint32_t i = 0; number && i < SEKISHO_FLOW_RULES * SEKISHO_FLOW_RULE_WORDS; i++)
		read(from + SEKISHO_NETWORK_FLOW_RULES(i));
}

} // namespace pair_test
