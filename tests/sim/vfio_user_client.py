# SPDX-License-Identifier: BSD-3-Clause
"""A vfio-user client of plain sockets, for tests of the server from outside."""

import array
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

(VERSION, DMA_MAP, DMA_UNMAP, GET_INFO, GET_REGION_INFO, GET_REGION_IO_FDS, GET_IRQ_INFO, SET_IRQS,
 REGION_READ, REGION_WRITE, DMA_READ, DMA_WRITE, RESET) = range(1, 14)
WRITE_MULTI, FEATURE, MIG_READ, MIG_WRITE = 15, 16, 17, 18
REPLY, NO_REPLY, ERROR = 1, 0x10, 0x20


class Closed(Exception):
    """The server closed the connection."""


class Client:
    def __init__(self, path, version=True):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.socket.settimeout(10)
        self.id = 0
        self.fds = []
        if version:
            error, _ = self.call(VERSION, version_body())
            if error != 0:
                raise OSError(error, "VERSION refused")

    def close(self):
        self.socket.close()
        for fd in self.fds:
            os.close(fd)
        self.fds = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data, fds=()):
        extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            sent = self.socket.sendmsg([data], extra)
            if sent < len(data):
                self.socket.sendall(data[sent:])
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed() from error

    def receive_bytes(self, count):
        data = b""
        while len(data) < count:
            try:
                piece, extra, _, _ = self.socket.recvmsg(count - len(data), 1024)
            except ConnectionResetError as error:
                raise Closed() from error
            for level, kind, payload in extra:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    fds = array.array("i")
                    fds.frombytes(payload[:len(payload) - len(payload) % 4])
                    self.fds += fds
            if not piece:
                raise Closed()
            data += piece
        return data

    def receive(self):
        """One message: id, command, flags, error, body."""
        header = self.receive_bytes(16)
        number, command, size, flags, error = struct.unpack("<HHIII", header)
        return number, command, flags, error, self.receive_bytes(size - 16)

    def message(self, command, body=b"", flags=0, size=None):
        self.id = (self.id + 1) & 0xffff
        size = 16 + len(body) if size is None else size
        return struct.pack("<HHIII", self.id, command, size, flags, 0) + body

    def call(self, command, body=b"", fds=(), flags=0):
        """errno and body of the reply."""
        self.send(self.message(command, body, flags), fds)
        number, answered, flags, error, answer = self.receive()
        if number != self.id or answered != command or flags & 0xf != REPLY:
            raise AssertionError(f"reply {number} to {answered}, flags {flags:#x}")
        if (flags & ERROR != 0) != (error != 0):
            raise AssertionError(f"flags {flags:#x} with errno {error}")
        return error, answer

    def read(self, region, offset, count):
        error, answer = self.call(REGION_READ, struct.pack("<QII", offset, region, count))
        if error == 0 and (len(answer) != 16 + count or
                           answer[:16] != struct.pack("<QII", offset, region, count)):
            raise AssertionError("not what was asked for")
        return error, answer[16:]

    def write(self, region, offset, data):
        body = struct.pack("<QII", offset, region, len(data)) + data
        return self.call(REGION_WRITE, body)[0]

    def read32(self, offset):
        error, data = self.read(0, offset, 4)
        if error:
            raise OSError(error, f"read {offset:#x}")
        return struct.unpack("<I", data)[0]

    def write32(self, offset, value):
        error = self.write(0, offset, struct.pack("<I", value))
        if error:
            raise OSError(error, f"write {offset:#x}")

    def dma_map(self, address, size, flags=3, fd=None, offset=0):
        body = struct.pack("<IIQQQ", 32, flags, offset, address, size)
        return self.call(DMA_MAP, body, () if fd is None else (fd,))[0]

    def dma_unmap(self, address, size, flags=0):
        return self.call(DMA_UNMAP, struct.pack("<IIQQ", 24, flags, address, size))

    def set_irqs(self, flags, index, start, count, data=b"", fds=()):
        body = struct.pack("<IIIII", 20 + len(data), flags, index, start, count) + data
        return self.call(SET_IRQS, body, fds)[0]


def version_body(major=0, minor=1, text=b'{"capabilities":{"max_msg_fds":8}}\0'):
    return struct.pack("<HH", major, minor) + text


class Server:
    """A sekisho-sim process and its sockets."""

    def __init__(self, program, *arguments, functions=("net0", "net1", "mgmt")):
        self.folder = tempfile.TemporaryDirectory(prefix="sekisho-")
        self.paths = {name: os.path.join(self.folder.name, name) for name in functions}
        self.stats = os.path.join(self.folder.name, "stats.json")
        command = [program, "--stats", self.stats]
        for name, path in self.paths.items():
            command += ["--function", f"{name}={path}"]
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(command + list(arguments), stderr=self.log)
        deadline = time.monotonic() + 20
        while not all(os.path.exists(path) for path in self.paths.values()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server does not start: " + self.messages())
            time.sleep(0.01)

    def messages(self):
        self.log.seek(0)
        return self.log.read()

    def alive(self):
        return self.process.poll() is None

    def fd_count(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def connect(self, name="net0", version=True):
        """A client; waits while the server still cleans up after the last one."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return Client(self.paths[name], version)
            except (OSError, Closed):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def stop(self, number=signal.SIGTERM):
        """Exit status and statistics."""
        self.process.send_signal(number)
        status = self.process.wait(timeout=20)
        statistics = None
        if os.path.exists(self.stats):
            with open(self.stats, encoding="ascii") as file:
                statistics = json.load(file)
        return status, statistics

    def kill(self):
        if self.alive():
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


class Tap:
    """Results in the Test Anything Protocol."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, passed, name, detail=""):
        self.count += 1
        if not passed:
            self.failed += 1
            if detail:
                print(f"# {detail[:3000]}")
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}", flush=True)
        return passed

    def equal(self, got, wanted, name):
        return self.ok(got == wanted, name, f"got {got!r:.600}, wanted {wanted!r:.600}")

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


def readable(fd, seconds=2):
    return bool(select.select([fd], [], [], seconds)[0])
