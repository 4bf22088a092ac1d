#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Speaks vfio-user to a real server from outside: right, wrong, and at random."""

import errno
import mmap
import os
import random
import socket
import struct
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position,wildcard-import,unused-wildcard-import
from vfio_user_client import *  # noqa: E402,F403

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
PROGRAM = os.environ.get("SEKISHO_SIM", os.path.join(BUILD, "sim", "sekisho-sim-sanitized"))
MAGIC = 0x494b4553
SCRATCH = 0x0c
RX_CONTROL, RX_STATUS, RX_CONFIG, RX_RING, RX_COMPLETION = 0x400, 0x404, 0x408, 0x410, 0x418
TX_CONTROL, TX_CONFIG, TX_RING, TX_COMPLETION = 0x800, 0x808, 0x810, 0x818
EINVAL, ENOTSUP, EEXIST = errno.EINVAL, errno.ENOTSUP, errno.EEXIST
EMSGSIZE, EBUSY = errno.EMSGSIZE, errno.EBUSY

tap = Tap()


def memory(size, seals=False):
    fd = os.memfd_create("test", os.MFD_CLOEXEC | (os.MFD_ALLOW_SEALING if seals else 0))
    os.ftruncate(fd, size)
    return fd


def eventfd():
    return os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)


def still_serves(server, group):
    """After every group: a new client gets its answers, on every function."""
    try:
        values = []
        for name in server.paths:
            with server.connect(name) as client:
                values.append(client.read32(0))
        tap.ok(server.alive() and values == [MAGIC] * len(values), f"{group}: the server serves on")
    except Exception as error:  # pylint: disable=broad-except
        tap.ok(False, f"{group}: the server serves on", f"{error!r} {server.messages()[-2000:]}")


def version_group(server):
    for minor, answer in ((0, 0), (1, 1), (7, 1)):
        with server.connect(version=False) as client:
            error, body = client.call(VERSION, version_body(0, minor))
            tap.equal((error, struct.unpack("<HH", body[:4])), (0, (0, answer)),
                      f"version: 0.{minor} is answered with 0.{answer}")
            tap.ok(body.endswith(b"}\0") and b"max_msg_fds" in body, "version: JSON and NUL")
            tap.equal(client.call(VERSION, version_body())[0], EINVAL, "version: only once")
            tap.equal(client.read32(0), MAGIC, "version: still connected after a second one")
    with server.connect(version=False) as client:
        tap.equal(client.call(VERSION, version_body(1, 0))[0], EINVAL, "version: major 1 refused")
        tap.equal(client.call(VERSION, b"\0\0")[0], EINVAL, "version: too short refused")
        tap.equal(client.call(VERSION, version_body(text=b'{"a":1}'))[0], EINVAL,
                  "version: JSON without NUL refused")
        tap.equal(client.call(VERSION, version_body(text=b"no\0"))[0], EINVAL,
                  "version: no JSON refused")
        tap.equal(client.call(VERSION, struct.pack("<HH", 0, 1))[0], 0,
                  "version: without JSON accepted")
    with server.connect(version=False) as client:
        errors = [client.call(command, b"\0" * 32)[0] for command in
                  (0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 0xffff)]
        tap.equal(set(errors), {EINVAL}, "version: everything before it is refused")
        tap.equal(client.call(VERSION, version_body())[0], 0, "version: then it is accepted")


