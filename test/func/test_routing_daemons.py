# SPDX-License-Identifier: BSD-3-Clause
"""OSPF and BGP by routing daemons that run beside the router and know nothing of it: its kernel's interfaces
are its ports, its kernel's routes are its routes. FRR and BIRD in turn; their neighbours are

    h1 FRR, AS 65001, 172.16.1.0/24 --- r1 [ router, AS 65000 ] r2 --- h2 BIRD, AS 65002, 172.16.2.0/24
                                                                r3 --- h3 BIRD, AS 65000, 172.16.3.0/24

and both of h2 and h3 have 172.16.99.0/24. What BGP alone knows: 203.0.113.0/24 and 5,000 more behind h2, and
198.51.100.0/24 behind h3, whose next hop is an address that OSPF knows."""
import contextlib
import os
import re
import signal
import types

import pytest
from conftest import given, lab_of
from daemons import Bird, Frr, Speaker, stub
from dut import LINUX, ROOT
from netlab import SLOW, eventually, sh
from pkt import carries, probe, token

MANY = [f"100.{64 + n // 256}.{n % 256}.0/24" for n in range(5000)]
BEHIND_H2, BEHIND_H3 = "203.0.113.0/24", "198.51.100.0/24"
KINDS = {"frr": Frr, "bird": Bird}


def neighbours(lab):
    """The three around the router."""
    eth = lab.h1.dev
    made = [Frr(lab.h1.ns, lab.tmp / "h1", Speaker("1.1.1.1", {eth: "broadcast"}, ("stub",), 65001,
                                                   {lab.h1.gw: 65000})),
            Bird(lab.h2.ns, lab.tmp / "h2", Speaker("2.2.2.2", {eth: "point-to-point"}, ("stub",), 65002,
                                                    {lab.h2.gw: 65000}, [*MANY, BEHIND_H2])),
            Bird(lab.h3.ns, lab.tmp / "h3", Speaker("3.3.3.3", {eth: "broadcast"}, ("stub",), 65000,
                                                    {lab.h3.gw: 65000}, [BEHIND_H3], next_hop="172.16.3.1"))]
    stub(lab.h1, "172.16.1.1/24")
    stub(lab.h2, "172.16.2.1/24", "172.16.99.2/24")
    stub(lab.h3, "172.16.3.1/24", "172.16.99.3/24")
    sh(f"ip -n {lab.h2.ns} addr add 203.0.113.1/24 dev lo && ip -n {lab.h3.ns} addr add 198.51.100.1/24 dev lo")
    return made


@pytest.fixture(scope="module", params=KINDS)
def net(request):
    """The whole of it, converged once; each test leaves it so."""
    with lab_of(3, host={}) as lab, contextlib.ExitStack() as stack:
        os.chmod(lab.tmp, 0o711)  # for who is not root
        us = KINDS[request.param](lab.apps.ns, lab.tmp / "router", Speaker(
            "9.9.9.9", {"r1": "broadcast", "r2": "point-to-point", "r3": "broadcast"}, (), 65000,
            {lab.h1.ip: 65001, lab.h2.ip: 65002, lab.h3.ip: 65000}, redistribute=True))
        around = neighbours(lab)
        for daemon in (us, *around):
            stack.callback(daemon.end)
            daemon.start()
        yield types.SimpleNamespace(lab=lab, us=us, **{f"d{n}": d for n, d in enumerate(around, 1)})


def routes(net, dst=""):
    """The router's routes that daemons made: destination to (protocol, next hops as (gateway, device)), none
    if it is unreachable."""
    return {row["dst"]: (row["protocol"], {(hop["gateway"], hop["dev"]) for hop in row.get("nexthops", [row])
                                           if row.get("type") != "unreachable"})
            for row in net.lab.dut.ip_json(f"route show {dst}") if row["protocol"] in ("ospf", "bgp", "bird")}


def many(rows):
    return len(set(MANY) & {row["dst"] for row in rows})


