# SPDX-License-Identifier: BSD-3-Clause
"""ip monitor: what happens is told in order, in iproute2's words; ^C ends it, exit 0."""
import copy
import json
import re
import signal
import subprocess
import time

import pytest
from dut import merge
from netlab import SLOW
from scapy.all import ARP, Ether

pytestmark = pytest.mark.ours("the client of polluxd")


class Monitor:
    """`pollux ip FLAGS monitor WORDS` in the background; or bridge."""

    def __init__(self, dut, words, *flags, tool="ip"):
        self.dut = dut
        self.path = dut.tmp / f"monitor-{time.monotonic_ns()}"
        self.log = open(self.path, "a")
        self.proc = subprocess.Popen(
            [str(dut.build / "app/pollux/pollux"), "-S", str(dut.sock), tool, *flags, "monitor",
             *words.split()], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def text(self):
        return self.path.read_text()

    def wait(self, *parts):
        """Until all parts stand there, in this order."""
        end = time.monotonic() + SLOW
        while True:
            text, at = self.text(), 0
            for part in parts:
                at = text.find(part, at)
                if at < 0:
                    break
                at += len(part)
            if at >= 0:
                return text
            assert time.monotonic() < end, f"{parts} not in\n{text}"
            time.sleep(0.05)

    def stop(self):
        self.proc.send_signal(signal.SIGINT)
        assert self.proc.wait(10) == 0, self.text()
        return self.text()


def started(lab, words, *flags):
    """A monitor that has shown its first event."""
    made = Monitor(lab.dut, words, *flags)
    end = time.monotonic() + SLOW
    while not made.text():
        lab.dut.ip("route replace blackhole 198.18.0.0/24")
        lab.dut.ip("route del blackhole 198.18.0.0/24")
        assert time.monotonic() < end, "no event"
        time.sleep(0.1)
    return made


def test_words(lab):
    mon = started(lab, "all")
    dut = lab.dut
    dut.ip("addr add 10.77.0.1/24 dev r1")
    dut.ip("route add 20.0.0.0/8 via 10.77.0.2")
    dut.ip("neigh add 10.77.0.9 lladdr 02:00:00:00:00:09 dev r1")
    dut.ip("link set r1 alias hello")
    dut.ip("neigh del 10.77.0.9 dev r1")
    dut.ip("route del 20.0.0.0/8")
    dut.ip("addr del 10.77.0.1/24 dev r1")
    dut.ip("rule add pref 77 from 20.0.0.0/8 iif none table 9")
    dut.ip("rule del pref 77")
    dut.write_config()
    dut.cli(f"config load {dut.conf}")
    mon.wait("10.77.0.1/24 scope global r1\n       valid_lft forever preferred_lft forever\n",
             "[ROUTE]20.0.0.0/8 via 10.77.0.2 dev r1 \n",
             "[NEIGH]10.77.0.9 dev r1 lladdr 02:00:00:00:00:09 PERMANENT \n",
             "r1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500",
             "[NEIGH]Deleted 10.77.0.9 dev r1", "[ROUTE]Deleted 20.0.0.0/8 via 10.77.0.2 dev r1 \n",
             "[ADDR]Deleted ",
             "[RULE]77:\tfrom 20.0.0.0/8 iif none [detached] lookup 9", "[RULE]Deleted 77:\tfrom",
             "[CONFIG]config loaded\n")
    mon.stop()


def lines_about(text, *words):
    return [s for s in text.splitlines() if any(w in s for w in words)]


def test_a_change_comes_before_what_follows_from_it(lab):
    """The order in which Linux tells it."""
    mon = started(lab, "")
    dut = lab.dut
    dut.ip("addr add 10.76.0.1/24 dev r2")
    dut.ip("route add 21.0.0.0/8 via 10.76.0.2")
    dut.ip("link set r2 down")
    mon.wait("Deleted 21.0.0.0/8")
    dut.ip("link set r2 up")
    mon.wait("Deleted 21.0.0.0/8", ",UP", "> mtu 1500", "10.76.0.0/24 dev r2")
    dut.ip("addr del 10.76.0.1/24 dev r2")
    mon.wait("Deleted 21.0.0.0/8", "Deleted 3: r2    inet 10.76.0.1/24", "Deleted 10.76.0.0/24")
    text = mon.stop()
    mine = lines_about(text, "r2: <", "10.76.0.1/24", "dst 10.76", "10.76.0.0/24", "21.0.0.0/8")
    assert mine[0] == "3: r2    inet 10.76.0.1/24 scope global r2", text
    assert mine[1].startswith("10.76.0.0/24 dev r2 proto kernel"), text
    assert mine[2] == "21.0.0.0/8 via 10.76.0.2 dev r2 ", text
    assert mine[3].startswith("3: r2: <BROADCAST,MULTICAST> mtu 1500 qdisc noqueue state DOWN"), text
    assert {s[:20] for s in mine[4:6]} == {"Deleted 21.0.0.0/8 v", "Deleted 10.76.0.0/24"}, text
    up = next(i for i, s in enumerate(mine) if i > 5 and ",UP" in s and "3: r2: <" in s)
    back = next(i for i, s in enumerate(mine) if i > 5 and s.startswith("10.76.0.0/24 dev r2"))
    assert up < back, text
    assert mine[-2] == "Deleted 3: r2    inet 10.76.0.1/24 scope global r2", text
    assert mine[-1].startswith("Deleted 10.76.0.0/24 dev r2"), text


def test_another_metric_is_a_change(lab):
    """One line with the address as it is, behind its routes; not that it went and came. Nobody is told by
    ARP either, though arp_notify would tell of a new one."""
    dut = lab.dut
    dut.ip("addr add 10.76.0.1/24 dev r1")
    mon = started(lab, "")
    dut.sysctl("net.ipv4.conf.r1.arp_notify", 1)
    with lab.h1.wire() as wire:
        dut.ip("addr change 10.76.0.1/24 dev r1 metric 44")
        mon.wait("10.76.0.1/24 metric 44")
        dut.ip("addr add 10.76.1.1/24 dev r1")
        wire.expect(lambda f: ARP in f and f[ARP].psrc == "10.76.1.1", "the new address's announcement")
        wire.none(lambda f: ARP in f and f[ARP].psrc == "10.76.0.1", "an announcement")
    dut.sysctl("net.ipv4.conf.r1.arp_notify", 0)
    dut.ip("addr del 10.76.1.1/24 dev r1")
    mon.wait("Deleted 2: r1    inet 10.76.1.1/24")
    assert lines_about(mon.stop(), "10.76.0.1/24", "10.76.0.0/24", "10.76.0.1 ", "10.76.0.255") == [
        "10.76.0.0/24 dev r1 proto kernel scope link src 10.76.0.1 metric 44 ",
        "Deleted 10.76.0.0/24 dev r1 proto kernel scope link src 10.76.0.1 ",
        "2: r1    inet 10.76.0.1/24 metric 44 scope global r1"]
    dut.ip("addr del 10.76.0.1/24 dev r1")


def test_of_one_device(lab):
    """Without its name, but for addresses and links, whose lines begin with it: as ip has them."""
    mon = started(lab, "label")
    mine = Monitor(lab.dut, "dev r1")
    end = time.monotonic() + SLOW
    while not mine.text():
        lab.dut.ip("link set r1 alias one")
        assert time.monotonic() < end, "no event"
        time.sleep(0.05)
    for dev, net in (("r2", "10.79.0"), ("r1", "10.78.0")):
        lab.dut.ip(f"addr add {net}.1/24 dev {dev}")
        lab.dut.ip(f"neigh add {net}.9 lladdr 02:00:00:00:00:09 dev {dev}")
        lab.dut.ip(f"addr del {net}.1/24 dev {dev}")
    text = mine.wait("10.78.0.1/24 scope global r1", "Deleted 2: r1    inet 10.78.0.1/24")
    mon.wait("10.79.0.9 dev r2", "10.78.0.9 dev r1")
    mon.stop()
    text = mine.stop()
    assert "10.79" not in text and "dev r1" not in text
    assert "10.78.0.0/24 proto kernel scope link src 10.78.0.1 \n" in text
    assert "10.78.0.9 lladdr 02:00:00:00:00:09 PERMANENT \n" in text


def test_devices_come_and_go(lab):
    mon = started(lab, "link route")
    lab.dut.ip("link add link r1 name r1.9 type vlan id 9")
    lab.dut.ip("link del r1.9")
    text = mon.wait("r1.9@r1: <BROADCAST,MULTICAST> mtu 1500 qdisc noqueue state DOWN group default \n",
                    "Deleted ", "r1.9@r1: <")
    assert "inet" not in text
    mon.stop()


def test_a_gateway_s_entry_is_deleted(lab):
    """What a route's next hop keeps of a deleted entry is no entry: the end is told as any other's,
    once, and what is left is told of no more."""
    dut = lab.dut
    dut.ip("route add 198.18.7.0/24 via 10.0.1.77")
    mon, jmon = started(lab, "neigh route"), started(lab, "neigh route", "-j")
    dut.ip("neigh add 10.0.1.77 lladdr 02:00:00:00:00:77 dev r1")
    dut.ip("neigh del 10.0.1.77 dev r1")
    dut.ip("link set r1 mtu 1400")  # all entries of r1 are told of anew
    dut.ip("link set r1 mtu 1500")
    dut.ip("route del 198.18.7.0/24")
    mon.wait("198.18.7.0/24")
    jmon.wait("198.18.7.0/24")
    told = [ln for ln in mon.stop().split("\n") if ln.startswith(("10.0.1.77", "Deleted 10.0.1.77"))]
    assert told == ["10.0.1.77 dev r1 lladdr 02:00:00:00:00:77 PERMANENT ",
                    "Deleted 10.0.1.77 dev r1 lladdr 02:00:00:00:00:77 PERMANENT "]
    events = map(json.loads, jmon.stop().strip().split("\n"))
    assert [e.get("deleted") for e in events if e.get("dst") == "10.0.1.77"] == [None, True]


def test_a_neighbour_s_marks(lab):
    """They are told with the entry, in one event, and what changes of them as an event of its own."""
    dut = lab.dut
    mon = started(lab, "neigh route")
    try:
        dut.ip("neigh add 10.0.1.79 lladdr 02:00:00:00:00:79 dev r1 router extern_learn protocol bird")
        dut.ip("neigh replace 10.0.1.79 lladdr 02:00:00:00:00:79 dev r1 protocol bird")
        dut.ip("route add 198.18.9.0/24 via 10.0.1.2")
        dut.ip("route del 198.18.9.0/24")
        mon.wait("Deleted 198.18.9.0/24")
        told = [ln.split() for ln in mon.stop().split("\n") if ln.startswith("10.0.1.79")]
        entry = "10.0.1.79 dev r1 lladdr 02:00:00:00:00:79".split()
        assert told == [entry + "router extern_learn PERMANENT proto bird".split(),
                        entry + "PERMANENT proto bird".split()]
    finally:
        dut.ip("neigh del 10.0.1.79 dev r1")


def test_a_neighbour_that_is_learned(lab):
    lab.dut.ip("neigh flush dev r1")
    mon = started(lab, "neigh route")
    lab.h1.ping(lab.h2.ip)
    mac = lab.h1.mac.lower()
    mon.wait(f"{lab.h1.ip} dev r1 lladdr {mac} REACHABLE \n")
    mon.stop()


def test_a_resolver_outside_is_asked(lab):
    """app_solicit: the event for a resolver in user space (arpd); what it answers with
    `ip neigh replace` is used."""
    dut = lab.dut
    old = {k: dut.sysctl(f"net.ipv4.neigh.r2.{k}") for k in ("app_solicit", "mcast_solicit")}
    try:
        dut.sysctl("net.ipv4.neigh.r2.app_solicit", 2)
        dut.sysctl("net.ipv4.neigh.r2.mcast_solicit", 0)
        mon = started(lab, "neigh route")
        lab.h1.ping("10.0.2.99", args="-W 1", check=False)
        text = mon.wait("miss 10.0.2.99 dev r2 ")
        assert "REACHABLE" not in "".join(lines_about(text, "10.0.2.99"))
        dut.ip("neigh replace 10.0.2.99 lladdr 02:00:00:00:00:99 dev r2 nud reachable")
        mon.wait("miss 10.0.2.99", "10.0.2.99 dev r2 lladdr 02:00:00:00:00:99 REACHABLE")
        mon.stop()
        jmon = started(lab, "neigh route", "-j")
        lab.h1.ping("10.0.2.98", args="-W 1", check=False)
        jmon.wait('"miss":true', '"dst":"10.0.2.98"')
        jmon.stop()
    finally:
        for k, v in old.items():
            dut.sysctl(f"net.ipv4.neigh.r2.{k}", v)
        dut.ip("neigh flush dev r2")


def test_a_conflict(lab):
    """RFC 5227 2.4: who claims our address is told of at once, a station that asks for it is not."""
    claim = Ether(src="02:00:00:00:0c:0f", dst="ff:ff:ff:ff:ff:ff") / \
        ARP(op=1, hwsrc="02:00:00:00:0c:0f", psrc=lab.h1.gw, pdst=lab.h1.gw)
    ask = Ether(src="02:00:00:00:0c:0e", dst="ff:ff:ff:ff:ff:ff") / \
        ARP(op=1, hwsrc="02:00:00:00:0c:0e", psrc="10.0.1.77", pdst=lab.h1.gw)
    mon, jmon = started(lab, "neigh route"), started(lab, "neigh route", "-j")
    with lab.h1.wire() as wire, lab.dut.expect_drops(arp_own_address=1):
        wire.send(ask)
        wire.send(claim)
        text = mon.wait(f"conflict {lab.h1.gw} dev r1 lladdr 02:00:00:00:0c:0f \n")
        jtext = jmon.wait('"conflict":true')
    assert text.count("conflict ") == 1
    told = [json.loads(line) for line in jtext.splitlines() if '"conflict"' in line]
    assert [(t["event"], t["dst"], t["dev"], t["lladdr"]) for t in told] == \
        [("neigh", lab.h1.gw, "r1", "02:00:00:00:0c:0f")]
    mon.stop()
    jmon.stop()
    lab.dut.ip("neigh flush dev r1")


def test_timestamps(lab):
    """ip -t and ip -ts; with -j a member."""
    short, long, rows = (started(lab, "route", *f) for f in (["-ts"], ["-t"], ["-j", "-t"]))
    for _ in range(15):  # over more than a second: in each tenth of one, the first too
        lab.dut.ip("route add blackhole 22.0.0.0/8")
        lab.dut.ip("route del blackhole 22.0.0.0/8")
        time.sleep(0.08)
    day = time.strftime("%Y-%m-%d")
    for mon in (short, long, rows):
        mon.wait(*["22.0.0.0/8"] * 30)
    stamp = re.compile(rf"\[{day}T\d\d:\d\d:\d\d\.\d{{6}}\] (Deleted )?blackhole ")
    assert all(stamp.match(s) for s in short.stop().splitlines())
    assert re.search(r"^Timestamp: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} \d+ usec\nDeleted blackhole 22", long.stop(), re.M)
    stamps = [json.loads(s)["timestamp"] for s in rows.stop().splitlines()]
    assert len(stamps) >= 2 and stamps == sorted(stamps) and stamps[0].startswith(day)


def test_two_clients_never_mix(lab):
    """Two at a time load one document and the other: between two ends, the events are of one
    change, whole."""
    dut = lab.dut
    files = []
    for k in (40, 41):
        path = dut.tmp / f"mix{k}.json"
        path.write_text(json.dumps(merge(copy.deepcopy(dut.config), {
            "routes": [{"dst": f"{k}.{i}.0.0/16", "type": "blackhole"} for i in range(20)]})))
        files.append(path)
    dut.cli(f"config load {files[0]}")
    mon = started(lab, "route config")
    batch = []
    for n in range(2):
        path = dut.tmp / f"mix-batch{n}"
        path.write_text("".join(f"config load {files[(i + n) % 2]}\n" for i in range(30)))
        batch.append(subprocess.Popen([str(dut.build / "app/pollux/pollux"), "-S", str(dut.sock), "-f",
                                       str(path)], stdout=subprocess.DEVNULL))
    assert [p.wait(120) for p in batch] == [0, 0]
    dut.write_config()
    dut.cli(f"config load {dut.conf}")
    mon.wait(*["config loaded"] * 61)
    changes = 0
    for part in mon.stop().split("config loaded\n")[:60]:
        mine = lines_about(part, "blackhole 40.", "blackhole 41.")
        gone = [s.split(".")[0] for s in mine if s.startswith("Deleted")]
        came = [s.split(".")[0] for s in mine if not s.startswith("Deleted")]
        assert len(gone) in (0, 20) and len(came) == len(gone), part
        assert len(set(gone)) <= 1 and len(set(came)) <= 1, part
        changes += len(gone) == 20
    assert changes > 1


def test_json_and_selection(lab):
    mon = started(lab, "route config", "-j")
    lab.dut.ip("addr add 10.78.0.1/24 dev r1")
    lab.dut.ip("addr del 10.78.0.1/24 dev r1")
    mon.wait('"dst":"10.78.0.0/24"', '"deleted":true')
    rows = [json.loads(line) for line in mon.stop().splitlines()]
    assert {r["event"] for r in rows} == {"route"}
    mine = [r for r in rows if r["dst"] == "10.78.0.1"]
    assert [(r["type"], r["table"], r.get("deleted", False)) for r in mine] == [
        ("local", "local", False), ("local", "local", True)]


def test_a_client_that_does_not_read(lab):
    """It holds nobody up: commands are answered; it is told how many events it lost."""
    dut = lab.dut
    proc = subprocess.Popen([str(dut.build / "app/pollux/pollux"), "-S", str(dut.sock), "ip",
                             "monitor", "route"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    batch = dut.tmp / "batch"
    batch.write_text("".join(f"ip route replace blackhole 20.{i >> 8}.{i & 255}.0/24\n"
                             for i in range(20000)))
    time.sleep(1)
    dut.cli(f"load {batch}", timeout=120)
    assert dut.client("show health").returncode == 0
    dut.ip("route flush type blackhole")
    proc.send_signal(signal.SIGINT)
    out = proc.communicate(timeout=60)[0].decode()
    assert "lost " in out and "blackhole 20.0.0.0/24" in out
    lab.h1.ping(lab.h2.ip)


def bridge_monitor(lab, words, *flags):
    """A monitor of bridges that has shown its first event, of br0 with port r1."""
    made = Monitor(lab.dut, words, *flags, tool="bridge")
    end = time.monotonic() + SLOW
    while not made.text():
        lab.dut.bridge("fdb replace 02:00:00:00:77:00 dev r1 master static")
        lab.dut.bridge("mdb add dev br0 port r1 grp 239.7.7.0 permanent")
        lab.dut.bridge("mdb del dev br0 port r1 grp 239.7.7.0")
        assert time.monotonic() < end, "no event"
        time.sleep(0.1)
    return made


@pytest.fixture
def br0(lab):
    lab.dut.ip("link add br0 type bridge")
    lab.dut.ip("link set br0 up")
    lab.dut.ip("link set r1 master br0")
    yield lab
    lab.dut.ip("link del br0")


def test_bridge_words(br0):
    """What bridge(8) prints; the states and roles of a tree with their reasons; nothing of routes."""
    mon, dut = bridge_monitor(br0, "all"), br0.dut
    dut.bridge("fdb add 02:00:00:00:77:01 dev r1 master static")
    dut.bridge("fdb del 02:00:00:00:77:01 dev r1 master")
    dut.ip("route add blackhole 20.7.0.0/16")
    dut.ip("route del blackhole 20.7.0.0/16")
    dut.bridge("mdb add dev br0 port r1 grp 239.7.7.7 permanent")
    dut.bridge("mdb del dev br0 port r1 grp 239.7.7.7")
    dut.ip("link set br0 type bridge stp_state 2")
    mon.wait("[FDB]02:00:00:00:77:01 dev r1 master br0 static\n",
             "[FDB]Deleted 02:00:00:00:77:01 dev r1 master br0 static\n",
             "[MDB]dev br0 port r1 grp 239.7.7.7 permanent\n",
             "[MDB]Deleted dev br0 port r1 grp 239.7.7.7 permanent\n",
             " br0 r1 instance 0 role disabled -> designated (", "[STP]",
             " br0 r1 instance 0 state ", "-> forwarding (")
    assert "20.7.0.0" not in mon.stop()


def test_bridge_vlans(br0):
    """Members that come, change and go, what is set of them, and what VLANs have all over the
    bridge: those side by side that have the same in one event, as `bridge monitor vlan` prints it."""
    mon, dut = bridge_monitor(br0, "all"), br0.dut
    rows = Monitor(dut, "vlan", "-j", tool="bridge")
    while "br9" not in rows.text():
        dut.ip("link add br9 type bridge")
        dut.ip("link del br9")
        time.sleep(0.1)
    gap = " " * 16
    dut.bridge("vlan add vid 10-12 dev r1")
    dut.bridge("vlan add vid 11 dev r1 pvid untagged")
    dut.bridge("vlan add vid 10-12 dev r1")
    dut.bridge("vlan add vid 11 dev r1 pvid untagged")
    dut.bridge("vlan set vid 12 dev r1 state blocking mcast_router 2")
    dut.bridge("vlan global set dev br0 vid 10-12 mcast_querier 1 mcast_igmp_version 3")
    dut.bridge("vlan global set dev br0 vid 10-11 msti 5")
    dut.bridge("mst set dev r1 msti 5 state learning")
    dut.bridge("vlan del vid 10-12 dev r1")
    dut.ip("link set r1 nomaster")
    dut.ip("link set r1 master br0")
    text = mon.wait(
        f"[VLAN]{'r1':16}  10-12\n{gap}    state forwarding mcast_router 1\n",
        f"[VLAN]{'r1':16}  11 PVID Egress Untagged\n{gap}    state forwarding mcast_router 1\n",
        f"[VLAN]{'r1':16}  12\n{gap}    state blocking mcast_router 2\n",
        f"[VLAN]{'br0':16}  10-12\n{gap}    mcast_snooping 1 mcast_querier 1 mcast_igmp_version 3 ",
        f"[VLAN]{'br0':16}  10-11\n{gap}    mcast_snooping 1 ", " msti 5 \n",
        f"[VLAN]{'r1':16}  10\n{gap}    state disabled mcast_router 1\n",
        f"[VLAN]{'r1':16}  11 PVID Egress Untagged\n{gap}    state disabled mcast_router 1\n",
        f"[VLAN]{'r1':16}  10\n{gap}    state learning mcast_router 1\n",
        f"[VLAN]Deleted {'r1':16}  10-12\n{gap}    state disabled\n",
        f"[VLAN]Deleted {'r1':16}  1\n{gap}    state disabled\n",
        f"[VLAN]{'r1':16}  1 PVID Egress Untagged\n{gap}    state forwarding mcast_router 1\n")
    mon.stop()
    assert text.count("  12\n") == 1, "what was said anew, as it was, is no event"
    rows.wait('"deleted":true', '"ifname":"r1"', '"vlanEnd":12', '"ifname":"r1","vlans":[{"vlan":1,')
    told = [json.loads(line) for line in rows.stop().splitlines()]
    assert {r["event"] for r in told} == {"vlan"}
    mine = [r for r in told if r["ifname"] == "r1"]
    assert mine[0] == {"event": "vlan", "ifname": "r1", "vlans": [
        {"vlan": 10, "vlanEnd": 12, "flags": [], "state": "forwarding", "mcast_router": 1}]}
    assert {"event": "vlan", "deleted": True, "ifname": "r1", "vlans": [
        {"vlan": 10, "vlanEnd": 12, "flags": [], "state": "disabled"}]} in mine


def test_bridge_selection(br0):
    """One kind alone, as JSON, by either tool; what hosts are learned from is told, too."""
    mon, dut = bridge_monitor(br0, "fdb", "-j"), br0.dut
    both = Monitor(dut, "stp mdb", "-j")
    dut.bridge("mdb add dev br0 port r1 grp 239.7.7.8 permanent")
    dut.ip("link set br0 type bridge stp_state 2")
    both.wait('"event":"stp"', '"to":"forwarding"')
    br0.h1.run("ping -c 1 -W 1 10.0.1.99", check=False)  # its ARP
    mon.wait(br0.h1.mac)
    rows = [json.loads(line) for line in mon.stop().splitlines()]
    assert {r["event"] for r in rows} == {"fdb"}
    mine = [r for r in rows if r["mac"] == br0.h1.mac]
    assert (mine[0]["ifname"], mine[0]["state"]) == ("r1", "")
    rows = [json.loads(line) for line in both.stop().splitlines()]
    assert {r["event"] for r in rows} <= {"stp", "mdb"}
    tree = [r for r in rows if r["event"] == "stp" and r["what"] == "role"]
    assert (tree[0]["bridge"], tree[0]["ifname"], tree[0]["to"]) == ("br0", "r1", "designated")
    assert tree[0]["why"] and tree[0]["time"] > 0
