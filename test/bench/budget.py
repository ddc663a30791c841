#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Instructions that a forwarded packet costs, counted by callgrind, against test/bench/budget.txt.

    budget.py [--build DIR] [--junit FILE] [--twice]

Counted is what polluxd's own code executes in ethdev_poll(), for bursts of 32 packets: drivers and
libraries are other objects and do not count. Callgrind emulates the processor, so the figure is the
same on every machine and in every run; it depends on the compiler, which the build folder names.
The width of the fast lane is a column of the file, not a property of the machine.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUDGET = os.path.join(ROOT, "test", "bench", "budget.txt")
BURSTS, BURST = 64, 32
NO_SUCH_LANE = 77


def rows():
    """(way, lane, budget) of each line."""
    with open(BUDGET, encoding="ascii") as f:
        for line in f:
            text = line.split("#")[0].strip()
            if text:
                way, lane, budget = [x.strip() for x in text.split("|")]
                yield way, lane, float(budget)


def own_instructions(path, program):
    """Sum over the functions of the object @program, callees not included."""
    names, current, total, skip = {}, None, 0, False
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            m = re.match(r"c?ob=\((\d+)\)(?: (.*))?$", line)
            if m:
                if m[2]:
                    names[m[1]] = os.path.basename(m[2])
                if line[0] != "c":
                    current = names[m[1]]
            elif line.startswith("calls="):
                skip = True  # the next line is the callee's cost
            elif re.match(r"[-+*\d]", line):
                if not skip and current == program:
                    total += int(line.split()[1])
                skip = False
    return total


def count(program, way, lane):
    """Instructions per packet; None: the lane does not run here."""
    with tempfile.TemporaryDirectory(prefix="pollux-budget-") as work:
        out = os.path.join(work, "callgrind.out")
        argv = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--toggle-collect=budget_round",
                program, way, lane, str(BURSTS)]
        r = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)
        if r.returncode == NO_SUCH_LANE:
            return None
        if r.returncode:
            sys.exit(f"budget: {way}, {lane}: exit code {r.returncode}\n{r.stdout[-1000:]}{r.stderr[-2000:]}")
        n = own_instructions(out, os.path.basename(program))
        if n == 0:
            sys.exit(f"budget: {way}, {lane}: callgrind has counted nothing")
        return n / (BURSTS * BURST)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--build", default=os.path.join(ROOT, "build"), metavar="DIR", help="a release build with tests")
    p.add_argument("--junit", metavar="FILE")
    p.add_argument("--twice", action="store_true", help="count each twice; both must be the same")
    args = p.parse_args()
    program = os.path.join(args.build, "test", "dp", "dp_budget")
    if not os.path.exists(program):
        sys.exit(f"budget: {program}: not found")
    suite, failed, counted = ET.Element("testsuite", name="budget"), 0, 0
    for way, lane, budget in rows():
        case = ET.SubElement(suite, "testcase", classname="budget", name=f"{way}, {lane}")
        n = count(program, way, lane)
        if n is None:
            print(f"{way:10} {lane:9} not on this processor")
            ET.SubElement(case, "skipped")
            continue
        counted += 1
        why = "" if n <= budget else f"{n:.1f} instructions a packet, at most {budget:g}"
        if args.twice and count(program, way, lane) != n:
            why = "another run counts differently"
        print(f"{way:10} {lane:9} {n:6.1f} of {budget:g}{'  TOO MANY' if n > budget else ''}", flush=True)
        if why:
            failed += 1
            ET.SubElement(case, "failure", message=why)
    if args.junit:
        ET.ElementTree(suite).write(args.junit)
    return 1 if failed or not counted else 0


if __name__ == "__main__":
    sys.exit(main())
