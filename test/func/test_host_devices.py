# SPDX-License-Identifier: BSD-3-Clause
"""Counterparts of the router's devices in a namespace of the host: made, kept as the devices are, removed.
And what reaches them when more comes than anybody wants."""
import signal
import socket

import pytest
from conftest import lab_of
from netlab import SO_RCVBUFFORCE, Node, eventually, one_cpu, sh
from pkt import is_error, probe, token
from scapy.all import IP, TCP, Raw, raw

pytestmark = pytest.mark.ours("the kernel's devices are no counterparts of others")


@pytest.fixture(scope="module")
def lab():
    with lab_of(2, host={}) as made:
        yield made


def link(node, name):
    """The link of that name, or None."""
    return next((row for row in node.ip_json("link show") if row["ifname"] == name), None)


def addresses(node, name):
    """What both say of a device's addresses."""
    rows = [row for row in node.ip_json("addr show") if row["ifname"] == name]
    return {(a["local"], a["prefixlen"], a.get("address"), a.get("broadcast"), a["scope"])
            for row in rows for a in row["addr_info"] if a["family"] == "inet"}


def alike(lab, name):
    """The counterpart is as the device is."""
    ours, theirs = link(lab.dut, name), link(lab.apps, name)
    if ours is None or theirs is None:
        return ours is theirs
    up = [{"UP", "LOWER_UP"} & set(row["flags"]) for row in (ours, theirs)]
    return up[0] == up[1] and all(ours[key] == theirs[key] for key in ("mtu", "address")) and \
        addresses(lab.dut, name) == addresses(lab.apps, name)


def expect_alike(lab, *names):
    for name in names:
        eventually(lambda: alike(lab, name), lambda: "\n".join(
            f"{link(node, name)} {addresses(node, name)}" for node in (lab.dut, lab.apps)))


def test_as_the_ports_are(lab):
    expect_alike(lab, "r1", "r2", "lo")
    assert "NOARP" in link(lab.apps, "r1")["flags"]
    rows = {row["ifname"]: row for row in lab.dut.cli("show host")}
    assert set(rows) == {"r1", "r2"}
    assert rows["r1"]["operstate"] == "up" and rows["r1"]["host_ifindex"] == link(lab.apps, "r1")["ifindex"]


def test_counters(lab):
    def counted():
        return {key: n for key, n in lab.dut.cli("show host")[0].items() if key.endswith("_packets")}
    before = counted()
    lab.apps.ping(lab.h1.ip, 10)
    assert counted() == {"rx_packets": before["rx_packets"] + 10, "tx_packets": before["tx_packets"] + 10}


@pytest.mark.parametrize("change,back", [
    ("link set r1 mtu 1400", "link set r1 mtu 1500"),
    ("link set r1 address 02:00:00:00:77:01", "link set r1 address 02:00:00:00:01:01"),
    ("addr add 10.0.1.9/24 dev r1", "addr del 10.0.1.9/24 dev r1"),
    ("addr add 192.0.2.1/32 dev r1", "addr del 192.0.2.1/32 dev r1"),
    ("addr add 192.0.2.1 peer 192.0.2.9 dev r1", "addr del 192.0.2.1 peer 192.0.2.9 dev r1"),
    ("addr add 192.0.2.1/24 brd + dev r1", "addr del 192.0.2.1/24 dev r1"),
    ("addr add 192.0.2.1/24 dev r1 scope link", "addr del 192.0.2.1/24 dev r1"),
    ("addr add 192.0.2.1/32 dev lo", "addr del 192.0.2.1/32 dev lo"),
])
def test_changes(lab, change, back):
    before = [(link(lab.apps, n), addresses(lab.apps, n)) for n in ("r1", "lo")]
    lab.dut.ip(change)
    eventually(lambda: [(link(lab.apps, n), addresses(lab.apps, n)) for n in ("r1", "lo")] != before,
               "nothing changes in the host")
    expect_alike(lab, "r1", "lo")
    lab.dut.ip(back)
    eventually(lambda: [(link(lab.apps, n), addresses(lab.apps, n)) for n in ("r1", "lo")] == before,
               "it is not in the host as it was")
    expect_alike(lab, "r1", "lo")


