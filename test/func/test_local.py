# SPDX-License-Identifier: BSD-3-Clause
"""What is for the router itself: its consumers' datagrams, its counters' names, its log."""
import subprocess
import time

import pytest
from netlab import SLOW
from pkt import control, is_error, probe, warm_up
from scapy.all import ICMP, IP, UDP, Raw, raw

pytestmark = pytest.mark.ours("polluxd's own consumers, counters and log")


def mib(dut, group):
    return dut.cli("show stats udp")[group]


@pytest.mark.core
def test_datagram_to_an_open_port(lab):
    """While the router's traceroute waits, its port is open: what comes there is taken, not answered by
    an error (RFC 1122 4.1.3.1); other ports, and this one afterwards, are closed."""
    dut = lab.dut
    warm_up(lab)
    dut.ip(f"route add 20.9.0.0/24 via {lab.h2.ip}")  # where h2 drops in silence
    client = None
    try:
        with lab.h2.wire() as wire:
            client = subprocess.Popen([str(dut.build / "app/pollux/pollux"), "-S", str(dut.sock),
                                       *"traceroute -q 1 -m 1 -w 20 20.9.0.9".split()],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            sent = wire.expect(lambda f: UDP in f and f[IP].dst == "20.9.0.9")
            port, before = sent[UDP].sport, mib(dut, "Udp")
            to_open = probe(lab.h2, lab.h2.gw, dport=port)
            closed = probe(lab.h2, lab.h2.gw, dport=port ^ 1)
            wire.send(to_open, closed)
            wire.expect(is_error(3, 3, about=closed), "control: port unreachable")
            wire.none(is_error(about=to_open), "an error about a datagram to an open port")
            after = mib(dut, "Udp")
            assert after["InDatagrams"] - before["InDatagrams"] == 1
            assert after["NoPorts"] - before["NoPorts"] == 1
            # An error about the probe ends it: the one who sent it is told.
            wire.send(lab.h2.to(lab.h2.gw) / ICMP(type=3, code=1) / Raw(raw(sent[IP])[:28]))
            assert client.wait(15) == 0
            again = probe(lab.h2, lab.h2.gw, dport=port)
            wire.send(again)
            wire.expect(is_error(3, 3, about=again), "port unreachable afterwards")
    finally:
        if client is not None:
            client.kill()
            client.wait()
        dut.ip("route del 20.9.0.0/24")


@pytest.mark.core
def test_names_of_the_counters(lab):
    """Those of this kernel's /proc/net/snmp and netstat, but what only a kernel has: transmissions
    counted apart (since 6.7), and limits on the memory of sockets that send."""
    got = lab.dut.cli("show stats ip")
    missing = {"Ip": {"OutTransmits"}, "Udp": {"SndbufErrors", "MemErrors"}}
    for path, groups in (("/proc/net/snmp", ("Ip", "Icmp", "Udp")), ("/proc/net/netstat", ("IpExt",))):
        with open(path) as f:
            heads = {w[0][:-1]: w[1:] for w in map(str.split, f) if not w[1].lstrip("-").isdigit()}
        for group in groups:
            names = set(heads[group]) - missing.get(group, set())
            if group == "Icmp":  # the last two came with 6.2
                names |= {"OutRateLimitGlobal", "OutRateLimitHost"}
            assert names <= set(got[group]), group
    lab.h1.ping(lab.h1.gw)
    assert {"InType8", "OutType0"} <= set(lab.dut.cli("show stats icmp")["IcmpMsg"])


@pytest.mark.core
def test_names_of_lookups(lab):
    """Those of /proc/net/stat/rt_cache, but for the garbage and hash chains of a cache that Linux has no more."""
    with open("/proc/net/stat/rt_cache") as f:
        names = {n for n in f.readline().split() if not n.startswith("gc_") and not n.endswith("_hlist_search")}
    names -= {"out_hit", "out_slow_mc"}  # the cache is for what comes in; groups have no slower way out
    before = lab.dut.cli("show stats route")
    assert names <= {*before, *lab.dut.cli("show stats cache")}
    with lab.h1.wire() as wire:
        wire.send(probe(lab.h1, "203.0.113.9"), *[probe(lab.h1, lab.h2, src="127.0.0.1")] * 2,
                  *[probe(lab.h1, "0.1.2.3")] * 3, *[probe(lab.h1, "10.0.1.255")] * 4,
                  *[lab.h1.eth(dst="01:00:5e:00:00:01") / IP(src=lab.h1.ip, dst="224.0.0.1") / UDP(dport=9)] * 5)
        control(lab.h1, wire, lab.h1.gw)
    want = {"in_no_route": 1, "in_martian_src": 2, "in_martian_dst": 3, "in_brd": 4, "in_slow_mc": 5}
    end = time.monotonic() + SLOW
    while True:
        after = lab.dut.cli("show stats route")
        if {n: after[n] - before[n] for n in want} == want:
            break
        assert time.monotonic() < end, {n: after[n] - before[n] for n in want}
    assert after["in_slow_tot"] > before["in_slow_tot"] and after["out_slow_tot"] > before["out_slow_tot"]


def test_martians_are_logged(lab):
    """log_martians: a line with the frame's head, and no more of them than net.core allows."""
    dut = lab.dut
    bad = probe(lab.h1, lab.h2, src="127.0.0.1")

    def lines():
        return [x for x in dut.log.read_text(errors="replace").splitlines()
                if "martian source" in x]
    with lab.h1.wire() as wire:
        wire.send(bad)
        control(lab.h1, wire, lab.h1.gw)
        assert not lines()
        dut.sysctl("net.ipv4.conf.r1.log_martians", 1)
        try:
            with dut.expect_drops(ip4_martian_source=40):
                wire.send(*[bad] * 40)
        finally:
            dut.sysctl("net.ipv4.conf.r1.log_martians", 0)
    end = time.monotonic() + 8
    while not lines() and time.monotonic() < end:
        time.sleep(0.1)
    assert 1 <= len(lines()) <= 12, lines()
    head = raw(bad)[:16].hex(" ")
    assert f"from 127.0.0.1 to {lab.h2.ip}, on dev r1" in lines()[0] and head in lines()[0]
