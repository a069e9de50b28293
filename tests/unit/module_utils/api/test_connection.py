# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections: where they are told from, and what can't work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import (
    CONNECTION_SPEC,
    CREDENTIALS,
    Connection,
    connection_of,
    environment_name,
    from_process,
    inherit,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError

VALIDATOR = ArgumentSpecValidator(CONNECTION_SPEC)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in CONNECTION_SPEC:
        monkeypatch.delenv(environment_name(option), raising=False)


def validated(**options: Any) -> dict[str, Any]:
    outcome = VALIDATOR.validate(options)
    assert not outcome.error_messages, outcome.error_messages
    return dict(outcome.validated_parameters)


def test_defaults() -> None:
    assert connection_of(validated(api_token=" abc\n")) == Connection("https://api.ellipsis-drive.com/v3", "abc")


def test_secrets_are_in_no_repr() -> None:
    connection = connection_of(validated(username="me", password="hunter2"))
    assert connection.secrets == ("hunter2",)
    assert "hunter2" not in repr(connection)
    assert "abcdef" not in repr(connection_of(validated(api_token="abcdef")))


def test_what_ansible_hides() -> None:
    """Secrets, and not the names of files with secrets: those are told when they can't be read."""
    files = {"api_token_file": "/test/token", "password_file": "/test/password"}
    outcome = VALIDATOR.validate({"api_token": "test-token", "username": "me", "password": "test-password", **files})
    assert outcome._no_log_values == {"test-token", "test-password"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"api_url": "api.example.com"},
            "api_url: 'api.example.com' is not an address; write one like https://api.ell",
        ),
        ({"api_url": "ftp://x"}, "api_url: 'ftp://x' is not an address; write one like"),
        ({"api_url": "https://"}, "api_url: 'https:' is not an address; write one like"),
        ({"api_url": "https:///v3"}, "api_url: 'https:///v3' is not an address; write one like"),
        ({"api_url": "https://x:port/v3"}, "api_url: 'https://x:port/v3' is not an address; write one like"),
        ({"api_url": "https://x:0/v3"}, "api_url: 'https://x:0/v3' is not an address; write one like"),
        ({"api_url": "https://[::1/v3"}, "api_url: 'https://[::1/v3' is not an address; write one like"),
        ({"api_url": "https://x/v3?token=hunter2"}, "api_url: 'https://x/v3?…' is not an address; write one like"),
        ({"api_url": "http://127.0.0.1:1/v3?key=hunter2"}, "api_url: 'http://127.0.0.1:1/v3?…' is not an address"),
        ({"api_url": "https://x/v3#hunter2"}, "api_url: 'https://x/v3#…' is not an address"),
        ({"api_url": "https://x/v3?a=hunter2@hunter2"}, "api_url: 'https://…' is not an address"),
        ({"api_url": "me:hunter2@x"}, "api_url: '…@x' is not an address"),
        ({"api_url": "me:hunter2@hunter2@x/v3"}, "api_url: '…@x/v3' is not an address"),
        ({"api_url": "me:hu#hunter2@x/v3"}, "api_url: '…' is not an address"),
        ({"api_url": "ftp://me:hunter2@x/v3"}, "api_url: holds a user name or password"),
        ({"api_url": "https://me:hunter2@[x/v3"}, "api_url: 'https://…@[x/v3' is not an address"),
        ({"api_url": "epat_hunter2"}, "api_url: '********' is not an address"),
        ({"api_url": "https://x/v3\nhunter"}, "is not an address"),
        ({"api_url": "https://x/v 3"}, "is not an address"),
        ({"api_url": "https://x/v\\3"}, "is not an address"),
        ({"api_url": "https://x/v\x073"}, "is not an address"),
        ({"api_url": "http://x/v3"}, "api_url: 'http://x/v3' would send the login through the network in clear"),
        ({"api_url": "http://127.0.0.1.x.org/v3"}, "allow_cleartext_login=true"),
        ({"api_url": "http://10.0.0.1/v3"}, "allow_cleartext_login=true"),
        ({"api_url": "http://api.example.com/v3"}, "allow_cleartext_login=true"),
        ({"api_url": "http://notlocalhost/v3"}, "allow_cleartext_login=true"),
        ({"api_url": "HTTP://x/v3"}, "allow_cleartext_login=true"),
        (
            {"api_url": "https://me:hunter2@x/v3"},
            "api_url: holds a user name or password; write them in username and pass",
        ),
        ({"timeout": 0}, "timeout: 0 seconds are not possible; write a positive number"),
        ({"timeout": -1}, "timeout: -1 seconds are not possible; write a positive number"),
        ({"retry_time": -1}, "retry_time: -1 seconds are not possible; write a positive number"),
        (
            {"ca_path": "/no/such/file"},
            "ca_path: /no/such/file does not exist; name a file or folder of CA certificates",
        ),
        ({"api_token": None}, "No credential: set api_token, api_token_file, or username and password"),
        ({"api_token": None, "username": "me"}, "username and password go together; set both, or api_token"),
        ({"api_token": None, "password": "x"}, "username and password go together; set both, or api_token"),
        ({"api_token": None, "password_file": "/x"}, "username and password go together; set both, or api_token"),
        ({"api_token_file": "/x"}, "api_token and api_token_file exclude each other; set one of them"),
        (
            {"api_token": None, "username": "me", "password": "x", "password_file": "/x"},
            "password and password_file exclude each other; set one of them",
        ),
        ({"api_token": "two words"}, "api_token: does not hold a token, which is one line of letters and digits"),
        ({"api_token": "é"}, "api_token: does not hold a token"),
        ({"api_token": "a\x07b"}, "api_token: does not hold a token"),
        ({"api_token": " \n"}, "api_token: does not hold a token"),
        (
            {"api_token": None, "api_token_file": "/no/such"},
            "api_token_file: /no/such can't be read (No such file or dir",
        ),
        (
            {"api_token": None, "username": "me", "password_file": "/no/such"},
            "password_file: /no/such can't be read (No such file or directory); name a file with a password in it",
        ),
    ],
)
def test_bad_input(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        connection_of(validated(**{"api_token": "abc", **options}))
    assert message in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("timeout", "retry_time"), [(1, 0), (2, 1)])
