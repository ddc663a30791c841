# SPDX-License-Identifier: BSD-3-Clause
"""ICMP Time Exceeded: RFC 792; RFC 1812 4.3.2 and 5.3.1; RFC 1122 3.2.2."""
import pytest
from pkt import echo, is_error, is_reply_to, probe, quoted_bytes, token, warm_up
from scapy.all import ICMP, IP, UDP, Ether, Raw, raw

pytestmark = pytest.mark.core


@pytest.mark.parametrize("ttl", [1, 0])
def test_expired_packet_is_reported(lab, ttl):
    packet = probe(lab.h1, lab.h2, ttl=ttl)
    with lab.h1.wire() as wire, lab.dut.expect_drops(ip4_ttl_expired=1):
        wire.send(packet)
        reply = wire.expect(is_error(11, 0, about=packet), "time exceeded")
    assert reply[IP].src == lab.h1.gw  # RFC 1812 4.3.2.4: the interface it leaves by
    assert (reply[IP].dst, reply.dst, reply.src) == (lab.h1.ip, lab.h1.mac, lab.h1.gw_mac)
    assert reply[IP].tos == 0xc0  # RFC 1812 4.3.2.5: precedence 6
    assert raw(reply[ICMP])[4:8] == b"\0" * 4  # RFC 792: unused must be zero
    for layer in (IP, ICMP):
        again = layer(raw(reply[layer])[:reply[IP].len - (20 if layer is ICMP else 0)])
        given, again.chksum = again.chksum, None
        assert layer(raw(again)).chksum == given


def test_quote_is_the_packet_as_received(lab):
    """RFC 1812 4.3.2.3: the quoted header is what arrived, as much as fits into 576 bytes."""
    small, big = (probe(lab.h1, lab.h2, ttl=1, payload=token() + b"q" * n) for n in (30, 1200))
    with lab.h1.wire() as wire:
        wire.send(small, big)
        for packet in (small, big):
            reply = wire.expect(is_error(11, 0, about=packet))
            quote = quoted_bytes(reply)
            assert quote == raw(packet[IP])[:len(quote)]
            assert len(quote) == min(len(raw(packet[IP])), 576 - 28)
            assert reply[IP].len <= 576


def test_expired_fragment_first_is_reported(lab):
    """RFC 1122 3.2.2: only fragments that are not the first are left without an error."""
    packet = probe(lab.h1, lab.h2, ttl=1, flags="MF")
    with lab.h1.wire() as wire:
        wire.send(packet)
        wire.expect(is_error(11, 0, about=packet))


SILENT = {
    "a fragment that is not the first": lambda h, d: probe(h, d, ttl=1, frag=10),
    "an ICMP error": lambda h, d:
        h.to(d, ttl=1) / ICMP(type=3, code=1) / IP(src=d.ip, dst=h.ip) / UDP() / Raw(token()),
    "an unknown ICMP type": lambda h, d: h.to(d, ttl=1) / ICMP(type=44, code=0) / Raw(token()),
    "a multicast source": lambda h, d: probe(h, d, ttl=1, src="224.1.2.3"),
    "a broadcast source": lambda h, d: probe(h, d, ttl=1, src="255.255.255.255"),
    "a loopback source": lambda h, d: probe(h, d, ttl=1, src="127.0.0.1"),
    "a zero source": lambda h, d: probe(h, d, ttl=1, src="0.0.0.0"),
    "a multicast destination": lambda h, d: probe(h, "224.1.2.3", ttl=1),
    "a limited broadcast": lambda h, d: probe(h, "255.255.255.255", ttl=1),
    "a link broadcast": lambda h, d:
        Ether(src=h.mac, dst="ff:ff:ff:ff:ff:ff") / probe(h, d, ttl=1)[IP],
}


@pytest.mark.parametrize("why", SILENT)
def test_no_error_about(lab, why):
    """RFC 1122 3.2.2: an ICMP error is never sent about these."""
    good = probe(lab.h1, lab.h2, ttl=1)
    with lab.h1.wire() as wire:
        wire.send(SILENT[why](lab.h1, lab.h2), good)
        wire.expect(is_error(11, 0, about=good), "control: time exceeded")
        wire.none(lambda f: is_error()(f) and not is_error(11, 0, about=good)(f), why)


def test_ttl_1_to_the_router_is_answered(lab):
    """RFC 1812 5.3.1: TTL is not checked on what is for the router itself."""
    for ttl in (1, 2):
        request = echo(lab.h1, lab.h1.gw, ttl=ttl)
        with lab.h1.wire() as wire:
            wire.send(request)
            wire.expect(is_reply_to(request))


def test_ttl_2_arrives_with_1(lab):
    warm_up(lab)
    packet = probe(lab.h1, lab.h2, ttl=2)
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(packet)
        got = w2.expect(lambda f: UDP in f and raw(f[UDP].payload)[:12] == raw(packet[UDP].payload))
    assert got[IP].ttl == 1
