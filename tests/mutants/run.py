#!/usr/bin/env python3
"""Mutation tests: check that a suite of tests detects every mutant of the lists.

    run.py SUITE BINARY LIST...    prints what catches each mutant; exit code 1 if one survives
    run.py SUITE BINARY LIST... --only NAME
                                   the same for this mutant; may be repeated
    run.py SUITE BINARY LIST... --self-test HARMLESS
                                   checks that a mutant without a fault, a crash, a hang and an
                                   unknown name are each reported correctly

BINARY has all mutants compiled in (apply.py). It is run without a fault, then with each mutant.
SUITE names the program, which determines what counts as caught:

    contract    the contract suite on a store: an assertion of a test failed
    simulation  a run broke a rule, and a replay of its seed broke the same rule again
    chaos       the chaos test found the violation that is expected of this mutant

A crash or a timeout does not show that a test detects the fault, and so does not count; such a
mutant has to be rewritten so that an assertion fails.
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


@dataclasses.dataclass
class Outcome:
    verdict: str  # caught, passed, crashed, hung, unclear
    by: str = ""
    where: str = ""
    details: str = ""


class Suite:
    """Runs a binary with a mutant. Derived classes define the arguments and read the output."""
    seconds = 180  # timeout of a run, in case the binary hangs
    jobs = os.cpu_count() or 1
    tail = 400  # how many characters of the output are shown
    columns = ("caught by", "at")

    def __init__(self, binary):
        self.binary = binary

    def select(self, listed):
        """Returns those of the listed mutants that the suite must catch."""
        return listed

    def commands(self, mutant, brief):
        """Yields the arguments of each run. `brief`: the runs are expected to pass."""
        raise NotImplementedError

    def judge(self, mutant, process):
        """Returns the outcome of a run with a positive exit code; None if it is unclear."""
        raise NotImplementedError

    def execute(self, mutant, arguments):
        environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
        if mutant is not None:
            environment[VARIABLE] = mutant
        return subprocess.run([*self.binary, *arguments], env=environment, timeout=self.seconds,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                              errors="replace", check=False)

    def run(self, mutant, brief=False):
        outcome = Outcome("passed")
        try:
            for arguments in self.commands(mutant, brief):
                process = self.execute(mutant, arguments)
                if process.returncode == 0:
                    continue
                output = (process.stdout + process.stderr).strip()[-self.tail:]
                details = f"exit code {process.returncode}: {output}"
                if process.returncode < 0:
                    return Outcome("crashed", details=details)
                outcome = self.judge(mutant, process) or Outcome("unclear")
                outcome.details = outcome.details or details
                if outcome.verdict != "passed":
                    return outcome
        except subprocess.TimeoutExpired as expired:
            output = (expired.stdout or b"").decode("utf-8", "replace")[-self.tail:]
            return Outcome("hung", details=f"no end within {self.seconds} s: {output}")
        return outcome


class Contract(Suite):
    # Single-threaded tests first, so that the test that catches a mutant does not depend on the
    # scheduler.
    STAGES = ("~[concurrency]", "[concurrency]")
    # Characters that Catch2 writes unescaped but XML does not allow; the suite has hostile texts.
    NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

    def commands(self, mutant, brief):
        for stage in self.STAGES:
            yield [stage, "--abort", "--order", "decl", "--reporter", "xml"]

    def judge(self, mutant, process):
        """Finds the test that failed or threw an exception. The report may be truncated."""
        parser = xml.etree.ElementTree.XMLPullParser(("start", "end"))
        case, place = None, ""
        try:
            parser.feed(self.NOT_XML.sub("?", process.stdout))
            for event, element in parser.read_events():
                if event == "start" and element.tag == "TestCase":
                    case, place = element.get("name"), ""
                elif element.tag == "FatalErrorCondition":
                    return None
                elif event == "end" and case and (
                        element.tag in ("Exception", "Failure")
                        or (element.tag == "Expression" and element.get("success") == "false")):
                    file = os.path.basename(element.get("filename", ""))
                    place = f'{file}:{element.get("line", "")}'
                elif (event == "end" and element.tag == "OverallResult"
                      and element.get("success") == "false"):
                    return Outcome("caught", case, place)
        except xml.etree.ElementTree.ParseError:
            pass
        return None

    REPORT = ("<Catch2TestRun><TestCase name='good'><OverallResult success='true'/></TestCase>"
              "<TestCase name='bad'>"
              "<Expression success='false' filename='a/b.cpp' line='7'></Expression>")
    FAILED = "<OverallResult success='false'/></TestCase>"
    STAND_INS = [
        (f'print("{REPORT}"); raise SystemExit(1)', Outcome("unclear")),
        (f'print("{REPORT}<FatalErrorCondition/>"); raise SystemExit(1)', Outcome("unclear")),
        (f'print("{REPORT}{FAILED}"); raise SystemExit(1)', Outcome("caught", "bad", "b.cpp:7")),
    ]


class Simulation(Suite):
    seconds = 300
    columns = ("caught by", "after runs")
    BROKEN = re.compile(r"^broken: (.*)$", re.MULTILINE)
    SEED = re.compile(r"^run (\d+) broke a rule: --replay (\d+)$", re.MULTILINE)

    def commands(self, mutant, brief):
        yield ["--runs", "1000" if brief else "100000"]

    def judge(self, mutant, process):
        broken, seed = self.BROKEN.findall(process.stdout), self.SEED.search(process.stdout)
        if not broken or not seed:
            return None
        again = self.execute(mutant, ["--replay", seed.group(2)])
        if again.returncode != 1 or broken[-1] not in again.stdout:
            details = f"seed {seed.group(2)} does not break '{broken[-1]}' again"
            return Outcome("unclear", details=details)
        return Outcome("caught", broken[-1][:60], str(int(seed.group(1)) + 1))

    BROKE = "print('broken: H1 lost\\nrun 6 broke a rule: --replay 42'); raise SystemExit(1)"
    STAND_INS = [
        ("print('broken: H1 lost'); raise SystemExit(1)", Outcome("unclear")),
        (f"import sys\nif '--runs' in sys.argv: {BROKE}", Outcome("unclear")),
        (BROKE, Outcome("caught", "H1 lost", "7")),
    ]


class Chaos(Suite):
    seconds = 300  # a run takes about five seconds
    jobs = 1
    tail = 100000
    columns = ("caught by", "with")
    # A seed does not determine the behaviour of the server and of the operating system: a mutant
    # must be caught in one of these runs. One run is nearly always enough.
    SEEDS = range(7, 15)
    SKIPPED = 4
    # The faults that reveal each mutant, and the violations of which one is expected.
    MUTANTS = {
        # An append that is re-run stores a second event, under an id that no client used.
        "naive_retry": (["commit's reply cut"], r"H3 .* nobody appended it|stored as .*-again"),
        # The COMMIT in doubt is still running when the event is looked up.
        "doubt_settled_by_plain_select": (["commits hang and clients are cut"],
                                          r"H2 .* was refused, and is there"),
        "acknowledged_before_commit": (["commit cut before"],
                                       r"H1 .* was answered as stored, and is lost"),
        "aborted_reported_after_commit": (["commit's reply delayed"],
                                          r"H2 .* was refused, and is there"),
        # A unique key prevents a second event at an index: the caller gets an unexplained error.
        "dropped_lock": (["statement cancelled by others"], r"was told: .*|H4 .*"),
        "max_plus_one": (["statement cancelled by others"], r"was told: .*|H4 .*"),
    }
    EVERY_FAULT = sorted({fault for faults, _ in MUTANTS.values() for fault in faults})

    def select(self, listed):
        listed = {mutant.name: mutant for mutant in listed}
        return [listed[name] for name in self.MUTANTS]

    def commands(self, mutant, brief):
        faults, _ = self.MUTANTS.get(mutant, (self.EVERY_FAULT, None))
        for seed in self.SEEDS[:1] if brief else self.SEEDS:
            yield ["--seed", str(seed), "--appends", "300", "--faults", "12",
                   "--only", ",".join(faults)]

    def execute(self, mutant, arguments):
        process = super().execute(mutant, arguments)
        last = process.stdout.strip().rpartition("\n")[2]
        print(f"{mutant or 'no mutant'}: exit code {process.returncode}: {last}", flush=True)
        if process.returncode == self.SKIPPED:
            sys.exit(self.SKIPPED)
        return process

    def judge(self, mutant, process):
        if process.returncode != 1 or mutant not in self.MUTANTS:
            return None
        for line in process.stdout.splitlines():
            if line.startswith("FAILED: ") and re.search(self.MUTANTS[mutant][1], line):
                seed = process.args[process.args.index("--seed") + 1]
                return Outcome("caught", line.removeprefix("FAILED: ")[:150], f"seed {seed}")
        return Outcome("passed")

    STAND_INS = [
        ("print('FAILED: H9 something else'); raise SystemExit(1)", Outcome("passed")),
        ("print('FAILED: H3 x nobody appended it'); raise SystemExit(2)", Outcome("unclear")),
        ("print('FAILED: H3 x nobody appended it'); raise SystemExit(1)",
         Outcome("caught", "H3 x nobody appended it", "seed 7")),
    ]


SUITES = {"contract": Contract, "simulation": Simulation, "chaos": Chaos}


def check_harness(suite):
    """Yields errors of the binary itself, which would invalidate every result."""
    sound = suite.run(None, brief=True)
    if sound.verdict != "passed":
        yield f"without a fault: {sound.verdict}: {sound.by} {sound.where} {sound.details}"
    misspelt = suite.run("no_such_mutant", brief=True)
    if misspelt.verdict != "unclear" or "no mutant 'no_such_mutant'" not in misspelt.details:
        yield f"{VARIABLE}=no_such_mutant should be refused: {misspelt}"


def print_table(suite, mutants, outcomes):
    rows = [("mutant", "rule that it breaks", "contract", *suite.columns)]
    for mutant, outcome in zip(mutants, outcomes):
        caught = outcome.by if outcome.verdict == "caught" else (
            "SURVIVED" if outcome.verdict == "passed" else outcome.verdict.upper())
        rows.append((mutant.name, mutant.rule, mutant.section, caught, outcome.where))
    widths = [max(len(columns[i]) for columns in rows) for i in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    for columns in rows:
        print("| " + " | ".join(text.ljust(width) for text, width in zip(columns, widths)) + " |")


def run_all(suite, mutants, brief=False):
    """Returns 0 if every mutant is caught, otherwise 1."""
    complaints = list(check_harness(suite))
    if complaints:
        print(*complaints, sep="\n")
        return 1
    with concurrent.futures.ThreadPoolExecutor(suite.jobs) as pool:
        outcomes = list(pool.map(lambda mutant: suite.run(mutant.name, brief), mutants))
    for mutant, outcome in zip(mutants, outcomes):
        if outcome.verdict == "passed":
            complaints.append(
                f"{mutant.name} survived: nothing detects '{mutant.rule}' {outcome.details}")
        elif outcome.verdict != "caught":
            complaints.append(
                f"{mutant.name}: {outcome.verdict}, does not count as caught: {outcome.details}")
    caught = sum(outcome.verdict == "caught" for outcome in outcomes)
    # Errors come first, because the table is long and reports are truncated in the middle.
    print(f"{len(mutants)} mutants, {caught} caught", *complaints, sep="\n")
    print_table(suite, mutants, outcomes)
    return 1 if complaints or not mutants else 0


def python(code):
    """Returns a command in place of the binary; the arguments of the suite follow the code."""
    return [sys.executable, "-c", code]


# Programs in place of the binary, and what must be reported; each suite has more of its own.
STAND_INS = [
    ("import os; os.abort()", Outcome("crashed")),
    ("import threading; threading.Event().wait()", Outcome("hung")),
    ("raise SystemExit(3)", Outcome("unclear")),
    ("pass", Outcome("passed")),
]
STAND_IN_MUTANT = "naive_retry"  # of the chaos test; any name serves for the other suites


def failed_stand_ins(kind):
    for code, expected in STAND_INS + kind.STAND_INS:
        suite = kind(python(code))
        suite.seconds = 60 if expected.verdict != "hung" else 1
        outcome = suite.run(STAND_IN_MUTANT)
        outcome.details = ""
        if outcome != expected:
            yield f"{kind.__name__}: {code}: {outcome} instead of {expected}"


def self_test(kind, binary, harmless, listed):
    # The chaos test has no self-test of its own.
    failures = [failure for each in {kind, Chaos} for failure in failed_stand_ins(each)]
    suite = kind(binary)
    for mutant in harmless:
        if suite.run(mutant.name, brief=True).verdict != "passed":
            failures.append(f"{mutant.name} has no fault but did not pass")
    # Complete runs, also with a real mutant.
    if run_all(suite, harmless + listed[:1], brief=True) != 1:
        failures.append("a mutant that survives did not fail the run")
    if run_all(suite, listed[:1]) != 0:
        failures.append("a mutant that is caught failed the run")
    if run_all(suite, []) != 1:
        failures.append("a run without mutants did not fail")
    if run_all(kind(python("pass")), listed[:1]) != 1:
        failures.append("a binary without mutants did not fail the run")
    print(f"self-test: {len(failures)} cases wrong", *failures, sep="\n")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("binary")
    parser.add_argument("lists", nargs="+")
    parser.add_argument("--only", action="append", metavar="NAME")
    parser.add_argument("--self-test", metavar="HARMLESS")
    arguments = parser.parse_args()
    kind = SUITES[arguments.suite]
    suite = kind([os.path.abspath(arguments.binary)])
    mutants = suite.select(apply.read_lists(arguments.lists))
    if arguments.self_test:
        return self_test(kind, suite.binary, apply.read_lists([arguments.self_test]), mutants)
    only = arguments.only or [each.name for each in mutants]
    return run_all(suite, [each for each in mutants if each.name in only])


if __name__ == "__main__":
    sys.exit(main())
