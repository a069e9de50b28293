# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job as AWX runs it: a private data directory that is new for every job, given to ansible-runner."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# AWX renders what a credential type injects with these functions.
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_container_api import CONTAINER_ROOT
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import build_safe_env, inject_credential

from ansible_collections.ellipsis.drive.tests.integration.fork_server import fork_server

Record = Mapping[str, Any]
VAULT_PROMPT = r"Vault password:\s*?$"


@dataclass(frozen=True)
class Launch:
    """What a job is made of. credentials: types with the values of their fields. answers: what was said in the survey.

    group: one that all hosts are in.
    """

    project: Path
    playbook: str
    hosts: Sequence[str] = ("localhost",)
    group: str = "tile_servers"
    credentials: Sequence[tuple[Record, Record]] = ()
    variables: Record = field(default_factory=dict)
    answers: Record = field(default_factory=dict)
    vault_password: str | None = None
    arguments: Sequence[str] = ()


@dataclass(frozen=True)
class Job:
    """What is left of a job. shown_environment: what AWX shows of its environment."""

    code: int
    folder: Path
    shown_environment: dict[str, Any]

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts" / "1"

    @property
    def stdout(self) -> str:
        return (self.artifacts / "stdout").read_text()

    @property
    def events(self) -> list[dict[str, Any]]:
        """In order; what is only output has no data."""
        files = sorted((self.artifacts / "job_events").glob("*.json"), key=lambda path: int(path.name.split("-")[0]))
        return [json.loads(path.read_text()).get("event_data", {}) for path in files]

    def result(self, task: str) -> dict[str, Any]:
        """Of the only host."""
        [found] = [event["res"] for event in self.events if event.get("task") == task and "res" in event]
        return dict(found)

    def public(self) -> Iterator[tuple[str, str]]:
        """Everything that AWX keeps and shows of a job, by name. `command` holds the environment, and AWX keeps it to itself."""
        yield "shown environment", json.dumps(self.shown_environment)
        for path in sorted(self.artifacts.rglob("*")):
            if path.is_file() and path.name != "command":
                yield str(path.relative_to(self.artifacts)), path.read_bytes().decode(errors="replace")


class _Unsafe(str):
    """What comes from whoever starts the job: Ansible must not read templates in it."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


def injected(kind: Record, values: Record, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The variables that a credential sets, and what AWX shows of them. Files go to the folder's `env`."""
    managed = ManagedCredentialType(
        namespace="custom", name=kind["name"], kind="cloud", inputs=kind["inputs"], injectors=kind["injectors"]
    )
    variables: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    inject_credential(managed, Credential(dict(values)), variables, shown, [], str(folder))
    # Without a container the files are where they were written.
    here = {name: value.replace(CONTAINER_ROOT + "/", f"{folder}/") for name, value in variables.items()}
    return here, shown


def run(launch: Launch, folder: Path) -> Job:
    """Run a job in a folder of its own, which must not exist yet."""
    for name in ("project", "inventory", "env", "home"):
        (folder / name).mkdir(parents=True)
    shutil.copytree(launch.project, folder / "project", dirs_exist_ok=True)
    environment = _base_environment(folder)
    shown = build_safe_env(environment)
    for kind, values in launch.credentials:
        variables, masked = injected(kind, values, folder)
        environment.update(variables)
        shown.update(masked)
    _write_inventory(launch, folder / "inventory" / "hosts")
    (folder / "env" / "envvars").write_text(json.dumps(environment))
    (folder / "env" / "extravars").write_text(_extra_variables(launch))
    (folder / "env" / "settings").write_text(json.dumps({"suppress_ansible_output": True, "idle_timeout": 120}))
    arguments = list(launch.arguments)
    if launch.vault_password is not None:
        arguments.append("--ask-vault-pass")
        (folder / "env" / "passwords").write_text(json.dumps({VAULT_PROMPT: launch.vault_password}))
    (folder / "env" / "cmdline").write_text(" ".join(arguments))
    program = str(Path(sys.executable).with_name("ansible-runner"))
    done = subprocess.run(
        [program, "run", str(folder), "-p", launch.playbook, "-i", "1"],
        env={"PATH": environment["PATH"], "HOME": environment["HOME"], "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    (folder / "artifacts" / "1" / "runner").write_text(done.stdout + done.stderr)
    return Job(done.returncode, folder, shown)


def _base_environment(folder: Path) -> dict[str, Any]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {
        "PATH": path,
        "HOME": str(folder / "home"),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
        "ANSIBLE_FORCE_COLOR": "True",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "AWX_PRIVATE_DATA_DIR": str(folder),
        "JOB_ID": "1",
    }


def _write_inventory(launch: Launch, path: Path) -> None:
    # What hosts run is not what AWX is about, so it may start quickly.
    interpreter = fork_server().interpreter(path.parent.parent / "home")
    local = {"ansible_connection": "local", "ansible_python_interpreter": interpreter}
    content = {launch.group: {"hosts": list(launch.hosts)}, "_meta": {"hostvars": dict.fromkeys(launch.hosts, local)}}
    path.write_text(f"#!/usr/bin/env python3\nprint({json.dumps(content)!r})\n")
    path.chmod(0o700)


def _extra_variables(launch: Launch) -> str:
    """AWX lets a job template hold templates. What was asked in the survey is only text."""
    answers = {name: _Unsafe(value) if isinstance(value, str) else value for name, value in launch.answers.items()}
    variables = {**launch.variables, "awx_job_id": 1, **answers}
    return yaml.dump(variables, Dumper=_Dumper, default_flow_style=False)
