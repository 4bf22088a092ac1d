#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The driver alone: an unmodified dpdk-testpmd with the sanitized driver on a stand-in for the card.

The stand-in (fake_card.c) knows no packets; it writes the completions that a case orders and shows the
descriptors that it gets. So this tests the driver's side of the register map, and nothing of the NIC.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import netns
import tap

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

CARD = os.path.join(netns.BUILD, "tests", "fake_card")
PLAIN = os.path.join(netns.BUILD, "driver", "librte_net_sekisho.so")
SANITIZED = os.path.join(netns.BUILD, "driver-asan", "librte_net_sekisho.so")
MBUFS = 8192

# Offsets of the register map that the cases look at.
CONTROL, MAC_LO, MAC_HI, MAX_FRAME, RSS_TYPES, RSS_KEY, RSS_TABLE = 0x40, 0x48, 0x4c, 0x50, 0x54, 0x80, 0x200
RX_QUEUE = 0x400
DELIVER, RX_COUNTERS = 0x2000, 0x2400
RX_ENABLE, TX_ENABLE, PROMISCUOUS, ALL_MULTICAST, DROP_IP, DROP_L4 = 1, 2, 4, 8, 16, 32


class Card:
    """The stand-in's process."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "net0.sock")
        self.process = subprocess.Popen([CARD, self.path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.lines = []
        os.set_blocking(self.process.stdout.fileno(), False)
        self.pending = ""
        self.expect(r"ready")

    def pump(self):
        try:
            data = os.read(self.process.stdout.fileno(), 65536)
        except BlockingIOError:
            return
        self.pending += data.decode()
        *lines, self.pending = self.pending.split("\n")
        self.lines += lines

    def order(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def expect(self, pattern, seconds=10):
        """Waits for a line, which is taken away; returns the match."""
        end = time.monotonic() + seconds
        while True:
            self.pump()
            for number, line in enumerate(self.lines):
                match = re.fullmatch(pattern, line)
                if match:
                    del self.lines[number]
                    return match
            assert time.monotonic() < end, "no line %r from the card: %r" % (pattern, self.lines)
            time.sleep(0.01)

    def read(self, offset):
        self.order("read %x" % offset)
        return int(self.expect(r"read (\w+)").group(1), 16)

    def write(self, offset, value):
        self.order("write %x %x" % (offset, value))

    def receive(self, frame, packet=0, rss=0, total=0, offsets=0, status=0, queue=0):
        self.order("rx %d %x %x %x %x %x %s" % (queue, packet, rss, total, offsets, status,
                                                bytes(frame).hex()))
        self.expect(r"rx done")

    def faults(self):
        self.pump()
        return [line for line in self.lines if line.startswith("fault")]

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Setup:
    """A card and testpmd on it; at the end nothing may be wrong, lost or left. A context."""

    def __init__(self, options=(), driver=SANITIZED, devargs="", **more):
        self.folder = tempfile.mkdtemp(prefix="sekisho-driver-")
        self.card = Card(self.folder)
        environment, preload = {}, ()
        if driver == SANITIZED:
            preload = [netns.command("gcc", "-print-file-name=%s" % name).strip()
                       for name in ("libasan.so", "libubsan.so")]
            environment = {"ASAN_OPTIONS": "detect_leaks=0:exitcode=99",
                           "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
        try:
            self.pmd = bench.Testpmd(self.folder, ["net_sekisho0,device=vfio-user:%s%s" %
                                                   (self.card.path, devargs)],
                                     driver=driver, preload=preload, environment=environment,
                                     options=options, **more)
        except BaseException:
            self.card.end()
            shutil.rmtree(self.folder)
            raise

    def __enter__(self):
        return self.card, self.pmd

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                if self.card.process.poll() is None:
                    self.pmd.command("stop")
                    self.pmd.command("port stop all")
                    tap.equal(free_mbufs(self.pmd), MBUFS, "mbufs in the pool after stop")
                    tap.equal(self.card.faults(), [], "faults that the card saw")
                tap.equal(self.pmd.quit(), 0, "testpmd's exit status\n" + self.pmd.text[-3000:])
                with open(self.pmd.log_path) as log:
                    text = log.read()
                for word in ("AddressSanitizer", "runtime error", "Segmentation"):
                    assert word not in text, text[-4000:]
            elif self.pmd.process.alive():
                self.pmd.kill()
        finally:
            self.card.end()
            shutil.rmtree(self.folder)


def free_mbufs(pmd):
    text = pmd.command("dump_mempool mb_pool_0")
    return sum(int(number) for number in
               re.findall(r"(?:total_cache_count|common_pool_count)=(\d+)", text))


def wait_stats(pmd, wanted, seconds=10):
    """Waits until the port's statistics hold all of wanted."""
    end = time.monotonic() + seconds
    while True:
        stats = pmd.stats(0)
        if all(stats[name] == value for name, value in wanted.items()):
            return
        assert time.monotonic() < end, "statistics %r, wanted %r" % (stats, wanted)


