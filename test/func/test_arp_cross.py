# SPDX-License-Identifier: BSD-3-Clause
"""arp_ignore and arp_announce with secondary addresses and several interfaces: whatever the order in
which the addresses came, the answers are the kernel's."""
import itertools

import pytest
from netlab import eventually
from pkt import control, is_arp, probe

core = pytest.mark.core
BCAST = "ff:ff:ff:ff:ff:ff"
FIRST, SECOND, OTHER, FAR = "10.7.0.1", "10.7.0.2", "10.8.0.1", "10.9.0.1"


@pytest.fixture(params=[0, 1], ids=["in order", "reversed"])
def crossed(lab, request):
    """Two addresses of one subnet, and one of another, on r1; one more on r2."""
    words = [(FIRST, "r1"), (SECOND, "r1"), (OTHER, "r1"), (FAR, "r2")]
    for address, dev in words[::-1] if request.param else words:
        lab.dut.ip(f"addr add {address}/24 dev {dev}")
    lab.primary, lab.secondary = (SECOND, FIRST) if request.param else (FIRST, SECOND)
    try:
        yield lab
    finally:
        for key in ("arp_ignore", "arp_announce"):
            lab.dut.sysctl(f"net.ipv4.conf.r1.{key}", 0)
        for address, dev in words:
            lab.dut.ip(f"addr del {address}/24 dev {dev}", check=False)
        lab.dut.ip("neigh flush dev r1")


def who_answers(lab, sender):
    """The addresses that h1, as sender, gets an answer for."""
    targets = (FIRST, SECOND, OTHER, FAR, lab.h2.gw)
    with lab.h1.wire() as wire:
        wire.send(*[lab.h1.eth(dst=BCAST) / lab.h1.arp(op=1, psrc=sender, pdst=t) for t in targets])
        control(lab.h1, wire, lab.h1.gw)
        seen = wire.drain(0.2)
    return {t for t in targets if any(is_arp(2, sender=t)(f) for f in seen)}


@core
@pytest.mark.parametrize("mode", [0, 1, 2, 3, 8])
def test_arp_ignore(crossed, mode):
    """0: every address; 1: those of the interface; 2: and of the sender's subnet; 8: none."""
    crossed.dut.sysctl("net.ipv4.conf.r1.arp_ignore", mode)
    own, far = {FIRST, SECOND, OTHER}, {FAR, crossed.h2.gw}
    near = {FIRST, SECOND}
    want = {0: own | far, 1: own, 2: near, 3: own | far, 8: set()}[mode]
    assert who_answers(crossed, "10.7.0.77") == want
    if mode == 2:
        assert who_answers(crossed, "10.8.0.77") == {OTHER}


@core
@pytest.mark.parametrize("mode", [0, 1, 2])
def test_arp_announce(crossed, mode):
    """The source of a question: 0 the packet's own if it is ours; 1 if it is of the target's subnet,
    too; 2 always the primary of the target's subnet."""
    lab = crossed
    lab.dut.sysctl("net.ipv4.conf.r1.arp_announce", mode)
    hosts = itertools.count(20)
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        for net, best in (("10.7.0", lab.primary), ("10.8.0", OTHER)):
            target = f"{net}.{next(hosts)}"
            w2.send(probe(lab.h2, target))  # a stranger's packet: never his address
            got = w1.expect(is_arp(1, target=target), f"the question for {target}")
            assert got.psrc == best
    if not hasattr(lab.dut, "cli"):
        return
    # a packet of the router's own from the secondary address, and from another interface's
    for source, want in ((lab.secondary, {0: lab.secondary, 1: lab.secondary, 2: lab.primary}),
                         (FAR, {0: FAR, 1: lab.primary, 2: lab.primary})):
        target = f"10.7.0.{next(hosts)}"
        with lab.h1.wire() as w1:
            lab.dut.client(f"ping -c 1 -W 1 -I {source} {target}")
            got = w1.expect(is_arp(1, target=target), f"the question for {target}")
            assert got.psrc == want[mode], (source, mode)


