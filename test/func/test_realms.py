# SPDX-License-Identifier: BSD-3-Clause
"""Realms: the words of routes and rules with the kernel as the judge, what is counted on the wire, and
the classes of a queue that realms lead to.

    h1 10.0.1.2 --- r1 [ DUT ] r2 --- 10.0.2.2 h2
                               r3 --- 10.0.3.2 h3
"""
import json
import random
import subprocess

import pytest
from conftest import given, lab_of
from dut import LINUX
from netlab import sh
from pkt import carries, token
from scapy.all import IP, UDP, Raw
from test_qdisc import tc
from test_rules import kernel

NEAR, FAR = "203.0.113.7", "198.51.100.9"  # behind h1 and h2


@pytest.fixture(scope="module")
def rlab():
    with lab_of(3) as made:
        for host in made.hosts:
            host.ping(host.gw)
            made.dut.ip(f"neigh replace {host.ip} lladdr {host.mac} dev {host.port}")
        yield made


def accounts(lab):
    """{realm: (packets for it, bytes for it, packets from it, bytes from it)}, as rtacct has them."""
    if LINUX:
        words = sh(f"ip netns exec {lab.dut_ns} od -A n -v -t u4 -w16 /proc/net/rt_acct").stdout.splitlines()
        rows = [tuple(map(int, line.split())) for line in words]
        return {i: (to_n, to_b, from_n, from_b) for i, (to_b, to_n, from_b, from_n) in enumerate(rows)
                if any((to_b, to_n, from_b, from_n))}
    return {int(row["realm"].replace("cosmos", "0")):
            (row["packets_to"], row["bytes_to"], row["packets_from"], row["bytes_from"])
            for row in lab.dut.cli("show stats realm")}


def counted(lab, host, packet, n=3):
    """What the accounts grow by, for each of n packets of h1 that arrive at the host."""
    before, mark = accounts(lab), token()
    with lab.h1.wire() as w1, host.wire() as there:
        for _ in range(n):
            w1.send(packet / Raw(mark))
            there.expect(carries(mark))
    after = accounts(lab)
    size = len(packet[IP]) + len(mark)
    grown = {}
    for realm, row in after.items():
        to_n, to_b, from_n, from_b = (a - b for a, b in zip(row, before.get(realm, (0, 0, 0, 0))))
        assert to_b == to_n * size and from_b == from_n * size, (realm, size, to_b, from_b)
        if to_n or from_n:
            grown[realm] = (to_n / n, from_n / n)
    return grown


# --- told ---

