#!/usr/bin/env python3
"""Runs the benchmark and reports the results: a table, all figures as JSON, the growth curves as SVG.

    report.py [--json FILE] [--svg FILE] [--require] --run BENCHMARK ARGUMENT...
    report.py --self-test

The table has a line for each comparison: the median of our samples, the median of the yardstick's, their
ratio and its target; the last line counts the targets that were met. The JSON file has the same figures
and all samples. Returns 1 on failure: the benchmark failed, a requested row is missing, or a written file
does not parse. A missed target is a failure only with --require.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

import growth_plot

SKIPPED = 4  # the exit status of the benchmark if a requirement is missing
ALL_ROWS = [f"T{i}" for i in range(1, 16)] + ["E1", "E2"]


def amount(value, unit):
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 3
    text = f"{value:,.{digits}f}".replace(",", " ")
    return f"{text} {unit}".rstrip()


class Comparison:
    """Two series of a row, and the target for their ratio."""

    def __init__(self, row, given):
        series = {one["name"]: one for one in row["series"]}
        self.given = given
        self.id = row["id"]
        self.work = row["work"]
        self.names = given["ours"], given["yardstick"]
        ours, yardstick = (series[name] for name in self.names)
        self.ours = statistics.median(ours["samples"])
        self.yardstick = statistics.median(yardstick["samples"])
        self.units = ours["unit"], yardstick["unit"]
        self.ratio = self.ours / self.yardstick if self.yardstick else None
        self.at_least = given.get("at_least")
        self.at_most = given.get("at_most")

    @property
    def target(self):
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return "" if self.at_most is None else f"<= {self.at_most:g}"

    @property
    def met(self):
        """None if there is no target."""
        if self.at_least is None and self.at_most is None:
            return None
        if self.ratio is None:
            return False
        if self.at_least is not None and self.ratio < self.at_least:
            return False
        return self.at_most is None or self.ratio <= self.at_most

    def as_json(self, judged):
        return {**self.given, "ours_median": self.ours, "yardstick_median": self.yardstick,
                "ratio": self.ratio, "met": self.met if judged else None}

    def shortfall(self):
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        return f"{self.id} {self.work} ({ratio}, not {self.target})"

    def line(self, judged):
        met = self.met if judged else None
        verdict = "" if met is None else "yes" if met else "NO"
        work = self.work
        for name in self.names:
            # The work already contains the sizes of a growth row.
            if name.replace(" ", "").isdigit():
                continue
            work += (", " if name == self.names[0] else " | ") + name
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        return (f"{self.id:4} {amount(self.ours, self.units[0]):>14} {amount(self.yardstick, self.units[1]):>14}"
                f" {ratio:>8} {self.target:>8} {verdict:>4}  {work}")


HEADING = (f"{'row':4} {'ours':>14} {'yardstick':>14} {'ratio':>8} {'target':>8} {'ok':>4}  "
           "work, ours | yardstick")


def comparisons(row):
    return [Comparison(row, given) for given in row["comparisons"]]


def further(row):
    """Lines for the series that no comparison shows."""
    shown = {name for given in row["comparisons"] for name in (given["ours"], given["yardstick"])}
    if "growth" in row:
        return []
    return [f"{'':4} {amount(statistics.median(one['samples']), one['unit']):>14} {'':36}  "
            f"{row['work']}, {one['name']}"
            for one in row["series"] if one["name"] not in shown]


def curves(rows):
    """The growth rows as tables, one for each backend and axis."""
    tables = {}
    for row in rows:
        if "growth" in row:
            growth = row["growth"]
            tables.setdefault((growth["backend"], growth["axis"]), []).append(row)
    for (backend, axis), members in tables.items():
        sizes = members[0]["growth"]["sizes"]
        yield ""
        yield f"{backend}, microseconds by {axis}: {'':4}" + "".join(f"{size:>12}" for size in sizes)
        for row in members:
            medians = {one["name"]: statistics.median(one["samples"]) for one in row["series"]}
            yield f"    {row['growth']['operation']:36}" + "".join(
                f"{medians[str(size)]:>12.2f}" for size in sizes)


def machine():
    model = memory = ""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = file.readline().partition(":")[2].strip()
    return {"processor": model, "processors": os.cpu_count(), "memory": memory,
            "system": platform.platform(), "load": os.getloadavg()}


def wanted(arguments):
    rows = [row for row in ALL_ROWS if row != "E1" or "--chat-server" in arguments]
    if "--rows" in arguments:
        names = arguments[arguments.index("--rows") + 1].split(",")
        rows = [row for row in rows if row in names]
    return rows


class Report:
    """Collects the lines of a run, prints them as they arrive, and gives the verdict."""

    def __init__(self, arguments, say=print):
        self.say = say
        self.judged = "--short" not in arguments
        self.expected = wanted(arguments)
        self.machine = machine()
        self.facts = {}
        self.rows = []
        say(HEADING)

    def take(self, line):
        given = json.loads(line)
        if "facts" in given:
            self.facts = given["facts"]
            return
        self.rows.append(given)
        for comparison in comparisons(given):
            self.say(comparison.line(self.judged))
        for text in further(given):
            self.say(text)

    def targets(self):
        return [one for row in self.rows for one in comparisons(row) if one.met is not None]

    def missed(self):
        return [one for one in self.targets() if one.met is False] if self.judged else []

    def missing(self):
        present = {row["id"] for row in self.rows if any(one["samples"] for one in row["series"])}
        return [row for row in self.expected if row not in present]

    def end(self):
        for text in curves(self.rows):
            self.say(text)
        self.say("")
        load = "%.1f before, %.1f after" % (self.machine["load"][0], os.getloadavg()[0])
        self.say(f"{self.machine['processors']} x {self.machine['processor']}, load {load}; " +
                 ", ".join(f"{name} {value}" for name, value in self.facts.items()))
        self.say("each figure is the median of its samples" if self.judged
                 else "a short run: it shows that the rows work; the figures mean nothing")

    def verdict(self):
        targets, missed, missing = self.targets(), self.missed(), self.missing()
        if not targets:
            text = "no targets"
        elif not self.judged:
            text = f"{len(targets)} targets, none of them judged"
        elif missed:
            text = (f"{len(missed)} of {len(targets)} targets missed: " +
                    "; ".join(one.shortfall() for one in missed))
        else:
            text = f"{'' if missing else 'all '}{len(targets)} targets met"
        return text + (f"; not measured: {', '.join(missing)}" if missing else "")

    def as_json(self):
        rows = [{**row,
                 "series": [{**one, "median": statistics.median(one["samples"])} for one in row["series"]],
                 "comparisons": [one.as_json(self.judged) for one in comparisons(row)]}
                for row in self.rows]
        return {"machine": self.machine, "load_after": os.getloadavg(), "server": self.facts,
                "targets": {"judged": self.judged, "count": len(self.targets()),
                            "missed": [one.shortfall() for one in self.missed()],
                            "not_measured": self.missing()},
                "rows": rows}


def write_json(path, report):
    with open(path, "w", encoding="utf-8") as file:
        # NaN and Infinity are not valid JSON, although Python reads and writes them.
        json.dump(report.as_json(), file, indent=1, allow_nan=False)
        file.write("\n")
    with open(path, encoding="utf-8") as file:
        json.load(file)


def write_svg(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        file.write(growth_plot.svg(rows))
    shown = {element.text for element in ElementTree.parse(path).getroot().iter()}
    for row in rows:
        if "growth" in row and row["growth"]["operation"] not in shown:
            raise ValueError(f"{path} does not show {row['work']}")


def run(options, command):
    report = Report(command)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            report.take(line)
            sys.stdout.flush()
    if process.returncode == SKIPPED:
        return SKIPPED
    report.end()
    if "--json" in options:
        write_json(options["--json"], report)
    if "--svg" in options:
        write_svg(options["--svg"], report.rows)
    if process.returncode != 0:
        print("the benchmark has failed")
    print(report.verdict())
    if process.returncode != 0 or report.missing():
        return 1
    return 1 if "--require" in options and report.missed() else 0


def self_test():
    said = []

    def line(ours, yardstick, **bound):
        return json.dumps({"id": "T1", "work": "w", "setup": "", "comparisons": [
            {"ours": "a", "yardstick": "b", **bound}], "series": [
                {"name": "a", "unit": "/s", "samples": ours},
                {"name": "b", "unit": "/s", "samples": yardstick}]})

    def verdict(*arguments, command=(), **bound):
        report = Report(["benchmark", "--rows", "T1", *command], said.append)
        report.take(line(*arguments, **bound))
        return len(report.missed()), report.verdict()

    def written(*command, **bound):
        """The first comparison of the JSON file, or None if the file cannot be written."""
        report = Report(["benchmark", "--rows", "T1", *command], said.append)
        report.take(line([1, 4, 2], [4], **bound))
        with tempfile.NamedTemporaryFile() as file:
            try:
                write_json(file.name, report)
            except ValueError:
                return None
            with open(file.name, encoding="utf-8") as text:
                return json.load(text)["rows"][0]["comparisons"][0]

    def shows(operation):
        with tempfile.NamedTemporaryFile() as file:
            try:
                write_svg(file.name, [growth_plot.example(operation)])
            except (ValueError, ElementTree.ParseError):
                return False
        return True

    met = "all 1 targets met"
    missed = "1 of 1 targets missed: T1 w "
    unfinished = Report(["benchmark", "--rows", "T1,T2"], said.append)
    unfinished.take(line([1], [1], at_least=1))
    checks = [
        verdict([10, 30, 20], [10, 10, 10], at_least=2) == (0, met),
        verdict([10, 30, 19], [10, 10, 10], at_least=2) == (1, missed + "(1.90, not >= 2)"),
        verdict([10, 30, 19], [10, 10, 10], at_least=2, command=["--short"]) ==
        (0, "1 targets, none of them judged"),
        verdict([13], [10], at_most=1.3) == (0, met),
        verdict([14], [10], at_most=1.3) == (1, missed + "(1.40, not <= 1.3)"),
        verdict([14], [0], at_least=1) == (1, missed + "(-, not >= 1)"),
        verdict([14], [10]) == (0, "no targets"),
        unfinished.verdict() == "1 targets met; not measured: T2",
        written(at_least=1) == {"ours": "a", "yardstick": "b", "at_least": 1, "ours_median": 2,
                                "yardstick_median": 4, "ratio": 0.5, "met": False},
        written("--short", at_least=1)["met"] is None,
        written(at_least=float("nan")) is None,
        shows("o & p"),
        not shows("o \0 p"),
        Report(["benchmark", "--rows", "T1,T2"], said.append).missing() == ["T1", "T2"],
        "E1" in wanted(["--chat-server", "x"]) and "E1" not in wanted([]),
        amount(1234567.8, "/s") == "1 234 568 /s",
        growth_plot.self_test(),
    ]
    print(f"{len(checks)} checks, {checks.count(False)} wrong: {checks}")
    return 0 if all(checks) else 1


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    options = {}
    while arguments and arguments[0] != "--run":
        name = arguments.pop(0)
        if name == "--require":
            options[name] = True
        elif name in ("--json", "--svg") and arguments:
            options[name] = arguments.pop(0)
        else:
            print(f"{name}: unknown option or missing value", file=sys.stderr)
            return 2
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    return run(options, arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
