#!/usr/bin/env python3
"""Mutation tests of the chaos test: with each mutant it must fail with the expected violation, and without a
mutant it must pass.

    mutants_test.py <chaos binary linked with the mutants> [mutant...]
"""

import os
import re
import subprocess
import sys

# Upper bound, in case a run hangs. A run takes about five seconds.
SECONDS = 300
# A seed does not determine the behaviour of the server and of the operating system: a mutant must be caught
# in one of these runs. One run is nearly always enough.
SEEDS = range(7, 15)

# The faults that reveal each mutant, and the violations of which one is expected.
MUTANTS = {
    # An append that is re-run stores a second event, under an id that no client used.
    "naive_retry": (["commit's reply cut"], r"H3 .* nobody appended it|stored as .*-again"),
    # The COMMIT in doubt is still running when the event is looked up.
    "doubt_settled_by_plain_select": (["commits hang and clients are cut"], r"H2 .* was refused, and is there"),
    "acknowledged_before_commit": (["commit cut before"], r"H1 .* was answered as stored, and is lost"),
    "aborted_reported_after_commit": (["commit's reply delayed"], r"H2 .* was refused, and is there"),
    # A unique key prevents a second event at an index: the caller gets an unexplained error.
    "dropped_lock": (["statement cancelled by others"], r"was told: .*|H4 .*"),
    "max_plus_one": (["statement cancelled by others"], r"was told: .*|H4 .*"),
}


def run(binary, mutant, only, seed):
    """Returns the exit status and the output; the status is None if the run timed out."""
    environment = {name: value for name, value in os.environ.items() if name != "ROOMSTORE_MUTANT"}
    if mutant:
        environment["ROOMSTORE_MUTANT"] = mutant
    command = [binary, "--seed", str(seed), "--appends", "300", "--faults", "12", "--only", ",".join(only)]
    try:
        done = subprocess.run(command, env=environment, timeout=SECONDS, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", check=False)
    except subprocess.TimeoutExpired as expired:
        return None, (expired.stdout or b"").decode("utf-8", "replace") + f"no end within {SECONDS} s\n"
    if done.returncode == 4:
        print(done.stdout, end="")
        sys.exit(4)
    return done.returncode, done.stdout


def catch(binary, mutant):
    """Returns the violation that catches the mutant, the number of runs, and the last output."""
    only, expected = MUTANTS[mutant]
    for runs, seed in enumerate(SEEDS, 1):
        code, output = run(binary, mutant, only, seed)
        found = [line for line in complaints(output) if re.search(expected, line)]
        if code == 1 and found:
            return found[0], runs, output
        if code not in (0, 1):
            break  # a crash or a hang is not a violation
    return None, runs, f"{output}exit status {code}"


def complaints(output):
    return [line.removeprefix("FAILED: ") for line in output.splitlines() if line.startswith("FAILED: ")]


def main(arguments):
    binary, wanted = arguments[0], arguments[1:] or list(MUTANTS)
    missed = 0
    everything = sorted({kind for mutant in wanted for kind in MUTANTS[mutant][0]})
    code, output = run(binary, None, everything, SEEDS[0])
    if code != 0:
        print(output, "FAILED without a mutant", sep="\n")
        return 1
    print(f"{'no mutant':32} passed: {output.splitlines()[-1]}", flush=True)
    for mutant in wanted:
        complaint, runs, output = catch(binary, mutant)
        if complaint:
            print(f"{mutant:32} caught in run {runs}: {complaint[:150]}", flush=True)
        else:
            missed += 1
            print(output, f"{mutant:32} NOT CAUGHT in {runs} runs", sep="\n", flush=True)
    print(f"{len(wanted)} mutants, {missed} not caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
