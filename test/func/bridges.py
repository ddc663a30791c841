# SPDX-License-Identifier: BSD-3-Clause
"""The router's bridge among other bridges, the kernel's and Open vSwitch's: each has a link to each other.
What the tree must look like is computed here from the standard's priority vectors."""
import contextlib
import itertools
import json
import os
import subprocess
import time

from netlab import sh
from probes import Probes

HELLO, FORWARD_DELAY, MAX_AGE = 1, 4, 6  # seconds, as short as 802.1D allows
CONVERGED = 60  # seconds on a busy machine; max age and twice the forward delay are 14
COST = 100  # of each link: paths are compared by their hops
ROUTER = "router"
STP, RSTP = 1, 2


class RouterBridge:
    """br0 of the router; `edges` are ports of it that lead to hosts without a bridge."""

    def __init__(self, dut, mode, edges=()):
        self.dut, self.mode, self.edges = dut, mode, edges

    def create(self, ports, priority):
        ports = [*ports, *self.edges]
        self.dut.ip(f"link add br0 type bridge hello_time {HELLO}00 forward_delay {FORWARD_DELAY}00 "
                    f"max_age {MAX_AGE}00 priority {priority} stp_state {self.mode}")
        self.dut.ip("link set br0 up")
        for port in ports:
            self.dut.ip(f"link set {port} master br0")
            self.dut.bridge(f"link set dev {port} cost {COST}")

    def prioritise(self, priority):
        self.dut.ip(f"link set br0 type bridge priority {priority}")

    def forwarding(self):
        return {p["ifname"] for p in self.dut.bridge_json("link show")
                if p["state"] == "forwarding" and "LOWER_UP" in p["flags"]} - set(self.edges)

    def speak(self, mode):
        self.dut.ip(f"link set br0 type bridge stp_state {mode}")

    def roles(self):
        return {p["ifname"]: p["role"] for p in self.dut.cli("stp show br0")["ports"]}

    def show(self):
        return json.dumps(self.dut.bridge_json("link show"))

    def close(self):
        pass


class KernelBridge:
    """Bridge brh of a host's kernel: STP."""

    def __init__(self, host):
        self.host = host

    def create(self, ports, priority):
        run = self.host.run
        run(f"ip link add name brh address 02:00:00:00:0b:0{self.host.i} type bridge "
            f"hello_time {HELLO}00 forward_delay {FORWARD_DELAY}00 max_age {MAX_AGE}00 priority {priority} stp_state 1")
        run("ip link set brh up")
        for port in ports:
            run(f"ip link set {port} master brh")
            run(f"bridge link set dev {port} cost {COST}")

    def prioritise(self, priority):
        self.host.run(f"ip link set brh type bridge priority {priority}")

    def forwarding(self):
        return {p["ifname"] for p in json.loads(self.host.run("bridge -j link show").stdout)
                if p["state"] == "forwarding" and "LOWER_UP" in p["flags"]}

    def show(self):
        return self.host.run("bridge link show").stdout

    def close(self):
        pass


