"""What the command walbreaker answers, and the cases that it saves, for the scripts that call it."""
import re

VERDICTS = {0: "pass", 1: "violation", 3: "inconclusive"}  # by exit code


def commands_of(shrink_output):
    """How many commands the shrunk case has."""
    found = re.search(r"^to .*?(\d+) commands?", shrink_output, re.MULTILINE)
    return int(found[1]) if found else 0


def commands_text(count):
    return "" if count is None else f"{count} command{'' if count == 1 else 's'}"


def with_plugin_by_name(case_text):
    """The case for every build: its plugin by its name, and not by where the library is."""
    return re.sub(r"^plugin (?:.*/)?([^/\n]+?)(?:\.so)?$", r"plugin \1", case_text, count=1, flags=re.MULTILINE)
