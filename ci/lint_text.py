#!/usr/bin/env python3
"""Checks what is written for people, and that every file has a test; prints what it finds, and exits 1.

  words   a word that the glossary of CONTRIBUTING.md gives up for another one
  links   a link of a Markdown file to a file or a heading that is not there
  tests   a header that no test reaches, over what it includes and the sources beside that
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The glossary's column "not", as far as a word means nothing else here.
WORDS = ("persisted", "shorn", "DUT", "SUT", "reproducer", "LSN", "contract", "dirty", "checkpoint", "transaction", "checker")
# Where others speak in their own words: quoted file systems, other engines; and the glossary itself.
FOREIGN = ("CONTRIBUTING.md", "faultfs/MODEL.md", "harness/engines/", "harness/RESULTS.md", "harness/examples/sqlite",
           "corpora/mutants/", "corpora/cases/", "ci/lint_text.py", "LICENSE")


def project_files(*patterns):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns], cwd=ROOT, text=True,
                            capture_output=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def text_of(name):
    return (ROOT / name).read_text(errors="replace")


def check_words():
    banned = re.compile(rf"\b({'|'.join(WORDS)})\b", re.IGNORECASE)
    for name in project_files("*.md", "*.h", "*.c", "*.cc", "*.py", "*.txt", "*.cmake", "ci/*"):
        if name.startswith(FOREIGN):
            continue
        for number, line in enumerate(text_of(name).splitlines(), 1):
            for found in banned.finditer(line):
                yield f"{name}:{number}: the glossary has another word for '{found[0]}'"


def anchors_of(name):
    """The headings of a Markdown file as links name them."""
    headings = re.findall(r"^#+ +(.*)$", text_of(name), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def check_links():
    for name in project_files("*.md"):
        for number, line in enumerate(text_of(name).splitlines(), 1):
            for link in re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:", link):
                    continue
                path, _, anchor = link.partition("#")
                target = (ROOT / name).parent / path if path else ROOT / name
                if not target.exists():
                    yield f"{name}:{number}: {link} leads nowhere: there is no {path}"
                elif anchor and anchor not in anchors_of(target.resolve().relative_to(ROOT)):
                    yield f"{name}:{number}: {link} leads nowhere: {path or name} has no such heading"


def check_tests():
    sources = project_files("*.h", "*.cc")
    includes = {name: set(re.findall(r'^#include "([^"]+)"', text_of(name), re.MULTILINE)) for name in sources}
    # Tests include what they test; they run commands, drivers and plugins. Benchmarks are for people.
    begins = re.compile(r"_(test|tests|laws|main|plugin|driver)\.cc$|^properties/fuzz/|/examples/|^engine/bench_")
    reached = set()
    open_files = [name for name in sources if begins.search(name)]
    while open_files:
        name = open_files.pop()
        if name not in reached:
            reached.add(name)
            open_files += [unit for header in includes[name] for unit in (header, header.removesuffix(".h") + ".cc")
                           if unit in includes]
    for name in sources:
        if name.endswith(".h") and name not in reached:
            yield f"{name}: no test reaches it"


def main():
    findings = [finding for check in (check_words, check_links, check_tests) for finding in check()]
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
