# SPDX-License-Identifier: BSD-3-Clause
"""IP in IP tunnels (RFC 2003): against scapy as the other end, and between two routers.

    h1 10.0.1.2 --- r1 [A] r2 --- 10.0.2.2 transit kernels 10.0.4.2 --- r4 [B] r3 --- 10.0.3.2 h3
                        \\_____________ tunnel 10.0.2.1 - 10.0.4.1 _____________/
"""
import json
import time

import pytest
from conftest import lab_of
from netlab import SLOW, Wire, sh
from pkt import carries, control, is_error, token
from scapy.all import ICMP, IP, UDP, Raw, raw

pytestmark = pytest.mark.ours("no ipip in the test machines' kernel")
TUNNEL = {"tunnels": {"t0": {"type": "ipip", "local": "10.0.2.1", "remote": "10.0.2.2", "ttl": 64}},
          "addresses": {"t0": ["10.99.0.1/30"]},
          "routes": [{"dst": "192.168.9.0/24", "dev": "t0"}]}


@pytest.fixture(scope="module")
def tlab():
    with lab_of(2, TUNNEL) as made:
        made.h1.ping(made.h2.ip)
        yield made


def is_outer(f):
    return IP in f and f[IP].proto == 4


def test_there_and_back(tlab):
    mark = token()
    with tlab.h1.wire() as w1, tlab.h2.wire() as w2:
        w1.send(tlab.h1.to("192.168.9.9", flags="DF") / UDP(dport=9) / Raw(mark))
        got = w2.expect(lambda f: is_outer(f) and mark in raw(f))
        outer, inner = got[IP], got[IP].payload
        assert (outer.src, outer.dst, outer.ttl, int(outer.flags)) == ("10.0.2.1", "10.0.2.2", 64, 2)
        assert (inner.src, inner.dst, inner.ttl) == (tlab.h1.ip, "192.168.9.9", 63)
        back = token()
        w2.send(tlab.h2.eth() / IP(src="10.0.2.2", dst="10.0.2.1") /
                IP(src="192.168.9.9", dst=tlab.h1.ip) / UDP(dport=9) / Raw(back))
        got = w1.expect(carries(back))
        assert got[IP].src == "192.168.9.9" and got[IP].ttl == 63 and got[IP].proto == 17


def test_the_router_itself_is_behind_the_tunnel(tlab):
    """An echo request through the tunnel to its device's address is answered through the tunnel."""
    mark = token()
    with tlab.h2.wire() as wire:
        wire.send(tlab.h2.eth() / IP(src="10.0.2.2", dst="10.0.2.1") / IP(src="10.99.0.2", dst="10.99.0.1") /
                  ICMP(id=3) / Raw(mark))
        got = wire.expect(lambda f: is_outer(f) and mark in raw(f))
        assert got[IP].payload.src == "10.99.0.1" and got[IP].payload[ICMP].type == 0


def test_bound_to_a_device(tlab):
    """The outer packet leaves by the device, not by the route."""
    dut = tlab.dut
    made = ["tunnel add t1 mode ipip local 10.0.2.1 remote 10.9.9.9", "link set t1 up", "route add 192.168.8.0/24 dev t1",
            f"route add 10.9.9.9 via {tlab.h2.ip}", f"neigh replace 10.9.9.9 lladdr {tlab.h1.mac} dev r1"]
    try:
        for words in made:
            dut.ip(words)
        with tlab.h1.wire() as w1, tlab.h2.wire() as w2:
            for change, there, other in (("", w2, w1), ("dev r1", w1, w2), ("dev r2", w2, w1)):
                dut.ip(f"tunnel change t1 {change}")
                mark = token()
                w1.send(tlab.h1.to("192.168.8.9") / UDP(dport=9) / Raw(mark))
                assert there.expect(lambda f: is_outer(f) and mark in raw(f))[IP].dst == "10.9.9.9"
                other.none(lambda f: is_outer(f) and mark in raw(f), "the packet on the other link")
        assert dut.ip_json("tunnel show t1")[0]["dev"] == dut.ip_json("link show t1")[0]["link"] == "r2"
        done = dut.client("ip tunnel change t1 dev nope")
        assert done.returncode != 0 and "nope" in done.stderr
    finally:
        dut.ip("tunnel del t1", check=False)
        dut.ip("route del 10.9.9.9", check=False)
        dut.ip("neigh del 10.9.9.9 dev r1", check=False)


def test_errors_from_inside_the_tunnel(tlab):
    """RFC 2003 4.1, 4.4: what a router along the tunnel says is said again to the inner source."""
    sent = tlab.h1.to("192.168.9.9", flags="DF") / UDP(dport=9) / Raw(token())
    with tlab.h1.wire() as w1, tlab.h2.wire() as w2:
        w1.send(sent)
        outer = w2.expect(lambda f: is_outer(f) and raw(sent[UDP].payload) in raw(f))[IP]
        w2.send(tlab.h2.eth() / IP(src="10.0.2.2", dst="10.0.2.1") / ICMP(type=11, code=0) / raw(outer)[:76])
        error = w1.expect(is_error(3, 1, about=sent))
        assert error[IP].src == tlab.h1.gw
        w2.send(tlab.h2.eth() / IP(src="10.0.2.2", dst="10.0.2.1") / ICMP(type=3, code=3) / raw(outer)[:76])
        control(tlab.h1, w1, tlab.h2.ip)
        w1.none(is_error(3, 3))


