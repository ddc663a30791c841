# SPDX-License-Identifier: BSD-3-Clause
"""Next hop objects and multipath: shown, refused and deleted as the kernel does, and what of it the
wire sees.

    h1 10.0.1.2 --- r1 [ DUT ] r2 --- 10.0.2.2 h2
                               r3 --- 10.0.3.2 h3
"""
import collections
import re
import time

import pytest
from conftest import lab_of
from dut import LINUX
from netlab import SLOW
from pkt import token
from scapy.all import ICMP, IP, UDP, Raw, fragment, raw

SHOWN = """\
id 1 via 10.0.2.2 dev r2 scope link 
id 2 via 10.0.3.2 dev r3 scope link proto static 
id 3 dev r2 scope host 
id 4 blackhole 
id 5 via 10.9.9.9 dev r2 scope link onlink 
id 10 group 1,3/2 
id 11 group 2 type resilient buckets 8 idle_timer 120 unbalanced_timer 0 unbalanced_time 0 
id 12 group 1/2,7 type resilient buckets 32 idle_timer 60 unbalanced_timer 300 unbalanced_time 0 proto static 
"""
ROUTES = """\
20.0.0.0/24 nhid 1 via 10.0.2.2 dev r2 
20.0.1.0/24 nhid 10 metric 5 
	nexthop via 10.0.2.2 dev r2 weight 3 
	nexthop via 10.0.3.2 dev r3 weight 1 
blackhole 20.0.2.0/24 nhid 4 dev lo 
20.0.3.0/24 nhid 3 dev r2 proto static 
20.0.4.0/24 nhid 12 
	nexthop via 10.0.2.2 dev r2 weight 1 
	nexthop via 10.0.3.2 dev r3 weight 7 
"""


@pytest.fixture(scope="module")
def nlab():
    with lab_of(3) as made:
        for host in made.hosts:
            made.h1.ping(host.gw)
            host.ping(host.gw)
            made.dut.ip(f"neigh replace {host.ip} lladdr {host.mac} dev {host.port}")
        yield made


@pytest.fixture
def objects(nlab):
    """The objects of SHOWN, and nothing else before and after."""
    nlab.dut.ip("nexthop flush")
    nlab.dut.ip("nexthop add id 1 via 10.0.2.2 dev r2")
    nlab.dut.ip("nexthop add id 2 via 10.0.3.2 dev r3 proto static")
    nlab.dut.ip("nexthop add id 3 dev r2")
    nlab.dut.ip("nexthop add id 4 blackhole")
    nlab.dut.ip("nexthop add id 5 via 10.9.9.9 dev r2 onlink")
    nlab.dut.ip("nexthop add id 10 group 1,3/2,1")
    nlab.dut.ip("nexthop add id 11 group 2 type resilient buckets 8")
    nlab.dut.ip("nexthop add id 12 group 1/2,7 type resilient buckets 32 idle_timer 60 "
                "unbalanced_timer 300 proto static")
    yield nlab
    nlab.dut.ip("nexthop flush")


def lines(text, pattern):
    return "".join(l for l in text.splitlines(True) if re.match(pattern, l))


