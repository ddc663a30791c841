# SPDX-License-Identifier: BSD-3-Clause
"""Routes of the host's kernel become the router's, and the router's become the host's: by hand here, by routing
daemons in test_routing_daemons.py."""
import json
import random
import signal
import time

import pytest
from conftest import given, lab_of
from dut import SEED
from netlab import eventually, sh
from twin import KernelSession

pytestmark = pytest.mark.ours("the kernel's routes are no copy of others")
OURS = 157  # protocol of the router's routes in the host's tables


@pytest.fixture(scope="module")
def lab():
    with lab_of(3, host={}) as made:
        yield made


def protocol(row):
    return row.get("protocol", "boot")


def shape(row):
    """What must be the same of a route on both sides."""
    kind = row.get("type", "unicast")  # the kernel says of a blackhole's next hop object that it is by lo
    hops = sorted((hop.get("gateway", ""), hop["dev"], hop.get("weight", 1), "onlink" in hop["flags"])
                  for hop in row.get("nexthops", [row] if kind == "unicast" else []))
    metrics = {key: value for part in row.get("metrics", []) for key, value in part.items()}
    return (row.get("table", "main"), row["dst"], row.get("tos", "0"), row.get("metric", 0), protocol(row), kind,
            row.get("prefsrc"), hops, metrics)


def in_order(shapes):
    """Of those with one table, destination, tos and metric the first one counts: their order is kept."""
    return sorted(shapes, key=lambda s: s[:4])


def imported(lab):
    """(the host's routes that must be the router's, those of the router that are the host's)."""
    sides = []
    for node, not_these in ((lab.apps, ("kernel", str(OURS))), (lab.dut, ("kernel", "static", "boot"))):
        rows = [row for row in node.ip_json("route show table all") if row.get("table") != "local"]
        sides.append(in_order(shape(row) for row in rows if protocol(row) not in not_these))
    return sides


def expect_same(lab, count=None, seconds=20):
    """Both sides show the same routes of the host; so many."""
    def same():
        theirs, ours = imported(lab)
        return theirs == ours and count in (None, len(theirs))

    def difference():
        theirs, ours = imported(lab)
        return f"host {len(theirs)}, router {len(ours)}, wanted {count}\nonly the host: " \
               f"{[r for r in theirs if r not in ours][:5]}\nonly the router: {[r for r in ours if r not in theirs][:5]}"
    eventually(same, difference, seconds)


class HostRoutes:
    """Commands of ip(8) in the host, taken back at the end."""

    def __init__(self, lab):
        self.lab = lab

    def __call__(self, *words):
        for word in words:
            self.lab.apps.run(f"ip {word}")


@pytest.fixture
def host(lab):
    """ip(8) in the host; its routes go with the test."""
    yield HostRoutes(lab)
    for protocol in ("bird", "ospf", "bgp"):
        lab.apps.run(f"ip route flush table all proto {protocol}", check=False)
    lab.apps.run("ip nexthop flush", check=False)
    expect_same(lab, 0)


@pytest.mark.parametrize("words", [
    "203.0.113.0/24 via 10.0.1.2",
    "203.0.113.9 via 10.0.1.2 metric 20",
    "default via 10.0.2.2 metric 4294967295",
    "203.0.113.0/24 dev r1 scope link",
    "203.0.113.0/24 via 10.9.9.9 dev r1 onlink",
    "203.0.113.0/24 via 10.0.1.2 src 10.0.2.1",
    "203.0.113.0/24 via 10.0.1.2 tos 0x10",
    "203.0.113.0/24 via 10.0.1.2 table 100",
    "203.0.113.0/24 via 10.0.1.2 table 70000",
    "203.0.113.0/24 via 10.0.1.2 mtu 1400 advmss 1300 hoplimit 7",
    "203.0.113.0/24 metric 8 nexthop via 10.0.1.2 weight 2 nexthop via 10.0.2.2 weight 5",
    "203.0.113.0/24 nexthop via 10.0.1.2 nexthop dev r2",
    "blackhole 203.0.113.0/24", "unreachable 203.0.113.0/24", "prohibit 203.0.113.0/24 metric 9",
    "throw 203.0.113.0/24 table 100"])
def test_kinds(lab, host, words):
    host(f"route add proto bird {words}")
    expect_same(lab, 1)
    host(f"route del proto bird {words}")
    expect_same(lab, 0)


