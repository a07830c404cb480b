#!/usr/bin/env python3
"""Finds code that GCC 12 miscompiles: aggregates, lambdas and conditional expressions next to a co_await.

    check_coroutines.py [ROOT]       checks a tree, prints every place, returns 1 if there is one
    check_coroutines.py --self-test  shows that it finds every wrong case and accepts every correct one

In `co_await store.create_room({.id = "lobby"})` GCC 12 copies the temporary byte by byte into the frame of
the coroutine and destroys both: a short std::string then points to its old location, and a shared_ptr is
released twice. The same happens to a lambda that captures such a value, and to a conditional expression of a
class type (`yes ? text + "!" : ""`). GCC 14 and clang are correct. Use a named variable instead:

    roomstore::Room room{.id = "lobby"};
    co_await store.create_room(std::move(room));

The structs of roomstore do not compile in such places (model/await_guard.hpp), but structs of a program, lambdas
and conditional expressions do. Accepted are cases that a bytewise copy does not break: the numbers and flags of a
query, empty braces, lambdas that capture only references, conditional expressions of literals and enumerators.
Equally wrong, but not visible in the text: `Aggregate(value)`, and a default argument `= {}` that contains
strings; write `= Aggregate()`.

A ROOT other than this project is checked as a whole. tests/package/call_expressions is left out: it consists of
code that only other compilers compile correctly.
"""

import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True
import source_files

COMMENTS_AND_STRINGS = re.compile(
    r"R\"(\w*)\((?:.|\n)*?\)\1\"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'|//[^\n]*|/\*(?:.|\n)*?\*/")
# What precedes a brace that opens a block: a parameter list, a specifier, or a trailing return type.
BEFORE_BLOCK = re.compile(
    r"(\)|\]|\bmutable|\bnoexcept|\boverride|\bfinal|\belse|\bdo|\btry|\)\s*(mutable\s*)?->[\w:<>,\s&*]+)\s*$")
HARMLESS_FIELDS = {"offset", "limit", "newest_first", "after_index", "before_index", "expected_next_index",
                   "top_level_only", "status"}
# Numbers, literals (blanked to a 0) and enumerators.
HARMLESS_ARM = re.compile(r"-?\d[\w.']*|true|false|nullptr|(\w+::)*[A-Z]\w*::\w+")
OPEN, CLOSE = "([{", ")]}"


def blank(match):
    """Spaces for a comment, a 0 and spaces for a literal."""
    spaces = re.sub(r"[^\n]", " ", match.group(0))
    return spaces if match.group(0).startswith("/") else "0" + spaces[1:]


def partners(text):
    """The position of the matching bracket for each bracket."""
    found, stack = {}, []
    for position, character in enumerate(text):
        if character in OPEN:
            stack.append(position)
        elif character in CLOSE and stack:
            opener = stack.pop()
            found[opener], found[position] = position, opener
    return found


def opens_block(text, brace):
    return BEFORE_BLOCK.search(text, max(0, brace - 200), brace) is not None


def statement_start(text, position, partner):
    at = position - 1
    while at >= 0:
        character = text[at]
        if character == ";":
            break
        if character in CLOSE:
            opener = partner.get(at, 0)
            if character == "}" and opens_block(text, opener):
                break
            at = opener
        elif character == "{" and not re.search(r"[\w>(,=]\s*$", text[max(0, at - 50):at]):
            break  # the block that contains the statement
        elif character == "{" and opens_block(text, at):
            break
        at -= 1
    return at + 1


def temporaries(text, start, partner):
    """Initialising braces and lambdas from `start` to the end of the statement, without bodies of lambdas."""
    depth, at = 0, start
    while at < len(text):
        character = text[at]
        if character == ";" and depth == 0:
            return
        if character == "{":
            if opens_block(text, at):
                if depth == 0:
                    return
                at = partner.get(at, len(text))
            else:
                yield at, partner.get(at, len(text))
                depth += 1
        elif character in OPEN:
            if character == "[" and is_lambda(text, at, partner):
                yield at, partner[at]
            depth += 1
        elif character in CLOSE:
            depth -= 1
            if depth < 0:
                return
        at += 1


def harmless(inside):
    fields = re.findall(r"\.(\w+)\s*=", inside)
    return not inside.strip() or (bool(fields) and set(fields) <= HARMLESS_FIELDS)


def captures_values(captures):
    names = [name.strip() for name in captures.split(",")]
    return any(name and name != "this" and not name.startswith("&") for name in names)


def conditionals(text, start, end, partner):
    """Positions of `?` whose arms are not only literals, except in bodies of lambdas."""
    at = start
    while at < end:
        character = text[at]
        if character == "{" and opens_block(text, at):
            at = partner.get(at, end)
        elif character == "?" and not all(HARMLESS_ARM.fullmatch(arm) for arm in arms(text, at, end, partner)):
            yield at
        at += 1


def arms(text, question, end, partner):
    """The two arms of the conditional expression at `question`."""
    found, begin, at, nested = [], question + 1, question + 1, 0
    while at < end and len(found) < 2:
        character = text[at]
        if character in OPEN:
            at = partner.get(at, end)
        elif character == "?":
            nested += 1
        elif character == ":" and text[at - 1] != ":" and text[at + 1:at + 2] != ":":
            if nested == 0:
                found.append(text[begin:at].strip())
                begin = at + 1
            else:
                nested -= 1
        elif character in CLOSE or character in ",;":
            break
        at += 1
    return [*found, text[begin:at].strip()]


