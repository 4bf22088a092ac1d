# SPDX-License-Identifier: BSD-3-Clause
"""Vectors of csum_insert: a frame, its metadata, and what must leave, by scapy's arithmetic.

Metadata comes from how a packet was put together here, not from parsing it. The expected
checksums are those that scapy computes; the input carries rubbish in their place.

Record: <I length> <10B want_ip want_l4 function queue l3 l4 verdict reason checked result>
<6H l3_offset l4_offset sum_start sum_end pseudo_sum ip_sum> input output
"""
import random
import struct
import sys

from scapy.all import (ARP, Dot1AD, Dot1Q, Ether, ICMP, IP, IPOption, IPv6, IPv6ExtHdrDestOpt,
                       IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, PadN, Raw, TCP, UDP)

rnd = random.Random(20)
UNKNOWN, BAD, GOOD = 0, 1, 2
CHECKED, NOT_IP, TRUNCATED, FRAGMENT, NOT_TCP_UDP, L4_LENGTH, NO_SUM, NO_SUM6 = 0, 1, 2, 4, 5, 8, 9, 10
L3_NONE, L3_IPV4, L3_OPT, L3_IPV6, L3_EXT, L3_ARP = range(6)
L4_NONE, L4_TCP, L4_UDP, L4_ICMP, L4_FRAGMENT = range(5)
NOT_REQUESTED, INSERTED, SKIPPED = range(3)


