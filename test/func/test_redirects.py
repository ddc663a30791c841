# SPDX-License-Identifier: BSD-3-Clause
"""Redirects: those that the router itself receives, as a host (RFC 1122 3.2.2.2, RFC 1812 5.2.7.2), and sends."""
import threading

import pytest
from conftest import given
from netlab import sh
from pkt import control, probe, token, warm_up
from scapy.all import Ether, ICMP, IP, UDP, Raw, raw

FAR, BETTER, BETTER_MAC = "10.99.0.5", "10.0.2.77", "02:00:00:00:77:01"


@pytest.fixture(name="gateway")
def gateway_fixture(lab):
    """FAR by way of h2, and a better gateway on h2's link."""
    warm_up(lab)
    lab.dut.ip(f"route add 10.99.0.0/24 via {lab.h2.ip}")
    lab.dut.ip(f"neigh replace {BETTER} lladdr {BETTER_MAC} dev r2 nud permanent")
    for name in ("all", "r2"):
        lab.dut.sysctl(f"net.ipv4.conf.{name}.accept_redirects", 1)
    yield BETTER
    lab.dut.sysctl("net.ipv4.conf.all.accept_redirects", 0)
    lab.dut.ip("route flush cache")
    lab.dut.ip(f"neigh del {BETTER} dev r2")
    lab.dut.ip("route del 10.99.0.0/24")


def ping_from_router(lab):
    """The router pings FAR, for a second; nobody answers."""
    if hasattr(lab.dut, "cli"):
        lab.dut.client(f"ping {FAR} count 1")
    else:
        sh(f"ip netns exec {lab.dut.ns} ping -c 1 -W 1 {FAR}", check=False)


def is_ping(f):
    return ICMP in f and f[ICMP].type == 8 and f[IP].dst == FAR


def tell(lab, to, src=None):
    """While the router pings FAR, h2 says that `to` is the better gateway."""
    with lab.h2.wire() as wire:
        sender = threading.Thread(target=ping_from_router, args=(lab,))
        sender.start()
        sent = wire.expect(is_ping, "the router's ping")
        wire.send(lab.h2.to(lab.h2.gw, src=src or lab.h2.ip) / ICMP(type=5, code=1, gw=to) / Raw(raw(sent[IP])[:28]))
        control(lab.h2, wire, lab.h2.gw)
        sender.join()
    return sent


def way(lab):
    """Gateway and marks of `ip route get`."""
    got = lab.dut.ip_json(f"route get {FAR}")[0]
    return got["gateway"], got.get("cache", []), got.get("expires", 0)


def test_followed(lab, gateway):
    assert way(lab) == (lab.h2.ip, [], 0)
    assert tell(lab, gateway)[Ether].dst == lab.h2.mac
    gw, marks, expires = way(lab)
    assert (gw, marks) == (gateway, ["redirected"])
    assert 290 <= expires <= 300
    with lab.h2.wire() as wire:
        ping_from_router(lab)
        assert wire.expect(is_ping)[Ether].dst == BETTER_MAC
    rows = [r for r in lab.dut.ip_json("route show cache") if r["dst"] == FAR]
    assert [(r["gateway"], r["cache"]) for r in rows] == [(gateway, ["redirected"])]
    lab.dut.ip("route flush cache")
    assert way(lab) == (lab.h2.ip, [], 0)


@pytest.mark.ours("Linux forwards by redirects too")
def test_not_followed_by_what_is_forwarded(lab, gateway):
    """RFC 1812 5.2.7.2."""
    tell(lab, gateway)
    assert way(lab)[0] == gateway
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        mark = token()
        w1.send(probe(lab.h1, FAR, mark))
        assert w2.expect(lambda f: mark in raw(f))[Ether].dst == lab.h2.mac


