#!/usr/bin/env python3
"""Compares the README with the tree, so that what it shows is what is compiled and run.

    check_readme.py [ROOT]            checks README.md, prints what differs, returns 1 if anything does
    check_readme.py --self-test       shows that each check can fail
    check_readme.py --project FOLDER  writes its first program and its CMake lines there, to be built

The first program is examples/01_hello.cpp to the letter; the line that swaps backends stands in
examples/02_swap_backend.cpp; every linked path and every command exists; every example is linked; every promise
links the test that shows it; it has fewer than 150 lines.
"""

import os
import re
import sys


def problems(root, text):
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
    for block in re.findall(r"```sh\n(.*?)```", text, re.S):
        for command in (line.split()[0] for line in block.splitlines() if line.strip()):
            if not os.access(os.path.join(root, command), os.X_OK):
                yield f"no such program: {command}"
    if text.count("\n") >= 150:
        yield f"{text.count(chr(10))} lines, 150 are too many"


def self_test(root, text):
    hello = "roomstore::InMemoryStore store;"
    broken = [text.replace(hello, "", 1), text.replace("make_shared", "make_unique"),
              text.replace("](examples/", "](samples/", 1), text + "\n" * 150,
              text.replace("](tests/postgres/heartbeat_test.cpp", "](LICENSE", 1), text.replace("promise | test", "promise", 1),
              text.replace("examples/05_paging.cpp", "examples/01_hello.cpp"),
              re.sub(r"```cpp\n.*?```", "", text, flags=re.S), text.replace("tests/run.sh ", "tests/go.sh ", 1)]
    missed = [n for n, each in enumerate(broken) if not list(problems(root, each))]
    print(f"{len(broken)} faults put in, {len(missed)} missed: {missed}")
    return 1 if missed else 0


def write_project(folder, text):
    """What a reader would write who takes the README by its word; the program is called `consumer`."""
    os.makedirs(folder, exist_ok=True)
    program, = re.findall(r"```cpp\n(.*?)```", text, re.S)[:1]
    lines, = re.findall(r"```cmake\n(.*?)```", text, re.S)
    with open(os.path.join(folder, "main.cpp"), "w", encoding="utf-8") as file:
        file.write(program)
    with open(os.path.join(folder, "CMakeLists.txt"), "w", encoding="utf-8") as file:
        file.write("cmake_minimum_required(VERSION 3.25)\nproject(readme LANGUAGES CXX)\n" + lines
                   + "set_target_properties(app PROPERTIES OUTPUT_NAME consumer)\n")
    return 0


def main(arguments):
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    if arguments and not arguments[0].startswith("--"):
        root = arguments[0]
    text = open(os.path.join(root, "README.md"), encoding="utf-8").read()
    if arguments == ["--self-test"]:
        return self_test(root, text)
    if arguments[:1] == ["--project"]:
        return write_project(arguments[1], text)
    found = list(problems(root, text))
    print("\n".join(found + [f"README.md: {len(found)} problems"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
