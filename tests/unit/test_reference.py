# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law: what the documentation says of options, choices and findings is what the specifications have, in each place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import CONNECTION_SPEC, CREDENTIALS
from ansible_collections.ellipsis.drive.plugins.module_utils._model.audit import SEVERITIES
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import (
    access_tokens,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.options import ACCESS_TOKEN_SPEC
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins import lookup, ogc_url
from ansible_collections.ellipsis.drive.plugins.plugin_utils._report.report import FORMS

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.ellipsis.drive.plugins"
MODULES = sorted((ROOT / "plugins" / "modules").glob("[!_]*.py"))
Spec = Mapping[str, Any]
# The lookup takes its terms and the names of its fields beside the options of its specification.
SPECS: dict[str, tuple[Spec, set[str]]] = {
    **{f"modules.{path.stem}": (import_module(f"{PACKAGE}.modules.{path.stem}").SPEC, set()) for path in MODULES},
    "lookup.ellipsis_access_token": (lookup.SPEC, {"_terms"}),
}


def documentation(plugin: str, part: str = "DOCUMENTATION") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(getattr(import_module(f"{PACKAGE}.{plugin}"), part))
    return found


def options(plugin: str) -> dict[str, dict[str, Any]]:
    """With those of its fragments, as Ansible merges them: what the plugin says itself comes first."""
    own = documentation(plugin)
    merged: dict[str, dict[str, Any]] = {}
    for name in own.get("extends_documentation_fragment", ()):
        file, _dot, section = name.removeprefix("ellipsis.drive.").partition(".")
        fragment = import_module(f"{PACKAGE}.doc_fragments.{file}").ModuleDocFragment
        for option, said in (
            yaml.safe_load(getattr(fragment, (section or "documentation").upper())).get("options", {}).items()
        ):
            merged[option] = {**merged.get(option, {}), **said}
    for option, said in own["options"].items():
        merged[option] = {**merged.get(option, {}), **said}
    return merged


def differences(said: Mapping[str, Any], spec: Spec, where: str = "") -> list[str]:
    """What documented options and a specification do not agree on, suboptions included."""
    wrong = [f"{where}{option} is in one only" for option in set(said) ^ set(spec)]
    for option in set(said) & set(spec):
        documented, specified = said[option], spec[option]
        wrong += [
            f"{where}{option}: {key}"
            for key in ("type", "elements", "choices", "default", "required")
            if documented.get(key) != specified.get(key)
        ]
        wrong += differences(documented.get("suboptions", {}), specified.get("options", {}), f"{where}{option}.")
    return wrong


@pytest.mark.parametrize("plugin", SPECS)
def test_options_are_documented_as_they_are(plugin: str) -> None:
    spec, more = SPECS[plugin]
    said = {option: value for option, value in options(plugin).items() if option not in more}
    assert not differences(said, spec)


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "plugins" / "filter").glob("*.py")))
def test_a_filter_takes_what_is_documented(name: str) -> None:
    """In the same order, as the keys of the call too, and with the same defaults."""
    filters = import_module(f"{PACKAGE}.filter.{name}").FilterModule().filters()
    assert set(filters) == {name}
    takes = [each for each in signature(filters[name]).parameters.values() if each.name != "context"]
    said = options(f"filter.{name}")
    (_input, *others), [_piped, *names] = takes, said
    assert [each.name for each in others] == names
    for option, each in zip(said.values(), takes, strict=True):
        assert option.get("required", False) == (each.default is Parameter.empty)
        assert option.get("default") == (None if each.default is Parameter.empty else each.default)
    positional = documentation(f"filter.{name}")["positional"].split(", ")
    assert positional == list(said)[: len(positional)]


def role_options() -> dict[str, dict[str, Any]]:
    entries = yaml.safe_load((ROOT / "roles/access_tokens/meta/argument_specs.yml").read_text())["argument_specs"]
    found: dict[str, dict[str, Any]] = next(
        each["options"] for each in entries.values() if "access_tokens" in each["options"]
    )
    return found


def test_a_token_of_the_role_is_one_of_the_module() -> None:
    said = role_options()["access_tokens"]["options"]
    assert set(said) - {"deliver"} <= set(ACCESS_TOKEN_SPEC)
    for option in set(said) - {"deliver"}:
        assert said[option]["type"] == ACCESS_TOKEN_SPEC[option]["type"]
        assert said[option].get("choices") in (None, ACCESS_TOKEN_SPEC[option].get("choices"))


def values(texts: str | list[str]) -> set[str]:
    return set(re.findall(r"V\(([^)]*)\)", " ".join([texts] if isinstance(texts, str) else texts)))


# What there is, and the places that name all of it.
LISTS: dict[str, tuple[Collection[str], Callable[[], Collection[str]]]] = {
    "entries of a set": (
        set(access_tokens._ITEM_SPEC) - {"description"},
        lambda: set(re.findall(r"C\((\w+)\)", options("modules.ellipsis_access_tokens")["tokens"]["description"][0])),
    ),
    "findings, as choices": (SEVERITIES, lambda: options("modules.ellipsis_access_token_info")["fail_on"]["choices"]),
    "findings, as results": (
        SEVERITIES,
        lambda: (
            values(
                documentation("modules.ellipsis_access_token_info", "RETURN")["findings"]["contains"]["finding"][
                    "description"
                ]
            )
            - {"admin"}
        ),
    ),
    "forms of reports": (FORMS, lambda: options("filter.token_report")["form"]["choices"]),
    "forms of reports, explained": (FORMS, lambda: values(options("filter.token_report")["form"]["description"])),
    "protocols": (ogc_url.PROTOCOLS, lambda: options("filter.ogc_url")["protocol"]["choices"]),
    "fields": (lookup.FIELDS, lambda: options("lookup.ellipsis_access_token")["field"]["choices"]),
    "connection": (
        CONNECTION_SPEC,
        lambda: yaml.safe_load(import_module(f"{PACKAGE}.doc_fragments._connection").ModuleDocFragment.DOCUMENTATION)[
            "options"
        ],
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_complete(name: str) -> None:
    there, said = LISTS[name]
    assert set(there) == set(said())


def public(folder: str, suffix: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob(f"*{suffix}") if not path.name.startswith("_")}


@pytest.mark.parametrize(
    "names",
    [
        public("plugins/modules", ".py"),
        public("plugins/lookup", ".py"),
        public("plugins/filter", ".py"),
        public("plugins/callback", ".py"),
        public("playbooks", ".yml"),
        {path.name for path in (ROOT / "roles").iterdir() if not path.name.startswith("_")},
    ],
    ids=["modules", "lookups", "filters", "callbacks", "playbooks", "roles"],
)
def test_the_readme_lists_what_is_public(names: set[str]) -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in sorted(names) if f"`ellipsis.drive.{name}`" not in readme] == []


def test_the_guide_names_every_way_to_log_in() -> None:
    guide = (ROOT / "docs/connection.md").read_text()
    assert [option for option in (*CREDENTIALS, "organization_id") if f"`{option}`" not in guide] == []


def test_no_author_is_unknown() -> None:
    for plugin in (*SPECS, "filter.token_report", "filter.ogc_url"):
        assert all("@" in author for author in documentation(plugin)["author"])
