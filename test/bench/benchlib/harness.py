# SPDX-License-Identifier: BSD-3-Clause
"""Interleaved measurement: all programs are up, one runs at a time, in turns of 100 ms.

Programs measured one after the other differ by 40 % from run to run on shared machines; the ratio
of two turns that follow each other differs by a few. Figures are medians of such ratios.
"""
import statistics
import time

from .env import say, tsc_hz

SKIP_S, MEASURE_S = 0.020, 0.080


def turn(dut, hz, measure=MEASURE_S):
    """Cycles per packet of one turn. The stretch after the wake-up does not count: caches are cold."""
    dut.cont()
    time.sleep(SKIP_S)
    n0, t0 = dut.sample()
    time.sleep(measure)
    n1, t1 = dut.sample()
    dut.stop()
    return (t1 - t0) * hz / 1e9 / (n1 - n0) if n1 > n0 else None


def _rounds(duts, rounds, hz):
    """[{name: cycles per packet}]; a round in which a program forwarded nothing is not one."""
    out = []
    for _ in range(rounds):
        row = {d.name: turn(d, hz) for d in duts}
        if all(row.values()):
            out.append(row)
    return out


def one_start(duts, rounds, base, after=None):
    """Starts the programs, measures, ends them: ({name: median ratio}, {name: median cycles}, extra)."""
    extra = {}
    try:
        for d in duts:
            d.start()
        rows = _rounds(duts, rounds, tsc_hz())
        if not rows:
            raise RuntimeError("no round in which every program forwarded packets")
        for d in duts:
            if after is not None:
                extra[d.name] = after(d)
    finally:
        for d in duts:
            d.relax()
        for d in duts:
            d.end()
    names = [d.name for d in duts]
    ratios = {n: statistics.median(r[n] / r[base] for r in rows) for n in names}
    cycles = {n: statistics.median(r[n] for r in rows) for n in names}
    return ratios, cycles, extra


def compare(make_duts, starts, rounds, base, after=None):
    """Restarts everything `starts` times. [{name, ratio, low, high, cycles, ratios}], [extra]."""
    all_ratios, all_cycles, extras = [], [], []
    for i in range(starts):
        ratios, cycles, extra = one_start(make_duts(), rounds, base, after)
        say(f"start {i + 1}/{starts}: " + "  ".join(f"{n} {v:.3f}" for n, v in ratios.items()))
        all_ratios.append(ratios)
        all_cycles.append(cycles)
        extras.append(extra)
    out = []
    for n in all_ratios[0]:
        r = [x[n] for x in all_ratios]
        out.append({"name": n, "ratio": statistics.median(r), "low": min(r), "high": max(r),
                    "cycles": statistics.median(x[n] for x in all_cycles), "ratios": r})
    return out, extras


def stage_cycles(dut, seconds=0.5):
    """Per-stage cycles for each packet received, of one running stretch; [] for other programs."""
    if not hasattr(dut, "stages"):
        return []
    dut.cont()
    time.sleep(SKIP_S)
    a = dut.stages()
    time.sleep(seconds)
    b = dut.stages()
    dut.stop()
    d = {k: (b[k][0] - a.get(k, (0, 0))[0], b[k][1] - a.get(k, (0, 0))[1]) for k in b}
    packets = d.get("rx", (0, 0))[0] or max((p for p, _ in d.values()), default=0)
    if not packets:
        return []
    return [{"stage": k, "packets": p, "cycles": c / packets} for k, (p, c) in d.items() if p or c]
