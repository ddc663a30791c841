# SPDX-License-Identifier: BSD-3-Clause
"""Who is answered, who is believed, and in whose name: the ARP tunables of
Documentation/networking/ip-sysctl, each value; proxy ARP; address conflicts; `ip neigh`."""
import contextlib
import json
import time

import pytest
from netlab import SLOW, sh
from pkt import carries, control, is_arp, probe
from scapy.all import ARP, UDP, Ether, raw

BCAST = "ff:ff:ff:ff:ff:ff"
NONE = "00:00:00:00:00:00"
MAC = "02:00:00:00:66:01"


@contextlib.contextmanager
def conf(dut, **sysctls):
    """net.ipv4.conf.r1.* for the length of the body; "neigh_x" stands for net.ipv4.neigh.r1.x."""
    def key(name):
        kind, name = ("neigh", name[6:]) if name.startswith("neigh_") else ("conf", name)
        return f"net.ipv4.{kind}.r1.{name}"
    before = {k: dut.sysctl(key(k)) for k in sysctls}
    for name, value in sysctls.items():
        dut.sysctl(key(name), value)
    try:
        yield
    finally:
        for name, value in before.items():
            dut.sysctl(key(name), value)


@contextlib.contextmanager
def addresses(dut, *words):
    """Addresses of r1, "ADDR/LEN [scope S]", in this order and no others."""
    dut.ip("addr flush dev r1")
    for w in words:
        dut.ip(f"addr add {w} dev r1")
    try:
        yield
    finally:
        dut.ip("addr flush dev r1")
        dut.ip("addr add 10.0.1.1/24 dev r1")


def ask(host, target, psrc=None, mac=None, dst=BCAST):
    mac = mac or host.mac
    return Ether(src=mac, dst=dst) / ARP(op=1, hwsrc=mac, psrc=psrc or host.ip, pdst=target)


def answered(host, targets, psrc=None):
    """Which of these addresses are answered for, by the time that an echo behind them is."""
    with host.wire() as wire:
        wire.send(*(ask(host, t, psrc) for t in targets))
        control(host, wire, host.gw)
        wire.drain(0.25)
        return [t for t in targets if any(is_arp(2, sender=t)(f) for f in wire.seen)]


def entry(dut, ip, dev="r1"):
    rows = [r for r in dut.ip_json(f"neigh show dev {dev}") if r["dst"] == ip]
    return rows[0] if rows else None


def wait_for(what, message):
    end = time.monotonic() + SLOW
    while not what():
        assert time.monotonic() < end, message
        time.sleep(0.05)


# --- arp_ignore ---

IGNORE = {  # mode: targets answered, of those below, for a sender in 10.0.1/24
    0: ["10.0.1.1", "10.0.1.3", "10.66.0.1", "10.0.2.1", "10.67.0.1"],
    1: ["10.0.1.1", "10.0.1.3", "10.66.0.1", "10.67.0.1"],
    2: ["10.0.1.1", "10.0.1.3"],
    3: ["10.0.1.1", "10.0.1.3", "10.66.0.1", "10.0.2.1"],
    8: [],
}


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize("mode", IGNORE)
def test_arp_ignore(lab, mode, order):
    """0 any address of ours; 1 of this interface; 2 and of the sender's subnet; 3 not of scope host;
    8 none. Primary and secondary in both orders, an address of the other interface, a /32 and one of
    scope host."""
    targets = ["10.0.1.1", "10.0.1.3", "10.66.0.1", "10.0.2.1", "10.67.0.1"]
    words = ["10.0.1.1/24", "10.0.1.3/24", "10.66.0.1/32", "10.67.0.1/32 scope host"]
    words = words if order == "ab" else [words[1], words[0], words[3], words[2]]
    with addresses(lab.dut, *words), conf(lab.dut, arp_ignore=mode):
        assert answered(lab.h1, targets) == IGNORE[mode]
    assert answered(lab.h1, targets[:1]) == targets[:1]


def test_probes_are_of_every_subnet(lab):
    """RFC 5227 2.1.1 with arp_ignore 2: who has no address yet is on no subnet, and is answered."""
    with conf(lab.dut, arp_ignore=2), lab.h1.wire() as wire:
        wire.send(ask(lab.h1, lab.h1.gw, psrc="0.0.0.0"))
        wire.expect(is_arp(2, sender=lab.h1.gw), "the answer to a probe")


# --- arp_announce ---

