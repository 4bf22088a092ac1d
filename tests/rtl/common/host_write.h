/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_TESTS_RTL_HOST_WRITE_H
#define SEKISHO_TESTS_RTL_HOST_WRITE_H

/*
 * The host behind an AXI4 write master: memory with an owner for every byte that may be written,
 * latency, answers out of order (in order within an id), refused bursts, protocol checks.
 */

#include <map>
#include <memory>
#include <unordered_map>

#include "axis.h"

namespace host {

struct page {
	uint8_t data[4096], expect[4096];
	uint32_t owner[4096];
};

template <typename M, unsigned BUS> struct write_host {
	M &m;
	axis::rng &r;
	unsigned latency = 0, jitter = 0, stall = 0;
	uint64_t now = 0;
	uint64_t bursts = 0, beats = 0, refused = 0, max_waiting = 0;
	std::string error;
	std::map<std::pair<unsigned, uint64_t>, std::unique_ptr<page>> pages;
	/* Says whether the burst that starts with a byte of this owner is refused. */
	std::function<bool(uint32_t owner)> refuse = [](uint32_t) { return false; };
	/* A burst has been answered: its owner, bytes, and whether it was refused. */
	std::function<void(uint32_t owner, unsigned bytes, bool refused)> answered =
		[](uint32_t, unsigned, bool) {};

	struct burst {
		uint64_t address;
		unsigned id, function, beats, done = 0;
		bool refused = false;
		std::vector<std::pair<uint32_t, unsigned>> owners;
		uint64_t due = 0;
	};
	std::deque<burst> addresses, data_first;
	std::vector<burst> answers;
	int presented = -1;
	bool aw_stalled = false, w_stalled = false;
	std::vector<uint8_t> aw_held, w_held;

	write_host(M &model, axis::rng &random) : m(model), r(random) {}

	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(now) + ")";
	}
	page *last_page = nullptr;
	unsigned last_function = 0;
	uint64_t last_number = 0;

	page &at(unsigned function, uint64_t address)
	{
		if (last_page && function == last_function && address >> 12 == last_number)
			return *last_page;
		last_function = function, last_number = address >> 12;
		last_page = &find(function, address);
		return *last_page;
	}
	page &find(unsigned function, uint64_t address)
	{
		auto &p = pages[{ function, address >> 12 }];
		if (!p) {
			p.reset(new page);
			memset(p->owner, 0, sizeof(p->owner));
			memset(p->data, 0xa5, sizeof(p->data));
		}
		return *p;
	}
	void allow(unsigned function, uint64_t address, size_t n, uint32_t owner,
		   const uint8_t *expect)
	{
		for (size_t i = 0; i < n; i++) {
			page &p = at(function, address + i);
			p.owner[(address + i) & 4095] = owner;
			p.expect[(address + i) & 4095] = expect ? expect[i] : 0xa5;
		}
	}
	void read(unsigned function, uint64_t address, uint8_t *dst, size_t n)
	{
		for (size_t i = 0; i < n; i++)
			dst[i] = at(function, address + i).data[(address + i) & 4095];
	}
	/* Bytes that differ from what is expected, but for those of the owners that skip says. */
	uint64_t differences(const std::function<bool(uint32_t)> &skip)
	{
		uint64_t n = 0;
		for (auto &e : pages)
			for (unsigned i = 0; i < 4096; i++)
				if (e.second->owner[i] && !skip(e.second->owner[i]) &&
				    e.second->data[i] != e.second->expect[i])
					n++;
		return n;
	}
	bool idle() const { return addresses.empty() && answers.empty(); }