def info_group(server):
    with server.connect() as client:
        error, body = client.call(GET_INFO, struct.pack("<IIII", 16, 0, 0, 0))
        tap.equal((error, struct.unpack("<IIII", body)), (0, (16, 3, 9, 5)), "device info")
        tap.equal(client.call(GET_INFO, struct.pack("<IIIIII", 24, 0, 0, 0, 0, 0))[0], 0,
                  "device info: a longer structure of a newer client")
        for name, body in (("short", b"\0" * 12), ("empty", b""),
                           ("argsz too small", struct.pack("<IIII", 15, 0, 0, 0)),
                           ("longer than argsz", struct.pack("<IIIII", 16, 0, 0, 0, 0))):
            tap.equal(client.call(GET_INFO, body)[0], EINVAL, f"device info: {name} refused")

        def region(index, argsz=32):
            error, body = client.call(GET_REGION_INFO,
                                      struct.pack("<IIIIQQ", argsz, 0, index, 0, 0, 0))
            return error, struct.unpack("<IIIIQQ", body[:32]), body[32:]

        tap.equal(region(0)[1][:5], (64, 15, 0, 32, 0x10000), "BAR0: asks for room for more")
        tap.equal(len(client.fds), 0, "BAR0: no file yet")
        error, info, more = region(0, 64)
        tap.equal((error, info), (0, (64, 15, 0, 32, 0x10000, 0)), "BAR0: with capability")
        tap.equal(struct.unpack("<HHIIIQQ", more), (1, 1, 0, 1, 0, 0x1000, 0x1000),
                  "BAR0: sparse mmap of the doorbell page")
        tap.equal(len(client.fds), 1, "BAR0: the file comes along")
        tap.equal(region(7)[1], (32, 3, 7, 0, 4096, 0), "configuration space")
        tap.equal([region(index)[1][4] for index in (1, 2, 3, 4, 5, 6, 8)], [0] * 7,
                  "the other regions are empty")
        for index in (9, 255, 0xffffffff):
            tap.equal(client.call(GET_REGION_INFO,
                                  struct.pack("<IIIIQQ", 32, 0, index, 0, 0, 0))[0],
                      EINVAL, f"region {index} refused")
        tap.equal(client.call(GET_REGION_INFO, b"\x20\0\0\0" * 7)[0], EINVAL,
                  "region info: short refused")
        error, body = client.call(GET_REGION_IO_FDS, struct.pack("<IIII", 16, 0, 0, 0))
        tap.equal((error, struct.unpack("<IIII", body)), (0, (16, 0, 0, 0)), "no I/O descriptors")
        tap.equal(client.call(GET_REGION_IO_FDS, b"\0" * 16)[0], EINVAL,
                  "I/O descriptors: argsz too small refused")
        counts = []
        for index in range(5):
            error, body = client.call(GET_IRQ_INFO, struct.pack("<IIII", 16, 0, index, 0))
            counts.append(struct.unpack("<IIII", body)[3])
        tap.equal(counts, [0, 0, 9, 0, 0], "nine MSI-X vectors, nothing else")
        tap.equal(client.call(GET_IRQ_INFO, struct.pack("<IIII", 16, 0, 5, 0))[0], EINVAL,
                  "interrupt kind 5 refused")
    with server.connect("mgmt") as client:
        error, body = client.call(GET_IRQ_INFO, struct.pack("<IIII", 16, 0, 2, 0))
        tap.equal((error, struct.unpack("<IIII", body)[3]), (0, 0), "management: no interrupts")
        error, body = client.call(GET_REGION_INFO, struct.pack("<IIIIQQ", 64, 0, 0, 0, 0, 0))
        tap.equal((error, struct.unpack("<IIII", body[:16])[1], client.fds), (0, 3, []),
                  "management: no doorbell page")