def expect_many(net, count):
    """So many of them where the daemons are, at the router, and at h1, to which it passes them on."""
    for who in (net.lab.apps, net.lab.dut, net.lab.h1):
        eventually(lambda: many(who.ip_json("route show")) == count,
                   lambda: f"{many(who.ip_json('route show'))} of {count} prefixes in {who.ns}\n{net.us.log_tail()}", 40)


def expect_route(net, dst, proto, *hops, seconds=40):
    """A route of this daemon's OSPF or BGP by exactly these ports' hosts; without any: there is none, or one
    that says so (BIRD's, of a next hop that it can not resolve)."""
    want = net.us.PROTO[proto], {(getattr(net.lab, f"h{n}").ip, f"r{n}") for n in hops}
    none = (want[0], set())
    eventually(lambda: routes(net, dst).get(dst, none) == want,
               lambda: f"{routes(net, dst)}, wanted {want}\n{net.us.log_tail()}", seconds)


def settled(net):
    if not net.us.procs:
        net.us.start()
    net.us.expect_full("1.1.1.1", "2.2.2.2", "3.3.3.3")
    for daemon in (net.d1, net.d2, net.d3):
        daemon.expect_full("9.9.9.9")
    for n in (1, 2, 3):
        expect_route(net, f"172.16.{n}.0/24", "ospf", n)
    expect_route(net, "172.16.99.0/24", "ospf", 2, 3)
    net.us.expect_sessions(net.lab.h1.ip, net.lab.h2.ip, net.lab.h3.ip)
    expect_route(net, BEHIND_H2, "bgp", 2)
    expect_route(net, BEHIND_H3, "bgp", 3)
    if not LINUX:
        assert net.lab.dut.cli("show fib check")["differences"] == 0


def stub_to_stub(net, a, b, count=200):
    """A burst of pings between stub networks, all of them answered."""
    dst = f"172.16.{b}.1"
    source = f"-I 172.16.{a}.1"
    host = getattr(net.lab, f"h{a}")
    eventually(lambda: host.ping(dst, args=source, check=False), f"{dst} does not answer", 3 * SLOW)
    got, said = host.pinging(dst, count, 0.005, source)()
    assert got == count, said


@pytest.mark.core
def test_ospf(net):
    settled(net)
    stub_to_stub(net, 1, 2)
    stub_to_stub(net, 3, 1)


def test_ospf_link_loss(net):
    """What was behind the link goes at once, long before the neighbour would be dead; after it is back, all is."""
    settled(net)
    lab = net.lab
    lab.h2.run(f"ip link set {lab.h2.dev} down")
    try:
        expect_route(net, "172.16.2.0/24", "ospf")
        expect_route(net, "172.16.99.0/24", "ospf", 3)
        stub_to_stub(net, 1, 3, 50)
    finally:
        lab.h2.run(f"ip link set {lab.h2.dev} up")
        lab.h2.run(f"ip route replace default via {lab.h2.gw}")
    settled(net)
    stub_to_stub(net, 1, 2, 50)


def test_ecmp(net):
    """Flows to the network that two of them have go to both, none is lost."""
    settled(net)
    lab, mark = net.lab, token()
    flows = [probe(lab.h1, f"172.16.99.{n}", mark) for n in range(10, 74)]
    with lab.h1.wire() as wire, lab.h2.wire() as w2, lab.h3.wire() as w3:
        for n, flow in enumerate(flows, 1):
            wire.send(flow)
            eventually(lambda: sum(map(carries(mark), w2.drain(0.01) + w3.drain(0.01))) == n, f"flow {n} is lost")
        assert min(len(list(filter(carries(mark), w.seen))) for w in (w2, w3)) >= 10


def test_bgp(net):
    """5,000 prefixes of one neighbour come, reach another one, and are withdrawn."""
    settled(net)
    expect_many(net, len(MANY))
    net.lab.h1.ping("203.0.113.1")
    net.d2.announce(False)
    expect_many(net, 0)
    assert BEHIND_H2 not in routes(net, BEHIND_H2)
    net.d2.announce(True)
    expect_many(net, len(MANY))
    settled(net)


