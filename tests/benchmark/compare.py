#!/usr/bin/env python3
"""Checks whether a build of roomstore is slower than an older one, from the files of run.sh --json.

    compare.py OLD_1.json NEW_1.json OLD_2.json NEW_2.json ...
    compare.py --self-test

The files come in pairs, measured in turn on one machine with no other load. The figures compared are
ratios to a yardstick of the same run. A row is worse if the median of the new ratios is worse than that of
the old ones by more than 3 %, and by more than the range of the old ones. Returns 1 if a row is worse, or
is missing in one of the files.
"""

import json
import os
import statistics
import sys
import tempfile

ALLOWED = 0.03


def ratios(path):
    """The ratio of every comparison that has a target, and whether a greater ratio is better."""
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    found = {}
    for row in rows:
        for one in row["comparisons"]:
            if one["ratio"] is None or (one.get("at_least") is None and one.get("at_most") is None):
                continue
            name = f"{row['id']} {row['work']}, {one['ours']}"
            found[name] = one["ratio"], one.get("at_least") is not None
    return found


class Change:
    """One row of the new build compared with that of the old build."""

    def __init__(self, old, new, greater_is_better):
        self.old, self.new = statistics.median(old), statistics.median(new)
        self.spread = (max(old) - min(old)) / self.old
        loss = (self.old - self.new) / self.old
        self.loss = loss if greater_is_better else -loss
        self.worse = self.loss > max(ALLOWED, self.spread)

    def line(self, name):
        verdict = "WORSE" if self.worse else ""
        return f"{self.old:9.3f} {self.new:9.3f} {-self.loss:+8.1%} {self.spread:8.1%} {verdict:>6}  {name}"


def compare(paths, say):
    """Returns the names of the rows that are worse, and of those that are not in every file."""
    runs = [ratios(path) for path in paths]
    names = list(dict.fromkeys(name for run in runs for name in run))
    missing = [name for name in names if any(name not in run for run in runs)]
    say(f"{'old':>9} {'new':>9} {'better':>8} {'spread':>8} {'':>6}  row")
    worse = []
    for name in names:
        if name in missing:
            say(f"{'':37} not in every file: {name}")
            continue
        change = Change([run[name][0] for run in runs[0::2]], [run[name][0] for run in runs[1::2]],
                        runs[0][name][1])
        say(change.line(name))
        if change.worse:
            worse.append(name)
    say(f"{len(names)} rows, {len(worse)} worse, {len(missing)} missing")
    return worse, missing


def self_test():
    def tried(old, new, bound="at_least", names=("T1", "T1")):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for i, pair in enumerate(zip(old, new)):
                for name, ratio in zip(names, pair):
                    paths.append(os.path.join(folder, f"{len(paths)}.json"))
                    with open(paths[-1], "w", encoding="utf-8") as file:
                        json.dump({"rows": [{"id": name, "work": "w", "comparisons": [
                            {"ours": "a", "ratio": ratio, bound: 1}]}]}, file)
            worse, missing = compare(paths, lambda text: None)
            return len(worse), len(missing)

    checks = [
        tried([10, 10, 10], [10, 10, 10]) == (0, 0),
        tried([10, 10, 10], [9.6, 9.6, 9.6]) == (1, 0),
        tried([10, 10, 10], [9.8, 9.8, 9.8]) == (0, 0),
        tried([10, 10.4, 9.6], [9.6, 9.6, 9.6]) == (0, 0),
        tried([10, 10.4, 9.6], [9, 9, 9]) == (1, 0),
        tried([10, 10, 10], [12, 12, 12]) == (0, 0),
        tried([1, 1, 1], [1.05, 1.05, 1.05], "at_most") == (1, 0),
        tried([1, 1, 1], [0.9, 0.9, 0.9], "at_most") == (0, 0),
        tried([10, 10, 10], [10, 1, 10]) == (0, 0),
        tried([10], [10], names=("T1", "T2")) == (0, 2),
    ]
    print(f"{len(checks)} checks, {checks.count(False)} wrong: {checks}")
    return 0 if all(checks) else 1


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) < 2 or len(arguments) % 2:
        print(__doc__, file=sys.stderr)
        return 2
    return 1 if any(compare(arguments, print)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