def logged_so_far(pmd):
    with open(pmd.log_path, errors="replace") as log:
        return log.read()


def logged(pmd, line):
    """What a command prints, and what it logs meanwhile: the log is another stream."""
    size = os.path.getsize(pmd.log_path)
    said = pmd.command(line)
    with open(pmd.log_path, errors="replace") as log:
        log.seek(size)
        return said + log.read()


def wait_traffic(pmd, queues, seconds=20):
    """Waits until each queue has received some hundred frames since the last reset."""
    end = time.monotonic() + seconds
    while True:
        values = pmd.xstats(0)
        counts = [values["rx_q%d_packets" % number] for number in range(queues)]
        if min(counts) > 200:
            return
        assert time.monotonic() < end, "frames on the queues: %r" % counts
        time.sleep(0.05)


# --- cases --------------------------------------------------------------------------------------

def arguments():
    rows = (
        ("", "device is missing"),
        ("devic=x", "unknown argument 'devic'"),
        ("device=", "device needs a value"),
        ("device=vfio-user:/a,device=vfio-user:/b", "device is given more than once"),
        ("device=vfio-user:/a,drop_bad_checksum=yes", "drop_bad_checksum is 0 or 1, not 'yes'"),
        ("device=tcp:/a", "cannot open tcp:/a: Invalid argument"),
        ("device=vfio-user:/nonexistent/socket", "No such file or directory"),
    )
    for text, message in rows:
        words = ["dpdk-testpmd", "-d", os.path.basename(PLAIN), "--no-huge", "-m", "64", "--no-pci",
                 "--no-telemetry", "--file-prefix", "sekargs%d" % os.getpid(), "-l", "0",
                 "--vdev", "net_sekisho0," + text]
        said = netns.command(*words, check=False, env=dict(
            os.environ, LD_LIBRARY_PATH=os.path.dirname(PLAIN)))
        assert message in said, "%r: no %r in\n%s" % (text, message, said)
    shutil.rmtree("/var/run/dpdk/sekargs%d" % os.getpid(), ignore_errors=True)


def information():
    with Setup(queues=4) as (card, pmd):
        text = pmd.command("show port info 0")
        for wanted in ("Firmware-version: rtl fa4eca4d map 2.0", "Link status: up",
                       "Link speed: 10 Gbps", "Max possible RX queues: 4",
                       "Max possible number of RXDs per queue: 32768",
                       "Redirection table size: 128", "Hash key size in bytes: 40"):
            assert wanted in text, "no %r in\n%s" % (wanted, text)
        card.order("link 0")
        pmd.read_until("link state change event", 10)
        assert "Link status: down" in pmd.command("show port info 0")
        card.order("link 25000")
        pmd.read_until("link state change event", 10)
        assert "Link speed: 25 Gbps" in pmd.command("show port info 0")
        card.order("error 0")
        end = time.monotonic() + 10
        while "no access to the rings of rx queue 0" not in logged_so_far(pmd):
            assert time.monotonic() < end, "the queue's error is not told"
            time.sleep(0.05)
        address = re.search(r"MAC address: (\S+)", text).group(1)
        low = bytes.fromhex(address.replace(":", ""))[:4]
        tap.equal(card.read(MAC_LO), int.from_bytes(low, "little"), "mac_lo")
        tap.equal(card.read(CONTROL), RX_ENABLE | TX_ENABLE | PROMISCUOUS, "control of a started port")
        types = pmd.command("show port 0 ptypes")
        for name in ("L2_ETHER_VLAN", "L3_IPV6_EXT", "L4_FRAG"):
            assert name in types, "no %s in\n%s" % (name, types)
        maps = [int(number) for number in ask(card, "maps", r"maps (\d+) (\d+)").groups()]
        tap.equal(maps, [1, 256 << 20], "regions and bytes of the memory map with --no-huge")


