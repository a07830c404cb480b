#!/usr/bin/env python3
"""Checks that deadlines, pauses and intervals use the steady clock, since the wall clock can jump.

    check_clocks.py [ROOT]      checks src/postgres, prints every use of a wall clock, returns 1 if there is one
    check_clocks.py --self-test shows that each way to read such a clock is found
"""

import re
import sys

sys.dont_write_bytecode = True
import source_files

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


def check_tree(root):
    paths = list(source_files.paths(root, [FOLDER]))
    return len(paths), [problem for path in paths
                        for problem in problems_in(path, source_files.read(root, path))]


if __name__ == "__main__":
    sys.exit(source_files.main(sys.argv[1:], self_test, check_tree))
