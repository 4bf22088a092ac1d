# SPDX-License-Identifier: BSD-3-Clause
"""Frames, written with scapy, that a NIC's checksum engine must judge: one row a case.

A row is (name, frame, verdicts). verdicts is None where scapy's arithmetic is the oracle
(packets.opinion); a malformed packet states what must be said: (IP header, layer 4), None for a
verdict that nothing defines.
"""

import logging
import random
import struct

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption
from scapy.layers.inet6 import (IPv6, ICMPv6EchoRequest, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN)
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
from scapy.packet import Raw

from packets import BAD, GOOD, NONE, UNKNOWN, network_layer

SOURCE, DESTINATION = "198.18.0.1", "198.19.7.2"
SOURCE6, DESTINATION6 = "2001:db8::1", "2001:db8:ffff::2"
TCP_SPORT, UDP_SPORT = 40000, 50000


def tagged(tags, first=Dot1Q):
    header = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
    for number in range(tags):
        header = header / (first if number < tags - 1 else Dot1Q)(vlan=100 + number, prio=1)
    return header


def network(family, **fields):
    if family == 4:
        return IP(src=SOURCE, dst=DESTINATION, id=7, **fields)
    return IPv6(src=SOURCE6, dst=DESTINATION6, **fields)


def transport(protocol, **fields):
    if protocol == "tcp":
        return TCP(sport=TCP_SPORT, dport=80, flags="A", seq=1, ack=1, **fields)
    return UDP(sport=UDP_SPORT, dport=53, **fields)


def l4_offset(frame):
    """Offset of TCP or UDP in a plain packet (no IPv6 extension header)."""
    kind, data, _ = network_layer(frame)
    start = len(frame) - len(data)
    return start + (4 * (data[0] & 15) if kind == 0x0800 else 40)


def padded(frame):
    """At least the 60 bytes that a wire carries."""
    return frame + bytes(max(0, 60 - len(frame)))


def spoil(frame, offset):
    return frame[:offset] + bytes([frame[offset] ^ 0x55]) + frame[offset + 1:]


def put16(frame, offset, value):
    return frame[:offset] + struct.pack(">H", value) + frame[offset + 2:]


def checksum_field(frame, protocol):
    return l4_offset(frame) + (16 if protocol == "tcp" else 6)


def with_wire_checksum(family, protocol, wanted):
    """A right packet whose checksum field is the wanted value, by choice of its last two bytes."""
    for probe in (0, 1):
        base = bytes(tagged(0) / network(family) / transport(protocol) /
                     Raw(b"0123456789abcdef" + bytes([0, probe])))
        base = base[:-1] + bytes([probe])
        field = checksum_field(base, protocol)
        current = struct.unpack_from(">H", base, field)[0]
        # Changing the word at the end by d changes the sum by d; one's complement arithmetic.
        word = (probe + current - wanted) % 0xffff
        frame = base[:-2] + struct.pack(">H", word)
        return put16(frame, field, wanted)
    return None


def plain_rows():
    for family in (4, 6):
        for protocol in ("tcp", "udp"):
            for tags in (0, 1, 2):
                frame = bytes(tagged(tags) / network(family) / transport(protocol) /
                              Raw(b"sekisho" * 9))
                name = "IPv%d %s, %d tags" % (family, protocol.upper(), tags)
                yield name, frame, None
                yield name + ", payload changed", spoil(frame, len(frame) - 3), None
                yield name + ", checksum off by one", put16(
                    frame, checksum_field(frame, protocol), (struct.unpack_from(
                        ">H", frame, checksum_field(frame, protocol))[0] + 1) & 0xffff), None


def length_rows():
    for family in (4, 6):
        for protocol in ("tcp", "udp"):
            for size in list(range(0, 18)) + [63, 64, 65, 511, 1000, 1399]:
                frame = bytes(tagged(0) / network(family) / transport(protocol) /
                              Raw(random.Random(size).randbytes(size)))
                name = "IPv%d %s, %d bytes of payload" % (family, protocol.upper(), size)
                yield name, padded(frame), None
                # What follows the datagram does not count.
                yield name + ", trailer", frame + b"\xa5" * max(60 - len(frame), 5), None


