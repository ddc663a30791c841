# SPDX-License-Identifier: BSD-3-Clause
"""Policy rules (ip rule): what they say of packets, what is said of them, and the kernel as the judge.

    h1 10.0.1.2 --- r1 [ DUT ] r2 --- 10.0.2.2 h2 (default route of main)
                               r3 --- 10.0.3.2 h3 (default route of table 100)
"""
import contextlib
import json
import random
import re
import time

import pytest
from conftest import given, lab_of
from dut import LINUX
from netlab import SLOW, sh
from pkt import carries, control, is_arp, is_error, token
from scapy.all import ICMP, IP, TCP, UDP, Raw, fragment, raw

FAR = "198.51.100.9"


@pytest.fixture(scope="module")
def plab():
    with lab_of(3, {"routes": [{"dst": "default", "gateway": "10.0.2.2"}]}) as made:
        made.dut.ip("route add default via 10.0.3.2 table 100")
        for host in made.hosts:
            made.h1.ping(host.gw)
            host.ping(host.gw)
            made.dut.ip(f"neigh replace {host.ip} lladdr {host.mac} dev {host.port}")
        yield made


def rules(lab, *words):
    """These rules during the body."""
    return given(lab, *(f"rule add {rule}" for rule in words))


def goes_by(lab, packet):
    """The host that a packet of h1 arrives at: 2 or 3."""
    mark = token()
    with lab.h1.wire() as w1, lab.h2.wire() as w2, lab.h3.wire() as w3:
        w1.send(packet / Raw(mark))
        end, two, three = time.monotonic() + SLOW, False, False
        while not (two or three) and time.monotonic() < end:
            two, three = (any(mark in raw(f) for f in w.drain(0.1)) for w in (w2, w3))
        assert two != three, f"by r2: {two}, by r3: {three}"
        return 2 if two else 3


@pytest.mark.core
@pytest.mark.parametrize("rule,changes", [
    ("from 10.0.1.0/24", {"src": "10.0.9.9"}),
    ("to 198.51.100.0/28", {"dst": "198.51.100.16"}),
    ("tos 0x10", {"tos": 8}),
    ("iif r1", None),
    ("ipproto udp", {"proto": "tcp"}),
    ("sport 1000-1010", {"sport": 1011}),
    ("dport 53", {"dport": 54}),
    ("not from 10.0.9.0/24", {"src": "10.0.9.9"}),
    ("from 10.0.0.0/16 to 198.51.100.9 tos 0x10 iif r1 ipproto udp sport 1000 dport 50-60", {"dport": 61}),
])
def test_selector(plab, rule, changes):
    def packet(src=plab.h1.ip, dst=FAR, tos=0x10, proto="udp", sport=1000, dport=53):
        upper = UDP if proto == "udp" else TCP
        return plab.h1.eth() / IP(src=src, dst=dst, tos=tos) / upper(sport=sport, dport=dport)

    assert goes_by(plab, packet()) == 2
    with rules(plab, f"{rule} table 100"):
        assert goes_by(plab, packet()) == 3
        if changes:
            assert goes_by(plab, packet(**changes)) == 2
    assert goes_by(plab, packet()) == 2


@pytest.mark.core
@pytest.mark.parametrize("action,code", [("unreachable", 0), ("prohibit", 13)])
def test_action_tells_the_source(plab, action, code):
    packet = plab.h1.to(FAR) / UDP(dport=9) / Raw(token())
    with rules(plab, f"iif r1 to {FAR} {action}"), plab.h1.wire() as wire:
        wire.send(packet)
        wire.expect(is_error(3, code, about=packet))


@pytest.mark.core
def test_blackhole_is_silent(plab):
    packet = plab.h1.to(FAR) / UDP(dport=9) / Raw(token())
    with rules(plab, f"iif r1 to {FAR} blackhole"), plab.h1.wire() as w1, plab.h2.wire() as w2:
        with plab.dut.expect_drops(ip4_blackhole=1):
            w1.send(packet)
        control(plab.h1, w1, plab.h2.ip)
        w1.none(lambda f: ICMP in f and f[ICMP].type == 3)
        w2.none(carries(raw(packet[UDP].payload)))


