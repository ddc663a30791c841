#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check the documentation against the tree.

1. Each module of lib and each driver that is built has its page docs/modules/<name>.md; each page
   of docs/rfc is in the list of its README.md.
2. Relative links of the Markdown files lead to files, and their #anchors to headings.
3. Each tunable that code declares stands in docs/user-guide.md, and each tunable named in its
   tables is declared.
4. Each command that a *_cli.c (or app) lists stands in docs/user-guide.md, by its keywords, and
   each command in the tables there is listed by code.
5. Each section of the configuration that code registers is a property of config/schema.json and
   has its place in docs/user-guide.md.
6. The JSON of config/ and of the documentation's ```json blocks parses, and configurations name
   only sections that there are.
"""
import json
import pathlib
import re
import sys

import tree

GUIDE = "docs/user-guide.md"
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
TUNABLES = re.compile(r"struct\s+ctl_table\s+\w+\[\]\s*=\s*\{(.*?)\n\};", re.S)
TUNABLE = re.compile(
    r"^\s*[A-Z][A-Z0-9_]*\(\s*(?:struct\s+\w+\s*,\s*)?(\w+)\s*,|\.procname\s*=\s*\"(\w+)\"", re.M)
COMMANDS = re.compile(r"struct\s+cli_cmd\s+\w+\[\]\s*=\s*\{(.*?)\n\};", re.S)
ROW = re.compile(r"\{\s*(?:\.syntax\s*=\s*)?((?:\"(?:\\.|[^\"\\])*\"\s*)+)")
SECTION = re.compile(r"struct\s+cfg_section\s+\w+\s*=\s*\{[^;]*?\.name\s*=\s*\"(\w+)\"", re.S)


def without_code(text: str) -> str:
    """Markdown with fenced blocks and inline code blanked: no links in there."""
    text = re.sub(r"^```.*?^```", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text,
                  flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", lambda m: "`" + " " * (len(m.group(0)) - 2) + "`", text)


def anchors(text: str) -> set[str]:
    """The anchors that a forge makes of the headings."""
    found = set()
    for title in re.findall(r"^#+ +(.*?)\s*$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S),
                            re.M):
        word = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        found.add(word)
    return found


def check_links(root: pathlib.Path) -> list[str]:
    bad = []
    for path in tree.files(root, ".md"):
        raw = path.read_text()
        text = without_code(raw)
        for m in LINK.finditer(text):
            target = m.group(1) or m.group(2)
            if re.match(r"[a-z]+:", target):
                continue
            where = f"{path.relative_to(root)}:{tree.line_of(text, m.start())}"
            name, _, anchor = target.partition("#")
            to = (path.parent / name).resolve() if name else path
            if not to.exists():
                bad.append(f"{where}: {target}: no such file")
            elif anchor and to.suffix == ".md" and anchor not in anchors(to.read_text()):
                bad.append(f"{where}: {target}: no such heading")
    return bad


def check_pages(root: pathlib.Path) -> list[str]:
    names = [p.parent.name for d in ("lib", "drivers") for p in sorted(root.glob(f"{d}/*/meson.build"))]
    bad = [f"docs/modules/{n}.md is missing: the page of module {n}" for n in names
           if not (root / "docs/modules" / f"{n}.md").is_file()]
    index = root / "docs/rfc/README.md"
    pages = sorted(p.name for p in (root / "docs/rfc").glob("*.md") if p != index)
    bad += [f"docs/rfc/README.md: {p} is not in the list" for p in pages
            if f"]({p})" not in index.read_text()]
    return bad


def check_sysctl(root: pathlib.Path) -> list[str]:
    guide = (root / GUIDE).read_text()
    declared = set()
    for path in tree.files(root, ".c", ".h", under=tree.CODE_DIRS):
        text = tree.without_comments(path.read_text(), keep_strings=True)
        for table in TUNABLES.findall(text):
            declared |= {m.group(1) or m.group(2) for m in TUNABLE.finditer(table)}
    bad = [f"{GUIDE}: tunable {n} is not described" for n in sorted(declared)
           if not re.search(rf"`(?:[\w.<>]*\.)?{n}`", guide)]
    section = re.search(r"^## Tunables.*?(?=^## |\Z)", guide, re.M | re.S)
    for name in re.findall(r"^\| `(\w+)` ", section.group(0) if section else "", re.M):
        if name not in declared:
            bad.append(f"{GUIDE}: tunable {name} is declared nowhere")
    return bad


def keywords(syntax: str) -> list[str]:
    """The words a command starts with, up to its first value, choice or option; a choice of the
    first or second word gives several."""
    starts = [""]
    for part in re.findall(r"\([^)]*\)|\[|[^\s\[]+", syntax):
        if part.startswith("("):
            if len(starts) == 1:
                starts = [f"{starts[0]} {w.split()[0]}".strip() for w in part[1:-1].split("|")
                          if w.split() and ":" not in w.split()[0]] or starts
            break
        if part == "[" or ":" in part or part[0].isupper():
            break
        starts = [f"{s} {part}".strip() for s in starts]
    return starts


def commands(text: str) -> list[str]:
    text = tree.without_comments(text, keep_strings=True)
    found = []
    for table in COMMANDS.findall(text):
        for literal in ROW.findall(table):
            found.append("".join(re.findall(r'"((?:\\.|[^"\\])*)"', literal)))
    return found


def spellings(guide: str) -> str:
    """The guide's code, with "a (b|c) d" written out also as "a b" and "a c"."""
    code = "\n".join(re.findall(r"^```.*?^```|`[^`\n]+`", guide, re.M | re.S)).replace("\\|", "|")
    more = []
    for m in re.finditer(r"([\w-]+(?: [\w-]+)*) \(([^)\n]*)\)", code):
        more += [f"{m.group(1)} {w.split()[0]}" for w in m.group(2).split("|") if w.split()]
    return code + "\n" + "\n".join(more)


