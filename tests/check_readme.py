#!/usr/bin/env python3
"""Checks that the code and commands in the README match the tree, where they are compiled and run.

    check_readme.py [ROOT] [--tests BUILD]  checks README.md, prints what differs, returns 1 if anything does;
                                            with a build tree, also that the tests it names exist
    check_readme.py --self-test             shows that each check can fail
    check_readme.py --project FOLDER        writes its first program and its CMake lines there, to be built
    check_readme.py --fetch FOLDER          the same with its lines for FetchContent

The first program is identical to examples/01_hello.cpp; the line that swaps backends is in
examples/02_swap_backend.cpp; every linked path exists, and every program, preset, option and label in a command;
every example is linked; every promise links its test; the README has fewer than 150 lines.

Pages of the guide (*.md in include/ and src/) are linked by the README. Each of their C++ blocks begins with the path
of a program or test, and its other lines are there in one piece.
"""

import fnmatch
import json
import os
import re
import subprocess
import sys

# Programs that readers are assumed to have.
KNOWN_PROGRAMS = {"git", "cd", "cmake", "cpack"}


def tests_of(build):
    """The tests of a build tree, and their labels."""
    told = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True, capture_output=True)
    names, labels = set(), set()
    for test in json.loads(told.stdout)["tests"]:
        names.add(test["name"])
        for each in test.get("properties", []):
            labels |= set(each["value"]) if each["name"] == "LABELS" else set()
    return names, labels


def commands(text):
    for block in re.findall(r"```sh\n(.*?)```", text, re.S):
        for line in block.splitlines():
            for command in re.sub(r"(^|\s)#.*", "", line).split("&&"):
                if command.split():
                    yield command.split()


def wrong_command(root, words, labels):
    """The problem of a command, or None."""
    program = words[0]
    if "/" in program:
        path = os.path.join(root, program)
        if not os.access(path, os.X_OK):
            return f"no such program: {program}"
        script = open(path, encoding="utf-8").read()
        for option in (word for word in words[1:] if word.startswith("--")):
            if option not in script:
                return f"{program} has no option {option}"
    elif program not in KNOWN_PROGRAMS:
        return f"no such program: {program}"
    lists = "".join(open(os.path.join(root, name), encoding="utf-8").read()
                    for name in ("CMakeLists.txt", "cmake/RoomstorePackage.cmake"))
    for word, following in zip(words, words[1:] + [""]):
        option = re.match(r"-D(ROOMSTORE_\w+)=", word)
        if option and not re.search(rf"(option|set)\(\s*{option[1]}\b", lists):
            return f"no such option: {option[1]}"
        if word == "--preset" and f'"{following}"' not in open(os.path.join(root, "CMakePresets.json")).read():
            return f"no such preset: {following}"
        if word == "-L" and labels is not None and following not in labels:
            return f"no test has the label {following}"
    return None


def unknown_tests(text, names):
    """Names in backquotes that look like tests but do not exist."""
    suites = {name.split(".")[0] for name in names}
    for named in sorted(set(re.findall(r"`([a-z]+\.[a-z0-9_*]+)`", text))):
        if named.split(".")[0] in suites and not named.endswith((".hpp", ".cpp", ".py", ".sh")):
            if not fnmatch.filter(names, named):
                yield f"no such test: {named}"


