# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS Secrets Manager is asked, in which order, and what its answers mean."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores import aws_secretsmanager
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.aws_secretsmanager import (
    SecretsManager,
    open_aws_secretsmanager,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.remote import ServerClock, Unavailable
from ansible_collections.ellipsis.drive.tests.unit.plugin_utils.stores.libraries import said_without

# The environment of the oldest core has no boto3.
pytestmark = pytest.mark.once


@dataclass(frozen=True)
class Refusal:
    """An error that AWS answers."""

    code: str
    status: int = 400
    message: str = ""

    def error(self) -> Exception:
        from botocore.exceptions import ClientError

        answer = {"Code": self.code, "Message": self.message}
        error: Exception = ClientError(
            {"Error": answer, "ResponseMetadata": {"HTTPStatusCode": self.status}}, "GetSecretValue"
        )
        return error


TAKEN, MISSING = Refusal("ResourceExistsException"), Refusal("ResourceNotFoundException")
DELETED = Refusal("InvalidRequestException")


class Service:
    """Answers each call with the next of its answers; those that are errors are raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls.append((operation, request))
            answer = self.answers.pop(0)
            if isinstance(answer, Refusal):
                raise answer.error()
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def backend(service: Service, prefix: str = "maps/tokens") -> SecretsManager:
    return SecretsManager(prefix, service, ServerClock())


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        *(("Any", status, Unavailable) for status in (429, 500, 502, 503, 504)),
        *(("Any", status, StoreError) for status in (400, 428, 430, 499, 501, 505)),
        ("ThrottlingException", 400, Unavailable),
        ("RequestThrottlingTooLong", 400, Unavailable),
        ("AccessDeniedException", 400, StoreError),
    ],
)
def test_what_a_refusal_means(code: str, status: int, kind: type[StoreError]) -> None:
    with pytest.raises(StoreError) as caught:
        backend(Service(Refusal(code, status, "Who\n  are you?"))).get("roads")
    assert type(caught.value) is kind
    assert str(caught.value) == f"can't be used: AWS answers {code} (Who are you?)."


@pytest.mark.parametrize(("length", "shown"), [(0, 0), (300, 300), (301, 300)])
def test_long_words_of_a_server_are_cut(length: int, shown: int) -> None:
    with pytest.raises(StoreError) as caught:
        backend(Service(Refusal("Any", 400, length * "x"))).get("roads")
    assert str(caught.value) == f"can't be used: AWS answers Any ({shown * 'x'})."


def test_no_answer_at_all() -> None:
    from botocore.exceptions import EndpointConnectionError

    error = EndpointConnectionError(endpoint_url="https://aws.invalid/")
    with pytest.raises(Unavailable, match=r"^can't be reached: Could not connect to the endpoint URL: .*aws.invalid/"):
        backend(Service(error)).get("roads")


def test_an_answer_that_says_nothing() -> None:
    from botocore.exceptions import ClientError

    error = ClientError({"Error": {"Code": "Any"}, "ResponseMetadata": {}}, "GetSecretValue")
    with pytest.raises(StoreError, match=r"^can't be used: AWS answers Any \(\)\.$") as caught:
        backend(Service(error)).get("roads")
    assert type(caught.value) is StoreError


def test_all_pages_of_the_names_under_the_prefix() -> None:
    pages = [
        {"SecretList": [{"Name": "maps/tokens/roads"}, {"Name": "maps/tokens-old/x"}], "NextToken": "2"},
        {"SecretList": [], "NextToken": "3"},
        {"SecretList": [{"Name": "maps/tokens/a/b"}]},
    ]
    service = Service(*pages)
    assert list(backend(service).list_keys()) == ["roads", "a/b"]
    assert {operation for operation, _request in service.calls} == {"list_secrets"}
    assert service.calls[0][1]["Filters"] == [{"Key": "name", "Values": ["maps/tokens/"]}]
    assert [request.get("NextToken") for _operation, request in service.calls] == [None, "2", "3"]


@pytest.mark.parametrize(
    ("answer", "raw", "version"),
    [
        ({"SecretString": '{"id": "1"}', "VersionId": "v1"}, {"id": "1"}, "v1"),
        ({"SecretString": "null", "VersionId": "v2"}, None, "v2"),
        (MISSING, None, None),
        (DELETED, None, "deleted"),
    ],
)
def test_read(answer: Any, raw: Any, version: str | None) -> None:
    service = Service(answer)
    found = backend(service).get("roads")
    assert (found.raw, found.version) == (raw, version)
    assert service.calls == [("get_secret_value", {"SecretId": "maps/tokens/roads"})]


def test_what_is_no_json_is_not_shown() -> None:
    with pytest.raises(StoreError, match=r"no JSON: it is somebody else's\.$") as caught:
        backend(Service({"SecretString": "test-secret", "VersionId": "v1"})).get("roads")
    assert caught.value.__cause__ is None and caught.value.__context__ is None


def test_the_first_version() -> None:
    service = Service({"VersionId": "v1"})
    assert backend(service).put("roads", {"é": 1}, None) == "v1"
    assert service.calls == [("create_secret", {"Name": "maps/tokens/roads", "SecretString": '{"é": 1}'})]


FIRST, SECOND = "00000000-0000-4000-8000-000000000001", "ffffffff-0000-4000-8000-000000000002"


def test_later_versions_are_called_after_the_one_before() -> None:
    """Two that take the place of one version have one name, so that only one of them is made."""
    service = Service(*({"VersionId": each} for each in ("v2", "v2", "v3")))
    for version in (FIRST, FIRST, SECOND):
        backend(service).put("roads", {}, version)
    first, second, third = (request["ClientRequestToken"] for operation, request in service.calls)
    assert first == second != third
    assert {operation for operation, _request in service.calls} == {"put_secret_value"}
    assert service.calls[0][1]["SecretString"] == "{}"


def test_one_that_waits_to_be_deleted_is_restored() -> None:
    nothing = {"SecretString": "null", "VersionId": "v2"}
    service = Service({}, nothing, {"VersionId": "v3"})
    assert backend(service).put("roads", {}, "deleted") == "v3"
    assert [operation for operation, _request in service.calls] == [
        "restore_secret",
        "get_secret_value",
        "put_secret_value",
    ]
    again = Service({"VersionId": "v3"})
    backend(again).put("roads", {}, "v2")
    assert service.calls[2] == again.calls[0], "in place of the version that says that there is nothing"
    taken = Service({}, {"SecretString": "{}", "VersionId": "v3"})
    with pytest.raises(Conflict):
        backend(taken).put("roads", {}, "deleted")


def test_removed() -> None:
    service = Service({"VersionId": "v2"}, {})
    assert backend(service).remove("roads", "v1") == "deleted"
    (first, written), (second, request) = service.calls
    assert (first, written["SecretString"], second) == ("put_secret_value", "null", "delete_secret")
    assert request == {"SecretId": "maps/tokens/roads", "RecoveryWindowInDays": 7}


def test_who_comes_second_conflicts() -> None:
    with pytest.raises(Conflict):
        backend(Service(TAKEN)).put("roads", {}, None)


def test_the_longest_name() -> None:
    key = "x" * (512 - len("maps/tokens/"))
    assert backend(Service(MISSING)).get(key).raw is None
    with pytest.raises(StoreError, match=r"since its name would be longer than 512\.$"):
        backend(Service()).get(f"{key}x")


def test_looking_tells_nothing() -> None:
    service = Service()
    backend(service).check()
    backend(service).rehearse(["roads"])
    assert not service.calls


class Network:
    """What AWS is sent by its own library, and answers."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, request: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        self.sent.append(request)
        answer: Any = AWSResponse(request.url, 200, {"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}, None)
        answer._content = b'{"SecretString": "{}", "VersionId": "v1"}'
        return answer


@pytest.fixture(name="session", scope="module")
def fixture_session() -> Any:
    """One for all, since what it reads of its own files takes longer than all tests here."""
    import boto3

    return boto3.Session()


@pytest.fixture(name="network")
def fixture_network(session: Any, monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in {"DEFAULT_REGION": "eu-west-1", "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(f"AWS_{name}", os.devnull)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", session)
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", lambda _session, request: network.send(request))
    monkeypatch.setattr(aws_secretsmanager, "_CLIENTS", {})
    return network


def opened(prefix: str) -> SecretsManager:
    return open_aws_secretsmanager(prefix, lambda _name: None)


@pytest.mark.parametrize("prefix", ["maps/tokens", "/maps/tokens/", "A-z.0@9_+=/x"])
def test_opened(prefix: str, network: Network) -> None:
    """The time that counts is that of the last answer."""
    found = opened(prefix)
    assert found.address == f"aws_secretsmanager://{prefix.strip('/')}"
    assert found.now() is None
    assert found.get("roads").version == "v1"
    now = found.now()
    assert now and time.gmtime(now)[:4] == (2027, 1, 15, 8)
    (request,) = network.sent
    assert request.url == "https://secretsmanager.eu-west-1.amazonaws.com/"
    assert request.headers["X-Amz-Target"] == b"secretsmanager.GetSecretValue"
    assert f'"{prefix.strip("/")}/roads"' in request.body.decode()


@pytest.mark.parametrize("prefix", ["", "/", "maps tokens", "maps/é", "maps:tokens"])
def test_what_is_no_prefix(prefix: str, network: Network) -> None:
    del network
    with pytest.raises(OptionError) as caught:
        opened(prefix)
    assert str(caught.value) == (
        f"store: aws_secretsmanager://{prefix} is no prefix of names; write letters, digits and /_+=.@-, such as "
        "aws_secretsmanager://maps/tokens"
    )


def test_one_client_for_each_process(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sockets of a parent are not those of its fork."""
    del network
    first = opened("maps")._client
    assert opened("layers")._client is first
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert opened("maps")._client is opened("layers")._client is not first


def test_without_a_region(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong is no reason not to look again."""
    del network
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(
        OptionError, match=r"^store: aws_secretsmanager:// can't be opened: You must specify a region\.$"
    ):
        opened("maps")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert opened("maps").address == "aws_secretsmanager://maps"


def test_without_the_library(network: Network) -> None:
    del network
    assert said_without("boto3", "aws_secretsmanager") == (
        "OptionError: store: aws_secretsmanager:// needs the Python library boto3 on the controller: pip install boto3\n"
    )
    assert opened("maps").address == "aws_secretsmanager://maps", "it is here"
