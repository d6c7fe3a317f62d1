#!/usr/bin/env python3
"""Runs the commands of the READMEs as a reader would, and asks the programs whether they know the flags of the rest.

  readme_commands_test.py BIN     BIN: the folder with walbreaker and the other programs of a build

Run are the blocks that name build/release/bin, in a folder with the files of a checkout, where that is BIN. Their last
command finds a violation, and exits 1, where it says --stop-after 1; all others exit 0.
"""
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
READMES = sorted(path for path in ROOT.glob("**/*.md") if "build" not in path.relative_to(ROOT).parts)
PROGRAMS = ("walbreaker", "kvstore", "kvfault")


def blocks_of(readme):
    """Each fenced block without a language, as a list of lines."""
    text = readme.read_text()
    return [block.splitlines() for block in re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def commands_of(block):
    """What a reader types of it, without comments: `$ ` stands before a command whose output follows."""
    typed = [line[2:] for line in block if line.startswith("$ ")] or block
    return [re.sub(r"\s+# .*", "", line) for line in typed]


class ReadmeCommands(unittest.TestCase):
    bin = None

    def test_run(self):
        ran = 0
        for readme in READMES:
            for block in blocks_of(readme):
                if not any("build/release/bin/" in line for line in block):
                    continue
                with self.subTest(readme=readme.name, block=block), tempfile.TemporaryDirectory() as name:
                    folder = pathlib.Path(name)
                    for part in ROOT.iterdir():
                        if part.name != "build":
                            (folder / part.name).symlink_to(part)
                    (folder / "build/release").mkdir(parents=True)
                    (folder / "build/release/bin").symlink_to(self.bin)
                    # What builds is what the build around this test has done.
                    lines = [line for line in commands_of(block) if not line.startswith("cmake ")]
                    done = subprocess.run(["bash", "-ec", "\n".join(lines)], cwd=folder, text=True, capture_output=True,
                                          check=False)
                    expected = 1 if lines[-1].endswith("--stop-after 1") else 0
                    self.assertEqual(done.returncode, expected, done.stdout + done.stderr)
                    ran += 1
        self.assertGreaterEqual(ran, 5)

    def test_flags_and_scripts_are_known(self):
        asked = 0
        for readme in READMES:
            for line in [command for block in blocks_of(readme) for command in commands_of(block)]:
                words = re.split(r"\s+", line.strip())
                program = pathlib.Path(words[0]).name
                if program in PROGRAMS and len(words) > 1 and re.fullmatch(r"[a-z-]+", words[1]):
                    help_text = subprocess.run([self.bin / program, words[1], "--help"], text=True, capture_output=True,
                                               check=False)
                    with self.subTest(readme=readme.name, line=line):
                        self.assertEqual(help_text.returncode, 0, help_text.stderr)
                        flags = [word.partition("=")[0] for word in shlex.split(line) if word.startswith("--")]
                        for flag in flags:
                            self.assertRegex(help_text.stdout, rf"{flag}\b")
                        asked += 1
                elif re.fullmatch(r"(\./)?ci/[a-z-]+", words[0]):
                    with self.subTest(readme=readme.name, line=line):
                        self.assertTrue((ROOT / words[0]).is_file())
                        asked += 1
        self.assertGreaterEqual(asked, 10)


if __name__ == "__main__":
    ReadmeCommands.bin = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
