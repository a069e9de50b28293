# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What needs no server of its own: the login of Kubernetes as it is sent, and libraries that are not there."""

from __future__ import annotations

import os
import subprocess
import sys
from email.message import Message
from typing import Any

import pytest
from hvac.exceptions import BadGateway, Forbidden, InternalServerError, InvalidRequest, RateLimitExceeded, VaultDown

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.hashi_vault import (
    _Denied,
    _error_of,
    open_hashi_vault,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.hashi_vault_login import Login, settings_of
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.remote import Unavailable
from ansible_collections.ellipsis.drive.tests.double import Answer, serve

PACKAGE = "ansible_collections.ellipsis.drive.plugins.plugin_utils._stores"
WITHOUT = f"""
import sys
from importlib import import_module
sys.modules["hvac"] = sys.modules["boto3"] = None
for scheme in ("hashi_vault", "aws_secretsmanager"):
    try:
        getattr(import_module("{PACKAGE}." + scheme), "open_" + scheme)("maps/tokens", {{"ansible_hashi_vault_url": "x"}}.get)
    except Exception as exc:
        print(f"{{type(exc).__name__}}: {{exc}}")
"""


MOUNT: dict[str, Any] = {"path": "secret/", "type": "kv", "options": {"version": "2"}}


class Cluster:
    """Vault with the login of Kubernetes, which would ask an API server about the token of the pod."""

    def __init__(self, mount: dict[str, Any] = MOUNT) -> None:
        self._mount = mount
        self.answers: dict[str, Answer] = {}
        self.seen: list[tuple[str, str, dict[str, Any], str | None]] = []

    def respond(self, method: str, path: str, headers: Message, body: dict[str, Any]) -> Answer:
        self.seen.append((method, path, body, headers["X-Vault-Token"]))
        if path == "/v1/auth/pods/login":
            return 200, {"auth": {"client_token": "test-client-token"}}
        if headers["X-Vault-Token"] != "test-client-token":
            return 403, {"errors": ["permission denied"]}
        return self.answers.get(path) or (200, {"data": self._mount})


def test_kubernetes(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but this login is used: the token of somebody who once logged in here is not sent along."""
    monkeypatch.setenv("VAULT_TOKEN", "test-token-of-somebody")
    (tmp_path / "token").write_text("test-pod-token\n")
    settings = {"auth_method": "kubernetes", "role_id": "tiles", "mount_point": "pods"}
    settings["kubernetes_token_path"] = str(tmp_path / "token")
    cluster = Cluster()
    with serve(cluster) as url:
        variables = {f"ansible_hashi_vault_{name}": value for name, value in {**settings, "url": url}.items()}
        open_hashi_vault("secret/tokens", variables.get).check()
        (tmp_path / "token").unlink()
        missing = open_hashi_vault("secret/tokens", {**variables, "ansible_hashi_vault_timeout": "29"}.get)
        with pytest.raises(OptionError, match="'kubernetes' of Vault needs ansible_hashi_vault_kubernetes_token, or"):
            missing.check()
    assert cluster.seen == [
        ("POST", "/v1/auth/pods/login", {"jwt": "test-pod-token", "role": "tiles"}, None),
        ("GET", "/v1/sys/internal/ui/mounts/secret/tokens", {}, "test-client-token"),
    ]


OLD = "can't be used, since secret is not a KV mount of version 2: enable one, or set up versions with "


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        ({"type": "generic"}, None),
        ({"path": "secret/tokens/"}, "names the mount secret/tokens only: write hashi_vault://secret/tokens/PATH."),
        ({"type": "aws"}, OLD),
        ({"options": {"version": "1"}}, OLD),
        ({"options": None}, OLD),
    ],
)
def test_mounts(mount: dict[str, Any], said: str | None) -> None:
    cluster = Cluster({**MOUNT, **mount})
    with serve(cluster) as url:
        variables = {"ansible_hashi_vault_url": url, "ansible_hashi_vault_token": "test-client-token"}
        backend = open_hashi_vault("secret/tokens", variables.get)
        if said is None:
            backend.check()
        else:
            with pytest.raises(StoreError) as caught:
                backend.check()
            assert str(caught.value).startswith(said)
    # What is wrong is no reason to ask again.
    assert len(cluster.seen) == 1


ENTRY = "/v1/secret/data/tokens/roads"
GONE = {"data": {"data": None, "metadata": {"version": 7, "deletion_time": "2026-01-01T00:00:00Z"}}}


@pytest.mark.parametrize(
    ("answer", "version", "said"),
    [
        ((404, {"errors": []}), 0, ""),
        ((404, GONE), 7, ""),
        ((404, {"errors": ["no handler for route"]}), None, "the server answers 'no handler for route'"),
        ((400, {"errors": ["no such thing"]}), None, "the server answers 'no such thing'"),
        ((403, {"errors": ["permission denied"]}), None, "the server answers 'permission denied'"),
    ],
)
def test_only_what_is_not_there_is_nothing(answer: Answer, version: int | None, said: str) -> None:
    cluster = Cluster()
    cluster.answers[ENTRY] = answer
    with serve(cluster) as url:
        variables = {"ansible_hashi_vault_url": url, "ansible_hashi_vault_token": "test-client-token"}
        backend = open_hashi_vault("secret/tokens", variables.get)
        if said:
            with pytest.raises(StoreError, match=said):
                backend.get("roads")
        else:
            found = backend.get("roads")
            assert (found.raw, found.version) == (None, version)


@pytest.mark.parametrize(
    ("variables", "environment", "verify"),
    [
        ({}, {}, True),
        ({}, {"VAULT_SKIP_VERIFY": "true"}, False),
        ({}, {"VAULT_SKIP_VERIFY": "0"}, True),
        ({"validate_certs": "no"}, {}, False),
        ({"validate_certs": "yes"}, {"VAULT_SKIP_VERIFY": "true"}, True),
        ({"ca_cert": "/etc/ca.pem"}, {}, "/etc/ca.pem"),
        ({"ca_cert": "/etc/ca.pem"}, {"VAULT_SKIP_VERIFY": "true"}, "/etc/ca.pem"),
        ({}, {"VAULT_CACERT": "/etc/ca.pem"}, "/etc/ca.pem"),
    ],
)
def test_certificates(
    variables: dict[str, str], environment: dict[str, str], verify: bool | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VAULT_SKIP_VERIFY", "VAULT_CACERT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    given = {"url": "https://vault.invalid", "token": "test-client-token", **variables}
    login = Login(settings_of({f"ansible_hashi_vault_{name}": value for name, value in given.items()}.get))
    assert login.client().adapter.session.verify == verify


SAYS = "can't be used: the server answers "
UPGRADES = "Upgrading from non-versioned to versioned data. This backend will resume service shortly."
NO_MOUNT = "preflight capability check returned 403, please ensure client's policies grant access to path"
ANSWERS: tuple[tuple[type[Exception], str, type[Exception], str], ...] = (
    (InvalidRequest, "check-and-set parameter did not match the current version", Conflict, ""),
    (InvalidRequest, UPGRADES, Unavailable, f"{SAYS}{UPGRADES!r}."),
    (VaultDown, "Vault is sealed", Unavailable, f"{SAYS}'Vault is sealed'."),
    (RateLimitExceeded, "rate limit quota exceeded", Unavailable, f"{SAYS}'rate limit quota exceeded'."),
    (InternalServerError, "internal\n\n  error", Unavailable, f"{SAYS}'internal error'."),
    (BadGateway, "", Unavailable, f"{SAYS}'BadGateway'."),
    (InvalidRequest, 301 * "x", StoreError, f"{SAYS}'{300 * 'x'}'."),
    (Forbidden, NO_MOUNT, _Denied, "can't be used: there is no such mount, or no policy that lets this login use it."),
    (
        Forbidden,
        "permission denied",
        _Denied,
        f"{SAYS}'permission denied'. Check the policy, and whether the login still counts.",
    ),
)


@pytest.mark.parametrize(("kind", "words", "means", "said"), ANSWERS)
def test_what_an_answer_means(kind: Any, words: str, means: type[Exception], said: str) -> None:
    """Unavailable is tried again, Conflict is read again, everything else is said at once."""
    error = _error_of(kind(errors=[words]))
    assert (type(error), str(error)) == (means, said)


def test_libraries_that_are_not_there() -> None:
    environment = {**os.environ, "PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]}
    said = subprocess.run(
        [sys.executable, "-c", WITHOUT], env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said == [
        "OptionError: store: hashi_vault:// needs the Python library hvac on the controller: pip install hvac",
        "OptionError: store: aws_secretsmanager:// needs the Python library boto3 on the controller: pip install boto3",
    ]