@pytest.mark.core
def test_shown_as_iproute2(objects):
    dut = objects.dut
    assert dut.ip("nexthop") == SHOWN
    assert dut.ip("nexthop show groups") == lines(SHOWN, r"id 1\d ")
    assert dut.ip("nexthop show dev r2") == lines(SHOWN, r"id [135] ")
    assert dut.ip("nexthop show proto 4") == lines(SHOWN, r"id (2|12) ")
    assert dut.ip("nexthop show id 5") == dut.ip("nexthop get id 5") == lines(SHOWN, "id 5 ")
    assert dut.ip_json("nexthop") == [
        {"id": 1, "gateway": "10.0.2.2", "dev": "r2", "scope": "link", "flags": []},
        {"id": 2, "gateway": "10.0.3.2", "dev": "r3", "scope": "link", "protocol": "static", "flags": []},
        {"id": 3, "dev": "r2", "scope": "host", "flags": []},
        {"id": 4, "blackhole": None, "flags": []},
        {"id": 5, "gateway": "10.9.9.9", "dev": "r2", "scope": "link", "flags": ["onlink"]},
        {"id": 10, "group": [{"id": 1, "weight": 3}, {"id": 2}], "flags": []},
        {"id": 11, "group": [{"id": 2}], "type": "resilient", "flags": [],
         "resilient_args": {"buckets": 8, "idle_timer": 120, "unbalanced_timer": 0, "unbalanced_time": 0}},
        {"id": 12, "group": [{"id": 1}, {"id": 2, "weight": 7}], "type": "resilient", "protocol": "static",
         "flags": [], "resilient_args": {"buckets": 32, "idle_timer": 60, "unbalanced_timer": 300,
                                         "unbalanced_time": 0}}]
    assert dut.ip("-d nexthop show id 4") == "id 4 scope global blackhole proto unspec \n"
    rows = dut.ip_json("nexthop bucket show id 12")
    assert [r["bucket"]["index"] for r in rows] == list(range(32)) and {r["id"] for r in rows} == {12}
    assert collections.Counter(r["bucket"]["nhid"] for r in rows) == {1: 4, 2: 28}
    assert re.fullmatch(r"id 12 index 4 idle_time [\d.]+ nhid 2 \n", dut.ip("nexthop bucket get id 12 index 4"))
    assert len(dut.ip_json("nexthop bucket show nhid 2")) == 36


@pytest.mark.core
def test_routes_by_objects(objects):
    dut = objects.dut
    for route in ("20.0.0.0/24 nhid 1", "20.0.1.0/24 nhid 10 metric 5", "20.0.2.0/24 nhid 4",
                  "20.0.3.0/24 nhid 3 proto static", "20.0.4.0/24 nhid 12"):
        dut.ip(f"route add {route}")
    assert lines(dut.ip("route"), r"(blackhole )?20\.|\t") == ROUTES
    rows = {r["dst"]: r for r in dut.ip_json("route") if r["dst"].startswith("20.")}
    assert rows["20.0.0.0/24"] == {"dst": "20.0.0.0/24", "nhid": 1, "gateway": "10.0.2.2", "dev": "r2", "flags": []}
    assert rows["20.0.1.0/24"] == {
        "dst": "20.0.1.0/24", "nhid": 10, "metric": 5, "flags": [],
        "nexthops": [{"gateway": "10.0.2.2", "dev": "r2", "weight": 3, "flags": []},
                     {"gateway": "10.0.3.2", "dev": "r3", "weight": 1, "flags": []}]}
    assert rows["20.0.2.0/24"] == {"type": "blackhole", "dst": "20.0.2.0/24", "nhid": 4, "dev": "lo", "flags": []}
    assert lines(dut.ip("-d route show 20.0.0.0/24"), "") == (
        "unicast 20.0.0.0/24 nhid 1 via 10.0.2.2 dev r2 proto boot scope global \n"
        "\tnh_info id 1 via 10.0.2.2 dev r2 scope link proto unspec \n")
    assert dut.ip_json("route get 20.0.0.7")[0]["gateway"] == "10.0.2.2"
    assert dut.ip("route get 20.0.2.7", check=False) == ""
    # Without nexthop_compat_mode the object alone is said; packets go as before.
    dut.sysctl("net.ipv4.nexthop_compat_mode", 0)
    assert lines(dut.ip("route"), r"(blackhole )?20\.|\t") == (
        "20.0.0.0/24 nhid 1 \n20.0.1.0/24 nhid 10 metric 5 \nblackhole 20.0.2.0/24 nhid 4 \n"
        "20.0.3.0/24 nhid 3 proto static \n20.0.4.0/24 nhid 12 \n")
    assert {r["dst"]: r for r in dut.ip_json("route")}["20.0.1.0/24"] == {
        "dst": "20.0.1.0/24", "nhid": 10, "metric": 5, "flags": []}
    assert dut.ip_json("route get 20.0.0.7")[0]["gateway"] == "10.0.2.2"
    dut.sysctl("net.ipv4.nexthop_compat_mode", 1)
    # What an object leads to changes for its routes; what is wrong with the change changes nothing.
    dut.ip("nexthop replace id 1 via 10.0.3.2 dev r3")
    assert dut.ip_json("route get 20.0.0.7")[0]["gateway"] == "10.0.3.2"
    assert dut.ip("nexthop replace id 1 via 10.5.5.5 dev r3", check=False) == ""
    assert dut.ip_json("route get 20.0.0.7")[0]["gateway"] == "10.0.3.2"
    # A member less for the groups; without any, and without its object, a route is gone.
    dut.ip("nexthop del id 2")
    assert lines(dut.ip("route"), r"(blackhole )?20\.|\t") == (
        "20.0.0.0/24 nhid 1 via 10.0.3.2 dev r3 \n"
        "20.0.1.0/24 nhid 10 via 10.0.3.2 dev r3 metric 5 \n"
        "blackhole 20.0.2.0/24 nhid 4 dev lo \n"
        "20.0.3.0/24 nhid 3 dev r2 proto static \n"
        "20.0.4.0/24 nhid 12 via 10.0.3.2 dev r3 \n")
    assert re.findall(r"^id (\d+)", dut.ip("nexthop"), re.M) == ["1", "3", "4", "5", "10", "12"]
    dut.ip("nexthop del id 1")
    assert lines(dut.ip("route"), r"(blackhole )?20\.|\t") == (
        "blackhole 20.0.2.0/24 nhid 4 dev lo \n20.0.3.0/24 nhid 3 dev r2 proto static \n")
    assert re.findall(r"^id (\d+)", dut.ip("nexthop"), re.M) == ["3", "4", "5"]


