# SPDX-License-Identifier: BSD-3-Clause
"""Hosts in network namespaces with the router (DUT) between them.

    h1 10.0.1.2/24 --- r1 [ DUT ] r2 --- 10.0.2.2/24 h2      h3 10.0.3.2/24 --- r3

DUT=linux puts the kernel in the router's place: a test that Linux fails is a wrong test until
its docstring says why we differ. POLLUX_BUILD names the build folder with the daemon.
"""
import contextlib
import pathlib
import shutil
import sys
import tempfile
import time
import types
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from dut import LINUX, make_dut  # noqa: E402
from netlab import Host, Node, sh  # noqa: E402

ACTIVE = []  # the labs that are up: each test ends with their balance
# Frames that wait for a CPU, of all namespaces together: what one test floods, another one loses.
BACKLOG, ROOM = pathlib.Path("/proc/sys/net/core/netdev_max_backlog"), 50000

from scapy.all import conf  # noqa: E402
conf.verb = 0


@contextlib.contextmanager
def given(lab, *words):
    """These routes and rules during the body."""
    made = []
    try:
        for word in words:
            lab.dut.ip(word)
            made.append(word)
        yield
    finally:
        for word in reversed(made):
            lab.dut.ip(word.replace(" add ", " del "), check=False)


@contextlib.contextmanager
def behind(lab, host, mtu=1500):
    """A node behind `host`, which forwards: 20.9.0.2, in 20.9.0.0/24, to which the router has a route."""
    far = Node(f"far-{lab.tag}")
    sh(f"ip netns add {far.ns}")
    try:
        sh(f"ip -n {host.ns} link add v0 mtu {mtu} type veth peer name v1 netns {far.ns} mtu {mtu} && "
           f"ip netns exec {host.ns} sysctl -qw net.ipv4.ip_forward=1 && "
           f"ip -n {host.ns} addr add 20.9.0.1/24 dev v0 && ip -n {host.ns} link set v0 up && "
           f"ip -n {far.ns} addr add 20.9.0.2/24 dev v1 && ip -n {far.ns} link set v1 up && "
           f"ip -n {far.ns} route add default via 20.9.0.1")
        with given(lab, f"route add 20.9.0.0/24 via {host.ip}"):
            yield far
    finally:
        sh(["ip", "netns", "del", far.ns], check=False)


@contextlib.contextmanager
def lab_of(hosts=2, config=None, start=True, host=None):
    """Bring up `hosts` hosts around a router; config is merged over the usual one. host: the section of
    that name, without its namespace; applications of the router run in lab.apps, with DUT=linux where it is."""
    tag = uuid.uuid4().hex[:6]  # parallel runs do not meet
    dut_ns, tmp = f"dut-{tag}", tempfile.mkdtemp(prefix="pollux-func-")
    apps = Node(dut_ns if LINUX or host is None else f"rh-{tag}")
    if apps.ns != dut_ns:
        config = {**(config or {}), "host": {"netns": apps.ns, **host}}
    around = [Host(i, f"h{i}-{tag}", dut_ns, f"r{i}") for i in range(1, hosts + 1)]
    lab = types.SimpleNamespace(tag=tag, tmp=pathlib.Path(tmp), hosts=around, dut_ns=dut_ns, apps=apps,
                                **{f"h{h.i}": h for h in around})
    try:
        sh(f"ip netns add {dut_ns} && ip -n {dut_ns} link set lo up")
        if apps.ns != dut_ns:
            sh(f"ip netns add {apps.ns}")
        for host in around:
            host.create()
        lab.dut = make_dut(dut_ns, tag, tmp, around, config or {})
        if start:
            lab.dut.start()
        ACTIVE.append(lab)
        yield lab
    finally:
        if lab in ACTIVE:
            ACTIVE.remove(lab)
        try:
            if hasattr(lab, "dut"):
                lab.dut.stop()
        finally:
            for host in around:
                host.destroy()
            for ns in {dut_ns, apps.ns}:
                sh(["ip", "netns", "del", ns], check=False)
            shutil.rmtree(tmp, ignore_errors=True)


@pytest.fixture(scope="module")
def lab():
    """Two hosts, shared by the tests of a file: each leaves it as it found it."""
    with lab_of(2) as made:
        yield made


@pytest.fixture(scope="module")
def lab3():
    """Three hosts, shared by the tests of a file."""
    with lab_of(3) as made:
        yield made


@pytest.fixture
def fresh():
    """lab_of, for tests that need a router of their own: fresh(hosts=3, config={...})."""
    with contextlib.ExitStack() as stack:
        yield lambda **kw: stack.enter_context(lab_of(**kw))


@pytest.fixture
def lan(fresh):
    """Three hosts on one bridge, br0 of r1 to r3, whose ports forward."""
    lab = fresh(hosts=3)
    lab.dut.ip("link add br0 type bridge")
    lab.dut.ip("link set br0 up")
    for port in ("r1", "r2", "r3"):
        lab.dut.ip(f"link set {port} master br0")
    end = time.monotonic() + 10
    while any(p["state"] != "forwarding" for p in lab.dut.bridge_json("link show")):
        assert time.monotonic() < end
        time.sleep(0.1)
    return lab


@pytest.fixture(autouse=True)
def balanced():
    """Every test ends with all packets accounted for."""
    yield
    for made in ACTIVE:
        if getattr(made.dut, "proc", True):
            made.dut.check_balance()


def pytest_configure(config):
    config.addinivalue_line("markers", "ours(why): only polluxd can do it; skipped with DUT=linux")
    config.addinivalue_line("markers", "core: the short set, for the kernel and for --quick")
    config.addinivalue_line("markers", "options: of a build that leaves modules out")
    if not hasattr(config, "workerinput"):  # once, not in each of xdist's processes
        with contextlib.suppress(OSError):
            config.backlog = BACKLOG.read_text()
            BACKLOG.write_text(str(max(ROOM, int(config.backlog))))


def pytest_unconfigure(config):
    with contextlib.suppress(OSError, AttributeError):
        BACKLOG.write_text(config.backlog)


def pytest_collection_modifyitems(items):
    if LINUX:
        for item in items:
            mark = item.get_closest_marker("ours")
            if mark:
                item.add_marker(pytest.mark.skip(reason="DUT=linux: " + (mark.args or ("",))[0]))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for made in ACTIVE:
            report.sections.append((f"polluxd of {made.tag}", made.dut.log_tail()))
