#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The cases of DPDK's test suite (DTS) that the driver's features cover, by their names there.

DTS needs a PCI device and a second machine; here the second machine is a pair of TAP devices around
sekisho-sim, and the device is the driver's vfio-user one. What DTS asks by eye or by a line of
testpmd is asked here of the frame's contents and of the card's counters as well.
"""

import ipaddress
import itertools
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import netns
import packets
import tap

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import ARP, GRE, Dot1Q, Ether
from scapy.layers.sctp import SCTP
from scapy.packet import Raw

QUEUES, RING, TABLE, KEY = 4, 256, 128, 40
PEER = "02:00:00:00:00:99"
OTHER = "02:00:00:00:00:aa"
FORWARD_BURSTS = 2  # of 32 frames on each port that circle
FORWARD_LEAST = 10000  # packets a second
PAST = 9  # DTS: what an MTU means differs by so much between NICs
HALF = ["--mbuf-size=2048"]
RECORD = re.compile(r"src=(02:FE:00:00:\w\w:\w\w) - ([^\n]*\n  ol_flags: [^\n]*)\n")


class Card:
    """A simulator and testpmd, used by case after case; made anew after a failure. One at a time."""

    running = None

    def __init__(self, width):
        self.width, self.setup, self.options, self.serial = width, None, None, 0

    def open(self, options):
        """A testpmd that was started with these options."""
        words = ["--mbuf-size=10240"] + list(options)
        if Card.running not in (None, self):
            Card.running.close()
        Card.running = self
        if self.setup is None:
            self.setup = bench.Bench(width=self.width, queues=QUEUES, addresses=False, start=False,
                                     port_options=(",speed=10000", ",speed=25000"), pmd_options=words)
            for side in "ab":
                self.setup.ns.ip(side, "link", "set", "tap" + side, "mtu", 9800)
            self.near = packets.Wire(self.setup.ns["a"], "tapa")
            self.far = packets.Wire(self.setup.ns["b"], "tapb")
        elif words != self.options:
            self.quit()
            self.setup.pmd = bench.Testpmd(
                self.setup.folder, [bench.device(self.setup.sim, "net%d" % i) for i in (0, 1)],
                queues=QUEUES, options=words)
            self.setup.stack.append(self.setup.pmd.kill)
        self.options, self.pmd = words, self.setup.pmd

    def quit(self):
        tap.equal(self.pmd.quit(), 0, "testpmd's exit status")
        self.options = None

    def finish(self):
        """Every frame of the cases before is accounted for, and all ends in order."""
        if self.setup is None:
            raise tap.Skip("the last case failed, or none ran")
        try:
            self.setup.sim.check_balance()
            if self.options:
                self.quit()
            self.setup.sim.finish()
        finally:
            self.close()

    def close(self):
        setup, self.setup = self.setup, None
        if setup:
            self.near.close()
            self.far.close()
            setup.close()

    def case(self, function, *options):
        def run():
            try:
                self.open(options)
                function(self)
                if self.options:
                    self.pmd.command("set verbose 0")
                    self.pmd.command("stop")
            except tap.Skip:
                raise
            except BaseException as error:
                setup, self.setup = self.setup, None
                if setup:
                    setup.__exit__(type(error), error, None)
                raise
        return run

    # --- testpmd

    def start(self, engine="io", verbose=False):
        self.pmd.command("set fwd %s" % engine)
        self.pmd.command("set verbose %d" % verbose)
        self.pmd.command("start")

    def stopped(self, *lines, port="all"):
        """Commands that need a stopped port. The last two: a port forgets RSS when configured anew."""
        said = [self.command(line) for line in
                ("stop", "port stop %s" % port) + lines +
                ("port start %s" % port, "port config all rss all")]
        assert "Fail" not in said[-2], said[-2]
        return "".join(said[2:-2])

    def command(self, line):
        """What testpmd prints and logs: two streams, which meet in the log file."""
        size = os.path.getsize(self.pmd.log_path)
        self.pmd.command(line)
        with open(self.pmd.log_path, errors="replace") as log:
            log.seek(size)
            return log.read()

    # --- frames

    def frame(self, *layers, **fields):
        """A frame to another station with a source address of its own."""
        self.serial += 1
        fields.setdefault("dst", PEER)
        packet = Ether(src="02:fe:00:00:%02x:%02x" % divmod(self.serial, 256), **fields)
        for layer in layers:
            packet = packet / layer
        data = bytes(packet)
        return data.ljust(60, b"\0")

    def plain(self, length=64, **fields):
        """Not IP: queue 0. Length without FCS."""
        return self.frame(Raw(bytes(n * 7 & 0xff for n in range(length - 14))), type=0x88b5, **fields)

    def flows(self, count):
        return [self.frame(IP(src="198.18.0.1", dst="198.18.1.%d" % (n % 254 + 1)),
                           UDP(sport=1000 + n, dport=4000 + n), Raw(b"flow")) for n in range(count)]

    def counter(self, bank, kind, index=0):
        for name, base, kinds, width, _ in bench.BANKS:
            if name == bank:
                with self.setup.sim.client("mgmt") as client:
                    return client.counter(base + 16 * (width * index + kinds.index(kind)))
        raise KeyError(bank)

    def send(self, frames):
        for frame in frames:
            self.near.send(frame)

    def passes(self, frames, wanted=None):
        """Sends; exactly these frames, or the wanted ones, leave the other port (queues: any order)."""
        self.send(frames)
        wanted = frames if wanted is None else wanted
        got = self.far.collect(len(wanted), 30, quiet=0.05)
        if sorted(got) != sorted(wanted):
            missing = [frame.hex() for frame in wanted if frame not in got]
            extra = [frame.hex() for frame in got if frame not in wanted]
            raise AssertionError("%d frames came, %d wanted; missing %s, not wanted %s" % (
                len(got), len(wanted), missing[:4], extra[:4]))

    def dropped(self, frames, bank, kind):
        """Sends; the card counts all of them as dropped for this reason, none comes out."""
        before = self.counter(bank, kind)
        self.send(frames)
        netns.wait_for(lambda: self.counter(bank, kind) - before >= len(frames), 20,
                       "%d more in %s.%s" % (len(frames), bank, kind))
        tap.equal(self.counter(bank, kind) - before, len(frames), "%s.%s" % (bank, kind))
        tap.equal(self.far.collect(0, 0, quiet=0.1), [], "frames that came out")

    def observe(self, frames):
        """Sends; what testpmd's verbose output says of each on port 0."""
        self.pmd.pump()
        self.pmd.text = ""
        self.send(frames)
        keys = [frame[6:12].hex(":").upper() for frame in frames]

        def printed():
            self.pmd.pump(0.05)
            records = {}
            for source, text in RECORD.findall(self.pmd.text):
                records.setdefault(source, text)
            return [records[key] for key in keys] if all(key in records for key in keys) else None
        return netns.wait_for(printed, 30, "testpmd prints %d packets" % len(frames))


def flags(record):
    return record.rsplit("ol_flags: ", 1)[1].split()


def verdicts(record):
    said = " ".join(flags(record))
    return tuple(re.search(r"RTE_MBUF_F_RX_%s_CKSUM_(\w+)" % layer, said).group(1) for layer in ("IP", "L4"))


def types(record):
    return re.search(r"hw ptype: ([\w ]*\w)", record).group(1).split()


# --- checksum_offload -----------------------------------------------------------------------------

V4, V6 = dict(src="198.18.0.1", dst="198.18.0.2"), dict(src="2001:db8::1", dst="2001:db8::2")
BODY = Raw(b"XXXXX" * 7)


def spoiled(card):
    """(frame with wrong checksums, the same with scapy's)"""
    rows = []
    for ip, wrong in ((IP(**V4), dict(chksum=0x0bad)), (IPv6(**V6), {})):
        for transport in (UDP(sport=4001, dport=4002), TCP(sport=4001, dport=4002, flags="S")):
            right = card.frame(ip, transport, BODY)
            bad_ip, bad = ip.copy(), transport.copy()
            for name, value in wrong.items():
                setattr(bad_ip, name, value)
            bad.chksum = 0xbad1
            card.serial -= 1
            rows.append((card.frame(bad_ip, bad, BODY), right))
    return rows


