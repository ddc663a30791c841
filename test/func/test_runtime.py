# SPDX-License-Identifier: BSD-3-Clause
"""Addresses, links and routes that change while packets pass; the JSON is iproute2's."""
import contextlib
import time

import pytest
from netlab import SLOW, eventually, sh
from pkt import carries, control, is_error, probe, warm_up
from scapy.all import UDP, raw

core = pytest.mark.core


def routes(dut, words=""):
    return {(r["dst"], r.get("metric", 0)): r for r in dut.ip_json(f"route show {words}")}


@contextlib.contextmanager
def alias(host, address):
    """One more address on the host's loopback."""
    host.run(f"ip addr add {address} dev lo")
    try:
        yield
    finally:
        host.run(f"ip addr del {address} dev lo")


def arrives_at(lab, dst):
    """Which host gets a packet that h1 sends to dst: its number, or None and an error came."""
    packet = probe(lab.h1, dst)
    body = raw(packet[UDP].payload)
    with contextlib.ExitStack() as stack:
        w1 = stack.enter_context(lab.h1.wire())
        far = [(h.i, stack.enter_context(h.wire())) for h in lab.hosts[1:]]
        w1.send(packet)
        end = time.monotonic() + SLOW
        while time.monotonic() < end:
            for i, wire in far:
                if any(carries(body)(f) for f in wire.drain(0.02)):
                    return i
            if any(is_error(about=packet)(f) for f in w1.drain(0.02)):
                return None
    raise AssertionError(f"the packet to {dst} vanished")


@core
def test_connected_routes_are_shown_as_by_iproute2(lab3):
    for host in lab3.hosts:
        assert routes(lab3.dut)[host.net, 0] == {
            "dst": host.net, "dev": host.port, "protocol": "kernel", "scope": "link",
            "prefsrc": host.gw, "flags": []}


@core
def test_addresses_are_shown_as_by_iproute2(lab3):
    rows = {r["ifname"]: r for r in lab3.dut.ip_json("addr show")}
    row = rows["r1"]
    assert row["address"] == lab3.h1.gw_mac and row["mtu"] == 1500
    assert row["link_type"] == "ether" and row["broadcast"] == "ff:ff:ff:ff:ff:ff"
    assert {"BROADCAST", "MULTICAST", "UP", "LOWER_UP"} <= set(row["flags"])
    assert row["operstate"] == "UP"
    info = [a for a in row["addr_info"] if a["family"] == "inet"]
    assert len(info) == 1
    want = {"family": "inet", "local": lab3.h1.gw, "prefixlen": 24, "scope": "global",
            "label": "r1", "valid_life_time": 4294967295, "preferred_life_time": 4294967295}
    assert want.items() <= info[0].items()


@core
def test_address_brings_and_takes_its_route(lab3):
    dut, h2 = lab3.dut, lab3.h2
    h2.run("ip addr add 10.9.9.2/24 dev eth0")
    try:
        dut.ip("addr add 10.9.9.1/24 dev r2")
        assert routes(dut)["10.9.9.0/24", 0]["prefsrc"] == "10.9.9.1"
        lab3.h1.ping("10.9.9.2")
        lab3.h1.ping("10.9.9.1")
        dut.ip("addr del 10.9.9.1/24 dev r2")
        assert ("10.9.9.0/24", 0) not in routes(dut)
        packet = probe(lab3.h1, "10.9.9.2")
        with lab3.h1.wire() as wire:
            wire.send(packet)
            wire.expect(is_error(3, 0, about=packet), "net unreachable once the address is gone")
            control(lab3.h1, wire, h2.ip)
    finally:
        h2.run("ip addr del 10.9.9.2/24 dev eth0")


@core
def test_routes_change_under_way(lab3):
    """add, longest prefix, metric, replace, del."""
    dut = lab3.dut
    dut.ip(f"route add 20.0.0.0/8 via {lab3.h2.ip}")
    assert arrives_at(lab3, "20.1.2.3") == 2
    dut.ip(f"route add 20.1.0.0/16 via {lab3.h3.ip}")
    assert arrives_at(lab3, "20.1.2.3") == 3
    assert arrives_at(lab3, "20.2.2.3") == 2
    dut.ip(f"route add 20.1.2.3/32 via {lab3.h2.ip}")
    assert arrives_at(lab3, "20.1.2.3") == 2
    assert arrives_at(lab3, "20.1.2.4") == 3
    dut.ip("route del 20.1.2.3/32")
    assert arrives_at(lab3, "20.1.2.3") == 3
    dut.ip(f"route replace 20.1.0.0/16 via {lab3.h2.ip}")
    assert arrives_at(lab3, "20.1.2.3") == 2
    dut.ip(f"route add 20.1.0.0/16 via {lab3.h3.ip} metric 50")
    assert arrives_at(lab3, "20.1.2.3") == 2, "the lower metric wins"
    dut.ip(f"route del 20.1.0.0/16 via {lab3.h2.ip}")
    assert arrives_at(lab3, "20.1.2.3") == 3, "the other metric takes over"
    dut.ip("route del 20.1.0.0/16 metric 50")
    dut.ip("route del 20.0.0.0/8")
    assert arrives_at(lab3, "20.1.2.3") is None


