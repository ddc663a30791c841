# SPDX-License-Identifier: BSD-3-Clause
"""Plain forwarding between two hosts: RFC 1812 5.2; fragments: RFC 791 3.2."""
import contextlib

import pytest
from netlab import sh
from pkt import carries, control, echo, is_reply_to, probe, token, warm_up
from scapy.all import Ether, ICMP, IP, TCP, UDP, Raw, raw

core = pytest.mark.core


@core
def test_ping_both_ways(lab):
    lab.h1.ping(lab.h2.ip, count=3)
    lab.h2.ping(lab.h1.ip, count=3)


@core
@pytest.mark.parametrize("size", [0, 1, 17, 18, 19, 63, 64, 511, 1471, 1472])
def test_ping_sizes(lab, size):
    """Frames from the shortest (padded to 60 bytes on a real wire) to the MTU, unfragmented."""
    lab.h1.ping(lab.h2.ip, args=f"-M do -s {size}")


@core
@pytest.mark.parametrize("size", [1473, 1480, 2952, 2953, 8000, 65507])
def test_ping_larger_than_mtu(lab, size):
    """Fragments pass through the router untouched, up to the largest datagram (RFC 791 3.2)."""
    lab.h1.ping(lab.h2.ip, count=2, args=f"-s {size}")


def test_first_packet_survives_resolution(fresh):
    """RFC 1812 3.3.2: the packet that triggers ARP is not lost. RFC 1122 2.3.2.2."""
    made = fresh()
    made.h1.run(f"ip neigh replace {made.h1.gw} lladdr {made.h1.gw_mac} dev eth0")
    made.h1.ping(made.h2.ip, count=1)


def test_burst_survives_resolution(fresh):
    """Several packets wait for the same neighbour and leave in order."""
    made = fresh()
    body = [token() for _ in range(8)]
    with made.h1.wire() as w1, made.h2.wire() as w2:
        w1.send(*[probe(made.h1, made.h2, payload=b) for b in body])
        w2.expect(carries(body[-1]), "the last of eight packets")
        got = [raw(f[UDP].payload)[:12] for f in w2.drain()
               if UDP in f and f[UDP].dport == 9 and f[IP].src == made.h1.ip]
    assert got == body


@core
def test_what_changes_in_a_forwarded_packet(lab):
    """RFC 1812 5.3.1: TTL less one, the checksum follows (5.2.3.2), nothing else is touched."""
    warm_up(lab)
    sent = probe(lab.h1, lab.h2, ttl=17, tos=0xb8, id=0x1234, flags="DF")
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(sent)
        got = w2.expect(carries(raw(sent[UDP].payload)))
    assert (got.src, got.dst) == (lab.h2.gw_mac, lab.h2.mac)
    want = IP(raw(sent[IP]))
    want.ttl -= 1
    del want.chksum
    assert raw(got[IP])[:len(raw(want))] == raw(want)


@core
@pytest.mark.parametrize("chksum_byte_order", range(8))
def test_ttl_decrement_checksum_carry(lab, chksum_byte_order):
    """RFC 1624 3: the incremental checksum is right where the carry wraps: identifiers that put
    the header's sum right below and above the end of the range."""
    warm_up(lab)
    base = IP(raw(probe(lab.h1, lab.h2, payload=b"x" * 12, ttl=64, id=0)[IP])).chksum
    ident = (base - 3 + chksum_byte_order) & 0xffff  # header checksum near 0: 3 .. -4
    body = token()
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(probe(lab.h1, lab.h2, payload=body, ttl=64, id=ident))
        got = w2.expect(carries(body))
    ip = IP(raw(got[IP])[:20])
    given, ip.chksum = ip.chksum, None
    assert IP(raw(ip)).chksum == given


@core
@pytest.mark.parametrize("proto", [4, 6, 17, 47, 50, 89, 132, 253])
def test_any_protocol_is_forwarded(lab, proto):
    warm_up(lab)
    body = token()
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(lab.h1.to(lab.h2, proto=proto) / Raw(b"\0" * 20 + body))
        assert w2.expect(carries(body))[IP].proto == proto


