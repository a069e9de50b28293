# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies of the environment: the only thing that counts there, and their passwords stay secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.client import Client
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import Rejected, Unsent
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.run import open_client
from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, serve
from ansible_collections.ellipsis.drive.tests.integration.authority import Authority
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller
from ansible_collections.ellipsis.drive.tests.integration.proxy import proxy

PASSWORD = "proxy-CANARY-password"
CREDENTIALS = f"somebody:{PASSWORD}"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
# Nobody else knows this name, so who gets there came through the proxy.
HOST = "api.invalid"
Open = Callable[..., Client]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture(params=["https", "http"])
def service(request: pytest.FixtureRequest, emulator: Emulator, authority: Authority) -> Iterator[str]:
    """The address of the service, with and without TLS."""
    with serve(emulator, tls=authority.issue(HOST) if request.param == "https" else None) as url:
        yield url


@pytest.fixture
def opened(authority: Authority) -> Open:
    def open_one(service: str, **more: Any) -> Client:
        api_url = f"{service.partition(':')[0]}://{HOST}/v3"
        return open_client(
            Connection(**{"api_url": api_url, "api_token": USER_TOKEN, "ca_path": str(authority.ca_file), **more})
        )

    return open_one


def create(client: Client) -> None:
    client.create_token("tiles", (Grant(PATHS["Projects/Roads"], "view"),), "all", 3600)


@pytest.mark.parametrize("upper", [True, False], ids=["HTTPS_PROXY", "https_proxy"])
@pytest.mark.parametrize("credentials", [None, CREDENTIALS, "somebody:p%40ss%2Fword"])
def test_through_a_proxy(
    credentials: str | None,
    upper: bool,
    service: str,
    opened: Open,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = credentials and credentials.replace("%40", "@").replace("%2F", "/")
    with proxy(service, credentials=plain) as server:
        for name in VARIABLES[:2]:
            value = f"http://{credentials}@{server.address}" if credentials else f"http://{server.address}"
            monkeypatch.setenv(name.upper() if upper else name, value)
        client = opened(service)
        client.list_tokens()
        create(client)
        tunnels = service.startswith("https")
        path = f"http://{HOST}/v3/account/security/accessToken"
        assert server.asked == ([f"CONNECT {HOST}:443"] if tunnels else [f"GET {path}?pageSize=30", f"POST {path}"])
    assert {each.authorization for each in emulator.journal} == {"user"}


def test_hosts_without(service: str, emulator: Emulator, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(service) as server:
        for name in VARIABLES[:2]:
            monkeypatch.setenv(name, f"http://{server.address}")
        monkeypatch.setenv("NO_PROXY", "other.example.com, 127.0.0.1")
        client = open_client(Connection(service, USER_TOKEN, validate_certs=False))
        client.list_tokens()
        assert server.asked == []


@pytest.mark.parametrize("service", ["https"], indirect=True)
@pytest.mark.parametrize("status", [403, 502, 503])
def test_a_refused_tunnel_is_tried_again_even_for_a_creation(
    status: int, service: str, opened: Open, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(service, refusals=(status, status)) as server:
        monkeypatch.setenv("https_proxy", f"http://{server.address}")
        client = opened(service)
        client.sender.sleep = lambda _seconds: None
        create(client)
        assert server.asked == [f"CONNECT {HOST}:443"] * 3
    assert len(emulator.tokens) == 1


@pytest.mark.parametrize(
    ("options", "address", "kind", "words"),
    [
        (
            {"credentials": "other:password"},
            "http://{user}@{address}",
            Unsent,
            "HTTPS_PROXY=http://user:password@host:port",
        ),
        ({}, "http://{user}@127.0.0.1:1", Unsent, "no way through the proxy: Failed to establish a new connection"),
        (
            {},
            "http://{user}@no-such-proxy.invalid:3128",
            Unsent,
            "no way through the proxy: Failed to resolve 'no-such-pro",
        ),
        (
            {},
            "http://{user}/x@{address}",
            Rejected,
            "is not an address. Write HTTPS_PROXY like http://user:password@host",
        ),
        ({}, "http://{user}#x@{address}", Rejected, "and special characters of the password as %XX"),
        ({}, "http://{user}@{address}:port", Rejected, "is not an address"),
        ({}, "http://{user}@", Rejected, "is not an address"),
        ({}, "http://{user}\u0100@{address}", Rejected, "a character outside of Latin-1 in its user name or password"),
        ({}, "http://{user}%C4%80@{address}", Rejected, "a character outside of Latin-1 in its user name or password"),
        ({}, "{user}\u20ac@{address}", Rejected, "a character outside of Latin-1 in its user name or password"),
        ({}, "socks5://{user}@{address}", EllipsisError, "SOCKS"),
    ],
)
def test_bad_proxies_keep_their_passwords(
    options: dict[str, str],
    address: str,
    kind: type[EllipsisError],
    words: str,
    service: str,
    opened: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with proxy(service, **options) as server:
        for name in VARIABLES[:2]:
            monkeypatch.setenv(name, address.format(user=CREDENTIALS, address=server.address))
        with pytest.raises(kind) as caught:
            opened(service, retry_time=0).list_tokens()
    assert words in str(caught.value)
    assert not any(part in str(caught.value) for part in ("CANARY", "somebody", "c29tZWJvZHk6"))


@pytest.mark.parametrize("service", ["https"], indirect=True)
def test_tasks(service: str, controller: Controller, authority: Authority) -> None:
    tasks = f"""
        - name: tunnel
          ellipsis.drive.ellipsis_access_token_info: &options
            api_url: https://{HOST}/v3
            ca_path: {authority.ca_file}
            retry_time: 0
          ignore_errors: true
        - name: tunnel elsewhere
          ellipsis.drive.ellipsis_access_token_info: *options
          delegate_to: bastion
          ignore_errors: true
        - name: plain
          ellipsis.drive.ellipsis_access_token_info:
            api_url: http://{HOST}/v3
            allow_cleartext_login: true
            retry_time: 0
          ignore_errors: true
        - name: direct
          ellipsis.drive.ellipsis_access_token_info:
        """
    names = ("tunnel", "tunnel elsewhere", "plain")
    with proxy(service, credentials=CREDENTIALS) as tls, proxy(controller.api_url, credentials=CREDENTIALS) as plain:
        addresses = {"HTTPS_PROXY": f"{CREDENTIALS}@{tls.address}", "HTTP_PROXY": f"{CREDENTIALS}@{plain.address}"}
        environment = {name: f"http://{value}" for name, value in addresses.items()} | {"NO_PROXY": "127.0.0.1"}
        good = controller.run(tasks, "-vvvv", "--diff", environment=environment)
        assert [good.result(name)["access_tokens"] for name in (*names, "direct")] == [[]] * 4
        assert tls.asked == [f"CONNECT {HOST}:443"] * 2
        assert len(plain.asked) == 1
        tls.credentials = plain.credentials = "other:password"
        bad = controller.run(tasks, "-vvvv", "--diff", environment=environment)
    for name in names:
        assert "It wants a user name and a password: HTTPS_PROXY=http://user:pass" in bad.result(name)["msg"]
    for path in controller.folder.rglob("*"):
        assert path.is_dir() or PASSWORD not in path.read_bytes().decode(errors="replace"), path