REFUSED = [
    "route add 20.1.0.0/24 nhid 99", "route add 20.1.0.0/24 nhid 1 dev r2", "route add 20.1.0.0/24 nhid 5 scope link",
    "route add 20.1.0.0/24 nhid 10 scope host", "route add 20.1.0.0/24 nhid 1 via 10.0.2.2",
    "nexthop add id 1 via 10.0.2.3 dev r2", "nexthop add id 20", "nexthop add id 20 via 10.0.2.3",
    "nexthop add id 20 via 10.5.5.5 dev r2", "nexthop add id 20 group 99", "nexthop add id 20 group 1/1",
    "nexthop add id 20 group 1,0", "nexthop add id 20 group 1,257", "nexthop add id 20 group 10",
    "nexthop add id 20 group 12", "nexthop add id 20 group 4/1", "nexthop replace id 1 group 2",
    "nexthop replace id 10 via 10.0.2.2 dev r2", "nexthop replace id 1 blackhole", "nexthop del id 77",
    "nexthop get id 77", "nexthop show id 77", "nexthop add id 20 group 1 buckets 4",
    "nexthop add id 20 group 1 type resilient", "nexthop add id 20 group 1 type resilient buckets 0",
    "nexthop add id 20 group 1 type resilient buckets 70000", "nexthop add id 20 group 1 type foo",
    "nexthop replace id 12 group 1 type resilient buckets 64", "nexthop replace id 12 group 1",
    "nexthop replace id 10 group 1 type resilient buckets 16", "nexthop add id 20 dev r2 blackhole",
    "nexthop add id 20 dev nope", "nexthop add id 20 via 10.0.2.3 dev r3", "nexthop bucket show id 1",
    "nexthop bucket get id 12 index 99",
]


@pytest.mark.core
def test_refused_as_by_the_kernel(objects):
    for words in REFUSED:
        with pytest.raises(AssertionError):
            objects.dut.ip(words)
        assert objects.dut.ip("nexthop") == SHOWN, words
    # control: as those, but right
    for words in ("add id 20 via 10.0.2.3 dev r2", "add id 21 group 20,256", "add id 22 blackhole", "add id 23 group 22",
                  "replace id 12 group 1/2/5 type resilient", "replace id 20 via 10.0.3.9 dev r3", "del id 20",
                  "replace id 33 via 10.0.2.3 dev r2", "add via 10.0.2.4 dev r2"):
        objects.dut.ip("nexthop " + words)
    assert re.findall(r"^id (\d+)", objects.dut.ip("nexthop"), re.M) == [
        "1", "2", "3", "4", "5", "6", "10", "11", "12", "22", "23", "33"]
    assert "id 12 group 1/2/5 type resilient buckets 32 idle_timer 60 unbalanced_timer 300" in objects.dut.ip("nexthop")


