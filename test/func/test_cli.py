# SPDX-License-Identifier: BSD-3-Clause
"""The client and the command language: exit codes, error lines, abbreviations, JSON, batch files,
and clients that behave badly."""
import json
import os
import socket
import subprocess
import time

import pytest
from netlab import sh
from pkt import warm_up

pytestmark = pytest.mark.ours("polluxd's own")
DONE, FAILED, USAGE, NO_DAEMON, DENIED = range(5)


def pollux(lab, *words, **kw):
    return subprocess.run([str(lab.dut.build / "app/pollux/pollux"), *words], text=True,
                          capture_output=True, timeout=30, **kw)


def one_line(done):
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.core
@pytest.mark.parametrize("command", [
    "show version", "show health", "show port info all", "show port summary all",
    "show port stats all", "show port xstats all", "show port rxq all", "show port txq all",
    "show port offloads all", "show port info r1", "show worker all", "show mempool", "show drops",
    "show stats stages", "show stats ip", "show stats icmp", "show stats arp", "show stats neigh",
    "show stats route", "show stats frag", "show fib summary", "show fib check",
    "show config running", "show config schema", "ip link show", "ip link show dev r1",
    "ip addr show", "ip addr show dev r1", "ip route show", "ip neigh show", "ip neigh show dev r1",
    "sysctl -a", "sysctl net.ipv4.ip_forward", "ethtool r1", "ethtool -i r1", "ethtool -S r1",
    "ethtool -k r1", "ethtool -g r1", "help", "help all"])
def test_reading_commands(lab, command):
    """Each says something to people, is JSON with -j, and JSON over many lines with -j -p."""
    warm_up(lab)
    text = lab.dut.client(command)
    assert text.returncode == DONE, text.stderr
    assert text.stdout.strip() or command == "show drops"
    done = lab.dut.client("-j", command)
    assert done.returncode == DONE, done.stderr
    value = json.loads(done.stdout)
    pretty = lab.dut.client("-j -p", command)
    assert pretty.returncode == DONE and type(json.loads(pretty.stdout)) is type(value)
    if value:
        assert pretty.stdout.count("\n") > 1


@pytest.mark.parametrize("short, full", [
    ("sh ver", "show version"), ("ip r", "ip route show"), ("ip a", "ip addr show"),
    ("ip addr", "ip addr show"), ("ip a s dev r1", "ip addr show dev r1"), ("ip l", "ip link show"),
    ("ip ro sh", "ip route show"), ("ip r s", "ip route show"), ("ip r l", "ip route show"),
    ("ip n l", "ip neigh show"), ("ip a l", "ip addr show"), ("ip l s", "ip link show"),
    ("ip l s dev r1", "ip link show dev r1"), ("sh port sum al", "show port summary all"), ("ip route", "ip route show"), ("sho po sum all", "show port summary all"),
])
def test_abbreviations(lab, short, full):
    a, b = lab.dut.client(short), lab.dut.client(full)
    assert (a.returncode, a.stdout) == (b.returncode, b.stdout) and a.returncode == DONE


@pytest.mark.parametrize("command, word", [
    ("show nonsense", "nonsense"), ("frobnicate", "frobnicate"), ("ip rout show me", "me"),
    ("ip addr add 10.0.0.300/24 dev r1", "10.0.0.300/24"), ("ip addr add 10.0.0.1/24 dev r9", "r9"),
    ("ip route add 10.0.0.0/8 via nowhere", "nowhere"), ("show port stats r9", "r9"),
    ("set power sideways", "sideways"), ("ip link set r1 mtu many", "many"),
    ("sysctl net.ipv4.ip_forwrd", "net.ipv4.ip_forwrd"), ("sysctl net.ipv4.ip_forward=7", "7"),
    ("ip neigh add 10.0.1.9 lladdr 02:00 dev r1", "02:00"), ("show", "show"),
])
def test_errors_name_the_word(lab, command, word):
    """One line on stderr, nothing on stdout; with -j the same as an object."""
    done = lab.dut.client(command)
    assert done.returncode in (FAILED, USAGE) and done.stdout == ""
    assert word in one_line(done)
    done = lab.dut.client("-j", command)
    assert done.returncode in (FAILED, USAGE)
    error = json.loads(one_line(done))["error"]
    assert word in json.dumps(error)


def test_suggestions(lab):
    """What would be valid is part of the line."""
    assert "version" in one_line(lab.dut.client("show versoin"))
    assert "net.ipv4.ip_forward" in one_line(lab.dut.client("sysctl net.ipv4.ip_forwrd"))
    assert "auto" in one_line(lab.dut.client("set power sideways"))