def documented(guide: str) -> list[str]:
    """What the tables of the chapter "Commands" say there is, by keywords."""
    chapter = re.search(r"^## Commands.*?(?=^## |\Z)", guide, re.M | re.S)
    starts = []
    for cell in re.findall(r"^\| (`.*?`) \|", chapter.group(0) if chapter else "", re.M):
        for syntax in re.findall(r"`([^`]+)`", cell.replace("\\|", "|")):
            starts += keywords(syntax)
    return starts


def check_commands(root: pathlib.Path) -> list[str]:
    guide = (root / GUIDE).read_text()
    code = spellings(guide)
    bad, known = [], set()
    for path in tree.files(root, ".c", under=tree.CODE_DIRS):
        for syntax in commands(path.read_text()):
            for start in keywords(syntax):
                known.add(start)
                if not re.search(rf"(?<![\w-]){re.escape(start)}(?![\w-])", code):
                    bad.append(f"{GUIDE}: command \"{start}\" ({path.relative_to(root)}) is not described")
    for start in documented(guide):
        if start not in known and start.partition(" -")[0] not in known:
            bad.append(f"{GUIDE}: there is no command \"{start}\"")
    return sorted(set(bad))


def check_sections(root: pathlib.Path) -> list[str]:
    guide = (root / GUIDE).read_text()
    schema = json.loads((root / "config/schema.json").read_text())["properties"]
    bad = []
    for path in tree.files(root, ".c", under=tree.CODE_DIRS):
        for name in SECTION.findall(tree.without_comments(path.read_text(), keep_strings=True)):
            if name not in schema:
                bad.append(f"config/schema.json: section {name} is missing")
            if f"`{name}`" not in guide:
                bad.append(f"{GUIDE}: section {name} is not described")
    return bad


def check_json(root: pathlib.Path) -> list[str]:
    sections = set(json.loads((root / "config/schema.json").read_text())["properties"])
    texts, bad = [], []
    for path in tree.files(root, ".json", under=("config",)):
        texts.append((str(path.relative_to(root)), path.read_text()))
    for path in tree.files(root, ".md"):
        raw = path.read_text()
        for m in re.finditer(r"^```json\n(.*?)^```", raw, re.M | re.S):
            texts.append((f"{path.relative_to(root)}:{tree.line_of(raw, m.start())}", m.group(1)))
    for where, text in texts:
        try:
            doc = json.loads(text)
        except ValueError as e:
            bad.append(f"{where}: {e}")
            continue
        if isinstance(doc, dict) and doc.get("version") == 1:
            bad += [f"{where}: there is no section {k}" for k in doc if k not in sections]
    return bad


def check(root: pathlib.Path) -> list[str]:
    return (check_pages(root) + check_links(root) + check_sysctl(root) + check_commands(root) +
            check_sections(root) + check_json(root))


if __name__ == "__main__":
    tree.report("docs", check(tree.root_of(sys.argv)))
