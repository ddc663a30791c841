# SPDX-License-Identifier: BSD-3-Clause
"""Numbered broadcasts between hosts, all the time: who heard which, and how often each passed each link."""
import collections
import contextlib
import ctypes
import itertools
import selectors
import socket
import struct
import threading
import time

from netlab import packet_socket

TYPE = 0x88b5  # local experimental
EVERY = 0.02  # seconds between two probes of a station
SO_ATTACH_FILTER = 26
# classic BPF: ldh [12]; jeq TYPE, accept all, reject
FILTER = b"".join(struct.pack("HBBI", *op) for op in
                  ((0x28, 0, 0, 12), (0x15, 0, 1, TYPE), (6, 0, 0, 1 << 16), (6, 0, 0, 0)))
# A probe crosses each link of a tree once. One that is under way while the tree changes may cross
# a link again; what goes round does so many times.
TWICE = 2


class Probes:
    """stations: {name: (namespace, device)} that send and listen; links: {name: (namespace, device)}."""

    def __init__(self, stations, links):
        self.names = sorted(stations)
        self.sent = {name: [] for name in self.names}  # times, by the probe's number
        self.heard = {name: collections.Counter() for name in self.names}  # (station, number)
        self.crossed = {link: collections.Counter() for link in links}
        self.sockets, self.stop = {}, threading.Event()
        self.selector = selectors.DefaultSelector()
        for name, place in stations.items():
            self.sockets[name] = self._listen(place, self.heard[name], True)
        for link, place in links.items():
            self._listen(place, self.crossed[link], False)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _listen(self, place, counter, incoming_only):
        sock = packet_socket(*place, incoming_only=incoming_only)
        code = ctypes.create_string_buffer(FILTER)
        sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                        struct.pack("HxxxxxxP", len(FILTER) // 8, ctypes.addressof(code)))
        sock.setblocking(False)
        self.selector.register(sock, selectors.EVENT_READ, counter)
        return sock

    def _send(self):
        for i, name in enumerate(self.names):
            frame = struct.pack("!6s6sHBI", b"\xff" * 6, bytes([2, 0, 0, 0, 0xcc, i]), TYPE, i, len(self.sent[name]))
            self.sent[name].append(time.monotonic())
            with contextlib.suppress(OSError):  # the device may be down
                self.sockets[name].send(frame.ljust(60, b"\0"))

    def _read(self, wait):
        for key, _ in self.selector.select(max(wait, 0)):
            with contextlib.suppress(OSError):  # read dry; or told that the device is down
                while True:
                    station, number = struct.unpack_from("!BI", key.fileobj.recv(128), 14)
                    key.data[self.names[station], number] += 1

    def _run(self):
        due = time.monotonic()
        while not self.stop.is_set():
            if time.monotonic() >= due:
                self._send()
                due = time.monotonic() + EVERY
            self._read(due - time.monotonic())

    def __enter__(self):
        return self

    def __exit__(self, kind, *exc):
        self.stop.set()
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
        if kind is None:
            self.assert_no_storm()

    def assert_no_storm(self):
        for link, crossed in self.crossed.items():
            for probe, times in crossed.most_common(1):
                assert times <= TWICE, f"a storm: probe {probe} crossed {link} {times} times"

    def all_hear_all(self, names, seconds):
        """A probe that each of them sends from now on reaches each other, once."""
        first = {name: len(sent) for name, sent in self.sent.items()}
        end = time.monotonic() + seconds
        for a, b in itertools.permutations(sorted(names), 2):
            while not any(self.heard[b][a, n] == 1 for n in range(first[a], len(self.sent[a]))):
                assert time.monotonic() < end, f"{b} does not hear {a}"
                time.sleep(EVERY)

    def outage(self, a, b, since):
        """Seconds between two probes of `a`, sent one before and one after the moment `since`, that `b` heard
        next to each other: how long there was no way. 0: nothing was lost."""
        sent, heard = self.sent[a], self.heard[b]
        got = [t for n, t in enumerate(sent) if heard[a, n]]
        gaps = [(y - x, x, y) for x, y in zip(got, got[1:]) if y > since]
        return max(gaps)[0] if gaps else float("inf")
