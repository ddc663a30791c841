# SPDX-License-Identifier: BSD-3-Clause
"""The kernel as the model of routing: random commands (link, addr, route, rule) are given to the router
and to a kernel beside it. After each of them both say whether they did it, show the same routes
and rules, and route the same random packets the same way.

Numbers of protocols are not used: `ip -batch` takes a name that follows one for that number.

TEST_SEED gives other walks, ROUTE_MODEL_STEPS longer ones.

Where they may differ, and why:
- which of several next hops is taken (the kernel's hash has a secret of its own): that it is one
  of the route's is asked of both;
- routes that begin at one address are listed the shorter prefix first, by the kernel the longer;
- class E addresses, which the router forwards in no case, and 0/8 are not used;
- routes that prefer an address which goes are deleted from every table, by the kernel from main alone;
- a gateway that is reached by a unicast route of scope host is none to the kernel: that scope is not used;
- routes of types local, broadcast and multicast have no gateway, in the kernel they may;
- to a secondary address of its own the router speaks from that very address, the kernel from its primary;
- while there are no rules but those of the start, the kernel has local and main in one tree, and a longer prefix
  of main goes before a shorter one of local; in the router local goes first, as with rules. Table local gets /32,
  and whether it is named in an answer depends in the kernel on whether there ever were other rules;
- a gateway that is reached by a route of type local (ourselves) is refused, by the kernel only with onlink;
- to what is on a link the router speaks from the address whose subnet the destination is on (RFC 1122 3.3.4.3),
  where the kernel takes the first of the interface;
- a rule that says less than another of the same priority and action, or goes elsewhere, is no other rule to the
  kernel (EEXIST);
- table local takes no throw routes;
- the router says in JSON, too, that an MTU is locked, iproute2 6.1 in its text alone;
- an answer that the kernel has for a group it gives for hosts by the same next hop, too: groups have their own;
- flags about offloading, of which the kernel shows some by chance;
- the kernel does not look at a source that is a broadcast address unless there are rules or routes
  of type local; the router always does (RFC 1812 5.3.7), and no such source is used.
"""
import contextlib
import ipaddress
import json
import os
import random
import re

import pytest
from dut import LINUX, SEED
from netlab import sh
from twin import KernelSession, Twin, router_session

DEVS = ("r1", "r2", "r3")
ADDRS = {"r1": ["10.1.0.1/24", "10.1.0.2/24", "10.1.0.1/25", "192.0.2.1/32"],
         "r2": ["10.2.0.1/24", "10.2.0.2/24", "10.1.0.130/25", "10.2.0.1/16"],
         "r3": ["10.3.0.1/30", "10.3.0.5/31", "10.2.0.9/24"]}
GATEWAYS = ["10.1.0.77", "10.1.0.200", "10.2.0.77", "10.2.0.78", "10.3.0.2", "10.3.0.4", "10.9.0.1"]
PREFIXES = ["default", "default", "10.9.0.0/16", "10.9.9.0/24", "10.9.9.9", "10.9.9.8/31", "203.0.113.0/24",
            "203.0.113.128/25", "10.1.0.0/24", "10.2.0.0/15", "198.51.100.0/22", "192.0.2.9", "224.0.0.0/4",
            "128.0.0.0/1"]
NARROW = ["10.9.9.9", "203.0.113.128/25", "198.51.100.0/22"]  # not where sources or gateways are
TABLES = ["", "", "", "table 100", "table 101", "table main", "table default", "table local"]
TYPES = [""] * 12 + ["unreachable", "prohibit", "blackhole", "throw", "local", "broadcast", "multicast", "unicast"]
PREFS = range(10, 30)
DESTS = ["10.9.9.9", "10.9.9.8", "10.9.9.77", "10.9.1.1", "203.0.113.9", "203.0.113.200", "10.1.0.77", "10.1.0.200",
         "10.2.0.9", "10.2.0.77", "10.3.0.2", "10.3.0.4", "198.51.100.3", "192.0.2.1", "192.0.2.9", "10.1.0.1", "10.1.0.255",
         "10.2.0.0", "224.0.0.5", "255.255.255.255", "127.0.0.1", "8.8.8.8"]
