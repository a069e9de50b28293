# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/benchmarks.md and its plot. Every sentence is true whatever the numbers are. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from . import rows, sets
from .figures import Figure, Target
from .hosts import HOST_ROWS, HOSTS, MANY, MANY_ROWS
from .paths import FOLDERS, LAYERS, NAMED, PATH_ROWS
from .plot import Panel, svg
from .set_targets import of
from .sets import ACTIONS, CLIENT, CONCURRENCY, LATENCIES, LOOP, ONE_TASK, POOL, ROWS_BY_CELL, SIZES, URI, WAYS, Cell
from .table import KINDS

_NAMES: Mapping[str, str] = {
    ONE_TASK: "one task (ellipsis_access_tokens)",
    POOL: "bare thread pool",
    CLIENT: "official client",
    LOOP: "loop of ellipsis_access_token",
    URI: "loop of uri",
}
_HOW = (
    "Written by `make bench-docs`; `make bench` only prints. Playbooks run for real, against an emulator of the API in a process "
    "of its own that answers after a fixed time."
)
_ASIDE = (
    "*Listing aside* is without the list calls, on both sides. They are what exactly-once costs: the list is read for the plan, "
    "and again after the creations to find twins (see [design](design.md))."
)
_PATHS_TEXT = (
    f"A drive with {len(LAYERS) + FOLDERS:,} paths in {FOLDERS} folders, and {NAMED} tokens for {NAMED} layers in all of the folders. "
    "What the names cost is beyond the same task with ids. The walk lists the same folders with as many threads, and nothing else."
)
_HOSTS_TEXT = (
    "Each host has a token of its own. The role makes all of them in one go; a task that every host runs lists them for each host. "
    "Nothing is delivered where no file is named. Beside it are the cheapest task that Ansible can run on each host, and a file without a secret."
)
_PLAIN_HEAD = ("", "Runs", "Seconds", "Calls", "MiB")


@dataclass(frozen=True)
class Facts:
    """Where and how it was measured. load: before it began; list_calls: seconds of a list call by latency."""

    ansible: str
    python: str
    cpus: int
    load: float
    rounds: int
    list_calls: Mapping[int, float]

    @property
    def where(self) -> str:
        """The machine."""
        return f"ansible-core {self.ansible}, Python {self.python}, {self.cpus} CPUs, load {self.load:.1f} before it began, forks 1"

    @property
    def list_call(self) -> str:
        """What one call of the list takes."""
        each = " and ".join(f"{seconds * 1000:.1f} ms at {latency} ms" for latency, seconds in self.list_calls.items())
        return f"A list call takes {each}."

    @property
    def text(self) -> str:
        """For a terminal."""
        return (
            f"{self.where}; emulator in a process of its own,\nwith {rows.LATENCY_MS} ms latency where nothing else is said. "
            f"Up to {self.rounds} rounds in turns (see runs).\nSeconds beyond the empty play, of scripts beyond an empty one. "
            f"MiB: peak of the largest process.\n{self.list_call} Listing is that times the list calls."
        )


def document(facts: Facts, found: Mapping[str, Figure], verdict: Iterable[Target]) -> str:
    """The whole page."""
    tables = [part for latency in _latencies(found) for part in (f"### At {latency} ms", _set_table(found, latency))]
    parts = [
        "# What it costs",
        f"{_HOW} {_measured(facts)}",
        "![Seconds by number of tokens](benchmarks.svg)",
        "## What was promised",
        _markdown(("", "Target", "Measured"), [_target(each) for each in verdict]),
        _ASIDE,
        "## Whole sets",
        _sets_text(found),
        *tables,
        f"## {rows.TOKENS} tokens at {rows.LATENCY_MS} ms, and lookups",
        _markdown(_PLAIN_HEAD, [_plain_row(found[row.name]) for row in rows.ROWS]),
        f"## Paths by name, at {rows.LATENCY_MS} ms",
        _PATHS_TEXT,
        _markdown(_PLAIN_HEAD, [_plain_row(found[row.name]) for row in PATH_ROWS]),
        f"## {HOSTS} and {MANY:,} hosts, at {rows.LATENCY_MS} ms",
        _HOSTS_TEXT,
        _markdown(_PLAIN_HEAD, [_plain_row(found[row.name]) for row in (*HOST_ROWS, *MANY_ROWS) if row.name in found]),
    ]
    return "\n\n".join(parts) + "\n"


