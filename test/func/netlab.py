# SPDX-License-Identifier: BSD-3-Clause
"""Hosts in network namespaces, and the wire between them and the router as raw frames."""
import contextlib
import ctypes
import errno
import json
import os
import re
import socket
import struct
import subprocess
import time

from scapy.all import ARP, IP, Ether

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING, SO_RCVBUFFORCE = 263, 8, 23, 33
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6
SLOW = 8.0  # seconds an answer may take on a busy machine; only a failing test waits that long
NO_LIMITS = "net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=9999"
LIBC = ctypes.CDLL(None, use_errno=True)


def sh(cmd, check=True, timeout=60, **kw):
    """Run a command line or an argument list; the result has text in stdout and stderr."""
    done = subprocess.run(cmd, shell=isinstance(cmd, str), capture_output=True, text=True,
                          timeout=timeout, stdin=subprocess.DEVNULL, **kw)
    if check and done.returncode != 0:
        raise AssertionError(f"{cmd}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def eventually(check, what, seconds=SLOW):
    """Wait for check() to hold; what: words for the case that it does not, or what makes them."""
    end = time.monotonic() + seconds
    while not (got := check()):
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.05)
    return got


@contextlib.contextmanager
def inside(ns):
    """Run the body with this thread in namespace ns: sockets made there stay there."""
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{ns}") as there:
        if LIBC.setns(there.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), f"setns {ns}")
        try:
            yield
        finally:
            if LIBC.setns(home.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), "setns back")


def packet_socket(ns, dev, incoming_only=True):
    """A raw socket on one interface, with room for what nobody has time to read at once."""
    with inside(ns):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, int(incoming_only))
        sock.bind((dev, ETH_P_ALL))
    return sock


@contextlib.contextmanager
def one_cpu():
    """Run the body's thread on the first CPU: veth keeps a backlog per CPU, and what one thread sends
    from two of them arrives in either order."""
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cpus)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cpus)