@core
def test_default_route(lab3):
    dut = lab3.dut
    assert arrives_at(lab3, "93.1.1.1") is None
    dut.ip(f"route add default via {lab3.h3.ip}")
    row = routes(dut)["default", 0]
    assert (row["gateway"], row["dev"]) == (lab3.h3.ip, "r3")
    assert arrives_at(lab3, "93.1.1.1") == 3
    assert arrives_at(lab3, lab3.h2.ip) == 2
    dut.ip("route del default")
    assert arrives_at(lab3, "93.1.1.1") is None


@core
@pytest.mark.parametrize("words", [
    "route add 20.0.0.0/8 via 172.31.0.1", "route del 20.0.0.0/8", "addr del 10.77.0.1/24 dev r1",
    "route add 10.0.1.0/24 dev r1 proto kernel scope link src 10.0.1.1", "addr add 10.0.1.1/24 dev r1",
    "link set r9 up", "neigh del 10.0.1.200 dev r1", "route add 20.0.0.1/8 via 10.0.2.2",
    "addr add 10.0.300.1/24 dev r1", "route add 20.0.0.0/33 via 10.0.2.2",
], ids=lambda w: w.replace(" ", "_"))
def test_refused_changes_change_nothing(lab3, words):
    before = lab3.dut.ip_json("route show"), lab3.dut.ip_json("addr show")
    with pytest.raises(AssertionError):
        lab3.dut.ip(words)
    after = lab3.dut.ip_json("route show"), lab3.dut.ip_json("addr show")
    for was, now in zip(before, after):
        assert [sorted(map(str, r.items())) for r in was] == \
            [sorted(map(str, r.items())) for r in now]


@core
def test_route_get(lab3):
    dut = lab3.dut
    got = dut.ip_json(f"route get {lab3.h2.ip}")[0]
    assert (got["dst"], got["dev"], got["prefsrc"]) == (lab3.h2.ip, "r2", lab3.h2.gw)
    dut.ip(f"route add 20.0.0.0/8 via {lab3.h3.ip}")
    got = dut.ip_json("route get 20.3.3.3")[0]
    assert (got["gateway"], got["dev"], got["prefsrc"]) == (lab3.h3.ip, "r3", lab3.h3.gw)
    dut.ip("route del 20.0.0.0/8")
    assert dut.ip_json(f"route get {lab3.h1.gw}")[0]["dev"] == "lo"


def test_link_down_and_up(lab3):
    """Down: routes over the device go, unreachable; up: the connected route is back."""
    dut = lab3.dut
    dut.ip("link set r3 down")
    try:
        assert (lab3.h3.net, 0) not in routes(dut)
        assert arrives_at(lab3, lab3.h3.ip) is None
        assert arrives_at(lab3, lab3.h2.ip) == 2
    finally:
        dut.ip("link set r3 up")
    eventually(lambda: (lab3.h3.net, 0) in routes(dut), "the connected route came not back")
    eventually(lambda: lab3.h1.ping(lab3.h3.ip, check=False) == 1, "no ping after link up")


