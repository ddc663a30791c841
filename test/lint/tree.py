# SPDX-License-Identifier: BSD-3-Clause
"""What the checks share: which files there are, and C source with the distractions blanked out."""
import pathlib
import re
import subprocess
import sys

CODE_DIRS = ("lib", "drivers", "app")
SKIP_DIRS = re.compile(r"(^|/)(\.git|build[^/]*|__pycache__|\.pytest_cache)(/|$)")


def root_of(argv: list[str]) -> pathlib.Path:
    """The tree to check: the first word that is no option, else the current directory."""
    words = [a for a in argv[1:] if not a.startswith("-")]
    return pathlib.Path(words[0] if words else ".").resolve()


def files(root: pathlib.Path, *suffixes: str, under: tuple[str, ...] = ()) -> list[pathlib.Path]:
    """Files that git tracks or would add (all files where there is no git), sorted."""
    try:
        out = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True, text=True).stdout
        names = {n for n in out.split("\0") if n}
    except (OSError, subprocess.CalledProcessError):
        names = {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}
    keep = []
    for name in sorted(names):
        if SKIP_DIRS.search(name) or (under and name.split("/", 1)[0] not in under):
            continue
        path = root / name
        if (not suffixes or path.suffix in suffixes or path.name in suffixes) and path.is_file():
            keep.append(path)
    return keep


def _spaces(m: re.Match) -> str:
    return re.sub(r"[^\n]", " ", m.group(0))


_NOISE = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def without_comments(text: str, keep_strings: bool = False) -> str:
    """C text with comments (and string and character literals) blanked; lines stay lines."""

    def blank(m: re.Match) -> str:
        if m.group(0)[0] in "\"'":
            if keep_strings:
                return m.group(0)
            return m.group(0)[0] + " " * (len(m.group(0)) - 2) + m.group(0)[0]
        return _spaces(m)

    return _NOISE.sub(blank, text)


def without_preprocessor(text: str) -> str:
    """Blank directives with their continuation lines, and all #else branches, so that braces
    balance. Wants text without comments."""
    out, dead, in_else = [], 0, []
    continued = False
    for line in text.split("\n"):
        directive = re.match(r"\s*#\s*(\w+)", line)
        if continued:
            continued = line.endswith("\\")
            out.append("")
            continue
        if directive:
            word = directive.group(1)
            if word in ("if", "ifdef", "ifndef"):
                in_else.append(False)
            elif word in ("else", "elif") and in_else and not in_else[-1]:
                in_else[-1] = True
                dead += 1
            elif word == "endif" and in_else:
                dead -= in_else.pop()
            continued = line.endswith("\\")
            out.append("")
            continue
        out.append("" if dead else line)
    return "\n".join(out)


def line_of(text: str, pos: int) -> int:
    return text.count("\n", 0, pos) + 1


def report(name: str, errors: list[str]) -> None:
    """Print the errors, one a line, and end the program: 0 when there is none."""
    print("\n".join(errors) or f"{name}: ok")
    sys.exit(bool(errors))
