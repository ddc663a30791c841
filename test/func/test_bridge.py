# SPDX-License-Identifier: BSD-3-Clause
"""Bridges between real wires; what the kernel's bridge does, too (DUT=linux)."""
import time
from socket import MSG_DONTWAIT

import pytest
from dut import LINUX
from netlab import SLOW
from pkt import carries, token
from scapy.all import ARP, LLC, STP, Dot3, Ether, Raw

ALL = "ff:ff:ff:ff:ff:ff"
TYPE = 0x88b5  # local experimental
A, B = "02:00:00:00:aa:01", "02:00:00:00:aa:02"


def frame(src, dst, body):
    return Ether(src=src, dst=dst, type=TYPE) / Raw(body + b"." * 50)


def entry(lab, mac):
    """Rows of the forwarding database for one address, those of the device itself left out."""
    return [e for e in lab.dut.bridge_json("fdb show") if e["mac"] == mac and "self" not in e["flags"]]


def learned(lab, mac, port):
    """Until the address is known there: a frame may be ahead of the control thread that learns."""
    end = time.monotonic() + SLOW
    while [e["ifname"] for e in entry(lab, mac)] != [port]:
        assert time.monotonic() < end, f"{mac} is not known at {port}: {entry(lab, mac)}"
        time.sleep(0.05)


def test_learns_filters_and_floods(lan):
    with lan.h1.wire() as w1, lan.h2.wire() as w2, lan.h3.wire() as w3:
        one, two = token(), token()
        w1.send(frame(A, B, one))
        w2.expect(carries(one))
        w3.expect(carries(one))
        learned(lan, A, "r1")
        w2.send(frame(B, A, two))
        w1.expect(carries(two))
        three = token()
        learned(lan, B, "r2")
        w1.send(frame(A, B, three))
        w2.expect(carries(three))
        w3.none(carries(two))
        w3.none(carries(three))
        w1.none(carries(one))
    (row,) = entry(lan, A)
    assert (row["ifname"], row["master"], row["state"]) == ("r1", "br0", "")


def test_moves_at_once(lan):
    with lan.h1.wire() as w1, lan.h2.wire() as w2, lan.h3.wire() as w3:
        for wire in (w2, w3):
            body = token()
            wire.send(frame(B, ALL, body))
            w1.expect(carries(body))
        learned(lan, B, "r3")
        body = token()
        w1.send(frame(A, B, body))
        w3.expect(carries(body))
        w2.none(carries(body))


def test_moves_under_load(lan):
    """A host says one frame at another port while five numbered frames a millisecond go to it: those that are sent
    when that frame has passed go there. A busy machine lets the thread that learns wait; at best it takes no
    millisecond. None is flooded meanwhile."""
    by, late, number = {}, [], 0

    def receive(wires):
        for wire in wires:
            while True:
                try:
                    data = wire.sock.recv(2048, MSG_DONTWAIT)
                except BlockingIOError:
                    break
                if data[:6] == bytes.fromhex(B.replace(":", "")):
                    n = int.from_bytes(data[14:18], "big")
                    assert n not in by, f"frame {n} came twice"
                    by[n] = wire

    def is_heard(wire):
        try:
            return any(wire.sock.recv(2048, MSG_DONTWAIT)[:6] == bytes.fromhex(A.replace(":", "")) for _ in range(99))
        except BlockingIOError:
            return False

    with lan.h1.wire() as w1, lan.h2.wire() as w2, lan.h3.wire() as w3:
        w1.send(frame(A, ALL, token()))
        w3.send(frame(B, ALL, token()))
        learned(lan, A, "r1")
        learned(lan, B, "r3")
        head = bytes(Ether(src=A, dst=B, type=TYPE))
        mover = bytes(frame(B, A, token()))
        for k in range(12):
            to, old = (w2, w3) if k % 2 == 0 else (w3, w2)
            to.send(mover)
            passed = None
            while passed is None or number < passed + 100:
                w1.sock.send(head + number.to_bytes(4, "big") + bytes(42))
                number += 1
                time.sleep(0.0002)
                if passed is None and is_heard(w1):
                    passed = number
                receive((w2, w3))
                assert number < 5000 * SLOW, "the bridge does not pass it on"
            learned(lan, B, "r2" if to is w2 else "r3")
            w1.sock.send(head + number.to_bytes(4, "big") + bytes(42))
            end = time.monotonic() + SLOW
            while number not in by:
                assert time.monotonic() < end, f"frame {number} did not come"
                receive((w2, w3))
                time.sleep(0.01)
            assert by[number] is to
            late.append(sum(by.get(n) is old for n in range(passed, number)))
            number += 1
    late.sort()
    print("frames to the old port after the host was heard at the new one, by moves:", late)
    assert len(by) > 0.99 * number
    assert late[0] < 5