def region_group(server):
    with server.connect() as client:
        client.write32(SCRATCH, 0x12345678)
        tap.equal(client.read32(SCRATCH), 0x12345678, "a register keeps what is written")
        tap.equal(client.read(0, SCRATCH + 1, 1)[1], b"\x56", "one byte of a register")
        tap.equal(client.read(0, SCRATCH + 2, 2)[1], b"\x34\x12", "two bytes of a register")
        tap.equal(client.write(0, SCRATCH, b"\xff"), 0, "a byte write is accepted")
        tap.equal(client.read32(SCRATCH), 0x12345678, "but no register changes by it")
        tap.equal(client.read(0, 8, 8)[1][4:], b"\x78\x56\x34\x12", "eight bytes read")
        tap.equal(client.write(0, 0x80, bytes(range(8))), 0, "eight bytes written")
        tap.equal((client.read32(0x80), client.read32(0x84)), (0x03020100, 0x07060504),
                  "both words arrived")
        for offset, count in ((1, 2), (2, 4), (4, 8), (0, 3), (0, 0), (0, 16), (0x10000, 4),
                              (0xfffc, 8), (1 << 63, 4), ((1 << 64) - 4, 4), (0, 0xffffffff)):
            tap.equal(client.read(0, offset, count)[0], EINVAL,
                      f"read of {count} at {offset:#x} refused")
        for offset, count in ((1, 2), (2, 4), (4, 8), (0, 3), (0x10000, 4), (0, 4096)):
            tap.equal(client.write(0, offset, b"\0" * count), EINVAL,
                      f"write of {count} at {offset:#x} refused")
        tap.equal(client.call(REGION_WRITE, struct.pack("<QII", SCRATCH, 0, 8) + b"1234")[0],
                  EINVAL, "write with less data than it says refused")
        tap.equal(client.call(REGION_WRITE, struct.pack("<QII", SCRATCH, 0, 4) + b"12345678")[0],
                  EINVAL, "write with more data than it says refused")
        tap.equal(client.call(REGION_READ, struct.pack("<QII", 0, 0, 4) + b"x")[0], EINVAL,
                  "read with data refused")
        for index in (1, 6, 8, 9, 0xffffffff):
            tap.equal(client.read(index, 0, 4)[0], EINVAL, f"read of region {index} refused")
        one = struct.pack("<QII", SCRATCH, 0, 4) + b"abcdefgh"
        two = struct.pack("<QII", 0x80, 0, 8) + b"ABCDEFGH"
        error, body = client.call(WRITE_MULTI, struct.pack("<Q", 2) + one + two)
        tap.equal((error, body), (0, struct.pack("<Q", 2)), "two writes in one message")
        tap.equal((client.read(0, SCRATCH, 4)[1], client.read(0, 0x80, 8)[1]),
                  (b"abcd", b"ABCDEFGH"), "both took effect")
        for name, body in (("none", struct.pack("<Q", 0)),
                           ("too few", struct.pack("<Q", 3) + one + two),
                           ("too many", struct.pack("<Q", 1) + one + two),
                           ("2^61", struct.pack("<Q", 1 << 61)), ("short", b"1234"),
                           ("count of 9", struct.pack("<QQII", 1, 0, 0, 9) + b"12345678")):
            tap.equal(client.call(WRITE_MULTI, body)[0], EINVAL, f"multiple writes: {name} refused")
        client.send(client.message(REGION_WRITE, struct.pack("<QII", SCRATCH, 0, 4) + b"quit",
                                   NO_REPLY))
        tap.equal(client.read(0, SCRATCH, 4)[1], b"quit", "a write that wants no reply gets none")
        client.send(client.message(REGION_READ, b"bad", NO_REPLY))
        tap.equal(client.read32(0), MAGIC, "nor does an error")
        # MSI-X table and pending bits are the server's.
        tap.equal(client.read32(0x300c), 1, "MSI-X table: masked out of reset")
        client.write32(0x3000, 0xfee00000)
        tap.equal(client.read32(0x3000), 0xfee00000, "MSI-X table: an entry is kept")
        tap.equal(client.read(0, 0x3800, 8)[1], b"\0" * 8, "nothing pending")


def config_group(server):
    with server.connect() as client:
        config = client.read(7, 0, 256)[1]
        vendor, device, _, status = struct.unpack("<HHHH", config[:8])
        tap.equal((vendor, device, status & 0x10, config[0xb], config[0xa]),
                  (0x1234, 0x5345, 0x10, 2, 0), "an Ethernet controller with capabilities")
        capabilities, at = {}, config[0x34]
        while at and at not in capabilities.values():
            capabilities[config[at]] = at
            at = config[at + 1]
        tap.equal(sorted(capabilities), [0x10, 0x11], "PCI Express and MSI-X")
        control, table, pending = struct.unpack_from("<HII", config, capabilities[0x11] + 2)
        tap.equal((control, table, pending), (8, 0x3000, 0x3800), "nine vectors in BAR0")
        tap.equal(client.write(7, 0x10, b"\xff" * 4), 0, "BAR0 is sized")
        tap.equal(client.read(7, 0x10, 4)[1], struct.pack("<I", 0xffff0000), "64 KiB")
        client.write(7, 0x14, b"\xff" * 4)
        tap.equal(client.read(7, 0x14, 4)[1], b"\0" * 4, "no BAR1")
        client.write(7, 0, b"\xff" * 4)
        tap.equal(client.read(7, 0, 4)[1], config[:4], "ids cannot be written")
        client.write(7, 4, b"\xff\xff")
        tap.equal(client.read(7, 4, 2)[1], b"\x46\x05", "command register keeps what it has")
        tap.equal(len(client.read(7, 0, 4096)[1]), 4096, "the whole space at once")
        tap.equal(client.read(7, 4093, 4)[0], EINVAL, "but no byte behind it")
        client.write32(RX_CONTROL, 1)
        client.write(7, capabilities[0x10] + 8, b"\0\x80")
        tap.equal(client.read32(RX_STATUS) & 1, 0, "function level reset stops the queues")
    with server.connect() as client:
        tap.equal(client.read(7, 0x10, 4)[1], b"\0" * 4, "the next client finds it as new")


