# SPDX-License-Identifier: BSD-3-Clause
"""Multicast snooping between real wires: a group's frames leave by the ports by which the kernel's
bridge sends them, too (DUT=linux)."""
import time

import pytest
from dut import LINUX
from netlab import SLOW
from pkt import carries, token
from scapy.all import IP, UDP, Ether, IPOption_Router_Alert, Raw
from scapy.contrib.igmp import IGMP
from scapy.contrib.igmpv3 import IGMPv3, IGMPv3gr, IGMPv3mr

GROUP, OTHER = "239.1.2.3", "239.9.9.9"
SETTLE = 0.4


@pytest.fixture(params=["bridge", pytest.param("vlan", marks=pytest.mark.ours(
    "the kernel here has no VLAN filtering; what it does of a bridge, ours does of a VLAN"))])
def snoop(lan, request):
    """The LAN; snooping is the bridge's, or, with mcast_vlan_snooping, of the one VLAN that all
    ports are in: each does what the kernel's bridge does. set() and set_router() reach either."""
    lan.vlan = request.param == "vlan"
    if lan.vlan:
        lan.dut.ip("link set br0 type bridge vlan_filtering 1")
        lan.dut.ip("link set br0 type bridge mcast_vlan_snooping 1")
    lan.set = lambda words: (lan.dut.bridge(f"vlan global set dev br0 vid 1 {words}") if lan.vlan
                             else lan.dut.ip(f"link set br0 type bridge {words}"))
    lan.set_router = lambda port, mode: lan.dut.bridge(
        f"vlan set dev {port} vid 1 mcast_router {mode}" if lan.vlan else
        f"link set dev {port} mcast_router {mode}")
    return lan


def mac_of(group):
    a = [int(x) for x in group.split(".")]
    return f"01:00:5e:{a[1] & 0x7f:02x}:{a[2]:02x}:{a[3]:02x}"


def igmp(host, to, kind, group="0.0.0.0", response=0, src=None):
    return (Ether(src=host.mac, dst=mac_of(to)) /
            IP(src=src or host.ip, dst=to, ttl=1, options=[IPOption_Router_Alert()]) /
            IGMP(type=kind, gaddr=group, mrcode=response))


def report(host, group):
    return igmp(host, group, 0x16, group)


def leave(host, group):
    return igmp(host, "224.0.0.2", 0x17, group)


def query(host, src="10.0.0.1"):
    """A general one; hosts have a tenth of a second."""
    return igmp(host, "224.0.0.1", 0x11, response=1, src=src)


def v3_report(host, kind, group, *sources):
    return (Ether(src=host.mac, dst=mac_of("224.0.0.22")) /
            IP(src=host.ip, dst="224.0.0.22", ttl=1, options=[IPOption_Router_Alert()]) /
            IGMPv3(type=0x22) / IGMPv3mr(records=[IGMPv3gr(rtype=kind, maddr=group,
                                                           srcaddrs=list(sources))]))


class Lan:
    """The wires of the three hosts; h1 sends, and of h2 and h3 it is told who got it."""

    def __init__(self, lab):
        self.lab, self.wires = lab, [h.wire() for h in lab.hosts]

    def __enter__(self):
        for wire in self.wires:
            wire.__enter__()
        return self

    def __exit__(self, *exc):
        for wire in self.wires:
            wire.__exit__(*exc)

    def say(self, n, frame):
        self.wires[n - 1].send(frame)
        time.sleep(SETTLE)

    def reach(self, group, src="10.0.1.2"):
        """The hosts of 2 and 3 that a datagram of h1 to a group reaches."""
        body, mark = token(), token()
        everybody = Ether(src=self.lab.h1.mac, dst="ff:ff:ff:ff:ff:ff", type=0x88b5)
        self.wires[0].send(Ether(src=self.lab.h1.mac, dst=mac_of(group)) /
                           IP(src=src, dst=group) / UDP(dport=5000) / Raw(body + b"." * 20),
                           everybody / Raw(mark + b"." * 50))
        for wire in self.wires[1:]:  # what was sent behind it has come: it would be here
            wire.expect(carries(mark))
        return {n for n in (2, 3) if any(carries(body)(f) for f in self.wires[n - 1].seen)}


    def reaches(self, group, want, src="10.0.1.2"):
        """They are these, now or on a busy machine soon."""
        end = time.monotonic() + SLOW
        while (got := self.reach(group, src)) != want:
            assert time.monotonic() < end, f"{group} from {src}: {got}, not {want}"
            time.sleep(0.2)


