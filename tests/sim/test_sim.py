#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The simulator as its user sees it: command line, signals, ports, replay.

    test_sim.py [ENGINE]
"""

import ctypes
import json
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position,wildcard-import,unused-wildcard-import
from vfio_user_client import *  # noqa: E402,F403

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
PROGRAM = os.environ.get("SEKISHO_SIM", os.path.join(BUILD, "sim", "sekisho-sim-sanitized"))
FAKE = PROGRAM.endswith("fake")
ENGINE = sys.argv[1] if len(sys.argv) > 1 else "rtl"
ENTRIES, BUFFER = 256, 2048
CLONE_NEWNET = 0x40000000

tap = Tap()


def folded(data):
    """One's complement sum of big-endian words."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def datagram(payload, protocol=17, bad=False, tag=b"", source=b"\x0a\0\0\1", target=b"\x0a\0\0\2"):
    """An Ethernet frame with UDP or TCP over IPv4."""
    if protocol == 17:
        header = struct.pack(">HHHH", 1234, 5678, 8 + len(payload), 0)
        at = 6
    else:
        header = struct.pack(">HHIIBBHHH", 1234, 5678, 1, 2, 0x50, 0x10, 1000, 0, 0)
        at = 16
    segment = header + payload
    pseudo = source + target + struct.pack(">BBH", 0, protocol, len(segment))
    checksum = 0xffff - folded(pseudo + segment)
    if bad:
        checksum ^= 0x0100
    segment = segment[:at] + struct.pack(">H", checksum or 0xffff) + segment[at + 2:]
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 1, 0, 64, protocol, 0, source,
                     target)
    ip = ip[:10] + struct.pack(">H", 0xffff - folded(ip)) + ip[12:]
    return bytes.fromhex("020000000002020000000001") + tag + b"\x08\0" + ip + segment


def write_pcap(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(frames):
            file.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)


def read_pcap(path):
    with open(path, "rb") as file:
        data = file.read()
    frames, at = [], 24
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return frames


class Nic:
    """A small driver: one receive and one transmit queue."""

    RX, RX_DONE, TX, TX_DONE, BUFFERS = 0, 0x1000, 0x3000, 0x4000, 0x5000
    BASE = 0x7f0000000000

    def __init__(self, client):
        size = self.BUFFERS + 2 * ENTRIES * BUFFER
        self.client = client
        self.fd = os.memfd_create("nic", os.MFD_CLOEXEC)
        os.ftruncate(self.fd, size)
        self.ram = mmap.mmap(self.fd, size)
        self.received = self.sent = 0
        if client.dma_map(self.BASE, size, 3, self.fd):
            raise OSError("map")
        for index in range(ENTRIES):
            struct.pack_into("<QII", self.ram, 16 * index, self.BASE + self.BUFFERS + index * BUFFER,
                             BUFFER, 0)
        for register, ring, done in ((0x400, self.RX, self.RX_DONE), (0x800, self.TX, self.TX_DONE)):
            client.write32(register + 8, 8)
            client.write(0, register + 0x10, struct.pack("<Q", self.BASE + ring))
            client.write(0, register + 0x18, struct.pack("<Q", self.BASE + done))
            client.write32(register, 1)
        client.write32(0x1000, ENTRIES)
        client.write32(0x40, 0xf)

    def close(self):
        self.ram.close()
        os.close(self.fd)

    def receive(self, seconds=3):
        """The next frame, or None."""
        slot = self.received % ENTRIES
        phase = 1 - self.received // ENTRIES % 2
        deadline = time.monotonic() + seconds
        while True:
            done = struct.unpack_from("<8I", self.ram, self.RX_DONE + 32 * slot)
            if done[7] >> 31 == phase:
                break
            if time.monotonic() > deadline:
                return None
            time.sleep(0.001)
        at = self.BUFFERS + (done[7] & 0xffff) * BUFFER
        frame = self.ram[at:at + (done[0] & 0x3fff)]
        self.received += 1
        self.client.write32(0x1000, (ENTRIES + self.received) & 0xffff)
        return frame

    def send(self, frame):
        slot = self.sent % ENTRIES
        at = self.BUFFERS + (ENTRIES + slot) * BUFFER
        self.ram[at:at + len(frame)] = frame
        struct.pack_into("<QII", self.ram, self.TX + 16 * slot, self.BASE + at,
                         len(frame) | 1 << 18, 0)
        self.sent += 1
        self.client.write32(0x1800, self.sent & 0xffff)