class Wire:
    """A raw socket on one interface: what arrives there from now on, VLAN tags included."""

    def __init__(self, ns, dev):
        self.sock = packet_socket(ns, dev)
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.seen = []  # every frame received so far, in order

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()

    def send(self, *frames):
        frames = [bytes(frame) for frame in frames]
        with one_cpu():
            for frame in frames:
                self.sock.send(frame)

    def _recv(self, timeout):
        self.sock.settimeout(max(timeout, 0.001))
        try:
            data, anc, _, _ = self.sock.recvmsg(65600, 64)
        except (socket.timeout, BlockingIOError):
            return None
        except OSError as why:
            if why.errno != errno.ENETDOWN:  # told once when the interface goes down
                raise
            return None
        for level, kind, aux in anc:
            if (level, kind) != (SOL_PACKET, PACKET_AUXDATA):
                continue
            status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", aux[:20])
            if status & TP_STATUS_VLAN_VALID:  # the kernel took the tag out: put it back
                tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
                data = data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
        frame = Ether(data)
        self.seen.append(frame)
        return frame

    def expect(self, match, what="the packet", timeout=SLOW):
        """The first frame not yet read for which match(frame) holds."""
        since, end = len(self.seen), time.monotonic() + timeout
        while time.monotonic() < end:
            frame = self._recv(end - time.monotonic())
            if frame is not None and match(frame):
                return frame
        other = "\n".join("  " + f.summary() for f in self.seen[since:][-20:])
        raise AssertionError(f"{what} did not come; instead:\n{other or '  nothing'}")

    def drain(self, seconds=0.3):
        """Everything that is on its way; returns all frames seen so far."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._recv(end - time.monotonic())
        return self.seen

    def none(self, match, what="a packet", seconds=0.3):
        """No frame seen so far, nor in the next moments, matches. Send a control before."""
        bad = [f for f in self.drain(seconds) if match(f)]
        assert not bad, f"{what} came: {bad[0].summary()} ({len(bad)} of them)"


class Node:
    """A namespace that runs commands."""

    def __init__(self, ns):
        self.ns = ns

    def run(self, cmd, check=True, timeout=60):
        return sh(f"ip netns exec {self.ns} {cmd}", check=check, timeout=timeout)

    def popen(self, cmd, **kw):
        return subprocess.Popen(["ip", "netns", "exec", self.ns] + cmd.split(), text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, **kw)

    def pinging(self, dst, count, every=0.05, args=""):
        """Starts a ping. What this returns waits for its end when it is called, and says how many of the first
        `count` requests were answered, and what ping said. With a deadline ping goes on asking until so many
        answers have come; without one it would leave a moment after the last request, and what comes later than
        that is late, not lost. A single one waits anyway."""
        patience = f"-W {int(SLOW)}" if count == 1 else f"-w {int(count * every + SLOW)}"
        proc = self.popen(f"ping -n -c {count} -i {every} {patience} {args} {dst}")

        def outcome():
            said = proc.communicate(timeout=60)[0]
            answered = {int(n) for n in re.findall(r"bytes from .*icmp_seq=(\d+)", said)}
            return len(answered & set(range(1, count + 1))), said
        return outcome

    def ping(self, dst, count=1, args="", check=True):
        """Ping; returns how many requests were answered. check: all must be."""
        received, said = self.pinging(dst, count, args=args)()
        if check:
            assert received == count, f"{received} of {count} replies\n{said}"
        return received

    def socket(self, kind, at=None, family=socket.AF_INET, proto=0):
        """A socket in this namespace, bound to (address, port); what it waits for comes soon or not at all."""
        with inside(self.ns):
            sock = socket.socket(family, kind, proto)
        sock.settimeout(SLOW)
        if at is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(at)
        return sock

    def ip_json(self, words):
        return json.loads(sh(f"ip -n {self.ns} -j {words}").stdout or "[]")


class Host(Node):
    """A host behind router port `port`: 10.0.<i>.2/24, default route through the router."""

    def __init__(self, i, ns, dut_ns, port):
        super().__init__(ns)
        self.i, self.dut_ns, self.port, self.dev = i, dut_ns, port, "eth0"
        self.ip, self.gw, self.net = f"10.0.{i}.2", f"10.0.{i}.1", f"10.0.{i}.0/24"
        self.mac, self.gw_mac = f"02:00:00:00:{i:02x}:02", f"02:00:00:00:{i:02x}:01"

    def create(self):
        """Namespace, veth pair with the router's end named port, offloads off, address, route."""
        ns, dut = self.ns, self.dut_ns
        sh(f"ip netns add {ns}")
        sh(f"ip -n {ns} link set lo up && "
           f"ip -n {ns} link add eth0 address {self.mac} type veth "
           f"peer name {self.port} address {self.gw_mac} netns {dut} && "
           f"ip netns exec {ns} sysctl -eqw net.ipv6.conf.all.disable_ipv6=1 {NO_LIMITS} && "
           f"ip netns exec {dut} sysctl -qw net.ipv6.conf.{self.port}.disable_ipv6=1 && "
           f"ip netns exec {ns} ethtool -K eth0 rx off tx off tso off gso off gro off && "
           f"ip netns exec {dut} ethtool -K {self.port} rx off tx off tso off gso off gro off && "
           f"ip -n {dut} link set {self.port} up promisc on && "
           f"ip -n {ns} addr add {self.ip}/24 dev eth0 && ip -n {ns} link set eth0 up && "
           f"ip -n {ns} route add default via {self.gw}")
        # What one sender sends arrives in that order, whichever CPUs it runs on meanwhile. Not where the kernel
        # routes: it would take the hash of a flow that this computes for that of its multipath policy (there,
        # a Wire's own frames keep their order by one_cpu()).
        ends = [(ns, self.dev)] + ([] if os.environ.get("DUT") == "linux" else [(dut, self.port)])
        for where, dev in ends:
            sh(["ip", "netns", "exec", where, "sh", "-c",
                f"echo 1 > /sys/class/net/{dev}/queues/rx-0/rps_cpus"], check=False)

    def destroy(self):
        sh(["ip", "netns", "pids", self.ns], check=False)
        sh(["ip", "netns", "del", self.ns], check=False)

    def wire(self):
        return Wire(self.ns, self.dev)

    def eth(self, **kw):
        """An Ethernet header from this host to the router."""
        return Ether(**{"src": self.mac, "dst": self.gw_mac, **kw})

    def to(self, dst, **ip):
        """Ethernet and IP headers from this host by way of the router."""
        dst = dst.ip if isinstance(dst, Host) else dst
        return self.eth() / IP(**{"src": self.ip, "dst": dst, **ip})

    def arp(self, **kw):
        """An ARP packet with this host as the sender."""
        return ARP(**{"hwsrc": self.mac, "psrc": self.ip, **kw})

    def neigh(self, dst):
        """This host's own neighbour entry for dst, or None."""
        rows = json.loads(self.run(f"ip -j neigh show {dst}").stdout or "[]")
        return rows[0] if rows else None
