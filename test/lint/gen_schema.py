#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Write config/schema.json from the sections that the sources register; with --check, compare.

It reads what cfg_schema() of lib/ctl/cfg_doc.c puts together at run time: the .name, .shape and
.schema of every struct cfg_section.
"""
import json
import pathlib
import re
import sys

import tree

FILE = "config/schema.json"
SECTION = re.compile(r"struct\s+cfg_section\s+\w+\s*=\s*\{(.*?)\n\};", re.S)
STRING = r'"(?:\\.|[^"\\])*"'


def literal(text: str) -> str:
    """The value of adjacent C string literals."""
    return "".join(json.loads(s) for s in re.findall(STRING, text))


def with_macros(text: str) -> str:
    """@text with the macros in place that it defines as string literals."""
    text = text.replace("\\\n", " ")
    for name, value in re.findall(rf"^[ \t]*#define[ \t]+(\w+)[ \t]+((?:{STRING}[ \t]*)+)$", text, re.M):
        text = re.sub(rf"\b{name}\b", lambda _: value, text)
    return text


def schema_of(body: str, text: str) -> dict | None:
    """The schema that a section's initialiser names or holds. {}: none given; None: not found."""
    m = re.search(rf"\.schema\s*=\s*((?:{STRING}\s*)+|\w+)", body)
    if not m:
        return {}
    if m.group(1).startswith('"'):
        return json.loads(literal(m.group(1)))
    m = re.search(rf"\b{m.group(1)}\[\]\s*=\s*((?:{STRING}\s*)+);", text)
    return json.loads(literal(m.group(1))) if m else None


def collect(root: pathlib.Path) -> tuple[dict, list[str]]:
    """The whole schema, and what could not be read."""
    props, bad = {}, []
    for path in tree.files(root, ".c", under=tree.CODE_DIRS):
        text = with_macros(tree.without_comments(path.read_text(), keep_strings=True))
        for body in SECTION.findall(text):
            name = re.search(r'\.name\s*=\s*"(\w+)"', body)
            if not name:
                continue
            where = f"{path.relative_to(root)}: section {name.group(1)}"
            try:
                entry = schema_of(body, text)
            except ValueError as e:
                bad.append(f"{where}: the schema is no JSON: {e}")
                continue
            if entry is None:
                bad.append(f"{where}: the schema must be a string literal of the same file")
                continue
            if "CFG_MAP" in body:
                entry = {"type": "object", "additionalProperties": entry}
            elif "CFG_LIST" in body:
                entry = {"type": "array", "items": entry, "uniqueItems": True}
            props[name.group(1)] = entry
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pollux configuration",
        "type": "object",
        "additionalProperties": False,
        "properties": {"version": {"const": 1}, **dict(sorted(props.items()))},
    }, bad


def main() -> None:
    root = tree.root_of(sys.argv)
    schema, bad = collect(root)
    text = json.dumps(schema, indent=2) + "\n"
    if "--check" in sys.argv:
        if not bad and (root / FILE).read_text() != text:
            bad.append(f"{FILE} is not what the sources say: run python3 test/lint/gen_schema.py")
    elif not bad:
        (root / FILE).write_text(text)
    tree.report("schema", bad)


if __name__ == "__main__":
    main()