def asks_from(lab, src, target):
    """The sender address of the request that a packet from src to target causes."""
    with lab.h1.wire() as wire:
        words = f"ping -c 1 -W 1 -I {src} {target}"
        if hasattr(lab.dut, "client"):
            lab.dut.client(words)
        else:
            sh(f"ip netns exec {lab.dut.ns} {words}", check=False)
        got = wire.expect(is_arp(1, target=target), f"a request for {target}")
    lab.dut.ip(f"neigh flush to {target} nud all")
    return got[ARP].psrc


@pytest.mark.parametrize("order", [("10.0.1.1", "10.0.1.3"), ("10.0.1.3", "10.0.1.1")],
                         ids=["1-3", "3-1"])
@pytest.mark.parametrize("mode", [0, 1, 2])
def test_arp_announce(lab, mode, order):
    """0 the packet's own source; 1 if it is on the target's subnet; 2 the best, the primary. The far
    interface's address may be announced in mode 0 only."""
    primary, secondary = order
    with addresses(lab.dut, f"{primary}/24", f"{secondary}/24"), conf(lab.dut, arp_announce=mode):
        assert asks_from(lab, primary, "10.0.1.91") == primary
        assert asks_from(lab, secondary, "10.0.1.92") == (primary if mode == 2 else secondary)
        assert asks_from(lab, "10.0.2.1", "10.0.1.93") == ("10.0.2.1" if mode == 0 else primary)


# --- who is answered besides ---

def test_arp_filter(lab):
    """1: only where packets to the sender would leave: asked for 10.0.1.1 by a station of 10.0.2/24 on
    the wire of 10.0.1/24."""
    assert answered(lab.h1, [lab.h1.gw], psrc="10.0.2.77") == [lab.h1.gw]
    with conf(lab.dut, arp_filter=1):
        assert answered(lab.h1, [lab.h1.gw], psrc="10.0.2.77") == []
        assert answered(lab.h1, [lab.h1.gw]) == [lab.h1.gw]
        lab.dut.ip("route add 10.77.0.0/24 dev r1")
        assert answered(lab.h1, [lab.h1.gw], psrc="10.77.0.5") == [lab.h1.gw]
        lab.dut.ip("route del 10.77.0.0/24 dev r1")


def test_sender_must_be_routed_back(lab):
    """rp_filter holds for ARP requests as for packets."""
    with conf(lab.dut, rp_filter=1):
        assert answered(lab.h1, [lab.h1.gw], psrc="10.0.2.77") == []
        assert answered(lab.h1, [lab.h1.gw]) == [lab.h1.gw]


@pytest.mark.ours("Linux looks at the source of a request only where rp_filter is on")
def test_impossible_senders(lab):
    """A subnet's broadcast address asks nothing."""
    assert answered(lab.h1, [lab.h1.gw], psrc="10.0.1.255") == []
    assert answered(lab.h1, [lab.h1.gw]) == [lab.h1.gw]


# --- who is believed ---

@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("kind", ["request", "reply", "unasked"])
def test_arp_accept(lab, mode, kind):
    """Entries from gratuitous ARP and unasked answers: 0 none, 1 any host, 2 of the interface's subnet."""
    near, far = "10.0.1.81", "10.78.0.5"
    lab.dut.ip("route add 10.78.0.0/24 dev r1")
    try:
        with conf(lab.dut, arp_accept=mode), lab.h1.wire() as wire:
            for ip in (near, far):
                arp = {"request": ARP(op=1, hwsrc=MAC, psrc=ip, pdst=ip, hwdst=NONE),
                       "reply": ARP(op=2, hwsrc=MAC, psrc=ip, pdst=ip, hwdst=MAC),
                       "unasked": ARP(op=2, hwsrc=MAC, psrc=ip, pdst="10.0.1.99", hwdst=BCAST)}[kind]
                wire.send(Ether(src=MAC, dst=BCAST) / arp)
            control(lab.h1, wire, lab.h1.gw)
            got = [ip for ip in (near, far) if entry(lab.dut, ip)]
        assert got == {0: [], 1: [near, far], 2: [near]}[mode]
    finally:
        lab.dut.ip("route del 10.78.0.0/24 dev r1")
        lab.dut.ip("neigh flush dev r1 to 10.0.1.81")
        lab.dut.ip("neigh flush dev r1 to 10.78.0.5")


