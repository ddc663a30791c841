#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check that the tree speaks of the project alone: no path of one machine, no note to oneself,
no reference to a ticket that a reader of the tree can not open."""
import pathlib
import re
import sys

import tree

# Assembled from pieces where the plain word would be found here.
REFUSED = [
    (re.compile(r"(?:(?<![\w.$}])|(?<=-[IL]))/(work|root|home/\w+|Users/\w+|mnt)/"), "path of one machine"),
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b"), "note to oneself: do it, or write it into docs/modules"),
    (re.compile(r"\b([Ii]ssue|[Bb]ug|[Tt]icket|PR) ?#\d+"), "ticket number: say what it is about"),
    (re.compile(r"\b(py" r"pi\.org|arti" r"factory|proxy\.go" r"lang|deb\.deb" r"ian\.org|gh" r"cr\.io)\b"),
     "package host: name the package"),
    (re.compile(r"<<<<" r"<<< |>>>>" r">>> "), "unfinished merge"),
]
BINARY = {".gz", ".png", ".jpg", ".pcap", ".ico", ".pdf"}


def check_text(rel: str, text: str) -> list[str]:
    bad = []
    for pattern, why in REFUSED:
        for m in pattern.finditer(text):
            bad.append(f"{rel}:{tree.line_of(text, m.start())}: \"{m.group(0)}\": {why}")
    return bad


def check(root: pathlib.Path) -> list[str]:
    bad = []
    for path in tree.files(root):
        rel = str(path.relative_to(root))
        if path.suffix not in BINARY and rel != "test/lint/test_checks.py":
            bad += check_text(rel, path.read_text(errors="replace"))
    return bad


if __name__ == "__main__":
    tree.report("words", check(tree.root_of(sys.argv)))
