/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame_edit: frames made here, and those of vectors.py, with random edit words in random slots, under
 * all mixes of stalls: every byte against a plain function, and frames whose checksums were right by
 * computing these anew; metadata, length and order; full rate. A slot is written again as soon as its frame
 * has left.
 */
#include "Vframe_edit.h"
#include "stream_bench.h"
#include "vectors.h"

using namespace axis;

static const unsigned USER_BYTES = 35, SLOTS = 128, META_EDIT = 272, META_EDIT_SLOT = 273;
/* l3_type_e and l4_type_e */
enum { IPV4 = 1, IPV4_OPT, IPV6, IPV6_EXT, ARP };
enum { TCP = 1, UDP, ICMP, FRAGMENT, OTHER };

/* What flow_rule asks for. */
struct edit {
	bytes mac;
	uint32_t ipv4;
	uint16_t ip_sum, layer4_sum, port;
	bool set_mac, set_ipv4, set_port;

	bytes word() const
	{
		bytes w(17);
		memcpy(w.data(), mac.data(), 6);
		set_field(w, 48, 32, ipv4);
		set_field(w, 80, 16, ip_sum);
		set_field(w, 96, 16, layer4_sum);
		set_field(w, 112, 16, port);
		w[16] = set_mac | set_ipv4 << 1 | set_port << 2;
		return w;
	}
};

/* A frame, and what parse says of it. */
struct packet {
	bytes data;
	unsigned l3_type, l4_type, tags, tci, l3, l4;
	bool edited, real; /* real: the sums are those of the change */
	edit e;

	bool v4() const { return l3_type == IPV4 || l3_type == IPV4_OPT; }
	bool v6() const { return l3_type == IPV6 || l3_type == IPV6_EXT; }
	bool ports() const { return l4_type == TCP || l4_type == UDP; }
	size_t checksum_at() const { return l4 + (l4_type == TCP ? 16 : 6); }
};

static unsigned get16(const bytes &b, size_t at)
{
	return b[at] << 8 | b[at + 1];
}
static void put16(bytes &b, size_t at, unsigned v)
{
	b[at] = v >> 8, b[at + 1] = v;
}
static unsigned fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}
static uint64_t add_words(const bytes &b, size_t at, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? b[at + i] : b[at + i] << 8;
	return sum;
}

/* ---- checksums computed anew ---- */

enum verdict { NONE, WRONG, RIGHT, EXACT }; /* EXACT: right, and as RFC 1071 makes it */

static verdict judge(uint64_t sum_without, unsigned checksum, bool udp)
{
	unsigned made = 0xffff - fold(sum_without);
	if (made == 0 && udp)
		made = 0xffff;
	return made == checksum ? EXACT : fold(sum_without + checksum) == 0xffff ? RIGHT : WRONG;
}

static verdict judge_ip(const packet &p, const bytes &b)
{
	if (!p.v4())
		return NONE;
	unsigned checksum = get16(b, p.l3 + 10);
	return judge(add_words(b, p.l3, (b[p.l3] & 15) * 4) - checksum, checksum, false);
}

static verdict judge_l4(const packet &p, const bytes &b)
{
	if (!p.ports())
		return NONE;
	size_t end = p.l3 + (p.v4() ? get16(b, p.l3 + 2) : 40 + get16(b, p.l3 + 4));
	size_t length = p.l4_type == UDP ? get16(b, p.l4 + 4) : end - p.l4;
	unsigned checksum = get16(b, p.checksum_at());
	if (length < (p.l4_type == UDP ? 8 : 20) || p.l4 + length > end || end > b.size() ||
	    (p.l4_type == UDP && checksum == 0))
		return NONE;
	uint64_t sum = add_words(b, p.l3 + (p.v4() ? 12 : 8), p.v4() ? 8 : 32) + length +
		       (p.l4_type == TCP ? 6 : 17) + add_words(b, p.l4, length) - checksum;
	return judge(sum, checksum, p.l4_type == UDP);
}

/* ---- what must come out ---- */

static unsigned mend(unsigned checksum, unsigned change)
{
	return 0xffff - fold(0xffff - checksum + change);
}

