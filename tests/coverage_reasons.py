#!/usr/bin/env python3
"""Lists the lines that no test ran, each with its reason.

    coverage_reasons.py REPORT REASONS [ROOT]   REPORT: gcovr's JSON. Returns 1 if a line has no reason
    coverage_reasons.py --self-test             shows that a line without a reason is found

A line of REASONS is `FILES :: TEXT :: WHY`: a glob of paths, a regular expression that is searched in the line
of source, and why no test runs it. A reason is about a region: it also applies to the following lines that
were not run, if FILES matches. Empty lines and lines that begin with '#' are ignored.
"""

import fnmatch
import json
import os
import re
import sys
import tempfile

SHORTEST_REASON = 20


class Malformed(Exception):
    """A list of reasons that cannot be parsed."""


def read_reasons(path):
    reasons = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            parts = [part.strip() for part in line.split(" :: ")]
            if len(parts) != 3 or len(parts[2]) < SHORTEST_REASON:
                raise Malformed(f"{path}:{number}: not 'FILES :: TEXT :: WHY', with a reason of some words")
            reasons.append((parts[0], re.compile(parts[1]), parts[2]))
    return reasons


def uncovered(report):
    """The lines that were never run, by file."""
    with open(report, encoding="utf-8") as text:
        files = json.load(text)["files"]
    found = {}
    for file in files:
        counts = {}
        for line in file["lines"]:
            if not line.get("gcovr/noncode") and not line.get("gcovr/excluded"):
                number = line["line_number"]
                counts[number] = counts.get(number, 0) + line["count"]
        missed = sorted(number for number, count in counts.items() if count == 0)
        if missed:
            found[file["file"]] = missed
    return found


def reason_of(reasons, path, text):
    for index, (files, pattern, _) in enumerate(reasons):
        if fnmatch.fnmatch(path, files) and pattern.search(text):
            return index
    return None


def check(report, reasons_path, root, out=print):
    """Returns the number of lines without a reason."""
    reasons = read_reasons(reasons_path)
    used = set()
    bare = total = 0
    for path, missed in sorted(uncovered(report).items()):
        with open(os.path.join(root, path), encoding="utf-8") as source:
            text = source.read().splitlines()
        previous, reason = None, None
        for number in missed:
            own = reason_of(reasons, path, text[number - 1])
            if own is not None:
                reason = own
            elif previous is None or number != previous + 1:
                reason = None
            previous = number
            total += 1
            if reason is None:
                bare += 1
                why = "WITHOUT A REASON"
            else:
                used.add(reason)
                why = reasons[reason][2]
            out(f"{path}:{number}: {text[number - 1].strip()}\n    {why}")
    for index, (files, pattern, _) in enumerate(reasons):
        if index not in used:
            out(f"not needed this time: {files} :: {pattern.pattern}")
    out(f"{total} lines were not run, {bare} of them without a reason")
    return bare


def self_test():
    with tempfile.TemporaryDirectory() as root:
        with open(os.path.join(root, "a.cpp"), "w", encoding="utf-8") as source:
            source.write("int a() {\n    if (broken) {\n        throw 1;\n        }\n    return 2;\n}\n")
        lines = [{"line_number": 2, "count": 3}, {"line_number": 3, "count": 0}, {"line_number": 4, "count": 0},
                 {"line_number": 5, "count": 1}, {"line_number": 5, "count": 0}]
        report = os.path.join(root, "report.json")
        with open(report, "w", encoding="utf-8") as text:
            json.dump({"files": [{"file": "a.cpp", "lines": lines}]}, text)
        reasons = os.path.join(root, "reasons")

        def bare_with(list_of_reasons):
            with open(reasons, "w", encoding="utf-8") as text:
                text.write(list_of_reasons)
            return check(report, reasons, root, out=lambda line: None)

        why = "nothing in this test can break"
        assert bare_with("") == 2
        assert bare_with(f"*.cpp :: throw 1 :: {why}\n") == 0
        assert bare_with(f"# a comment\n\n*.hpp :: throw 1 :: {why}\n") == 2
        assert bare_with(f"a.cpp :: throw 2 :: {why}\n") == 2
        for malformed in ("a.cpp :: throw 1\n", "a.cpp :: throw 1 :: short\n"):
            try:
                bare_with(malformed)
            except Malformed:
                continue
            raise AssertionError(malformed)
    print("a line without a reason is found")


def main(arguments):
    if arguments == ["--self-test"]:
        self_test()
        return 0
    if len(arguments) not in (2, 3):
        print(__doc__)
        return 2
    root = arguments[2] if len(arguments) == 3 else "."
    return 1 if check(arguments[0], arguments[1], root) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
