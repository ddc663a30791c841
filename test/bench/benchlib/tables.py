# SPDX-License-Identifier: BSD-3-Clause
"""Tables on the terminal (in Markdown, so that they can be pasted) and results as JSON."""
import json
import os


def table(head, rows):
    rows = [[str(c) for c in r] for r in rows]
    width = [max(len(r[i]) for r in [head, *rows]) for i in range(len(head))]
    print("| " + " | ".join(h.ljust(w) for h, w in zip(head, width)) + " |")
    print("|" + "|".join("-" * (w + 2) for w in width) + "|")
    for r in rows:
        print("| " + " | ".join(c.ljust(w) for c, w in zip(r, width)) + " |")
    print(flush=True)


def machine():
    with open("/proc/cpuinfo", encoding="ascii") as f:
        model = next((x.split(":")[1].strip() for x in f if x.startswith("model name")), "?")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": os.uname().release}


def save(path, result):
    if path:
        with open(path, "w", encoding="ascii") as f:
            json.dump(dict(result, machine=machine()), f, indent=1)
