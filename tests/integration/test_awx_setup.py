# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that makes AWX ready, with the real awx.awx and as much of the API of AWX as it needs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.awx import job
from ansible_collections.ellipsis.drive.tests.awx.api import Awx
from ansible_collections.ellipsis.drive.tests.awx.job import Job, Launch
from ansible_collections.ellipsis.drive.tests.double import serve
from ansible_collections.ellipsis.drive.tests.emulator import USER_TOKEN, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "extensions" / "awx"
TEMPLATES = yaml.safe_load((EXTENSION / "job_templates.yml").read_text())
NEEDED: dict[str, Any] = {
    "ellipsis_awx_inventory": "Tile servers",
    "ellipsis_awx_project_url": "https://example.com/p.git",
    "ellipsis_awx_image": "example.com/ee",
}


@pytest.fixture
def awx() -> Awx:
    return Awx(ROOT / "examples" / "awx", token="a token for AWX")


@pytest.fixture
def address(awx: Awx) -> Iterator[str]:
    with serve(awx) as url:
        yield url


def setup(
    controller: Controller,
    address: str,
    *,
    environment: Mapping[str, str | None] | None = None,
    code: int = 0,
    **variables: object,
) -> Run:
    """Run the playbook with these variables."""
    file = controller.folder / "variables.yml"
    file.write_text(yaml.safe_dump(variables))
    path = controller.environment["ANSIBLE_COLLECTIONS_PATH"]
    awx: dict[str, str | None] = {
        "ANSIBLE_COLLECTIONS_PATH": f"{path}:{ROOT / '.venv' / 'others'}",
        "CONTROLLER_HOST": address,
        "CONTROLLER_OAUTH_TOKEN": "a token for AWX",
    }
    playbook = Path("ellipsis.drive.awx")
    return controller.run_file(playbook, "-e", f"@{file}", environment={**awx, **(environment or {})}, code=code)


def job_of(awx: Awx, name: str, project: Path, **answers: str) -> Launch:
    """What AWX would start of a job template, on two hosts."""
    template = awx.objects("job_templates")[f"Ellipsis Drive: {name}"]
    asked = {question["variable"] for question in template.get("survey", {}).get("spec", [])}
    assert answers.keys() <= asked
    held = [awx.named("credentials", number) for number in template["credentials"]]
    own = [
        (awx.named("credential_types", each["credential_type"]), each["inputs"]) for each in held if "inputs" in each
    ]
    return Launch(project, template["playbook"], ("alpha", "beta"), credentials=own, answers=answers)


def test_awx_is_ready_and_stays_as_it_is(controller: Controller, awx: Awx, address: str) -> None:
    run = setup(controller, address, **NEEDED, ellipsis_awx_credentials=["SSH"])
    assert USER_TOKEN not in run.stdout + run.stderr
    kind = yaml.safe_load((EXTENSION / "credential_type.yml").read_text())
    made = awx.objects("credential_types")[kind["name"]]
    assert {key: made[key] for key in kind} == kind
    [credential] = [each for each in awx.objects("credentials").values() if "inputs" in each]
    assert credential["inputs"] == {"api_token": USER_TOKEN, "api_url": controller.api_url}
    templates = awx.objects("job_templates")
    assert templates.keys() == {f"Ellipsis Drive: {template['name']}" for template in TEMPLATES}
    assert [len(templates[f"Ellipsis Drive: {name}"]["credentials"]) for name in ("provision", "audit")] == [2, 1]
    assert len(awx.objects("schedules")) == 2

    writes = len(awx.writes)
    assert "changed=0" in setup(controller, address, **NEEDED, ellipsis_awx_credentials=["SSH"]).text
    assert [write.split("/")[0] for write in awx.writes[writes:]] == ["POST projects"]  # which fetches it again


def test_what_it_made_works(controller: Controller, awx: Awx, address: str, emulator: Emulator, tmp_path: Path) -> None:
    """One job of each template, one after the other, with the project of the examples."""
    elsewhere: dict[str, str | None] = {"ELLIPSIS_API_TOKEN": None, "ELLIPSIS_VALIDATE_CERTS": "no"}
    setup(
        controller,
        address,
        environment=elsewhere,
        **NEEDED,
        ellipsis_api_token=USER_TOKEN,
        ellipsis_awx_token_file=True,
    )
    declaration = tmp_path / "project" / "group_vars" / "tile_servers.yml"
    shutil.copytree(awx.project, tmp_path / "project")
    declaration.write_text(declaration.read_text().replace("/etc/", f"{tmp_path}/{{{{ inventory_hostname }}}}."))
    jobs: list[Job] = []

    def run(name: str, **answers: str) -> list[str]:
        """The descriptions of what lives after a job."""
        jobs.append(job.run(job_of(awx, name, tmp_path / "project", **answers), tmp_path / f"job{len(jobs) + 1}"))
        assert jobs[-1].code == 0, jobs[-1].stdout
        live = (token for token in emulator.tokens if token.revoked_at is None)
        return [token.description.partition(" [ed1:")[0] for token in live]

    assert run("provision") == ["tile servers"]
    first = (tmp_path / "alpha.ellipsis-drive.env").read_text()
    assert run("rotate", rotate_description="tile servers") == ["tile servers"]
    assert (
        first
        != (tmp_path / "alpha.ellipsis-drive.env").read_text()
        == (tmp_path / "beta.ellipsis-drive.env").read_text()
    )
    answers = {
        "token_description": "a {{ survey }}",  # whoever answers writes no templates
        "token_path": "myDrive/Projects/Roads",
        "token_tier": "viewPlus",
        "token_valid_for": "7d",
        "token_file": str(tmp_path / "token.json"),
    }
    assert run("issue", **answers) == ["tile servers", "a {{ survey }}"]
    assert json.loads((tmp_path / "token.json").read_text())["token"] == emulator.tokens[-1].secret
    run("audit")
    assert run("revoke", ellipsis_revoke_description="a {{ survey }}", ellipsis_revoke_owner="default") == [
        "tile servers"
    ]
    shown = "".join(text for ran in jobs for _place, text in ran.public())
    assert [secret for secret in {*emulator.secrets, USER_TOKEN} if secret in shown] == []


def test_a_mistake_is_named(controller: Controller, awx: Awx, address: str) -> None:
    run = setup(controller, address, ellipsis_awx_image="example.com/ee", code=2)
    assert "ellipsis_awx_inventory, ellipsis_awx_project_url: please set it" in run.text
    assert awx.writes == []
