# SPDX-License-Identifier: BSD-3-Clause
"""macvlan: a MAC address of its own on a port; virtual router addresses (RFC 5798)."""
import contextlib
import shutil
import socket
import struct
import subprocess
import time

import pytest
from netlab import eventually, packet_socket, sh
from pkt import carries, probe, token
from scapy.all import ARP, ICMP, IP, UDP, Ether, Raw, raw

pytestmark = pytest.mark.ours("ip link of the kernel needs no test")

VMAC = "00:00:5e:00:01:0a"  # RFC 5798 7.3: virtual router 10
VIP = "10.0.1.254"


@pytest.fixture
def virtual(fresh):
    """A router that owns VIP with VMAC on r1; the port itself does not answer for it."""
    lab = fresh()
    lab.dut.ip(f"link add link r1 name vmac0 address {VMAC} type macvlan mode private")
    lab.dut.ip("link set vmac0 up")
    lab.dut.ip(f"addr add {VIP}/32 dev vmac0")
    for dev in ("r1", "vmac0"):  # each device answers for its own address, and asks with it
        lab.dut.sysctl(f"net.ipv4.conf.{dev}.arp_ignore", 1)
        lab.dut.sysctl(f"net.ipv4.conf.{dev}.arp_announce", 2)
    return lab


def test_arp_answers_with_the_virtual_mac(virtual):
    """RFC 5798 8.1.2: the virtual MAC in the reply, and as the frame's source; the port's own
    address keeps its own."""
    with virtual.h1.wire() as w1:
        for ip, mac in ((VIP, VMAC), (virtual.h1.gw, virtual.h1.gw_mac)):
            w1.send(Ether(src=virtual.h1.mac, dst="ff:ff:ff:ff:ff:ff") /
                    ARP(op=1, hwsrc=virtual.h1.mac, psrc=virtual.h1.ip, pdst=ip))
            got = w1.expect(lambda f, ip=ip: ARP in f and f[ARP].op == 2 and f[ARP].psrc == ip)
            assert (got.src, got[ARP].hwsrc) == (mac, mac)
        time.sleep(0.3)
        answers = [f for f in w1.drain() if ARP in f and f[ARP].op == 2]
    assert len(answers) == 2  # one each


def test_forwards_frames_to_either_mac(virtual):
    """Both are the router's, in both lanes; to a third address it is nobody's."""
    virtual.h1.ping(virtual.h2.ip)
    with virtual.h1.wire() as w1, virtual.h2.wire() as w2:
        for mac in (VMAC, virtual.h1.gw_mac):
            for options in ([], [b"\x01"]):  # NOP: the general lane
                body = token()
                p = probe(virtual.h1, virtual.h2, payload=body)
                p[Ether].dst = mac
                if options:
                    p[IP].options = [__import__("scapy.all").all.IPOption_NOP()]
                w1.send(p)
                assert w2.expect(carries(body)).src == virtual.h2.gw_mac
        body = token()
        p = probe(virtual.h1, virtual.h2, payload=body)
        p[Ether].dst = "00:00:5e:00:01:0b"
        w1.send(p)
        time.sleep(0.3)
        assert not [f for f in w2.drain() if carries(body)(f)]
    stats = virtual.dut.ip_json("-s link show vmac0")[0]["stats64"]
    assert stats["rx"]["packets"] >= 2


def test_answers_to_its_address(virtual):
    """Hosts that use it as gateway, and the virtual address itself."""
    virtual.h1.run(f"ip route replace default via {VIP}")
    virtual.h1.ping(VIP, count=2)
    virtual.h1.ping(virtual.h2.ip, count=2)
    neigh = virtual.h1.run("ip neigh show").stdout
    assert f"{VIP} dev eth0 lladdr {VMAC}" in neigh


def test_takes_over_and_gives_back(virtual):
    """The address goes with the device: no answer while it is down."""
    virtual.h1.ping(VIP)
    virtual.dut.ip("link set vmac0 down")
    virtual.h1.run(f"ip neigh del {VIP} dev eth0", check=False)
    assert virtual.h1.run(f"ping -c 1 -W 1 {VIP}", check=False).returncode != 0
    virtual.dut.ip("link set vmac0 up")
    virtual.h1.ping(VIP)


def test_follows_its_parent(virtual):
    link = virtual.dut.ip_json("-d link show vmac0")[0]
    assert link["link"] == "r1" and link["address"] == VMAC
    assert link["linkinfo"] == {"info_kind": "macvlan", "info_data": {"mode": "private"}}
    virtual.dut.ip("link set r1 mtu 1400")
    assert virtual.dut.ip_json("link show vmac0")[0]["mtu"] == 1400
    virtual.dut.ip("link set r1 down")
    assert "UP" not in virtual.dut.ip_json("link show vmac0")[0]["flags"]
    virtual.dut.ip("link set r1 up")
    assert "UP" in virtual.dut.ip_json("link show vmac0")[0]["flags"]
    virtual.h1.ping(VIP)
    virtual.dut.ip("link set vmac0 address 02:00:00:00:00:77")
    virtual.h1.run(f"ip neigh del {VIP} dev eth0", check=False)
    virtual.h1.ping(VIP)
    assert "02:00:00:00:00:77" in virtual.h1.run("ip neigh show").stdout
    virtual.dut.ip("link del vmac0")
    virtual.h1.ping(virtual.h2.ip)


