#!/usr/bin/env python3
"""Writes a copy of a source folder into which every listed fault is compiled, selectable at run time.

    apply.py --from DIR [--only FOLDER]... --to DIR --names FILE --depfile FILE LIST...
                             copies DIR, or only those folders of it, and writes the names of the mutants
    apply.py --self-test     checks that malformed lists are refused

A list is a text file. Empty lines and lines that begin with '#' are ignored.

    mutant NAME     begins a mutant, named after the rule that it breaks
    rule TEXT       the rule in one line
    section TEXT    the section of the contract with the rule
    file PATH       the source or header below DIR to which the following edits apply
    - TEXT          an edit: this text, which must occur exactly once in the file,
    + TEXT          is replaced by this text
    @ TEXT          an edit: after this text, which must occur exactly once in the file,
    + TEXT          this text is inserted

Texts may have several lines, each with its mark; a line may also be part of a line of the file. The word
MUTANT in a new text is true if this mutant is active. All mutants go into one copy: it is compiled once,
and an environment variable selects the mutant of each run (switch.hpp).
"""

import argparse
import dataclasses
import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True

INCLUDE_SWITCH = '#include "mutants/switch.hpp"'


class Refused(Exception):
    """A list is malformed or does not match the code."""


@dataclasses.dataclass
class Edit:
    file: str
    old: str
    new: str
    keeps_old: bool


@dataclasses.dataclass
class Mutant:
    name: str
    rule: str = ""
    section: str = ""
    edits: list = dataclasses.field(default_factory=list)


def parse(text, where):
    """Returns the mutants of a list, in order."""
    mutants, file, last = [], "", ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            last = ""
            continue
        key, _, value = line.partition(" ")
        here = f"{where}:{number}"
        if key == "mutant":
            if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
                raise Refused(f"{here}: a name consists of a-z, 0-9 and _")
            mutants.append(Mutant(value))
            file = ""
        elif not mutants:
            raise Refused(f"{here}: no mutant begun")
        elif key in ("rule", "section") and value:
            setattr(mutants[-1], key, value)
        elif key == "file" and value:
            file = value
        elif key in ("-", "@"):
            if not file:
                raise Refused(f"{here}: no file named")
            if last == key:
                mutants[-1].edits[-1].old += "\n" + value
            else:
                mutants[-1].edits.append(Edit(file, value, "", key == "@"))
        elif key == "+" and last in ("-", "@", "+"):
            new = re.sub(r"\bMUTANT\b", f"ROOMSTORE_MUTANT({mutants[-1].name})", value)
            edit = mutants[-1].edits[-1]
            edit.new += ("\n" if last == "+" else "") + new
        else:
            raise Refused(f"{here}: not understood: {line}")
        last = key
    for mutant in mutants:
        if not (mutant.rule and mutant.section and mutant.edits):
            raise Refused(f"{where}: {mutant.name} lacks a rule, a section or an edit")
        if not any("ROOMSTORE_MUTANT(" in edit.new for edit in mutant.edits):
            raise Refused(f"{where}: {mutant.name} does not ask whether it was chosen")
    return mutants


def read_lists(paths):
    mutants = []
    for path in paths:
        with open(path, encoding="utf-8") as list_:
            mutants += parse(list_.read(), os.path.basename(path))
    names = [mutant.name for mutant in mutants]
    for name in names:
        if names.count(name) > 1:
            raise Refused(f"{name}: two mutants have this name")
    return mutants


def place_of(mutant, edit, text):
    """Returns where in the file the edit begins and ends."""
    count = text.count(edit.old)
    if count != 1:
        raise Refused(f"{mutant.name}: {edit.file} has this text {count} times, not once; "
                      f"update the mutant to match the code:\n{edit.old}")
    begin = text.index(edit.old)
    end = begin + len(edit.old)
    return (end, end) if edit.keeps_old else (begin, end)


def apply(mutants, file, text):
    """Returns the text of `file` with all edits of that file applied."""
    edits = [(*place_of(mutant, edit, text), order, mutant.name, edit)
             for order, mutant in enumerate(mutants) for edit in mutant.edits if edit.file == file]
    edits.sort(key=lambda edit: edit[:3])
    done, at, before = [], 0, ""
    for begin, end, _, name, edit in edits:
        if begin < at:
            raise Refused(f"{name} and {before} edit the same text of {file}")
        done += [text[at:begin], "\n" if edit.keeps_old else "", edit.new]
        at, before = end, name
    text = "".join(done) + text[at:]
    if not edits:
        return text
    if file.endswith(".cpp"):
        return f"{INCLUDE_SWITCH}\n\n{text}"
    if text.count("#pragma once\n") != 1:
        raise Refused(f"{file}: where to include the switch?")
    return text.replace("#pragma once\n", f"#pragma once\n\n{INCLUDE_SWITCH}\n")


