#!/usr/bin/env python3
"""Checks the layering: which part of the tree may include which.

    check_includes.py [ROOT]      checks a tree, prints every violation, returns 1 if there is one
    check_includes.py --self-test shows that each rule catches what it forbids

A row of RULES names files and what they may include; the first row that matches a file applies. A source file
that matches no row is a violation too, so that the table must cover new folders.
"""

import fnmatch
import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True
import source_files

# Categories of included files, by the first pattern that matches. Paths are as written in the source.
CATEGORIES = [
    ("awaitable", ["roomstore/detail/asio_check.hpp"]),
    ("definitions", ["roomstore/src.hpp", "roomstore/impl/*", "roomstore/memory/impl/*"]),
    ("model", ["roomstore/model/*", "roomstore/changes.hpp", "roomstore/error.hpp", "roomstore/inbox.hpp",
               "roomstore/query.hpp",
               "roomstore/version.hpp", "roomstore/detail/visibility.hpp"]),
    ("interface", ["roomstore/conversation_store.hpp", "roomstore/event_pager.hpp", "roomstore/room_feed.hpp",
                   "roomstore/watch.hpp", "roomstore/within.hpp",
                   "roomstore/detail/operations.*", "roomstore/detail/declare_operations.inc"]),
    ("decorators", ["roomstore/decorators/*", "roomstore/testing.hpp"]),
    ("prometheus", ["roomstore/prometheus/*", "prometheus/*"]),
    # Quoting and hashing of user texts, for every layer.
    ("text", ["roomstore/detail/text.hpp", "roomstore/detail/text_hash.hpp", "roomstore/detail/sip_hash.hpp"]),
    ("checks", ["roomstore/detail/*"]),  # of arguments; shared by both backends
    ("fmt_support", ["roomstore/format.hpp"]),
    ("memory_detail", ["roomstore/memory/detail/*"]),
    ("memory", ["roomstore/memory/*", "roomstore/roomstore.hpp"]),
    ("options", ["roomstore/postgres/export.hpp", "roomstore/postgres/postgres_options.hpp",
                 "roomstore/postgres/postgres_stats.hpp"]),
    ("postgres", ["roomstore/postgres/*"]),
    ("statement", ["sql/statement.hpp"]),
    ("sql", ["sql/*", "schema/*"]),
    ("call", ["pool/call.hpp"]),
    ("log", ["log.hpp"]),
    ("live", ["live/*"]),
    ("pool", ["pool/*"]),
    ("session", ["driver/session.hpp"]),
    ("driver", ["driver/*"]),
    ("awaitable", ["asio/awaitable.hpp", "asio/any_io_executor.hpp"]),
    ("asio", ["asio.hpp", "asio/*"]),
    ("json", ["nlohmann/*"]),
    ("fmt", ["fmt/*"]),
    ("pqxx", ["pqxx/*", "pqxx", "libpq*", "postgres_ext.h"]),
    ("catch2", ["catch2/*"]),
    ("cli11", ["CLI/*"]),
    # They use std::hash, for which colliding keys can be made; text_hash.hpp has hash tables of texts.
    ("hash_tables", ["unordered_map", "unordered_set"]),
    ("system", ["*.h"]),
    ("std", ["*"]),
]

PUBLIC = {"model", "text", "checks", "interface", "decorators", "prometheus", "fmt_support", "memory", "options", "postgres"}
LIBRARIES = {"std", "hash_tables", "system", "json", "fmt", "asio", "awaitable"}

