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

ROOT = Path(__file__).resolve().parents[2]
# The one that sets AWX up has a page of its own.
PLAYBOOKS = [ROOT / "playbooks" / f"{name}.yml" for name in ("audit", "move_store", "provision", "revoke", "rotate")]
VARIABLE = re.compile(r"\bellipsis_(?:audit|move_store|provision|revoke|rotate)_[a-z_]+")
DOCUMENTED = set(VARIABLE.findall((ROOT / "docs" / "playbooks.md").read_text()))


def plays(playbook: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(playbook.read_text())
    return found


def known(playbook: Path) -> set[str]:
    """The variables that the playbook does not refuse."""
    return {
        name for play in plays(playbook) for task in play["tasks"] for name in task.get("vars", {}).get("_known", ())
    }


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_variables_that_are_used_are_known_and_documented(playbook: Path) -> None:
    assert set(VARIABLE.findall(playbook.read_text())) == known(playbook)
    assert known(playbook) <= DOCUMENTED


def test_everything_documented_is_there() -> None:
    assert set().union(*map(known, PLAYBOOKS)) == DOCUMENTED


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_the_readme_and_the_page_name_every_playbook(playbook: Path) -> None:
    for page in ("README.md", "docs/playbooks.md"):
        assert f"`ellipsis.drive.{playbook.stem}`" in (ROOT / page).read_text()


@pytest.mark.parametrize("name", ["audit", "move_store", "revoke"])
def test_what_needs_no_host_runs_on_the_controller(name: str) -> None:
    [play] = plays(ROOT / "playbooks" / f"{name}.yml")
    assert (play["hosts"], play["connection"], play["gather_facts"]) == ("localhost", "local", False)
