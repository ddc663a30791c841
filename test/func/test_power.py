# SPDX-License-Identifier: BSD-3-Clause
"""Workers that sleep: what wakes them, how long they nap, and that nothing is lost by it."""
import json
import random
import shutil
import subprocess
import time

import pytest
from pkt import warm_up
from test_ports import NO_R3, apart, eventually, third_port
from test_workers import daemon_of, worker_thread

MAC = "02:00:00:00:99:{:02x}"
pytestmark = pytest.mark.ours("polluxd's own")


def rxq(made, port):
    return made.dut.cli(f"show port rxq {port}")[0]


def sleeps_in(made, seconds):
    before = made.dut.cli("show worker all")[0]["sleeps"]
    time.sleep(seconds)
    return made.dut.cli("show worker all")[0]["sleeps"] - before


def proves(made, port, kind):
    """Frames after pauses show that the queue wakes its worker."""
    def once():
        for host in made.hosts:  # the first frame after a pause, by each port in turn
            time.sleep(0.05)
            host.ping(host.gw)
        row = rxq(made, port)
        assert row["wake"] == kind, row
        return row["proven"]
    eventually(once, f"{port} is never proven: {rxq(made, port)}")


@pytest.mark.parametrize("kind,wake", [("af_packet", "socket"), ("tap", "interrupt")])
def test_queue_wakes_its_worker(fresh, kind, wake):
    """Proven once, the worker sleeps until something comes; and it comes through, every time."""
    made = fresh(hosts=3, config=NO_R3)
    third_port(made, kind)
    apart(made, kind)
    eventually(lambda: made.h1.ping(made.h3.ip, check=False) == 1, "no ping by the third port")
    for port, how in (("r1", "socket"), ("r2", "socket"), ("p3", wake)):
        proves(made, port, how)
    eventually(lambda: sleeps_in(made, 1) < 60, "the worker naps though all queues wake it")
    wakes = rxq(made, "p3")["wakes"]
    for _ in range(5):
        time.sleep(0.3)
        made.h3.ping(made.h1.ip)
    assert rxq(made, "p3")["wakes"] > wakes


def test_queue_that_wakes_nobody_is_looked_at(fresh):
    """A port without interrupts keeps its worker napping, at the length its ring allows."""
    made = fresh(config={"ports": {"n0": {"device": "net_null0,no-rx=1", "rx_desc": 1024}}})
    warm_up(made)
    assert rxq(made, "n0")["wake"] == "nap"
    eventually(lambda: 200 < sleeps_in(made, 1) < 1000, "naps are not of 1 to 5 ms")
    made.dut.cli("set power auto burst 5000000")
    eventually(lambda: sleeps_in(made, 1) > 1200, "naps do not follow the stated burst")
    made.dut.cli("set power auto max-sleep 2000 burst 500000")


DESC = 4096  # descriptors of the cables to the generator
RATE = 120000  # at which seven eighths of them are 30 ms, and the others 4


def memif(role, i, tag):
    """One end of a cable in memory. Nothing tells the router that a frame is in it."""
    return f"net_memif{i},role={role},id={i},socket=pollux-{tag}-{i},rsize={DESC.bit_length() - 1}"


class Generator:
    """Sends by the router's port m0 and has it back by m1."""

    def __init__(self, made):
        self.tag, dsts = f"{made.tag}-gen", made.tmp / "dsts"
        dsts.write_text("10.9.0.2\n")
        cables = [f"--vdev={memif('server', i, made.tag)}" for i in range(2)]
        program = made.dut.build / "test/bench/micro/latency_gen"
        assert program.exists(), f"{program}: not built"
        self.proc = subprocess.Popen(
            ["ip", "netns", "exec", made.dut_ns, str(program), MAC.format(0), str(dsts),
             "-l", str(made.dut.config["dpdk"]["control"]), "--no-pci", "--no-huge", "-m", "128",
             f"--file-prefix={self.tag}", *cables],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def answer(self):
        for line in self.proc.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise AssertionError(f"the generator ended: {self.proc.wait()}")

    def burst(self):
        """Three queues full, at the rate, somewhere in one of the naps behind more than a second of silence: how
        many were lost, for want of room or later."""
        time.sleep(1.4 + random.random() / 5)
        self.proc.stdin.write(f"rate {RATE} {3 * DESC * 1000 // RATE}\n")
        self.proc.stdin.flush()
        said = self.answer()
        assert said["sent"] > DESC, said
        return said["refused"] + said["sent"] - said["received"]

    def end(self):
        self.proc.kill()
        self.proc.communicate()
        shutil.rmtree(f"/var/run/dpdk/{self.tag}", ignore_errors=True)


@pytest.fixture
def napping(fresh):
    """A router between two cables in memory; (lab, generator)."""
    made = fresh(hosts=0, config={"addresses": {"m0": ["10.0.0.1/24"], "m1": ["10.9.0.1/24"]}}, start=False)
    made.dut.config["ports"] = {f"m{i}": {"device": memif("client", i, made.tag), "mac": MAC.format(i),
                                          "rx_desc": DESC} for i in range(2)}
    gen = Generator(made)
    try:
        assert gen.answer() == {"waiting": True}
        made.dut.start()
        made.dut.ip("neigh add 10.9.0.2 lladdr 02:00:00:00:00:22 dev m1")
        assert gen.answer() == {"ready": True}
        yield made, gen
    finally:
        gen.end()


def test_burst_after_silence_is_not_lost(napping):
    """Naps are as long as the stated rate allows: a burst of that rate, however long, finds room. One nap too
    long shows that it would not by itself. A machine that lets the worker wait may spoil a burst: at best none."""
    made, gen = napping
    made.dut.cli(f"set power auto max-sleep 100000 burst {RATE}")
    eventually(lambda: 8 <= sleeps_in(made, 1) < 60, "naps are not of 30 ms")
    lost = [[gen.burst() for _ in range(6)]]
    while any(lost[-1]) and len(lost) < 8:
        lost.append([gen.burst() for _ in range(6)])
    assert not any(lost[-1]), lost
    made.dut.cli("set power auto burst 1000")
    assert any(gen.burst() for _ in range(10)), "a nap of 100 ms loses nothing"


def test_idle_worker_costs_next_to_nothing(napping):
    """Even where it has to look by itself whether something came: 2 % of a CPU, 4 % on a busy machine."""
    made, _ = napping
    thread = f"/proc/{daemon_of(made.dut)}/task/{worker_thread(daemon_of(made.dut))}/schedstat"

    def spent():
        with open(thread, encoding="ascii") as f:
            return int(f.read().split()[0])

    def idle():
        before, polls = spent(), made.dut.cli("show worker all")[0]["polls"]
        time.sleep(3)
        took = spent() - before
        assert made.dut.cli("show worker all")[0]["polls"] - polls > 500, "the worker does not look"
        return took
    time.sleep(1.5)
    eventually(lambda: idle() < 0.04 * 3e9, "an idle worker takes more than 4 % of a CPU", 15)