def dma_group(server):
    before = server.fd_count()
    fd = memory(0x4000)
    with server.connect() as client:
        tap.equal(client.dma_map(0x10000, 0x4000, 3, fd), 0, "map")
        tap.equal(client.dma_map(0x13fff, 0x1000, 3, fd), EEXIST, "overlap refused")
        tap.equal(client.dma_map(0x10000, 0x4000, 3), EEXIST, "overlap without file refused")
        tap.equal(client.dma_map(0x14000, 0x1000, 1, fd, 0x3000), 0, "a neighbour, read-only")
        tap.equal(client.dma_map(0x20000, 0x1000, 3), 0, "without file")
        for name, arguments in (("beyond the file", (0x30000, 0x5000, 3, fd)),
                                ("offset beyond it", (0x30000, 0x1000, 3, fd, 0x4000)),
                                ("offset wraps", (0x30000, 0x1000, 3, fd, (1 << 64) - 0x1000)),
                                ("offset in a page", (0x30000, 0x1000, 3, fd, 12)),
                                ("size 0", (0x30000, 0, 3, fd)),
                                ("wraps", ((1 << 64) - 0x1000, 0x2000, 3, fd)),
                                ("no access", (0x30000, 0x1000, 0, fd)),
                                ("unknown flag", (0x30000, 0x1000, 7, fd))):
            tap.equal(client.dma_map(*arguments), EINVAL, f"map {name} refused")
        reader, writer = os.pipe()
        tap.equal(client.dma_map(0x30000, 0x1000, 3, reader), EINVAL, "map of a pipe refused")
        os.close(reader)
        os.close(writer)
        body = struct.pack("<IIQQQ", 32, 3, 0, 0x30000, 0x1000)
        tap.equal(client.call(DMA_MAP, body, (fd, fd))[0], EINVAL, "two files refused")
        tap.equal(client.call(DMA_MAP, body[:-1])[0], EINVAL, "short map refused")
        tap.equal(client.call(DMA_MAP, body + b"1")[0], EINVAL, "long map refused")
        tap.equal(client.dma_unmap(0x10000, 0x1000)[0], EINVAL, "half an unmap refused")
        error, body = client.dma_unmap(0x40000, 0x1000)
        tap.equal((error, struct.unpack("<IIQQ", body)), (0, (24, 0, 0x40000, 0)),
                  "unmap of nothing: no bytes")
        tap.equal(client.dma_unmap(0x10000, 0x5000, 1)[0], ENOTSUP, "dirty bitmap refused")
        error, body = client.dma_unmap(0x10000, 0x5000)
        tap.equal((error, struct.unpack("<IIQQ", body)), (0, (24, 0, 0x10000, 0x5000)), "unmap")
        tap.equal(client.dma_map(0x10000, 0x4000, 3, fd), 0, "the place is free again")
        tap.equal(client.dma_unmap(0, 0, 2)[0], 0, "unmap all")
        tap.equal(struct.unpack("<IIQQ", client.dma_unmap(0x10000, 0x4000)[1])[3], 0,
                  "nothing is left")
        tap.equal(client.dma_map((1 << 64) - 0x1000, 0x1000, 3, fd), 0, "the last page there is")
        ends = [client.dma_map(0x100000 + 0x2000 * i, 0x1000, 3, fd) for i in range(300)]
        tap.equal(set(ends), {0}, "300 maps of one file")
        tap.ok(server.fd_count() <= before + 1, "a map keeps no descriptor",
               f"{before} before, {server.fd_count()} now")
        many = [os.dup(fd) for _ in range(40)]
        tap.equal(client.call(DMA_MAP, body + b"12345678", many)[0], EINVAL, "40 files refused")
        tap.equal(client.call(GET_INFO, struct.pack("<IIII", 16, 0, 0, 0), many[:3])[0], EINVAL,
                  "files where none belong refused")
        for one in many:
            os.close(one)
        tap.ok(server.fd_count() <= before + 1, "refused descriptors are closed",
               f"{before} before, {server.fd_count()} now")
    os.close(fd)


