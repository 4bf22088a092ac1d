# SPDX-License-Identifier: BSD-3-Clause
"""A vfio-user client in Python, written from the protocol's public description: the tests' own view
of the simulator, which shares no code with the library or the driver."""

import array
import errno
import json
import mmap
import os
import socket
import struct

VERSION, DMA_MAP, DMA_UNMAP, DEVICE_GET_INFO, GET_REGION_INFO, GET_REGION_IO_FDS = 1, 2, 3, 4, 5, 6
GET_IRQ_INFO, SET_IRQS, REGION_READ, REGION_WRITE, DMA_READ, DMA_WRITE, RESET = 7, 8, 9, 10, 11, 12, 13

HEADER = struct.Struct("<HHIII")  # id, command, size, flags, errno
REPLY, NO_REPLY, ERROR = 0x1, 0x10, 0x20
MSIX = 2
BAR0, CONFIG = 0, 7


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, number, what):
        super().__init__("%s: %s" % (what, errno.errorcode.get(number, number)))
        self.errno = number


class Client:
    def __init__(self, path, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.next_id = 0
        text = json.dumps({"capabilities": {"max_msg_fds": 8, "max_data_xfer_size": 1048576}})
        reply, _ = self.call(VERSION, struct.pack("<HH", 0, 0) + text.encode() + b"\0")
        self.version = struct.unpack_from("<HH", reply)
        self.capabilities = json.loads(reply[4:].split(b"\0")[0] or b"{}")
        self.doorbell_page = self.doorbell_words = None

    def close(self):
        if self.doorbell_page:
            self.doorbell_words.release()
            self.doorbell_page.close()
            self.doorbell_page = None
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def receive(self, size, descriptors):
        data = b""
        while len(data) < size:
            part, ancillary, _, _ = self.socket.recvmsg(size - len(data), 1024)
            if not part:
                raise ConnectionError("the server closed the connection")
            for level, kind, content in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    numbers = array.array("i")
                    numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
                    descriptors.extend(numbers)
            data += part
        return data

    def call(self, number, body=b"", descriptors=()):
        """One command and its reply; returns (body, received descriptors)."""
        self.next_id = (self.next_id + 1) & 0xffff
        message = HEADER.pack(self.next_id, number, HEADER.size + len(body), 0, 0) + body
        ancillary = []
        if descriptors:
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        sent = self.socket.sendmsg([message], ancillary)
        self.socket.sendall(message[sent:])
        received = []
        identity, command, size, flags, error = HEADER.unpack(self.receive(HEADER.size, received))
        reply = self.receive(size - HEADER.size, received)
        assert identity == self.next_id and command == number and flags & 0xf == REPLY, \
            "reply %d to command %d, flags %#x" % (command, number, flags)
        if flags & ERROR:
            raise Refused(error, "command %d" % number)
        return reply, received

    # --- device ----------------------------------------------------------------------------

    def region_info(self, index):
        """(flags, size, sparse areas, descriptor or None)"""
        body = struct.pack("<IIIIQQ", 4096, 0, index, 0, 0, 0)
        reply, received = self.call(GET_REGION_INFO, body)
        _, flags, _, capability, size, _ = struct.unpack_from("<IIIIQQ", reply)
        areas = []
        while capability and capability + 8 <= len(reply):
            kind, _, following = struct.unpack_from("<HHI", reply, capability)
            if kind == 1:
                count, _ = struct.unpack_from("<II", reply, capability + 8)
                areas = [struct.unpack_from("<QQ", reply, capability + 16 + 16 * i)
                         for i in range(count)]
            capability = following
        for extra in received[1:]:
            os.close(extra)
        return flags, size, areas, received[0] if received else None

    def read(self, region, offset, size):
        reply, _ = self.call(REGION_READ, struct.pack("<QII", offset, region, size))
        return reply[16:]

    def write(self, region, offset, data):
        self.call(REGION_WRITE, struct.pack("<QII", offset, region, len(data)) + data)

    def read32(self, offset):
        return struct.unpack("<I", self.read(BAR0, offset, 4))[0]

    def write32(self, offset, value):
        self.write(BAR0, offset, struct.pack("<I", value))

    def counter(self, offset):
        """Packets of the counter at offset."""
        low = self.read32(offset)
        return low | self.read32(offset + 4) << 32

    def reset(self):
        self.call(RESET)

    # --- memory and interrupts -------------------------------------------------------------

    def dma_map(self, address, size, descriptor, offset=0, writable=True):
        self.call(DMA_MAP, struct.pack("<IIQQQ", 32, 3 if writable else 1, offset, address, size),
                  [descriptor])

    def dma_unmap(self, address, size):
        self.call(DMA_UNMAP, struct.pack("<IIQQ", 24, 0, address, size))

    def set_eventfds(self, start, descriptors):
        flags = 0x20 | 0x4  # trigger by eventfd
        self.call(SET_IRQS, struct.pack("<IIIII", 20, flags, MSIX, start, len(descriptors)),
                  descriptors)

    def doorbells(self):
        """The doorbell page, shared with the server: a writable memoryview of 32-bit words."""
        if not self.doorbell_page:
            flags, size, areas, descriptor = self.region_info(BAR0)
            assert flags & 4 and descriptor is not None, "BAR0 cannot be mapped"
            offset, length = areas[0] if areas else (0, size)
            assert offset <= 0x1000 < offset + length, "the doorbell page is not in %r" % areas
            self.doorbell_page = mmap.mmap(descriptor, 0x1000, offset=0x1000)
            os.close(descriptor)
            self.doorbell_words = memoryview(self.doorbell_page).cast("I")
        return self.doorbell_words


class Memory:
    """A memfd mapped here and, by dma_map(), in a function."""

    def __init__(self, size, fill=0):
        self.size = size
        self.descriptor = os.memfd_create("sekisho-test")
        os.ftruncate(self.descriptor, size)
        self.view = mmap.mmap(self.descriptor, size)
        if fill:
            self.view[:] = bytes([fill]) * size

    def close(self):
        self.view.close()
        os.close(self.descriptor)

    def __getitem__(self, where):
        return self.view[where]

    def __setitem__(self, where, data):
        self.view[where] = data