SOURCES = ["10.1.0.66", "10.2.0.66", "172.16.0.9", "10.3.0.6"]
METRICS = ["mtu 1400", "mtu lock 1300", "advmss 1000", "hoplimit 9", "hoplimit lock 0 cwnd lock 7", "rtt 300ms rto_min 1.5s",
           "rttvar lock 0.0125s quickack 1", "congctl lock cubic initrwnd 3 rtt 3001", "features ecn window 9 ssthresh 2",
           "reordering 4 initcwnd 5 fastopen_no_cookie 1 mtu 1400"]
QUICK = "30" if LINUX else "500"
STEPS = int(os.environ.get("ROUTE_MODEL_STEPS", QUICK))


def some(rng, chance, words):
    """One of @p words, now and then."""
    return rng.choice(words) if rng.random() < chance else ""


def next_hop(rng):
    dev = rng.choice(DEVS)
    kind = rng.random()
    if kind < 0.55:
        return f"via {rng.choice(GATEWAYS)}"
    if kind < 0.75:
        return f"via {rng.choice(GATEWAYS)} dev {dev} " + some(rng, 0.4, ["onlink"])
    return f"dev {dev}"


def route_words(rng):
    kind = rng.choice(TYPES)
    prefixes = NARROW if kind in ("local", "broadcast", "multicast") else PREFIXES
    tables = TABLES[:-1] if kind == "throw" else TABLES
    table = rng.choice(tables)
    if table == "table local":
        prefixes = ["10.9.9.9"]
    words = [kind, rng.choice(prefixes), some(rng, 0.2, ["tos 0x10", "tos 0x08"]), table,
             some(rng, 0.3, ["metric 5", "metric 10"]), some(rng, 0.15, ["proto static", "proto boot", "proto kernel"]),
             some(rng, 0.1, ["scope link", "scope site", "scope global"]),
             some(rng, 0.2, METRICS),
             some(rng, 0.15 if kind not in ("local", "broadcast") and table in ("", "table main") else 0, [f"src {a.split('/')[0]}" for addrs in ADDRS.values() for a in addrs])]
    if kind in ("local", "broadcast", "multicast"):
        words.append(f"dev {rng.choice(DEVS)}")
    elif kind in ("", "unicast"):
        if rng.random() < 0.2:
            words += [f"nexthop {next_hop(rng)} weight {rng.choice([1, 2, 5])}" for _ in range(rng.choice([1, 2, 2, 3]))]
        else:
            words.append(next_hop(rng))
    if words[1].startswith("224"):  # an info of its own: see above
        words[4] = "metric 77"
    return " ".join(w for w in words if w)


def route_del_words(rng):
    words = [some(rng, 0.1, TYPES[12:]), rng.choice(PREFIXES), some(rng, 0.2, ["tos 0x10", "tos 0x08"]),
             rng.choice(TABLES), some(rng, 0.2, ["metric 5", "metric 10"]), some(rng, 0.1, METRICS), some(rng, 0.2, [next_hop(rng)]),
             some(rng, 0.1, ["proto static", "proto boot", "proto kernel"]), some(rng, 0.1, ["scope link", "scope global"])]
    return " ".join(w for w in words if w)