@pytest.mark.ours("the kernel's ports are veths here")
def test_carrier_loss_withdraws_and_restores(fresh):
    """A TAP port, the only virtual kind that tells its link: AF_XDP's is always up."""
    made = fresh(config={"ports": {"tap8": {"device": "net_tap8,iface=tap8"}},
                         "addresses": {"tap8": ["10.0.8.1/24"]},
                         "routes": [{"dst": "20.0.0.0/8", "gateway": "10.0.8.2"}]})
    dut = made.dut
    warm_up(made)

    def flags():
        return [r for r in dut.ip_json("link show") if r["ifname"] == "tap8"][0]["flags"]

    def reachable(dst):
        return dut.client(f"ip route get {dst}").returncode == 0
    eventually(lambda: "LOWER_UP" in flags(), "the link does not come up")
    assert reachable("20.1.1.1")
    sh(f"ip -n {made.dut_ns} link set tap8 down")
    eventually(lambda: "NO-CARRIER" in flags(), "the loss is not noticed")
    for dst in ("20.1.1.1", "10.0.8.2"):
        assert not reachable(dst), f"a route to {dst} survives carrier loss"
        assert arrives_at(made, dst) is None
    made.h1.ping(made.h2.ip)
    key = "net.ipv4.conf.tap8.ignore_routes_with_linkdown"
    for value, shown in ((0, ["linkdown"]), (1, ["dead", "linkdown"])):  # 0: Linux's default
        dut.sysctl(key, value)
        assert [r["flags"] for r in dut.ip_json("route show 20.0.0.0/8")] == [shown]
        assert reachable("20.1.1.1") == (value == 0)
    sh(f"ip -n {made.dut_ns} link set tap8 up")
    eventually(lambda: "LOWER_UP" in flags(), "the return is not noticed")
    for dst in ("20.1.1.1", "10.0.8.2"):
        eventually(lambda d=dst: reachable(d), f"the route to {dst} does not return")


def test_change_of_mtu_is_seen(lab3):
    dut = lab3.dut
    dut.ip("link set dev r3 mtu 1400")
    try:
        assert [r["mtu"] for r in dut.ip_json("link show dev r3")] == [1400]
    finally:
        dut.ip("link set dev r3 mtu 1500")


def test_forwarding_off(lab3):
    """net.ipv4.ip_forward=0: neither forwarded nor reported; the router itself still answers."""
    warm_up(lab3)
    lab3.dut.sysctl("net.ipv4.ip_forward", 0)
    packet = probe(lab3.h1, lab3.h2)
    try:
        with lab3.h1.wire() as w1, lab3.h2.wire() as w2, \
                lab3.dut.expect_drops(ip4_forwarding_off=1):
            w1.send(packet)
            control(lab3.h1, w1, lab3.h1.gw)
            w2.none(carries(raw(packet[UDP].payload)), "a packet with forwarding off")
            w1.none(is_error(about=packet), "an error with forwarding off")
    finally:
        lab3.dut.sysctl("net.ipv4.ip_forward", 1)
    lab3.h1.ping(lab3.h2.ip)


def test_secondary_addresses(lab3):
    """The second address of a subnet is secondary, and goes with the first."""
    dut = lab3.dut
    for address in ("10.8.0.1", "10.8.0.2"):
        dut.ip(f"addr add {address}/24 dev r2")

    def shown():
        info = [r for r in dut.ip_json("addr show dev r2") if r.get("ifname") == "r2"][0]
        return {a["local"]: a.get("secondary", False) for a in info["addr_info"]
                if a["local"].startswith("10.8.")}
    assert shown() == {"10.8.0.1": False, "10.8.0.2": True}
    lab3.h1.ping("10.8.0.2")
    dut.ip("addr del 10.8.0.1/24 dev r2")
    assert shown() == {}


def test_host_address(lab3):
    """A /32 is answered and brings no route but its own."""
    dut = lab3.dut
    before = set(routes(dut))
    dut.ip("addr add 10.7.7.7/32 dev r2")
    try:
        lab3.h1.ping("10.7.7.7")
        assert set(routes(dut)) == before
    finally:
        dut.ip("addr del 10.7.7.7/32 dev r2")


def test_next_hop_follows_its_neighbour(lab3):
    """A route via a gateway keeps working when the gateway's neighbour entry is rewritten."""
    dut = lab3.dut
    with alias(lab3.h2, "20.5.5.5/32"):
        dut.ip(f"route add 20.5.5.5/32 via {lab3.h2.ip}")
        try:
            lab3.h1.ping("20.5.5.5")
            dut.ip(f"neigh replace {lab3.h2.ip} lladdr {lab3.h2.mac} dev r2 nud permanent")
            lab3.h1.ping("20.5.5.5")
            dut.ip(f"neigh del {lab3.h2.ip} dev r2")
            lab3.h1.ping("20.5.5.5")
        finally:
            dut.ip("route del 20.5.5.5/32")


def test_flow_survives_route_churn(lab3):
    """Routes come and go by the hundred; the flow beside them loses nothing."""
    warm_up(lab3)
    flow = lab3.h1.pinging(lab3.h2.ip, 150, 0.02)
    for n in range(60):
        lab3.dut.ip(f"route add 20.{n}.0.0/16 via {lab3.h3.ip}")
        if n % 2:
            lab3.dut.ip(f"route replace 20.{n}.0.0/16 via {lab3.h2.ip}")
    for n in range(60):
        lab3.dut.ip(f"route del 20.{n}.0.0/16")
    received, said = flow()
    assert received == 150, said
