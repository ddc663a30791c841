# SPDX-License-Identifier: BSD-3-Clause
"""ICMP Destination Unreachable, every code the router originates: RFC 792; RFC 1812 4.3.3.1 and
5.2.7.1; RFC 1191 4; and what never gets an error, RFC 1122 3.2.2."""
import contextlib
import socket
import time

import pytest
from conftest import given
from dut import LINUX
from netlab import inside, sh
from pkt import (carries, control, echo, is_error, is_reply_to, probe, quoted_bytes, same_packet,
                 token, warm_up)
from scapy.all import ICMP, IP, TCP, UDP, Raw, raw

core = pytest.mark.core


@contextlib.contextmanager
def route(dut, words):
    dut.ip("route add " + words)
    try:
        yield
    finally:
        dut.ip("route del " + words)


def refused(lab, packet, code, **reasons):
    """h1 sends the packet: one error of this code comes, from the router's near address."""
    if LINUX and code in (0, 1, 13):
        time.sleep(1.1)  # Linux limits these apart, one a second: net.ipv4.route.error_cost
    with lab.h1.wire() as wire, lab.dut.expect_drops(**reasons):
        wire.send(packet)
        reply = wire.expect(is_error(3, code, about=packet), f"unreachable, code {code}")
        control(lab.h1, wire, lab.h1.gw)
        wire.none(lambda f: f is not reply and is_error(about=packet)(f), "a second error")
    assert (reply[IP].src, reply[IP].dst) == (lab.h1.gw, lab.h1.ip)
    assert same_packet(quoted_bytes(reply), raw(packet[IP])[:576 - 28])
    return reply


@core
def test_no_route_is_net_unreachable(lab):
    refused(lab, probe(lab.h1, "198.51.100.1"), 0, ip4_no_route=1)


@core
def test_unreachable_route(lab):
    with route(lab.dut, "unreachable 198.51.100.0/24"):
        refused(lab, probe(lab.h1, "198.51.100.1"), 1, ip4_unreachable=1)


def test_prohibit_route_for_a_tos(lab):
    """RFC 1812 5.2.4.3 (3): of routes to the same prefix, the one for the packet's type of service."""
    with route(lab.dut, f"198.51.100.0/24 via {lab.h2.ip}"), route(lab.dut, "prohibit 198.51.100.0/24 tos 0x10"):
        refused(lab, probe(lab.h1, "198.51.100.1", tos=0x10), 13, ip4_prohibit=1)
        refused(lab, probe(lab.h1, "198.51.100.1", tos=0x11), 13, ip4_prohibit=1)  # ECN is no part of it
        body = token()
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            w1.send(probe(lab.h1, "198.51.100.1", payload=body))
            assert w2.expect(carries(body), "the packet without a tos").dst == lab.h2.mac


@core
def test_prohibit_route(lab):
    """RFC 1812 5.2.7.1: code 13, communication administratively prohibited."""
    with route(lab.dut, "prohibit 198.51.100.0/24"):
        refused(lab, probe(lab.h1, "198.51.100.1"), 13, ip4_prohibit=1)


@core
def test_blackhole_route_is_silent(lab):
    with route(lab.dut, "blackhole 198.51.100.0/24"), lab.h1.wire() as wire:
        packet = probe(lab.h1, "198.51.100.1")
        with lab.dut.expect_drops(ip4_blackhole=1):
            wire.send(packet)
            control(lab.h1, wire, lab.h2.ip)
            wire.none(is_error(), "an error about a blackhole")


def test_silent_neighbour_is_host_unreachable(lab):
    """RFC 1812 5.2.7.1 and RFC 1122 2.3.2.2: no ARP answer gives code 1, after the probes."""
    lab.dut.sysctl("net.ipv4.neigh.r2.retrans_time_ms", 200)
    try:
        refused(lab, probe(lab.h1, "10.0.2.77"), 1, neigh_failed=1)
    finally:
        lab.dut.sysctl("net.ipv4.neigh.r2.retrans_time_ms", 1000)