def irq_group(server):
    none, boolean, event, mask, unmask, trigger = 1, 2, 4, 8, 16, 32
    with server.connect() as client:
        fds = [eventfd() for _ in range(9)]
        tap.equal(client.set_irqs(event | trigger, 2, 0, 9, fds=fds), 0, "nine event descriptors")
        tap.equal(client.set_irqs(none | trigger, 2, 3, 1), 0, "vector 3 is triggered")
        tap.equal([readable(fd, 0.05) for fd in fds], [i == 3 for i in range(9)], "and only it")
        os.read(fds[3], 8)
        client.set_irqs(boolean | trigger, 2, 0, 9, b"\1\0\0\0\0\0\0\0\1")
        tap.equal([readable(fd, 0.05) for fd in fds], [i in (0, 8) for i in range(9)],
                  "vectors by booleans")
        os.read(fds[0], 8)
        os.read(fds[8], 8)
        client.set_irqs(none | mask, 2, 5, 1)
        client.set_irqs(none | trigger, 2, 5, 1)
        tap.ok(not readable(fds[5], 0.05), "a masked vector is silent")
        tap.equal(client.read(0, 0x3800, 8)[1], struct.pack("<Q", 1 << 5), "and pending")
        client.set_irqs(none | unmask, 2, 5, 1)
        tap.ok(readable(fds[5]), "unmasked, it comes")
        os.read(fds[5], 8)
        tap.equal(client.read(0, 0x3800, 8)[1], b"\0" * 8, "and is pending no more")
        tap.equal(client.set_irqs(event | trigger, 2, 3, 1), 0, "one descriptor is taken away")
        client.set_irqs(none | trigger, 2, 3, 1)
        tap.ok(not readable(fds[3], 0.05), "its vector is silent")
        reader, writer = os.pipe()
        for name, arguments in (
                ("start beyond", (none | trigger, 2, 9, 1)), ("count beyond", (none | trigger, 2, 0, 10)),
                ("both wrap", (none | trigger, 2, 8, 0xffffffff)), ("kind 5", (none | trigger, 5, 0, 0)),
                ("two data kinds", (none | boolean | trigger, 2, 0, 1)),
                ("two actions", (none | mask | trigger, 2, 0, 1)), ("no action", (none, 2, 0, 1)),
                ("no data kind", (trigger, 2, 0, 1)), ("unknown flag", (64 | none | trigger, 2, 0, 1)),
                ("INTx that is not there", (none | trigger, 0, 0, 1)),
                ("too few booleans", (boolean | trigger, 2, 0, 2, b"1")),
                ("too many booleans", (boolean | trigger, 2, 0, 2, b"123")),
                ("fewer files than vectors", (event | trigger, 2, 0, 3, b"", fds[:2])),
                ("files for a mask", (none | mask, 2, 0, 1, b"", fds[:1])),
                ("a pipe", (event | trigger, 2, 0, 1, b"", [writer]))):
            tap.equal(client.set_irqs(*arguments), EINVAL, f"interrupts: {name} refused")
        os.close(reader)
        os.close(writer)
        tap.equal(client.set_irqs(event | mask, 2, 0, 1, fds=fds[:1]), ENOTSUP,
                  "interrupts: masking by event refused")
        tap.equal(client.set_irqs(none | trigger, 2, 0, 0), 0, "all are disabled")
        client.set_irqs(none | trigger, 2, 0, 9)
        tap.equal([readable(fd, 0.01) for fd in fds], [False] * 9, "all are silent")
        tap.equal(client.set_irqs(none | trigger, 0, 0, 0), 0, "disabling what is not there is fine")
        # A full counter must not block the server.
        client.set_irqs(event | trigger, 2, 0, 1, fds=fds[:1])
        os.eventfd_write(fds[0], (1 << 64) - 2)
        client.set_irqs(none | trigger, 2, 0, 1)
        tap.equal(client.read32(0), MAGIC, "a full event counter blocks nobody")
        for fd in fds:
            os.close(fd)


def other_group(server):
    with server.connect() as client:
        for command in (DMA_READ, DMA_WRITE, FEATURE, MIG_READ, MIG_WRITE):
            tap.equal(client.call(command, b"\0" * 16)[0], ENOTSUP, f"command {command} refused")
        for command in (0, 14, 19, 1000, 0xffff):
            tap.equal(client.call(command)[0], EINVAL, f"unknown command {command} refused")
        for flags in (2, 15, ERROR):
            tap.equal(client.call(GET_INFO, struct.pack("<IIII", 16, 0, 0, 0), flags=flags)[0],
                      EINVAL, f"flags {flags:#x} refused")
        client.send(client.message(GET_INFO, b"\0" * 16, REPLY))
        tap.equal(client.read32(0), MAGIC, "a reply to nothing is ignored")
        tap.equal(client.call(RESET, b"1")[0], EINVAL, "reset with data refused")
        client.write32(0x40, 3)
        client.write32(RX_CONTROL, 1)
        fd = memory(0x1000)
        client.dma_map(0x1000, 0x1000, 3, fd)
        tap.equal(client.call(RESET)[0], 0, "reset")
        tap.equal((client.read32(0x40) & 3, client.read32(RX_STATUS) & 1), (0, 0),
                  "reset stops the function")
        tap.equal(client.dma_map(0x1000, 0x1000, 3, fd), EEXIST, "maps outlive a reset")
        os.close(fd)
        # Every command with every short length, and with junk behind.
        for command in range(0, 20):
            for length in range(0, 64):
                error, _ = client.call(command, b"\0" * length)
                if error == 0 and not (command == RESET and length == 0):
                    tap.ok(False, f"command {command} with {length} zeros refused")
        tap.equal(client.read32(0), MAGIC, "1,280 messages of zeros are answered")