@pytest.mark.core
def test_order_goto_nop_and_suppression(plab):
    packet = plab.h1.to(FAR) / UDP(dport=9)
    with rules(plab, "pref 100 iif r1 table 100"):
        with rules(plab, "pref 50 iif r1 goto 32766"):
            assert goes_by(plab, packet) == 2
        with rules(plab, "pref 50 iif r1 goto 60", "pref 60 nop"):
            assert goes_by(plab, packet) == 3
        # "More specific routes of main first": the default route is no answer.
        with rules(plab, "pref 50 iif r1 table main suppress_prefixlength 0"):
            assert goes_by(plab, packet) == 3
            plab.h1.ping(plab.h2.ip)
        with rules(plab, "pref 50 iif r1 table main suppress_prefixlength 24"):
            assert plab.h1.ping(plab.h2.ip, args="-W 1", check=False) == 0
        plab.h1.ping(plab.h1.gw)


@pytest.mark.core
def test_fragments_stay_together(plab):
    """No fragment has ports, not even the first: the datagram goes one way."""
    mark = token()
    whole = IP(src=plab.h1.ip, dst=FAR, id=77) / UDP(dport=53) / Raw(mark + b"x" * 1200)
    pieces = fragment(whole, fragsize=600)
    with rules(plab, "dport 53 table 100"), plab.h1.wire() as w1, plab.h2.wire() as w2, plab.h3.wire() as w3:
        w1.send(*[plab.h1.eth() / p for p in pieces])
        for _ in pieces:
            w2.expect(lambda f: IP in f and f[IP].id == 77)
        control(plab.h1, w1, plab.h1.gw)
        w3.none(lambda f: IP in f and f[IP].id == 77)


@pytest.mark.core
def test_what_is_made_here(plab):
    """Answers of the router obey rules with "iif lo", and with the source that they have."""
    echo = plab.h1.eth() / IP(src=FAR, dst="10.0.1.1") / ICMP(id=5)
    for extra in ("from 10.0.1.1 iif lo", "to 198.51.100.0/24 iif lo ipproto icmp"):
        mark = token()
        with rules(plab, f"{extra} table 100"), plab.h1.wire() as w1, plab.h3.wire() as w3:
            w1.send(echo / Raw(mark))
            assert w3.expect(carries(mark))[IP].src == "10.0.1.1"
    mark = token()
    with rules(plab, "to 198.51.100.0/24 iif r1 table 100"), plab.h1.wire() as w1, plab.h2.wire() as w2:
        w1.send(echo / Raw(mark))
        w2.expect(carries(mark))


@pytest.mark.core
def test_what_is_bound_to_a_device(plab):
    """ping -I DEV: rules with "oif" are about it; without one, and without a route by the device, the
    destination is taken to be on its link."""
    def ping():
        words = f"ping -c 1 -W 1 -I r3 {FAR}"
        if hasattr(plab.dut, "client"):
            plab.dut.client(words)
        else:
            sh(f"ip netns exec {plab.dut.ns} {words}", check=False)

    with plab.h3.wire() as w3:
        ping()
        w3.expect(is_arp(1, target=FAR), "a request for the destination itself")
    with rules(plab, "oif r3 table 100"), plab.h3.wire() as w3:
        ping()
        got = w3.expect(lambda f: ICMP in f and f[IP].dst == FAR, "the echo, by the gateway")
        assert got.dst == plab.h3.mac and got[IP].src == plab.h3.gw
    plab.dut.ip(f"neigh flush to {FAR} nud all")


@pytest.mark.core
def test_separate_domain(fresh):
    """r1 and r2 live in table 100, r3 in main (docs/user-guide.md, "Separate domains"): they reach each other, the
    router's addresses among them, and nothing else."""
    lab = fresh(hosts=3)
    dut, h1, h2, h3 = lab.dut, lab.h1, lab.h2, lab.h3
    h1.ping(h3.ip)  # as long as there is one domain
    dut.ip("route add unreachable default table 100")
    for host in (h1, h2):
        dut.ip(f"addr del {host.gw}/24 dev {host.port}")
        dut.ip(f"addr add {host.gw}/24 dev {host.port} noprefixroute")
        dut.ip(f"route add local {host.gw} dev {host.port} table 100")
        dut.ip(f"route add {host.ip.rpartition('.')[0]}.0/24 dev {host.port} src {host.gw} table 100")
        dut.ip(f"rule add pref 100 iif {host.port} table 100")
        dut.ip(f"rule add pref 100 from {host.gw} iif lo table 100")
        dut.ip(f"rule add pref 101 to {host.gw} iif {h3.port} unreachable")
    dut.ip("rule add pref 200 table local")
    dut.ip("rule del pref 0")
    dut.sysctl("net.ipv4.icmp_errors_use_inbound_ifaddr", 1)  # a source that leads errors into the domain
    h1.ping(h2.ip)
    h1.ping(h1.gw)
    h2.ping(h1.gw)
    h3.ping(h3.gw)
    expired = h1.eth() / IP(src=h1.ip, dst=h2.ip, ttl=1) / UDP(dport=9) / Raw(token())
    with h1.wire() as wire:
        wire.send(expired)
        wire.expect(is_error(11, 0, about=expired))
    for source, strange, code in ((h1, h3.ip, 1), (h1, h3.gw, 1), (h3, h1.ip, 0), (h3, h1.gw, 0)):
        packet = source.to(strange) / UDP(dport=9) / Raw(token())
        if LINUX:
            time.sleep(1.1)  # says that there is no way once a second, whatever icmp_ratelimit is
        with source.wire() as wire:
            wire.send(packet)
            wire.expect(is_error(3, code, about=packet))