def problems(root, text, names=None, labels=None):
    hello = open(os.path.join(root, "examples/01_hello.cpp"), encoding="utf-8").read().rstrip()
    swap = open(os.path.join(root, "examples/02_swap_backend.cpp"), encoding="utf-8").read()
    blocks = re.findall(r"```cpp\n(.*?)```", text, re.S)
    if not blocks or blocks[0].rstrip() != hello:
        yield "the first program is not examples/01_hello.cpp"
    for line in (block.split("//")[0].strip() for block in blocks[1:]):
        if line not in swap:
            yield f"not in examples/02_swap_backend.cpp: {line}"
    if len(blocks) < 2:
        yield "no line that swaps backends"
    for path in re.findall(r"\]\(([^)#:]+)\)", text):
        if not os.path.exists(os.path.join(root, path)):
            yield f"no such file: {path}"
    for name in sorted(os.listdir(os.path.join(root, "examples"))):
        if re.match(r"\d\d_\w+\.cpp$", name) and f"](examples/{name})" not in text:
            yield f"examples/{name} is not linked"
    promises = re.search(r"^\| promise \| test \|\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.M)
    rows = promises[1].splitlines() if promises else []
    if not rows:
        yield "no table of promises"
    for row in rows:
        if not re.search(r"\]\((tests/|examples/chat_server/test/)[^)]+\)[^|]*\|$", row):
            yield f"no test linked: {row}"
    yield from filter(None, (wrong_command(root, command, labels) for command in commands(text)))
    for preset in re.findall(r"--preset (\w+)", text):
        if f'"{preset}"' not in open(os.path.join(root, "CMakePresets.json"), encoding="utf-8").read():
            yield f"no such preset: {preset}"
    if names is not None:
        yield from unknown_tests(text, names)
    if text.count("\n") >= 150:
        yield f"{text.count(chr(10))} lines, 150 are too many"


def guide(root):
    """The pages of the guide."""
    for start in ("include", "src"):
        for folder, _, names in sorted(os.walk(os.path.join(root, start))):
            for name in sorted(names):
                if name.endswith(".md"):
                    yield os.path.relpath(os.path.join(folder, name), root)


def guide_problems(root, page, text, readme, names=None):
    if f"]({page})" not in readme:
        yield f"{page} is not linked by the README"
    for block in re.findall(r"```cpp\n(.*?)```", text, re.S):
        first, _, rest = block.partition("\n")
        path = os.path.join(root, first.removeprefix("// "))
        if not first.startswith("// ") or not os.path.exists(path):
            yield f"{page}: a block does not begin with the path of its program: {first}"
        elif rest not in open(path, encoding="utf-8").read():
            yield f"{page}: not in {first.removeprefix('// ')}: {rest.splitlines()[0].strip()} ..."
    for path in re.findall(r"\]\(([^)#:]+)\)", text):
        if not os.path.exists(os.path.join(root, os.path.dirname(page), path)):
            yield f"{page}: no such file: {path}"
    if names is not None:
        yield from (f"{page}: {problem}" for problem in unknown_tests(text, names))


def self_test_of_guide(root, readme):
    page = "include/roomstore/errors.md"
    text = open(os.path.join(root, page), encoding="utf-8").read()
    broken = [text.replace("// examples/03_errors.cpp\n", "", 1), text.replace("wait > 2s", "wait > 3s", 1),
              text.replace("examples/04_time_limits.cpp", "examples/04_limits.cpp", 1), text + "[a](nowhere.md)"]
    missed = [n for n, each in enumerate(broken) if not list(guide_problems(root, page, each, readme))]
    if not list(guide_problems(root, page, text, "")):
        missed.append("a page that is not linked")
    missed += list(guide_problems(root, page, text, readme))
    print(f"guide: {len(broken) + 1} faults injected, missed: {missed}")
    return 1 if missed else 0


def self_test(root, text):
    hello = "roomstore::InMemoryStore store;"
    broken = [text.replace(hello, "", 1), text.replace("make_shared", "make_unique"),
              text.replace("](examples/", "](samples/", 1), text + "\n" * 150,
              text.replace("](tests/postgres/batch_test.cpp", "](LICENSE", 1), text.replace("promise | test", "promise", 1),
              text.replace("examples/05_paging.cpp", "examples/01_hello.cpp"),
              re.sub(r"```cpp\n.*?```", "", text, flags=re.S), text.replace("tests/run.sh ", "tests/go.sh ", 1),
              text.replace("cpack --", "dpack --"), text.replace("-DROOMSTORE_BUILD_TESTS=", "-DROOMSTORE_TESTS="),
              text.replace("--preset dev", "--preset devel"), text.replace("tests/run.sh -L contract", "tests/run.sh -L contact"),
              text.replace("`contract.*`", "`contract.memory_*`"), text.replace("`postgres.plans`", "`postgres.plan`")]
    names = {"contract.memory", "contract.postgres_shared", "contract.postgres_hostile_role", "differential.x", "postgres.store", "histories.x",
             "faults.each", "postgres.pool", "postgres.live", "faults.failover", "faults.chaos", "faults.simulation", "unit.model",
             "unit.memory_allocation_failure", "chat.scenario", "chat.postgres", "postgres.heartbeat",
             "postgres.plans", "package.x", "mutants.x"}
    labels = {"contract"}
    if list(problems(root, text, names, labels)):
        print("problems where there is none:", *problems(root, text, names, labels), sep="\n")
        return 1
    missed = [n for n, each in enumerate(broken) if not list(problems(root, each, names, labels))]
    print(f"{len(broken)} faults injected, {len(missed)} missed: {missed}")
    return 1 if missed else 0


def write_project(folder, text, fetch):
    """Writes a project as the README describes it; the program is called `consumer`."""
    os.makedirs(folder, exist_ok=True)
    program, = re.findall(r"```cpp\n(.*?)```", text, re.S)[:1]
    lines, fetching = re.findall(r"```cmake\n(.*?)```", text, re.S)
    if fetch:
        lines = fetching + "".join(line for line in lines.splitlines(True) if "find_package" not in line)
    with open(os.path.join(folder, "main.cpp"), "w", encoding="utf-8") as file:
        file.write(program)
    with open(os.path.join(folder, "CMakeLists.txt"), "w", encoding="utf-8") as file:
        file.write("cmake_minimum_required(VERSION 3.25)\nproject(readme LANGUAGES CXX)\n" + lines
                   + "set_target_properties(app PROPERTIES OUTPUT_NAME consumer)\n")
    return 0


def main(arguments):
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    if arguments and not arguments[0].startswith("--"):
        root = arguments.pop(0)
    text = open(os.path.join(root, "README.md"), encoding="utf-8").read()
    if arguments == ["--self-test"]:
        return self_test(root, text) or self_test_of_guide(root, text)
    if arguments[:1] in (["--project"], ["--fetch"]):
        return write_project(arguments[1], text, arguments[0] == "--fetch")
    known = tests_of(arguments[1]) if arguments[:1] == ["--tests"] else ()
    found = list(problems(root, text, *known))
    for page in guide(root):
        with open(os.path.join(root, page), encoding="utf-8") as file:
            found += guide_problems(root, page, file.read(), text, *known[:1])
    print("\n".join(found + [f"README.md and the guide: {len(found)} problems"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