# (files, what they may include)
RULES = [
    ("include/roomstore/version.hpp", set()),
    ("include/roomstore/format.hpp", {"std", "json", "fmt", "model"}),
    ("include/roomstore/roomstore.hpp", (PUBLIC | {"std", "asio"}) - {"postgres", "options", "fmt_support", "prometheus"}),
    # Only the one file that is compiled has the definitions and their dependencies.
    ("include/roomstore/src.hpp", {"definitions"}),
    ("include/roomstore/impl/id.ipp", {"std", "system", "json", "model", "text"}),  # the kernel's random bytes
    ("include/roomstore/impl/*", {"std", "json", "asio", "awaitable", "model", "text", "checks", "interface", "decorators"}),
    ("include/roomstore/memory/impl/*",
     {"std", "json", "asio", "awaitable", "model", "interface", "memory", "memory_detail"}),
    ("src/roomstore.cpp", {"definitions"}),
    ("include/roomstore/model/*", {"std", "json", "model"}),
    ("include/roomstore/error.hpp", {"std", "json", "model"}),
    ("include/roomstore/query.hpp", {"std", "json", "model"}),
    (["include/roomstore/changes.hpp", "include/roomstore/inbox.hpp"], {"std", "json", "model"}),
    (["include/roomstore/event_pager.hpp", "include/roomstore/watch.hpp", "include/roomstore/room_feed.hpp"],
     {"std", "awaitable", "model", "interface"}),
    ("include/roomstore/conversation_store.hpp", {"std", "json", "awaitable", "model", "interface"}),
    ("include/roomstore/detail/declare_operations.inc", {"interface"}),
    ("include/roomstore/decorators/call_observer.hpp", {"std", "asio", "awaitable", "model"}),
    ("include/roomstore/within.hpp", {"std", "asio", "awaitable", "model", "interface"}),
    ("include/roomstore/testing.hpp", {"std", "asio", "awaitable", "interface", "decorators"}),
    (["include/roomstore/decorators/failing_store.hpp", "include/roomstore/decorators/forwarding_store.hpp",
      "include/roomstore/decorators/observed_store.hpp"],
     {"std", "json", "asio", "awaitable", "model", "interface", "decorators"}),
    ("include/roomstore/prometheus/*", {"std", "model", "text", "checks", "decorators", "prometheus"}),
    ("include/roomstore/detail/asio_check.hpp", {"std", "asio"}),
    ("include/roomstore/detail/text_hash.hpp", {"std", "hash_tables", "text"}),
    ("include/roomstore/detail/watch_registry.hpp", {"std", "awaitable", "model", "interface", "text", "checks"}),
    ("include/roomstore/detail/*", {"std", "json", "model", "text", "checks"}),
    ("include/roomstore/memory/detail/room_map.hpp", {"std", "hash_tables", "text", "memory_detail"}),  # hashes once
    ("include/roomstore/memory/detail/*", {"std", "json", "model", "text", "checks", "memory_detail"}),
    ("include/roomstore/memory/*", {"std", "json", "awaitable", "model", "interface", "memory"}),
    ("include/roomstore/postgres/*",
     {"std", "json", "awaitable", "model", "interface", "options", "postgres"}),
    ("src/postgres/live/wake_up.*", {"std", "system", "live"}),
    ("src/postgres/live/hints.*", {"std", "fmt", "model", "text", "checks", "live"}),
    # The keys of its hash table are hashes with a secret key.
    ("src/postgres/live/*",
     {"std", "hash_tables", "fmt", "model", "text", "checks", "options", "sql", "pool", "log", "driver", "live"}),
    ("src/postgres/postgres_store*",
     {"std", "json", "fmt", "asio", "awaitable", "model", "text", "checks", "interface", "options", "postgres", "sql",
      "statement", "pool", "call", "session", "live"}),
    ("src/postgres/room_write_job.*", {"std", "model", "sql", "pool", "call", "session"}),
    ("src/postgres/sql/*", {"std", "json", "fmt", "model", "text", "checks", "sql", "statement", "log", "driver", "session"}),
    ("src/postgres/schema/print_schema.cpp", {"std", "postgres"}),
    ("src/postgres/schema/*", {"std", "json", "fmt", "model", "text", "sql", "statement", "driver", "session"}),
    ("src/postgres/pool/call.*", {"std", "call"}),
    ("src/postgres/log.*", {"std", "fmt", "options", "text", "log"}),
    ("src/postgres/pool/*",
     {"std", "system", "json", "fmt", "asio", "awaitable", "model", "text", "options", "pool", "call", "log",
      "session"}),
    # The keys are names of statements, which users cannot choose.
    ("src/postgres/driver/server_session.hpp",
     {"std", "hash_tables", "fmt", "pqxx", "model", "options", "statement", "driver", "session"}),
    ("src/postgres/driver/*",
     {"std", "system", "json", "fmt", "pqxx", "model", "text", "options", "statement", "driver", "session"}),
    # The suite is written once for all backends; only a harness depends on a certain one.
    ("tests/contract/*harness*", PUBLIC | LIBRARIES | {"catch2"}),
    ("tests/contract/*", (PUBLIC | LIBRARIES | {"catch2"}) - {"memory", "postgres", "options", "prometheus"}),
    ("examples/chat_server/main.cpp", PUBLIC | LIBRARIES),
    ("examples/chat_server/test/*", PUBLIC | LIBRARIES | {"catch2"}),
    ("examples/chat_server/options.cpp", LIBRARIES | {"cli11"}),
    ("examples/chat_server/*", (PUBLIC | LIBRARIES) - {"memory", "postgres", "options", "prometheus"}),
    ("examples/*", PUBLIC | LIBRARIES),
    ("tests/*", None),  # everything: the tests of a layer include that layer
]

