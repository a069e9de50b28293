# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The README and the guides name what there is, with its own options; what they show is right as far as a file can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.tools.concepts import picture

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "ellipsis.drive."
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "roles").glob("*/README.md"))]
BLOCK = re.compile(r"^( *)```yaml\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
ROLE_SPECS = yaml.safe_load((ROOT / "roles/access_tokens/meta/argument_specs.yml").read_text())["argument_specs"]
ROLE_OPTIONS = {name for entry_point in ROLE_SPECS.values() for name in entry_point["options"]}
MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py")}


def public(folder: str, pattern: str = "[!_]*.py") -> set[str]:
    return {NAMESPACE + path.stem for path in (ROOT / folder).glob(pattern)}


EVERYTHING = (
    {name for kind in ("modules", "lookup", "filter", "callback") for name in public(f"plugins/{kind}")}
    | public("playbooks", "*.yml")
    | public("extensions/eda/plugins/event_source")
    | public("extensions/eda/rulebooks", "*.yml")
    | public("roles", "[!.]*")
)


def options(module: str) -> set[str]:
    """What a module takes, by its own argument spec."""
    plugin = import_module(f"ansible_collections.ellipsis.drive.plugins.modules.{module}")
    return set(plugin.SPEC)


def blocks(page: Path) -> Iterator[Any]:
    """The YAML that a page shows. What is for other programs may have other rules for braces."""
    for _indent, text in BLOCK.findall(page.read_text()):
        yield yaml.safe_load(text)


def tasks(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The modules of this collection that are called anywhere in it, with their options."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if str(name).removeprefix(NAMESPACE) in MODULES:
                yield str(name).removeprefix(NAMESPACE), inner or {}
            yield from tasks(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from tasks(inner)


def test_the_readme_names_everything_there_is_and_nothing_else() -> None:
    named = set(re.findall(rf"`({re.escape(NAMESPACE)}\w+)`", (ROOT / "README.md").read_text()))
    assert named == EVERYTHING


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_nothing_that_is_not_there(page: Path) -> None:
    text = page.read_text()
    named = {name.rstrip("_") for name in re.findall(rf"\b{re.escape(NAMESPACE)}[a-z_]+", text)}
    assert named <= EVERYTHING
    for module, given in (task for block in blocks(page) for task in tasks(block)):
        assert set(given) <= options(module), module
    assert set(re.findall(r"`(access_tokens_[a-z_]*[a-z])`", text)) <= ROLE_OPTIONS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_to_a_file_of_the_repository(page: Path) -> None:
    text = page.read_text()
    here = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    there = re.findall(r"github\.com/ellipsis-drive/ansible-collection/(?:blob|tree)/main/([^)#\s]+)", text)
    assert not [path for path in here if not (page.parent / path).exists()]
    assert not [path for path in there if not (ROOT / path).exists()]


def test_the_picture_is_drawn_from_its_source() -> None:
    assert (ROOT / "docs" / "concepts.svg").read_text() == picture()


# In the order of the template of Automation Hub.
SECTIONS = [
    *("Description", "Requirements", "Installation", "Use Cases", "Testing", "Contributing", "Support"),
    *("Release Notes and Roadmap", "Related Information", "License Information"),
]


def test_the_readme_has_the_sections_that_certification_asks_for() -> None:
    assert re.findall(r"^## (.*)$", (ROOT / "README.md").read_text(), re.MULTILINE) == SECTIONS


def test_the_readme_leads_to_every_guide() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f"/docs/{page.name})" not in readme] == []


def test_the_recording_is_of_the_scenes_of_the_demo() -> None:
    recording = ROOT / "docs" / "recording.svg"
    shown = re.findall(r">──── \d+\. (.*?)</text>", recording.read_text())
    demo = (ROOT / "tests" / "demo" / "demo.py").read_text()
    assert shown[:-1] == re.findall(r'Scene\(\s*"(.*?)"', demo)
    assert shown[-1] in demo
    assert "epat_" not in recording.read_text()
    assert recording.stat().st_size < 60_000