def rule_words(rng):
    words = [f"pref {rng.choice(PREFS)}", some(rng, 0.15, ["not"]),
             some(rng, 0.4, ["from 10.1.0.0/24", "from 10.0.0.0/8", "from 172.16.0.9", "from 10.2.0.1"]),
             some(rng, 0.4, ["to 10.9.0.0/16", "to 203.0.113.0/24", "to 10.9.9.9", "to 8.0.0.0/5"]),
             some(rng, 0.15, ["tos 0x10", "tos 0x08"]), some(rng, 0.2, ["fwmark 1", "fwmark 2/2", "fwmark 0/1"]),
             some(rng, 0.25, ["iif r1", "iif r2", "iif lo"]), some(rng, 0.1, ["oif r1", "oif r2"]),
             some(rng, 0.25, ["ipproto tcp", "ipproto udp dport 53", "sport 1000-2000"]),
             rng.choice(["table 100", "table 100", "table 101", "table main", "table default", "table local",
                         "table main suppress_prefixlength 0", "table 100 suppress_prefixlength 16",
                         f"goto {rng.choice(PREFS)}", "nop", "blackhole", "unreachable", "prohibit"])]
    return " ".join(w for w in words if w)


def step(rng):
    """One random command. What undoes comes less often than what does, so that tables fill."""
    kind, dev = rng.random(), rng.choice(DEVS)
    if kind < 0.05:
        return f"link set {dev} {rng.choice(['up', 'up', 'down'])}"
    if kind < 0.07:
        return f"link set {dev} mtu {rng.choice([1400, 1500])}"
    if kind < 0.20:
        return f"addr {rng.choice(['add', 'add', 'del'])} {rng.choice(ADDRS[dev])} {some(rng, 0.3, ['brd +'])} dev {dev}"
    if kind < 0.55:
        verb = rng.choice(["add"] * 4 + ["append", "append", "replace", "replace", "prepend", "change"])
        return f"route {verb} {route_words(rng)}"
    if kind < 0.70:
        return f"route del {route_del_words(rng)}"
    if kind < 0.85:
        return f"rule add {rule_words(rng)}"
    if kind < 0.97:
        return f"rule del {rng.choice([f'pref {rng.choice(PREFS)}', rule_words(rng)])}"
    return rng.choice([f"route flush table {rng.choice([100, 101])}", "route flush proto static", "route flush root 10.9.0.0/16",
                       f"route flush dev {dev} table main", f"addr flush dev {dev}"])


def random_key(rng):
    words = [rng.choice(DESTS)]
    if rng.random() < 0.4:
        words.append(f"from {rng.choice(SOURCES)} iif {rng.choice(DEVS)}")
    else:
        words.append(some(rng, 0.15, [f"oif {d}" for d in DEVS]))
    words += [some(rng, 0.3, ["tos 0x10", "tos 0x08"]), some(rng, 0.4, ["mark 1", "mark 2", "mark 3"]),
              some(rng, 0.4, ["ipproto tcp sport 1500 dport 80", "ipproto udp dport 53", "ipproto icmp"])]
    return " ".join(w for w in words if w)


def errno_of(text):
    """Which error; the words around it are each program's own."""
    for word in ("Network is unreachable", "No route to host", "Permission denied", "Invalid argument"):
        if word in text:
            return word
    return "Invalid argument" if "Invalid cross-device link" in text else text  # of other ages


def plain(row):
    """Without what only one of them says."""
    if row.get("table") == "local":
        row = {k: v for k, v in row.items() if k != "table"}
    row = {**row, "flags": [f for f in row.get("flags", []) if not f.startswith("rt_")]}
    if "metrics" in row:
        row["metrics"] = [{k: v for k, v in m.items() if not k.endswith("_lock")} for m in row["metrics"]]
    return row


def place(route):
    """Where it stands in a listing: among those that begin at one address the longest first."""
    if "dst" not in route or "priority" in route:
        return 0
    addr, _, plen = ("0.0.0.0/0" if route["dst"] == "default" else route["dst"]).partition("/")
    return str(route.get("table", "")), tuple(map(int, addr.split("."))), -int(plen or 32)