static bytes expected(const packet &p)
{
	bytes b = p.data;
	bool address = p.e.set_ipv4 && p.v4();

	if (!p.edited)
		return b;
	if (p.e.set_mac)
		memcpy(b.data(), p.e.mac.data(), 6);
	if (address) {
		put16(b, p.l3 + 10, mend(get16(b, p.l3 + 10), p.e.ip_sum));
		put16(b, p.l3 + 16, p.e.ipv4 >> 16);
		put16(b, p.l3 + 18, p.e.ipv4 & 0xffff);
	}
	if (!p.ports())
		return b;
	if (p.e.set_port)
		put16(b, p.l4 + 2, p.e.port);
	unsigned old = get16(b, p.checksum_at());
	if ((p.e.set_port || address) && !(p.l4_type == UDP && old == 0)) {
		unsigned checksum = mend(old, p.e.layer4_sum);
		put16(b, p.checksum_at(), checksum == 0 && p.l4_type == UDP ? 0xffff : checksum);
	}
	return b;
}

/* ---- frames and edits ---- */

static uint16_t any16(rng &r)
{
	static const uint16_t edges[] = { 0, 1, 0xfffe, 0xffff };
	return chance(r, 20) ? edges[r() % 4] : (uint16_t)r();
}

static edit random_edit(packet &p, rng &r)
{
	edit e;
	e.mac = random_bytes(r, 6);
	e.ipv4 = (uint32_t)any16(r) << 16 | any16(r);
	e.port = any16(r);
	e.set_mac = r() & 1;
	e.set_ipv4 = r() & 1;
	e.set_port = r() & 1;
	p.real = chance(r, 70);
	e.ip_sum = any16(r);
	e.layer4_sum = any16(r);
	/* A rule whose addresses are the frame's changes nothing. */
	if (p.v4() && chance(r, 5))
		e.ipv4 = get16(p.data, p.l3 + 16) << 16 | get16(p.data, p.l3 + 18);
	if (!p.real)
		return e;
	uint64_t address = 0, port = 0;
	if (p.v4())
		address = (e.ipv4 >> 16) + (e.ipv4 & 0xffff) + (0xffff - get16(p.data, p.l3 + 16)) +
			  (0xffff - get16(p.data, p.l3 + 18));
	e.ip_sum = fold(address);
	if (!e.set_ipv4)
		address = 0;
	if (p.ports()) {
		unsigned old = get16(p.data, p.l4 + 2);
		/* The port with which the checksum becomes 0 */
		if (chance(r, 15))
			e.port = 0xffff - fold(0xffff - get16(p.data, p.checksum_at()) + address +
					       0xffff - old);
		port = e.port + 0xffff - old;
	}
	e.layer4_sum = fold(address + (e.set_port ? port : 0));
	return e;
}

static void add_edit(packet &p, unsigned percent, rng &r)
{
	p.edited = chance(r, percent);
	p.e = random_edit(p, r);
}

