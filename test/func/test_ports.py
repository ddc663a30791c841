# SPDX-License-Identifier: BSD-3-Clause
"""Ports that come and go, workers, and what the engine says about itself."""
import contextlib
import ctypes
import json
import mmap
import os
import signal
import socket
import struct
import time

import pytest
from dut import merge
from netlab import eventually, inside, sh
from pkt import carries, probe, warm_up
from scapy.all import UDP, raw

pytestmark = pytest.mark.ours("polluxd's own")
NO_R3 = {"ports": {"r3": None}, "addresses": {"r3": None}}


def test_attach_and_detach_beside_a_flow(fresh):
    """Ports come, carry traffic and go; h1 <-> h2 loses nothing. Only the first one is AF_XDP:
    DPDK 22.11's driver takes an interface once in a process's life, in testpmd too."""
    made = fresh(hosts=3, config=NO_R3)
    warm_up(made)
    flow = made.h1.pinging(made.h2.ip, 300, 0.02)
    dut = made.dut

    def gone(name, net):
        assert name not in {r["ifname"] for r in dut.ip_json("link show")}
        assert not [r for r in dut.ip_json("route show") if r["dst"] == net]
    dut.cli("port attach net_af_xdp9,iface=r3,force_copy=1 name r3")
    dut.ip("link set r3 up")
    dut.ip(f"addr add {made.h3.gw}/24 dev r3")
    eventually(lambda: made.h1.ping(made.h3.ip, check=False) == 1, "no ping by way of the new port")
    dut.cli("port detach r3")
    gone("r3", made.h3.net)
    for _ in range(3):
        dut.cli("port attach net_tap8,iface=tap8 name tap8")
        dut.ip("link set tap8 up")
        dut.ip("addr add 10.0.8.1/24 dev tap8")
        made.h1.ping("10.0.8.1")
        dut.cli("port detach tap8")
        gone("tap8", "10.0.8.0/24")
    received, said = flow()
    assert received == 300, said


def test_detach_under_its_own_traffic(fresh):
    """The port goes while packets to it are under way: counted, not lost track of."""
    made = fresh(hosts=3)
    made.h1.ping(made.h3.ip)
    flow = made.h1.popen(f"ping -n -q -f -w 4 {made.h3.ip}")
    time.sleep(1)
    made.dut.cli("port detach r3")
    flow.communicate(timeout=30)
    made.h1.ping(made.h2.ip)


def test_attach_errors(lab):
    dut = lab.dut
    for words in ("port attach net_nonsense0", "port attach net_af_xdp7,iface=none name x7",
                  f"port attach net_null5 name {lab.h1.port}", "port detach nobody"):
        done = dut.client(words)
        assert done.returncode == 1, words
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    lab.h1.ping(lab.h2.ip)


def test_port_stop_and_start(lab):
    warm_up(lab)
    dut = lab.dut
    dut.cli("port stop r2")
    assert lab.h1.ping(lab.h2.ip, args="-W 1", check=False) == 0
    dut.cli("port start r2")
    eventually(lambda: lab.h1.ping(lab.h2.ip, check=False) == 1, "no ping after port start")


DEVICES = {"af_packet": "net_af_packet9,iface=r3", "tap": "net_tap9,iface=tap9"}


def third_port(made, kind):
    """Port r3 on a device of that kind, towards h3; its configuration."""
    if kind == "tap":  # the kernel's side in a bridge with the host's cable
        ns = made.dut_ns
        made.dut.cli("port attach net_tap9,iface=tap9 name p3")
        sh(f"ip -n {ns} link add b9 type bridge && "
           f"ip -n {ns} link set tap9 address 02:00:00:00:09:09 && "
           f"ip -n {ns} link set tap9 master b9 && ip -n {ns} link set r3 master b9 && "
           f"ip -n {ns} link set b9 up")
    else:
        made.dut.cli("port attach net_af_packet9,iface=r3 name p3")
    made.dut.ip("link set p3 up")
    made.dut.ip(f"addr add {made.h3.gw}/24 dev p3")


def apart(made, kind):
    """A tap's start gives the kernel's side the router's address, which the bridge then takes for
    its own: another one again."""
    if kind == "tap":
        sh(f"ip -n {made.dut_ns} link set tap9 address 02:00:00:00:09:09")


def reaches(made, why, host=None):
    dst = (host or made.h3).ip
    eventually(lambda: made.h1.ping(dst, args="-W 1", check=False) == 1, why)


def promisc_of(made, port):
    return made.dut.cli(f"show port info {port}")[0]["promisc"]