def test_traffic(lab, host):
    """It is a route as any other: what is forwarded takes it."""
    sh(f"ip -n {lab.h2.ns} addr add 203.0.113.1/24 dev lo")
    host("route add 203.0.113.0/24 via 10.0.2.2 proto bird")
    eventually(lambda: lab.h1.ping("203.0.113.1", check=False), "no ping by the host's route")
    lab.apps.ping("203.0.113.1")
    host("route replace 203.0.113.0/24 via 10.0.3.2 proto bird")
    eventually(lambda: not lab.h1.ping("203.0.113.1", args="-W 1", check=False), "still the old next hop")
    sh(f"ip -n {lab.h3.ns} addr add 203.0.113.1/24 dev lo")
    lab.h1.ping("203.0.113.1")
    for h in (lab.h2, lab.h3):
        sh(f"ip -n {h.ns} addr del 203.0.113.1/24 dev lo")


def test_replace_append_change(lab, host):
    host("route add 203.0.113.0/24 via 10.0.1.2 proto bird", "route replace 203.0.113.0/24 via 10.0.2.2 proto ospf")
    expect_same(lab, 1)
    host("route append 203.0.113.0/24 via 10.0.3.2 proto bird")
    expect_same(lab, 2)
    host("route change 203.0.113.0/24 via 10.0.1.2 proto bird", "route add 203.0.113.0/24 via 10.0.1.2 metric 5 proto bird")
    expect_same(lab, 3)
    host("route del 203.0.113.0/24 via 10.0.3.2 proto bird")
    expect_same(lab, 2)
    host("route replace blackhole 203.0.113.0/24 metric 5 proto bird")
    expect_same(lab, 2)


def test_nexthop_objects(lab, host):
    """As zebra has them: routes change with their objects, and go with them."""
    host("nexthop add id 11 via 10.0.1.2 dev r1", "nexthop add id 12 via 10.0.2.2 dev r2",
         "nexthop add id 13 via 10.0.3.2 dev r3", "nexthop add id 20 group 11,2/12,3", "nexthop add id 30 blackhole",
         "route add 203.0.113.0/24 nhid 11 proto bgp", "route add 198.51.100.0/24 nhid 20 proto bgp",
         "route add 192.0.2.0/24 nhid 30 proto bgp")
    expect_same(lab, 3)
    host("nexthop replace id 11 via 10.0.1.77 dev r1")
    expect_same(lab, 3)
    host("nexthop replace id 20 group 11/12/13")
    expect_same(lab, 3)
    host("nexthop del id 12")  # goes out of the group
    expect_same(lab, 3)
    host("nexthop del id 11")  # and its route goes
    expect_same(lab, 2)
    host("nexthop del id 20")
    expect_same(lab, 1)


def test_not_taken(lab, host):
    """By a device that is not the router's, of the kernel's own, by IPv6; a control is."""
    sh(f"ip -n {lab.apps.ns} link add other type veth peer name other-peer && ip -n {lab.apps.ns} addr add "
       f"172.31.0.1/24 dev other && ip -n {lab.apps.ns} link set other-peer up && ip -n {lab.apps.ns} link set other up")
    ipv6_off = f"ip netns exec {lab.apps.ns} sysctl -qw net.ipv6.conf.r1.disable_ipv6="
    try:
        sh(ipv6_off + "0")
        host("route add 203.0.113.0/24 via 172.31.0.2 proto bird", "route add 198.51.100.0/24 via 10.0.1.2 proto kernel",
             "route add 192.0.2.0/24 via inet6 fe80::1 dev r1 onlink proto bird",
             "route add 192.0.2.9 via 10.0.1.2 proto bird")
        eventually(lambda: lab.dut.ip_json("route show 192.0.2.9"), "the control does not come")
        got = {row["dst"] for row in lab.dut.ip_json("route show table all")}
        assert not {"203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24", "172.31.0.0/24"} & got
        # From a device of the router's to another one: it goes; and back.
        host("route add 203.0.113.128/25 via 10.0.1.2 proto bird")
        eventually(lambda: lab.dut.ip_json("route show 203.0.113.128/25"), "the second control does not come")
        host("route replace 203.0.113.128/25 via 172.31.0.2 proto bird")
        eventually(lambda: not lab.dut.ip_json("route show 203.0.113.128/25"), "it leads elsewhere now")
        host("route replace 203.0.113.128/25 via 10.0.2.2 proto bird")
        eventually(lambda: lab.dut.ip_json("route show 203.0.113.128/25"), "it leads by r2 now")
    finally:
        host("link del other", "route del 198.51.100.0/24")
        sh(ipv6_off + "1")


