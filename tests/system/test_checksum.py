#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checksum verification and insertion, judged by scapy and tshark.

Receive: scapy's frames, right and wrong, go into the port; the flags that testpmd's packets carry
and the NIC's own counters are compared with scapy's arithmetic.
Transmit: testpmd's csum engine sends packets with wrong checksums on; what leaves the other port
must be what scapy computes, and tshark must call it good.
"""

import collections
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import frames
import netns
import packets
import tap
from packets import BAD, GOOD, NONE, UNKNOWN

PACKET = re.compile(r"src=([0-9A-F:]{17}) .*?ol_flags: ([A-Z0-9_ ]*)", re.DOTALL)


def verdict(flags, layer):
    """What one packet's mbuf flags say of a layer."""
    for name, value in (("GOOD", GOOD), ("BAD", BAD), ("NONE", NONE), ("UNKNOWN", UNKNOWN)):
        if "RTE_MBUF_F_RX_%s_CKSUM_%s" % (layer, name) in flags.split():
            return value
    return UNKNOWN


def received(text):
    """(IP, layer 4) verdicts by row number, from testpmd's verbose output."""
    return {frames.number_of(source): (verdict(flags, "IP"), verdict(flags, "L4"))
            for source, flags in PACKET.findall(text) if source.startswith("02:FE")}


def inject(setup, rows):
    """Sends every frame into port 0, no faster than the card takes them: a full TAP would drop."""
    wire = packets.Wire(setup.ns["a"], "tapa")
    with setup.sim.client("mgmt") as client:
        accepted = bench.BANKS[0][1]
        before = client.counter(accepted)
        for number, (_, frame, _) in enumerate(rows, 1):
            wire.send(frame)
            if number % 32 == 0 or number == len(rows):
                netns.wait_for(lambda: client.counter(accepted) - before >= number, 20,
                               "the card took %d frames" % number)
                setup.pmd.pump()
        tap.equal(client.counter(accepted) - before, len(rows), "frames accepted")
    wire.close()


def expected(row):
    name, frame, verdicts = row
    return verdicts if verdicts is not None else packets.opinion(frame)


def verify_rows(width, seed):
    rows = list(frames.rows(tap.seed(seed)))
    with bench.Bench(width=width, engine="rxonly", addresses=False,
                     start=False) as setup:
        setup.pmd.command("set verbose 1")
        setup.pmd.command("start")
        before = setup.sim.quiet_counters()
        inject(setup, rows)
        end = time.monotonic() + 30
        while len(received(setup.pmd.text)) < len(rows) and time.monotonic() < end:
            setup.pmd.pump(0.2)
        counters = setup.sim.quiet_counters()
        setup.pmd.pump(0.2)
        said = received(setup.pmd.text)
        setup.pmd.command("set verbose 0")
        tap.equal(len(said), len(rows), "packets that testpmd printed")

        wrong = []
        for index, row in enumerate(rows):
            for layer, got, wanted in zip(("IP", "layer 4"), said[index], expected(row)):
                if wanted is not None and got != wanted:
                    wrong.append("%s: %s is %s, scapy says %s" % (row[0], layer, got, wanted))
        assert not wrong, "%d wrong verdicts:\n%s" % (len(wrong), "\n".join(wrong[:40]))

        # The NIC's counters tell the same story as its packets.
        by_packet = collections.Counter(said.values())
        by_counter = {key: n - before.verdicts[0][key] for key, n in counters.verdicts[0].items()
                      if n != before.verdicts[0][key]}
        tap.equal(by_counter, dict(by_packet), "verdict counters")
        # Each verdict was really seen.
        for layer_4 in (UNKNOWN, BAD, GOOD, NONE):
            assert counters.l4(0, layer_4) > 0, "no packet with verdict %s" % layer_4
        setup.pmd.command("stop")
        setup.finish()
        tap.note("%d frames, %s" % (len(rows), dict(by_packet)))


def audit_rows(width):
    """The driver's audit judges every row as the card does, frames in several buffers as well."""
    rows = list(frames.rows(tap.seed(3)))
    with bench.Bench(width=width, engine="rxonly", addresses=False, start=False,
                     devargs={"audit": 1}, pmd_options=["--mbuf-size=640", "--enable-scatter"]) as setup:
        setup.pmd.command("start")
        before = setup.pmd.xstats(0)["audit_packets"]
        inject(setup, rows)
        setup.sim.quiet_counters()
        netns.wait_for(lambda: setup.pmd.xstats(0)["audit_packets"] - before >= len(rows), 20,
                       "audits of %d frames" % len(rows))
        with open(setup.pmd.log_path, errors="replace") as log:
            said = [line for line in log if "audit:" in line]
        tap.equal(setup.pmd.xstats(0)["audit_disagreements"], 0, "disagreements:\n" + "".join(said[:60]))
        setup.pmd.command("stop")
        setup.finish()