def test_refusals(virtual):
    bad = [("link add link r1 name m2 address 00:00:5e:00:01:0a type macvlan", "has that address"),
           (f"link add link r1 name m2 address {virtual.h1.gw_mac} type macvlan", "has that address"),
           ("link add link r1 name m2 address 01:00:5e:00:01:0a type macvlan", "unicast"),
           ("link add link vmac0 name m2 type macvlan", "carries no macvlan"),
           ("link add link lo name m2 type macvlan", "carries no macvlan"),
           ("link add link r1 name m2 type macvlan mode bridge", "private"),
           ("link add link r1 name vmac0 type macvlan", "already"),
           ("link add name m2 type macvlan", "link PARENT"),
           ("link add link vmac0 name v2 type vlan id 7", "carries no VLANs"),
           (f"link set vmac0 address {virtual.h1.gw_mac}", "in use")]
    for words, why in bad:
        done = virtual.dut.client("ip " + words)
        assert done.returncode == 1 and why in done.stderr, (words, done.stderr)
    virtual.h1.ping(VIP)


def test_over_a_vlan(fresh):
    """The tag below, the virtual MAC above."""
    lab = fresh()
    lab.dut.ip("link add link r1 name r1.7 type vlan id 7")
    lab.dut.ip("link set r1.7 up")
    lab.dut.ip(f"link add link r1.7 name vm7 address {VMAC} type macvlan")
    lab.dut.ip("link set vm7 up")
    lab.dut.ip("addr add 10.7.0.1/24 dev vm7")
    with lab.h1.wire() as w1:
        from scapy.all import Dot1Q
        w1.send(Ether(src=lab.h1.mac, dst="ff:ff:ff:ff:ff:ff") / Dot1Q(vlan=7) /
                ARP(op=1, hwsrc=lab.h1.mac, psrc="10.7.0.2", pdst="10.7.0.1"))
        got = w1.expect(lambda f: ARP in f and f[ARP].psrc == "10.7.0.1" and f.src == VMAC)
        assert got[Dot1Q].vlan == 7
        w1.send(Ether(src=lab.h1.mac, dst=VMAC) / Dot1Q(vlan=7) /
                IP(src="10.7.0.2", dst="10.7.0.1") / ICMP() / Raw(b"x" * 40))
        got = w1.expect(lambda f: ICMP in f and f[ICMP].type == 0)
        assert (got.src, got[Dot1Q].vlan) == (VMAC, 7)
    lab.dut.ip("link set r1.7 address 02:00:00:00:00:07")  # the parent's is not its own
    assert lab.dut.ip_json("link show vm7")[0]["address"] == VMAC


def test_json_section(fresh):
    lab = fresh(config={"macvlans": {"vmac0": {"parent": "r1", "mac": VMAC}},
                        "addresses": {"vmac0": [f"{VIP}/32"]},
                        "sysctl": {"net.ipv4.conf.all.arp_ignore": 1,
                                   "net.ipv4.conf.all.arp_announce": 2}})
    lab.h1.ping(VIP)
    assert VMAC in lab.h1.run("ip neigh show").stdout
    for section, why in [({"m": {"parent": "r9", "mac": VMAC}}, "/macvlans/m/parent"),
                         ({"m": {"parent": "r1"}}, "/macvlans/m"),
                         ({"m": {"parent": "r1", "mac": "01:00:00:00:00:01"}}, "unicast"),
                         ({"r1": {"parent": "r1", "mac": VMAC}}, "/macvlans/r1"),
                         ({"a": {"parent": "r1", "mac": VMAC},
                           "b": {"parent": "r1", "mac": VMAC}}, "/macvlans/b/mac")]:
        import json
        doc = json.loads(lab.dut.client("-j show config running").stdout)
        doc["macvlans"] = section
        doc["addresses"].pop("vmac0", None)
        path = lab.tmp / "bad.json"
        path.write_text(json.dumps(doc), encoding="utf-8")
        done = lab.dut.client(f"config check {path}")
        assert done.returncode == 1 and why in done.stdout + done.stderr, (section, done.stderr)


KEEPALIVED = """
global_defs {{ script_user root
  vrrp_garp_master_delay 0 }}
vrrp_instance V {{ state BACKUP
  interface eth0
  virtual_router_id 10
  priority {priority}
  version 3
  advert_int 0.1
  virtual_ipaddress {{ 10.0.1.254/24 }} }}
"""


