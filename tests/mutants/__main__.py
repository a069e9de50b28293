# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the core at random places and see which changes no check notices: `--seed N --minutes M --changes K --only PART-OF-PATH`.

Each change is made in a copy of the checkout. ruff, mypy and the tests that run the changed line are asked, those about its file first.
What survives is printed with its diff; what is in C(equivalent.yml) changes nothing that matters and is not asked about.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

import yaml

from ansible_collections.ellipsis.drive.tests.mutants.changes import Change, changes
from ansible_collections.ellipsis.drive.tests.mutants.selection import Seen, able, by_budget, read

LAYERS = (
    *(f"plugins/module_utils/{layer}" for layer in ("_model", "_api", "_account")),
    "plugins/plugin_utils/_stores",
)
ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / ".venv" / "newest" / "bin"
# What is watched, in as many runs at a time as there are copies: all that runs the core in process, and stores on their servers.
_SERVERS = tuple(f"tests/integration/test_store_{name}.py" for name in ("laws", "servers"))
_TESTS = (("tests/laws",), ("tests/unit", "tests/soak", *_SERVERS))
# The first question is short, for most changes are noticed by the first tests; then others are asked, for no longer than
# this: what survives is looked at by people anyway.
_FIRST_SECONDS, _OTHER_SECONDS = 3.0, 40.0
# pytest has to start, and a machine can be busy: this and some times what the tests took before is enough.
_SPARE_SECONDS, _SPARE_TIMES = 30, 5
_WATCHED_SECONDS = 900
_TELL_EACH = 25
# What is no question of style: names that are not there, and whether something is the same as a literal.
_RULES = "F632,F821,F823"
_MOMENTS = itertools.count(1_000_000_000)


def main() -> int:
    arguments = _arguments()
    start = time.monotonic()
    end = start + arguments.minutes * 60
    files = (path for layer in LAYERS for path in sorted((ROOT / layer).glob("*.py")) if arguments.only in str(path))
    chosen = list(itertools.islice(changes(files, ROOT, random.Random(arguments.seed)), arguments.changes))
    copies: Queue[Path] = Queue()
    with (
        tempfile.TemporaryDirectory(prefix="ellipsis-drive-mutants-") as folder,
        ThreadPoolExecutor(arguments.jobs) as pool,
    ):
        for number in range(arguments.jobs):
            copies.put(_copy(Path(folder) / str(number)))
        tests = read(pool.map(lambda part: _watch(part, copies), _TESTS))
        if not tests:
            raise SystemExit("no test passes without any change, so none can tell")
        print(f"{len(tests)} tests watched in {time.monotonic() - start:.0f} s", flush=True)
        _check_that_copies_are_run(tests, copies)
        known = _equivalent()
        tried = []
        for number, verdict in enumerate(pool.map(lambda each: _verdict(each, tests, known, copies, end), chosen), 1):
            if verdict is not None:
                tried.append(verdict)
            if number % _TELL_EACH == 0:
                print(f"{number} of {len(chosen)}", flush=True)
    survived = sum(verdict.name == "survived" for verdict in tried)
    counts = ", ".join(
        f"{sum(verdict.name == name for verdict in tried)} {name}" for name in ("noticed", "equivalent", "survived")
    )
    median = statistics.median(verdict.seconds for verdict in tried) if tried else 0
    print(f"seed {arguments.seed}: {len(tried)} changes tried in {time.monotonic() - start:.0f} s: {counts}; ", end="")
    print(f"half of them took less than {median:.1f} s each")
    return 1 if survived > arguments.allowed else 0


@dataclass(frozen=True)
class Verdict:
    """What came of a change: C(noticed), C(equivalent) or C(survived)."""

    name: str
    seconds: float = 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--changes", type=int, default=300)
    parser.add_argument("--only", default="", help="no other files than those with this in their path")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--allowed", type=int, default=0, help="survivors that are no failure")
    return parser.parse_args()


def _equivalent() -> set[tuple[str, str]]:
    listed = yaml.safe_load(Path(__file__).with_name("equivalent.yml").read_text(encoding="utf-8")) or []
    return {(each["file"], each["diff"].strip()) for each in listed}


