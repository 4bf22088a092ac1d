/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * deliver: every rule by a model of its own, complete metadata, the RSS table, all events of every
 * frame, and in = out + drops, under all mixes of stalls. Configuration and the table change while it
 * runs.
 */
#include "Vdeliver.h"
#include "stream_bench.h"
#include "vectors.h"

#include <map>

using namespace axis;

enum { DELIVERED, FUNCTION_DISABLED, MAC_FILTER, TOO_LONG, BAD_IP, BAD_L4, FLOW_RULE, OVER_METER };

/* Bits of the metadata */
static const unsigned FLOW_HIT = 232, FLOW_NUMBER = 233, FLOW_DROP = 237, FLOW_STEER = 238;

struct config {
	unsigned rx_enable, promiscuous, all_multicast, drop_bad_ip,
		drop_bad_l4; /* bit a function */
	bytes mac[2];
	bytes filter[16]; /* 8 a function */
	unsigned filter_valid; /* bit a filter */
	unsigned max_frame[2];
};

/* The meters of two functions, without a rate: flow_meter's own bench has these. */
struct meters {
	uint32_t word[16]; /* METER of the rules */
	uint64_t tokens[16] = {};

	/* False: over */
	bool pay(unsigned rule, size_t length)
	{
		uint64_t &bucket = tokens[(rule & 8) | (word[rule] >> 4 & 7)];
		uint64_t price = word[rule] & 2 ? 1 : length;

		if (!(word[rule] & 1))
			return true;
		if (bucket < price)
			return false;
		bucket -= price;
		return true;
	}
};

static void write_word(dut<Vdeliver> &d, unsigned rule, unsigned word, uint32_t value)
{
	d.m.flow_write_valid = 1;
	d.m.flow_write_address = rule << 6 | word;
	d.m.flow_write_data = value;
	d.settle();
	d.edge();
	d.m.flow_write_valid = 0;
}

/* So many rules of a hundred have one. */
static meters random_meters(dut<Vdeliver> &d, rng &r, unsigned percent)
{
	meters random;

	for (unsigned i = 0; i < 16; i++) {
		/* Rule 0 of each function pays at meter 0, which has little. */
		random.word[i] = chance(r, percent) ? (uint32_t)r() | 1 : 0;
		random.tokens[i] = chance(r, 70) ? r() % 3000 : 0xffffff;
		if (percent && i % 8 == 0) {
			random.word[i] = 1;
			random.tokens[i] = 500;
		}
		write_word(d, i, 38, random.word[i]);
		write_word(d, i, 39, 0);
		write_word(d, i, 40, random.tokens[i]);
	}
	for (unsigned i = 0; i < 40; i++) {
		d.settle();
		d.edge();
	}
	return random;
}

struct offered {
	frame f;
	uint32_t check;
	/* Filled in when the first beat is taken */
	unsigned expect;
	uint8_t table;
	bool by_filter; /* taken by a filter, and by nothing else */
};

static void apply(Vdeliver &m, const config &c)
{
	m.rx_enable = c.rx_enable;
	m.promiscuous = c.promiscuous;
	m.all_multicast = c.all_multicast;
	m.drop_bad_ip = c.drop_bad_ip;
	m.drop_bad_l4 = c.drop_bad_l4;
	bytes mac = c.mac[0];
	mac.insert(mac.end(), c.mac[1].begin(), c.mac[1].end());
	put(m.mac, mac.data(), 12);
	bytes filters;
	for (auto &a : c.filter)
		filters.insert(filters.end(), a.begin(), a.end());
	put(m.mac_filter, filters.data(), filters.size());
	m.mac_filter_valid = c.filter_valid;
	m.max_frame = c.max_frame[0] | c.max_frame[1] << 14;
}

/* Of the RSS table */
static unsigned entry(const offered &o)
{
	return field(o.f.user, META_FUNCTION, 1) << 7 | field(o.f.user, META[RSS_HASH].lsb, 7);
}

