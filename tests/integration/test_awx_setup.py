# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that makes AWX ready, with the real awx.awx and as much of the API of AWX as it needs, or the real one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.awx.api import Awx
from ansible_collections.ellipsis.drive.tests.awx.client import INVENTORY, VAULT, Client, OfDouble, OfReal, Ran
from ansible_collections.ellipsis.drive.tests.double import serve
from ansible_collections.ellipsis.drive.tests.emulator import USER_TOKEN, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "extensions" / "awx"
TEMPLATES = yaml.safe_load((EXTENSION / "job_templates.yml").read_text())
ENCRYPTED = "$encrypted$"
LOGIN_FILES = "Ellipsis Drive (token file)"
PROVISION = "Ellipsis Drive: provision"
HELD = "Ellipsis Drive tokens"
Environment = Mapping[str, str | None]
NOTHING: Environment = {"ELLIPSIS_API_TOKEN": None, "ELLIPSIS_API_URL": None}


@pytest.fixture
def awx(tmp_path: Path) -> Iterator[Client]:
    """The double, or the real AWX at AWX_URL, which is there for tests alone."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "awx", project)
    declaration = project / "group_vars" / "tile_servers.yml"
    declaration.write_text(declaration.read_text().replace("/etc/", f"{tmp_path}/{{{{ inventory_hostname }}}}."))
    if url := os.environ.get("AWX_URL"):
        yield OfReal(url, project, os.environ["AWX_USERNAME"], os.environ["AWX_PASSWORD"])
    else:
        double = Awx(project, token="a token for AWX")
        with serve(double) as url:
            yield OfDouble(url, project, double, tmp_path)


def setup(
    controller: Controller, awx: Client, *, environment: Environment | None = None, code: int = 0, **variables: object
) -> Run:
    """Run the playbook with what it needs and these variables."""
    needed = {
        "ellipsis_awx_inventory": INVENTORY,
        "ellipsis_awx_project_url": awx.project_url,
        "ellipsis_awx_image": "example.com/ee",
    }
    return run(controller, awx, {**needed, **variables}, environment=environment, code=code)


def run(
    controller: Controller,
    awx: Client,
    variables: Mapping[str, object],
    *,
    environment: Environment | None = None,
    code: int,
) -> Run:
    file = controller.folder / "variables.yml"
    file.write_text(yaml.safe_dump(dict(variables)))
    path = controller.environment["ANSIBLE_COLLECTIONS_PATH"]
    around = {
        "ANSIBLE_COLLECTIONS_PATH": f"{path}:{ROOT / '.venv' / 'others'}",
        **awx.environment,
        **(environment or {}),
    }
    return controller.run_file(Path("ellipsis.drive.awx"), "-e", f"@{file}", environment=around, code=code)


def test_awx_is_ready_and_stays_as_it_is(controller: Controller, awx: Client) -> None:
    ran = setup(controller, awx, ellipsis_awx_credentials=["SSH"])
    assert USER_TOKEN not in ran.stdout + ran.stderr
    kind = yaml.safe_load((EXTENSION / "credential_type_file.yml").read_text())
    made = awx.objects("credential_types")[kind["name"]]
    assert {key: made[key] for key in kind} == kind
    assert awx.objects("credentials")[LOGIN_FILES]["inputs"] == {"api_token": ENCRYPTED, "api_url": controller.api_url}
    assert awx.objects("job_templates").keys() >= {f"Ellipsis Drive: {template['name']}" for template in TEMPLATES}
    assert awx.attached(PROVISION) == {LOGIN_FILES, "SSH"}
    assert awx.attached("Ellipsis Drive: audit") == {LOGIN_FILES}
    assert len(awx.own("schedules")) == 2
    assert [each["name"] for each in awx.own("execution_environments")] == ["Ellipsis Drive (Default)"]
    writes = awx.writes()
    assert "changed=0" in setup(controller, awx, ellipsis_awx_credentials=["SSH"]).text
    assert awx.writes() == writes


@pytest.mark.long
def test_what_it_made_works(controller: Controller, awx: Client, emulator: Emulator, tmp_path: Path) -> None:
    """One job of each template, one after the other, with the project of the examples."""
    elsewhere: Environment = {"ELLIPSIS_API_TOKEN": None, "ELLIPSIS_VALIDATE_CERTS": "no"}
    setup(controller, awx, environment=elsewhere, ellipsis_api_token=USER_TOKEN)
    jobs: list[Ran] = []

    def live(name: str, **answers: str) -> list[str]:
        """The descriptions of what lives after a job."""
        jobs.append(awx.launch(f"Ellipsis Drive: {name}", answers))
        assert jobs[-1].code == 0, jobs[-1].stdout
        return [token.description.partition(" [ed1:")[0] for token in emulator.tokens if token.revoked_at is None]

    def delivered(host: str) -> str:
        return (tmp_path / f"{host}.ellipsis-drive.env").read_text()

    assert live("provision") == ["tile servers"]
    first = delivered("alpha")
    assert live("rotate", rotate_description="tile servers") == ["tile servers"]
    assert first != delivered("alpha") == delivered("beta")
    answers = {
        "token_description": "a {{ survey }}",  # whoever answers writes no templates
        "token_path": "myDrive/Projects/Roads",
        "token_tier": "viewPlus",
        "token_valid_for": "7d",
        "token_file": str(tmp_path / "token.json"),
    }
    assert live("issue", **answers) == ["tile servers", "a {{ survey }}"]
    assert json.loads((tmp_path / "token.json").read_text())["token"] == emulator.tokens[-1].secret
    live("audit")
    revoked = {"ellipsis_revoke_description": "a {{ survey }}", "ellipsis_revoke_owner": "default"}
    assert live("revoke", **revoked) == ["tile servers"]
    shown = "".join(ran.public for ran in jobs)
    assert [secret for secret in {*emulator.secrets, USER_TOKEN} if secret in shown] == []


@pytest.mark.long
@pytest.mark.skipif(
    "AWX_URL" not in os.environ, reason="jobs of the double have no awx.awx, see test_role_kept_elsewhere.py"
)
def test_a_credential_holds_the_tokens(controller: Controller, awx: OfReal, emulator: Emulator) -> None:
    """With examples/awx_credential. A job that was not given the credential makes nothing, and says why."""
    declaration = awx.project / "group_vars" / "tile_servers.yml"
    lines = declaration.read_text()
    for name in ("fetch", "keep"):
        shutil.copy(ROOT / "examples" / "awx_credential" / f"{name}.yml", awx.project / f"{name}.yml")
        lines += f'access_tokens_{name}_tasks: "{{{{ playbook_dir }}}}/{name}.yml"\n'
    declaration.write_text(lines + "awx_organization: Nowhere\n")
    awx.commit()
    setup(controller, awx, environment={"ELLIPSIS_VALIDATE_CERTS": "no"})
    awx.attach(PROVISION, awx.login_of_jobs())
    ran = awx.launch(PROVISION, {})
    assert ran.code != 0 and "Nowhere" in ran.stdout.partition("Say what failed")[2], ran.stdout
    assert [token for token in emulator.tokens if token.revoked_at is None] == []

    declaration.write_text(lines)
    awx.commit()
    ran = awx.launch(PROVISION, {})
    assert ran.code == 0, ran.stdout
    awx.attach(PROVISION, HELD)
    setup(controller, awx, environment={"ELLIPSIS_VALIDATE_CERTS": "no"})
    ran = awx.launch(PROVISION, {})
    assert ran.code == 0, ran.stdout
    [live] = [token for token in emulator.tokens if token.revoked_at is None]

    awx.detach(PROVISION, HELD)
    ran = awx.launch(PROVISION, {})
    assert ran.code != 0 and f"not given the credential {HELD}" in ran.stdout
    assert [token for token in emulator.tokens if token.revoked_at is None] == [live]
    assert [secret for secret in {*emulator.secrets, USER_TOKEN} if secret in ran.public] == []


@pytest.mark.long
def test_what_was_filled_in_in_awx_stays(controller: Controller, awx: Client) -> None:
    """A run that knows more, or less, or something else than AWX does never takes away what is there."""

    def inputs() -> dict[str, Any]:
        return dict(awx.objects("credentials")[LOGIN_FILES]["inputs"])

    server: dict[str, Any] = {"ellipsis_api_url": "https://example.api.ellipsis-drive.com/v3"}
    setup(controller, awx, **server, environment=NOTHING)
    assert inputs() == {"api_url": server["ellipsis_api_url"]}
    # Somebody fills the login in, attaches a credential and gives the project one.
    awx.edit(
        "credentials", LOGIN_FILES, inputs={**inputs(), "username": "ada", "password": "by hand", "organization_id": ""}
    )
    by_hand = inputs()
    assert by_hand["password"] == ENCRYPTED
    awx.attach(PROVISION, VAULT, "Other SSH")
    awx.give_project_credential()
    assert "changed=0" in setup(controller, awx, **server, environment=NOTHING).text
    assert inputs() == by_hand
    assert awx.objects("projects")["Ellipsis Drive"]["credential"]

    # What is declared takes the place of its type alone. A run that has another login does not mix it with that one.
    changes: dict[str, Any] = {"ellipsis_organization_id": "of the run", "ellipsis_api_token": USER_TOKEN}
    declared: dict[str, Any] = {
        "ellipsis_awx_credentials": ["SSH"],
        "ellipsis_awx_project_credential": "",
        "ellipsis_awx_schedule": "",
    }
    setup(controller, awx, **server, **changes, **declared, environment=NOTHING)
    assert inputs() == {**by_hand, "organization_id": "of the run"}
    assert awx.attached(PROVISION) == {LOGIN_FILES, VAULT, "SSH"}
    assert awx.objects("projects")["Ellipsis Drive"]["credential"] is None
    assert awx.own("schedules") == []
    setup(controller, awx, **changes, environment=NOTHING, ellipsis_awx_update_secrets=True)
    kept = {key: value for key, value in by_hand.items() if key not in ("username", "password")}
    assert inputs() == {**kept, "organization_id": "of the run", "api_token": ENCRYPTED}
    assert len(awx.own("schedules")) == 2


@pytest.mark.long
def test_types_and_organizations_can_be_changed(controller: Controller, awx: Client) -> None:
    """Over and back, and a second organization beside the first one; each run once more changes nothing."""
    names = {True: LOGIN_FILES, False: "Ellipsis Drive"}
    for token_file in (False, True, False):
        setup(controller, awx, ellipsis_awx_token_file=token_file)
        assert awx.attached(PROVISION) == {names[token_file]}
    nothing: Environment = {"ELLIPSIS_API_TOKEN": None}
    setup(controller, awx, environment=nothing)  # its credential is there already

    setup(controller, awx, ellipsis_awx_organization="Acme", ellipsis_awx_token_file=False)
    assert len(awx.own("job_templates")) == 2 * len(TEMPLATES) and len(awx.own("schedules")) == 4
    assert "changed=0" in setup(controller, awx, environment=nothing).text

    # Without a login nobody can fill the credential of the other type.
    ran = setup(controller, awx, environment=nothing, ellipsis_awx_organization="Acme", code=2)
    assert "AWX gives it to nobody" in ran.text and "ellipsis_awx_token_file=False" in ran.text


@pytest.mark.long
def test_reasons_are_said(controller: Controller, awx: Client) -> None:
    """Although the task with the login in it shows nothing."""
    ran = setup(controller, awx, ellipsis_api_token={"not": "a text"}, code=2)
    assert "could not be written" in ran.text and "api_token" in ran.text.partition("could not be written")[2]
    assert USER_TOKEN not in ran.stdout + ran.stderr
    for variables, said in (
        ({"ellipsis_awx_organization": "Nowhere"}, "there is no organization Nowhere"),
        ({"ellipsis_awx_inventory": "Nothing"}, "there is no inventory Nothing"),
        ({"ellipsis_awx_credentials": ["None"]}, "AWX has 0 credentials None"),
    ):
        assert said in setup(controller, awx, **variables, code=2).text
    awx.change_type(LOGIN_FILES)
    said = f"AWX changes the fields of no type that credentials use, here {LOGIN_FILES}"
    assert said in setup(controller, awx, code=2).text


def test_a_mistake_is_named(controller: Controller, awx: Client) -> None:
    writes = awx.writes()
    ran = run(controller, awx, {"ellipsis_awx_image": "example.com/ee"}, code=2)
    assert "ellipsis_awx_inventory, ellipsis_awx_project_url: please set it" in ran.text
    assert awx.writes() == writes