def framing_group(server):
    for size, wanted in ((0, EINVAL), (15, EINVAL), (65569, EMSGSIZE), (0x7fffffff, EMSGSIZE),
                         (0xffffffff, EMSGSIZE)):
        with server.connect() as client:
            client.send(client.message(GET_INFO, size=size))
            _, _, _, error, _ = client.receive()
            tap.equal(error, wanted, f"a message of {size} bytes gets an error")
            try:
                client.receive()
                tap.ok(False, f"size {size}: the connection ends")
            except Closed:
                tap.ok(True, f"size {size}: the connection ends")
    with server.connect() as client:
        data = client.message(REGION_WRITE, struct.pack("<QII", 0, 7, 65536) + b"\0" * 65536)
        client.send(data)
        tap.equal(client.receive()[3], EINVAL, "the longest message is looked at")
        data = client.message(REGION_READ, struct.pack("<QII", 0, 0, 4))
        for byte in data:
            client.send(bytes([byte]))
            time.sleep(0.0005)
        tap.equal(client.receive()[3], 0, "a message byte by byte")
        client.send(b"".join(client.message(REGION_READ, struct.pack("<QII", 0, 0, 4))
                             for _ in range(500)))
        tap.equal([client.receive()[3] for _ in range(500)], [0] * 500,
                  "500 messages at once are answered one by one")
    before = server.fd_count()
    message = None
    for cut in range(0, 48, 3):
        client = server.connect()
        fd = memory(0x1000)
        message = client.message(DMA_MAP, struct.pack("<IIQQQ", 32, 3, 0, 0, 0x1000))
        if cut:
            client.send(message[:cut], (fd,))
        client.close()
        os.close(fd)
    still_serves(server, "clients that die in a message")
    tap.ok(server.fd_count() <= before + 1, "clients that die in a message leave no descriptor",
           f"{before} before, {server.fd_count()} now")


def two_clients_group(server):
    with server.connect() as first:
        first.write32(SCRATCH, 77)
        for _ in range(20):
            second = Client(server.paths["net0"], version=False)
            try:
                error, _ = second.call(VERSION, version_body())
            except Closed:
                error = "closed"
            second.close()
        tap.equal(error, EBUSY, "a second client is told that the function is busy")
        silent = [Client(server.paths["net0"], version=False) for _ in range(12)]
        tap.equal(first.read32(SCRATCH), 77, "the first goes on")
        for client in silent:
            client.close()
        tap.equal(first.read32(SCRATCH), 77, "the first still goes on")
    with server.connect() as third:
        tap.equal(third.read32(0), MAGIC, "when it is gone, there is room")


def slow_client_group(server):
    with server.connect("net0") as slow, server.connect("net1") as other:
        slow.socket.setblocking(False)
        sent = 0
        message = slow.message(REGION_READ, struct.pack("<QII", 0, 7, 4096))
        before = server.memory_kib()
        try:
            while sent < 64 << 20:
                sent += slow.socket.send(message)
        except BlockingIOError:
            pass
        start = time.monotonic()
        values = [other.read32(0) for _ in range(200)]
        tap.equal(values, [MAGIC] * 200, "a client that does not read blocks no other function")
        tap.ok(time.monotonic() - start < 5, "nor does it slow it down much")
        tap.ok(server.memory_kib() < before + 8192, "nor does it take memory",
               f"{before} KiB before, {server.memory_kib()} now")
        tap.ok(sent < 16 << 20, "it is stopped itself", f"{sent} bytes were taken")


