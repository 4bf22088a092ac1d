/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * port_rx: whole frames or none. A model of the rules decides what must come out; overflow is the
 * module's own say, so a frame that it reports as overflow must be missing, and any other not.
 */
#include "Vport_rx.h"
#include "stream_bench.h"

#include <map>

using namespace axis;

enum { ACCEPTED, RUNT, OVERSIZE, OVERFLOW_, MAC_ERROR, DISABLED };
static const unsigned MAX_FRAME = 9728;

struct offered {
	bytes data;
	bool bad;
	bool enabled;
	uint32_t time;
};

static unsigned expected_result(const offered &o)
{
	if (!o.enabled)
		return DISABLED;
	if (o.bad)
		return MAC_ERROR;
	if (o.data.size() < 60)
		return RUNT;
	if (o.data.size() > MAX_FRAME)
		return OVERSIZE;
	return ACCEPTED;
}

struct run {
	std::deque<offered> in;
	unsigned gap_percent = 0, stall_percent = 0;
	bool toggle_enable = false;
	std::deque<frame> out;
	std::deque<offered> sent;
	std::deque<std::pair<unsigned, unsigned>> events; /* result, bytes */
	std::string error;
	bool busy_at_end = true, idle_with_frame = false;
};

static void execute(run &x, rng &r)
{
	auto d = std::make_unique<dut<Vport_rx>>();
	Vport_rx &m = d->m;
	uint8_t always = 1;
	/* The last beat's flag is set by hand below: the source's user is of the first beat. */
	uint8_t unused = 0;
	source<decltype(m.s_axis_tdata), decltype(m.s_axis_tkeep), uint8_t> in(
		m.s_axis_tdata, m.s_axis_tkeep, m.s_axis_tlast, m.s_axis_tvalid, always, unused,
		WIDTH);
	sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)> out(
		m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid, m.m_axis_tready,
		m.m_axis_tuser, WIDTH);

	for (auto &o : x.in)
		in.queue.push_back(frame{ o.data, {}, {} });
	in.stall_percent = x.gap_percent;
	out.stall_percent = x.stall_percent;
	m.enable = 1;
	d->reset();
	unsigned quiet = 0;
	while (quiet < 2000) {
		size_t index = x.sent.size();
		bool first = in.offset == 0;
		in.drive(r);
		out.drive(r);
		if (x.toggle_enable && chance(r, 5))
			m.enable = !m.enable;
		m.microseconds = (uint32_t)(0xfffffff0u + d->cycles);
		m.s_axis_tuser =
			m.s_axis_tlast ? x.in[index < x.in.size() ? index : 0].bad : r() & 1;
		d->settle();
		if (m.s_axis_tvalid && first) {
			x.in[index].enabled = m.enable;
			x.in[index].time = m.microseconds;
		}
		if (m.s_axis_tvalid && m.s_axis_tlast)
			x.sent.push_back(x.in[index]);
		x.idle_with_frame |= m.m_axis_tvalid && !m.busy;
		in.sample();
		out.sample();
		if (m.event_valid)
			x.events.push_back({ m.event_result, m.event_bytes });
		d->edge();
		quiet = in.idle() && !m.m_axis_tvalid ? quiet + 1 : 0;
	}
	d->settle();
	x.busy_at_end = m.busy;
	x.out = out.queue;
	x.error = out.error;
}

