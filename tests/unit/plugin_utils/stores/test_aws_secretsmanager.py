# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS Secrets Manager is asked, in which order, and what its answers mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.aws_secretsmanager import SecretsManager
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.remote import ServerClock, Unavailable

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
        ("AccessDeniedException", 400, StoreError),
    ],
)
def test_what_a_refusal_means(code: str, status: int, kind: type[StoreError]) -> None:
    with pytest.raises(StoreError) as caught:
        backend(Service(Refusal(code, status, "Who\n  are you? " + 300 * "."))).get("roads")
    assert type(caught.value) is kind
    assert str(caught.value) == f"can't be used: AWS answers {code} (Who are you? {287 * '.'})."


def test_no_answer_at_all() -> None:
    from botocore.exceptions import EndpointConnectionError

    error = EndpointConnectionError(endpoint_url="https://aws.invalid/")
    with pytest.raises(Unavailable, match=r"^can't be reached: Could not connect to the endpoint URL: .*aws.invalid/"):
        backend(Service(error)).get("roads")


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


def test_later_versions_are_called_after_the_one_before() -> None:
    """Two that take the place of one version have one name, so that only one of them is made."""
    service = Service(*({"VersionId": each} for each in ("v2", "v2", "v3")))
    for key, version in (("roads", "v1"), ("roads", "v1"), ("roads", "v2")):
        backend(service).put(key, {}, version)
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