def ask(card, order, pattern):
    card.order(order)
    return card.expect(pattern)


L3 = {"": 0, "L3_IPV4": 1, "L3_IPV4_EXT": 2, "L3_IPV6": 3, "L3_IPV6_EXT": 4, "ARP": 5}
L4 = {"": 0, "L4_TCP": 1, "L4_UDP": 2, "L4_ICMP": 3, "L4_FRAG": 4, "OTHER": 5}
VERDICTS = ("UNKNOWN", "BAD", "GOOD", "NONE")


def receive_flags():
    """Every layer type, tag count and pair of verdicts, as the application sees it."""
    rows = []
    for l3, l4, tags in [(a, b, 0) for a in L3 for b in L4] + [("L3_IPV4", "L4_TCP", n) for n in (1, 2)]:
        rows.append((l3, l4, tags, 0, 0))
    rows += [("L3_IPV4", "L4_UDP", 0, ip, l4) for ip in range(4) for l4 in range(4)]
    with Setup() as (card, pmd):
        pmd.command("set fwd rxonly")
        pmd.command("set verbose 1")
        pmd.command("start")
        for number, (l3, l4, tags, ip, fourth) in enumerate(rows):
            packet = L3[l3] << 16 | L4[l4] << 19 | tags << 22 | ip << 28 | fourth << 30
            frame = Ether(src="02:00:00:00:00:%02x" % number, dst="02:00:00:00:00:ff") / bytes(50)
            card.receive(frame, packet, total=0x07d50000 if tags else 0)
            pmd.read_until("src=02:00:00:00:00:%02X" % number, 10)
            said = pmd.read_until("ol_flags: ", 10)
            end = time.monotonic() + 5
            while "\n" not in pmd.text:
                assert time.monotonic() < end
                pmd.pump(0.1)
            flags, pmd.text = pmd.text.split("\n", 1)
            what = "row %d %r: %s / %s" % (number, rows[number], said, flags)
            layer2 = "L2_ETHER" + ("_VLAN" if tags == 1 else "_QINQ" if tags == 2 else
                                   "_ARP" if l3 == "ARP" else "")
            wanted = [layer2] + [name for name in (l3, l4) if name[:1] == "L"]
            tap.equal(re.search(r"hw ptype: ([\w ]*\w)", said).group(1).split(), wanted, what)
            assert "length=64" in said, what
            for kind, value in (("IP", ip), ("L4", fourth)):
                assert "RX_%s_CKSUM_%s" % (kind, VERDICTS[value]) in flags, what
            tap.equal("RX_VLAN" in flags, tags != 0, what)
            assert not tags or "VLAN tci=0x7d5" in said, what
            assert "RX_RSS_HASH" not in flags, what
        # Without the offload a verdict stays unknown.
        pmd.command("stop")
        pmd.command("port stop 0")
        pmd.command("port config 0 rx_offload ipv4_cksum off")
        pmd.command("port config 0 rx_offload udp_cksum off")
        pmd.command("port config 0 rx_offload tcp_cksum off")
        pmd.command("port start 0")
        pmd.command("start")
        card.receive(frame, 1 << 28 | 1 << 30)
        pmd.read_until("RX_L4_CKSUM_UNKNOWN", 10)
        wait_stats(pmd, {"RX-packets": len(rows) + 1, "RX-bytes": 64 * (len(rows) + 1)})


