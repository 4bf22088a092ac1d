/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The register block over its AXI4-Lite port: every register of the map, by the generated table,
 * and what the table cannot say: doorbells, resets, status inputs, counters.
 */

#include <map>

#include <sekisho/registers.h>

#include "Vcsr.h"
#include "axis.h"
#include "register_table.h"

using namespace axis;

#define FUNCTIONS SEKISHO_FUNCTIONS
#define QUEUES SEKISHO_RX_QUEUES
#define ALL_QUEUES (FUNCTIONS * QUEUES)
#define SLVERR 2

template <typename T> uint64_t peek(const T &port, unsigned lsb, unsigned width)
{
	bytes all(sizeof(T));
	get(port, all.data(), all.size());
	return field(all, lsb, width);
}
template <typename T> void poke(T &port, unsigned lsb, unsigned width, uint64_t value)
{
	bytes all(sizeof(T));
	get(port, all.data(), all.size());
	set_field(all, lsb, width, value);
	put(port, all.data(), all.size());
}

struct counter {
	uint64_t packets, bytes;
};

/* A pulse on the doorbell outputs. */
struct ring {
	char kind; /* r, t, a (arm), f (function reset) */
	unsigned queue, value;
	bool operator==(const ring &o) const
	{
		return kind == o.kind && queue == o.queue && value == o.value;
	}
};

struct bench {
	Vcsr dut;
	rng r{ 7 };
	unsigned stall = 0; /* percent, of every valid and ready */
	unsigned event_percent = 0; /* of every event input, every clock */
	uint64_t clocks = 0;
	std::string violation; /* of the AXI4-Lite rules */
	std::vector<ring> rings;
	bytes rss_table = bytes(FUNCTIONS * 128, 0);
	uint8_t rss_read = 0; /* what its RAM has read a clock ago */
	std::vector<uint32_t> flow_rules = std::vector<uint32_t>(FUNCTIONS * 512);
	uint32_t flow_read = 0;

	/* The model of all counters: by bank and index. */
	std::map<std::pair<char, unsigned>, counter> counters;

	bool b_waited = false, r_waited = false;
	uint32_t r_held = 0;

