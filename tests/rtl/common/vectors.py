# SPDX-License-Identifier: BSD-3-Clause
"""Frames and what the receive path must say of them.

`python vectors.py OUT` writes a text file for the benches of parse, csum_verify and deliver:

  C key0 types0 key1 types1        a new configuration: keys in hex, types in decimal
  V name function hex fields...    a frame; the fields are those of FIELDS, decimal

The expected values come from parse() here, plain Python from the RFCs and from the rules in
rtl/parse/parse.v. parse() itself is held against scapy for every packet that scapy builds: offsets
by scapy's layers, checksums by scapy's arithmetic; the hash against Microsoft's published values.
"""

import ipaddress
import random
import struct
import sys

from scapy.all import (ARP, Dot1AD, Dot1Q, Ether, ICMP, ICMPv6EchoRequest, IP, IPOption, IPv6,
                       IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                       IPv6ExtHdrRouting, PadN, Raw, TCP, UDP, fragment)
from scapy.contrib.lldp import (LLDPDU, LLDPDUChassisID, LLDPDUEndOfLLDPDU, LLDPDUPortID,
                                LLDPDUTimeToLive)
from scapy.layers.ipsec import AH
from scapy.layers.sctp import SCTP, SCTPChunkInit

FIELDS = ["l3_type", "l4_type", "vlan_tags", "vlan_tci", "l3_offset", "l4_offset", "payload_offset",
          "sum_start", "sum_end", "pseudo_sum", "ip_header_sum", "ip_verdict", "l4_checked", "reason",
          "rss_hash", "hash_type", "raw_sum", "l4_verdict", "owner_found", "owner_id", "owner"]

UNKNOWN, BAD, GOOD, NO_CHECKSUM = range(4)
(CHECKED, NOT_IP, TRUNCATED, IP_LENGTH, FRAGMENT, NOT_TCP_UDP, EXTENSION, TOO_DEEP, L4_LENGTH,
 UDP_NO_CHECKSUM, UDP6_NO_CHECKSUM, TOO_MANY_TAGS) = range(12)
L3_NONE, L3_IPV4, L3_IPV4_OPT, L3_IPV6, L3_IPV6_EXT, L3_ARP = range(6)
L4_NONE, L4_TCP, L4_UDP, L4_ICMP, L4_FRAGMENT, L4_OTHER = range(6)

EXTENSIONS = {0: "hop", 43: "route", 44: "fragment", 51: "ah", 60: "destination"}
OTHER_EXTENSIONS = {50, 135, 139, 140, 253, 254}

MICROSOFT_KEY = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b4"
                              "77cb2da38030f20c6a42b73bbeac01fa")
# source, port, destination, port, hash of addresses, hash with ports
MICROSOFT = [
    ("66.9.149.187", 2794, "161.142.100.80", 1766, 0x323e8fc2, 0x51ccc178),
    ("199.92.111.2", 14230, "65.69.140.83", 4739, 0xd718262a, 0xc626b0ea),
    ("24.19.198.95", 12898, "12.22.207.184", 38024, 0xd2d0a5de, 0x5c2b394a),
    ("38.27.205.30", 48228, "209.142.163.6", 2217, 0x82989176, 0xafc7327f),
    ("153.39.163.191", 44251, "202.188.127.2", 1303, 0x5d1809c5, 0x10e828a2),
    ("3ffe:2501:200:1fff::7", 2794, "3ffe:2501:200:3::1", 1766, 0x2cc18cd5, 0x40207d3d),
    ("3ffe:501:8::260:97ff:fe40:efab", 14230, "ff02::1", 4739, 0x0f0c461c, 0xdde51bbf),
    ("3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, "fe80::200:f8ff:fe21:67cf", 38024,
     0x4b61e985, 0x02d1feef),
]


