# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law: Ansible masks the value of every option that is a secret, and of no other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.parameters import _list_no_log_values

from ansible_collections.ellipsis.drive.plugins.module_utils._modules import (
    access_token,
    access_token_info,
    access_tokens,
    path_info,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins import lookup, move_store

ROLES = Path(__file__).resolve().parents[2] / "roles"
SECRET = {"api_token", "password"}
# What sounds like a secret and is the name of one, a place for it, or the question whether to show it.
OPEN = {
    *("api_token_file", "password_file", "token_id", "replaces.token_id", "return_secret", "tokens"),
    *("access_tokens", "access_tokens.replaces.token_id"),
}
SOUNDS_SECRET = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)


def role_specs() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for file in ROLES.glob("*/meta/argument_specs.yml"):
        for name, entry in yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"].items():
            yield f"{file.parts[-3]}.{name}", entry["options"]


SPECS: dict[str, Mapping[str, Any]] = {
    **{
        each.__name__.rpartition(".")[2]: each.SPEC
        for each in (access_token, access_token_info, access_tokens, path_info)
    },
    "set entry": access_tokens._ITEM_SPEC,
    "lookup": lookup.SPEC,
    "move_store": move_store.SPEC,
    **dict(role_specs()),
}


def options(spec: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All options, however deep, by the names that lead there."""
    for name, option in spec.items():
        yield above + name, option
        yield from options(option.get("options") or {}, f"{above}{name}.")


@pytest.mark.parametrize("name", SPECS)
def test_secrets_are_masked(name: str) -> None:
    found = dict(options(SPECS[name]))
    secret = {option for option in found if option.rpartition(".")[2] in SECRET}
    assert {option for option, spec in found.items() if spec.get("no_log")} == secret
    own_words = {option: option.rpartition(".")[2].removeprefix("access_tokens_") for option in found}
    sounding = {option for option, words in own_words.items() if SOUNDS_SECRET.search(words)}
    assert sounding - secret <= OPEN
    given = {option: f"test-{option}" for option in found if "." not in option and option in secret}
    assert _list_no_log_values(SPECS[name], given) == set(given.values())


def test_every_connection_has_secrets() -> None:
    """So that the law above is about something."""
    assert {name for name, spec in SPECS.items() if spec.keys() >= SECRET} == {
        *("access_token", "access_token_info", "access_tokens", "path_info", "lookup"),
    }
