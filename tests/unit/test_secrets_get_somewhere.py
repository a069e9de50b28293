# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No example, playbook or role of ours has a task that makes tokens and loses their secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("ellipsis.drive.ellipsis_access_token", "ellipsis.drive.ellipsis_access_tokens")
FILES = [
    *(ROOT / "plugins" / "modules").glob("*.py"),
    *(ROOT / "plugins" / "lookup").glob("*.py"),
    *(path for folder in ("examples", "playbooks", "roles") for path in (ROOT / folder).rglob("*.yml")),
]


def tasks(value: Any) -> Iterator[dict[str, Any]]:
    """All tasks with our modules, however deep."""
    if isinstance(value, dict):
        if any(module in value for module in MODULES):
            yield value
        for item in value.values():
            yield from tasks(item)
    elif isinstance(value, list):
        for item in value:
            yield from tasks(item)


def texts(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return re.findall(r'EXAMPLES = r"""\n(.*?)"""', text, re.DOTALL) if path.suffix == ".py" else [text]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_secret_gets_somewhere(path: Path) -> None:
    for task in tasks([yaml.load(text, yaml.BaseLoader) for text in texts(path)]):
        options = next(task[module] for module in MODULES if module in task)
        absent = options.get("state") == "absent"
        assert absent or "store" in options or "register" in task, task
