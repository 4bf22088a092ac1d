/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Verilated core with a host and MACs around it. Compiled once for each data width, with
 * CORE (the Verilated class), CORE_HEADER, CREATE (the function to define), DATA_BYTES and
 * DMA_BYTES defined by the build.
 *
 * A clock is: drive the inputs, settle (clk 0), sample both sides of every handshake, rising edge.
 */

#include <cerrno>
#include <ctime>
#include <deque>
#include <iterator>
#include <memory>
#include <vector>

#include <sekisho/registers.h>
#include <verilated.h>
#include <verilated_fst_c.h>

#include "host_memory.h"
#include "rtl_engine.h"

#include CORE_HEADER
#include CORE_ROOT_HEADER

namespace {

constexpr unsigned int PORTS = SEKISHO_PORTS;
constexpr unsigned int FUNCTIONS = SEKISHO_FUNCTIONS;
constexpr unsigned int QUEUES = SEKISHO_RX_QUEUES; /* of a function and direction */
static_assert(FUNCTIONS == PORTS && SEKISHO_TX_QUEUES == QUEUES, "one function a port");
constexpr size_t PORT_QUEUE = 4; /* frames that wait for a port's receive side */
constexpr unsigned int IDLE_CLOCKS = 8; /* quiet clocks before the core counts as idle */
constexpr unsigned int CLOCKS_PER_US = 125;
constexpr unsigned int REG_CLOCKS_MAX = 10000;

/* A slice of a port of any width, as bytes. */
template <typename T> void put(T &port, unsigned int offset, const uint8_t *data, unsigned int n)
{
	memcpy((uint8_t *)&port + offset, data, n);
}
template <typename T> const uint8_t *bytes_of(const T &port)
{
	return (const uint8_t *)&port;
}
template <typename T> uint64_t low64(const T &port)
{
	uint64_t v = 0;
	memcpy(&v, &port, sizeof(port) < 8 ? sizeof(port) : 8);
	return v;
}

struct mac_rx {
	struct frame {
		std::vector<uint8_t> data;
		bool error;
	};
	std::deque<frame> queue;
	size_t offset = 0;
};

class engine final : public rtl_engine {
public:
	engine(const sekisho_engine_config &c, const sekisho_engine_callbacks &cb)
		: config(c), callbacks(cb), host(c, cb), context(new VerilatedContext)
	{
		context->traceEverOn(true);
		context->randSeed((int)(c.seed & 0x7fffffff));
		core.reset(new CORE(context.get()));
		for (unsigned int p = 0; p < PORTS; p++)
			set_link(p, true, 10000);
		core->rst = 1;
		for (int i = 0; i < 16; i++)
			clock();
		core->rst = 0;
		/* The counters clear themselves after reset. */
		for (unsigned int i = 0; core->busy && i < REG_CLOCKS_MAX; i++)
			clock();
	}
	~engine() override
	{
		trace(nullptr);
		core->final();
		/* Verilator's scopes leave the thread's context, which may be another engine's. */
		Verilated::threadContextp(context.get());
	}

	uint32_t reg_read(uint32_t address) override
	{
		core->s_axil_araddr = address;
		core->s_axil_arvalid = 1;
		core->s_axil_rready = 1;
		for (unsigned int i = 0; i < REG_CLOCKS_MAX; i++) {
			clock();
			if (sampled.ar)
				core->s_axil_arvalid = 0;
			if (sampled.r) {
				core->s_axil_rready = 0;
				return sampled.rdata;
			}
		}
		core->s_axil_arvalid = 0;
		return UINT32_MAX; /* as a read that a PCIe device does not answer */
	}

	void reg_write(uint32_t address, uint32_t value) override
	{
		core->s_axil_awaddr = address;
		core->s_axil_wdata = value;
		core->s_axil_wstrb = 0xf;
		core->s_axil_awvalid = 1;
		core->s_axil_wvalid = 1;
		core->s_axil_bready = 1;
		for (unsigned int i = 0; i < REG_CLOCKS_MAX; i++) {
			clock();
			if (sampled.aw)
				core->s_axil_awvalid = 0;
			if (sampled.w)
				core->s_axil_wvalid = 0;
			if (sampled.b)
				break;
		}
		core->s_axil_awvalid = 0;
		core->s_axil_wvalid = 0;
		core->s_axil_bready = 0;
		quiet = 0;
	}

	bool can_receive(unsigned int port) const override
	{
		return port < PORTS && macs[port].queue.size() < PORT_QUEUE;
	}

	bool receive(unsigned int port, const uint8_t *frame, uint32_t length, bool error) override
	{
		if (!can_receive(port) || !length)
			return false;
		macs[port].queue.push_back({ std::vector<uint8_t>(frame, frame + length), error });
		return true;
	}

	void set_link(unsigned int port, bool up, unsigned int mbps) override
	{
		if (port >= PORTS)
			return;
		core->link_up = (core->link_up & ~(1u << port)) | (unsigned int)up << port;
		uint64_t speeds = core->link_speed;
		speeds &= ~(0xffffffull << 24 * port);
		speeds |= (uint64_t)(mbps & 0xffffff) << 24 * port;
		core->link_speed = speeds;
		quiet = 0;
	}