def write(path, text):
    """Writes the file only if its text changes, to avoid needless recompilation."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_copy(mutants, root, only, to):
    """Copies the folders `only` of `root` to the same places in `to`, with all edits. Returns the paths."""
    read = []
    for folder, _, names in sorted(step for one in only for step in os.walk(os.path.join(root, one))):
        for name in sorted(names):
            if not name.endswith((".hpp", ".ipp", ".cpp")):
                continue
            path = os.path.join(folder, name)
            read.append(path)
            file = os.path.relpath(path, root)
            with open(path, encoding="utf-8") as source:
                text = source.read()
            if "MUTANT" in text:
                raise Refused(f"{file}: shipped code has a switch")
            write(os.path.join(to, file), apply(mutants, file, text))
    known = {os.path.relpath(path, root) for path in read}
    for mutant in mutants:
        for edit in mutant.edits:
            if edit.file not in known:
                raise Refused(f"{mutant.name}: no file {edit.file} among those copied from {root}")
    return read


def write_names(mutants, path):
    write(path, "".join(f"ROOMSTORE_MUTANT_NAME({mutant.name})\n" for mutant in mutants))


GOOD = """mutant a
rule r
section s
file memory/x.hpp
- one
+ MUTANT ? 1 : one
mutant b
rule r
section s
file memory/x.hpp
@ two;
+ if (MUTANT) two();
+ three();
"""
GOOD_SOURCE = """mutant a
rule r
section s
file memory/x.cpp
- one
+ MUTANT ? 1 : one
"""
HEADER = "#pragma once\n\none + two;\nfour four\n"
EXPECTED = ('#pragma once\n\n#include "mutants/switch.hpp"\n\nROOMSTORE_MUTANT(a) ? 1 : one + two;'
            "\nif (ROOMSTORE_MUTANT(b)) two();\nthree();\nfour four\n")
SOURCE = "// one\n"
EXPECTED_SOURCE = '#include "mutants/switch.hpp"\n\n// ROOMSTORE_MUTANT(a) ? 1 : one\n'
BAD = {
    "has this text 0 times": GOOD.replace("- one", "- ten"),
    "has this text 2 times": GOOD.replace("- one", "- four"),
    "edit the same text": GOOD.replace("@ two;", "- one + two;"),
    "two mutants have this name": GOOD.replace("mutant b", "mutant a"),
    "no file memory/y.hpp": GOOD.replace("x.hpp\n@", "y.hpp\n@"),
    "no file other/x.hpp": GOOD.replace("memory/x.hpp\n@", "other/x.hpp\n@"),
    "lacks a rule": GOOD.replace("rule r\n", "", 1),
    "does not ask whether it was chosen": GOOD.replace("MUTANT ? 1 : ", ""),
    "no file named": GOOD.replace("file memory/x.hpp\n", "", 1),
    "not understood": GOOD.replace("- one\n", ""),
    "a name consists of": GOOD.replace("mutant a", "mutant A"),
    "no mutant begun": GOOD.replace("mutant a\n", ""),
}


def read_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def self_test():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        root, to, list_ = (os.path.join(folder, name) for name in ("from", "to", "test.mutants"))
        write(os.path.join(root, "memory", "x.hpp"), HEADER)
        write(os.path.join(root, "memory", "x.cpp"), SOURCE)
        write(os.path.join(root, "other", "x.hpp"), HEADER)

        def copied(text, file):
            write(list_, text)
            write_copy(read_lists([list_]), root, ["memory"], to)
            return read_text(os.path.join(to, "memory", file))

        for text, file, expected in ((GOOD, "x.hpp", EXPECTED), (GOOD, "x.cpp", SOURCE),
                                     (GOOD_SOURCE, "x.cpp", EXPECTED_SOURCE)):
            written = copied(text, file)
            if written != expected:
                failures.append(f"written:\n{written}\nexpected:\n{expected}")
        if os.path.exists(os.path.join(to, "other")):
            failures.append("copied files outside the folder given by --only")
        for complaint, text in BAD.items():
            try:
                copied(text, "x.hpp")
                failures.append(f"not refused: {complaint}")
            except Refused as refused:
                if complaint not in str(refused):
                    failures.append(f"expected '{complaint}': {refused}")
        write(os.path.join(root, "memory", "y.hpp"), "#pragma once\n// MUTANT\n")
        try:
            copied(GOOD, "x.hpp")
            failures.append("not refused: shipped code with a switch")
        except Refused as refused:
            if "memory/y.hpp: shipped code has a switch" not in str(refused):
                failures.append(f"refused for another reason: {refused}")
    print(*failures, f"{len(BAD) + 4} lists tried, {len(failures)} wrong", sep="\n")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("lists", nargs="*")
    for option in ("--from", "--to", "--names", "--depfile"):
        parser.add_argument(option, dest=option.strip("-") + "_path")
    parser.add_argument("--only", action="append")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    paths = (arguments.from_path, arguments.to_path, arguments.names_path, arguments.depfile_path)
    if not (arguments.lists and all(paths)):
        parser.error("--from, --to, --names, --depfile and a list are needed")
    try:
        mutants = read_lists(arguments.lists)
        read = write_copy(mutants, arguments.from_path, arguments.only or [""], arguments.to_path)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    write_names(mutants, arguments.names_path)
    target = arguments.names_path.replace(" ", "\\ ")
    write(arguments.depfile_path, f"{target}: " + " ".join(path.replace(" ", "\\ ") for path in read) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