def start_tx(client, ring, completions, log2, vector=4):
    client.write32(TX_CONFIG, log2 | vector << 8)
    client.write(0, TX_RING, struct.pack("<Q", ring))
    client.write(0, TX_COMPLETION, struct.pack("<Q", completions))
    client.write32(0x40, 2)
    client.write32(TX_CONTROL, 1)


def shrinking_group(server):
    fd = memory(0x10000)
    with server.connect() as client:
        client.dma_map(0x100000, 0x10000, 3, fd)
        start_tx(client, 0x100000, 0x101000, 3)
        os.ftruncate(fd, 0)
        # The card now reads descriptors that are not there any more.
        client.write32(0x1800, 4)
        time.sleep(0.1)
        tap.equal(client.read32(0), MAGIC, "a client that shrinks its memory harms only itself")
    os.close(fd)


def doorbell_group(server):
    """A frame goes out through a stored tail, with an interrupt; the capture gets it."""
    fd = memory(0x10000)
    ram = mmap.mmap(fd, 0x10000)
    event = eventfd()
    with server.connect() as client:
        client.call(GET_REGION_INFO, struct.pack("<IIIIQQ", 64, 0, 0, 0, 0, 0))
        page = mmap.mmap(client.fds[0], 0x1000, offset=0x1000)
        try:
            os.ftruncate(client.fds[0], 0)
            tap.ok(False, "the doorbell page cannot be shrunk")
        except OSError as error:
            tap.equal(error.errno, errno.EPERM, "the doorbell page cannot be shrunk")
        client.dma_map(0x100000, 0x10000, 3, fd)
        client.set_irqs(4 | 32, 2, 4, 1, fds=[event])
        frame = bytes.fromhex("020000000002020000000001") + b"\x88\xb5" + bytes(range(86))
        ram[0x4000:0x4000 + len(frame)] = frame
        ram[0:16] = struct.pack("<QII", 0x104000, len(frame) | 1 << 18, 0)
        # Stored before the enable: must count all the same.
        page[0x800:0x804] = struct.pack("<I", 1)
        page[0x804:0x808] = struct.pack("<I", 1 << 31)
        start_tx(client, 0x100000, 0x101000, 3)
        tap.ok(readable(event), "a tail stored before the enable is seen, and interrupts")
        tap.equal(struct.unpack("<II", ram[0x1000:0x1008]), (0, 1 << 31), "completion of index 0")
        tap.equal(client.read32(0x1800), 1, "the page reads as what was stored")
        if readable(event, 0):
            os.read(event, 8)
        time.sleep(0.05)
        ram[16:32] = struct.pack("<QII", 0x104000, len(frame) | 1 << 18, 0)
        page[0x804:0x808] = struct.pack("<I", 1)
        page[0x800:0x804] = struct.pack("<I", 2)
        tap.ok(readable(event), "a store into the page of a sleeping server is seen")
        tap.equal(struct.unpack("<II", ram[0x1008:0x1010]), (1, 1 << 31), "completion of index 1")
        start, seconds = server.cpu_seconds(), time.monotonic()
        time.sleep(1)
        share = (server.cpu_seconds() - start) / (time.monotonic() - seconds)
        tap.ok(share < 0.15, "a running queue without traffic takes little time", f"{share:.0%}")
        client.write32(TX_CONTROL, 0)
        tap.equal((page[0x800:0x808], client.read32(0x1800)), (b"\0" * 8, 0),
                  "disabling a queue clears its doorbells")
        client.write32(TX_CONTROL, 1)
        page[0x800:0x804] = struct.pack("<I", 1)
        time.sleep(0.1)
        page.close()
    with server.connect() as client:
        tap.equal(client.read(0, 0x1800, 8)[1], b"\0" * 8, "a new client finds the page empty")
    ram.close()
    os.close(fd)
    os.close(event)


