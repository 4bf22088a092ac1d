/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_TESTS_RTL_AXI_READ_HOST_H
#define SEKISHO_TESTS_RTL_AXI_READ_HOST_H

/*
 * The host's side of an AXI4 read port: answers bursts after a latency, in order or in any order
 * with the tags' beats interleaved, with withheld handshakes and with errors, and checks the
 * form of every burst. The model's ports must be called m_axi_ar* and m_axi_r*.
 */

#include "axis.h"

namespace axi {

struct burst {
	unsigned id, function, beats, next = 0;
	uint64_t address, due;
	uint64_t serial; /* number of the burst since the start */
};

template <typename M> struct read_host {
	M &m;
	unsigned width; /* bytes */
	/* Fills n bytes at an address (never across 4 KiB); false: answer with an error. */
	std::function<bool(unsigned, uint64_t, uint8_t *, size_t)> memory;
	/* Latency of a burst in clocks, from AR to its first beat. */
	std::function<unsigned(const burst &)> latency = [](const burst &) { return 4u; };
	/* Called with every burst that is accepted. */
	std::function<void(const burst &)> on_burst;
	/* Called with every beat that is answered: burst, error. */
	std::function<void(const burst &, bool)> on_beat;
	bool shuffle = false; /* any order, interleaved */
	unsigned ar_stall = 0, r_stall = 0, error_per_mille = 0;
	std::deque<burst> open;
	uint64_t now = 0, bursts = 0, beats = 0;
	std::string error;
	bool sending = false, held = false;
	size_t chosen = 0;
	bool chosen_error = false;
	axis::bytes held_ar;

	read_host(M &model, unsigned w) : m(model), width(w)
	{
		m.m_axi_rvalid = 0;
		m.m_axi_arready = 0;
	}
	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(now) + ")";
	}
	void drive(axis::rng &r)
	{
		m.m_axi_arready = !axis::chance(r, ar_stall);
		m.m_axi_rvalid = 0;
		sending = false;
		if (open.empty() || axis::chance(r, r_stall))
			return;
		std::vector<size_t> due;
		for (size_t i = 0; i < open.size(); i++) {
			if (open[i].due <= now)
				due.push_back(i);
			if (!shuffle)
				break;
		}
		if (due.empty())
			return;
		chosen = shuffle ? due[r() % due.size()] : due[0];
		const burst &b = open[chosen];
		axis::bytes data(width, 0);
		uint64_t address = b.address + (uint64_t)b.next * width;
		chosen_error = !memory(b.function, address, data.data(), width);
		if (error_per_mille && r() % 1000 < error_per_mille)
			chosen_error = true;
		if (chosen_error)
			for (auto &byte : data)
				byte = (uint8_t)r();
		axis::put(m.m_axi_rdata, data.data(), width);
		m.m_axi_rid = b.id;
		m.m_axi_rresp = chosen_error ? 2 + (r() & 1) : 0;
		m.m_axi_rlast = b.next + 1 == b.beats;
		m.m_axi_rvalid = 1;
		sending = true;
	}
	void sample()
	{
		now++;
		if (sending) {
			if (!m.m_axi_rready)
				fail("RREADY withdrawn");
			burst &b = open[chosen];
			if (on_beat)
				on_beat(b, chosen_error);
			beats++;
			if (++b.next == b.beats)
				open.erase(open.begin() + chosen);
		}
		if (!m.m_axi_arvalid) {
			if (held)
				fail("ARVALID withdrawn");
			held = false;
			return;
		}
		burst b;
		b.id = m.m_axi_arid;
		b.address = m.m_axi_araddr;
		b.beats = m.m_axi_arlen + 1u;
		b.function = m.m_axi_aruser;
		axis::bytes word(24);
		memcpy(&word[0], &b.id, 4);
		memcpy(&word[4], &b.address, 8);
		memcpy(&word[12], &b.beats, 4);
		memcpy(&word[16], &b.function, 4);
		if (held && word != held_ar)
			fail("AR changed while stalled");
		held_ar = word;
		held = !m.m_axi_arready;
		if (held)
			return;
		if (b.address % width || m.m_axi_arburst != 1 || (1u << m.m_axi_arsize) != width)
			fail("AR not of full aligned words");
		if (b.beats * width > 256 || b.address % 4096 + b.beats * width > 4096)
			fail("burst too long or across 4 KiB");
		for (const burst &o : open)
			if (o.id == b.id)
				fail("tag in use twice");
		b.serial = bursts++;
		b.due = now + latency(b);
		open.push_back(b);
		if (on_burst)
			on_burst(b);
	}
};

} // namespace axi

#endif