# Names of libpqxx and libpq; searched outside comments and strings.
DRIVER_NAMES = re.compile(r"\bpqxx::|\bPQ[a-z]\w*\s*\(|\bPG(conn|result|cancel)\b")
ASIO_CHECK = "include/roomstore/detail/asio_check.hpp"
ASIO_FIRST = f"includes asio before any standard header: {ASIO_CHECK} has the reason"
NOT_LISTED = "no CMakeLists.txt above it lists it"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
COMMENTS_AND_STRINGS = re.compile(
    r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*(?:.|\n)*?\*/')


def first_fit(table, name):
    for row in table:
        patterns = row[0] if isinstance(row[0], list) else [row[0]]
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            return row
    return None


def category(quote, include, path):
    """The category of an include; a quoted one may be relative to the folder of its file."""
    patterns = [(patterns, name) for name, patterns in CATEGORIES]
    kind = first_fit(patterns, include)[1]
    if quote == '"' and kind in ("std", "system"):
        beside = os.path.normpath(os.path.join(os.path.dirname(path), include))
        for base in ("include/", "src/postgres/"):
            if beside.startswith(base):
                return first_fit(patterns, beside.removeprefix(base))[1]
        return "neighbour"
    return kind


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def check_file(root, path):
    row = first_fit(RULES, path)
    if row is None:
        yield f"{path}: no row of the table in tests/check_includes.py matches this file"
        return
    text = source_files.read(root, path)
    allowed = row[1]
    for number, line in enumerate(text.splitlines(), 1):
        include = INCLUDE.match(line)
        if include and allowed is not None:
            kind = category(include.group(1), include.group(2), path)
            if kind not in allowed | {"neighbour"}:
                yield f"{path}:{number}: may not include {include.group(2)} ({kind})"
    first = next((category(*found, path) for found in INCLUDE.findall(text)), None)
    if path.startswith("include/") and first in ("asio", "awaitable") and path != ASIO_CHECK:
        yield f"{path}: {ASIO_FIRST}"
    if not path.startswith(("src/postgres/driver/", "tests/")):
        for number, line in enumerate(COMMENTS_AND_STRINGS.sub(blank, text).splitlines(), 1):
            name = DRIVER_NAMES.search(line)
            if name and not INCLUDE.match(line):
                yield f"{path}:{number}: names {name.group(0).strip()}, which belongs to src/postgres/driver"


def check_listed(root, path):
    """A file that no CMakeLists.txt lists: a header is then not installed, a source not compiled."""
    folder = os.path.dirname(path)
    library = os.path.join(root, "src/postgres/CMakeLists.txt")
    if folder == "include/roomstore/postgres" and os.path.exists(library):  # the public headers of that library
        with open(library, encoding="utf-8") as file:
            if re.search(r"/" + re.escape(path) + r"($|[\s)])", file.read()):
                return
    while True:
        lists = os.path.join(root, folder, "CMakeLists.txt")
        if os.path.exists(lists):
            with open(lists, encoding="utf-8") as file:
                text = file.read()
            name = os.path.relpath(path, folder or ".")
            if re.search(r"(^|[\s/(])" + re.escape(name) + r"($|[\s)])", text):
                return
        if not folder:
            break
        folder = os.path.dirname(folder)
    yield f"{path}: {NOT_LISTED}"


def check_tree(root):
    # The consumers in tests/package are separate projects.
    paths = [path for path in source_files.paths(root, ("include", "src", "tests", "examples"),
                                                 (".hpp", ".ipp", ".cpp", ".h", ".sql"))
             if not path.startswith("tests/package/")]
    problems = []
    for path in paths:
        if not path.endswith(".sql"):
            problems += check_file(root, path)
        if path.startswith("include/") or not path.endswith((".hpp", ".h")):
            problems += check_listed(root, path)
    return len(paths), problems


# (file, line that must be rejected) for every boundary of the table.
FORBIDDEN = [
    ("include/roomstore/model/room.hpp", '#include <asio/awaitable.hpp>'),
    ("include/roomstore/error.hpp", '#include <asio.hpp>'),
    ("include/roomstore/query.hpp", '#include "roomstore/conversation_store.hpp"'),
    ("include/roomstore/detail/contains.hpp", '#include "roomstore/conversation_store.hpp"'),
    ("include/roomstore/model/json.hpp", '#include <fmt/format.h>'),
    ("include/roomstore/conversation_store.hpp", '#include <asio/co_spawn.hpp>'),
    ("include/roomstore/conversation_store.hpp", '#include "roomstore/memory/in_memory_store.hpp"'),
    ("include/roomstore/conversation_store.hpp", '#include "memory/in_memory_store.hpp"'),
    ("include/roomstore/roomstore.hpp", '#include "roomstore/postgres/postgres_store.hpp"'),
    ("include/roomstore/memory/in_memory_store.hpp", '#include <pqxx/pqxx>'),
    ("include/roomstore/memory/in_memory_store.hpp", '#include "roomstore/memory/detail/engine.hpp"'),
    ("include/roomstore/model/json.hpp", '#include "roomstore/detail/read_json.hpp"'),
    ("include/roomstore/roomstore.hpp", '#include "roomstore/src.hpp"'),
    ("src/postgres/postgres_store.cpp", '#include "roomstore/impl/json.ipp"'),
    ("include/roomstore/memory/detail/log.hpp", '#include <asio/post.hpp>'),
    ("include/roomstore/detail/validate.hpp", '#include <asio/post.hpp>'),
    ("include/roomstore/detail/validate.hpp", '#include "roomstore/conversation_store.hpp"'),
    ("include/roomstore/memory/detail/log.hpp", '#include "roomstore/conversation_store.hpp"'),
    ("include/roomstore/postgres/postgres_store.hpp", '#include <pqxx/connection>'),
    ("include/roomstore/postgres/postgres_store.hpp", '#include <asio/post.hpp>'),
    ("include/roomstore/postgres/postgres_store.hpp", '#include <fmt/format.h>'),
    ("include/roomstore/new_folder/x.hpp", '#include <string>'),
    ("src/postgres/postgres_store.cpp", '#include "driver/row.hpp"'),
    ("src/postgres/postgres_store.cpp", 'void f() { pqxx::connection c; }'),
    ("src/postgres/sql/rooms.cpp", '#include "pool/worker_pool.hpp"'),
    ("src/postgres/sql/rooms.cpp", '#include <asio/post.hpp>'),
    ("src/postgres/sql/rooms.cpp", '#include <pqxx/result>'),
    ("src/postgres/sql/rooms.cpp", 'auto f(auto* c) { return PQstatus(c); }'),
    ("src/postgres/schema/migrations.cpp", '#include "roomstore/postgres/postgres_store.hpp"'),
    ("src/postgres/pool/worker_pool.cpp", '#include "sql/rooms.hpp"'),
    ("src/postgres/pool/worker_pool.cpp", '#include "driver/row.hpp"'),
    ("src/postgres/pool/worker_pool.cpp", '#include "../driver/row.hpp"'),
    ("examples/01_hello.cpp", '#include "../src/postgres/sql/rooms.hpp"'),
    ("src/postgres/pool/worker_pool.cpp", '#include <libpq-fe.h>'),
    ("src/postgres/pool/worker_pool.cpp", '#include "libpq-fe.h"'),
    ("src/postgres/pool/call.hpp", '#include <asio/post.hpp>'),
    ("src/postgres/pool/call.hpp", '#include "worker_pool.hpp"'),
    ("src/postgres/log.hpp", '#include "pool/worker_pool.hpp"'),
    ("src/postgres/pool/worker_pool.cpp", '#include "roomstore/detail/validate.hpp"'),
    ("src/postgres/sql/events/append_steps.hpp", '#include <unordered_map>'),
    ("include/roomstore/detail/normalize.hpp", '#include <unordered_set>'),
    ("src/postgres/driver/session.cpp", '#include "sql/rooms.hpp"'),
    ("src/postgres/driver/session.cpp", '#include <asio.hpp>'),
    ("src/postgres/driver/session.cpp", '#include "pool/call.hpp"'),
    ("tests/contract/rooms.cpp", '#include "roomstore/memory/in_memory_store.hpp"'),
    ("tests/contract/rooms.cpp", '#include "roomstore/postgres/postgres_store.hpp"'),
    ("tests/contract/rooms.cpp", '#include "driver/session.hpp"'),
    ("examples/chat_server/server.cpp", '#include "roomstore/roomstore.hpp"'),
    ("examples/01_hello.cpp", '#include "sql/rooms.hpp"'),
    ("include/roomstore/decorators/observed_store.hpp", '#include <prometheus/registry.h>'),
    ("include/roomstore/roomstore.hpp", '#include "roomstore/prometheus/prometheus_observer.hpp"'),
    ("examples/chat_server/server.cpp", '#include <prometheus/exposer.h>'),
    ("examples/chat_server/server.cpp", '#include <CLI/CLI.hpp>'),
]

ALLOWED = [
    ("include/roomstore/model/room.hpp", '#include <nlohmann/json.hpp>'),
    ("include/roomstore/conversation_store.hpp", '#include <string>\n#include <asio/awaitable.hpp>'),
    ("include/roomstore/memory/impl/in_memory_store.ipp", '#include "roomstore/memory/detail/engine.hpp"'),
    ("src/roomstore.cpp", '#include "roomstore/src.hpp"'),
    ("src/postgres/postgres_store.cpp", '// pqxx::connection and PQstatus( are only named here'),
    ("src/postgres/sql/rooms.cpp", '#include "driver/row.hpp"'),
    ("src/postgres/pool/worker_pool.cpp", '#include "call.hpp"'),
    ("src/postgres/pool/worker_pool.cpp", '#include "driver/session.hpp"'),
    ("src/postgres/driver/session.cpp", '#include <pqxx/connection>'),
    ("src/postgres/driver/session.cpp", 'void f() { pqxx::connection c; }'),
    ("tests/contract/memory_harness.cpp", '#include "roomstore/memory/in_memory_store.hpp"'),
    ("examples/chat_server/main.cpp", '#include "roomstore/roomstore.hpp"'),
    ("examples/chat_server/options.cpp", '#include <CLI/CLI.hpp>'),
]


def verdict(path, line, expected=None):
    """The problems found in a tree of one listed file; only those of the kind `expected`, if given."""
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, os.path.dirname(path)))
        with open(os.path.join(root, path), "w", encoding="utf-8") as file:
            file.write(line + "\n")
        with open(os.path.join(root, "CMakeLists.txt"), "w", encoding="utf-8") as file:
            file.write("\n" if expected == NOT_LISTED else f"sources({path})\n")
        problems = check_tree(root)[1]
    return [problem for problem in problems if expected is None or expected in problem]


def self_test():
    wrong = []
    for path, line in FORBIDDEN:
        if not verdict(path, line):
            wrong.append(f"not rejected: {path}: {line}")
    for path, line in ALLOWED:
        problems = verdict(path, line)
        if problems:
            wrong.append(f"rejected: {problems}")
    if not verdict("include/roomstore/conversation_store.hpp", "#include <asio/awaitable.hpp>", ASIO_FIRST):
        wrong.append("not rejected: a header whose first include is asio")
    if not verdict("src/postgres/sql/rooms.cpp", "#include <string>", NOT_LISTED):
        wrong.append("not rejected: a source that no CMakeLists.txt lists")
    print(*wrong, f"{len(FORBIDDEN) + len(ALLOWED) + 2} rules tried, {len(wrong)} failed", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(source_files.main(sys.argv[1:], self_test, check_tree))