@pytest.mark.core
def test_device_takes_its_objects(objects):
    """As in Linux a lost carrier is enough; nothing comes back by itself."""
    dut = objects.dut
    dut.ip("route add 20.0.1.0/24 nhid 10")
    left = ["2", "4", "10", "11", "12"]
    objects.h2.run("ip link set eth0 down")
    try:
        end = time.monotonic() + SLOW
        while re.findall(r"^id (\d+)", dut.ip("nexthop"), re.M) != left:
            assert time.monotonic() < end, dut.ip("nexthop")
            time.sleep(0.1)
        assert "20.0.1.0/24 nhid 10 via 10.0.3.2 dev r3 \n" in dut.ip("route")
    finally:
        objects.h2.run("ip link set eth0 up")
        objects.h2.run("ip route replace default via 10.0.2.1")
    end = time.monotonic() + SLOW
    while not objects.h2.ping("10.0.2.1", check=False):
        assert time.monotonic() < end
    assert re.findall(r"^id (\d+)", dut.ip("nexthop"), re.M) == left
    dut.ip("neigh replace 10.0.2.2 lladdr %s dev r2" % objects.h2.mac)


# --- the wire ---

def arrivals(lab, packets, complete=True):
    """Which host each of h1's packets arrives at, 2 or 3."""
    marks = [token() for _ in packets]
    got = {}
    with lab.h1.wire() as w1, lab.h2.wire() as w2, lab.h3.wire() as w3:
        for p, mark in zip(packets, marks):
            w1.send(p / Raw(mark))
        end = time.monotonic() + SLOW
        while len(got) < len(marks) and time.monotonic() < end:
            for host, wire in ((2, w2), (3, w3)):
                for frame in wire.drain(0.1):
                    for i, mark in enumerate(marks):
                        if mark in raw(frame):
                            assert got.get(i, host) == host
                            got[i] = host
    assert len(got) == len(marks) or not complete, f"{len(got)} of {len(marks)}"
    return [got.get(i) for i in range(len(marks))]


def udp(lab, src=2, dst=1, sport=1000, dport=53, **ip):
    return lab.h1.eth() / IP(src=f"10.0.1.{src}", dst=f"20.0.1.{dst}", **ip) / UDP(sport=sport, dport=dport)


@pytest.fixture
def group(objects):
    objects.dut.ip("nexthop add id 13 group 1/2")
    objects.dut.ip("route add 20.0.1.0/24 nhid 13")
    policy = objects.dut.sysctl("net.ipv4.fib_multipath_hash_policy")
    yield objects
    objects.dut.sysctl("net.ipv4.fib_multipath_hash_policy", policy)
    objects.dut.sysctl("net.ipv4.fib_multipath_hash_fields", "7")


@pytest.mark.core
def test_packets_follow_the_object(objects):
    objects.dut.ip("route add 20.0.1.0/24 nhid 1")
    assert arrivals(objects, [udp(objects)]) == [2]
    objects.dut.ip("nexthop replace id 1 via 10.0.3.2 dev r3")
    assert arrivals(objects, [udp(objects)]) == [3]
    objects.dut.ip("nexthop del id 1")
    assert arrivals(objects, [udp(objects)], complete=False) == [None]
    objects.dut.ip("route add 20.0.1.0/24 nhid 2")
    assert arrivals(objects, [udp(objects)]) == [3]


@pytest.mark.core
def test_policies(group):
    lab, dut = group, group.dut
    by_port = [udp(lab, sport=2000 + n) for n in range(40)]
    by_host = [udp(lab, dst=1 + n) for n in range(40)]
    assert set(arrivals(lab, by_host)) == {2, 3}
    assert len(set(arrivals(lab, by_port))) == 1
    dut.sysctl("net.ipv4.fib_multipath_hash_policy", "1")
    assert set(arrivals(lab, by_port)) == {2, 3}
    # the fragments of a datagram are together, whichever way that is
    way = []
    for n in range(8):
        big = udp(lab, sport=3000 + n, id=100 + n) / Raw(bytes(2000))
        way.append(set(arrivals(lab, [f for f in fragment(big, 800)])))
    assert all(len(w) == 1 for w in way)
    # inside a tunnel
    inner = [lab.h1.eth() / IP(src="10.0.1.2", dst="20.0.1.1") / IP(src="192.0.2.1", dst=f"198.18.0.{n}") / UDP()
             for n in range(40)]
    assert len(set(arrivals(lab, inner))) == 1
    dut.sysctl("net.ipv4.fib_multipath_hash_policy", "2")
    assert set(arrivals(lab, inner)) == {2, 3}
    assert len(set(arrivals(lab, by_port))) == 1
    # fields: destination ports only
    dut.sysctl("net.ipv4.fib_multipath_hash_policy", "3")
    dut.sysctl("net.ipv4.fib_multipath_hash_fields", str(0x20))
    assert len(set(arrivals(lab, by_port + by_host))) == 1
    assert set(arrivals(lab, [udp(lab, dport=1 + n) for n in range(40)])) == {2, 3}