static packet random_packet(rng &r)
{
	static const unsigned tpids[] = { 0x8100, 0x88a8, 0x9100 };
	static const unsigned others[] = { 2, 4, 41, 47, 89, 132 };
	packet p = {};
	bytes &b = p.data;
	auto put = [&](unsigned v) {
		b.push_back(v >> 8);
		b.push_back(v);
	};
	auto fill = [&](size_t n) {
		bytes x = random_bytes(r, n);
		b.insert(b.end(), x.begin(), x.end());
	};
	unsigned kind = r() % 10;
	size_t payload = chance(r, 60) ? r() % 40 : chance(r, 95) ? r() % 1500 : 0;
	bool big = chance(r, 1);

	fill(12);
	p.tags = chance(r, 50) ? 0 : 1 + r() % 2;
	for (unsigned i = 0; i < p.tags; i++) {
		put(tpids[r() % 3]);
		fill(2);
	}
	if (p.tags)
		p.tci = get16(b, 14);
	put(kind < 6 ? 0x800 : kind < 9 ? 0x86dd : chance(r, 50) ? 0x806 : 0x88cc);
	p.l3 = b.size();
	if (big)
		payload = 8800 + r() % 100;
	if (kind == 9) {
		p.l3_type = get16(b, p.l3 - 2) == 0x806 ? ARP : 0;
		fill(28 + payload);
	} else {
		bool v4 = kind < 6;
		p.l4_type = chance(r, 70) ? 1 + r() % 2 : 1 + r() % 5;
		unsigned protocol = p.l4_type == TCP	  ? 6 :
				    p.l4_type == UDP	  ? 17 :
				    p.l4_type == ICMP	  ? (v4 ? 1 : 58) :
				    p.l4_type == FRAGMENT ? 6 + 11 * (r() & 1) :
							    others[r() % 6];
		if (v4) {
			unsigned words = chance(r, 70) ? 5 : 6 + r() % 10;
			p.l3_type = words == 5 ? IPV4 : IPV4_OPT;
			fill(words * 4);
			b[p.l3] = 0x40 | words;
			b[p.l3 + 9] = protocol;
			put16(b, p.l3 + 6,
			      p.l4_type == FRAGMENT ? 1 + r() % 0x3fff : (r() & 1) << 14);
		} else {
			unsigned extensions = chance(r, 60) ? 0 : 1 + r() % 4;
			bool fragment = p.l4_type == FRAGMENT;
			p.l3_type = extensions || fragment ? IPV6_EXT : IPV6;
			fill(40);
			b[p.l3] = 0x60 | (r() & 15);
			size_t next = p.l3 + 6;
			for (unsigned i = 0; i < extensions; i++) {
				static const unsigned walked[] = { 0, 60, 51 };
				unsigned which = walked[r() % 3];
				unsigned words = chance(r, 90) ? 2 * (1 + r() % 3) : 2 * (r() % 30);
				words += words ? 0 : 2;
				b[next] = which;
				next = b.size();
				fill(4 * words);
				b[next + 1] = which == 51 ? words - 2 : words / 2 - 1;
			}
			if (fragment) {
				b[next] = 44;
				next = b.size();
				fill(8);
				put16(b, next + 2, (1 + r() % 0x1fff) << 3);
			}
			b[next] = protocol;
		}
		p.l4 = b.size();
		if (p.l4_type == TCP) {
			unsigned words = 5 + (chance(r, 30) ? r() % 11 : 0);
			fill(4 * words);
			b[p.l4 + 12] = words << 4;
		} else {
			fill(8);
		}
		fill(payload);
		if (p.l4_type == UDP)
			put16(b, p.l4 + 4, chance(r, 2) ? r() : b.size() - p.l4);
		put16(b, p.l3 + (v4 ? 2 : 4), b.size() - p.l3 - (v4 ? 0 : 40));

		/* Right checksums, wrong ones, UDP without */
		if (v4) {
			put16(b, p.l3 + 10, 0);
			put16(b, p.l3 + 10, 0xffff - fold(add_words(b, p.l3, (b[p.l3] & 15) * 4)));
			if (chance(r, 15))
				put16(b, p.l3 + 10, any16(r));
		}
		if (p.ports()) {
			size_t length = b.size() - p.l4;
			put16(b, p.checksum_at(), 0);
			unsigned checksum =
				0xffff - fold(add_words(b, p.l3 + (v4 ? 12 : 8), v4 ? 8 : 32) +
					      length + protocol + add_words(b, p.l4, length));
			if (checksum == 0 && p.l4_type == UDP)
				checksum = 0xffff;
			if (chance(r, 15))
				checksum = any16(r);
			if (p.l4_type == UDP && chance(r, 10))
				checksum = 0;
			put16(b, p.checksum_at(), checksum);
		}
		/* What parse does not find: too deep, or cut off behind the IP header */
		bool cut = !big && p.l4_type != FRAGMENT && chance(r, 3);
		if (cut)
			b.resize(p.l4 + r() % 8);
		if (cut || p.l4 >= 256)
			p.l4_type = 0;
		if (p.l4_type != TCP && p.l4_type != UDP && p.l4_type != ICMP)
			p.l4 = 0;
	}
	if (b.size() < 60)
		fill(60 - b.size());
	return p;
}

/* Frames of one beat at 512 bits. */
static packet small_packet(rng &r)
{
	packet p;
	do
		p = random_packet(r);
	while (p.data.size() > 64 || !p.v4());
	return p;
}

static packet from_vector(const vector_frame &v)
{
	packet p = {};
	p.data = v.data;
	p.l3_type = v.field[L3_TYPE];
	p.l4_type = v.field[L4_TYPE];
	p.tags = v.field[VLAN_TAGS];
	p.tci = v.field[VLAN_TCI];
	p.l3 = v.field[L3_OFFSET];
	p.l4 = v.field[L4_OFFSET];
	return p;
}

static frame make(const packet &p, unsigned slot, rng &r)
{
	frame f;
	f.data = p.data;
	f.user = random_bytes(r, USER_BYTES);
	set_field(f.user, META_LENGTH, 14, p.data.size());
	const unsigned values[] = { p.l3_type, p.l4_type, p.tags, p.tci, p.l3, p.l4 };
	for (unsigned i = 0; i < 6; i++)
		set_field(f.user, META[i].lsb, META[i].width, values[i]);
	set_field(f.user, META_EDIT, 1, p.edited);
	set_field(f.user, META_EDIT_SLOT, 7, slot);
	return f;
}

/* ---- the run ---- */

struct counts {
	uint64_t passed, mac, address, port, ip_right, l4_right, no_checksum, became_ffff,
		long_ones, again;
};

