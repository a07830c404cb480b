#!/usr/bin/env python3
"""Mutation tests of the simulation: it must catch every mutant in the lists.

    run_mutants.py BINARY LIST...                        prints the rule that catches each mutant, and
                                                         after how many runs; returns 1 if one survives
    run_mutants.py --self-test HARMLESS BINARY LIST...   checks that a mutant without a fault, a crash, a
                                                         hang and an unknown name are reported correctly

BINARY is the simulation of a library that contains all mutants, one of which can be enabled
(tests/mutants/apply.py). A mutant is caught if a run breaks a rule and a replay of its seed breaks the same
rule again. A crash or a hang does not count as caught.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "mutants"))
import apply
import run as contract

RUNS = 100000
# Upper bound, in case the binary hangs.
SECONDS = 300
BROKEN = re.compile(r"^broken: (.*)$", re.MULTILINE)
SEED = re.compile(r"^run (\d+) broke a rule: --replay (\d+)$", re.MULTILINE)


@dataclasses.dataclass
class Outcome:
    verdict: str  # caught, passed, crashed, hung, unclear
    rule: str = ""
    runs: int = 0
    details: str = ""


def execute(command, mutant, seconds):
    environment = {key: value for key, value in os.environ.items() if key != contract.VARIABLE}
    if mutant is not None:
        environment[contract.VARIABLE] = mutant
    return subprocess.run(command, env=environment, timeout=seconds, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False)


def run(binary, mutant, runs=RUNS, seconds=SECONDS):
    try:
        process = execute([*binary, "--runs", str(runs)], mutant, seconds)
        if process.returncode == 0:
            return Outcome("passed", runs=runs)
        details = f"exit code {process.returncode}: {(process.stdout + process.stderr)[-400:]}"
        if process.returncode < 0:
            return Outcome("crashed", details=details)
        broken, seed = BROKEN.findall(process.stdout), SEED.search(process.stdout)
        if not broken or not seed:
            return Outcome("unclear", details=details)
        again = execute([*binary, "--replay", seed.group(2)], mutant, seconds)
        if again.returncode != 1 or broken[-1] not in again.stdout:
            return Outcome("unclear", details=f"seed {seed.group(2)} does not break '{broken[-1]}' again")
        return Outcome("caught", broken[-1], int(seed.group(1)) + 1, details)
    except subprocess.TimeoutExpired:
        return Outcome("hung", details=f"no end within {seconds} s")


def print_table(mutants, outcomes):
    rows = [("mutant", "rule that it breaks", "caught by", "after runs")]
    for mutant, outcome in zip(mutants, outcomes):
        caught = outcome.rule[:60] if outcome.verdict == "caught" else (
            "SURVIVED" if outcome.verdict == "passed" else outcome.verdict.upper())
        rows.append((mutant.name, mutant.rule, caught, str(outcome.runs or "")))
    widths = [max(len(columns[i]) for columns in rows) for i in range(len(rows[0]))]
    print(contract.row(rows[0], widths), contract.row(["-" * width for width in widths], widths), sep="\n")
    print(*(contract.row(columns, widths) for columns in rows[1:]), sep="\n")


def check_harness(binary):
    """Yields problems of the binary itself, which would make all results meaningless."""
    sound = run(binary, None, runs=500)
    if sound.verdict != "passed":
        yield f"without a fault: {sound.verdict}: {sound.rule} {sound.details}"
    misspelt = run(binary, "no_such_mutant", runs=1)
    if misspelt.verdict != "unclear" or "no mutant 'no_such_mutant'" not in misspelt.details:
        yield f"{contract.VARIABLE}=no_such_mutant should be refused: {misspelt}"


def run_all(binary, mutants, workers, runs=RUNS):
    """0 if every mutant is caught, 1 if not."""
    complaints = list(check_harness(binary))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        outcomes = list(pool.map(lambda mutant: run(binary, mutant.name, runs), mutants))
    print_table(mutants, outcomes)
    for mutant, outcome in zip(mutants, outcomes):
        if outcome.verdict == "passed":
            complaints.append(f"{mutant.name} survived {runs} runs: no rule detects '{mutant.rule}'")
        elif outcome.verdict != "caught":
            complaints.append(f"{mutant.name}: {outcome.verdict}, but no rule was broken: {outcome.details}")
    caught = sum(outcome.verdict == "caught" for outcome in outcomes)
    print(f"{len(mutants)} mutants, {caught} caught", *complaints, sep="\n")
    return 1 if complaints or not mutants else 0


BROKE = "print('broken: H1 lost\\nrun 6 broke a rule: --replay 42'); raise SystemExit(1)"
STAND_INS = [
    ("import os; os.abort()", "crashed"),
    ("import threading; threading.Event().wait()", "hung"),
    ("raise SystemExit(3)", "unclear"),
    ("print('broken: H1 lost'); raise SystemExit(1)", "unclear"),
    (f"import sys\nif '--runs' in sys.argv: {BROKE}", "unclear"),
    (BROKE, "caught"),
    ("pass", "passed"),
]


def self_test(binary, harmless, listed, workers):
    failures = []
    for code, expected in STAND_INS:
        outcome = run(contract.python(code), "any", seconds=60 if expected != "hung" else 1)
        if outcome.verdict != expected:
            failures.append(f"{code}: {outcome.verdict} instead of {expected}")
        if expected == "caught" and (outcome.rule, outcome.runs) != ("H1 lost", 7):
            failures.append(f"named the wrong rule or run: {outcome}")
    # End to end, together with one real mutant.
    if run_all(binary, harmless + listed[:1], workers, runs=1000) != 1:
        failures.append("a mutant that survives did not fail the run")
    if run_all(binary, listed[:1], workers) != 0:
        failures.append("a mutant that is caught failed the run")
    if run_all(binary, [], workers) != 1:
        failures.append("no mutants at all did not fail the run")
    if run_all(contract.python("pass"), listed[:1], workers) != 1:
        failures.append("a binary that knows no mutants did not fail the run")
    print(f"self-test: {len(STAND_INS) + 4} cases, {len(failures)} wrong", *failures, sep="\n")
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