@pytest.mark.core
def test_icmp_error_follows_what_it_is_about(group):
    """Addresses: an error goes the way of the packets that it is about, which came from behind the group."""
    for n in range(12):
        way, = arrivals(group, [udp(group, dst=1 + n)])
        quoted = IP(src=f"20.0.1.{1 + n}", dst="10.0.1.2") / UDP(sport=53, dport=1000) / Raw(bytes(8))
        error = group.h1.eth() / IP(src=f"10.0.1.{100 + n}", dst=f"20.0.1.{1 + n}") / ICMP(type=3, code=4) / quoted
        assert arrivals(group, [error]) == [way]


@pytest.mark.ours("policies 4 and 5 are not Linux's")
def test_packet_by_packet(group):
    one = [udp(group) for _ in range(40)]
    assert len(set(arrivals(group, one))) == 1
    group.dut.sysctl("net.ipv4.fib_multipath_hash_policy", "4")
    assert 19 <= collections.Counter(arrivals(group, one))[2] <= 21
    group.dut.sysctl("net.ipv4.fib_multipath_hash_policy", "5")
    assert 5 <= collections.Counter(arrivals(group, one))[2] <= 35  # else once in 50 million


@pytest.mark.core
def test_resilient_group_on_the_wire(objects):
    """Flows of a member that stays stay where they are when another one goes."""
    lab, dut = objects, objects.dut
    dut.ip("nexthop add id 14 group 1/2 type resilient buckets 64 idle_timer 600")
    dut.ip("route add 20.0.1.0/24 nhid 14")
    flows = [udp(lab, dst=1 + n) for n in range(40)]
    before = arrivals(lab, flows)
    assert set(before) == {2, 3}
    assert dut.ip_json("nexthop bucket show id 14")[0]["bucket"]["nhid"] in (1, 2)
    dut.ip("nexthop add id 15 via 10.0.2.2 dev r2")
    dut.ip("nexthop replace id 14 group 1/2/15 type resilient")
    busy = [a for a, b in zip(arrivals(lab, flows), before)]
    assert busy == before  # both 1 and 15 are by h2; those of 2 are in use
    dut.ip("nexthop del id 15")
    dut.ip("nexthop replace id 14 group 2 type resilient")
    assert arrivals(lab, flows) == [3] * 40


@pytest.mark.ours("a client of polluxd")
def test_monitor(objects):
    from test_monitor import Monitor
    watch = Monitor(objects.dut, "nexthop route")
    end = time.monotonic() + SLOW
    while not watch.text():
        objects.dut.ip("nexthop add id 49 blackhole")
        objects.dut.ip("nexthop del id 49")
        assert time.monotonic() < end
    objects.dut.ip("nexthop add id 50 via 10.0.2.50 dev r2")
    objects.dut.ip("nexthop replace id 50 via 10.0.2.51 dev r2")
    objects.dut.ip("nexthop add id 51 group 50/1")
    objects.dut.ip("nexthop add id 52 group 50")
    objects.dut.ip("route add 30.0.0.0/24 nhid 52")
    objects.dut.ip("nexthop del id 50")
    watch.wait("id 50 via 10.0.2.50 dev r2 scope link \n", "id 50 via 10.0.2.51 dev r2 scope link \n",
               "id 51 group 50/1 \n", "id 52 group 50 \n", "30.0.0.0/24 nhid 52 via 10.0.2.51 dev r2 \n",
               "Deleted id 50 via 10.0.2.51 dev r2 scope link \n", "Deleted id 52 group 50 \n",
               "Deleted 30.0.0.0/24 nhid 52")
    text = watch.stop()
    assert "id 51 group 1 \n" not in text or LINUX
