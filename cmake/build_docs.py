#!/usr/bin/env python3
"""Builds the documentation of the public interface and checks it.

    build_docs.py DOXYGEN FOLDER   FOLDER has the Doxyfile; the pages are written to FOLDER/html
    build_docs.py --filter PAGE    prints the README or a page of the guide as input for Doxygen
    build_docs.py --self-test      shows that each check can fail

Warnings of Doxygen are errors (Doxyfile.in). In addition, every operation of the interface must be listed in the
group of its noun, every type and function must be in a group, and every link must lead to a file. Files of the
tree that the README and the guide link are copied next to the pages.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
INTERFACE = "include/roomstore/conversation_store.hpp"
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")
COPIES = "source"
GUIDE = ["include/roomstore/concepts.md", "include/roomstore/errors.md", "include/roomstore/testing.md",
         "src/postgres/production.md"]


def operations(text):
    """The names of the operations under each @name of the interface, except the lifecycle."""
    sections = re.split(r"/// @name (.+)\n", text)[1:]
    for name, body in zip(sections[::2], sections[1::2]):
        code = re.sub(r"//.*", "", body)
        names = re.findall(r"asio::awaitable<.*?>\s+(\w+)\(", code, re.S)
        if name != "Lifecycle":
            yield name.lower().replace(" ", "_"), sorted(set(names), key=names.index)


def operations_page(text):
    for group, names in operations(text):
        links = ", ".join(f'@ref roomstore::ConversationStore::{name} "{name}"' for name in names)
        yield f"/** @addtogroup {group}\nOperations: {links}. */\n"


def target_of(link, folder):
    """The path in the tree of a link in a page that lies in `folder`."""
    return os.path.normpath(os.path.join(folder, link))


def filtered(text, folder=""):
    def replaced(link):
        path = target_of(link[1], folder)
        return f"]({path if path in GUIDE else f'{COPIES}/{path}'}{link[2] or ''})"

    return LINK.sub(replaced, text)


def copy_linked(text, folder, pages):
    for path in {target_of(link[0], folder) for link in LINK.findall(text)} - set(GUIDE):
        source, copy = os.path.join(ROOT, path), os.path.join(pages, COPIES, path)
        if os.path.isdir(source):
            shutil.copytree(source, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        elif os.path.exists(source):
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copy(source, copy)


def dead_links(pages):
    for page in sorted(glob.glob(os.path.join(pages, "*.html"))):
        for target in re.findall(r'(?:href|src)="([^"#]+)', open(page, encoding="utf-8").read()):
            where = urllib.parse.urlparse(target)
            if not where.scheme and not os.path.exists(os.path.join(pages, urllib.parse.unquote(where.path))):
                yield f"{os.path.basename(page)} links {target}, which does not exist"


def not_in_a_group(tags):
    compounds = list(tags)
    groups = [each for each in compounds if each.get("kind") == "group"]
    grouped = {each.text for group in groups for each in group.findall("class")}
    grouped |= {each.findtext("name") for group in groups for each in group.findall("member")}
    for compound in compounds:
        name = compound.findtext("name")
        if compound.get("kind") in ("class", "struct") and re.fullmatch(r"roomstore::(contract::)?\w+", name):
            if name not in grouped:
                yield f"{name} is in no group"
        if compound.get("kind") == "namespace" and name in ("roomstore", "roomstore::contract"):
            for member in compound.findall("member"):
                if member.findtext("name") not in grouped | {"operator<<", "operator==", "to_json", "from_json"}:
                    yield f"{name}::{member.findtext('name')} is in no group"


def problems(folder):
    pages = os.path.join(folder, "html")
    yield from not_in_a_group(xml.etree.ElementTree.parse(os.path.join(folder, "tags.xml")).getroot())
    yield from dead_links(pages)
    known = dict(operations(open(os.path.join(ROOT, INTERFACE), encoding="utf-8").read()))
    for group, names in known.items():
        page = open(os.path.join(pages, f"group__{group.replace('_', '__')}.html"), encoding="utf-8").read()
        for name in names:
            if f">{name}</a>" not in page:
                yield f"the group {group} does not link {name}"


def build(doxygen, folder):
    interface = open(os.path.join(ROOT, INTERFACE), encoding="utf-8").read()
    shutil.rmtree(os.path.join(folder, "html"), ignore_errors=True)
    with open(os.path.join(folder, "operations.dox"), "w", encoding="utf-8") as file:
        file.writelines(operations_page(interface))
    if subprocess.run([doxygen, os.path.join(folder, "Doxyfile")]).returncode != 0:
        return 1
    for page in ["README.md", *GUIDE]:
        text = open(os.path.join(ROOT, page), encoding="utf-8").read()
        copy_linked(text, os.path.dirname(page), os.path.join(folder, "html"))
    found = list(problems(folder))
    print("\n".join(found + [f"{len(found)} problems in addition to Doxygen's"]))
    return 1 if found else 0


def self_test():
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "page.html"), "w", encoding="utf-8") as file:
            file.write('<a href="https://example.org">there</a><a href="page.html#x">here</a><a href="none.html">')
        if len(list(dead_links(folder))) != 1:
            missed.append("a dead link")
    tags = xml.etree.ElementTree.fromstring(
        '<tagfile><compound kind="group"><name>g</name><class>roomstore::In</class></compound>'
        '<compound kind="class"><name>roomstore::In</name></compound>'
        '<compound kind="class"><name>roomstore::Out</name></compound>'
        '<compound kind="namespace"><name>roomstore</name><member><name>loose</name></member></compound></tagfile>')
    if list(not_in_a_group(tags)) != ["roomstore::Out is in no group", "roomstore::loose is in no group"]:
        missed.append("a type in no group")
    header = "/// @name Rooms\nvirtual asio::awaitable<std::map<A, B>> get_room(std::string id) = 0;\n"
    if dict(operations(header)) != {"rooms": ["get_room"]}:
        missed.append("an operation")
    if filtered("[a](b/c.hpp) [d](https://e) [f](#g)") != f"[a]({COPIES}/b/c.hpp) [d](https://e) [f](#g)":
        missed.append("a link of the README")
    if filtered("[a](../b.hpp) [c](errors.md)", "include/roomstore") != f"[a]({COPIES}/include/b.hpp) [c](include/roomstore/errors.md)":
        missed.append("a link of the guide")
    print(f"missed: {missed}")
    return 1 if missed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--filter"]:
        where = os.path.relpath(os.path.dirname(os.path.abspath(sys.argv[2])), os.path.abspath(ROOT))
        sys.stdout.write(filtered(open(sys.argv[2], encoding="utf-8").read(), where))
        sys.exit(0)
    sys.exit(self_test() if sys.argv[1:] == ["--self-test"] else build(*sys.argv[1:]))
