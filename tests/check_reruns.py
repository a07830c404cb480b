#!/usr/bin/env python3
"""Checks that the documentation of each write states what the PostgreSQL backend does after a lost COMMIT.

    check_reruns.py [ROOT]      compares code, documentation and tests; returns 1 if they disagree about a write
    check_reruns.py --self-test shows that each kind of disagreement is found

The code is the reference: the list of operations states for each write whether it settles a lost COMMIT (by a
re-run) or reports it (as commit_unknown); a custom write states it where it calls Impl::begin. Compared with the
code are the `@par Lost commit` of the method in conversation_store.hpp, the lists in the comment of PostgresStore,
and the table of tests/faults/reruns_test.cpp.
"""

import os
import re
import sys

SETTLED, REPORTED = "settled by running again", "reported"
OPERATIONS = "include/roomstore/detail/operations.inc"
CUSTOM = "src/postgres/postgres_store.cpp"
INTERFACE = "include/roomstore/conversation_store.hpp"
BACKEND = "include/roomstore/postgres/postgres_store.hpp"
TEST = "tests/faults/reruns_test.cpp"
OPERATION = re.compile(r'ROOMSTORE_OPERATION\((\w+), (?:ROOMSTORE_RESULT\(.*?\)|[^,(]+),\s*(\w+),')
BEGIN = re.compile(r'impl_->begin\(\s*Impl::(\w+),\s*"(\w+)"')
METHOD = re.compile(r"((?:^    ///[^\n]*\n)+)^    (?:virtual )?asio::awaitable<[^;]*?>\s+(\w+)\(", re.M)
LOST = re.compile(r"@par Lost commit\n\s*/// (Settled by running again|Reported)\b")
ROW = re.compile(r'WRITE\(\s*"(\w+)[^"]*",\s*(settled|reported)\b')


def of_code(operations, custom):
    kinds = {"settles": SETTLED, "reports": REPORTED}
    writes = BEGIN.findall(custom) + OPERATION.findall(operations)
    return {name: kinds[kind] for kind, name in writes if kind in kinds}


def of_interface(text):
    said = {}
    for comment, name in METHOD.findall(text):
        found = LOST.search(comment)
        if found:
            said[name] = found.group(1).lower()
    return said


def of_backend(text, names):
    """Reads the comment of PostgresStore: first the writes that are re-run, after "At once" the others."""
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
        yield "no write found in the code"
    for where, said in others.items():
        for name in sorted(code.keys() | said.keys()):
            if name not in code:
                yield f"{where}: {name} is not a write of the backend"
            elif name not in said:
                yield f"{where}: does not mention {name}, which is {code[name]}"
            elif said[name] != code[name]:
                yield f"{where}: {name} is {said[name]}, but in the code {code[name]}"


def check(read):
    code = of_code(read(OPERATIONS), read(CUSTOM))
    return code, list(disagreements(code, {INTERFACE: of_interface(read(INTERFACE)),
                                           BACKEND: of_backend(read(BACKEND), code),
                                           TEST: of_test(read(TEST))}))


def self_test():
    tree = {
        OPERATIONS: "ROOMSTORE_OPERATION(settles, void, mark, room_id, (int x), x)\n"
                    "ROOMSTORE_OPERATION(reports, ROOMSTORE_RESULT(std::map<int, int>),\n    drop, x.id, (int x), x)\n"
                    "ROOMSTORE_OPERATION(read, std::vector<int>, get, room_id, (int x), x)\n"
                    "ROOMSTORE_OPERATION(custom, int, add, room_id, (int x), x)\n",
        CUSTOM: 'impl_->begin(\n    Impl::settles, "add");',
        INTERFACE: "".join(f"    /// Does.\n    /// @par Lost commit\n    /// {how}.\n"
                           f"    virtual asio::awaitable<std::map<int, int>>\n    {name}(int x) = 0;\n"
                           for name, how in (("mark", "Settled by running again: once more"),
                                             ("add", "Settled by running again"), ("drop", "Reported")))
        + "    /// Reads.\n    virtual asio::awaitable<int> get(int x) = 0;\n",
        BACKEND: "/// @par Doubt  Run again:\n/// - mark, add.\n/// At\n/// once it comes from drop.\n/// @par More\n",
        TEST: 'WRITE("mark", settled, x), WRITE("add in vain",\n settled, x), WRITE("drop", reported, x),',
    }
    cases = [
        (None, "", "", 0),
        (OPERATIONS, "settles, void, mark", "reports, void, mark", 3),
        (OPERATIONS, "read, std::vector<int>, get", "settles, std::vector<int>, get", 3),
        (OPERATIONS, "reports, ROOMSTORE_RESULT", "read, ROOMSTORE_RESULT", 2),
        (CUSTOM, "begin", "run", 2),
        (CUSTOM, "settles", "reports", 3),
        (INTERFACE, "    /// @par Lost commit\n    /// Reported.\n", "", 1),
        (INTERFACE, "/// Reported", "/// Settled by running again", 1),
        (BACKEND, "mark, add", "mark", 1),
        (BACKEND, "from drop", "from add", 2),
        (TEST, '"drop", reported', '"drop", settled', 1),
        (TEST, 'WRITE("mark", settled, x),', "", 1),
        (TEST, 'WRITE("add in vain",\n settled', 'WRITE("add", settled, x), WRITE("add in vain",\n reported', 1),
    ]
    wrong = []
    for path, old, new, expected in cases:
        changed = tree | ({path: tree[path].replace(old, new)} if path else {})
        if path and changed[path] == tree[path]:
            wrong.append(f"{path}: nothing to replace: {old}")
        found = check(changed.__getitem__)[1]
        if len(found) != expected:
            wrong.append(f"{len(found)} instead of {expected} after {old!r} -> {new!r}: {found}")
    print(*wrong, f"{len(cases)} cases tried, {len(wrong)} failed", sep="\n")
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