static void count(const packet &p, const bytes &out, counts &c, unsigned &wrong_sums)
{
	bool address = p.edited && p.e.set_ipv4 && p.v4();
	bool port = p.edited && p.e.set_port && p.ports();

	c.passed += !p.edited;
	c.mac += p.edited && p.e.set_mac;
	c.address += address;
	c.port += port;
	c.long_ones += p.edited && p.data.size() > 8000;
	if (p.ports() && (address || port)) {
		unsigned old = get16(p.data, p.checksum_at()), now = get16(out, p.checksum_at());
		c.no_checksum += p.l4_type == UDP && old == 0;
		c.became_ffff += p.l4_type == UDP && old != 0 && mend(old, p.e.layer4_sum) == 0 &&
				 now == 0xffff;
	}
	if (!p.edited || !p.real)
		return;
	if (address && judge_ip(p, p.data) >= RIGHT) {
		c.ip_right++;
		wrong_sums += judge_ip(p, out) < judge_ip(p, p.data);
	}
	if ((address || port) && judge_l4(p, p.data) >= RIGHT) {
		c.l4_right++;
		wrong_sums += judge_l4(p, out) < judge_l4(p, p.data);
	}
}

static uint64_t run(const std::vector<packet> &packets, unsigned in_stall, unsigned out_stall,
		    rng &r, std::string &error, counts &c)
{
	auto d = std::make_unique<dut<Vframe_edit>>();
	Vframe_edit &m = d->m;
	source<decltype(m.s_axis_tdata), decltype(m.s_axis_tkeep), decltype(m.s_axis_tuser)> in(
		m.s_axis_tdata, m.s_axis_tkeep, m.s_axis_tlast, m.s_axis_tvalid, m.s_axis_tready,
		m.s_axis_tuser, WIDTH);
	sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)> out(
		m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid, m.m_axis_tready,
		m.m_axis_tuser, WIDTH);
	std::vector<frame> offered;
	std::vector<unsigned> slots, unused;
	std::deque<uint64_t> written; /* when, of the frames that have not come yet */
	std::vector<bool> used(SLOTS);
	uint64_t bytes_in = 0, begin = 0, inside = 0;
	bool in_frame = false;
	unsigned busy_wrong = 0;
	auto write = [&](unsigned slot, const bytes &word) {
		m.write_valid = 1;
		m.write_slot = slot;
		put(m.write_edit, word.data(), word.size());
	};

	in.stall_percent = in_stall;
	out.stall_percent = out_stall;
	for (auto &p : packets)
		bytes_in += p.data.size();
	for (unsigned i = 0; i < SLOTS; i++)
		unused.push_back(i);
	m.write_valid = 0;
	d->reset();
	uint64_t limit = d->cycles + (bytes_in / WIDTH + 2 * packets.size()) * 40 + 10000;
	size_t left = 0;
	while (left < packets.size() && d->cycles < limit) {
		/* Two clocks after a frame's slot is written the frame may come. */
		while (!written.empty() && written.front() + 2 <= d->cycles) {
			in.queue.push_back(offered[offered.size() - written.size()]);
			written.pop_front();
		}
		m.write_valid = 0;
		if (offered.size() < packets.size() && written.size() + in.queue.size() < 100 &&
		    !unused.empty()) {
			const packet &p = packets[offered.size()];
			size_t which = chance(r, 50) ? unused.size() - 1 : r() % unused.size();
			unsigned slot = unused[which];
			if (p.edited) {
				unused.erase(unused.begin() + which);
				write(slot, p.e.word());
				c.again += used[slot];
				used[slot] = true;
			} else {
				slot = r() % SLOTS; /* says nothing */
			}
			slots.push_back(slot);
			offered.push_back(make(p, slot, r));
			written.push_back(d->cycles);
		} else if (!unused.empty() && chance(r, 20)) {
			write(unused[r() % unused.size()], random_bytes(r, 17));
			m.write_edit[4] &= 7;
		}
		in.drive(r);
		out.drive(r);
		d->settle();
		busy_wrong += !!m.busy != (inside != 0 || in_frame);
		if (!begin && m.s_axis_tvalid)
			begin = d->cycles;
		if (m.s_axis_tvalid && m.s_axis_tready) {
			inside++;
			in_frame = !m.s_axis_tlast;
		}
		inside -= m.m_axis_tvalid && m.m_axis_tready;
		in.sample();
		out.sample();
		d->edge();
		if (out.queue.size() > left) {
			if (left < packets.size() && packets[left].edited)
				unused.push_back(slots[left]);
			left++;
		}
	}
	uint64_t took = d->cycles - begin;
	d->settle();

	unsigned wrong = 0, wrong_sums = 0;
	for (size_t i = 0; i < packets.size() && i < out.queue.size(); i++) {
		const packet &p = packets[i];
		const frame &f = out.queue[i];
		bytes want = expected(p), user = f.user;
		user.resize(USER_BYTES);
		if (f.data == want && user == offered[i].user) {
			count(p, f.data, c, wrong_sums);
			continue;
		}
		size_t at = 0;
		while (at < f.data.size() && at < want.size() && f.data[at] == want[at])
			at++;
		if (wrong++ < 5)
			printf("# frame %zu of %zu bytes (%zu), l3 %u at %u, l4 %u at %u, edit %u "
			       "(%u %u %u): byte %zu is wrong, metadata %s\n",
			       i, f.data.size(), want.size(), p.l3_type, p.l3, p.l4_type, p.l4,
			       p.edited, p.e.set_mac, p.e.set_ipv4, p.e.set_port, at,
			       user == offered[i].user ? "same" : "changed");
	}
	error = out.error;
	if (out.queue.size() != packets.size())
		error = std::to_string(out.queue.size()) + " frames out for " +
			std::to_string(packets.size());
	else if (wrong)
		error = std::to_string(wrong) + " frames wrong";
	else if (wrong_sums)
		error = std::to_string(wrong_sums) + " checksums wrong that were right";
	else if (m.busy || m.m_axis_tvalid)
		error = "busy at the end";
	else if (busy_wrong)
		error = "busy wrong in " + std::to_string(busy_wrong) + " clocks";
	return took;
}