	void event(char bank, unsigned index, unsigned length)
	{
		counter &c = counters[{ bank, index }];
		c.packets++;
		c.bytes += length;
	}
	void drive_events()
	{
		dut.port_rx_event_valid = dut.port_tx_event_valid = 0;
		dut.deliver_event_valid = dut.verdict_event_valid = 0;
		dut.tx_checksum_event_valid = 0;
		dut.rx_queue_event_valid = dut.tx_queue_event_valid = 0;
		dut.flow_event_valid = 0;
		if (!event_percent)
			return;
		for (unsigned p = 0; p < SEKISHO_PORTS; p++) {
			for (bool rx : { true, false }) {
				if (!chance(r, event_percent))
					continue;
				unsigned result = r() % 8, length = r() & 0x3fff;
				poke(rx ? dut.port_rx_event_valid : dut.port_tx_event_valid, p, 1,
				     1);
				poke(rx ? dut.port_rx_event_result : dut.port_tx_event_result,
				     p * 3, 3, result);
				poke(rx ? dut.port_rx_event_bytes : dut.port_tx_event_bytes, p * 14,
				     14, length);
				event(rx ? 'R' : 'T', p * 8 + result, length);
			}
		}
#define DRIVE(name, bank, count)                                             \
	if (chance(r, event_percent)) {                                      \
		dut.name##_event_valid = 1;                                  \
		dut.name##_event_index = r() % (count);                      \
		dut.name##_event_bytes = r() & 0x3fff;                       \
		event(bank, dut.name##_event_index, dut.name##_event_bytes); \
	}
		DRIVE(deliver, 'd', FUNCTIONS * 16)
		DRIVE(verdict, 'v', FUNCTIONS * 16)
		DRIVE(tx_checksum, 'c', FUNCTIONS * 4)
		DRIVE(rx_queue, 'r', ALL_QUEUES * 8)
		DRIVE(tx_queue, 't', ALL_QUEUES * 8)
		DRIVE(flow, 'f', FUNCTIONS * SEKISHO_FLOW_RULES)
	}

	/* Outputs settled: what happened in this clock. */
	void observe()
	{
		if (dut.rx_doorbell_valid)
			rings.push_back({ 'r', dut.rx_doorbell_queue, dut.rx_doorbell_tail });
		if (dut.tx_doorbell_valid)
			rings.push_back({ 't', dut.tx_doorbell_queue, dut.tx_doorbell_tail });
		if (dut.arm_write_valid)
			rings.push_back({ 'a', dut.arm_write_queue, dut.arm_write_seen });
		if ((dut.s_axil_bvalid || dut.s_axil_rvalid || dut.rx_doorbell_valid) && !dut.busy)
			violation = "not busy during an access";
		if (dut.function_reset)
			rings.push_back({ 'f', dut.function_reset, 0 });
		if (b_waited && !dut.s_axil_bvalid)
			violation = "bvalid withdrawn";
		if (r_waited && (!dut.s_axil_rvalid || dut.s_axil_rdata != r_held))
			violation = "rvalid withdrawn or rdata changed";
		b_waited = dut.s_axil_bvalid && !dut.s_axil_bready;
		r_waited = dut.s_axil_rvalid && !dut.s_axil_rready;
		r_held = dut.s_axil_rdata;
	}
	/* The first half of a clock; look at the outputs, then call finish(). */
	void start()
	{
		drive_events();
		dut.clk = 0;
		dut.eval();
		observe();
	}
	void finish()
	{
		unsigned read_address = dut.rss_read_address;
		bool write = dut.rss_write_valid;
		unsigned write_address = dut.rss_write_address, data = dut.rss_write_data;
		unsigned flow_address = dut.flow_read_address;
		bool flow_write = dut.flow_write_valid;
		unsigned flow_write_address = dut.flow_write_address, word = dut.flow_write_data;
		dut.clk = 1;
		dut.eval();
		/* The RSS table's RAM, and the register behind it. */
		dut.rss_read_data = rss_read;
		rss_read = rss_table[read_address];
		if (write)
			rss_table[write_address] = data;
		/* The flow rules' is read in the same way. */
		dut.flow_read_data = flow_read;
		flow_read = flow_rules[flow_address];
		if (flow_write)
			flow_rules[flow_write_address] = word;
		clocks++;
	}
	void idle(unsigned n)
	{
		while (n--) {
			start();
			finish();
		}
	}
	void reset()
	{
		dut.s_axil_awvalid = dut.s_axil_wvalid = dut.s_axil_arvalid = 0;
		dut.s_axil_bready = dut.s_axil_rready = 0;
		dut.rst = 1;
		b_waited = r_waited = false;
		unsigned events = event_percent;
		event_percent = 0;
		for (int i = 0; i < 3; i++) {
			drive_events();
			dut.clk = 0;
			dut.eval();
			dut.clk = 1;
			dut.eval();
		}
		event_percent = events;
		dut.rst = 0;
		counters.clear();
		rings.clear();
	}

	/* One access, or a write and a read at the same time. Returns what the read gave. */
	uint32_t access(bool write, uint32_t write_address, uint32_t data, unsigned strobe,
			unsigned *write_response, bool read, uint32_t read_address,
			unsigned *read_response)
	{
		bool aw = write, w = write, b = write, ar = read, rr = read;
		uint32_t result = 0;
		for (unsigned n = 0; aw || w || b || ar || rr; n++) {
			if (n > 2000) {
				violation = "no answer";
				break;
			}
			/* A valid that is up stays up. */
			dut.s_axil_awvalid = aw && (dut.s_axil_awvalid || !chance(r, stall));
			dut.s_axil_wvalid = w && (dut.s_axil_wvalid || !chance(r, stall));
			dut.s_axil_arvalid = ar && (dut.s_axil_arvalid || !chance(r, stall));
			dut.s_axil_awaddr = dut.s_axil_awvalid ? write_address : r() & 0xfffff;
			dut.s_axil_wdata = dut.s_axil_wvalid ? data : r();
			dut.s_axil_wstrb = dut.s_axil_wvalid ? strobe : r() & 0xf;
			dut.s_axil_araddr = dut.s_axil_arvalid ? read_address : r() & 0xfffff;
			dut.s_axil_bready = !chance(r, stall);
			dut.s_axil_rready = !chance(r, stall);
			start();
			if (dut.s_axil_bvalid && (!b || aw || w))
				violation = "an answer to no write";
			if (dut.s_axil_rvalid && (!rr || ar))
				violation = "an answer to no read";
			if (dut.s_axil_awvalid && dut.s_axil_awready)
				aw = false;
			if (dut.s_axil_wvalid && dut.s_axil_wready)
				w = false;
			if (dut.s_axil_arvalid && dut.s_axil_arready)
				ar = false;
			if (dut.s_axil_bvalid && dut.s_axil_bready) {
				b = false;
				if (write_response)
					*write_response = dut.s_axil_bresp;
			}
			if (dut.s_axil_rvalid && dut.s_axil_rready) {
				rr = false;
				result = dut.s_axil_rdata;
				if (read_response)
					*read_response = dut.s_axil_rresp;
			}
			finish();
			/* Taken: not valid in the next clock unless asked again. */
			if (!aw)
				dut.s_axil_awvalid = 0;
			if (!w)
				dut.s_axil_wvalid = 0;
			if (!ar)
				dut.s_axil_arvalid = 0;
		}
		dut.s_axil_bready = dut.s_axil_rready = 0;
		return result;
	}
	uint32_t read(uint32_t address, unsigned *response = nullptr)
	{
		return access(false, 0, 0, 0, nullptr, true, address, response);
	}
	unsigned write(uint32_t address, uint32_t data, unsigned strobe = 0xf)
	{
		unsigned response = ~0u;
		access(true, address, data, strobe, &response, false, 0, nullptr);
		return response;
	}
	uint64_t read64(uint32_t address)
	{
		uint64_t low = read(address);
		return low | (uint64_t)read(address + 4) << 32;
	}
};

static std::string hex(uint64_t v)
{
	char text[32];
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)v);
	return text;
}

