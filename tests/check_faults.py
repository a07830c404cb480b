#!/usr/bin/env python3
"""Contains the list of faults, and checks that each fault has a test and that tests name known faults.

    check_faults.py [ROOT]      checks a tree, prints the tests of each fault, returns 1 if a fault has none
    check_faults.py ROOT --results FOLDER NAME...
                                the same for the tests that ran: FOLDER/NAME.xml is the report of a test binary.
                                Prints why other tests did not run; returns 4 if tests were skipped that must run
                                in CI, and CI is not set
    check_faults.py --self-test shows that it finds a missing test, an unknown and an inapplicable fault, and a
                                test that is hidden, skipped, failed or not compiled

A test names its faults by Catch2 tags: TEST_CASE("what holds", "[F3]"). A test that breaks something but belongs
to no fault of the list has the tag [errors] or [rerun].
"""

import os
import re
import sys
import tempfile
import xml.etree.ElementTree

FAULTS = {
    "F1": "a backend is terminated: idle, in a transaction, in a statement, before and after COMMIT",
    "F2": "COMMIT is lost in transit, its answer is lost, or the connection ends after the answer",
    "F3": "COMMIT hangs, the client gives up, and the old COMMIT completes later",
    "F4": "the server restarts, shuts down immediately, or one of its processes is killed",
    "F5": "a backend, the postmaster or the network is frozen",
    "F6": "packets are lost before a statement is sent",
    "F7": "packets are lost while a statement runs",
    "F8": "the network is slow, or splits messages",
    "F9": "a room is locked by a client that no longer exists",
    "F10": "a lock of another client, a deadlock, a serialization failure",
    "F11": "queue and connections are exhausted",
    "F12": "a call is cancelled while it waits",
    "F13": "a call is cancelled at any instant",
    "F14": "a call is cancelled during COMMIT",
    "F15": "the store or an execution context is destroyed while calls are pending",
    "F16": "the server accepts no writes",
    "F17": "the disk of the data is full",
    "F18": "the disk of the write-ahead log is full",
    "F19": "a backend runs out of memory",
    "F21": "too many connections, no such database, wrong password, no server, server in recovery",
    "F22": "the connection that listens is lost, or does not pass messages on",
    "F23": "the schema is missing or newer, or several processes create it at the same time",
    "F24": "PgBouncer in transaction mode",
    "F25": "times are equal, clocks go backwards, or are far off",
}
# Faults of the list that do not apply to this library.
DOES_NOT_APPLY = {
    "F20": "the client runs out of memory: the JSON library terminates the process then; how the pool handles an "
           "exception is tested in tests/unit/postgres/call_runner_test.cpp",
}
# Faults that a machine may allow only root, or nobody, to cause. The reason of the skip is then reported.
MAY_BE_SKIPPED = {"F6", "F7", "F17", "F18", "F19"}
FOLDERS = ("tests/faults", "tests/postgres")
TEST_CASE = re.compile(r'TEST_CASE\(\s*((?:"(?:\\.|[^"\\])*"\s*)+)(?:,\s*((?:"(?:\\.|[^"\\])*"\s*)+))?\)')
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')


def joined(literals):
    return "".join(STRING.findall(literals or "")).replace('\\"', '"')


def faults_in(tags):
    """The faults in the tags of a test, unless the test runs only if selected by name or may fail."""
    return [] if "[." in tags or "[!" in tags else re.findall(r"\[(F\d+)\]", tags)


def tests_of(root):
    """(file, name, faults) of every test case."""
    for top in FOLDERS:
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if not name.endswith("_test.cpp"):
                    continue
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    for case, tags in TEST_CASE.findall(file.read()):
                        yield os.path.relpath(path, root), joined(case), faults_in(joined(tags))


def check(root, faults=None):
    faults = FAULTS if faults is None else faults
    shown = {fault: [] for fault in faults}
    problems = []
    for path, name, tags in tests_of(root):
        for tag in tags:
            if tag in shown:
                shown[tag].append(f"{path}: {name}")
            elif tag in DOES_NOT_APPLY:
                problems.append(f"{path}: {tag} is listed as not applicable, but has a test: {name}")
            else:
                problems.append(f"{path}: there is no fault {tag}: {name}")
    problems += [f"{fault} has no test: {faults[fault]}" for fault in faults if not shown[fault]]
    return shown, problems


def results_of(path):
    """(name, tags, passed, skip reason) of every test case that a binary ran."""
    for case in xml.etree.ElementTree.parse(path).iter("TestCase"):
        result = case.find("OverallResult")
        passed = result is not None and result.get("success") == "true"
        skips = ["".join(skip.itertext()).strip() for skip in case.iter("Skip")]
        yield case.get("name"), case.get("tags", ""), passed, skips[0] if skips else None