	void drive()
	{
		m.m_axi_awready = !axis::chance(r, stall);
		/* W is taken behind its AW only; the master may offer it before. */
		m.m_axi_wready = !addresses.empty() && !axis::chance(r, stall);
		if (presented >= 0)
			return;
		m.m_axi_bvalid = 0;
		if (answers.empty() || axis::chance(r, stall))
			return;
		size_t start = jitter ? r() % answers.size() : 0;
		for (size_t k = 0; k < answers.size(); k++) {
			size_t i = (start + k) % answers.size();
			if (answers[i].due > now)
				continue;
			bool first = true;
			for (size_t j = 0; j < i && first; j++)
				first = answers[j].id != answers[i].id;
			if (!first)
				continue;
			presented = i;
			m.m_axi_bvalid = 1;
			m.m_axi_bid = answers[i].id;
			m.m_axi_bresp = answers[i].refused ? 2 + r() % 2 : 0;
			return;
		}
	}
	void sample()
	{
		now++;
		if (presented >= 0 && m.m_axi_bready) {
			burst b = answers[presented];
			answers.erase(answers.begin() + presented);
			presented = -1;
			for (auto &o : b.owners)
				if (o.first)
					answered(o.first, o.second, b.refused);
		}
		std::vector<uint8_t> aw(11);
		memcpy(aw.data(), &m.m_axi_awaddr, 8);
		aw[8] = m.m_axi_awid, aw[9] = m.m_axi_awlen, aw[10] = m.m_axi_awuser;
		if (aw_stalled && (!m.m_axi_awvalid || aw != aw_held))
			fail("AW changed while stalled");
		aw_stalled = m.m_axi_awvalid && !m.m_axi_awready;
		aw_held = aw;
		std::vector<uint8_t> w(BUS + BUS / 8 + 1);
		axis::get(m.m_axi_wdata, w.data(), BUS);
		axis::get(m.m_axi_wstrb, w.data() + BUS, BUS / 8);
		w[BUS + BUS / 8] = m.m_axi_wlast;
		if (w_stalled && (!m.m_axi_wvalid || w != w_held))
			fail("W changed while stalled");
		w_stalled = m.m_axi_wvalid && !m.m_axi_wready;
		w_held = w;

		if (m.m_axi_wvalid && m.m_axi_wready) {
			burst &b = addresses.front();
			uint64_t base = (b.address & ~(uint64_t)(BUS - 1)) + (uint64_t)b.done * BUS;
			bool any = false;
			for (unsigned i = 0; i < BUS; i++) {
				if (!(w[BUS + i / 8] >> (i % 8) & 1))
					continue;
				any = true;
				page &p = at(b.function, base + i);
				unsigned o = (base + i) & 4095;
				if (!p.owner[o])
					fail("a byte outside every buffer is written");
				if (b.owners.empty())
					b.refused = p.owner[o] && refuse(p.owner[o]);
				if (b.owners.empty() || b.owners.back().first != p.owner[o])
					b.owners.push_back({ p.owner[o], 0 });
				b.owners.back().second++;
				if (!b.refused)
					p.data[o] = w[i];
			}
			if (!any)
				fail("a beat without a byte");
			b.done++;
			beats++;
			if ((b.done == b.beats) != !!m.m_axi_wlast)
				fail("wlast is not with the last beat");
			if (b.done == b.beats) {
				b.due = now + latency + (jitter ? r() % (jitter + 1) : 0);
				refused += b.refused;
				answers.push_back(b);
				addresses.pop_front();
				if (answers.size() > max_waiting)
					max_waiting = answers.size();
			}
		}
		if (m.m_axi_awvalid && m.m_axi_awready) {
			burst b;
			b.address = m.m_axi_awaddr;
			b.id = m.m_axi_awid;
			b.function = m.m_axi_awuser;
			b.beats = m.m_axi_awlen + 1;
			if (b.beats * BUS > 256)
				fail("a burst of more than 256 bytes");
			if ((b.address & 4095) / BUS + b.beats > 4096 / BUS)
				fail("a burst crosses 4 KiB");
			if (1u << m.m_axi_awsize != BUS || m.m_axi_awburst != 1)
				fail("wrong awsize or awburst");
			addresses.push_back(b);
			bursts++;
		}
	}
};

} // namespace host

#endif
