# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build virtual environments: `environments.py NAME…` makes `.venv/NAME` from `tests/requirements/NAME.txt`.

The first line of a requirements file says which Pythons it may use (`# python 3.10 to 3.12`): the newest is taken.
`NAME.no-deps.txt`, when there is one, lists packages installed without what they depend on.
An environment is built again only when its requirements or its interpreter changed. Several may be built at once, each by a
process of its own. uv builds them, since it takes a fifth of the time of pip; pip builds the one of uv.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
VENV = TREE / ".venv"
REQUIREMENTS = TREE / "tests" / "requirements"


def interpreters() -> dict[tuple[int, int], str]:
    """What interpreters.py finds; its links are laid out for ansible-test on the way."""
    script = Path(__file__).with_name("interpreters.py")
    lines = subprocess.check_output([sys.executable, str(script), str(VENV / "pythons")], text=True).splitlines()
    split = (line.split(" ", 1) for line in lines)
    return {(int(version.split(".")[0]), int(version.split(".")[1])): path for version, path in split}


def allowed(text: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """The range of Pythons that the first line of a requirements file gives."""
    first = text.splitlines()[0]
    numbers = re.fullmatch(r"# python (\d+)\.(\d+) to (\d+)\.(\d+)", first)
    if numbers is None:
        raise SystemExit(f"not a range of Pythons: {first}")
    low_major, low_minor, high_major, high_minor = map(int, numbers.groups())
    return (low_major, low_minor), (high_major, high_minor)


def included(path: Path) -> Iterable[Path]:
    """A requirements file and those it includes with -r."""
    yield path
    for name in re.findall(r"^-r (\S+)$", path.read_text(), re.MULTILINE):
        yield from included(path.with_name(name))


def by_pip(python: str, target: Path) -> tuple[list[str], list[str]]:
    """The commands that make an environment and install into it, with what comes with Python."""
    pip = [str(target / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    return [python, "-m", "venv", "--clear", str(target)], pip


def by_uv(python: str, target: Path) -> tuple[list[str], list[str]]:
    """The same with the uv of C(.venv/uv)."""
    uv = str(VENV / "uv" / "bin" / "uv")
    pip = [uv, "pip", "install", "-q", "--python", str(target / "bin" / "python")]
    return [uv, "venv", "-q", "--clear", "--seed", "--python", python, str(target)], pip


def index_of_pip() -> dict[str, str]:
    """What uv has to be told, for it does not read the settings of pip."""
    settings = subprocess.check_output([str(VENV / "uv" / "bin" / "python"), "-m", "pip", "config", "list"], text=True)
    found: list[str] = re.findall(r"^\S*\.index-url='(.*)'$", settings, re.MULTILINE)
    return {"UV_DEFAULT_INDEX": found[-1]} if found else {}


def install(name: str, python: str) -> None:
    """One environment, unless the one there is of the same making."""
    target, wanted = VENV / name, REQUIREMENTS / f"{name}.txt"
    bare = REQUIREMENTS / f"{name}.no-deps.txt"
    sources = [*included(wanted), *([bare] if bare.exists() else [])]
    making = hashlib.sha256("\0".join([python, str(target), *(path.read_text() for path in sources)]).encode())
    stamp = target / "made-from"
    if stamp.exists() and stamp.read_text() == making.hexdigest():
        return
    make, pip = by_pip(python, target) if name == "uv" else by_uv(python, target)
    settings = {**({} if name == "uv" else index_of_pip()), **os.environ}
    subprocess.run(make, check=True, env=settings)
    subprocess.run([*pip, "-r", str(wanted)], check=True, env=settings)
    if bare.exists():
        subprocess.run([*pip, "--no-deps", "-r", str(bare)], check=True, env=settings)
    stamp.write_text(making.hexdigest())


def link_collection() -> None:
    """Where Python, mypy and ansible-playbook find the checkout as ansible_collections.ellipsis.drive."""
    link = VENV / "collections" / "ansible_collections" / "ellipsis" / "drive"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(Path("../../../.."))


def fitting(name: str, found: dict[tuple[int, int], str]) -> str:
    """The newest interpreter that the environment may use."""
    low, high = allowed((REQUIREMENTS / f"{name}.txt").read_text())
    for version, path in found.items():
        if low <= version <= high:
            return path
    raise SystemExit(
        f"{name} needs a Python {low[0]}.{low[1]} to {high[0]}.{high[1]} with venv, ensurepip and ssl, on the path or in pyenv"
    )


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One process at a time."""
    with (VENV / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    (VENV / "home").mkdir(parents=True, exist_ok=True)
    with locked("links"):
        link_collection()
        found = interpreters()
    for name in ("uv", *sys.argv[1:]):
        with locked(name):
            install(name, fitting(name, found))


if __name__ == "__main__":
    main()
