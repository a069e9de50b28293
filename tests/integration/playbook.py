# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the real ansible-playbook of this environment, and gathers everything that came out of it."""

from __future__ import annotations

import atexit
import functools
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent
from typing import IO, Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN
from ansible_collections.ellipsis.drive.tests.integration.fork_server import BYTECODE, Forked, fork_server

HERE = Path(__file__).parent
TOKENS = "/v3/account/security/accessToken"
HOSTS = ("alpha", "beta", "gamma", "delta", "bastion")
# What playbooks of the tests may use: a folder and a layer of the account.
VARIABLES = {"roads_id": PATHS["Projects/Roads"], "rivers_id": PATHS["Projects/Rivers#vector"]}


@dataclass(frozen=True)
class Kept:
    """A value that a playbook handed over, and what was asked of the emulator since the one before."""

    value: Any
    journal: list[dict[str, Any]] = field(repr=False)

    @property
    def calls(self) -> Counter[str]:
        return Counter(map(kind_of, self.journal))


@dataclass(frozen=True)
class Run:
    """What a run of ansible-playbook said and did. events: what callbacks were given."""

    code: int
    stdout: str
    stderr: str
    events: list[dict[str, Any]]
    kept: dict[str, dict[str, Kept]]
    command_lines: frozenset[str]

    @property
    def text(self) -> str:
        """All that was said, however it was broken into lines."""
        return " ".join((self.stdout + self.stderr).split())

    def result(self, task: str, host: str = "localhost") -> dict[str, Any]:
        """The result of a task as callbacks were given it."""
        found = [event for event in self._of(task, host) if event["event"] in ("ok", "failed", "skipped")]
        assert len(found) == 1, f"{task} has {len(found)} results in\n{self.stdout}\n{self.stderr}"
        return dict(found[0]["result"])

    def items(self, task: str, host: str = "localhost") -> list[dict[str, Any]]:
        """The results of the items of a loop."""
        return [event["result"] for event in self._of(task, host) if event["event"] == "item"]

    def value(self, name: str, host: str = "localhost") -> Any:
        return self.kept[host][name].value

    def calls(self, name: str, host: str = "localhost") -> Counter[str]:
        return self.kept[host][name].calls

    def _of(self, task: str, host: str) -> Iterator[dict[str, Any]]:
        return (event for event in self.events if event["task"] == task and event["host"] == host)


def kind_of(entry: Mapping[str, Any]) -> str:
    """What a request was for."""
    if entry["path"].startswith(TOKENS):
        return {"GET": "list", "POST": "create", "DELETE": "delete"}[entry["method"]]
    return "login" if entry["path"].endswith("/login") else "use"


