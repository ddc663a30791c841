# SPDX-License-Identifier: BSD-3-Clause
"""Addresses that are probed for before they are used: RFC 5227 2.1, against hosts that have them."""
import time

import pytest
from netlab import SLOW
from pkt import control, is_arp
from scapy.all import ARP, Ether

pytestmark = pytest.mark.ours("Linux uses an IPv4 address at once")
BCAST = "ff:ff:ff:ff:ff:ff"
WANTED = "10.0.1.40"


def shown(dut, address):
    rows = dut.ip_json("addr show dev r1")[0]["addr_info"]
    return next((a for a in rows if a["local"] == address), None)


def wait_for(check, what):
    end = time.monotonic() + 2 * SLOW
    while not check():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def answered(lab, wire, address):
    wire.send(lab.h1.eth(dst=BCAST) / lab.h1.arp(op=1, pdst=address))
    control(lab.h1, wire, lab.h1.gw)
    return any(is_arp(2, sender=address)(f) for f in wire.drain(0.1))


@pytest.fixture
def probing(lab):
    lab.dut.sysctl("net.ipv4.conf.r1.arp_probe", 1)
    yield lab
    lab.dut.sysctl("net.ipv4.conf.r1.arp_probe", 0)
    lab.dut.ip(f"addr flush dev r1 to {WANTED}", check=False)
    lab.h1.run(f"ip addr del {WANTED}/24 dev eth0", check=False)


def test_free_address_is_probed_announced_and_used(probing):
    """Three probes from 0.0.0.0, then it is ours, announced twice."""
    lab, dut = probing, probing.dut
    with lab.h1.wire() as wire:
        dut.ip(f"addr add {WANTED}/24 dev r1")
        assert shown(dut, WANTED)["tentative"] is True and not answered(lab, wire, WANTED)
        first = wire.expect(is_arp(1, WANTED, WANTED), "an announcement")
        wire.expect(is_arp(1, WANTED, WANTED), "a second announcement")
        assert (first.dst, first[ARP].hwsrc) == (BCAST, lab.h1.gw_mac)
        probes = [f for f in wire.seen if is_arp(1, WANTED, "0.0.0.0")(f)]
        assert len(probes) == 3 and {(f.dst, f.src, f[ARP].hwsrc, f[ARP].hwdst) for f in probes} == \
            {(BCAST, lab.h1.gw_mac, lab.h1.gw_mac, "00:00:00:00:00:00")}
        assert "tentative" not in shown(dut, WANTED) and answered(lab, wire, WANTED)
        assert lab.h1.ping(WANTED)


def test_taken_address_is_not_used(probing):
    """A host has the address: it answers the first probe, and that is told for all to see."""
    lab, dut = probing, probing.dut
    lab.h1.run(f"ip addr add {WANTED}/24 dev eth0")
    dut.ip(f"addr add {WANTED}/24 dev r1")
    wait_for(lambda: shown(dut, WANTED).get("dadfailed"), "the conflict goes unnoticed")
    assert shown(dut, WANTED)["tentative"] is True
    rows = [r for r in dut.cli("show arp conflicts") if r["address"] == WANTED]
    assert rows and rows[0]["lladdr"] == lab.h1.mac
    assert f"{lab.h1.mac.upper()} uses our address {WANTED}" in dut.log_tail()
    dut.ip(f"addr del {WANTED}/24 dev r1")
    assert shown(dut, WANTED) is None
    # the host lets it go: the next attempt succeeds
    lab.h1.run(f"ip addr del {WANTED}/24 dev eth0")
    dut.ip(f"addr add {WANTED}/24 dev r1")
    wait_for(lambda: "tentative" not in shown(dut, WANTED), "still not used")


def test_two_that_probe_for_the_same(probing):
    """RFC 5227 2.1.1: a probe of another for the same address is a conflict, too."""
    lab, dut = probing, probing.dut
    with lab.h1.wire() as wire:
        dut.ip(f"addr add {WANTED}/24 dev r1")
        wire.expect(is_arp(1, WANTED, "0.0.0.0"), "our probe")
        wire.send(Ether(src=lab.h1.mac, dst=BCAST) / ARP(
            op=1, hwsrc=lab.h1.mac, psrc="0.0.0.0", pdst="10.0.1.41"))
        control(lab.h1, wire, lab.h1.gw)
        assert "dadfailed" not in shown(dut, WANTED)
        wire.send(Ether(src=lab.h1.mac, dst=BCAST) / ARP(
            op=1, hwsrc=lab.h1.mac, psrc="0.0.0.0", pdst=WANTED))
        wait_for(lambda: shown(dut, WANTED).get("dadfailed"), "a rival's probe goes unnoticed")


def test_by_word_and_not(probing):
    """`nodad` uses the address at once; without the tunable `probe` asks for the address first."""
    dut = probing.dut
    dut.ip(f"addr add {WANTED}/24 nodad dev r1")
    assert "tentative" not in shown(dut, WANTED)
    dut.ip(f"addr del {WANTED}/24 dev r1")
    dut.sysctl("net.ipv4.conf.r1.arp_probe", 0)
    dut.ip(f"addr add {WANTED}/24 dev r1")
    assert "tentative" not in shown(dut, WANTED)
    dut.ip(f"addr del {WANTED}/24 dev r1")
    dut.ip(f"addr add {WANTED}/24 probe dev r1")
    assert shown(dut, WANTED)["tentative"]
    assert [a["local"] for a in dut.ip_json("addr show dev r1 tentative")[0]["addr_info"]] == [WANTED]
    assert "tentative" in dut.ip("addr show dev r1 tentative")


def test_configured_to_be_probed(fresh):
    """"probe" in the configuration: tentative when the router starts, used some seconds later."""
    made = fresh(config={"addresses": {"r1": ["10.0.1.1/24",
                                              {"local": f"{WANTED}/24", "probe": True}]}})
    assert shown(made.dut, WANTED)["tentative"] and "tentative" not in shown(made.dut, "10.0.1.1")
    wait_for(lambda: "tentative" not in shown(made.dut, WANTED), "still not used")
    assert made.h1.ping(WANTED)
