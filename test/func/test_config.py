# SPDX-License-Identifier: BSD-3-Clause
"""The JSON config: what is refused and how it is told, --check, reload by SIGHUP, clean stop."""
import copy
import json
import os
import signal
import stat
import time

import pytest
from dut import ROOT, build_dir, merge
from netlab import eventually, sh

pytestmark = pytest.mark.ours("polluxd's own")

BASE = {"version": 1,
        "system": {"hostname": "r1", "log": {"level": "info"}},
        "dpdk": {"control": 0, "workers": [0], "hugepages": False, "memory_mb": 128},
        "ports": {"p0": {"device": "net_null0", "mtu": 1500}, "p1": {"device": "net_null1"}},
        "vlans": {"p0.100": {"parent": "p0", "id": 100}},
        "addresses": {"p0": ["192.0.2.1/24"], "p0.100": ["10.0.0.1/24", "10.0.1.1/24"]},
        "neighbours": [{"dst": "192.0.2.9", "dev": "p0", "lladdr": "02:00:00:00:00:09"}],
        "routes": [{"dst": "default", "gateway": "192.0.2.254"},
                   {"dst": "203.0.113.0/24", "type": "blackhole"}],
        "sysctl": {"net.ipv4.ip_forward": 1}}

# (what is merged over BASE, pointer that must be named, a word the message must hold)
BAD = [
    ({"route": []}, "/route", "routes"),
    ({"version": 2}, "/version", "1"),
    ({"version": "1"}, "/version", "integer"),
    ({"ports": []}, "/ports", "object"),
    ({"ports": {"p0": 7}}, "/ports/p0", "object"),
    ({"ports": {"p0": {"device": None}}}, "/ports/p0/device", ""),
    ({"ports": {"p0": {"device": 3}}}, "/ports/p0/device", "string"),
    ({"ports": {"p0": {"devise": "x"}}}, "/ports/p0/devise", "device"),
    ({"ports": {"p0": {"mtu": "1500"}}}, "/ports/p0/mtu", "integer"),
    ({"ports": {"p0": {"mtu": 10}}}, "/ports/p0/mtu", "68"),
    ({"ports": {"p0": {"mtu": 70000}}}, "/ports/p0/mtu", ""),
    ({"ports": {"p0": {"mtu": 1500.5}}}, "/ports/p0/mtu", "integer"),
    ({"ports": {"p0": {"mtu": -1}}}, "/ports/p0/mtu", ""),
    ({"ports": {"p0": {"rx_queues": 0}}}, "/ports/p0/rx_queues", ""),
    ({"ports": {"p0": {"rx_desc": True}}}, "/ports/p0/rx_desc", "integer"),
    ({"ports": {"p0": {"mac": "02:00"}}}, "/ports/p0/mac", "MAC"),
    ({"ports": {"p0": {"mac": "01:00:5e:00:00:01"}}}, "/ports/p0/mac", "unicast"),
    ({"ports": {"p0": {"enabled": 1}}}, "/ports/p0/enabled", "true or false"),
    ({"ports": {"a/b": {"device": "net_null7"}}}, "/ports/a~1b", ""),
    ({"ports": {"sixteen-letters!": {"device": "net_null7"}}}, "/ports/sixteen-letters!", ""),
    ({"ports": {"p1": {"device": "net_null0"}}}, "/ports/p", "p"),
    ({"vlans": {"p0.100": {"parent": None}}}, "/vlans/p0.100/parent", ""),
    ({"vlans": {"p0.100": {"parent": "p9"}}}, "/vlans/p0.100/parent", "p9"),
    ({"vlans": {"p0.100": {"id": 0}}}, "/vlans/p0.100/id", "1"),
    ({"vlans": {"p0.100": {"id": 4095}}}, "/vlans/p0.100/id", "4094"),
    ({"vlans": {"v2": {"parent": "p0", "id": 100}}}, "/vlans/", "100"),
    ({"vlans": {"p1": {"parent": "p0", "id": 9}}}, "/vlans/p1", ""),
    ({"addresses": {"p9": ["10.9.0.1/24"]}}, "/addresses/p9", "p9"),
    ({"addresses": {"p0": "192.0.2.1/24"}}, "/addresses/p0", "list"),
    ({"addresses": {"p0": ["192.0.2.1/33"]}}, "/addresses/p0/0", ""),
    ({"addresses": {"p0": ["192.0.2.256/24"]}}, "/addresses/p0/0", ""),
    ({"addresses": {"p0": ["192.0.2.1/24", "x"]}}, "/addresses/p0/1", "x"),
    ({"addresses": {"p0": [4]}}, "/addresses/p0/0", ""),
    ({"addresses": {"p0": ["224.0.0.1/24"]}}, "/addresses/p0/0", ""),
    ({"addresses": {"p0": ["127.0.0.1/8"]}}, "/addresses/p0/0", ""),
    ({"addresses": {"p0": ["192.0.2.1/24", "192.0.2.1/24"]}}, "/addresses/p0/1", ""),
    ({"neighbours": {}}, "/neighbours", "array"),
    ({"neighbours": [{"dst": "192.0.2.9", "dev": "p0"}]}, "/neighbours/0/lladdr", ""),
    ({"neighbours": [{"dev": "p0", "lladdr": "02:00:00:00:00:09"}]}, "/neighbours/0/dst", ""),
    ({"neighbours": [{"dst": "192.0.2.9", "dev": "p9", "lladdr": "02:00:00:00:00:09"}]},
     "/neighbours/0/dev", "p9"),
    ({"neighbours": [{"dst": "192.0.2.9", "dev": "p0", "lladdr": "nonsense"}]},
     "/neighbours/0/lladdr", "MAC"),
    ({"neighbours": [{"dst": "224.0.0.5", "dev": "p0", "lladdr": "02:00:00:00:00:09"}]},
     "/neighbours/0/dst", "unicast"),
    ({"neighbours": [{"dst": "192.0.2.9", "dev": "p0", "lladdr": "02:00:00:00:00:09", "state": "stale"}]},
     "/neighbours/0/state", "noarp"),
    ({"neighbours": [{"dst": "192.0.2.9", "dev": "p0", "managed": True, "state": "noarp"}]},
     "/neighbours/0/state", "managed"),
    ({"neighbours": [{"dst": "192.0.2.9", "proxy": True, "state": "noarp"}]}, "/neighbours/0/state", "proxy"),
    ({"neighbours": [{"dst": "192.0.2.9", "proxy": True, "router": True}]}, "/neighbours/0/router", "proxy"),
    ({"neighbours": [{"dst": "192.0.2.9", "dev": "p0", "lladdr": "02:00:00:00:00:09", "mac": 1}]},
     "/neighbours/0/mac", ""),
    ({"routes": {}}, "/routes", "array"),
    ({"routes": [{"gateway": "192.0.2.254"}]}, "/routes/0/dst", ""),
    ({"routes": [{"dst": "default", "gatway": "192.0.2.254"}]}, "/routes/0/gatway", "gateway"),
    ({"routes": [{"dst": "default", "gateway": "192.0.2"}]}, "/routes/0/gateway", ""),
    ({"routes": [{"dst": "10.0.0.0/40", "gateway": "192.0.2.254"}]}, "/routes/0/dst", ""),
    ({"routes": [{"dst": "default", "type": "blackhoel"}]}, "/routes/0/type", "blackhole"),
    ({"routes": [{"dst": "default", "gateway": "192.0.2.254", "dev": "p9"}]}, "/routes/0/dev", "p9"),
    ({"routes": [{"dst": "default", "gateway": "192.0.2.254", "metric": -4}]}, "/routes/0/metric", ""),
    ({"routes": [{"dst": "default", "type": "blackhole", "gateway": "192.0.2.254"}]}, "/routes/0", ""),
    ({"routes": [{"dst": "default"}]}, "/routes/0", ""),
    ({"routes": [7]}, "/routes/0", "object"),
    ({"sysctl": {"net.ipv4.ip_forwrd": 1}}, "/sysctl/net.ipv4.ip_forwrd", "ip_forward"),
    ({"sysctl": {"net.ipv4.ip_forward": "on"}}, "/sysctl/net.ipv4.ip_forward", ""),
    ({"sysctl": {"net.ipv4.ip_forward": 5}}, "/sysctl/net.ipv4.ip_forward", ""),
    ({"dpdk": {"control": 99999}}, "/dpdk/control", ""),
    ({"dpdk": {"workers": []}}, "/dpdk/workers", ""),
    ({"dpdk": {"workers": [0, "1"]}}, "/dpdk/workers/1", "integer"),
    ({"dpdk": {"memory_mb": 1}}, "/dpdk/memory_mb", "64"),
    ({"dpdk": {"hugepages": "no"}}, "/dpdk/hugepages", "true or false"),
    ({"dpdk": {"eal": "--no-pci"}}, "/dpdk/eal", "list"),
    ({"system": {"socket": "here"}}, "/system/socket", "absolute"),
    ({"system": {"log": {"level": "loud"}}}, "/system/log/level", "info"),
    ({"system": {"hostnam": "x"}}, "/system/hostnam", "hostname"),
    ({"ports": {"lo": {"device": "net_null7"}}}, "/ports/lo", "lo"),
    ({"ports": {"p2": {"device": "net_tap0,iface=a"}, "p3": {"device": "net_af_xdp0,iface=a"}}},
     "/ports/p3/device", '"p2" is on interface a'),
    ({"ports": {"p0": {"mac": "02:00:00:00:00:01"}, "p1": {"mac": "02:00:00:00:00:01"}}},
     "/ports/p1/mac", "p0"),
    ({"neighbours": BASE["neighbours"] * 2}, "/neighbours/1", "192.0.2.9 dev p0"),
    ({"routes": [{"dst": "default", "gateway": "192.0.3.254"}]}, "/routes/0/gateway", "no subnet"),
    ({"routes": [{"dst": "10.0.0.0/8", "nexthops": [{"gateway": "192.0.2.7"}, {"gateway": "9.9.9.9"}]}]},
     "/routes/0/nexthops/1/gateway", "no subnet"),
    ({"routes": [{"dst": "default", "gateway": "192.0.2.254", "dev": "p1"}]}, "/routes/0/gateway", "p1"),
    ({"routes": [{"dst": "default", "gateway": "192.0.2.1"}]}, "/routes/0/gateway", "router itself"),
    ({"routes": BASE["routes"] + [{"dst": "0.0.0.0/0", "gateway": "192.0.2.253"}]}, "/routes/2",
     "element 0"),
    ({"tables": {"a": 100, "b": 100}}, "/tables/b", "100"),
    ({"dpdk": {"workers": [0, 0]}}, "/dpdk/workers/1", "already"),
    ({"system": {"power": "poll"}}, "/dpdk/workers/0", "control"),
    ({"bridges": {"br0": {"ports": {"p9": {}}}}}, "/bridges/br0/ports/p9", ""),
    ({"bridges": {"br0": {"stp": {"mode": "pvst"}}}}, "/bridges/br0/stp/mode", "rstp"),
    ({"telemetry": {}}, "/telemetry", "not in this release"),
    ({"sysctl": {"net.ipv4.nosuch": 1}}, "/sysctl/net.ipv4.nosuch", "sysctl -a"),
    ({"a\x1b[1m": 1}, "/a\\u001b[1m", "unknown key"),
]


