#!/usr/bin/env python3
"""Tests of ci/mutants: patches are written here, and the engines are answers of a walbreaker that is a script."""
import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

HERE = pathlib.Path(__file__).resolve().parent

# Finds what the name of the plugin says: killed_..., or nothing; or cannot measure; or ends otherwise.
WALBREAKER = f"#!{sys.executable}\n" + textwrap.dedent('''\
    import json, pathlib, sys
    arguments = sys.argv[1:]
    after = lambda flag: arguments[arguments.index(flag) + 1]
    if arguments[0] == "shrink":
        pathlib.Path(after("-o")).write_text(pathlib.Path(arguments[1]).read_text())
        print("from      1 stage, 9 commands\\nto        1 stage, 3 commands")
    elif arguments[0] == "replay":
        text = pathlib.Path(arguments[-1]).read_text()
        if "# rotten" in text or "# stale" in text and "--plugin" in arguments:
            print("stale: no such operation")
            sys.exit(3)
    else:
        name = after("--plugin")
        if name.startswith("broken"):
            sys.exit("no such engine")
        out = pathlib.Path(after("--out"))
        out.mkdir()
        violations = []
        for number, kind in enumerate(["lost_ack", "hole"] if name.startswith("killed") else []):
            case = out / f"{number}.case"
            seed = after("--seed")
            stale = number == 0 and name.endswith("stale") or seed == "1" and name.endswith("late")
            case.write_text(f"walbreaker case 1\\nplugin /somewhere/{name}.so\\nmodel posix\\n# found with seed {seed}\\n"
                            + ("# stale\\n" if stale else f"# {kind}\\n"))
            violations.append({"campaign": "power", "kind": kind, "where": "posix: in put", "case": str(case), "summary": "S"})
        code = 1 if violations else 3 if name.startswith("unmeasured") else 0
        campaign = {"name": "power", "cases": 70, "verdict": {0: "pass", 1: "violation", 3: "inconclusive"}[code]}
        pathlib.Path(after("--json")).write_text(json.dumps({"campaigns": [campaign], "violations": violations}))
        sys.exit(code)
    ''')

DIFF = "diff --git a/engine/store.cc b/engine/store.cc\n"