@pytest.mark.parametrize("kind", DEVICES)
def test_port_reset_and_config(fresh, kind):
    """Every word of `port config`, and `port reset`, under way: it forwards before and after."""
    made = fresh(hosts=3, config=NO_R3)
    dut = made.dut
    third_port(made, kind)
    reaches(made, "no ping by way of the new port")
    for words in ("reset p3", "config p3 mtu 1400", "config p3 rxq 1", "config p3 txq 1",
                  "config p3 rxd 512", "config p3 txd 512", "config p3 mac 02:00:00:00:03:77",
                  "config p3 promisc on", "reset p3", "config p3 promisc off", "reset p3"):
        dut.cli("port " + words)
        apart(made, kind)
        if " mac " in words:  # nobody tells the host, as with Linux
            sh(f"ip -n {made.h3.ns} neigh flush all")
        reaches(made, f"no ping after `port {words}`")
        info = dut.cli("show port info p3")[0]
        assert info["state"] == "started"
    assert info["address"] == "02:00:00:00:03:77" and info["mtu"] == 1400
    assert dut.client("port config p3 rxq 64").returncode == 1
    apart(made, kind)
    reaches(made, "no ping after a refused `port config`")
    dut.cli("port stop p3")
    dut.cli("port reset p3")
    dut.cli("port config p3 rxd 1024")
    assert dut.cli("show port info p3")[0]["state"] == "stopped"
    dut.cli("port start p3")
    apart(made, kind)
    reaches(made, "no ping after `port start`")


def test_af_xdp_reset_and_config(fresh):
    """Its driver sets up queues once and leaves its sockets: the port goes on all the same."""
    made = fresh()
    dut = made.dut

    def goes_on(words):
        eventually(lambda: made.h1.ping(made.h2.ip, args="-W 1", check=False) == 1,
                   f"no ping after `port {words}`")
    for words in ("reset r2", "config r2 mtu 1400", "config r2 promisc on", "config r2 promisc off",
                  "stop r2", "reset r2", "start r2", "config r2 rxd 512", "config r2 txd 512"):
        dut.cli("port " + words)
        if words not in ("stop r2", "reset r2"):
            goes_on(words)
    assert dut.cli("show port info r2")[0]["rx_desc"] == 512
    for words in ("config r2 rxq 2", "config r2 txq 2"):
        done = dut.client("port " + words)
        assert done.returncode == 1 and "the device has 1" in done.stderr, done.stderr
        goes_on(words)
    dut.cli("port reset r2")
    goes_on("reset r2")


def test_af_xdp_comes_back(fresh):
    """Detached and attached, again and again: traffic passes, and every buffer is back."""
    made = fresh()
    dut = made.dut
    for n in range(3):
        made.h1.ping(made.h2.ip, 20)
        dut.cli("port detach r2")
        assert made.h1.ping(made.h2.ip, args="-W 1", check=False) == 0
        dut.cli(f"port attach net_af_xdp{n + 5},iface=r2,force_copy=1 name r2")
        dut.ip(f"addr add {made.h2.gw}/24 dev r2")
        dut.ip("link set r2 up")
        reaches(made, "no ping by way of the port that came back", host=made.h2)
    eventually(lambda: len([p for p in dut.cli("show mempool") if p["name"].startswith("port")]) == 2,
               "the pool of a detached port is not freed")


@contextlib.contextmanager
def xdp_queue(ns, dev):
    """Queue 0 of an interface, bound to an AF_XDP socket of ours."""
    libc = ctypes.CDLL(None, use_errno=True)
    page = mmap.mmap(-1, mmap.PAGESIZE)
    umem = struct.pack("QQIIII", ctypes.addressof(ctypes.c_char.from_buffer(page)), mmap.PAGESIZE, mmap.PAGESIZE, 0, 0, 0)
    rings = [(5, struct.pack("i", 1)), (6, struct.pack("i", 1)), (2, struct.pack("i", 1))]  # fill, completion, rx
    held = []

    def bound():
        with inside(ns):
            fd = libc.socket(44, 3, 0)  # AF_XDP, SOCK_RAW
            for option, value in [(4, umem), *rings]:
                assert libc.setsockopt(fd, 283, option, value, len(value)) == 0, os.strerror(ctypes.get_errno())
            to = struct.pack("HHIII", 44, 2, socket.if_nametoindex(dev), 0, 0)  # XDP_COPY
            if libc.bind(fd, to, len(to)) == 0:
                held.append(fd)
            else:
                os.close(fd)
        return bool(held)
    eventually(bound, f"{dev} is not to be had")
    try:
        yield
    finally:
        os.close(held[0])