def test_the_router_s_own_go_first(lab, host):
    """An equal route of the router's stays, whoever was first; one of another metric is another one. When the
    router's goes, the host's stands there still."""
    with given(lab, "route add 203.0.113.0/24 via 10.0.2.2"):
        eventually(lambda: lab.apps.ip_json(f"route show 203.0.113.0/24 proto {OURS}"), "not told to the host")
        host("route prepend 203.0.113.0/24 via 10.0.1.2 proto bird", "route add 203.0.113.0/24 via 10.0.3.2 metric 7 proto bird")
        eventually(lambda: lab.dut.ip_json("route show 203.0.113.0/24 metric 7"), "another metric")
        rows = [row for row in lab.dut.ip_json("route show 203.0.113.0/24") if row.get("metric", 0) == 0]
        assert [row["gateway"] for row in rows] == ["10.0.2.2"]
        assert lab.dut.cli("show host routes")["refused"] > 0
        host("route add 198.51.100.0/24 via 10.0.1.2 proto bird")
        eventually(lambda: lab.dut.ip_json("route show 198.51.100.0/24"), "a control")
        lab.dut.ip("route replace 198.51.100.0/24 via 10.0.3.2")
        eventually(lambda: lab.dut.ip_json("route get 198.51.100.9")[0]["gateway"] == "10.0.3.2", "the router's own")
        lab.dut.ip("route del 198.51.100.0/24 via 10.0.3.2")
    expect_same(lab, 3)


def test_link_down_and_rename(lab, host):
    """The kernel forgets the routes of a device that goes down, and says nothing about it."""
    host("route add 203.0.113.0/24 via 10.0.2.2 proto bird", "route add 198.51.100.0/24 via 10.0.1.2 proto bird",
         "nexthop add id 12 via 10.0.2.2 dev r2", "route add 192.0.2.0/24 nhid 12 proto bird")
    expect_same(lab, 3)
    lab.dut.ip("link set r2 down")
    expect_same(lab, 1)
    lab.dut.ip("link set r2 up")
    expect_same(lab, 1)
    eventually(lambda: lab.apps.ip_json("route show dev r2"), "r2 is not up in the host")
    host("route add 203.0.113.0/24 via 10.0.2.2 proto bird")
    expect_same(lab, 2)
    lab.dut.ip("link set r1 down")
    lab.dut.ip("link set r1 name wan")
    lab.dut.ip("link set wan up")
    expect_same(lab, 1)
    lab.dut.ip("link set wan down")
    lab.dut.ip("link set wan name r1")
    lab.dut.ip("link set r1 up")
    expect_same(lab, 1)
    eventually(lambda: lab.apps.ping(lab.h1.ip, check=False), "r1 is not as it was")


def test_one_way_of_several_is_down(lab, host):
    """The others are used meanwhile, however long; when the device is up again all is as before, of which the kernel
    says nothing. A second route of the same key stays the second."""
    def ways():
        rows = [row for row in lab.dut.ip_json("route show 203.0.113.0/24") if protocol(row) == "bird"]
        return [[(hop["dev"], "dead" in hop.get("flags", [])) for hop in row.get("nexthops", [row])] for row in rows]
    host("route add 203.0.113.0/24 proto bird nexthop via 10.0.1.2 nexthop via 10.0.2.2",
         "route append 203.0.113.0/24 proto bird via 10.0.3.2", "route add 198.51.100.0/24 proto bird via 10.0.2.2")
    expect_same(lab, 3)

    def state():
        return lab.dut.cli("show host routes")
    readings = state()["readings"]
    lab.dut.ip("link set r2 down")
    eventually(lambda: state()["readings"] > readings and not state()["reading"], "the kernel is not asked what is left")
    expect_same(lab, 2)
    assert ways() == [[("r1", False), ("r2", True)], [("r3", False)]]
    assert {lab.dut.ip_json(f"route get 203.0.113.{n}")[0]["dev"] for n in range(32)} == {"r1"}
    lab.dut.ip("link set r2 up")
    expect_same(lab, 2)
    assert ways() == [[("r1", False), ("r2", False)], [("r3", False)]]
    assert {lab.dut.ip_json(f"route get 203.0.113.{n}")[0]["dev"] for n in range(32)} == {"r1", "r2"}