def receive_hash():
    with Setup(queues=4, options=["--rss-ip"]) as (card, pmd):
        pmd.command("set fwd rxonly")
        pmd.command("set verbose 1")
        pmd.command("start")
        frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:ff") / bytes(50)
        card.receive(frame, rss=0x1234abcd, offsets=1 << 25, queue=3)
        said = pmd.read_until("ol_flags: ", 10)
        assert "RSS hash=0x1234abcd" in said and "RSS queue=0x3" in said, said
        pmd.read_until("RX_RSS_HASH", 10)
        card.receive(frame, rss=0x1234abcd)  # hash type 0: there is no hash
        said = pmd.read_until("ol_flags: ", 10)
        assert "RSS hash" not in said, said


def transmit_descriptors():
    """The csum engine's requests become the descriptor's bits; the frame is where it was."""
    ip, fourth, end = 1 << 16, 1 << 17, 1 << 18
    mac = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    v4, v6 = IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="fd00::1", dst="fd00::2")
    rows = (
        ("IPv4 TCP", mac / v4 / TCP() / bytes(20), ip | fourth),
        ("IPv4 UDP", mac / v4 / UDP(dport=9999) / bytes(33), ip | fourth),
        ("IPv6 TCP", mac / v6 / TCP() / bytes(7), fourth),
        ("IPv6 UDP", mac / v6 / UDP(dport=9999) / bytes(1400), fourth),
        ("not IP", Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=0x88b5) / bytes(80), 0),
    )
    with Setup() as (card, pmd):
        pmd.command("set fwd csum")
        pmd.command("port stop 0")
        pmd.checksum_offload(0)
        pmd.command("port start 0")
        card.order("show 1")
        pmd.command("start")
        for name, frame, bits in rows:
            card.receive(frame)
            control, sent = card.expect(r"tx 0 (\w+) (\w*)").groups()
            tap.equal(int(control, 16), len(frame) | bits | end, "control word, " + name)
            tap.equal(len(sent) // 2, len(frame), "length, " + name)
            tap.equal(sent[24:28], bytes(frame)[12:14].hex(), "EtherType, " + name)
        pmd.command("stop")
        # Refused as not advertised.
        pmd.command("port stop 0")
        pmd.command("port config 0 tx_offload tcp_tso on")
        said = logged(pmd, "port start 0")
        assert "doesn't match Tx offloads" in said or "must be within" in said, said
        pmd.command("port config 0 tx_offload tcp_tso off")
        said = logged(pmd, "port start 0")
        assert "Fail" not in said, said


def traffic(queues, ring, driver=SANITIZED, rounds=3):
    """Frames go round on all queues; every one is counted; rings come clean out of each stop."""
    with Setup(queues=queues, driver=driver, options=["--rxd=%d" % ring, "--txd=%d" % ring,
                                                     "--txfreet=0"]) as (card, pmd):
        card.order("loop 1")
        for _ in range(rounds):
            pmd.command("clear port stats all")
            pmd.command("clear port xstats all")
            pmd.command("start tx_first 1")
            wait_traffic(pmd, queues)
            said = pmd.command("stop")
            counts = [int(number) for number in re.findall(
                r"Forward statistics for port 0.*?RX-packets: (\d+).*?TX-packets: (\d+)", said, re.S)[0]]
            stats = pmd.stats(0)
            tap.equal(stats["TX-packets"], counts[1], "TX-packets against what testpmd sent")
            tap.equal(stats["TX-bytes"], 64 * counts[1], "TX-bytes")
            assert stats["RX-packets"] >= counts[0], "RX-packets %r, %r" % (stats, counts)
            pmd.command("port stop 0")
            tap.equal(free_mbufs(pmd), MBUFS, "mbufs in the pool")
            pmd.command("port start 0")


def xvalue(pmd, name):
    return pmd.xstats(0)[name]


def ring_sizes():
    with Setup() as (card, pmd):
        pmd.command("port stop 0")
        pmd.command("port config all rxd 100")
        said = logged(pmd, "port start 0")
        assert "should be: <= 32768, >= 8, and a product of 8" in said, said
        pmd.command("port config all rxd 96")
        said = logged(pmd, "port start 0")
        assert "rx queue 0: 96 descriptors, must be a power of two" in said, said
        pmd.command("port config all rxd 8")
        pmd.command("port start 0")
        tap.equal(card.read(RX_QUEUE + 8) & 0xf, 3, "config.size_log2")
        tap.equal(card.read(0x1000), 8, "tail of a fresh ring of 8")


def mtu():
    with Setup() as (card, pmd):
        tap.equal(card.read(MAX_FRAME), 1522, "max_frame of testpmd's --max-pkt-len")
        pmd.command("port stop 0")
        for value, frame in ((1500, 1522), (68, 90), (2154, 2176)):
            said = logged(pmd, "port config mtu 0 %d" % value)
            tap.equal(card.read(MAX_FRAME), frame, "max_frame at MTU %d: %s" % (value, said))
        for value in (2155, 9000):
            said = logged(pmd, "port config mtu 0 %d" % value)
            assert "RTE_ETH_RX_OFFLOAD_SCATTER" in said, said
        said = logged(pmd, "port config mtu 0 9707")
        assert "MTU (9707) > device max MTU (9706)" in said, said
        tap.equal(card.read(MAX_FRAME), 2176, "max_frame after the refusals")
        pmd.command("port start 0")


def jumbo():
    with Setup(mtu=9000) as (card, pmd):
        pmd.command("set fwd io")
        card.order("show 1")
        pmd.command("start")
        frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=0x88b5) / os.urandom(8986)
        card.receive(frame)
        control, sent = card.expect(r"tx 0 (\w+) (\w*)").groups()
        tap.equal(int(control, 16) & 0x3fff, 9000, "length")
        assert bytes.fromhex(sent) == bytes(frame), "the frame's content changed"