def fold(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def ether(tags):
    p = Ether(dst=rnd.randbytes(6), src=rnd.randbytes(6))
    if tags == 1:
        p /= Dot1Q(vlan=rnd.randrange(4096))
    elif tags == 2:
        p /= Dot1AD(vlan=rnd.randrange(4096)) / Dot1Q(vlan=rnd.randrange(4096))
    return p


def address6():
    return "2001:db8::%x:%x" % (rnd.randrange(65536), rnd.randrange(65536))


def address4():
    return ".".join(str(rnd.randrange(256)) for _ in range(4))


def vector(tags, v6, proto, payload, extra=0, trailer=b"", want=None, kind=None, ends=None):
    """One record. extra: words of IPv4 options, or IPv6 extension headers. kind: a special case."""
    want_ip, want_l4 = want if want is not None else (rnd.random() < 0.75, rnd.random() < 0.8)
    src, dst = ends or ((address6(), address6()) if v6 else (address4(), address4()))
    if v6:
        ip = IPv6(src=src, dst=dst, hlim=rnd.randrange(256))
        for i in range(extra):
            # 8 bytes, then 24
            ip /= (IPv6ExtHdrHopByHop if i == 0 else IPv6ExtHdrDestOpt)(
                options=[PadN(optdata=bytes(4 if i % 2 == 0 else 20))])
        header = 40 + sum(8 if i % 2 == 0 else 24 for i in range(extra))
    else:
        options = [IPOption(b"\x01" * 4 * extra)] if extra else []
        ip = IP(src=src, dst=dst, ttl=rnd.randrange(256), id=rnd.randrange(65536), options=options)
        header = 20 + 4 * extra
    sport, dport = rnd.randrange(65536), rnd.randrange(1024, 65536)
    if proto == "tcp":
        l4 = TCP(sport=sport, dport=dport, seq=rnd.getrandbits(32), flags="A",
                 options=rnd.choice([[], [("Timestamp", (1, 2))], [("NOP", None)] * 4]))
    elif proto == "udp":
        l4 = UDP(sport=sport, dport=dport)
    else:
        l4 = ICMP() if not v6 else None
    # scapy fills lengths and checksums in
    packet = ether(tags) / ip / l4 / Raw(payload) if l4 is not None else ether(tags) / ip / Raw(payload)
    good = bytes(packet)
    l3_offset = 14 + 4 * tags
    l4_offset = l3_offset + header
    end = len(good)
    field = l4_offset + (16 if proto == "tcp" else 6)

    reason, verdict = CHECKED, GOOD if v6 else rnd.choice([BAD, GOOD])
    l3 = (L3_EXT if extra else L3_IPV6) if v6 else (L3_OPT if extra else L3_IPV4)
    l4_type = {"tcp": L4_TCP, "udp": L4_UDP}.get(proto, L4_ICMP)
    rubbish = bytearray(good)
    l4_applies = proto in ("tcp", "udp")
    if not v6:
        rubbish[l3_offset + 10:l3_offset + 12] = rnd.randbytes(2)
    if l4_applies:
        rubbish[field:field + 2] = rnd.randbytes(2)
        if proto == "udp" and rnd.random() < 0.3:
            rubbish[field:field + 2] = b"\0\0"
            reason = NO_SUM6 if v6 else NO_SUM
    else:
        reason = NOT_TCP_UDP
    ip_applies = not v6
    if kind == "fragment":
        reason, l4_type, l4_applies = FRAGMENT, L4_FRAGMENT, False
    elif kind == "truncated":
        reason, verdict, ip_applies, l4_applies = TRUNCATED, UNKNOWN, False, False
    elif kind == "l4_length":
        reason, l4_applies = L4_LENGTH, False

    output = bytearray(rubbish)
    if want_ip and ip_applies:
        output[l3_offset + 10:l3_offset + 12] = good[l3_offset + 10:l3_offset + 12]
    if want_l4 and l4_applies:
        output[field:field + 2] = good[field:field + 2]
    result = NOT_REQUESTED
    if want_ip or want_l4:
        result = INSERTED
        if (want_ip and not ip_applies) or (want_l4 and not l4_applies):
            result = SKIPPED

    if v6:
        pseudo = rubbish[l3_offset + 8:l3_offset + 40]
        ip_sum = rnd.randrange(65536)
    else:
        pseudo = rubbish[l3_offset + 12:l3_offset + 20]
        zeroed = bytearray(rubbish[l3_offset:l4_offset])
        zeroed[10:12] = b"\0\0"
        ip_sum = fold(bytes(zeroed))
    pseudo = fold(bytes(pseudo) + struct.pack(">II", end - l4_offset, {"tcp": 6, "udp": 17}.get(proto, 1)))
    emit(rubbish + trailer, output + trailer, want_ip, want_l4, l3, l4_type, verdict, reason, result,
         l3_offset, l4_offset, l4_offset, end, pseudo, ip_sum)
    return good[field:field + 2]


records = []


def emit(data, out, want_ip, want_l4, l3, l4, verdict, reason, result, l3_offset, l4_offset, start, end,
         pseudo, ip_sum):
    short = 60 - len(data)
    if short > 0:
        # What the transmit DMA adds; rubbish here, since nothing may depend on it
        pad = rnd.randbytes(short)
        data, out = data + pad, out + pad
    records.append(struct.pack("<I10B6H", len(data), want_ip, want_l4, rnd.randrange(2), rnd.randrange(4),
                               l3, l4, verdict, reason, reason == CHECKED, result, l3_offset, l4_offset,
                               start, end, pseudo, ip_sum) + bytes(data) + bytes(out))


def forced_zero(v6, proto):
    """A payload word that makes the sum fold to 0xffff: the checksum is 0."""
    ends = (address6(), address6()) if v6 else (address4(), address4())
    state = rnd.getstate()
    vector(0, v6, proto, b"\0\0" + b"x" * 10, want=(1, 1), ends=ends)
    records.pop()
    rnd.setstate(state)
    first = vector(0, v6, proto, b"\0\0" + b"x" * 10, want=(1, 1), ends=ends)
    records.pop()
    rnd.setstate(state)
    last = vector(0, v6, proto, first + b"x" * 10, want=(1, 1), ends=ends)
    assert last == (b"\xff\xff" if proto == "udp" else b"\0\0"), last


def main():
    for v6 in (False, True):
        for proto in ("tcp", "udp"):
            # every length around the padding and the beat, with a trailer behind the datagram
            for length in range(0, 70):
                vector(0, v6, proto, rnd.randbytes(length), trailer=rnd.randbytes(rnd.choice([0, 0, 1, 4, 8])),
                       want=(1, 1))
            for _ in range(20):
                forced_zero(v6, proto)
            for byte in (b"\xff", b"\0"):
                for length in (1, 2, 63, 64, 1000, 1472):
                    vector(0, v6, proto, byte * length, want=(1, 1))
            for _ in range(6):
                vector(0, v6, proto, b"\xff" * rnd.randrange(8000, 9600), want=(1, 1))
            for kind in ("fragment", "truncated", "l4_length"):
                for _ in range(12):
                    vector(rnd.randrange(3), v6, proto, rnd.randbytes(rnd.randrange(200)), kind=kind)
                vector(0, v6, proto, rnd.randbytes(50), kind=kind, want=(1, 1))
                vector(0, v6, proto, rnd.randbytes(50), kind=kind, want=(0, 1))
                vector(0, v6, proto, rnd.randbytes(50), kind=kind, want=(1, 0))
    vector(0, False, "tcp", b"abc", want=(1, 1), ends=("255.255.255.255", "255.255.255.255"))
    vector(0, False, "udp", b"abc", want=(1, 1), ends=("0.0.0.0", "255.255.255.255"))
    for extra in range(1, 11):
        for proto in ("tcp", "udp"):
            vector(rnd.randrange(3), False, proto, rnd.randbytes(rnd.randrange(100)), extra=extra)
    for extra in range(1, 5):
        for proto in ("tcp", "udp"):
            vector(rnd.randrange(3), True, proto, rnd.randbytes(rnd.randrange(100)), extra=extra)
    for _ in range(30):
        vector(rnd.randrange(3), rnd.random() < 0.3, "icmp", rnd.randbytes(rnd.randrange(200)))
        p = bytes(ether(rnd.randrange(3)) / ARP())
        want_ip, want_l4 = rnd.random() < 0.5, rnd.random() < 0.5
        emit(p, p, want_ip, want_l4, L3_ARP, L4_NONE, UNKNOWN, NOT_IP,
             SKIPPED if want_ip or want_l4 else NOT_REQUESTED, 14, 0, 14, len(p), rnd.randrange(65536),
             rnd.randrange(65536))
    for _ in range(1200):
        v6 = rnd.random() < 0.4
        length = rnd.randrange(rnd.choice([40, 200, 1460, 1460]))
        vector(rnd.randrange(3), v6, rnd.choice(["tcp", "udp"]), rnd.randbytes(length),
               extra=rnd.choice([0, 0, 0, 1, 2, 3]), trailer=rnd.randbytes(rnd.choice([0, 0, 0, 1, 3, 6])))
    rnd.shuffle(records)
    with open(sys.argv[1], "wb") as f:
        f.write(struct.pack("<I", len(records)))
        f.write(b"".join(records))


main()
