#!/usr/bin/env python3
"""Mutation test: checks that the contract suite detects every mutant of the lists.

    run.py BINARY LIST...                       prints the test that catches each mutant; exit code 1 if one
                                                survives
    run.py --self-test HARMLESS BINARY LIST...  checks that a mutant without a fault, a crash, a hang and an
                                                unknown name are each reported correctly

BINARY is the contract suite on a store with all mutants compiled in (apply.py). It is run once without a
fault, then once per mutant. A mutant is caught if an assertion of a test failed. A crash or a timeout does
not show that a test detects the fault, and so does not count; such a mutant has to be rewritten so that an
assertion fails.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

sys.dont_write_bytecode = True
import apply

VARIABLE = "ROOMSTORE_MUTANT"
# Timeout of a run. A run takes about a second.
SECONDS = 180
# Single-threaded tests first, so that the test that catches a mutant does not depend on the scheduler.
STAGES = ("~[concurrency]", "[concurrency]")
# Characters that Catch2 writes unescaped but XML does not allow; the suite has hostile texts.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclasses.dataclass
class Outcome:
    verdict: str  # caught, passed, crashed, hung, unclear
    test: str = ""
    place: str = ""
    details: str = ""


def failed_test(report):
    """Returns the test that failed or threw an exception, and where. The report may be truncated."""
    parser = xml.etree.ElementTree.XMLPullParser(("start", "end"))
    case, place = None, ""
    try:
        parser.feed(NOT_XML.sub("?", report))
        for event, element in parser.read_events():
            if event == "start" and element.tag == "TestCase":
                case, place = element.get("name"), ""
            elif element.tag == "FatalErrorCondition":
                return None
            elif event == "end" and case and (
                    element.tag in ("Exception", "Failure")
                    or (element.tag == "Expression" and element.get("success") == "false")):
                place = f'{os.path.basename(element.get("filename", ""))}:{element.get("line", "")}'
            elif event == "end" and element.tag == "OverallResult" and element.get("success") == "false":
                return case, place
    except xml.etree.ElementTree.ParseError:
        pass
    return None


def run_stage(command, mutant, seconds):
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
    if mutant is not None:
        environment[VARIABLE] = mutant
    try:
        run = subprocess.run(command, env=environment, timeout=seconds, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False)
    except subprocess.TimeoutExpired:
        return Outcome("hung", details=f"no end within {seconds} s")
    if run.returncode == 0:
        return Outcome("passed")
    details = f"exit code {run.returncode}: {run.stderr.strip()[-400:]}"
    if run.returncode < 0:
        return Outcome("crashed", details=details)
    test = failed_test(run.stdout)
    return Outcome("caught", *test, details) if test else Outcome("unclear", details=details)


def run(binary, mutant, seconds=SECONDS):
    for stage in STAGES:
        command = [*binary, stage, "--abort", "--order", "decl", "--reporter", "xml"]
        outcome = run_stage(command, mutant, seconds)
        if outcome.verdict != "passed":
            return outcome
    return outcome


def check_harness(binary):
    """Yields errors of the binary itself, which would invalidate every result."""
    sound = run(binary, None)
    if sound.verdict != "passed":
        yield f"without a fault: {sound.verdict}: {sound.test} {sound.place} {sound.details}"
    misspelt = run(binary, "no_such_mutant")
    if misspelt.verdict != "unclear" or "no mutant 'no_such_mutant'" not in misspelt.details:
        yield f"{VARIABLE}=no_such_mutant should be refused: {misspelt}"


def row(columns, widths):
    return "| " + " | ".join(text.ljust(width) for text, width in zip(columns, widths)) + " |"


def print_table(mutants, outcomes):
    rows = [("mutant", "rule that it breaks", "contract", "caught by", "at")]
    for mutant, outcome in zip(mutants, outcomes):
        caught = outcome.test if outcome.verdict == "caught" else (
            "SURVIVED" if outcome.verdict == "passed" else outcome.verdict.upper())
        rows.append((mutant.name, mutant.rule, mutant.section, caught, outcome.place))
    widths = [max(len(columns[i]) for columns in rows) for i in range(len(rows[0]))]
    print(row(rows[0], widths), row(["-" * width for width in widths], widths), sep="\n")
    print(*(row(columns, widths) for columns in rows[1:]), sep="\n")


def run_all(binary, mutants, workers):
    """Returns 0 if every mutant is caught, otherwise 1."""
    complaints = list(check_harness(binary))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        outcomes = list(pool.map(lambda mutant: run(binary, mutant.name), mutants))
    for mutant, outcome in zip(mutants, outcomes):
        if outcome.verdict == "passed":
            complaints.append(f"{mutant.name} survived: no test of the suite checks '{mutant.rule}'")
        elif outcome.verdict != "caught":
            complaints.append(f"{mutant.name}: {outcome.verdict}, not a failed assertion: {outcome.details}")
    caught = sum(outcome.verdict == "caught" for outcome in outcomes)
    # Errors come first, because the table is long and reports are truncated in the middle.
    print(f"{len(mutants)} mutants, {caught} caught", *complaints, sep="\n")
    print_table(mutants, outcomes)
    return 1 if complaints or not mutants else 0


def python(code):
    """Returns a command that stands in for the binary; the arguments of the suite follow the code."""
    return [sys.executable, "-c", code]


REPORT = ("<Catch2TestRun><TestCase name='good'><OverallResult success='true'/></TestCase>"
          "<TestCase name='bad'><Expression success='false' filename='a/b.cpp' line='7'></Expression>")
STAND_INS = [
    (python("import os; os.abort()"), "crashed"),
    (python("import threading; threading.Event().wait()"), "hung"),
    (python("raise SystemExit(3)"), "unclear"),
    (python(f'print("{REPORT}"); raise SystemExit(1)'), "unclear"),
    (python(f'print("{REPORT}<FatalErrorCondition/>"); raise SystemExit(1)'), "unclear"),
    (python(f'print("{REPORT}<OverallResult success=\'false\'/></TestCase>"); raise SystemExit(1)'), "caught"),
    (python("pass"), "passed"),
]


def self_test(binary, harmless, listed, workers):
    failures = []
    for stand_in, expected in STAND_INS:
        outcome = run(stand_in, "any", seconds=60 if expected != "hung" else 1)
        if outcome.verdict != expected:
            failures.append(f"{stand_in[-1]}: {outcome.verdict} instead of {expected}")
        if expected == "caught" and (outcome.test, outcome.place) != ("bad", "b.cpp:7"):
            failures.append(f"named the wrong test: {outcome}")
    for mutant in harmless:
        if run(binary, mutant.name).verdict != "passed":
            failures.append(f"{mutant.name} has no fault but did not pass")
    # Complete runs, also with a real mutant.
    if run_all(binary, harmless + listed[:1], workers) != 1:
        failures.append("a mutant that survives did not fail the run")
    if run_all(binary, listed[:1], workers) != 0:
        failures.append("a mutant that is caught failed the run")
    if run_all(binary, [], workers) != 1:
        failures.append("a run without mutants did not fail")
    if run_all(python("pass"), listed[:1], workers) != 1:
        failures.append("a binary without mutants did not fail the run")
    print(f"self-test: {len(STAND_INS) + 5} cases, {len(failures)} wrong", *failures, sep="\n")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("lists", nargs="+")
    parser.add_argument("--self-test", metavar="HARMLESS")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    mutants = apply.read_lists(arguments.lists)
    binary = [os.path.abspath(arguments.binary)]
    if arguments.self_test:
        return self_test(binary, apply.read_lists([arguments.self_test]), mutants, arguments.jobs)
    return run_all(binary, mutants, arguments.jobs)


if __name__ == "__main__":
    sys.exit(main())
