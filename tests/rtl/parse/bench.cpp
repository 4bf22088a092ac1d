/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * parse: every field of the metadata against the values of vectors.py, under all mixes of stalls;
 * flow rules, made from the frames, against their definition, with what they tell frame_edit; frames
 * unchanged and in order; the rate that its header promises.
 */
#include "Vparse.h"
#include "stream_bench.h"
#include "vectors.h"

using namespace axis;

static void configure(Vparse &m, const vector_set &s)
{
	bytes key(80);
	for (unsigned f = 0; f < 2; f++)
		for (unsigned w = 0; w < 10; w++)
			for (unsigned b = 0; b < 4; b++)
				key[40 * f + 4 * w + 3 - b] = s.key[f][4 * w + b];
	put(m.rss_key, key.data(), key.size());
	m.rss_types = s.types[0] | s.types[1] << 6;
}

/* ---- flow rules ---- */

static const unsigned RULES = 8, KEY_WORDS = 13, SOURCE = 0, DESTINATION = 4, LAYER4 = 8,
		      PACKET = 9, ETHERNET = 10, OWNER_ID = 11, OWNER = 12, MASK = 16, ACTION = 32,
		      MARK = 33, MAC = 34, ADDRESS = 36, CHANGE = 37, RULE_WORDS = 64;

struct flow_key {
	uint32_t word[KEY_WORDS] = {};
	bool counts[KEY_WORDS] = {};
};

struct flow_rule {
	uint32_t word[RULE_WORDS] = {};
	bool enabled = false;
};

static uint32_t word_at(const bytes &b, size_t at)
{
	return (uint32_t)b[at] << 24 | b[at + 1] << 16 | b[at + 2] << 8 | b[at + 3];
}

/* The number that the walk over IPv6's extension headers ends with. */
static unsigned last_header(const bytes &b, size_t ip)
{
	unsigned next = b[ip + 6];
	size_t at = ip + 40;

	while (next == 0 || next == 43 || next == 44 || next == 51 || next == 60) {
		bool fragment = next == 44, rest = b[at + 2] | (b[at + 3] & 0xf9);
		size_t length = fragment   ? 8 :
				next == 51 ? (b[at + 1] + 2) * 4 :
					     (b[at + 1] + 1) * 8;
		next = b[at];
		if (fragment && rest)
			break;
		at += length;
	}
	return next;
}

static flow_key key_of(const vector_frame &v)
{
	flow_key k;
	const bytes &b = v.data;
	unsigned l3 = v.field[L3_TYPE], l4 = v.field[L4_TYPE], tags = v.field[VLAN_TAGS];
	size_t ip = 14 + 4 * tags;
	bool v4 = l3 == 1 || l3 == 2, v6 = l3 == 3 || l3 == 4, found = l4 >= 1 && l4 <= 3;
	unsigned protocol = l4 == 0 ? 0 : v4 ? b[ip + 9] : v6 ? last_header(b, ip) : 0;

	for (unsigned i = 0; i < 4; i++) {
		if (v6) {
			k.word[SOURCE + i] = word_at(b, ip + 8 + 4 * i);
			k.word[DESTINATION + i] = word_at(b, ip + 24 + 4 * i);
		}
		k.counts[SOURCE + i] = k.counts[DESTINATION + i] = v6 || (v4 && i == 3);
	}
	if (v4) {
		k.word[SOURCE + 3] = word_at(b, ip + 12);
		k.word[DESTINATION + 3] = word_at(b, ip + 16);
	}
	if (found)
		k.word[LAYER4] = word_at(b, v.field[L4_OFFSET]);
	k.counts[LAYER4] = found;
	k.word[PACKET] = protocol | v4 << 8 | v6 << 9 | found << 10 | (l4 == 4) << 11 |
			 (tags > 0) << 12 | (tags > 1) << 13 | (uint32_t)v.field[VLAN_TCI] << 16;
	k.word[ETHERNET] = word_at(b, ip - 4);
	k.counts[PACKET] = k.counts[ETHERNET] = true;
	k.word[PACKET] |= v.owner.found << 14;
	k.word[OWNER_ID] = v.owner.id;
	k.word[OWNER] = v.owner.word;
	k.counts[OWNER_ID] = k.counts[OWNER] = v.owner.found;
	return k;
}