def test_refused(lab, gateway):
    """From another than the gateway in use; to one off the link; where the interface says no."""
    tell(lab, gateway, src="10.0.2.9")
    assert way(lab)[0] == lab.h2.ip
    tell(lab, lab.h2.gw)
    assert way(lab)[0] == lab.h2.ip
    lab.dut.sysctl("net.ipv4.conf.r2.accept_redirects", 0)
    tell(lab, gateway)
    assert way(lab)[0] == lab.h2.ip
    lab.dut.sysctl("net.ipv4.conf.r2.accept_redirects", 1)
    tell(lab, gateway)
    assert way(lab)[0] == gateway, "control: the same is followed"


def test_secure(lab, gateway):
    """shared_media off: only gateways of our routes."""
    for name in ("all", "r2"):
        lab.dut.sysctl(f"net.ipv4.conf.{name}.shared_media", 0)
    try:
        tell(lab, gateway)
        assert way(lab)[0] == lab.h2.ip
        lab.dut.ip(f"route add 10.98.0.0/24 via {gateway}")
        tell(lab, gateway)
        assert way(lab)[0] == gateway
    finally:
        lab.dut.ip("route del 10.98.0.0/24", check=False)
        for name in ("all", "r2"):
            lab.dut.sysctl(f"net.ipv4.conf.{name}.shared_media", 1)


def test_default_of_a_router(lab):
    """Linux: all.accept_redirects follows ip_forward."""
    try:
        lab.dut.sysctl("net.ipv4.ip_forward", 0)
        assert lab.dut.sysctl("net.ipv4.conf.all.accept_redirects") == "1"
    finally:
        lab.dut.sysctl("net.ipv4.ip_forward", 1)
    assert lab.dut.sysctl("net.ipv4.conf.all.accept_redirects") == "0"


# --- those that it sends ---

def redirected(lab, wire, src):
    """One packet of src that leaves where it came in: is its sender told of the gateway?"""
    mark = token()
    wire.send(lab.h1.eth() / IP(src=src, dst="10.98.0.5") / UDP(dport=9) / Raw(mark))
    wire.expect(lambda f: f[Ether].dst == "02:00:00:00:77:02" and mark in raw(f), "the packet itself")
    told = [f for f in wire.drain() if ICMP in f and f[ICMP].type == 5 and mark in raw(f)]
    for f in told:
        assert (f[IP].src, f[IP].dst, f[ICMP].code, f[ICMP].gw) == (lab.h1.gw, src, 1, "10.0.1.77")
        assert raw(f[ICMP].payload)[12:20] == raw(IP(src=src, dst="10.98.0.5"))[12:20]
    return len(told)


def test_sent(lab):
    """RFC 1812 5.2.7.2: to a host on the link that the packet came by and leaves by, if redirects are sent."""
    warm_up(lab)
    lab.dut.ip("neigh replace 10.0.1.77 lladdr 02:00:00:00:77:02 dev r1 nud permanent")
    for n in (51, 52):
        lab.dut.ip(f"neigh replace 10.0.1.{n} lladdr {lab.h1.mac} dev r1 nud permanent")
    try:
        with given(lab, "route add 10.98.0.0/24 via 10.0.1.77"), lab.h1.wire() as wire:
            assert redirected(lab, wire, "10.0.1.51") == 1
            assert redirected(lab, wire, "10.0.7.9") == 0  # not a neighbour of the gateway
            for name in ("all", "r1"):
                lab.dut.sysctl(f"net.ipv4.conf.{name}.send_redirects", 0)
            assert redirected(lab, wire, "10.0.1.52") == 0
            lab.dut.sysctl("net.ipv4.conf.r1.send_redirects", 1)
            assert redirected(lab, wire, "10.0.1.52") == 1
    finally:
        for name in ("all", "r1"):
            lab.dut.sysctl(f"net.ipv4.conf.{name}.send_redirects", 1)
        for n in (51, 52, 77):
            lab.dut.ip(f"neigh del 10.0.1.{n} dev r1")