@pytest.mark.ours("marks come from our packet filter")
def test_marks_of_the_filter(plab):
    packet = plab.h1.to(FAR) / UDP(dport=9)
    plab.dut.cli("filter add prerouting src 10.0.1.2 protocol udp mark 0x15")
    try:
        with rules(plab, "fwmark 0x10/0xf0 table 100"):
            assert goes_by(plab, packet) == 3
            assert goes_by(plab, plab.h1.to(FAR) / TCP(dport=9)) == 2
        with rules(plab, "fwmark 0x10 table 100"):
            assert goes_by(plab, packet) == 2
    finally:
        plab.dut.cli("filter flush prerouting")


# --- what is said of rules ---

SAID = ["from 10.0.0.0/24 to 10.1.0.1 tos 0x10 fwmark 0x10/0xff iif r1 table 100",
        "pref 50 not from 10.0.0.1 ipproto tcp sport 80 dport 100-200 table 101 suppress_prefixlength 0",
        "pref 60 fwmark 5 oif r2 goto 32766", "pref 61 goto 100", "pref 62 nop", "pref 63 blackhole to 10.2.0.0/16",
        "pref 64 unreachable", "pref 65 prohibit protocol static iif nodev", "pref 66 ipproto 99 from all",
        "pref 67 tos 8", "pref 68 from 1.2.3.4/0 table main", "pref 69 fwmark 0/0xff table main", "from 9.9.9.9",
        "pref 70 dev r1 table 100 sup_pl 8", "pref 71 type unreachable from 10.3.0.0/16"]


@contextlib.contextmanager
def kernel():
    """The same devices, addresses and routes in a namespace of the kernel: the judge."""
    with lab_of(1, start=False) as made:
        ns = made.dut_ns
        for i in (2, 3):
            sh(f"ip -n {ns} link add r{i} type veth peer name x{i} && ip -n {ns} link set x{i} up")
        for i in (1, 2, 3):
            sh(f"ip -n {ns} link set r{i} up && ip -n {ns} addr add 10.0.{i}.1/24 dev r{i}")
        sh(f"ip netns exec {ns} sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 "
           f"net.ipv4.conf.default.rp_filter=0")
        for i in (1, 2, 3):
            sh(f"ip netns exec {ns} sysctl -qw net.ipv4.conf.r{i}.rp_filter=0")
        sh(f"ip -n {ns} route add default via 10.0.2.2 && ip -n {ns} route add default via 10.0.3.2 table 100")
        yield lambda words, flags="": sh(f"ip {flags} -n {ns} {words}", check=False)


