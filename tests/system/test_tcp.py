#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's TCP through the NIC, testpmd and the NIC again, content checked on both ends.

Each row is a bench of its own. The first eight rows hold every combination of any three of: tags,
queues, MTU, width; IPv4 and IPv6 run in each. The last two are the reference model's.
"""

import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import netns
import packets
import tap

TRAFFIC = os.path.join(netns.ROOT, "tests", "common", "traffic.py")
TCI = 0x2064  # priority 1, VLAN 100
SERVER = {4: "198.18.0.2", 6: "2001:db8::2"}

# tags, queues, MTU, DATA_W or the reference model, testpmd's engine
ROWS = (
    (0, 1, 1500, 64, "io"),
    (0, 1, 9000, 512, "csum"),
    (0, 4, 1500, 512, "io"),
    (0, 4, 9000, 64, "csum"),
    (1, 1, 1500, 512, "csum"),
    (1, 1, 9000, 64, "io"),
    (1, 4, 1500, 64, "csum"),
    (1, 4, 9000, 512, "io"),
    (0, 4, 1500, bench.MODEL, "csum"),
    (1, 1, 9000, bench.MODEL, "io"),
)


def transfer(setup, family, connections, size):
    """Connections carry size bytes each way in all; returns what both ends say, compared."""
    address = SERVER[family]
    share = size // connections
    words = [sys.executable, TRAFFIC]
    server_log = os.path.join(setup.folder, "serve%d.log" % family)
    server = netns.Process(words + ["serve", address, "--connections", connections],
                           server_log, namespace=setup.ns["b"])
    try:
        netns.wait_for(lambda: "listening" in server.log(), 10, "the server listens")
        text = setup.ns.run("a", *words, "fetch", address, "--connections", connections,
                            "--up", share, "--down", share, "--seed", tap.seed(1000 * family), timeout=90)
        tap.equal(server.wait(20), 0, "the server's status:\n" + server.log())
    finally:
        server.end()
    client_says = json.loads(text.splitlines()[-1])
    server_says = json.loads(server.log().splitlines()[-1])
    tap.equal(client_says, server_says, "hashes at the two ends")
    tap.equal(len(client_says), connections, "connections")
    assert all(row["right"] for row in client_says), client_says


def iperf(setup, family, streams, seconds=1):
    server = netns.Process(["iperf3", "-s", "-1", "--forceflush", "-B", SERVER[family]],
                           os.path.join(setup.folder, "iperf%d.log" % family),
                           namespace=setup.ns["b"])
    try:
        netns.wait_for(lambda: "listening" in server.log(), 10, "iperf3 listens")
        text = setup.ns.run("a", "iperf3", "-J", "-c", SERVER[family], "-t", seconds,
                            "-P", streams, timeout=60)
        tap.equal(server.wait(20), 0, "iperf3's status")
    finally:
        server.end()
    report = json.loads(text)
    received = report["end"]["sum_received"]
    assert received["bytes"] > 100000, "iperf3 moved only %d bytes" % received["bytes"]
    return received["bits_per_second"] / 1e6


def arrived(wire):
    """VLAN tags of the frames that have arrived at the interface: TCI or None for each."""
    tags = []
    frame = wire.receive(0.01)
    while frame is not None:
        kind, tci = struct.unpack_from(">HH", frame, 12)
        tags.append(tci if kind == 0x8100 else None)
        frame = wire.receive(0.01)
    return tags


def row(tags, queues, mtu, width, engine):
    with bench.Bench(width=width, queues=queues, mtu=mtu, vlan=TCI if tags else 0,
                     engine=engine) as setup:
        wire = packets.Wire(setup.ns["b"], "tapb")
        rates = []
        for family in (4, 6):
            transfer(setup, family, 8 if queues > 1 else 2, 1 << 20)
            rates.append(iperf(setup, family, 4 if queues > 1 else 1))
        seen = arrived(wire)
        wire.close()
        assert len(seen) > 100, "only %d frames arrived at the other TAP" % len(seen)
        tap.equal(set(seen), {TCI if tags else None}, "VLAN tags on the wire")

        counters = setup.check()
        for function in (0, 1):
            # The kernel's checksums are right, so each verdict but GOOD on TCP is the NIC's fault.
            tap.equal(counters.l4(function, "bad"), 0, "function %d: BAD" % function)
            assert counters.l4(function, "good") > 200, counters.verdicts[function]
            # A few frames of the kernel may come before testpmd starts the port.
            drops = {reason: n for reason, n in counters.deliver[function].items()
                     if n and reason not in ("delivered", "function_disabled")}
            tap.equal(drops, {}, "function %d: drops" % function)
            if queues > 1:
                # 24 connections: that they all fall on two queues is less likely than 1 in 10^6.
                used = counters.queues_used(function, 50)
                assert used > 2, "function %d used %d queues of %d" % (function, used, queues)
            else:
                tap.equal(counters.queues_used(function), 1, "function %d: queues used" % function)
            if engine == "csum":
                inserted = counters.tx_checksum[function]["inserted"]
                assert inserted > 200, "only %d checksums inserted" % inserted
        tap.note("%.1f Mbit/s over IPv4, %.1f over IPv6" % tuple(rates))
        setup.finish()


def cases():
    for values in ROWS:
        tags, queues, mtu, width, engine = values
        card = width if width == bench.MODEL else "%d bits" % width
        name = "TCP over IPv4 and IPv6, %d tag, %d queue%s, MTU %d, %s, %s" % (
            tags, queues, "s" if queues > 1 else "", mtu, card, engine)
        yield name, lambda values=values: row(*values)


if __name__ == "__main__":
    tap.run(list(cases()), time_limit=480)