struct flow_rules {
	flow_rule rule[2][RULES];

	/* From frames of the set: some bits, whole words, or nothing of each word. */
	flow_rules(const std::vector<vector_frame> &frames, rng &r)
	{
		for (auto &of : rule)
			for (auto &x : of) {
				const vector_frame *v;
				do
					v = &frames[r() % frames.size()];
				while (v->data.size() < 60);
				flow_key k = key_of(*v);
				for (unsigned i = 0; i < KEY_WORDS; i++) {
					unsigned kind = r() % 8;
					x.word[i] = k.counts[i] ? k.word[i] : (uint32_t)r();
					x.word[MASK + i] = kind == 0 ? ~0u :
							   kind == 1 ? (uint32_t)r() :
							   kind == 2 ? 1u << r() % 32 :
								       0;
					if (i == PACKET && kind > 2)
						x.word[MASK + i] = 0x7fff;
				}
				for (unsigned i : { ACTION, MARK, MAC, MAC + 1, ADDRESS, CHANGE })
					x.word[i] = (uint32_t)r();
				if (chance(r, 30))
					x.word[ACTION] &= ~0x38u; /* changes nothing */
				x.enabled = r() % 8 != 0;
			}
	}
	/* FLOW_HIT and what follows it up to EDIT, the queue where it steers, and the edit word. */
	uint64_t look_up(const vector_frame &v, uint64_t &queue, bytes &edit) const
	{
		flow_key k = key_of(v);
		for (unsigned n = 0; n < RULES; n++) {
			const flow_rule &x = rule[v.function][n];
			bool holds = x.enabled;
			for (unsigned i = 0; i < KEY_WORDS; i++)
				holds = holds && !(k.counts[i] &&
						   ((k.word[i] ^ x.word[i]) & x.word[MASK + i]));
			if (!holds)
				continue;
			unsigned action = x.word[ACTION];
			if (action & 2)
				queue = action >> 8 & 0xff;
			edit = bytes(17);
			set_field(edit, 0, 32, x.word[MAC]);
			set_field(edit, 32, 16, x.word[MAC + 1]);
			set_field(edit, 48, 32, x.word[ADDRESS]);
			set_field(edit, 80, 32, x.word[CHANGE]);
			set_field(edit, 112, 16, action >> 16);
			set_field(edit, 128, 3, action >> 3);
			return 1 | n << 1 | (action & 7) << 5 |
			       (uint64_t)(action & 4 ? x.word[MARK] : 0) << 8 |
			       (uint64_t)((action & 0x38) != 0) << 40;
		}
		return 0;
	}
};

static void write_rules(dut<Vparse> &d, const flow_rules &rules, bool &read_back)
{
	Vparse &m = d.m;

	read_back = true;
	m.flow_enable = 0;
	for (unsigned i = 0; i < 2 * RULES * RULE_WORDS; i++) {
		const flow_rule &x = rules.rule[i / (RULES * RULE_WORDS)][i / RULE_WORDS % RULES];
		m.flow_write_valid = 1;
		m.flow_write_address = i;
		m.flow_write_data = x.word[i % RULE_WORDS];
		d.settle();
		d.edge();
		m.flow_enable |= x.enabled << i / RULE_WORDS;
	}
	m.flow_write_valid = 0;
	for (unsigned i = 0; i < 2 * RULES * RULE_WORDS; i++) {
		m.flow_read_address = i;
		d.settle();
		d.edge();
		d.settle();
		d.edge();
		d.settle();
		read_back = read_back &&
			    m.flow_read_data ==
				    rules.rule[i / (RULES * RULE_WORDS)][i / RULE_WORDS % RULES]
					    .word[i % RULE_WORDS];
	}
}

static frame make(const vector_frame &v, rng &r)
{
	frame f;
	f.data = v.data;
	/* All that parse does not fill in must pass, from META_PORT to the wanted checksums. */
	f.user = random_bytes(r, META_BYTES);
	set_field(f.user, META_LENGTH, 14, v.data.size());
	set_field(f.user, META_FUNCTION, 4, v.function);
	return f;
}

/* What was told to frame_edit, and when the frames that name it left: by then so much had been told. */
struct edits {
	std::vector<std::pair<unsigned, bytes>> told;
	std::vector<size_t> before;
	size_t named = 0;
};

