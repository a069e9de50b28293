# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused before a release is made, and what several files say of the supported ansible-cores."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.tools.release import order, section, version_of

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
ROW = re.compile(r"^\| (2\.\d+) \| (3\.\d+) to (3\.\d+) \|.*?`make (\S+)`", re.MULTILINE)
SUPPORTED = {
    core: (low, high, target) for core, low, high, target in ROW.findall((ROOT / "docs/support.md").read_text())
}


@pytest.mark.parametrize("text", ["1.0", "v1.0.0", "1.0.0+build", "01.0.0", ""])
def test_what_is_no_semantic_version_is_refused(text: str) -> None:
    with pytest.raises(SystemExit, match="is not a semantic version"):
        order(text)


def test_versions_are_in_order() -> None:
    versions = ["0.1.0", "0.2.0", "1.0.0-beta.1", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0", "2.0.0"]
    assert sorted(random.Random(1).sample(versions, 8), key=order) == versions


def test_the_message_of_the_tag_is_what_the_changelog_says() -> None:
    changelog = '# Notes\n\n<a id="v1-1-0"></a>\n## v1\\.1\\.0\n\n<code>a</code>\\, b\n\n<a id="v1-0-0"></a>\n## v1\\.0\\.0\n\nfirst\n'
    assert (section(changelog, "1.1.0"), section(changelog, "1.0.0")) == ("`a`, b", "first")


def test_what_is_new_is_said_to_be_new_in_a_version_that_users_can_have() -> None:
    """The changelog lists a plugin as new in the release that its documentation names."""
    history = ROOT / "changelogs" / "changelog.yaml"
    released = yaml.safe_load(history.read_text())["releases"] if history.exists() else {}
    present = order(version_of((ROOT / "galaxy.yml").read_text()))
    sources = [
        *(ROOT / "plugins").rglob("*.py"),
        *(ROOT / "roles").rglob("*.yml"),
        *(ROOT / "extensions").rglob("*.py"),
    ]
    named = {found for path in sources for found in re.findall(r"version_added: (\S+)", path.read_text())}
    assert named
    assert [version for version in named if version not in released and order(version) <= present] == []


def test_no_fragment_has_the_markup_of_plugins() -> None:
    texts = [path.read_text() for path in (ROOT / "changelogs" / "fragments").glob("*.yml")]
    assert [found for text in texts for found in re.findall(r"\b(?:[BCEILMOPUV]|RV)\([^)]*\)", text)] == []


def test_a_release_has_the_settings_of_its_user() -> None:
    """The other targets have a home of their own, where neither a name for commits nor a key for signatures is."""
    [recipe] = re.findall(r"^release:.*\n\t@(\S+)", MAKEFILE, re.MULTILINE)
    assert recipe == "$(OF_USER)"
    assert re.search(r"^OF_USER := (?!.*(?<!_)HOME=)", MAKEFILE, re.MULTILINE)


def test_the_oldest_supported_core_is_what_the_collection_requires() -> None:
    requires = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["requires_ansible"]
    assert requires == f">={min(SUPPORTED, key=_number)}.0"


@pytest.mark.parametrize("core", SUPPORTED)
def test_a_supported_core_is_tested_with_a_python_it_runs_on(core: str) -> None:
    low, high, target = SUPPORTED[core]
    if target == "test":
        return
    assert target == f"compat-{core}"
    assert re.search(rf"^(CORES|CANDIDATE) := .*\b{re.escape(core)}\b", MAKEFILE, re.MULTILINE)
    requirements = (ROOT / "tests" / "requirements" / f"core-{core}.txt").read_text()
    assert requirements.startswith(f"# python {low} to {high}\n")
    assert core in re.findall(r"^ansible-core .*?(2\.\d+)", requirements, re.MULTILINE)


def test_the_workflow_tests_the_same_cores() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    matrix = workflow["jobs"]["compat"]["strategy"]["matrix"]["include"]
    between = {core for core, (_low, _high, target) in SUPPORTED.items() if target != "test"}
    assert {row["core"] for row in matrix} == between
    for row in matrix:
        low, high, _target = SUPPORTED[row["core"]]
        assert _number(low) <= _number(row["python"]) <= _number(high)


def test_the_workflow_does_nothing_that_the_makefile_does_not() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert commands
    for command in commands:
        target = re.fullmatch(r"make ([a-z-]+?)(?:-\$\{\{ matrix\.core \}\})?", command)
        assert target, command
        assert re.search(rf"^{target[1]}(-%)?:", MAKEFILE, re.MULTILINE), command


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
