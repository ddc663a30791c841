#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check that every source file's first line (the second, after #!) is the licence tag."""
import pathlib
import sys

import tree

TAG = "SPDX-License-Identifier: BSD-3-Clause"
STARTS = {".c": "/* {} */", ".h": "/* {} */", ".py": "# {}", ".sh": "# {}", ".build": "# {}",
          ".service": "# {}", ".8": '.\\" {}', ".1": '.\\" {}', ".bash": "# {}",
          "meson_options.txt": "# {}"}


def check(root: pathlib.Path) -> list[str]:
    bad = []
    for path in tree.files(root, *STARTS):
        lines = path.read_text().split("\n", 2)
        line = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
        want = (STARTS.get(path.name) or STARTS[path.suffix]).format(TAG)
        if line.strip() != want:
            bad.append(f"{path.relative_to(root)}:1: must start with: {want}")
    if "BSD 3-Clause" not in (root / "LICENSE").read_text():
        bad.append("LICENSE: is not the BSD 3-Clause License")
    return bad


if __name__ == "__main__":
    tree.report("spdx", check(tree.root_of(sys.argv)))
