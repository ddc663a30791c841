# SPDX-License-Identifier: BSD-3-Clause
"""Shares of several next hops, counted on the wire: 65,536 flows, each policy by its own fields.

    h1 10.0.1.2 --- r1 [ DUT ] r2 --- 10.0.2.2 h2
                               r3 --- 10.0.3.2 h3
"""
import struct
import time

import pytest
from conftest import given, lab_of
from netlab import SLOW, inside, one_cpu

FLOWS = 65536
NET = "198.18.0.0/15"
ONE_DST = 0xc6120001
POLICY = "net.ipv4.fib_multipath_hash_policy"
FIELDS = "net.ipv4.fib_multipath_hash_fields"


@pytest.fixture(scope="module")
def wide():
    """Behind h2 and h3 gateways .10 to .41 of their subnets."""
    with lab_of(3) as made:
        for host in made.hosts:
            made.h1.ping(host.gw)
        for host in (made.h2, made.h3):
            for n in [2, *range(10, 42)]:
                made.dut.ip(f"neigh replace 10.0.{host.i}.{n} lladdr {host.mac} dev {host.port}")
        made.arrived = {host: Received(host) for host in (made.h2, made.h3)}
        yield made


@pytest.fixture
def policy(wide):
    yield lambda number, fields=7: (wide.dut.sysctl(POLICY, number), wide.dut.sysctl(FIELDS, fields))
    wide.dut.sysctl(POLICY, 0)
    wide.dut.sysctl(FIELDS, 7)
    wide.dut.ip("nexthop flush")


class Received:
    """What the host's interface counts."""

    def __init__(self, host):
        with inside(host.ns):
            self.file = open("/proc/thread-self/net/dev")
        self.dev = host.dev + ":"

    def __call__(self):
        self.file.seek(0)
        return next(int(line.split()[2]) for line in self.file if line.split()[0] == self.dev)


def header(src, dst, proto, length):
    raw = struct.pack("!BBHHHBBHII", 0x45, 0, length, 0, 0, 64, proto, 0, src, dst)
    total = sum(struct.unpack("!10H", raw))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    return raw[:10] + struct.pack("!H", total ^ 0xffff) + raw[12:]


def by_address(n):
    """Flows that differ in their addresses alone."""
    return header(0x0a000102 + n % 16, 0xc6120000 + n, 17, 46) + struct.pack("!HHHH", 1, 9, 26, 0)


def by_ports(n):
    return header(0x0a000102, ONE_DST, 17, 46) + struct.pack("!HHHH", n, 9 + n % 7, 26, 0)


def by_inside(n):
    """By the addresses of the packet in the packet."""
    return header(0x0a000102, ONE_DST, 4, 48) + header(0x14000000 + n % 16, 0x15000000 + n, 17, 28) \
        + struct.pack("!HHHH", 1, 9, 8, 0)


def counted(lab, flow):
    """How many of FLOWS arrive at h2 and at h3. The sender waits for them: nothing is lost."""
    eth = bytes(lab.h1.eth(type=0x0800))
    frames = [(eth + flow(n)).ljust(60, b"\0") for n in range(FLOWS)]
    before = {host: read() for host, read in lab.arrived.items()}
    with lab.h1.wire() as wire, one_cpu():
        for at in range(0, FLOWS, 256):
            for frame in frames[at:at + 256]:
                wire.sock.send(frame)
            end = time.monotonic() + SLOW
            while sum(read() - before[h] for h, read in lab.arrived.items()) < at + 256:
                assert time.monotonic() < end, f"of {at + 256} frames some are missing"
    return [read() - before[host] for host, read in lab.arrived.items()]


def assert_shares(got, want):
    """Each within 2 % of its weight; a stray ARP or ICMP frame of the hosts is not what counts here."""
    assert FLOWS <= sum(got) <= FLOWS + 20
    for have, weight in zip(got, want):
        share = FLOWS * weight / sum(want)
        assert abs(have - share) <= 0.02 * share, f"{got} for weights {want}"


