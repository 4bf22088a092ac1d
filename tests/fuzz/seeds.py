#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the fuzz targets' first inputs, tests/fuzz/corpus/<target>/.

usage: seeds.py [DIRECTORY]

A few inputs that reach deep: complete conversations, frames of every header, queues at work. The
fuzzer changes them from there. What it finds beside them (a crash that was mended) may be added by
hand; this script leaves other files alone.
"""

import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


# --- vfio-user: a byte of mode, then messages ------------------------------------------------------

(VERSION, DMA_MAP, DMA_UNMAP, GET_INFO, GET_REGION_INFO, GET_REGION_IO_FDS, GET_IRQ_INFO, SET_IRQS,
 REGION_READ, REGION_WRITE, _, _, RESET) = range(1, 14)
WRITE_MULTI, FEATURE = 15, 16
HANDSHAKE, WITH_FD, SECOND_CLIENT, IN_PIECES = 1, 2, 4, 8


def message(command, body=b"", flags=0, number=1):
    return struct.pack("<HHIII", number, command, 16 + len(body), flags, 0) + body


def write_register(offset, value):
    return message(REGION_WRITE, struct.pack("<QIII", offset, 0, 4, value))


def read_register(offset, count=4, region=0):
    return message(REGION_READ, struct.pack("<QII", offset, region, count))


def dma_map(address, size, flags=3):
    return message(DMA_MAP, struct.pack("<IIQQQ", 32, flags, 0, address, size))


def vfio_user():
    hello = message(VERSION, struct.pack("<HH", 0, 1) +
                    b'{"capabilities":{"max_msg_fds":8,"pgsizes":4096,"twin_socket":{"supported":false}}}\0')
    yield "version", bytes([0]) + hello
    yield "version_in_pieces", bytes([IN_PIECES]) + hello + message(GET_INFO, bytes(16))
    questions = b"".join(
        [message(GET_INFO, struct.pack("<IIII", 16, 0, 0, 0))] +
        [message(GET_REGION_INFO, struct.pack("<IIIIQQ", 96, 0, i, 0, 0, 0)) for i in (0, 3, 7, 9)] +
        [message(GET_REGION_IO_FDS, struct.pack("<IIII", 64, 0, 0, 0))] +
        [message(GET_IRQ_INFO, struct.pack("<IIII", 16, 0, i, 0)) for i in (0, 2, 5)])
    yield "questions", bytes([HANDSHAKE]) + questions
    yield "map", (bytes([HANDSHAKE | WITH_FD]) + dma_map(0x10000, 0x4000) + dma_map(0x20000, 0x1000, 1) +
                  message(DMA_UNMAP, struct.pack("<IIQQ", 24, 0, 0x10000, 0x4000)) +
                  message(DMA_UNMAP, struct.pack("<IIQQ", 24, 2, 0, 0)))
    yield "overlap", bytes([HANDSHAKE | WITH_FD]) + dma_map(0x10000, 0x4000) + dma_map(0x12000, 0x4000)
    yield "config_space", (bytes([HANDSHAKE]) + read_register(0, 64, 7) + read_register(0x40, 4, 7) +
                           message(REGION_WRITE, struct.pack("<QIIH", 4, 7, 2, 6)) +
                           message(REGION_WRITE, struct.pack("<QIII", 0x10, 7, 4, 0xffffffff)))
    registers = b"".join([read_register(0), read_register(0x4, 8), write_register(0xc, 0x12345678),
                          write_register(0x40, 3), write_register(0x408, 3), write_register(0x410, 0x10000),
                          write_register(0x418, 0x11000), write_register(0x400, 1),
                          write_register(0x1000, 8), read_register(0x404), write_register(0x5c, 1)])
    yield "registers", bytes([HANDSHAKE | WITH_FD]) + dma_map(0x10000, 0x8000) + registers
    multi = struct.pack("<Q", 2) + b"".join(struct.pack("<QIIQ", 0x1000 + 64 * i, 0, 4, i) for i in range(2))
    yield "write_multi", bytes([HANDSHAKE]) + message(WRITE_MULTI, multi) + message(WRITE_MULTI, multi, 0x10)
    irqs = message(SET_IRQS, struct.pack("<IIIII", 20, 0x24, 2, 0, 1))
    yield "interrupts", (bytes([HANDSHAKE | WITH_FD]) + irqs +
                         message(SET_IRQS, struct.pack("<IIIII", 20, 0x21, 2, 0, 1)) +
                         message(SET_IRQS, struct.pack("<IIIII", 20, 0x21, 2, 0, 0)) +
                         read_register(0x3000, 16) + write_register(0x300c, 1))
    yield "reset", bytes([HANDSHAKE | SECOND_CLIENT]) + message(RESET) + message(FEATURE, bytes(8))
    yield "too_long", bytes([HANDSHAKE]) + struct.pack("<HHIII", 1, REGION_WRITE, 0x7fffffff, 0, 0)
    yield "too_short", bytes([HANDSHAKE]) + struct.pack("<HHIII", 1, REGION_WRITE, 15, 0, 0)


# --- frames: a byte of register bits, a byte of what to insert, then the frame ---------------------

ETHERNET = bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2])


def fold(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def udp(pseudo, payload=b"0123456789"):
    header = struct.pack(">HHHH", 1000, 4789, 8 + len(payload), 0)
    total = 0xffff - fold(pseudo(17, 8 + len(payload)) + header + payload)
    return header[:6] + struct.pack(">H", total or 0xffff) + payload


def tcp(pseudo, options=b"", payload=b"abc"):
    offset = 5 + len(options) // 4
    header = struct.pack(">HHIIBBHHH", 1000, 80, 1, 2, offset << 4, 0x18, 1024, 0, 0) + options
    total = 0xffff - fold(pseudo(6, len(header) + len(payload)) + header + payload)
    return header[:16] + struct.pack(">H", total) + header[18:] + payload


ADDRESSES4 = bytes([198, 18, 0, 1, 198, 19, 0, 1])
ADDRESSES6 = bytes.fromhex("20010db8000000000000000000000001" "20010db8000000000000000000000002")


def pseudo4(protocol, length):
    return ADDRESSES4 + struct.pack(">BBH", 0, protocol, length)


def pseudo6(protocol, length):
    return ADDRESSES6 + struct.pack(">IHBB", length, 0, 0, protocol)


def ipv4(protocol, payload, options=b"", fragment=0x4000):
    header = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 7, fragment,
                         64, protocol, 0) + ADDRESSES4 + options
    return b"\x08\0" + header[:10] + struct.pack(">H", 0xffff - fold(header)) + header[12:] + payload


def ipv6(following, payload):
    return b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(payload), following, 64) + ADDRESSES6 + payload


def tag(kind, tci):
    return struct.pack(">HH", kind, tci)


def frames():
    extension = bytes([0]) + bytes(7)
    last = bytes([17]) + bytes(7)
    fragment = struct.pack(">BBHI", 17, 0, 0x0001, 9)
    routing = bytes([17, 0, 0, 1]) + bytes(4)
    ah = bytes([17, 1]) + bytes(10)
    long = bytes([60, 25]) + bytes(206)
    cases = {
        "udp4": ipv4(17, udp(pseudo4)),
        "udp4_zero": ipv4(17, udp(pseudo4)[:6] + b"\0\0" + b"0123456789"),
        "udp4_length": ipv4(17, b"\0\1\0\2\0\7\0\0" + bytes(10)),
        "tcp4": ipv4(6, tcp(pseudo4)),
        "tcp4_options": ipv4(6, tcp(pseudo4, bytes([1] * 20)), bytes([1] * 8)),
        "tcp4_offset": ipv4(6, tcp(pseudo4)[:12] + b"\x40" + tcp(pseudo4)[13:]),
        "icmp4": ipv4(1, b"\x08\0" + bytes(30)),
        "sctp4": ipv4(132, bytes(30)),
        "fragment4": ipv4(17, udp(pseudo4), fragment=0x2000),
        "long_options4": ipv4(17, udp(pseudo4), bytes([1] * 40)),
        "udp6": ipv6(17, udp(pseudo6)),
        "udp6_zero": ipv6(17, udp(pseudo6)[:6] + b"\0\0" + b"0123456789"),
        "tcp6": ipv6(6, tcp(pseudo6)),
        "icmp6": ipv6(58, b"\x80\0" + bytes(30)),
        "extensions6": ipv6(0, bytes([60]) + bytes(7) + last + udp(pseudo6)),
        "nine_extensions6": ipv6(0, (bytes([60]) + bytes(7)) * 8 + last + udp(pseudo6)),
        "fragment6": ipv6(44, fragment + udp(pseudo6)),
        "routing6": ipv6(43, routing + udp(pseudo6)),
        "ah6": ipv6(51, ah + udp(pseudo6)),
        "deep6": ipv6(60, long + last + udp(pseudo6)),
        "unknown6": ipv6(135, extension + udp(pseudo6)),
        "nothing6": ipv6(59, bytes(20)),
        "arp": b"\x08\x06\0\1\x08\0\6\4\0\1" + bytes(20),
        "other": b"\x88\xcc" + bytes(46),
        "tag": tag(0x8100, 5) + ipv4(17, udp(pseudo4)),
        "tags2": tag(0x88a8, 5) + tag(0x8100, 6) + ipv6(6, tcp(pseudo6)),
        "tags3": tag(0x9100, 5) + tag(0x88a8, 6) + tag(0x8100, 7) + ipv4(6, tcp(pseudo4)),
        "vxlan": ipv4(17, udp(pseudo4, bytes([8] + [0] * 7) + ETHERNET + ipv4(6, tcp(pseudo4)))),
    }
    for name, rest in cases.items():
        data = ETHERNET + rest
        yield name, bytes([0x3f, 3 if rest[:2] == b"\x08\0" else 2]) + data + bytes(max(0, 60 - len(data)))
    yield "runt", bytes([0, 0]) + ETHERNET + b"\x08\0"
    yield "bad_dropped", bytes([0xff, 0]) + ETHERNET + cases["udp4"][:40] + bytes(40)


# --- queues: a byte (bit 0: nothing is set up), then actions ----------------------------------------

def action(kind, function=0, queue=0):
    return bytes([function << 7 | queue << 4 | kind])


def descriptor(queue, index, address, words, function=0):
    return action(8, function, queue) + bytes([index]) + struct.pack("<I", address)[:3] + struct.pack("<II", *words)


def doorbell(queue, tail, function=0):
    return action(5, function, queue) + struct.pack("<H", tail)


def queue_register(queue, offset, value):
    return action(3, 0, queue) + bytes([offset]) + struct.pack("<I", value)


def frame(function, length, data):
    return action(12, function) + bytes([length // 2]) + data[:min(64, length // 2 * 2 + 1)]


def queues():
    data = (ETHERNET + ipv4(17, udp(pseudo4)) + bytes(64))[:64]
    received = b"".join(descriptor(0, i, 0x4000 + 0x800 * i, (0x800, 0)) for i in range(4)) + doorbell(0, 4)
    yield "receive", bytes([0]) + received + frame(0, 64, data) + action(15) + b"\xff"
    yield "receive_both", (bytes([0]) + received + descriptor(0, 0, 0x4000, (100, 0), 1) + doorbell(0, 1, 1) +
                           frame(0, 64, data) + frame(1, 200, data) + frame(0, 200, data))
    yield "refused_buffer", (bytes([0]) + descriptor(0, 0, 0xf000, (0x800, 0)) + descriptor(0, 1, 0xff0000, (0x800, 0)) +
                             doorbell(0, 2) + frame(0, 100, data) + frame(0, 100, data))
    yield "transmit", (bytes([0]) + action(11) + struct.pack("<HB", 0x8000, 64) + data +
                       descriptor(4, 0, 0x8000, (64 | 7 << 16, 0)) + descriptor(4, 1, 0x8000, (13 | 4 << 16, 0)) +
                       descriptor(4, 2, 0x8000, (64, 0)) + descriptor(4, 3, 0xff0000, (64 | 4 << 16, 0)) + doorbell(4, 4))
    lengths = (14, 59, 60, 4096, 9728, 9729, 16383)
    yield "transmit_lengths", (bytes([0]) + b"".join(
        descriptor(4, i, 0x4000, (length | 7 << 16, 0)) for i, length in enumerate(lengths)) + doorbell(4, len(lengths)))
    yield "long_ring", (bytes([0]) + queue_register(4, 0, 0) + queue_register(4, 8, 8) + queue_register(4, 0x10, 0x8000) +
                        queue_register(4, 0, 1) + doorbell(4, 200) + queue_register(0, 0, 0) +
                        queue_register(0, 8, 9) + queue_register(0, 0x10, 0x8000) + queue_register(0, 0, 1) +
                        doorbell(0, 300) + frame(0, 64, data))
    across = b"".join(queue_register(q, 0, 0) + queue_register(q, 8, 5) + queue_register(q, 0x10, 0x1f80) +
                      queue_register(q, 0x18, 0x3f80) + queue_register(q, 0, 1) for q in (0, 4))
    yield "rings_across_pages", bytes([0]) + across + doorbell(0, 20) + doorbell(4, 20) + frame(0, 64, data) * 9
    yield "doorbell_too_far", bytes([0]) + doorbell(0, 9) + doorbell(4, 0xffff) + doorbell(4, 4)
    yield "interrupt", (bytes([0]) + received + action(7, 0, 0) + b"\0\0" + frame(0, 64, data) + action(7, 0, 4) +
                        struct.pack("<H", 3))
    yield "refused_ring", (bytes([0]) + queue_register(0, 0, 0) + queue_register(0, 0x10, 0x10000) +
                           queue_register(0, 0, 1) + doorbell(0, 3))
    scatter = action(0) + bytes([0x40, 0, 1]) + struct.pack("<I", 0x43)
    small = b"".join(descriptor(0, i, 0x4000 + 0x100 * i, (64 + i, 0)) for i in range(8)) + doorbell(0, 8)
    yield "scatter", bytes([0]) + scatter + small + frame(0, 300, data) + frame(0, 400, data) + frame(0, 64, data)
    yield "from_nothing", (bytes([1]) + action(0) + bytes([0x40, 0, 1]) + struct.pack("<I", 7) + action(2) +
                           bytes([0, 0, 1]) + action(14, 0, 1) + b"\x10\x27\0" + frame(1, 64, data))
    yield "reset", bytes([0]) + received + action(0) + bytes([0x5c, 0, 1]) + struct.pack("<I", 1) + frame(0, 64, data)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "corpus")
    for target, seeds in (("vfio_user", vfio_user()), ("model_frame", frames()), ("model_queues", queues())):
        directory = os.path.join(root, target)
        os.makedirs(directory, exist_ok=True)
        for name, data in seeds:
            with open(os.path.join(directory, name), "wb") as file:
                file.write(data)


if __name__ == "__main__":
    main()
