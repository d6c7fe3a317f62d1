"""Patches of the engine, and the headers that they begin with.

A header is lines `key: value` before the first `diff --git`; some keys may stand on several lines:

  mutant: no-wal-fsync                   or `twin: NAME`; the file's name
  class: missing fsync
  change: what is changed, in a sentence or two
  mirrors: https://github.com/...        a real bug of this kind; a line for each
  needs: the least it takes to see it, in words
  shows: lost_ack, silent_loss           the kinds of violation that it may show
  ingredient: pending data dropped       the first of INGREDIENTS that suffices
"""
import dataclasses
import pathlib

KINDS = {"mutants": "mutant", "twins": "twin"}
CONTROL = "reference"
MUTANT_KEYS = ("class", "change", "needs", "shows", "ingredient")
TWIN_KEYS = ("class", "change")
INGREDIENTS = ("plain kill", "pending data dropped", "directory operations", "torn or reordered data", "second crash",
               "damage at rest", "errors from the OS", "overlap")


class BadPatch(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Engine:
    """What is run: the engine of a patch, or the control."""
    kind: str  # mutant, twin, control
    name: str  # the plugin's
    path: pathlib.Path | None = None
    header: dict = dataclasses.field(default_factory=dict, hash=False)


def split_patch(text):
    """The header, and the diff; a patch without a diff is all header."""
    start = text.find("diff --git ")
    return (text, "") if start < 0 else (text[:start], text[start:])


def read_header(text):
    """A dictionary of lists. A line that has no key of its own goes on with the one before."""
    header, key = {}, None
    for line in text.splitlines():
        word, colon, value = line.partition(": ")
        if colon and " " not in word and line[0] != " ":
            key = word
            header.setdefault(key, []).append(value.strip())
        elif line.strip() and key:
            header[key][-1] += " " + line.strip()
    return {key: values if key == "mirrors" else " ".join(values) for key, values in header.items()}


def load_patch(path, kind):
    text, diff = split_patch(path.read_text())
    header = read_header(text)
    if header.get(kind) != path.stem:
        raise BadPatch(f"{path}: expected the line \"{kind}: {path.stem}\"")
    for key in MUTANT_KEYS if kind == "mutant" else TWIN_KEYS:
        if key not in header:
            raise BadPatch(f"{path}: expected a line \"{key}: ...\"")
    if kind == "mutant" and header["ingredient"] not in INGREDIENTS:
        raise BadPatch(f"{path}: the ingredient is none of: {', '.join(INGREDIENTS)}")
    if not diff:
        raise BadPatch(f"{path}: changes no file")
    return Engine(kind, path.stem, path, header)


def load_engines(corpora, names):
    """All, or those that are named: the control, twins, mutants; sorted by name."""
    engines = [Engine("control", CONTROL)]
    for folder in ("twins", "mutants"):
        engines += [load_patch(path, KINDS[folder]) for path in sorted((corpora / folder).glob("*.patch"))]
    known = [engine.name for engine in engines]
    for name in known:
        if known.count(name) > 1:
            raise BadPatch(f"{name} is the name of two engines")
    for name in names:
        if name not in known:
            raise BadPatch(f"there is no patch \"{name}\"")
    return [engine for engine in engines if not names or engine.name in names]
