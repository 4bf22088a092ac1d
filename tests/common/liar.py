# SPDX-License-Identifier: BSD-3-Clause
"""A card that lies: between a client and the simulator, changing what either says; and a wire that
gives back other frames than it got."""

import array
import os
import socket
import struct
import threading

from vfio_user import HEADER, REGION_READ, REGION_WRITE, REPLY

ACCESS = struct.Struct("<QII")  # offset, region, count


class Liar:
    """Passes each message on. lie(command, offset, data) is asked with what a register access writes
    or read, and with offset None for all else that the client asks; it returns the data to go on with,
    or None for a request that is answered and not passed on."""

    def __init__(self, path, card, lie):
        self.path, self.card, self.lie = path, card, lie
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen(4)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)
        os.unlink(self.path)

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as card:
                card.connect(self.card)
                try:
                    while True:
                        self.pass_on(client, card)
                except ConnectionError:
                    pass

    def pass_on(self, client, card):
        header, body, descriptors = receive(client)
        identity, command, _, _, _ = header
        offset = ACCESS.unpack_from(body)[0] if command in (REGION_READ, REGION_WRITE) else None
        if command != REGION_READ:
            kept = body[:ACCESS.size] if offset is not None else b""
            data = self.lie(command, offset, body[len(kept):])
            if data is None:
                send(client, (identity, command, REPLY, 0), kept, descriptors=[])
                close(descriptors)
                return
            body = kept + data
        send(card, (identity, command, 0, 0), body, descriptors)
        (_, _, _, flags, error), body, descriptors = receive(card)
        if command == REGION_READ:
            body = body[:ACCESS.size] + self.lie(command, offset, body[ACCESS.size:])
        send(client, (identity, command, flags, error), body, descriptors)


def receive(connection):
    descriptors = []
    header = HEADER.unpack(take(connection, HEADER.size, descriptors))
    return header, take(connection, header[2] - HEADER.size, descriptors), descriptors


def take(connection, size, descriptors):
    data = b""
    while len(data) < size:
        part, ancillary, _, _ = connection.recvmsg(size - len(data), 1024)
        if not part:
            raise ConnectionError
        for _, _, content in ancillary:
            numbers = array.array("i")
            numbers.frombytes(content[:len(content) - len(content) % numbers.itemsize])
            descriptors.extend(numbers)
        data += part
    return data


def send(connection, fields, body, descriptors):
    identity, command, flags, error = fields
    message = HEADER.pack(identity, command, HEADER.size + len(body), flags, error) + body
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
    sent = connection.sendmsg([message], ancillary if descriptors else [])
    connection.sendall(message[sent:])
    close(descriptors)


def close(descriptors):
    for number in descriptors:
        os.close(number)


class Echo:
    """The other end of a port's cable: gives back change(number, frame) of each frame, if anything."""

    def __init__(self, cable, change):
        self.change = change
        self.own, self.other = cable + ".b", cable + ".a"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.own)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        number = 0
        while True:
            frame = self.socket.recv(16384)
            if not frame:
                return
            back = self.change(number, frame)
            if back:
                self.socket.sendto(back, self.other)
            number += 1

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self.own)
        self.thread.join(10)
        self.socket.close()
        os.unlink(self.own)