static std::string compare(const vector_frame &v, const frame &in, const frame &out, size_t before,
			   const flow_rules &rules, edits &e, uint64_t hits[4])
{
	bytes edit;
	size_t number = 0;
	uint64_t below = field(in.user, 0, 64), queue = below >> 8 & 0xff;

	if (out.data != v.data)
		return v.name + ": data changed";
	if (field(out.user, 272, 1)) {
		number = e.named++;
		if (number >= before)
			return v.name + ": leaves before its edit word is told";
		if (field(out.user, 273, 7) != number % 128 || e.told[number].first != number % 128)
			return v.name + ": not the next slot";
	}
	/* Shorter ones do not come from a port. */
	if (v.data.size() >= 60) {
		uint64_t flow = rules.look_up(v, queue, edit), got = field(out.user, 232, 41);
		if (got != flow) {
			char text[64];
			snprintf(text, sizeof(text), ": flow is %llx, not %llx",
				 (unsigned long long)got, (unsigned long long)flow);
			return v.name + text;
		}
		if (flow >> 40 && e.told[number].second != edit)
			return v.name + ": wrong edit word";
		hits[3] += flow >> 40;
		below = (below & ~UINT64_C(0xff00)) | queue << 8;
		hits[flow & 1]++;
		hits[2] += flow & 1 && (flow >> 1 & 15) == RULES - 1;
		if (below != field(out.user, 0, 64))
			return v.name + ": metadata below L3_TYPE changed";
	}
	for (unsigned i = 0; i < RAW_SUM; i++) {
		uint64_t got = field(out.user, META[i].lsb, META[i].width);
		if (got != v.field[i])
			return v.name + ": " + META[i].name + " is " + std::to_string(got) +
			       ", not " + std::to_string(v.field[i]);
	}
	return "";
}

/* Runs frames through; returns the clocks from first to last output beat. */
static uint64_t run(const vector_set &s, const std::vector<vector_frame> &frames, unsigned in_stall,
		    unsigned out_stall, rng &r, std::string &error, unsigned &wrong,
		    uint64_t hits[4])
{
	auto d = std::make_unique<dut<Vparse>>();
	Vparse &m = d->m;
	source<decltype(m.s_axis_tdata), decltype(m.s_axis_tkeep), decltype(m.s_axis_tuser)> in(
		m.s_axis_tdata, m.s_axis_tkeep, m.s_axis_tlast, m.s_axis_tvalid, m.s_axis_tready,
		m.s_axis_tuser, WIDTH);
	sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)> out(
		m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid, m.m_axis_tready,
		m.m_axis_tuser, WIDTH);
	std::vector<frame> offered;
	uint64_t begin = 0, bytes_in = 0;
	size_t before = 0;
	flow_rules rules(frames, r);
	edits e;
	bool read_back;

	configure(m, s);
	in.stall_percent = in_stall;
	out.stall_percent = out_stall;
	for (auto &v : frames) {
		offered.push_back(make(v, r));
		in.queue.push_back(offered.back());
		bytes_in += v.data.size();
	}
	d->reset();
	write_rules(*d, rules, read_back);
	for (unsigned i = 0; i < 10 * 2 + 4; i++) { /* the keys are copied, a word a clock */
		d->settle();
		d->edge();
	}
	uint64_t limit = d->cycles + (bytes_in / WIDTH + 100 * frames.size()) * 40 + 10000;
	while (out.queue.size() < frames.size() && d->cycles < limit) {
		in.drive(r);
		out.drive(r);
		d->settle();
		in.sample();
		if (m.edit_valid) {
			bytes word(17);
			get(m.edit_word, word.data(), word.size());
			e.told.push_back({ m.edit_slot, word });
		}
		if (m.m_axis_tvalid && out.current.data.empty())
			before = e.told.size();
		out.sample();
		if (out.queue.size() > e.before.size())
			e.before.push_back(before);
		d->edge();
		if (!begin && m.m_axis_tvalid)
			begin = d->cycles;
	}
	uint64_t took = d->cycles - begin;
	for (unsigned i = 0; i < 200; i++) {
		in.drive(r);
		out.drive(r);
		d->settle();
		out.sample();
		d->edge();
	}
	d->settle();

	wrong = 0;
	error = out.error;
	if (out.queue.size() != frames.size())
		error = std::to_string(out.queue.size()) + " frames out for " +
			std::to_string(frames.size());
	else if (m.busy)
		error = "busy at the end";
	else if (!read_back)
		error = "flow rules read back wrong";
	for (size_t i = 0; i < frames.size() && i < out.queue.size(); i++) {
		std::string why =
			compare(frames[i], offered[i], out.queue[i], e.before[i], rules, e, hits);
		if (!why.empty()) {
			if (wrong++ < 5)
				printf("# %s\n", why.c_str());
		}
	}
	if (error.empty() && e.named != e.told.size())
		error = std::to_string(e.told.size()) + " edit words for " +
			std::to_string(e.named) + " frames";
	return took;
}