def test_silent_neighbour_is_asked_three_times(lab):
    """mcast_solicit requests by broadcast, then no more for this packet."""
    lab.dut.sysctl("net.ipv4.neigh.r2.retrans_time_ms", 200)
    packet = probe(lab.h1, "10.0.2.78")
    try:
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            w1.send(packet)
            w1.expect(is_error(3, 1, about=packet))
            asked = [f for f in w2.drain(0.5) if f.haslayer("ARP") and f["ARP"].pdst == "10.0.2.78"]
    finally:
        lab.dut.sysctl("net.ipv4.neigh.r2.retrans_time_ms", 1000)
    assert len(asked) == 3
    assert all(f.dst == "ff:ff:ff:ff:ff:ff" and f["ARP"].psrc == lab.h2.gw for f in asked)


@core
@pytest.mark.parametrize("proto", [50, 89, 253])
def test_unknown_protocol(lab, proto):
    """RFC 1122 3.2.2.1: protocol unreachable, from the address that was asked."""
    packet = lab.h1.to(lab.h1.gw, proto=proto) / Raw(token() * 2)
    refused(lab, packet, 2, ip4_unknown_proto=1)


@core
def test_closed_udp_port(lab):
    """RFC 1122 4.1.3.1."""
    refused(lab, probe(lab.h1, lab.h1.gw, dport=33333), 3, ip4_no_socket=1)


@core
def test_error_comes_from_the_address_asked(lab):
    """RFC 1122 3.2.2.. and Linux: about a packet to the far address the error comes from there."""
    packet = probe(lab.h1, lab.h2.gw, dport=33333)
    with lab.h1.wire() as wire:
        wire.send(packet)
        assert wire.expect(is_error(3, 3, about=packet))[IP].src == lab.h2.gw


@core
def test_fragmentation_needed_names_the_mtu(lab):
    """RFC 1191 4: code 4 with the next-hop MTU in the low 16 bits."""
    warm_up(lab)
    lab.dut.ip("link set r2 mtu 1300")
    try:
        fits = probe(lab.h1, lab.h2, flags="DF", payload=token() + b"m" * (1300 - 28 - 12))
        packet = probe(lab.h1, lab.h2, flags="DF", payload=token() + b"m" * (1300 - 28 - 11))
        with lab.h2.wire() as w2:
            reply = refused(lab, packet, 4, ip4_frag_needed=1)
            with lab.h1.wire() as w1:
                w1.send(fits)
            w2.expect(carries(raw(fits[UDP].payload)[:12]), "control: the one that fits")
            w2.none(carries(raw(packet[UDP].payload)[:12]), "the one that does not fit")
    finally:
        lab.dut.ip("link set r2 mtu 1500")
    assert raw(reply[ICMP])[4:8] == b"\0\0" + (1300).to_bytes(2, "big")


WAYS = {
    "a gateway": "via {0.h2.ip}",
    "several": "nexthop via {0.h2.ip} weight 1 nexthop via {0.h2.ip} weight 3",
    "an object": "nhid 71",
    "a group": "nhid 72",
    "a resilient group": "nhid 73",
}


@pytest.fixture(scope="module")
def objects(lab):
    lab.dut.ip(f"nexthop add id 71 via {lab.h2.ip} dev r2")
    lab.dut.ip("nexthop add id 72 group 71")
    lab.dut.ip("nexthop add id 73 group 71 type resilient buckets 8")
    yield
    for number in (73, 72, 71):
        lab.dut.ip(f"nexthop del id {number}")


@core
@pytest.mark.parametrize("way", WAYS)
def test_mtu_of_a_route(lab, objects, way):
    """RFC 1191 4, RFC 1812 4.2.2.7: what is longer is refused with that MTU, or without DF is cut."""
    warm_up(lab)
    words, many = WAYS[way].format(lab), way == "several"
    with route(lab.dut, "198.51.100.0/24 " + (f"mtu 1000 {words}" if many else f"{words} mtu 1000")):
        packet = probe(lab.h1, "198.51.100.1", flags="DF", payload=token() + b"m" * (1000 - 28 - 11))
        reply = refused(lab, packet, 4, ip4_frag_needed=1)
        assert raw(reply[ICMP])[4:8] == b"\0\0" + (1000).to_bytes(2, "big")
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            body = token() + b"m" * (1000 - 28 - 12)
            w1.send(probe(lab.h1, "198.51.100.1", flags="DF", payload=body))
            assert w2.expect(carries(body), "the one that fits")[IP].len == 1000
            body = token() + bytes(range(256)) * 5
            w1.send(probe(lab.h1, "198.51.100.1", id=4711, payload=body))
            pieces = [w2.expect(lambda f, at=at: IP in f and (f[IP].id, f[IP].frag * 8) == (4711, at), f"from {at} on")
                      for at in (0, 976)]
    assert [p[IP].len for p in pieces] == [996, 20 + 8 + len(body) - 976]
    assert b"".join(raw(p[IP].payload)[:p[IP].len - 20] for p in pieces)[8:] == body