def errors():
    with Setup() as (card, pmd):
        frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=0x88b5) / bytes(50)
        card.order("show 1")
        pmd.command("start")
        for _ in range(3):
            card.receive(frame, status=1)  # DMA_ERROR: there is no frame
        card.receive(frame)
        card.expect(r"tx 0 \w+ \w+")
        wait_stats(pmd, {"RX-packets": 1, "RX-errors": 3, "TX-packets": 1, "TX-errors": 0})
        card.order("txstatus 1")
        card.receive(frame / bytes(36))  # this one is refused when it is sent
        card.receive(frame)
        card.expect(r"tx 0 \w+ \w+")
        pmd.command("stop")
        pmd.command("port stop 0")  # completions are looked at in batches, and at stop
        wait_stats(pmd, {"RX-packets": 3, "RX-errors": 3, "TX-packets": 2, "TX-bytes": 128,
                         "TX-errors": 1})
        # What the card dropped.
        card.write(RX_COUNTERS + 16 * 1, 5)
        card.write(RX_COUNTERS + 16 * 2, 7)
        card.write(DELIVER + 16 * 5, 2)
        wait_stats(pmd, {"RX-missed": 5, "RX-errors": 3 + 7 + 2})
        tap.equal(xvalue(pmd, "rx_queue0_no_descriptor_packets"), 5, "xstat")
        pmd.command("clear port stats 0")
        pmd.command("clear port xstats 0")
        wait_stats(pmd, {"RX-packets": 0, "RX-errors": 0, "TX-packets": 0, "TX-errors": 0,
                         "RX-missed": 0, "TX-bytes": 0})
        tap.equal(xvalue(pmd, "rx_queue0_no_descriptor_packets"), 0, "xstat after its reset")
        card.write(RX_COUNTERS + 16 * 1, 6)
        wait_stats(pmd, {"RX-missed": 1})
        pmd.command("port start 0")


def segments():
    """A frame in two mbufs is dropped and counted, never sent in part."""
    with Setup() as (card, pmd):
        pmd.command("set fwd txonly")
        pmd.command("set txpkts 64,64")
        pmd.command("start")
        end = time.monotonic() + 10
        while pmd.stats(0)["TX-errors"] == 0:
            assert time.monotonic() < end, "nothing was dropped"
        pmd.command("stop")
        tap.equal(pmd.stats(0)["TX-packets"], 0, "TX-packets")


