# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several files of the repository have to agree on."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_every_module_is_in_the_action_group() -> None:
    group = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]["ellipsis"]
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert modules <= set(group)


def test_a_module_with_an_action_plugin_bears_its_name() -> None:
    actions = {path.stem for path in (ROOT / "plugins" / "action").glob("[!_]*.py")}
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert actions <= modules


def test_contributing_names_what_there_is() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    folders = "plugins|tests|roles|docs|meta|changelogs|playbooks|extensions"
    paths = set(re.findall(rf"`((?:{folders})(?:/[\w./-]+)?|README\.md)`", text)) - {
        "docs/build"
    }  # made by `make site`
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
    code = "".join(file.read_text() for file in (ROOT / "plugins").rglob("*.py"))
    functions = set(re.findall(r"`(\w+)\(\)`", text))
    assert [name for name in sorted(functions) if f"def {name}(" not in code] == []
    assert len(paths) > 30
    assert len(functions) > 10
