#!/usr/bin/env python3
"""Checks that deadlines, pauses and intervals use the steady clock, since the wall clock can jump.

    check_clocks.py [ROOT]      checks src/postgres, prints every use of a wall clock, returns 1 if there is one
    check_clocks.py --self-test shows that each way to read such a clock is found
"""

import os
import re
import sys

FOLDER = "src/postgres"
# `now()` of roomstore/model/timestamp.hpp is the time of day, for rows; only code of the store sets those.
WALL_CLOCK = re.compile(
    r"\b(system_clock|high_resolution_clock|utc_clock|gettimeofday|CLOCK_REALTIME\w*|clock_gettime|timespec_get|"
    r"sleep_until)\b|\bstd::time\s*\(|[^\w.:>]time\s*\(\s*(nullptr|NULL|0|&\w+)\s*\)")
TIME_OF_DAY = re.compile(r"(?:[=(,+<>-]|\breturn)\s*(?:roomstore::)?now\(\)")
STAMPS_ROWS = re.compile(r"^src/postgres/(postgres_store[^/]*|sql/[^/]*)$")
COMMENT = re.compile(r"//[^\n]*")


def problems_in(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        code = COMMENT.sub("", line)
        found = WALL_CLOCK.search(code)
        if not found and not STAMPS_ROWS.match(path):
            found = TIME_OF_DAY.search(code)
        if found:
            yield f"{path}:{number}: reads a clock that can be set: {found.group(0).strip()}"


def self_test():
    worker = "src/postgres/pool/worker.cpp"
    refused = [
        (worker, "const auto end = std::chrono::system_clock::now() + limit;"),
        (worker, "using Clock = std::chrono::high_resolution_clock;"),
        (worker, "::gettimeofday(&value, nullptr);"),
        (worker, "::clock_gettime(CLOCK_REALTIME, &value);"),
        (worker, "const auto began = std::time(nullptr);"),
        (worker, "const auto began = time(nullptr);"),
        (worker, "std::this_thread::sleep_until(end);"),
        (worker, "const Timestamp end = now();"),
        ("src/postgres/postgres_store.cpp", "auto end = std::chrono::system_clock::now();"),
    ]
    accepted = [
        (worker, "const auto now = Clock::now();"),
        (worker, "TimePoint now() override { return PoolCore::Clock::now(); }"),
        (worker, "control.pause(control.now() + pauses.next());"),
        (worker, "using Clock = std::chrono::steady_clock;  // never system_clock"),
        ("src/postgres/postgres_store.cpp", "at = now()](Session& session) {"),
    ]
    wrong = [f"not refused: {line}" for path, line in refused if not list(problems_in(path, line))]
    wrong += [f"refused: {line}" for path, line in accepted if list(problems_in(path, line))]
    print(*wrong, f"{len(refused) + len(accepted)} lines tried, {len(wrong)} failed", sep="\n")
    return 1 if wrong else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    root = arguments[0] if arguments else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    checked = 0
    problems = []
    for folder, _, names in os.walk(os.path.join(root, FOLDER)):
        for name in sorted(names):
            if name.endswith((".hpp", ".ipp", ".cpp")):
                checked += 1
                path = os.path.relpath(os.path.join(folder, name), root)
                with open(os.path.join(root, path), encoding="utf-8") as file:
                    problems += problems_in(path, file.read())
    if checked == 0:
        problems.append(f"{root}: no source file found in {FOLDER}")
    print(*sorted(problems), f"{checked} files checked, {len(problems)} problems", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