def scaling():
    with Setup(queues=4) as (card, pmd):
        pmd.command("port config all rss all")
        tap.equal(card.read(RSS_TYPES), 0x3f, "rss_types of all")
        pmd.command("port config all rss udp")
        tap.equal(card.read(RSS_TYPES), 0x24, "rss_types of udp")
        key = bytes(range(1, 41))
        pmd.command("port config 0 rss-hash-key ipv4 " + key.hex())
        tap.equal([card.read(RSS_KEY + 4 * i) for i in range(10)],
                  [int.from_bytes(key[4 * i:4 * i + 4], "big") for i in range(10)], "key registers")
        assert key.hex().upper() in pmd.command("show port 0 rss-hash key").upper()
        tap.equal([card.read(RSS_TABLE + 4 * i) for i in range(8)], [0, 1, 2, 3] * 2, "the first table")
        pmd.command("port config 0 rss reta (0,3),(64,2),(127,1)")
        tap.equal([card.read(RSS_TABLE + 4 * i) for i in (0, 1, 64, 127)], [3, 1, 2, 1], "the table")
        said = pmd.command("show port 0 rss reta 128 (0x1,0x8000000000000001)")
        for wanted in ("hash index=0, queue=3", "hash index=64, queue=2", "hash index=127, queue=1"):
            assert wanted in said, said
        said = logged(pmd, "port config 0 rss reta (5,4)")
        assert "exceeds the maximum rxq index: 4" in said, said
        tap.equal(card.read(RSS_TABLE + 20), 1, "entry 5 after the refusal")


def filters():
    with Setup(devargs=",drop_bad_checksum=1") as (card, pmd):
        base = RX_ENABLE | TX_ENABLE | DROP_IP | DROP_L4
        tap.equal(card.read(CONTROL), base | PROMISCUOUS, "control")
        pmd.command("set promisc 0 off")
        tap.equal(card.read(CONTROL), base, "control, not promiscuous")
        pmd.command("set allmulti 0 on")
        tap.equal(card.read(CONTROL), base | ALL_MULTICAST, "control, all multicast")
        pmd.command("set allmulti 0 off")
        pmd.command("mac_addr set 0 02:11:22:33:44:55")
        tap.equal((card.read(MAC_LO), card.read(MAC_HI)), (0x33221102, 0x5544), "the MAC's registers")
        pmd.command("port stop 0")
        tap.equal(card.read(CONTROL) & (RX_ENABLE | TX_ENABLE), 0, "enables of a stopped port")
        pmd.command("port start 0")


def queue_toggle():
    with Setup(queues=2) as (card, pmd):
        card.order("loop 1")
        pmd.command("port 0 rxq 1 stop")
        tap.equal(card.read(RX_QUEUE + 0x40), 0, "rx_queue[1].control")
        pmd.command("port 0 txq 1 stop")
        pmd.command("port 0 txq 1 start")
        pmd.command("port 0 rxq 1 start")
        tap.equal(card.read(RX_QUEUE + 0x40), 1, "rx_queue[1].control")
        pmd.command("start tx_first")
        wait_traffic(pmd, 2)  # on the queue that was stopped and started, too
        pmd.command("stop")


def removal(stopped):
    """The card's process is killed under traffic: an event, quiet bursts, a clean end, a new card."""
    with Setup(queues=4) as (card, pmd):
        if not stopped:
            card.order("loop 1")
            pmd.command("start tx_first")
            wait_traffic(pmd, 4)
        pmd.text = ""
        card.process.send_signal(signal.SIGKILL)
        pmd.read_until("device removal event", 10)
        # Another thread of testpmd's closes the port: nothing is typed before it has said its last.
        pmd.read_until("Now total ports is 0\nDone\n", 10)
        assert "net_sekisho0" not in pmd.command("show port info all"), "the port is still there"
        tap.equal(free_mbufs(pmd), MBUFS, "mbufs in the pool")
        if stopped:
            return
        pmd.command("stop")
        again = Card(os.path.dirname(card.path))
        try:
            said = pmd.command("port attach net_sekisho1,device=vfio-user:" + again.path)
            assert "is attached" in said, said
            pmd.command("port start all")
            again.order("loop 1")
            pmd.command("set fwd io")
            pmd.command("start tx_first")
            wait_traffic(pmd, 4)
            pmd.command("stop")
            pmd.command("port stop all")
            pmd.command("port close all")
            tap.equal(again.faults(), [], "faults")
        finally:
            again.end()


