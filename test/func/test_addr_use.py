# SPDX-License-Identifier: BSD-3-Clause
"""What packets see of an address that comes, goes, or grows old."""
import contextlib
import time

import pytest
from netlab import SLOW
from pkt import carries, control, echo, is_arp, is_error, is_reply_to, probe, warm_up
from scapy.all import ICMP, IP, UDP, Ether, raw

core = pytest.mark.core
BCAST = "ff:ff:ff:ff:ff:ff"


@contextlib.contextmanager
def conf(dut, **values):
    """net.ipv4.conf.r1.* for the length of the body."""
    before = {k: dut.sysctl(f"net.ipv4.conf.r1.{k}") for k in values}
    for key, value in values.items():
        dut.sysctl(f"net.ipv4.conf.r1.{key}", value)
    try:
        yield
    finally:
        for key, value in before.items():
            dut.sysctl(f"net.ipv4.conf.r1.{key}", value)


@contextlib.contextmanager
def addresses(dut, *more):
    """More addresses on r1; in the end it has those of the lab alone."""
    try:
        for words in more:
            dut.ip(f"addr add {words} dev r1")
        yield
    finally:
        dut.ip("addr flush dev r1")
        dut.ip("addr add 10.0.1.1/24 brd + dev r1")


def error_source(lab):
    """Who says that the packet of h1 lived too long: the router's choice of a source."""
    packet = probe(lab.h1, lab.h2.ip, ttl=1)
    with lab.h1.wire() as wire:
        wire.send(packet)
        return wire.expect(is_error(11, 0, about=packet), "time exceeded")[IP].src


def shown(dut, address):
    rows = [a for r in dut.ip_json("addr show dev r1") if r for a in r["addr_info"]]
    return next((a for a in rows if a.get("local") == address), None)


def answers(lab, address):
    """Does the router answer ARP and ping for the address? Both, or neither."""
    request = echo(lab.h1, address)
    with lab.h1.wire() as wire:
        wire.send(lab.h1.eth(dst=BCAST) / lab.h1.arp(op=1, pdst=address), request)
        control(lab.h1, wire, lab.h2.gw)
        seen = wire.drain(0.1)
    arp, icmp = (any(match(f) for f in seen) for match in (is_arp(2, sender=address),
                                                           is_reply_to(request)))
    assert arp == icmp, f"{address}: ARP {arp}, echo {icmp}"
    return arp


@core
def test_sources_follow_the_promoted_address(lab):
    """The primary goes, the first secondary speaks for the router at once; nobody is forgotten."""
    warm_up(lab)
    with conf(lab.dut, promote_secondaries=1), \
            addresses(lab.dut, "10.0.1.8/24", "10.0.1.9/24"):
        assert error_source(lab) == "10.0.1.1"
        assert answers(lab, "10.0.1.9")
        lab.dut.ip("addr del 10.0.1.1/24 dev r1")
        with lab.h1.wire() as wire:
            assert error_source(lab) == "10.0.1.8"
            wire.none(is_arp(1, target=lab.h1.ip), "a request for a host that was known")
        assert answers(lab, "10.0.1.8") and not answers(lab, "10.0.1.1")


@core
def test_without_promotion_secondaries_go(lab):
    with conf(lab.dut, promote_secondaries=0), addresses(lab.dut, "10.0.1.8/24", "10.5.0.1/24"):
        assert answers(lab, "10.0.1.8")
        lab.dut.ip("addr del 10.0.1.1/24 dev r1")
        assert shown(lab.dut, "10.0.1.8") is None and shown(lab.dut, "10.5.0.1") is not None


@core
def test_slash_31_and_32(lab):
    """RFC 3021: both addresses of a /31 are hosts; a /32 is a host with no subnet at all."""
    with addresses(lab.dut, "10.5.0.2/31", "10.6.0.7/32"):
        assert answers(lab, "10.5.0.2") and answers(lab, "10.6.0.7")
        packet, other = probe(lab.h2, "10.5.0.3"), probe(lab.h2, "10.6.0.6")
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            w2.send(packet, other)
            w1.expect(is_arp(1, target="10.5.0.3", sender="10.5.0.2"), "the other end is asked for")
            w2.expect(is_error(3, about=other), "nothing is behind a /32")
            w1.send(Ether(src=lab.h1.mac, dst=lab.h1.gw_mac) / lab.h1.arp(
                op=2, psrc="10.5.0.3", hwdst=lab.h1.gw_mac, pdst="10.5.0.2"))
            w1.expect(carries(raw(packet[UDP].payload)), "the packet for the other end")
        lab.dut.ip("neigh flush dev r1")


def test_broadcast_of_a_slash_31_is_none(lab):
    """RFC 3021 2.2: 10.5.0.3 is a host and gets its packets; a /30's last address is a broadcast, and
    forwarding to it is off (RFC 2644)."""
    with addresses(lab.dut, "10.7.0.1/30"):
        lost, packet = probe(lab.h2, "10.7.0.3"), probe(lab.h2, lab.h1.ip)
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            w2.send(lost, packet)
            w1.expect(carries(raw(packet[UDP].payload)), "control")
            w1.none(carries(raw(lost[UDP].payload)), "a directed broadcast")


