# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the settings of a login of Vault come from, and what each login method sends."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores import hashi_vault_login
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.hashi_vault_login import (
    Login,
    settings_of,
    vault_of,
)
from ansible_collections.ellipsis.drive.tests.unit.plugin_utils.stores.libraries import said_without

URL = "https://vault.invalid"
LOGGED_IN = {"auth": {"client_token": "test-client-token"}}


@dataclass
class Network:
    """Answers each request with the next of its answers, and with a login when there are no more."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    sent: list[tuple[requests.PreparedRequest, dict[str, Any]]] = field(default_factory=list)

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        self.sent.append((request, how))
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        response = requests.Response()
        response.status_code, response.url, response.request = status, request.url or "", request
        response.headers.update(headers)
        response._content, response._content_consumed = json.dumps(LOGGED_IN).encode(), True  # type: ignore[attr-defined]  # private
        return response


@pytest.fixture(name="network", autouse=True)
def fixture_network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()
    monkeypatch.setattr(
        requests.adapters.HTTPAdapter, "send", lambda _adapter, request, **how: network.send(request, **how)
    )
    return network


@pytest.fixture(name="home", autouse=True)
def fixture_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody has logged in here, and the environment has no settings."""
    for name in list(os.environ):
        if "VAULT_" in name or name.endswith("CA_BUNDLE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def login(**settings: Any) -> Login:
    given = {f"ansible_hashi_vault_{name}": value for name, value in {"url": URL, **settings}.items()}
    return Login(settings_of(given.get))


@pytest.mark.parametrize(
    ("name", "places"),
    [
        (
            "url",
            [
                *("ansible_hashi_vault_url", "ansible_hashi_vault_addr"),
                *("ANSIBLE_HASHI_VAULT_URL", "ANSIBLE_HASHI_VAULT_ADDR", "VAULT_ADDR"),
            ],
        ),
        ("namespace", ["ansible_hashi_vault_namespace", "ANSIBLE_HASHI_VAULT_NAMESPACE", "VAULT_NAMESPACE"]),
        (
            "ca_cert",
            [
                *("ansible_hashi_vault_ca_cert", "ANSIBLE_HASHI_VAULT_CA_CERT"),
                *("ANSIBLE_HASHI_VAULT_CACERT", "VAULT_CACERT"),
            ],
        ),
        ("skip_verify", ["ansible_hashi_vault_skip_verify", "ANSIBLE_HASHI_VAULT_SKIP_VERIFY", "VAULT_SKIP_VERIFY"]),
        ("token", ["ansible_hashi_vault_token", "ANSIBLE_HASHI_VAULT_TOKEN", "VAULT_TOKEN"]),
        *(
            (name, [f"ansible_hashi_vault_{name}", f"ANSIBLE_HASHI_VAULT_{name.upper()}"])
            for name in (
                *("validate_certs", "timeout", "auth_method", "mount_point", "token_path", "token_file", "role_id"),
                *("secret_id", "jwt", "kubernetes_token", "kubernetes_token_path"),
                *("cert_auth_public_key", "cert_auth_private_key"),
            )
        ),
    ],
)
def test_places_of_a_setting(name: str, places: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them counts before those that come after it, and for nothing else; what is empty is not set."""
    variables: dict[str, Any] = {}
    found = ""
    for place in reversed(places):
        for value in ("", f"of {place}"):
            if place.islower():
                variables[place] = value
            else:
                monkeypatch.setenv(place, value)
            found = value or found
            assert settings_of(variables.get).values == (((name, found),) if found else ())


@pytest.mark.parametrize(("value", "text"), [(False, "False"), (0, "0"), (5, "5"), (None, "nothing"), ("", "nothing")])
def test_variables_that_are_no_text(value: object, text: str) -> None:
    assert settings_of({"ansible_hashi_vault_timeout": value}.get).get("timeout", "nothing") == text


def test_settings_show_no_secret() -> None:
    assert "test-token" not in repr(settings_of({"ansible_hashi_vault_token": "test-token"}.get))


def test_without_a_server() -> None:
    with pytest.raises(OptionError) as caught:
        login(url="")
    assert str(caught.value) == (
        "store: hashi_vault:// needs to know the server; set VAULT_ADDR or ansible_hashi_vault_url"
    )


def needs(method: str, name: str, *more: str) -> str:
    places = " or ".join((f"ANSIBLE_HASHI_VAULT_{name.upper()}", *more))
    return (
        f"store: the login method {method!r} of Vault needs ansible_hashi_vault_{name}, or {places} in the environment"
    )


def unclear(word: str, name: str, *more: str) -> str:
    places = " or ".join((f"ANSIBLE_HASHI_VAULT_{name.upper()}", *more))
    return f"store: {word!r} is neither yes nor no; set ansible_hashi_vault_{name}, or {places} in the environment, to one of them"


APPROLE = {"auth_method": "approle", "role_id": "test-role"}
JWT = {"auth_method": "jwt", "role_id": "test-role", "jwt": "test-jwt"}
KUBERNETES = {"auth_method": "kubernetes", "role_id": "test-role", "kubernetes_token": "test-pod"}
PEM = __file__
CERT = {"auth_method": "cert", "cert_auth_public_key": PEM}
NO_KEY = "store: there is no file '/nowhere.pem' for the login method 'cert' of Vault; see ansible_hashi_vault_cert_auth_public_key"
UNKNOWN = (
    "store: the login method 'ldap' of Vault is not known; set ansible_hashi_vault_auth_method to one of "
    "token, approle, jwt, kubernetes, cert"
)
UNVERIFIED = (
    "store: the login method 'cert' of Vault needs a server that is verified; set VAULT_CACERT in place of "
    "VAULT_SKIP_VERIFY or ansible_hashi_vault_validate_certs"
)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, needs("token", "token", "VAULT_TOKEN")),
        ({**APPROLE, "role_id": ""}, needs("approle", "role_id")),
        ({**JWT, "role_id": ""}, needs("jwt", "role_id")),
        ({**JWT, "jwt": ""}, needs("jwt", "jwt")),
        ({**KUBERNETES, "role_id": ""}, needs("kubernetes", "role_id")),
        (
            {**KUBERNETES, "kubernetes_token": "", "kubernetes_token_path": "/nowhere/token"},
            needs("kubernetes", "kubernetes_token"),
        ),
        ({**CERT, "cert_auth_public_key": ""}, needs("cert", "cert_auth_public_key")),
        ({**CERT, "cert_auth_public_key": "/nowhere.pem"}, NO_KEY),
        ({**CERT, "cert_auth_private_key": "/nowhere.pem"}, NO_KEY),
        ({**CERT, "skip_verify": "yes"}, UNVERIFIED),
        (
            {"auth_method": "ldap"},
            UNKNOWN,
        ),
        ({"token": "test-token", "validate_certs": "ture"}, unclear("ture", "validate_certs")),
        ({"token": "test-token", "skip_verify": "x"}, unclear("x", "skip_verify", "VAULT_SKIP_VERIFY")),
    ],
)
def test_what_is_missing_is_said_before_anything_is_sent(settings: dict[str, str], said: str, network: Network) -> None:
    with pytest.raises(OptionError) as caught:
        login(**settings).client()
    assert str(caught.value) == said
    assert not network.sent


@pytest.mark.parametrize(
    ("settings", "path", "body"),
    [
        (APPROLE, "approle", {"role_id": "test-role", "secret_id": None}),
        (
            {**APPROLE, "secret_id": "test-secret", "mount_point": "tiles"},
            "tiles",
            {"role_id": "test-role", "secret_id": "test-secret"},
        ),
        (JWT, "jwt", {"role": "test-role", "jwt": "test-jwt"}),
        ({**JWT, "mount_point": "pipelines"}, "pipelines", {"role": "test-role", "jwt": "test-jwt"}),
        (KUBERNETES, "kubernetes", {"role": "test-role", "jwt": "test-pod"}),
        ({**KUBERNETES, "mount_point": "pods"}, "pods", {"role": "test-role", "jwt": "test-pod"}),
        (CERT, "cert", {}),
        ({**CERT, "mount_point": "machines", "role_id": "test-role"}, "machines", {"name": "test-role"}),
    ],
)
def test_what_a_login_sends(settings: dict[str, str], path: str, body: dict[str, str], network: Network) -> None:
    """Once, however often it is asked for."""
    made = login(**settings)
    assert made.client() is made.client()
    assert made.client().token == "test-client-token"
    ((request, _how),) = network.sent
    assert (request.method, request.url) == ("POST", f"{URL}/v1/auth/{path}/login")
    assert json.loads(request.body or "") == body
    assert "X-Vault-Token" not in request.headers


@pytest.mark.parametrize("given", [True, False])
def test_the_token_of_a_pod(given: bool, network: Network, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("test-pod-of-file\n")
    settings = {**KUBERNETES, "kubernetes_token_path": str(tmp_path / "token")}
    login(**settings if given else {**settings, "kubernetes_token": ""}).client()
    body = json.loads(network.sent[0][0].body or "")
    assert body["jwt"] == ("test-pod" if given else "test-pod-of-file")


@pytest.mark.parametrize("private", [None, hashi_vault_login.__file__], ids=["one file", "two files"])
@pytest.mark.parametrize("authority", [None, PEM], ids=["known", "of a file"])
def test_certificates_of_a_login(private: str | None, authority: str | None, network: Network) -> None:
    """The key may stand in the file of the certificate."""
    login(**CERT, cert_auth_private_key=private, ca_cert=authority).client()
    how = network.sent[0][1]
    assert (how["cert"], how["verify"]) == ((PEM, private or PEM), authority or True)


@pytest.mark.parametrize(
    ("settings", "file", "token"),
    [
        ({"token": "test-given"}, None, "test-given"),
        ({"token": "test-given"}, ".vault-token", "test-given"),
        ({}, ".vault-token", "test-of-file"),
        ({"token_file": "mine"}, "mine", "test-of-file"),
        ({"token_path": "~/there"}, "there/.vault-token", "test-of-file"),
        ({"token_path": "~/there", "token_file": "mine"}, "there/mine", "test-of-file"),
    ],
)
def test_a_token_is_given_or_in_a_file(
    settings: dict[str, str], file: str | None, token: str, home: Path, network: Network
) -> None:
    """In that of the command line of Vault, unless another one is named."""
    if file:
        (home / file).parent.mkdir(exist_ok=True)
        (home / file).write_text("test-of-file\n")
    login(**settings).client().auth.token.lookup_self()
    ((request, _how),) = network.sent
    assert request.headers["X-Vault-Token"] == token


@pytest.mark.parametrize("timeout", [None, "29.5"])
@pytest.mark.parametrize("namespace", [None, "tiles"])
@pytest.mark.parametrize("verify", [True, False])
def test_how_all_requests_are_sent(timeout: str | None, namespace: str | None, verify: bool, network: Network) -> None:
    settings = {"token": "test-token", "timeout": timeout, "namespace": namespace, "validate_certs": verify}
    login(**settings).client().auth.token.lookup_self()
    ((request, how),) = network.sent
    assert (how["timeout"], how["verify"]) == (float(timeout or 30), verify)
    assert request.headers.get("X-Vault-Namespace") == namespace


@pytest.mark.parametrize(
    ("settings", "helps"),
    [({"token": "test-token"}, False), ({"token": "test-token", "auth_method": "token"}, False), (APPROLE, True)],
)
def test_a_login_is_made_again_once_it_is_forgotten(settings: dict[str, str], helps: bool, network: Network) -> None:
    made = login(**settings)
    first = made.client()
    assert made.forget() is helps
    assert made.client() is not first
    assert len(network.sent) == (2 if helps else 0)


@pytest.mark.parametrize(
    ("url", "status", "location", "followed"),
    [
        (URL, 307, "https://other.invalid/v1/sys/health", True),
        (URL, 307, "http://other.invalid/v1/sys/health", False),
        ("http://vault.invalid", 307, "http://other.invalid/v1/sys/health", True),
        ("http://vault.invalid", 307, "https://other.invalid/v1/sys/health", True),
        (URL, 200, "http://other.invalid/v1/sys/health", None),
    ],
)
def test_nothing_is_sent_to_an_address_without_encryption_in_place_of_one_with(
    url: str, status: int, location: str, followed: bool | None, network: Network
) -> None:
    """The request has the token in it. A standby of Vault redirects to the active server."""
    network.answers = [(status, {"location": location})]
    made = login(url=url, token="test-token")
    if followed is False:
        with pytest.raises(made.transport_errors, match=r"^redirected to an unencrypted address$"):
            made.client().auth.token.lookup_self()
    else:
        made.client().auth.token.lookup_self()
    addresses = [request.url for request, _how in network.sent]
    assert addresses == [f"{url}/v1/auth/token/lookup-self", *([location] if followed else [])]


def test_the_time_is_that_of_the_last_answer(network: Network) -> None:
    network.answers = [
        (200, {"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}),
        (200, {}),
        (403, {"Date": "Fri, 15 Jan 2027 09:00:00 GMT"}),
    ]
    made = login(token="test-token")
    assert made.clock.now() is None
    for hour in (8, 8, 9):
        try:
            made.client().auth.token.lookup_self()
        except made.exceptions.Forbidden:
            assert hour == 9
        now = made.clock.now()
        assert now and time.gmtime(now)[:4] == (2027, 1, 15, hour)


def test_one_login_for_the_same_settings_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sockets of a parent are not those of its fork."""
    one, other = (
        settings_of({"ansible_hashi_vault_url": URL, "ansible_hashi_vault_role_id": role}.get) for role in "ab"
    )
    first = vault_of(one)
    assert vault_of(one) is first is not vault_of(other)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert vault_of(one) is vault_of(one) is not first


def test_without_the_library() -> None:
    assert said_without("hvac", "hashi_vault") == (
        "OptionError: store: hashi_vault:// needs the Python library hvac on the controller: pip install hvac\n"
    )
    assert login().url == URL, "it is here"
