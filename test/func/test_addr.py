# SPDX-License-Identifier: BSD-3-Clause
"""Addresses and what follows from them: every step is taken by the router and by a kernel beside
it, and both must show the same addresses, in the same order, and the same routes."""
import itertools
import json
import random

import pytest
from dut import LINUX
from netlab import sh
from twin import Twin

core = pytest.mark.core
DEVS = ("r1", "r2")
SHOWN = ("local", "address", "prefixlen", "metric", "broadcast", "scope", "secondary", "deprecated",
         "dynamic", "noprefixroute", "label", "protocol")


class Pair:
    """The router and its twin: what is done to one is done to the other, and they agree."""

    def __init__(self, lab):
        self.dut, self.twin = lab.dut, Twin(lab)
        self.log = []
        self.reset()

    def reset(self):
        self.log.clear()
        self.sysctl("net.ipv4.conf.all.promote_secondaries", 0)
        for dev in DEVS:
            self.sysctl(f"net.ipv4.conf.{dev}.promote_secondaries", 0)
            self.both(f"link set {dev} up")
            self.both(f"addr flush dev {dev}")
        for side in (self.try_dut, self.twin.try_ip):
            side("route flush proto boot")
        self.agree()

    def sysctl(self, key, value):
        self.dut.sysctl(key, value)
        self.twin.sysctl(key, value)

    def try_dut(self, words):
        if hasattr(self.dut, "client"):
            done = self.dut.client("ip " + words)
        else:
            done = sh(f"ip -n {self.dut.ns} {words}", check=False)
        return done.returncode == 0, done.stdout + done.stderr

    def both(self, words, error=None):
        """Carry out `ip words` on both; error: refused, by the router with this errno's text (kernels
        of other ages have other words)."""
        self.log.append(f"ip {words}")
        ours, theirs = self.try_dut(words), self.twin.try_ip(words)
        assert ours[0] == theirs[0], f"{self.told()}\nrouter: {ours}\nkernel: {theirs}"
        if error is not None:
            assert not ours[0] and (LINUX or error in ours[1]), ours
        return ours[0]

    def told(self):
        return "after\n  " + "\n  ".join(self.log[-40:])

    @staticmethod
    def addresses(side, dev):
        rows = [r for r in side.ip_json(f"addr show dev {dev}") if r]
        info = [a for a in rows[0]["addr_info"] if a["family"] == "inet"]
        return [{k: a[k] for k in SHOWN if k in a} for a in info]

    @staticmethod
    def routes(side, table):
        out = []
        for r in side.ip_json(f"route show table {table}"):
            if r.get("dev") in DEVS:
                out.append({k: r[k] for k in ("type", "dst", "gateway", "dev", "protocol", "scope",
                                              "metric", "prefsrc") if k in r})
        return sorted(out, key=lambda r: json.dumps(r, sort_keys=True))

    def agree(self):
        for dev in DEVS:
            ours, theirs = (self.addresses(s, dev) for s in (self.dut, self.twin))
            assert ours == theirs, f"{dev} {self.told()}\n{differ(ours, theirs)}"
        for table in ("main", "local"):
            ours, theirs = (self.routes(s, table) for s in (self.dut, self.twin))
            assert ours == theirs, f"table {table} {self.told()}\n{differ(ours, theirs)}"

    def steps(self, *lines):
        for line in lines:
            self.both(line)
            self.agree()


def differ(ours, theirs):
    return "\n".join(f"{who:7}{row}" for who, row in itertools.chain(
        (("router", a) for a in ours if a not in theirs),
        (("kernel", b) for b in theirs if b not in ours))) or f"order:\n {ours}\n {theirs}"


@pytest.fixture(scope="module")
def pair(lab):
    made = Pair(lab)
    try:
        yield made
    finally:
        made.reset()
        made.twin.close()
        for host in lab.hosts:  # as the lab's other tests know it
            lab.dut.ip(f"addr add {host.gw}/24 brd + dev {host.port}")