static std::string verify(run &x, std::map<unsigned, unsigned> &results)
{
	if (!x.error.empty())
		return x.error;
	if (x.idle_with_frame)
		return "not busy with a frame at the output";
	if (x.busy_at_end)
		return "busy at the end";
	if (x.events.size() != x.sent.size())
		return std::to_string(x.events.size()) + " events for " +
		       std::to_string(x.sent.size()) + " frames";
	size_t next = 0;
	for (size_t i = 0; i < x.sent.size(); i++) {
		const offered &o = x.sent[i];
		unsigned result = x.events[i].first, want = expected_result(o);
		unsigned size = o.data.size() > 16383 ? 16383 : o.data.size();
		results[result]++;
		if (result != want && !(want == ACCEPTED && result == OVERFLOW_))
			return "frame " + std::to_string(i) + ": result " + std::to_string(result) +
			       ", not " + std::to_string(want);
		if (x.events[i].second != size)
			return "frame " + std::to_string(i) + ": event says " +
			       std::to_string(x.events[i].second) + " bytes";
		if (result != ACCEPTED)
			continue;
		if (next >= x.out.size())
			return "accepted frame missing";
		const frame &f = x.out[next++];
		if (f.data != o.data)
			return "frame " + std::to_string(i) + " changed";
		bytes meta(34, 0);
		set_field(meta, 0, 4, 1);
		set_field(meta, 4, 4, 1);
		set_field(meta, 16, 14, o.data.size());
		set_field(meta, 30, 32, o.time);
		bytes user = f.user;
		user.resize(34);
		if (user != meta)
			return "frame " + std::to_string(i) + ": metadata";
	}
	if (next != x.out.size())
		return "frames that were not accepted came out";
	return "";
}

static offered make(rng &r, size_t n, bool bad = false)
{
	return offered{ random_bytes(r, n), bad, true, 0 };
}

int main()
{
	tap t;
	rng r(3);
	std::string w = std::to_string(DATA_W) + " bits: ";

	{
		run x;
		for (size_t n = 1; n <= 300; n++)
			x.in.push_back(make(r, n));
		std::map<unsigned, unsigned> res;
		execute(x, r);
		std::string e = verify(x, res);
		t.check(e.empty() && res[RUNT] == 59 && res[ACCEPTED] == 241,
			w + "every length to 300, back to back", e);
	}
	{
		run x;
		for (size_t n :
		     { 9727, 9728, 9729, 9736, 12000, 16383, 16384, 16500, 40000, 60, 9728, 61 })
			x.in.push_back(make(r, n));
		std::map<unsigned, unsigned> res;
		execute(x, r);
		std::string e = verify(x, res);
		t.check(e.empty() && res[OVERSIZE] == 7 && res[ACCEPTED] == 5,
			w + "largest frame, and longer than the buffer", e);
	}
	{
		run x;
		for (unsigned i = 0; i < 3000; i++)
			x.in.push_back(make(r, 60 + r() % 5, chance(r, 20)));
		std::map<unsigned, unsigned> res;
		execute(x, r);
		std::string e = verify(x, res);
		t.check(e.empty() && res[OVERFLOW_] == 0 && res[MAC_ERROR] > 300,
			w + "minimum frames at line rate, none lost but bad ones", e);
	}
	for (unsigned stall : { 20, 60, 90, 98 }) {
		run x;
		x.gap_percent = stall == 20 ? 30 : 0;
		x.stall_percent = stall;
		x.toggle_enable = true;
		for (unsigned i = 0; i < 3000; i++) {
			size_t n = chance(r, 5)	 ? 1 + r() % 12000 :
				   chance(r, 50) ? 60 :
						   1 + r() % 400;
			x.in.push_back(make(r, n, chance(r, 10)));
		}
		std::map<unsigned, unsigned> res;
		execute(x, r);
		std::string e = verify(x, res);
		std::string counts;
		unsigned sum = 0;
		for (auto &p : res) {
			counts += " " + std::to_string(p.first) + ":" + std::to_string(p.second);
			sum += p.second;
		}
		printf("# results%s\n", counts.c_str());
		t.check(e.empty() && sum == x.in.size() && res[ACCEPTED] == x.out.size(),
			w + "random frames, output stalls " + std::to_string(stall) +
				"%: in = out + drops",
			e);
		if (stall >= 60)
			t.check(res[OVERFLOW_] > 0, w + "... and some overflowed");
	}
	return t.finish();
}