def removal_without_event():
    """The application does not listen: bursts are quiet all the same, stop and close work."""
    with Setup(queues=2, options=["--no-rmv-interrupt"], devargs=",recovery=0") as (card, pmd):
        card.order("loop 1")
        pmd.command("start tx_first")
        card.process.send_signal(signal.SIGKILL)
        card.process.wait()
        end = time.monotonic() + 10
        while "Burst mode: Removed" not in pmd.command("show rxq info 0 0"):
            assert time.monotonic() < end, "the driver does not notice"
        first = pmd.stats(0)
        tap.equal(pmd.stats(0)["RX-packets"], first["RX-packets"], "frames from a card that is gone")
        pmd.command("stop")
        first = pmd.stats(0)
        pmd.command("set fwd txonly")
        pmd.command("start")
        time.sleep(0.2)
        pmd.command("stop")
        tap.equal(pmd.stats(0), first, "statistics of frames offered to a card that is gone")
        said = logged(pmd, "port stop 0")
        assert "Done" in said, said
        tap.equal(free_mbufs(pmd), MBUFS, "mbufs in the pool")
        said = logged(pmd, "port start 0")
        assert "the card is gone" in said, said
        assert "Done" in pmd.command("port close 0")


def information_string():
    with open(PLAIN, "rb") as file:
        found = re.findall(rb"PMD_INFO_STRING= (\{[^\0]*\})\0", file.read())
    info = {entry["name"]: entry for entry in map(json.loads, found)}
    tap.equal(sorted(info), ["net_sekisho", "net_sekisho_pci"], "the bus fronts")
    assert "device=" in info["net_sekisho"]["params"], info
    # Vendor, device, and any subsystem, as decimal numbers.
    tap.equal(info["net_sekisho_pci"]["pci_ids"], [[0x1234, 0x5345, 0xffff, 0xffff]], "PCI ids")


# Feature of the matrix: the operation, offload or flag that makes it.
FEATURES = {
    "Speed capabilities": "speed_capa", "Link status": ".link_update",
    "Link status event": "RTE_ETH_DEV_INTR_LSC", "Removal event": "RTE_ETH_DEV_INTR_RMV",
    "Rx interrupt": ".rx_queue_intr_enable", "Queue start/stop": ".rx_queue_start",
    "Runtime Rx queue setup": "CAPA_RUNTIME_RX_QUEUE_SETUP",
    "Fast mbuf free": "TX_OFFLOAD_MBUF_FAST_FREE", "Free Tx mbuf on demand": ".tx_done_cleanup",
    "Burst mode info": ".rx_burst_mode_get", "MTU update": ".mtu_set",
    "Scattered Rx": "RX_OFFLOAD_SCATTER", "TSO": "TX_OFFLOAD_TCP_TSO",
    "Promiscuous mode": ".promiscuous_enable", "Allmulticast mode": ".allmulticast_enable",
    "Unicast MAC filter": ".mac_addr_add", "RSS hash": ".rss_hash_conf_get",
    "Multicast MAC filter": ".set_mc_addr_list",
    "Runtime Tx queue setup": "CAPA_RUNTIME_TX_QUEUE_SETUP",
    "RSS key update": ".rss_hash_update", "RSS reta update": ".reta_update",
    "VLAN offload": ".vlan_offload_set", "VLAN filter": ".vlan_filter_set",
    "L3 checksum offload": "RX_OFFLOAD_IPV4_CKSUM", "L4 checksum offload": "TX_OFFLOAD_TCP_CKSUM",
    "Timestamp offload": "RX_OFFLOAD_TIMESTAMP", "Packet type parsing": ".dev_supported_ptypes_get",
    "Rx descriptor status": "rx_descriptor_status =", "Tx descriptor status": "tx_descriptor_status =",
    "Basic stats": ".stats_get", "Extended stats": ".xstats_get",
    "Stats per queue": "AUTOFILL_QUEUE_XSTATS", "FW version": ".fw_version_get",
    "Registers dump": ".get_reg", "Multiprocess aware": "RTE_PROC_SECONDARY",
}
PLATFORM = {"Linux", "x86-64", "Usage doc"}


