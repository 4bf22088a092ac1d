/* SPDX-License-Identifier: BSD-3-Clause */

#include "frames.h"

#include <sekisho/registers.h>

#include <cstring>

namespace frames {

namespace {

enum {
	HOP_BY_HOP = 0,
	ICMP = 1,
	IGMP = 2,
	IPIP = 4,
	TCP = 6,
	UDP = 17,
	IP6IP = 41,
	ROUTING = 43,
	FRAGMENT = 44,
	GRE = 47,
	AH = 51,
	ICMP6 = 58,
	NO_NEXT = 59,
	DESTINATION = 60,
	OSPF = 89,
	SCTP = 132,
};

const uint16_t tag_types[] = { 0x8100, 0x88a8, 0x9100 };
const uint16_t other_types[] = { 0x0000, 0x0026, 0x05dc, 0x0600, 0x8035, 0x8847, 0x8863,
				 0x88cc, 0x88f7, 0x8906, 0x9200, 0x86dc, 0x0801, 0xffff };
const uint8_t unknown_extensions[] = { 50, 135, 139, 140, 253, 254 };
const uint16_t tunnel_ports[] = { 4789, 4790, 6081, 8472, 2152 };

void put16(uint8_t *p, unsigned int v)
{
	p[0] = v >> 8;
	p[1] = v;
}

unsigned int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

/* RFC 1071 by the modulo: 16-bit words are digits to the base 65536, and 65536 = 1 modulo 65535. */
unsigned int sum_mod(const uint8_t *p, size_t n, uint64_t start = 0)
{
	uint64_t sum = start;
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	return sum % 65535;
}

/* What completes the sum to a multiple of 65535: 0, never 0xffff. */
unsigned int complement(unsigned int sum)
{
	return (65535 - sum) % 65535;
}

class builder {
public:
	builder(rng &r, const wishes &wish) : random(r), w(wish) {}

	frame build(unsigned int depth)
	{
		ethernet();
		l3(depth);
		finish();
		if (chance(random, w.broken))
			damage();
		pad();
		if (f.data.size() > w.longest)
			f.data.resize(w.longest);
		return f;
	}

private:
	unsigned int below(unsigned int n) { return frames::below(random, n); }
	bool chance(unsigned int percent) { return frames::chance(random, percent); }
	static bool chance(rng &r, unsigned int percent) { return frames::chance(r, percent); }
	void byte(unsigned int v) { f.data.push_back((uint8_t)v); }
	void word(unsigned int v) { byte(v >> 8), byte(v); }
	void noise(size_t n)
	{
		/* All zeros and all ones make the sums that a fold may get wrong. */
		unsigned int kind = below(10);
		for (size_t i = 0; i < n; i++)
			byte(kind == 0 ? 0 : kind == 1 ? 0xff : random());
	}
	void say(const char *text) { f.what += (f.what.empty() ? "" : " ") + std::string(text); }

	void ethernet()
	{
		unsigned int to = below(100);
		const address &known = w.addresses[below(w.addresses.size())];
		if (to < w.own) {
			f.data.assign(known.begin(), known.end());
		} else if (to < w.own + w.broadcast) {
			f.data.assign(6, 0xff);
		} else if (to < w.own + w.broadcast + w.multicast) {
			static const uint8_t groups[3][6] = { { 1, 0, 0x5e, 0, 0, 1 },
							      { 0x33, 0x33, 0, 0, 0, 1 },
							      { 1, 0x80, 0xc2, 0, 0, 0xe } };
			unsigned int g = below(4);
			f.data.assign(groups[g % 3], groups[g % 3] + 6);
			if (g == 3)
				f.data[5] = random();
		} else {
			/* A stranger: often one bit away. */
			f.data.assign(known.begin(), known.end());
			unsigned int bit = below(48);
			f.data[bit / 8] ^= 1u << bit % 8;
			if (chance(30))
				f.data[below(6)] = random();
		}
		byte(2);
		noise(5);
		unsigned int n = below(100);
		tags = n < 60 ? 0 : n < 80 ? 1 : n < 95 ? 2 : 3;
		for (unsigned int i = 0; i < tags; i++) {
			word(tag_types[below(3)]);
			word(chance(20) ? 0xffff : random());
		}
		if (tags)
			say(tags == 1 ? "vlan" : tags == 2 ? "vlan2" : "vlan3");
	}

