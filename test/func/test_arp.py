# SPDX-License-Identifier: BSD-3-Clause
"""ARP and the neighbour table on the wire: RFC 826; RFC 1122 2.3.2; RFC 5227; NUD as in Linux."""
import contextlib
import time

import pytest
from netlab import SLOW
from pkt import (carries, control, echo, is_arp, is_reply_to, probe, token, warm_up)
from scapy.all import ARP, IP, UDP, Ether, raw

core = pytest.mark.core
BCAST = "ff:ff:ff:ff:ff:ff"
NEW_MAC = "02:00:00:00:77:01"


def entry(dut, address, dev):
    """The row of `ip neigh` for this address, or None."""
    rows = [r for r in dut.ip_json(f"neigh show dev {dev}") if r["dst"] == address]
    return rows[0] if rows else None


def states(dut, address, dev):
    row = entry(dut, address, dev)
    return row["state"] if row else []


def wait_state(dut, address, dev, wanted):
    end = time.monotonic() + SLOW
    while time.monotonic() < end:
        got = states(dut, address, dev)
        if any(w in got for w in wanted):
            return got
        time.sleep(0.05)
    raise AssertionError(f"{address}: {got} never got to be {wanted}")


@contextlib.contextmanager
def tuned(dut, **sysctls):
    """Neighbour tunables of r2 for the length of the body."""
    before = {k: dut.sysctl(f"net.ipv4.neigh.r2.{k}") for k in sysctls}
    for key, value in sysctls.items():
        dut.sysctl(f"net.ipv4.neigh.r2.{key}", value)
    try:
        yield
    finally:
        for key, value in before.items():
            dut.sysctl(f"net.ipv4.neigh.r2.{key}", value)


@core
@pytest.mark.parametrize("dst", [BCAST, None], ids=["broadcast", "unicast"])
def test_request_is_answered(lab, dst):
    """RFC 826: the reply goes to the asker alone, from our address to his."""
    ask = lab.h1.eth(dst=dst or lab.h1.gw_mac) / lab.h1.arp(op=1, pdst=lab.h1.gw)
    with lab.h1.wire() as wire:
        wire.send(ask)
        got = wire.expect(is_arp(2, target=lab.h1.ip, sender=lab.h1.gw), "the ARP reply")
    assert (got.dst, got.src) == (lab.h1.mac, lab.h1.gw_mac)
    assert (got[ARP].hwsrc, got[ARP].hwdst) == (lab.h1.gw_mac, lab.h1.mac)
    assert raw(got)[14:20] == b"\0\1\x08\0\6\4"


@core
def test_probe_for_our_address_is_answered(lab):
    """RFC 5227 2.1.1: sender 0.0.0.0 asks whether an address is taken; it is."""
    with lab.h1.wire() as wire:
        wire.send(lab.h1.eth(dst=BCAST) / lab.h1.arp(op=1, psrc="0.0.0.0", pdst=lab.h1.gw))
        got = wire.expect(is_arp(2, sender=lab.h1.gw), "the answer to a probe")
    assert got[ARP].hwsrc == lab.h1.gw_mac


@core
def test_request_for_others_is_not_answered(lab):
    with lab.h1.wire() as wire:
        wire.send(lab.h1.eth(dst=BCAST) / lab.h1.arp(op=1, pdst="10.0.1.99"))
        wire.send(lab.h1.eth(dst=BCAST) / lab.h1.arp(op=1, pdst=lab.h2.ip))
        control(lab.h1, wire, lab.h1.gw)
        wire.none(is_arp(2, sender="10.0.1.99"), "an answer for another")
        wire.none(is_arp(2, sender=lab.h2.ip), "a proxy answer nobody asked for")


@core
def test_far_address_is_answered_on_any_port(lab):
    """arp_ignore 0, Linux's default: any of the router's addresses is answered on any port."""
    with lab.h1.wire() as wire:
        wire.send(lab.h1.eth(dst=BCAST) / lab.h1.arp(op=1, pdst=lab.h2.gw))
        wire.expect(is_arp(2, sender=lab.h2.gw), "the reply for the far address")


@core
def test_arping_tool(lab):
    out = lab.h1.run(f"arping -c 2 -w {int(SLOW)} -I eth0 {lab.h1.gw}").stdout
    assert lab.h1.gw_mac.upper() in out


@core
def test_request_of_the_router(lab):
    """What the router asks when it does not know a neighbour (RFC 826; arp_announce 0)."""
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(probe(lab.h1, "10.0.2.61"))
        got = w2.expect(is_arp(1, target="10.0.2.61"), "the router's request")
    assert (got.dst, got.src) == (BCAST, lab.h2.gw_mac)
    assert (got[ARP].hwsrc, got[ARP].psrc, got[ARP].hwdst) == \
        (lab.h2.gw_mac, lab.h2.gw, "00:00:00:00:00:00")
    assert raw(got)[14:22] == b"\0\1\x08\0\6\4\0\1"


