/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_TESTS_RTL_VECTORS_H
#define SEKISHO_TESTS_RTL_VECTORS_H

/* Reads the frames and expected values that vectors.py writes. */

#include "axis.h"

#include <fstream>
#include <sstream>

namespace axis {

/* The order of FIELDS in vectors.py. */
enum vector_field {
	L3_TYPE,
	L4_TYPE,
	VLAN_TAGS,
	VLAN_TCI,
	L3_OFFSET,
	L4_OFFSET,
	PAYLOAD_OFFSET,
	SUM_START,
	SUM_END,
	PSEUDO_SUM,
	IP_HEADER_SUM,
	IP_VERDICT,
	L4_CHECKED,
	REASON,
	RSS_HASH,
	HASH_TYPE,
	RAW_SUM,
	L4_VERDICT,
	VECTOR_FIELDS
};

/* And those behind them, of which there is no metadata. */
struct vector_owner {
	bool found;
	uint32_t id, word; /* as in a flow rule's key */
};

/* Where metadata.vh puts them: lowest bit, width. */
static const struct {
	const char *name;
	unsigned lsb, width;
} META[VECTOR_FIELDS] = {
	{ "L3_TYPE", 64, 3 },	      { "L4_TYPE", 67, 3 },	    { "VLAN_TAGS", 70, 2 },
	{ "VLAN_TCI", 72, 16 },	      { "L3_OFFSET", 88, 8 },	    { "L4_OFFSET", 96, 8 },
	{ "PAYLOAD_OFFSET", 104, 9 }, { "SUM_START", 113, 14 },	    { "SUM_END", 127, 14 },
	{ "PSEUDO_SUM", 141, 16 },    { "IP_HEADER_SUM", 157, 16 }, { "IP_VERDICT", 173, 2 },
	{ "L4_CHECKED", 175, 1 },     { "REASON", 176, 4 },	    { "RSS_HASH", 180, 32 },
	{ "HASH_TYPE", 212, 2 },      { "RAW_SUM", 216, 16 },	    { "L4_VERDICT", 214, 2 },
};
static const unsigned META_BYTES = 35, META_LENGTH = 16, META_FUNCTION = 4;

struct vector_frame {
	std::string name;
	unsigned function;
	bytes data;
	uint64_t field[VECTOR_FIELDS];
	vector_owner owner;
};

struct vector_set {
	bytes key[2];
	unsigned types[2];
	std::vector<vector_frame> frames;
};

inline bytes from_hex(const std::string &s)
{
	bytes b;
	for (size_t i = 0; i + 1 < s.size(); i += 2)
		b.push_back((uint8_t)std::stoul(s.substr(i, 2), nullptr, 16));
	return b;
}

inline std::vector<vector_set> load_vectors(const char *path)
{
	std::vector<vector_set> sets;
	std::ifstream in(path);
	std::string line;

	while (std::getline(in, line)) {
		std::istringstream words(line);
		std::string kind, hex, hex1;
		words >> kind;
		if (kind == "C") {
			sets.emplace_back();
			vector_set &s = sets.back();
			words >> hex >> s.types[0] >> hex1 >> s.types[1];
			s.key[0] = from_hex(hex);
			s.key[1] = from_hex(hex1);
		} else if (kind == "V" && !sets.empty()) {
			vector_frame f;
			words >> f.name >> f.function >> hex;
			f.data = from_hex(hex);
			for (auto &v : f.field)
				words >> v;
			words >> f.owner.found >> f.owner.id >> f.owner.word;
			sets.back().frames.push_back(f);
		}
	}
	return sets;
}

} // namespace axis

#endif