NO_ERROR = {
    "a fragment that is not the first": lambda lab: probe(lab.h1, "198.51.100.1", frag=10),
    "an ICMP error": lambda lab: lab.h1.to("198.51.100.1") / ICMP(type=3, code=1)
        / IP(src="198.51.100.1", dst=lab.h1.ip) / UDP() / Raw(token()),
    "an ICMP error to the router": lambda lab: lab.h1.to(lab.h1.gw) / ICMP(type=11, code=0)
        / IP(src=lab.h1.gw, dst=lab.h1.ip, proto=253) / Raw(token()),
    "a link broadcast": lambda lab: lab.h1.eth(dst="ff:ff:ff:ff:ff:ff")
        / probe(lab.h1, "198.51.100.1")[IP],
    "UDP to the subnet's broadcast": lambda lab: lab.h1.eth(dst="ff:ff:ff:ff:ff:ff")
        / probe(lab.h1, "10.0.1.255", dport=33333)[IP],
    "UDP to the limited broadcast": lambda lab: lab.h1.eth(dst="ff:ff:ff:ff:ff:ff")
        / probe(lab.h1, "255.255.255.255", dport=33333)[IP],
    "UDP to all systems": lambda lab: lab.h1.eth(dst="01:00:5e:00:00:01")
        / probe(lab.h1, "224.0.0.1", dport=33333)[IP],
    "a multicast source": lambda lab: probe(lab.h1, lab.h1.gw, src="224.0.0.5", dport=33333),
    "a broadcast source": lambda lab: probe(lab.h1, lab.h1.gw, src="255.255.255.255", dport=33333),
    "a loopback source": lambda lab: probe(lab.h1, lab.h1.gw, src="127.0.0.1", dport=33333),
    "a zero source": lambda lab: probe(lab.h1, lab.h1.gw, src="0.0.0.0", dport=33333),
}


@core
@pytest.mark.parametrize("why", NO_ERROR)
def test_no_error_about(lab, why):
    """RFC 1122 3.2.2, RFC 1812 4.3.2.7."""
    good = probe(lab.h1, "198.51.100.1")
    if LINUX:
        time.sleep(2.2)  # as in refused(), for two
    with lab.h1.wire() as wire:
        wire.send(NO_ERROR[why](lab), good)
        wire.expect(is_error(3, 0, about=good), "control: net unreachable")
        wire.none(lambda f: is_error()(f) and not is_error(3, 0, about=good)(f), why)


@core
@pytest.mark.parametrize("address", ["10.0.1.1", "10.0.2.1"])
def test_echo_to_every_address(lab, address):
    """RFC 1122 3.2.2.6: the reply comes from the address that was asked; data comes back."""
    for host in lab.hosts:
        request = echo(host, address, payload=token() * 40)
        with host.wire() as wire:
            wire.send(request)
            reply = wire.expect(is_reply_to(request))
        assert raw(reply[ICMP].payload)[:480] == raw(request[ICMP].payload)


def test_echo_to_broadcast_is_not_answered(lab):
    """icmp_echo_ignore_broadcasts is 1, as on Linux (RFC 1122 3.2.2.6 allows it)."""
    request = echo(lab.h1, "10.0.1.255")
    request.dst = "ff:ff:ff:ff:ff:ff"
    with lab.h1.wire() as wire:
        wire.send(request)
        control(lab.h1, wire, lab.h1.gw)
        wire.none(lambda f: ICMP in f and f[ICMP].type == 0 and f[ICMP].id == request[ICMP].id
                  and f[ICMP].seq == request[ICMP].seq, "a reply to a broadcast")