@pytest.mark.ours("two routers are compared")
def test_monitor_tells_rules_as_the_kernel(rlab):
    from test_monitor import started
    said = ["pref 77 from 20.0.0.0/8 table 9 realms 3/5", "pref 78 to 20.0.0.0/8 table 9 realm 7",
            "pref 79 iif r1 table 9 realms 2/", "pref 80 fwmark 3 table 9"]
    with lab_of(1, start=False) as other:
        judge = subprocess.Popen(["ip", "-n", other.dut_ns, "monitor", "rule"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, text=True)
        try:
            watch = started(rlab, "rule route")
            for rule in said:
                for act in ("add", "del"):
                    sh(f"ip -n {other.dut_ns} rule {act} {rule}")
                    rlab.dut.ip(f"rule {act} {rule}")
            want = [judge.stdout.readline() for _ in range(2 * len(said))]
        finally:
            judge.kill()
            judge.wait()
            judge.stdout.close()
        assert any("realms 3/5" in line for line in want)
        watch.wait(*want)
        assert [x + "\n" for x in watch.stop().splitlines() if "lookup 9" in x] == want


# --- on the wire ---

@pytest.mark.core
def test_accounts(rlab):
    """For the realm of the way there, from the realm of the way back to the source."""
    packet = rlab.h1.to(FAR, src=NEAR) / UDP(dport=9)
    to, back = f"route add 198.51.100.0/24 via {rlab.h2.ip}", f"route add 203.0.113.0/24 via {rlab.h1.ip}"
    with given(rlab, to, back):
        assert counted(rlab, rlab.h2, packet) == {}
    with given(rlab, f"{to} realm 10", back):
        assert counted(rlab, rlab.h2, packet) == {10: (1, 0), 0: (0, 1)}
    with given(rlab, f"{to} realm 10", f"{back} realm 5"):
        assert counted(rlab, rlab.h2, packet) == {10: (1, 0), 5: (0, 1)}
        assert counted(rlab, rlab.h2, rlab.h1.to(FAR) / UDP(dport=9)) == {10: (1, 0), 0: (0, 1)}
    with given(rlab, f"{to} realms 3/10", f"{back} realm 5"):  # the route's own word first
        assert counted(rlab, rlab.h2, packet) == {10: (1, 0), 3: (0, 1)}
    with given(rlab, to, f"{back} realm 5"):
        assert counted(rlab, rlab.h2, packet) == {0: (1, 0), 5: (0, 1)}
    with given(rlab, to, f"{back} realm 10"), given(rlab, "route add 198.51.100.9 dev r2 realm 10"):
        pass  # what is taken away is forgotten:
    with given(rlab, to, back):
        assert counted(rlab, rlab.h2, packet) == {}


def test_what_arrives_here_has_only_a_source(rlab):
    with given(rlab, f"route add 203.0.113.0/24 via {rlab.h1.ip} realms 2/5"):
        before = accounts(rlab)
        rlab.h1.run(f"ip addr add {NEAR}/32 dev lo")
        assert rlab.h1.ping(rlab.h1.gw, count=2, args=f"-I {NEAR}") == 2
        after = accounts(rlab)
    rlab.h1.run(f"ip addr del {NEAR}/32 dev lo")
    grown = {r: (after[r][0] - before.get(r, (0,) * 4)[0], after[r][2] - before.get(r, (0,) * 4)[2]) for r in after}
    assert {r: n for r, n in grown.items() if any(n)} == {0: (2, 0), 5: (0, 2)}


def test_rules_complete_routes(rlab):
    packet = rlab.h1.to(FAR, src=NEAR) / UDP(dport=9)
    to, back = f"route add 198.51.100.0/24 via {rlab.h2.ip}", f"route add 203.0.113.0/24 via {rlab.h1.ip}"
    rule = "rule add pref 100 to 198.51.100.0/24 table main realms"
    with given(rlab, to, back, f"{rule} 7/8"):
        assert counted(rlab, rlab.h2, packet) == {8: (1, 0), 7: (0, 1)}
    with given(rlab, f"{to} realm 10", back, f"{rule} 7/8"):
        assert counted(rlab, rlab.h2, packet) == {10: (1, 0), 7: (0, 1)}
    with given(rlab, to, f"{back} realm 5", f"{rule} 8"):
        assert counted(rlab, rlab.h2, packet) == {8: (1, 0), 5: (0, 1)}
    # the rule that the way back goes by: where to from there is where from here
    with given(rlab, f"{to} realm 10", back, "rule add pref 100 to 203.0.113.0/24 table main realms 7/6"):
        assert counted(rlab, rlab.h2, packet) == {10: (1, 0), 6: (0, 1)}
    with given(rlab, to, back, "rule add pref 100 to 203.0.113.0/24 table main realms 7/6"):
        assert counted(rlab, rlab.h2, packet) == {7: (1, 0), 6: (0, 1)}


def test_each_next_hop_has_its_own(rlab):
    rlab.dut.sysctl("net.ipv4.fib_multipath_hash_policy", 1)
    route = f"route add 198.51.100.0/24 nexthop via {rlab.h2.ip} realm 20 nexthop via {rlab.h3.ip} realms 4/30"
    mark, before = token(), accounts(rlab)
    try:
        with given(rlab, route), rlab.h1.wire() as w1, rlab.h2.wire() as w2, rlab.h3.wire() as w3:
            for port in range(40):
                w1.send(rlab.h1.to(FAR) / UDP(sport=2000 + port, dport=9) / Raw(mark))
            two, three = (sum(map(carries(mark), w.drain(1.5))) for w in (w2, w3))
            after = accounts(rlab)
    finally:
        rlab.dut.sysctl("net.ipv4.fib_multipath_hash_policy", 0)
    none = (0, 0, 0, 0)
    assert two > 0 and three > 0 and two + three == 40
    assert after[20][0] - before.get(20, none)[0] == two
    assert after[30][0] - before.get(30, none)[0] == three
    assert after[4][2] - before.get(4, none)[2] == three


# --- the words ---

SAID = ["route add 172.16.0.0/16 via 10.0.2.2 realm 5", "route add 172.17.0.0/16 via 10.0.2.2 realms 3/7",
        "route add 172.18.0.0/16 via 10.0.2.2 realms 0/255", "route add 172.19.0.0/16 via 10.0.2.2 realms 3/",
        "route add 172.20.0.0/16 dev r3 realm 0x10 metric 5 mtu 1400 src 10.0.3.1",
        "route add 172.21.0.0/16 dev r3 realms cosmos/9", "route add blackhole 172.22.0.0/16 realm 9",
        "route add throw 172.22.0.0/16 realm 9 metric 4", "route add unreachable 172.23.0.0/16 realms 300",
        "route add 172.24.0.0/16 nexthop via 10.0.2.2 realm 4 nexthop via 10.0.3.2 realms 5/6 weight 2",
        "route add 172.25.0.0/16 realm 4 nexthop via 10.0.2.2 realm 4 nexthop via 10.0.3.2 realms 5/6",
        "route add 172.26.0.0/16 nexthop via 10.0.2.2 realm 4", "route append 172.16.0.0/16 via 10.0.2.2 realm 6",
        "route append 172.16.0.0/16 via 10.0.2.2", "route prepend 172.16.0.0/16 via 10.0.2.2 realm 77",
        "route replace 172.17.0.0/16 via 10.0.2.2 realm 0x30008", "nexthop add id 7 via 10.0.2.2 dev r2",
        "route add 172.27.0.0/16 nhid 7 realm 4", "rule add pref 50 from 10.9.0.0/16 table main realms 7/8",
        "rule add pref 51 from 10.9.0.0/16 table main realm 8 suppress_prefixlength 0",
        "rule add pref 53 from 10.9.0.0/16 realms 8 blackhole", "rule add pref 54 realms 8", "rule add pref 55 realms 0",
        "rule add pref 56 to 10.9.0.0/16 realms 3/cosmos goto 32766 protocol static", "rule add pref 54 realms 9"]
REFUSED = ["route add 172.30.0.0/16 via 10.0.2.2 realms 1/300", "route add 172.30.0.0/16 via 10.0.2.2 realms /3",
           "route add 172.30.0.0/16 via 10.0.2.2 realms nosuch", "route add 172.30.0.0/16 via 10.0.2.2 realms 1/2/3",
           "route add 172.30.0.0/16 realm 4 nexthop via 10.0.2.2 nexthop via 10.0.3.2 realms 5/6",
           "route append 172.16.0.0/16 via 10.0.2.2 realm 6", "route add 172.16.0.0/16 via 10.0.2.2 realm 6",
           "route del 172.16.0.0/16 via 10.0.2.2 realm 99", "route append 172.27.0.0/16 nhid 7 realm 5",
           "route del 172.24.0.0/16 nexthop via 10.0.2.2 realm 3 nexthop via 10.0.3.2 realms 5/6 weight 2",
           "rule add pref 54 realms 8", "rule del pref 54 realms 10", "rule add realms x/y"]
SHOWN = ["route show root 172.16.0.0/12", "route show realm 5", "route show realm 7", "route show realm 3/",
         "route show realms 3/8", "route show realms 0x30008", "route show table all realm 9", "route show realm 3/cosmos",
         "rule"]
THEN = ["route del 172.16.0.0/16 via 10.0.2.2 realm 6", "route del 172.16.0.0/16 realm 99", "rule del realms 8",
        "route del 172.24.0.0/16 nexthop via 10.0.2.2 nexthop via 10.0.3.2 realms 5/6 weight 2",
        "route change 172.17.0.0/16 via 10.0.2.2 realm 5", "route flush realm 5", "route flush realm 3/",
        "rule del pref 56 realms 3/0", "route del 172.27.0.0/16 nhid 7 realm 99"]
ASKED = ["172.16.1.1", "172.17.1.1", "172.20.1.1", "172.24.1.1", "172.24.1.9", "172.26.1.1", "172.27.1.1",
         "172.24.1.1 from 10.0.1.9 iif r1", "10.0.1.1", "fibmatch 172.24.1.1", "fibmatch 172.16.1.1"]


@pytest.mark.ours("two routers are compared")
def test_words_are_the_kernels(rlab):
    def same(words):
        ours, theirs = rlab.dut.client("ip " + words), ask(words)
        assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout) or \
            (ours.returncode != 0 and theirs.returncode != 0), (words, ours, theirs)
        return theirs.returncode == 0

    def same_shown():
        for show in SHOWN:
            assert rlab.dut.ip(show) == ask(show).stdout, show
            assert rlab.dut.ip_json(show) == json.loads(ask(show, "-j").stdout or "[]"), show
            assert rlab.dut.client("-d ip " + show).stdout == ask(show, "-d").stdout, show

    with kernel() as ask:
        ask("route del default")
        try:
            for words in SAID:
                assert same(words), (words, ask(words).stderr)
            same_shown()
            for words in REFUSED:
                assert not same(words), words
            same_shown()
            for key in ASKED:
                assert way(rlab.dut.client(f"-j ip route get {key}")) == way(ask(f"route get {key}", "-j")), key
            for words in THEN:
                assert same(words), (words, ask(words).stderr)
                same_shown()
        finally:
            restore(rlab)


