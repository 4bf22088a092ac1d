# SPDX-License-Identifier: BSD-3-Clause
"""Raw frames on an interface of a namespace, and scapy's opinion on their checksums."""

import ctypes
import os
import socket
import struct
import time

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
SO_RCVBUFFORCE = 33
CLONE_NEWNET = 0x40000000
VLAN_VALID, VLAN_TPID_VALID = 0x10, 0x40


class in_namespace:
    """While it lasts, sockets are made in the network namespace of that name."""

    def __init__(self, name):
        self.name = name
        self.libc = ctypes.CDLL(None, use_errno=True)

    def enter(self, path):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            if self.libc.setns(descriptor, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns " + path)
        finally:
            os.close(descriptor)

    def __enter__(self):
        self.home = "/proc/%d/ns/net" % os.getpid()
        self.back = os.open(self.home, os.O_RDONLY)
        self.enter("/run/netns/" + self.name)

    def __exit__(self, *_):
        if self.libc.setns(self.back, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns back")
        os.close(self.back)


class Wire:
    """Sends and receives whole frames, as they are, at an interface."""

    def __init__(self, namespace, interface):
        with in_namespace(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.bind((interface, ETH_P_ALL))

    def close(self):
        self.socket.close()

    def send(self, frame):
        self.socket.send(bytes(frame))

    def receive(self, seconds):
        """The next frame that arrives at the interface, its VLAN tag put back, or None."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if left <= 0:
                return None
            self.socket.settimeout(left)
            try:
                data, ancillary, _, address = self.socket.recvmsg(65536, 256)
            except socket.timeout:
                return None
            if address[2] == PACKET_OUTGOING:
                continue
            for level, kind, content in ancillary:
                if level == SOL_PACKET and kind == PACKET_AUXDATA:
                    status, _, _, _, _, tci, tpid = struct.unpack("<IIIHHHH", content[:20])
                    if status & VLAN_VALID:
                        tpid = tpid if status & VLAN_TPID_VALID else 0x8100
                        data = data[:12] + struct.pack(">HH", tpid, tci) + data[12:]
            return data

    def collect(self, count, seconds, quiet=0.5):
        """Up to count frames; then whatever else comes within the quiet time."""
        frames = []
        end = time.monotonic() + seconds
        while len(frames) < count and time.monotonic() < end:
            frame = self.receive(max(0.01, end - time.monotonic()))
            if frame is not None:
                frames.append(frame)
        extra = self.receive(quiet)
        while extra is not None:
            frames.append(extra)
            extra = self.receive(quiet)
        return frames


# --- scapy's opinion ---------------------------------------------------------------------------

UNKNOWN, BAD, GOOD, NONE = "unknown", "bad", "good", "none"


def network_layer(frame):
    """(EtherType, bytes behind Ethernet and VLAN tags, number of tags)"""
    offset, tags = 12, 0
    kind = struct.unpack_from(">H", frame, offset)[0]
    while kind in (0x8100, 0x88a8, 0x9100) and tags < 3:
        offset += 4
        tags += 1
        kind = struct.unpack_from(">H", frame, offset)[0]
    return kind, frame[offset + 2:], tags


def opinion(frame):
    """(verdict on the IP header, verdict on layer 4) of a frame, with scapy's arithmetic.

    Knows well-formed packets: what is malformed has its expected verdicts in the test.
    """
    from scapy.layers.inet import IP, in4_chksum
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, in6_chksum
    from scapy.utils import checksum

    kind, data, tags = network_layer(frame)
    if tags > 2 or kind not in (0x0800, 0x86dd):
        return UNKNOWN, UNKNOWN
    if kind == 0x0800:
        packet = IP(data)
        header = data[: packet.ihl * 4]
        ip_verdict = GOOD if checksum(header) == 0 else BAD
        if packet.flags.MF or packet.frag:
            return ip_verdict, UNKNOWN
        segment = data[packet.ihl * 4: packet.len]
        if packet.proto not in (6, 17):
            return ip_verdict, UNKNOWN
        if packet.proto == 17:
            segment = segment[: struct.unpack_from(">H", segment, 4)[0]]
            if segment[6:8] == b"\0\0":
                return ip_verdict, NONE
        return ip_verdict, GOOD if in4_chksum(packet.proto, packet, segment) == 0 else BAD
    packet = IPv6(data)
    end = 40 + packet.plen
    protocol, offset = packet.nh, 40
    while protocol in (0, 43, 60):
        protocol, offset = data[offset], offset + 8 + 8 * data[offset + 1]
    if IPv6ExtHdrFragment in packet or protocol not in (6, 17):
        return GOOD, UNKNOWN
    segment = data[offset:end]
    if protocol == 17:
        segment = segment[: struct.unpack_from(">H", segment, 4)[0]]
        if segment[6:8] == b"\0\0":
            return GOOD, BAD
    return GOOD, GOOD if in6_chksum(protocol, packet, segment) == 0 else BAD


def corrected(frame, field):
    """A plain TCP or UDP packet with the checksums that scapy computes; field: layer 4's offset."""
    from scapy.layers.inet import IP, in4_chksum
    from scapy.layers.inet6 import IPv6, in6_chksum
    from scapy.utils import checksum

    kind, data, _ = network_layer(frame)
    start = len(frame) - len(data)
    frame = frame[:field] + b"\0\0" + frame[field + 2:]
    data = frame[start:]
    if kind == 0x0800:
        packet = IP(data)
        header = data[:10] + b"\0\0" + data[12:packet.ihl * 4]
        frame = frame[:start + 10] + struct.pack(">H", checksum(header)) + frame[start + 12:]
        protocol, segment = packet.proto, data[packet.ihl * 4:packet.len]
    else:
        packet = IPv6(data)
        protocol, segment = packet.nh, data[40:40 + packet.plen]
    value = (in4_chksum if kind == 0x0800 else in6_chksum)(protocol, packet, segment)
    if protocol == 17 and value == 0:
        value = 0xffff
    return frame[:field] + struct.pack(">H", value) + frame[field + 2:]