	void l3(unsigned int depth)
	{
		unsigned int n = below(100);
		if (n < 48) {
			word(0x0800);
			ipv4(depth);
		} else if (n < 92) {
			word(0x86dd);
			ipv6(depth);
		} else if (n < 95) {
			say("arp");
			word(0x0806);
			static const uint8_t arp[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
			f.data.insert(f.data.end(), arp, arp + 8);
			noise(20);
		} else if (n < 97) {
			say("other ethertype");
			word(chance(30) ? random() : other_types[below(14)]);
			noise(below(100));
		} else if (n < 98) {
			/* The other IP version than the EtherType says. */
			say("mismatched");
			word(chance(50) ? 0x0800 : 0x86dd);
			chance(50) ? ipv4(depth) : ipv6(depth);
		} else {
			say("nothing behind the ethertype");
			word(chance(30) ? 0x0800 : chance(50) ? 0x86dd : tag_types[below(3)]);
			noise(below(4));
		}
	}

	void ip_address(size_t n)
	{
		unsigned int kind = below(10);
		if (kind == 0) {
			f.data.insert(f.data.end(), n, 0xff);
		} else if (kind == 1) {
			f.data.insert(f.data.end(), n, 0);
		} else if (w.flows) {
			f.data.insert(f.data.end(), n - 1, 0x20);
			byte(below(4));
		} else {
			for (size_t i = 0; i < n; i++)
				byte(random());
		}
	}

	unsigned int transport_protocol(bool v6)
	{
		static const uint8_t rare[] = { IGMP, IPIP,  IP6IP, GRE,     OSPF, SCTP,
						ICMP, ICMP6, 255,   NO_NEXT, 103 };
		unsigned int n = below(100);
		if (n < 40)
			return TCP;
		if (n < 80)
			return UDP;
		if (n < 88)
			return v6 ? ICMP6 : ICMP;
		if (n < 98)
			return rare[below(11)];
		return random() & 0xff;
	}

	void ipv4(unsigned int depth)
	{
		unsigned int ihl = chance(70) ? 5 : 6 + below(10);
		l3_at = f.data.size();
		is_v4 = true;
		protocol = transport_protocol(false);
		unsigned int fragment = 0;
		if (chance(8)) {
			static const uint16_t kinds[] = { 0x2000, 0x2001, 0x0001,
							  0x1fff, 0x3fff, 0x00b9 };
			fragment = kinds[below(6)];
			say("fragment");
		}
		if (chance(20))
			fragment |= 0x4000;
		if (chance(3))
			fragment |= 0x8000;
		say(ihl == 5 ? "ipv4" : "ipv4 options");
		byte(0x40 | ihl);
		byte(random());
		word(0); /* total length */
		word(random());
		word(fragment);
		byte(random());
		byte(protocol);
		word(0); /* checksum */
		ip_address(4);
		ip_address(4);
		if (chance(50))
			noise(ihl * 4 - 20);
		else
			f.data.insert(f.data.end(), ihl * 4 - 20, 1);
		l4(depth);
	}

	void ipv6(unsigned int depth)
	{
		l3_at = f.data.size();
		is_v4 = false;
		byte(0x60 | below(16));
		noise(3);
		word(0); /* payload length */
		size_t next_at = f.data.size();
		byte(0);
		byte(random());
		ip_address(16);
		ip_address(16);
		say("ipv6");
		unsigned int n = chance(55) ? 0 : chance(60) ? 1 + below(2) : below(11);
		bool huge = chance(15); /* to get beyond the bytes that are parsed */
		for (unsigned int i = 0; i < n; i++) {
			unsigned int kind = below(20);
			unsigned int type = unknown_extensions[below(6)];
			if (kind < 18)
				type = kind < 5	 ? HOP_BY_HOP :
				       kind < 9	 ? DESTINATION :
				       kind < 13 ? ROUTING :
				       kind < 15 ? FRAGMENT :
						   AH;
			f.data[next_at] = type;
			next_at = f.data.size();
			extension(type, huge);
		}
		if (n)
			say(n > 8 ? "over 8 extensions" : "extensions");
		protocol = transport_protocol(true);
		f.data[next_at] = protocol;
		l4(depth);
	}

	void extension(unsigned int type, bool huge)
	{
		unsigned int units = chance(60) ? 0 : below(huge ? 32 : 4);
		byte(0); /* next header */
		switch (type) {
		case FRAGMENT:
			byte(random()); /* reserved */
			word(chance(50) ? 0 : chance(30) ? 6 : random() & 0xfffe);
			if (chance(30))
				f.data.back() |= 1;
			noise(4);
			return;
		case AH:
			units = 2 * units + below(3);
			byte(units);
			noise(6 + units * 4);
			return;
		case ROUTING:
			byte(units);
			byte(chance(50) ? 0 : 2 + below(3));
			byte(chance(70) ? 0 : random()); /* segments left */
			noise(4 + units * 8);
			return;
		default:
			byte(units);
			noise(6 + units * 8);
		}
	}

	size_t payload_length()
	{
		unsigned int n = below(100);
		if (n < w.jumbo)
			return below(9600);
		if (n < w.jumbo + w.middle)
			return below(1450);
		return chance(20) ? below(4) : below(90);
	}

	unsigned int port()
	{
		if (chance(10))
			return tunnel_ports[below(5)];
		if (w.flows)
			return 1000 + below(8);
		return chance(5) ? 0 : chance(5) ? 0xffff : random() & 0xffff;
	}

	void l4(unsigned int depth)
	{
		l4_at = f.data.size();
		checksum_at = 0;
		switch (protocol) {
		case TCP: {
			unsigned int offset = chance(70) ? 5 : 5 + below(11);
			say(offset == 5 ? "tcp" : "tcp options");
			word(port());
			word(port());
			noise(8);
			byte(offset << 4 | below(16));
			byte(random());
			word(random());
			checksum_at = f.data.size();
			word(0);
			word(chance(90) ? 0 : random()); /* urgent pointer */
			options(offset * 4 - 20);
			payload();
			break;
		}
		case UDP:
			say("udp");
			word(port());
			word(port());
			word(0); /* length */
			checksum_at = f.data.size();
			word(0);
			if (depth < 1 && chance(15)) {
				say("vxlan");
				f.data.insert(f.data.end(), { 8, 0, 0, 0, 0, 0, 1, 0 });
				inner();
			} else {
				payload();
			}
			put16(&f.data[l4_at + 4], f.data.size() - l4_at);
			break;
		case GRE:
			say("gre");
			word(0);
			word(0x6558);
			depth < 1 ? inner() : payload();
			break;
		case ICMP:
		case ICMP6:
			say("icmp");
			noise(8);
			payload();
			break;
		default:
			say("other protocol");
			payload();
		}
		ip_end = f.data.size();
	}

	/* Any bytes, or a list of options; most lists have an owner option, some two, and some are not well formed. */
	void options(size_t size)
	{
		size_t end = f.data.size() + size;
		if (chance(25))
			noise(size);
		while (f.data.size() < end) {
			size_t room = end - f.data.size();
			if (room >= 15 && chance(40)) {
				bool longer = room >= 19 && chance(50);
				byte(chance(96) ? SEKISHO_OWNER_OPTION_KIND : 253);
				byte(longer ? SEKISHO_OWNER_OPTION_LENGTH :
					      SEKISHO_OWNER_OPTION_LENGTH_SHORT);
				word(chance(96) ? SEKISHO_OWNER_OPTION_EXPERIMENT : random());
				byte(chance(80) ? 0x40 : random());
				word(1 + below(3)); /* tenant */
				word(0);
				word(1000 + below(3)); /* id */
				noise(longer ? 8 : 4);
				if (chance(10))
					say("two owners");
				else
					while (f.data.size() < end && !chance(3))
						byte(1);
			} else if (room >= 4 && chance(30)) {
				size_t length = 2 + below(room < 12 ? room - 1 : 11);
				byte(2 + below(252));
				byte(chance(95) ? length : random());
				noise(length - 2);
			} else {
				byte(chance(90) ? 1 : chance(70) ? 0 : random());
			}
		}
	}

	void payload() { noise(payload_length()); }

	void inner()
	{
		wishes in = w;
		in.pad = false;
		in.jumbo = 0;
		frame inside = builder(random, in).build(1);
		f.data.insert(f.data.end(), inside.data.begin(), inside.data.end());
	}

	/* Lengths, then checksums; some frames are made to sum up to a corner. */
	void finish()
	{
		if (!l3_at)
			return;
		uint8_t *ip = &f.data[l3_at];
		if (is_v4)
			put16(ip + 2, ip_end - l3_at);
		else
			put16(ip + 4, ip_end - l3_at - 40);
		l4_checksum();
		ip_checksum();
		if (is_v4 && chance(2)) {
			say("header sum forced");
			/* identification such that the checksum is 0 */
			put16(ip + 4, 0);
			put16(ip + 10, 0);
			unsigned int sum = sum_mod(ip, (ip[0] & 15) * 4u);
			put16(ip + 4, complement(sum));
			put16(ip + 10, chance(50) ? 0 : 0xffff);
		}
		if (checksum_at && chance(4)) {
			say("sum forced");
			/* source port such that the checksum is 0, or 0xffff */
			put16(&f.data[checksum_at], 0);
			put16(&f.data[l4_at], 0);
			put16(&f.data[l4_at], complement(l4_sum()));
			put16(&f.data[checksum_at], chance(50) ? 0 : 0xffff);
		} else if (checksum_at && protocol == UDP && chance(5)) {
			say("no checksum");
			put16(&f.data[checksum_at], 0);
		}
	}

	void ip_checksum()
	{
		if (!is_v4)
			return;
		uint8_t *ip = &f.data[l3_at];
		size_t n = (ip[0] & 15) * 4u;
		put16(ip + 10, 0);
		if (l3_at + n <= f.data.size())
			put16(ip + 10, complement(sum_mod(ip, n)));
	}

	unsigned int l4_sum()
	{
		const uint8_t *ip = &f.data[l3_at];
		uint64_t start = protocol + (ip_end - l4_at);
		start += is_v4 ? sum_mod(ip + 12, 8) : sum_mod(ip + 8, 32);
		return sum_mod(&f.data[l4_at], ip_end - l4_at, start);
	}

	void l4_checksum()
	{
		if (!checksum_at)
			return;
		put16(&f.data[checksum_at], 0);
		unsigned int sum = complement(l4_sum());
		put16(&f.data[checksum_at], sum == 0 && protocol == UDP ? 0xffff : sum);
	}

	/* One thing is wrong. Where it is in a length, the checksums may be right all the same. */
	void damage()
	{
		uint8_t *d = f.data.data();
		size_t size = f.data.size();
		bool again = chance(70);
		f.what += ", ";
		switch (below(16)) {
		case 0:
			if (checksum_at) {
				say("l4 checksum");
				d[checksum_at + below(2)] ^= 1u << below(8);
			}
			return;
		case 1:
			if (l3_at && is_v4) {
				say("ip checksum");
				d[l3_at + 10 + below(2)] ^= 1u << below(8);
			}
			return;
		case 2:
			say("a bit");
			d[below(size)] ^= 1u << below(8);
			return;
		case 3:
			say("a header byte");
			d[12 + below(size - 12 < 60 ? size - 12 : 60)] = random();
			return;
		case 4:
			if (l3_at && is_v4) {
				say("total length");
				unsigned int at = get16(d + l3_at + 2);
				put16(d + l3_at + 2, chance(60) ? at + below(17) - 8 :
						     chance(50) ? below(80) :
								  random());
			} else if (l3_at) {
				say("payload length");
				unsigned int at = get16(d + l3_at + 4);
				put16(d + l3_at + 4, chance(60) ? at + below(17) - 8 :
						     chance(50) ? below(80) :
								  random());
			}
			break;
		case 5:
			if (l3_at && is_v4) {
				say("ihl");
				d[l3_at] = (d[l3_at] & 0xf0) | below(16);
			} else if (l3_at) {
				say("next header");
				d[l3_at + 6] = random();
			}
			break;
		case 6:
			if (l3_at) {
				say("version");
				d[l3_at] = (d[l3_at] & 0x0f) | random() << 4;
			}
			break;
		case 7:
		case 8:
			if (checksum_at && protocol == UDP) {
				say("udp length");
				unsigned int at = get16(d + l4_at + 4);
				put16(d + l4_at + 4, chance(40) ? below(9) :
						     chance(60) ? at + below(9) - 4 :
								  random());
			} else if (checksum_at) {
				say("data offset");
				d[l4_at + 12] = (d[l4_at + 12] & 0x0f) | random() << 4;
			}
			break;
		case 9:
		case 10:
			say("cut");
			f.data.resize(chance(50) && l3_at ? l3_at + below(size - l3_at) :
							    1 + below(size));
			return;
		case 11:
			if (checksum_at) {
				say("checksum to a zero");
				put16(d + checksum_at, chance(50) ? 0 : 0xffff);
			}
			return;
		case 12:
			if (l3_at && is_v4) {
				say("ip checksum to a zero");
				put16(d + l3_at + 10, chance(50) ? 0 : 0xffff);
			}
			return;
		case 13:
			if (checksum_at) {
				say("bytes swapped");
				std::swap(d[checksum_at], d[checksum_at + 1]);
			}
			return;
		case 14:
			say("trailer");
			noise(1 + below(chance(80) ? 8 : 200));
			return;
		default:
			say("all ones");
			if (l4_at && l4_at + 8 < size)
				memset(d + l4_at + 8, 0xff, size - l4_at - 8);
			break;
		}
		/* With the checksums of the header as it is now, a check of the lengths must stop it. */
		if (again && l3_at) {
			ip_checksum();
			if (ip_end <= f.data.size())
				l4_checksum();
		}
	}

	void pad()
	{
		if (!w.pad || f.data.size() >= 60)
			return;
		if (chance(50))
			f.data.resize(60, 0);
		else
			noise(60 - f.data.size());
	}

	rng &random;
	const wishes &w;
	frame f;
	unsigned int tags = 0, protocol = 0;
	size_t l3_at = 0, l4_at = 0, checksum_at = 0, ip_end = 0;
	bool is_v4 = false;
};

} // namespace

frame make(rng &random, const wishes &w)
{
	return builder(random, w).build(0);
}

} // namespace frames