class Walk:
    """Router and kernel, in the same state."""

    def __init__(self, lab, stack):
        self.dut, self.twin = lab.dut, Twin(lab)
        stack.callback(self.twin.close)
        for side in (self.dut, self.twin):
            side.sysctl("net.ipv4.ip_forward", 1)
            side.sysctl("net.ipv4.conf.all.rp_filter", 0)
            for dev in DEVS:
                side.sysctl(f"net.ipv4.conf.{dev}.rp_filter", 0)
        self.sides = (stack.enter_context(router_session(lab.dut)), stack.enter_context(KernelSession(self.twin.ns)))
        self.log, self.rules = [], set()

    def restore(self):
        """As at the start, without addresses."""
        self.log.clear()
        for words in ("rule flush", "rule add pref 32766 table main", "rule add pref 32767 table default",
                      *(f"route flush table {t}" for t in (100, 101, "default")),
                      *(words for dev in DEVS for words in (f"link set {dev} up", f"addr flush dev {dev}")),
                      "route flush root 0.0.0.0/0", "route flush table local root 10.0.0.0/8"):
            self.both(words)

    def begin(self):
        for dev in DEVS:
            self.change(f"addr add {ADDRS[dev][0]} dev {dev}")
        self.agree()

    def is_new(self, rule):
        """Was there no rule of that priority and action before?"""
        key = re.sub(r"^rule add (pref \S+).*?(table \S+|goto|nop|blackhole|unreachable|prohibit).*$", r"\1 \2", rule)
        if key in self.rules:
            return False
        self.rules.add(key)
        return True

    def told(self):
        return "after\n  ip " + "\n  ip ".join(self.log)

    def both(self, words):
        return [side(words) for side in self.sides]

    def change(self, words):
        """Was it done? Both say the same."""
        self.log.append(words)
        ours, theirs = self.both(words)
        assert ours[0] == theirs[0], f"{self.told()}\nrouter: {ours}\nkernel: {theirs}"
        if not ours[0]:
            self.log.pop()  # nothing changed
        return ours[0]

    def shown(self, words, keep):
        lists = []
        for done, rows in self.both(words):
            assert done, rows
            lists.append(sorted((plain(r) for r in rows if keep(r)), key=place))
        ours, theirs = lists
        if ours != theirs:
            text = [f"{who} {json.dumps(r)}" for who, rows, other in (("router", ours, theirs), ("kernel", theirs, ours))
                    for r in rows if r not in other]
            raise AssertionError(f"ip {words} {self.told()}\n" + ("\n".join(text) or f"order:\n{ours}\n{theirs}"))

    def agree(self):
        for table in ("main", "local", "default", "100", "101"):
            self.shown(f"route show table {table}", lambda r: r.get("dev") != "lo")
        self.shown("route show table all", lambda r: r.get("dev") != "lo" and ":" not in r["dst"] and "pref" not in r)
        self.shown("rule show", lambda r: True)

    def way(self, answer):
        done, rows = answer
        if not done:
            return errno_of(rows)
        assert len(rows) == 1, rows
        return plain(rows[0])

    @staticmethod
    def nearer_source(ours, theirs):
        """Do they differ in the source alone, and is ours on the destination's own subnet, or that itself?"""
        if isinstance(ours, str) or isinstance(theirs, str) or "gateway" in ours or "prefsrc" not in ours:
            return False
        if any(ours.get(k) != theirs.get(k) for k in (ours.keys() | theirs.keys()) - {"prefsrc"}):
            return False
        if ours.get("type") == "local":
            return ours["prefsrc"] == ours["dst"]
        nets = [ipaddress.ip_interface(a) for a in ADDRS.get(ours["dev"], [])]
        return any(str(n.ip) == ours["prefsrc"] and ipaddress.ip_address(ours["dst"]) in n.network for n in nets)

    def ask(self, key):
        ours, theirs = (self.way(a) for a in self.both(f"route get {key}"))
        if "oif" in key and not isinstance(theirs, str) and "tos" not in ours:
            theirs.pop("tos", None)  # of a route that was not taken
        if ours == theirs or self.nearer_source(ours, theirs):
            return
        match = [self.way(a) for a in self.both(f"route get fibmatch {key}")]
        assert match[0] == match[1] and "nexthops" in match[0], \
            f"ip route get {key} {self.told()}\nrouter {ours}\nkernel {theirs}\nmatch  {match}"
        hops = [(h.get("gateway"), h["dev"]) for h in match[0]["nexthops"]]
        for said in (ours, theirs):
            if "type" in said:  # broadcast or multicast: no gateway is looked for
                hops += [(None, dev) for _, dev in hops]
            assert (said.get("gateway"), said["dev"]) in hops, f"ip route get {key} {self.told()}\n{said}"