def test_primary_goes(lab):
    """With it go its secondaries, in the router; the host has what the router has left."""
    for address in ("198.51.100.1/24", "198.51.100.2/24", "198.51.100.3/24"):
        lab.dut.ip(f"addr add {address} dev r2")
    expect_alike(lab, "r2")
    lab.dut.ip("addr del 198.51.100.1/24 dev r2")
    expect_alike(lab, "r2")
    lab.dut.sysctl("net.ipv4.conf.r2.promote_secondaries", 1)
    for address in ("198.51.100.1/24", "198.51.100.2/24", "198.51.100.3/24"):
        lab.dut.ip(f"addr add {address} dev r2")
    lab.dut.ip("addr del 198.51.100.1/24 dev r2")
    expect_alike(lab, "r2")
    assert ("198.51.100.3", 24) in {a[:2] for a in addresses(lab.apps, "r2")}
    lab.dut.ip("addr del 198.51.100.2/24 dev r2")
    lab.dut.ip("addr del 198.51.100.3/24 dev r2")
    lab.dut.sysctl("net.ipv4.conf.r2.promote_secondaries", 0)
    expect_alike(lab, "r2")
    lab.apps.ping(lab.h2.ip)


def test_down_and_up(lab):
    lab.dut.ip("link set r2 down")
    eventually(lambda: "UP" not in link(lab.apps, "r2")["flags"], "up in the host")
    expect_alike(lab, "r2")
    lab.dut.ip("link set r2 up")
    eventually(lambda: "LOWER_UP" in link(lab.apps, "r2")["flags"], "down in the host")
    expect_alike(lab, "r2")
    eventually(lambda: lab.apps.ping(lab.h2.ip, check=False), "no ping after it")


def test_carrier(lab):
    lab.h2.run(f"ip link set {lab.h2.dev} down")
    eventually(lambda: "NO-CARRIER" in link(lab.apps, "r2")["flags"], "carrier in the host")
    assert {r["ifname"]: r["operstate"] for r in lab.dut.cli("show host")}["r2"] == "no-carrier"
    lab.h2.run(f"ip link set {lab.h2.dev} up")
    lab.h2.run(f"ip route replace default via {lab.h2.gw}")
    eventually(lambda: "LOWER_UP" in link(lab.apps, "r2")["flags"], "no carrier in the host")
    expect_alike(lab, "r2")


def test_rename(lab):
    """The counterpart is called so, too, and still is one."""
    lab.dut.ip("link set r2 down")
    lab.dut.ip("link set r2 name wan")
    lab.dut.ip("link set wan up")
    try:
        expect_alike(lab, "wan", "r2")
        eventually(lambda: lab.apps.ping(lab.h2.ip, check=False), "no ping after it")
    finally:
        lab.dut.ip("link set wan down")
        lab.dut.ip("link set wan name r2")
        lab.dut.ip("link set r2 up")
    expect_alike(lab, "wan", "r2")
    eventually(lambda: lab.apps.ping(lab.h2.ip, check=False), "no ping after the old name")


@pytest.mark.parametrize("make,name", [("link add link r2 name r2.5 type vlan id 5", "r2.5"),
                                       ("link add br5 type bridge", "br5"),
                                       ("link add link r2 name mv5 type macvlan mode private", "mv5"),
                                       ("tunnel add t5 mode ipip local 10.0.2.1 remote 10.0.2.2", "t5")])
def test_devices_come_and_go(lab, make, name):
    lab.dut.ip(make)
    try:
        lab.dut.ip(f"addr add 203.0.113.1/24 dev {name}")
        lab.dut.ip(f"link set {name} up")
        eventually(lambda: link(lab.apps, name), "no counterpart")
        eventually(lambda: "UP" in link(lab.apps, name)["flags"], "down in the host")
        assert addresses(lab.apps, name) == addresses(lab.dut, name)
    finally:
        lab.dut.ip(f"link del {name}")
    eventually(lambda: link(lab.apps, name) is None, "it stays in the host")