def test_recursive_next_hop(net):
    """The next hop of a BGP route is an address that OSPF knows: without that, there is no route."""
    settled(net)
    lab = net.lab
    lab.h1.ping("198.51.100.1")
    lab.h3.run("ip link set stub down")
    expect_route(net, "172.16.3.0/24", "ospf")
    expect_route(net, BEHIND_H3, "bgp")
    assert lab.h1.ping("198.51.100.1", args="-W 1", check=False) == 0
    lab.h3.run("ip link set stub up")
    settled(net)
    lab.h1.ping("198.51.100.1")


def test_redistributed(net):
    """A route of the router itself is told by both protocols."""
    settled(net)
    lab, dst = net.lab, "192.0.2.0/24"

    def learnt():
        return [bool(host.ip_json(f"route show {dst}")) for host in lab.hosts]
    assert not any(learnt())
    with given(lab, f"route add {dst} via 10.0.1.99"):
        eventually(lambda: all(learnt()), lambda: f"{learnt()}\n{net.us.log_tail()}", 40)
        assert lab.h2.ip_json(f"route show {dst}")[0]["gateway"] == lab.h2.gw
    eventually(lambda: not any(learnt()), lambda: f"{learnt()}\n{net.us.log_tail()}", 40)


def test_restart(net):
    """Daemons that are killed leave their routes, by which traffic goes on; when they are back, those go that
    have no reason any more. On a busy machine zebra 8.4 may leave some of 5,000 in the kernel: the router has
    what the kernel has."""
    settled(net)
    expect_many(net, len(MANY))
    net.us.end()
    net.d2.announce(False)
    stub_to_stub(net, 1, 2)
    assert many(net.lab.dut.ip_json("route show")) == len(MANY)
    net.us.start()
    here, there = net.lab.dut, net.lab.apps
    eventually(lambda: many(there.ip_json("route show")) < len(MANY) / 2, "none goes", 40)
    eventually(lambda: many(here.ip_json("route show")) == many(there.ip_json("route show")), "stale routes", 40)
    net.d2.announce(True)
    settled(net)


def test_stop(net):
    """Daemons that are stopped take their routes along."""
    settled(net)
    net.us.end(signal.SIGTERM)
    eventually(lambda: not routes(net), lambda: routes(net))


@pytest.mark.parametrize("kind", KINDS)
def test_as_documented(fresh, kind):
    """The very configuration of the user's guide, but for the names of the ports."""
    guide = (ROOT / "docs/user-guide.md").read_text()
    text = re.search(rf"```{kind}\n(.*?)```", guide, re.S)[1].replace("p0", "r1").replace("p1", "r2")
    lab = fresh(host={})
    os.chmod(lab.tmp, 0o711)
    us = KINDS[kind](lab.apps.ns, lab.tmp / "router", text)
    around = [Frr(lab.h1.ns, lab.tmp / "h1", Speaker("1.1.1.1", {}, (), 65001, {lab.h1.gw: 65000}, [BEHIND_H3])),
              Bird(lab.h2.ns, lab.tmp / "h2", Speaker("2.2.2.2", {lab.h2.dev: "broadcast"}, ("stub",)))]
    stub(lab.h2, "172.16.2.1/24")
    with contextlib.ExitStack() as stack, given(lab, "route add 192.0.2.0/24 via 10.0.1.99"):
        for daemon in (us, *around):
            stack.callback(daemon.end)
            daemon.start()
        for host, known in ((lab.dut, ("172.16.2.0/24", BEHIND_H3)), (lab.h1, ("172.16.2.0/24", "192.0.2.0/24")),
                            (lab.h2, (BEHIND_H3, "192.0.2.0/24"))):
            for dst in known:
                eventually(lambda: host.ip_json(f"route show {dst}"), lambda: f"no {dst}\n{us.log_tail()}", 40)
        lab.h1.ping("172.16.2.1")
