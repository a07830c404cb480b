"""Shared by the checks of source files: check_clocks.py, check_coroutines.py, check_includes.py."""

import os

PROJECT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def paths(root, folders, endings=(".hpp", ".ipp", ".cpp")):
    """The files below these folders of a tree with these endings, relative to its root."""
    for top in folders:
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(folder, name), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def main(arguments, self_test, check_tree):
    """Runs a check: `[ROOT]` or `--self-test`. Returns the exit code."""
    if arguments == ["--self-test"]:
        return self_test()
    root = arguments[0] if arguments else PROJECT
    checked, problems = check_tree(root)
    if checked == 0:
        problems.append(f"{root}: no source file found")
    print(*sorted(problems), f"{checked} files checked, {len(problems)} problems", sep="\n")
    return 1 if problems else 0