@core
def test_arp_filter_with_rules(lab):
    """The way back is that of a packet from the address that is asked for: interfaces on one LAN
    each answer for the addresses whose packets rules by source send there (ip-sysctl)."""
    lab.dut.ip(f"addr add {FIRST}/24 dev r2")
    rule, route = f"from {lab.h2.gw} lookup 100", "10.7.0.0/24 dev r1 table 100"
    try:
        assert who_answers(lab, "10.7.0.77") == {FIRST, lab.h2.gw}
        lab.dut.sysctl("net.ipv4.conf.r1.arp_filter", 1)
        assert who_answers(lab, "10.7.0.77") == set()  # 10.7.0.0/24 is by r2
        lab.dut.ip(f"route add {route}")
        lab.dut.ip(f"rule add {rule}")
        assert who_answers(lab, "10.7.0.77") == {lab.h2.gw}
    finally:
        lab.dut.ip(f"rule del {rule}", check=False)
        lab.dut.ip(f"route del {route}", check=False)
        lab.dut.sysctl("net.ipv4.conf.r1.arp_filter", 0)
        lab.dut.ip(f"addr del {FIRST}/24 dev r2")
        lab.dut.ip("neigh flush dev r1")


@core
@pytest.mark.parametrize("target", ["0.0.0.0", "0.1.2.3"])
def test_nobody_has_a_zero_address(lab, target):
    lab.dut.sysctl("net.ipv4.conf.r1.proxy_arp", 1)
    try:
        with lab.h1.wire() as wire:
            for sender in (lab.h1.ip, "0.0.0.0"):
                wire.send(lab.h1.eth(dst=BCAST) / lab.h1.arp(op=1, psrc=sender, pdst=target))
            control(lab.h1, wire, lab.h1.gw)
            wire.none(is_arp(2, sender=target), "an answer for nobody", seconds=1)
    finally:
        lab.dut.sysctl("net.ipv4.conf.r1.proxy_arp", 0)


@core
def test_unnumbered_interface(fresh):
    """RFC 1812 2.2.7: one without an address of its own answers for those of others, and asks with one."""
    lab = fresh()
    lab.dut.ip(f"addr del {lab.h2.gw}/24 dev r2")
    lab.dut.ip("route add 10.5.0.2/32 dev r2")
    lab.h2.run("ip addr add 10.5.0.2/32 dev eth0")
    with lab.h2.wire() as w2:
        w2.send(lab.h2.eth(dst=BCAST) / lab.h2.arp(op=1, psrc="10.5.0.2", pdst=lab.h1.gw))
        assert w2.expect(is_arp(2, sender=lab.h1.gw)).hwsrc == lab.h2.gw_mac
        lab.dut.ip("neigh flush dev r2")
        with lab.h1.wire() as w1:
            w1.send(probe(lab.h1, "10.5.0.2"))
        assert w2.expect(is_arp(1, target="10.5.0.2")).psrc == lab.h1.gw
    lab.h2.run(f"ip route replace {lab.h1.gw}/32 dev eth0 src 10.5.0.2")
    lab.h2.run(f"ip route replace default via {lab.h1.gw}")
    lab.h1.ping("10.5.0.2")


@core
@pytest.mark.parametrize("accept", [0, 1, 2])
def test_arp_accept(lab, accept):
    """Who is learned that nobody asked: announcements, and replies of any kind; 0: none, 1: whoever
    there is a way to, 2: hosts of the device's subnets; never a broadcast address."""
    heard = [("10.0.1.50", "10.0.1.50", 1, BCAST), ("10.0.1.51", "10.0.1.51", 2, BCAST),
             ("10.0.1.52", "10.0.1.60", 2, BCAST), ("10.0.1.53", lab.h1.gw, 2, lab.h1.gw_mac),
             ("10.50.0.1", "10.50.0.1", 1, BCAST), ("10.50.0.2", lab.h1.gw, 2, lab.h1.gw_mac),
             ("10.0.1.255", lab.h1.gw, 2, lab.h1.gw_mac), ("10.0.1.54", "10.0.1.60", 1, BCAST)]
    near, far = {f"10.0.1.{i}" for i in range(50, 54)}, {"10.50.0.1", "10.50.0.2"}
    lab.dut.sysctl("net.ipv4.conf.r1.arp_accept", accept)
    lab.dut.ip(f"route add 10.50.0.0/16 via {lab.h2.ip}")
    try:
        with lab.h1.wire() as wire:
            for sender, target, op, dst in heard:
                wire.send(lab.h1.eth(dst=dst) / lab.h1.arp(op=op, psrc=sender, pdst=target))
            control(lab.h1, wire, lab.h1.gw)
        want = {0: set(), 1: near | far, 2: near}[accept]
        eventually(lambda: {n["dst"] for n in lab.dut.ip_json("neigh show dev r1")} - {lab.h1.ip} == want,
                   lambda: lab.dut.ip_json("neigh show dev r1"))
    finally:
        lab.dut.sysctl("net.ipv4.conf.r1.arp_accept", 0)
        lab.dut.ip(f"route del 10.50.0.0/16 via {lab.h2.ip}")
        lab.dut.ip("neigh flush dev r1")