def way(done):
    """What matters of `ip -j route get`: of several next hops each kernel hashes in its own way."""
    if done.returncode != 0:
        return None
    rows = json.loads(done.stdout)
    return [row.get("nexthops") or {"flow": row.get("flow", {}) if len(row) and "172.24." not in row["dst"] else None,
                                    "type": row.get("type")} for row in rows]


def restore(lab):
    """Nothing but what the lab began with."""
    for pref in range(50, 61):
        while lab.dut.client(f"ip rule del pref {pref}").returncode == 0:
            pass
    lab.dut.ip("route flush root 172.16.0.0/12", check=False)
    lab.dut.ip("nexthop del id 7", check=False)


def random_realms(rng):
    return rng.choice(["", f"realm {rng.randrange(4)}", f"realms {rng.randrange(4)}/{rng.randrange(4)}"])


@pytest.mark.ours("two routers are compared")
@pytest.mark.parametrize("seed", range(3))
def test_answers_are_the_kernels(rlab, seed):
    """Random realms on routes there and back, and on rules: `ip route get` says what the kernel's says."""
    rng = random.Random(seed)
    with kernel() as ask:
        def both(words):
            done = rlab.dut.client("ip " + words), ask(words)
            assert (done[0].returncode == 0) == (done[1].returncode == 0), (words, done)

        ask("route del default")
        ask("route del default table 100")
        try:
            for step in range(40):
                net = rng.randrange(4)
                both(f"route replace 172.{16 + net}.0.0/16 via 10.0.{rng.randrange(1, 4)}.2 "
                     f"{rng.choice(['', 'table 100'])} {random_realms(rng)}")
                if step % 4 == 0:
                    both(f"rule add pref {50 + step // 4} {rng.choice(['from', 'to'])} 172.{16 + net}.0.0/16 "
                         f"table {rng.choice(['main', '100'])} {random_realms(rng)}")
                for _ in range(6):
                    key = f"172.{16 + rng.randrange(4)}.0.9"
                    if rng.random() < 0.7:
                        key += f" from 172.{16 + rng.randrange(4)}.0.7 iif r{rng.randrange(1, 4)}"
                    elif rng.random() < 0.3:
                        key = f"10.0.1.1 from 172.{16 + rng.randrange(4)}.0.7 iif r1"
                    ask("route flush cache")  # where the kernel keeps realms of who asked before
                    ours, theirs = way(rlab.dut.client(f"-j ip route get {key}")), way(ask(f"route get {key}", "-j"))
                    if ours != theirs:
                        pytest.fail(f"{key}: {ours}, the kernel {theirs}\n{ask('rule').stdout}"
                                    f"{ask('route show table all root 172.16.0.0/12').stdout}")
        finally:
            restore(rlab)
            rlab.dut.ip("route flush table 100", check=False)


