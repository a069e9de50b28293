# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several files of the repository have to agree on."""

from __future__ import annotations

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
