# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of extensions/awx: what AWX accepts, and what it makes of them in a job."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import INHERITED
from ansible_collections.ellipsis.drive.tests.awx import rules
from ansible_collections.ellipsis.drive.tests.awx.job import injected

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "extensions" / "awx"
TYPES = {path.stem: yaml.safe_load(path.read_text()) for path in EXTENSION.glob("credential_type*.yml")}
TEMPLATES = yaml.safe_load((EXTENSION / "job_templates.yml").read_text())
# Not like the canaries of other tests: nothing may depend on what a token looks like.
VALUES = {
    "api_token": "secret token",
    "username": "ada",
    "password": "secret password",
    "organization_id": "an organization",
    "api_url": "https://example.api.ellipsis-drive.com/v3",
    "ca_certificate": "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n",
    "skip_tls_verify": True,
    "allow_cleartext_login": True,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "env").mkdir()
    return tmp_path


def filled(kind: dict[str, Any]) -> dict[str, Any]:
    return {field["id"]: VALUES[field["id"]] for field in kind["inputs"]["fields"]}


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_awx_accepts_a_credential_type(kind: dict[str, Any]) -> None:
    assert rules.type_complaints(kind["inputs"], kind["injectors"]) == []
    assert rules.credential_complaints(kind["inputs"], filled(kind)) == []
    assert kind["kind"] == "cloud"


def test_everything_about_a_connection_can_be_set() -> None:
    read = {f"ELLIPSIS_{name.upper()}" for name in INHERITED}
    assert {name for kind in TYPES.values() for name in kind["injectors"]["env"]} == read


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("injectors.env.ANSIBLE_CONFIG", "text"),
        ("injectors.env.2ND", "text"),
        ("injectors.env.PATH", "text"),
        ("injectors.env.ELLIPSIS_USERNAME", "{{ user }}"),
        ("injectors.env.ELLIPSIS_CA_PATH", "{% if ca_certificate %}{{ tower.filename.ca }}{% endif %}"),
        ("injectors.env.ELLIPSIS_API_URL", "{{ api_url"),
        ("injectors.file", {}),
        ("injectors.file", {"template": "", "template.ca": "{{ ca_certificate }}"}),
        ("injectors.file", {"token": "{{ api_token }}"}),
        ("injectors.environment", {}),
        ("inputs.required", ["token"]),
        ("inputs.requires", ["api_token"]),
        ("inputs.fields.0.id", "api-token"),
        ("inputs.fields.0.id", "tower"),
        ("inputs.fields.0.id", "username"),
        ("inputs.fields.0.type", "password"),
        ("inputs.fields.0.placeholder", "epat"),
        ("inputs.fields.4.format", "url"),
        ("inputs.fields.6.default", True),
        ("inputs.fields.6.secret", True),
    ],
)
def test_what_awx_refuses_or_leaves_out_is_found(path: str, value: object) -> None:
    kind = deepcopy(TYPES["credential_type"])
    *way, last = path.split(".", 3)
    place = kind
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    place[last] = value
    assert rules.type_complaints(kind["inputs"], kind["injectors"])


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_a_job_gets_the_values_and_awx_shows_no_secret(kind: dict[str, Any], folder: Path) -> None:
    variables, shown = injected(kind, filled(kind), folder)
    token_file = variables.pop("ELLIPSIS_API_TOKEN_FILE", None)
    token = Path(token_file).read_text() if token_file else variables.pop("ELLIPSIS_API_TOKEN")
    assert token == VALUES["api_token"]
    assert Path(variables.pop("ELLIPSIS_CA_PATH")).read_text() == VALUES["ca_certificate"]
    assert variables.pop("ELLIPSIS_VALIDATE_CERTS") == "False"
    assert variables.pop("ELLIPSIS_ALLOW_CLEARTEXT_LOGIN") == "true"
    assert variables == {name: VALUES[name.removeprefix("ELLIPSIS_").lower()] for name in variables}
    assert {path.stat().st_mode & 0o777 for path in (folder / "env").iterdir()} == {0o600}
    assert "secret" not in str(shown)
    assert shown["ELLIPSIS_API_URL"] == VALUES["api_url"]


@pytest.mark.parametrize("empty", [{}, dict.fromkeys(VALUES, ""), {"skip_tls_verify": False}], ids=str)
def test_what_is_left_empty_is_unset(empty: dict[str, Any], folder: Path) -> None:
    variables, _shown = injected(TYPES["credential_type"], empty, folder)
    assert {name: value for name, value in variables.items() if value} == {"ELLIPSIS_VALIDATE_CERTS": "True"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template["name"])
def test_awx_accepts_a_job_template(template: dict[str, Any]) -> None:
    assert template["playbook"] in rules.playbooks(ROOT / "examples" / "awx")
    if "survey" in template:
        assert rules.survey_complaints({"name": "", "description": "", "spec": template["survey"]}) == []
