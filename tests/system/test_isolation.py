#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A function reaches the memory that was given to it, and nothing else.

Two vfio-user clients written for this test map memory and write descriptors that point elsewhere.
"""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import netns
import packets
import queues
import tap
import vfio_user
from queues import RX, TX

BASE = 0x7f0000000000  # where the functions see their memory
SIZE = 1 << 20
BUFFERS = 0x40000  # offset of the data buffers in the memory
OUTSIDE = BASE + (64 << 20)


def frame(mark, length=100):
    return bytes.fromhex("020000000002") + bytes.fromhex("02000000aa01") + b"\x88\xb5" + \
        bytes([mark]) * (length - 14)


class Card:
    """The simulator with a TAP at each port, and both functions opened by clients of this test."""

    def __init__(self, width):
        tap.need_root()
        self.stack = []
        try:
            scratch = netns.scratch()
            self.stack.append(scratch.cleanup)
            self.ns = netns.Namespaces("s")
            self.stack.append(self.ns.remove)
            self.sim = bench.Sim(scratch.name, ["tap:tapa", "tap:tapb"], width,
                                 namespace=self.ns["s"])
            self.stack.append(self.sim.end)
            self.wires = []
            for interface in ("tapa", "tapb"):
                self.ns.sysctl("s", "net.ipv6.conf.%s.disable_ipv6" % interface, 1)
                self.ns.ip("s", "link", "set", interface, "up")
                self.wires.append(packets.Wire(self.ns["s"], interface))
                self.stack.append(self.wires[-1].close)
            self.clients, self.memories = [], []
            for number in (0, 1):
                client = self.sim.client("net%d" % number)
                self.stack.append(client.close)
                memory = vfio_user.Memory(SIZE, fill=0x11 * (number + 1))
                self.stack.append(memory.close)
                client.dma_map(BASE, SIZE, memory.descriptor)
                client.write32(queues.CONTROL, queues.RX_ENABLE | queues.TX_ENABLE |
                               queues.PROMISCUOUS | queues.ALL_MULTICAST)
                self.clients.append(client)
                self.memories.append(memory)
        except BaseException:
            self.close()
            raise

    def queue(self, function, direction, number=0, **options):
        ring = (0 if direction == RX else 0x10000) + 0x2000 * number
        return queues.Queue(self.clients[function], direction, number, self.memories[function],
                            BASE, ring, **options)

    def close(self):
        while self.stack:
            self.stack.pop()()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.sim.check_balance()
                self.sim.finish()
        finally:
            self.close()


def transmit_outside(width):
    with Card(width) as card:
        queue = card.queue(0, TX)
        memory = card.memories[0]
        memory[BUFFERS:BUFFERS + 100] = frame(0x5a)
        before = card.wires[0].collect(0, 0, quiet=0.1)
        # Wholly outside, across the end of the map, and a sane one behind them.
        queue.post(OUTSIDE, 100, queues.END_OF_PACKET)
        queue.post(BASE + SIZE - 50, 100, queues.END_OF_PACKET)
        queue.post(BASE + BUFFERS, 100, queues.END_OF_PACKET)
        queue.ring_doorbell()
        results = []
        while not results or results[-1][0] != 2:
            result = queue.completion()
            assert result, "no completion after %r" % results
            results.append(result[:2])
        errors = [index for index, status in results if status == queues.DMA_ERROR]
        tap.equal(errors, [0, 1], "descriptors completed with DMA_ERROR")
        tap.equal(results[-1], (2, queues.OK), "the sane descriptor's completion")
        got = card.wires[0].collect(1, 5, quiet=0.3)
        tap.equal(got, [frame(0x5a)], "frames on the wire (and before: %d)" % len(before))
        tap.equal([queue.counter(i) for i in range(4)], [1, 2, 0, 0],
                  "sent, DMA errors, length errors, unsupported")
        queue.stop()
        card.sim.check_balance()


def transmit_impossible(width):
    with Card(width) as card:
        queue = card.queue(1, TX)
        memory = card.memories[1]
        memory[BUFFERS:BUFFERS + 16000] = bytes(16000)
        memory[BUFFERS:BUFFERS + 100] = frame(0x33)
        posts = ((0, queues.END_OF_PACKET, queues.LENGTH_ERROR),
                 (13, queues.END_OF_PACKET, queues.LENGTH_ERROR),
                 (9729, queues.END_OF_PACKET, queues.LENGTH_ERROR),
                 (16383, queues.END_OF_PACKET, queues.LENGTH_ERROR),
                 (100, 0, queues.UNSUPPORTED),
                 (100, queues.END_OF_PACKET, queues.OK))
        statuses = {}
        for length, flags, _ in posts:
            queue.post(BASE + BUFFERS, length, flags)
        queue.ring_doorbell()
        while len(posts) - 1 not in statuses:
            result = queue.completion()
            assert result, statuses
            statuses[result[0]] = result[1]
        tap.equal(statuses, {i: status for i, (_, _, status) in enumerate(posts)}, "statuses")
        tap.equal(card.wires[1].collect(1, 5, quiet=0.3), [frame(0x33)], "frames on the wire")
        tap.equal([queue.counter(i) for i in range(4)], [1, 0, 4, 1], "counters")
        queue.stop()
        card.sim.check_balance()


def receive_outside(width):
    with Card(width) as card:
        queue = card.queue(0, RX)
        memory = card.memories[0]
        queue.post(OUTSIDE, 2048)
        queue.post(BASE + SIZE - 20, 2048)
        queue.post(BASE + BUFFERS, 2048)
        queue.ring_doorbell()
        ring_end = 0x20000
        image = memory[ring_end:BUFFERS], memory[BUFFERS + 2048:SIZE - 20]
        for mark in (1, 2, 3):
            card.wires[0].send(frame(mark))
            result = queue.completion()
            assert result, "no completion of frame %d" % mark
            wanted = queues.OK if mark == 3 else queues.DMA_ERROR
            tap.equal(result[:2], (mark - 1, wanted), "completion of frame %d" % mark)
        tap.equal(memory[BUFFERS:BUFFERS + 100], frame(3), "the frame in the sane buffer")
        assert (memory[ring_end:BUFFERS], memory[BUFFERS + 2048:SIZE - 20]) == image, \
            "memory that no descriptor names has changed"
        tap.equal([queue.counter(i) for i in range(5)], [1, 0, 0, 2, 0],
                  "completed, no descriptor, too small, DMA errors, disabled")
        queue.stop()
        card.sim.check_balance()


def read_only_map(width):
    with Card(width) as card:
        client = card.clients[0]
        locked = vfio_user.Memory(0x10000, fill=0x77)
        client.dma_map(BASE + (32 << 20), 0x10000, locked.descriptor, writable=False)
        locked_frame = frame(0x44)
        locked[0:100] = locked_frame
        transmit, receive = card.queue(0, TX), card.queue(0, RX)
        receive.post(BASE + (32 << 20), 2048)
        receive.ring_doorbell()
        card.wires[0].send(frame(9))
        tap.equal(receive.completion()[:2], (0, queues.DMA_ERROR), "receive into read-only memory")
        tap.equal(locked[0:100], locked_frame, "read-only memory")
        transmit.post(BASE + (32 << 20), 100, queues.END_OF_PACKET)
        transmit.ring_doorbell()
        tap.equal(transmit.completion()[:2], (0, queues.OK), "transmit from read-only memory")
        tap.equal(card.wires[0].collect(1, 5), [locked_frame], "frame on the wire")
        # A map that was taken away is outside again.
        client.dma_unmap(BASE + (32 << 20), 0x10000)
        transmit.post(BASE + (32 << 20), 100, queues.END_OF_PACKET)
        transmit.ring_doorbell()
        tap.equal(transmit.completion()[:2], (1, queues.DMA_ERROR), "transmit after unmap")
        transmit.stop()
        receive.stop()
        card.sim.check_balance()
        locked.close()


def function_to_function(width):
    with Card(width) as card:
        # The same address in both functions is different memory.
        for number in (0, 1):
            card.memories[number][BUFFERS:BUFFERS + 100] = frame(0xa0 + number)
        sends = [card.queue(number, TX) for number in (0, 1)]
        for queue in sends:
            queue.post(BASE + BUFFERS, 100, queues.END_OF_PACKET)
            queue.ring_doorbell()
        for number, queue in enumerate(sends):
            tap.equal(queue.completion()[:2], (0, queues.OK), "function %d transmits" % number)
            tap.equal(card.wires[number].collect(1, 5), [frame(0xa0 + number)],
                      "what port %d sent" % number)
        # Receiving at the same address fills one's own memory only.
        other = card.memories[1][0x20000:SIZE]
        receive = card.queue(0, RX)
        receive.post(BASE + BUFFERS + 0x1000, 2048)
        receive.ring_doorbell()
        card.wires[0].send(frame(0xc0))
        tap.equal(receive.completion()[:2], (0, queues.OK), "function 0 receives")
        tap.equal(card.memories[0][BUFFERS + 0x1000:BUFFERS + 0x1064], frame(0xc0), "own memory")
        assert card.memories[1][0x20000:SIZE] == other, "function 1's memory has changed"

        # An address that only function 1 has is nothing to function 0, either way.
        secret = vfio_user.Memory(0x10000, fill=0x99)
        theirs = BASE + (16 << 20)
        card.clients[1].dma_map(theirs, 0x10000, secret.descriptor)
        sends[0].post(theirs, 100, queues.END_OF_PACKET)
        sends[0].ring_doorbell()
        tap.equal(sends[0].completion()[:2], (1, queues.DMA_ERROR), "function 0 reads function 1's")
        receive.post(theirs, 2048)
        receive.ring_doorbell()
        card.wires[0].send(frame(0xc1))
        tap.equal(receive.completion()[:2], (1, queues.DMA_ERROR), "function 0 writes function 1's")
        tap.equal(secret[0:0x10000], b"\x99" * 0x10000, "function 1's memory")
        tap.equal(card.wires[0].collect(0, 0, quiet=0.3), [], "frames on the wire")
        # Function 1 itself may.
        sends[1].post(theirs, 100, queues.END_OF_PACKET)
        sends[1].ring_doorbell()
        tap.equal(sends[1].completion()[:2], (1, queues.OK), "function 1 reads its own")
        tap.equal(card.wires[1].collect(1, 5), [b"\x99" * 100], "frame on the wire")

        # A ring in the other's memory stops the queue that asked, and nobody else.
        ring = queues.Queue(card.clients[0], TX, 1, card.memories[0], theirs, 0, size=8)
        ring.tail = 1
        ring.ring_doorbell()
        netns.wait_for(lambda: card.clients[0].read32(ring.registers + 4) & 2, 5,
                       "ring_error of the queue whose ring is elsewhere")
        tap.equal(secret[0:0x10000], b"\x99" * 0x10000, "function 1's memory")
        ring.stop()
        tap.equal(card.clients[0].read32(ring.registers + 4) & 2, 0, "ring_error after disabling")
        for queue in sends + [receive]:
            queue.stop()
        card.sim.check_balance()
        secret.close()


def doorbell_error(width):
    with Card(width) as card:
        queue = card.queue(0, TX)
        card.memories[0][BUFFERS:BUFFERS + 100] = frame(0x66)
        queue.tail = 9  # more than the ring's 8
        queue.ring_doorbell()
        netns.wait_for(lambda: card.clients[0].read32(queue.registers + 4) & 4, 5, "doorbell_error")
        tap.equal(queue.completion(0.2), None, "completion of an ignored doorbell")
        queue.stop()
        again = card.queue(0, TX)
        again.post(BASE + BUFFERS, 100, queues.END_OF_PACKET)
        again.ring_doorbell()
        tap.equal(again.completion()[:2], (0, queues.OK), "the queue works after a restart")
        again.stop()
        card.sim.check_balance()


def cases():
    for width in (64, 512):
        for name, function in (
                ("a transmit descriptor outside the map is refused", transmit_outside),
                ("impossible transmit descriptors are refused", transmit_impossible),
                ("a receive descriptor outside the map is refused", receive_outside),
                ("a read-only map is only read, and ends with its unmap", read_only_map),
                ("a function does not reach the other's memory", function_to_function),
                ("a doorbell beyond the ring is ignored", doorbell_error)):
            yield "%s, %d bits" % (name, width), lambda f=function, w=width: f(w)


if __name__ == "__main__":
    tap.run(list(cases()), time_limit=120)
