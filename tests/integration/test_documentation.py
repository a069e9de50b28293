# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in the documentation of every plugin work as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
DOCUMENTED = sorted(path for kind in ("modules", "lookup", "filter") for path in (PLUGINS / kind).glob("[!_]*.py"))
EXAMPLES = re.compile(r'^EXAMPLES = r"""\n(.*?)^"""', re.MULTILINE | re.DOTALL)
# What the examples of a plugin take for granted: a token in the store.
STORED = """
- ellipsis.drive.ellipsis_access_token:
    description: {description}
    access_list: [{{path_id: "{{{{ roads_id }}}}", access_tier: view}}]
    valid_for: 90d
    store: "{{{{ config_dir }}}}/tokens.yml"
"""
BEFORE = {
    "ellipsis_access_token_info": STORED.format(description="tile server"),
    "ogc_url": STORED.format(description="map client"),
}


@pytest.mark.parametrize("plugin", DOCUMENTED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_examples(controller: Controller, plugin: Path) -> None:
    found = EXAMPLES.search(plugin.read_text())
    assert found
    (controller.folder / "password").write_text("vault password\n")
    variables = {"config_dir": str(controller.config_dir), "api_url": controller.api_url}
    tasks = BEFORE.get(plugin.stem, "") + found[1]
    run = controller.run(tasks, "--vault-password-file", "password", play={"vars": variables})
    assert not [event for event in run.events if event["event"] == "failed"]