@pytest.mark.parametrize("args, word", [
    (["-z"], "-z"), (["--jsn"], "--jsn"), (["-S"], "-S"), (["-f", "x", "show"], "show")])
def test_usage_is_one_line(lab, args, word):
    """Of the client's own options as well; the whole usage is for --help."""
    done = pollux(lab, *args)
    assert done.returncode == USAGE and word in one_line(done) and done.stdout == ""
    done = pollux(lab, "-j", *args)
    assert done.returncode == USAGE
    assert json.loads(one_line(done))["error"]["word"] == word
    done = pollux(lab, "--help")
    assert done.returncode == DONE and "--socket" in done.stdout


def test_near_or_nothing(lab):
    """A suggestion only where one is near."""
    assert "running" in one_line(lab.dut.client("show config runing"))
    line = one_line(lab.dut.client("sysctl net.ipv4.nosuch"))
    assert "nearest" not in line and "sysctl -a" in line
    assert "r1" in one_line(lab.dut.client("show port stats r9"))


def test_sysctl_value_only(lab):
    done = lab.dut.client("sysctl -n net.ipv4.ip_forward")
    assert done.returncode == DONE and done.stdout == "1\n"


def test_control_characters_are_shown(lab):
    done = lab.dut.client("show", "x\033[1m")
    assert "\033" not in done.stderr and "\\u001b" in done.stderr


def test_ping_as_iputils(lab):
    """The flags, before and behind the address."""
    warm_up(lab)
    for line in ("ping -c 1 -i 0.2 -s 100 -W 0.5 -I r1 10.0.1.1", "ping 10.0.1.1 -c 1 -I 10.0.1.1"):
        done = lab.dut.client("-j", line)
        assert done.returncode == DONE, done.stderr
        assert json.loads(done.stdout)["transmitted"] == 1
    for word in ("nodev", "77.0.0.1"):
        done = lab.dut.client(f"ping -I {word} 10.0.1.1")
        assert done.returncode == FAILED and word in one_line(done)


def test_ambiguous_word(lab):
    """`s` may be show, set, start, stop: all are named."""
    done = lab.dut.client("s")
    assert done.returncode in (FAILED, USAGE)
    assert "show" in one_line(done) and "set" in one_line(done)


def test_exit_codes(lab):
    dut = lab.dut
    assert dut.client("show version").returncode == DONE
    assert dut.client("ip route del 77.0.0.0/8").returncode == FAILED
    assert pollux(lab, "--no-such-option").returncode == USAGE
    assert pollux(lab, "-S", "/nonexistent.sock", "show", "version").returncode == NO_DAEMON
    os.chmod(lab.tmp, 0o755)
    done = sh(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
               str(dut.build / "app/pollux/pollux"), "-S", str(dut.sock), "show", "version"],
              check=False)
    assert done.returncode == DENIED, done.stderr


def test_socket_from_the_environment(lab):
    done = pollux(lab, "show", "version", env={"POLLUX_SOCK": str(lab.dut.sock)})
    assert done.returncode == DONE and "Pollux" in done.stdout


def test_lines_from_a_pipe(lab):
    """Without a terminal the interactive client reads lines and shows no prompt."""
    done = pollux(lab, "-S", str(lab.dut.sock), input="show version\nip route show\nquit\n")
    assert done.returncode == DONE and "Pollux" in done.stdout and "10.0.2.0/24" in done.stdout


def test_batch_file(lab, tmp_path):
    path = tmp_path / "batch"
    path.write_text("# comment\n\nip route add 40.0.0.0/8 via 10.0.2.2\nip route del 40.0.0.0/8\n")
    assert pollux(lab, "-S", str(lab.dut.sock), "-f", str(path)).returncode == DONE
    path.write_text("ip route add 40.0.0.0/8 via 10.0.2.2\nshow nonsense\n"
                    "ip route del 40.0.0.0/8\n")
    done = pollux(lab, "-S", str(lab.dut.sock), "-f", str(path))
    assert done.returncode != DONE and "nonsense" in done.stderr and "2" in done.stderr
    lab.dut.client("ip route del 40.0.0.0/8")


def test_load(lab, tmp_path):
    path = tmp_path / "commands"
    path.write_text("ip route add 41.0.0.0/8 via 10.0.2.2\n")
    lab.dut.cli(f"load {path}")
    assert "41.0.0.0/8" in lab.dut.ip("route show")
    lab.dut.ip("route del 41.0.0.0/8")


