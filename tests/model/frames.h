/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_TESTS_MODEL_FRAMES_H
#define SEKISHO_TESTS_MODEL_FRAMES_H

/*
 * Frames that reach every branch of the card's parser. make() builds a right frame of a random
 * stack of headers and then, for some, breaks one thing. It knows the headers' formats, and nothing
 * of what the card says of them.
 */

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace frames {

typedef std::vector<uint8_t> bytes;
typedef std::mt19937_64 rng;
typedef std::array<uint8_t, 6> address;

struct wishes {
	/* In percent; what is left is a right frame. */
	unsigned int broken = 40;
	/* Of the frames that are not short: in percent, to 1518 bytes, and to the longest. */
	unsigned int middle = 20, jumbo = 0;
	/* In percent: to one of the addresses, to broadcast, to some multicast, else to a stranger. */
	unsigned int own = 100, broadcast = 0, multicast = 0;
	std::vector<address> addresses = std::vector<address>(1);
	/* Longer frames are cut. */
	size_t longest = 9728;
	/* At least 60 bytes, padded; false: as short as the headers are. */
	bool pad = true;
	/* Few addresses and ports, so that flows repeat. */
	bool flows = false;
};

struct frame {
	bytes data;
	/* "vlan ipv4 tcp, total length" */
	std::string what;
};

frame make(rng &random, const wishes &w);

/* Both return less than n; 0 where n is 0. */
inline unsigned int below(rng &random, unsigned int n)
{
	return n ? random() % n : 0;
}
inline bool chance(rng &random, unsigned int percent)
{
	return random() % 100 < percent;
}

} // namespace frames

#endif