def statement_end(text, start, partner):
    at = start
    while at < len(text) and text[at] not in ";" + CLOSE:
        if text[at] == "{" and opens_block(text, at):
            return at
        at = partner.get(at, len(text)) + 1 if text[at] in OPEN else at + 1
    return at


def is_lambda(text, bracket, partner):
    closer = partner.get(bracket, len(text))
    return re.search(r"([(,=?:&|{]|\breturn|\bco_await)\s*$", text[max(0, bracket - 50):bracket]) and re.match(
        r"\s*(\(|\{|<|mutable)", text[closer + 1:closer + 50])


def check_text(text):
    """The lines that create a temporary that GCC 12 would break."""
    text = COMMENTS_AND_STRINGS.sub(blank, text)
    partner = partners(text)
    lines = set()
    for await_ in re.finditer(r"\bco_await\b", text):
        start = statement_start(text, await_.start(), partner)
        # `Type name{co_await f()};` initialises a variable, not a temporary.
        declared = re.match(r"\s*(const\s+)?[\w:<>,]+[\s&]+\w+\s*\{", text[start:])
        for opener, closer in temporaries(text, start, partner):
            if declared and opener == start + declared.end() - 1:
                continue
            inside = text[opener + 1:closer]
            if captures_values(inside) if text[opener] == "[" else not harmless(inside):
                lines.add(text.count("\n", 0, opener) + 1)
        for question in conditionals(text, start, statement_end(text, start, partner), partner):
            lines.add(text.count("\n", 0, question) + 1)
    return sorted(lines)


def check_tree(root):
    ours = os.path.exists(os.path.join(root, "include", "roomstore"))
    paths = [path for path in source_files.paths(root, ("include", "src", "tests", "examples") if ours else ("",))
             if not ours or not path.startswith("tests/package/call_expressions/")]
    return len(paths), [f"{path}:{line}: temporary in an expression with co_await; use a named variable"
                        for path in paths for line in check_text(source_files.read(root, path))]


WRONG = [
    'co_await f({.id = "x"});',
    'auto a = co_await f(Room{.id = "x"});',
    "co_return co_await f(\n    make({.id = id}));",
    'if (co_await f({"x"})) { g(); }',
    'for (auto& e : co_await f(std::move(a), Room{"x"})) { g(e); }',
    'CHECK((co_await f()) == Text{"x"});',
    'g(Room{.id = "x"}, co_await f());',
    'if (a) { b(); } co_await f({.id = "x", .limit = 1});',
    'auto work = [&]() -> asio::awaitable<void> { co_await f({.id = "x"}); };',
    'co_await h([&](int i) { return i; }, {.id = "x"});',
    "co_await f([room](int i) { g(room); });",
    "co_await f(token, [&, call = std::move(call)](auto handler) mutable { g(call); });",
    "co_await f([=] { g(room); });",
    'try { co_await f({.id = "x"}); } catch (const Error&) {}',
    'co_await f(n > 0 ? prefix + "x" : "");',
    'co_await f(n > 0 ? std::optional(id) : std::nullopt);',
    'co_return n ? co_await f(id) : other;',
    'const auto a = co_await f(id) + (n ? b : c);',
    'co_await f(n ? 1 : m ? id : 0);',
    'if (co_await f(n ? id : "x")) { g(); }',
]

RIGHT = [
    'Room room{.id = "x"}; co_await f(std::move(room));',
    "co_await f({.offset = 1, .limit = 2});",
    "co_await f(id, {});",
    'g({.id = "x"}); co_await f(id);',
    'if (a) { g({.id = "x"}); } co_await f();',
    'co_await f(id); g(Room{.id = "x"});',
    'struct S { T f() override { co_await g(); } T h() final { co_await g(id); } };',
    'co_await f([&](int i) { g(Room{.id = "x"}); });',
    'auto work = [&]() -> asio::awaitable<void> { Room r{.id = "x"}; co_await f(r); };',
    "const Room room{co_await f()};",
    "co_await f([&, this](int i) { g(room, i); }, rooms[i], [] {});",
    "auto work = [room] { g(room); }; co_await f(work);",
    "spawn(io, [room]() -> asio::awaitable<void> { co_await f(room); });",
    'co_await f(); // {.id = "x"}',
    'co_await f("{.id}");',
    'struct A { std::string id{"x"}; asio::awaitable<void> f() { co_await g(); } };',
    'asio::awaitable<Room> h() { co_return Room{.id = "x"}; }',
    'const auto id = n ? a : b; co_await f(id);',
    'co_await f({.limit = n ? 1 : -2});',
    'co_await f(n ? "a" : "b");',
    'co_await f(n ? Gap::skip : roomstore::Gap::refuse);',
    'gone = co_await f(id) ? 1 : 0;',
    'co_await f([&] { return n ? a : b; }());',
    'co_await f(id); g(n ? a : b);',
    'if (n ? a : b) { co_await f(id); }',
]


def self_test():
    failures = [f"not found: {code}" for code in WRONG if not check_text(f"void f() {{ {code} }}")]
    failures += [f"found: {code}" for code in RIGHT if check_text(f"void f() {{ {code} }}")]
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "src"))
        with open(os.path.join(root, "src", "a.cpp"), "w", encoding="utf-8") as file:
            file.write(WRONG[0])
        if check_tree(root)[1] != ["src/a.cpp:1: temporary in an expression with co_await; use a named variable"]:
            failures.append("not found in a tree")
    print(*failures, f"{len(WRONG) + len(RIGHT) + 1} cases tried, {len(failures)} failed", sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(source_files.main(sys.argv[1:], self_test, check_tree))
