# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole jobs, run by ansible-runner on a private data directory as AWX lays it out, with a credential that AWX's code injects.

Nothing that AWX keeps of a job holds a secret: neither its events nor its output nor the fact cache, with a login in files also when
facts of localhost are gathered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any
from zlib import crc32

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.awx import job
from ansible_collections.ellipsis.drive.tests.awx.job import Job, Launch
from ansible_collections.ellipsis.drive.tests.emulator import (
    PASSWORD,
    PATHS,
    USER,
    USER_TOKEN,
    Emulator,
    ManualClock,
    Variant,
    serve,
)

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "extensions" / "awx"
VAULT_PASSWORD = "the vault password of the tests"
LOGINS: dict[str, tuple[str, dict[str, Any]]] = {
    "environment": ("credential_type", {"api_token": USER_TOKEN}),
    "password": ("credential_type", {"api_token": "", "username": USER, "password": PASSWORD, "organization_id": ""}),
    "password file": ("credential_type_file", {"username": USER, "password": PASSWORD}),
    "file": ("credential_type_file", {"api_token": USER_TOKEN, "skip_tls_verify": False}),
}


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Emulator:
    return Emulator(Variant(leaks_secret=True), ManualClock(), seed=crc32(request.node.nodeid.encode()))


@pytest.fixture
def api_url(emulator: Emulator) -> Iterator[str]:
    with serve(emulator) as url:
        yield url


class Awx:
    """Runs one job after the other, each in a new folder."""

    def __init__(self, folder: Path, api_url: str) -> None:
        self.folder, self.api_url = folder, api_url
        self.jobs: list[Job] = []

    def run(self, launch: Launch, login: str = "environment", code: int = 0) -> Job:
        kind, values = LOGINS[login]
        credential = (yaml.safe_load((EXTENSION / f"{kind}.yml").read_text()), {**values, "api_url": self.api_url})
        ran = job.run(Launch(**{**vars(launch), "credentials": [credential]}), self.folder / f"job{len(self.jobs) + 1}")
        self.jobs.append(ran)
        assert ran.code == code, ran.stdout
        return ran

    def leaks(self, emulator: Emulator) -> list[tuple[str, str]]:
        secrets = {*emulator.secrets, USER_TOKEN, PASSWORD, VAULT_PASSWORD}
        return [
            (place, secret)
            for ran in self.jobs
            for place, text in ran.public()
            for secret in sorted(secrets)
            if secret in text
        ]


@pytest.fixture
def awx(tmp_path: Path, api_url: str) -> Awx:
    return Awx(tmp_path, api_url)


def project(folder: Path, tasks: str, **keywords: Any) -> Path:
    """A project with one playbook."""
    play = {"name": "Job", "hosts": "all", "gather_facts": False, **keywords, "tasks": yaml.safe_load(dedent(tasks))}
    (folder / "project").mkdir()
    (folder / "project" / "site.yml").write_text(yaml.safe_dump([play]))
    return folder / "project"


DEFAULTS: Mapping[str, Any] = {
    "access_list": [{"path_id": PATHS["Projects/Roads"], "access_tier": "view"}],
    "valid_for": "90d",
}
MODULE_DEFAULTS = {"ellipsis.drive.ellipsis_access_token": DEFAULTS}


@pytest.mark.parametrize("login", LOGINS)
def test_a_job_logs_in_and_shows_no_secret(login: str, awx: Awx, emulator: Emulator, tmp_path: Path) -> None:
    tasks = """
        - name: One token
          ellipsis.drive.ellipsis_access_token: {description: tile server}
          register: made
        - name: A loop
          register: loop
          ellipsis.drive.ellipsis_access_token: {description: "{{ item }}"}
          loop: [tile server, another]
        - name: A set
          register: set
          ellipsis.drive.ellipsis_access_tokens:
            tokens: [{description: tile server}, {description: third}]
            defaults: "{{ defaults }}"
        - name: A file
          ansible.builtin.copy:
            content: "{{ made.secret }}"
            dest: "{{ out }}"
            mode: "0600"
          no_log: true
          diff: false
        - name: A fact
          ansible.builtin.set_fact: {fingerprint: "{{ made.access_token.fingerprint }}", cacheable: true}
        - name: A list
          ellipsis.drive.ellipsis_access_token_info:
        - name: A bad login
          ellipsis.drive.ellipsis_access_token_info: {api_token: "{{ made.secret }}"}
          ignore_errors: true
    """
    # Facts of localhost hold its environment, and with it a login that is not in a file; docs/awx.md says so.
    in_files = LOGINS[login][0] == "credential_type_file"
    source = project(tmp_path, tasks, module_defaults=MODULE_DEFAULTS, gather_facts=in_files)
    variables = {"out": str(tmp_path / "out"), "defaults": DEFAULTS}
    ran = awx.run(Launch(source, "site.yml", variables=variables, arguments=("-vvvv", "--diff")), login)
    assert (tmp_path / "out").read_text() in emulator.secrets
    assert ran.result("A list")["summary"]["tokens"] == 3
    facts = "".join(path.read_text() for path in (ran.artifacts / "fact_cache").iterdir())
    assert "fingerprint" in facts and ("_FILE" in facts) == in_files
    assert awx.leaks(emulator) == []