int main(int argc, char **argv)
{
	tap t;
	rng r(6);
	std::vector<vector_set> sets = load_vectors(argc > 1 ? argv[1] : "build/rtl/vectors.txt");
	std::string w = std::to_string(DATA_W) + " bits: ", error;
	const unsigned stalls[][2] = { { 0, 0 },   { 40, 0 }, { 0, 60 },
				       { 30, 30 }, { 80, 0 }, { 0, 90 } };
	std::vector<packet> known, random, small;
	counts all = {};
	struct {
		const char *name;
		std::vector<packet> &packets;
	} const kinds[] = { { "random frames", random },
			    { "vectors", known },
			    { "frames of up to 64 bytes, all changed", small } };

	for (auto &s : sets)
		for (auto &v : s.frames)
			if (v.data.size() >= 60) /* shorter ones do not come from a port */
				known.push_back(from_vector(v));
	t.check(known.size() > 7000, w + "vectors are there");
	for (unsigned i = 0; i < 5000; i++) {
		random.push_back(random_packet(r));
		small.push_back(small_packet(r));
	}
	for (auto &s : stalls) {
		for (auto &k : kinds) {
			uint64_t beats = 0;
			for (auto &p : k.packets) {
				add_edit(p, &k.packets == &small ? 100 : 70, r);
				beats += (p.data.size() + WIDTH - 1) / WIDTH;
			}
			uint64_t took = run(k.packets, s[0], s[1], r, error, all);
			t.check(error.empty(),
				w + k.name + ", input stalls " + std::to_string(s[0]) +
					"%, output " + std::to_string(s[1]) +
					"%: changed as they must be, nothing else",
				error);
			if (s[0] == 0 && s[1] == 0)
				t.check(took <= beats + 6, w + k.name + ": full rate",
					std::to_string(took) + " clocks for " +
						std::to_string(beats));
		}
	}
	printf("# passed %llu, address of Ethernet %llu, of IPv4 %llu, port %llu; right before and "
	       "after: IPv4 "
	       "%llu, layer 4 %llu; UDP without checksum %llu, 0 made ffff %llu; long %llu, slots "
	       "again "
	       "%llu\n",
	       (unsigned long long)all.passed, (unsigned long long)all.mac,
	       (unsigned long long)all.address, (unsigned long long)all.port,
	       (unsigned long long)all.ip_right, (unsigned long long)all.l4_right,
	       (unsigned long long)all.no_checksum, (unsigned long long)all.became_ffff,
	       (unsigned long long)all.long_ones, (unsigned long long)all.again);
	t.check(all.ip_right > 5000 && all.l4_right > 5000,
		w + "thousands of right checksums are right afterwards");
	t.check(all.passed > 5000 && all.mac > 5000 && all.address > 5000 && all.port > 5000 &&
			all.no_checksum > 500 && all.became_ffff > 200 && all.long_ones > 100 &&
			all.again > 10000,
		w + "every kind of change often enough");
	return t.finish();
}