	uint32_t run(uint32_t limit) override
	{
		update_time();
		for (uint32_t n = 0; n < limit; n++) {
			if (quiet >= IDLE_CLOCKS && !work_outside())
				return n;
			clock();
		}
		return limit;
	}

	uint64_t clocks() const override { return now; }

	int trace(const char *path) override
	{
		if (fst) {
			fst->close();
			fst.reset();
		}
		if (path) {
			fst.reset(new VerilatedFstC);
			core->trace(fst.get(), 99);
			fst->open(path);
			if (!fst->isOpen()) {
				fst.reset();
				return -EIO;
			}
		}
		return 0;
	}

	uint32_t events_met(unsigned int function, unsigned int vector) const override
	{
		return met[function][vector];
	}

private:
	/* Anything that the core has not seen yet. */
	bool work_outside() const
	{
		for (const mac_rx &m : macs)
			if (!m.queue.empty())
				return true;
		return !host.idle();
	}

	void update_time()
	{
		if (config.time_from_clock) {
			core->microseconds = (uint32_t)(now / CLOCKS_PER_US);
			return;
		}
		struct timespec t;
		clock_gettime(CLOCK_MONOTONIC, &t);
		core->microseconds = (uint32_t)(t.tv_sec * 1000000ull + t.tv_nsec / 1000);
	}

	void drive_host()
	{
		core->m_axi_arready = host.read_room() && !host.stall();
		core->m_axi_awready = host.write_room() && !host.stall();
		core->m_axi_wready = host.write_data_ready() && !host.stall();
		if (!core->m_axi_rvalid && !host.stall()) {
			typename host_memory<DMA_BYTES>::read_beat beat;
			if (host.read_data(now, beat)) {
				put(core->m_axi_rdata, 0, beat.data, DMA_BYTES);
				core->m_axi_rid = beat.id;
				core->m_axi_rresp = beat.response;
				core->m_axi_rlast = beat.last;
				core->m_axi_rvalid = 1;
			}
		}
		if (!core->m_axi_bvalid && !host.stall()) {
			unsigned int id, response;
			if (host.write_response(now, id, response)) {
				core->m_axi_bid = id;
				core->m_axi_bresp = response;
				core->m_axi_bvalid = 1;
			}
		}
	}

	void sample_host()
	{
		r_taken = core->m_axi_rvalid && core->m_axi_rready;
		b_taken = core->m_axi_bvalid && core->m_axi_bready;
		if (core->m_axi_arvalid && core->m_axi_arready)
			host.read_address(now, core->m_axi_arid, core->m_axi_aruser,
					  core->m_axi_araddr, core->m_axi_arlen + 1u);
		if (core->m_axi_awvalid && core->m_axi_awready)
			host.write_address(core->m_axi_awid, core->m_axi_awuser, core->m_axi_awaddr,
					   core->m_axi_awlen + 1u);
		if (core->m_axi_wvalid && core->m_axi_wready)
			host.write_data(now, bytes_of(core->m_axi_wdata), low64(core->m_axi_wstrb),
					core->m_axi_wlast);
	}

	void drive_ports()
	{
		core->s_axis_rx_tvalid = 0;
		for (unsigned int p = 0; p < PORTS; p++) {
			mac_rx &m = macs[p];
			if (m.queue.empty())
				continue;
			const mac_rx::frame &f = m.queue.front();
			size_t n = f.data.size() - m.offset;
			bool last = n <= DATA_BYTES;
			uint64_t keep = UINT64_MAX >> (64 - DATA_BYTES);
			if (last) {
				keep = UINT64_MAX >> (64 - n);
			} else {
				n = DATA_BYTES;
			}
			put(core->s_axis_rx_tdata, p * DATA_BYTES, f.data.data() + m.offset, n);
			put(core->s_axis_rx_tkeep, p * (DATA_BYTES / 8), (const uint8_t *)&keep,
			    DATA_BYTES / 8);
			set_bit(core->s_axis_rx_tvalid, p, true);
			set_bit(core->s_axis_rx_tlast, p, last);
			set_bit(core->s_axis_rx_tuser, p, last && f.error);
			if (last) {
				m.offset = 0;
				finished |= 1u << p;
			} else {
				m.offset += n;
			}
		}
		core->m_axis_tx_tready = 0;
		for (unsigned int p = 0; p < PORTS; p++)
			set_bit(core->m_axis_tx_tready, p, !host.stall());
	}

	void sample_ports()
	{
		for (unsigned int p = 0; p < PORTS; p++) {
			if (finished >> p & 1)
				macs[p].queue.pop_front();
			if (!((core->m_axis_tx_tvalid & core->m_axis_tx_tready) >> p & 1))
				continue;
			uint64_t keep = 0;
			memcpy(&keep, bytes_of(core->m_axis_tx_tkeep) + p * (DATA_BYTES / 8),
			       DATA_BYTES / 8);
			unsigned int n = __builtin_popcountll(keep);
			const uint8_t *data = bytes_of(core->m_axis_tx_tdata) + p * DATA_BYTES;
			std::vector<uint8_t> &frame = sending[p];
			frame.insert(frame.end(), data, data + n);
			if (core->m_axis_tx_tlast >> p & 1) {
				callbacks.transmit(callbacks.context, p, frame.data(),
						   frame.size());
				frame.clear();
			}
		}
		finished = 0;
	}

