#!/usr/bin/env python3
"""What a lost COMMIT means is said where each write is documented, and is what the PostgreSQL backend does.

    check_reruns.py [ROOT]      compares code, documentation and tests; returns 1 if they disagree about a write
    check_reruns.py --self-test shows that each kind of disagreement is found

The code is right: a write goes through Impl::write or Impl::append (run again) or Impl::write_once (reported as
commit_unknown). Against it are held the `@par Lost commit` of the method in conversation_store.hpp, the lists in
the comment of PostgresStore, and the table of tests/faults/reruns_test.cpp.
"""

import os
import re
import sys

SETTLED, REPORTED = "settled by running again", "reported"
SOURCES = ("src/postgres/postgres_store.cpp", "src/postgres/postgres_store_members.cpp")
INTERFACE = "include/roomstore/conversation_store.hpp"
BACKEND = "include/roomstore/postgres/postgres_store.hpp"
TEST = "tests/faults/reruns_test.cpp"
# It writes tables, not rows: tests/postgres/schema_test.cpp has it.
NO_OPERATION = {"init"}
CALL = re.compile(r'impl_->(write|write_once|append)\(\s*"(\w+)"')
METHOD = re.compile(r"((?:^    ///[^\n]*\n)+)^    (?:virtual )?asio::awaitable<[^;]*?>\s+(\w+)\(", re.M)
LOST = re.compile(r"@par Lost commit\n\s*/// (Settled by running again|Reported)\b")
ROW = re.compile(r'WRITE\(\s*"(\w+)[^"]*",\s*(settled|told)\b')


def of_code(text):
    return {name: REPORTED if how == "write_once" else SETTLED
            for how, name in CALL.findall(text) if name not in NO_OPERATION}


def of_interface(text):
    said = {}
    for comment, name in METHOD.findall(text):
        found = LOST.search(comment)
        if found:
            said[name] = found.group(1).lower()
    return said


def of_backend(text, names):
    """The comment of PostgresStore: first those that are run again, then, after "At once", the others."""
    comment = re.search(r"@par Doubt(.*?)///\s*@par", text, re.S)
    settled, _, reported = re.sub(r"\s*///\s*", " ", comment.group(1) if comment else "").partition("At once")
    said = {}
    for part, meaning in ((settled, SETTLED), (reported, REPORTED)):
        said.update({name: meaning for name in re.findall(r"\w+", part) if name in names})
    return said


def of_test(text):
    said = {}
    for name, doubt in ROW.findall(text):
        meaning = SETTLED if doubt == "settled" else REPORTED
        said[name] = meaning if said.get(name, meaning) == meaning else "settled and told"
    return said


def disagreements(code, others):
    if not code:
        yield "no write was found in the code"
    for where, said in others.items():
        for name in sorted(code.keys() | said.keys()):
            if name not in code:
                yield f"{where}: {name} is no write of the backend"
            elif name not in said:
                yield f"{where}: says nothing of {name}, which is {code[name]}"
            elif said[name] != code[name]:
                yield f"{where}: {name} is {said[name]}, but the code: {code[name]}"


def check(read):
    code = {}
    for path in SOURCES:
        code.update(of_code(read(path)))
    return code, list(disagreements(code, {INTERFACE: of_interface(read(INTERFACE)),
                                           BACKEND: of_backend(read(BACKEND), code),
                                           TEST: of_test(read(TEST))}))


def self_test():
    tree = {
        SOURCES[0]: 'impl_->write("mark", x); impl_->append(\n    "add", x);'
                    'impl_->write("init", x);',
        SOURCES[1]: 'impl_->write_once("drop", x); impl_->read("get", x);',
        INTERFACE: "".join(f"    /// Does.\n    /// @par Lost commit\n    /// {how}.\n"
                           f"    virtual asio::awaitable<std::map<int, int>>\n    {name}(int x) = 0;\n"
                           for name, how in (("mark", "Settled by running again: once more"),
                                             ("add", "Settled by running again"), ("drop", "Reported")))
        + "    /// Reads.\n    virtual asio::awaitable<int> get(int x) = 0;\n",
        BACKEND: "/// @par Doubt  Run again:\n/// - mark, add.\n/// At\n/// once it comes from drop.\n/// @par More\n",
        TEST: 'WRITE("mark", settled, x), WRITE("add in vain",\n settled, x), WRITE("drop", told, x),',
    }
    cases = [
        (None, "", "", 0),
        (SOURCES[0], 'write("mark"', 'write_once("mark"', 3),
        (SOURCES[1], 'impl_->read("get"', 'impl_->write("get"', 3),
        (SOURCES[1], 'impl_->write_once("drop", x);', "", 2),
        (INTERFACE, "    /// @par Lost commit\n    /// Reported.\n", "", 1),
        (INTERFACE, "/// Reported", "/// Settled by running again", 1),
        (BACKEND, "mark, add", "mark", 1),
        (BACKEND, "from drop", "from add", 2),
        (TEST, '"drop", told', '"drop", settled', 1),
        (TEST, 'WRITE("mark", settled, x),', "", 1),
        (TEST, 'WRITE("add in vain",\n settled', 'WRITE("add", settled, x), WRITE("add in vain",\n told', 1),
    ]
    wrong = []
    for path, old, new, expected in cases:
        changed = tree | ({path: tree[path].replace(old, new)} if path else {})
        if path and changed[path] == tree[path]:
            wrong.append(f"{path}: nothing to replace: {old}")
        found = check(changed.__getitem__)[1]
        if len(found) != expected:
            wrong.append(f"{len(found)} instead of {expected} after {old!r} -> {new!r}: {found}")
    print(*wrong, f"{len(cases)} cases tried, {len(wrong)} wrong", sep="\n")
    return 1 if wrong else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    root = arguments[0] if arguments else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

    def read(path):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            return file.read()

    code, problems = check(read)
    print(*(f"{name}: {code[name]}" for name in sorted(code)), sep="\n")
    print(*problems, f"{len(code)} writes, {len(problems)} problems", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
