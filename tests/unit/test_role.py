# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of a role have to agree on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ellipsis.drive.plugins.module_utils._modules.options import ACCESS_TOKEN_SPEC

ROLES = Path(__file__).resolve().parents[2] / "roles"


def options_of(role: Path) -> dict[str, dict[str, Any]]:
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())
    options: dict[str, dict[str, Any]] = specs["argument_specs"]["provision"]["options"]
    return options


@pytest.mark.parametrize("role", sorted(ROLES.iterdir()), ids=lambda role: role.name)
def test_the_defaults_are_those_of_the_documentation(role: Path) -> None:
    documented = {name: option["default"] for name, option in options_of(role).items() if "default" in option}
    assert yaml.safe_load((role / "defaults" / "main.yml").read_text()) == documented


def test_a_slot_takes_the_options_of_the_module() -> None:
    slot = set(options_of(ROLES / "access_tokens")["access_tokens"]["options"])
    of_the_role = {"owner", "store", "store_vault_id", "store_plaintext", "take_over"}
    # Those that make no sense here: one token by its id, and what the role sees to itself.
    others = {"token_id", "return_secret", "backup", "held_id", "lock_timeout"}
    assert slot - {"deliver"} == set(ACCESS_TOKEN_SPEC) - of_the_role - others
    assert of_the_role <= {name.removeprefix("access_tokens_") for name in options_of(ROLES / "access_tokens")}
