/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * toeplitz_hash: Microsoft's published vectors for IPv4 and IPv6, and random keys and words, against
 * the definition: every 1 of the input adds the 32 key bits that start at its place. Words come with
 * and without gaps; one hash follows another.
 */

#include "Vtoeplitz_hash.h"
#include "axis.h"

static Vtoeplitz_hash m;
static uint32_t keys[16][16];

static void step()
{
	m.clk = 0, m.eval(), m.clk = 1, m.eval();
}

static void write_key(unsigned function, const uint32_t *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		keys[function][i] = words[i];
		m.key_write_valid = 1;
		m.key_write_address = 16 * function + i;
		m.key_write_data = words[i];
		step();
	}
	m.key_write_valid = 0;
}

/* The definition, a bit at a time. */
static uint32_t expected(unsigned function, const std::vector<uint32_t> &words)
{
	uint32_t hash = 0;
	for (unsigned bit = 0; bit < 32 * words.size(); bit++) {
		if (!(words[bit / 32] >> (31 - bit % 32) & 1))
			continue;
		for (unsigned i = 0; i < 32; i++) {
			unsigned place = bit + i;
			hash ^= (keys[function][place / 32] >> (31 - place % 32) & 1) << (31 - i);
		}
	}
	return hash;
}

static uint32_t hash(unsigned function, const std::vector<uint32_t> &words, axis::rng *gaps)
{
	m.rewind = m.start = 1;
	m.rewind_function = function;
	step();
	m.rewind = m.start = 0;
	for (unsigned i = 0; i < 3; i++)
		step();
	for (uint32_t word : words) {
		while (gaps && (*gaps)() % 3 == 0)
			step();
		m.word_valid = m.word_step = 1;
		m.word = word;
		/* One that only uses up its place in the key counts as a word of zeros. */
		if (gaps && word == 0 && (*gaps)() % 2)
			m.word_valid = 0, m.word = ~0u;
		step();
		m.word_valid = m.word_step = 0;
		m.word = ~word;
	}
	step();
	return m.hash;
}

int main()
{
	axis::tap t;
	axis::rng r(1);
	/* The key and the vectors of Microsoft's "Verifying the RSS hash calculation" */
	static const uint32_t key[10] = { 0x6d5a56da, 0x255b0ec2, 0x4167253d, 0x43a38fb0,
					  0xd0ca2bcb, 0xae7b30b4, 0x77cb2da3, 0x8030f20c,
					  0x6a42b73b, 0xbeac01fa };
	static const struct {
		std::vector<uint32_t> words;
		uint32_t hash;
	} vectors[] = {
		/* 66.9.149.187:2794 -> 161.142.100.80:1766 */
		{ { 0x420995bb, 0xa18e6450 }, 0x323e8fc2 },
		{ { 0x420995bb, 0xa18e6450, 0x0aea06e6 }, 0x51ccc178 },
		/* 199.92.111.2:14230 -> 65.69.140.83:4739 */
		{ { 0xc75c6f02, 0x41458c53 }, 0xd718262a },
		{ { 0xc75c6f02, 0x41458c53, 0x37961283 }, 0xc626b0ea },
		/* 3ffe:2501:200:1fff::7 -> 3ffe:2501:200:3::1, 2794 -> 1766 */
		{ { 0x3ffe2501, 0x02001fff, 0, 7, 0x3ffe2501, 0x02000003, 0, 1 }, 0x2cc18cd5 },
		{ { 0x3ffe2501, 0x02001fff, 0, 7, 0x3ffe2501, 0x02000003, 0, 1, 0x0aea06e6 },
		  0x40207d3d },
	};
	m.rst = 1;
	step();
	m.rst = 0;
	write_key(0, key, 10);
	std::string error;
	for (const auto &v : vectors)
		if (hash(0, v.words, nullptr) != v.hash)
			error = "a hash is " + std::to_string(m.hash);
	t.check(error.empty(), "the published vectors", error);

	unsigned zeros = 0;
	for (unsigned n = 0; n < 20000; n++) {
		unsigned function = r() % 16;
		if (n < 16 || r() % 64 == 0) {
			uint32_t words[16];
			for (auto &word : words)
				word = (uint32_t)r();
			write_key(n < 16 ? n : function, words, 16);
		}
		std::vector<uint32_t> words(n < 16 ? 0 : r() % 10);
		for (auto &word : words)
			word = r() % 4 ? (uint32_t)r() : 0;
		uint32_t want = n < 16 ? 0 : expected(function, words);
		uint32_t got = hash(function, words, r() % 2 ? &r : nullptr);
		zeros += words.empty();
		if (got != want && error.empty())
			error = "hash " + std::to_string(n) + " is " + std::to_string(got) +
				", expected " + std::to_string(want);
	}
	t.check(error.empty() && zeros > 16, "random keys of 16 functions, 0 to 9 words", error);
	return t.finish();
}