def wait_for_link(client):
    """The kernel tells of a carrier when it comes to it; what is sent before is lost."""
    deadline = time.monotonic() + 10
    while not client.read32(0x44) & 1 and time.monotonic() < deadline:
        time.sleep(0.01)


class Namespace:
    """A network namespace without traffic of its own."""

    def __init__(self):
        self.name = f"sekisho-test-{os.getpid()}"
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        for kind in ("all", "default"):
            self.run("sysctl", "-qw", f"net.ipv6.conf.{kind}.disable_ipv6=1")

    def run(self, *command):
        subprocess.run(["ip", "netns", "exec", self.name, *command], check=True,
                       stdout=subprocess.DEVNULL)

    def socket(self, *kind):
        """A socket that lives in the namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net", "rb") as own, \
                open(f"/run/netns/{self.name}", "rb") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            try:
                return socket.socket(*kind)
            finally:
                if libc.setns(own.fileno(), CLONE_NEWNET):
                    os._exit(1)

    def raw(self, interface):
        raw = self.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        raw.bind((interface, 3))
        raw.settimeout(3)
        return raw

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False)


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60,
                          check=False)


def serve(*arguments):
    return Server(PROGRAM, "--engine", ENGINE, *arguments)


def command_line(folder):
    result = run("--help")
    tap.ok(result.returncode == 0 and "--function NAME=PATH" in result.stdout, "--help")
    result = run("--version")
    tap.ok(result.returncode == 0 and result.stdout.startswith("sekisho-sim "), "--version")
    for arguments in ((), ("--engine", "paper"), ("--data-width", "128"), ("--function", "net2=/x"),
                      ("--function", "net0"), ("--port", "2=tap:x"), ("--port", "x"),
                      ("--stall", "100"), ("--host-latency", "5"), ("--seed", "-1"), ("--nonsense",),
                      ("stray",), ("replay",), ("replay", "a", "b"), ("replay", "x", "--queues", "5"),
                      ("replay", "x", "--engine", "paper"),
                      ("--engine", "model", "--function", "net0=/x", "--trace", "x")):
        result = run(*arguments)
        tap.ok(result.returncode == 2 and result.stderr, f"wrong use: {' '.join(arguments) or 'none'}",
               f"status {result.returncode}, {result.stderr!r}")
    path = os.path.join(folder, "socket")
    result = run("--function", f"net0={path}", "--port", "0=pcap:/no/such/file,")
    tap.ok(result.returncode == 1 and "/no/such/file" in result.stderr and
           not os.path.exists(path), "a port that cannot be opened: message, no socket left")
    result = run("--function", "net0=" + "x" * 200)
    tap.ok(result.returncode == 1 and "too long" in result.stderr, "a path that is too long")
    with open(path, "w", encoding="ascii") as file:
        file.write("precious")
    result = run("--function", f"net0={path}")
    tap.ok(result.returncode == 1 and os.path.getsize(path) == 8, "a file in the place of the socket stays")
    os.unlink(path)


def sockets(_):
    server = serve()
    try:
        result = run("--function", "net0=" + server.paths["net0"])
        tap.ok(result.returncode == 1 and "in use" in result.stderr,
               "a socket in use is not taken over", result.stderr)
        server.process.kill()
        server.process.wait()
        tap.ok(os.path.exists(server.paths["net0"]), "a killed server leaves its socket")
        again = subprocess.Popen([PROGRAM, "--quiet", "--function", "net0=" + server.paths["net0"]])
        client = None
        for _ in range(200):
            try:
                client = Client(server.paths["net0"])
                break
            except (OSError, Closed):
                time.sleep(0.02)
        tap.ok(client is not None and client.read32(0) == 0x494b4553, "the next one replaces it")
        if client:
            client.close()
        again.send_signal(signal.SIGINT)
        tap.equal(again.wait(timeout=20), 0, "SIGINT ends it")
        tap.ok(not os.path.exists(server.paths["net0"]), "its socket is gone")
    finally:
        server.kill()


def captures(folder):
    frames = [datagram(bytes(range(i + 1)) * 2) for i in range(100)] + [b"\xff" * 14 + b"short"]
    source, target = os.path.join(folder, "in.pcap"), os.path.join(folder, "out.pcap")
    write_pcap(source, frames)
    server = serve("--port", f"0=pcap:{source},{target}")
    try:
        time.sleep(0.2)
        with server.connect() as client:
            nic = Nic(client)
            got = [nic.receive() for _ in frames]
            wanted = [frame.ljust(60, b"\0") for frame in frames]
            tap.equal(got, wanted, "a capture waits for the receiver, and arrives whole and in order")
            for frame in frames[:50]:
                nic.send(frame)
            deadline = time.monotonic() + 5
            while len(read_pcap(target)) < 50 and time.monotonic() < deadline:
                time.sleep(0.01)
            tap.equal(read_pcap(target), wanted[:50], "sent frames are in the other capture")
            nic.close()
        status, statistics = server.stop()
        tap.equal(status, 0, "the end is clean")
        port = statistics["ports"][0]
        padded = sum(len(frame) < 60 for frame in frames)
        tap.equal([port[key] for key in ("port", "kind", "frames_in", "frames_out", "bytes_in",
                                         "padded", "corrupted")],
                  [0, "pcap", 101, 50, sum(map(len, wanted)), padded, 0], "statistics of the port")
        tap.ok(statistics["clocks_run"] > 0 and statistics["clocks_per_received_frame"] > 0,
               "statistics of the clocks", repr(statistics))
        line = "port 0 (pcap:" + source + ")"
        tap.ok(line[:60] in server.messages() and "101 frames in, 50 out, 0 corrupted" in
               server.messages(), "a line for the port at the end", server.messages())
    finally:
        server.kill()


def two_wires(folder):
    """Two wires at once bring as much as the card takes and no more: its ports lose nothing."""
    frames = [datagram(os.urandom(1472)) for _ in range(ENTRIES)]
    path = os.path.join(folder, "full.pcap")
    write_pcap(path, frames)
    server = serve("--port", f"0=pcap:{path},", "--port", f"1=pcap:{path},")
    try:
        with server.connect("net0") as first, server.connect("net1") as second:
            nics = [Nic(client) for client in (first, second)]
            for number, nic in enumerate(nics):
                came = next((i for i, frame in enumerate(frames) if nic.receive() != frame), len(frames))
                tap.equal(came, len(frames), f"two wires at once: all frames of port {number}, in order")
                nic.close()
    finally:
        server.kill()


def tap_port(_, namespace):
    server = serve("--port", f"0=tap:sek0,netns={namespace.name}")
    try:
        tap.ok(os.path.exists("/sys/class/net/lo") and not os.path.exists("/sys/class/net/sek0"),
               "the TAP is in the other namespace only")
        wire = namespace.raw("sek0")
        with server.connect() as client:
            nic = Nic(client)
            wait_for_link(client)
            frames = [datagram(os.urandom(20 + 13 * i)) for i in range(100)]
            for frame in frames:
                wire.send(frame)
                time.sleep(0.001)
            tap.equal([nic.receive() for _ in frames], frames, "TAP: 100 frames arrive")
            for frame in frames:
                nic.send(frame)
                if wire.recv(4000) != frame:
                    tap.ok(False, "TAP: a frame leaves as it was sent")
            tap.ok(True, "TAP: 100 frames leave")
            wire.send(b"\xff" * 12 + b"\x88\xb5hello")
            tap.equal(nic.receive(), (b"\xff" * 12 + b"\x88\xb5hello").ljust(60, b"\0"),
                      "TAP: a short frame is padded")
            tagged = datagram(b"tagged" * 10, tag=b"\x81\0\0\x64")
            wire.send(tagged)
            tap.equal(nic.receive(), tagged, "TAP: a tag arrives")
            used = server.cpu_seconds()
            time.sleep(1)
            used = server.cpu_seconds() - used
            tap.ok(used < 0.15, "TAP: an idle server takes little time", f"{used:.2f} s of 1 s")
            namespace.run("ip", "link", "set", "sek0", "down")
            nic.send(frames[0])
            time.sleep(0.1)
            tap.equal(client.read32(0), 0x494b4553, "TAP: the server outlives an interface that is down")
            nic.close()
        wire.close()
        status, statistics = server.stop()
        tap.equal((status, statistics["ports"][0]["frames_in"], statistics["ports"][0]["frames_out"],
                   statistics["ports"][0]["dropped_out"]), (0, 102, 100, 1), "TAP: every frame is counted")
    finally:
        server.kill()


def faults(_, namespace):
    server = serve("--seed", "7", "--port", f"0=tap:sek1,netns={namespace.name},corrupt=4")
    try:
        wire = namespace.raw("sek1")
        with server.connect() as client:
            nic = Nic(client)
            frames = [datagram(os.urandom(100), 6 + 11 * (i % 2)) for i in range(40)]
            bits = []
            for frame in frames:
                wire.send(frame)
                got = nic.receive() or b""
                same = len(got) == len(frame) and got[:-8] == frame[:-8]
                bits.append(sum(bin(a ^ b).count("1") for a, b in zip(got, frame)) if same else -1)
            tap.equal([sorted(bits[i:i + 4]) for i in range(0, 40, 4)], [[0, 0, 0, 1]] * 10,
                      "faults: one bit in one of four frames")
            small = datagram(b"x" * 20)
            wire.send(small)
            tap.equal(nic.receive(), small.ljust(60, b"\0"), "faults: not in a short frame")
            nic.close()
        wire.close()
        _, statistics = server.stop()
        tap.equal(statistics["ports"][0]["corrupted"], 10, "faults: counted")
    finally:
        server.kill()


def no_link(_, namespace):
    server = serve("--port", f"0=tap:sek2,netns={namespace.name},link=down")
    try:
        wire = namespace.raw("sek2")
        with server.connect() as client:
            nic = Nic(client)
            tap.equal(client.read32(0x44) & 1, 0, "no link: reported")
            wire.send(datagram(b"lost" * 10))
            tap.equal(nic.receive(0.2), None, "no link: nothing comes")
            nic.close()
        wire.close()
        _, statistics = server.stop()
        tap.equal(statistics["ports"][0]["dropped_in"], 1, "no link: counted")
    finally:
        server.kill()


def veth_port(_, namespace):
    namespace.run("ip", "link", "add", "far", "type", "veth", "peer", "name", "near")
    for name in ("far", "near"):
        namespace.run("ip", "link", "set", name, "up")
    namespace.run("ip", "address", "add", "10.9.0.1/24", "dev", "far")
    namespace.run("ip", "neighbour", "add", "10.9.0.2", "lladdr", "02:00:00:00:00:09", "dev", "far")
    server = serve("--port", f"1=veth:near,netns={namespace.name}")
    try:
        wire = namespace.raw("far")
        with server.connect("net1") as client:
            nic = Nic(client)
            wait_for_link(client)
            plain, tagged = datagram(b"plain" * 20), datagram(b"tag" * 30, tag=b"\x81\0\x20\x64")
            double = datagram(b"two" * 30, tag=b"\x88\xa8\0\7\x81\0\x20\x64")
            for name, frame in (("plain", plain), ("tagged", tagged), ("double tagged", double)):
                wire.send(frame)
                tap.equal(nic.receive(), frame, f"veth: a {name} frame arrives")
                nic.send(frame)
                # The kernel takes the outer tag off a frame; it is compared without.
                got = wire.recv(4000)
                tap.ok(got in (frame, frame[:12] + frame[16:]), f"veth: a {name} frame leaves")
                tap.equal(nic.receive(0.1), None, f"veth: a {name} frame does not come back")
            # A local sender leaves the checksum to a hardware that is not there.
            udp = namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for size in (1, 64, 777):
                udp.sendto(b"\x01" * size, ("10.9.0.2", 9))
                frame = nic.receive() or b""
                pseudo = frame[26:34] + b"\0\x11" + frame[38:40]
                tap.equal(folded(pseudo + frame[34:42 + size]), 0xffff,
                          f"veth: the UDP checksum of {size} bytes is complete")
            udp.close()
            nic.close()
        wire.close()
        status, _ = server.stop()
        tap.equal(status, 0, "veth: the end is clean")
    finally:
        server.kill()


def churn(_, namespace):
    """Clients that vanish with the card in full work."""
    server = serve("--port", f"0=tap:sek3,netns={namespace.name}")
    try:
        wire = namespace.raw("sek3")
        before = None
        for round_ in range(20):
            with server.connect() as client:
                before = before or server.fd_count()
                nic = Nic(client)
                for i in range(20):
                    wire.send(datagram(bytes(40 * i + round_)))
                    nic.send(datagram(bytes(60 * i)))
                # No wait: descriptors, reads and writes are on their way.
            nic.close()
        with server.connect() as client:
            nic = Nic(client)
            while nic.receive(0.3) is not None:
                pass
            frame = datagram(b"after the storm" * 20)
            wire.send(frame)
            tap.equal(nic.receive(), frame, "churn: the next client receives")
            tap.ok(server.fd_count() <= before, "churn: no descriptor is left")
            nic.close()
        wire.close()
        status, _ = server.stop()
        tap.equal((status, "still active" in server.messages()), (0, False),
                  "churn: every function came to rest, and the end is clean")
    finally:
        server.kill()


def waveform(folder):
    path = os.path.join(folder, "wave.fst")
    if FAKE or ENGINE != "rtl":
        tap.skip("waveform", "only the Verilated core has one")
        return
    server = serve("--trace", path)
    try:
        with server.connect() as client:
            client.read32(0)
            server.process.send_signal(signal.SIGUSR1)
            time.sleep(0.2)
            size = os.path.getsize(path)
            tap.ok(size > 1000, "a waveform from the start", f"{size} bytes")
            client.read32(0)
            tap.equal(os.path.getsize(path), size, "SIGUSR1 ends it")
            server.process.send_signal(signal.SIGUSR1)
            time.sleep(0.2)
            client.read32(0)
        tap.equal(server.stop()[0], 0, "the end is clean while it is written")
        tap.ok(os.path.getsize(path + ".1") > 1000, "SIGUSR1 starts another one")
    finally:
        server.kill()


def loop_port(_):
    server = serve("--port", "1=loop,speed=25000")
    try:
        with server.connect("net1") as client:
            nic = Nic(client)
            tap.equal(client.read32(0x44), 25000 << 8 | 1, "loop: link and speed")
            frames = [datagram(os.urandom(18 + 7 * i)) for i in range(200)]
            for frame in frames:
                nic.send(frame)
            tap.equal([nic.receive() for _ in frames], frames,
                      "loop: what is sent comes back, in order")
            nic.close()
        status, statistics = server.stop()
        port = statistics["ports"][0]
        tap.equal((status, port["frames_out"], port["frames_in"], port["dropped_out"]),
                  (0, 200, 200, 0), "loop: every frame is counted")
        tap.ok("port 1 (loop): 200 frames in, 200 out" in server.messages(),
               "loop: a line for the port at the end", server.messages())
    finally:
        server.kill()


def engines(folder):
    """Both engines print the same of the same capture."""
    if FAKE:
        tap.skip("replay with both engines", "the stand-in of the card is neither")
        return
    tags = (b"", b"\x81\0\x20\x64", b"\x88\xa8\0\7\x81\0\x20\x64")
    frames = [datagram(os.urandom(i * 5), 6 + 11 * (i % 2), i % 7 == 0, tags[i % 3])
              for i in range(200)]
    for i in range(100):
        frame = bytearray(frames[i])
        frame[12 + i % 30] ^= 1 << i % 8
        frames.append(bytes(frame))
    path = os.path.join(folder, "engines.pcap")
    write_pcap(path, frames)
    printed = [run("replay", path, "--json", "--engine", engine) for engine in ("rtl", "model")]
    tap.equal([result.returncode for result in printed], [0, 0], "replay with both engines: status")
    tap.equal(printed[1].stdout.splitlines(), printed[0].stdout.splitlines(),
              "replay with both engines: the same lines")


def replay(folder):
    arp = b"\xff" * 6 + bytes.fromhex("0200000000010806") + bytes(28)
    vlan = datagram(b"v" * 50, tag=b"\x81\0\x20\x64")
    frames = [datagram(b"good" * 20), datagram(b"bad" * 20, bad=True), datagram(b"t" * 99, 6), arp, vlan]
    path = os.path.join(folder, "replay.pcap")
    write_pcap(path, frames)
    result = run("replay", path, "--json", "--engine", ENGINE)
    tap.equal(result.returncode, 0, "replay: status")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    tap.equal([(row["packet"], row["length"], row["padded"]) for row in rows],
              [(i + 1, max(60, len(frame)), len(frame) < 60) for i, frame in enumerate(frames)],
              "replay: a row a packet")
    tap.ok("5 packets: 5 delivered" in result.stderr, "replay: a summary", result.stderr)
    result = run("replay", path, "--limit", "2", "--engine", ENGINE)
    tap.equal([line.split(",")[0] for line in result.stdout.splitlines()],
              ["1: 122 bytes", "2: 102 bytes"], "replay: text, and a limit")
    for name, data in (("empty", b""), ("text", b"This is no capture.\n" * 10),
                       ("cut", open(path, "rb").read()[:-10])):
        other = os.path.join(folder, name)
        with open(other, "wb") as file:
            file.write(data)
        result = run("replay", other)
        tap.ok(result.returncode == 1 and "sekisho-sim: " in result.stderr, f"replay: {name} file",
               f"{result.returncode} {result.stderr}")
    tap.equal(run("replay", "/no/such/file").returncode, 1, "replay: no file")
    if FAKE:
        tap.skip("replay: what the card says", "the stand-in of the card does not look into frames")
        return
    keys = ("l3", "l4", "vlan_tags", "ip_verdict", "l4_verdict", "reason", "l3_offset", "l4_offset")
    tap.equal([tuple(row[key] for key in keys) for row in rows],
              [("ipv4", "udp", 0, "good", "good", "checked", 14, 34),
               ("ipv4", "udp", 0, "good", "bad", "checked", 14, 34),
               ("ipv4", "tcp", 0, "good", "good", "checked", 14, 34),
               ("arp", "none", 0, "unknown", "unknown", "not_ip", 14, 0),
               ("ipv4", "udp", 1, "good", "good", "checked", 18, 38)], "replay: what the card says")
    tap.equal([row["raw_sum"] for row in rows[:3]], [folded(frame[34:]) for frame in frames[:3]],
              "replay: the raw sums")
    for width in ("64", "512"):
        again = run("replay", path, "--json", "--data-width", width)
        tap.equal([json.loads(line) for line in again.stdout.splitlines()], rows,
                  f"replay: the same at {width} bits")


def run_groups(folder, namespace, reason):
    wired = (tap_port, faults, no_link, veth_port, churn)
    for group in (command_line, sockets, captures, two_wires, loop_port, replay, engines, waveform) + wired:
        arguments = (folder,)
        if group in wired:
            if namespace is None:
                tap.skip(group.__name__, reason)
                continue
            arguments = (folder, namespace)
        try:
            group(*arguments)
        except Exception:  # pylint: disable=broad-except
            tap.ok(False, f"{group.__name__}: runs to its end",
                   traceback.format_exc().replace("\n", "\n# "))


def main():
    # A runner that gives up must not leave a namespace behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    namespace = None
    reason = None
    if os.geteuid() != 0:
        reason = "needs root"
    elif not os.path.exists("/dev/net/tun") or not shutil.which("ip"):
        reason = "needs /dev/net/tun and ip"
    else:
        try:
            namespace = Namespace()
        except (subprocess.CalledProcessError, OSError):
            reason = "network namespaces cannot be made"
    try:
        with tempfile.TemporaryDirectory(prefix="sekisho-") as folder:
            run_groups(folder, namespace, reason)
    finally:
        if namespace:
            namespace.remove()
    tap.end()


if __name__ == "__main__":
    main()