def test_af_xdp_queue_of_another(fresh):
    """A queue that somebody else has is refused in words, costs no buffers, and is taken when it is free."""
    made = fresh()
    dut, attach = made.dut, "port attach net_af_xdp5,iface=r2,force_copy=1 name r2"
    made.h1.ping(made.h2.ip)
    dut.cli("port detach r2")
    with xdp_queue(dut.ns, "r2"):
        done = dut.client(attach)
        assert done.returncode == 1 and "Device or resource busy" in done.stderr, done.stderr
    dut.cli(attach)
    dut.ip(f"addr add {made.h2.gw}/24 dev r2")
    dut.ip("link set r2 up")
    reaches(made, "no ping by way of the queue that came free", host=made.h2)


def pools(dut):
    return sorted(p["name"] for p in dut.cli("show mempool") if p["name"].startswith("port"))


def test_af_xdp_reload(fresh):
    """What needs a new port (buffers, an MTU past them): it is made; a load that is refused further
    down brings the old one back; other ports do not notice."""
    made = fresh(hosts=3)
    dut, good = made.dut, made.dut.config
    flow = made.h1.pinging(made.h3.ip, 150)
    reaches(made, "no ping before", host=made.h2)
    dut.write_config(merge(good, {"ports": {"r2": {"mbufs": 9000, "mtu": 2500}}}))
    dut.proc.send_signal(signal.SIGHUP)
    eventually(lambda: dut.ip_json("link show r2")[0]["mtu"] == 2500, "the MTU is not taken")
    reaches(made, "no ping after the reload", host=made.h2)
    bad = merge(good, {"routes": [{"dst": "203.0.113.0/24", "type": "throw", "table": "local"}]})
    dut.write_config(bad)
    done = dut.client(f"config load {dut.conf}")
    assert done.returncode == 1 and "throw" in done.stderr and "not all" not in done.stderr
    assert dut.ip_json("link show r2")[0]["mtu"] == 2500
    reaches(made, "no ping after the refused load", host=made.h2)
    dut.write_config(good)
    dut.cli(f"config load {dut.conf}")
    assert dut.ip_json("link show r2")[0]["mtu"] == 1500
    reaches(made, "no ping after the old configuration came back", host=made.h2)
    assert dut.client("config diff").stdout == ""
    received, said = flow()
    assert received == 150, said
    eventually(lambda: len(pools(dut)) == 3, "the pools of old ports are not freed")


def test_reset_after_a_lower_port_left(fresh):
    """The number of the one that left is free: the device may come back under it."""
    made = fresh(hosts=3, config=NO_R3)
    made.dut.cli("port attach net_null5 name low")
    third_port(made, "af_packet")
    reaches(made, "no ping by way of the new port")
    made.dut.cli("port detach low")
    made.dut.cli("port reset p3")
    reaches(made, "no ping after the reset")
    made.dut.cli("port attach net_null5 name low")
    made.dut.cli("port reset p3")
    reaches(made, "no ping after the second reset")


def test_interface_that_went_away(fresh):
    """The kernel's interface is deleted: no carrier, no reset; it comes back, so does the port."""
    made = fresh(hosts=3, config=NO_R3)
    third_port(made, "af_packet")
    reaches(made, "no ping by way of the new port")
    sh(f"ip -n {made.dut_ns} link del r3")
    eventually(lambda: carrier(made, "p3") is False, "the carrier stays")
    done = made.dut.client("port reset p3")
    assert done.returncode == 1 and '"r3"' in done.stderr, done.stderr
    made.h1.ping(made.h2.ip)
    made.dut.cli("show port stats all")
    made.dut.cli("show port txq all")
    sh(f"ip -n {made.h3.ns} link add eth0 address {made.h3.mac} type veth peer name r3 "
       f"address {made.h3.gw_mac} netns {made.dut_ns} && ip -n {made.h3.ns} link set eth0 up && "
       f"ip -n {made.dut_ns} link set r3 up promisc on && "
       f"ip netns exec {made.h3.ns} ethtool -K eth0 rx off tx off tso off gso off gro off && "
       f"ip netns exec {made.dut_ns} ethtool -K r3 rx off tx off tso off gso off gro off && "
       f"ip -n {made.h3.ns} addr add {made.h3.ip}/24 dev eth0 && "
       f"ip -n {made.h3.ns} route add default via {made.h3.gw}")
    made.dut.cli("port start p3")
    reaches(made, "no ping after the interface came back")
    made.dut.cli("port detach p3")


def carrier(made, port):
    return "LOWER_UP" in made.dut.ip_json(f"link show {port}")[0]["flags"]