def ones_sum(data):
    """One's complement sum of big-endian words: 0 only for all zeros."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    return (total - 1) % 0xffff + 1 if total else 0


def toeplitz(key, data):
    bits = int.from_bytes(key, "big")
    width = 8 * len(key)
    result = 0
    for i in range(8 * len(data)):
        if data[i // 8] >> (7 - i % 8) & 1:
            result ^= bits >> (width - 32 - i) & 0xffffffff
    return result


def find_owner(options):
    """Whether TCP options have exactly one owner option and are well formed; its id; length, control byte and tenant."""
    found = []
    at = 0
    while at < len(options):
        kind = options[at]
        if kind == 0:
            if any(options[at:]):
                return 0, 0, 0
            break
        if kind == 1:
            at += 1
            continue
        length = options[at + 1] if at + 1 < len(options) else 0
        if length < 2 or at + length > len(options):
            return 0, 0, 0
        if kind == 254 and length in (15, 19) and options[at + 2:at + 4] == b"\x53\x4b":
            control, tenant, owner = struct.unpack(">BHL", options[at + 4:at + 11])
            found.append((1, owner, length << 24 | control << 16 | tenant))
        at += length
    return found[0] if len(found) == 1 else (0, 0, 0)


def parse(frame, key, types):
    length = len(frame)
    r = dict.fromkeys(FIELDS, 0)
    state = {}

    def u16(at):
        return frame[at] << 8 | frame[at + 1]

    def walk():
        r["l3_offset"] = 14
        if length < 14:
            return TRUNCATED
        at = 14
        kind = u16(12)
        while kind in (0x8100, 0x88a8, 0x9100):
            if r["vlan_tags"] == 2:
                return TOO_MANY_TAGS
            if at + 4 > length:
                return TRUNCATED
            if r["vlan_tags"] == 0:
                r["vlan_tci"] = u16(at)
            r["vlan_tags"] += 1
            kind = u16(at + 2)
            at += 4
            r["l3_offset"] = at
        if kind == 0x0806:
            r["l3_type"] = L3_ARP
        if kind == 0x0800:
            return walk_ipv4(at)
        if kind == 0x86dd:
            return walk_ipv6(at)
        return NOT_IP

    def walk_ipv4(at):
        if at + 20 > length:
            return TRUNCATED
        if frame[at] >> 4 != 4:
            return NOT_IP
        header = (frame[at] & 15) * 4
        if header < 20:
            return IP_LENGTH
        if at + header > length:
            return TRUNCATED
        r["l3_type"] = L3_IPV4 if header == 20 else L3_IPV4_OPT
        checksum = u16(at + 10)
        words = frame[at:at + 10] + b"\0\0" + frame[at + 12:at + header]
        r["ip_header_sum"] = ones_sum(words)
        whole = ones_sum(frame[at:at + header])
        r["ip_verdict"] = GOOD if whole == 0xffff else BAD
        assert (r["ip_header_sum"] + checksum) % 0xffff == whole % 0xffff
        state["addresses"] = frame[at + 12:at + 20]
        total = u16(at + 2)
        if total < header:
            return IP_LENGTH
        if at + total > length:
            return TRUNCATED
        if u16(at + 6) & 0x3fff:
            r["l4_type"] = L4_FRAGMENT
            return FRAGMENT
        return walk_l4(at + header, at + total, frame[at + 9], 4)

    def walk_ipv6(at):
        if at + 40 > length:
            return TRUNCATED
        if frame[at] >> 4 != 6:
            return NOT_IP
        protocol = frame[at + 6]
        listed = protocol in EXTENSIONS or protocol in OTHER_EXTENSIONS
        r["l3_type"] = L3_IPV6_EXT if listed else L3_IPV6
        r["ip_verdict"] = GOOD
        state["addresses"] = frame[at + 8:at + 40]
        end = at + 40 + u16(at + 4)
        if end > length:
            return TRUNCATED
        at += 40
        headers = 0
        while protocol in EXTENSIONS:
            name = EXTENSIONS[protocol]
            if headers == 8:
                return EXTENSION
            headers += 1
            if at + 8 > end:
                return TRUNCATED
            if at >= 256:
                return TOO_DEEP
            size = {"ah": (frame[at + 1] + 2) * 4, "fragment": 8}.get(name, (frame[at + 1] + 1) * 8)
            if at + size > end:
                return TRUNCATED
            if name == "route" and frame[at + 3]:
                return EXTENSION
            if name == "fragment" and u16(at + 2) & 0xfff9:
                r["l4_type"] = L4_FRAGMENT
                return FRAGMENT
            protocol = frame[at]
            at += size
        if protocol in OTHER_EXTENSIONS:
            return EXTENSION
        return walk_l4(at, end, protocol, 6)

    def walk_l4(at, end, protocol, version):
        if version == 6 and protocol == 59:
            return NOT_TCP_UDP
        name = {6: L4_TCP, 17: L4_UDP, 1 if version == 4 else 58: L4_ICMP}.get(protocol, L4_OTHER)
        if name == L4_OTHER:
            r["l4_type"] = L4_OTHER
            return NOT_TCP_UDP
        if at + (20 if name == L4_TCP else 8) > end:
            return TRUNCATED
        if at >= 256:
            return TOO_DEEP
        r["l4_type"] = name
        r["l4_offset"] = at
        state["end"] = end
        if name == L4_ICMP:
            r["payload_offset"] = at + 8
            return NOT_TCP_UDP
        state["ports"] = (version, name, frame[at:at + 4])
        if name == L4_UDP:
            r["payload_offset"] = at + 8
            size = u16(at + 4)
            if size < 8 or at + size > end:
                return L4_LENGTH
            state["end"] = at + size
        else:
            size = end - at
            header = (frame[at + 12] >> 4) * 4
            if header < 20 or header > size:
                return L4_LENGTH
            r["payload_offset"] = at + header
            r["owner_found"], r["owner_id"], r["owner"] = find_owner(frame[at + 20:at + header])
        pseudo = state["addresses"] + struct.pack(">LL", size, protocol)
        r["pseudo_sum"] = ones_sum(pseudo)
        state["pseudo"] = pseudo
        if name == L4_UDP and u16(at + 6) == 0:
            return UDP_NO_CHECKSUM if version == 4 else UDP6_NO_CHECKSUM
        return CHECKED

    r["reason"] = walk()
    r["l4_checked"] = int(r["reason"] == CHECKED)
    r["sum_start"] = r["l4_offset"] or r["l3_offset"]
    r["sum_end"] = state["end"] if r["l4_offset"] else length
    region = frame[r["sum_start"]:r["sum_end"]]
    r["raw_sum"] = ones_sum(region)
    r["l4_verdict"] = {UDP_NO_CHECKSUM: NO_CHECKSUM, UDP6_NO_CHECKSUM: BAD}.get(r["reason"], UNKNOWN)
    if r["l4_checked"]:
        r["l4_verdict"] = GOOD if ones_sum(state["pseudo"] + region) == 0xffff else BAD
    if "addresses" in state:
        v6 = len(state["addresses"]) == 32
        if "ports" in state:
            _, name, ports = state["ports"]
            bit = {L4_TCP: 1, L4_UDP: 2}[name] + (3 if v6 else 0)
            if types >> bit & 1:
                r["hash_type"] = 2
                r["rss_hash"] = toeplitz(key, state["addresses"] + ports)
        if r["hash_type"] == 0 and types >> (3 if v6 else 0) & 1:
            r["hash_type"] = 1
            r["rss_hash"] = toeplitz(key, state["addresses"])
    return r


# --- frames -------------------------------------------------------------------------------------------

RNG = random.Random(20)
FRAMES = []             # name, bytes


def add(name, data, scapy_packet=None, pad=True, pad_byte=None):
    """One frame; padded to 60 bytes, as on a wire. scapy_packet: what it was built from."""
    data = bytes(data)
    if scapy_packet is not None:
        agree_with_scapy(name, data, scapy_packet)
    if pad and len(data) < 60:
        data += bytes(RNG.randrange(256) if pad_byte is None else pad_byte for _ in range(60 - len(data)))
    FRAMES.append((name, data))


def agree_with_scapy(name, data, packet):
    """parse() must find what scapy put there, where scapy put it, and call its checksums good."""
    r = parse(data, MICROSOFT_KEY, 63)
    at = len(data)
    offsets = {}
    layer = packet
    built = packet.__class__(data)
    position = 0
    while layer:
        offsets.setdefault(layer.__class__, position)
        position += len(layer) - len(layer.payload)
        layer = layer.payload
    for layer_class, code in ((TCP, L4_TCP), (UDP, L4_UDP)):
        if layer_class in offsets and r["reason"] in (CHECKED, UDP_NO_CHECKSUM, UDP6_NO_CHECKSUM):
            assert r["l4_type"] == code and r["l4_offset"] == offsets[layer_class], (name, r, offsets)
    if r["reason"] == CHECKED:
        assert r["l4_verdict"] == GOOD, (name, r)
    ip = built.getlayer(IP)
    if ip is not None and r["l3_type"] in (L3_IPV4, L3_IPV4_OPT):
        assert r["ip_verdict"] == GOOD and r["l3_offset"] == offsets[IP], (name, r)
    assert at == len(data)


def macs():
    return dict(dst="02:00:00:00:00:%02x" % RNG.randrange(256), src="02:11:22:33:44:55")


def payload(n, value=None):
    return bytes(RNG.randrange(256) if value is None else value for _ in range(n))


def v4(**more):
    fields = dict(src=str(ipaddress.IPv4Address(RNG.getrandbits(32))),
                  dst=str(ipaddress.IPv4Address(RNG.getrandbits(32))), id=RNG.randrange(65536))
    fields.update(more)
    return IP(**fields)


def v6(**more):
    fields = dict(src=str(ipaddress.IPv6Address(RNG.getrandbits(128))),
                  dst=str(ipaddress.IPv6Address(RNG.getrandbits(128))))
    fields.update(more)
    return IPv6(**fields)


def tcp(**more):
    return TCP(sport=RNG.randrange(65536), dport=RNG.randrange(65536), seq=RNG.getrandbits(32), **more)


def udp(**more):
    return UDP(sport=RNG.randrange(65536), dport=RNG.randrange(65536), **more)


def both(name, packet, **how):
    """The packet, and the packet with a wrong bit somewhere behind the Ethernet addresses."""
    add(name, packet, packet, **how)
    data = bytearray(bytes(packet))
    data[RNG.randrange(12, len(data))] ^= 1 << RNG.randrange(8)
    add(name + ", one bit wrong", data, **how)


def tags(n, tpids):
    layer = Ether(**macs())
    for i in range(n):
        layer = layer / Dot1Q(vlan=RNG.randrange(4096), prio=RNG.randrange(8))
    return layer, tpids


def tagged(tpids, inner, kind):
    """Ethernet header with tags of any TPID in front of an IP packet."""
    data = bytes(Ether(**macs()))[:12]
    for tpid in tpids:
        data += struct.pack(">HH", tpid, RNG.randrange(65536))
    return data + struct.pack(">H", kind) + bytes(inner)


def poke(data, at, value, size=2):
    return data[:at] + value.to_bytes(size, "big") + data[at + size:]


def force_sum(packet_bytes, l4, field, words_at, wanted):
    """Change two payload bytes until the checksum field of a right packet becomes `wanted`."""
    data = bytearray(packet_bytes)
    data[words_at:words_at + 2] = b"\0\0"
    data[field:field + 2] = b"\0\0"
    r = parse(bytes(poke(bytes(data), field, 1)), MICROSOFT_KEY, 0)
    total = (r["pseudo_sum"] + ones_sum(bytes(data[r["sum_start"]:r["sum_end"]]))) % 0xffff
    need = (0xffff - total - wanted) % 0xffff
    data[words_at:words_at + 2] = need.to_bytes(2, "big")
    data[field:field + 2] = wanted.to_bytes(2, "big")
    return bytes(data)


def directed():
    def both_versions():
        return (("IPv4", v4), ("IPv6", v6))

    for version, ip in both_versions():
        # Lengths around the minimum frame and each beat: padding zero and not, odd lengths.
        for n in list(range(0, 34)) + [63, 64, 65, 127, 128, 129, 500, 1459, 1460]:
            both("%s TCP, %d bytes" % (version, n), Ether(**macs()) / ip() / tcp() / Raw(payload(n)), pad_byte=0)
            both("%s UDP, %d bytes" % (version, n), Ether(**macs()) / ip() / udp() / Raw(payload(n)))
        add(version + " bare TCP, padding not zero", Ether(**macs()) / ip() / tcp(), pad_byte=0xff)
        both(version + " UDP, 9000 bytes of ff", Ether(**macs()) / ip() / udp() / Raw(payload(9000, 255)))
        both(version + " TCP, 9600 bytes", Ether(**macs()) / ip() / tcp() / Raw(payload(9600)))
        for trailer in range(1, 9):
            for n in (40, 41):
                packet = Ether(**macs()) / ip() / tcp() / Raw(payload(n))
                add("%s TCP %d bytes, trailer of %d" % (version, n, trailer), bytes(packet) + payload(trailer))
        for n in range(12):
            stamps = tcp(options=[("NOP", None), ("NOP", None), ("Timestamp", (n, RNG.getrandbits(32)))])
            both("%s TCP, timestamps, %d bytes" % (version, n), Ether(**macs()) / ip() / stamps / Raw(payload(n)))
        for words in range(16):
            packet = Ether(**macs()) / ip() / tcp(dataofs=words) / Raw(payload(40))
            add("%s TCP data offset %d" % (version, words), packet)
            packet = Ether(**macs()) / ip() / tcp(dataofs=words) / Raw(payload(5))
            add("%s TCP data offset %d, 5 bytes" % (version, words), packet)
        for size in (0, 1, 7, 8, 9, 20, 27, 28, 29, 65535):
            add("%s UDP length %d" % (version, size), Ether(**macs()) / ip() / udp(len=size) / Raw(payload(20)))
            packet = bytes(Ether(**macs()) / ip() / udp(len=size) / Raw(payload(20)))
            add("%s UDP length %d, no checksum" % (version, size), poke(packet, (34 if version == "IPv4" else 54) + 6, 0))
        for n in range(20):
            packet = bytes(Ether(**macs()) / ip() / udp(chksum=0) / Raw(payload(n)))
            add("%s UDP without checksum, %d bytes" % (version, n), packet)
        # Sums that fold to one of the zeros
        l4 = 34 if version == "IPv4" else 54
        for kind, layer, field in (("TCP", tcp, l4 + 16), ("UDP", udp, l4 + 6)):
            for value in (0, 0xffff):
                for _ in range(4):
                    packet = bytes(Ether(**macs()) / ip() / layer() / Raw(payload(30)))
                    add("%s %s checksum %04x" % (version, kind, value), force_sum(packet, l4, field, l4 + 20 + 4, value))
        for words in (payload(1200, 255), payload(1200, 0), payload(33, 255)):
            both(version + " TCP, payload all the same", Ether(**macs()) / ip() / tcp() / Raw(words))
        for port in (4789, 4790, 6081, 2152):
            both("%s UDP to port %d" % (version, port), Ether(**macs()) / ip() / UDP(sport=5, dport=port) / Raw(payload(64)))
        for number in (2, 4, 41, 47, 50, 51, 89, 132, 135, 136, 139, 140, 253, 254, 255, 58, 1, 0, 59, 60, 43, 44):
            more = dict(proto=number) if version == "IPv4" else dict(nh=number)
            add("%s protocol %d" % (version, number), Ether(**macs()) / ip(**more) / Raw(payload(40)))
        for size in range(0, 12):
            more = dict(proto=1) if version == "IPv4" else dict(nh=58)
            add("%s ICMP of %d bytes" % (version, size), Ether(**macs()) / ip(**more) / Raw(payload(size)))
        both(version + " SCTP", Ether(**macs()) / ip() / SCTP(sport=1, dport=2) / SCTPChunkInit())
        # VLAN tags
        for count in range(4):
            for _ in range(6):
                tpids = [RNG.choice((0x8100, 0x88a8, 0x9100)) for _ in range(count)]
                inner = ip() / RNG.choice((tcp, udp))() / Raw(payload(RNG.randrange(40)))
                add("%s with tags %s" % (version, " ".join("%04x" % t for t in tpids)),
                    tagged(tpids, inner, 0x800 if version == "IPv4" else 0x86dd))
        both(version + " in 802.1ad and 802.1Q", Ether(**macs()) / Dot1AD(vlan=7) / Dot1Q(vlan=4095, prio=7) / ip() / udp() / Raw(payload(11)))
        add(version + " with the other's EtherType", tagged([], ip() / tcp(), 0x86dd if version == "IPv4" else 0x800))
        # Cut at every byte
        for inner in (ip() / tcp() / Raw(payload(12)), ip() / udp() / Raw(payload(12))):
            packet = tagged([0x8100], inner, 0x800 if version == "IPv4" else 0x86dd)
            for n in range(1, len(packet) + 1):
                add("%s cut to %d bytes" % (version, n), packet[:n], pad=False)

    # IPv4 options
    for words in range(11):
        for kind, layer in (("TCP", tcp), ("UDP", udp)):
            options = IPOption(bytes([1] * (4 * words))) if words else []
            packet = Ether(**macs()) / v4(options=options) / layer() / Raw(payload(7))
            both("IHL %d %s" % (5 + words, kind), packet)
    for ihl in range(16):
        packet = bytes(Ether(**macs()) / v4() / tcp() / Raw(payload(70)))
        data = poke(packet, 14, 0x40 | ihl, 1)
        add("IHL field %d" % ihl, data)
        add("IHL field %d, cut" % ihl, data[:60])
    for total in list(range(0, 64)) + [110, 111, 112, 1500, 0x4000, 0x4014, 65535]:
        packet = bytes(Ether(**macs()) / v4() / RNG.choice((tcp, udp))() / Raw(payload(70)))
        add("IPv4 total length %d" % total, poke(packet, 16, total))
    for size in list(range(0, 32)) + [89, 90, 91, 1500, 0x4000, 65535]:
        packet = bytes(Ether(**macs()) / v6() / RNG.choice((tcp, udp))() / Raw(payload(70)))
        add("IPv6 payload length %d" % size, poke(packet, 18, size))
    # Header sums: broadcast and all ones addresses, every number of carries, both zeros
    for dst in ("255.255.255.255", "0.0.0.0", "255.255.0.0"):
        for src in ("255.255.255.255", "0.0.0.0", "10.0.0.1"):
            for _ in range(8):
                both("IPv4 %s to %s" % (src, dst), Ether(**macs()) / v4(src=src, dst=dst) / udp() / Raw(payload(9)))
    for kind in (0, 0xffff):
        packet = bytes(Ether(**macs()) / v4(id=0) / udp() / Raw(payload(9)))
        data = poke(poke(packet, 24, 0), 18, 0)
        data = poke(data, 18, 0xffff - ones_sum(data[14:34]))
        add("IPv4 header checksum %04x" % kind, poke(data, 24, kind))
    # Fragments
    for n in range(3):
        big = v4() / udp() / Raw(payload(3000))
        for i, part in enumerate(fragment(big, fragsize=1000)):
            add("IPv4 fragment %d" % i, Ether(**macs()) / part)
        for flags, offset in (("MF", 0), ("MF", 100), (0, 100), ("DF", 0), ("DF+MF", 0), (4, 0)):
            add("IPv4 flags %s offset %d" % (flags, offset), Ether(**macs()) / v4(flags=flags, frag=offset) / tcp() / Raw(payload(30)))
        for more, offset in ((1, 0), (1, 100), (0, 100), (0, 0)):
            for layer in (tcp, udp):
                both("IPv6 fragment header, more %d offset %d" % (more, offset),
                     Ether(**macs()) / v6() / IPv6ExtHdrFragment(m=more, offset=offset) / layer() / Raw(payload(30)))
    # Extension headers
    makers = {
        0: lambda: IPv6ExtHdrHopByHop(options=[PadN(optdata=payload(RNG.randrange(12)))]),
        60: lambda: IPv6ExtHdrDestOpt(options=[PadN(optdata=payload(RNG.randrange(30)))]),
        43: lambda: IPv6ExtHdrRouting(type=0, segleft=0, addresses=["2001:db8::1"] * RNG.randrange(2)),
        44: lambda: IPv6ExtHdrFragment(m=0, offset=0),
        51: lambda: AH(spi=1, seq=2, icv=payload(12)),
    }
    for count in range(10):
        for _ in range(12):
            packet = Ether(**macs()) / v6()
            for i in range(count):
                number = RNG.choice((0, 60, 43, 44, 51))
                packet = packet / makers[number]()
            packet = packet / RNG.choice((tcp, udp))() / Raw(payload(RNG.randrange(50)))
            add("IPv6 with %d extension headers" % count, packet, packet)
    for left in (1, 2, 255):
        both("IPv6 routing header, %d segments left" % left, Ether(**macs()) / v6() / IPv6ExtHdrRouting(type=0, segleft=left, addresses=["2001:db8::1"] * 2) / udp() / Raw(payload(9)))
    for number in (50, 135, 139, 140, 253, 254, 59, 132):
        packet = bytearray(bytes(Ether(**macs()) / v6() / IPv6ExtHdrDestOpt() / udp() / Raw(payload(9))))
        packet[54] = number
        add("IPv6 destination options, then %d" % number, packet)
    # Up to the depth that the parser reads, and beyond
    for size in list(range(160, 232, 8)) + [1000, 2048]:
        for layer in (tcp, udp):
            for tpids in ([], [0x8100], [0x8100, 0x8100]):
                options = struct.pack("BB", layer is tcp and 6 or 17, size // 8 - 1) + payload(size - 2)
                body = bytes(layer()) + payload(20)
                header = bytes(v6(nh=60, plen=len(options) + len(body)))
                data = tagged(tpids, header + options + body, 0x86dd)
                add("IPv6 %d bytes of options" % size, data)
                add("IPv6 %d bytes of options, then ICMP" % size, poke(data, 14 + 4 * len(tpids) + 40, 58, 1))
                add("IPv6 %d bytes of options, then options" % size, poke(data, 14 + 4 * len(tpids) + 40, 60, 1))
                add("IPv6 %d bytes of options, then 89" % size, poke(data, 14 + 4 * len(tpids) + 40, 89, 1))
                add("IPv6 %d bytes of options, too long" % size, data[:-30])
    for cut in range(40, 100):
        packet = bytes(Ether(**macs()) / v6() / makers[0]() / makers[44]() / makers[51]() / tcp() / Raw(payload(4)))
        size = max(0, cut - 54)
        add("IPv6 chain, datagram of %d bytes" % size, poke(packet, 18, size))
    # Not IP
    both("ARP", Ether(**macs()) / ARP(psrc="10.0.0.1", pdst="10.0.0.2"))
    add("ARP in a tag", tagged([0x8100], ARP(), 0x0806))
    add("LLDP", Ether(dst="01:80:c2:00:00:0e", src="02:00:00:00:00:01", type=0x88cc) / LLDPDU() /
        LLDPDUChassisID(subtype=4, id=b"\x02\0\0\0\0\1") / LLDPDUPortID(subtype=7, id=b"1") /
        LLDPDUTimeToLive(ttl=120) / LLDPDUEndOfLLDPDU())
    add("802.3 length field", tagged([], payload(46), 46))
    for kind in (0x0801, 0x86de, 0x8101, 0x8847, 0x8864, 0xffff, 0):
        add("EtherType %04x" % kind, tagged([], payload(50), kind))
    both("ICMP", Ether(**macs()) / v4() / ICMP() / Raw(payload(20)))
    both("ICMPv6", Ether(**macs()) / v6() / ICMPv6EchoRequest(data=payload(20)))
    # Microsoft's flows
    for src, sport, dst, dport, _, _ in MICROSOFT:
        layer = IPv6(src=src, dst=dst) if ":" in src else IP(src=src, dst=dst)
        for l4 in (TCP, UDP):
            packet = Ether(**macs()) / layer / l4(sport=sport, dport=dport) / Raw(payload(10))
            add("Microsoft's flow", packet, packet)
        add("Microsoft's flow, ICMP", Ether(**macs()) / layer / (ICMP() if ":" not in src else ICMPv6EchoRequest()))


def owner_option(length, experiment=b"\x53\x4b"):
    return bytes([254, length]) + experiment + payload(length - 4)


def option_list():
    """TCP options, most of them with an owner option, some with two, some not well formed"""
    others = [b"\x02\x04\x05\xb4", b"\x04\x02", b"\x03\x03\x07", b"\x08\x0a" + payload(8), b"\x01", b"\x01\x01",
              b"\xfe\x0a\x00\x00\xf9\x91" + payload(4),      # owner options of others: kind 254, and this identifier in 253
              b"\xfd\x13\x53\x4b" + payload(15), owner_option(15, b"\x53\x4c"), owner_option(19, b"\x00\x4b"),
              b"\xfe\x02", b"\xfe\x08\x53\x4b" + payload(4), b"\x22\x02", b"\x05\x12\xfe\x0f\x53\x4b" + payload(12)]
    parts = RNG.choices(others, k=RNG.randrange(6))
    for _ in range(RNG.choice((0, 1, 1, 1, 1, 1, 1, 2))):
        parts.insert(RNG.randrange(len(parts) + 1), owner_option(RNG.choice((15, 19))))
    options = b"".join(parts)
    while len(options) > 40:
        parts.pop(RNG.randrange(len(parts)))
        options = b"".join(parts)
    room = 40 - len(options)
    fill = -len(options) % 4 + 4 * RNG.randrange(room // 4 + 1) if room >= 4 else room
    ends = [b"\x00" * fill, b"\x01" * fill, (b"\x00" + payload(fill))[:fill], payload(fill), (b"\x01" * fill + b"\xfe")[-fill:] if fill else b""]
    options += RNG.choices(ends, (4, 4, 1, 1, 1))[0]
    if RNG.randrange(6) == 0 and options:
        options = poke(options, RNG.randrange(len(options)), RNG.choice((0, 1, 2, 3, 15, 19, 40, 41, 254, RNG.randrange(256))), 1)
    return options


def owners(count):
    for i in range(count):
        options = option_list()
        ip = RNG.choice((v4, v6))()
        header = bytearray(bytes(tcp(dataofs=5 + len(options) // 4)))
        packet = ip / Raw(bytes(header) + options + payload(RNG.randrange(24)))
        if ip.name == "IP":
            packet.proto = 6
        else:
            packet.nh = 6
        add("TCP options %d" % i, tagged([0x8100] * RNG.randrange(3), packet, 0x800 if ip.name == "IP" else 0x86dd))


def mutations(count):
    """Random damage to good frames, most of it to headers."""
    base = [f for f in FRAMES if 60 <= len(f[1]) < 400]
    for i in range(count):
        name, data = RNG.choice(base)
        data = bytearray(data)
        for _ in range(1 + RNG.randrange(3)):
            at = RNG.randrange(12, min(len(data), RNG.choice((24, 60, 120, 400))))
            data[at] = RNG.choice((RNG.randrange(256), data[at] ^ 1 << RNG.randrange(8), 0, 255))
        if RNG.randrange(5) == 0:
            del data[RNG.randrange(1, len(data)):]
        elif RNG.randrange(5) == 0:
            data += payload(RNG.randrange(1, 80))
        FRAMES.append(("mutation %d of %s" % (i, name), bytes(data)))


def check_hash():
    for src, sport, dst, dport, addresses, ports in MICROSOFT:
        pair = ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed
        assert toeplitz(MICROSOFT_KEY, pair) == addresses
        assert toeplitz(MICROSOFT_KEY, pair + struct.pack(">HH", sport, dport)) == ports


def main():
    check_hash()
    directed()
    owners(1500)
    mutations(6000)
    RNG.shuffle(FRAMES)
    other = bytes(RNG.randrange(256) for _ in range(40))
    configurations = [(MICROSOFT_KEY, 63, other, 0), (other, 0b001001, MICROSOFT_KEY, 0b110110),
                      (MICROSOFT_KEY, 0b010101, other, 0b101010)]
    share = (len(FRAMES) + len(configurations) - 1) // len(configurations)
    reasons = {}
    owned = 0
    with open(sys.argv[1], "w") as out:
        for n, (key0, types0, key1, types1) in enumerate(configurations):
            out.write("C %s %d %s %d\n" % (key0.hex(), types0, key1.hex(), types1))
            for name, data in FRAMES[n * share:(n + 1) * share]:
                function = RNG.randrange(2)
                r = parse(data, (key0, key1)[function], (types0, types1)[function])
                reasons[r["reason"]] = reasons.get(r["reason"], 0) + 1
                owned += r["owner_found"]
                out.write("V %s %d %s %s\n" % (name.replace(" ", "_"), function, data.hex(),
                                               " ".join(str(r[f]) for f in FIELDS)))
    # Every reason must be there in numbers, or the vectors test less than they say.
    assert all(reasons.get(n, 0) >= 20 for n in range(12)), reasons
    assert owned >= 500, owned


if __name__ == "__main__":
    main()