def members(lab):
    (row,) = lab.dut.bridge_json("mdb show")
    return {(e["port"], e["grp"], e["state"]) for e in row["mdb"] if ":" not in e["grp"]}


def test_groups_flood_until_a_querier_is_known(snoop):
    with Lan(snoop) as net:
        net.reaches(GROUP, {2, 3})
        net.say(2, report(snoop.h2, GROUP))
        net.reaches(GROUP, {2, 3})
        net.say(1, query(snoop.h1))
        net.reaches(GROUP, {2})
        net.reaches(OTHER, set())
        net.reaches("224.0.0.251", {2, 3})
        assert members(snoop) == {("r2", GROUP, "temp")}
        snoop.set("mcast_snooping 0")
        net.reaches(OTHER, {2, 3})


def test_routers_hear_all_groups_and_all_reports(snoop):
    with Lan(snoop) as net:
        net.say(3, query(snoop.h3))
        net.reaches(OTHER, {3})
        net.say(2, report(snoop.h2, GROUP))
        net.reaches(GROUP, {2, 3})
        assert any(IGMP in f and f[IGMP].gaddr == GROUP for f in net.wires[2].seen)
        net.wires[0].none(lambda f: IGMP in f and f[IGMP].gaddr == GROUP, "the report")
        snoop.set_router("r3", 0)
        net.reaches(OTHER, set())
        snoop.set_router("r2", 2)
        net.reaches(OTHER, {2})


def test_leaves(snoop):
    """With another querier about, it is that one's to ask; a port with fastleave ends at once."""
    snoop.set("mcast_last_member_interval 10")
    with Lan(snoop) as net:
        net.say(1, query(snoop.h1))
        for n, host in ((2, snoop.h2), (3, snoop.h3)):
            net.say(n, report(host, GROUP))
        net.say(2, leave(snoop.h2, GROUP))
        net.reaches(GROUP, {2, 3})
        snoop.dut.bridge("link set dev r2 fastleave on")
        net.say(2, leave(snoop.h2, GROUP))
        net.reaches(GROUP, {3})


def test_asks_before_it_gives_up_a_group(snoop):
    """As the querier: a general query at the start, one for the group that was left; it goes to the
    group (RFC 2236 2.4), where Linux asks all hosts."""
    snoop.set("mcast_query_response_interval 10")
    snoop.set("mcast_last_member_interval 50")
    with Lan(snoop) as net:
        snoop.set("mcast_querier 1")
        net.wires[1].expect(lambda f: IGMP in f and f[IGMP].type == 0x11 and
                            f[IGMP].gaddr == "0.0.0.0" and f[IP].dst == "224.0.0.1" and
                            f[IP].ttl == 1, "a general query")
        time.sleep(SETTLE)
        for n, host in ((2, snoop.h2), (3, snoop.h3)):
            net.say(n, report(host, GROUP))
        net.reaches(GROUP, {2, 3})
        net.wires[1].send(leave(snoop.h2, GROUP))
        net.wires[1].expect(lambda f: IGMP in f and f[IGMP].type == 0x11 and
                            f[IGMP].gaddr == GROUP and (LINUX or f[IP].dst == GROUP), "a query for it")
        time.sleep(2)
        net.reaches(GROUP, {3})
        net.say(3, leave(snoop.h3, GROUP))
        net.say(3, report(snoop.h3, GROUP))  # somebody answers
        time.sleep(1.5)
        net.reaches(GROUP, {3})