@pytest.mark.ours("two routers are compared")
def test_words_are_the_kernels(plab):
    with kernel() as ask, contextlib.ExitStack() as stack:
        for rule in SAID:
            stack.enter_context(rules(plab, rule))
            done = ask(f"rule add {rule}")
            assert done.returncode == 0, (rule, done.stderr)
        for show in ("rule", "rule list", "rule show pref 62", "rule show table 101", "rule show from 10.0.0.0/24",
                     "rule show iif r1", "rule list lookup main", "rule show fwmark 0x5"):
            assert plab.dut.ip(show) == ask(show).stdout, show
            assert plab.dut.ip_json(show) == json.loads(ask(show, "-j").stdout or "[]"), show
            assert plab.dut.client("-d ip " + show).stdout == ask(show, "-d").stdout, show
        for bad in ("rule add pref 62 nop", "rule del pref 999", "rule add from 10.0.0.0/33 table main",
                    "rule add goto 10 pref 20", "rule add tos 0x11", "rule add dport 0", "rule add dport 9-8",
                    "rule add table nosuch", "rule add", "rule del"):
            done = plab.dut.client("ip " + bad)
            assert done.returncode != 0 and done.stderr, bad
            assert ask(bad).returncode != 0, bad
        for word in ("uidrange 0-5", "tun_id 7", "l3mdev", "suppress_ifgroup 3", "sup_group 3"):  # nothing here answers to
            for verb in ("add pref 99", "del", "show"):
                done = plab.dut.client(f"ip rule {verb} {word}")
                assert done.returncode == 1 and f'"{word.split()[0]}": ' in done.stderr, (verb, word, done.stderr)
        assert plab.dut.ip("rule") == ask("rule").stdout


@pytest.mark.ours("two routers are compared")
def test_route_test(plab):
    """`ip route test` changes nothing and says whether there is one."""
    with kernel() as ask:
        before = plab.dut.ip("route show table all")
        for route, said in (("default via 10.0.3.2", "File exists"), ("default dev r1 metric 7", "No such file"),
                            ("10.9.0.0/16 via 10.0.2.2", "No such file"), ("10.9.0.0/16 via 10.0.9.2", "")):
            ours, theirs = plab.dut.client(f"ip route test {route}"), ask(f"route test {route}")
            assert ours.returncode != 0 and theirs.returncode != 0
            assert said in ours.stderr and said in theirs.stderr, (ours.stderr, theirs.stderr)
        assert plab.dut.ip("route show table all") == before


def random_rule(rng):
    words = [f"pref {rng.randrange(1, 40) * 1000}"]
    if rng.random() < 0.2:
        words.append("not")
    if rng.random() < 0.5:
        words.append(rng.choice(["from 10.0.1.0/24", "from 10.0.1.1", "from 10.0.0.0/16", "from 203.0.113.0/24"]))
    if rng.random() < 0.4:
        words.append(rng.choice(["to 198.51.100.0/24", "to 198.51.100.128/25", "to 10.0.2.0/24", "to 192.0.2.1"]))
    if rng.random() < 0.2:
        words.append(rng.choice(["tos 0x10", "tos 0x08"]))
    if rng.random() < 0.3:
        words.append(rng.choice(["fwmark 1", "fwmark 2/2", "fwmark 0/1"]))
    if rng.random() < 0.3:
        words.append(rng.choice(["iif r1", "iif r2", "iif lo", "iif none"]))
    if rng.random() < 0.3:
        words.append(rng.choice(["ipproto tcp", "ipproto udp", "ipproto udp dport 53", "sport 1000-2000"]))
    words.append(rng.choice(["table 100", "table 100", "table 101", "table 102", "table main", "table local",
                             "table main suppress_prefixlength 0", "table 101 suppress_prefixlength 24",
                             "goto 20000" if "pref 1" in words[0] and len(words[0]) == 9 else "nop",
                             "blackhole", "unreachable", "prohibit"]))
    return " ".join(words)


def random_key(rng):
    words = [rng.choice(["198.51.100.9", "198.51.100.200", "192.0.2.1", "10.0.2.77", "10.0.3.1", "203.0.113.9"])]
    if rng.random() < 0.5:
        words.append(rng.choice(["from 10.0.1.9 iif r1", "from 10.0.2.9 iif r2", "from 203.0.113.7 iif r1"]))
    elif rng.random() < 0.4:
        words.append("from 10.0.1.1")
    if rng.random() < 0.3:
        words.append(rng.choice(["tos 0x10", "tos 0x08"]))
    if rng.random() < 0.4:
        words.append(f"mark {rng.randrange(4)}")
    if rng.random() < 0.5:
        words.append(rng.choice(["ipproto tcp", "ipproto udp dport 53", "ipproto udp sport 1500 dport 9"]))
    return " ".join(words)


def answer(done):
    """What matters of `ip route get`: the way, or which error."""
    if done.returncode != 0:
        for word in ("No route to host", "unreachable", "denied", "Invalid argument"):
            if word in done.stderr + done.stdout:
                return word
        return done.stderr
    text = done.stdout.split("\n")[0]
    return re.sub(r" (uid \d+|mark \S+) ?", " ", re.sub(r"^(local|broadcast) ", "", text)).split()


