# SPDX-License-Identifier: BSD-3-Clause
"""MSTP on the wire. No other bridge that speaks it runs here: what the router sends is read by tshark, and its
neighbour is written here from IEEE 802.1Q-2011 14.6, digest and all."""
import hashlib
import hmac
import json
import shutil
import struct
import threading
import time

import pytest
from netlab import SLOW, sh
from scapy.all import LLC, Dot3, Raw, wrpcap

pytestmark = [pytest.mark.ours("the kernel's bridge has no MSTP"),
              pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark")]

GROUP, NEIGHBOUR, DISTANT = "01:80:c2:00:00:00", "02:00:00:00:bb:01", "02:00:00:00:bb:99"
KEY = bytes.fromhex("13AC06A62E47FD51F95D2BA243CD0346")  # Table 13-1
PROPOSAL, LEARNING, FORWARDING, AGREEMENT = 0x02, 0x10, 0x20, 0x40
ROOT, DESIGNATED = 2 << 2, 3 << 2  # in the flags
INSTANCES = {1: [10, *range(20, 30)], 2: [11], 4094: [4094]}


def digest(instances):
    """13.8: HMAC-MD5 over 4096 numbers of instances, one for each VID."""
    of = {vid: i for i, vids in instances.items() for vid in vids}
    table = struct.pack("!4096H", *(of.get(vid, 0) for vid in range(4096)))
    return hmac.new(KEY, table, hashlib.md5).digest()


def bridge_id(priority, ext, mac):
    return struct.pack("!H", priority | ext) + bytes.fromhex(mac.replace(":", ""))


class Neighbour:
    """A bridge at a host's end of its wire: says `frame` each second from then on."""

    def __init__(self, wire):
        self.wire, self.frame, self.stop = wire, None, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.stop.set()
        self.thread.join()

    def _run(self):
        while not self.stop.wait(1):
            if self.frame is not None:
                self.wire.sock.send(self.frame)

    def say(self, instances, flags, mstis, name=b"lab"):
        """The CIST's root is further away, by a path that costs 5; mstis: (instance, flags, root's priority and MAC,
        cost to it)."""
        body = struct.pack("!HBBB", 0, 3, 2, flags) + bridge_id(4096, 0, DISTANT) + struct.pack("!I", 5)
        body += bridge_id(4096, 0, NEIGHBOUR)
        body += struct.pack("!HHHHHBH", 0x8001, 256, 20 * 256, 2 * 256, 15 * 256, 0, 64 + 16 * len(mstis))
        body += bytes(1) + name.ljust(32, b"\0") + struct.pack("!H", 7) + digest(instances)
        body += struct.pack("!I", 0) + bridge_id(4096, 0, NEIGHBOUR) + bytes([20])
        for mstid, msti_flags, priority, mac, cost in mstis:
            body += bytes([msti_flags]) + bridge_id(priority, mstid, mac) + struct.pack("!IBBB", cost, 0x80, 0x80, 20)
        llc = LLC(dsap=0x42, ssap=0x42, ctrl=3)
        self.frame = bytes(Dot3(src=NEIGHBOUR, dst=GROUP, len=3 + len(body)) / llc / Raw(body))
        self.wire.sock.send(self.frame)


def nodes(o):
    """All members of what tshark prints, wherever they stand."""
    for key, v in o.items():
        yield key, v
        if isinstance(v, dict):
            yield from nodes(v)


class Read:
    """A BPDU as tshark reads it: {field: value}, and the same of each instance."""

    def __init__(self, stp):
        self.mstis = {int(v["mstp.msti.msti_id"]): dict(nodes(v))
                      for k, v in nodes(stp) if k.startswith("MSTID ")}
        self.cist = dict(nodes({k: v for k, v in stp.items() if k != "MST Extension"}))
        self.cist.update((k, v) for k, v in stp.get("MST Extension", {}).items() if not k.startswith("MSTID "))
        self.cist = {k: v for k, v in nodes(self.cist)}


def role_and_flags(fields):
    names = ("agreement", "forwarding", "learning", "proposal")
    return int(fields["stp.flags.port_role"]), {n for n in names if fields[f"stp.flags.{n}"] == "1"}


def reads(lab, wire):
    """The next BPDU, as tshark reads it."""
    frame = wire.expect(lambda f: f.dst == GROUP and f.src != NEIGHBOUR, "a BPDU")
    path = lab.tmp / f"bpdu-{time.monotonic_ns()}.pcap"
    wrpcap(str(path), [frame])
    out = sh(f"tshark -r {path} -T json --no-duplicate-keys 2>/dev/null").stdout
    layers = json.loads(out)[0]["_source"]["layers"]
    assert "_ws.malformed" not in out and "_ws.expert" not in out, out
    return Read(layers["stp"])


def until(lab, wire, good, what):
    end = time.monotonic() + SLOW
    while not good(seen := reads(lab, wire)):
        assert time.monotonic() < end, f"{what}: {seen.cist} {seen.mstis}"
    return seen


@pytest.fixture
def region(fresh):
    lab = fresh()
    dut = lab.dut
    dut.ip("link add br0 type bridge stp_state 3 priority 8192")
    dut.ip("link set br0 address 02:00:00:00:aa:00")
    dut.cli("stp set br0 mst name lab revision 7")
    dut.cli("stp set br0 mst instance 1 vlans 10,20-29")
    dut.cli("stp set br0 mst instance 2 vlans 11")
    dut.cli("stp set br0 mst instance 4094 vlans 4094")
    dut.cli("stp set br0 mst instance 2 priority 12288")
    dut.ip("link set br0 up")
    for port in ("r1", "r2"):
        dut.ip(f"link set {port} master br0")
        dut.bridge(f"link set dev {port} cost 300")
        for mstid in (0, *INSTANCES):
            dut.cli(f"stp set br0 port {port} mst instance {mstid} cost {400 + mstid}")
    dut.cli("stp set br0 port r1 mst instance 2 priority 64")
    return lab


def test_tshark_reads_each_field(region):
    with region.h1.wire() as wire:
        seen = until(region, wire, lambda b: "forwarding" in role_and_flags(b.cist)[1], "the port forwards")
    assert role_and_flags(seen.cist)[0] == 3 and {"forwarding", "learning"} <= role_and_flags(seen.cist)[1]
    digits = ":".join(f"{b:02x}" for b in digest(INSTANCES))
    want = {
        "stp.protocol": "0x0000", "stp.version": "3", "stp.type": "0x02", "stp.flags.tcack": "0",
        "stp.root.prio": "8192", "stp.root.ext": "0", "stp.root.hw": "02:00:00:00:aa:00", "stp.root.cost": "0",
        "stp.bridge.prio": "8192", "stp.bridge.hw": "02:00:00:00:aa:00", "stp.port": "0x8001",
        "stp.msg_age": "0", "stp.max_age": "20", "stp.hello": "2", "stp.forward": "15", "stp.version_1_length": "0",
        "mstp.version_3_length": "112", "mstp.config_format_selector": "0", "mstp.config_name": "lab",
        "mstp.config_revision_level": "7", "mstp.config_digest": digits, "mstp.cist_internal_root_path_cost": "0",
        "mstp.cist_bridge.prio": "8192", "mstp.cist_bridge.ext": "0", "mstp.cist_bridge.hw": "02:00:00:00:aa:00",
        "mstp.cist_remaining_hops": "20"}
    assert {k: seen.cist[k] for k in want} == want
    assert sorted(seen.mstis) == [1, 2, 4094]
    for mstid, priority, port in ((1, 8, 8), (2, 3, 4), (4094, 8, 8)):
        msti = seen.mstis[mstid]
        assert role_and_flags(msti)[0] == 3 and "forwarding" in role_and_flags(msti)[1]
        assert {k: msti[f"mstp.msti.{k}"] for k in (
            "priority", "root.hw", "root_cost", "bridge_priority", "port_priority", "remaining_hops")} == {
            "priority": f"0x{priority:02x}", "root.hw": "02:00:00:00:aa:00", "root_cost": "0",
            "bridge_priority": str(priority), "port_priority": str(port), "remaining_hops": "20"}


def roles(lab, mstid):
    """The router's in an instance: {port: role}."""
    tree = lab.dut.cli("stp show br0")
    if mstid:
        tree = next(i for i in tree["instances"] if i["instance"] == mstid)
    return {p["ifname"]: p["role"] for p in tree["ports"]}


def settled(lab, want):
    """Until the roles are these: {instance: (of r1, of r2)}."""
    end = time.monotonic() + SLOW
    while (now := {i: tuple(roles(lab, i).get(p) for p in ("r1", "r2")) for i in want}) != want:
        assert time.monotonic() < end, now
        time.sleep(0.2)


def test_agrees_with_a_bridge_of_its_region(region):
    """The neighbour is the regional root, and instance 1's; of instance 2 the router is."""
    own = "02:00:00:00:aa:00"
    with region.h1.wire() as wire, region.h2.wire() as far, Neighbour(wire) as neighbour:
        neighbour.say(INSTANCES, DESIGNATED | PROPOSAL | LEARNING | FORWARDING, [
            (1, DESIGNATED | PROPOSAL | LEARNING | FORWARDING, 4096, NEIGHBOUR, 0),
            (2, ROOT | AGREEMENT | LEARNING | FORWARDING, 12288, own, 300),
            (4094, DESIGNATED | PROPOSAL | LEARNING | FORWARDING, 4096, DISTANT, 70)])
        settled(region, {0: ("root", "designated"), 1: ("root", "designated"), 2: ("designated", "designated"),
                         4094: ("root", "designated")})
        back = until(region, wire, lambda b: role_and_flags(b.cist)[0] == 2, "the root port speaks")
        assert "agreement" in role_and_flags(back.cist)[1]
        assert {i: role_and_flags(m)[0] for i, m in back.mstis.items()} == {1: 2, 2: 3, 4094: 2}
        assert all("agreement" in role_and_flags(back.mstis[i])[1] for i in (1, 4094))
        on = until(region, far, lambda b: b.cist["stp.root.hw"] == DISTANT, "the root is passed on")
    want = {"stp.root.prio": "4096", "stp.root.cost": "5", "stp.bridge.hw": NEIGHBOUR, "stp.msg_age": "1",
            "mstp.cist_internal_root_path_cost": "400", "mstp.cist_bridge.hw": own, "mstp.cist_remaining_hops": "19"}
    assert {k: on.cist[k] for k in want} == want
    got = {i: (m["mstp.msti.root.hw"], m["mstp.msti.root_cost"], m["mstp.msti.remaining_hops"])
           for i, m in on.mstis.items()}
    assert got == {1: (NEIGHBOUR, "401", "19"), 2: (own, "0", "20"), 4094: (DISTANT, "4564", "19")}


@pytest.mark.parametrize("what", ["digest", "name"])
def test_another_region_is_a_boundary(region, what):
    """One VLAN in another instance, or another name: the instances follow the CIST by a master port, and paths
    count outside of regions."""
    own = "02:00:00:00:aa:00"
    instances, name = ({**INSTANCES, 2: [12]}, b"lab") if what == "digest" else (INSTANCES, b"bal")
    with region.h1.wire() as wire, region.h2.wire() as far, Neighbour(wire) as neighbour:
        neighbour.say(instances, DESIGNATED | PROPOSAL | LEARNING | FORWARDING, [
            (i, DESIGNATED | LEARNING | FORWARDING, 4096, NEIGHBOUR, 0) for i in INSTANCES], name)
        settled(region, {0: ("root", "designated"), **{i: ("master", "designated") for i in INSTANCES}})
        on = until(region, far, lambda b: b.cist["stp.root.hw"] == DISTANT, "the root is passed on")
    want = {"stp.root.cost": "305", "stp.bridge.hw": own, "stp.msg_age": "2",
            "mstp.cist_internal_root_path_cost": "0", "mstp.cist_remaining_hops": "20"}
    assert {k: on.cist[k] for k in want} == want
    for msti in on.mstis.values():
        assert (msti["mstp.msti.root.hw"], msti["stp.flags.tcack"]) == (own, "1")  # the master flag stands there