def known(lab, ip, mac):
    """Make the router know a station, STALE, by a question of its own."""
    with lab.h1.wire() as wire:
        wire.send(ask(lab.h1, lab.h1.gw, psrc=ip, mac=mac))
        wire.expect(is_arp(2, target=ip))
    wait_for(lambda: (entry(lab.dut, ip) or {}).get("lladdr") == mac, f"{ip} is not learned")


def test_drop_gratuitous_arp(lab):
    ip, grat = "10.0.1.82", {"psrc": "10.0.1.82", "pdst": "10.0.1.82"}
    known(lab, ip, MAC)
    new = "02:00:00:00:66:82"
    with lab.h1.wire() as wire:
        with conf(lab.dut, drop_gratuitous_arp=1):
            wire.send(Ether(src=new, dst=BCAST) / ARP(op=1, hwsrc=new, **grat))
            control(lab.h1, wire, lab.h1.gw)
            assert entry(lab.dut, ip)["lladdr"] == MAC
        wire.send(Ether(src=new, dst=BCAST) / ARP(op=1, hwsrc=new, **grat))
        wait_for(lambda: entry(lab.dut, ip)["lladdr"] == new, "the announcement is not believed")


def test_asking_us_overrides_locktime(lab):
    """Who asks for our address is believed at once, who answers twice is not."""
    ip, new = "10.0.1.83", "02:00:00:00:66:83"
    with conf(lab.dut, neigh_locktime=3000):
        known(lab, ip, MAC)
        with lab.h1.wire() as wire:
            wire.send(Ether(src=new, dst=BCAST) / ARP(op=2, hwsrc=new, psrc=ip, pdst=lab.h1.gw,
                                                      hwdst=lab.h1.gw_mac))
            control(lab.h1, wire, lab.h1.gw)
            assert entry(lab.dut, ip)["lladdr"] == MAC
        known(lab, ip, new)


def test_passive_update(lab):
    """What a known station asks of others is heard, too (RFC 826: Merge_flag)."""
    ip, new = "10.0.1.84", "02:00:00:00:66:84"
    known(lab, ip, MAC)
    with conf(lab.dut, neigh_locktime=0), lab.h1.wire() as wire:
        time.sleep(0.05)
        wire.send(ask(lab.h1, "10.0.1.99", psrc=ip, mac=new))
        wait_for(lambda: entry(lab.dut, ip)["lladdr"] == new, "the new address is not taken")
        wire.send(ask(lab.h1, "10.0.1.99", psrc="10.0.1.85", mac=new))  # a stranger's is not
        control(lab.h1, wire, lab.h1.gw)
    assert entry(lab.dut, "10.0.1.85") is None


# --- announcing ---

def test_arp_notify(lab):
    """1: gratuitous ARP when the interface comes up."""
    with lab.h1.wire() as wire:
        lab.dut.ip("link set r1 down")
        lab.dut.ip("link set r1 up")
        control_up(lab, wire)
        wire.none(is_arp(1, target=lab.h1.gw, sender=lab.h1.gw), "an announcement nobody asked for")
    with conf(lab.dut, arp_notify=1), lab.h1.wire() as wire:
        lab.dut.ip("link set r1 down")
        lab.dut.ip("link set r1 up")
        got = wire.expect(is_arp(1, target=lab.h1.gw, sender=lab.h1.gw), "the announcement")
        assert got.dst == BCAST and got[ARP].hwsrc == lab.h1.gw_mac


def control_up(lab, wire):
    """The router answers again."""
    wait_for(lambda: answered(lab.h1, [lab.h1.gw]), "the interface does not come up")


@pytest.mark.ours("Linux does not announce a new address by itself")
def test_new_address_is_announced(lab):
    with conf(lab.dut, arp_notify=1), lab.h1.wire() as wire:
        lab.dut.ip("addr add 10.0.1.8/24 dev r1")
        wire.expect(is_arp(1, target="10.0.1.8", sender="10.0.1.8"), "the announcement")
        lab.dut.ip("addr del 10.0.1.8/24 dev r1")