def walk(lab, seed, steps):
    rng, done = random.Random(seed), 0
    with contextlib.ExitStack() as stack:
        w = Walk(lab, stack)
        try:
            w.restore()
            w.begin()
            for _ in range(steps):
                words = re.sub(" +", " ", step(rng))
                if words.startswith("rule add") and not w.is_new(words):
                    continue
                done += w.change(words)
                w.agree()
                for _ in range(6):
                    w.ask(random_key(rng))
        except AssertionError as why:
            raise AssertionError(f"TEST_SEED={seed} ROUTE_MODEL_STEPS={steps}\n{why}") from None
    assert done > steps / 5, "hardly a step was taken"


@pytest.mark.parametrize("seed", range(SEED, SEED + 4))
def test_walk(fresh, seed):
    walk(fresh(hosts=3), seed, STEPS)


# What the walk has found once, in a few steps each: commands, then questions.
FOUND = {
    "a device that is named": (
        ["rule add pref 50 blackhole", "route add unreachable 10.9.0.0/16"],
        ["10.1.0.200 oif r2", "10.9.1.1 oif r1", "10.1.0.200", "224.0.0.5", "224.0.0.5 oif r2", "255.255.255.255 oif r3"]),
    "a device that is named and down": (["link set r1 down"], ["10.9.9.77 oif r1", "10.9.9.77 oif r2"]),
    "a device that is named, without an address": (["addr flush dev r1"], ["10.1.0.1 oif r1"]),
    "a better way": (
        ["route add default nexthop via 10.1.0.77 nexthop dev r3", "route add 10.9.0.0/16 via 10.2.0.77"],
        ["10.2.0.77 from 10.2.0.66 iif r2", "10.9.1.1 from 10.2.0.66 iif r2", "10.9.1.1 from 10.9.2.2 iif r2",
         "10.3.0.2 from 10.99.0.6 iif r3"]),
    "impossible addresses": (
        ["route add default via 10.1.0.77"],
        ["10.2.0.77 from 127.0.0.1 iif r1", "10.2.0.77 from 224.0.0.1 iif r1", "10.2.0.77 from 255.255.255.255 iif r1",
         "127.0.0.1 from 10.1.0.66 iif r1", "224.0.0.5 from 10.1.0.66 iif r1", "255.255.255.255 from 10.1.0.66 iif r1"]),
    "a route for a tos": (["route add 10.9.0.0/16 tos 0x10 via 10.1.0.77", "route add 10.9.0.0/16 via 10.2.0.77"],
                          ["10.9.1.1 tos 0x10", "10.9.1.1", "10.9.1.1 tos 0x10 from 10.2.0.66 iif r2"]),
    "scopes": (
        ["route add broadcast 10.9.9.9 scope site dev r1", "route add local 10.9.9.9 scope link dev r1",
         "route add 10.9.0.0/16 scope host nexthop dev r1 nexthop dev r2", "route add 10.9.9.0/24 nexthop dev r1",
         "route add 10.9.8.0/24 dev r1", "route add broadcast 10.9.9.7 scope link dev r1"], ["10.9.9.7", "10.9.9.9"]),
    "flushing": (
        ["route add default dev r1", "route add 10.9.0.0/16 dev r1", "route add 10.9.9.0/24 dev r1",
         "route add 10.9.9.9 nexthop dev r3 nexthop dev r3", "route add 203.0.113.0/24 dev r3", "route flush root 10.9.9.0/24",
         "route add 10.9.9.9 nexthop dev r3 nexthop dev r3", "route flush dev r3", "route flush match 10.9.1.0/24",
         "route add default dev r1", "route add 10.9.0.0/16 dev r1", "route flush default"], ["10.9.9.9", "10.9.1.1"]),
    "rules with not": (["rule add pref 50 from 10.1.0.0/24 table 100", "rule del pref 50 not table 100"], []),
    "where goto leads": (["rule add pref 50 to 10.9.0.0/16 goto 60", "rule del pref 50 to 10.9.0.0/16 goto 40",
                          "rule del pref 50 to 10.9.0.0/16 goto 70"], []),
    "preferred sources": (
        ["route add local 10.9.9.0/24 src 10.3.0.5 dev r3", "route add local 10.9.9.9 src 10.9.9.9 dev r3",
         "route add 203.0.113.0/24 src 10.9.9.9 dev r1", "route add local 198.51.100.0/24 dev r1 mtu 1400",
         "addr flush dev r2", "route add multicast 203.0.113.128/25 dev r2"],
        ["10.9.9.9", "10.9.9.8", "198.51.100.3", "203.0.113.200", "203.0.113.1"]),
    "a gateway beyond an unreachable": (
        ["route add unreachable 10.2.0.0/15 table 100", "route add 10.9.0.0/16 via 10.2.0.77 table 100"], []),
    "groups by a gateway": (["route add 224.0.0.0/4 via 10.1.0.77 mtu 1400"], ["224.0.0.5", "255.255.255.255"]),
    "what is ours on a device that is down": (["link set r2 down", "addr add 10.2.0.2/24 dev r2"], ["10.2.0.1"]),
}