def drop_rows(width):
    rows = list(frames.rows(tap.seed(2), 60))
    with bench.Bench(width=width, engine="rxonly", addresses=False, start=False,
                     devargs={"drop_bad_checksum": 1}) as setup:
        setup.pmd.command("set verbose 1")
        setup.pmd.command("start")
        inject(setup, rows)
        counters = setup.sim.quiet_counters()
        setup.pmd.pump(1)
        while setup.pmd.pump(0.2):
            pass
        said = received(setup.pmd.text)
        setup.pmd.command("set verbose 0")

        certain = {i: expected(row) for i, row in enumerate(rows) if None not in expected(row)}
        bad_ip = [i for i, (ip, _) in certain.items() if ip == BAD]
        bad_l4 = [i for i, (ip, l4) in certain.items() if l4 == BAD and ip != BAD]
        for index in bad_ip + bad_l4:
            assert index not in said, "delivered though wrong: " + rows[index][0]
        for index in certain:
            if index not in bad_ip and index not in bad_l4:
                assert index in said, "not delivered though not wrong: " + rows[index][0]
        for index, verdicts in said.items():
            assert BAD not in verdicts, "delivered as BAD: " + rows[index][0]
        drops = counters.deliver[0]["bad_ip_checksum"] + counters.deliver[0]["bad_l4_checksum"]
        tap.equal(drops, len(rows) - len(said), "drops counted as BAD")
        assert counters.deliver[0]["bad_ip_checksum"] >= len(bad_ip) > 0, counters.deliver[0]
        assert counters.deliver[0]["bad_l4_checksum"] >= len(bad_l4) > 50, counters.deliver[0]
        setup.pmd.command("stop")
        setup.finish()
        tap.note("%d frames delivered, %d dropped" % (len(said), drops))


# --- insertion ---------------------------------------------------------------------------------

# Cases that the csum engine hands to the hardware: it parses one tag and no extension header, and
# leaves UDP without checksum alone.
NOT_OFFLOADED = ("2 tags", "802.1ad", "three tags", "IPv6 TCP,", "IPv6 UDP,", "fragment")


def insertion_rows(seed):
    """(name, frame with wrong checksums, the same as scapy computes it)"""
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.layers.inet6 import IPv6

    for index, (name, frame, verdicts) in enumerate(frames.rows(tap.seed(seed), 100)):
        kind, data, tags = packets.network_layer(frame)
        if verdicts == (GOOD, GOOD) or (verdicts is None and tags < 2 and
                                        not any(word in name for word in NOT_OFFLOADED)):
            if kind not in (0x0800, 0x86dd):
                continue
            packet = (IP if kind == 0x0800 else IPv6)(data)
            layer = packet.getlayer(TCP) or packet.getlayer(UDP)
            if layer is None or (UDP in packet and layer.chksum == 0) or \
                    (UDP in packet and layer.len != len(bytes(layer))) or \
                    (kind == 0x0800 and "wrong header" in name):
                continue
            field = frames.checksum_field(frame, "tcp" if TCP in packet else "udp")
            right = packets.corrected(frame, field)
            spoiled = frames.put16(right, field, 0xbad1 + index % 7)
            if kind == 0x0800:
                spoiled = frames.put16(spoiled, len(frame) - len(data) + 10, 0x0bad)
            yield name, spoiled, right


def insert(width, seed):
    rows = list(insertion_rows(seed))
    assert len(rows) > 150, len(rows)
    with bench.Bench(width=width, engine="csum", addresses=False) as setup:
        near, far = packets.Wire(setup.ns["a"], "tapa"), packets.Wire(setup.ns["b"], "tapb")
        got = []
        for number in range(0, len(rows), 16):
            for _, spoiled, _ in rows[number:number + 16]:
                near.send(spoiled)
            got += far.collect(len(rows[number:number + 16]), 5, quiet=0.02)
        got += far.collect(0, 0, quiet=0.5)
        tap.equal(len(got), len(rows), "frames that left the other port")
        by_number = {int.from_bytes(frame[8:12], "big"): frame for frame in got}
        wrong = []
        for name, spoiled, right in rows:
            frame = by_number.get(int.from_bytes(right[8:12], "big"))
            if frame != right:
                wrong.append("%s:\n sent  %s\n got   %s\n scapy %s" % (
                    name, spoiled.hex(), frame and frame.hex(), right.hex()))
        assert not wrong, "%d of %d differ from scapy\n%s" % (len(wrong), len(rows),
                                                            "\n".join(wrong[:5]))
        counters = setup.check()
        tap.equal(counters.tx_checksum[1]["inserted"], len(rows), "frames counted as inserted")
        ask_tshark(setup, got)
        near.close()
        far.close()
        setup.finish()
        tap.note("%d frames" % len(rows))


def ask_tshark(setup, got):
    """tshark's verdict on what left the NIC: 1 is good."""
    from scapy.utils import wrpcap
    from scapy.layers.l2 import Ether

    path = os.path.join(setup.folder, "out.pcap")
    wrpcap(path, [Ether(frame) for frame in got])
    text = netns.command("tshark", "-r", path, "-o", "ip.check_checksum:TRUE", "-o",
                         "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields",
                         "-E", "separator=,", "-e", "ip.checksum.status", "-e",
                         "tcp.checksum.status", "-e", "udp.checksum.status",
                         env=dict(os.environ, HOME=setup.folder), timeout=60)
    lines = [line for line in text.splitlines() if re.fullmatch(r"\d*,\d*,\d*", line)]
    tap.equal(len(lines), len(got), "lines of tshark:\n" + text[:500])
    for number, line in enumerate(lines):
        ip, tcp, udp = line.split(",")
        assert ip in ("", "1") and "1" in (tcp, udp) and {tcp, udp} <= {"", "1"}, \
            "tshark calls frame %d wrong: %s" % (number, line)


if __name__ == "__main__":
    tap.run([
        ("verdicts on receive are scapy's, 64 bits", lambda: verify_rows(64, 1)),
        ("verdicts on receive are scapy's, 512 bits", lambda: verify_rows(512, 2)),
        ("the driver's audit agrees on every frame", lambda: audit_rows(64)),
        ("wrong checksums are dropped and counted, 64 bits", lambda: drop_rows(64)),
        ("wrong checksums are dropped and counted, 512 bits", lambda: drop_rows(512)),
        ("inserted checksums are scapy's and tshark's, 64 bits", lambda: insert(64, 3)),
        ("inserted checksums are scapy's and tshark's, 512 bits", lambda: insert(512, 4)),
    ], time_limit=240)
