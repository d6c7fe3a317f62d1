"""Runs engines under walbreaker, and reads what came of it."""
import concurrent.futures
import dataclasses
import itertools
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

from mutant_patches import CONTROL, Engine
from walbreaker_output import VERDICTS, commands_of, with_plugin_by_name

# What finds something alone, for --full, from the least that can happen to a store to the most: campaigns, and the power
# cuts of each disk model.
WAYS = {"kill": ["kill"],
        "power, process_kill": ["power", "--model", "process_kill"],
        "power, synced_only": ["power", "--model", "synced_only"],
        "power, ordered": ["power", "--model", "ordered"],
        "power, posix": ["power", "--model", "posix"],
        "truncate": ["truncate"], "bitflip": ["bitflip"], "damage": ["damage"],
        "errors": ["errors"]}
# Where no case of the run holds, each way is run with each of these seeds, until there are so many violations.
KEEP_SEEDS = ("1", "2", "3")
KEEP_VIOLATIONS = 20


@dataclasses.dataclass(frozen=True)
class Setup:
    build: pathlib.Path
    seeds: tuple[str, ...]
    seconds: str
    keep: pathlib.Path | None   # where cases are kept
    cases: pathlib.Path | None  # where they were kept before

    def walbreaker(self, *arguments):
        return [str(self.build / "bin/walbreaker"), *map(str, arguments)]

    def run_flags(self, campaign, seed, violations=1):
        return ["--campaign", *campaign, "--seconds", self.seconds, "--stop-after", str(violations), "--timeout", "2",
                "--jobs", "1", "--seed", seed]

    def run_text(self, campaign=("all",)):
        seed = self.seeds[0] if len(self.seeds) == 1 else "SEED"
        return shlex.join(["walbreaker", "run", "--plugin", "NAME", *self.run_flags(campaign, seed)])

    def call(self, *arguments):
        folders = [self.build / folder for folder in ("mutants", "twins", "plugins")]
        environment = os.environ | {"WALBREAKER_PLUGIN_PATH": ":".join(map(str, folders))}
        environment.pop("GITHUB_ACTIONS", None)  # a mutant's violations are no annotations
        return subprocess.run(self.walbreaker(*arguments), env=environment, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, errors="replace", check=False)


@dataclasses.dataclass
class Result:
    """What came of one engine. Of a violation, the first that was reported."""
    engine: Engine
    seed: str = ""
    verdict: str = ""      # pass, violation, inconclusive; empty: walbreaker gave none
    trouble: str = ""      # why there is no verdict, or no case
    kind: str = ""
    campaign: str = ""
    model: str = ""        # the disk model; for damage, the scenario
    where: str = ""
    summary: str = ""
    cases: int = 0
    seconds: float = 0     # of the run, its start included
    commands: int | None = None  # of the shrunk case
    shrink_seconds: float = 0
    case: str = ""         # where it is kept
    kept: str = ""         # of the case that was kept before: "holds", or what it came to; empty: there is none

    def good(self):
        return self.verdict == ("violation" if self.engine.kind == "mutant" else "pass")

    def outcome(self):
        if self.verdict not in ("pass", "violation"):
            return self.verdict or "broken"
        if self.engine.kind == "mutant":
            return "killed" if self.good() else "survived"
        return "passed" if self.good() else "flagged"


def model_of(case_text):
    """The model of the crash, or the scenario whose files are damaged; "posix"."""
    found = re.search(r"^(?:# )?(?:model|scenario) +(\S+)", case_text, re.MULTILINE)
    return found[1] if found else ""


def first_line(text):
    return next((line for line in text.splitlines() if line.strip()), "")


def read_report(result, code, report_path, error_text):
    """Returns the paths of the cases that were found, the first one first."""
    if code not in VERDICTS or not report_path.exists():
        result.trouble = first_line(error_text) or f"walbreaker exited with {code}"
        return []
    report = json.loads(report_path.read_text())
    result.verdict = VERDICTS[code]
    result.cases = sum(campaign["cases"] for campaign in report["campaigns"])
    if result.verdict == "inconclusive":
        troubles = [f"{campaign['name']}: {campaign.get('trouble', campaign['verdict'])}" for campaign in report["campaigns"]
                    if campaign["verdict"] == "inconclusive"]
        result.trouble = "; ".join(troubles)
    violations = report["violations"]
    if violations:
        first = violations[0]
        result.kind, result.campaign, result.where = first["kind"], first["campaign"], first["where"]
        result.summary = first["summary"]
    return [violation["case"] for violation in violations if violation["case"]]


