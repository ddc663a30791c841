# SPDX-License-Identifier: BSD-3-Clause
"""VLAN sub-interfaces: IEEE 802.1Q tags on one port, routed between and to untagged ports. The
hosts' kernels know no VLANs here, so the tests play the stations themselves."""
import pytest
from conftest import lab_of
from pkt import carries, is_arp, is_error, token
from scapy.all import ARP, ICMP, IP, UDP, Dot1Q, Ether, Raw, raw

pytestmark = [pytest.mark.core, pytest.mark.ours("no 8021q in the test machines' kernel")]


@pytest.fixture(scope="module")
def vlab():
    config = {"vlans": {"r1.100": {"parent": "r1", "id": 100},
                        "r1.200": {"parent": "r1", "id": 200}},
              "addresses": {"r1.100": ["10.100.0.1/24"], "r1.200": ["10.200.0.1/24"]}}
    with lab_of(2, config) as made:
        yield made


def tagged(lab, vid, **kw):
    return lab.h1.eth(**kw) / Dot1Q(vlan=vid)


def station(lab, wire, vid, ip):
    """Answer ARP for ip in a VLAN: the router's neighbour entry, by an ARP request of ours."""
    wire.send(tagged(lab, vid, dst="ff:ff:ff:ff:ff:ff")
              / ARP(op=1, hwsrc=lab.h1.mac, psrc=ip, pdst=ip.rsplit(".", 1)[0] + ".1"))
    return wire.expect(is_arp(2, target=ip), f"the router's ARP reply in VLAN {vid}")


def packet(src, dst, ttl=64):
    return IP(src=src, dst=dst, ttl=ttl) / UDP(sport=4000, dport=9) / Raw(token())


def test_arp_is_answered_with_the_tag(vlab):
    with vlab.h1.wire() as wire:
        for vid in (100, 200):
            reply = station(vlab, wire, vid, f"10.{vid}.0.2")
            assert reply[Dot1Q].vlan == vid and reply.src == vlab.h1.gw_mac
            assert reply[ARP].psrc == f"10.{vid}.0.1"


def test_between_vlans_of_one_port(vlab):
    with vlab.h1.wire() as wire:
        for vid in (100, 200):
            station(vlab, wire, vid, f"10.{vid}.0.2")
        for a, b in ((100, 200), (200, 100)):
            sent = packet(f"10.{a}.0.2", f"10.{b}.0.2")
            wire.send(tagged(vlab, a) / sent)
            got = wire.expect(lambda f: carries(raw(sent[UDP].payload))(f) and f[IP].ttl == 63)
            assert got[Dot1Q].vlan == b and got.dst == vlab.h1.mac
            assert raw(got[IP].payload)[:20] == raw(sent[UDP])[:20]


def test_from_vlan_to_untagged_and_back(vlab):
    with vlab.h1.wire() as w1, vlab.h2.wire() as w2:
        station(vlab, w1, 100, "10.100.0.2")
        out = packet("10.100.0.2", vlab.h2.ip)
        w1.send(tagged(vlab, 100) / out)
        got = w2.expect(carries(raw(out[UDP].payload)))
        assert Dot1Q not in got and got[IP].ttl == 63
        back = vlab.h2.to("10.100.0.2") / UDP(dport=9) / Raw(token())
        w2.send(back)
        got = w1.expect(carries(raw(back[UDP].payload)))
        assert got[Dot1Q].vlan == 100


def test_errors_return_into_the_vlan(vlab):
    with vlab.h1.wire() as wire:
        station(vlab, wire, 200, "10.200.0.2")
        sent = Ether() / packet("10.200.0.2", vlab.h2.ip, ttl=1)
        wire.send(tagged(vlab, 200) / sent[IP])
        got = wire.expect(is_error(11, 0, about=sent))
    assert got[Dot1Q].vlan == 200 and got[IP].src == "10.200.0.1"


def test_echo_of_the_vlan_address(vlab):
    with vlab.h1.wire() as wire:
        station(vlab, wire, 100, "10.100.0.2")
        body = token()
        wire.send(tagged(vlab, 100) / IP(src="10.100.0.2", dst="10.100.0.1") / ICMP(id=7) / Raw(body))
        got = wire.expect(lambda f: ICMP in f and f[ICMP].type == 0 and body in raw(f))
    assert got[Dot1Q].vlan == 100 and got[IP].src == "10.100.0.1"


def test_full_size_frames_in_a_vlan(vlab):
    """The tag comes on top of the MTU of 1500 (802.3 3.2.7)."""
    with vlab.h1.wire() as w1, vlab.h2.wire() as w2:
        station(vlab, w1, 100, "10.100.0.2")
        mark = token()
        big = vlab.h2.to("10.100.0.2", flags="DF") / UDP(dport=9) / Raw(mark + b"V" * (1472 - 12))
        w2.send(big)
        got = w1.expect(carries(mark))
    assert got[Dot1Q].vlan == 100 and got[IP].len == 1500


def test_other_vlans_are_not_heard(vlab):
    with vlab.h1.wire() as wire, vlab.dut.expect_drops(netdev_unknown_vlan=1):
        wire.send(tagged(vlab, 300, dst="ff:ff:ff:ff:ff:ff")
                  / ARP(op=1, hwsrc=vlab.h1.mac, psrc="10.100.0.9", pdst="10.100.0.1"))
        station(vlab, wire, 100, "10.100.0.2")
        wire.none(is_arp(2, target="10.100.0.9"), "an answer into a VLAN that is none of ours")


def test_made_and_removed_at_run_time(vlab):
    dut = vlab.dut
    dut.ip("link add link r1 name r1.300 type vlan id 300")
    dut.ip("link set r1.300 up")
    dut.ip("addr add 10.30.0.1/24 dev r1.300")
    with vlab.h1.wire() as w1, vlab.h2.wire() as w2:
        assert station(vlab, w1, 300, "10.30.0.2")[Dot1Q].vlan == 300
        sent = packet("10.30.0.2", vlab.h2.ip)
        w1.send(tagged(vlab, 300) / sent)
        w2.expect(carries(raw(sent[UDP].payload)))
        dut.ip("link del r1.300")
        assert not [r for r in dut.ip_json("route show") if r["dst"] == "10.30.0.0/24"]
        with dut.expect_drops(netdev_unknown_vlan=1):
            w1.send(tagged(vlab, 300) / packet("10.30.0.2", vlab.h2.ip))
        station(vlab, w1, 100, "10.100.0.2")


def test_parent_down_takes_its_vlans_along(vlab):
    dut = vlab.dut
    dut.ip("link set r1 down")
    try:
        assert not [r for r in dut.ip_json("route show") if r["dst"].startswith("10.100.")]
    finally:
        dut.ip("link set r1 up")
    with vlab.h1.wire() as wire:
        station(vlab, wire, 100, "10.100.0.2")


def test_shown_as_by_iproute2(vlab):
    row = [r for r in vlab.dut.ip_json("-d link show") if r["ifname"] == "r1.100"][0]
    assert row["link"] == "r1" and row["address"] == vlab.h1.gw_mac and row["mtu"] == 1500
    assert row["linkinfo"]["info_kind"] == "vlan"
    assert row["linkinfo"]["info_data"]["id"] == 100
