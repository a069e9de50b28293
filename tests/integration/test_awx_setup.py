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
    kind = yaml.safe_load((EXTENSION / "credential_type_file.yml").read_text())
    made = awx.objects("credential_types")[kind["name"]]
    assert {key: made[key] for key in kind} == kind
    credential = awx.objects("credentials")["Ellipsis Drive (token file)"]
    assert credential["inputs"] == {"api_token": USER_TOKEN, "api_url": controller.api_url}
    templates = awx.objects("job_templates")
    assert templates.keys() == {f"Ellipsis Drive: {template['name']}" for template in TEMPLATES}
    assert [len(templates[f"Ellipsis Drive: {name}"]["credentials"]) for name in ("provision", "audit")] == [2, 1]
    assert len(awx.objects("schedules")) == 2

    assert [each["name"] for each in awx.objects("execution_environments").values()] == ["Ellipsis Drive (Default)"]
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


def test_what_was_filled_in_in_awx_stays(controller: Controller, awx: Awx, address: str) -> None:
    """A run that knows more, or less, or something else than AWX does never takes away what is there."""
    name = "Ellipsis Drive (token file)"

    def credential() -> dict[str, Any]:
        return dict(awx.objects("credentials")[name]["inputs"])

    nothing: dict[str, str | None] = {"ELLIPSIS_API_TOKEN": None, "ELLIPSIS_API_URL": None}
    server: dict[str, Any] = {"ellipsis_api_url": "https://example.api.ellipsis-drive.com/v3"}
    setup(controller, address, **NEEDED, **server, environment=nothing)
    assert credential() == {"api_url": server["ellipsis_api_url"]}
    # Somebody fills the login in, attaches a credential and gives the project one.
    by_hand = {**credential(), "username": "ada", "password": "by hand", "organization_id": ""}
    awx.edit("credentials", name, inputs=by_hand)
    awx.attach("Ellipsis Drive: provision", "Attached by hand", "Other SSH")
    awx.edit("projects", "Ellipsis Drive", credential=awx.objects("credentials")["SSH"]["id"])
    assert "changed=0" in setup(controller, address, **NEEDED, **server, environment=nothing).text
    assert credential() == by_hand
    assert awx.objects("projects")["Ellipsis Drive"]["credential"]

    # What is declared takes the place of its type alone. A run that has another login does not mix it with that one.
    changes: dict[str, Any] = {"ellipsis_organization_id": "of the run", "ellipsis_api_token": USER_TOKEN}
    declared: dict[str, Any] = {
        "ellipsis_awx_credentials": ["SSH"],
        "ellipsis_awx_project_credential": "",
        "ellipsis_awx_schedule": "",
    }
    setup(controller, address, **NEEDED, **server, **changes, **declared, environment=nothing)
    assert credential() == {**by_hand, "organization_id": "of the run"}
    assert awx.attached("Ellipsis Drive: provision") == {name, "Attached by hand", "SSH"}
    assert awx.objects("projects")["Ellipsis Drive"]["credential"] is None
    assert awx.objects("schedules") == {}
    setup(controller, address, **NEEDED, **changes, environment=nothing, ellipsis_awx_update_secrets=True)
    assert credential() == {**server_of(by_hand), "organization_id": "of the run", "api_token": USER_TOKEN}
    assert len(awx.objects("schedules")) == 2


def server_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key not in ("api_token", "username", "password")}


def test_types_and_organizations_can_be_changed(controller: Controller, awx: Awx, address: str) -> None:
    """Over and back, and a second organization beside the first one; each run once more changes nothing."""
    names = {True: "Ellipsis Drive (token file)", False: "Ellipsis Drive"}
    for token_file in (False, True, False):
        setup(controller, address, **NEEDED, ellipsis_awx_token_file=token_file)
        assert awx.attached("Ellipsis Drive: provision") == {names[token_file]}
    nothing: dict[str, str | None] = {"ELLIPSIS_API_TOKEN": None}
    setup(controller, address, **NEEDED, environment=nothing)  # its credential is there already

    setup(controller, address, **NEEDED, ellipsis_awx_organization="Acme", ellipsis_awx_token_file=False)
    assert awx.count("job_templates") == 2 * len(TEMPLATES) and awx.count("schedules") == 4
    again = setup(controller, address, **NEEDED, environment=nothing)
    assert "changed=0" in again.text

    # Without a login nobody can fill the credential of the other type.
    run = setup(controller, address, **NEEDED, environment=nothing, ellipsis_awx_organization="Acme", code=2)
    assert "AWX gives it to nobody" in run.text and "ellipsis_awx_token_file=False" in run.text


def test_reasons_are_said(controller: Controller, awx: Awx, address: str) -> None:
    """Although the task with the login in it shows nothing."""
    awx.refuses = {"credentials": "You have reached your quota"}
    run = setup(controller, address, **NEEDED, code=2)
    assert "could not be written" in run.text and "reached your quota" in run.text
    assert USER_TOKEN not in run.stdout + run.stderr
    for variables, said in (
        ({"ellipsis_awx_organization": "Nowhere"}, "there is no organization Nowhere"),
        ({"ellipsis_awx_inventory": "Nothing"}, "there is no inventory Nothing"),
        ({"ellipsis_awx_credentials": ["None"]}, "AWX has 0 credentials None"),
    ):
        assert said in setup(controller, address, **{**NEEDED, **variables}, code=2).text


def test_a_mistake_is_named(controller: Controller, awx: Awx, address: str) -> None:
    run = setup(controller, address, ellipsis_awx_image="example.com/ee", code=2)
    assert "ellipsis_awx_inventory, ellipsis_awx_project_url: please set it" in run.text
    assert awx.writes == []
