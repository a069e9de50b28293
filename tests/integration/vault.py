# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A KV store of HashiCorp Vault (version 2) on loopback, as far as community.hashi_vault talks to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "vault token of the tests"
Answer = tuple[int, dict[str, Any]]


class Vault:
    """secrets: by path. sealed: it answers, but gives nothing away."""

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, Any]] = {}
        self.sealed = False
        self.writes = 0

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


class _Handler(BaseHTTPRequestHandler):
    vault: Vault

    def do_GET(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        status, answer = 403, {"errors": ["permission denied"]}
        if self.headers["X-Vault-Token"] == TOKEN:
            status, answer = self.vault.answer(self.command, self.path, body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_POST = do_GET

    def log_message(self, *args: Any) -> None:
        """Silent."""


@contextmanager
def serve(vault: Vault) -> Iterator[str]:
    """Yields the address for VAULT_ADDR."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"vault": vault}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
