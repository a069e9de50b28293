# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs processes and takes their time and memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import requests

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Control

from .figures import Sample
from .rows import PAGE_SIZE, Play, Row, Script

# Not resolved: the way through ansible_collections is what the runs need.
HERE = Path(__file__).absolute().parent
COLLECTIONS = HERE.parents[4]
PLAYS = HERE / "plays"
TOKENS_PATH = "/v3/account/security/accessToken"
PATH_ID = PATHS["Elevation"]
_PACKAGE = "ansible_collections.ellipsis.drive.tests"
# It ends by itself when the benchmark was killed. All of it takes about an hour.
_EMULATOR_SECONDS = 3 * 3600
_NOT_INHERITED = ("ANSIBLE_", "ELLIPSIS_", "PYTHON")


@contextmanager
def emulator(folder: Path, latency_ms: float) -> Iterator[str]:
    """The base URL of an emulator in a process of its own."""
    command = [sys.executable, "-m", f"{_PACKAGE}.emulator", "--latency-ms", f"{latency_ms:g}"]
    process = subprocess.Popen(
        [*command, "--max-seconds", str(_EMULATOR_SECONDS)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield (process.stdout.readline() if process.stdout else "").strip()
        finally:
            process.terminate()


@dataclass(frozen=True)
class Laboratory:
    """Where the runs take place."""

    folder: Path
    api_url: str
    control: Control

    def measure(self, row: Row) -> Sample:
        """One run of a row; it ends the benchmark when it is not what it should be."""
        if row.fresh:
            self.control.reset()
            self.control.add_folder_tree(row.layers)
            if row.seeded:
                self.control.seed(row.seeded)
        self.control.clear_journal()
        self.run(row.what)
        took = json.loads((self.folder / "took.json").read_text())
        calls = dict(calls_of(self.control.journal()))
        if calls != row.calls:
            raise SystemExit(f"{row.name}: the calls were {calls}, not {dict(row.calls)}")
        return Sample(took["seconds"], calls, took["memory"])

    def run(self, what: Play | Script, more: Mapping[str, str] | None = None) -> str:
        """What a process says; it ends the benchmark when it fails."""
        if isinstance(what, Play):
            # From a file, as the variables of users come.
            (self.folder / "variables.json").write_text(json.dumps(self._variables(what)))
            (self.folder / "inventory.ini").write_text(_inventory(what.hosts))
        done = subprocess.run(
            [sys.executable, "-I", str(HERE / "timed.py"), str(self.folder / "took.json"), *self._command(what)],
            cwd=self.folder,
            env=self._environment() | dict(more or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{what} failed:\n{done.stdout[-4000:]}")
        return done.stdout

    def list_call(self, calls: int = 40) -> float:
        """Seconds that one call of the list takes, with as many tokens as there are now."""
        taken = []
        with requests.Session() as session:
            session.trust_env = False
            for _call in range(calls + 1):
                start = time.perf_counter()
                session.get(
                    self.api_url + TOKENS_PATH.removeprefix("/v3"),
                    params={"pageSize": PAGE_SIZE},
                    headers={"Authorization": f"Bearer {USER_TOKEN}"},
                    timeout=20,
                ).json()
                taken.append(time.perf_counter() - start)
        return median(taken[1:])

    def _command(self, what: Play | Script) -> list[str]:
        if isinstance(what, Script):
            places = {"here": str(HERE), "api_url": self.api_url, "path_id": PATH_ID}
            return [sys.executable, *(argument.format(**places) for argument in what.arguments)]
        playbook = shutil.which("ansible-playbook", path=str(Path(sys.executable).parent)) or "ansible-playbook"
        return [playbook, str(PLAYS / what.file), "-i", "inventory.ini", "-e", "@variables.json"]

    def _variables(self, play: Play) -> dict[str, Any]:
        return {"api_url": self.api_url, "path_id": PATH_ID, "folder": str(self.folder), **play.variables}

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
        return {
            **inherited,
            "HOME": str(self.folder),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_FORKS": "1",
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.folder / "vault-password"),
            "ELLIPSIS_API_TOKEN": USER_TOKEN,
            "ELLIPSIS_API_URL": self.api_url,
            "PYTHONPATH": str(COLLECTIONS),
        }


def _inventory(hosts: int) -> str:
    local = f"ansible_connection=local ansible_python_interpreter={sys.executable}"
    return "\n".join([f"localhost {local}", "[many]", *(f"host{number:03d} {local}" for number in range(hosts))]) + "\n"


def calls_of(journal: list[dict[str, Any]]) -> Counter[str]:
    """The calls of a journal, by the kinds that results count."""
    return Counter(map(_kind, journal))


def _kind(entry: Mapping[str, Any]) -> str:
    if entry["path"].startswith(TOKENS_PATH):
        return {"GET": "list", "POST": "create", "DELETE": "delete"}[entry["method"]]
    return "verify" if entry["authorization"] == "access" else "path"