def test_version_3_sources(snoop):
    snoop.set("mcast_igmp_version 3")
    with Lan(snoop) as net:
        net.say(1, query(snoop.h1))
        net.say(2, v3_report(snoop.h2, 5, GROUP, "10.0.1.2"))  # ALLOW
        net.reaches(GROUP, {2})
        net.reaches(GROUP, set(), src="10.0.1.77")
        net.say(3, v3_report(snoop.h3, 4, GROUP, "10.0.1.77"))  # TO_EX
        net.reaches(GROUP, {2, 3})
        net.reaches(GROUP, set(), src="10.0.1.77")
        net.reaches(GROUP, {3}, src="10.0.1.78")


def test_by_hand(lan):
    lan.dut.bridge(f"mdb add dev br0 port r2 grp {GROUP} permanent")
    lan.dut.bridge("mdb add dev br0 port r3 grp 239.1.2.4")
    assert members(lan) == {("r2", GROUP, "permanent"), ("r3", "239.1.2.4", "temp")}
    for words in (f"add dev br0 port r2 grp {GROUP}", "add dev br0 port r2 grp 224.0.0.9",
                  "add dev br0 port r2 grp 10.1.1.1", f"del dev br0 port r3 grp {GROUP}"):
        with pytest.raises(AssertionError):
            lan.dut.bridge("mdb " + words)
    with Lan(lan) as net:
        net.say(1, query(lan.h1))
        net.say(2, leave(lan.h2, GROUP))
        net.reaches(GROUP, {2})
        net.reaches("239.1.2.4", {3})
        lan.dut.bridge(f"mdb del dev br0 port r2 grp {GROUP}")
        net.reaches(GROUP, set())


def test_malformed_is_not_forwarded(snoop):
    with Lan(snoop) as net:
        bad, good = report(snoop.h2, GROUP), report(snoop.h2, OTHER)
        bad[IGMP].chksum = 0x1234
        net.say(2, bad)
        net.say(2, good)
        net.wires[2].expect(lambda f: IGMP in f and f[IGMP].gaddr == OTHER)
        net.wires[2].none(lambda f: IGMP in f and f[IGMP].gaddr == GROUP)
        assert {m[1] for m in members(snoop)} == {OTHER}


def test_keys(lan):
    """What `ip` and `bridge` show of it."""
    (br,) = lan.dut.ip_json("-d link show dev br0")
    data = br["linkinfo"]["info_data"]
    assert {k: v for k, v in data.items() if k.startswith("mcast") and "elasticity" not in k
            and "mld" not in k and k != "mcast_startup_query_intvl"} == {
        "mcast_snooping": 1, "mcast_vlan_snooping": 0, "mcast_router": 1,
        "mcast_query_use_ifaddr": 0, "mcast_querier": 0, "mcast_hash_max": 4096,
        "mcast_last_member_cnt": 2, "mcast_startup_query_cnt": 2, "mcast_last_member_intvl": 100,
        "mcast_membership_intvl": 26000, "mcast_querier_intvl": 25500, "mcast_query_intvl": 12500,
        "mcast_query_response_intvl": 1000, "mcast_stats_enabled": 0, "mcast_igmp_version": 2}
    lan.dut.ip("link set dev r1 type bridge_slave fastleave on")
    (port,) = lan.dut.ip_json("-d link show dev r1")
    slave = port["linkinfo"]["info_slave_data"]
    assert (slave["fastleave"], slave["multicast_router"]) == (True, 1)
    lan.dut.bridge(f"mdb add dev br0 port r2 grp {GROUP} permanent")
    (shown,) = lan.dut.bridge_json("mdb show")
    assert [e for e in shown["mdb"] if e["grp"] == GROUP] == [
        {"index": br["ifindex"], "dev": "br0", "port": "r2", "grp": GROUP, "state": "permanent",
         "flags": []}]
    assert shown["router"] == {}


def test_query_without_address(snoop):
    """RFC 4541 2.1.1 (1) b): a querier without an address is no router. To Linux it is one."""
    with Lan(snoop) as net:
        net.say(3, query(snoop.h3, src="0.0.0.0"))
        net.reaches(OTHER, ({3} if LINUX else set()))
        net.reaches("224.0.0.251", {2, 3})