def test_fdb_words(lan):
    """The same words, states and flags as the kernel's."""
    lan.dut.bridge(f"fdb add {A} dev r1 master static")
    lan.dut.bridge(f"fdb add {B} dev r2 master static sticky")
    lan.dut.bridge("fdb add 02:00:00:00:aa:03 dev r2 master dynamic extern_learn")
    (a,), (b,), (c,) = (entry(lan, m) for m in (A, B, "02:00:00:00:aa:03"))
    assert a == {"mac": A, "ifname": "r1", "flags": [], "master": "br0", "state": "static"}
    assert (b["flags"], b["state"]) == (["sticky"], "static")
    assert (c["flags"], c["state"]) == (["extern_learn"], "")
    for words in (f"fdb add {A} dev r1 master static", "fdb add 02:00:00:00:aa:09 dev nobody master",
                  "fdb del 02:00:00:00:aa:09 dev r1 master"):
        with pytest.raises(AssertionError):
            lan.dut.bridge(words)
    lan.dut.bridge(f"fdb replace {A} dev r3 master static")
    assert entry(lan, A)[0]["ifname"] == "r3"
    lan.dut.bridge(f"fdb del {A} dev r3 master")
    assert not entry(lan, A)
    own = entry(lan, lan.h1.gw_mac)
    assert own and {e["state"] for e in own} == {"permanent"}


def test_port_flags(lan):
    lan.dut.bridge("link set dev r2 flood off")
    lan.dut.bridge("link set dev r3 learning off")
    with lan.h1.wire() as w1, lan.h2.wire() as w2, lan.h3.wire() as w3:
        unknown, all_of_you = token(), token()
        w1.send(frame(A, B, unknown), frame(A, ALL, all_of_you))
        w2.expect(carries(all_of_you))
        w2.none(carries(unknown))
        w3.expect(carries(unknown))
        body = token()
        w3.send(frame(B, ALL, body))
        w1.expect(carries(body))
        time.sleep(0.2)
        assert not entry(lan, B)
        lan.dut.bridge("link set dev r1 isolated on")
        lan.dut.bridge("link set dev r3 isolated on")
        body = token()
        w1.send(frame(A, ALL, body))
        w2.expect(carries(body))
        w3.none(carries(body))


def test_reserved_groups(lan):
    """Never relayed: LLDP and the like; BPDUs neither, where Linux relays them without STP."""
    with lan.h1.wire() as w1, lan.h2.wire() as w2:
        lldp, bpdu, other = token(), token(), token()
        w1.send(frame(A, "01:80:c2:00:00:0e", lldp), frame(A, "01:80:c2:00:00:00", bpdu),
                frame(A, "01:80:c2:00:00:10", other))
        w2.expect(carries(other))
        w2.none(carries(lldp))
        if not LINUX:
            w2.none(carries(bpdu))


def test_speaks_stp(lan):
    """A configuration BPDU every two seconds, with itself as root, until it hears a better one."""
    lan.dut.ip("link set br0 type bridge stp_state 1")
    with lan.h1.wire() as w1, lan.h2.wire() as w2:
        mine = w2.expect(lambda f: STP in f, "a BPDU")
        assert mine[STP].rootmac == mine[STP].bridgemac and mine[STP].rootid == 32768
        w1.send(bpdu(A, 0))
        got = w2.expect(lambda f: STP in f and f[STP].rootmac == A, "the better root")
        assert got[STP].rootid == 4096 and got[STP].pathcost > 0


def bpdu(root, cost, **flags):
    return Dot3(src=A, dst="01:80:c2:00:00:00") / LLC(dsap=0x42, ssap=0x42, ctrl=3) / STP(
        rootid=4096, rootmac=root, pathcost=cost, bridgeid=8192, bridgemac=A, portid=0x8005, maxage=20, hellotime=2,
        fwddelay=15, **flags)