class OvsBridge:
    """Bridge brh of an Open vSwitch that is the host's own: all in userspace, no service, no kernel module.

    No flow is cached: one that was made while a port was blocking may stay what it was when the port forwards
    (seen with 3.1: ofproto/trace floods what the datapath drops)."""

    def __init__(self, host, directory, mode):
        self.host, self.mode, self.procs = host, mode, []
        self.word = "rstp" if mode == RSTP else "stp"
        self.dir = directory / f"ovs{host.i}"
        self.dir.mkdir()

    def _start(self, *cmd):
        with open(self.dir / "log", "ab") as log:
            self.procs.append(subprocess.Popen(
                ["ip", "netns", "exec", self.host.ns, *cmd, "--no-chdir", "-vfile:off", "-vsyslog:off"],
                env={**os.environ, "OVS_RUNDIR": str(self.dir), "OVS_DBDIR": str(self.dir)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def vsctl(self, words, seconds=30):
        """Change the database and wait until the switch has done it."""
        return sh(f"ovs-vsctl --db=unix:{self.dir}/db --timeout={seconds} {words}")

    def create(self, ports, priority):
        conf = self.dir / "conf.db"
        sh(f"ovsdb-tool create {conf} /usr/share/openvswitch/vswitch.ovsschema")
        self._start("ovsdb-server", str(conf), f"--remote=punix:{self.dir}/db", f"--unixctl={self.dir}/db.ctl")
        self._start("ovs-vswitchd", f"unix:{self.dir}/db", f"--unixctl={self.dir}/ctl")
        self.vsctl("--retry --no-wait init -- set open . other_config:flow-limit=0")
        times = f"other_config:stp-hello-time={HELLO} " if self.mode == STP else ""  # RSTP's is 2 s there
        self.vsctl(f"add-br brh -- set bridge brh datapath_type=netdev {self.word}_enable=true {times}"
                   f"other_config:{self.word}-max-age={MAX_AGE} "
                   f"other_config:{self.word}-forward-delay={FORWARD_DELAY} "
                   f"other_config:{self.word}-priority={priority} "
                   f"other_config:hwaddr=02:00:00:00:0b:0{self.host.i}" +
                   "".join(f" -- add-port brh {p} -- set port {p} other_config:{self.word}-path-cost={COST}"
                           for p in ports))
        self.host.run("ip link set brh up")

    def prioritise(self, priority):
        self.vsctl(f"set bridge brh other_config:{self.word}-priority={priority}")

    def show(self):
        return sh(f"ovs-appctl -t {self.dir}/ctl {self.word}/show brh").stdout

    def forwarding(self):
        rows = (line.split() for line in self.show().splitlines())
        return {r[0] for r in rows if len(r) == 5 and r[2].lower() == "forwarding"}

    def close(self):
        for proc in reversed(self.procs):
            proc.kill()
            proc.wait()


class Links:
    """A link from each bridge to each other, (one, other) in alphabetical order; each of them up or cut."""

    def __init__(self, lab, bridges):
        self.lab, self.names = lab, sorted(bridges)
        self.up = set(itertools.combinations(self.names, 2))
        self.every = frozenset(self.up)
        for a, b in self.every:
            if ROUTER not in (a, b):
                self._wire(self.host(a), self.host(b))

    def host(self, name):
        return getattr(self.lab, name)

    def port(self, name, other):
        """The port of bridge `name` on the link to `other`."""
        if name == ROUTER:
            return self.host(other).port
        return "eth0" if other == ROUTER else f"to{other}"

    def ports(self, name):
        return [self.port(name, other) for other in self.names if other != name]

    def end(self, link):
        """Namespace and device of an end that the kernel sees."""
        name, other = link if link[0] != ROUTER else link[::-1]
        return self.host(name).ns, self.port(name, other)

    def _wire(self, a, b):
        pa, pb = f"toh{b.i}", f"toh{a.i}"
        sh(f"ip -n {a.ns} link add {pa} type veth peer name {pb} netns {b.ns}")
        for host, port in ((a, pa), (b, pb)):
            host.run(f"ethtool -K {port} rx off tx off tso off gso off gro off")
            host.run(f"ip link set {port} up")

    def cut(self, a, b):
        link = tuple(sorted((a, b)))
        self.up.discard(link)
        ns, dev = self.end(link)
        sh(f"ip -n {ns} link set {dev} down")

    def mend(self, a, b):
        link = tuple(sorted((a, b)))
        self.up.add(link)
        ns, dev = self.end(link)
        sh(f"ip -n {ns} link set {dev} up")

    def tree(self, order):
        """The ports that forward, as (bridge, port), when bridges have priorities in this order: paths of the
        fewest hops to the root of each part, then the better bridge (IEEE 802.1D-2004 17.5, 17.6)."""
        rank, hops, forwarding = {n: i for i, n in enumerate(order)}, {}, set()
        near = {n: {m for m in order if tuple(sorted((n, m))) in self.up} for n in order}
        for root in order:
            if root in hops:
                continue
            hops[root], queue = 0, [root]
            for name in queue:
                for other in near[name] - set(hops):
                    hops[other] = hops[name] + 1
                    queue.append(other)
        for name in order:
            if hops[name]:
                best = min(near[name], key=lambda m: (hops[m], rank[m]))
                forwarding.add((name, self.port(name, best)))
        for a, b in self.up:
            first, other = (a, b) if (hops[a], rank[a]) < (hops[b], rank[b]) else (b, a)
            forwarding.add((first, self.port(first, other)))
        return forwarding


class Mesh:
    """The bridges, their links, and probes between the hosts for as long as it is there."""

    def __init__(self, lab, bridges, priorities):
        self.bridges, self.priorities = bridges, priorities
        self.links = Links(lab, bridges)
        self.stations = {f"h{h.i}": (h.ns, "brh" if f"h{h.i}" in bridges else h.dev) for h in lab.hosts}

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            for name, bridge in self.bridges.items():
                stack.callback(bridge.close)
                bridge.create(self.links.ports(name), self.priorities[name])
            self.probes = stack.enter_context(
                Probes(self.stations, {link: self.links.end(link) for link in self.links.every}))
            self.closing = stack.pop_all()
        return self

    def __exit__(self, *exc):
        return self.closing.__exit__(*exc)

    def prioritise(self, **priorities):
        """Set bridge priorities, one by one in this order. A root that gets worse while it is one leaves its old
        identifier behind, which may go round for a while (in RSTP a loop): let another one be better first."""
        for name, priority in priorities.items():
            self.bridges[name].prioritise(priority)
        self.priorities.update(priorities)

    def forwarding(self):
        return {(name, port) for name, bridge in self.bridges.items() for port in bridge.forwarding()}

    def settle(self):
        """Until the ports that forward are those of the tree, and all hosts that have links hear each other."""
        end = time.monotonic() + CONVERGED
        want = self.links.tree(sorted(self.priorities, key=self.priorities.get))
        while (now := self.forwarding()) != want:
            assert time.monotonic() < end, \
                f"forwards but must not: {sorted(now - want)}; must but does not: {sorted(want - now)}\n" + \
                "\n".join(f"{name}: {bridge.show()}" for name, bridge in self.bridges.items())
            self.probes.assert_no_storm()
            time.sleep(0.1)
        alone = set(self.bridges) - {name for link in self.links.up for name in link}
        self.probes.all_hear_all(set(self.stations) - alone, end - time.monotonic())