def batch(lab, commands, folder):
    path = folder / "batch"
    path.write_text("".join(f"{words}\n" for words in commands))
    sh(f"ip -n {lab.apps.ns} -batch {path}", timeout=120)


def many(n, words=""):
    return [f"{40 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24 {words}" for i in range(n)]


def test_hundred_thousand(lab, tmp_path):
    """All come, and all go; the second time the router sleeps meanwhile, and its socket loses most of it."""
    def count():
        return len([row for row in lab.dut.ip_json("route show") if protocol(row) == "bird"])
    n = 100000
    add = [f"route add {words}" for words in many(n, "via 10.0.2.2 proto bird")]
    delete = [f"route del {words}" for words in many(n)]
    batch(lab, add, tmp_path)
    eventually(lambda: count() == n, lambda: f"{count()} of {n}", 60)
    batch(lab, delete, tmp_path)
    eventually(lambda: count() == 0, lambda: f"{count()} are left", 60)
    for commands, left in ((add, n), (delete[:n - 10], 10)):
        before = lab.dut.cli("show host routes")["readings"]
        lab.dut.proc.send_signal(signal.SIGSTOP)
        batch(lab, commands, tmp_path)
        lab.dut.proc.send_signal(signal.SIGCONT)
        eventually(lambda: count() == left, lambda: f"{count()}, wanted {left}", 60)
        assert lab.dut.cli("show host routes")["readings"] > before, "control: the socket was full"
    assert lab.dut.cli("show fib check")["differences"] == 0
    lab.apps.run("ip route flush proto bird")
    eventually(lambda: count() == 0, lambda: f"{count()} are left", 60)


GATEWAYS = ["via 10.0.1.2", "via 10.0.2.2", "via 10.0.3.2", "dev r1 scope link", "via 10.0.1.7",
            "nexthop via 10.0.1.2 nexthop via 10.0.2.2", "nexthop via 10.0.2.2 weight 3 nexthop via 10.0.3.2 weight 4"]
PREFIXES = ["default", "203.0.113.0/24", "203.0.113.128/25", "203.0.113.7", "198.51.100.0/22"]


def random_words(rng):
    """A command about routes, that the kernel may well refuse."""
    verb = rng.choice(["add", "add", "append", "prepend", "replace", "change", "del", "del"])
    kind = rng.choice(["", "", "", "", "blackhole ", "unreachable "])
    words = [f"route {verb} {kind}{rng.choice(PREFIXES)}", rng.choice(["", "", "metric 5", "metric 6"]),
             rng.choice(["", "", "", "tos 0x10"]), rng.choice(["", "", "table 100"]),
             "" if verb == "del" else f"proto {rng.choice(['bird', 'ospf'])}"]
    if kind == "" and (verb != "del" or rng.random() < 0.5):
        words.append(rng.choice(GATEWAYS))
    return " ".join(filter(None, words))


def walk(lab, session, rng, step):
    """Some commands; now and then while a device is down, for a moment or until the router has asked what is left."""
    down = f"r{rng.randint(1, 3)}" if step % 10 == 9 else None
    if down:
        lab.dut.ip(f"link set {down} down")
    try:
        return [words for words in (random_words(rng) for _ in range(20)) if session(words)[0]]
    finally:
        if step % 20 == 19:
            time.sleep(0.5)
        if down:
            lab.dut.ip(f"link set {down} up")
            eventually(lambda: len({row["dev"] for row in lab.apps.ip_json("route show proto kernel")}) == 3,
                       "the devices are not up in the host")


@pytest.mark.parametrize("seed", [SEED, SEED + 5, SEED + 8])
def test_random_changes(lab, host, seed):
    """Whatever is done, both sides have the same in the end, in the same order."""
    rng = random.Random(seed)
    with KernelSession(lab.apps.ns) as session:
        for step in range(30):
            done = walk(lab, session, rng, step)
            try:
                expect_same(lab)
            except AssertionError as why:
                raise AssertionError(f"step {step}, seed {seed}:\n" + "\n".join(done) + f"\n{why}") from None
    assert lab.dut.cli("show fib check")["differences"] == 0


