#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check that packets die through the one door: the calls that give an mbuf back to its pool
stand in lib/skb alone. Everybody else calls kfree_skb_reason(), kfree_mbuf_reason() or
consume_skb(), which count."""
import pathlib
import re
import sys

import tree

FREES = re.compile(
    r"\b(rte_pktmbuf_free\w*|rte_mbuf_raw_free|rte_pktmbuf_prefree_seg|rte_mempool_put\w*)\s*\(")
DOOR = "lib/skb/"


def check(root: pathlib.Path) -> list[str]:
    bad = []
    for path in tree.files(root, ".c", ".h", under=tree.CODE_DIRS):
        rel = str(path.relative_to(root))
        if rel.startswith(DOOR):
            continue
        text = tree.without_comments(path.read_text())
        for m in FREES.finditer(text):
            bad.append(f"{rel}:{tree.line_of(text, m.start())}: {m.group(1)}() outside {DOOR}: "
                       "use kfree_skb_reason(), kfree_mbuf_reason() or consume_skb()")
    return bad


if __name__ == "__main__":
    tree.report("free", check(tree.root_of(sys.argv)))
