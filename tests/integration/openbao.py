# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real server of OpenBao on loopback, and what administrators of it do."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hvac
import pytest
import requests

from ansible_collections.ellipsis.drive.tests.integration.authority import Authority
from ansible_collections.ellipsis.drive.tests.integration.programs import ROOT, free_port

ROOT_TOKEN = "root token of the tests"
_BINARY = ROOT / ".venv" / "newest" / "bin" / "bao"


@dataclass
class OpenBao:
    """Where it is, and a client that may do everything."""

    url: str
    admin: hvac.Client
    authority: Authority | None = None

    def token(self, policy: str, **more: Any) -> str:
        """A token that may do what a policy says."""
        name = f"policy-{time.monotonic_ns()}"
        self.admin.sys.create_or_update_policy(name, policy)
        token: str = self.admin.auth.token.create(policies=[name], **more)["auth"]["client_token"]
        return token

    def environment(self, token: str = ROOT_TOKEN) -> dict[str, str | None]:
        """What the command line of Vault would be given."""
        return {"VAULT_ADDR": self.url, "VAULT_TOKEN": token}

    def read(self, path: str, mount: str = "secret") -> dict[str, Any]:
        """What a consumer reads."""
        answer = self.admin.secrets.kv.v2.read_secret_version(path, mount_point=mount, raise_on_deleted_version=True)
        data: dict[str, Any] = answer["data"]["data"]
        return data

    def write(self, path: str, secret: dict[str, Any], mount: str = "secret") -> None:
        """What somebody else writes."""
        self.admin.secrets.kv.v2.create_or_update_secret(path, secret, mount_point=mount)


def policy_of_the_guide(folder: str) -> str:
    """The policy for whoever runs playbooks, as it stands there."""
    text = (ROOT / "docs" / "stores.md").read_text()
    found = re.search(r"```hcl\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1].replace("MOUNT", "secret").replace("PATH", folder)


def binary() -> str:
    """The program, where it is installed."""
    if not _BINARY.exists():
        pytest.skip("no OpenBao in the newest environment")
    return str(_BINARY)


@contextmanager
def running_openbao(folder: Path) -> Iterator[OpenBao]:
    """A development server, which keeps everything in memory and has a KV mount named secret."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    arguments = ["server", "-dev", f"-dev-root-token-id={ROOT_TOKEN}", f"-dev-listen-address={address}"]
    with _started(arguments, folder):
        url = f"http://{address}"
        _wait(f"{url}/v1/secret/config")
        yield OpenBao(url, hvac.Client(url, ROOT_TOKEN))


@contextmanager
def sealable_openbao(folder: Path) -> Iterator[tuple[OpenBao, Callable[[], object]]]:
    """A server as people run it: files, TLS, one key. Yields it unsealed, and what unseals it again."""
    authority = Authority(folder / "authority")
    port = free_port()
    url, (certificate, key) = f"https://127.0.0.1:{port}", authority.issue("127.0.0.1")
    listener = {"address": f"127.0.0.1:{port}", "tls_cert_file": certificate, "tls_key_file": key}
    storage = {"path": str(folder / "data"), "node_id": "one", "performance_multiplier": 1}
    addresses = {"api_addr": url, "cluster_addr": f"https://127.0.0.1:{free_port()}"}
    config = {"storage": {"raft": storage}, "listener": {"tcp": listener}, **addresses}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "data").mkdir()
    with _started(["server", "-config", str(folder / "config.json")], folder):
        admin = hvac.Client(url, verify=str(authority.ca_file))
        _wait(f"{url}/v1/sys/seal-status", verify=str(authority.ca_file))
        made = admin.sys.initialize(secret_shares=1, secret_threshold=1)
        admin.token = made["root_token"]

        def unseal() -> None:
            admin.sys.submit_unseal_key(made["keys"][0])
            _wait(f"{url}/v1/sys/health", verify=str(authority.ca_file))

        unseal()
        admin.sys.enable_secrets_engine("kv", "secret", options={"version": "2"})
        _wait(f"{url}/v1/secret/config", admin.token, str(authority.ca_file))
        yield OpenBao(url, admin, authority), unseal


@contextmanager
def _started(arguments: list[str], folder: Path) -> Iterator[None]:
    with (folder / "openbao.log").open("wb") as log:
        process = subprocess.Popen(
            [binary(), *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={"HOME": str(folder)},
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait(address: str, token: str = ROOT_TOKEN, verify: str | bool = True) -> None:
    """In a development server the mount named secret comes last."""
    for _attempt in range(300):
        try:
            if requests.get(address, headers={"X-Vault-Token": token}, timeout=5, verify=verify).status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    pytest.fail("OpenBao did not start")