@pytest.mark.parametrize("kind", ["af_xdp", "af_packet"])
def test_carrier_follows_the_kernel(fresh, kind):
    made = fresh(hosts=3, config=NO_R3 if kind == "af_packet" else {})
    port = "p3" if kind == "af_packet" else "r3"
    if kind == "af_packet":
        third_port(made, kind)
    reaches(made, "no ping before")

    def usable():
        return [r for r in made.dut.ip_json("route show") if r["dst"] == made.h3.net
                and "linkdown" not in r.get("flags", [])]
    assert carrier(made, port) and usable()
    sh(f"ip -n {made.h3.ns} link set eth0 down")
    eventually(lambda: not carrier(made, port), "LOWER_UP stays")
    assert not usable()
    sh(f"ip -n {made.h3.ns} link set eth0 up && "
       f"ip -n {made.h3.ns} route replace default via {made.h3.gw}")
    eventually(lambda: carrier(made, port), "LOWER_UP does not come back")
    assert usable()
    reaches(made, "no ping after the cable is back")


def test_carrier_is_the_drivers(fresh):
    """The kernel's flag (IFF_RUNNING) lags behind by up to a second, and it may be absent where there is a
    carrier, as on an interface that waits for 802.1X: it is the driver that is asked."""
    made = fresh(hosts=3)
    sh(f"ip -n {made.dut_ns} link set r3 state dormant")
    shown = json.loads(sh(f"ip -n {made.dut_ns} -j link show r3").stdout)[0]
    assert shown["operstate"] == "DORMANT" and "LOWER_UP" in shown["flags"]
    time.sleep(1.5)  # several looks
    assert carrier(made, "r3")
    sh(f"ip -n {made.h3.ns} link set eth0 down")
    eventually(lambda: not carrier(made, "r3"), "LOWER_UP stays")


def test_refused_reload_leaves_the_port(fresh):
    """rx_desc changes, then an entry that can not be: the port is as it was, and forwards."""
    config = {"ports": {"r3": None, "p3": {"device": DEVICES["af_packet"], "rx_desc": 512}},
              "addresses": {"r3": None, "p3": ["10.0.3.1/24"]}}
    made = fresh(hosts=3, config=config)
    dut, good = made.dut, made.dut.config
    reaches(made, "no ping before")
    before = dut.cli("show port info p3")[0]
    for n, bad in enumerate(({"p3": {"rx_desc": 1024, "promisc": True, "mtu": 1400, "tx_queues": 900}},
                             {"p3": {"rx_desc": 1024, "promisc": True},
                              "zz": {"device": "net_nosuch0"}})):
        dut.write_config(merge(good, {"ports": bad}))
        seen = dut.log.read_text().count("\n")
        dut.proc.send_signal(signal.SIGHUP)
        eventually(lambda s=seen: any("/ports/" in line for line in
                                      dut.log.read_text().splitlines()[s:]), "no refusal in the log")
        reaches(made, f"no ping after refused reload {n}")
        assert dut.cli("show port info p3")[0] == {**before, "port": dut.cli(
            "show port info p3")[0]["port"]}
    dut.write_config(merge(good, {"ports": {"p3": {"rx_desc": 1024, "promisc": True}}}))
    dut.proc.send_signal(signal.SIGHUP)
    eventually(lambda: dut.cli("show port info p3")[0]["rx_desc"] != before["rx_desc"]
               or dut.cli("show port info p3")[0]["promisc"], "the good reload is not taken")
    dut.cli("port config p3 promisc off")
    assert not promisc_of(made, "p3")
    reaches(made, "no ping after the good reload")


def test_engine_stop_and_start(lab):
    warm_up(lab)
    dut = lab.dut
    dut.cli("stop")
    assert lab.h1.ping(lab.h2.ip, args="-W 1", check=False) == 0
    dut.cli("start")
    eventually(lambda: lab.h1.ping(lab.h2.ip, check=False) == 1, "no ping after start")


def test_power_auto_sleeps_and_poll_does_not(lab):
    dut = lab.dut
    try:
        dut.cli("set power auto")
        before = dut.cli("show worker all")
        time.sleep(0.5)
        after = dut.cli("show worker all")
        assert len(after) == 1 and after[0]["sleeps"] > before[0]["sleeps"]
        lab.h1.ping(lab.h2.ip, count=3)
        dut.cli("set power poll")
        time.sleep(0.1)
        before = dut.cli("show worker all")
        time.sleep(0.3)
        after = dut.cli("show worker all")
        assert after[0]["sleeps"] == before[0]["sleeps"] and after[0]["polls"] > before[0]["polls"]
        lab.h1.ping(lab.h2.ip, count=3)
    finally:
        dut.cli("set power auto")