def header_rows():
    for protocol in ("tcp", "udp"):
        good = bytes(tagged(0) / network(4) / transport(protocol) / Raw(b"x" * 40))
        name = "IPv4 %s" % protocol.upper()
        yield name + ", wrong header checksum", spoil(good, 14 + 10), None
        yield name + ", wrong header and layer 4 checksums", spoil(spoil(good, 14 + 10), -3 % len(good)), None
        for ihl in range(6, 16):
            options = [IPOption(b"\x01" * (4 * (ihl - 5)))]
            frame = bytes(tagged(0) / network(4, options=options) / transport(protocol) /
                          Raw(b"y" * 33))
            assert frame[14] & 15 == ihl, frame[14]
            yield name + ", IHL %d" % ihl, frame, None
            yield name + ", IHL %d, wrong" % ihl, spoil(frame, len(frame) - 1), None
        broadcast = bytes(tagged(0) / IP(src=SOURCE, dst="255.255.255.255") / transport(protocol) /
                          Raw(b"\xff" * 64))
        yield name + " to 255.255.255.255, all ones", broadcast, None
    options = [("MSS", 1460), ("NOP", None), ("WScale", 7), ("Timestamp", (1, 2)), ("NOP", None)]
    for family in (4, 6):
        frame = bytes(tagged(1) / network(family) / transport("tcp", options=options) /
                      Raw(b"z" * 21))
        yield "IPv%d TCP with options" % family, frame, None
        yield "IPv%d TCP with options, wrong" % family, spoil(frame, len(frame) - 22), None


def zero_rows():
    for family in (4, 6):
        frame = bytes(tagged(0) / network(family) / transport("udp") / Raw(b"q" * 30))
        yield "IPv%d UDP, checksum 0" % family, put16(frame, checksum_field(frame, "udp"), 0), None
        for protocol in ("tcp", "udp"):
            for wanted in (0xffff,) if protocol == "udp" else (0, 0xffff):
                frame = with_wire_checksum(family, protocol, wanted)
                yield "IPv%d %s, right with %#06x in the field" % (
                    family, protocol.upper(), wanted), frame, (GOOD, GOOD)
                yield "IPv%d %s, wrong with %#06x in the field" % (
                    family, protocol.upper(), wanted), spoil(frame, len(frame) - 5), None


def fragment_rows():
    payload = bytes(range(200)) * 2
    udp = bytes(UDP(sport=UDP_SPORT, dport=53, len=8 + len(payload), chksum=0x1234)) + payload
    for name, more, offset, data in (("first", 1, 0, udp[:200]), ("middle", 1, 25, udp[200:400]),
                                     ("last", 0, 50, udp[400:])):
        yield "IPv4 %s fragment" % name, padded(bytes(
            tagged(0) / network(4, flags=more, frag=offset, proto=17) / Raw(data))), None
        yield "IPv6 %s fragment" % name, padded(bytes(
            tagged(0) / network(6) / IPv6ExtHdrFragment(nh=17, m=more, offset=offset, id=9) /
            Raw(data))), None


def extension_rows():
    chains = {
        "hop by hop": [IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 4)])],
        "destination options": [IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 12)])],
        "hop by hop, destination options": [IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt()],
        "routing, no segments left": [IPv6ExtHdrRouting(addresses=["2001:db8::9"], segleft=0)],
    }
    for name, headers in chains.items():
        for protocol in ("tcp", "udp"):
            packet = network(6)
            for header in headers:
                packet = packet / header.copy()
            frame = bytes(tagged(0) / packet / transport(protocol) / Raw(b"e" * 50))
            yield "IPv6 %s, %s" % (protocol.upper(), name), frame, None
            yield "IPv6 %s, %s, wrong" % (protocol.upper(), name), spoil(frame, len(frame) - 2), None


