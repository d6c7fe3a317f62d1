"""What the runs of all engines come to: tables, the score, JSON."""
import json
import statistics

from walbreaker_output import commands_text

HEADS = ("engine", "class", "outcome", "kind", "campaign", "model", "seed", "cases", "seconds", "shrunk to")
RIGHT = ("seed", "cases", "seconds", "shrunk to")


def row_of(result):
    return (result.engine.name, result.engine.header.get("class", ""), result.outcome(), result.kind, result.campaign,
            result.model, result.seed, f"{result.cases:,}", f"{result.seconds:.1f}", commands_text(result.commands))


def layout(heads, rows):
    """A table, each column as wide as its widest cell, numbers to the right."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    lines = []
    for row in [heads, *rows]:
        cells = [cell.rjust(width) if head in RIGHT else cell.ljust(width)
                 for cell, width, head in zip(row, widths, heads)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


class Score:
    def __init__(self, results, build_seconds, run_seconds):
        self.results = results
        self.build_seconds = build_seconds
        self.run_seconds = run_seconds

    def of_kind(self, *kinds):
        return [result for result in self.results if result.engine.kind in kinds]

    def good(self):
        return bool(self.results) and all(result.good() for result in self.results) and not self.rotten()

    def rotten(self):
        return [result for result in self.results if result.kept not in ("", "holds")]

    def medians(self):
        killed = [result for result in self.of_kind("mutant") if result.good()]
        commands = [result.commands for result in killed if result.commands is not None]
        return (statistics.median(result.seconds for result in killed) if killed else None,
                statistics.median(commands) if commands else None)

    def text(self):
        text = layout(HEADS, [row_of(result) for result in self.results])
        for result in self.results:
            if result.trouble:
                text += f"{result.engine.name}: {result.trouble}\n"
            if result.summary and result.engine.kind != "mutant":
                text += f"\n{result.engine.name}: {result.where}\n{result.summary}\n"
        mutants, right = self.of_kind("mutant"), self.of_kind("twin", "control")
        killed = sum(result.good() for result in mutants)
        text += f"\nmutants       {killed} of {len(mutants)} killed\n"
        for result in mutants:
            if not result.good():
                text += f"  survived    {result.engine.name}: {result.engine.header['needs']}\n"
        flagged = [result.engine.name for result in right if not result.good()]
        text += f"false alarms  {len(flagged)} of {len(right)} twins and control{': ' if flagged else ''}{', '.join(flagged)}\n"
        replayed = sum(result.kept != "" for result in self.results)
        if replayed:
            text += f"kept cases    {replayed - len(self.rotten())} of {replayed} still show their mutant\n"
        for result in self.rotten():
            text += f"  does not    {result.kept}\n"
        seconds, commands = self.medians()
        if seconds is not None:
            text += f"median        {seconds:.1f} s to the first finding"
            text += f", {commands:g} commands in the shrunk case\n" if commands is not None else "\n"
        shrinking = sum(result.shrink_seconds for result in self.results)
        return text + (f"time          {self.build_seconds:.0f} s building, {self.run_seconds:.0f} s running, of which "
                       f"{shrinking:.0f} s of one core shrinking\n")

    def json(self, command):
        engines = [{"name": result.engine.name, "is": result.engine.kind, "class": result.engine.header.get("class", ""),
                    "seed": result.seed, "outcome": result.outcome(), "kind": result.kind, "campaign": result.campaign, "model": result.model,
                    "where": result.where, "cases": result.cases, "seconds": round(result.seconds, 3),
                    "commands": result.commands, "shrink_seconds": round(result.shrink_seconds, 3), "case": result.case,
                    "kept": result.kept, "trouble": result.trouble} for result in self.results]
        mutants = self.of_kind("mutant")
        seconds, commands = self.medians()
        report = {"format": 1, "command": command, "verdict": "pass" if self.good() else "violation",
                  "mutants": len(mutants), "killed": sum(result.good() for result in mutants),
                  "right": len(self.results) - len(mutants),
                  "false_alarms": sum(not result.good() for result in self.of_kind("twin", "control")),
                  "median_seconds": seconds, "median_commands": commands,
                  "build_seconds": round(self.build_seconds, 1), "run_seconds": round(self.run_seconds, 1),
                  "engines": engines}
        return json.dumps(report, indent=1) + "\n"


class Campaigns:
    """What each way finds alone."""

    def __init__(self, rows):
        self.rows = rows
        self.ways = list(rows[0][1]) if rows else []
        self.mutants = [results for engine, results in rows if engine.kind == "mutant"]

    def found(self, way):
        return sum(results[way].verdict == "violation" for results in self.mutants)

    def least(self, results):
        return next((way for way in self.ways if results[way].verdict == "violation"), "")

    def text(self):
        """Markdown: engine x way, and how many mutants each way finds."""
        lines = ["| engine | ingredient | " + " | ".join(self.ways) + " |", "| --- | --- |" + " --- |" * len(self.ways)]
        for engine, results in self.rows:
            cells = [results[way].kind or ("" if results[way].verdict == "pass" else results[way].outcome())
                     for way in self.ways]
            lines.append(f"| {engine.name} | {engine.header.get('ingredient', engine.kind)} | " + " | ".join(cells) + " |")
        found = [str(self.found(way)) for way in self.ways]
        lines.append(f"| of {len(self.mutants)} | | " + " | ".join(found) + " |")
        first = [str(sum(self.least(results) == way for results in self.mutants)) for way in self.ways]
        lines.append("| and by none to the left | | " + " | ".join(first) + " |")
        return "\n".join(lines)

    def json(self, command):
        engines = [{"name": engine.name, "is": engine.kind, "ingredient": engine.header.get("ingredient", ""),
                    "least": self.least(results),
                    "ways": {way: {"outcome": result.outcome(), "kind": result.kind, "cases": result.cases,
                                   "seconds": round(result.seconds, 3), "trouble": result.trouble}
                             for way, result in results.items()}} for engine, results in self.rows]
        report = {"format": 1, "command": command, "mutants": len(self.mutants),
                  "found": {way: self.found(way) for way in self.ways}, "engines": engines}
        return json.dumps(report, indent=1) + "\n"