def csum_engine(card, where):
    card.stopped(*["csum set %s %s %d" % (kind, where, port)
                   for kind in ("ip", "udp", "tcp") for port in (0, 1)])
    for port in (0, 1):
        card.command("csum mac-swap off %d" % port)


def insert_checksums(card):
    csum_engine(card, "hw")
    card.start("csum")
    rows = spoiled(card)
    before = card.counter("tx_checksum", "inserted", 1)
    card.passes([bad for bad, _ in rows], [right for _, right in rows])
    tap.equal(card.counter("tx_checksum", "inserted", 1) - before, len(rows), "inserted by the card")


def no_insert_checksums(card):
    """Software makes them when the engine is told so; without an engine they go as they came."""
    csum_engine(card, "sw")
    card.start("csum")
    rows = spoiled(card)
    before = card.counter("tx_checksum", "inserted", 1)
    card.passes([bad for bad, _ in rows], [right for _, right in rows])
    card.command("stop")
    card.start("io")
    card.passes([bad for bad, _ in rows])
    tap.equal(card.counter("tx_checksum", "inserted", 1), before, "inserted by the card")


def check_verdicts(card, rows):
    card.start("rxonly", verbose=True)
    for row, said in zip(rows, card.observe([card.frame(*row[0]) for row in rows])):
        tap.equal(verdicts(said), row[1], "%r: %s" % (row[0], said))


def l4_rx_checksum(card):
    rows = []
    for ip in (IP(**V4), IPv6(**V6)):
        for kind in (UDP, TCP):
            rows.append(((ip, kind(sport=1, dport=9001), BODY), ("GOOD", "GOOD")))
            rows.append(((ip, kind(sport=1, dport=9001, chksum=0xf), BODY), ("GOOD", "BAD")))
    rows.append(((IP(**V4), UDP(sport=1, dport=9001, chksum=0), BODY), ("GOOD", "NONE")))
    check_verdicts(card, rows)


def l3_rx_checksum(card):
    """Layer 4 is judged on its own: it stays good."""
    check_verdicts(card, [((IP(**V4, **wrong), kind(sport=1, dport=9001), BODY), (ip, "GOOD"))
                          for kind in (UDP, TCP) for wrong, ip in (({}, "GOOD"), ({"chksum": 0xf}, "BAD"))])


def validate_rx_checksum(card):
    """Every pair of right and wrong, with tags, options and paddings; counted as it is told."""
    rows = []
    for tags in ((), (Dot1Q(vlan=1),)):
        for wrong, ip in (({}, "GOOD"), ({"chksum": 0x1}, "BAD")):
            for bad, fourth in (({}, "GOOD"), ({"chksum": 0xf}, "BAD")):
                for kind in (UDP, TCP):
                    for body in (BODY, Raw(b"x"), Raw(b"y" * 1200)):
                        rows.append(((*tags, IP(**V4, **wrong), kind(dport=9001, **bad), body), (ip, fourth)))
    before = card.setup.sim.counters()
    check_verdicts(card, rows)
    after = card.setup.sim.counters()
    for pair in (("bad", "bad"), ("bad", "good"), ("good", "bad"), ("good", "good")):
        tap.equal(after.verdicts[0][pair] - before.verdicts[0][pair], len(rows) // 4,
                  "frames with verdicts %s, %s" % pair)


def vlan_checksum(card):
    check_verdicts(card, [
        ((Dot1Q(vlan=1), ip(**where, **wrong), kind(dport=9001, **bad), BODY), (said, fourth))
        for ip, where, wrong, said in ((IP, V4, {}, "GOOD"), (IP, V4, {"chksum": 0xf}, "BAD"), (IPv6, V6, {}, "GOOD"))
        for bad, fourth in (({}, "GOOD"), ({"chksum": 0xf}, "BAD"))
        for kind in (UDP, TCP)])


# --- rss ------------------------------------------------------------------------------------------

