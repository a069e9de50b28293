# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A KV store of HashiCorp Vault (version 2) on loopback, as far as community.hashi_vault talks to it."""

from __future__ import annotations

from email.message import Message
from typing import Any
from urllib.parse import unquote, urlsplit

from ansible_collections.ellipsis.drive.tests.double import Answer

TOKEN = "vault token of the tests"


class Vault:
    """secrets: by path. sealed: it answers, but gives nothing away."""

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, Any]] = {}
        self.sealed = False
        self.writes = 0

    def respond(self, method: str, path: str, headers: Message, body: dict[str, Any]) -> Answer:
        if headers["X-Vault-Token"] != TOKEN:
            return 403, {"errors": ["permission denied"]}
        return self.answer(method, path, body)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        _v1, _mount, kind, *rest = unquote(urlsplit(path).path).strip("/").split("/")
        name = "/".join(rest)
        match method, kind:
            case "GET", "metadata" if urlsplit(path).query.lower() == "list=true":
                keys = [key.removeprefix(f"{name}/") for key in self.secrets if key.startswith(f"{name}/")]
                return (200, {"data": {"keys": keys}}) if keys else (404, {"errors": []})
            case "POST", "data":
                self.secrets[name] = body["data"]
                self.writes += 1
                return 200, {"data": {"version": self.writes}}
            case "GET", "data" if name in self.secrets:
                return 200, {"data": {"data": self.secrets[name], "metadata": {"version": 1}}}
        return 404, {"errors": []}
