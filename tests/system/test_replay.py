#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""`sekisho-sim replay`: each line of its output against scapy's view of the packet. Needs no root."""

import ipaddress
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import frames
import packets
import tap

# The key of Microsoft's verification suite for receive side scaling, which replay uses.
KEY = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c"
                    "6a42b73bbeac01fa")


def toeplitz(data):
    """The hash by its definition: the key's window at each set bit of the input."""
    key = int.from_bytes(KEY, "big")
    width = 8 * len(KEY)
    result = 0
    for position in range(8 * len(data)):
        if data[position // 8] >> (7 - position % 8) & 1:
            result ^= key >> (width - 32 - position) & 0xffffffff
    return result


def view(frame):
    """What scapy sees: the values that replay must report of a well-formed packet."""
    from scapy.layers.inet import ICMP, IP, TCP, UDP
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
    from scapy.utils import checksum

    kind, data, tags = packets.network_layer(frame)
    start = len(frame) - len(data)
    seen = {"vlan_tags": tags, "l3_offset": start,
            "vlan_tci": struct.unpack_from(">H", frame, 14)[0] if tags else 0,
            "hash_type": "none", "rss_hash": 0, "l4": "none", "l4_offset": 0, "payload_offset": 0}
    if kind == 0x0806:
        seen["l3"] = "arp"
        return seen
    if kind == 0x0800:
        packet = IP(data)
        seen["l3"] = "ipv4" if packet.ihl == 5 else "ipv4_opt"
        fragment = bool(packet.flags.MF or packet.frag)
        protocol, offset, end = packet.proto, 4 * packet.ihl, packet.len
    else:
        packet = IPv6(data)
        seen["l3"] = "ipv6" if packet.nh in (6, 17, 58) else "ipv6_ext"
        fragment = IPv6ExtHdrFragment in packet
        protocol, offset, end = packet.nh, 40, 40 + packet.plen
        while protocol in (0, 43, 60):
            protocol, offset = data[offset], offset + 8 + 8 * data[offset + 1]
    addresses = ipaddress.ip_address(packet.src).packed + ipaddress.ip_address(packet.dst).packed
    seen.update(hash_type="addresses", rss_hash=toeplitz(addresses))
    if fragment:
        seen["l4"] = "fragment"
        return seen
    if protocol not in (6, 17):
        seen["l4"] = "icmp" if protocol in (1, 58) else "other"
        # Where such a header ends is not defined.
        del seen["l4_offset"], seen["payload_offset"]
        return seen
    segment = data[offset:end]
    layer = packet.getlayer(TCP) or packet.getlayer(UDP)
    size = 4 * layer.dataofs if protocol == 6 else 8
    ports = struct.pack(">HH", layer.sport, layer.dport)
    seen.update(l4="tcp" if protocol == 6 else "udp", l4_offset=start + offset,
                payload_offset=start + offset + size, hash_type="addresses_ports",
                rss_hash=toeplitz(addresses + ports))
    if protocol == 17:
        segment = segment[:layer.len]
    seen["raw_sum"] = ~checksum(segment) & 0xffff
    return seen


def replay(frames_in, *options):
    """Runs the capture through replay; returns its lines."""
    from scapy.layers.l2 import Ether
    from scapy.utils import wrpcap

    tap.need_file(bench.SIM, "the simulator")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "in.pcap")
        wrpcap(path, [Ether(frame) for frame in frames_in])
        result = subprocess.run([bench.SIM, "replay", path, "--json", *options], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    tap.equal(result.returncode, 0, "replay's status: " + result.stderr)
    return [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def card(width):
    """The options for a width, or for the reference model."""
    return ("--engine", "model") if width == bench.MODEL else ("--data-width", str(width))


def every_row(width, queues, seed):
    rows = list(frames.rows(tap.seed(seed)))
    lines, summary = replay([frame for _, frame, _ in rows], *card(width), "--queues", str(queues))
    tap.equal(len(lines), len(rows), "lines of output")
    wrong = []
    used = set()
    for number, ((name, frame, verdicts), line) in enumerate(zip(rows, lines), 1):
        wanted = {"packet": number, "length": len(frame), "padded": False, "status": "ok"}
        ip, l4 = verdicts if verdicts is not None else packets.opinion(frame)
        wanted.update(ip_verdict=ip, l4_verdict=l4)
        if verdicts is None or verdicts == (packets.GOOD, packets.GOOD):
            wanted.update(view(frame))
            wanted["queue"] = (wanted["rss_hash"] & 127) % queues
        for key, value in wanted.items():
            if value is not None and line.get(key) != value:
                wrong.append("%s: %s is %r, scapy says %r" % (name, key, line.get(key), value))
        used.add(line.get("queue"))
    assert not wrong, "%d wrong:\n%s" % (len(wrong), "\n".join(wrong[:40]))
    if queues > 1:
        assert len(used) > 1, "one queue used of %d" % queues
    assert "%d packets" % len(rows) in summary, summary


def hash_vectors():
    """Microsoft's published vectors, so that the test's own Toeplitz is checked too."""
    from scapy.layers.inet import ICMP, IP, TCP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether

    vectors = (
        ("66.9.149.187", 2794, "161.142.100.80", 1766, 0x51ccc178, 0x323e8fc2),
        ("199.92.111.2", 14230, "65.69.140.83", 4739, 0xc626b0ea, 0xd718262a),
        ("24.19.198.95", 12898, "12.22.207.184", 38024, 0x5c2b394a, 0xd2d0a5de),
        ("3ffe:2501:200:1fff::7", 2794, "3ffe:2501:200:3::1", 1766, 0x40207d3d, 0x2cc18cd5),
        ("3ffe:501:8::260:97ff:fe40:efab", 14230, "ff02::1", 4739, 0xdde51bbf, 0x0f0c461c),
    )
    sent, wanted = [], []
    for source, sport, destination, dport, with_ports, addresses in vectors:
        network = (IPv6 if ":" in source else IP)(src=source, dst=destination)
        for layer, value in ((TCP(sport=sport, dport=dport), with_ports), (b"x" * 40, addresses)):
            packet = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / network.copy()
            if isinstance(layer, bytes):
                packet[type(network)].setfieldval("nh" if ":" in source else "proto", 253)
            sent.append(frames.padded(bytes(packet / layer)))
            wanted.append(value)
    lines, _ = replay(sent)
    tap.equal(["%08x" % line["rss_hash"] for line in lines], ["%08x" % v for v in wanted], "hashes")
    for (source, sport, destination, dport, with_ports, _) in vectors:
        data = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
        tap.equal(toeplitz(data + struct.pack(">HH", sport, dport)), with_ports, "own Toeplitz")


def sizes(width):
    """The shortest and the longest frames, and what is just beyond."""
    def of(length):
        return bytes.fromhex("02000000000202000000000188b5") + \
            random.Random(length).randbytes(length - 14)

    lengths = (14, 42, 59, 60, 61, 63, 64, 65, 127, 128, 129, 1514, 1518, 9000, 9727, 9728, 9729,
               12000, 64)
    lines, _ = replay([of(length) for length in lengths], *card(width))
    tap.equal(len(lines), len(lengths), "lines")
    for length, line in zip(lengths, lines):
        tap.equal(line["length"], max(60, length), "length of %d bytes" % length)
        tap.equal(line["padded"], length < 60, "padding of %d bytes" % length)
        if length > 9728:
            tap.equal((line.get("dropped"), line.get("stage")), ("oversize", "port"),
                      "what became of %d bytes" % length)
        else:
            tap.equal((line.get("dropped"), line.get("status")), (None, "ok"),
                      "what became of %d bytes" % length)


def same_again():
    """Time is the clock count here, so two runs print the same; so do both widths and the model."""
    sent = [frame for _, frame, _ in frames.rows(tap.seed(9), 50)]
    first, _ = replay(sent)
    tap.equal(replay(sent)[0], first, "a second run")
    for width in (512, bench.MODEL):
        tap.equal(replay(sent, *card(width))[0], first, "%s" % width)


if __name__ == "__main__":
    tap.run([
        ("every packet's line is scapy's view, 64 bits, 4 queues", lambda: every_row(64, 4, 11)),
        ("every packet's line is scapy's view, 512 bits, 1 queue", lambda: every_row(512, 1, 12)),
        ("every packet's line is scapy's view, the model, 3 queues",
         lambda: every_row(bench.MODEL, 3, 13)),
        ("hashes are those of Microsoft's verification suite", hash_vectors),
        ("shortest and longest frames, 64 bits", lambda: sizes(64)),
        ("shortest and longest frames, 512 bits", lambda: sizes(512)),
        ("shortest and longest frames, the model", lambda: sizes(bench.MODEL)),
        ("the same capture gives the same output", same_again),
    ], time_limit=120)