MACS = ["02:00:00:00:aa:01", "02:00:00:00:aa:02"]
SO_TIMESTAMPNS = 35


class Peers:
    """Two routers that share a virtual address, on the LAN of r1: h1 becomes its switch."""

    def __init__(self, lab):
        self.lab, self.ns, self.procs = lab, [f"ka{i}-{lab.tag}" for i in (1, 2)], []

    def __enter__(self):
        h1 = self.lab.h1.ns
        sh(f"ip -n {h1} addr flush dev eth0 && ip -n {h1} link add br0 type bridge && "
           f"ip -n {h1} link set eth0 master br0 && ip -n {h1} link set br0 up")
        for i, ns in enumerate(self.ns):
            sh(f"ip netns add {ns} && ip -n {ns} link set lo up && "
               f"ip -n {ns} link add eth0 address {MACS[i]} type veth "
               f"peer name k{i} netns {h1} && ip -n {h1} link set k{i} master br0 up && "
               f"ip netns exec {ns} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 && "
               f"ip netns exec {ns} ethtool -K eth0 tx off && "
               f"ip -n {ns} addr add 10.0.1.1{i + 1}/24 dev eth0 && ip -n {ns} link set eth0 up && "
               f"ip -n {ns} addr add 20.9.9.9/32 dev lo && "
               f"ip -n {ns} route add default via 10.0.1.1")
            conf = self.lab.tmp / f"ka{i}.conf"
            conf.write_text(KEEPALIVED.format(priority=150 - 50 * i), encoding="utf-8")
            self.procs.append(subprocess.Popen(
                ["ip", "netns", "exec", ns, "keepalived", "-n", "-l", "-P", "-f", str(conf), "-p",
                 str(self.lab.tmp / f"ka{i}.pid"), "-r", str(self.lab.tmp / f"vrrp{i}.pid")],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return self

    def __exit__(self, *exc):
        for proc in self.procs:
            proc.terminate()
        for proc in self.procs:
            proc.wait(20)
        for ns in self.ns:
            sh(f"ip netns del {ns}", check=False)

    def wait_master(self, i, seconds=20):
        eventually(lambda: VIP in sh(f"ip -n {self.ns[i]} addr show dev eth0").stdout,
                   f"keepalived {i} did not become master", seconds)


def is_announcement(frame):
    return frame.src == MACS[1] and ARP in frame and frame[ARP].psrc == frame[ARP].pdst == VIP


def is_traffic(frame):
    return frame.dst == MACS[1] and IP in frame and frame[IP].dst == "20.9.9.9"


class Stopwatch:
    """When the kernel first saw such a frame at the new master, in either direction."""

    def __init__(self, sock):
        self.sock, self.seen = sock, {}
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setblocking(False)

    def at(self, match):
        with contextlib.suppress(BlockingIOError):
            while match not in self.seen:
                data, anc, _, _ = self.sock.recvmsg(2048, 64)
                stamp = next(struct.unpack("=qq", d) for _, kind, d in anc if kind == SO_TIMESTAMPNS)
                for m in (is_announcement, is_traffic):
                    if m(Ether(data)):
                        self.seen.setdefault(m, stamp[0] + stamp[1] / 1e9)
        return self.seen.get(match)


@pytest.mark.skipif(shutil.which("keepalived") is None, reason="no keepalived")
def test_next_hop_fails_over(fresh):
    """A pair of keepalived routers is our next hop. The one that takes over says so by gratuitous
    ARP, and the traffic goes there at once, not when the entry ages: in less than a second from that
    word, and from the end of the other one, which the pair notices in 0.36 s (RFC 5798 6.1: three
    intervals of 0.1 s and the skew). The kernel's timestamps measure it, at the new master."""
    lab = fresh()
    with Peers(lab) as peers:
        peers.wait_master(0)
        lab.dut.ip(f"route add 20.9.9.9/32 via {VIP}")
        lab.h2.ping("20.9.9.9", count=3)
        assert lab.dut.ip_json(f"neigh get {VIP} dev r1")[0]["lladdr"] == MACS[0]
        ping = lab.h2.popen("ping -q -i 0.01 -w 60 20.9.9.9")
        try:
            with packet_socket(peers.ns[1], "eth0", incoming_only=False) as sock:
                watch, killed = Stopwatch(sock), time.time()
                sh(f"ip -n {lab.h1.ns} link set k0 down")
                told = eventually(lambda: watch.at(is_announcement), "no keepalived took over")
                flows = eventually(lambda: watch.at(is_traffic), "the traffic did not go on")
        finally:
            ping.terminate()
            ping.communicate(timeout=10)
        print(f"told after {told - killed:.3f} s, traffic {flows - told:.3f} s later")
        assert 0 < flows - told < 1 and flows - killed < 1, (told - killed, flows - killed)
        assert lab.dut.ip_json(f"neigh get {VIP} dev r1")[0]["lladdr"] == MACS[1]
        lab.h2.ping("20.9.9.9", count=3)
