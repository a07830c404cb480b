#!/usr/bin/env python3
"""Compares the recipes of cmake/packaging with the tree.

    check_recipes.py [ROOT]       checks them, prints what differs, returns 1 if anything does
    check_recipes.py --self-test  shows that each check can fail

The vcpkg manifest must be JSON and the Conan recipes Python; versions must match version.hpp and
RoomstoreDependencies.cmake; options that they set must exist, and options that detect software must be set.
"""

import json
import os
import re
import sys

VCPKG = "cmake/packaging/vcpkg/vcpkg.json"
PORT = "cmake/packaging/vcpkg/portfile.cmake"
CONAN = "cmake/packaging/conan/conanfile.py"
TEST_PACKAGE = "cmake/packaging/conan/test_package/conanfile.py"
FILES = (VCPKG, PORT, CONAN, TEST_PACKAGE, "include/roomstore/version.hpp", "cmake/RoomstoreDependencies.cmake",
         "CMakeLists.txt")


def versions_of(dependencies):
    return {name.lower(): value for name, value in re.findall(r"^set\(ROOMSTORE_(\w+)_VERSION (\S+)\)", dependencies, re.M)}


def without_zeros(version):
    return re.sub(r"(\.0)+$", "", version)


def vcpkg_problems(text, version, needed):
    try:
        manifest = json.loads(text[VCPKG])
    except ValueError as error:
        yield f"{VCPKG}: {error}"
        return
    if manifest.get("version") != version:
        yield f"{VCPKG} has version {manifest.get('version')}, the tree {version}"
    if manifest.get("supports") != "linux":
        yield f"{VCPKG} declares support for {manifest.get('supports')}"
    asked = {each["name"]: each.get("version>=", "") for each in
             manifest["dependencies"] + manifest["features"]["postgres"]["dependencies"] if isinstance(each, dict)}
    for name, key in (("asio", "asio"), ("nlohmann-json", "json"), ("libpqxx", "pqxx")):
        if not without_zeros(asked.get(name, "")).startswith(needed[key].split("...")[0]):
            yield f"{VCPKG} requires {name} {asked.get(name)}, the tree {needed[key]}"


def conan_problems(text, needed):
    for name in (CONAN, TEST_PACKAGE):
        try:
            compile(text[name], name, "exec")
        except SyntaxError as error:
            yield f"{name}: {error}"
    low, high = needed["pqxx"].split("...<")
    for wanted in (f'"asio/[>={needed["asio"]} ', f'"nlohmann_json/[>={needed["json"]} ', f'"fmt/[>={needed["fmt"]} ',
                   f'"libpqxx/[>={low} <{high}]"'):
        if wanted not in text[CONAN]:
            yield f"{CONAN} does not require {wanted}"


def problems(text):
    version = re.search(r'ROOMSTORE_VERSION_STRING "([^"]+)"', text["include/roomstore/version.hpp"])[1]
    needed = versions_of(text["cmake/RoomstoreDependencies.cmake"])
    yield from vcpkg_problems(text, version, needed)
    yield from conan_problems(text, needed)
    options = set(re.findall(r"(?:option|set)\(\s*(ROOMSTORE_\w+)", text["CMakeLists.txt"]))
    for name in (PORT, CONAN):
        used = set(re.findall(r"(?:\b|-D)(ROOMSTORE_(?:WITH|BUILD|INSTALL|POSTGRES)\w*)", text[name]))
        for option in sorted(used - options):
            yield f"{name} sets {option}, which is not an option"
        for option in sorted(each for each in options if each.startswith(("ROOMSTORE_WITH", "ROOMSTORE_BUILD"))):
            if option not in used:
                yield f"{name} does not set {option}, which depends on what is installed"


def self_test(text):
    faults = [(VCPKG, '"name"', "name"), (VCPKG, '"0.1.0"', '"0.2.0"'), (VCPKG, '"linux"', '"!windows"'),
              (VCPKG, '"7.10.0"', '"7.9.0"'), (VCPKG, '"1.22.1"', '"1.18.0"'), (CONAN, "def build(self):", "def build(self)"),
              (TEST_PACKAGE, "def test(self):", "def test(self)"), (CONAN, "<8]", "<9]"), (CONAN, ">=9 ", ">=8 "),
              (PORT, "-DROOMSTORE_BUILD_TESTS", "-DROOMSTORE_BUILD_TEST"),
              (CONAN, '"ROOMSTORE_WITH_PROMETHEUS"', '"OTHER"'), (PORT, "-DROOMSTORE_WITH_PROMETHEUS=OFF", "")]
    if list(problems(text)):
        print("problems where there is none:", *problems(text), sep="\n")
        return 1
    missed = [n for n, (name, old, new) in enumerate(faults)
              if old not in text[name] or not list(problems(dict(text, **{name: text[name].replace(old, new, 1)})))]
    print(f"{len(faults)} faults injected, {len(missed)} missed: {missed}")
    return 1 if missed else 0


def main(arguments):
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    if arguments and arguments[0] != "--self-test":
        root = arguments[0]
    text = {name: open(os.path.join(root, name), encoding="utf-8").read() for name in FILES}
    if arguments == ["--self-test"]:
        return self_test(text)
    found = list(problems(text))
    print("\n".join(found + [f"cmake/packaging: {len(found)} problems"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
