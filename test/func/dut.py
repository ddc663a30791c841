# SPDX-License-Identifier: BSD-3-Clause
"""The device under test: polluxd in a namespace, or the kernel in its place (DUT=linux).

Both answer to the same few methods, so that a test runs against either: ip(), ip_json(),
sysctl(). What only polluxd has (cli(), drops()) a test uses behind `@ours` or expect_drops().
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from netlab import NO_LIMITS, sh

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINUX = os.environ.get("DUT", "pollux") == "linux"
SEED = int(os.environ.get("TEST_SEED", "1"))  # of what tests draw at random (test/tools/seed.h)
START_S, STOP_S = 60, 30


def build_dir():
    """$POLLUX_BUILD, or the first of the usual build folders that holds a daemon."""
    named = os.environ.get("POLLUX_BUILD")
    for name in [named] if named else ["build-test", "build"]:
        if (ROOT / name / "app/polluxd/polluxd").exists():
            return ROOT / name
    raise AssertionError("no polluxd: build it, or name the build folder in POLLUX_BUILD")


def merge(base, extra):
    """extra over base, objects member by member; None removes a member."""
    out = dict(base)
    for key, value in extra.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merge(out[key], value)
        else:
            out[key] = value
    return out


class LinuxDut:
    """The kernel of namespace ns as the router."""

    def __init__(self, ns, tag, tmp, hosts, config):
        self.ns, self.hosts, self.config = ns, hosts, config

    def start(self):
        sh(f"ip netns exec {self.ns} sysctl -eqw net.ipv4.ip_forward=1 {NO_LIMITS} "
           "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0")
        for host in self.hosts:
            sh(f"ip netns exec {self.ns} sysctl -qw net.ipv4.conf.{host.port}.rp_filter=0")
            sh(f"ip -n {self.ns} addr add {host.gw}/24 dev {host.port} && "
               f"ip -n {self.ns} link set {host.port} promisc off")
        for key, value in self.config.get("sysctl", {}).items():
            self.sysctl(key, value)
        for route in self.config.get("routes", []):
            self.ip(f"route add {route.get('type', '')} {route['dst']} "
                    + (f"via {route['gateway']}" if "gateway" in route else ""))

    def stop(self):
        pass

    def ip(self, words, check=True):
        return sh(f"ip -n {self.ns} {words}", check=check).stdout

    def ip_json(self, words):
        return json.loads(sh(f"ip -n {self.ns} -j {words}").stdout or "[]")

    def bridge(self, words):
        return sh(f"bridge -n {self.ns} {words}").stdout

    def bridge_json(self, words):
        return json.loads(sh(f"bridge -n {self.ns} -j {words}").stdout or "[]")

    def sysctl(self, key, value=None):
        if value is None:
            return sh(f"ip netns exec {self.ns} sysctl -n {key}").stdout.strip()
        return sh(["ip", "netns", "exec", self.ns, "sysctl", "-qw", f"{key}={value}"]).stdout

    @contextlib.contextmanager
    def expect_drops(self, **reasons):
        yield

    def check_balance(self):
        pass

    def log_tail(self):
        return ""


class PolluxDut:
    """polluxd inside namespace ns, one AF_XDP port per host."""

    def __init__(self, ns, tag, tmp, hosts, config):
        self.ns, self.tag, self.tmp, self.hosts = ns, tag, pathlib.Path(tmp), hosts
        self.build = build_dir()
        self.sock, self.conf = self.tmp / "pollux.sock", self.tmp / "pollux.json"
        self.log, self.proc = self.tmp / "polluxd.log", None
        self.config = merge(self.base_config(), config)

    def base_config(self):
        ports = {h.port: {"device": f"net_af_xdp{n},iface={h.port},force_copy=1"}
                 for n, h in enumerate(self.hosts)}
        # parallel runs share two cores: neighbours in the run order take different ones
        core = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "0"))) % 2
        return {"version": 1,
                "system": {"hostname": "dut", "socket": str(self.sock)},
                "dpdk": {"control": 1 - core, "workers": [core], "hugepages": False,
                         "memory_mb": 256,
                         "eal": ["--no-pci", f"--file-prefix=pollux-{self.tag}"]},
                "ports": ports,
                "addresses": {h.port: [f"{h.gw}/24"] for h in self.hosts},
                "sysctl": {"net.ipv4.icmp_ratelimit": 0}}

    def write_config(self, config=None):
        self.config = config or self.config
        self.conf.write_text(json.dumps(self.config, indent=1))
        return self.conf

    def start(self, args=()):
        self.write_config()
        with open(self.log, "ab") as out:
            self.proc = subprocess.Popen(
                ["ip", "netns", "exec", self.ns, str(self.build / "app/polluxd/polluxd"),
                 *args, "--", "-c", str(self.conf)], stdin=subprocess.DEVNULL, stdout=out,
                stderr=out)
        end = time.monotonic() + START_S
        while self.client("show health").returncode != 0:
            if self.proc.poll() is not None:
                raise AssertionError(f"polluxd: exit {self.proc.returncode}\n{self.log_tail()}")
            if time.monotonic() > end:
                self.proc.kill()
                raise AssertionError(f"polluxd does not get ready\n{self.log_tail()}")
            time.sleep(0.05)
        if os.environ.get("POLLUX_POWER", "auto") == "auto":
            self.cli("set power auto")  # several daemons share the cores of the test machine

    def stop(self):
        if self.proc is None:
            return
        proc, self.proc = self.proc, None
        try:
            assert proc.poll() is None, f"polluxd died: {proc.returncode}\n{self.log_tail()}"
            proc.send_signal(signal.SIGTERM)
            try:
                code = proc.wait(STOP_S)
            except subprocess.TimeoutExpired:
                proc.kill()
                proc.wait()
                raise AssertionError(f"SIGTERM did not stop polluxd\n{self.log_tail()}") from None
            assert code == 0, f"exit {code} after SIGTERM\n{self.log_tail()}"
        finally:
            shutil.rmtree(f"/var/run/dpdk/pollux-{self.tag}", ignore_errors=True)

    def client(self, *args, timeout=60):
        """Run `pollux -S SOCKET args...`, words of each argument split at spaces."""
        words = [w for a in args for w in str(a).split()]
        return sh([str(self.build / "app/pollux/pollux"), "-S", str(self.sock), *words],
                  check=False, timeout=timeout)

    def cli(self, command, timeout=60):
        """A command that must succeed; its JSON."""
        done = self.client("-j", command, timeout=timeout)
        assert done.returncode == 0, \
            f"pollux -j {command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def ip(self, words, check=True):
        done = self.client("ip " + words)
        assert not check or done.returncode == 0, \
            f"pollux ip {words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def ip_json(self, words):
        flags = [w for w in words.split() if w.startswith("-")]  # the client's, as -d
        return self.cli(" ".join([*flags, "ip", *(w for w in words.split() if w not in flags)]))

    def bridge(self, words):
        done = self.client("bridge " + words)
        assert done.returncode == 0, \
            f"pollux bridge {words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def bridge_json(self, words):
        return self.cli(f"bridge {words}")

    def sysctl(self, key, value=None):
        if value is None:
            return str(self.cli(f"sysctl {key}")[0]["value"])
        done = self.client("sysctl", f"{key}={value}")
        assert done.returncode == 0, f"sysctl {key}={value}: {done.stdout}{done.stderr}"
        return done.stdout

    def drops(self):
        """Packets dropped so far by reason; reasons at zero may be missing."""
        return {row["reason"]: row["packets"] for row in self.cli("show drops")}

    @contextlib.contextmanager
    def expect_drops(self, **reasons):
        """Within the body exactly so many packets are dropped for these reasons."""
        before = self.drops()
        yield
        end = time.monotonic() + 5
        while True:
            after = self.drops()
            grown = {r: after.get(r, 0) - before.get(r, 0) for r in reasons}
            if grown == reasons:
                return
            if time.monotonic() > end:
                moved = {r: n - before.get(r, 0) for r, n in after.items() if n != before.get(r, 0)}
                raise AssertionError(f"drops wanted {reasons}, counted {moved}")
            time.sleep(0.1)

    def check_balance(self):
        """Every packet is accounted for: rx + originated = tx + drops + consumed + held."""
        end = time.monotonic() + 5
        while True:
            assert self.proc.poll() is None, \
                f"polluxd died: {self.proc.returncode}\n{self.log_tail()}"
            b = self.cli("show stats balance")
            if b["rx"] + b["originated"] == b["tx"] + b["drops"] + b["consumed"] + b["held"]:
                return
            assert time.monotonic() < end, f"packets unaccounted for: {b}"
            time.sleep(0.2)

    def log_tail(self, lines=60):
        if not self.log.exists():
            return ""
        return "".join(self.log.read_text(errors="replace").splitlines(True)[-lines:])


def make_dut(*args):
    return (LinuxDut if LINUX else PolluxDut)(*args)
