# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's handles over HTTP, for tests in another process: `/_emulator/…` and its client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from .call import as_json
from .faults import Fault
from .service import Emulator
from .tree import USER
from .values import Request, Response
from .variant import Variant
from .variants import VARIANTS

PREFIX = "/_emulator/"


def handle(emulator: Emulator, request: Request) -> Response:
    action = _ACTIONS.get((request.method, request.path.removeprefix(PREFIX)))
    if action is None:
        return as_json({"message": f"no control {request.method} {request.path}"}, 404)
    try:
        return as_json(action(emulator, json.loads(request.body or b"{}")))
    except (TypeError, ValueError, KeyError) as error:
        return as_json({"message": f"{type(error).__name__}: {error}"}, 400)


def _variant(given: Any) -> Variant | None:
    """A name of VARIANTS, or the fields that differ from the default."""
    if given is None:
        return None
    return VARIANTS[given] if isinstance(given, str) else Variant(**given)


def _policy(emulator: Emulator, fields: dict[str, Any]) -> None:
    emulator.policy = replace(emulator.policy, **fields)


_ACTIONS: dict[tuple[str, str], Callable[[Emulator, dict[str, Any]], Any]] = {
    ("GET", "journal"): lambda emulator, body: [asdict(entry) for entry in emulator.journal],
    ("DELETE", "journal"): lambda emulator, body: [asdict(entry) for entry in emulator.clear_journal()],
    ("GET", "tokens"): lambda emulator, body: [asdict(token) for token in emulator.tokens],
    ("GET", "secrets"): lambda emulator, body: emulator.secrets,
    ("POST", "faults"): lambda emulator, body: emulator.faults.add(Fault(**body)),
    ("DELETE", "faults"): lambda emulator, body: emulator.clear_faults(),
    ("POST", "clock/advance"): lambda emulator, body: emulator.advance(body["seconds"]),
    ("POST", "policy"): _policy,
    ("POST", "seed"): lambda emulator, body: emulator.seed_tokens(**body),
    ("POST", "tree"): lambda emulator, body: emulator.add_folder_tree(**body),
    ("POST", "reset"): lambda emulator, body: emulator.reset(_variant(body.get("variant"))),
}


class Control:
    """Turns the handles of an emulator behind a base URL."""

    def __init__(self, base_url: str, verify: bool | str = True) -> None:
        parts = urlsplit(base_url)
        self._root = urlunsplit((parts.scheme, parts.netloc, PREFIX, "", ""))
        self._session = requests.Session()
        # A proxy of the environment has no business between a test and loopback.
        self._session.trust_env = False
        self._session.verify = verify

    def journal(self) -> list[dict[str, Any]]:
        journal: list[dict[str, Any]] = self._call("GET", "journal")
        return journal

    def clear_journal(self) -> list[dict[str, Any]]:
        """What was in it."""
        told: list[dict[str, Any]] = self._call("DELETE", "journal")
        return told

    def tokens(self) -> list[dict[str, Any]]:
        tokens: list[dict[str, Any]] = self._call("GET", "tokens")
        return tokens

    def secrets(self) -> list[str]:
        secrets: list[str] = self._call("GET", "secrets")
        return secrets

    def fault(self, **fields: Any) -> None:
        self._call("POST", "faults", fields)

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def advance(self, seconds: float) -> None:
        self._call("POST", "clock/advance", {"seconds": seconds})

    def policy(self, **fields: Any) -> None:
        self._call("POST", "policy", fields)

    def seed(self, count: int, **fields: Any) -> list[str]:
        ids: list[str] = self._call("POST", "seed", {"count": count, **fields})
        return ids

    def add_folder_tree(self, names: Iterable[str], kind: str = "raster", account: str = USER) -> dict[str, str]:
        ids: dict[str, str] = self._call("POST", "tree", {"names": list(names), "kind": kind, "account": account})
        return ids

    def reset(self, variant: str | dict[str, Any] | None = None) -> None:
        self._call("POST", "reset", {"variant": variant})

    def _call(self, method: str, name: str, body: dict[str, Any] | None = None) -> Any:
        response = self._session.request(method, self._root + name, json=body, timeout=30)
        if response.status_code != 200:
            raise ValueError(response.json()["message"])
        return response.json()