@core
def test_answer_lets_the_packet_go(lab):
    """The packet that asked is sent to the address that the answer brought."""
    packet = probe(lab.h1, "10.0.2.62")
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(packet)
        w2.expect(is_arp(1, target="10.0.2.62"))
        assert "INCOMPLETE" in states(lab.dut, "10.0.2.62", "r2")
        w2.send(Ether(src=NEW_MAC, dst=lab.h2.gw_mac) / ARP(
            op=2, hwsrc=NEW_MAC, psrc="10.0.2.62", hwdst=lab.h2.gw_mac, pdst=lab.h2.gw))
        got = w2.expect(carries(raw(packet[UDP].payload)), "the packet that waited")
    assert got.dst == NEW_MAC
    row = entry(lab.dut, "10.0.2.62", "r2")
    assert "REACHABLE" in row["state"] and row["lladdr"] == NEW_MAC


def test_unicast_reply_only_no_entry_for_strangers(lab):
    """An unsolicited reply creates no entry (arp_accept 0)."""
    with lab.h2.wire() as wire:
        wire.send(Ether(src=NEW_MAC, dst=BCAST) / ARP(op=2, hwsrc=NEW_MAC, psrc="10.0.2.63",
                                                      hwdst=BCAST, pdst="10.0.2.63"))
        control(lab.h2, wire, lab.h2.gw)
    assert entry(lab.dut, "10.0.2.63", "r2") is None


def test_request_teaches_the_sender(lab):
    """RFC 826: who asks for our address is remembered, stale, and needs no asking."""
    mac, ip = "02:00:00:00:77:64", "10.0.2.64"
    packet = probe(lab.h1, ip)
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w2.send(Ether(src=mac, dst=BCAST) / ARP(op=1, hwsrc=mac, psrc=ip, pdst=lab.h2.gw))
        w2.expect(is_arp(2, target=ip))
        wait_state(lab.dut, ip, "r2", ["STALE"])
        w1.send(packet)
        assert w2.expect(carries(raw(packet[UDP].payload))).dst == mac
        wait_state(lab.dut, ip, "r2", ["DELAY", "PROBE"])


def test_gratuitous_arp_moves_the_address_at_once(lab):
    """RFC 5227 3, RFC 826: a known neighbour announces a new MAC; traffic follows it."""
    ip, old = "10.0.2.65", "02:00:00:00:77:65"
    with tuned(lab.dut, locktime=0), lab.h1.wire() as w1, lab.h2.wire() as w2:
        w2.send(Ether(src=old, dst=BCAST) / ARP(op=1, hwsrc=old, psrc=ip, pdst=lab.h2.gw))
        wait_state(lab.dut, ip, "r2", ["STALE"])
        first, second = probe(lab.h1, ip), probe(lab.h1, ip)
        w1.send(first)
        assert w2.expect(carries(raw(first[UDP].payload))).dst == old
        w2.send(Ether(src=NEW_MAC, dst=BCAST) / ARP(op=1, hwsrc=NEW_MAC, psrc=ip, pdst=ip))
        end = time.monotonic() + SLOW
        while entry(lab.dut, ip, "r2")["lladdr"] != NEW_MAC:
            assert time.monotonic() < end, "the new MAC is not taken"
            time.sleep(0.02)
        w1.send(second)
        assert w2.expect(carries(raw(second[UDP].payload))).dst == NEW_MAC


def test_locktime_keeps_the_first_answer(lab):
    """net.ipv4.neigh.*.locktime: of two answers in a row the first one counts."""
    ip = "10.0.2.66"
    with tuned(lab.dut, locktime=1000), lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(probe(lab.h1, ip))
        w2.expect(is_arp(1, target=ip))
        for n in (1, 2):
            mac = f"02:00:00:00:78:0{n}"
            w2.send(Ether(src=mac, dst=lab.h2.gw_mac) / ARP(
                op=2, hwsrc=mac, psrc=ip, hwdst=lab.h2.gw_mac, pdst=lab.h2.gw))
        control(lab.h2, w2, lab.h2.gw)
        assert entry(lab.dut, ip, "r2")["lladdr"] == "02:00:00:00:78:01"


def test_stale_entry_forwards_while_it_is_probed(fresh):
    """NUD: REACHABLE runs out, the entry goes on forwarding in DELAY and PROBE (unicast
    requests), and is REACHABLE again when the answer comes. RFC 1122 2.3.2.1 (2)."""
    made = fresh()
    with tuned(made.dut, base_reachable_time_ms=2500, delay_first_probe_time=1,
               retrans_time_ms=300):
        warm_up(made)
        ip = made.h2.ip
        assert states(made.dut, ip, "r2")
        wait_state(made.dut, ip, "r2", ["STALE"])
        with made.h1.wire() as w1, made.h2.wire() as w2:
            packet = probe(made.h1, ip)
            w1.send(packet)
            w2.expect(carries(raw(packet[UDP].payload)), "a packet to a stale neighbour")
            asked = w2.expect(is_arp(1, target=ip), "the unicast probe")
            assert asked.dst == made.h2.mac
            wait_state(made.dut, ip, "r2", ["REACHABLE", "STALE"])
            again = probe(made.h1, ip)
            w1.send(again)
            w2.expect(carries(raw(again[UDP].payload)))