@pytest.fixture
def twins(pair):
    pair.reset()
    return pair


@core
@pytest.mark.parametrize("promote", [0, 1])
def test_secondaries_and_their_primary(twins, promote):
    """promote_secondaries 0: they go with their primary; 1: the first takes its place, and routes
    and sources follow."""
    twins.sysctl("net.ipv4.conf.r1.promote_secondaries", promote)
    twins.steps("addr add 192.0.2.1/24 brd + dev r1", "addr add 192.0.2.2/24 brd + dev r1",
                "addr add 192.0.2.3/24 dev r1", "addr add 198.51.100.1/24 dev r1",
                "addr add 198.51.100.2/24 dev r1", "route add 203.0.113.0/24 via 192.0.2.9",
                "route add 203.0.113.128/25 via 192.0.2.9 src 192.0.2.2",
                "addr del 192.0.2.1/24 dev r1", "addr del 198.51.100.1/24 dev r1",
                "addr del 192.0.2.2/24 dev r1")


def test_promotion_keeps_the_kernel_s_order(twins):
    twins.sysctl("net.ipv4.conf.all.promote_secondaries", 1)
    for dead in ("192.0.2.1", "198.51.100.1", "203.0.113.1"):
        twins.steps("addr flush dev r1", "addr add 192.0.2.1/24 dev r1",
                    "addr add 198.51.100.1/24 dev r1", "addr add 203.0.113.1/24 dev r1",
                    "addr add 10.9.9.1/24 scope link dev r1",
                    "addr add 192.0.2.2/24 dev r1", "addr add 203.0.113.2/24 dev r1",
                    "addr add 198.51.100.2/24 dev r1", "addr add 203.0.113.3/24 dev r1",
                    f"addr del {dead}/24 dev r1")


@core
def test_broadcast_given_derived_or_none(twins):
    twins.steps("addr add 192.0.2.1/24 dev r1", "addr add 198.51.100.1/25 brd + dev r1",
                "addr add 203.0.113.1/24 brd - dev r1",
                "addr add 10.8.0.1/24 broadcast 10.8.0.77 dev r1",
                "addr add 10.9.0.1/24 brd 255.255.255.255 dev r1",
                "addr del 10.8.0.1/24 dev r1", "addr del 203.0.113.1/24 dev r1")


@core
@pytest.mark.parametrize("prefix", [0, 1, 8, 16, 30, 31, 32])
def test_prefix_lengths(twins, prefix):
    """RFC 3021: both addresses of a /31 are hosts, and nothing is broadcast."""
    twins.steps(f"addr add 192.0.2.0/{prefix} brd + dev r1",
                f"addr add 192.0.2.1/{prefix} brd + dev r1",
                f"addr del 192.0.2.0/{prefix} dev r1", f"addr add 192.0.2.2/{prefix} dev r2",
                "link set r1 down", "link set r1 up")


@core
def test_peers(twins):
    """`peer`: the prefix is the other end's, the address itself is a host route."""
    twins.steps("addr add 192.0.2.1 peer 192.0.2.2 dev r1",
                "addr add 198.51.100.1 peer 203.0.113.1/24 dev r1",
                "addr add 198.51.100.2 peer 203.0.113.2/24 dev r1",
                "addr add 192.0.2.1 peer 192.0.2.3 dev r2",
                "addr add 10.8.0.1 peer 10.9.0.1/24 brd + dev r2")
    twins.both("addr add 192.0.2.1 peer 192.0.2.2 dev r1", error="File exists")
    twins.steps("addr add 192.0.2.1 peer 192.0.2.4 dev r1",
                "addr del 192.0.2.1 peer 192.0.2.4 dev r1",
                "addr del 192.0.2.1 peer 192.0.2.2/32 dev r1",
                "addr del 198.51.100.1 peer 203.0.113.0/24 dev r1")