def test_programs_on_a_bridge(lab):
    """A counterpart of a bridge is as good as a port's."""
    lab.dut.ip("link add br7 type bridge")
    lab.dut.ip("addr add 10.7.0.1/24 dev br7")
    lab.dut.ip("link set br7 up")
    lab.dut.ip("link set r2 master br7")
    lab.h2.run(f"ip addr add 10.7.0.2/24 dev {lab.h2.dev}")
    try:
        eventually(lambda: lab.apps.ping("10.7.0.2", check=False), "the host does not reach it")
        with lab.apps.socket(socket.SOCK_DGRAM, ("10.7.0.1", 5007)) as ours, \
                lab.h2.socket(socket.SOCK_DGRAM, ("10.7.0.2", 5007)) as theirs:
            theirs.sendto(b"by a bridge", ours.getsockname())
            assert ours.recvfrom(100) == (b"by a bridge", theirs.getsockname())
    finally:
        lab.h2.run(f"ip addr del 10.7.0.2/24 dev {lab.h2.dev}")
        lab.dut.ip("link del br7")
    eventually(lambda: lab.apps.ping(lab.h2.ip, check=False), "the port is not as it was")


def answered_by_the_router(lab):
    """Nobody's ports and protocols: what the router itself says, and no more than that."""
    with lab.h1.wire() as wire:
        closed = probe(lab.h1, lab.h1.gw, dport=7)
        unknown = lab.h1.to(lab.h1.gw, proto=253) / Raw(token())
        wire.send(closed, unknown, lab.h1.to(lab.h1.gw) / TCP(sport=4445, dport=9, flags="S"))
        wire.expect(is_error(3, 3, about=closed), "port unreachable")
        wire.expect(is_error(3, 2, about=unknown), "protocol unreachable")
        wire.none(lambda f: TCP in f, "a reset")


def test_disable_and_enable(lab):
    """Without it the router answers for itself; with it again, all is as before."""
    lab.apps.run("ip route add 203.0.113.0/24 via 10.0.1.2 proto bird")
    lab.dut.ip("addr add 192.0.2.1/32 dev lo")
    eventually(lambda: lab.dut.ip_json("route show 203.0.113.0/24"), "the route does not come")
    lab.dut.cli("host disable")
    eventually(lambda: not lab.dut.ip_json("route show 203.0.113.0/24"), "the host's route stays")
    assert {row["ifname"] for row in lab.apps.ip_json("link show")} == {"lo"}
    assert not {a for a in addresses(lab.apps, "lo") if a[0] != "127.0.0.1"}
    assert lab.dut.cli("show host") == []
    answered_by_the_router(lab)
    lab.h1.ping(lab.h2.ip)
    lab.dut.cli(f"host enable netns {lab.apps.ns} dev r1")
    try:
        expect_alike(lab, "r1", "lo")
        assert link(lab.apps, "r2") is None
        lab.apps.ping(lab.h1.ip)
        with lab.apps.socket(socket.SOCK_DGRAM, ("", 7)), lab.h2.wire() as wire:
            closed = probe(lab.h2, lab.h1.gw, dport=7)
            wire.send(closed)
            wire.expect(is_error(3, 3, about=closed), "port unreachable by a device without a counterpart")
    finally:
        lab.dut.ip("addr del 192.0.2.1/32 dev lo")
        lab.dut.cli(f"host enable netns {lab.apps.ns}")
    expect_alike(lab, "r1", "r2", "lo")
    lab.apps.ping(lab.h2.ip)


def refused(lab, words):
    done = lab.dut.client(words)
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1, done
    return done.stderr


def test_refused(lab):
    """In a line, and the router goes on; a name that is taken stays whose it is."""
    assert "no-such-ns" in refused(lab, "host enable netns no-such-ns") or \
        "no network namespace" in refused(lab, "host enable netns no-such-ns")
    other = Node(f"ro-{lab.tag}")
    sh(f"ip netns add {other.ns} && ip -n {other.ns} link add r2 type veth peer name r2-peer")
    try:
        assert "r2" in refused(lab, f"host enable netns {other.ns}")
        assert link(other, "r2")["ifname"] == "r2" and link(other, "r1") is None
    finally:
        sh(f"ip netns del {other.ns}")
    lab.h1.ping(lab.h2.ip)
    lab.dut.cli(f"host enable netns {lab.apps.ns}")
    lab.apps.ping(lab.h2.ip)