@pytest.mark.ours("Linux neither tells of conflicts nor defends (RFC 5227 2.4)")
def test_conflict_is_told_and_defended(lab):
    with lab.h1.wire() as wire, lab.dut.expect_drops(arp_own_address=3):
        for _ in range(3):
            wire.send(Ether(src=MAC, dst=BCAST) / ARP(op=1, hwsrc=MAC, psrc=lab.h1.gw,
                                                      pdst=lab.h1.gw))
        got = wire.expect(is_arp(1, target=lab.h1.gw, sender=lab.h1.gw), "the defence")
        assert got[ARP].hwsrc == lab.h1.gw_mac
        control(lab.h1, wire, lab.h1.gw)
        told = lab.dut.cli("show arp conflicts")
        assert [(c["dev"], c["address"], c["lladdr"], c["count"], c["defended"]) for c in told] == \
            [("r1", lab.h1.gw, MAC, 3, True)]
        again = [f for f in wire.drain() if is_arp(1, target=lab.h1.gw, sender=lab.h1.gw)(f)]
        assert len(again) == 1  # and not again within DEFEND_INTERVAL
    assert entry(lab.dut, lab.h1.gw) is None


# --- proxy ARP ---

def test_proxy_arp(lab):
    """For what another interface leads to; not for the asker's own LAN, nor for what is nowhere; not
    for probes."""
    targets = [lab.h2.ip, "10.0.2.77", "10.0.1.77", "172.31.0.1", "10.0.2.255"]
    assert answered(lab.h1, targets) == []
    with conf(lab.dut, proxy_arp=1, neigh_proxy_delay=0):
        assert answered(lab.h1, targets) == targets[:2]
        assert answered(lab.h1, targets, psrc="0.0.0.0") == []
        with conf(lab.dut, forwarding=0):
            assert answered(lab.h1, targets) == []
    assert answered(lab.h1, targets + [lab.h1.gw]) == [lab.h1.gw]


def test_proxied_host_is_reached(lab):
    """The whole way: a host that believes all of 10/8 is on its LAN talks to one behind the router."""
    with conf(lab.dut, proxy_arp=1, neigh_proxy_delay=0):
        lab.h1.run("ip addr flush dev eth0")
        lab.h1.run(f"ip addr add {lab.h1.ip}/8 dev eth0")
        try:
            lab.h1.ping(lab.h2.ip, 3)
            assert lab.h1.neigh(lab.h2.ip)["lladdr"] == lab.h1.gw_mac
        finally:
            lab.h1.run("ip addr flush dev eth0")
            lab.h1.run(f"ip addr add {lab.h1.ip}/24 dev eth0")
            lab.h1.run(f"ip route replace default via {lab.h1.gw}")


def test_proxy_arp_pvlan(lab):
    """RFC 3069: answered for stations of the same LAN, but not to the one who asks for himself."""
    with conf(lab.dut, proxy_arp_pvlan=1, neigh_proxy_delay=0):
        assert answered(lab.h1, ["10.0.1.77", lab.h2.ip]) == ["10.0.1.77"]
        assert answered(lab.h1, ["10.0.1.78"], psrc="10.0.1.78") == []
    with conf(lab.dut, neigh_proxy_delay=0):
        lab.dut.sysctl("net.ipv4.conf.all.proxy_arp_pvlan", 1)
        try:
            assert answered(lab.h1, ["10.0.1.77", lab.h2.ip]) == ["10.0.1.77"]
        finally:
            lab.dut.sysctl("net.ipv4.conf.all.proxy_arp_pvlan", 0)


def test_proxy_entry(lab):
    """`ip neigh add proxy`: one address, where it lies behind another interface."""
    lab.dut.ip("neigh add proxy 10.0.2.88 dev r1")
    lab.dut.ip("neigh add proxy 10.0.1.88 dev r1")  # on that LAN itself: no effect
    try:
        with conf(lab.dut, neigh_proxy_delay=0):
            assert answered(lab.h1, ["10.0.2.88", "10.0.2.89", "10.0.1.88"]) == ["10.0.2.88"]
            assert answered(lab.h2, ["10.0.1.77"]) == []
        assert lab.dut.ip_json("neigh show proxy dev r1") in (
            [{"dst": "10.0.1.88", "proxy": None}, {"dst": "10.0.2.88", "proxy": None}],
            [{"dst": "10.0.2.88", "proxy": None}, {"dst": "10.0.1.88", "proxy": None}])
    finally:
        lab.dut.ip("neigh del proxy 10.0.2.88 dev r1")
        lab.dut.ip("neigh del proxy 10.0.1.88 dev r1")
    assert lab.dut.ip_json("neigh show proxy") == []