def toeplitz(key, data):
    key, bits = int.from_bytes(key, "big"), 8 * len(key)
    value = 0
    for number in range(8 * len(data)):
        if data[number // 8] & 0x80 >> number % 8:
            value ^= key >> bits - 32 - number & 0xffffffff
    return value


def hashed(frame):
    """What the hash of an IPv4 UDP frame covers: addresses and ports."""
    return frame[26:38]


def key_of(card):
    return bytes.fromhex(re.search(r"RSS key:\s*(\w+)", card.pmd.command("show port 0 rss-hash key")).group(1))


def set_table(card, table):
    for first in range(0, TABLE, 8):
        card.command("port config 0 rss reta " + ",".join(
            "(%d,%d)" % (n, table[n]) for n in range(first, first + 8)))


def check_hashes(card, table, frames):
    key = key_of(card)
    card.start("rxonly", verbose=True)
    for frame, said in zip(frames, card.observe(frames)):
        value = toeplitz(key, hashed(frame))
        tap.equal(int(re.search(r"RSS hash=0x(\w+)", said).group(1), 16), value, "hash: " + said)
        tap.equal(int(re.search(r"RSS queue=0x(\w+)", said).group(1), 16), table[value % TABLE], "queue: " + said)
    card.command("set verbose 0")
    card.command("stop")


FIRST_TABLE = [n % QUEUES for n in range(TABLE)]


def key_hash_algorithm(card):
    """Toeplitz, the only algorithm; another key makes another hash."""
    card.stopped()
    set_table(card, FIRST_TABLE)
    old = key_of(card)
    check_hashes(card, FIRST_TABLE, card.flows(10))
    new = bytes(range(1, KEY + 1))
    card.command("port config 0 rss-hash-key ipv4-udp " + new.hex())
    tap.equal(key_of(card), new, "the key")
    check_hashes(card, FIRST_TABLE, card.flows(10))
    card.command("port config 0 rss-hash-key ipv4-udp " + old.hex())
    tap.equal(key_of(card), old, "the key")


def update_key_set_hash_key_short_long(card):
    before = key_of(card)
    for size in (KEY - 1, KEY + 1):
        said = card.command("port config 0 rss-hash-key ipv4-udp " + "5a" * size)
        assert "invalid" in said, said
        tap.equal(key_of(card), before, "the key after one of %d bytes" % size)


def update_key_reported_key_size(card):
    assert "Hash key size in bytes: %d\n" % KEY in card.pmd.command("show port info 0")
    tap.equal(len(key_of(card)), KEY, "length of the key")


def reta_key_reta_queues(card):
    for queues in (2, 4):
        card.stopped("port config all rxq %d" % queues, "port config all txq %d" % queues)
        for table in ([n % queues for n in range(TABLE)], [queues - 1 - n % queues for n in range(TABLE)],
                      [0] * TABLE):
            set_table(card, table)
            card.command("port config all rss udp")
            check_hashes(card, table, card.flows(10))


def reta_key_reported_reta_size(card):
    assert "Redirection table size: %d\n" % TABLE in card.pmd.command("show port info 0")
    card.command("port config 0 rss reta (%d,1)" % (TABLE - 1))
    assert "hash index=%d, queue=1" % (TABLE - 1) in card.pmd.command(
        "show port 0 rss reta %d (0x0,0x8000000000000000)" % TABLE)
    said = card.command("port config 0 rss reta (%d,1)" % TABLE)
    assert "Invalid RETA hash index=%d" % TABLE in said, said
    card.command("port config 0 rss reta (%d,%d)" % (TABLE - 1, FIRST_TABLE[-1]))


# --- mtu ------------------------------------------------------------------------------------------

def check_mtu(card, passing, too_long=()):
    """DTS: Ethernet, four bytes for the FCS and an IP packet of this length."""
    card.start("io")
    card.passes([card.plain(14 + 4 + length) for length in passing])
    if too_long:
        card.dropped([card.plain(14 + 4 + length) for length in too_long], "deliver", "too_long")
    card.command("stop")


def runtime_mtu_updating_and_forwarding(card):
    """Up, and down again; the last of the MTU's frames is the longest that has two VLAN tags."""
    for mtu in (1500, 2400, 4800, 9000, 1500):
        said = card.stopped("port config mtu 0 %d" % mtu, "port config mtu 1 %d" % mtu)
        assert "MTU: %d\n" % mtu in card.pmd.command("show port info 0"), said
        check_mtu(card, (1500 - PAST, 1500, mtu - PAST, mtu, mtu + 4), (mtu + 5, mtu + PAST))


def cli_mtu_forwarding_for_std_packets(card):
    check_mtu(card, (1500 - PAST, 1500), (1500 + PAST,))


def cli_jumbo_forwarding_for_jumbo_mtu(card):
    check_mtu(card, (9000 - PAST, 9000, 1500 + PAST))


def cli_mtu_std_packets_for_jumbo_mtu(card):
    check_mtu(card, (9000 - PAST, 9000), (9000 + PAST,))


# --- vlan -----------------------------------------------------------------------------------------

def tagged(card, tag, inner):
    """A frame with the tag, and the same without."""
    with_tag = card.frame(Dot1Q(vlan=tag, type=0x88b5), Raw(inner))
    return with_tag, with_tag[:12] + with_tag[16:]


def vlan_receipt_stripping(card):
    card.stopped("port config mtu 0 1500")
    card.command("vlan set strip on 0")
    card.start("io", verbose=True)
    rows = [tagged(card, tag, b"strip" * 20) for tag in (1, 51, 4094)]
    for tag, said in zip((1, 51, 4094), card.observe([frame for frame, _ in rows])):
        assert "RTE_MBUF_F_RX_VLAN_STRIPPED" in flags(said) and "VLAN tci=0x%x " % tag in said, said
    card.passes([], [bare for _, bare in rows])
    card.command("vlan set strip off 0")


def vlan_receipt_no_stripping(card):
    card.command("vlan set strip off 0")
    card.start("io", verbose=True)
    frame, _ = tagged(card, 51, b"leave" * 20)
    said = card.observe([frame])[0]
    assert "RTE_MBUF_F_RX_VLAN" in flags(said) and "RTE_MBUF_F_RX_VLAN_STRIPPED" not in flags(said), said
    card.passes([], [frame])


def vlan_no_receipt(card):
    raise tap.Skip("no VLAN filter offload")


def vlan_header_insertion(card):
    said = card.stopped("tx_vlan set 1 51")
    assert "Error" not in said, said
    card.start("mac")
    with_tag, bare = tagged(card, 51, b"insert" * 20)
    address = re.search(r"MAC address: (\S+)", card.pmd.command("show port info 1")).group(1)
    card.send([bare])
    got = card.far.collect(1, 30, quiet=0.05)
    tap.equal(got, [got[0][:6] + bytes.fromhex(address.replace(":", "")) + with_tag[12:]], "the frame")
    card.stopped("tx_vlan reset 1")


# --- mac_filter, promisc_support ------------------------------------------------------------------

def own_address(card):
    return re.search(r"MAC address: (\S+)", card.pmd.command("show port info 0")).group(1)


def accepts(card, address):
    card.passes([card.plain(dst=address)])


def refuses(card, address):
    card.dropped([card.plain(dst=address)], "deliver", "mac_filter")


def add_remove_mac_addresses(card):
    card.command("set promisc 0 off")
    card.start("io")
    accepts(card, own_address(card))
    refuses(card, OTHER)
    card.command("mac_addr add 0 " + OTHER)
    accepts(card, OTHER)
    accepts(card, own_address(card))
    card.command("mac_addr remove 0 " + OTHER)
    refuses(card, OTHER)
    card.command("set promisc 0 on")


def invalid_address(card):
    said = card.command("mac_addr remove 0 " + own_address(card))
    assert "Cannot remove default MAC address" in said, said
    said = card.command("mac_addr add 0 00:00:00:00:00:00")
    assert "Invalid argument" in said, said
    card.command("set promisc 0 off")
    card.start("io")
    accepts(card, own_address(card))
    number = int(re.search(r"Maximum number of MAC addresses: (\d+)", card.pmd.command("show port info 0")).group(1))
    more = ["02:00:00:00:01:%02x" % n for n in range(number)]
    for address in more[:number - 1] * 2:  # a second time is no second place
        assert "error" not in card.command("mac_addr add 0 " + address).lower()
    said = card.command("mac_addr add 0 " + more[-1])
    assert "No space left on device" in said, said
    refuses(card, more[-1])
    for address in more[:-1]:
        accepts(card, address)
    for address in more[:-1]:
        card.command("mac_addr remove 0 " + address)
        refuses(card, address)
    card.command("set promisc 0 on")


def multicast_filter(card):
    group = "01:00:5e:00:00:01"
    card.command("set promisc 0 off")
    card.command("set allmulti 0 off")
    card.start("io")
    refuses(card, group)
    card.command("mcast_addr add 0 " + group)
    accepts(card, group)
    card.command("mcast_addr remove 0 " + group)
    refuses(card, group)
    card.command("set allmulti 0 on")
    accepts(card, group)
    card.command("set allmulti 0 off")
    card.command("set promisc 0 on")


def promisc_packets(card):
    card.start("io")
    card.command("set promisc 0 on")
    accepts(card, OTHER)
    card.command("set promisc 0 off")
    refuses(card, OTHER)
    accepts(card, own_address(card))
    accepts(card, "ff:ff:ff:ff:ff:ff")
    card.command("set promisc 0 on")
    accepts(card, OTHER)


# --- buffer_scatter -------------------------------------------------------------------------------

def around(card):
    """DTS: lengths around the mbuf's size, with the 4 bytes of the FCS counted."""
    return [card.plain(2048 + offset - 4) for offset in (-1, 0, 1, 4, 5)]


def scatter_mbuf_2048(card):
    """Without the offload the port refuses what one mbuf cannot hold, and nothing comes cut."""
    said = card.stopped("port config mtu 0 9000")
    assert "SCATTER" in said, said
    room = 2048 - 128  # what RTE_PKTMBUF_HEADROOM leaves
    said = card.stopped("port config mtu 0 %d" % (room - bench.HEADERS))
    assert "MTU: %d\n" % (room - bench.HEADERS) in card.pmd.command("show port info 0"), said
    card.start("io")
    card.passes([card.plain(room - 1), card.plain(room)])
    card.dropped([card.plain(room + 1)] + around(card), "deliver", "too_long")


def scatter_on(card):
    card.stopped("port config 0 rx_offload scatter on", "port config 1 tx_offload multi_segs on")
    said = card.stopped("port config mtu 0 9000", "port config mtu 1 1500")
    assert "MTU: 9000\n" in card.pmd.command("show port info 0"), said
    card.start("io", verbose=True)


def scatter_mbuf_2048_with_offload(card):
    scatter_on(card)
    frames = around(card) + [card.plain(length) for length in (1920, 1921, 9000)]
    for frame, said in zip(frames, card.observe(frames)):
        assert "length=%d " % len(frame) in said and \
            "nb_segs=%d" % -(-len(frame) // 1920) in said, "%d bytes: %s" % (len(frame), said)
    card.passes([], frames)
    card.stopped("port config mtu 0 1500", "port config 0 rx_offload scatter off",
                 "port config 1 tx_offload multi_segs off")


# --- port_stats, port_control ---------------------------------------------------------------------

def stats_updates(card):
    """One more packet and its bytes, received and sent; then many, on all queues."""
    card.stopped()
    card.start("io")
    for frames in ([card.plain(512)], card.flows(40)):
        before = [card.pmd.stats(port) for port in (0, 1)]
        card.passes(frames)

        def moved():
            now = [card.pmd.stats(port) for port in (0, 1)]
            moved = [{name: value - before[port][name] for name, value in now[port].items()
                      if value != before[port][name] and "pps" not in name} for port in (0, 1)]
            return moved if moved[1].get("TX-packets") == len(frames) else None
        size = sum(map(len, frames))
        tap.equal(netns.wait_for(moved, 20, "the packets are counted"),
                  [{"RX-packets": len(frames), "RX-bytes": size}, {"TX-packets": len(frames), "TX-bytes": size}],
                  "what the packets moved")


def start_ports(card):
    card.stopped()
    assert "Link status: up" in card.pmd.command("show port info 0")
    card.start("io")
    card.passes([card.plain(), card.plain(1500)])


def stop_ports(card):
    card.command("stop")
    said = card.command("port stop all")
    assert "Done" in said and "Fail" not in said, said
    card.dropped([card.plain()], "deliver", "function_disabled")
    card.command("port start all")
    card.start("io")
    card.passes([card.plain()])


def close_ports(card):
    """Afterwards the function is anybody's."""
    card.command("stop")
    card.command("port stop all")
    said = card.command("port close all")
    assert "Done" in said and "Fail" not in said, said
    assert "MAC address" not in card.pmd.command("show port info all")
    for function in ("net0", "net1"):
        card.setup.sim.client(function).__enter__().close()
    card.quit()


# --- queue_toggle ---------------------------------------------------------------------------------

def rx_toggle(card):
    card.start("io")
    card.dropped([card.plain()], "rx_queue", "queue_disabled")
    card.command("stop")
    card.command("port 0 rxq 0 start")
    card.start("io")
    card.passes([card.plain()])


def tx_toggle(card):
    """testpmd does not forward to a stopped queue, and drops what waits for it when it starts anew."""
    before = card.counter("rx_queue", "completed")
    sent = card.counter("tx_queue", "sent", QUEUES)
    card.start("io")
    card.send([card.plain()])
    netns.wait_for(lambda: card.counter("rx_queue", "completed") == before + 1, 20, "the packet is received")
    tap.equal(card.far.collect(0, 0, quiet=0.2), [], "frames that came out")
    card.command("stop")
    tap.equal(card.counter("tx_queue", "sent", QUEUES), sent, "frames sent by the stopped queue")
    card.command("port 1 txq 0 start")
    card.start("io")
    card.passes([card.plain()])
    tap.equal(card.counter("tx_queue", "sent", QUEUES), sent + 1, "frames sent")


def rx_queue_start_stop(card):
    card.stopped()
    card.command("port 0 rxq 0 stop")
    rx_toggle(card)


def tx_queue_start_stop(card):
    card.stopped()
    card.command("port 1 txq 0 stop")
    tx_toggle(card)


def rx_queue_deferred_start(card):
    card.stopped("port 0 rxq 0 deferred_start on")
    rx_toggle(card)
    card.stopped("port 0 rxq 0 deferred_start off")


def tx_queue_deferred_start(card):
    card.stopped("port 1 txq 0 deferred_start on")
    tx_toggle(card)
    card.stopped("port 1 txq 0 deferred_start off")


# --- dynamic_queue_conf ---------------------------------------------------------------------------

PORT_OF = {"rx": 0, "tx": 1}
SOME = (1, 2, 3)


def per_queue(card, direction):
    kind = "completed" if direction == "rx" else "sent"
    return [card.counter(direction + "_queue", kind, PORT_OF[direction] * QUEUES + q) for q in range(QUEUES)]


def toggled(card, direction, configure):
    """Three of four queues stop; they may be set up anew; the others serve; afterwards all do."""
    port = PORT_OF[direction]
    card.stopped()
    set_table(card, FIRST_TABLE)
    for queue in SOME:
        card.command("port %d %sq %d stop" % (port, direction, queue))
    if configure:
        for queue in SOME:
            said = card.command("port config %d %sq %d ring_size 512" % (port, direction, queue))
            said += card.command("port %d %sq %d setup" % (port, direction, queue))
            assert "Fail" not in said and "fail" not in said, said
            shown = card.pmd.command("show %sq info %d %d" % (direction, port, queue))
            assert re.search(r"Number of [RT]XDs: 512\b", shown), shown
    before = per_queue(card, direction)
    card.start("io")
    frames = card.flows(96)
    key = key_of(card)
    there = [toeplitz(key, hashed(frame)) % QUEUES for frame in frames]
    assert all(there.count(queue) > 4 for queue in range(QUEUES)), there
    open_ones = [frame for frame, queue in zip(frames, there) if queue not in SOME]
    card.passes(frames, open_ones)
    tap.equal([now - then for now, then in zip(per_queue(card, direction), before)],
              [len(open_ones), 0, 0, 0], "frames by queue, three stopped")
    card.command("stop")
    for queue in SOME:
        card.command("port %d %sq %d start" % (port, direction, queue))
    before = per_queue(card, direction)
    card.start("io")
    frames = card.flows(96) * 7  # some more than a ring of 512 in all
    counts = [sum(toeplitz(key, hashed(frame)) % QUEUES == queue for frame in frames) for queue in range(QUEUES)]
    for first in range(0, len(frames), 96):
        card.passes(frames[first:first + 96])
    tap.equal([now - then for now, then in zip(per_queue(card, direction), before)], counts,
              "frames by queue, all started")
    if configure:
        card.stopped(*["port config %d %sq %d ring_size %d" % (port, direction, queue, RING) for queue in SOME])


# --- port_restart_config_persistency --------------------------------------------------------------

def port_configuration_persistence(card):
    def facts(port):
        text = card.pmd.command("show port info %d" % port)
        text = re.sub(r"(?m)^(Current|.*[Nn]umber of).*\n", "", text)
        return text + card.pmd.command("show port %d rss-hash key" % port)
    for port in (0, 1):
        old = re.search(r"MAC address: (\S+)", card.pmd.command("show port info %d" % port)).group(1)
        for line, wanted in (("port config mtu %d 1500", "MTU: 1500"), ("port config mtu %d 800", "MTU: 800"),
                             ("mac_addr set %d 42:A6:B7:9E:B4:81", "MAC address: 42:A6:B7:9E:B4:81"),
                             ("set promisc %d off", "Promiscuous mode: disabled"),
                             ("set promisc %d on", "Promiscuous mode: enabled"),
                             ("set allmulti %d on", "Allmulticast mode: enabled"),
                             ("vlan set strip on %d", "strip on")):
            card.stopped(line % port)
            before = facts(port)
            assert wanted in before, "%s: %s" % (line, before)
            card.command("port stop all")
            card.command("port start all")
            tap.equal(facts(port), before, "after %r and a restart" % line)
        if port == 0:  # not only told: the card goes by it
            card.command("set promisc 0 off")
            card.start("io")
            accepts(card, "42:a6:b7:9e:b4:81")
            refuses(card, OTHER)
            card.dropped([card.plain(14 + 800 + PAST, dst="42:a6:b7:9e:b4:81")], "deliver", "too_long")
            card.command("set promisc 0 on")
        card.stopped("vlan set strip off %d" % port, "set allmulti %d off" % port, "mac_addr set %d %s" % (port, old),
                     "port config mtu %d 1500" % port)


def flow_ctrl_port_configuration_persistence(card):
    raise tap.Skip("no flow control (pause frames)")


# --- unified_packet -------------------------------------------------------------------------------

def check_types(card, rows):
    card.start("rxonly", verbose=True)
    for (wanted, *_), said in zip(rows, card.observe([row[1] for row in rows])):
        tap.equal(types(said), wanted.split(), said)


def l2_packet_detect(card):
    check_types(card, [
        ("L2_ETHER", card.plain()),
        ("L2_ETHER", card.frame(Raw(bytes(50)), type=0x88f7)),
        ("L2_ETHER", card.frame(Raw(bytes(50)), type=0x88cc)),
        ("L2_ETHER_ARP", card.frame(ARP(psrc="198.18.0.1", pdst="198.18.0.2"))),
        ("L2_ETHER_VLAN", card.frame(Dot1Q(vlan=51, type=0x88b5), Raw(bytes(50)))),
        ("L2_ETHER_QINQ", card.frame(Dot1Q(vlan=7), Dot1Q(vlan=51, type=0x88b5), Raw(bytes(50)), type=0x88a8)),
    ])


def l3_l4_packet_detect(card):
    ip = IP(**V4)
    from scapy.layers.inet import IPOption_NOP
    check_types(card, [
        ("L2_ETHER L3_IPV4", card.frame(IP(**V4, proto=253), BODY)),
        ("L2_ETHER L3_IPV4 L4_UDP", card.frame(ip, UDP(dport=9001), BODY)),
        ("L2_ETHER L3_IPV4 L4_TCP", card.frame(ip, TCP(dport=9001), BODY)),
        ("L2_ETHER L3_IPV4 L4_ICMP", card.frame(ip, ICMP(), BODY)),
        ("L2_ETHER L3_IPV4 L4_FRAG", card.frame(IP(**V4, frag=5, proto=17), BODY)),
        ("L2_ETHER L3_IPV4_EXT L4_UDP", card.frame(IP(**V4, options=[IPOption_NOP()] * 4), UDP(dport=9001), BODY)),
        ("L2_ETHER_VLAN L3_IPV4 L4_TCP", card.frame(Dot1Q(vlan=5), ip, TCP(dport=9001), BODY)),
    ])


def ipv6_l4_packet_detect(card):
    from scapy.layers.inet6 import IPv6ExtHdrDestOpt
    ip = IPv6(**V6)
    check_types(card, [
        ("L2_ETHER L3_IPV6", card.frame(IPv6(**V6, nh=132), BODY)),
        ("L2_ETHER L3_IPV6 L4_UDP", card.frame(ip, UDP(dport=9001), BODY)),
        ("L2_ETHER L3_IPV6 L4_TCP", card.frame(ip, TCP(dport=9001), BODY)),
        ("L2_ETHER L3_IPV6 L4_ICMP", card.frame(ip, ICMPv6EchoRequest(), BODY)),
        ("L2_ETHER L3_IPV6_EXT L4_UDP", card.frame(ip, IPv6ExtHdrDestOpt(), UDP(dport=9001), BODY)),
        ("L2_ETHER L3_IPV6_EXT L4_FRAG", card.frame(ip, IPv6ExtHdrFragment(offset=4, nh=17), BODY)),
    ])


def outer_headers(card):
    """A tunnel is seen by its outer headers."""
    inner = Ether(bytes(Ether() / IP(**V4) / TCP() / BODY))
    check_types(card, [
        ("L2_ETHER L3_IPV4", card.frame(IP(**V4), IP(**V4), UDP(dport=9001), BODY)),
        ("L2_ETHER L3_IPV4", card.frame(IP(**V4), GRE(), IP(**V4), UDP(dport=9001), BODY)),
        ("L2_ETHER L3_IPV4 L4_UDP", card.frame(IP(**V4), UDP(dport=4789), Raw(b"\x08\0\0\0\0\0\1\0" + bytes(inner)))),
        ("L2_ETHER", card.frame(Raw(b"\x0f\xc6\x01\x01\0\0\1\xff" + bytes(inner)), type=0x894f)),
    ])


def tunnel(card):
    said = card.pmd.command("show port 0 ptypes")
    assert "L3_IPV4" in said and "TUNNEL" not in said and "INNER" not in said, said
    raise tap.Skip("no tunnel packet types")


# --- speed_capabilities ---------------------------------------------------------------------------

def validate_port_speed(card):
    card.stopped()
    for port, speed in ((0, "10 Gbps"), (1, "25 Gbps")):
        assert "Link speed: " + speed in card.pmd.command("show port info %d" % port)
        text = card.pmd.command("show device info net_sekisho%d" % port)
        said = re.search(r"Device speed capability:\s*([^\n]*)", text)
        assert said and speed in said.group(1), text


# --- flow_offload ---------------------------------------------------------------------------------

def only(item, fields):
    return "%s: only %s can be matched" % (item, fields)


NOT_ETH = only("eth", "type and has_vlan")
NOT_IPV4 = only("ipv4", "src_addr, dst_addr and next_proto_id")
NOT_IPV6 = only("ipv6", "src_addr, dst_addr and proto")
NOT_TCP = only("tcp", "src_port and dst_port")
NOT_ICMP = only("icmp", "icmp_type and icmp_code")
NOT_SCTP = "sctp: no field can be matched"
NOT_ARP = "the item is not supported"
NOT_A_WORD = "Bad arguments"  # of testpmd 22.11

# DTS: testpmd's item: scapy's layer, and of each field testpmd's name, scapy's, values. The last: what the driver or
# testpmd says of a field that is not compared.
FLOW_ITEMS = {
    "eth": (Ether, (("src", "src", ("02:00:00:00:00:00",), NOT_ETH), ("dst", "dst", ("02:00:00:00:00:02",), NOT_ETH))),
    "vlan": (Dot1Q, (("vid", "vlan", (100, 200), None), ("pcp", "prio", (0, 7), None))),
    "ipv4": (IP, (("src", "src", ("198.18.1.1",), None), ("dst", "dst", ("198.18.1.2",), None),
                  ("ttl", "ttl", (64, 128), NOT_IPV4), ("tos", "tos", (0, 4), NOT_IPV4))),
    "ipv6": (IPv6, (("src", "src", ("2001:db8::1",), None), ("dst", "dst", ("2001:db8::2",), None),
                    ("tc", "tc", (0, 4), NOT_IPV6), ("hop", "hlim", (64, 128), NOT_IPV6))),
    "tcp": (TCP, (("src", "sport", (1234, 8080), None), ("dst", "dport", (80, 443), None),
                  ("flags", "flags", (2, 16), NOT_TCP))),
    "udp": (UDP, (("src", "sport", (5000,), None), ("dst", "dport", (53, 123), None))),
    "icmp": (ICMP, (("type", "type", (8, 0), None), ("code", "code", (0,), None),
                    ("ident", "id", (0, 1234), NOT_ICMP), ("seq", "seq", (0, 1), NOT_ICMP))),
    "sctp": (SCTP, (("src", "sport", (2905, 3868), NOT_SCTP), ("dst", "dport", (2905, 3868), NOT_SCTP),
                    ("tag", "tag", (1, 12346), NOT_SCTP))),
    "arp_eth_ipv4": (ARP, (("spa", "psrc", ("198.18.1.1",), NOT_ARP), ("tpa", "pdst", ("198.18.1.2",), NOT_ARP),
                           ("opcode", "op", (1, 2), NOT_A_WORD))),
}
# DTS: a field of every item with a star, each with each; an item without one is in the pattern for its kind only.
FLOW_STACKS = (
    "eth*", "eth ipv4*", "eth ipv4* tcp*", "eth ipv4* udp*", "eth ipv4* icmp*", "eth ipv4* sctp*",
    "eth ipv6*", "eth ipv6* tcp*", "eth ipv6* udp*", "eth ipv6* sctp*",
    "eth vlan*", "eth vlan* ipv4*", "eth vlan ipv4* tcp*", "eth vlan ipv4* udp*", "eth vlan ipv4* sctp*",
    "eth vlan* ipv6*", "eth vlan ipv6* tcp*", "eth vlan ipv6* udp*", "eth arp_eth_ipv4*")
FLOW_PATTERNS = 308
FLOW_REFUSED = 222
CORE_STACKS = ("eth ipv4* udp*", "eth ipv6* tcp*", "eth vlan* ipv4*")
OTHER_TRANSPORT = {"tcp": "udp", "udp": "tcp"}


def flow_patterns(stacks):
    """(pattern, items, values by item and scapy's field, what the driver says against it)"""
    for stack in stacks:
        words = stack.split()
        asked = [word[:-1] for word in words if word.endswith("*")]
        for fields in itertools.product(*[FLOW_ITEMS[item][1] for item in asked]):
            for n in range(max(len(values) for _, _, values, _ in fields)):
                terms = [word for word in words if not word.endswith("*")]
                wanted = {}
                for item, (name, field, values, _) in zip(asked, fields):
                    wanted[item, field] = values[n % len(values)]
                    terms.append("%s %s is %s" % (item, name, wanted[item, field]))
                yield (" / ".join(terms), [word.rstrip("*") for word in words], wanted,
                       next((answer for *_, answer in fields if answer), None))


def flow_frame(card, items, wanted):
    layers = []
    for item in items[1:]:
        fields = dict({"ipv4": V4, "ipv6": V6}.get(item, {}))
        fields.update({field: value for (of, field), value in wanted.items() if of == item})
        layers.append(FLOW_ITEMS[item][0](**fields))
    return card.frame(*layers, BODY)


def neighbour(value):
    """The value with its last bit turned."""
    if isinstance(value, int):
        return value ^ 1
    address = ipaddress.ip_address(value)
    return str(type(address)(int(address) ^ 1))


def flow_frames(card, items, wanted):
    """A frame that the pattern matches; frames that differ in one thing only, and DTS's own other one."""
    frames = [flow_frame(card, items, wanted)]
    for key, value in wanted.items():
        frames.append(flow_frame(card, items, {**wanted, key: neighbour(value)}))
    if "vlan" in items:
        frames.append(flow_frame(card, [item for item in items if item != "vlan"], wanted))
    if items[-1] in OTHER_TRANSPORT:
        other = OTHER_TRANSPORT[items[-1]]
        frames.append(flow_frame(card, items[:-1] + [other], {
            (other if item == items[-1] else item, field): value for (item, field), value in wanted.items()}))
    frames.append(card.frame(IP(src="198.18.100.1", dst="198.18.100.2"), UDP(sport=9999, dport=9998), BODY))
    return frames


def flow_refused(card, rule, answer):
    for what in ("validate", "create"):
        said = card.command("flow %s 0 ingress %s / end" % (what, rule))
        assert answer in said and "Flow rule" not in said, "%s %s: %s" % (what, rule, said)


def flow_created(card, rule):
    said = card.command("flow validate 0 ingress %s / end" % rule)
    assert "Flow rule validated" in said, "%s: %s" % (rule, said)
    said = card.command("flow create 0 ingress %s / end" % rule)
    number = re.search(r"Flow rule #(\d+) created", said)
    assert number, "%s: %s" % (rule, said)
    return int(number.group(1))


def flow_destroyed(card, *numbers):
    for number in numbers:
        said = card.command("flow destroy 0 rule %d" % number)
        assert "Flow rule #%d destroyed" % number in said, said


def no_flows_left(card):
    said = card.pmd.command("flow list 0")
    assert "=>" not in said, said


def queues_of(said):
    return [int(re.search(r"Receive queue=0x(\w+)", text).group(1), 16) for text in said]


def steered(card, pattern, frames):
    """Of the frames the first one, and no other, goes to a queue that is not its own, while the rule is there."""
    usual = queues_of(card.observe(frames))
    queue = 2 if usual[0] != 2 else 3  # DTS: 2
    number = flow_created(card, "pattern %s / end actions queue index %d" % (pattern, queue))
    before = card.counter("flow", "rule0")
    tap.equal(queues_of(card.observe(frames)), [queue] + usual[1:], "queues with " + pattern)
    tap.equal(card.counter("flow", "rule0") - before, 1, "packets of " + pattern)
    flow_destroyed(card, number)
    tap.equal(queues_of(card.observe(frames)), usual, "queues without " + pattern)


def shed(card, pattern, frames):
    """Of the frames the first one, and no other, is dropped while the rule is there."""
    number = flow_created(card, "pattern %s / end actions drop" % pattern)
    before = card.counter("deliver", "flow_rule")
    card.passes(frames, frames[1:])
    tap.equal(card.counter("deliver", "flow_rule") - before, 1, "packets dropped by " + pattern)
    flow_destroyed(card, number)
    card.passes(frames)


def check_patterns(card, check, action, stacks):
    """Every pattern of DTS: what the card cannot compare is refused, what it can is checked."""
    patterns = list(flow_patterns(stacks))
    refused = 0
    for pattern, items, wanted, answer in patterns:
        if answer:
            flow_refused(card, "pattern %s / end actions %s" % (pattern, action), answer)
            refused += 1
        else:
            check(card, pattern, flow_frames(card, items, wanted))
    no_flows_left(card)
    if stacks == FLOW_STACKS:
        tap.equal((len(patterns), refused), (FLOW_PATTERNS, FLOW_REFUSED), "patterns, and those that are refused")
    tap.note("%d patterns, %d of them refused" % (len(patterns), refused))


def queue_action(card, stacks=FLOW_STACKS):
    card.start("rxonly", verbose=True)
    check_patterns(card, steered, "queue index 2", stacks)


def drop_action(card, stacks=FLOW_STACKS):
    card.start("io")
    check_patterns(card, shed, "drop", stacks)


def modify_field_action(card):
    """What comes out is what a sender to the new destination would have sent; other frames stay as they are."""
    card.start("io")
    mac, address, port = "02:00:00:00:99:02", "198.18.9.9", 8080
    set_mac, set_ipv4 = "set_mac_dst mac_addr " + mac, "set_ipv4_dst ipv4_addr " + address
    set_port = "set_tp_dst port %d" % port
    rows = (  # DTS has an address of the source in its patterns; a new one for the destination needs the old one.
        (IP, V4, "ipv4 src is 198.18.0.1", "", set_mac + " / queue index 0", {"dst": mac}, {}, {}),
        (IP, V4, "ipv4 src is 198.18.0.1 dst is 198.18.0.2", "", set_ipv4 + " / queue index 0", {}, {"dst": address}, {}),
        (IP, V4, "ipv4", "dst is 80", set_port, {}, {}, {"dport": port}),
        (IPv6, V6, "ipv6", "dst is 80", set_port + " / " + set_mac, {"dst": mac}, {}, {"dport": port}),
        (IP, V4, "ipv4 dst is 198.18.0.2", "dst is 80", " / ".join((set_mac, set_ipv4, set_port)),
         {"dst": mac}, {"dst": address}, {"dport": port}),
    )
    for (ip, addresses, l3, ports, actions, *changes), (name, l4), tags in itertools.product(
            rows, (("tcp", TCP), ("udp", UDP)), ((), (Dot1Q(vlan=7),))):
        def made(body, ether={}, to={}, l4_to={}):
            return card.frame(*tags, ip(**{**addresses, **to}), l4(**{"sport": 7, "dport": 80, **l4_to}), body, **ether)
        bodies = [Raw(bytes(range(n))) for n in (1, 18, 64, 255)]
        rule = "pattern eth / %s / %s %s / end actions %s" % (l3, name, ports, actions)
        number = flow_created(card, rule)
        control = [card.frame(IP(src="198.18.0.7", dst="198.18.0.3"), l4(sport=7, dport=81), BODY), card.plain()]
        frames = [made(body) for body in bodies]
        card.serial -= len(frames)  # the same source addresses again
        card.passes(frames + control, [made(body, *changes) for body in bodies] + control)
        flow_destroyed(card, number)
        card.passes([made(body) for body in bodies])
    flow_refused(card, "pattern eth / ipv4 src is 198.18.0.1 / udp / end actions %s" % set_ipv4, "set_ipv4_dst: ")
    no_flows_left(card)


def jump_action(card):
    """A rule of another group holds for the frames that are sent there, and for no others."""
    card.start("rxonly", verbose=True)
    frames = [card.frame(IP(src=source, dst="198.18.0.2"), TCP(sport=7, dport=port), BODY)
              for source, port in (("198.18.3.1", 443), ("198.18.3.1", 444), ("198.18.3.2", 443))]
    usual = queues_of(card.observe(frames))
    queue = 2 if usual[0] != 2 else 3
    target = flow_created(card, "group 1 pattern ipv4 / tcp dst is 443 / end actions queue index %d" % queue)
    tap.equal(queues_of(card.observe(frames)), usual, "queues without a jump")
    jump = flow_created(card, "pattern eth / ipv4 src is 198.18.3.1 / end actions jump group 1")
    tap.equal(queues_of(card.observe(frames)), [queue] + usual[1:], "queues with a jump")
    flow_destroyed(card, target)
    tap.equal(queues_of(card.observe(frames)), usual, "queues with a jump to no rule")
    flow_destroyed(card, jump)
    flow_refused(card, "group 1 pattern eth / end actions jump group 1", "jump: ")
    no_flows_left(card)


# --- flow rules: what DTS does not ask ------------------------------------------------------------

def more_patterns(card):
    """Types of frames, masks, several fields of an item, and items without one."""
    card.start("rxonly", verbose=True)
    ip, ip6, port = IP(**V4), IPv6(**V6), UDP(dport=9001)
    two = Dot1Q(vlan=7), Dot1Q(vlan=8)
    rows = [
        ("eth type is 0x88b5", (Raw(bytes(50)), {"type": 0x88b5}), (Raw(bytes(50)), {"type": 0x88b4})),
        ("eth has_vlan is 1", (Dot1Q(vlan=1), ip, port), (ip, port)),
        ("eth / vlan / vlan", (*two, ip, port), (two[0], ip, port)),
        ("eth / vlan inner_type is 0x0806", (two[0], ARP()), (two[0], ip, port)),
        ("eth / ipv6", (ip6, port), (ip, port)),
        ("eth / ipv4 src spec 198.18.0.0 src prefix 30", (ip, port), (IP(src="198.18.0.4", dst=V4["dst"]), port)),
        ("eth / ipv6 dst spec 2001:db8:: dst prefix 64", (ip6, port), (IPv6(src=V6["src"], dst="2001:db8:0:1::2"), port)),
        ("eth / ipv4 proto is 47", (ip, GRE(), BODY), (ip, port)),
        ("eth / ipv4 src is 198.18.0.1 dst is 198.18.0.2 / udp src is 7 dst is 9001", (ip, UDP(sport=7, dport=9001)),
         (ip, UDP(sport=8, dport=9001))),
        ("eth / ipv4 / sctp", (ip, SCTP(), BODY), (ip, port)),
        ("eth / ipv4 / icmp", (ip, ICMP(), BODY), (ip, port)),
        ("tcp", (ip6, TCP()), (ip6, port)),
        ("udp dst spec 9000 dst mask 0xfffe", (ip, port), (ip, UDP(dport=9002))),
        ("eth / ipv6 / icmp6 type is 128", (ip6, ICMPv6EchoRequest()), (ip6, ICMPv6EchoReply())),
    ]
    for pattern, *both in rows:
        frames = [card.frame(*[part for part in row if not isinstance(part, dict)],
                             **(row[-1] if isinstance(row[-1], dict) else {})) for row in both]
        steered(card, pattern, frames)
    no_flows_left(card)


def to_port(card, *ports):
    return [card.frame(IP(**V4), UDP(sport=1, dport=port), BODY) for port in ports]


def owners_are_told_apart(card):
    """By uid, tenant or the option's bytes, among the options of a SYN of Linux; where it tells no owner, by none."""
    card.start("rxonly", verbose=True)

    def option(tenant, uid, tag=8, control=0x40):
        return 254, bytes.fromhex("534b%02x%04x%08x" % (control, tenant, uid)) + bytes(tag)

    def syn(*options, family=IP, **addresses):
        usual = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)]
        usual += [(kind, body) if kind != 1 else ("NOP", None) for kind, body in options]
        return card.frame(family(**(addresses or V4)), TCP(sport=9, dport=3306, flags="S", options=usual), b"")

    nop = (1, None)
    owner = syn(option(7, 1000), nop)
    others = [syn(), syn(option(7, 1001), nop), syn(option(8, 0), nop), syn((253, option(7, 1000)[1]), nop),
              syn((100, b"\xfe\x0f" + option(7, 1000, 4)[1]))]
    short, sixth = syn(nop, option(7, 1000, 4)), syn(option(7, 1000), nop, family=IPv6, **V6)
    hexes = option(7, 1000)[1][:9].hex()
    raw = "raw relative is 1 search is 1 offset is 0 limit is 40 pattern_hex is %s"
    steered(card, "eth / ipv4 / tcp / tag data is 1000 index is 0", [owner, *others[:5]])
    steered(card, "eth / ipv6 / tcp dst is 3306 / meta data is 1000", [sixth, owner, *others[:5]])
    steered(card, "tcp / tag data is 7 index is 1 / tag data is 1000 index is 0", [short, *others[:5]])
    steered(card, "tcp / tag data is 8 index is 1", [others[2], owner, short, others[0]])
    steered(card, "eth / ipv4 / tcp / " + raw % ("fe13" + hexes), [owner, short, *others[:5]])
    steered(card, "eth / ipv4 / tcp / " + raw % "fe0f534b", [short, owner, *others[:5]])
    flow_refused(card, "pattern eth / ipv4 / tcp / %s / end actions drop" % (raw % "fd08f00d000003e8"), "raw: ")
    flow_refused(card, "pattern eth / ipv4 / udp / meta data is 1 / end actions drop", "follow tcp")
    flow_refused(card, "pattern eth / ipv4 / tcp / tag data is 1 index is 2 / end actions drop", "tag: ")
    no_flows_left(card)