@core
def test_ethernet_padding_is_not_forwarded_as_data(lab):
    """RFC 1812 5.2.2: the length of the IP header counts, padding behind it is cut off."""
    warm_up(lab)
    mark = token()
    packet = probe(lab.h1, lab.h2, payload=b"a")
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(raw(packet) + b"\0" * 3 + mark)
        control(lab.h1, w1, lab.h2.ip)
        w2.expect(lambda f: UDP in f and f[IP].src == lab.h1.ip and f[IP].len == 29)
        w2.none(lambda f: mark in raw(f), "the padding")


@core
def test_ip_options_pass(lab):
    """A packet with NOP and end-of-list options is forwarded (RFC 1812 5.2.4: options)."""
    warm_up(lab)
    body = token()
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(lab.h1.to(lab.h2, options=[b"\x01\x01\x01\x00"]) / UDP(dport=9) / Raw(body))
        got = w2.expect(carries(body))
    assert got[IP].ihl == 6


@core
def test_tcp_between_the_hosts(lab):
    """A TCP connection through the router, refused and accepted."""
    with lab.h1.wire() as w1:
        w1.send(lab.h1.to(lab.h2) / TCP(sport=4001, dport=4, flags="S", seq=7))
        got = w1.expect(lambda f: TCP in f and f[TCP].sport == 4)
    assert got[TCP].flags == "RA" and got[TCP].ack == 8


@core
def test_fragmentation_on_a_smaller_link(fresh):
    """RFC 791 3.2 and 2.3: a packet without DF is cut at the egress MTU in multiples of eight;
    identification, protocol and contents stay, offsets and MF are exact."""
    made = fresh()
    warm_up(made)
    made.dut.ip("link set r2 mtu 700")
    body = bytes(i * 7 & 255 for i in range(1400)) + token()
    sent = made.h1.to(made.h2, id=0x4321, ttl=20) / UDP(sport=4000, dport=9) / Raw(body)
    with made.h1.wire() as w1, made.h2.wire() as w2:
        w1.send(sent)
        w2.expect(lambda f: IP in f and f[IP].id == 0x4321 and f[IP].frag and not f[IP].flags.MF)
        parts = [f[IP] for f in w2.seen if IP in f and f[IP].id == 0x4321]
    want = raw(sent[UDP])
    data = b""
    for part in parts:
        assert part.frag * 8 == len(data) and part.ttl == 19 and part.len <= 700
        data += raw(part)[20:part.len]
    assert data == want
    assert [bool(p.flags.MF) for p in parts] == [True] * (len(parts) - 1) + [False]
    assert [p.len for p in parts[:-1]] == [20 + 680] * (len(parts) - 1)


def test_fragments_are_fragmented_again(fresh):
    """RFC 791 3.2: offsets of a cut fragment go on from its own, MF of the last piece is kept."""
    made = fresh()
    warm_up(made)
    made.dut.ip("link set r2 mtu 300")
    mark = token()
    with made.h1.wire() as w1, made.h2.wire() as w2:
        w1.send(made.h1.to(made.h2, id=77, flags="MF", frag=100, proto=253) / Raw(mark + b"z" * 788))
        w2.expect(lambda f: IP in f and f[IP].id == 77 and f[IP].frag == 100 + 2 * 35)
        parts = [f[IP] for f in w2.seen if IP in f and f[IP].id == 77]
    assert [(p.frag, p.len, bool(p.flags.MF)) for p in parts] == [
        (100, 300, True), (135, 300, True), (170, 20 + 800 - 560, True)]


def test_echo_reply_to_a_large_ping_is_reassembled_and_fragmented(lab):
    """The router's own end: RFC 1812 4.2.2.7 (reassembly) and RFC 1122 3.2.2.6 (echo up to the
    largest datagram)."""
    lab.h1.ping(lab.h1.gw, count=2, args="-s 4000")
    lab.h1.ping(lab.h1.gw, count=2, args="-s 20000")