KINDS = {
    "route": [f"route add {NET} nexthop via 10.0.2.2 weight 2 nexthop via 10.0.3.2 weight 3"],
    "group": ["nexthop add id 1 via 10.0.2.2 dev r2", "nexthop add id 2 via 10.0.3.2 dev r3",
              "nexthop add id 10 group 1,2/2,3", f"route add {NET} nhid 10"],
    "resilient": ["nexthop add id 1 via 10.0.2.2 dev r2", "nexthop add id 2 via 10.0.3.2 dev r3",
                  "nexthop add id 10 group 1,2/2,3 type resilient buckets 100", f"route add {NET} nhid 10"],
}


BY = [(0, 7, by_address), (1, 7, by_ports), (2, 7, by_inside), (3, 0x30, by_ports), (3, 0xc0, by_inside),
      (3, 0x3, by_address)]


@pytest.mark.parametrize("kind", KINDS)
def test_shares_of_two(wide, policy, kind):
    with given(wide, *KINDS[kind]):
        for number, fields, flow in BY[:None if kind == "group" else 2]:
            policy(number, fields)
            assert_shares(counted(wide, flow), [2, 3])
        # control: what a policy does not look at moves nobody
        policy(0)
        assert sorted(counted(wide, by_ports))[0] <= 20


def spread(n):
    """So many gateways, of three two behind h2, with weights 1 to 5; what h2 and h3 deserve of it."""
    hops = [(2, 10 + i % 32, 1 + i % 5 % 3) if i % 3 else (3, 10 + i % 32, 5) for i in range(n)]
    return hops, [sum(w for host, _, w in hops if host == h) for h in (2, 3)]


def test_shares_of_126(wide, policy):
    """As many as ip(8) can say in one group; a route takes more."""
    hops, want = spread(126)
    objects = [f"nexthop add id {100 + i} via 10.0.{h}.{gw} dev r{h}" for i, (h, gw, _) in enumerate(hops)]
    group = "/".join(f"{100 + i},{w}" for i, (_, _, w) in enumerate(hops))
    with given(wide, *objects, f"nexthop add id 99 group {group}", f"route add {NET} nhid 99"):
        assert_shares(counted(wide, by_address), want)
        assert len(wide.dut.ip_json("nexthop show id 99")[0]["group"]) == 126
    hops, want = spread(200)
    ways = " ".join(f"nexthop via 10.0.{h}.{gw} dev r{h} weight {w}" for h, gw, w in hops)
    with given(wide, f"route add {NET} {ways}"):
        assert len(wide.dut.ip_json(f"route show {NET}")[0]["nexthops"]) == 200
        policy(1)
        assert_shares(counted(wide, by_ports), want)


@pytest.mark.ours("ip(8) can not say so many")
def test_shares_of_256(wide, policy):
    hops, want = spread(256)
    ways = " ".join(f"nexthop via 10.0.{h}.{gw} dev r{h} weight {w}" for h, gw, w in hops)
    objects = [f"nexthop add id {100 + i} via 10.0.{h}.{gw} dev r{h}" for i, (h, gw, _) in enumerate(hops)]
    group = "/".join(f"{100 + i},{w}" for i, (_, _, w) in enumerate(hops))
    assert "more than 256" in wide.dut.client(f"ip route add {NET} {ways} nexthop via 10.0.2.2").stderr
    with given(wide, f"route add {NET} {ways}"):
        assert len(wide.dut.ip_json(f"route show {NET}")[0]["nexthops"]) == 256
    with given(wide, *objects, f"nexthop add id 99 group {group}", f"route add {NET} nhid 99"):
        assert_shares(counted(wide, by_address), want)
        assert len(wide.dut.ip_json(f"route show {NET}")[0]["nexthops"]) == 256
        assert "at most 256" in wide.dut.client(f"ip nexthop replace id 99 group {group}/7").stderr