def marks_are_told(card):
    """Of the matching packets only, with the rule's number; RSS goes on beside it."""
    card.start("rxonly", verbose=True)
    frames = to_port(card, 53, 54, 55)
    usual = queues_of(card.observe(frames))
    pattern = "pattern eth / ipv4 / udp dst is %d / end actions mark id %d"
    numbers = [flow_created(card, pattern % (53, 0x5ec1)), flow_created(card, pattern % (55, 0) + " / passthru")]
    said = card.observe(frames)
    for text, mark in zip(said, ("0x5ec1", None, "0x0")):
        found = re.search(r"FDIR matched ID=(0x\w+)", text)
        tap.equal(found and found.group(1), mark, "mark in " + text)
        tap.equal("RTE_MBUF_F_RX_FDIR_ID" in flags(text), mark is not None, "flag in " + text)
        assert "RSS hash=0x" in text, text
    tap.equal(queues_of(said), usual, "queues")
    flow_destroyed(card, *numbers)
    for text in card.observe(frames):
        assert "FDIR" not in text, text
    no_flows_left(card)


def counts_are_told(card):
    """Packets and bytes of the rule that holds, of two that match the first one; also of what it drops."""
    card.start("io")

    def counted(number):
        said = card.command("flow query 0 %d count" % number)
        return tuple(int(re.search(r"\b%s: (\d+)" % name, said).group(1))
                     for name in ("hits_set", "bytes_set", "hits", "bytes"))
    first = flow_created(card, "pattern eth / ipv4 / udp dst is 53 / end actions count")
    second = flow_created(card, "pattern eth / ipv4 / udp / end actions drop / count")
    tap.equal((counted(first), counted(second)), ((1, 1, 0, 0), (1, 1, 0, 0)), "counts of new rules")
    frames = to_port(card, 53, 53, 53, 54, 55) + [card.plain()]
    card.passes(frames, frames[:3] + frames[5:])
    tap.equal(counted(first), (1, 1, 3, sum(map(len, frames[:3]))), "count of the first rule")
    tap.equal(counted(second), (1, 1, 2, sum(map(len, frames[3:5]))), "count of the second")
    flow_destroyed(card, first, second)
    again = flow_created(card, "pattern eth / ipv4 / udp dst is 53 / end actions count")
    tap.equal(counted(again), (1, 1, 0, 0), "count of a new rule in an old one's place")
    flow_destroyed(card, again)