def test_strangers_are_refused(tlab):
    packet = (tlab.h2.eth() / IP(src="10.0.2.77", dst="10.0.2.1") / IP(src="192.168.9.9", dst=tlab.h1.ip) /
              UDP(dport=9) / Raw(token()))
    tlab.dut.ip("neigh replace 10.0.2.77 lladdr 02:00:00:00:02:77 dev r2")
    with tlab.h1.wire() as w1, tlab.h2.wire() as w2, tlab.dut.expect_drops(ipip_no_tunnel=1):
        w2.send(packet)
        w2.expect(is_error(3, 2, to="10.0.2.77"))
        control(tlab.h1, w1, tlab.h2.ip)
        w1.none(carries(raw(packet[UDP].payload)))


def test_configuration(tlab):
    """A changed entry changes the tunnel in place; one that makes no sense is refused, with its place."""
    doc = json.loads(tlab.dut.client("-j show config running").stdout)
    path = tlab.tmp / "changed.json"

    def config(words, **tunnels):
        doc["tunnels"] = tunnels
        path.write_text(json.dumps(doc), encoding="utf-8")
        done = tlab.dut.client(f"config {words} {path}")
        return done.returncode, done.stdout + done.stderr

    good = TUNNEL["tunnels"]["t0"]
    index = tlab.dut.ip_json("link show t0")[0]["ifindex"]
    assert config("load", t0={**good, "ttl": "inherit", "tos": "inherit", "pmtudisc": False, "mtu": 1400})[0] == 0
    assert tlab.dut.ip("tunnel show") == "t0: ip/ip remote 10.0.2.2 local 10.0.2.1 ttl inherit tos inherit nopmtudisc\n"
    link = tlab.dut.ip_json("-d link show t0")[0]
    assert (link["ifindex"], link["mtu"], link["linkinfo"]["info_data"]["pmtudisc"]) == (index, 1400, False)
    for at, tunnels in [("/tunnels/t0/type", {"t0": {**good, "type": "gre"}}),
                        ("/tunnels/t0/ttl", {"t0": {**good, "ttl": 256}}),
                        ("/tunnels/t0/remote", {"t0": {k: v for k, v in good.items() if k != "remote"}}),
                        ("/tunnels/t0:", {"t0": {**good, "remote": "10.0.2.1"}}),
                        ("/tunnels/t0:", {"t0": {**good, "pmtudisc": False}}),
                        ("/tunnels/t1/remote", {"t0": good, "t1": good}),
                        ("/tunnels/r1:", {"t0": good, "r1": {**good, "remote": "10.0.2.9"}})]:
        code, said = config("check", **tunnels)
        assert code == 1 and at in said, (at, said)
    assert config("load", t0=good)[0] == 0
    assert "ttl 64" in tlab.dut.ip("tunnel show")


def transit(a, b):
    """A kernel router between 10.0.2.0/24 and 10.0.4.0/24: two namespaces and a link."""
    na, nb, link = a.h2.ns, b.h4.ns, f"x{a.tag}"
    sh(f"ip -n {na} link add {link} type veth peer name {link} netns {nb}")
    for ns, mine, peer, far in ((na, 1, 2, "10.0.4.0/24"), (nb, 2, 1, "10.0.2.0/24")):
        sh(f"ip -n {ns} addr add 172.31.0.{mine}/30 dev {link} && ip -n {ns} link set {link} up && "
           f"ip -n {ns} route add {far} via 172.31.0.{peer} && ip netns exec {ns} sysctl -qw net.ipv4.ip_forward=1 && "
           f"ip netns exec {ns} ethtool -K {link} rx off tx off tso off gso off gro off")
    return link


def tunnel(port, local, remote, near, dst):
    return {"tunnels": {"tun": {"type": "ipip", "local": local, "remote": remote, "ttl": 64}},
            "routes": [{"dst": remote + "/32", "gateway": near, "dev": port}, {"dst": dst, "dev": "tun"}]}


def test_two_routers(fresh):
    a = fresh(hosts=2, config=tunnel("r2", "10.0.2.1", "10.0.4.1", "10.0.2.2", "10.0.3.0/24"))
    b = fresh(hosts=4, config=tunnel("r4", "10.0.4.1", "10.0.2.1", "10.0.4.2", "10.0.1.0/24") |
              {"addresses": {"r1": None, "r2": None}})  # they are A's
    link = transit(a, b)
    with Wire(a.h2.ns, link) as wire:
        a.h1.ping(b.h3.ip, count=3)
        assert wire.expect(is_outer)[IP].src == "10.0.4.1"
    b.h3.ping(a.h1.ip, count=2, args="-s 4000")  # fragments inside
    # A narrow link on the way: the kernel there tells A, and A tells h1, 20 bytes less.
    sh(f"ip -n {a.h2.ns} link set {link} mtu 1300 && ip -n {b.h4.ns} link set {link} mtu 1300")
    end, said = time.monotonic() + SLOW, ""
    while "mtu = 1280" not in said and "mtu=1280" not in said:
        assert time.monotonic() < end, said
        said = a.h1.run(f"ping -n -c 2 -i 0.2 -W 1 -M do -s 1400 {b.h3.ip}", check=False).stdout
    a.h1.ping(b.h3.ip, args="-M do -s 1252")
    a.h1.ping(b.h3.ip, args="-W 1 -M dont -s 1400", check=False)  # the reply tells B how narrow its way is
    a.h1.ping(b.h3.ip, args="-M dont -s 1400")
    for dut in (a.dut, b.dut):
        stats = [r for r in dut.ip_json("-s link show") if r["ifname"] == "tun"][0]["stats64"]
        assert stats["rx"]["packets"] > 3 and stats["tx"]["packets"] > 3
    # The path comes back after the neighbour on the way was gone.
    a.dut.ip("link set r2 down")
    a.dut.ip("link set r2 up")
    a.dut.ip("route replace 10.0.4.1/32 via 10.0.2.2 dev r2")
    a.h1.ping(b.h3.ip)