@pytest.fixture(scope="module")
def pair(lab3):
    with contextlib.ExitStack() as stack:
        w = Walk(lab3, stack)
        yield w
        w.restore()
        for host in lab3.hosts:
            lab3.dut.ip(f"addr add {host.gw}/24 brd + dev {host.port}")


@pytest.mark.parametrize("what", FOUND)
def test_found(pair, what):
    commands, questions = FOUND[what]
    pair.restore()
    pair.begin()
    for words in commands:
        pair.change(words)
        pair.agree()
    for key in questions:
        pair.ask(key)


@pytest.mark.parametrize("rp_filter", [1, 2])
def test_reverse_path(pair, rp_filter):
    """RFC 3704: strict, loose."""
    pair.restore()
    pair.begin()
    for side in (pair.dut, pair.twin):
        side.sysctl("net.ipv4.conf.r1.rp_filter", rp_filter)
    try:
        pair.change("route add 10.9.0.0/16 via 10.2.0.77")
        for source in ("10.1.0.66", "10.2.0.66", "10.9.1.1", "203.0.113.1"):
            for iif in DEVS:
                for to in ("10.3.0.2", "10.3.0.1", "10.3.0.3"):
                    pair.ask(f"{to} from {source} iif {iif}")
    finally:
        for side in (pair.dut, pair.twin):
            side.sysctl("net.ipv4.conf.r1.rp_filter", 0)


LISTED = ["", "proto bird", "proto 77", "proto kernel", "scope link", "scope global", "dev r3", "dev r2", "via 10.2.0.77",
          "tos 0x10", "src 10.2.0.1", "metric 7", "metric 7 table all", "preference 7", "type blackhole", "table 9",
          "dev r2 via 10.2.0.77 proto 77 metric 7", "root 21.0.0.0/13", "match 21.5.1.0/24", "exact 21.5.0.0/16", "default"]