/* Collects what is wrong in a walk; the first one is told. */
struct findings {
	unsigned count = 0;
	std::string first;
	void add(const std::string &text)
	{
		if (!count++)
			first = text;
	}
	void expect(uint64_t got, uint64_t want, const std::string &what)
	{
		if (got != want)
			add(what + " is " + hex(got) + ", expected " + hex(want));
	}
	void verdict(tap &t, const std::string &name)
	{
		t.check(count == 0, name, first + " (" + std::to_string(count) + " in all)");
		count = 0;
	}
};

struct place {
	uint32_t address;
	unsigned window;
	const struct sekisho_register_entry *entry;
	std::string name() const
	{
		return "window " + std::to_string(window) + " " + entry->info.name;
	}
	bool counts() const { return strstr(entry->info.name, "_statistics") != nullptr; }
	/* Writing to it does more than to keep a value. */
	bool acts() const { return window && entry->info.offset == SEKISHO_NETWORK_RESET; }
};

static std::vector<place> all_registers()
{
	std::vector<place> found;
	for (unsigned window = 0; window <= FUNCTIONS; window++) {
		const auto &table = window ? sekisho_network_table : sekisho_management_table;
		for (unsigned i = 0; i < table.count; i++)
			found.push_back(
				{ window * SEKISHO_WINDOW_SIZE + table.entries[i].info.offset,
				  window, &table.entries[i] });
	}
	return found;
}

/* Every input that a register shows, at random; the expected words by address. */
static std::map<uint32_t, uint32_t> random_status(bench &b)
{
	std::map<uint32_t, uint32_t> want;
	b.dut.microseconds = b.r();
	for (unsigned p = 0; p < SEKISHO_PORTS; p++) {
		bool up = b.r() & 1;
		uint32_t speed = b.r() & 0xffffff;
		poke(b.dut.link_up, p, 1, up);
		poke(b.dut.link_speed, p * 24, 24, speed);
		want[SEKISHO_MANAGEMENT_PORT_STATUS(p)] = speed << 8 | up;
		want[SEKISHO_WINDOW_NETWORK(p) + SEKISHO_NETWORK_LINK] = speed << 8 | up;
	}
	for (unsigned w = 0; w <= FUNCTIONS; w++)
		want[w * SEKISHO_WINDOW_SIZE + SEKISHO_IDENTIFICATION_TIME] = b.dut.microseconds;
	for (unsigned gq = 0; gq < ALL_QUEUES; gq++) {
		uint32_t base = SEKISHO_WINDOW_NETWORK(gq / QUEUES);
		unsigned q = gq % QUEUES;
		uint32_t status = b.r() & 7, progress = b.r();
		poke(b.dut.rx_queue_active, gq, 1, status & 1);
		poke(b.dut.rx_queue_ring_error, gq, 1, status >> 1 & 1);
		poke(b.dut.rx_queue_doorbell_error, gq, 1, status >> 2 & 1);
		poke(b.dut.rx_queue_fetched, gq * 16, 16, progress & 0xffff);
		poke(b.dut.rx_queue_completed, gq * 16, 16, progress >> 16);
		want[base + SEKISHO_NETWORK_RX_QUEUE_STATUS(q)] = status;
		want[base + SEKISHO_NETWORK_RX_QUEUE_PROGRESS(q)] = progress;
		status = b.r() & 7, progress = b.r();
		poke(b.dut.tx_queue_active, gq, 1, status & 1);
		poke(b.dut.tx_queue_ring_error, gq, 1, status >> 1 & 1);
		poke(b.dut.tx_queue_doorbell_error, gq, 1, status >> 2 & 1);
		poke(b.dut.tx_queue_fetched, gq * 16, 16, progress & 0xffff);
		poke(b.dut.tx_queue_completed, gq * 16, 16, progress >> 16);
		want[base + SEKISHO_NETWORK_TX_QUEUE_STATUS(q)] = status;
		want[base + SEKISHO_NETWORK_TX_QUEUE_PROGRESS(q)] = progress;
	}
	return want;
}

