# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that makes AWX ready, with the real awx.awx and as much of the API of AWX as it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.awx.api import Awx, serve
from ansible_collections.ellipsis.drive.tests.emulator import USER_TOKEN
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run

ROOT = Path(__file__).resolve().parents[2]
TYPES = sorted((ROOT / "extensions" / "awx").glob("credential_type*.yml"))
TEMPLATES = yaml.safe_load((ROOT / "extensions" / "awx" / "job_templates.yml").read_text())
NEEDED = {
    "awx_inventory": "Tile servers",
    "awx_project_url": "https://example.com/p.git",
    "awx_image": "example.com/ee",
}


@pytest.fixture
def awx() -> Awx:
    return Awx(ROOT / "examples" / "awx", token="a token for AWX")


@pytest.fixture
def address(awx: Awx) -> Iterator[str]:
    with serve(awx) as url:
        yield url


def setup(controller: Controller, address: str, *arguments: str, code: int = 0, **variables: object) -> Run:
    file = controller.folder / "variables.yml"
    file.write_text(yaml.safe_dump(variables))
    path = controller.environment["ANSIBLE_COLLECTIONS_PATH"]
    environment: dict[str, str | None] = {
        "ANSIBLE_COLLECTIONS_PATH": f"{path}:{ROOT / '.venv' / 'others'}",
        "CONTROLLER_HOST": address,
        "CONTROLLER_OAUTH_TOKEN": "a token for AWX",
    }
    return controller.run_file(
        Path("ellipsis.drive.awx"), "-e", f"@{file}", *arguments, environment=environment, code=code
    )


def test_awx_is_ready_and_stays_as_it_is(controller: Controller, awx: Awx, address: str) -> None:
    run = setup(controller, address, **NEEDED, awx_credentials=["SSH"])
    assert USER_TOKEN not in run.stdout + run.stderr
    kind = yaml.safe_load((ROOT / "extensions" / "awx" / "credential_type.yml").read_text())
    made = awx.objects("credential_types")[kind["name"]]
    assert {key: made[key] for key in ("inputs", "injectors", "kind")} == {
        key: kind[key] for key in ("inputs", "injectors", "kind")
    }
    assert awx.objects("credentials")["Ellipsis Drive"]["inputs"] == {
        "api_token": USER_TOKEN,
        "api_url": controller.api_url,
    }
    assert awx.objects("job_templates").keys() == {f"Ellipsis Drive: {template['name']}" for template in TEMPLATES}

    writes = len(awx.writes)
    again = setup(controller, address, **NEEDED, awx_credentials=["SSH"])
    assert "changed=0" in again.text
    assert awx.writes[writes:] == ["POST projects/7/update/"]