def idle_rules_age(card):
    """A rule that no frame met for its time is told of, and one that frames meet is not."""
    card.start("io")
    rule = "pattern eth / ipv4 / udp dst is %d / end actions age timeout 2 / count"
    busy, idle = (flow_created(card, rule % port) for port in (53, 54))
    for _ in range(10):
        card.passes(to_port(card, 53))
        time.sleep(0.4)
    said = card.command("flow aged 0")
    tap.equal(re.findall(r"^Flow\s+(\d+)\s", said, re.M), [str(idle)], "rules that aged")
    said = card.command("flow query 0 %d age" % idle)
    assert re.search(r"aged: 1", said), said
    card.passes(to_port(card, 54))
    said = card.command("flow query 0 %d age" % idle)
    assert re.search(r"aged: 0", said), said
    flow_destroyed(card, busy, idle)
    no_flows_left(card)


def meters_drop_what_is_over(card):
    """A rule's meter lets its burst through, then next to nothing, and all when it is disabled."""
    def meter(line):
        said = card.command(line)
        assert "rror" not in said and "Invalid" not in said and "Bad" not in said, "%s: %s" % (line, said)
    card.start("io")
    frames = [frame.ljust(1400, b"\0") for frame in to_port(card, *[53] * 10)]
    # 16 bytes a second, six frames at once
    meter("add port meter profile srtcm_rfc2697 0 1 16 %d 0 0" % (6 * len(frames[0])))
    meter("add port meter profile srtcm_rfc2697 0 2 16 3 0 1")
    meter("add port meter policy 0 1 g_actions end y_actions end r_actions drop / end")
    meter("create port meter 0 7 1 1 yes 0 0 g 0")
    rule = flow_created(card, "pattern eth / ipv4 / udp dst is 53 / end actions meter mtr_id 7 / count")
    card.passes(frames, frames[:6])
    card.dropped(frames[:1], "deliver", "meter")
    others = to_port(card, *[54] * 10)
    card.passes(others)
    said = card.command("flow query 0 %d count" % rule)
    assert re.search(r"hits: 11\b", said), said
    # Three packets, of any length
    meter("set port meter profile 0 7 2")
    card.passes(frames[:4], frames[:3])
    meter("disable port meter 0 7")
    card.passes(frames)
    meter("enable port meter 0 7")
    said = card.command("del port meter 0 7")
    assert "a flow rule has this meter" in said, said
    flow_destroyed(card, rule)
    meter("del port meter 0 7")
    flow_refused(card, "pattern eth / end actions meter mtr_id 7", "meter: ")
    meter("del port meter policy 0 1")
    meter("del port meter profile 0 1")
    meter("del port meter profile 0 2")
    no_flows_left(card)