@pytest.mark.ours("Linux has proxy entries for single addresses only")
def test_proxied_range(lab):
    lab.dut.ip("neigh add proxy 10.0.2.128/26 dev r1")
    with conf(lab.dut, neigh_proxy_delay=0):
        assert answered(lab.h1, ["10.0.2.127", "10.0.2.128", "10.0.2.191", "10.0.2.192"]) == \
            ["10.0.2.128", "10.0.2.191"]
    lab.dut.ip("neigh flush proxy")


def test_proxy_answers_are_delayed(lab):
    """proxy_delay: asked by broadcast the answer waits, asked by unicast it does not; proxy_qlen."""
    with conf(lab.dut, proxy_arp=1, neigh_proxy_delay=6000), lab.h1.wire() as wire:
        targets = [f"10.0.2.{n}" for n in range(100, 120)]
        wire.send(*(ask(lab.h1, t) for t in targets))
        wire.send(ask(lab.h1, "10.0.2.99", dst=lab.h1.gw_mac))
        wire.expect(is_arp(2, sender="10.0.2.99"), "the answer to a unicast request")
        got = [f for f in wire.drain() if is_arp(2)(f) and f[ARP].psrc in targets]
        assert len(got) <= 3  # a random time below a minute: that more come at once is no chance


# --- tools ---

def test_arp_scan(lab):
    """A scan finds the router, once, and the router survives it."""
    out = lab.h1.run("arp-scan -q -x -r 1 -I eth0 --localnet", timeout=120).stdout.split("\n")
    assert [ln.split()[:2] for ln in out if ln.strip()] == [[lab.h1.gw, lab.h1.gw_mac]]
    lab.h1.ping(lab.h2.ip)


def test_duplicate_address_detection_by_arping(lab):
    """arping -D of iputils: the router's address is in use, another is not."""
    taken = lab.h1.run(f"arping -D -q -c 2 -w 3 -I eth0 {lab.h1.gw}", check=False)
    free = lab.h1.run("arping -D -q -c 1 -w 2 -I eth0 10.0.1.99", check=False)
    assert (taken.returncode, free.returncode) == (1, 0)


def test_the_kernel_s_own_arp(lab):
    """A Linux host as the neighbour: its cache forgotten, ours forgotten, in both directions."""
    for _ in range(3):
        lab.h1.run("ip neigh flush all", check=False)
        lab.h1.ping(lab.h2.ip)
        lab.dut.ip("neigh flush dev r2 nud all")
        lab.h1.ping(lab.h2.ip)
        assert lab.h1.neigh(lab.h1.gw)["lladdr"] == lab.h1.gw_mac
        assert entry(lab.dut, lab.h2.ip, "r2")["lladdr"] == lab.h2.mac


# --- administration ---

def test_words_of_ip_neigh(lab):
    """Text and JSON of iproute2 6.1, character by character."""
    dut = lab.dut
    dut.ip("neigh flush dev r1 nud all")
    dut.ip(f"neigh add 10.0.1.41 lladdr {MAC} dev r1")
    dut.ip(f"neigh add 10.0.1.42 lladdr {MAC} dev r1 nud stale router")
    dut.ip(f"neigh add 10.0.1.43 lladdr {MAC} dev r1 nud noarp extern_learn")
    dut.ip("neigh add 10.0.1.44 dev r1 nud failed")
    dut.ip("neigh add 10.0.1.45 dev r1 nud none")
    try:
        rows = {line.split()[0]: line for line in dut.ip("neigh show dev r1 nud all").split("\n")
                if line.startswith("10.0.1.4")}
        assert rows == {
            "10.0.1.41": f"10.0.1.41 lladdr {MAC} PERMANENT ",
            "10.0.1.42": f"10.0.1.42 lladdr {MAC} router STALE ",
            "10.0.1.43": f"10.0.1.43 lladdr {MAC} extern_learn NOARP ",
            "10.0.1.44": "10.0.1.44 FAILED ",
            "10.0.1.45": "10.0.1.45 "}
        dumped = {json.dumps(r) for r in dut.ip_json("neigh show nud all")
                  if r["dst"].startswith("10.0.1.4")}
        assert dumped == {
            json.dumps({"dst": "10.0.1.41", "dev": "r1", "lladdr": MAC, "state": ["PERMANENT"]}),
            json.dumps({"dst": "10.0.1.42", "dev": "r1", "lladdr": MAC, "router": None,
                        "state": ["STALE"]}),
            json.dumps({"dst": "10.0.1.43", "dev": "r1", "lladdr": MAC, "extern_learn": None,
                        "state": ["NOARP"]}),
            json.dumps({"dst": "10.0.1.44", "dev": "r1", "state": ["FAILED"]}),
            json.dumps({"dst": "10.0.1.45", "dev": "r1"})}
        keys = list(dut.ip_json("-s neigh show to 10.0.1.41")[0])
        assert keys == ["dst", "dev", "lladdr", "used", "confirmed", "updated", "probes", "state"]
        assert dut.ip("neigh get 10.0.1.41 dev r1") == f"10.0.1.41 dev r1 lladdr {MAC} PERMANENT \n"
        shown = [r["dst"] for r in dut.ip_json("neigh show nud stale nud failed dev r1")]
        assert sorted(shown) == ["10.0.1.42", "10.0.1.43", "10.0.1.44"]  # extern_learn always is
        dut.ip("neigh change 10.0.1.42 nud reachable dev r1")
        assert entry(dut, "10.0.1.42")["state"] == ["REACHABLE"]
        dut.ip("neigh replace 10.0.1.44 lladdr 02:00:00:00:66:44 dev r1 nud delay")
        assert entry(dut, "10.0.1.44")["lladdr"] == "02:00:00:00:66:44"
        dut.ip("neigh flush dev r1")  # what was entered for good stays, extern_learn does not
        assert [r["dst"] for r in dut.ip_json("neigh show dev r1")
                if r["dst"].startswith("10.0.1.4")] == ["10.0.1.41"]
    finally:
        dut.ip("neigh flush dev r1 nud all")


