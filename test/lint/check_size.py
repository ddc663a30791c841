#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check the sizes of C files and functions.

A function has at most 100 lines, 6 parameters and 4 levels of nested statements; a .c file has
at most 800 lines, a .h file 300. A pure table or one flat switch may be longer: the comment
"size: exempt, <reason>" on the line above the function (in the first 20 lines, for a file) says so.
Nesting and parameters have no exemption.
"""
import pathlib
import re
import sys

import tree

FUNCTION_LINES, PARAMETERS, NESTING = 100, 6, 4
FILE_LINES = {".c": 800, ".h": 300}
EXEMPT = re.compile(r"/\*\s*size: exempt, (\S[^*]*)\*/")
TOKEN = re.compile(r"[A-Za-z_]\w*|[{}();:,?=]|\S")
NOT_NAMES = {"__attribute__", "ROLE_ATTR_", "__rte_aligned", "__rte_format_printf", "__rte_weak",
             "_Static_assert", "typeof", "__typeof__", "_Alignas"}
LOOPS = {"for", "while", "switch"}


class Statements:
    """How deep the statements of a function's body nest, by a small recursive descent."""

    def __init__(self, tokens: list[str]):
        self.t, self.i, self.deepest = tokens, 0, 0

    def peek(self, ahead: int = 0) -> str:
        return self.t[self.i + ahead] if self.i + ahead < len(self.t) else ""

    def skip_group(self) -> None:
        """Past one balanced (...) or {...}."""
        depth = 0
        while self.i < len(self.t):
            depth += self.t[self.i] in "({"
            depth -= self.t[self.i] in ")}"
            self.i += 1
            if depth == 0:
                return

    def block(self, depth: int) -> None:
        self.i += 1  # {
        while self.i < len(self.t) and self.peek() != "}":
            self.statement(depth)
        self.i += 1

    def body(self, depth: int) -> None:
        self.deepest = max(self.deepest, depth)
        self.block(depth) if self.peek() == "{" else self.statement(depth)

    def conditional(self, depth: int) -> None:
        self.i += 1
        self.skip_group()
        self.body(depth + 1)
        if self.peek() == "else":
            self.i += 1
            self.conditional(depth) if self.peek() == "if" else self.body(depth + 1)

    def statement(self, depth: int) -> None:
        word = self.peek()
        if word == "{":
            self.block(depth)
        elif word == "if":
            self.conditional(depth)
        elif word in LOOPS:
            self.i += 1
            self.skip_group()
            self.body(depth + 1)
        elif word == "do":
            self.i += 1
            self.body(depth + 1)
            self.simple(depth)
        else:
            self.simple(depth)

    def simple(self, depth: int) -> None:
        """An expression, declaration, label, or the head of an iterating macro."""
        macro = re.fullmatch(r"[A-Za-z_]\w*", self.peek()) and self.peek(1) == "("
        start = self.i
        while self.i < len(self.t) and self.peek() not in ";}":
            if self.peek() in "({":
                self.skip_group()
                if macro and self.i > start + 1 and self.peek() == "{":
                    self.body(depth + 1)
                    return
                macro = None
            elif self.peek() == ":" and self.is_label(start):
                self.i += 1
                return
            else:
                self.i += 1
        if self.peek() == ";":
            self.i += 1

    def is_label(self, start: int) -> bool:
        return self.t[start] in ("case", "default") or self.i == start + 1


def parameters(head: str) -> tuple[str, int] | None:
    """Name and number of parameters of the function that @head starts; None: no function."""
    end = 0
    for m in re.finditer(r"([A-Za-z_]\w*)\s*\(", head):
        if m.start() < end:
            continue
        depth, commas = 0, 0
        for end in range(m.end() - 1, len(head)):
            depth += head[end] == "("
            depth -= head[end] == ")"
            commas += head[end] == "," and depth == 1
            if depth == 0:
                break
        if m.group(1) not in NOT_NAMES:
            inside = head[m.end():end].strip()
            return m.group(1), 0 if inside in ("", "void") else commas + 1
    return None


def functions(text: str):
    """(name, parameters, first line, last line, body tokens) of each function definition."""
    depth, start, body = 0, 0, 0
    for m in re.finditer(r"[{};]", text):
        c = m.group(0)
        if c == "{":
            if depth == 0:
                body = m.start()
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                head = text[start:body]
                found = parameters(head) if is_function(head) else None
                if found:
                    first = start + len(head) - len(head.lstrip())
                    yield (*found, tree.line_of(text, first), tree.line_of(text, m.start()),
                           TOKEN.findall(text[body:m.end()]))
                start = m.end()
        elif depth == 0:
            start = m.end()


def is_function(head: str) -> bool:
    return "(" in head and "=" not in head and not re.match(
        r"\s*(typedef\b|enum\b|struct\s+\w+\s*\()", head) and (
        re.search(r"\)\s*(?:\w+(?:\s+|$))*$", head) is not None)


def check_file(path: pathlib.Path, rel: str) -> list[str]:
    raw = path.read_text()
    lines = raw.split("\n")
    exempt = {tree.line_of(raw, m.start()) for m in EXEMPT.finditer(raw)}
    bad, used = [], set()
    limit = FILE_LINES[path.suffix]
    if len(lines) - 1 > limit:
        at_top = {n for n in exempt if n <= 20}
        used |= at_top
        if not at_top:
            bad.append(f"{rel}:1: {len(lines) - 1} lines, at most {limit}")
    text = tree.without_preprocessor(tree.without_comments(raw))
    for name, n_params, first, last, tokens in functions(text):
        where = f"{rel}:{first}: {name}()"
        if last - first + 1 > FUNCTION_LINES:
            above = {n for n in exempt if first - 2 <= n <= first}
            used |= above
            if not above:
                bad.append(f"{where} has {last - first + 1} lines, at most {FUNCTION_LINES}")
        if n_params > PARAMETERS:
            bad.append(f"{where} has {n_params} parameters, at most {PARAMETERS}")
        walk = Statements(tokens)
        walk.block(0)
        if walk.deepest > NESTING:
            bad.append(f"{where} nests {walk.deepest} deep, at most {NESTING}")
    bad += [f"{rel}:{n}: exemption for nothing: remove it" for n in sorted(exempt - used)]
    return bad


def check(root: pathlib.Path) -> list[str]:
    bad = []
    for path in tree.files(root, ".c", ".h", under=(*tree.CODE_DIRS, "test")):
        bad += check_file(path, str(path.relative_to(root)))
    return bad


if __name__ == "__main__":
    tree.report("size", check(tree.root_of(sys.argv)))
