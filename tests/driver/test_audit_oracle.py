#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""sekisho-audit's oracle, sanitized, against scapy's arithmetic and published vectors.

The frames are those of the system tests (tests/common/frames.py, scapy's verdicts), and those of the
parser's bench (tests/rtl/common/vectors.py, whose expected values are held against scapy there).
"""

import os
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "common"), os.path.join(HERE, "..", "rtl", "common")]
import frames
import netns
import packets
import tap
import vectors

from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrRouting, in6_chksum
from scapy.layers.l2 import Ether, GRE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

PROGRAM = os.path.join(netns.BUILD, "audit", "oracle")
VERDICT = {"right": packets.GOOD, "wrong": packets.BAD, "absent": packets.NONE,
           "illegally absent": packets.BAD, "nothing": packets.UNKNOWN, "ipv6": packets.GOOD}
MALFORMED = ("broken", "either")


def ask(lines):
    """The program's answers to orders, one each."""
    tap.need_file(PROGRAM, "the oracle's test program")
    run = subprocess.run([PROGRAM], input="\n".join(lines) + "\n", stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, timeout=120)
    tap.equal(run.returncode, 0, "status of the oracle:\n" + run.stderr[-2000:])
    answers = run.stdout.splitlines()
    tap.equal(len(answers), len(lines), "answers")
    return answers


def judge(data):
    answers = []
    for answer in ask(["judge " + bytes(frame).hex() for frame in data]):
        ip, l4, offset, end = answer.split("|")
        answers.append((ip, l4, int(offset), int(end)))
    return answers


def published_vectors():
    pairs = [
        # RFC 1071, section 3
        ("sum 0001f203f4f5f6f7", "ddf2"),
        # An IPv4 header with its checksum, and without it
        ("sum 450000730000400040110000c0a80001c0a800c7", "479e"),
        ("sum 45000073000040004011b861c0a80001c0a800c7", "ffff"),
        # An odd byte is the upper half of a word; folds twice
        ("sum ff", "ff00"),
        ("sum ffffffffffff0001", "0001"),
        ("sum ffffffff", "ffff"),
        # RFC 3720, appendix B.4 (bytes in its order), and the check value of the Rocksoft model
        ("crc " + "00" * 32, "8a9136aa"),
        ("crc " + "ff" * 32, "62a8ab43"),
        ("crc " + bytes(range(32)).hex(), "46dd794e"),
        ("crc " + b"123456789".hex(), "e3069283"),
    ]
    key = vectors.MICROSOFT_KEY.hex()
    for src, sport, dst, dport, addresses, ports in vectors.MICROSOFT:
        layer = IPv6(src=src, dst=dst) if ":" in src else IP(src=src, dst=dst)
        frame = bytes(Ether(dst="02:00:00:00:00:02") / layer / TCP(sport=sport, dport=dport))
        pair = frame[26:34] if ":" not in src else frame[22:54]
        pairs += [("hash %s %s" % (key, pair.hex()), "%08x" % addresses),
                  ("rss %s 0 %s" % (key, frame.hex()), "%08x" % addresses),
                  ("rss %s 1 %s" % (key, frame.hex()), "%08x" % ports)]
    for (order, wanted), got in zip(pairs, ask([order for order, _ in pairs])):
        tap.equal(got, wanted, order[:80])


def scapy_verdicts():
    rows = list(frames.rows(tap.seed(7), 1500))
    seen = set()
    for (name, frame, verdicts), (ip, l4, _, _) in zip(rows, judge([row[1] for row in rows])):
        if packets.network_layer(frame)[2] > 2:
            continue  # beyond what scapy's opinion knows
        seen |= {ip, l4}
        for layer, truth, wanted in zip(("IP", "layer 4"), (ip, l4),
                                        verdicts or packets.opinion(frame)):
            if truth in MALFORMED:
                assert verdicts is not None, "%s: %s is %s" % (name, layer, truth)
            elif wanted is not None:
                tap.equal(VERDICT[truth], wanted, "%s: %s" % (name, layer))
    assert seen >= set(VERDICT) | set(MALFORMED) - {"either"}, seen
    tap.note("%d frames" % len(rows))


def parser_vectors():
    vectors.directed()
    vectors.mutations(3000)
    rows = vectors.FRAMES
    wanted_l4 = {vectors.UDP_NO_CHECKSUM: ("absent",), vectors.UDP6_NO_CHECKSUM: ("illegally absent",),
                 vectors.FRAGMENT: ("nothing",), vectors.NOT_TCP_UDP: ("nothing",),
                 vectors.NOT_IP: ("nothing", "broken"), vectors.TRUNCATED: ("broken", "nothing"),
                 vectors.IP_LENGTH: ("broken", "nothing"), vectors.L4_LENGTH: MALFORMED}
    checked = 0
    for (name, frame), (ip, l4, offset, end) in zip(rows, judge([row[1] for row in rows])):
        r = vectors.parse(frame, vectors.MICROSOFT_KEY, 63)
        reason = r["reason"]
        if reason == vectors.TOO_MANY_TAGS:
            continue
        if reason == vectors.CHECKED:
            tap.equal(l4, "right" if r["l4_verdict"] == vectors.GOOD else "wrong", name)
            tap.equal((offset, end), (r["sum_start"], r["sum_end"]), name + ": what is summed")
            checked += 1
        elif reason in wanted_l4:
            assert l4 in wanted_l4[reason], "%s: layer 4 is %s" % (name, l4)
        if r["l3_type"] in (vectors.L3_IPV4, vectors.L3_IPV4_OPT):
            good = r["ip_verdict"] == vectors.GOOD
            assert ip in (("right", "either") if good else ("wrong", "broken")), \
                "%s: IP is %s" % (name, ip)
        elif r["l3_type"] in (vectors.L3_IPV6, vectors.L3_IPV6_EXT):
            assert ip in ("ipv6", "either"), "%s: IP is %s" % (name, ip)
    assert checked > 1000, checked
    tap.note("%d frames, %d of them with a checksum" % (len(rows), checked))


def insertion():
    rows = []
    for name, frame, verdicts in frames.rows(tap.seed(8), 800):
        kind, data, tags = packets.network_layer(frame)
        if tags > 2 or kind not in (0x0800, 0x86dd):
            continue
        packet = (IP if kind == 0x0800 else IPv6)(data)
        layer = packet.getlayer(TCP) or packet.getlayer(UDP)
        if verdicts not in (None, (packets.GOOD, packets.GOOD)) or layer is None or \
                "fragment" in name or (IPv6 in packet and packet.nh not in (6, 17)) or \
                (UDP in packet and layer.len != len(bytes(layer))):
            continue
        field = frames.checksum_field(frame, "tcp" if TCP in packet else "udp")
        right = packets.corrected(frame, field)
        spoiled = frames.put16(right, field, 0xbad1)
        if kind == 0x0800:
            spoiled = frames.put16(spoiled, len(frame) - len(data) + 10, 0x0bad)
        rows.append((name, spoiled, right))
    assert len(rows) > 500, len(rows)
    for (name, _, right), got in zip(rows, ask(["insert 1 1 " + row[1].hex() for row in rows])):
        tap.equal(got, right.hex(), name)
    # Nothing asked for, nothing done.
    for (name, spoiled, _), got in zip(rows, ask(["insert 0 0 " + row[1].hex() for row in rows])):
        tap.equal(got, spoiled.hex(), name)


def routing_under_way():
    """The pseudo header holds the last stop (RFC 8200, 8.1); scapy's own arithmetic as oracle."""
    for layer, field in ((TCP(sport=1, dport=2), 16), (UDP(sport=1, dport=2), 6)):
        last = "2001:db8::77"
        routing = IPv6ExtHdrRouting(type=0, segleft=1, addresses=["2001:db8::5", last])
        frame = bytes(Ether(dst="02:00:00:00:00:02") / IPv6(src="2001:db8::1", dst="2001:db8::2") /
                      routing / layer / Raw(b"stop" * 5))
        start = 14 + 40 + 40
        frame = frame[:start + field] + b"\0\0" + frame[start + field + 2:]
        value = in6_chksum(6 if field == 16 else 17, IPv6(src="2001:db8::1", dst=last),
                           frame[start:])
        frame = frames.put16(frame, start + field, value)
        tap.equal(judge([frame])[0][:2], ("ipv6", "right"), "to the last stop")
        # The same packet by the address that it carries now.
        other = in6_chksum(6 if field == 16 else 17, IPv6(src="2001:db8::1", dst="2001:db8::2"),
                           frames.put16(frame, start + field, 0)[start:])
        tap.equal(judge([frames.put16(frame, start + field, other)])[0][1], "wrong", "to the next")


def tunnels():
    outer = Ether(dst="02:00:00:00:00:02") / IP(src="198.18.0.1", dst="198.18.0.2")
    inner = IP(src="198.19.0.1", dst="198.19.0.2") / UDP(sport=5, dport=6) / Raw(b"inside" * 7)
    whole = {
        "VXLAN": outer / UDP(sport=9, dport=4789) / VXLAN(vni=7, flags=8) / Ether() / inner,
        "GENEVE": outer / UDP(sport=9, dport=6081) / GENEVE(proto=0x6558, vni=7) / Ether() / inner,
        "GTP-U": outer / UDP(sport=9, dport=2152) / GTP_U_Header(teid=7, gtp_type=255) / inner,
        "GRE": outer / GRE(proto=0x0800) / inner,
        "GRE with a key": outer / GRE(proto=0x0800, key_present=1, key=5) / inner,
        "NVGRE": outer / GRE(proto=0x6558, key_present=1, key=5) / Ether() / inner,
        "IP in IP": outer / inner,
    }
    for name, packet in whole.items():
        frame = bytes(packet)
        wrong = frames.spoil(frame, len(frame) - 1)
        got = ask(["inner " + frame.hex(), "inner " + wrong.hex()])
        tap.equal([answer.split("|")[:2] for answer in got], [["right", "right"], ["right", "wrong"]],
                  name)
    plain = bytes(outer / UDP(sport=9, dport=53) / Raw(b"plain" * 9))
    tap.equal(ask(["inner " + plain.hex()]), ["none"], "no tunnel")


def every_cut():
    """Frames that end anywhere, in memory that ends there, too: the sanitizer watches."""
    data = []
    for packet in (IP(src="198.18.0.1", dst="198.18.0.2") / TCP() / Raw(b"x" * 12),
                   IPv6(src="2001:db8::1", dst="2001:db8::2") /
                   IPv6ExtHdrRouting(type=0, segleft=1, addresses=["2001:db8::5"]) / UDP() /
                   Raw(b"x" * 12),
                   IP(src="198.18.0.1", dst="198.18.0.2") / UDP(dport=4789) / VXLAN(flags=8) / Ether() /
                   IP() / UDP()):
        frame = bytes(Ether(dst="02:00:00:00:00:02") / packet)
        data += [frame[:length] for length in range(1, len(frame) + 1)]
    ask(["judge " + frame.hex() for frame in data])
    ask(["inner " + frame.hex() for frame in data])


if __name__ == "__main__":
    tap.run([
        ("published vectors of sum, CRC32c and hash", published_vectors),
        ("verdicts are scapy's", scapy_verdicts),
        ("verdicts are those of the parser's vectors", parser_vectors),
        ("inserted checksums are scapy's", insertion),
        ("a routing header under way", routing_under_way),
        ("packets inside tunnels", tunnels),
        ("frames cut at every byte", every_cut),
    ])