@pytest.mark.parametrize("words", [
    f"add 10.0.1.46 lladdr {MAC} dev r1",  # it is there already
    "add 10.0.1.47 dev r1",
    "add 10.0.1.47 dev r1 nud stale",
    f"change 10.0.1.50 lladdr {MAC} dev r1",
    "del 10.0.1.51 dev r1",
    "get 10.0.1.52 dev r1",
    "del proxy 10.0.1.47 dev r1",
    "flush",
    "show nud sideways",
    f"add 10.0.1.48 lladdr {MAC} dev r9",
    f"add 10.0.1.300 lladdr {MAC} dev r1"])
def test_refused(lab, words):
    lab.dut.ip(f"neigh replace 10.0.1.46 lladdr {MAC} dev r1")
    before = lab.dut.ip_json("neigh show dev r1 nud permanent")
    with pytest.raises(AssertionError):
        lab.dut.ip("neigh " + words)
    assert lab.dut.ip_json("neigh show dev r1 nud permanent") == before
    lab.dut.ip("neigh del 10.0.1.46 dev r1")


def test_use_asks_at_once(lab):
    """`ip neigh add ... use`: resolved before anybody sends there."""
    with lab.h2.wire() as wire:
        lab.dut.ip("neigh add 10.0.2.49 dev r2 use")
        wire.expect(is_arp(1, target="10.0.2.49"), "the request")
    assert entry(lab.dut, "10.0.2.49", "r2")["state"] in (["INCOMPLETE"], ["FAILED"])


# --- failure ---

@pytest.mark.ours("Linux asks again with each packet")
def test_failure_is_remembered_longer_each_time(lab):
    """Negative answers come from memory for retrans_time_ms, then twice that, and so on."""
    def asked():
        return sum(is_arp(1, target=ip)(f) for f in w2.drain())
    ip = "10.0.2.201"
    lab.dut.sysctl("net.ipv4.neigh.r2.retrans_time_ms", 250)
    try:
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            end, rounds = time.monotonic() + 4, 0
            while time.monotonic() < end:
                w1.send(probe(lab.h1, ip))
                time.sleep(0.02)
            rounds = asked() / 3
            # 750 ms to ask, then 250, 500, 1000, 2000 ms of memory: Linux asks five rounds
            assert 2 <= rounds <= 4
            mac = "02:00:00:00:66:c9"
            known_packet = probe(lab.h1, ip)
            w2.send(Ether(src=mac, dst=lab.h2.gw_mac) / ARP(
                op=1, hwsrc=mac, psrc=ip, pdst=lab.h2.gw))  # it is there, and says so
            wait_for(lambda: (entry(lab.dut, ip, "r2") or {}).get("lladdr") == mac, "not learned")
            w1.send(known_packet)
            w2.expect(carries(raw(known_packet[UDP].payload)), "the packet, at once")
    finally:
        lab.dut.sysctl("net.ipv4.neigh.r2.retrans_time_ms", 1000)