def test_the_shortest_times(timeout: int, retry_time: int) -> None:
    connection = connection_of(validated(api_token="abc", timeout=timeout, retry_time=retry_time))
    assert (connection.timeout, connection.retry_time) == (timeout, retry_time)


@pytest.mark.parametrize(
    ("options", "credentials"),
    [
        ({"api_token": "abc"}, ("abc", None, None)),
        ({"api_token": "abc", "username": "me", "password": "test"}, ("abc", "me", "test")),
        ({"username": "me", "password": "test"}, (None, "me", "test")),
    ],
)
def test_credentials(options: dict[str, str], credentials: tuple[str | None, ...]) -> None:
    connection = connection_of(validated(**options))
    assert (connection.api_token, connection.username, connection.password) == credentials


@pytest.mark.parametrize(("content", "good"), [(b"abc\n", True), (b"", False), (b"a\nb\n", False), (b"\xff", False)])
def test_token_file(content: bytes, good: bool, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    options = validated(api_token_file=str(file))
    if good:
        assert connection_of(options).api_token == "abc"
    else:
        with pytest.raises(OptionError, match=r"^api_token_file.*token"):
            connection_of(options)


@pytest.mark.parametrize(("content", "good"), [(b"two words \n", True), (b"\n", False), (b"\xff", False)])
def test_password_file(content: bytes, good: bool, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    options = validated(username="me", password_file=str(file))
    if good:
        assert connection_of(options).password == "two words "
    else:
        with pytest.raises(OptionError, match=r"^password_file.*password"):
            connection_of(options)


@pytest.mark.parametrize(
    ("task", "environment", "result"),
    [
        ({}, {"api_token": "e"}, {"api_token": "e"}),
        ({"api_token": "t"}, {"api_token": "e"}, {"api_token": "t"}),
        ({"username": "t", "password": "t"}, {"api_token": "e"}, {"username": "t", "api_token": None}),
        ({"username": "t"}, {"password": "e"}, {"username": "t", "password": None}),
        ({"api_token": ""}, {"api_token": "e"}, {"api_token": "e"}),
        ({}, {"username": "e", "password": "e"}, {"username": "e", "password": "e"}),
        ({}, {"api_token": ""}, {"api_token": None}),
    ],
)
def test_credentials_come_from_one_source(
    task: dict[str, str], environment: dict[str, str], result: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for option, value in environment.items():
        monkeypatch.setenv(environment_name(option), value)
    params = validated(**task)
    inherit(params, from_process, CREDENTIALS)
    assert {option: params[option] for option in result} == result


@pytest.mark.parametrize(
    ("task", "given", "filled"),
    [
        ({}, {"api_url": "https://e"}, {"api_url": "https://e"}),
        ({"api_url": ""}, {"api_url": "https://e"}, {"api_url": "https://e"}),
        ({"api_url": "https://t"}, {"api_url": "https://e"}, {}),
        ({"api_url": "https://t"}, {"api_url": ""}, {}),
        ({}, {"api_url": ""}, {}),
        # A credential in the task is no reason to leave out the rest.
        ({"api_token": "t"}, {"api_token": "e", "api_url": "https://e"}, {"api_url": "https://e"}),
        ({}, {"api_token": "e", "organization_id": "o"}, {"api_token": "e", "organization_id": "o"}),
    ],
)
def test_what_a_source_fills(task: dict[str, str], given: dict[str, str], filled: dict[str, str]) -> None:
    params: dict[str, Any] = dict(task)
    assert inherit(params, given.get) == list(filled)
    assert params == {**task, **filled}


def test_other_options_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELLIPSIS_API_URL", "https://other.example.com/v3/")
    monkeypatch.setenv("ELLIPSIS_VALIDATE_CERTS", "no")
    monkeypatch.setenv("ELLIPSIS_ORGANIZATION_ID", "")
    connection = connection_of(validated(api_token="abc"))
    assert (connection.api_url, connection.validate_certs) == ("https://other.example.com/v3", False)
    assert connection.organization_id is None
    assert connection_of(validated(api_token="abc", api_url="https://task/v3")).api_url == "https://task/v3"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8080", "api.localhost", "127.0.0.1:1", "127.9.9.9", "[::1]:80", "localhost:65535"]
)
def test_this_host_needs_no_encryption(host: str) -> None:
    assert connection_of(validated(api_token="abc", api_url=f"http://{host}/v3")).api_url == f"http://{host}/v3"


def test_a_login_in_clear_is_sent_where_that_is_allowed() -> None:
    allowed = validated(api_token="abc", api_url="http://x/v3", allow_cleartext_login=True)
    assert connection_of(allowed).api_url == "http://x/v3"


def test_false_is_a_value() -> None:
    params: dict[str, Any] = {"validate_certs": None}
    assert inherit(params, {"validate_certs": False}.get, ["validate_certs"]) == ["validate_certs"]
    assert params == {"validate_certs": False}
