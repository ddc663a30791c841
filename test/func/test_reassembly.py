# SPDX-License-Identifier: BSD-3-Clause
"""Fragments to the router itself: RFC 791 3.2, RFC 815, RFC 5722 4 in spirit, RFC 1122 3.3.2; and
the reverse path filter, RFC 3704."""
import random

import pytest
from pkt import carries, control, echo, is_error, is_reply_to, probe, token, warm_up
from scapy.all import ICMP, IP, UDP, Raw, fragment, raw

core = pytest.mark.core


def pieces(host, packet, size):
    return [host.eth() / p for p in fragment(packet[IP], fragsize=size)]


def big_echo(host, dst, length=1200):
    return echo(host, dst, payload=token() + b"r" * length, id=random.randrange(1, 65536))


@core
@pytest.mark.parametrize("order", ["sorted", "reversed", "shuffled"])
def test_any_order(lab, order):
    request = big_echo(lab.h1, lab.h1.gw, 3000)
    parts = pieces(lab.h1, request, 104)
    if order == "reversed":
        parts.reverse()
    elif order == "shuffled":
        random.Random(4).shuffle(parts)
    assert len(parts) > 25
    with lab.h1.wire() as wire:
        wire.send(*parts)
        wire.expect(lambda f: IP in f and f[IP].proto == 1 and f[IP].src == lab.h1.gw
                    and f[IP].frag == 0 and f[IP].flags.MF, "the reply, itself in fragments")


@core
def test_interleaved_datagrams(lab):
    requests = [big_echo(lab.h1, lab.h1.gw, 1000 + n) for n in range(5)]
    mixed = [f for group in zip(*[pieces(lab.h1, r, 400)[:3] for r in requests]) for f in group]
    with lab.h1.wire() as wire:
        wire.send(*mixed)
        for r in requests:
            wire.expect(is_reply_to(r), "a reply to each of five")


@core
def test_duplicates_are_harmless(lab):
    request = big_echo(lab.h1, lab.h1.gw)
    parts = pieces(lab.h1, request, 400)
    with lab.h1.wire() as wire:
        wire.send(parts[0], parts[0], *parts[1:])
        wire.send(*pieces(lab.h1, again := big_echo(lab.h1, lab.h1.gw), 400))
        wire.expect(is_reply_to(again), "control: another datagram")


@core
def test_overlaps_are_dropped(lab):
    """RFC 5722 4, applied to IPv4, as Linux does: a datagram with overlapping fragments is not
    delivered; the next one is."""
    request = big_echo(lab.h1, lab.h1.gw)
    parts = pieces(lab.h1, request, 400)
    evil = parts[1].copy()
    evil[IP].frag -= 2  # starts inside the first fragment
    del evil[IP].chksum
    good = big_echo(lab.h1, lab.h1.gw)
    with lab.h1.wire() as wire:
        wire.send(parts[0], evil, *parts[1:])
        wire.send(*pieces(lab.h1, good, 400))
        wire.expect(is_reply_to(good), "control: the reply to a good one")
        wire.none(is_reply_to(request), "a reply to overlapping fragments")


def test_incomplete_datagram_times_out(fresh):
    """RFC 1122 3.3.2: time exceeded code 1 when the first fragment was there, else silence."""
    made = fresh()
    made.dut.sysctl("net.ipv4.ipfrag_time", 1)
    with_first, without = (big_echo(made.h1, made.h1.gw) for _ in range(2))
    with made.h1.wire() as wire:
        wire.send(*pieces(made.h1, without, 400)[1:])
        first = pieces(made.h1, with_first, 400)[0]
        wire.send(first)
        got = wire.expect(is_error(11, 1), "fragment reassembly time exceeded")
        assert raw(got[ICMP])[8 + 4:8 + 6] == raw(first[IP])[4:6]
        wire.drain(1.5)
        wire.none(lambda f: is_error(11, 1)(f) and f is not got, "an error without the first")


def test_many_incomplete_datagrams_do_no_harm(lab):
    """Memory of reassembly is bounded: the router answers beside a flood of first fragments."""
    with lab.h1.wire() as wire:
        for n in range(3000):
            wire.send(lab.h1.to(lab.h1.gw, id=n, flags="MF", proto=17) / Raw(b"f" * 1400))
            if n % 500 == 499:
                control(lab.h1, wire, lab.h2.ip)
        request = echo(lab.h1, lab.h1.gw)
        wire.send(request)
        wire.expect(is_reply_to(request))


@pytest.mark.parametrize("mode, spoofed, passes", [
    (0, "10.0.2.50", True), (1, "10.0.2.50", False), (1, "198.51.100.7", False),
    (2, "10.0.2.50", True), (2, "198.51.100.7", False)])
def test_reverse_path_filter(lab, mode, spoofed, passes):
    """RFC 3704 2.2 strict (1), 2.4 loose (2): is the source reached by the port it came from, or
    at all?"""
    warm_up(lab)
    good, packet = probe(lab.h1, lab.h2), probe(lab.h1, lab.h2, src=spoofed)
    lab.dut.sysctl("net.ipv4.conf.r1.rp_filter", mode)
    try:
        drops = {} if passes else {"ip4_rp_filter": 1}
        with lab.h1.wire() as w1, lab.h2.wire() as w2, lab.dut.expect_drops(**drops):
            w1.send(packet, good)
            w2.expect(carries(raw(good[UDP].payload)), "control: a packet with a true source")
            there = any(carries(raw(packet[UDP].payload))(f) for f in w2.drain())
        assert there == passes
    finally:
        lab.dut.sysctl("net.ipv4.conf.r1.rp_filter", 0)
