#!/usr/bin/env python3
"""Checks the spelling of public texts and names: a typo in a public name cannot be corrected later.

    check_spelling.py [ROOT]       checks a tree, prints every misspelling, returns 1 if there is one
    check_spelling.py --self-test  shows that misspellings are found

codespell searches for known misspellings in include/, examples/, cmake/ and the README. hunspell, with the American
and the British dictionary, checks every word of the public headers and of the README; names are split at `_` and at
capitals. Other correct words are listed in spelling_words.txt in the folder of this file; each of them must be used.
If a program or dictionary is missing, prints that and returns 4, or 1 if CI is set.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
WORDS = os.path.join(HERE, "spelling_words.txt")
KNOWN_MISSPELLINGS_IN = ("include", "examples", "cmake", "README.md")
DICTIONARIES = ("en_US", "en_GB")
# [Ss]uites, [Tt]ypes
PARTS_OF_EXPRESSIONS = "uites,ypes"
# URLs, and text that is not prose: JSON names of other projects, format strings, escapes.
NO_WORDS = re.compile(r"https?://\S+|\]\([^)]*\)|\\[a-z]|0x[0-9a-f]+|&[a-z]+;|#include .*|@\w+", re.I)
# aB|Cd, ABC|Def, ab|12
PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


def words_of(text):
    """Each word in lower case, with the numbers of its lines."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        for part in PARTS.findall(NO_WORDS.sub(" ", line)):
            if len(part) > 2:
                found.setdefault(part.lower(), []).append(number)
    return found


def known_to(dictionary, words):
    """The words that the dictionary contains in lower case, capitalised, or in capitals."""
    forms = {form: word for word in words for form in (word, word.capitalize(), word.upper())}
    answer = subprocess.run(["hunspell", "-d", dictionary, "-i", "utf-8", "-G"], input="\n".join(forms),
                            check=True, capture_output=True, text=True)
    return {forms[form] for form in answer.stdout.split() if form in forms}


def public_texts(root):
    for path in glob.glob(os.path.join(root, "include/**/*.hpp"), recursive=True) + [os.path.join(root, "README.md")]:
        if "/detail/" not in path:
            yield os.path.relpath(path, root), open(path, encoding="utf-8").read()


def unknown_words(texts, allowed):
    places = {}
    for path, text in texts:
        for word, lines in words_of(text).items():
            places.setdefault(word, []).append(f"{path}:{lines[0]}")
    unknown = set(places)
    for dictionary in DICTIONARIES:
        unknown -= known_to(dictionary, unknown)
    for word in sorted(unknown - allowed):
        yield f"{places[word][0]}: '{word}' is in no dictionary, nor in tests/spelling_words.txt"
    for word in sorted(allowed - unknown):
        yield f"tests/spelling_words.txt: '{word}' is not needed"


def known_misspellings(root):
    paths = [os.path.join(root, each) for each in KNOWN_MISSPELLINGS_IN if os.path.exists(os.path.join(root, each))]
    command = ["codespell", "--ignore-words", WORDS, "--ignore-words-list", PARTS_OF_EXPRESSIONS, *paths]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.stderr and answer.returncode not in (0, 65):
        yield f"codespell: {answer.stderr}"
    yield from (os.path.normpath(line) for line in answer.stdout.splitlines() if "==>" in line)


def allowed_words():
    return {line.strip() for line in open(WORDS, encoding="utf-8") if line.strip() and not line.startswith("#")}


def lacking():
    missing = [program for program in ("codespell", "hunspell") if shutil.which(program) is None]
    if missing:
        return missing
    for dictionary in DICTIONARIES:
        found = subprocess.run(["hunspell", "-d", dictionary, "-l"], input="", capture_output=True, text=True)
        if found.returncode != 0:
            missing.append(f"hunspell's dictionary {dictionary}")
    return missing


def self_test():
    missed = []
    planted = [("a.hpp", "int recieve_count = 0;"), ("b.hpp", "class EventRecorrder {};"), ("c.md", "This is nonsens.")]
    for path, text in planted:
        if not any(path in each for each in unknown_words([(path, text)], set())):
            missed.append(text)
    if list(unknown_words([("d.hpp", "Text getHTTPServerColour_of(int color);")], set())):
        missed.append("words that are right")
    if not list(unknown_words([("e.hpp", "int room;")], {"unused"})):
        missed.append("a word that is not needed")
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "cmake"))
        with open(os.path.join(root, "cmake/a.cmake"), "w", encoding="utf-8") as file:
            file.write("# occured\n")
        if not list(known_misspellings(root)):
            missed.append("occured")
    print(f"missed: {missed}")
    return 1 if missed else 0


def main(arguments):
    missing = lacking()
    if missing:
        print(f"lacks {', '.join(missing)}: cmake/install_dependencies.sh checks installs them")
        return 1 if os.environ.get("CI") else 4
    if arguments == ["--self-test"]:
        return self_test()
    root = arguments[0] if arguments else os.path.join(HERE, "..")
    found = list(unknown_words(public_texts(root), allowed_words())) + list(known_misspellings(root))
    print("\n".join(found + [f"spelling: {len(found)} problems"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