@core
def test_what_is_refused(twins):
    """The kernel's errno, in words; nothing changes."""
    twins.steps("addr add 192.0.2.1/24 label r1:a dev r1", "addr add 192.0.2.2/24 dev r1")
    twins.both("addr add 192.0.2.1/24 dev r1", error="File exists")
    twins.both("addr add 192.0.2.2/24 dev r1", error="File exists")
    twins.both("addr add 192.0.2.3/24 scope link dev r1", error="Invalid argument")
    twins.both("addr del 192.0.2.9/24 dev r1", error="Cannot assign requested address")
    twins.both("addr del 192.0.2.1/25 dev r1", error="Cannot assign requested address")
    twins.both("addr del 192.0.2.1/24 dev r2", error="Cannot assign requested address")
    twins.both("addr add 192.0.2.3/33 dev r1")
    twins.both("addr add 192.0.2.3/24 dev nosuch")
    twins.both("addr add 192.0.2.3/24 dev r1 valid_lft 10 preferred_lft 20")
    twins.both("addr add 192.0.2.3/24 dev r1 valid_lft 0")
    twins.both("addr add 192.0.2.3/24")
    twins.both("addr add dev r1")
    twins.agree()


@core
def test_replace_and_change(twins):
    """What is there gets lifetimes and metric, all else of it stays; what is not there comes."""
    twins.steps("addr replace 192.0.2.1/24 dev r1", "addr change 192.0.2.2/24 brd + dev r1",
                "addr replace 192.0.2.1/24 metric 50 dev r1",
                "addr replace 192.0.2.2/24 metric 60 dev r1",
                "addr change 192.0.2.1/24 metric 70 label r1:x noprefixroute dev r1",
                "addr replace 192.0.2.1/24 valid_lft 1000 preferred_lft 500 dev r1",
                "addr replace 192.0.2.1/24 dev r1",
                "addr add 198.51.100.1/24 noprefixroute metric 5 dev r1",
                "addr replace 198.51.100.1/24 metric 9 dev r1", "link set r1 down",
                "addr replace 192.0.2.1/24 metric 80 dev r1", "link set r1 up",
                "addr del 192.0.2.1/24 dev r1", "addr del 198.51.100.1/24 dev r1")


def test_words_of_iproute2(twins):
    """Order of words, abbreviations, and the filters of `del` and `flush`."""
    twins.steps("address add dev r1 192.0.2.1/24", "a a local 192.0.2.2/24 brd + dev r1 label r1:a",
                "addr add 192.0.2.3/24 label r1:b scope global dev r1",
                "addr add 198.51.100.1/24 scope link dev r1",
                "addr add 198.51.100.129/25 scope 200 dev r1", "addr add 10.8.0.1/16 dev r2",
                "addr add 10.8.0.2/24 dev r2",
                "addr del 192.0.2.3/24 dev r1 label r1:b", "addr del dev r1 local 192.0.2.2/24")
    twins.both("addr del 192.0.2.1/24 dev r1 label r1:b", error="Cannot assign requested address")
    twins.steps("addr flush dev r1 scope link", "addr add 192.0.2.2/24 dev r1",
                "addr flush dev r1 to 198.51.100.0/24", "addr flush dev r1 secondary",
                "addr add 192.0.2.3/24 label r1:c dev r1", "addr flush dev r1 label r1:*",
                "addr flush to 10.8.0.2", "addr flush dev r2 primary", "addr flush dev r1")
    twins.sysctl("net.ipv4.conf.r1.promote_secondaries", 1)
    twins.steps("addr add 192.0.2.1/24 dev r1", "addr add 192.0.2.2/24 dev r1",
                "addr add 198.51.100.1/24 dev r1", "addr add 198.51.100.2/24 dev r1",
                "addr add 192.0.2.3/24 dev r1", "addr flush dev r1 primary",
                "addr flush dev r1 to 192.0.2.0/24")
    twins.both("addr flush")
    twins.both("addr flush dev r1")
    twins.agree()


