#!/usr/bin/env python3
"""Shows that the contract suite catches every fault of the lists.

    run.py BINARY LIST...                     prints which test catches which mutant, returns 1 if one survives
    run.py --self-test HARMLESS BINARY LIST...  shows that a mutant without a fault, a crash, a hang and a name
                                              that does not exist are reported as what they are

BINARY is the contract suite on a store that can have any one of the faults (apply.py). It is run once without
a fault, then once per mutant. Caught means: an assertion of a test failed. A run that crashes or does not end
says nothing about the test, and so does not count; the fault then has to be written so that it can be seen.
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
# A bound against hanging for ever. A run takes about a second.
SECONDS = 180
# Tests of one thread first, so that who catches a fault does not depend on the scheduler.
STAGES = ("~[concurrency]", "[concurrency]")
# What Catch2 writes as it is, but XML must not hold: the suite has hostile texts.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclasses.dataclass
class Outcome:
    verdict: str  # caught, passed, crashed, hung, unclear
    test: str = ""
    place: str = ""
    details: str = ""


def failed_test(report):
    """The test in which an assertion failed or an exception escaped, and where; the report may be cut off."""
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
    """Complaints about the binary itself, without which no result would mean anything."""
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
    """0 if every mutant is caught, 1 if not."""
    complaints = list(check_harness(binary))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        outcomes = list(pool.map(lambda mutant: run(binary, mutant.name), mutants))
    for mutant, outcome in zip(mutants, outcomes):
        if outcome.verdict == "passed":
            complaints.append(f"{mutant.name} survived: no test of the suite checks '{mutant.rule}'")
        elif outcome.verdict != "caught":
            complaints.append(f"{mutant.name}: {outcome.verdict}, which is no failed check: {outcome.details}")
    caught = sum(outcome.verdict == "caught" for outcome in outcomes)
    # The table is long, and reports are cut in the middle: what went wrong comes first.
    print(f"{len(mutants)} mutants, {caught} caught", *complaints, sep="\n")
    print_table(mutants, outcomes)
    return 1 if complaints or not mutants else 0


def python(code):
    """A stand-in for the binary; the arguments of the suite come after the code."""
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
            failures.append(f"{mutant.name} has no fault, but did not pass")
    # The whole way, with one of the real ones beside it.
    if run_all(binary, harmless + listed[:1], workers) != 1:
        failures.append("a mutant that survives did not fail the run")
    if run_all(binary, listed[:1], workers) != 0:
        failures.append("a mutant that is caught failed the run")
    if run_all(binary, [], workers) != 1:
        failures.append("no mutants at all did not fail the run")
    if run_all(python("pass"), listed[:1], workers) != 1:
        failures.append("a binary that knows no mutants did not fail the run")
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
