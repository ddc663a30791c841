# SPDX-License-Identifier: BSD-3-Clause
"""arping, as the router sends it: RFC 826, RFC 5227 2.1.1 and 2.3."""
import pytest
from scapy.all import ARP

pytestmark = pytest.mark.ours("polluxd's own command")


def one(answer):
    return answer[0] if isinstance(answer, list) else answer


def requests(wire, host):
    """The ARP frames that the router sent so far about the host's address."""
    return [f[ARP] for f in wire.drain() if ARP in f and f.src == host.gw_mac and f[ARP].pdst == host.ip]


def test_asks_and_shows_who_answers(lab):
    with lab.h1.wire() as w1:
        got = one(lab.dut.cli(f"arping -c 3 {lab.h1.ip}"))
        asked = requests(w1, lab.h1)
    assert (got["sent"], got["received"], got["ifname"]) == (3, 3, "r1")
    assert {r["lladdr"] for r in got["replies"]} == {lab.h1.mac}
    assert got["broadcasts"] == 1  # the first; then it knows where to ask
    assert [a.psrc for a in asked[:3]] == [lab.h1.gw] * 3 and len(asked) >= 3
    text = lab.dut.client(f"arping -c 1 -I r1 {lab.h1.ip}")
    assert text.returncode == 0 and f"reply from {lab.h1.ip} [{lab.h1.mac.upper()}]" in text.stdout


def test_flags(lab):
    got = one(lab.dut.cli(f"arping -b -c 2 {lab.h1.ip}"))
    assert (got["sent"], got["broadcasts"]) == (2, 2)
    got = one(lab.dut.cli(f"arping -f -c 9 {lab.h1.ip}"))
    assert (got["sent"], got["received"]) == (1, 1)
    with lab.h1.wire() as w1:
        lab.dut.cli(f"arping -c 1 -s {lab.h2.gw} {lab.h1.ip}")
        assert requests(w1, lab.h1)[0].psrc == lab.h2.gw


def test_deadline(lab):
    """-w alone: as many as there is time for; with -c: so many replies are wanted before. -q says nothing
    of that; -s 0.0.0.0 asks as a probe does."""
    got = one(lab.dut.cli(f"arping -w 7 -i 1 {lab.h1.ip}"))
    assert got["sent"] == got["received"] == 7
    done = lab.dut.client(f"arping -c 3 -w 1 {lab.h1.ip}")
    assert done.returncode == 1 and "Error: 1 of 3 replies" in done.stderr
    done = lab.dut.client(f"arping -q -c 1 {lab.h1.ip}")
    assert (done.returncode, done.stdout) == (0, "")
    with lab.h1.wire() as w1:
        got = one(lab.dut.cli(f"arping -s 0.0.0.0 -c 1 {lab.h1.ip}"))
        assert requests(w1, lab.h1)[0].psrc == "0.0.0.0"
    assert got["received"] == 1


def test_nobody(lab):
    done = lab.dut.client("arping -c 1 10.0.1.77")
    assert done.returncode == 1 and "Received 0 response(s)" in done.stdout
    assert "no reply to any of 1 requests" in done.stderr


def test_duplicate_address_detection(lab):
    """RFC 5227 2.1.1: the probe's sender address is all zero. Taken: exit 1; free: exit 0."""
    with lab.h1.wire() as w1:
        taken = lab.dut.client(f"arping -D -c 2 -I r1 {lab.h1.ip}")
        probes = requests(w1, lab.h1)
    assert taken.returncode == 1 and "in use" in taken.stderr
    assert "Sent 1 probes" in taken.stdout  # one answer settles it
    assert probes and probes[0].psrc == "0.0.0.0"
    free = lab.dut.client("arping -D -c 1 -I r1 10.0.1.78")
    assert free.returncode == 0 and "Sent 1 probes" in free.stdout


