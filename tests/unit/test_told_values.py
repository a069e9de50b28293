# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law: a guide that lists values lists all of them, and what it says of options, choices and defaults is what the code has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.extensions.eda.plugins.event_source.access_tokens import options_of
from ansible_collections.ellipsis.drive.plugins.module_utils._model.audit import SEVERITIES
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_token, access_token_info
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins import lookup
from ansible_collections.ellipsis.drive.plugins.plugin_utils._report.metrics import metrics
from ansible_collections.ellipsis.drive.plugins.plugin_utils._report.report import FORMS
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.formats import FORMATS, TELLING, TEMPLATE
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.address import BACKENDS
from ansible_collections.ellipsis.drive.tests.unit.plugin_utils.report.test_report import audited, token
from ansible_collections.ellipsis.drive.tests.unit.test_event_source import KINDS
from ansible_collections.ellipsis.drive.tests.unit.test_guides import PAGES, ROLE_SPECS, ROOT, blocks, tasks
from ansible_collections.ellipsis.drive.tests.unit.test_reference import SPECS

Spec = Mapping[str, Any]
[ROLE] = [entry_point["options"] for entry_point in ROLE_SPECS.values()]
DELIVERY = ROLE["access_tokens"]["options"]["deliver"]["options"]
MODULES = {name.removeprefix("modules."): spec for name, (spec, _more) in SPECS.items() if name.startswith("modules.")}
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def text(page: str) -> str:
    return " ".join((ROOT / page).read_text().split())


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the table with this first heading, as texts."""
    lines = iter((ROOT / page).read_text().splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            next(lines)
            break
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def coded(cells: list[str]) -> set[str]:
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def samples() -> Mapping[str, set[str]]:
    """The metrics of a report in which each is there, and their labels."""
    report = {**audited(token()), "summary": {"tokens": 1, "duplicate": 1}}
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? \S+$", metrics(report, ""), re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r"(\w+)=", labels))
    return found


def metrics_told() -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    labels: set[str] = set()
    for name, given, _about in table("docs/playbooks.md", "Metric"):
        labels = labels if given == "the same" else coded([given])
        found[name.strip("`")] = labels - ({"newest"} if "due" in name else set())
    return found


# What there is, and the places that name all of it.
LISTS: dict[str, tuple[Collection[str], Callable[[], Collection[str]]]] = {
    "findings": (SEVERITIES, lambda: coded([row[0] for row in table("docs/operations.md", "Finding")])),
    "events": (KINDS, lambda: coded([row[0] for row in table("docs/events.md", "`event.kind`")])),
    "arguments of the source": (
        vars(options_of({})),
        lambda: coded(re.findall(r"Arguments of the source are (.*?);", text("docs/events.md"))),
    ),
    "formats of deliveries, as choices": ({*FORMATS, TEMPLATE}, lambda: DELIVERY["format"]["choices"]),
    "formats of deliveries, explained": (
        {*FORMATS, TEMPLATE},
        lambda: set(re.findall(r"V\((\w+)\)", " ".join(DELIVERY["format"]["description"]))),
    ),
    "formats of deliveries, in the guide": (
        {*FORMATS, TEMPLATE},
        lambda: (
            coded(re.findall(r"The `format` of a delivery (.*?)with the secret", text("docs/playbooks.md")))
            - {"EnvironmentFile="}
        ),
    ),
    "formats that keep a token's id": (
        TELLING,
        lambda: coded(re.findall(r"a file of the format (.*?) on every", text("roles/access_tokens/README.md"))),
    ),
    "forms of reports": (
        FORMS,
        lambda: re.findall(r"`NAME\.(\w+)`", text("docs/playbooks.md")),
    ),
    "stores": (
        BACKENDS,
        lambda: re.findall(r"`(\w+)://", "".join(row[0] for row in table("docs/stores.md", "`store`"))),
    ),
    "metrics": (samples(), metrics_told),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_guides_are_complete(name: str) -> None:
    there, said = LISTS[name]
    assert set(there) == set(said())


def test_severities_and_labels_are_told_as_they_are() -> None:
    assert {row[0].strip("`"): row[1] for row in table("docs/operations.md", "Finding")} == SEVERITIES
    assert metrics_told() == {
        name: labels - {"newest"} if "due" in name else labels for name, labels in samples().items()
    }


# What a guide says in words, and the default that makes it true.
WORDS: list[tuple[str, str, Any, Any]] = [
    ("README.md", "replaced when a third of its life is left", access_token.SPEC["renew_within"]["default"], "33%"),
    ("README.md", "the old one lives on for an hour", access_token.SPEC["overlap"]["default"], "1h"),
    ("docs/start.md", "when a third of its life is left", access_token.SPEC["renew_within"]["default"], "33%"),
    ("docs/events.md", "a week if not set", options_of({}).warn_within, "7d"),
    ("docs/operations.md", "`warn_within`, 7 days if not set", access_token_info.SPEC["warn_within"]["default"], "7d"),
    ("docs/operations.md", "`overdue_after` ago, 2 days", access_token_info.SPEC["overdue_after"]["default"], "2d"),
    ("docs/playbooks.md", "The `format` of a delivery is `env` if not set", DELIVERY["format"]["default"], "env"),
    ("docs/playbooks.md", "`default` if not set", access_token.SPEC["owner"]["default"], "default"),
]


@pytest.mark.parametrize(("page", "words", "default", "told"), WORDS)
def test_defaults_in_words_are_the_defaults(page: str, words: str, default: Any, told: Any) -> None:
    assert words in text(page)
    assert default == told


# Defaults that stand for "all" or "none" are told in those words.
SPEAKING = re.compile(r"'(?!tasks/|100%|\.'|\*')([^']+)'")


def test_defaults_of_playbooks_are_told() -> None:
    guide = (ROOT / "docs/playbooks.md").read_text()
    given = {
        (name, found[1])
        for playbook in (ROOT / "playbooks").glob("*.yml")
        for name, value in re.findall(r"(ellipsis_\w+) *\| *default\(([^)]+)\)", playbook.read_text())
        if (found := SPEAKING.fullmatch(value))
    }
    assert len(given) > 3
    told = r"\| `{0}`[^|]*\|[^|]*`\"?{1}\"?` if not set"
    untold = [each for each in given if not re.search(told.format(re.escape(each[0]), re.escape(each[1])), guide)]
    assert untold == []


def is_template(value: Any) -> bool:
    return "{{" in str(value)


def wrong(given: Spec, spec: Spec) -> Iterator[str]:
    """Names and choices that a specification does not have, suboptions included. Templates may be anything."""
    for name, value in given.items():
        if name not in spec:
            yield f"{name}: is no option"
            continue
        choices = spec[name].get("choices")
        values = value if isinstance(value, list) else [value]
        if choices:
            yield from (f"{name}: {each}" for each in values if each not in choices and not is_template(each))
        for each in values:
            if "options" in spec[name] and isinstance(each, dict):
                yield from wrong(each, spec[name]["options"])


@by_page
def test_what_a_page_shows_would_be_accepted(page: Path) -> None:
    found: list[tuple[Spec, Spec]] = [
        (given, MODULES[module]) for block in blocks(page) for module, given in tasks(block)
    ]
    found += [(given, ROLE) for block in blocks(page) for given in variables_of_role(block)]
    assert [fault for given, spec in found for fault in wrong(given, spec)] == []


def variables_of_role(value: Any) -> Iterator[Spec]:
    """Mappings with variables of the role, wherever they are."""
    if isinstance(value, dict):
        own = {name: each for name, each in value.items() if str(name) in ROLE and name != "access_tokens"}
        tokens = value.get("access_tokens")
        yield {**own, **({"access_tokens": tokens} if isinstance(tokens, list) else {})}
        for inner in value.values():
            yield from variables_of_role(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from variables_of_role(inner)


# Choices by the names of their options, whoever has them.
CHOICES: dict[str, set[str]] = {}
for _spec in (*MODULES.values(), lookup.SPEC, DELIVERY):
    for _name, _option in _spec.items():
        CHOICES.setdefault(_name, set()).update(map(str, _option.get("choices", ())))


@by_page
def test_choices_in_words_are_choices(page: Path) -> None:
    told = re.findall(r"`(\w+)(?:: |=)(\w+)`", page.read_text())
    assert [each for each in told if CHOICES.get(each[0]) and each[1] not in CHOICES[each[0]]] == []


def test_the_variables_of_the_role_are_told_with_their_defaults() -> None:
    told = {
        name.strip("`"): default.strip("`")
        for name, default, _about in table("roles/access_tokens/README.md", "Variable")
    }
    assert told == {name: json.dumps(option.get("default", "")).strip('"') for name, option in ROLE.items()}