# --- classes of a queue ---

@pytest.mark.ours("this kernel has neither prio nor the route classifier")
def test_classes(rlab):
    """Realm to class: what `tc filter ... route` leads to is counted there."""
    def queued():
        return [row["stats"]["packets"] for row in tc(rlab, "class show dev r2", "-j -s")]

    packet = rlab.h1.to(FAR, src=NEAR) / UDP(dport=9)
    to, back = f"route add 198.51.100.0/24 via {rlab.h2.ip}", f"route add 203.0.113.0/24 via {rlab.h1.ip}"
    tc(rlab, "qdisc add dev r2 root handle 1: prio bands 8")
    try:
        tc(rlab, "filter add dev r2 parent 1: protocol ip prio 100 route to 10 classid 1:1")
        tc(rlab, "filter add dev r2 parent 1: protocol ip prio 100 route from 5 to 10 classid 1:5")
        tc(rlab, "filter add dev r2 parent 1: protocol ip prio 100 route fromif r3 flowid 1:8")
        assert [(f["options"].get("to"), f["options"].get("from"), f["options"]["flowid"])
                for f in tc(rlab, "filter show dev r2", "-j")] == \
            [("10", "5", "1:5"), ("10", None, "1:1"), (None, None, "1:8")]
        for words, band in (((to, back), 1), ((f"{to} realm 10", back), 0), ((f"{to} realm 10", f"{back} realm 5"), 4),
                            ((f"{to} realm 11", f"{back} realm 5"), 1)):
            with given(rlab, *words):
                before = queued()
                counted(rlab, rlab.h2, packet)
                grown = [b - a for a, b in zip(before, queued())]
                assert [i for i, n in enumerate(grown) if n >= 3] == [band], (words, grown)
        with given(rlab, f"{to} realm 10"):
            tc(rlab, "filter del dev r2 parent 1: prio 100")
            assert tc(rlab, "filter show dev r2", "-j") == []
            before = queued()
            counted(rlab, rlab.h2, packet)
            assert queued()[0] == before[0]
    finally:
        tc(rlab, "qdisc del dev r2 root")