def plot(found: Mapping[str, Figure]) -> str:
    """Seconds over the number of tokens, for each latency and action."""
    panels = [[_panel(found, latency, action) for action in ACTIONS] for latency in _latencies(found)]
    return svg("Seconds by number of tokens, both as logarithms", panels, SIZES)


def _latencies(found: Mapping[str, Figure]) -> Sequence[int]:
    """Those that were measured."""
    return [each for each in LATENCIES if of(found, Cell(each, SIZES[0], ACTIONS[0], ONE_TASK))]


def _panel(found: Mapping[str, Figure], latency: int, action: str) -> Panel:
    lines = {}
    for way in WAYS:
        points = [(tokens, of(found, Cell(latency, tokens, action, way))) for tokens in SIZES]
        if measured := [(float(tokens), figure.seconds) for tokens, figure in points if figure]:
            lines[_NAMES[way]] = measured
    return Panel(f"{action}, at {latency} ms", lines)


def _measured(facts: Facts) -> str:
    return (
        f"Measured with {facts.where}. Everything runs in turns, {facts.rounds} times or fewer. Seconds are medians beyond the "
        "empty play (of scripts: beyond an empty script), with the least and the most in brackets. Memory is the peak of the "
        f"largest process of a run; it shares most of it with the process it was forked from. {facts.list_call}"
    )


def _sets_text(found: Mapping[str, Figure]) -> str:
    slow = [of(found, cell) for cell in ROWS_BY_CELL if cell.way not in (ONE_TASK, POOL)]
    return (
        f"One task of `ellipsis_access_tokens` with {CONCURRENCY} requests at a time and `verify: none`. Beside it: a **bare** "
        f"thread pool of {CONCURRENCY} with `requests`, which lists and then creates or revokes, and looks at nothing afterwards: "
        "the physical limit; the official Python **client** in a script, its import included; a **loop** of "
        "`ellipsis_access_token`; a loop of `ansible.builtin.uri`, which can only create what is missing. "
        f"*{sets.DRIFT}* wants another lifetime for a tenth of the tokens, *{sets.PRUNE}* no longer declares a tenth of them (one "
        "of one). Runs are those of the task and of the bare pool. The others send one request at a time; they run at most "
        f"{max(figure.runs for figure in slow if figure)} times, and not at sizes where they take long."
    )


def _set_table(found: Mapping[str, Figure], latency: int) -> str:
    head = ("Tokens", "", "Runs", "One task", "Calls", "MiB", "Bare", "Client", "Loop", "uri")
    lines = []
    for tokens in SIZES:
        for action in ACTIONS:
            ours, *others = (of(found, Cell(latency, tokens, action, way)) for way in WAYS)
            if ours:
                first = f"{tokens:,}" if action == ACTIONS[0] else ""
                mine = (str(ours.runs), _seconds(ours), _calls(ours), f"{ours.memory:.0f}")
                lines.append((first, action, *mine, *(_seconds(other) for other in others)))
    return _markdown(head, lines)


def _plain_row(figure: Figure) -> Sequence[str]:
    return (figure.name, str(figure.runs), _seconds(figure), _calls(figure), f"{figure.memory:.0f}")


def _seconds(figure: Figure | None) -> str:
    if figure is None:
        return ""
    spread = f" ({figure.least:.2f} to {figure.most:.2f})" if figure.runs > 1 else ""
    return f"{figure.seconds:.2f}{spread}"


def _calls(figure: Figure) -> str:
    return ", ".join(f"{figure.calls[kind]} {kind}" for kind in KINDS if figure.calls.get(kind))


def _target(target: Target) -> Sequence[str]:
    return ("reached" if target.reached else "**missed**", target.text, target.found)


def _markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    table = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in table)