def other_rows():
    yield "ARP", padded(bytes(tagged(0) / ARP(psrc=SOURCE, pdst=DESTINATION))), None
    yield "ICMP", padded(bytes(tagged(0) / network(4) / ICMP() / Raw(b"ping"))), None
    yield "ICMPv6", padded(bytes(tagged(0) / network(6) / ICMPv6EchoRequest(data=b"ping"))), None
    yield "SCTP by number", padded(bytes(tagged(0) / network(4, proto=132) / Raw(b"s" * 40))), None
    for port in (4789, 6081):
        frame = bytes(tagged(0) / network(4) / UDP(sport=9, dport=port) / Raw(b"not a tunnel" * 4))
        yield "plain UDP to port %d" % port, frame, None
        yield "plain UDP to port %d, wrong" % port, spoil(frame, len(frame) - 1), None
    yield "802.1ad and 802.1Q", bytes(tagged(2, Dot1AD) / network(4) / transport("tcp") /
                                      Raw(b"w" * 20)), None
    yield "three tags", bytes(tagged(3) / network(4) / transport("tcp") / Raw(b"w" * 20)), \
        (UNKNOWN, UNKNOWN)


def malformed_rows():
    def header(**fields):
        return bytes(tagged(0) / network(4, **fields) / transport("tcp") / Raw(b"m" * 30))

    yield "IPv4 total length below its header", header(len=12), (None, UNKNOWN)
    yield "IPv4 total length beyond the frame", header(len=1400), (None, UNKNOWN)
    yield "IPv4 IHL 4", header(ihl=4), (None, UNKNOWN)
    yield "IPv4 IHL 15 beyond the datagram", header(ihl=15, len=50), (None, UNKNOWN)
    for family in (4, 6):
        for length in (0, 7, 1000):
            frame = bytes(tagged(0) / network(family) / transport("udp", len=length) /
                          Raw(b"m" * 30))
            yield "IPv%d UDP length %d" % (family, length), frame, (GOOD, UNKNOWN)
        for words in (0, 4, 15):
            frame = bytes(tagged(0) / network(family) / transport("tcp", dataofs=words) /
                          Raw(b"m" * 20))
            yield "IPv%d TCP data offset %d" % (family, words), padded(frame), (GOOD, UNKNOWN)
    frame = bytes(tagged(0) / network(6, plen=1000) / transport("tcp") / Raw(b"m" * 30))
    yield "IPv6 payload length beyond the frame", frame, (None, UNKNOWN)
    frame = bytes(tagged(0) / network(6, nh=253) / Raw(b"m" * 30))
    yield "IPv6 unknown next header", frame, (GOOD, UNKNOWN)


def random_rows(seed, number):
    choose = random.Random(seed)
    for index in range(number):
        family, protocol = choose.choice((4, 6)), choose.choice(("tcp", "udp"))
        size = choose.choice((0, choose.randrange(64), choose.randrange(1400)))
        frame = bytes(tagged(choose.randrange(3)) / network(family) / transport(protocol) /
                      Raw(choose.randbytes(size)))
        if choose.random() < 0.5:
            end = len(frame)
            start = l4_offset(frame)
            # Not the bytes that carry lengths: those are malformed packets.
            places = [p for p in range(start, end)
                      if p - start not in ((12,) if protocol == "tcp" else (4, 5, 6, 7))]
            place = choose.choice(places)
            frame = frame[:place] + bytes([frame[place] ^ (1 << choose.randrange(8))]) + \
                frame[place + 1:]
        yield "random packet %d of seed %d" % (index, seed), padded(frame), None


def rows(seed=1, number=150):
    """Every row; each frame's source address is its number, so that its verdict can be found."""
    makers = (plain_rows(), length_rows(), header_rows(), zero_rows(), fragment_rows(),
              extension_rows(), other_rows(), malformed_rows(), random_rows(seed, number))
    index = 0
    for maker in makers:
        for name, frame, verdicts in maker:
            address = struct.pack(">HI", 0x02fe, index)
            yield name, frame[:6] + address + frame[12:], verdicts
            index += 1


def number_of(address):
    """The row of a source address as testpmd prints it."""
    return int(address.replace(":", "")[4:], 16)
