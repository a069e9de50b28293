# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs everything in turns and prints the tables: medians, so that a moment of load does not decide."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median

from ansible.release import __version__ as ansible_version

from ansible_collections.ellipsis.drive.tests.emulator import Control

from .document import Facts, document, plot
from .figures import Figure, Sample, Target, figures, targets
from .hosts import HOST_ROWS, HOSTS, MANY_ROWS, host_targets
from .imports import import_target
from .laboratory import Laboratory, emulator
from .listings import LISTING_ROWS, QUICK_SIZE, listing_targets
from .lookups import check_rendered, decryptions, lay_store
from .paths import PATH_ROWS, path_targets
from .planning import cpu_seconds
from .rows import LATENCY_MS, ROWS, TOKENS, Row
from .set_targets import PLANNED, set_targets
from .sets import LATENCIES, ROWS_BY_CELL
from .table import table, verdicts

ROUNDS, QUICK_ROUNDS = 5, 3
# What --quick measures of the sets, once.
QUICK_TOKENS = 300
PARTS = ("tasks", "paths", "hosts", "listings", "sets")


def main() -> int:
    arguments = _arguments()
    rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
    parts = arguments.only or PARTS
    rows = [row for part in dict.fromkeys(("tasks", *parts)) for row in _rows_of(part, arguments.quick)]
    load = os.getloadavg()[0]
    with _laboratories() as laboratories:
        samples, list_calls = _rounds(laboratories, rows, rounds, 1 if arguments.quick else None)
        check_rendered(laboratories[LATENCY_MS].folder)
        counted = decryptions(laboratories[LATENCY_MS])
    found = figures(rows, samples, list_calls)
    verdict = [*targets(found, counted), import_target(rounds)]
    if "paths" in parts:
        verdict += path_targets(found)
    if "hosts" in parts:
        verdict += host_targets(found)
    if "listings" in parts:
        verdict += listing_targets(found)
    if "sets" in parts:
        verdict += set_targets(found, [cpu_seconds(PLANNED, number) for number in range(rounds)])
    facts = Facts(ansible_version, platform.python_version(), os.cpu_count() or 1, load, rounds, list_calls)
    print(facts.text, "", table(found.values()), "", verdicts(verdict), sep="\n")
    if arguments.json:
        _write_json(arguments.json, samples, found, verdict)
    if arguments.docs:
        (arguments.docs / "benchmarks.md").write_text(document(facts, found, verdict))
        (arguments.docs / "benchmarks.svg").write_text(plot(found))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmark", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK_ROUNDS} rounds, what is slow in one of them, no more than {QUICK_TOKENS} tokens in a set and {HOSTS} hosts",
    )
    parser.add_argument(
        "--only", action="append", choices=PARTS, help="leave out the other parts; tasks is always measured"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there, too")
    parser.add_argument("--docs", type=Path, metavar="FOLDER", help="write benchmarks.md and benchmarks.svg there, too")
    arguments = parser.parse_args()
    if arguments.only and arguments.docs:
        parser.error("the page has every part: leave --only out")
    return arguments


def _rows_of(part: str, quick: bool) -> Sequence[Row]:
    if part == "sets":
        return [
            row
            for cell, row in ROWS_BY_CELL.items()
            if not quick or (cell.latency_ms == LATENCY_MS and cell.tokens <= QUICK_TOKENS)
        ]
    if part == "listings":
        return [row for tokens, row in LISTING_ROWS.items() if not quick or tokens <= QUICK_SIZE]
    if part == "hosts":
        return HOST_ROWS if quick else (*HOST_ROWS, *MANY_ROWS)
    return PATH_ROWS if part == "paths" else ROWS


@contextmanager
def _laboratories() -> Iterator[Mapping[int, Laboratory]]:
    """One for each latency."""
    with ExitStack() as stack:
        laboratories = {}
        for latency_ms in LATENCIES:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ellipsis-benchmark-")))
            api_url = stack.enter_context(emulator(folder, latency_ms))
            laboratories[latency_ms] = Laboratory(folder, api_url, Control(api_url))
            (folder / "ansible.cfg").touch()
            lay_store(folder, api_url)
        yield laboratories


def _rounds(
    laboratories: Mapping[int, Laboratory], rows: Sequence[Row], rounds: int, slow: int | None
) -> tuple[dict[str, list[Sample]], dict[int, float]]:
    """All samples by row, and the seconds of a list call by latency. The first round only warms up caches."""
    samples: dict[str, list[Sample]] = defaultdict(list)
    list_calls: dict[int, list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        print(f"round {number} of {rounds}" if number else "warming up", file=sys.stderr, flush=True)
        for row in rows:
            if number > _most(row, rounds, slow) or (not number and row.most_rounds):
                continue
            sample = laboratories[row.latency_ms].measure(row)
            # What is there already when somebody ends it.
            print(f"  {row.name}: {sample.seconds:.2f} s, {sample.memory:.0f} MiB", file=sys.stderr, flush=True)
            if number:
                samples[row.name].append(sample)
        for latency_ms, laboratory in laboratories.items():
            list_calls[latency_ms].append(_list_call(laboratory))
    return samples, {latency_ms: median(taken) for latency_ms, taken in list_calls.items()}


def _most(row: Row, rounds: int, slow: int | None) -> int:
    return rounds if row.most_rounds is None else min(rounds, slow or row.most_rounds)


def _list_call(laboratory: Laboratory) -> float:
    laboratory.control.reset()
    laboratory.control.seed(TOKENS)
    return laboratory.list_call()


def _write_json(
    file: Path, samples: Mapping[str, Sequence[Sample]], found: Mapping[str, Figure], verdict: Sequence[Target]
) -> None:
    everything = {
        "samples": {row: [asdict(sample) for sample in taken] for row, taken in samples.items()},
        "figures": [asdict(figure) for figure in found.values()],
        "targets": [asdict(target) for target in verdict],
    }
    file.write_text(json.dumps(everything, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
