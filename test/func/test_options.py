# SPDX-License-Identifier: BSD-3-Clause
"""A build that leaves modules out (-Dwithout=...): what is left works, what is gone says so."""
import json
import subprocess

import pytest
from dut import LINUX, build_dir
from netlab import sh

# module: (its config section, an entry that is good where the module is there)
SECTIONS = {"bridge": ("bridges", {"br0": {"ports": {"p0": {}}}}),
            "ipip": ("tunnels", {"t0": {"type": "ipip", "local": "192.0.2.1", "remote": "192.0.2.2"}}),
            "macvlan": ("macvlans", {"m0": {"parent": "p0", "mac": "02:00:00:00:00:99"}}),
            "vlan": ("vlans", {"p0.1": {"parent": "p0", "id": 1}})}


def left_out():
    """The modules that the build under test was told to leave out."""
    rows = json.loads(subprocess.run(["meson", "introspect", "--buildoptions", str(build_dir())],
                                     capture_output=True, text=True, check=True).stdout)
    return next(r["value"] for r in rows if r["name"] == "without")


pytestmark = [pytest.mark.ours("a build of polluxd"), pytest.mark.options]
if not LINUX and not left_out():
    pytestmark.append(pytest.mark.skip(reason="this build has all modules"))


def test_all_sections_are_known():
    """Every module that can be left out is left out here, and has a row above."""
    assert sorted(left_out()) == sorted(SECTIONS)


@pytest.mark.parametrize("module", SECTIONS)
def test_section_of_a_module_left_out(module, tmp_path):
    doc = {"version": 1, "dpdk": {"hugepages": False}, "ports": {"p0": {"device": "net_null0"}}}
    path = tmp_path / "c.json"

    def check():
        path.write_text(json.dumps(doc), encoding="utf-8")
        return sh([str(build_dir() / "app/polluxd/polluxd"), "--", "--check", "-c", str(path)],
                  check=False)

    assert check().returncode == 0
    doc[SECTIONS[module][0]] = SECTIONS[module][1]
    refused = check()
    assert refused.returncode == 1
    assert f"/{SECTIONS[module][0]}: its module is not in this build" in refused.stderr


def test_forwards(lab):
    lab.h1.ping(lab.h2.ip, count=3)
    lab.h1.ping(lab.h2.ip, args="-s 4000")
