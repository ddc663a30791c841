#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Count results: tally.py FILE... -> "PASSED FAILED". FILE is meson's testlog.json (cases of
cmocka programs are counted one by one) or a JUnit file of pytest. A file that is missing or cut
short is one failure: a suite that did not run has not passed."""
import json
import re
import sys
import xml.etree.ElementTree as ET


def cases(text, word):
    return sum(int(n) for n in re.findall(r"\[  " + word + r"  \] (\d+) test\(s\)", text or ""))


def meson(path):
    passed = failed = 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            text = (row.get("stdout") or "") + (row.get("stderr") or "")
            if row["result"] in ("OK", "EXPECTEDFAIL"):
                passed += max(1, cases(text, "PASSED"))
            elif row["result"] != "SKIP":
                passed += cases(text, "PASSED")
                failed += max(1, cases(text, "FAILED"))
    return passed, failed


def junit(path):
    passed = failed = 0
    for case in ET.parse(path).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed += 1
        elif "skipped" not in kinds:
            passed += 1
    return passed, failed


def main():
    passed = failed = 0
    for path in sys.argv[1:]:
        try:
            got = (junit if path.endswith(".xml") else meson)(path)
            if got == (0, 0):
                raise ValueError("no test ran")
        except (OSError, ValueError, KeyError, ET.ParseError) as why:
            print(f"{path}: {why}", file=sys.stderr)
            got = (0, 1)
        passed, failed = passed + got[0], failed + got[1]
    print(passed, failed)


if __name__ == "__main__":
    main()