def test_dead_neighbour_is_noticed(fresh):
    """PROBE without answers: FAILED, and then host unreachable instead of a black hole."""
    made = fresh()
    with tuned(made.dut, base_reachable_time_ms=300, delay_first_probe_time=1,
               retrans_time_ms=200):
        warm_up(made)
        made.h2.run("ip link set eth0 arp off")
        made.h2.run(f"ip neigh replace {made.h2.gw} lladdr {made.h2.gw_mac} dev eth0")
        with made.h1.wire() as w1:
            end = time.monotonic() + 20
            while True:
                w1.send(probe(made.h1, made.h2.ip))
                w1.drain(0.2)
                if any(f.haslayer("ICMP") and (f["ICMP"].type, f["ICMP"].code) == (3, 1)
                       for f in w1.seen):
                    break
                assert time.monotonic() < end, "no host unreachable for a dead neighbour"


@core
def test_static_entries(lab):
    """`ip neigh add/replace/change/del`: permanent entries are used without asking."""
    dut, ip = lab.dut, "10.0.2.70"
    dut.ip(f"neigh add {ip} lladdr {NEW_MAC} dev r2 nud permanent")
    row = entry(dut, ip, "r2")
    assert row["lladdr"] == NEW_MAC and row["state"] == ["PERMANENT"] and row["dst"] == ip
    packets = [probe(lab.h1, ip) for _ in range(2)]
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(packets[0])
        assert w2.expect(carries(raw(packets[0][UDP].payload))).dst == NEW_MAC
        dut.ip(f"neigh replace {ip} lladdr 02:00:00:00:77:71 dev r2 nud permanent")
        w1.send(packets[1])
        assert w2.expect(carries(raw(packets[1][UDP].payload))).dst == "02:00:00:00:77:71"
        w2.none(is_arp(1, target=ip), "a request for a permanent neighbour", seconds=0.1)
        dut.ip(f"neigh del {ip} dev r2")
        w1.send(probe(lab.h1, ip))
        w2.expect(is_arp(1, target=ip), "the request once the entry is gone")


def test_permanent_entry_resists_announcements(lab):
    dut, ip = lab.dut, "10.0.2.72"
    dut.ip(f"neigh replace {ip} lladdr {NEW_MAC} dev r2 nud permanent")
    try:
        with lab.h2.wire() as w2:
            mac = "02:00:00:00:77:72"
            w2.send(Ether(src=mac, dst=BCAST) / ARP(op=1, hwsrc=mac, psrc=ip, pdst=lab.h2.gw))
            control(lab.h2, w2, lab.h2.gw)
        assert entry(dut, ip, "r2")["lladdr"] == NEW_MAC
    finally:
        dut.ip(f"neigh del {ip} dev r2")


@pytest.mark.ours("Linux counts bytes of its buffers: ten small packets fit where four large do")
def test_queue_of_waiting_packets_is_bounded(lab):
    """unres_qlen: the oldest make room; each loss is counted."""
    with tuned(lab.dut, unres_qlen=4, mcast_solicit=30), lab.h1.wire() as w1, lab.h2.wire() as w2:
        packets = [probe(lab.h1, "10.0.2.73") for _ in range(10)]
        with lab.dut.expect_drops(neigh_unresolved=6):  # before the reply: none may find it known
            w1.send(*packets)
            w2.expect(is_arp(1, target="10.0.2.73"))
        w2.send(Ether(src=NEW_MAC, dst=lab.h2.gw_mac) / ARP(
            op=2, hwsrc=NEW_MAC, psrc="10.0.2.73", hwdst=lab.h2.gw_mac, pdst=lab.h2.gw))
        w2.expect(carries(raw(packets[-1][UDP].payload)), "the newest packet")
        got = [raw(f[UDP].payload)[:12] for f in w2.drain()
               if UDP in f and f[IP].dst == "10.0.2.73"]
    assert got == [raw(p[UDP].payload) for p in packets[-4:]]


def test_reply_uses_what_the_request_taught(fresh):
    """The very first packet from a new host: its echo is answered."""
    made = fresh()
    request = echo(made.h1, made.h1.gw)
    with made.h1.wire() as wire:
        wire.send(request)
        wire.expect(is_reply_to(request))


def test_many_unresolved_neighbours_do_no_harm(lab):
    """A scan of a subnet neither stops forwarding nor pushes out the neighbour in use."""
    warm_up(lab)
    with lab.h1.wire() as w1:
        w1.send(*[probe(lab.h1, f"10.0.2.{n}", payload=token()) for n in range(100, 250)])
        control(lab.h1, w1, lab.h2.ip)
    assert entry(lab.dut, lab.h2.ip, "r2")["lladdr"] == lab.h2.mac