def _copy(target: Path) -> Path:
    listing = subprocess.check_output(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT)
    for name in filter(None, os.fsdecode(listing).split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    # As environments.py lays it, so that the tests of a copy run the copy.
    link = target / ".venv" / "collections" / "ansible_collections" / "ellipsis" / "drive"
    link.parent.mkdir(parents=True)
    link.symlink_to(os.path.relpath(target, link.parent))
    # The servers of stores are in there.
    (target / ".venv" / "newest").symlink_to(ROOT / ".venv" / "newest")
    return target


def _watch(part: tuple[str, ...], copies: Queue[Path]) -> Path:
    copy = copies.get()
    try:
        written = copy.with_name(part[0].rpartition("/")[2])
        code = _pytest(copy, ["-p", "tests.mutants.watch", *part], _WATCHED_SECONDS, WATCHED=str(written))
        # Tests that fail (1) are not asked; but all have to be tried.
        if code not in (0, 1):
            raise SystemExit(f"{' '.join(part)} could not be watched: pytest ended with {code}")
    finally:
        copies.put(copy)
    return written


def _verdict(
    made: Change, tests: list[Seen], known: set[tuple[str, str]], copies: Queue[Path], end: float
) -> Verdict | None:
    """Whether a check notices a change; None when there is no time left to ask. The quick ones are asked first."""
    if (made.file, made.diff.strip()) in known:
        return Verdict("equivalent")
    start = time.monotonic()
    if start >= end:
        return None
    copy = copies.get()
    try:
        _write(copy / made.file, made.after)
        start = time.monotonic()
        first, others = by_budget(able(tests, made.file, made.lines), _FIRST_SECONDS)
        others, _rest = by_budget(others, _OTHER_SECONDS)
        noticed = (
            _ruff_complains(copy, made.file)
            or _fail(copy, first)
            or _mypy_complains(copy)
            or (others and _fail(copy, others))
        )
        name = "noticed" if noticed else "survived"
    finally:
        _write(copy / made.file, made.before)
        copies.put(copy)
    if name != "noticed":
        print(f"{name}: {made.file}:{made.lines[0]}\n{made.diff}\n", flush=True)
    return Verdict(name, time.monotonic() - start)


def _write(file: Path, text: str) -> None:
    """Python and mypy tell by its time and size whether a file is the one they have compiled, so it is never of the same time."""
    file.write_text(text, encoding="utf-8")
    moment = next(_MOMENTS)
    os.utime(file, (moment, moment))


def _check_that_copies_are_run(tests: list[Seen], copies: Queue[Path]) -> None:
    """A change that nobody can overlook. Without this, tests that run other files than those of the copy say all is well."""
    file = "plugins/module_utils/_model/plan.py"
    test = next(test for test in tests if file in test.lines)
    for copy in list(copies.queue):
        before = (copy / file).read_text(encoding="utf-8")
        _write(copy / file, "raise RuntimeError\n")
        noticed = _fail(copy, [test])
        _write(copy / file, before)
        if not noticed:
            raise SystemExit(f"{test.name} does not run the files of the copy in {copy}")


def _fail(copy: Path, tests: list[Seen]) -> bool:
    """Whether one of these tests fails; a change that never ends is noticed."""
    names = copy.with_name(f"{copy.name}-names")
    names.write_text("".join(f"{test.name}\n" for test in tests), encoding="utf-8")
    longest = _SPARE_SECONDS + _SPARE_TIMES * sum(test.seconds for test in tests)
    return _pytest(copy, ["-x", f"@{names}"], longest) != 0


def _ruff_complains(copy: Path, file: str) -> bool:
    command = [str(PROGRAMS / "ruff"), "check", "--no-cache", "-q", "--isolated", f"--select={_RULES}", file]
    return _code(copy, command) != 0


def _mypy_complains(copy: Path) -> bool:
    cache = copy.with_name(f"{copy.name}-types")
    command = [str(PROGRAMS / "mypy"), f"--cache-dir={cache}", "-p", "ansible_collections.ellipsis.drive.plugins"]
    return _code(copy, command, MYPYPATH=str(copy / ".venv" / "collections")) != 0


def _pytest(copy: Path, arguments: list[str], longest: float, **variables: str) -> int | None:
    """Its exit code, or None when it did not end in time."""
    command = [str(PROGRAMS / "pytest"), "-n", "0", "-q", "--no-header", "-p", "no:cacheprovider", *arguments]
    return _code(copy, command, longest, PYTHONPATH=str(copy), **variables)


def _code(copy: Path, command: list[str], longest: float | None = None, **variables: str) -> int | None:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(copy.with_name("compiled")), **variables}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        run = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=longest, check=False)
    except subprocess.TimeoutExpired:
        return None
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
