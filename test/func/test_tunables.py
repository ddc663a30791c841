# SPDX-License-Identifier: BSD-3-Clause
"""Tunables of IPv4 and ICMP whose effect is seen on the wire and nowhere else."""
import contextlib
import struct
import subprocess
import time

import pytest
from conftest import given
from dut import LINUX
from pkt import carries, control, echo, is_error, is_reply_to, probe, token, warm_up
from scapy.all import ICMP, IP, UDP, Raw, raw


@contextlib.contextmanager
def tuned(dut, **values):
    """net.ipv4.* during the body; two underscores stand for a dot."""
    keys = {"net.ipv4." + k.replace("__", "."): v for k, v in values.items()}
    before = {k: dut.sysctl(k) for k in keys}
    try:
        for key, value in keys.items():
            dut.sysctl(key, value)
        yield
    finally:
        for key, value in before.items():
            dut.sysctl(key, value)


def extended_echo(c_type, identity, local=1):
    """RFC 8335 2: which interface is meant, by name (1), index (2) or address (3)."""
    body = struct.pack("!BBHHBB", 0x20, 0, 0, 4 + len(identity), 3, c_type) + identity
    head = struct.pack("!BBHHBB", 42, 0, 0, 0x1234, 7, local)
    total = sum(struct.unpack(f"!{len(head + body) // 2}H", head + body))
    total = (total & 0xffff) + (total >> 16)
    return head[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + head[4:] + body


def is_answer(f):
    return IP in f and f[IP].proto == 1 and raw(f[IP].payload)[:1] == b"\x2b"


def state(lab, wire, c_type, identity):
    """(code, state) of the router's reply."""
    message = extended_echo(c_type, identity)
    wire.send(lab.h1.to(lab.h1.gw, proto=1) / Raw(message))
    reply = wire.expect(is_answer, f"the reply about {identity}")
    got = raw(reply[IP].payload)
    assert reply[IP].src == lab.h1.gw
    assert got[4:7] == message[4:7] and got[8:].startswith(message[8:]), got.hex()
    return got[1], got[7]


def silent(lab, message):
    with lab.h1.wire() as wire:
        wire.send(lab.h1.to(lab.h1.gw, proto=1) / Raw(message))
        control(lab.h1, wire, lab.h2.ip)
        return not any(map(is_answer, wire.drain()))


def test_state_of_an_interface(lab):
    """RFC 8335: off by default; then the router says of its interfaces, not of others', whether they are up (4) and have
    an address (2)."""
    warm_up(lab)
    index = lab.dut.ip_json("link show r2")[0]["ifindex"]
    address = struct.pack("!HBB", 1, 4, 0) + bytes(map(int, lab.h2.gw.split(".")))
    stranger = struct.pack("!HBB", 1, 4, 0) + bytes(map(int, lab.h2.ip.split(".")))
    assert silent(lab, extended_echo(1, b"r2\0\0"))
    with tuned(lab.dut, icmp_echo_enable_probe=1):
        with lab.h1.wire() as wire:
            for c_type, identity, want in ((1, b"r2\0\0", (0, 6)), (2, struct.pack("!I", index), (0, 6)),
                                           (3, address, (0, 6)), (1, b"r9\0\0", (2, 0)),
                                           (2, struct.pack("!I", 4000), (2, 0)), (3, stranger, (2, 0)),
                                           (1, b"0123456789abcdef", (1, 0)), (3, address[:6], (1, 0)),
                                           (4, address, (1, 0))):
                assert state(lab, wire, c_type, identity) == want, (c_type, identity)
        assert silent(lab, extended_echo(1, b"r2\0\0", local=0))
        with tuned(lab.dut, icmp_echo_ignore_all=1):
            assert silent(lab, extended_echo(1, b"r2\0\0"))


def test_unicast_in_a_link_broadcast(lab):
    """RFC 1122 3.3.6: what is for the router is delivered unless drop_unicast_in_l2_multicast; nothing is forwarded, and no
    error is about it."""
    warm_up(lab)
    for dst in ("ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:05"):
        request, through = echo(lab.h1, lab.h1.gw), probe(lab.h1, lab.h2.ip)
        closed = probe(lab.h1, lab.h1.gw, dport=33333)
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            w1.send(*[lab.h1.eth(dst=dst) / p[IP] for p in (request, through, closed)])
            w1.expect(is_reply_to(request), "the answer")
            control(lab.h1, w1, lab.h2.ip)
            w2.none(carries(raw(through[UDP].payload)), "what no router may forward")
            w1.none(is_error(about=closed), "an error about a broadcast")
        with tuned(lab.dut, conf__r1__drop_unicast_in_l2_multicast=1), lab.h1.wire() as w1:
            request = echo(lab.h1, lab.h1.gw)
            w1.send(lab.h1.eth(dst=dst) / request[IP])
            control(lab.h1, w1, lab.h1.gw)
            w1.none(is_reply_to(request), "an answer")


@contextlib.contextmanager
def own_pings(lab, size):
    """The router pings h2 with DF."""
    client = ["ip", "netns", "exec", lab.dut_ns] if LINUX else [lab.dut.build / "app/pollux/pollux", "-S", lab.dut.sock]
    done = subprocess.Popen([*client, *f"ping -c 20 -i 0.2 -M do -s {size} {lab.h2.ip}".split()],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        done.terminate()
        done.wait(10)


def test_forwarding_by_learned_path_mtu(lab):
    """RFC 1191: what was learned for the router's own packets bounds those of others where ip_forward_use_pmtu says so,
    until it is forgotten."""
    warm_up(lab)
    with lab.h2.wire() as w2, lab.h1.wire() as w1:
        with own_pings(lab, 1400):
            sent = w2.expect(lambda f: ICMP in f and f[ICMP].type == 8 and f[IP].len == 1428)
            w2.send(lab.h2.to(lab.h2.gw) / ICMP(type=3, code=4, nexthopmtu=1000) / Raw(raw(sent[IP])[:28]))
            control(lab.h2, w2, lab.h2.gw)
        body = token() * 90

        def passes():
            packet = probe(lab.h1, lab.h2.ip, payload=body, flags="DF")
            w1.send(packet)
            return packet
        passes()
        w2.expect(carries(body), "what is not the router's")
        with tuned(lab.dut, ip_forward_use_pmtu=1):
            error = w1.expect(is_error(3, 4, about=passes()), "fragmentation needed")
            assert error[ICMP].nexthopmtu == 1000
            w1.send(probe(lab.h1, lab.h2.ip, payload=body))
            first = w2.expect(lambda f: UDP in f and f[IP].flags.MF, "a fragment")
            assert first[IP].len <= 1000
            w1.send(probe(lab.h1, lab.h2.ip, payload=body[:900], flags="DF"))
            w2.expect(carries(body[:900]), "what is short enough")
            lab.dut.ip("route flush cache")
            passes()
            w2.expect(carries(body), "what is longer, all is forgotten")


@pytest.mark.ours("Linux has no such tunable: it answers always")
def test_timestamp_reply(lab):
    """RFC 1122 3.2.2.8."""
    warm_up(lab)

    def asks():
        packet = lab.h1.to(lab.h1.gw) / ICMP(type=13, id=77, seq=len(wire.seen))
        wire.send(packet)
        return lambda f: ICMP in f and f[ICMP].type == 14 and f[ICMP].id == 77
    with lab.h1.wire() as wire:
        reply = wire.expect(asks(), "the reply")
        now = int(time.time() * 1000) % 86400000
        assert abs(reply[ICMP].ts_rx - now) < 10000 or abs(reply[ICMP].ts_rx - now) > 86390000
        with tuned(lab.dut, icmp_timestamp_reply=0):
            match, before = asks(), len(wire.seen)
            control(lab.h1, wire, lab.h1.gw)
            wire.drain()
            assert not any(map(match, wire.seen[before:]))


def test_mask_of_limited_types(lab):
    """icmp_ratemask: which errors icmp_ratelimit is about."""
    warm_up(lab)

    def told(n):
        packets = [probe(lab.h1, lab.h2.ip, ttl=1) for _ in range(n)]
        with lab.h1.wire() as wire:
            wire.send(*packets)
            control(lab.h1, wire, lab.h1.gw)
            wire.drain()
            return sum(any(is_error(11, 0, about=p)(f) for f in wire.seen) for p in packets)
    with tuned(lab.dut, icmp_ratelimit=60000, icmp_ratemask=6168):
        assert told(20) <= 7
        lab.dut.sysctl("net.ipv4.icmp_ratemask", 6168 & ~(1 << 11))
        assert told(20) == 20


@pytest.mark.parametrize("inbound", [0, 1])
def test_source_of_errors(lab3, inbound):
    """RFC 1812 4.3.2.4 and icmp_errors_use_inbound_ifaddr: the interface that the error leaves by, or the one that the
    packet came by."""
    warm_up(lab3)
    with tuned(lab3.dut, icmp_errors_use_inbound_ifaddr=inbound), given(lab3, f"route add 203.0.113.0/24 via {lab3.h2.ip}"), \
            lab3.h1.wire() as w1, lab3.h2.wire() as w2:
        packet = probe(lab3.h1, "10.0.3.2", ttl=1, src="203.0.113.9")
        w1.send(packet)
        error = w2.expect(is_error(11, 0, about=packet), "time exceeded")
        assert error[IP].src == (lab3.h1.gw if inbound else lab3.h2.gw)


def test_own_source_from_outside(lab):
    """accept_local: a packet with an address of the router for its source."""
    warm_up(lab)
    for accept in (0, 1):
        body = token()
        with tuned(lab.dut, conf__r1__accept_local=accept), lab.h1.wire() as w1, lab.h2.wire() as w2:
            w1.send(probe(lab.h1, lab.h2.ip, payload=body, src=lab.h2.gw))
            control(lab.h1, w1, lab.h2.ip)
            came = any(map(carries(body), w2.drain()))
        assert came == bool(accept)


def test_loopback_addresses_on_a_link(lab):
    """route_localnet: 127/8 is a martian on a wire (RFC 1122 3.2.1.3 (g)) unless it is set. No answer from there leaves
    in either case (Linux sends one)."""
    warm_up(lab)
    for allowed in (0, 1):
        reasons = {"ip4_no_socket": allowed, "ip4_martian_destination": 1 - allowed}
        with tuned(lab.dut, conf__r1__route_localnet=allowed), lab.h1.wire() as wire, lab.dut.expect_drops(**reasons):
            packet = probe(lab.h1, "127.0.0.1", dport=33333)
            wire.send(packet)
            control(lab.h1, wire, lab.h1.gw)
            came = any(map(is_error(3, 3, about=packet), wire.drain()))
        assert came == (LINUX and bool(allowed))


@pytest.mark.ours("its filter")
def test_mark_of_answers(lab):
    """fwmark_reflect: an answer carries the mark of its question, and goes where rules for that mark send it."""
    warm_up(lab)
    lab.dut.client("filter add input proto icmp mark 7")
    try:
        with given(lab, "rule add fwmark 7 blackhole"):
            for reflect in (0, 1):
                request = echo(lab.h1, lab.h1.gw)
                with tuned(lab.dut, fwmark_reflect=reflect), lab.h1.wire() as wire:
                    wire.send(request)
                    control(lab.h1, wire, lab.h2.ip)
                    came = any(map(is_reply_to(request), wire.drain()))
                assert came != bool(reflect)
    finally:
        lab.dut.client("filter flush")