# --- the configuration ---

@pytest.mark.ours("sections routes, rules and qdisc")
def test_configuration(rlab):
    doc = json.loads(rlab.dut.client("-j show config running").stdout)
    path = rlab.tmp / "realms.json"

    def config(words, **sections):
        path.write_text(json.dumps({**doc, **sections}), encoding="utf-8")
        done = rlab.dut.client(f"config {words} {path}")
        return done.returncode, done.stdout + done.stderr

    routes = [{"dst": "198.51.100.0/24", "gateway": rlab.h2.ip, "realms": 10},
              {"dst": "203.0.113.0/24", "gateway": rlab.h1.ip, "realms": "3/5"},
              {"dst": "192.0.2.0/24", "type": "blackhole", "realms": "cosmos/9"},
              {"dst": "172.16.0.0/16", "nexthops": [{"gateway": rlab.h2.ip, "realms": "1/2"}, {"gateway": rlab.h3.ip}]}]
    rules = [{"priority": 100, "from": "203.0.113.0/24", "table": 254, "realms": "7/8"}]
    qdisc = {"r2": {"kind": "prio", "bands": 4, "filters": [{"to": 10, "class": 4}, {"fromif": "r1", "class": 3}]}}
    code, said = config("load", routes=routes, rules=rules, qdisc=qdisc)
    assert code == 0, said
    try:
        assert "realm 10" in rlab.dut.ip("route show 198.51.100.0/24")
        assert "realms 7/8" in rlab.dut.ip("rule")
        packet = rlab.h1.to(FAR, src=NEAR) / UDP(dport=9)
        assert counted(rlab, rlab.h2, packet) == {10: (1, 0), 7: (0, 1)}
        running = json.loads(rlab.dut.client("-j show config running").stdout)
        shown = {r["dst"]: r.get("realms", [nh.get("realms") for nh in r.get("nexthops", [])]) for r in running["routes"]}
        assert shown["198.51.100.0/24"] == 10 and shown["203.0.113.0/24"] == "3/5" and shown["192.0.2.0/24"] == 9
        assert shown["172.16.0.0/16"] == ["1/2", None] and running["rules"][0]["realms"] == "7/8"
        assert running["qdisc"]["r2"]["bands"] == 4 and len(running["qdisc"]["r2"]["filters"]) == 2
        assert config("diff", routes=routes, rules=rules, qdisc=qdisc)[1].strip() in ("", "[]", "{}")
    finally:
        assert config("load")[0] == 0
    assert rlab.dut.ip("route show 198.51.100.0/24") == ""
    for at, sections in [("/routes/0/realms", {"routes": [{**routes[0], "realms": "1/300"}]}),
                         ("/routes/0/realms", {"routes": [{**routes[3], "realms": 5}]}),
                         ("/routes/0/nexthops/0/realms",
                          {"routes": [{"dst": "1.0.0.0/8", "nexthops": [{"gateway": rlab.h2.ip, "realms": "x"}]}]}),
                         ("/rules/0/realms", {"rules": [{**rules[0], "realms": True}]}),
                         ("/qdisc/r2/filters/0/class", {"qdisc": {"r2": {"kind": "prio", "filters": [{"to": 1}]}}}),
                         ("/qdisc/r2/filters/0/class",
                          {"qdisc": {"r2": {"kind": "pfifo_fast", "filters": [{"to": 1, "class": 4}]}}}),
                         ("/qdisc/r2/filters/0/fromif",
                          {"qdisc": {"r2": {"kind": "prio", "filters": [{"fromif": "nosuch", "class": 1}]}}}),
                         ("/qdisc/r2/filters", {"qdisc": {"r2": {"kind": "noqueue", "filters": []}}}),
                         ("/qdisc/r2/bands", {"qdisc": {"r2": {"kind": "pfifo_fast", "bands": 4}}})]:
        code, said = config("check", **sections)
        assert code == 1 and at in said, (at, said)