def told(lab):
    """(the router's routes that must be known to the host, those that are)."""
    sides = [[row for row in lab.dut.ip_json("route show") if protocol(row) in ("static", "boot")],
             lab.apps.ip_json(f"route show proto {OURS}")]
    return [in_order(shape({**row, "protocol": OURS}) for row in rows) for rows in sides]


def expect_told(lab, count):
    def same():
        ours, theirs = told(lab)
        return ours == theirs and len(ours) == count
    eventually(same, lambda: f"router, host: {told(lab)}")


def test_export(lab):
    """Routes of table main in the host, too, as they change; of other tables not."""
    with given(lab, "route add 203.0.113.0/24 via 10.0.2.2"):
        expect_told(lab, 1)
        with given(lab, "route add blackhole 198.51.100.0/24", "route add 192.0.2.0/24 via 10.0.1.2 metric 9 src 10.0.2.1",
                   "route add 192.0.2.9 nexthop via 10.0.1.2 weight 2 nexthop via 10.0.2.2",
                   "route add 192.0.2.10 via 10.0.9.9 dev r3 onlink mtu 1400",
                   "route add 192.0.2.11 via 10.0.1.2 table 100"):
            expect_told(lab, 5)
            assert not lab.apps.ip_json("route show table all 192.0.2.11")
        expect_told(lab, 1)
        lab.dut.ip("route replace 203.0.113.0/24 via 10.0.3.2")
        expect_told(lab, 1)
        lab.dut.ip("route replace unreachable 203.0.113.0/24")
        expect_told(lab, 1)
        lab.dut.ip("route replace 203.0.113.0/24 via 10.0.2.2")
        expect_told(lab, 1)
    expect_told(lab, 0)


def test_export_follows_links(lab):
    """Next hops of a link that goes down are none in the host either; one route comes back when the link does."""
    def live():
        return [sorted(hop["gateway"] for hop in row.get("nexthops", [row]) if "dead" not in hop["flags"])
                for row in lab.apps.ip_json(f"route show proto {OURS}")]
    with given(lab, "route add 203.0.113.0/24 nexthop via 10.0.1.2 nexthop via 10.0.2.2", "route add 192.0.2.0/24 via 10.0.1.2"):
        for _ in range(3):
            expect_told(lab, 2)
            lab.dut.ip("link set r2 down")
            try:
                eventually(lambda: sorted(live()) == [["10.0.1.2"], ["10.0.1.2"]], lambda: f"{live()}")
            finally:
                lab.dut.ip("link set r2 up")
    expect_told(lab, 0)


def test_directions(lab):
    """import alone tells the host nothing, export alone takes nothing, none does neither."""
    lab.apps.run("ip route add 198.51.100.0/24 dev lo proto bird")  # stays when the counterparts go
    try:
        for word, comes, goes in (("import", True, False), ("export", False, True), ("none", False, False),
                                  ("both", True, True)):
            lab.dut.cli(f"host enable netns {lab.apps.ns} routes {word}")
            with given(lab, "route add 203.0.113.0/24 via 10.0.2.2"):
                lab.apps.run("ip route add 192.0.2.0/24 via 10.0.1.2 proto bird")
                lab.apps.run("ip route add 192.0.2.128/25 via 10.0.1.2 proto bird")
                if comes:
                    eventually(lambda: lab.dut.ip_json("route show 192.0.2.128/25"), f"{word}: nothing comes")
                if goes:
                    eventually(lambda: lab.apps.ip_json(f"route show proto {OURS}"), f"{word}: nothing goes")
                lab.apps.ping(lab.h1.ip)
                assert bool(lab.dut.ip_json("route show 192.0.2.0/24")) == comes, word
                assert bool(lab.apps.ip_json(f"route show proto {OURS}")) == goes, word
                lab.apps.run("ip route flush root 192.0.2.0/24 proto bird")
    finally:
        lab.apps.run("ip route flush proto bird")
        lab.dut.cli(f"host enable netns {lab.apps.ns}")
    expect_same(lab, 0)


def test_saved_without_them(lab, host):
    """`config save` is about what the router was told, not the host's routes."""
    host("route add 203.0.113.0/24 via 10.0.1.2 proto bird")
    with given(lab, "route add 198.51.100.0/24 via 10.0.2.2"):
        expect_same(lab, 1)
        text = json.dumps(lab.dut.cli("show config running"))
        assert "198.51.100.0/24" in text and "203.0.113.0/24" not in text