def check_results(root, folder, names, faults=None):
    """The report on each fault, the problems, and the skipped faults that are problems in CI only."""
    faults = FAULTS if faults is None else faults
    paths = [os.path.join(folder, f"{name}.xml") for name in names]
    missing = [path for path in paths if not os.path.exists(path)]
    if missing:
        return [], [], [f"{path}: that binary did not run" for path in missing]
    ran, shown, reasons = set(), {fault: [] for fault in faults}, {fault: set() for fault in faults}
    problems, lacks = [], []
    for path in paths:
        try:
            cases = list(results_of(path))
        except xml.etree.ElementTree.ParseError as error:
            problems.append(f"{path}: truncated: {error}")
            continue
        for name, tags, passed, reason in cases:
            ran.add(name)
            for fault in set(faults_in(tags)) & faults.keys():
                if reason is not None:
                    reasons[fault].add(reason)
                elif passed:
                    shown[fault].append(name)
    problems += [f"{path}: hidden or not compiled: {name}" for path, name, tags in tests_of(root)
                 if tags and name not in ran]
    lines = []
    for fault, what in faults.items():
        if shown[fault]:
            lines += [f"{fault}: {what}", *(f"    {name}" for name in shown[fault])]
        if reasons[fault]:
            lines.append(f"{fault}: NOT RUN{', in part' if shown[fault] else ''}: {'; '.join(sorted(reasons[fault]))}")
        if not shown[fault] and not reasons[fault]:
            problems.append(f"{fault}: no test of it has run and passed: {what}")
        elif reasons[fault] and fault not in MAY_BE_SKIPPED:
            lacks.append(f"{fault} was skipped")
    return lines, problems, lacks


def self_test():
    def problems_of(source, faults):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "tests/faults"))
            with open(os.path.join(root, "tests/faults/a_test.cpp"), "w", encoding="utf-8") as file:
                file.write(source)
            return check(root, faults)[1]

    one = {"F1": "one"}
    two = {"F1": "one", "F2": "two"}
    wrong = []
    for source, faults, expected in [
        ('TEST_CASE("it holds", "[F1]") {}', one, 0),
        ('TEST_CASE("it holds",\n          "[F1][F2]") {}', two, 0),
        ('TEST_CASE("it is "\n          "long", "[F1]") {}', one, 0),
        ('TEST_CASE("it holds", "[F1]") {}', two, 1),
        ('TEST_CASE("of F1, but it does not say so") {}', one, 1),
        ('// TEST_CASE of "[F1]"', one, 1),
        ('TEST_CASE("it holds", "[F1][F99]") {}', one, 1),
        ('TEST_CASE("it holds", "[F1][F20]") {}', one, 1),
        ('TEST_CASE("it holds", "[.][F1]") {}', one, 1),
        ('TEST_CASE("it holds", "[!mayfail][F1]") {}', one, 1),
    ]:
        found = problems_of(source, faults)
        if len(found) != expected:
            wrong.append(f"{len(found)} problems instead of {expected} in: {source}")

    def results(report, faults):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "tests/faults"))
            with open(os.path.join(root, "tests/faults/a_test.cpp"), "w", encoding="utf-8") as file:
                file.write("".join(f'TEST_CASE("{fault} \\"holds\\"", "[{fault}]") {{}}\n' for fault in faults))
            if report is not None:
                with open(os.path.join(root, "each.xml"), "w", encoding="utf-8") as file:
                    file.write(report)
            lines, problems, lacks = check_results(root, root, ["each"], faults)
            return sum("NOT RUN" in line for line in lines), len(problems), len(lacks)

    def case(fault, inner):
        return f'<TestCase name="{fault} &quot;holds&quot;" tags="[{fault}]">{inner}</TestCase>'

    passed = '<OverallResult success="true" skips="0"/>'
    skipped = '<Skip filename="a" line="1">no network</Skip><OverallResult success="true" skips="1"/>'
    six = {"F6": "six"}
    for inner, faults, expected in [
        (case("F1", passed), one, (0, 0, 0)),
        (case("F1", passed), two, (0, 2, 0)),
        (case("F1", '<OverallResult success="false"/>'), one, (0, 1, 0)),
        (case("F1", ""), one, (0, 1, 0)),
        (case("F1", skipped), one, (1, 0, 1)),
        (case("F6", skipped), six, (1, 0, 0)),
        ("<TestCase", one, (0, 3, 0)),
        (None, one, (0, 0, 1)),
    ]:
        found = results(inner and f"<Catch2TestRun>{inner}</Catch2TestRun>", faults)
        if found != expected:
            wrong.append(f"{found} instead of {expected} for: {inner}")
    print(*wrong, f"18 cases tried, {len(wrong)} failed", sep="\n")
    return 1 if wrong else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    root = arguments[0] if arguments else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    if arguments[1:2] == ["--results"]:
        lines, problems, lacks = check_results(root, arguments[2], arguments[3:])
        print(*lines, *problems, *lacks, f"{len(problems)} problems", sep="\n")
        return 1 if problems or (lacks and "CI" in os.environ) else 4 if lacks else 0
    shown, problems = check(root)
    for fault in sorted(FAULTS | DOES_NOT_APPLY, key=lambda each: int(each[1:])):
        if fault in DOES_NOT_APPLY:
            print(f"{fault}: does not apply: {DOES_NOT_APPLY[fault]}")
        else:
            print(f"{fault}: {FAULTS[fault]}", *[f"    {test}" for test in shown[fault]], sep="\n")
    print(*problems, f"{len(problems)} problems", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