def samples(client, fd):
    """One valid message of each command."""
    return [
        client.message(VERSION, version_body()),
        client.message(DMA_MAP, struct.pack("<IIQQQ", 32, 3, 0, 0x100000, 0x1000)),
        client.message(DMA_UNMAP, struct.pack("<IIQQ", 24, 0, 0x100000, 0x1000)),
        client.message(GET_INFO, struct.pack("<IIII", 16, 0, 0, 0)),
        client.message(GET_REGION_INFO, struct.pack("<IIIIQQ", 64, 0, 0, 0, 0, 0)),
        client.message(GET_REGION_IO_FDS, struct.pack("<IIII", 16, 0, 0, 0)),
        client.message(GET_IRQ_INFO, struct.pack("<IIII", 16, 0, 2, 0)),
        client.message(SET_IRQS, struct.pack("<IIIII", 20, 4 | 32, 2, 0, 1)),
        client.message(SET_IRQS, struct.pack("<IIIII", 23, 2 | 32, 2, 0, 3) + b"\1\1\1"),
        client.message(REGION_READ, struct.pack("<QII", 0, 0, 4)),
        client.message(REGION_WRITE, struct.pack("<QII", 0x408, 0, 4) + b"\3\0\0\0"),
        client.message(REGION_WRITE, struct.pack("<QII", 0x400, 0, 4) + b"\1\0\0\0"),
        client.message(REGION_WRITE, struct.pack("<QII", 0x10, 7, 4) + b"\xff" * 4),
        client.message(WRITE_MULTI, struct.pack("<QQII", 1, 0x1000, 0, 4) + b"\1" * 8),
        client.message(RESET),
    ]


def random_group(server, count=2000, seed=20240229):
    """Valid messages with random damage; the client reconnects whenever it is thrown out."""
    generator = random.Random(seed)
    before = server.fd_count()
    memory_before = server.memory_kib()
    fd = memory(0x1000)
    event = eventfd()
    client = server.connect()
    reconnects = 0
    for _ in range(count):
        message = bytearray(generator.choice(samples(client, fd)))
        for _ in range(generator.choice((0, 1, 1, 2, 5))):
            kind = generator.randrange(5)
            at = generator.randrange(len(message))
            if kind == 0:
                message[at] ^= 1 << generator.randrange(8)
            elif kind == 1:
                message[at] = generator.choice((0, 1, 0x7f, 0x80, 0xff))
            elif kind == 2 and len(message) > 17:
                del message[generator.randrange(16, len(message)):]
                struct.pack_into("<I", message, 4, len(message))
            elif kind == 3:
                message += generator.randbytes(generator.randrange(1, 40))
                struct.pack_into("<I", message, 4, len(message))
            else:
                struct.pack_into("<I", message, min(at, len(message) - 4) & ~3,
                                 generator.choice((0, 1, 0xffffffff, 0x80000000, 0x10000)))
        fds = [generator.choice((fd, event)) for _ in range(generator.choice((0, 0, 1, 1, 3)))]
        try:
            client.send(bytes(message), fds)
            client.socket.settimeout(0.002)
            try:
                while True:
                    if not client.socket.recv(70000):
                        raise Closed()
            except (TimeoutError, socket.timeout):
                pass
            except ConnectionResetError as error:
                raise Closed() from error
            # In the middle of a message nothing comes back; start over now and then.
            if generator.randrange(8) == 0:
                raise Closed()
        except (Closed, OSError):
            client.close()
            reconnects += 1
            if not server.alive():
                break
            client = server.connect()
            client.socket.settimeout(10)
    client.close()
    os.close(fd)
    os.close(event)
    tap.ok(server.alive(), f"{count} damaged messages, {reconnects} connections: no crash",
           server.messages()[-3000:])
    still_serves(server, "damaged messages")
    tap.ok(server.fd_count() <= before + 1, "damaged messages leave no descriptor",
           f"{before} before, {server.fd_count()} now")
    tap.ok(server.memory_kib() < memory_before + 65536, "nor much memory",
           f"{memory_before} KiB before, {server.memory_kib()} now")


def main():
    server = Server(PROGRAM, "--port", "0=pcap:,/dev/null", "--quiet")
    try:
        for group in (version_group, info_group, region_group, config_group, dma_group, irq_group,
                      other_group, framing_group, two_clients_group, slow_client_group,
                      doorbell_group, shrinking_group, random_group):
            name = group.__name__.replace("_group", "").replace("_", " ")
            try:
                group(server)
            except Exception:  # pylint: disable=broad-except
                tap.ok(False, f"{name}: runs to its end", traceback.format_exc().replace("\n", "\n# "))
            still_serves(server, name)
            if not server.alive():
                print("# " + server.messages()[-6000:].replace("\n", "\n# "))
                break
        if server.alive():
            status, _ = server.stop()
            tap.equal(status, 0, "SIGTERM ends it cleanly, and no sanitizer complains")
            if status:
                print("# " + server.messages()[-3000:].replace("\n", "\n# "))
            tap.equal([os.path.exists(path) for path in server.paths.values()], [False] * 3,
                      "its sockets are gone")
    finally:
        server.kill()
    tap.end()


if __name__ == "__main__":
    main()