def feature_matrix():
    folder = os.path.join(netns.ROOT, "driver")
    with open(os.path.join(folder, "features.ini")) as file:
        # The flow sections are test_flow.c's.
        features = file.read().split("[rte_flow items]")[0]
    listed = set(re.findall(r"^(\S.*?)\s*= [YP]$", features, re.M)) - PLATFORM
    with open(os.path.join(folder, "sekisho_ethdev.c")) as file:
        source = file.read()
    unknown = listed - set(FEATURES)
    tap.equal(unknown, set(), "features that no operation stands for")
    for name, mark in FEATURES.items():
        tap.equal(name in listed, mark in source, "%s (%s)" % (name, mark))


def huge_pages():
    """Memory in huge pages comes and goes while the port runs; the card's map follows."""
    tap.need_root()
    with open("/proc/meminfo") as file:
        free = int(re.search(r"HugePages_Free:\s+(\d+)", file.read()).group(1))
    if free < 64:
        raise tap.Skip("needs 64 free huge pages (sysctl vm.nr_hugepages=64), %d are free" % free)
    for option in ([], ["--single-file-segments"]):
        folder = tempfile.mkdtemp(prefix="sekisho-driver-")
        card = Card(folder)
        pmd = None
        try:
            words = ["dpdk-testpmd", "-d", os.path.basename(PLAIN), "--in-memory", "--no-pci",
                     "--no-telemetry", "--vdev", "net_sekisho0,device=vfio-user:" + card.path,
                     "--lcores", "0@(0-1),1@(0-1)"] + option + [
                         "--", "-i", "--no-mlockall", "--total-num-mbufs=8192"]
            pmd = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, env=dict(
                                       os.environ, LD_LIBRARY_PATH=os.path.dirname(PLAIN)))
            card.order("loop 1")
            pmd.stdin.write("start tx_first\n")
            pmd.stdin.flush()
            time.sleep(2)
            regions = int(ask(card, "maps", r"maps (\d+) (\d+)").group(1))
            assert regions >= 2, "%d regions" % regions
            said = pmd.communicate("stop\nquit\n", timeout=30)[0]
            tap.equal(pmd.returncode, 0, "status of\n" + said)
            total = int(re.search(r"RX-total: (\d+)", said).group(1))
            assert total > 100, said
            tap.equal(card.faults(), [], "faults")
        finally:
            if pmd and pmd.poll() is None:
                pmd.kill()
                pmd.wait()
            card.end()
            shutil.rmtree(folder)


if __name__ == "__main__":
    tap.need_program("dpdk-testpmd")
    tap.run([
        ("wrong device arguments are refused with their cause", arguments),
        ("the driver carries its information string", information_string),
        ("the feature matrix says what the driver has", feature_matrix),
        ("information, link, address, packet types, one memory region", information),
        ("mbuf flags and packet types of every completion", receive_flags),
        ("RSS hash and queue in the mbuf", receive_hash),
        ("checksum requests in the transmit descriptor", transmit_descriptors),
        ("traffic on 1 queue, rings of 256", lambda: traffic(1, 256)),
        ("traffic on 4 queues, rings of 8", lambda: traffic(4, 8)),
        ("traffic on 4 queues, rings of 1024, not sanitized", lambda: traffic(4, 1024, PLAIN)),
        ("ring sizes", ring_sizes),
        ("MTU and buffer size", mtu),
        ("a frame of 9000 bytes", jumbo),
        ("errors, drops, statistics and their reset", errors),
        ("frames in two segments", segments),
        ("hash types, key and redirection table", scaling),
        ("promiscuous, all multicast, address, drop_bad_checksum", filters),
        ("a queue stops and starts", queue_toggle),
        ("removal under traffic, and a new card", lambda: removal(False)),
        ("removal of a port that does not forward", lambda: removal(True)),
        ("removal without the event", removal_without_event),
        ("memory in huge pages", huge_pages),
    ], time_limit=300)