@pytest.mark.ours("two routers are compared")
def test_listings(pair):
    """What a listing is restricted to is not said of each route again; flush takes the same words."""
    pair.restore()
    pair.begin()
    for words in ("default via 10.2.0.77", "21.0.0.0/8 via 10.2.0.77 mtu 1400 advmss 1300 hoplimit 33",
                  "21.4.0.0/16 dev r2 scope link src 10.2.0.1", "21.5.0.0/16 via 10.2.0.77 proto bird",
                  "21.6.0.0/16 via 10.2.0.77 proto 77 metric 7", "21.7.0.0/16 via 10.2.0.77 tos 0x10",
                  "21.8.0.0/16 via 10.2.0.77 mtu lock 1400 window lock 5 rtt 300ms rttvar 2s ssthresh lock 7 cwnd 8 advmss lock 1200 "
                  "reordering 9 hoplimit lock 33 initcwnd 11 features ecn rto_min 1.5s initrwnd 12 quickack 1 congctl lock cubic",
                  "21.9.0.0/16 via 10.2.0.77 rtt 3000 rto_min 200 quickack 0 congctl reno fastopen_no_cookie 1 rttvar lock 0.0125s",
                  "21.10.0.0/16 via 10.2.0.77 rtt 1003ms rto_min 1001ms rttvar 501ms cwnd lock 0 window 0 rtt 1.25s",
                  "21.14.0.0/16 nexthop via 10.2.0.77 dev r2 weight 3 nexthop dev r3",
                  "21.15.0.0/16 via 10.2.0.77 metric 7 table 9", "blackhole 21.16.0.0/16"):
        pair.change(f"route add {words}")
    for words in LISTED:
        for flag in ("", "-d "):
            want = sh(f"ip -4 {flag}-n {pair.twin.ns} route show {words}").stdout
            assert pair.dut.ip(f"{flag}route show {words}") == want, words
        assert [*map(plain, pair.dut.ip_json(f"route show {words}"))] == [
            *map(plain, pair.twin.ip_json(f"-4 route show {words}"))], words
    assert pair.dut.ip("route show proto 77") == "21.6.0.0/16 via 10.2.0.77 dev r2 metric 7 \n"
    for words in ("tos 0x10", "metric 7", "src 10.2.0.1", "dev r3", "via 10.2.0.77"):
        pair.change(f"route flush {words}")
        pair.agree()


@pytest.mark.ours("details that iproute2 does not have")
def test_details(pair):
    """`ip -d route get`: rule, table, bucket and neighbour, and the same next hop for the same bucket."""
    pair.restore()
    pair.begin()
    pair.change("route add 10.9.0.0/16 nexthop via 10.1.0.77 nexthop via 10.2.0.77 weight 3")
    pair.dut.ip("neigh replace 10.1.0.77 lladdr 02:00:00:00:77:01 dev r1")
    ways = {}
    for i in range(40):
        said = pair.dut.ip_json(f"-d route get 10.9.1.{i}")[0]
        assert (said["rule"], said["table"], said["type"]) == (32766, "main", "unicast"), said
        bucket, of = said["bucket"]
        assert 0 <= bucket < of and of % 4 == 0, said
        assert said["neighbour"]["dst"] == said["gateway"], said
        assert ways.setdefault(bucket, said["gateway"]) == said["gateway"], said
        if said["gateway"] == "10.1.0.77":
            assert said["neighbour"] == {"dst": "10.1.0.77", "state": "PERMANENT", "lladdr": "02:00:00:00:77:01"}
    assert set(ways.values()) == {"10.1.0.77", "10.2.0.77"}, ways
    text = pair.dut.client("-d ip route get 10.1.0.77").stdout
    assert "table main rule 32766" in text and "neigh PERMANENT lladdr 02:00:00:00:77:01" in text, text
    assert "bucket" not in text and not {"bucket", "neighbour", "rule"} & set(pair.dut.ip_json("route get 10.1.0.77")[0])