def test_ip_link_tells_the_tree(lan):
    """`ip -d link`: identifiers, costs and timers of the tree, in iproute2's keys and words. As the root iproute2 6.1
    prints the bridge itself, whatever the kernel says."""
    own = "8000." + ":".join(f"{int(b, 16):x}" for b in lan.h1.gw_mac.split(":"))
    root, neighbour = "1000.2:0:0:0:bb:9", "2000.2:0:0:0:aa:1"

    def data(dev):
        (row,) = lan.dut.ip_json(f"-d link show dev {dev}")
        return row["linkinfo"].get("info_slave_data") or row["linkinfo"]["info_data"]

    def tree():
        keys = ("bridge_id", "root_id", "root_port", "root_path_cost", "topology_change", "topology_change_detected",
                "tcn_timer", "topology_change_timer", "group_addr")
        return {k: v for k, v in data("br0").items() if k in keys}

    quiet = {"bridge_id": own, "root_id": own, "root_port": 0, "root_path_cost": 0, "topology_change": 0,
             "topology_change_detected": 0, "tcn_timer": 0, "topology_change_timer": 0,
             "group_addr": "01:80:c2:00:00:00"}
    assert {**tree(), "tcn_timer": 0, "topology_change_timer": 0} == quiet
    lan.dut.ip("link set br0 type bridge stp_state 1")
    lan.dut.bridge("link set dev r1 cost 70")
    with lan.h1.wire() as w1:
        w1.expect(lambda f: STP in f, "a BPDU")
        port = data("r1")
        assert {k: port[k] for k in ("id", "no", "designated_port", "designated_cost", "bridge_id", "root_id")} == {
            "id": "0x8001", "no": "0x1", "designated_port": 0x8001, "designated_cost": 0, "bridge_id": own,
            "root_id": own}
        assert 0 < port["forward_delay_timer"] < 16 and port["message_age_timer"] == 0
        assert 0 <= data("br0")["hello_timer"] < 3
        end = time.monotonic() + SLOW
        while (now := tree())["root_path_cost"] != 100:
            assert time.monotonic() < end, now
            w1.send(bpdu("02:00:00:00:bb:09", 30))
            time.sleep(0.2)
        shown = own if LINUX else root
        assert (now["root_id"], now["root_port"], now["bridge_id"]) == (shown, 1, own)
        w1.send(bpdu("02:00:00:00:bb:09", 30))
        time.sleep(0.2)
        port, other = data("r1"), data("r2")
        assert {k: port[k] for k in ("designated_port", "designated_cost", "bridge_id", "root_id")} == {
            "designated_port": 0x8005, "designated_cost": 30, "bridge_id": neighbour, "root_id": root}
        assert 0 < port["message_age_timer"] < 21 and data("br0")["hello_timer"] == 0
        assert (other["designated_cost"], other["bridge_id"], other["root_id"]) == (100, own, root)
        text = lan.dut.ip("-d link show dev br0") if LINUX else lan.dut.client("-d ip link show dev br0").stdout
        assert f" bridge_id {own} designated_root {shown} root_port 1 root_path_cost 100 topology_change" in text
        assert " hello_timer    0.00 tcn_timer " in text and " group_address 01:80:c2:00:00:00" in text
        assert " mcast_last_member_interval 100 " in text
        text = lan.dut.ip("-d link show dev r1") if LINUX else lan.dut.client("-d ip link show dev r1").stdout
        assert f" designated_port 32773 designated_cost 30 designated_bridge {neighbour} designated_root {root} " in text
        assert " port_id 0x8001 port_no 0x1 " in text and " mcast_router 1" in text


def test_routes_and_bridges(lan):
    """Hosts on the bridge reach its address, and through it a routed port."""
    lan.dut.ip("link set r3 nomaster")
    lan.dut.ip(f"addr del {lan.h1.gw}/24 dev r1")
    lan.dut.ip(f"addr add {lan.h1.gw}/24 dev br0")
    lan.h1.ping(lan.h1.gw, count=2)
    lan.h1.ping(lan.h3.ip, count=2)
    lan.h2.run("ip addr add 10.0.1.77/24 dev eth0")
    lan.h1.ping("10.0.1.77", count=2)  # bridged


def test_neigh_suppress(lan):
    """ARP for a neighbour that is known behind a port that suppresses: answered, and not sent there."""
    lan.dut.ip(f"neigh add 10.9.0.2 lladdr {B} dev br0 nud permanent")
    lan.dut.bridge(f"fdb add {B} dev r2 master static")

    def ask(wires, target):
        for wire in wires:
            wire.seen.clear()
        body = token()
        wires[0].send(Ether(src=A, dst=ALL) / ARP(op=1, hwsrc=A, psrc="10.9.0.1", pdst=target),
                      frame(A, ALL, body))
        for wire in wires[1:]:
            wire.expect(carries(body))
        return ([f[ARP].hwsrc for f in wires[0].drain() if ARP in f and f[ARP].op == 2],
                [any(ARP in f and f[ARP].pdst == target for f in w.drain()) for w in wires[1:]])

    with lan.h1.wire() as w1, lan.h2.wire() as w2, lan.h3.wire() as w3:
        wires = (w1, w2, w3)
        assert ask(wires, "10.9.0.2") == ([], [True, True])
        lan.dut.bridge("link set dev r2 neigh_suppress on")
        assert ask(wires, "10.9.0.2") == ([B], [False, True])
        assert ask(wires, "10.9.0.3") == ([], [True, True])
        lan.dut.bridge(f"fdb replace {B} dev r3 master static")
        assert ask(wires, "10.9.0.2") == ([], [False, True])
