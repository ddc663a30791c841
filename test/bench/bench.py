#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures polluxd against programs that do less, the same, or nothing. See docs/performance.md."""
import argparse
import os
import shutil
import signal
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from benchlib import (cmd_bridge, cmd_churn, cmd_fib, cmd_filter, cmd_forward, cmd_frag, cmd_idle, cmd_kernel,  # noqa: E402
                      cmd_latency, cmd_neigh, cmd_report, cmd_routes, cmd_rules, cmd_scale, cmd_start,
                      cmd_workers, env)


def leave(signum, _frame):
    """Once: a second signal must not interrupt the clean-up that the first one began."""
    for sig in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(sig, signal.SIG_IGN)
    sys.exit(128 + signum)


def parser():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--build", default=os.path.join(env.ROOT, "build"), metavar="DIR",
                        help="meson build folder with polluxd in it")
    common.add_argument("--rounds", type=int, default=25)
    common.add_argument("--starts", type=int, default=5)
    common.add_argument("--quick", action="store_true", help="2 starts of 8 rounds: to see that it works")
    common.add_argument("--hugepages", type=int, default=2048, metavar="N", help="2 MiB pages for the time of the run")
    common.add_argument("--work", metavar="DIR", help="keep files and logs here (l3fwd is then compiled once)")
    common.add_argument("--table", metavar="FILE",
                        help="a real table, one ADDRESS/LENGTH a line (.gz too); without it ../shared/data's, or random ones")
    common.add_argument("--json", metavar="FILE", help="write the result there too")
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--install", action="store_true", help="install the packages the bench needs and leave")
    sub = p.add_subparsers(dest="command", metavar="COMMAND")
    for m in (cmd_forward, cmd_bridge, cmd_filter, cmd_scale, cmd_workers, cmd_routes, cmd_churn, cmd_idle, cmd_start, cmd_fib,
              cmd_frag, cmd_neigh, cmd_rules, cmd_latency, cmd_kernel, cmd_report):
        m.add_parser(sub, common)
    return p


def main():
    p = parser()
    args = p.parse_args()
    if args.install:
        env.install()
        return 0
    if not args.command:
        p.print_help()
        return 2
    if args.quick:
        args.starts, args.rounds = 2, 8
    for sig in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(sig, leave)
    own = args.work is None
    if own:
        args.work = tempfile.mkdtemp(prefix="pollux-bench-")
    os.makedirs(args.work, exist_ok=True)
    try:
        args.func(args)
    finally:
        if own:
            shutil.rmtree(args.work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except env.BenchError as e:
        sys.exit(f"bench.py: {e}")
