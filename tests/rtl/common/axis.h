/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_TESTS_RTL_AXIS_H
#define SEKISHO_TESTS_RTL_AXIS_H

/*
 * What every module bench shares: ports of any width as bytes, AXI4-Stream sources and sinks with
 * random back-pressure, TAP output. A bench's clock is:
 *
 *	drive inputs (source.drive(), sink.drive()); eval with clk 0; sample outputs
 *	(source.sample(), sink.sample()); eval with clk 1
 */

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <verilated.h>

namespace axis {

typedef std::vector<uint8_t> bytes;

/* --- ports of any width as little-endian bytes -------------------------------------------------- */

template <typename T> inline void put(T &port, const uint8_t *src, size_t n)
{
	uint64_t v = 0;
	memcpy(&v, src, n < sizeof(T) ? n : sizeof(T));
	port = (T)v;
}
template <std::size_t W> inline void put(VlWide<W> &port, const uint8_t *src, size_t n)
{
	memset(port.m_storage, 0, sizeof(port.m_storage));
	memcpy(port.m_storage, src, n < sizeof(port.m_storage) ? n : sizeof(port.m_storage));
}
template <typename T> inline void get(const T &port, uint8_t *dst, size_t n)
{
	uint64_t v = (uint64_t)port;
	memcpy(dst, &v, n < sizeof(v) ? n : sizeof(v));
}
template <std::size_t W> inline void get(const VlWide<W> &port, uint8_t *dst, size_t n)
{
	memcpy(dst, port.m_storage, n < sizeof(port.m_storage) ? n : sizeof(port.m_storage));
}

/* A field of a wide word kept as bytes, bit lsb, at most 64 bits. */
inline uint64_t field(const bytes &word, unsigned lsb, unsigned width)
{
	uint64_t v = 0;
	for (unsigned i = 0; i < width; i++)
		if (word[(lsb + i) / 8] >> ((lsb + i) % 8) & 1)
			v |= 1ull << i;
	return v;
}
inline void set_field(bytes &word, unsigned lsb, unsigned width, uint64_t v)
{
	for (unsigned i = 0; i < width; i++) {
		uint8_t bit = 1u << ((lsb + i) % 8);
		if (v >> i & 1)
			word[(lsb + i) / 8] |= bit;
		else
			word[(lsb + i) / 8] &= ~bit;
	}
}

struct frame {
	bytes data;
	bytes user; /* of the first beat, ceil(META_W / 8) bytes; may be empty */
	bytes last; /* sideband of the last beat (sink with a last-beat port), may be empty */
};

typedef std::mt19937_64 rng;
inline bool chance(rng &r, unsigned percent)
{
	return percent && r() % 100 < percent;
}

/*
 * Drives a stream. The references are to the model's ports. stall_percent: how often valid is held
 * back. With no ready port pass a dummy that is always 1.
 */
template <typename TDATA, typename TKEEP, typename TUSER> struct source {
	TDATA &tdata;
	TKEEP &tkeep;
	uint8_t &tlast, &tvalid, &tready;
	TUSER &tuser;
	unsigned width; /* bytes a beat */
	unsigned stall_percent = 0;
	std::deque<frame> queue;
	size_t offset = 0;
	bool active = false;
	uint64_t frames_sent = 0;

	source(TDATA &d, TKEEP &k, uint8_t &l, uint8_t &v, uint8_t &r, TUSER &u, unsigned w)
		: tdata(d), tkeep(k), tlast(l), tvalid(v), tready(r), tuser(u), width(w)
	{
		tvalid = 0;
	}
	void drive(rng &r)
	{
		if (active)
			return;
		if (queue.empty() || chance(r, stall_percent)) {
			tvalid = 0;
			return;
		}
		const frame &f = queue.front();
		size_t n = f.data.size() - offset;
		if (n > width)
			n = width;
		bytes beat(width, 0), keep((width + 7) / 8, 0);
		memcpy(beat.data(), f.data.data() + offset, n);
		/* Lanes without data carry rubbish: nothing may depend on them. */
		for (size_t i = n; i < width; i++)
			beat[i] = (uint8_t)r();
		for (size_t i = 0; i < n; i++)
			keep[i / 8] |= 1u << (i % 8);
		put(tdata, beat.data(), width);
		put(tkeep, keep.data(), keep.size());
		tlast = offset + n == f.data.size();
		bytes user = f.user;
		if (offset != 0)
			for (auto &b : user)
				b = (uint8_t)r();
		bytes padded(sizeof(tuser), 0);
		memcpy(padded.data(), user.data(),
		       user.size() < padded.size() ? user.size() : padded.size());
		put(tuser, padded.data(), padded.size());
		tvalid = 1;
		active = true;
	}
	/* Call with the outputs settled, before the rising edge. */
	void sample()
	{
		if (!tvalid || !tready)
			return;
		/* valid stays until the next drive(): the rising edge is still to come. */
		offset += width;
		active = false;
		if (offset >= queue.front().data.size()) {
			queue.pop_front();
			offset = 0;
			frames_sent++;
		}
	}
	bool idle() const { return queue.empty(); }
};

/* Takes a stream and checks its form: keep contiguous, payload stable while stalled. */
template <typename TDATA, typename TKEEP, typename TUSER> struct sink {
	TDATA &tdata;
	TKEEP &tkeep;
	uint8_t &tlast, &tvalid, &tready;
	TUSER &tuser;
	unsigned width;
	unsigned stall_percent = 0;
	std::deque<frame> queue;
	frame current;
	bool stalled = false;
	bytes held;
	std::string error; /* the first violation of the protocol, empty if none */

	sink(TDATA &d, TKEEP &k, uint8_t &l, uint8_t &v, uint8_t &r, TUSER &u, unsigned w)
		: tdata(d), tkeep(k), tlast(l), tvalid(v), tready(r), tuser(u), width(w)
	{
		tready = 0;
	}
	void drive(rng &r) { tready = !chance(r, stall_percent); }
	/* last: optional reader of a sideband that is valid on the last beat. */
	void sample(const std::function<bytes()> &last = nullptr)
	{
		if (!tvalid) {
			if (stalled && error.empty())
				error = "valid withdrawn before ready";
			return;
		}
		bytes beat(width), keep((width + 7) / 8), snapshot;
		get(tdata, beat.data(), width);
		get(tkeep, keep.data(), keep.size());
		size_t n = 0;
		while (n < width && (keep[n / 8] >> (n % 8) & 1))
			n++;
		for (size_t i = n; i < width; i++)
			if ((keep[i / 8] >> (i % 8) & 1) && error.empty())
				error = "keep not contiguous";
		if (n == 0 && error.empty())
			error = "empty beat";
		if (n != width && !tlast && error.empty())
			error = "partial beat that is not the last";
		snapshot.assign(beat.begin(), beat.begin() + n);
		snapshot.push_back(tlast);
		if (stalled && snapshot != held && error.empty())
			error = "payload changed while stalled";
		held = snapshot;
		stalled = !tready;
		if (!tready)
			return;
		if (current.data.empty()) {
			current.user.resize(sizeof(tuser));
			get(tuser, current.user.data(), current.user.size());
		}
		current.data.insert(current.data.end(), beat.begin(), beat.begin() + n);
		if (tlast) {
			if (last)
				current.last = last();
			queue.push_back(current);
			current = frame();
		}
	}
};

/* --- TAP ---------------------------------------------------------------------------------------- */

struct tap {
	unsigned count = 0, failed = 0;
	void check(bool ok, const std::string &name, const std::string &why = "")
	{
		printf("%sok %u - %s\n", ok ? "" : "not ", ++count, name.c_str());
		if (!ok) {
			failed++;
			if (!why.empty())
				printf("# %s\n", why.c_str());
		}
		fflush(stdout);
	}
	int finish()
	{
		printf("1..%u\n", count);
		return failed ? 1 : 0;
	}
};

} // namespace axis

#endif