/* c: when the first beat was taken. */
static unsigned judge(offered &o, const config &c)
{
	const bytes &d = o.f.data;
	o.by_filter = false;
	unsigned function = field(o.f.user, META_FUNCTION, 4);
	if (function > 1 || !(c.rx_enable >> function & 1))
		return FUNCTION_DISABLED;
	bytes to(d.begin(), d.begin() + 6);
	if (to != bytes(6, 0xff)) {
		bool take = (c.promiscuous >> function & 1) ||
			    (to[0] & 1 ? c.all_multicast >> function & 1 : to == c.mac[function]);
		for (unsigned i = 0; i < 8 && !take; i++)
			o.by_filter |= (c.filter_valid >> (8 * function + i) & 1) &&
				       to == c.filter[8 * function + i];
		if (!take && !o.by_filter)
			return MAC_FILTER;
	}
	if (d.size() > c.max_frame[function])
		return TOO_LONG;
	if ((c.drop_bad_ip >> function & 1) && field(o.f.user, META[IP_VERDICT].lsb, 2) == 1)
		return BAD_IP;
	if ((c.drop_bad_l4 >> function & 1) && (o.check >> 16 & 3) == 1)
		return BAD_L4;
	if (field(o.f.user, FLOW_DROP, 1))
		return FLOW_RULE;
	return DELIVERED;
}

static bytes address(rng &r, const config &c)
{
	bytes a = random_bytes(r, 6);
	switch (r() % 9) {
	case 6:
	case 7:
		return c.filter[r() % 16];
	case 8: /* almost a filter's */
		a = c.filter[r() % 16];
		a[r() % 6] ^= 1u << r() % 8;
		return a;
	case 0:
		return bytes(6, 0xff);
	case 5:
		a = bytes(6, 0xff);
		a[r() % 6] ^= 1u << r() % 8;
		return a; /* almost broadcast */
	case 1:
		a[0] |= 1;
		return a;
	case 2:
		a[0] &= 0xfe;
		return a;
	case 3:
		a = c.mac[r() % 2];
		a[r() % 6] ^= 1u << (1 + r() % 7);
		return a;
	default:
		return c.mac[r() % 2];
	}
}

static config random_config(rng &r)
{
	config c;
	c.rx_enable = chance(r, 80) ? 3 : r() % 4;
	c.promiscuous = chance(r, 60) ? 0 : r() % 4;
	c.all_multicast = chance(r, 60) ? 0 : r() % 4;
	c.drop_bad_ip = r() % 4;
	c.drop_bad_l4 = r() % 4;
	c.filter_valid = r() | r();
	for (unsigned f = 0; f < 2; f++) {
		c.mac[f] = random_bytes(r, 6);
		c.mac[f][0] &= 0xfe;
		for (unsigned i = 0; i < 8; i++)
			c.filter[8 * f + i] = random_bytes(r, 6);
		c.max_frame[f] = chance(r, 50) ? 1522 : chance(r, 50) ? 9728 : 60 + r() % 300;
	}
	return c;
}