@core
def test_lifetime_ends(lab):
    """valid_lft: the address goes with its route, as if somebody had deleted it."""
    with addresses(lab.dut):
        lab.dut.ip("addr add 10.5.0.1/24 dev r1 valid_lft 3 preferred_lft 1")
        assert answers(lab, "10.5.0.1")
        row = shown(lab.dut, "10.5.0.1")
        assert row["dynamic"] and row["valid_life_time"] <= 3 and row["preferred_life_time"] <= 1
        end = time.monotonic() + SLOW
        while not (shown(lab.dut, "10.5.0.1") or {"deprecated": 1}).get("deprecated"):
            assert time.monotonic() < end, "never deprecated"
            time.sleep(0.1)
        while shown(lab.dut, "10.5.0.1") is not None:
            assert time.monotonic() < end, "still there"
            time.sleep(0.1)
        assert not answers(lab, "10.5.0.1")
        assert "10.5.0.0/24" not in [r["dst"] for r in lab.dut.ip_json("route show")]


@pytest.mark.ours("Linux shows that an IPv4 address is deprecated and goes on using it")
def test_deprecated_is_no_source(lab):
    """Not while there is another: of its subnet, else of the device; it is answered all the same."""
    with addresses(lab.dut, "10.0.1.9/24"):
        lab.dut.ip("addr replace 10.0.1.1/24 preferred_lft 0 dev r1")
        assert shown(lab.dut, "10.0.1.1")["deprecated"]
        assert error_source(lab) == "10.0.1.9" and answers(lab, "10.0.1.1")
        assert lab.dut.ip_json(f"route get {lab.h1.ip}")[0]["prefsrc"] == "10.0.1.9"
        lab.dut.ip("addr replace 10.0.1.9/24 preferred_lft 0 dev r1")
        assert error_source(lab) == "10.0.1.1"  # both are: the primary
        lab.dut.ip("addr replace 10.0.1.9/24 dev r1")
        assert error_source(lab) == "10.0.1.9"
        lab.dut.ip("addr replace 10.0.1.1/24 dev r1")
        assert error_source(lab) == "10.0.1.1"
        assert lab.dut.ip_json(f"route get {lab.h1.ip}")[0]["prefsrc"] == "10.0.1.1"


@core
def test_questions_that_wait_change_their_source(lab):
    """A packet of the router waits for ARP when its source goes: the next request has another."""
    with conf(lab.dut, promote_secondaries=1), addresses(lab.dut, "10.0.1.8/24"):
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            w2.send(probe(lab.h2, "10.0.1.77"))
            w1.expect(is_arp(1, target="10.0.1.77", sender="10.0.1.1"), "the first request")
            lab.dut.ip("addr del 10.0.1.1/24 dev r1")
            w1.expect(is_arp(1, target="10.0.1.77", sender="10.0.1.8"), "the next request")


@core
def test_announced_when_the_link_comes_up(lab):
    """arp_notify: who is here is told when the interface comes up."""
    with addresses(lab.dut, "10.0.1.8/24"), lab.h1.wire() as wire:
        lab.dut.ip("link set r1 down")
        lab.dut.ip("link set r1 up")
        control(lab.h1, wire, lab.h1.gw)
        wire.none(is_arp(1, "10.0.1.8", "10.0.1.8"), "an announcement nobody asked for")
        with conf(lab.dut, arp_notify=1):
            lab.dut.ip("link set r1 down")
            lab.dut.ip("link set r1 up")
            for address in ("10.0.1.1", "10.0.1.8"):
                got = wire.expect(is_arp(1, address, address), f"the announcement of {address}")
                assert (got.dst, got.src) == (BCAST, lab.h1.gw_mac)


@pytest.mark.ours("Linux tells of an address with the next link up only")
def test_announced_when_it_is_added(lab):
    with conf(lab.dut, arp_notify=1), lab.h1.wire() as wire, addresses(lab.dut, "10.0.1.8/24"):
        wire.expect(is_arp(1, "10.0.1.8", "10.0.1.8"), "the announcement")


@core
def test_peer(lab):
    """A point-to-point address: the route is the peer's, the address itself is one of ours."""
    with addresses(lab.dut, "10.5.0.1 peer 10.6.0.1/32"):
        assert answers(lab, "10.5.0.1") and not answers(lab, "10.6.0.1")
        packet = probe(lab.h2, "10.6.0.1")
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            w2.send(packet)
            w1.expect(is_arp(1, target="10.6.0.1", sender="10.5.0.1"), "the peer is asked for")
        lab.dut.ip("neigh flush dev r1")


@core
def test_noprefixroute(lab):
    """The address is ours, its subnet is not on the link until somebody says so."""
    with addresses(lab.dut, "10.5.0.1/24 noprefixroute"):
        assert answers(lab, "10.5.0.1")
        packet = probe(lab.h2, "10.5.0.9")
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            w2.send(packet)
            control(lab.h2, w2, lab.h2.gw)
            w1.none(is_arp(1, target="10.5.0.9"), "a request")
            lab.dut.ip("route add 10.5.0.0/24 dev r1")
            w2.send(packet)
            w1.expect(is_arp(1, target="10.5.0.9"), "the request, once there is a route")
        lab.dut.ip("neigh flush dev r1")


@core
def test_address_of_another_port_speaks_when_the_own_is_gone(lab):
    """RFC 1812 2.2.7: with no address of its own a port has none to speak from but another's."""
    with addresses(lab.dut):
        lab.dut.ip("addr add 10.5.0.1/24 dev r1")
        lab.dut.ip("addr del 10.0.1.1/24 dev r1")
        lab.dut.ip(f"route add {lab.h1.ip} dev r1")
        assert error_source(lab) == "10.5.0.1"
        with lab.h1.wire() as wire:
            request = echo(lab.h1, lab.h2.gw)
            wire.send(request)
            got = wire.expect(is_reply_to(request))
            assert got[ICMP].type == 0