@core
def test_traceroute_shows_the_router(lab):
    out = lab.h1.run(f"traceroute -n -q 1 -w 8 -m 4 {lab.h2.ip}").stdout.splitlines()
    hops = [line.split()[1] for line in out[1:]]
    assert hops == [lab.h1.gw, lab.h2.ip], out


def test_traceroute_with_icmp(lab):
    out = lab.h1.run(f"traceroute -I -n -q 1 -w 8 -m 4 {lab.h2.ip}").stdout.splitlines()
    assert [line.split()[1] for line in out[1:]] == [lab.h1.gw, lab.h2.ip], out


def test_tracepath_learns_the_mtu(fresh):
    """RFC 1191: tracepath finds the smaller link from the router's ICMP 3/4."""
    made = fresh()
    warm_up(made)
    made.dut.ip("link set r2 mtu 1300")
    made.h2.run("ip link set eth0 mtu 1300")
    out = made.h1.run(f"tracepath -n -m 4 {made.h2.ip}").stdout
    assert "pmtu 1300" in out and f"{made.h2.ip}" in out.split("Resume")[0], out
    made.h1.ping(made.h2.ip, args="-M do -s 1272")


@core
def test_many_flows_in_a_row(lab):
    """A thousand packets to a hundred ports arrive once each and unharmed."""
    warm_up(lab)
    body = [token() for _ in range(1000)]
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        for chunk in range(0, 1000, 50):
            w1.send(*[probe(lab.h1, lab.h2, payload=b, dport=9000 + n % 100)
                      for n, b in enumerate(body[chunk:chunk + 50])])
            w2.expect(carries(body[chunk + 49]))
        got = [raw(f[UDP].payload)[:12] for f in w2.drain() if UDP in f and f[IP].src == lab.h1.ip]
    assert sorted(got) == sorted(body)


def test_link_local_control(lab):
    """The hosts hold exactly the router's address for their gateway."""
    warm_up(lab)
    assert lab.h1.neigh(lab.h1.gw)["lladdr"] == lab.h1.gw_mac
    assert sh(f"ip -n {lab.h2.ns} neigh show {lab.h2.gw}").stdout.split()[4] == lab.h2.gw_mac


def test_echo_request_keeps_its_ttl_apart(lab):
    """The reply of a router starts at a TTL of its own (RFC 1812 4.2.2.9), never the request's."""
    request = echo(lab.h1, lab.h1.gw, ttl=3)
    with lab.h1.wire() as wire:
        wire.send(request)
        reply = wire.expect(is_reply_to(request))
    assert reply[IP].ttl == 64 and reply[ICMP].code == 0


def test_directed_broadcast(lab):
    """RFC 2644, RFC 1812 5.3.5.2: forwarded only where `all` and the interface say so."""
    def send(wire1):
        mark = token()
        wire1.send(probe(lab.h1, "10.0.2.255", mark))
        control(lab.h1, wire1, lab.h1.gw)
        return mark
    keys = ("net.ipv4.conf.all.bc_forwarding", "net.ipv4.conf.r1.bc_forwarding")
    warm_up(lab)
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        try:
            for key in keys:
                mark = send(w1)
                w2.none(carries(mark), "a directed broadcast")
                lab.dut.sysctl(key, 1)
            mark = send(w1)
            got = w2.expect(carries(mark), "the directed broadcast")
            assert (got[Ether].dst, got[IP].ttl) == ("ff:ff:ff:ff:ff:ff", 63)
        finally:
            for key in keys:
                lab.dut.sysctl(key, 0)


def test_tunables_that_only_stand_there(lab):
    """mc_forwarding is what a multicast routing daemon would set; tag is the administrator's."""
    lab.dut.sysctl("net.ipv4.conf.r1.tag", 7)
    assert lab.dut.sysctl("net.ipv4.conf.r1.tag") == "7"
    lab.dut.sysctl("net.ipv4.conf.r1.tag", 0)
    with contextlib.suppress(AssertionError):
        lab.dut.sysctl("net.ipv4.conf.r1.mc_forwarding", 1)
    assert lab.dut.sysctl("net.ipv4.conf.r1.mc_forwarding") == "0"