def test_namespace_is_deleted(fresh):
    """The daemon holds what it has entered: nothing ends but the name, and the router goes on."""
    lab = fresh(host={})
    sh(f"ip netns del {lab.apps.ns}")
    lab.h1.ping(lab.h2.ip)
    lab.h1.ping(lab.h1.gw)
    lab.dut.cli("host disable")
    assert refused(lab, f"host enable netns {lab.apps.ns}")
    answered_by_the_router(lab)
    sh(f"ip netns add {lab.apps.ns}")
    lab.dut.cli(f"host enable netns {lab.apps.ns}")
    lab.apps.ping(lab.h1.ip)


def test_missing_at_start(fresh):
    """The section is left out, which the log says in a line; the rest runs."""
    lab = fresh(host={}, start=False)
    sh(f"ip netns del {lab.apps.ns}")
    lab.dut.start()
    assert [line for line in lab.dut.log_tail().splitlines() if line.startswith("/host: there is no")]
    assert lab.dut.cli("show host") == []
    lab.h1.ping(lab.h2.ip)
    sh(f"ip netns add {lab.apps.ns}")
    lab.dut.cli(f"config load {lab.dut.conf} replace")
    lab.apps.ping(lab.h1.ip)


def test_end_of_the_daemon(fresh):
    """However it ends, its counterparts go; started again it makes them, and nothing of before is left."""
    lab = fresh(host={})
    lab.dut.ip("addr add 192.0.2.1/32 dev lo")
    lab.dut.ip("route add blackhole 203.0.113.0/24")
    lab.dut.ip(f"route add 198.51.100.0/24 via {lab.h1.ip}")
    eventually(lambda: len(lab.apps.ip_json("route show proto 157")) == 2, "the routes are not known to the host")
    lab.dut.proc.send_signal(signal.SIGKILL)
    lab.dut.proc.wait()
    assert {row["ifname"] for row in lab.apps.ip_json("link show")} == {"lo"}
    lab.dut.start()
    expect_alike(lab, "r1", "r2", "lo")
    lab.apps.ping(lab.h1.ip)
    eventually(lambda: not lab.apps.ip_json("route show proto 157"), "routes of a router that is no more")
    lab.dut.stop()
    assert {row["ifname"] for row in lab.apps.ip_json("link show")} == {"lo"}
    lab.dut.start()
    expect_alike(lab, "r1", "r2", "lo")


def test_config(lab):
    """The section is shown as it was given, and follows a reload."""
    assert lab.dut.cli("show config running /host") == {"netns": lab.apps.ns}
    lab.dut.cli(f"host enable netns {lab.apps.ns} routes import dev r2")
    try:
        assert lab.dut.cli("show config running /host") == \
            {"netns": lab.apps.ns, "devices": ["r2"], "routes": "import"}
    finally:
        lab.dut.cli(f"config load {lab.dut.conf} replace")
    assert lab.dut.cli("show config running /host") == {"netns": lab.apps.ns}
    expect_alike(lab, "r1", "r2")


def test_reload_leaves_what_does_not_differ(lab):
    """A program's socket on a counterpart, and its routes, outlive a reload of the section that is about others."""
    before = link(lab.apps, "r1")["ifindex"]
    lab.apps.run("ip route add 203.0.113.0/24 via 10.0.1.2 proto bird")
    with lab.apps.socket(socket.SOCK_DGRAM, ("10.0.1.1", 5009)) as program:
        program.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"r1\0")
        try:
            for change in ({"devices": ["r1"]}, {"devices": ["r2", "r1"], "routes": "import"}, {"routes": "export"}, {}):
                lab.dut.write_config({**lab.dut.config, "host": {"netns": lab.apps.ns, **change}})
                lab.dut.cli(f"config load {lab.dut.conf} replace")
                assert link(lab.apps, "r1")["ifindex"] == before, change
                assert (link(lab.apps, "r2") is None) == (change.get("devices") == ["r1"])
                program.sendto(b"still here", (lab.h1.ip, 9))
                assert lab.apps.ip_json("route show 203.0.113.0/24"), "control: the kernel's route went"
        finally:
            lab.dut.write_config({**lab.dut.config, "host": {"netns": lab.apps.ns}})
            lab.dut.cli(f"config load {lab.dut.conf} replace")
    eventually(lambda: lab.dut.ip_json("route show 203.0.113.0/24"), "the route is not the router's again")
    lab.apps.run("ip route del 203.0.113.0/24")
    expect_alike(lab, "r1", "r2")


