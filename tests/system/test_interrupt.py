#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""MSI-X vectors as eventfds: one signal for each time that a queue was armed, and none otherwise."""

import os
import select
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import queues
import tap
from queues import RX, TX
from test_isolation import BASE, BUFFERS, Card, frame

VECTORS = 9


def eventfds(client):
    """An eventfd on every vector. They must close after the card."""
    descriptors = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(VECTORS)]
    client.set_eventfds(0, descriptors)
    return descriptors


def signals(descriptors, seconds):
    """Counts of the eventfds that were signalled, after the first signal or the time."""
    select.select(descriptors, [], [], seconds)
    time.sleep(0.05)
    counts = []
    for descriptor in descriptors:
        try:
            counts.append(os.eventfd_read(descriptor))
        except BlockingIOError:
            counts.append(0)
    return counts


def only(vector):
    return [1 if number == vector else 0 for number in range(VECTORS)]


def receive(width):
    with Card(width) as card:
        events = eventfds(card.clients[0])
        queue = card.queue(0, RX)
        for number in range(8):
            queue.post(BASE + BUFFERS + 2048 * number, 2048)
        queue.ring_doorbell()

        card.wires[0].send(frame(1))
        assert queue.completion(), "no completion"
        tap.equal(signals(events, 0.3), [0] * VECTORS, "signals of a queue that is not armed")

        queue.arm()
        tap.equal(signals(events, 0.3), [0] * VECTORS, "signals while nothing has come")
        card.wires[0].send(frame(2))
        tap.equal(signals(events, 5), only(queue.vector), "signals of an armed queue")
        assert queue.completion(), "no completion"

        card.wires[0].send(frame(3))
        assert queue.completion(), "no completion"
        tap.equal(signals(events, 0.3), [0] * VECTORS, "signals once it has fired")

        # Armed for what has already come: fires at once, nothing is lost between look and sleep.
        card.wires[0].send(frame(4))
        deadline = time.monotonic() + 5
        while card.clients[0].read32(queue.registers + 0x20) >> 16 != 4:
            assert time.monotonic() < deadline, "the fourth completion does not come"
        queue.arm()
        tap.equal(signals(events, 5), only(queue.vector), "signals of arming too late")
        queue.stop()
        card.sim.check_balance()
    for descriptor in events:
        os.close(descriptor)


def transmit(width):
    with Card(width) as card:
        events = eventfds(card.clients[1])
        queue = card.queue(1, TX, number=2)
        card.memories[1][BUFFERS:BUFFERS + 100] = frame(1)
        queue.arm()
        queue.post(BASE + BUFFERS, 100, queues.END_OF_PACKET)
        queue.ring_doorbell()
        tap.equal(signals(events, 5), only(queue.vector), "signals of an armed queue")
        assert queue.completion(), "no completion"
        queue.post(BASE + BUFFERS, 100, queues.END_OF_PACKET)
        queue.ring_doorbell()
        assert queue.completion(), "no completion"
        tap.equal(signals(events, 0.3), [0] * VECTORS, "signals of a queue that is not armed")
        queue.stop()
        card.sim.check_balance()
    for descriptor in events:
        os.close(descriptor)


def chosen_vector(width):
    with Card(width) as card:
        events = eventfds(card.clients[0])
        queue = card.queue(0, RX, number=0, vector=7)
        queue.post(BASE + BUFFERS, 2048)
        queue.ring_doorbell()
        queue.arm()
        card.wires[0].send(frame(1))
        tap.equal(signals(events, 5), only(7), "signals")
        queue.stop()
    for descriptor in events:
        os.close(descriptor)


if __name__ == "__main__":
    tap.run([
        ("a receive queue signals once when armed", lambda: receive(64)),
        ("a receive queue signals once when armed, 512 bits", lambda: receive(512)),
        ("a transmit queue signals once when armed", lambda: transmit(64)),
        ("the signal is the vector that the queue names", lambda: chosen_vector(64)),
    ], time_limit=90)