def test_two_workers(fresh):
    """Each polls a port of its own; traffic passes between them."""
    made = fresh(config={"dpdk": {"control": 0, "workers": [0, 1]}})
    rows = made.dut.cli("show worker all")
    assert len(rows) == 2
    assert sorted(q["port"] for r in rows for q in r["rxq"]) == ["r1", "r2"]
    assert all(len(r["rxq"]) == 1 for r in rows)
    made.h1.ping(made.h2.ip, count=20)
    made.h2.ping(made.h1.ip, count=20)
    made.h1.ping(made.h2.ip, count=5, args="-s 5000")


@pytest.mark.parametrize("power", ["auto", "poll"])
def test_worker_shares_the_control_cpu(fresh, power):
    """One CPU for both: the worker lets the control thread run, commands are answered."""
    made = fresh(config={"dpdk": {"control": 0, "workers": [0]}})
    made.dut.cli(f"set power {power}")
    made.h1.ping(made.h2.ip, count=10)
    for _ in range(5):
        made.dut.cli("show version")


def test_queue_moves_to_another_worker(fresh):
    made = fresh(config={"dpdk": {"control": 0, "workers": [0, 1]}})
    warm_up(made)
    rows = made.dut.cli("show worker all")
    idle = [r for r in rows if not any(q["port"] == "r1" for q in r["rxq"])][0]
    flow = made.h1.pinging(made.h2.ip, 100, 0.02)
    made.dut.cli(f"set worker rxq r1 0 lcore {idle['lcore']}")
    rows = {r["worker"]: r for r in made.dut.cli("show worker all")}
    assert {"r1", "r2"} == {q["port"] for q in rows[idle["worker"]]["rxq"]}
    received, said = flow()
    assert received == 100, said


def test_tap_port(fresh):
    """net_tap as a port, its kernel side in a bridge with a host's cable. The bridge must not take
    the router's MAC address for its own: the kernel's side gets another one."""
    made = fresh(config={"ports": {"tap7": {"device": "net_tap7,iface=tap7"}},
                         "addresses": {"tap7": ["10.0.7.1/24"]}})
    made.h1.ping(made.h2.ip)
    dut, h2 = made.dut_ns, made.h2.ns
    sh(f"ip -n {h2} link add eth7 type veth peer name v7 netns {dut} && "
       f"ip -n {dut} link add b7 type bridge && ip -n {dut} link set tap7 address 02:00:00:00:07:07 && "
       f"ip -n {dut} link set tap7 master b7 && ip -n {dut} link set v7 master b7 && "
       f"ip -n {dut} link set v7 up && ip -n {dut} link set b7 up && "
       f"ip netns exec {h2} ethtool -K eth7 rx off tx off tso off gso off gro off && "
       f"ip -n {h2} link set eth7 up && ip -n {h2} addr add 10.0.7.2/24 dev eth7")
    eventually(lambda: made.h1.ping("10.0.7.2", check=False) == 1, "no ping by way of the tap")
    made.h1.ping("10.0.7.2", args="-s 3000")


def test_mempool_is_whole_after_traffic(lab):
    """No packet buffer stays behind: what is in use at rest is what it was."""
    warm_up(lab)
    time.sleep(0.5)

    def in_use():
        return sum(row["in_use"] for row in lab.dut.cli("show mempool"))
    before = in_use()
    lab.h1.run(f"ping -n -q -f -c 3000 -s 3000 {lab.h2.ip}")
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        last = probe(lab.h1, lab.h2)
        w1.send(*[probe(lab.h1, lab.h2, ttl=1) for _ in range(100)], last)
        w2.expect(carries(raw(last[UDP].payload)))
    # the pool's caches and the ports' rings hold some, up to their sizes, at any time
    eventually(lambda: abs(in_use() - before) <= 1024, f"{in_use()} in use, {before} before")


def test_stage_counters(lab):
    warm_up(lab)
    rows = lab.dut.cli("show stats stages")
    names = {r["stage"] for r in rows}
    assert {"rx", "ip4_fast", "arp_rcv", "tx"} <= names

    def by_stage(rows):
        return {n: sum(r["packets"] for r in rows if r["stage"] == n) for n in names}
    before = by_stage(rows)
    lab.h1.ping(lab.h2.ip, count=10)
    after = by_stage(lab.dut.cli("show stats stages"))
    assert after["rx"] - before["rx"] >= 20 and after["tx"] - before["tx"] >= 20