class Mutants(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("mutants", "twins", "bin"):
            (self.root / name).mkdir()
        walbreaker = self.root / "bin/walbreaker"
        walbreaker.write_text(WALBREAKER)
        walbreaker.chmod(0o755)

    def mutant(self, name, header=None, diff=DIFF, ingredient="pending data dropped"):
        text = header or (f"mutant: {name}\nclass: missing fsync\nchange: no sync\n  at all.\nneeds: a power cut\n"
                          f"shows: lost_ack\ningredient: {ingredient}\n")
        (self.root / f"mutants/{name}.patch").write_text(text + diff)

    def twin(self, name):
        (self.root / f"twins/{name}.patch").write_text(f"twin: {name}\nclass: order\nchange: another order\n" + DIFF)

    def run_mutants(self, *arguments):
        command = [sys.executable, HERE / "mutants", "--no-build", "--build", self.root, "--corpora", self.root, *arguments]
        return subprocess.run(command, text=True, capture_output=True, check=False, env=os.environ)

    def test_passes_where_all_mutants_are_killed_and_nothing_else_is_flagged(self):
        self.mutant("killed_by_power")
        self.twin("other_order")
        ran = self.run_mutants("--json", self.root / "report.json")
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn("1 of 1 killed", ran.stdout)
        self.assertIn("0 of 2 twins and control", ran.stdout)
        row = next(line for line in ran.stdout.splitlines() if line.startswith("killed_by_power"))
        self.assertEqual(row.split()[:9], ["killed_by_power", "missing", "fsync", "killed", "lost_ack", "power", "posix", "1",
                                           "70"])
        self.assertTrue(row.endswith("3 commands"), row)
        report = json.loads((self.root / "report.json").read_text())
        self.assertEqual((report["verdict"], report["mutants"], report["killed"], report["right"], report["false_alarms"]),
                         ("pass", 1, 1, 2, 0))

    def test_a_mutant_that_survives_fails(self):
        self.mutant("killed_by_power")
        self.mutant("quiet")
        ran = self.run_mutants()
        self.assertEqual(ran.returncode, 1)
        self.assertIn("1 of 2 killed", ran.stdout)
        self.assertIn("survived    quiet: a power cut", ran.stdout)

    def test_a_twin_that_is_flagged_fails_and_tells_what_was_found(self):
        self.twin("killed_in_error")
        ran = self.run_mutants()
        self.assertEqual(ran.returncode, 1)
        self.assertIn("1 of 2 twins and control: killed_in_error", ran.stdout)
        self.assertIn("killed_in_error: posix: in put\nS", ran.stdout)

    def test_what_was_not_measured_is_no_pass(self):
        self.twin("unmeasured_twin")
        self.assertEqual(self.run_mutants().returncode, 1)
        self.mutant("unmeasured_mutant")
        self.assertIn("0 of 1 killed", self.run_mutants("unmeasured_mutant").stdout)

    def test_an_engine_that_does_not_run_is_no_kill(self):
        self.mutant("broken_plugin")
        ran = self.run_mutants("broken_plugin")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("broken_plugin: no such engine", ran.stdout)

    def test_the_header_has_the_name_of_its_file_and_every_key(self):
        self.mutant("one", header="mutant: another\n")
        ran = self.run_mutants()
        self.assertEqual(ran.returncode, 1)
        self.assertIn("one.patch: expected the line \"mutant: one\"", ran.stderr)
        self.mutant("one", header="mutant: one\nclass: c\nchange: c\nneeds: n\n")
        self.assertIn("expected a line \"shows: ...\"", self.run_mutants().stderr)
        self.mutant("one", ingredient="luck")
        self.assertIn("the ingredient is none of", self.run_mutants().stderr)
        self.mutant("one", diff="")
        self.assertIn("one.patch: changes no file", self.run_mutants().stderr)

    def test_keeps_the_first_case_that_the_reference_passes(self):
        self.mutant("killed_by_power")
        self.mutant("killed_stale")
        ran = self.run_mutants("--keep", self.root / "cases")
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn("plugin killed_by_power\n", (self.root / "cases/killed_by_power.case").read_text())
        self.assertIn("# hole", (self.root / "cases/killed_stale.case").read_text())

    def test_every_campaign_alone_is_a_column(self):
        self.mutant("killed_by_power")
        ran = self.run_mutants("--full", "killed_by_power")
        self.assertIn("| killed_by_power | pending data dropped | lost_ack |", ran.stdout)
        self.assertIn("| of 1 | | 1 |", ran.stdout)

    def test_every_campaign_alone_is_reported_with_the_least_that_suffices(self):
        self.mutant("killed_by_power")
        self.mutant("quiet")
        report = self.root / "report.json"
        self.assertEqual(self.run_mutants("--full", "--json", report, "killed_by_power", "quiet").returncode, 0)
        told = json.loads(report.read_text())
        self.assertEqual((told["mutants"], set(told["found"].values())), (2, {1}))
        killed, quiet = told["engines"]
        self.assertEqual((killed["least"], killed["ingredient"], killed["ways"]["errors"]["kind"]),
                         ("kill", "pending data dropped", "lost_ack"))
        self.assertEqual((quiet["least"], quiet["ways"]["kill"]["outcome"]), ("", "survived"))

    def test_each_of_several_seeds_has_a_row(self):
        self.mutant("killed_by_power")
        ran = self.run_mutants("--seed", "9..11")
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn("3 of 3 killed", ran.stdout)
        self.assertIn("0 of 3 twins and control", ran.stdout)
        self.assertEqual([line.split()[7] for line in ran.stdout.splitlines() if line.startswith("killed_by_power")],
                         ["9", "10", "11"])

    def test_a_kept_case_that_does_not_show_its_mutant_any_more_fails(self):
        self.mutant("killed_by_power")
        (self.root / "cases").mkdir()
        case = self.root / "cases/killed_by_power.case"
        case.write_text("walbreaker case 1\n")
        ran = self.run_mutants()
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn("1 of 1 still show their mutant", ran.stdout)
        case.write_text("walbreaker case 1\n# rotten\n")
        ran = self.run_mutants()
        self.assertEqual(ran.returncode, 1)
        self.assertIn("0 of 1 still show their mutant\n  does not    stale", ran.stdout)

    def test_looks_further_for_a_case_that_the_reference_passes(self):
        self.mutant("killed_late")
        ran = self.run_mutants("--keep", self.root / "cases")
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn("# found with seed 2", (self.root / "cases/killed_late.case").read_text())


class Refresh(unittest.TestCase):
    def test_makes_a_patch_anew_where_lines_moved_and_names_the_one_that_needs_a_person(self):
        sys.path.insert(0, str(HERE))
        sys.dont_write_bytecode = True
        import mutant_patches
        import mutant_refresh
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            git = lambda *arguments: subprocess.run(
                ["git", "-c", "user.name=n", "-c", "user.email=e", *arguments], cwd=root, check=True, text=True,
                capture_output=True).stdout
            lines = [f"line {number}\n" for number in range(20)]
            source = root / "source.cc"
            commit = lambda text: (source.write_text("".join(text)), git("add", "source.cc"), git("commit", "-qm", "c"))
            git("init", "-q")
            commit(lines)
            engines = []
            for patch, at in (("moves", 3), ("conflicts", 15)):
                source.write_text("".join([*lines[:at], "planted\n", *lines[at + 1:]]))
                (root / f"{patch}.patch").write_text(f"mutant: {patch}\n" + git("diff"))
                engines.append(mutant_patches.Engine("mutant", patch, root / f"{patch}.patch"))
            commit(["first\n", *lines[:15], "changed\n", *lines[16:]])
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                self.assertEqual(mutant_refresh.refresh(root, engines), 1)
            self.assertIn("moves: made anew\nconflicts: needs a person", printed.getvalue())
            moved = (root / "moves.patch").read_text()
            self.assertTrue(moved.startswith("mutant: moves\ndiff --git"), moved)
            self.assertIn("@@ -2,7 +2,7 @@", moved)
            self.assertIn("@@ -13,7 +13,7 @@", (root / "conflicts.patch").read_text())


if __name__ == "__main__":
    unittest.main()
