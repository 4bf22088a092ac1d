#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Kernel TCP with its content checked on both ends. Runs as `serve` in one namespace, as `fetch` in
another; each prints JSON about what it saw, and the test compares the two.

A client sends a line {"up": N, "down": N, "seed": S} and up bytes, then reads down bytes and the
server's hash of what came up. The bytes follow from the seed, so each end knows what it must get.
"""

import argparse
import hashlib
import json
import random
import socket
import sys
import threading


def content(seed, size):
    return random.Random(seed).randbytes(size)


def read_exactly(file, size):
    data = file.read(size)
    if data is None or len(data) != size:
        raise ConnectionError("the connection ended after %d of %d bytes" % (len(data or b""), size))
    return data


def listen(family, address, port):
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(64)
    return listener


def serve_one(connection, seconds, results):
    connection.settimeout(seconds)
    with connection, connection.makefile("rb") as file:
        request = json.loads(file.readline())
        up = read_exactly(file, request["up"])
        reply = content(request["seed"] + 1, request["down"])
        got = hashlib.sha256(up).hexdigest()
        connection.sendall(reply + got.encode())
        results.append({"seed": request["seed"], "up": got,
                        "down": hashlib.sha256(reply).hexdigest(),
                        "right": up == content(request["seed"], request["up"])})
        connection.shutdown(socket.SHUT_WR)
        file.read()


def serve(options, family):
    listener = listen(family, options.address, options.port)
    listener.settimeout(options.seconds)
    print("listening", file=sys.stderr, flush=True)
    results, threads = [], []
    for _ in range(options.connections):
        connection, _ = listener.accept()
        threads.append(threading.Thread(target=serve_one,
                                        args=(connection, options.seconds, results)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return results


def fetch_one(options, family, seed, results):
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(options.seconds)
        connection.connect((options.address, options.port))
        up = content(seed, options.up)
        request = {"up": options.up, "down": options.down, "seed": seed}
        connection.sendall(json.dumps(request).encode() + b"\n" + up)
        with connection.makefile("rb") as file:
            down = read_exactly(file, options.down)
            confirmed = read_exactly(file, 64).decode()
            if file.read():
                raise ConnectionError("more bytes than asked for")
        sent = hashlib.sha256(up).hexdigest()
        results.append({"seed": seed, "up": sent, "down": hashlib.sha256(down).hexdigest(),
                        "right": confirmed == sent and down == content(seed + 1, options.down)})


def fetch(options, family):
    results = []
    threads = [threading.Thread(target=fetch_one,
                                args=(options, family, options.seed + 2 * i, results))
               for i in range(options.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=("serve", "fetch"))
    parser.add_argument("address")
    parser.add_argument("--port", type=int, default=7000)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--up", type=int, default=0)
    parser.add_argument("--down", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    results = (serve if options.role == "serve" else fetch)(options, family)
    print(json.dumps(sorted(results, key=lambda r: r["seed"])))
    return 0 if len(results) == options.connections and all(r["right"] for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