int main(int argc, char **argv)
{
	tap t;
	rng r(4);
	std::vector<vector_set> sets = load_vectors(argc > 1 ? argv[1] : "build/rtl/vectors.txt");
	std::string w = std::to_string(DATA_W) + " bits: ";
	const unsigned stalls[][2] = { { 0, 0 }, { 40, 0 }, { 0, 60 }, { 30, 30 }, { 0, 90 } };
	std::string error;
	unsigned wrong;
	/* Frames without and with a rule, with the last one, with one that changes them */
	uint64_t hits[4] = {};

	t.check(sets.size() == 3, w + "vectors are there");
	for (size_t i = 0; i < sets.size(); i++) {
		for (auto &s : stalls) {
			run(sets[i], sets[i].frames, s[0], s[1], r, error, wrong, hits);
			t.check(error.empty() && wrong == 0,
				w + "hash configuration " + std::to_string(i) + ", " +
					std::to_string(sets[i].frames.size()) +
					" frames, input stalls " + std::to_string(s[0]) +
					"%, output " + std::to_string(s[1]) + "%: metadata right",
				error + " wrong: " + std::to_string(wrong));
		}
	}

	/* The rate, with minimum frames of each kind and of all kinds mixed, and with long frames. */
	std::vector<vector_frame> all;
	for (unsigned kind = 0; kind < 6; kind++) {
		static const char *const names[] = { "UDP over IPv4", "TCP over IPv4",
						     "UDP over IPv6", "TCP over IPv6",
						     "mixed",	      "1400 bytes and more" };
		std::vector<vector_frame> frames;
		for (auto &v : sets[0].frames) {
			size_t limit = DATA_W == 512 ? 64 : 80;
			bool v6 = v.field[L3_TYPE] == 3, tcp = v.field[L4_TYPE] == 1;
			if (kind == 5) {
				if (v.data.size() >= 1400 && v.field[REASON] == 0)
					frames.push_back(v);
				continue;
			}
			if (v.data.size() >= 60 && v.data.size() <= limit && v.field[REASON] == 0 &&
			    (v.field[L3_TYPE] == 1 || v6) &&
			    (v6 * 2 + tcp == (int)kind || kind == 4))
				frames.push_back(v);
		}
		if (frames.empty() && DATA_W == 512 && kind == 3)
			continue; /* TCP over IPv6 needs 74 bytes, two beats */
		for (size_t i = 0; frames.size() < 2000; i++)
			frames.push_back(vector_frame(frames[i]));
		uint64_t beats = 0;
		for (auto &v : frames)
			beats += (v.data.size() + WIDTH - 1) / WIDTH;
		uint64_t took = run(sets[0], frames, 0, 0, r, error, wrong, hits);
		printf("# %s: %zu frames, %llu beats, %llu clocks\n", names[kind], frames.size(),
		       (unsigned long long)beats, (unsigned long long)took);
		t.check(error.empty() && wrong == 0 && took <= beats + 16,
			w + "full rate, back to back: " + names[kind], error);
	}
	t.check(hits[0] > 1000 && hits[1] > 1000 && hits[2] > 10 && hits[3] > 1000,
		w + "frames with a flow rule and without",
		std::to_string(hits[0]) + ", " + std::to_string(hits[1]) + ", " +
			std::to_string(hits[2]) + ", " + std::to_string(hits[3]));
	return t.finish();
}