	template <typename T> static void set_bit(T &port, unsigned int bit, bool value)
	{
		port = (T)((port & ~((T)1 << bit)) | (T)value << bit);
	}

	/* Before the rising edge of every clock: what is there and was not in the clock before is an event. */
	void count_events_met()
	{
		const auto &in = *core->rootp;
		const uint32_t sources[] = {
			in.sekisho_core__DOT__event_detect_inst__DOT__rx_ring_error,
			in.sekisho_core__DOT__event_detect_inst__DOT__rx_doorbell_error,
			in.sekisho_core__DOT__event_detect_inst__DOT__tx_ring_error,
			in.sekisho_core__DOT__event_detect_inst__DOT__tx_doorbell_error,
		};
		uint32_t come[std::size(sources)];
		for (unsigned int i = 0; i < std::size(sources); i++) {
			come[i] = sources[i] & ~errors_before[i];
			errors_before[i] = sources[i];
		}
		uint64_t links = low64(core->link_speed) << PORTS | core->link_up;
		uint64_t changed = links ^ links_before;
		links_before = links;
		uint32_t pending = in.sekisho_core__DOT__interrupt_inst__DOT__event_reg;
		if (in.sekisho_core__DOT__interrupt_inst__DOT__event_fire)
			pending &= ~in.sekisho_core__DOT__interrupt_inst__DOT__event_first;
		pending &= in.sekisho_core__DOT__interrupt_inst__DOT__event_valid;
		if (!(come[0] | come[1] | come[2] | come[3] | changed | pending))
			return;
		for (unsigned int f = 0; f < FUNCTIONS; f++) {
			unsigned int n =
				(changed >> f & 1) || (changed >> (PORTS + 24 * f) & 0xffffff);
			for (uint32_t errors : come)
				n += __builtin_popcount(errors >> f * QUEUES &
							((1u << QUEUES) - 1));
			n = (n ? n - 1 : 0) + (pending >> f & 1);
			uint32_t vector =
				in.sekisho_core__DOT__interrupt_inst__DOT__event_vector >> 8 * f;
			if (in.sekisho_core__DOT__interrupt_inst__DOT__event_enable >> f & 1)
				met[f][vector & 0xff] += n;
		}
	}

	void clock()
	{
		if (config.time_from_clock)
			update_time();
		drive_host();
		drive_ports();
		core->irq_ready = 1;
		core->clk = 0;
		core->eval();

		sampled.ar = core->s_axil_arvalid && core->s_axil_arready;
		sampled.r = core->s_axil_rvalid && core->s_axil_rready;
		sampled.rdata = core->s_axil_rdata;
		sampled.aw = core->s_axil_awvalid && core->s_axil_awready;
		sampled.w = core->s_axil_wvalid && core->s_axil_wready;
		sampled.b = core->s_axil_bvalid && core->s_axil_bready;
		bool working = core->busy || core->s_axis_rx_tvalid || core->m_axi_rvalid ||
			       core->m_axi_bvalid || core->irq_valid;
		quiet = working ? 0 : quiet + 1;
		if (core->irq_valid && !core->rst)
			callbacks.interrupt(callbacks.context, core->irq_function,
					    core->irq_vector);
		if (fst)
			fst->dump(now * 8);

		/* The reset takes some clocks to all ends of the card: its outputs mean nothing before. */
		if (!core->rst) {
			sample_host();
			sample_ports();
			count_events_met();
		}
		core->clk = 1;
		core->eval();
		if (fst)
			fst->dump(now * 8 + 4);
		if (r_taken)
			core->m_axi_rvalid = 0;
		if (b_taken)
			core->m_axi_bvalid = 0;
		now++;
	}

	const sekisho_engine_config config;
	const sekisho_engine_callbacks callbacks;
	host_memory<DMA_BYTES> host;
	std::unique_ptr<VerilatedContext> context;
	std::unique_ptr<CORE> core;
	std::unique_ptr<VerilatedFstC> fst;
	uint64_t now = 0;
	unsigned int quiet = 0;
	uint32_t met[FUNCTIONS][256] = {}; /* events_met() */
	uint32_t errors_before[4] = {};
	uint64_t links_before = 0;
	unsigned int finished = 0; /* bit a port: its front frame's last beat is on the bus */
	bool r_taken = false, b_taken = false;
	mac_rx macs[PORTS];
	std::vector<uint8_t> sending[PORTS];
	struct {
		bool ar, r, aw, w, b;
		uint32_t rdata;
	} sampled = {};
};

} // namespace

rtl_engine *CREATE(const sekisho_engine_config &config, const sekisho_engine_callbacks &callbacks)
{
	return new engine(config, callbacks);
}