class _Places:
    """Links to the folders of controllers. The same names come again, so that controllers have the same configuration."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="ellipsis-controllers-"))
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        self._taken: set[int] = set()

    def take(self, controller: Controller) -> Path:
        """The lowest one that is free, until the controller is gone."""
        number = next(number for number in itertools.count() if number not in self._taken)
        self._taken.add(number)
        weakref.finalize(controller, self._taken.discard, number)
        place = self._folder / str(number)
        place.unlink(missing_ok=True)
        place.symlink_to(controller.folder)
        return place


@functools.cache
def _places() -> _Places:
    return _Places()


class Controller:
    """A machine to run playbooks on, with a home of its own. Its environment holds a credential for the emulator.

    afresh: start programs like a shell does, and not by the fork server.
    """

    afresh = False

    def __init__(self, folder: Path, api_url: str) -> None:
        self.folder, self.api_url = folder, api_url
        place = _places().take(self)
        self.config_dir = folder / "config"
        self._run = 0
        for name in ("home", "config", "local_tmp", "remote_tmp"):
            (folder / name).mkdir()
        self.inventory = folder / "inventory.ini"
        self.environment = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "HOME": str(place / "home"),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "plugins" / "callback"),
            "ANSIBLE_ACTION_PLUGINS": str(HERE / "plugins" / "action"),
            "ANSIBLE_CALLBACKS_ENABLED": "recorder",
            "ANSIBLE_LOCAL_TEMP": str(place / "local_tmp"),
            "ANSIBLE_REMOTE_TEMP": str(place / "remote_tmp"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "ELLIPSIS_API_URL": api_url,
            "ELLIPSIS_API_TOKEN": USER_TOKEN,
            "ELLIPSIS_TEST_URL": api_url,
        }
        self.serve_modules(served=False)

    def serve_modules(self, *, served: bool = True) -> None:
        """From now on hosts start modules by the fork server, and from stdin, or not.

        What ends them has to do without: they are no children. What looks at files of modules has to do without pipelining.
        """
        interpreter = fork_server().interpreter(self.folder) if served else sys.executable
        self.environment["ANSIBLE_PIPELINING"] = str(served)
        local = f"ansible_connection=local ansible_python_interpreter={interpreter}"
        self.inventory.write_text("".join(f"{host} {local}\n" for host in ("localhost", *HOSTS)))

    def start(
        self, command: Sequence[str], stdout: IO[Any], stderr: IO[Any], environment: Mapping[str, str] | None = None
    ) -> Forked | subprocess.Popen[bytes]:
        """Start a program of this environment in a session of its own."""
        program = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
        variables = self.environment if environment is None else environment
        started: Forked | subprocess.Popen[bytes]
        if self.afresh:
            started = subprocess.Popen(
                program,
                cwd=self.folder,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        else:
            # See there; hosts that are this machine inherit it.
            variables = {"PYTHONPATH": BYTECODE, **variables}
            started = fork_server().start(program, cwd=self.folder, env=variables, stdout=stdout, stderr=stderr)
        # Nobody else gets the place of this controller as long as somebody has its run.
        vars(started)["controller"] = self
        return started

    def run(
        self,
        tasks: str,
        *arguments: str,
        hosts: str = "localhost",
        play: Mapping[str, Any] | None = None,
        environment: Mapping[str, str | None] | None = None,
        code: int = 0,
        watch: bool = False,
    ) -> Run:
        """Run tasks (YAML) in one play. play: its other keywords. environment: what differs; None is unset.

        The exit code has to be the given one. watch: look at the command lines of all processes meanwhile.
        """
        playbook = self.folder / f"playbook{self._run + 1}.yml"
        playbook.write_text(_play(hosts, play or {}, tasks))
        return self.run_file(playbook, *arguments, environment=environment, code=code, watch=watch)

    def run_file(
        self,
        playbook: Path,
        *arguments: str,
        environment: Mapping[str, str | None] | None = None,
        code: int = 0,
        watch: bool = False,
    ) -> Run:
        """Run a playbook that is there already."""
        self._run += 1
        kept, events = self.folder / f"kept{self._run}", self.folder / f"events{self._run}"
        variables = self.environment | {"ELLIPSIS_TEST_KEPT": str(kept), "ELLIPSIS_TEST_EVENTS": str(events)}
        for name, value in (environment or {}).items():
            variables.pop(name, None)
            if value is not None:
                variables[name] = value
        command = ["ansible-playbook", "-i", str(self.inventory)]
        outputs = [self.folder / f"{name}{self._run}" for name in ("stdout", "stderr")]
        with outputs[0].open("w") as out, outputs[1].open("w") as err:
            process = self.start([*command, *arguments, str(playbook)], out, err, variables)
            seen = _watch(process) if watch else frozenset()
            process.wait(300)
        stdout, stderr = (output.read_text() for output in outputs)
        if process.returncode != code:
            pytest.fail(f"exit code {process.returncode}\n{stdout}\n{stderr}", pytrace=False)
        # Set by make compat: in what others wrote, and in tests of old ways to write things, there may be some.
        if os.environ.get("ELLIPSIS_TEST_DEPRECATIONS") and "[DEPRECATION WARNING]" in stderr:
            pytest.fail(f"something here is deprecated:\n{stderr}", pytrace=False)
        return Run(process.returncode, stdout, stderr, _lines(events), _kept(kept), seen)


def _play(hosts: str, keywords: Mapping[str, Any], tasks: str) -> str:
    variables = {**VARIABLES, **keywords.get("vars", {})}
    head = {"hosts": hosts, "gather_facts": False, **keywords, "vars": variables}
    # JSON is YAML; the tasks stay as written, since tags such as !vault are part of them.
    lines = [f"{name}: {json.dumps(value)}" for name, value in head.items()]
    return "- " + "\n  ".join(lines) + "\n  tasks:\n" + indent(dedent(tasks), "    ")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _kept(path: Path) -> dict[str, dict[str, Kept]]:
    kept: dict[str, dict[str, Kept]] = {}
    for line in _lines(path):
        values = {name: Kept(value, line["journal"]) for name, value in line["values"].items()}
        kept.setdefault(line["host"], {}).update(values)
    return kept


def _watch(process: Forked | subprocess.Popen[bytes]) -> frozenset[str]:
    """The command lines of all that a run starts, for as long as it runs. Modules may be children of the fork server."""
    seen: set[str] = set()
    while process.poll() is None:
        for pid in _family(process.pid, fork_server().process.pid):
            with suppress(OSError):
                seen.add(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    return frozenset(seen)


def _family(*pids: int) -> Iterator[int]:
    """Processes and their children, and so on."""
    for pid in pids:
        yield pid
        for file in Path(f"/proc/{pid}/task").glob("*/children"):
            with suppress(OSError):
                yield from _family(*map(int, file.read_text().split()))