/* minimum: frames of 60 bytes, all of them to be delivered, at full rate. */
static void run(tap &t, rng &r, unsigned in_stall, unsigned out_stall, bool minimum)
{
	auto d = std::make_unique<dut<Vdeliver>>();
	Vdeliver &m = d->m;
	source<decltype(m.s_axis_tdata), decltype(m.s_axis_tkeep), decltype(m.s_axis_tuser)> in(
		m.s_axis_tdata, m.s_axis_tkeep, m.s_axis_tlast, m.s_axis_tvalid, m.s_axis_tready,
		m.s_axis_tuser, WIDTH);
	sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)> out(
		m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid, m.m_axis_tready,
		m.m_axis_tuser, WIDTH);
	config c = random_config(r);
	const config pool = c;
	uint8_t table[256];
	std::string error;

	if (minimum) {
		c.rx_enable = c.promiscuous = c.all_multicast = 3;
		c.drop_bad_ip = c.drop_bad_l4 = 0;
		c.max_frame[0] = c.max_frame[1] = 1522;
	}
	d->reset();
	apply(m, c);
	for (unsigned i = 0; i < 256; i++) {
		table[i] = (uint8_t)r();
		m.rss_write_valid = 1;
		m.rss_write_address = i;
		m.rss_write_data = table[i];
		d->settle();
		d->edge();
	}
	m.rss_write_valid = 0;
	meters meter = random_meters(*d, r, minimum ? 0 : 60);
	bool read_back = true;
	for (unsigned i = 0; i < 256; i++) {
		m.rss_read_address = i;
		d->settle();
		d->edge();
		d->settle();
		d->edge();
		d->settle();
		read_back = read_back && m.rss_read_data == table[i];
	}

	std::vector<offered> all;
	uint64_t beats = 0;
	unsigned frames = 3000;
	for (unsigned i = 0; i < frames; i++) {
		offered o;
		size_t n = minimum	 ? 60 :
			   chance(r, 4)	 ? 60 + r() % 9669 :
			   chance(r, 10) ? 1518 + r() % 8 :
					   60 + r() % 200;
		o.f.data = random_bytes(r, n);
		bytes to = address(r, c);
		std::copy(to.begin(), to.end(), o.f.data.begin());
		o.f.user = random_bytes(r, META_BYTES);
		set_field(o.f.user, META_LENGTH, 14, n);
		set_field(o.f.user, META_FUNCTION, 4,
			  !minimum && chance(r, 3) ? r() % 16 : r() % 2);
		set_field(o.f.user, META[HASH_TYPE].lsb, 2, r() % 3);
		set_field(o.f.user, FLOW_DROP, 1, !minimum && chance(r, 20));
		o.check = r() & 0x3fffff;
		beats += (n + WIDTH - 1) / WIDTH;
		all.push_back(o);
		in.queue.push_back(o.f);
	}
	in.stall_percent = in_stall;
	out.stall_percent = out_stall;

	std::vector<std::pair<unsigned, unsigned>> deliver_events, verdict_events, flow_events;
	uint64_t begin = d->cycles, quiet = 0;
	while (quiet < 400) {
		bool first = in.offset == 0;
		size_t index = in.frames_sent;
		if (!minimum && chance(r, 2)) {
			c = random_config(r);
			/* Mostly addresses that frames are sent to, at times of the other function. */
			for (unsigned f = 0; f < 2; f++)
				if (chance(r, 90))
					c.mac[f] = pool.mac[chance(r, 10) ? r() % 2 : f];
			for (unsigned i = 0; i < 16; i++)
				if (chance(r, 90))
					c.filter[i] = pool.filter[chance(r, 30) ? r() % 16 : i];
			apply(m, c);
		}
		in.drive(r);
		out.drive(r);
		m.s_axis_check =
			m.s_axis_tlast && index < all.size() ? all[index].check : r() & 0x3fffff;
		/* Mostly the entry that the next frame is looked up in */
		m.rss_write_valid = !minimum && chance(r, 30);
		m.rss_write_address =
			index < all.size() && chance(r, 70) ? entry(all[index]) : r() % 256;
		m.rss_write_data = (uint8_t)r();
		d->settle();
		if (m.rss_write_valid)
			table[m.rss_write_address] = m.rss_write_data;
		if (m.s_axis_tvalid && m.s_axis_tready && first) {
			offered &o = all[index];
			o.expect = judge(o, c);
			if (o.expect == DELIVERED && field(o.f.user, FLOW_HIT, 1) &&
			    !meter.pay(field(o.f.user, META_FUNCTION, 1) << 3 |
					       field(o.f.user, FLOW_NUMBER, 3),
				       o.f.data.size()))
				o.expect = OVER_METER;
			o.table = table[entry(o)];
		}
		in.sample();
		out.sample();
		if (m.deliver_event_valid)
			deliver_events.push_back({ m.deliver_event_index, m.deliver_event_bytes });
		if (m.verdict_event_valid)
			verdict_events.push_back({ m.verdict_event_index, m.verdict_event_bytes });
		if (m.flow_event_valid)
			flow_events.push_back({ m.flow_event_index, m.flow_event_bytes });
		d->edge();
		quiet = in.idle() && !m.m_axis_tvalid ? quiet + 1 : 0;
	}
	uint64_t took = d->cycles - begin - quiet;
	d->settle();

	if (!out.error.empty())
		error = out.error;
	else if (deliver_events.size() != frames || verdict_events.size() != frames)
		error = std::to_string(deliver_events.size()) + " and " +
			std::to_string(verdict_events.size()) + " events";
	else if (m.busy)
		error = "busy at the end";
	size_t next = 0, next_flow = 0;
	std::map<unsigned, unsigned> results;
	unsigned by_filter[2] = {}; /* unicast, multicast */
	for (size_t i = 0; i < frames && error.empty(); i++) {
		const offered &o = all[i];
		std::string where = "frame " + std::to_string(i) + ": ";
		unsigned function = field(o.f.user, META_FUNCTION, 1), length = o.f.data.size();
		unsigned ip = field(o.f.user, META[IP_VERDICT].lsb, 2), l4 = o.check >> 16 & 3;
		results[o.expect]++;
		by_filter[o.f.data[0] & 1] += o.expect == DELIVERED && o.by_filter;
		if (deliver_events[i] != std::make_pair(function << 4 | o.expect, length))
			error = where + "result " + std::to_string(deliver_events[i].first) +
				", not " + std::to_string(function << 4 | o.expect);
		else if (verdict_events[i] != std::make_pair(function << 4 | ip << 2 | l4, length))
			error = where + "verdict event";
		if (field(o.f.user, FLOW_HIT, 1) &&
		    (o.expect == DELIVERED || o.expect == FLOW_RULE || o.expect == OVER_METER)) {
			unsigned index = function << 3 | field(o.f.user, FLOW_NUMBER, 3);
			if (next_flow >= flow_events.size() ||
			    flow_events[next_flow] != std::make_pair(index, length))
				error = where + "flow event";
			next_flow++;
		}
		if (o.expect != DELIVERED || !error.empty())
			continue;
		if (next >= out.queue.size()) {
			error = where + "missing";
			break;
		}
		const frame &f = out.queue[next++];
		bytes user = o.f.user, got = f.user;
		got.resize(META_BYTES);
		if (!field(user, FLOW_STEER, 1))
			set_field(user, 8, 8, field(user, META[HASH_TYPE].lsb, 2) ? o.table : 0);
		set_field(user, META[RAW_SUM].lsb, 16, o.check & 0xffff);
		set_field(user, META[L4_VERDICT].lsb, 2, l4);
		set_field(user, META[REASON].lsb, 4, o.check >> 18);
		if (f.data != o.f.data)
			error = where + "data";
		else if (got != user)
			error = where + "metadata";
	}
	if (error.empty() && next != out.queue.size())
		error = "more frames out than delivered";
	if (error.empty() && next_flow != flow_events.size())
		error = "more flow events than frames with a rule";

	std::string name = std::to_string(DATA_W) + " bits, " +
			   (minimum ? "minimum frames" : "random frames and configuration") +
			   ", input stalls " + std::to_string(in_stall) + "%, output " +
			   std::to_string(out_stall) + "%: ";
	std::string counts;
	for (auto &p : results)
		counts += " " + std::to_string(p.first) + ":" + std::to_string(p.second);
	printf("# results%s\n", counts.c_str());
	t.check(read_back, name + "RSS table reads back");
	t.check(error.empty(), name + "rules, metadata, events", error);
	t.check(out.queue.size() == results[DELIVERED], name + "in = out + drops");
	if (!minimum)
		t.check(results.size() == 8 && by_filter[0] > 10 && by_filter[1] > 10,
			name + "every result occurs, and filters take both kinds of addresses",
			std::to_string(by_filter[0]) + " " + std::to_string(by_filter[1]));
	else if (!in_stall && !out_stall)
		t.check(took <= beats + 16, name + "full rate",
			std::to_string(took) + " clocks for " + std::to_string(beats));
}

int main()
{
	tap t;
	rng r(6);

	run(t, r, 0, 0, true);
	run(t, r, 0, 70, true);
	run(t, r, 0, 0, false);
	run(t, r, 40, 0, false);
	run(t, r, 0, 60, false);
	run(t, r, 30, 30, false);
	run(t, r, 0, 90, false);
	return t.finish();
}