STORED = """
    - name: One token
      ellipsis.drive.ellipsis_access_token: {description: tile server, store: "{{ store }}"}
    - name: A template
      ansible.builtin.copy:
        content: "{{ lookup('ellipsis.drive.ellipsis_access_token', 'tile server', store=store) }}"
        dest: "{{ out }}"
        mode: "0600"
      no_log: true
      diff: false
"""


def test_a_store_lives_in_a_folder_that_jobs_share(awx: Awx, emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    source = project(tmp_path, STORED, module_defaults=MODULE_DEFAULTS)
    variables = {"out": str(tmp_path / "out"), "store": str(tmp_path / "shared" / "tokens.yml")}
    launch = Launch(
        source, "site.yml", variables=variables, vault_password=VAULT_PASSWORD, arguments=("-vvvv", "--diff")
    )
    jobs = [awx.run(launch) for _run in range(2)]
    assert [ran.result("One token")["reason"] for ran in jobs] == ["create", "none"]
    assert "$ANSIBLE_VAULT" in (tmp_path / "shared" / "tokens.yml").read_text()
    assert (tmp_path / "out").read_text() in emulator.secrets
    assert awx.leaks(emulator) == []


def test_a_store_in_the_project_is_gone_and_the_next_job_says_so(awx: Awx, emulator: Emulator, tmp_path: Path) -> None:
    source = project(tmp_path, STORED, module_defaults=MODULE_DEFAULTS)
    variables = {"out": str(tmp_path / "out"), "store": "tokens.yml"}
    launch = Launch(source, "site.yml", variables=variables, vault_password=VAULT_PASSWORD)
    awx.run(launch)
    second = awx.run(launch, code=2)
    assert "its secret is not in" in second.result("One token")["msg"]
    assert len(emulator.tokens) == 1
    assert awx.leaks(emulator) == []


def declared(folder: Path) -> list[dict[str, Any]]:
    deliver = [{"dest": f"{folder}/{{{{ inventory_hostname }}}}.json", "format": "json"}]
    return [{"description": "tile servers", **DEFAULTS, "deliver": deliver}]


def test_the_role_needs_no_disk_of_the_controller(awx: Awx, emulator: Emulator, tmp_path: Path) -> None:
    """Each job begins with nothing: it asks the hosts what they hold, also when it has to take a renewal back."""
    source = project(tmp_path, "[]", roles=["ellipsis.drive.access_tokens"], vars={"access_tokens": declared(tmp_path)})
    (source / "check.yml").write_text("- ansible.builtin.command: test ! -e {{ broken }}\n  changed_when: false\n")
    variables = {"access_tokens_check_tasks": "check.yml", "broken": str(tmp_path / "broken")}
    launch = Launch(source, "site.yml", hosts=("alpha", "beta"), variables=variables, arguments=("--diff",))

    def delivered() -> list[str]:
        return [(tmp_path / f"{host}.json").read_text() for host in launch.hosts]

    awx.run(launch)
    first = delivered()
    awx.run(launch)
    assert delivered() == first and len(emulator.tokens) == 1

    emulator.clock.advance(70 * 86400)
    (tmp_path / "broken").touch()
    awx.run(launch, code=2)
    assert delivered() == first
    (tmp_path / "broken").unlink()
    awx.run(launch)
    assert delivered() != first
    assert [token.secret in delivered()[0] for token in emulator.tokens if token.revoked_at is None] == [True]
    assert awx.leaks(emulator) == []
