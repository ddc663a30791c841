# SPDX-License-Identifier: BSD-3-Clause
"""Routing daemons as they come, FRR and BIRD, each with files and sockets of its own. What one of them is
to do is said once, by a Speaker; each writes it in its own language. Or it is given in that, as text."""
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from netlab import eventually, sh

HELLO, DEAD = 1, 4  # seconds, of OSPF
KEEPALIVE, HOLD = 1, 6  # of BGP
START_S = 20


@dataclasses.dataclass
class Speaker:
    """OSPF on the devices of `ospf` (their network type), without neighbours on those of `stubs`; BGP with
    `peers` (address: AS) announcing `prefixes`, which BIRD can do with another next hop than itself.
    redistribute: routes of the kernel that are not the daemon's own go into both."""
    router_id: str
    ospf: dict
    stubs: tuple = ()
    asn: int = 65000
    peers: dict = dataclasses.field(default_factory=dict)
    prefixes: list = dataclasses.field(default_factory=list)
    next_hop: str | None = None
    redistribute: bool = False


class Daemons:
    """What both have: a folder, processes in a namespace, a log."""

    def __init__(self, ns, folder, speaker):
        self.ns, self.dir, self.speaker, self.procs = ns, pathlib.Path(folder), speaker, []
        self.dir.mkdir(mode=0o755, exist_ok=True)

    def launch(self, name, *cmd, control):
        """Start one program; it is there when its control socket is."""
        control.unlink(missing_ok=True)
        with open(self.dir / "log", "ab") as log:
            proc = subprocess.Popen(
                ["ip", "netns", "exec", self.ns, *map(str, cmd)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.procs.append(proc)

        def there():
            assert proc.poll() is None, f"{name}: exit {proc.returncode}\n{self.log_tail()}"
            return control.exists()
        eventually(there, lambda: f"{name} does not get ready\n{self.log_tail()}", START_S)

    def end(self, how=signal.SIGKILL):
        """End all of it, at once: zebra would take back the routes of a bgpd that is gone. What is killed
        leaves its routes behind."""
        for proc in self.procs:
            proc.send_signal(how)
        for proc in self.procs:
            proc.wait(START_S)
        self.procs.clear()

    def log_tail(self, lines=40):
        return "".join((self.dir / "log").read_text(errors="replace").splitlines(True)[-lines:])

    def expect_full(self, *routers, seconds=40):
        """Adjacencies are full with these, by their router's identifiers."""
        eventually(lambda: self.full() == set(routers),
                   lambda: f"full with {self.full()}, wanted {routers}\n{self.log_tail()}", seconds)

    def expect_sessions(self, *peers, seconds=40):
        eventually(lambda: self.sessions() == set(peers),
                   lambda: f"sessions with {self.sessions()}, wanted {peers}\n{self.log_tail()}", seconds)


class Frr(Daemons):
    """zebra, ospfd and bgpd."""
    PROTO = {"ospf": "ospf", "bgp": "bgp"}  # of its routes in the kernel's tables

    def start(self):
        # they run as frr, whose folder it must be
        shutil.chown(self.dir, "frr", "frr")
        # The kernel takes the next hops of a lost link out of their groups; zebra 8.4 would use such a group
        # again, as if it were whole, for as long as it keeps it.
        given = isinstance(self.speaker, str)
        for name, text in (("zebra", "zebra nexthop-group keep 1\n"), ("ospfd", "" if given else self.ospfd()),
                           ("bgpd", "" if given else self.bgpd())):
            conf = self.dir / f"{name}.conf"
            conf.write_text("log stdout\n" + text)
            shutil.chown(conf, "frr", "frr")
            buffer = ["-s", 90000000] if name == "zebra" else []  # for netlink, as Debian starts it
            self.launch(name, f"/usr/lib/frr/{name}", *buffer, "-f", conf, "-i", self.dir / f"{name}.pid", "-P", 0,
                        "-z", self.dir / "zserv.api", "--vty_socket", self.dir, control=self.dir / f"{name}.vty")
        if given:
            self.configure(*self.speaker.splitlines())

    def ospfd(self):
        s = self.speaker
        text = ""
        for dev, kind in {**s.ospf, **dict.fromkeys(s.stubs)}.items():
            text += f"interface {dev}\n ip ospf area 0\n ip ospf hello-interval {HELLO}\n" \
                f" ip ospf dead-interval {DEAD}\n ip ospf cost 10\n"
            text += f" ip ospf network {kind}\n" if kind else " ip ospf passive\n"
        text += f"router ospf\n ospf router-id {s.router_id}\n timers throttle spf 10 50 500\n" \
            " timers throttle lsa all 0\n timers lsa min-arrival 0\n"
        return text + (" redistribute kernel\n" if s.redistribute else "")

    def bgpd(self):
        s = self.speaker
        text = f"router bgp {s.asn}\n bgp router-id {s.router_id}\n no bgp ebgp-requires-policy\n" \
            f" no bgp network import-check\n timers bgp {KEEPALIVE} {HOLD}\n"
        for peer, asn in s.peers.items():
            text += f" neighbor {peer} remote-as {asn}\n neighbor {peer} timers connect 1\n" \
                f" neighbor {peer} advertisement-interval 0\n"
        text += " address-family ipv4 unicast\n" + "".join(f"  network {p}\n" for p in s.prefixes)
        return text + ("  redistribute kernel\n" if s.redistribute else "")

    def show(self, words):
        return json.loads(sh(["vtysh", "--vty_socket", str(self.dir), "-c", f"show {words} json"]).stdout or "{}")

    def configure(self, *lines):
        sh(["vtysh", "--vty_socket", str(self.dir), "-c", "configure terminal",
            *(w for line in lines for w in ("-c", line))])

    def full(self):
        rows = self.show("ip ospf neighbor")["neighbors"]
        return {router for router, ways in rows.items() if any(w["nbrState"].startswith("Full") for w in ways)}

    def sessions(self):
        rows = self.show("bgp ipv4 unicast summary").get("peers", {})
        return {peer for peer, row in rows.items() if row["state"] == "Established"}

    def announce(self, on):
        """All prefixes of the speaker, or none."""
        self.configure(f"router bgp {self.speaker.asn}", "address-family ipv4 unicast",
                       *(f"{'' if on else 'no '}network {p}" for p in self.speaker.prefixes))


class Bird(Daemons):
    PROTO = {"ospf": "bird", "bgp": "bird"}

    def start(self):
        (self.dir / "bird.conf").write_text(self.conf())
        self.launch("bird", "/usr/sbin/bird", "-f", "-c", self.dir / "bird.conf", "-s", self.dir / "bird.ctl",
                    "-P", self.dir / "bird.pid", control=self.dir / "bird.ctl")

    def conf(self):
        s = self.speaker
        if isinstance(s, str):
            return "log stderr all;\n" + s
        text = f"log stderr all;\nrouter id {s.router_id};\nprotocol device {{ scan time 1; }}\n" \
            "protocol kernel { learn; scan time 2; merge paths on;\n" \
            " ipv4 { import all; export where source != RTS_STATIC; }; }\n"
        text += "protocol static announced { ipv4 { preference 10; };\n" + \
            "".join(f" route {p} blackhole;\n" for p in s.prefixes) + "}\n"
        text += "protocol ospf v2 ospf1 { tick 1; ipv4 { import all;\n" \
            f" export {'where source = RTS_INHERIT' if s.redistribute else 'none'}; }};\n area 0 {{\n"
        for dev, kind in s.ospf.items():
            kind = {"point-to-point": "ptp"}.get(kind, kind)
            text += f'  interface "{dev}" {{ type {kind}; hello {HELLO}; dead {DEAD}; }};\n'
        text += "".join(f'  interface "{dev}" {{ stub; }};\n' for dev in s.stubs) + " };\n}\n"
        wanted = "source = RTS_STATIC || source = RTS_BGP" + (" || source = RTS_INHERIT" if s.redistribute else "")
        hop = f"next hop address {s.next_hop}; " if s.next_hop else ""
        for n, (peer, asn) in enumerate(s.peers.items()):
            text += f"protocol bgp bgp{n} {{ local as {s.asn}; neighbor {peer} as {asn}; connect delay time 1;\n" \
                f" connect retry time 1; error wait time 1, 1; hold time {HOLD}; keepalive time {KEEPALIVE};\n" \
                f" ipv4 {{ {hop}import all; export where {wanted}; }}; }}\n"
        return text

    def control(self, words):
        """What it says to a command of its client, without the codes of its replies."""
        done = sh(["birdcl", "-s", str(self.dir / "bird.ctl"), *words.split()])
        return done.stdout

    def full(self):
        return {line.split()[0] for line in self.control("show ospf neighbors").splitlines()
                if re.match(r"\d+\.\d+\.\d+\.\d+\s.*\bFull/", line)}

    def sessions(self):
        up = {line.split()[0] for line in self.control("show protocols").splitlines() if " Established" in line}
        return {peer for n, peer in enumerate(self.speaker.peers) if f"bgp{n}" in up}

    def announce(self, on):
        self.control(f"{'enable' if on else 'disable'} announced")


def stub(node, *addresses):
    """Device `stub` of the namespace: a network that ends there."""
    sh(f"ip -n {node.ns} link add stub type veth peer name stub-far && ip -n {node.ns} link set stub-far up && "
       f"ip -n {node.ns} link set stub up")
    for address in addresses:
        sh(f"ip -n {node.ns} addr add {address} dev stub")
