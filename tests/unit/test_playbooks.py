# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks and what is said of their variables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins.playbook_variables import PLAYBOOKS as KNOWN
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins.playbook_variables import complaints

ROOT = Path(__file__).resolve().parents[2]
# The one that sets AWX up has a page of its own.
PLAYBOOKS = [ROOT / "playbooks" / f"{name}.yml" for name in ("audit", "move_store", "provision", "revoke", "rotate")]
VARIABLE = re.compile(r"\bellipsis_(?:audit|move_store|provision|revoke|rotate)_[a-z_]+")
DOCUMENTED = set(VARIABLE.findall((ROOT / "docs" / "playbooks.md").read_text()))


def plays(playbook: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(playbook.read_text())
    return found


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_variables_that_are_used_are_known_and_documented(playbook: Path) -> None:
    known = KNOWN[playbook.stem]
    assert set(VARIABLE.findall(playbook.read_text())) == known
    assert known <= DOCUMENTED


def test_everything_documented_is_there() -> None:
    assert set().union(*(KNOWN[playbook.stem] for playbook in PLAYBOOKS)) == DOCUMENTED


def test_the_variables_of_awx_are_known_and_documented() -> None:
    variable = re.compile(r"\bellipsis_awx_[a-z_]+")
    files = (ROOT / "playbooks" / "awx.yml", *(ROOT / "playbooks" / "tasks").glob("awx*.yml"))
    used = {name for file in files for name in variable.findall(file.read_text())} - {"ellipsis_awx_"}
    assert used == KNOWN["awx"]
    assert KNOWN["awx"] <= set(variable.findall((ROOT / "docs" / "awx.md").read_text()))


@pytest.mark.parametrize("playbook", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_every_playbook_looks_for_mistakes_first(playbook: Path) -> None:
    for play in plays(playbook):
        first = play["tasks"][0]
        assert first["ansible.builtin.include_tasks"] == "tasks/known.yml"
        assert first["vars"] == {"_playbook": playbook.stem}


NEAR = "no such variable; write"
# The playbook, the variables and the words it was given, and how its complaints start.
MISTAKES: list[tuple[str, list[str], str, list[str]]] = [
    ("revoke", ["ellipsis_revoke_description", "inventory_dir", "ansible_host", "access_tokens"], "", []),
    ("revoke", ["ellipsis_api_token", "ellipsis_ca_path", "ellipsis_store", "ellipsis_access_tokens"], "", []),
    ("revoke", ["ellipsis_audit_owner", "ellipsis_awx_name", "ellipsis_provision_hosts"], "", []),
    ("revoke", ["ellipsis_revoke_descripton"], "", [f"ellipsis_revoke_descripton: {NEAR} ellipsis_revoke_description"]),
    ("revoke", ["elipsis_revoke_token_id"], "", [f"elipsis_revoke_token_id: {NEAR} ellipsis_revoke_token_id"]),
    ("revoke", ["Ellipsis_revoke_owner"], "", [f"Ellipsis_revoke_owner: {NEAR} ellipsis_revoke_owner"]),
    ("revoke", ["ellipsis_api_tokne"], "", [f"ellipsis_api_tokne: {NEAR} ellipsis_api_token"]),
    ("provision", ["ellipsis_provision_host"], "", [f"ellipsis_provision_host: {NEAR} ellipsis_provision_hosts"]),
    (
        "rotate",
        ["ellipsis_rotate_description"],
        "",
        [f"ellipsis_rotate_description: {NEAR} ellipsis_rotate_descriptions"],
    ),
    ("audit", ["ellipsis_xyz"], "", ["ellipsis_xyz: no such variable; names that start with ellipsis_ are of this"]),
    (
        "revoke",
        [],
        "server 2",
        ["server 2: belongs to no variable, since a value on the command line ends at a space;"],
    ),
    (
        "audit",
        ["ellipsis_audit_titel", "ellipsis_audit_fial_on", "ellipsis_audit_name"],
        "{{ 7 * 6 }}",
        [
            f"ellipsis_audit_fial_on: {NEAR} ellipsis_audit_fail_on",
            f"ellipsis_audit_titel: {NEAR} ellipsis_audit_title",
            "{{ 7 * 6 }}: belongs to no variable",
        ],
    ),
]


@pytest.mark.parametrize(("playbook", "names", "words", "said"), MISTAKES)
def test_all_mistakes_are_said_at_once(playbook: str, names: list[str], words: str, said: list[str]) -> None:
    found = complaints(names, playbook, words)
    assert len(found) == len(said)
    assert all(text.startswith(start) for text, start in zip(found, said, strict=True)), found


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_the_readme_and_the_page_name_every_playbook(playbook: Path) -> None:
    for page in ("README.md", "docs/playbooks.md"):
        assert f"`ellipsis.drive.{playbook.stem}`" in (ROOT / page).read_text()


@pytest.mark.parametrize("name", ["audit", "move_store", "revoke"])
def test_what_needs_no_host_runs_on_the_controller(name: str) -> None:
    [play] = plays(ROOT / "playbooks" / f"{name}.yml")
    assert (play["hosts"], play["connection"], play["gather_facts"]) == ("localhost", "local", False)