def shrink(setup, result, case, small):
    """Whether there is a smaller case now, of the same kind."""
    start = time.monotonic()
    # A case that is kept is made as small as it gets, and passes on the reference; for the table, nearly so.
    limits = ["--seconds", 120, "--passes-on", CONTROL] if setup.keep else ["--seconds", 4]
    shrunk = setup.call("shrink", case, "-o", small, *limits)
    result.shrink_seconds += time.monotonic() - start
    if shrunk.returncode != 0:
        result.trouble = "not shrunk: " + first_line(shrunk.stderr)
        return False
    result.commands = commands_of(shrunk.stdout)
    return True


def holds(setup, result, case):
    """Whether the case fails on its mutant, and passes on the reference; says which it does not."""
    on_mutant = setup.call("replay", case)
    if on_mutant.returncode != 0:
        result.trouble = "not kept: on the mutant, " + first_line(on_mutant.stdout + on_mutant.stderr)
        return False
    on_reference = setup.call("replay", "--plugin", CONTROL, "--expect", "pass", case)
    if on_reference.returncode != 0:
        result.trouble = "not kept: on the reference, " + first_line(on_reference.stdout + on_reference.stderr)
        return False
    return True


def more_cases(setup, engine, folder):
    """The cases of one run after the other: each way alone, with each seed."""
    for number, (seed, way) in enumerate(itertools.product(KEEP_SEEDS, WAYS.values())):
        report = folder / f"report-{number}.json"
        run = setup.call("run", "--plugin", engine.name, *setup.run_flags(way, seed, KEEP_VIOLATIONS), "--json", report,
                         "--out", folder / f"found-{number}")
        yield from read_report(Result(engine), run.returncode, report, run.stderr)


def keep(setup, result, cases, folder):
    """Shrinks the first case; where cases are kept, the first that holds."""
    if setup.keep:
        cases = itertools.chain(cases, more_cases(setup, result.engine, folder))
    for number, case in enumerate(cases):
        small = folder / f"small-{number}.case"
        result.trouble = ""
        if not shrink(setup, result, case, small):
            continue
        if setup.keep is None:
            return
        text = with_plugin_by_name(small.read_text())
        small.write_text(text)
        if holds(setup, result, small):
            kept = setup.keep / f"{result.engine.name}.case"
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(text)
            result.case = str(kept)
            return


def replay_kept(setup, engine):
    case = setup.cases / f"{engine.name}.case"
    if not case.exists():
        return ""
    replayed = setup.call("replay", case)
    return "holds" if replayed.returncode == 0 else first_line(replayed.stdout + replayed.stderr)


def run_engine(setup, engine, seed, campaign=("all",), shrinks=True):
    result = Result(engine, seed)
    with tempfile.TemporaryDirectory(prefix="walbreaker-mutants-") as name:
        folder = pathlib.Path(name)
        start = time.monotonic()
        run = setup.call("run", "--plugin", engine.name, *setup.run_flags(campaign, seed), "--json", folder / "report.json", "--out",
                         folder / "found")
        result.seconds = time.monotonic() - start
        cases = read_report(result, run.returncode, folder / "report.json", run.stderr)
        if cases:
            result.model = model_of(pathlib.Path(cases[0]).read_text(errors="replace"))
        if cases and shrinks and engine.kind == "mutant":
            keep(setup, result, cases, folder)
        if setup.cases and not setup.keep and engine.kind == "mutant":
            result.kept = replay_kept(setup, engine)
    return result


def in_parallel(work, jobs):
    """The results of calls without arguments, in order; tells standard error of each as it is done."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(call) for call in work]
        for done in concurrent.futures.as_completed(futures):
            result = done.result()
            print(f"{result.engine.name}: {result.outcome()} in {result.seconds:.1f} s", file=sys.stderr, flush=True)
        return [future.result() for future in futures]


def run_all(setup, engines, jobs):
    work = [lambda engine=engine, seed=seed: run_engine(setup, engine, seed) for seed in setup.seeds for engine in engines]
    return in_parallel(work, jobs)


def run_each_campaign(setup, engines, jobs):
    """For every engine, (the engine, {way: its result})."""
    work = [lambda engine=engine, way=way: run_engine(setup, engine, setup.seeds[0], way, shrinks=False)
            for engine in engines for way in WAYS.values()]
    results = iter(in_parallel(work, jobs))
    return [(engine, {way: next(results) for way in WAYS}) for engine in engines]