def test_last_address_takes_the_routes_along(twins):
    """Without an address a device speaks no IPv4: routes by it go, as if it went down."""
    twins.steps("addr add 192.0.2.1/24 dev r1", "addr add 198.51.100.1/24 dev r1",
                "addr add 203.0.113.1/24 dev r2", "route add 10.8.0.0/16 via 192.0.2.9",
                "route add 10.9.0.0/16 dev r1", "route add default via 203.0.113.9",
                "route add 10.10.0.0/16 nexthop via 192.0.2.9 nexthop via 203.0.113.9",
                "addr del 192.0.2.1/24 dev r1", "addr del 198.51.100.1/24 dev r1",
                "addr add 192.0.2.1/24 dev r1", "addr flush dev r2")


def test_same_subnet_twice(twins):
    """The same subnet, and the same address, on two devices; one inside another."""
    twins.steps("addr add 192.0.2.1/24 dev r1", "addr add 192.0.2.2/24 dev r2",
                "addr add 192.0.2.3/24 brd + dev r1", "addr add 192.0.2.1/24 dev r2",
                "addr add 192.0.2.1/25 dev r1", "addr add 192.0.2.4/25 dev r1",
                "addr add 192.0.0.1/16 dev r1", "addr add 192.0.2.5/16 dev r1",
                "addr del 192.0.2.1/24 dev r1", "addr del 192.0.2.1/25 dev r1",
                "addr del 192.0.2.1/24 dev r2", "addr del 192.0.2.2/24 dev r2")


def test_addresses_of_a_device_that_is_down(twins):
    twins.steps("link set r1 down", "addr add 192.0.2.1/24 brd + dev r1",
                "addr add 192.0.2.2/24 dev r1", "addr add 198.51.100.1/30 dev r1", "link set r1 up",
                "link set r1 down", "addr del 192.0.2.1/24 dev r1", "link set r1 up")


def random_step(rng):
    net = rng.choice(["192.0.2.", "192.0.3.", "198.51.100."])
    # None is another's broadcast address: the kernel makes no route that prefers such a one. And
    # no "brd -" here: the kernel forgets that route when a secondary with it goes.
    addr, plen = f"{net}{rng.choice([1, 2, 5, 6])}", rng.choice([16, 23, 24, 24, 24, 30, 31, 32])
    dev = rng.choice(DEVS)
    kind = rng.randrange(20)
    if kind < 9:
        words = [f"addr {rng.choice(['add', 'add', 'replace', 'change'])} {addr}"]
        peer = rng.random() < 0.15
        words.append(f"peer {net}{rng.choice([9, 10])}/{plen}" if peer else f"/{plen}")
        words.append(rng.choice(["", "", "brd +", f"brd {net}77"]))
        words.append(rng.choice(["", "", "", "scope link", "scope host", "metric 10", "metric 20",
                                 "noprefixroute", f"label {dev}:x"]))
        return " ".join(w for w in words if w).replace(" /", "/") + f" dev {dev}"
    if kind < 15:
        return f"addr del {addr}/{plen} dev {dev}"
    if kind < 16:
        return f"link set {dev} {rng.choice(['up', 'up', 'down'])}"
    if kind < 17:
        return f"promote {dev} {rng.randrange(2)}"
    if kind < 18:
        return f"addr flush dev {dev} to {net}0/24"
    gateway = f"{net}{rng.choice([13, 14])}"
    source = rng.choice(["", "", f"src {addr}"])
    verb = rng.choice(["add", "add", "del"])
    return f"route {verb} 10.{rng.randrange(3)}.0.0/16 via {gateway} {source}"


@pytest.mark.parametrize("seed", range(1, 5))
def test_random_walk(twins, seed):
    """Two hundred random steps: after each of them router and kernel show the same."""
    rng = random.Random(seed)
    done = 0
    for _ in range(200):
        step = random_step(rng).strip()
        if step.startswith("promote"):
            _, dev, value = step.split()
            twins.log.append(step)
            twins.sysctl(f"net.ipv4.conf.{dev}.promote_secondaries", value)
        else:
            done += twins.both(step)
        twins.agree()
    assert done > 50, "hardly a step was taken"