def check(path):
    return sh([str(build_dir() / "app/polluxd/polluxd"), "--", "-c", str(path), "--check"],
              check=False)


def written(tmp_path, text):
    path = tmp_path / "c.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return path


def test_good_config_passes(tmp_path):
    done = check(written(tmp_path, BASE))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "config").rglob("*.json")), ids=lambda p: p.name)
def test_examples_pass(path):
    if "$schema" in json.loads(path.read_text()):
        pytest.skip("the schema itself")
    done = check(path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("extra, pointer, word", BAD, ids=[f"{p}={str(e)[:60]}" for e, p, _ in BAD])
def test_bad_config_is_refused(tmp_path, extra, pointer, word):
    """Exit 1, and a line on stderr with the JSON pointer (RFC 6901) and what is wrong there."""
    done = check(written(tmp_path, merge(copy.deepcopy(BASE), extra)))
    assert done.returncode == 1, f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    lines = [s for s in done.stderr.splitlines() if pointer in s]
    assert lines and any(word in s for s in lines), done.stdout + done.stderr


def test_every_error_is_listed(tmp_path):
    bad = merge(copy.deepcopy(BASE), {"ports": {"p0": {"mtu": 1}}, "vlans": {"p0.100": {"id": 0}},
                                      "sysctl": {"net.ipv4.nothing": 1}, "rotes": []})
    done = check(written(tmp_path, bad))
    assert done.returncode == 1
    for pointer in ("/ports/p0/mtu", "/vlans/p0.100/id", "/sysctl/net.ipv4.nothing", "/rotes"):
        assert pointer in done.stderr, done.stderr


def test_lines_of_a_routes_file(tmp_path):
    """Each line at fault by file and number, by the rules of "routes"."""
    lines = ["10.1.0.0/16 via 192.0.2.254",            # 1
             "10.1.0.0/16 via 192.0.2.253",            # 2: twice
             "10.2.0.0/16 via 9.9.9.9",                # 3: no subnet
             "10.3.0.0/16 via 192.0.2.7 dev p9",       # 4: no such device
             "10.4.0.1/16 via 192.0.2.7",              # 5: bits past the length
             "10.5.0.0/16 via 192.0.2.7 table nix",    # 6: no such table
             "10.6.0.0/16 via 9.9.9.9 dev p0 onlink",  # 7
             "10.1.0.0/16 via 192.0.2.254 metric 5",   # 8: another metric
             "10.1.0.0/16 via 192.0.2.254 table isp",  # 9: another table
             "10.7.0.0/16 via 192.0.2.1"]              # 10: ourselves
    (tmp_path / "r.txt").write_text("\n".join(lines) + "\n")
    done = check(written(tmp_path, BASE | {"tables": {"isp": 7}, "routes_file": "r.txt"}))
    assert done.returncode == 1
    told = {int(s.split("r.txt:")[1].split(":")[0]) for s in done.stderr.splitlines() if "r.txt:" in s}
    assert told == {2, 3, 4, 5, 6, 10}, done.stderr
    assert "line 1" in done.stderr and '"9.9.9.9' not in done.stderr
    (tmp_path / "r.txt").write_text("\n".join(lines[i] for i in (0, 6, 7, 8)))
    done = check(written(tmp_path, BASE | {"tables": {"isp": 7}, "routes_file": "r.txt"}))
    assert done.returncode == 0, done.stderr


def test_a_million_routes_are_checked_in_time(tmp_path):
    """Twice the routes take twice the time, about: no comparison of each with each."""
    def seconds(n):
        routes = [{"dst": f"{20 + (i >> 16)}.{i >> 8 & 255}.{i & 255}.0/24", "gateway": "192.0.2.254"}
                  for i in range(n)]
        path = written(tmp_path, BASE | {"routes": routes + routes[-1:]})
        start = time.monotonic()
        done = sh([str(build_dir() / "app/polluxd/polluxd"), "--", "-c", str(path), "--check"],
                  check=False, timeout=300)
        assert done.returncode == 1 and f"/routes/{n}: is the same as element {n - 1}" in done.stderr
        return time.monotonic() - start
    small, large = seconds(50000), seconds(200000)
    assert large < 10 * small + 5, (small, large)


@pytest.mark.parametrize("text, where", [
    ('{ "version": 1,\n  "ports": { "p0" { } } }', ":2:"),
    ('{ "version": 1,\n\n', ":3:"),
    ("", ":1:"),
    ('{ "version": 1, "version": 1 }', "version"),
    ("[]", "object"),
    ('{ "version": 1 } trailing', ":1:"),
])
def test_syntax_errors_name_the_place(tmp_path, text, where):
    done = check(written(tmp_path, text))
    assert done.returncode == 1 and where in done.stderr, done.stdout + done.stderr


def test_missing_file(tmp_path):
    done = check(tmp_path / "none.json")
    assert done.returncode == 1 and "none.json" in done.stderr


def test_daemon_does_not_start_with_a_bad_config(tmp_path):
    path = written(tmp_path, merge(copy.deepcopy(BASE), {"ports": {"p0": {"mtu": 1}}}))
    done = sh([str(build_dir() / "app/polluxd/polluxd"), "--", "-c", str(path)], check=False,
              timeout=60)
    assert done.returncode == 1 and "/ports/p0/mtu" in done.stderr


def reload(dut, config):
    dut.write_config(config)
    dut.proc.send_signal(signal.SIGHUP)


def has(dut, dst):
    return any(r["dst"] == dst for r in dut.ip_json("route show"))


def test_reload(fresh):
    """SIGHUP applies the difference, under traffic that does not notice."""
    made = fresh()
    dut, first = made.dut, copy.deepcopy(made.dut.config)
    made.h1.ping(made.h2.ip)
    flow = made.h1.pinging(made.h2.ip, 200, 0.02)
    second = merge(first, {"routes": [{"dst": "20.0.0.0/8", "gateway": made.h2.ip},
                                      {"dst": "30.0.0.0/8", "type": "blackhole"}],
                           "vlans": {"r1.5": {"parent": "r1", "id": 5}},
                           "addresses": {"r1.5": ["10.5.0.1/24"]}})
    reload(dut, second)
    for dst in ("20.0.0.0/8", "30.0.0.0/8", "10.5.0.0/24"):
        eventually(lambda d=dst: has(dut, d), f"{dst} is not there after the reload")
    reload(dut, first)
    for dst in ("20.0.0.0/8", "30.0.0.0/8", "10.5.0.0/24"):
        eventually(lambda d=dst: not has(dut, d), f"{dst} is still there after the second reload")
    received, said = flow()
    assert received == 200, said


def test_bad_reload_changes_nothing(fresh):
    made = fresh()
    dut, good = made.dut, copy.deepcopy(made.dut.config)
    before = dut.ip_json("route show")
    reload(dut, merge(good, {"routes": [{"dst": "20.0.0.0/8", "gateway": made.h2.ip},
                                        {"dst": "30.0.0.0/99", "gateway": made.h2.ip}]}))
    eventually(lambda: "/routes/1/dst" in dut.log.read_text(), "the refusal is not in the log")
    assert dut.ip_json("route show") == before
    reload(dut, merge(good, {"dpdk": {"memory_mb": 300}}))
    eventually(lambda: "restart" in dut.log.read_text(), "a change that needs a restart is taken")
    reload(dut, merge(good, {"system": {"socket": "/tmp/elsewhere.sock"}}))
    eventually(lambda: "/system/socket: a change here" in dut.log.read_text(), "another socket")
    assert dut.log.read_text().count("nothing changed") == 3
    made.h1.ping(made.h2.ip)
    dut.config = good


def test_reload_compares_with_what_runs(fresh):
    """Whatever was typed since, the document is what runs after a reload; what is saved is kept."""
    made = fresh(config={"routes": [{"dst": "30.0.0.0/8", "type": "blackhole"}],
                         "vlans": {"r1.5": {"parent": "r1", "id": 5}},
                         "neighbours": [{"dst": "10.0.2.9", "dev": "r2", "lladdr": "02:00:00:00:00:09"}],
                         "sysctl": {"net.ipv4.conf.r1.rp_filter": 2}})
    dut = made.dut
    made.h1.ping(made.h2.ip)
    assert dut.client("config diff").stdout == ""
    typed = ("ip route del 30.0.0.0/8", "ip route add 31.0.0.0/8 via 10.0.2.2", "ip link del r1.5",
             "ip addr del 10.0.1.1/24 dev r1", "ip neigh del 10.0.2.9 dev r2",
             "sysctl net.ipv4.conf.r1.rp_filter=0", "sysctl net.ipv4.ip_default_ttl=9",
             "port detach r2", "port attach net_null7 name extra")
    for words in typed:
        assert dut.client(words).returncode == 0, words
    diff = dut.client("config diff").stdout
    for line in ("- /ports/extra", "+ /ports/r2", "+ /vlans/r1.5", "+ /addresses/r1", "+ /addresses/r2",
                 "~ /sysctl/net.ipv4.conf.r1.rp_filter 2", "- /sysctl/net.ipv4.ip_default_ttl 9",
                 "+ /routes/0", "+ /neighbours/0"):
        assert line in diff, (line, diff)
    assert made.h1.ping(made.h2.ip, args="-W 1", check=False) == 0
    dut.cli(f"config load {dut.conf}")
    assert dut.client("config diff").stdout == ""
    assert has(dut, "30.0.0.0/8") and not has(dut, "31.0.0.0/8")
    assert dut.sysctl("net.ipv4.ip_default_ttl") == "64"
    assert [n["state"] for n in dut.ip_json("neigh show 10.0.2.9")] == [["PERMANENT"]]
    eventually(lambda: made.h1.ping(made.h2.ip, args="-W 1", check=False) == 1, "no ping after the load")
    # Kept by saving, or by merging.
    dut.ip("route add 31.0.0.0/8 via 10.0.2.2")
    extra = made.tmp / "extra.json"
    extra.write_text(json.dumps({"routes": [{"dst": "32.0.0.0/8", "type": "prohibit"}]}))
    dut.cli(f"config load {extra} merge")
    assert has(dut, "31.0.0.0/8") and has(dut, "32.0.0.0/8") and has(dut, "30.0.0.0/8")
    dut.cli("config save")
    saved = dut.cli("show config startup")
    assert {"dst": "31.0.0.0/8", "gateway": "10.0.2.2", "dev": "r2", "protocol": "boot"} in saved["routes"]
    assert dut.cli("show config running") == saved and dut.client("config diff").stdout == ""
    dut.stop()
    dut.config = saved  # as it was written
    dut.start()
    assert has(dut, "31.0.0.0/8") and dut.client("config diff").stdout == ""
    eventually(lambda: made.h1.ping(made.h2.ip, args="-W 1", check=False) == 1, "no ping after the restart")


def test_what_is_saved_is_what_starts(fresh):
    """One command at least for each section: saved, they are what the next start makes."""
    made = fresh()
    dut = made.dut
    for words in ("port config r1 damping 7", "port config r1 spread l4", "ip link set r2 mtu 1400",
                  "ip link set r1 alias lab", "set power auto",
                  "ip link add link r1 name r1.7 type vlan id 7", "ip link set r1.7 up",
                  "ip link add link r2 name m2 address 02:00:00:00:0a:11 type macvlan",
                  "ip addr add 10.7.0.1/24 dev r1.7", "ip addr add 10.2.0.1 peer 10.2.0.2/32 dev m2",
                  "filter add forward protocol tcp dport 80-443 dscp 46 comment web mark 7",
                  "filter policy input drop", "filter add input accept",
                  "tc qdisc add dev r1 root tbf rate 10mbit burst 32kb latency 50ms",
                  "tc qdisc add dev r2 root pfifo_fast",
                  "ip neigh add 10.0.2.9 lladdr 02:00:00:00:00:09 dev r2",
                  "ip neigh add proxy 10.77.0.0/24 dev r1", "ip neigh add proxy 10.78.0.1",
                  "ip route add 30.0.0.0/8 nexthop via 10.0.1.2 weight 2 nexthop via 10.0.2.2",
                  "ip route add prohibit 31.0.0.0/8 metric 4 table 77",
                  "sysctl net.ipv4.conf.r1.log_martians=1"):
        done = dut.client(words)
        assert done.returncode == 0, (words, done.stderr)
    dut.cli("config save")
    runs = dut.cli("show config running")
    dut.stop()
    dut.config = json.loads(dut.conf.read_text())
    dut.start()
    assert dut.cli("show config running") == runs
    assert dut.client("config diff").stdout == ""
    assert set(runs) >= {"system", "ports", "vlans", "macvlans", "filter", "qdisc", "addresses",
                         "neighbours", "routes", "sysctl"}
    made.h1.ping(made.h2.ip)


def test_what_could_not_start_is_not_saved(fresh):
    """Commands can do what the checks of a document refuse: the file stays as it is."""
    made = fresh()
    dut = made.dut
    before = dut.conf.read_text()
    dut.ip("addr add 10.0.1.1/24 dev r2")
    done = dut.client("config save")
    assert done.returncode == 1 and '/addresses/r2/1: "r1" has this address too' in done.stderr, done.stderr
    assert dut.conf.read_text() == before
    dut.ip("addr del 10.0.1.1/24 dev r2")
    dut.cli("config save")
    assert dut.conf.read_text() != before


def test_stop_under_traffic(fresh):
    """SIGTERM while packets pass: exit 0 (the fixture checks), the socket is gone."""
    made = fresh()
    made.h1.ping(made.h2.ip)
    flow = made.h1.popen(f"ping -n -q -f -w 3 {made.h2.ip}")
    time.sleep(0.5)
    made.dut.stop()
    assert not made.dut.sock.exists()
    flow.communicate(timeout=30)
    made.dut.start()
    made.h1.ping(made.h2.ip)


def test_shutdown_command(fresh):
    made = fresh()
    assert made.dut.client("shutdown").returncode == 0
    assert made.dut.proc.wait(30) == 0
    made.dut.proc = None


def test_socket_mode(lab):
    assert stat.S_IMODE(os.stat(lab.dut.sock).st_mode) == 0o660


def test_second_daemon_on_the_same_socket(lab):
    """It says so and leaves; the first one goes on."""
    done = sh(["ip", "netns", "exec", lab.dut_ns, str(build_dir() / "app/polluxd/polluxd"),
               f"--file-prefix=second-{lab.tag}", "--", "-c",
               str(written(lab.tmp, {"version": 1, "system": {"socket": str(lab.dut.sock)},
                                     "dpdk": BASE["dpdk"]}))], check=False, timeout=60)
    assert done.returncode == 1 and str(lab.dut.sock) in done.stderr, done.stderr
    lab.h1.ping(lab.h2.ip)
    assert lab.dut.client("show health").returncode == 0
