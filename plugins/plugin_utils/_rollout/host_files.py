# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that are kept nowhere but in the files of the hosts: which files tell the id, and what they say."""

from __future__ import annotations

import base64
import binascii
import typing as t

import yaml

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.rollout import is_present

Values = dict[str, t.Any]
# The formats of deliver that carry the id of the token beside its secret.
TELLING = ("env", "json", "yaml")
VARIABLE = "ELLIPSIS_DRIVE_TOKEN"


def telling(slots: t.Sequence[Values]) -> list[Values]:
    """The first file of each slot that tells the id; every slot must have one."""
    files = []
    for slot in slots:
        if is_present(slot):
            fitting = [each for each in slot.get("deliver") or () if each["format"] in TELLING]
            if not fitting:
                raise OptionError(
                    f"access_tokens: nothing keeps the secret of {slot['description']!r}; add a delivery in the format "
                    f"{', '.join(TELLING)}, or set access_tokens_store or access_tokens_keep_tasks"
                )
            files.append({**fitting[0], "description": slot["description"]})
    return files


def newest(tokens: t.Iterable[tuple[str, Values | None]]) -> dict[str, Values]:
    """By description, the newest of the tokens that are known: a host that was away has an older one."""
    found: dict[str, Values] = {}
    for name, token in tokens:
        if token and _age(token) >= _age(found.get(name)):
            found[name] = token
    return found


def _age(token: Values | None) -> str:
    return str((token or {}).get("created_at") or "")


def told(delivery: Values, content: str) -> Values | None:
    """The token in a file (in base64); whatever is not as the role writes it says nothing."""
    try:
        text = base64.b64decode(content).decode()
        token = _env(text, delivery.get("name") or VARIABLE) if delivery["format"] == "env" else yaml.safe_load(text)
    except (binascii.Error, UnicodeDecodeError, yaml.YAMLError):
        return None
    if not isinstance(token, dict) or not (token.get("id") and token.get("token")):
        return None
    facts = {name: str(token.get(name) or "") for name in ("id", "created_at", "expires_at")}
    return {**facts, "secret": str(token["token"])}


def _env(text: str, variable: str) -> Values:
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    names = {"token": variable, **{name: f"{variable}_{name.upper()}" for name in ("id", "created_at", "expires_at")}}
    return {name: lines.get(key) for name, key in names.items()}
