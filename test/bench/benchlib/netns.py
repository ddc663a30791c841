# SPDX-License-Identifier: BSD-3-Clause
"""Two hosts in namespaces, each on a veth whose other end a program under test takes."""
import os
import time

from .env import BenchError, need, run

OFFLOADS = ["rx", "tx", "tso", "gso", "gro"]


class Hosts:
    """Host i has address .2 of its subnet and MAC 02:00:00:00:0i:02; ends are named pbN<i>h/d.

    Neighbours are permanent, so that no time goes into asking for them.
    """

    def __init__(self, addresses):
        """@addresses: [(host address/len, gateway or None)] of the two hosts."""
        self.addresses, self.made = addresses, []
        tag = os.getpid() % 100000
        self.ns = [f"pbench{tag}-{i}" for i in range(2)]
        self.host_if = [f"pb{tag}{i}h" for i in range(2)]
        self.dut_if = [f"pb{tag}{i}d" for i in range(2)]

    def __enter__(self):
        need("ip", "ethtool", "ping", "sysctl")
        try:
            for i in range(2):
                self._make(i)
        except BenchError:
            self.__exit__()
            raise
        return self

    def _make(self, i):
        ns, host, dut = self.ns[i], self.host_if[i], self.dut_if[i]
        run("ip", "netns", "add", ns)
        self.made.append(ns)
        run("ip", "link", "add", dut, "address", self.dut_mac(i), "type", "veth", "peer", "name", host,
            "address", self.host_mac(i), "netns", ns)
        run("sysctl", "-qw", f"net.ipv6.conf.{dut}.disable_ipv6=1")
        run("ip", "netns", "exec", ns, "sysctl", "-qw", f"net.ipv6.conf.{host}.disable_ipv6=1")
        for o in OFFLOADS:
            run("ip", "netns", "exec", ns, "ethtool", "-K", host, o, "off", check=False)
        run("ip", "link", "set", dut, "up", "promisc", "on")
        run("ip", "-n", ns, "addr", "add", self.addresses[i][0], "dev", host)
        run("ip", "-n", ns, "link", "set", host, "up")
        gateway = self.addresses[i][1]
        if gateway:
            run("ip", "-n", ns, "route", "add", "default", "via", gateway)
            run("ip", "-n", ns, "neigh", "add", gateway, "lladdr", self.dut_mac(i), "dev", host)
        else:
            peer = self.addresses[1 - i][0].split("/")[0]
            run("ip", "-n", ns, "neigh", "add", peer, "lladdr", self.host_mac(1 - i), "dev", host)

    @staticmethod
    def host_mac(i):
        return f"02:00:00:00:{i:02x}:02"

    @staticmethod
    def dut_mac(i):
        return f"02:00:00:00:{i:02x}:01"

    def __exit__(self, *exc):
        for ns in self.made:
            run("ip", "netns", "del", ns, check=False)
        for dut in self.dut_if:
            run("ip", "link", "del", dut, check=False)
        self.made = []

    def vdevs(self):
        return [f"net_af_packet{i},iface={self.dut_if[i]}" for i in range(2)]


def first_line(proc, word, seconds):
    """Monotonic time at which the program's output first has @word."""
    end = time.monotonic() + seconds
    for line in proc.stdout:
        if word in line:
            return time.monotonic()
        if time.monotonic() > end:
            break
    raise BenchError(f"no {word!r} within {seconds} s")