def test_clients_that_never_read(lab):
    """Their output is kept within bounds; others are served, packets pass."""
    warm_up(lab)
    deaf = []
    for _ in range(8):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.connect(str(lab.dut.sock))
        sock.setblocking(False)
        deaf.append(sock)
    line = b"sysctl -a\n" * 50
    for _ in range(50):
        for sock in deaf:
            try:
                sock.send(line)
            except OSError:
                pass
    for _ in range(3):
        assert lab.dut.client("show health").returncode == DONE
        lab.h1.ping(lab.h2.ip)
    for sock in deaf:
        sock.close()
    assert lab.dut.client("show health").returncode == DONE


def test_garbage_on_the_socket(lab):
    for data in (b"\0" * 1000, b"\xff" * 100000, b"A" * 300000 + b"\n", b"\n" * 5000,
                 os.urandom(20000), b"show version"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.connect(str(lab.dut.sock))
            sock.settimeout(2)
            try:
                sock.sendall(data)
            except OSError:
                pass
    assert lab.dut.client("show health").returncode == DONE
    lab.h1.ping(lab.h2.ip)


def test_many_clients_at_once(lab):
    procs = [subprocess.Popen([str(lab.dut.build / "app/pollux/pollux"), "-S", str(lab.dut.sock),
                               "-j", "ip", "route", "show"], stdout=subprocess.PIPE, text=True)
             for _ in range(20)]
    outs = {p.communicate(timeout=30)[0] for p in procs}
    assert all(p.returncode == DONE for p in procs) and len(outs) == 1


def test_counters_count_and_clear(lab):
    dut = lab.dut
    warm_up(lab)
    before = dut.cli("show port stats r1")
    lab.h1.ping(lab.h2.ip, count=20)
    rows = dut.cli("show port stats r1")

    def packets(rows):
        row = rows[0] if isinstance(rows, list) else rows
        return row["rx_packets"], row["tx_packets"]
    rx, tx = (b - a for a, b in zip(packets(before), packets(rows)))
    assert rx >= 20 and tx >= 20
    dut.client("clear port stats r1")
    assert max(packets(dut.cli("show port stats r1"))) < 20
    assert dut.client("clear drops").returncode == DONE


def test_mib_counters(lab):
    """show stats ip|icmp -j carries the names of /proc/net/snmp."""
    dut = lab.dut
    warm_up(lab)

    def mib(what, group):
        got = dut.cli(f"show stats {what}")
        return (got[0] if isinstance(got, list) else got)[group]
    ip, icmp = mib("ip", "Ip"), mib("icmp", "Icmp")
    lab.h1.ping(lab.h2.ip, count=5)
    lab.h1.ping(lab.h1.gw, count=5)
    ip2, icmp2 = mib("ip", "Ip"), mib("icmp", "Icmp")
    assert ip2["ForwDatagrams"] - ip["ForwDatagrams"] >= 10
    assert ip2["InReceives"] - ip["InReceives"] >= 15
    assert ip2["InDelivers"] - ip["InDelivers"] >= 5
    assert icmp2["InEchos"] - icmp["InEchos"] >= 5
    assert icmp2["OutEchoReps"] - icmp["OutEchoReps"] >= 5


def test_sysctl_reads_what_was_written(lab):
    dut = lab.dut
    key = "net.ipv4.neigh.r1.delay_first_probe_time"
    assert dut.sysctl(key) == "5"
    dut.sysctl(key, 7)
    assert dut.sysctl(key) == "7"
    dut.sysctl(key, 5)
    names = {row["key"] for row in dut.cli("sysctl -a net.ipv4")}
    assert {"net.ipv4.ip_forward", "net.ipv4.icmp_ratelimit", key} <= names


def test_commands_wait_for_nobody(lab):
    """A client in the middle of a line does not hold up another."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect(str(lab.dut.sock))
        sock.send(b"show ver")
        begun = time.monotonic()
        assert lab.dut.client("show version").returncode == DONE
        assert time.monotonic() - begun < 20


def test_completion_knows_ports_from_other_devices(lab):
    """Where a port is wanted, "lo" and VLAN devices are no candidates; where a device is, they are."""
    words = {kind: pollux(lab, "-S", str(lab.dut.sock), "--complete", line).stdout.split("\n")
             for kind, line in (("port", "show port info "), ("dev", "ip link show "))}
    assert {"r1", "r2", "all"} <= set(words["port"]) and "lo" not in words["port"], words
    assert {"r1", "r2", "lo"} <= set(words["dev"]), words