def eight_rules(card):
    """As many as the card has hold at once; a ninth is refused, until a place is free; flush takes all."""
    card.start("rxonly", verbose=True)
    rule = "pattern eth / ipv4 / udp dst is %d / end actions mark id %d"

    def marks():
        found = [re.search(r"FDIR matched ID=0x(\w+)", text) for text in card.observe(frames)]
        return [match and int(match.group(1), 16) for match in found]
    frames = to_port(card, *range(101, 110))
    numbers = [flow_created(card, rule % (100 + n, n)) for n in range(1, 9)]
    said = card.command("flow create 0 ingress %s / end" % (rule % (109, 9)))
    assert "all of the card's rules are in use" in said and "created" not in said, said
    tap.equal(marks(), [1, 2, 3, 4, 5, 6, 7, 8, None], "marks with eight rules")
    flow_destroyed(card, numbers[4])
    flow_created(card, rule % (109, 9))
    tap.equal(marks(), [1, 2, 3, 4, None, 6, 7, 8, 9], "marks with one rule instead of another")
    card.command("flow flush 0")
    tap.equal(marks(), [None] * 9, "marks without rules")
    no_flows_left(card)


# --- single_core_forward_perf ---------------------------------------------------------------------

def single_core_forward_perf(size):
    """Frames (of a size with FCS) circle through two looped ports, forwarded by one core: none is lost, and
    the rate is one that a broken queue does not reach. How fast the driver is, `make bench` measures."""
    tap.need_root()
    tap.need_program("dpdk-testpmd")
    scratch = netns.scratch()
    sim = pmd = None
    try:
        sim = bench.Sim(scratch.name, ["loop", "loop"], bench.MODEL)
        pmd = bench.Testpmd(scratch.name, [bench.device(sim, "net%d" % i) for i in (0, 1)])
        pmd.command("set txpkts %d" % (size - 4))
        pmd.command("start tx_first %d" % FORWARD_BURSTS)
        begin, before = time.monotonic(), pmd.stats(0)["TX-packets"]
        pmd.pump(2)
        rate = (pmd.stats(0)["TX-packets"] - before) / (time.monotonic() - begin)
        pmd.command("stop")
        for port in (0, 1):
            stats = pmd.stats(port)
            lost = {name: stats[name] for name in ("RX-missed", "RX-errors", "TX-errors")}
            tap.equal(set(lost.values()), {0}, "port %d: %s" % (port, lost))
            tap.equal(stats["TX-bytes"], stats["TX-packets"] * (size - 4), "bytes sent on port %d" % port)
        tap.equal(pmd.quit(), 0, "testpmd's exit status")
        counters = sim.check_balance()
        for port in (0, 1):
            tap.equal(counters.completed(port), counters.sent(port), "frames back at port %d" % port)
        assert rate >= FORWARD_LEAST, "%.0f packets a second forwarded" % rate
        tap.note("%.0f packets a second" % rate)
        sim.finish()
    finally:
        if pmd:
            pmd.kill()
        if sim:
            sim.end()
        scratch.cleanup()


