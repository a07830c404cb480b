#!/usr/bin/env python3
"""Checks that the comparison finds known faults, and that the code that it prints is a valid test.

    self_test.py --faulty BINARY --memory BINARY --printed DIR --build DIR --cmake CMAKE

Runs the comparison with stores that have a known fault each. Every fault must be found, shrunk to few
operations and written as a test case of the contract suite. Two targets of the build tree compile these
files, and two files with sequences of every kind of operation: with a correct store all cases pass, with
the faulty store each case about its fault fails.
"""

import argparse
import os
import re
import subprocess
import sys

# The faults of faulty_harness.cpp that are visible in an outcome, and the number of operations required.
FAULTS = {"rejoining": 3, "forgetful": 3, "repeating": 3, "throwing": 2}
# Exit status of Catch2: the number of failed assertions, or one value for any number.
CATCH2_FAILED = (1, 42)
# Allowance for a sequence that needs one more operation, such as an append of the event that it reads.
SPARE = 1


class Wrong(Exception):
    """A check failed."""


def call(command, fault="", expected=(0,)):
    environment = dict(os.environ, ROOMSTORE_FAULT=fault)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode not in expected:
        raise Wrong(f"{' '.join(command)} with fault '{fault}' ended with {ended.returncode}:\n"
                    f"{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}")
    return ended.stdout, ended.stderr


def find(options, fault, operations):
    """Runs the comparison with a fault; returns the name of the test case that it writes to a file."""
    file = os.path.join(options.printed, fault + ".cpp")
    told, _ = call([options.faulty, "--seed", "1", "--sequences", "2000", "--test-file", file], fault, (1,))
    if not told.startswith("2000 sequences of 40 operations from seed 1\n"):
        raise Wrong(f"{fault}: the seed is not printed first:\n{told}")
    sizes = [int(size) for size in re.findall(r"^DIFFERENT: --seed .* shrunk to (\d+) operations$", told, re.M)]
    if not sizes:
        raise Wrong(f"{fault} was not found:\n{told}")
    if max(sizes) > operations + SPARE:
        raise Wrong(f"{fault} was not shrunk to {operations} operations: {sizes}\n{told}")
    with open(file, encoding="utf-8") as text:
        case = re.search(r'^TEST_CASE\("(.*?)"', text.read(), re.M).group(1)
    print(f"{fault}: shrunk to {sizes} operations, '{case}'")
    return case


def write_sequence(options, file, seed, length):
    """Writes a sequence as a test case, without a fault; returns its text."""
    path = os.path.join(options.printed, file)
    call([options.memory, "--print-to", path, "--seed", str(seed), "--sequences", "1", "--length", str(length)])
    with open(path, encoding="utf-8") as text:
        return text.read()


def check(options):
    os.makedirs(options.printed, exist_ok=True)
    cases = {fault: find(options, fault, operations) for fault, operations in FAULTS.items()}

    told, complaint = call([options.faulty, "--seed", "5", "--sequences", "10"], "aborting", (-6,))
    if not re.search(r"^died in: --seed \d+ --sequences 1 --length 40$", complaint, re.M):
        raise Wrong(f"the crash message does not name the sequence:\n{told}\n{complaint}")

    write_sequence(options, "everything.cpp", 3, 60)
    # A sequence that begins before init() and continues after close(); there are few.
    if not any("CHECK_FAILS(store->init()" in write_sequence(options, "lifecycle.cpp", seed, 20)
               for seed in range(1, 2000)):
        raise Wrong("no lifecycle sequence was found")
    unharmed = 2

    call([options.cmake, "--build", options.build, "--target", "printed_right", "printed_faulty"])
    binaries = os.path.join(options.build, "tests", "differential")
    told, _ = call([os.path.join(binaries, "printed_right")])
    if f"in {len(cases) + unharmed} test cases)" not in told:
        raise Wrong(f"not all of the printed cases ran:\n{told}")
    for fault, case in cases.items():
        # Catch2 treats a comma as the end of a name.
        told, _ = call([os.path.join(binaries, "printed_faulty"), case.replace(",", r"\,")], fault,
                       CATCH2_FAILED)
        if not re.search(r"test cases: +1 \| +1 failed", told):
            raise Wrong(f"the case about {fault} did not fail, or other cases ran:\n{told}")
    print("the printed cases pass with a correct store, and fail with the faulty ones")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("faulty", "memory", "printed", "build", "cmake"):
        parser.add_argument("--" + name, required=True)
    try:
        check(parser.parse_args())
    except Wrong as wrong:
        print(wrong)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
