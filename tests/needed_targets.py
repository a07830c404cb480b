#!/usr/bin/env python3
"""Prints the targets that some tests need, one a line, so that no others are built for them.

    needed_targets.py BUILD_FOLDER [CTEST_ARGUMENT...]   of the tests that ctest would run with these arguments
    needed_targets.py --self-test

A test needs every target whose file its command or its environment names. Prints "all" if a test installs more
than the core of the build.
"""

import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True


def commands_of(text):
    """The commands of the tests in a CTestTestfile.cmake, by name. ctest shows none whose program is not built."""
    for name, arguments in re.findall(r"^add_test\((?:\[=\[)?(.+?)(?:\]=\])? (\".*\")\)$", text, re.M):
        yield name, [word.replace("\\;", ";") for word in re.findall(r'"((?:[^"\\]|\\.)*)"', arguments)]


def words_of(test):
    """The arguments of the test's command, and the values of its environment, split at their separators."""
    words = list(test["command"])
    for given in test.get("properties", []):
        if given["name"] == "ENVIRONMENT":
            words += given["value"]
    return [part for word in words for part in re.split("[=;:]", word)]


def needed(tests, build, files):
    """The targets that `tests` need. `files`: the files that the build makes, relative to its folder."""
    targets = set()
    for test in tests:
        words = words_of(test)
        for word in words:
            path = os.path.relpath(word, build) if os.path.isabs(word) else word
            if path in files:
                targets.add(path)
        command = test["command"]
        program = os.path.relpath(command[0], build) if os.path.isabs(command[0]) else ".."
        if not program.startswith("..") and program not in files:
            targets.add("all")
        if f"-DINSTALL={build}" in command:
            targets.add("roomstore" if "-DCOMPONENTS=core" in command else "all")
        if any(word.endswith("CPackConfig.cmake") for word in words):
            targets.add("all")
    return {"all"} if "all" in targets else targets


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def self_test():
    text = 'add_test([=[unit.model]=] "/b/unit_model")\nadd_test(a.b "cmake" "-DX=1\\;2" "-P" "c")\nset_tests(a.b "x")\n'
    if dict(commands_of(text)) != {"unit.model": ["/b/unit_model"], "a.b": ["cmake", "-DX=1;2", "-P", "c"]}:
        sys.exit(f"commands: {dict(commands_of(text))}")
    build, files = "/b", {"tests/unit/unit_model", "chat_server", "libroomstore.so", "short.json"}
    cases = [
        (["/b/tests/unit/unit_model"], [], {"tests/unit/unit_model"}),
        (["python3", "/src/keep_report.py", "/b/r.txt", "/b/tests/unit/unit_model", "--runs"], [], {"tests/unit/unit_model"}),
        (["python3", "/src/protocol_test.py"], ["CHAT_SERVER=/b/chat_server"], {"chat_server"}),
        (["cmake", "-DLIBRARY=/b/libroomstore.so"], [], {"libroomstore.so"}),
        (["python3", "/src/check.py", "/src"], ["PATH=/usr/bin:/bin"], set()),
        (["cmake", "-DINSTALL=/b", "-DCOMPONENTS=core"], [], {"roomstore"}),
        (["cmake", "-DINSTALL=/b", "-DCOMPONENTS="], [], {"all"}),
        (["cmake", "-DCONFIG=/b/CPackConfig.cmake"], [], {"all"}),
        (["/b/made_by_a_script"], [], {"all"}),
    ]
    for command, environment, expected in cases:
        test = {"command": command, "properties": [{"name": "ENVIRONMENT", "value": environment}]}
        found = needed([test], build, files)
        if found != expected:
            sys.exit(f"{command} {environment}: {found} instead of {expected}")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    build = os.path.abspath(sys.argv[1])
    if not os.path.exists(os.path.join(build, "build.ninja")):
        print("all")
        return None
    shown = output_of("ctest", "--test-dir", build, "--show-only=json-v1", *sys.argv[2:])
    tests = json.loads(shown)["tests"]
    commands = {}
    for folder, _, names in os.walk(build):
        if "CTestTestfile.cmake" in names:
            with open(os.path.join(folder, "CTestTestfile.cmake"), encoding="utf-8") as file:
                commands.update(commands_of(file.read()))
    for test in tests:
        test["command"] = commands[test["name"]]
    outputs = output_of("ninja", "-C", build, "-t", "targets", "all").splitlines()
    files = {line.rpartition(": ")[0] for line in outputs if "_LINKER_" in line}
    for target in sorted(needed(tests, build, files)):
        print(target)
    return None


if __name__ == "__main__":
    main()