@pytest.mark.parametrize("flag, op", [("-U", 1), ("-A", 2)])
def test_announcement(lab, flag, op):
    """RFC 5227 2.3: sender and target are the address announced; neighbours learn it."""
    with lab.h1.wire() as w1:
        done = lab.dut.client(f"arping {flag} -c 1 -I r1 10.0.1.1")
        said = [f[ARP] for f in w1.drain() if ARP in f and f[ARP].psrc == f[ARP].pdst == "10.0.1.1"]
    assert done.returncode == 0
    assert [a.op for a in said] == [op] and said[0].hwsrc == lab.h1.gw_mac


def frames_of(wire, host):
    """What the router said by ARP so far."""
    return [f[ARP] for f in wire.drain() if ARP in f and f.src == host.gw_mac]


@pytest.mark.parametrize("flag", ["-U", "-A"])
@pytest.mark.parametrize("addr", ["10.0.1.2", "8.8.8.8", "224.0.0.1"])
def test_announces_none_but_ours(lab, flag, addr):
    """As arping's bind(): what is not ours is another's, and to say otherwise takes it from him."""
    with lab.h1.wire() as w1:
        done = lab.dut.client(f"arping {flag} -c 1 -I r1 {addr}")
        lied = [a for a in frames_of(w1, lab.h1) if a.psrc == addr]
        ours = lab.dut.client(f"arping {flag} -c 1 -I r1 10.0.1.1")
        heard = [a for a in frames_of(w1, lab.h1) if a.psrc == "10.0.1.1"]
    assert done.returncode == 1 and not lied, lied
    assert f'"{addr}": not an address of this router' in done.stderr
    assert ours.returncode == 0 and heard


@pytest.mark.parametrize("flag, op", [("-U", 1), ("-A", 2), ("-D", 1)])
def test_source_is_heeded_whatever_it_is_for(lab, flag, op):
    """-s is the sender's address of announcements and of probes, too."""
    with lab.h1.wire() as w1:
        lab.dut.client(f"arping {flag} -c 1 -I r1 -s 10.0.2.1 10.0.1.2")
        said = [a for a in frames_of(w1, lab.h1) if a.psrc == "10.0.2.1"]
        wrong = lab.dut.client(f"arping {flag} -c 1 -I r1 -s 10.0.1.9 10.0.1.2")
    assert {(a.op, a.pdst) for a in said} == {(op, "10.0.1.2")}
    assert wrong.returncode == 1 and '"10.0.1.9": not an address of this router' in wrong.stderr


def test_refusals(lab):
    for words, why in [("arping 203.0.113.9", "no device has a subnet"),
                       ("arping -I lo 127.0.0.1", "does not speak ARP"),
                       ("arping -I nosuch 10.0.1.2", "nosuch"),
                       ("arping -s 10.0.1.2 10.0.1.2", "not an address of this router"),
                       ("arping -c 0 10.0.1.2", "1..65535")]:
        done = lab.dut.client(words)
        assert done.returncode != 0 and why in done.stderr and len(done.stderr.splitlines()) == 1, \
            (words, done.stderr)


def test_device_goes_down_meanwhile(fresh):
    """It ends with a sentence, and the daemon goes on."""
    import subprocess
    import time
    lab = fresh()
    args = [str(lab.dut.build / "app/pollux/pollux"), "-S", str(lab.dut.sock)]
    proc = subprocess.Popen(args + ["arping", "-c", "100", lab.h1.ip], stderr=subprocess.PIPE,
                            stdout=subprocess.DEVNULL, text=True)
    time.sleep(0.5)
    lab.dut.ip("link set r1 down")
    assert proc.wait(30) == 1 and "down" in proc.stderr.read()
    lab.dut.ip("link set r1 up")
    lab.h1.ping(lab.h2.ip)


def test_interrupted(lab):
    import subprocess
    import time
    args = [str(lab.dut.build / "app/pollux/pollux"), "-S", str(lab.dut.sock)]
    proc = subprocess.Popen(args + ["arping", "-c", "1000", lab.h1.ip], stdout=subprocess.DEVNULL)
    time.sleep(0.5)
    proc.kill()
    proc.wait()
    assert one(lab.dut.cli(f"arping -c 1 {lab.h1.ip}"))["received"] == 1