/* What the outputs must be when the registers hold these words. */
static void check_outputs(bench &b, std::map<uint32_t, uint32_t> &word, findings &f)
{
	auto &d = b.dut;
	d.clk = 0;
	d.eval();
	for (unsigned p = 0; p < SEKISHO_PORTS; p++)
		f.expect(peek(d.port_enable, p, 1), word[SEKISHO_MANAGEMENT_PORT_CONTROL(p)] & 1,
			 "port_enable");
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		uint32_t base = SEKISHO_WINDOW_NETWORK(i);
		uint32_t control = word[base + SEKISHO_NETWORK_CONTROL];
		f.expect(peek(d.rx_enable, i, 1), control & 1, "rx_enable");
		f.expect(peek(d.tx_enable, i, 1), control >> 1 & 1, "tx_enable");
		f.expect(peek(d.promiscuous, i, 1), control >> 2 & 1, "promiscuous");
		f.expect(peek(d.all_multicast, i, 1), control >> 3 & 1, "all_multicast");
		f.expect(peek(d.drop_bad_ip, i, 1), control >> 4 & 1, "drop_bad_ip");
		f.expect(peek(d.drop_bad_l4, i, 1), control >> 5 & 1, "drop_bad_l4");
		f.expect(peek(d.scatter, i, 1), control >> 6 & 1, "scatter");
		uint32_t event = word[base + SEKISHO_NETWORK_EVENT];
		f.expect(peek(d.event_vector, i * 8, 8), event & 0xff, "event_vector");
		f.expect(peek(d.event_enable, i, 1), event >> 31, "event_enable");
		for (unsigned n = 0; n < 8; n++) {
			uint32_t hi = word[base + SEKISHO_NETWORK_MAC_FILTER_HI(n)];
			f.expect(peek(d.mac_filter, (i * 8 + n) * 48, 32),
				 word[base + SEKISHO_NETWORK_MAC_FILTER_LO(n)], "mac_filter");
			f.expect(peek(d.mac_filter, (i * 8 + n) * 48 + 32, 16), hi & 0xffff,
				 "mac_filter");
			f.expect(peek(d.mac_filter_valid, i * 8 + n, 1), hi >> 31,
				 "mac_filter_valid");
		}
		f.expect(peek(d.mac, i * 48, 32), word[base + SEKISHO_NETWORK_MAC_LO], "mac");
		f.expect(peek(d.mac, i * 48 + 32, 16), word[base + SEKISHO_NETWORK_MAC_HI], "mac");
		f.expect(peek(d.max_frame, i * 14, 14), word[base + SEKISHO_NETWORK_MAX_FRAME],
			 "max_frame");
		f.expect(peek(d.rss_types, i * 6, 6), word[base + SEKISHO_NETWORK_RSS_TYPES],
			 "rss_types");
		for (unsigned k = 0; k < 10; k++)
			f.expect(peek(d.rss_key, i * 320 + k * 32, 32),
				 word[base + SEKISHO_NETWORK_RSS_KEY(k)], "rss_key");
		for (unsigned n = 0; n < 128; n++)
			f.expect(b.rss_table[i * 128 + n],
				 word[base + SEKISHO_NETWORK_RSS_TABLE(n)], "rss table in RAM");
		for (unsigned n = 0; n < SEKISHO_FLOW_RULES * SEKISHO_FLOW_RULE_WORDS; n++)
			f.expect(b.flow_rules[i * SEKISHO_FLOW_RULES * SEKISHO_FLOW_RULE_WORDS + n],
				 word[base + SEKISHO_NETWORK_FLOW_RULES(n)], "flow rules in RAM");
		f.expect(peek(d.flow_enable, i * 8, 8), word[base + SEKISHO_NETWORK_FLOW_ENABLE],
			 "flow_enable");
		for (unsigned q = 0; q < QUEUES; q++) {
			unsigned gq = i * QUEUES + q;
#define QUEUE_OUTPUTS(rx, RX)                                                                   \
	do {                                                                                    \
		uint32_t config = word[base + SEKISHO_NETWORK_##RX##_QUEUE_CONFIG(q)];          \
		f.expect(peek(d.rx##_queue_enable, gq, 1),                                      \
			 word[base + SEKISHO_NETWORK_##RX##_QUEUE_CONTROL(q)], #rx " enable");  \
		f.expect(peek(d.rx##_queue_size_log2, gq * 4, 4), config & 0xf, #rx " size");   \
		f.expect(peek(d.rx##_queue_vector, gq * 8, 8), config >> 8, #rx " vector");     \
		f.expect(peek(d.rx##_queue_ring, gq * 64, 64),                                  \
			 word[base + SEKISHO_NETWORK_##RX##_QUEUE_RING_LO(q)] |                 \
				 (uint64_t)word[base + SEKISHO_NETWORK_##RX##_QUEUE_RING_HI(q)] \
					 << 32,                                                 \
			 #rx " ring");                                                          \
		f.expect(peek(d.rx##_queue_completion, gq * 64, 64),                            \
			 word[base + SEKISHO_NETWORK_##RX##_QUEUE_COMPLETION_LO(q)] |           \
				 (uint64_t)word[base +                                          \
						SEKISHO_NETWORK_##RX##_QUEUE_COMPLETION_HI(q)]  \
					 << 32,                                                 \
			 #rx " completion");                                                    \
	} while (0)
			QUEUE_OUTPUTS(rx, RX);
			QUEUE_OUTPUTS(tx, TX);
		}
	}
}

static void test_identity(bench &b, tap &t)
{
	findings f;
	for (unsigned w = 0; w <= FUNCTIONS; w++) {
		uint32_t base = w * SEKISHO_WINDOW_SIZE;
		unsigned index = w ? w - 1 : 0;
		uint32_t capabilities = SEKISHO_PORTS << 16 | FUNCTIONS << 20 | 15u << 24;
		f.expect(b.read(base + SEKISHO_IDENTIFICATION_MAGIC), 0x494b4553, "magic");
		f.expect(b.read(base + SEKISHO_IDENTIFICATION_MAP_VERSION), 0x20000, "version");
		f.expect(b.read(base + SEKISHO_IDENTIFICATION_RTL_HASH), RTL_HASH, "hash");
		f.expect(b.read(base + SEKISHO_IDENTIFICATION_FUNCTION_INFO),
			 (w ? 1 : 0) | index << 8 | index << 16, "function_info");
		f.expect(b.read(base + SEKISHO_IDENTIFICATION_CAPABILITIES),
			 capabilities | QUEUES | SEKISHO_TX_QUEUES << 8, "capabilities");
		f.expect(b.read(base + SEKISHO_IDENTIFICATION_BUILD), 512 | 256 << 12, "build");
		f.expect(b.read(base + SEKISHO_IDENTIFICATION_LIMITS), 9728, "limits");
	}
	f.verdict(t, "identification of every function");
}

static void test_map(bench &b, tap &t)
{
	findings f;
	std::vector<place> registers = all_registers();
	std::map<uint32_t, place> by_address;
	for (const auto &p : registers)
		by_address[p.address] = p;

	b.reset();
	for (const auto &p : registers) {
		uint32_t got = b.read(p.address);
		f.expect(got & p.entry->reset_mask, p.entry->reset & p.entry->reset_mask, p.name());
		if (p.counts())
			f.expect(got, 0, p.name());
	}
	t.check(registers.size() > 2000, "the table has every register",
		std::to_string(registers.size()));
	f.verdict(t, "every register has its reset value");

	uint64_t unmapped = 0;
	for (uint32_t address = 0; address < (FUNCTIONS + 1) * SEKISHO_WINDOW_SIZE; address += 4) {
		unsigned response = ~0u;
		uint32_t got = b.read(address, &response);
		if (by_address.count(address)) {
			f.expect(response, 0, "response at " + hex(address));
		} else {
			unmapped++;
			f.expect(response, SLVERR, "response at " + hex(address));
			f.expect(got, 0, "data at " + hex(address));
		}
	}
	for (uint32_t window = FUNCTIONS + 1; window < 16; window++) {
		for (uint32_t offset : { 0x0u, 0x4u, 0x40u, 0x400u, 0x1000u, 0x2000u, 0xfffcu }) {
			unsigned response = ~0u;
			f.expect(b.read(window << 16 | offset, &response), 0, "data of no window");
			f.expect(response, SLVERR, "response of no window");
			f.expect(b.write(window << 16 | offset, ~0u), SLVERR, "write to no window");
		}
	}
	printf("# %zu registers, %lu unmapped words\n", registers.size(), unmapped);
	f.verdict(t, "reading what is not mapped gives 0 and SLVERR, all else OKAY");
}

static void test_values(bench &b, tap &t)
{
	findings f;
	std::vector<place> registers = all_registers();
	std::map<uint32_t, uint32_t> want, status;

	b.reset();
	status = random_status(b);
	for (const auto &p : registers) {
		if (p.counts())
			continue;
		want[p.address] = status.count(p.address) ? status[p.address] : b.read(p.address);
	}
	auto read_back = [&](const std::string &when) {
		for (const auto &p : registers)
			if (!p.counts())
				f.expect(b.read(p.address), want[p.address],
					 when + ": " + p.name());
	};
	read_back("status inputs");
	f.verdict(t, "status inputs show in their registers");
	/* A queue that is still active cannot be enabled. */
	for (unsigned gq = 0; gq < ALL_QUEUES; gq++) {
		uint32_t base = SEKISHO_WINDOW_NETWORK(gq / QUEUES);
		poke(b.dut.rx_queue_active, gq, 1, 0);
		poke(b.dut.tx_queue_active, gq, 1, 0);
		want[base + SEKISHO_NETWORK_RX_QUEUE_STATUS(gq % QUEUES)] &= ~1u;
		want[base + SEKISHO_NETWORK_TX_QUEUE_STATUS(gq % QUEUES)] &= ~1u;
	}

	for (unsigned round = 0; round < 4; round++) {
		for (const auto &p : registers) {
			uint32_t value = round == 0 ? ~0u : round == 1 ? 0 : (uint32_t)b.r();
			if (p.acts())
				continue;
			f.expect(b.write(p.address, value), 0, "write response: " + p.name());
			if (!p.counts())
				want[p.address] = (want[p.address] & ~p.entry->write_mask) |
						  (value & p.entry->write_mask);
		}
		read_back("round " + std::to_string(round));
		check_outputs(b, want, f);
	}
	f.verdict(t, "every register keeps its writable bits and no others, and drives its output");

	for (const auto &p : registers) {
		if (p.acts() || p.counts())
			continue;
		unsigned strobe = b.r() % 15;
		f.expect(b.write(p.address, b.r(), strobe), SLVERR, "part of a word: " + p.name());
	}
	read_back("after writes of parts");
	f.verdict(t, "a write of a part of a word gets SLVERR and changes nothing");

	std::map<uint32_t, bool> mapped;
	for (const auto &p : registers)
		mapped[p.address] = true;
	b.rings.clear();
	for (uint32_t address = 0; address < (FUNCTIONS + 1) * SEKISHO_WINDOW_SIZE; address += 4) {
		bool doorbells = address >= SEKISHO_WINDOW_SIZE &&
				 (address & (SEKISHO_WINDOW_SIZE - 1)) >> 12 == 1;
		if (!mapped.count(address) && !doorbells)
			f.expect(b.write(address, ~0u), SLVERR, "write to " + hex(address));
	}
	read_back("after writes to nothing");
	f.expect(b.rings.size(), 0, "pulses");
	f.verdict(t, "writing what is not mapped gets SLVERR and changes nothing");
}

static void test_doorbells(bench &b, tap &t)
{
	findings f;
	b.reset();
	std::vector<ring> want;
	auto add = [&](uint32_t address, uint32_t value, ring expected) {
		b.write(address, value);
		want.push_back(expected);
		f.expect(b.read(address), value & (expected.kind == 'a' ? 0x8000ffffu : 0xffffu),
			 "read back");
	};
	for (unsigned i = 0; i < 200; i++) {
		unsigned gq = b.r() % ALL_QUEUES, q = gq % QUEUES;
		uint32_t base = SEKISHO_WINDOW_NETWORK(gq / QUEUES), value = b.r();
		switch (i % 4) {
		case 0:
			add(base + SEKISHO_NETWORK_RX_DOORBELL_TAIL(q), value,
			    { 'r', gq, value & 0xffff });
			break;
		case 1:
			add(base + SEKISHO_NETWORK_TX_DOORBELL_TAIL(q), value,
			    { 't', gq, value & 0xffff });
			break;
		case 2:
			add(base + SEKISHO_NETWORK_RX_DOORBELL_ARM(q), value,
			    { 'a', gq, value & 0xffff });
			break;
		default:
			add(base + SEKISHO_NETWORK_TX_DOORBELL_ARM(q), value,
			    { 'a', gq + ALL_QUEUES, value & 0xffff });
		}
	}
	b.idle(10);
	if (!(b.rings == want))
		f.add("pulses differ: " + std::to_string(b.rings.size()));
	f.verdict(t, "a doorbell write rings its queue once, with its value; a read does not");

	b.rings.clear();
	uint32_t base = SEKISHO_WINDOW_NETWORK(1);
	f.expect(b.write(base + SEKISHO_NETWORK_RX_DOORBELL_TAIL(0) + 8, 1), SLVERR, "response");
	f.expect(b.read(base + SEKISHO_NETWORK_ERROR), 1, "error");
	f.expect(b.write(base + 0x1ffc, 1), SLVERR, "response");
	f.expect(b.read(base + SEKISHO_NETWORK_ERROR), 1, "error");
	f.expect(b.read(SEKISHO_WINDOW_NETWORK(0) + SEKISHO_NETWORK_ERROR), 0, "other's error");
	f.expect(b.rings.size(), 0, "pulses");
	b.write(base + SEKISHO_NETWORK_RESET, 1);
	f.expect(b.read(base + SEKISHO_NETWORK_ERROR), 0, "error after reset");
	f.verdict(t, "a write to no doorbell sets the function's error bit until its reset");
}

/* enable while something of before is in flight: no effect, on this queue only. */
static void test_stopping(bench &b, tap &t)
{
	findings f;
	b.reset();
	for (unsigned gq = 0; gq < ALL_QUEUES; gq++)
		for (unsigned tx = 0; tx < 2; tx++) {
			auto active = [&](unsigned v) {
				if (tx)
					poke(b.dut.tx_queue_active, gq, 1, v);
				else
					poke(b.dut.rx_queue_active, gq, 1, v);
			};
			uint32_t control = SEKISHO_WINDOW_NETWORK(gq / QUEUES) +
					   (tx ? SEKISHO_NETWORK_TX_QUEUE_CONTROL(gq % QUEUES) :
						 SEKISHO_NETWORK_RX_QUEUE_CONTROL(gq % QUEUES));
			b.write(control, 1);
			active(1);
			f.expect(b.read(control), 1, "an active queue stays enabled");
			b.write(control, 0);
			b.write(control, 1);
			f.expect(b.read(control), 0, "a stopping queue is not enabled");
			active(0);
			f.expect(b.read(control), 0, "nor later");
			b.write(control, 1);
			f.expect(b.read(control), 1, "a queue that has stopped is");
		}
	f.verdict(t, "a queue is enabled again only when it has stopped");
}

static void test_reset(bench &b, tap &t)
{
	findings f;
	b.reset();
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		uint32_t base = SEKISHO_WINDOW_NETWORK(i);
		b.write(base + SEKISHO_NETWORK_CONTROL, 0x7f);
		b.write(base + SEKISHO_NETWORK_RSS_TYPES, 0x3f);
		b.write(base + SEKISHO_NETWORK_EVENT, 0x80000008);
		b.write(base + SEKISHO_NETWORK_FLOW_ENABLE, 0xff);
		b.write(base + SEKISHO_NETWORK_FLOW_RULES(77), 0x12345678);
		for (unsigned n = 0; n < 8; n++)
			b.write(base + SEKISHO_NETWORK_MAC_FILTER_HI(n), 0x80001234);
		for (unsigned q = 0; q < QUEUES; q++) {
			b.write(base + SEKISHO_NETWORK_RX_QUEUE_CONTROL(q), 1);
			b.write(base + SEKISHO_NETWORK_TX_QUEUE_CONTROL(q), 1);
			b.write(base + SEKISHO_NETWORK_RX_QUEUE_CONFIG(q), 5);
		}
	}
	b.rings.clear();
	b.write(SEKISHO_WINDOW_NETWORK(1) + SEKISHO_NETWORK_RESET, 0);
	f.expect(b.rings.size(), 0, "pulses after writing 0");
	b.write(SEKISHO_WINDOW_NETWORK(1) + SEKISHO_NETWORK_RESET, 1);
	b.idle(5);
	if (!(b.rings == std::vector<ring>{ { 'f', 2, 0 } }))
		f.add("function_reset is not one pulse of function 1");
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		uint32_t base = SEKISHO_WINDOW_NETWORK(i);
		f.expect(b.read(base + SEKISHO_NETWORK_RESET), 0, "reset register");
		f.expect(b.read(base + SEKISHO_NETWORK_CONTROL), i == 1 ? 0 : 0x7f, "control");
		f.expect(b.read(base + SEKISHO_NETWORK_RSS_TYPES), i == 1 ? 0 : 0x3f, "rss_types");
		f.expect(b.read(base + SEKISHO_NETWORK_EVENT), i == 1 ? 8 : 0x80000008, "event");
		f.expect(b.read(base + SEKISHO_NETWORK_FLOW_ENABLE), i == 1 ? 0 : 0xff,
			 "flow_enable");
		f.expect(b.read(base + SEKISHO_NETWORK_FLOW_RULES(77)), 0x12345678, "flow rules");
		for (unsigned n = 0; n < 8; n++)
			f.expect(b.read(base + SEKISHO_NETWORK_MAC_FILTER_HI(n)),
				 i == 1 ? 0x1234 : 0x80001234, "mac_filter");
		for (unsigned q = 0; q < QUEUES; q++) {
			f.expect(b.read(base + SEKISHO_NETWORK_RX_QUEUE_CONTROL(q)), i != 1,
				 "rx queue");
			f.expect(b.read(base + SEKISHO_NETWORK_TX_QUEUE_CONTROL(q)), i != 1,
				 "tx queue");
			f.expect(b.read(base + SEKISHO_NETWORK_RX_QUEUE_CONFIG(q)), 5, "config");
		}
	}
	f.verdict(
		t,
		"a function's reset clears its enables, filters, events, RSS types and flow rules' "
		"enables, and nothing else");
}

/* Reads every counter from both sides and compares with the model. */
static void check_counters(bench &b, findings &f)
{
	auto check = [&](uint32_t address, char bank, unsigned index) {
		counter want = b.counters[{ bank, index }];
		std::string name =
			std::string(1, bank) + std::to_string(index) + " at " + hex(address);
		f.expect(b.read64(address), want.packets, name + " packets");
		f.expect(b.read64(address + 8), want.bytes, name + " bytes");
	};
	for (unsigned i = 0; i < SEKISHO_PORTS * 8; i++) {
		check(SEKISHO_MANAGEMENT_PORT_RX_STATISTICS_PACKETS_LO(i), 'R', i);
		check(SEKISHO_MANAGEMENT_PORT_TX_STATISTICS_PACKETS_LO(i), 'T', i);
	}
	for (unsigned i = 0; i < FUNCTIONS * 16; i++) {
		uint32_t base = SEKISHO_WINDOW_NETWORK(i / 16);
		check(SEKISHO_MANAGEMENT_DELIVER_STATISTICS_PACKETS_LO(i), 'd', i);
		check(SEKISHO_MANAGEMENT_VERDICT_STATISTICS_PACKETS_LO(i), 'v', i);
		check(base + SEKISHO_NETWORK_DELIVER_STATISTICS_PACKETS_LO(i % 16), 'd', i);
		check(base + SEKISHO_NETWORK_VERDICT_STATISTICS_PACKETS_LO(i % 16), 'v', i);
	}
	for (unsigned i = 0; i < FUNCTIONS * 4; i++) {
		uint32_t base = SEKISHO_WINDOW_NETWORK(i / 4);
		check(SEKISHO_MANAGEMENT_CHECKSUM_STATISTICS_PACKETS_LO(i), 'c', i);
		check(base + SEKISHO_NETWORK_CHECKSUM_STATISTICS_PACKETS_LO(i % 4), 'c', i);
	}
	for (unsigned i = 0; i < FUNCTIONS * SEKISHO_FLOW_RULES; i++) {
		uint32_t base = SEKISHO_WINDOW_NETWORK(i / SEKISHO_FLOW_RULES);
		check(SEKISHO_MANAGEMENT_FLOW_STATISTICS_PACKETS_LO(i), 'f', i);
		check(base + SEKISHO_NETWORK_FLOW_STATISTICS_PACKETS_LO(i % SEKISHO_FLOW_RULES),
		      'f', i);
	}
	for (unsigned i = 0; i < ALL_QUEUES * 8; i++) {
		unsigned each = QUEUES * 8;
		uint32_t base = SEKISHO_WINDOW_NETWORK(i / each);
		check(SEKISHO_MANAGEMENT_RX_QUEUE_STATISTICS_PACKETS_LO(i), 'r', i);
		check(SEKISHO_MANAGEMENT_TX_QUEUE_STATISTICS_PACKETS_LO(i), 't', i);
		check(base + SEKISHO_NETWORK_RX_QUEUE_STATISTICS_PACKETS_LO(i % each), 'r', i);
		check(base + SEKISHO_NETWORK_TX_QUEUE_STATISTICS_PACKETS_LO(i % each), 't', i);
	}
}

static void test_counters(bench &b, tap &t)
{
	findings f;
	b.reset();
	b.idle(300); /* the counters are cleared */
	b.event_percent = 70;
	b.idle(20000);
	for (unsigned i = 0; i < 2000; i++)
		b.read(SEKISHO_WINDOW_NETWORK(b.r() % FUNCTIONS) +
		       SEKISHO_NETWORK_RX_QUEUE_STATISTICS_PACKETS_LO(b.r() % (QUEUES * 8)));
	b.event_percent = 0;
	uint64_t packets = 0;
	for (const auto &c : b.counters)
		packets += c.second.packets;
	printf("# %lu events on %zu counters\n", packets, b.counters.size());
	check_counters(b, f);
	b.idle(10);
	f.expect(b.dut.busy, 0, "busy");
	f.verdict(t, "every event is in its counter, from the management and from the function");
}

static void test_latch(bench &b, tap &t)
{
	findings f;
	uint32_t base0 = SEKISHO_WINDOW_NETWORK(0), base1 = SEKISHO_WINDOW_NETWORK(1);
	uint32_t low = base0 + SEKISHO_NETWORK_DELIVER_STATISTICS_BYTES_LO(3);
	uint64_t total = 0;
	auto event = [&](unsigned length) {
		b.dut.deliver_event_valid = 1;
		b.dut.deliver_event_index = 3;
		b.dut.deliver_event_bytes = length;
		b.dut.clk = 0;
		b.dut.eval();
		b.observe();
		b.finish();
		b.dut.deliver_event_valid = 0;
		total += length;
	};
	b.reset();
	b.idle(300);
	while (total + 0x3fff <= 0xffffffffu)
		event(0x3fff);
	f.expect(b.read(low), (uint32_t)total, "low word");
	event(0x3fff);
	f.expect(total >> 32, 1, "the bench's own total");
	b.idle(10);
	/* Another function's counter, and another register of this one, in between. */
	b.read(base1 + SEKISHO_NETWORK_DELIVER_STATISTICS_BYTES_LO(3));
	b.read(base0 + SEKISHO_NETWORK_CONTROL);
	f.expect(b.read(low + 4), 0, "high word that belongs to the low one");
	f.expect(b.read(low + 4), 1, "high word on its own");
	f.expect(b.read(low), (uint32_t)total, "low word");
	f.expect(b.read(base0 + SEKISHO_NETWORK_DELIVER_STATISTICS_BYTES_HI(2)), 0, "another's");
	f.expect(b.read(low + 4), 1, "high word after the carry");
	f.expect(b.read64(SEKISHO_MANAGEMENT_DELIVER_STATISTICS_BYTES_LO(3)), total, "management");
	f.verdict(t, "the low word keeps the high word that belongs to it");
}

static void test_both_channels(bench &b, tap &t)
{
	findings f;
	uint32_t address = SEKISHO_IDENTIFICATION_SCRATCH, last = 0;
	b.reset();
	b.stall = 0;
	b.write(address, 0);
	for (unsigned i = 0; i < 1000; i++) {
		unsigned wr = ~0u, rd = ~0u;
		uint32_t value = b.r();
		/* Neither starves: the one that was not taken last goes first. */
		bool write_first = b.r() & 1;
		if (write_first)
			b.read(address);
		uint32_t got = b.access(true, address, value, 0xf, &wr, true, address, &rd);
		f.expect(wr | rd, 0, "responses");
		f.expect(got, write_first ? value : last, "what was read beside a write");
		if (write_first)
			b.write(address, value);
		last = value;
	}
	f.verdict(t, "of a read and a write at the same time, the one not taken last goes first");

	b.stall = 40;
	for (unsigned i = 0; i < 1000; i++) {
		unsigned wr = ~0u, rd = ~0u;
		uint32_t value = b.r();
		uint32_t got = b.access(true, address, value, 0xf, &wr, true, address, &rd);
		f.expect(wr | rd, 0, "responses");
		if (got != value && got != last)
			f.add("read neither the old nor the new value");
		last = value;
		f.expect(b.read(address), value, "scratch");
	}
	f.verdict(t, "a read and a write at about the same time are both answered");
}

int main()
{
	Verilated::randReset(2); /* what is not reset starts with anything */
	bench b;
	tap t;

	b.reset();
	test_identity(b, t);
	test_map(b, t);
	for (unsigned stall : { 0, 50 }) {
		printf("# valid and ready withheld in %u %% of the clocks\n", stall);
		b.stall = stall;
		test_values(b, t);
		test_doorbells(b, t);
		test_stopping(b, t);
		test_reset(b, t);
		test_counters(b, t);
	}
	b.stall = 0;
	test_latch(b, t);
	test_both_channels(b, t);
	t.check(b.violation.empty(), "the AXI4-Lite rules hold", b.violation);
	printf("# %lu clocks\n", b.clocks);
	return t.finish();
}