def test_saved_with_names_of_now(fresh):
    """A named device that is renamed is saved so; one that went is not named; what is saved is loaded again."""
    lab = fresh(host={})
    for vid in (5, 6):
        lab.dut.ip(f"link add link r1 name r1.{vid} type vlan id {vid}")
    lab.dut.cli(f"host enable netns {lab.apps.ns} dev r1.5 dev r1.6")
    lab.dut.ip("link set r1.5 name blue")
    lab.dut.ip("link del r1.6")
    assert lab.dut.cli("show config running /host") == {"netns": lab.apps.ns, "devices": ["blue"]}
    lab.dut.cli("config save")
    lab.dut.cli(f"config load {lab.dut.conf} replace")
    assert [row["ifname"] for row in lab.dut.cli("show host")] == ["blue"]
    lab.dut.ip("link del blue")
    lab.dut.cli("config save")
    lab.dut.cli(f"config load {lab.dut.conf} replace")
    assert lab.dut.cli("show config running /host") == {"netns": lab.apps.ns, "devices": []}
    assert lab.dut.cli("show host") == [] and link(lab.apps, "r1") is None


def test_another_namespace_of_the_name(fresh):
    """What has the name now is where the counterparts are wanted."""
    lab = fresh(host={})
    sh(f"ip netns del {lab.apps.ns}")
    sh(f"ip netns add {lab.apps.ns}")
    lab.dut.cli(f"host enable netns {lab.apps.ns}")
    expect_alike(lab, "r1", "r2")
    lab.apps.ping(lab.h1.ip)


def test_flood(fresh):
    """To closed ports, as fast as a sender here can: what is forwarded, ARP, and what routing protocols say
    (precedence internetwork control) get through; what the host did not take is counted. That a full ring
    delays none of these is test_dp_host.c's to show, whose control thread stands still."""
    lab = fresh(hosts=3, host={})
    flood = [raw(lab.h1.to(lab.h1.gw) / TCP(sport=1024 + n, dport=9, flags="S")) for n in range(4000)]
    lab.h3.run(f"ip addr add 10.0.3.77/24 dev {lab.h3.dev}")
    lab.h2.ping(lab.h3.ip)

    def taken_or_counted():
        r1 = next(p for p in lab.dut.cli("show host") if p["ifname"] == "r1")
        return r1["rx_packets"] + lab.dut.drops().get("msg_host_full", 0)
    with lab.h1.wire() as wire, one_cpu(), lab.h2.socket(socket.SOCK_RAW, proto=89) as speaker, \
            lab.apps.socket(socket.SOCK_RAW, proto=89) as hears:
        speaker.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0xc0)
        hears.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20)
        hears.setblocking(False)
        forwarded, heard, sent, before = lab.h2.pinging(lab.h3.ip, 100, 0.03), 0, 0, taken_or_counted()

        def all_heard():
            nonlocal heard
            try:
                while IP(hears.recv(1500)).payload:
                    heard += 1
            except BlockingIOError:
                return heard == sent

        for _ in range(40):
            for n, frame in enumerate(flood):
                wire.sock.send(frame)
                if n % 200 == 0:
                    speaker.sendto(b"hello %d" % sent, (lab.h2.gw, 0))
                    sent += 1
                    all_heard()  # the program's own queue is not what is looked at
            lab.h2.ping("10.0.3.77")
            lab.dut.ip("neigh del 10.0.3.77 dev r3")
        answered, said = forwarded()
        assert answered == 100, said
        eventually(all_heard, lambda: f"{heard} of {sent} hellos")
        # The port itself may have lost some.
        assert taken_or_counted() - before > 4 * len(flood)
    lab.apps.ping(lab.h1.ip)