def test_echo_can_be_switched_off(lab):
    first, second = echo(lab.h1, lab.h1.gw), echo(lab.h1, lab.h1.gw)
    with lab.h1.wire() as wire:
        lab.dut.sysctl("net.ipv4.icmp_echo_ignore_all", 1)
        try:
            with lab.dut.expect_drops(icmp_ignored=1):
                wire.send(first)
                control(lab.h1, wire, lab.h2.ip)
        finally:
            lab.dut.sysctl("net.ipv4.icmp_echo_ignore_all", 0)
        wire.send(second)
        wire.expect(is_reply_to(second), "the reply once it is on again")
        wire.none(is_reply_to(first), "a reply while it was off")


def test_errors_are_rate_limited(lab):
    """RFC 1812 4.3.2.8; net.ipv4.icmp_ratelimit with Linux's default: a second per error and
    destination, a burst of six."""
    lab.dut.sysctl("net.ipv4.icmp_ratelimit", 1000)
    try:
        packets = [probe(lab.h1, lab.h1.gw, dport=33333) for _ in range(40)]
        with lab.h1.wire() as wire:
            wire.send(*packets)
            control(lab.h1, wire, lab.h2.ip)
            errors = [f for f in wire.drain(0.5) if is_error(3, 3)(f)]
    finally:
        lab.dut.sysctl("net.ipv4.icmp_ratelimit", 0)
    assert 1 <= len(errors) <= 10


def test_tcp_to_the_router_is_reset_or_unreachable(lab):
    """No TCP of its own: Pollux answers protocol unreachable (RFC 1122 3.2.2.1); Linux, which
    has TCP, resets. Either way the peer does not wait in vain."""
    packet = lab.h1.to(lab.h1.gw) / TCP(sport=4002, dport=4, flags="S")
    with lab.h1.wire() as wire:
        wire.send(packet)
        wire.expect(lambda f: is_error(3, 2, about=packet)(f)
                    or (TCP in f and f[TCP].flags.R and f[TCP].dport == 4002))


def test_host_sees_the_errors_as_errno(lab):
    """What an application on h1 is told, by way of its own kernel: RFC 1122 4.2.3.9."""
    with inside(lab.h1.ns):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        sock.settimeout(8)
        sock.connect((lab.h1.gw, 33334))
        sock.send(b"x")
        with pytest.raises(ConnectionRefusedError):
            sock.recv(1)


ERRNO = {"blackhole": "Invalid argument", "unreachable": "No route to host", "prohibit": "Permission denied",
         "throw": "Network is unreachable"}
# iputils takes EACCES for what one gets without -b.
PING = {**ERRNO, "prohibit": "Do you want to ping broadcast?" if LINUX else "prohibited by a route"}


@pytest.mark.core
@pytest.mark.parametrize("kind", ERRNO)
def test_errno_of_what_is_made_here(lab, kind):
    """Each type's own error for who sends from the router itself, and nothing on the wire."""
    def ping():
        if LINUX:
            return sh(f"ip netns exec {lab.dut_ns} ping -n -c 1 -W 1 20.1.2.3", check=False)
        return lab.dut.client("ping 20.1.2.3 count 1 timeout 1000")

    def get():
        if LINUX:
            return sh(f"ip -n {lab.dut_ns} route get 20.1.2.3", check=False)
        return lab.dut.client("ip route get 20.1.2.3")
    with given(lab, f"route add {kind} 20.1.0.0/16"), lab.h1.wire() as w1, lab.h2.wire() as w2:
        for done, says in ((ping(), PING[kind]), (get(), ERRNO[kind])):
            assert done.returncode != 0
            assert says in done.stdout + done.stderr, done
        for wire in (w1, w2):
            wire.none(lambda f: IP in f and f[IP].dst == "20.1.2.3")
    with given(lab, f"route add 20.1.0.0/16 via {lab.h2.ip}"), lab.h2.wire() as w2:  # control
        ping()
        w2.expect(lambda f: IP in f and f[IP].dst == "20.1.2.3")
        assert get().returncode == 0
