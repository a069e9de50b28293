# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats of delivered files: how each is written, and read where it tells the id of its token. Pure.

A token is a mapping of C(id), C(secret), C(created_at) and C(expires_at); what is not known is empty.
"""

from __future__ import annotations

import base64
import binascii
import json
import typing as t
from dataclasses import dataclass

import yaml

Values = dict[str, t.Any]
VARIABLE = "ELLIPSIS_DRIVE_TOKEN"
_FACTS = ("id", "created_at", "expires_at")


@dataclass(frozen=True)
class Format:
    """write takes a delivery (with its C(description)) and a token. read takes a delivery and a text; None where no id is told."""

    write: t.Callable[[Values, Values], str]
    read: t.Callable[[Values, str], t.Any] | None = None


def _write_env(delivery: Values, token: Values) -> str:
    return "".join(f"{key}={token[name]}\n" for name, key in _names(delivery).items())


def _read_env(delivery: Values, text: str) -> Values:
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name: lines.get(key) for name, key in _names(delivery).items()}


def _names(delivery: Values) -> dict[str, str]:
    variable = delivery.get("name") or VARIABLE
    return {"secret": variable, **{name: f"{variable}_{name.upper()}" for name in _FACTS}}


def _mapping(delivery: Values, token: Values) -> Values:
    return {
        "description": delivery["description"],
        "id": token["id"],
        "token": token["secret"],
        "created_at": token["created_at"],
        "expires_at": token["expires_at"] or None,
    }


def _write_json(delivery: Values, token: Values) -> str:
    return json.dumps(_mapping(delivery, token), indent=2) + "\n"


def _write_yaml(delivery: Values, token: Values) -> str:
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in _mapping(delivery, token).items())


def _read_yaml(_delivery: Values, text: str) -> Values:
    found = yaml.safe_load(text)
    return {**found, "secret": found.get("token")} if isinstance(found, dict) else {}


# A template is rendered with the variables of its host, see one_host.py.
TEMPLATE = "template"
FORMATS: t.Mapping[str, Format] = {
    "raw": Format(lambda _delivery, token: str(token["secret"])),
    "env": Format(_write_env, _read_env),
    "json": Format(_write_json, _read_yaml),  # JSON is YAML
    "yaml": Format(_write_yaml, _read_yaml),
}
TELLING = tuple(name for name, each in FORMATS.items() if each.read)


def told(delivery: Values, content: str) -> Values | None:
    """The token in a file (in base64); whatever is not as it is written here says nothing."""
    read = FORMATS[delivery["format"]].read
    try:
        found = read(delivery, base64.b64decode(content).decode()) if read else {}
    except (binascii.Error, UnicodeDecodeError, yaml.YAMLError):
        return None
    if not (found.get("id") and found.get("secret")):
        return None
    return {name: str(found.get(name) or "") for name in (*_FACTS, "secret")}


def newest(tokens: t.Iterable[tuple[str, Values | None]]) -> dict[str, Values]:
    """By description, the token that was created last: a host that was away has an older one."""
    found: dict[str, Values] = {}
    for name, token in tokens:
        if token and _age(token) >= _age(found.get(name)):
            found[name] = token
    return found


def _age(token: Values | None) -> str:
    return str((token or {}).get("created_at") or "")