@pytest.mark.ours("two routers are compared")
@pytest.mark.parametrize("seed", range(4))
def test_answers_are_the_kernels(plab, seed):
    """Random rules over a few tables, random questions: `ip route get` of both says the same."""
    rng = random.Random(seed)
    with kernel() as ask:
        def both(words):
            done = plab.dut.client("ip " + words), ask(words)
            assert (done[0].returncode == 0) == (done[1].returncode == 0), (words, done[0].stderr, done[1].stderr)
            return done[0].returncode == 0

        made = []
        try:
            for route in ("198.51.100.0/24 via 10.0.3.2 table 101", "198.51.100.128/25 via 10.0.2.2 table 101",
                          "unreachable 192.0.2.1 table 101", "throw 198.51.100.0/25 table 102",
                          "prohibit 192.0.2.0/24 table 102", "203.0.113.0/24 dev r3 table 102"):
                both(f"route replace {route}")
            for _ in range(8):
                rule = random_rule(rng)
                if both(f"rule add {rule}"):
                    made.append(rule)
                for _ in range(12):
                    key = random_key(rng)
                    ours, theirs = plab.dut.client(f"ip route get {key}"), ask(f"route get {key}")
                    assert answer(ours) == answer(theirs), \
                        f"{key}\n{ours.stdout}{ours.stderr}{theirs.stdout}{theirs.stderr}{ask('rule').stdout}"
            assert plab.dut.ip("rule") == ask("rule").stdout
        finally:
            for rule in made:
                plab.dut.ip(f"rule del {rule}", check=False)
            for table in (101, 102):
                plab.dut.ip(f"route flush table {table}")


# --- the configuration ---

@pytest.mark.ours("section rules")
def test_configuration(plab):
    doc = json.loads(plab.dut.client("-j show config running").stdout)
    path = plab.tmp / "rules.json"

    def config(words, *entries):
        doc["tables"] = {"isp2": 100}
        doc["rules"] = list(entries)
        path.write_text(json.dumps(doc), encoding="utf-8")
        done = plab.dut.client(f"config {words} {path}")
        return done.returncode, done.stdout + done.stderr

    packet = plab.h1.to(FAR) / UDP(dport=53)
    entry = {"priority": 100, "from": "10.0.1.0/24", "dport": "50-60", "ipproto": "udp", "iif": "r1", "table": "isp2"}
    code, said = config("load", entry, {"priority": 101, "fwmark": "0x1/0xff", "action": "prohibit", "not": False},
                        {"priority": 90, "goto": 100, "tos": 4}, {"priority": 5, "table": "local"})
    assert code == 0, said
    assert plab.dut.ip("rule") == ("5:\tfrom all lookup local proto static\n"
                                   "90:\tfrom all tos 0x04 goto 100 proto static\n"
                                   "100:\tfrom 10.0.1.0/24 iif r1 ipproto udp dport 50-60 lookup isp2 proto static\n"
                                   "101:\tfrom all fwmark 0x1/0xff prohibit proto static\n"
                                   "32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n")
    assert goes_by(plab, packet) == 3
    for at, bad in [("/rules/0/from", {"priority": 1, "from": "10.0.1.1/24", "table": "main"}),
                    ("/rules/0/table", {"priority": 1, "table": "nosuch"}),
                    ("/rules/0/iif", {"priority": 1, "iif": "nosuch", "table": "main"}),
                    ("/rules/0/fwmark", {"priority": 1, "fwmark": "x", "table": "main"}),
                    ("/rules/0/dport", {"priority": 1, "dport": "9-8", "table": "main"}),
                    ("/rules/0/ipproto", {"priority": 1, "ipproto": "nosuch", "table": "main"}),
                    ("/rules/0/priority", {"table": "main"}),
                    ("/rules/0:", {"priority": 1}),
                    ("/rules/0:", {"priority": 1, "table": "main", "action": "nop"}),
                    ("/rules/0: Backward goto", {"priority": 10, "goto": 9}),
                    ("/rules/0: Invalid dsfield", {"priority": 10, "tos": 1, "table": "main"}),
                    ("/rules/0/tabel", {"priority": 1, "tabel": "main"})]:
        code, said = config("check", bad)
        assert code == 1 and at in said, (at, said)
    assert config("load", {**entry, "dport": 54})[0] == 0
    assert goes_by(plab, packet) == 2
    assert config("load")[0] == 0
    assert plab.dut.ip("rule") == "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
