# SPDX-License-Identifier: BSD-3-Clause
"""Descriptor and completion rings, driven by hand over the protocol: a driver of a few lines, so
that a test can write descriptors that no sane driver writes."""

import struct
import time

RX, TX = "rx", "tx"
CONTROL, RX_ENABLE, TX_ENABLE, PROMISCUOUS, ALL_MULTICAST = 0x40, 1, 2, 4, 8
QUEUE_BASE = {RX: 0x400, TX: 0x800}
COMPLETION_SIZE = {RX: 32, TX: 8}
OK, DMA_ERROR, LENGTH_ERROR, UNSUPPORTED = range(4)
# Word in the doorbell page; a queue has 64 bytes.
DOORBELL = {RX: 0x000, TX: 0x800}
STATISTICS = {RX: 0x2400, TX: 0x2800}
IP_CHECKSUM, L4_CHECKSUM, END_OF_PACKET = 1 << 16, 1 << 17, 1 << 18


class Queue:
    """One queue whose rings lie in memory at ring (descriptors) and ring + 0x1000 (completions)."""

    def __init__(self, client, direction, number, memory, base, ring, size=8, vector=None):
        """base: the address at which the function sees memory; ring: an offset in memory."""
        self.client, self.direction, self.number = client, direction, number
        self.memory, self.ring, self.size = memory, ring, size
        self.completions = ring + 0x1000
        self.width = COMPLETION_SIZE[direction]
        self.registers = QUEUE_BASE[direction] + 0x40 * number
        self.vector = vector if vector is not None else (0 if direction == RX else 4) + number
        self.tail = self.head = self.request = 0
        self.doorbells = client.doorbells()
        memory[self.completions:self.completions + size * self.width] = bytes(size * self.width)
        for offset, value in ((0x08, size.bit_length() - 1 | self.vector << 8),
                              (0x10, base + ring), (0x14, (base + ring) >> 32),
                              (0x18, base + self.completions),
                              (0x1c, (base + self.completions) >> 32), (0x00, 1)):
            client.write32(self.registers + offset, value & 0xffffffff)

    def post(self, address, length, flags=0):
        """Writes one descriptor; ring() tells the card."""
        where = self.ring + 16 * (self.tail % self.size)
        self.memory[where:where + 16] = struct.pack("<QII", address, length | flags, 0)
        self.tail += 1

    def word(self, which):
        return (DOORBELL[self.direction] + 0x40 * self.number + which) // 4

    def ring_doorbell(self):
        self.doorbells[self.word(0)] = self.tail & 0xffff

    def arm(self, seen=None):
        """Asks for one interrupt once there are more completions than seen."""
        self.request ^= 1
        seen = self.head if seen is None else seen
        self.doorbells[self.word(4)] = (seen & 0xffff) | self.request << 31

    def completion(self, seconds=5):
        """The next completion as (index, status, words), or None in time."""
        where = self.completions + self.width * (self.head % self.size)
        phase = 1 if self.head // self.size % 2 == 0 else 0
        end = time.monotonic() + seconds
        while True:
            words = struct.unpack("<%dI" % (self.width // 4),
                                  self.memory[where:where + self.width])
            if words[-1] >> 31 == phase:
                break
            if time.monotonic() > end:
                return None
            time.sleep(0.001)
        self.head += 1
        if self.direction == TX:
            return words[0] & 0xffff, words[1] & 0xf, words
        return words[7] & 0xffff, words[7] >> 16 & 0xf, words

    def stop(self):
        self.client.write32(self.registers, 0)
        end = time.monotonic() + 5
        while self.client.read32(self.registers + 4) & 1:
            assert time.monotonic() < end, "queue %s%d does not stop" % (self.direction, self.number)
            time.sleep(0.001)

    def counter(self, result):
        return self.client.counter(STATISTICS[self.direction] + 16 * (8 * self.number + result))
