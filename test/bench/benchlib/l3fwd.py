# SPDX-License-Identifier: BSD-3-Clause
"""Builds DPDK's example router as the peer, from the distribution's sources, in the bench's folder.

Nothing of it is kept in this repository. What is changed, and only that: the receive checksum
offload is not asked for (virtual ports have none), the mbuf pool and the route tables are larger.
"""
import glob
import os
import shutil
import subprocess

from .env import L3FWD_SRC, BenchError, need, run_lines, say

EDITS = {
    "main.c": [(".offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM", ".offloads = 0"),
               ("(unsigned)8192)", "(unsigned)65536)")],
    "l3fwd_lpm.c": [("IPV4_L3FWD_LPM_MAX_RULES         1024", "IPV4_L3FWD_LPM_MAX_RULES (1 << 17)"),
                    ("IPV4_L3FWD_LPM_NUMBER_TBL8S (1 << 8)", "IPV4_L3FWD_LPM_NUMBER_TBL8S (1 << 15)"),
                    ("IPV6_L3FWD_LPM_NUMBER_TBL8S (1 << 16)", "IPV6_L3FWD_LPM_NUMBER_TBL8S (1 << 8)")],
    "l3fwd_fib.c": [("config_ipv4.max_routes = (1 << 16)", "config_ipv4.max_routes = (1 << 21)")],
}


def _copy(folder):
    shutil.copytree(L3FWD_SRC, folder, dirs_exist_ok=True)
    for name, edits in EDITS.items():
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for old, new in edits:
            if text.count(old) != 1:
                raise BenchError(f"{name}: this DPDK's l3fwd differs from the one the bench knows: {old!r}")
            text = text.replace(old, new)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def build(work):
    """The program's path; compiled once per bench folder."""
    need("gcc", "pkg-config", "l3fwd-sources", "libdpdk")
    folder = os.path.join(work, "l3fwd-src")
    out = os.path.join(work, "l3fwd")
    if os.path.exists(out):
        return out
    _copy(folder)
    say("compiling l3fwd ...")
    sources = [f for f in sorted(glob.glob(folder + "/*.c")) if not f.endswith("_route_parse.c")]
    argv = ["gcc", "-O3", "-DALLOW_EXPERIMENTAL_API", *run_lines("pkg-config", "--cflags", "libdpdk"), "-w",
            "-I", os.path.join(os.path.dirname(L3FWD_SRC), "common"), *sources, "-o", out + ".tmp",
            *run_lines("pkg-config", "--libs", "libdpdk")]
    r = subprocess.run(argv, capture_output=True, text=True, check=False)
    if r.returncode:
        raise BenchError("l3fwd does not compile:\n" + r.stderr[-2000:])
    os.rename(out + ".tmp", out)
    return out