def skipped(reason):
    def run():
        raise tap.Skip(reason)
    return run


def cases():
    model, core = Card(bench.MODEL), Card(64)
    rows = []

    def suite(name, *functions, card=model, options=()):
        for function in functions:
            label = function.__name__ if callable(function) else function[0]
            run = card.case(function, *options) if callable(function) else \
                card.case(function[1], *options) if callable(function[1]) else skipped(function[1])
            rows.append(("%s: %s%s" % (name, label, "" if card is model else ", the core"), run))

    suite("port_control", start_ports, stop_ports, close_ports)
    suite("checksum_offload", insert_checksums, no_insert_checksums, l4_rx_checksum, l3_rx_checksum,
          validate_rx_checksum, vlan_checksum, ("validate_sctp_checksum", "no SCTP checksum offload"))
    suite("rss", key_hash_algorithm, update_key_set_hash_key_short_long, update_key_reported_key_size,
          reta_key_reta_queues, reta_key_reported_reta_size)
    suite("mtu", runtime_mtu_updating_and_forwarding)
    suite("vlan", vlan_receipt_stripping, vlan_receipt_no_stripping, vlan_no_receipt, vlan_header_insertion)
    suite("mac_filter", add_remove_mac_addresses, invalid_address, multicast_filter)
    suite("promisc_support", promisc_packets)
    suite("port_stats", stats_updates)
    suite("queue_toggle", rx_queue_start_stop, tx_queue_start_stop, rx_queue_deferred_start, tx_queue_deferred_start)
    suite("dynamic_queue_conf", *[
        ("%s_queue_%s" % (direction, what),
         lambda card, direction=direction, configure=what == "configuration": toggled(card, direction, configure))
        for direction in ("rx", "tx") for what in ("stop", "configuration")])
    suite("port_restart_config_persistency", port_configuration_persistence, flow_ctrl_port_configuration_persistence)
    suite("unified_packet", l2_packet_detect, l3_l4_packet_detect, ipv6_l4_packet_detect, outer_headers,
          *[(name, tunnel) for name in ("l3_tunnel_packet_detect", "gre_tunnel_packet_detect", "nsh_packet_detect",
                                        "vxlan_tunnel_packet_detect")])
    suite("speed_capabilities", validate_port_speed)
    suite("mtu", cli_jumbo_forwarding_for_jumbo_mtu, cli_mtu_std_packets_for_jumbo_mtu,
          options=["--max-pkt-len=9018", "--tx-offloads=0x8000"])
    suite("mtu", cli_mtu_forwarding_for_std_packets,
          options=["--max-pkt-len=1518", "--tx-offloads=0x8000"])
    suite("buffer_scatter", scatter_mbuf_2048, scatter_mbuf_2048_with_offload, options=HALF)
    suite("flow_offload", queue_action, drop_action, modify_field_action, jump_action)
    suite("flow rules, not of DTS", more_patterns, owners_are_told_apart, marks_are_told, counts_are_told, idle_rules_age,
          meters_drop_what_is_over, eight_rules)
    suite("packet_capture", ("dumpcap", "needs a secondary process, which the driver refuses"))
    rows.append(("every frame is accounted for", model.finish))
    rows += [("single_core_forward_perf: single_core_forward_perf, %d bytes" % size,
              lambda size=size: single_core_forward_perf(size)) for size in (64, 1518)]

    suite("port_stats", stats_updates, card=core, options=HALF)
    suite("checksum_offload", insert_checksums, vlan_checksum, card=core, options=HALF)
    suite("rss", key_hash_algorithm, card=core, options=HALF)
    suite("mac_filter", add_remove_mac_addresses, card=core, options=HALF)
    suite("queue_toggle", rx_queue_start_stop, tx_queue_start_stop, card=core, options=HALF)
    suite("flow_offload", ("queue_action", lambda card: queue_action(card, CORE_STACKS)),
          ("drop_action", lambda card: drop_action(card, CORE_STACKS)), modify_field_action, jump_action,
          card=core, options=HALF)
    suite("flow rules, not of DTS", more_patterns, owners_are_told_apart, marks_are_told, counts_are_told, idle_rules_age,
          meters_drop_what_is_over, eight_rules, card=core, options=HALF)
    suite("buffer_scatter", scatter_mbuf_2048_with_offload, card=core, options=HALF)
    rows.append(("every frame is accounted for, the core", core.finish))
    return rows, (model, core)


if __name__ == "__main__":
    tap.need_program("dpdk-testpmd")
    rows, cards = cases()
    try:
        tap.run(rows, time_limit=400)
    finally:
        for card in cards:
            card.close()
