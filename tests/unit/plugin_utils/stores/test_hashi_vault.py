# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What needs no server of its own: what Vault is sent, and what its answers mean."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from typing import Any

import pytest
from hvac.exceptions import (
    BadGateway,
    Forbidden,
    InternalServerError,
    InvalidRequest,
    RateLimitExceeded,
    Unauthorized,
    UnexpectedError,
    VaultDown,
    VaultNotInitialized,
)

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict, Versioned
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.hashi_vault import (
    HashiVault,
    _deleted,
    _Denied,
    _error_of,
    open_hashi_vault,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.hashi_vault_login import Login, settings_of
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.remote import Unavailable
from ansible_collections.ellipsis.drive.tests.double import Answer, serve

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


@contextmanager
def opened(cluster: Cluster, place: str = "secret/tokens") -> Iterator[HashiVault]:
    with serve(cluster) as url:
        variables = {"ansible_hashi_vault_url": url, "ansible_hashi_vault_token": "test-client-token"}
        yield open_hashi_vault(place, variables.get)


@pytest.mark.parametrize("place", ["", "secret", "/", "secret/", "/tokens", "secret//tokens", "secret/.", "../tokens"])
def test_what_is_no_place(place: str) -> None:
    with pytest.raises(OptionError) as caught:
        open_hashi_vault(place, {"ansible_hashi_vault_url": "http://vault.invalid"}.get)
    assert str(caught.value) == (
        f"store: hashi_vault://{place} names no place; write hashi_vault://MOUNT/PATH, such as hashi_vault://secret/tokens"
    )


@pytest.mark.parametrize("place", ["secret/tokens", "secret/.tokens", "a/b/c"])
def test_places(place: str) -> None:
    backend = open_hashi_vault(place, {"ansible_hashi_vault_url": "http://vault.invalid"}.get)
    assert (backend.address, backend.now()) == (f"hashi_vault://{place}", None)


DATA, DELETE, FOLDER = (f"/v1/secret/{each}/tokens" for each in ("data", "delete", "metadata"))


@pytest.mark.parametrize(
    ("call", "sent", "answer", "result"),
    [
        pytest.param(
            lambda backend: backend.get("roads"),
            ("GET", f"{DATA}/roads", {}),
            (200, {"data": {"data": {"id": "1"}, "metadata": {"version": 3}}}),
            Versioned({"id": "1"}, 3),
            id="read",
        ),
        pytest.param(
            lambda backend: backend.put("roads", {"id": "1"}, 3),
            ("POST", f"{DATA}/roads", {"data": {"id": "1"}, "options": {"cas": 3}}),
            (200, {"data": {"version": 4}}),
            4,
            id="write",
        ),
        pytest.param(
            lambda backend: backend.remove("roads", 4),
            ("POST", f"{DELETE}/roads", {"versions": [4]}),
            (204, {}),
            4,
            id="remove",
        ),
        pytest.param(
            lambda backend: list(backend.list_keys()),
            ("LIST", FOLDER, {}),
            (200, {"data": {"keys": ["roads", "a/"]}}),
            ["roads", "a/"],
            id="list",
        ),
        pytest.param(
            lambda backend: list(backend.list_keys()), ("LIST", FOLDER, {}), (404, {"errors": []}), [], id="no list"
        ),
    ],
)
def test_what_is_sent(
    call: Callable[[HashiVault], object], sent: tuple[Any, ...], answer: Answer, result: object
) -> None:
    """Where the mount ends is asked once."""
    cluster = Cluster()
    cluster.answers[sent[1]] = answer
    with opened(cluster) as backend:
        for _time in range(2):
            assert call(backend) == result
        now = backend.now()
        assert now and abs(now - time.time()) < 3600
    of_mount: tuple[Any, ...] = ("GET", "/v1/sys/internal/ui/mounts/secret/tokens", {})
    assert [request[:3] for request in cluster.seen] == [of_mount, sent, sent]


def test_a_mount_and_a_path_of_several_parts() -> None:
    cluster = Cluster({**MOUNT, "path": "teams/maps/"})
    cluster.answers["/v1/teams/maps/delete/tokens/eu/roads"] = (204, {})
    with opened(cluster, "teams/maps/tokens/eu") as backend:
        backend.remove("roads", 1)
    assert [path for _method, path, _body, _token in cluster.seen] == [
        "/v1/sys/internal/ui/mounts/teams/maps/tokens/eu",
        "/v1/teams/maps/delete/tokens/eu/roads",
    ]


RIGHTS = "/v1/sys/capabilities-self"
NO_POLICY = "can't be used, since no policy of this login allows "


@pytest.mark.parametrize(
    ("data", "delete", "said"),
    [
        (["create", "read", "update"], ["update"], None),
        (["create", "list", "read", "sudo", "update"], ["delete", "update"], None),
        (["root"], ["root"], None),
        (["read", "update"], ["update"], f"{NO_POLICY}create on 'secret/data/tokens/roads'."),
        (["create", "update"], ["update"], f"{NO_POLICY}read on 'secret/data/tokens/roads'."),
        (["read"], ["update"], f"{NO_POLICY}create and update on 'secret/data/tokens/roads'."),
        (["deny"], ["deny"], f"{NO_POLICY}create and read and update on 'secret/data/tokens/roads'."),
        (["create", "read", "update"], ["deny"], f"{NO_POLICY}update on 'secret/delete/tokens/roads'."),
    ],
)
def test_rights(data: list[str], delete: list[str], said: str | None) -> None:
    cluster = Cluster()
    cluster.answers[RIGHTS] = 200, {"data": {"secret/data/tokens/roads": data, "secret/delete/tokens/roads": delete}}
    with opened(cluster) as backend:
        for _time in range(2):
            if said is None:
                backend.rehearse(["roads"])
            else:
                with pytest.raises(StoreError) as caught:
                    backend.rehearse(["roads"])
                assert str(caught.value) == said
    asked = [body["paths"] for _method, path, body, _token in cluster.seen if path == RIGHTS]
    # What a login may do is asked once; what it may not do may be allowed meanwhile.
    assert asked == [["secret/data/tokens/roads", "secret/delete/tokens/roads"]] * (1 if said is None else 2)


def test_rights_of_more_entries() -> None:
    """Only of those that were not asked for before."""
    cluster = Cluster()
    places = [f"secret/{kind}/tokens/{name}" for name in ("roads", "rivers") for kind in ("data", "delete")]
    cluster.answers[RIGHTS] = 200, {"data": {place: ["root"] for place in places}}
    with opened(cluster) as backend:
        backend.rehearse([])
        backend.rehearse(["roads"])
        backend.rehearse(["roads", "rivers"])
    asked = [body["paths"] for _method, path, body, _token in cluster.seen if path == RIGHTS]
    assert asked == [places[:2], places[2:]]


def test_a_login_that_may_not_ask_for_its_rights_is_tried() -> None:
    cluster = Cluster()
    cluster.answers[RIGHTS] = 403, {"errors": ["permission denied"]}
    with opened(cluster) as backend:
        backend.rehearse(["roads"])


class Ending:
    """Vault, where a login counts or has ended when it is used for the next time. Each is another token."""

    def __init__(self, ended: list[bool]) -> None:
        self._ended = ended
        self.logins, self.used = 0, list[str | None]()

    def respond(self, _method: str, path: str, headers: Message, _body: dict[str, Any]) -> Answer:
        if path == "/v1/auth/approle/login":
            self.logins += 1
            return 200, {"auth": {"client_token": f"test-token-{self.logins}"}}
        self.used.append(headers["X-Vault-Token"])
        return (403, {"errors": ["permission denied"]}) if self._ended.pop(0) else (200, {"data": MOUNT})


TRY, AGAIN = "test-token-1", "test-token-2"


@pytest.mark.parametrize(
    ("settings", "ended", "used", "fails"),
    [
        ({"auth_method": "approle", "role_id": "tiles"}, [False], [TRY], False),
        ({"auth_method": "approle", "role_id": "tiles"}, [True, False], [TRY, AGAIN], False),
        ({"auth_method": "approle", "role_id": "tiles"}, [True, True], [TRY, AGAIN], True),
        ({"token": "test-given"}, [True], ["test-given"], True),
    ],
    ids=["counts", "has ended", "is refused", "given"],
)
def test_a_login_that_has_ended_is_made_again_once(
    settings: dict[str, str], ended: list[bool], used: list[str], fails: bool
) -> None:
    vault = Ending(ended)
    with serve(vault) as url:
        variables = {f"ansible_hashi_vault_{name}": value for name, value in {**settings, "url": url}.items()}
        backend = open_hashi_vault("secret/tokens", variables.get)
        if fails:
            with pytest.raises(StoreError, match=r"'permission denied'\. Check the policy, and whether the login"):
                backend.check()
        else:
            backend.check()
    assert vault.used == used
    assert vault.logins == (0 if "token" in settings else len(used))


def test_no_server() -> None:
    with serve(Cluster()) as url:
        pass
    variables = {"ansible_hashi_vault_url": url, "ansible_hashi_vault_token": "test-client-token"}
    with pytest.raises(Unavailable) as caught:
        open_hashi_vault("secret/tokens", variables.get).get("roads")
    assert str(caught.value) == f"can't be reached at {url} (ConnectionError)."
    assert caught.value.__context__ is None, "that of the library has the token in it"


OLD = "can't be used, since secret is not a KV mount of version 2: enable one, or set up versions with "


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        ({"type": "generic"}, None),
        ({"path": "secret/tokens/"}, "names the mount secret/tokens only: write hashi_vault://secret/tokens/PATH."),
        ({"type": "aws"}, OLD),
        ({"type": "zoo"}, OLD),
        ({"options": {"version": "1"}}, OLD),
        ({"options": {"version": "3"}}, OLD),
        ({"options": {}}, OLD),
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


ENTRY = f"{DATA}/roads"
GONE = {"data": {"data": None, "metadata": {"version": 7, "deletion_time": "2026-01-01T00:00:00Z"}}}


@pytest.mark.parametrize(
    ("answer", "version", "said"),
    [
        ((404, {"errors": []}), 0, ""),
        ((404, GONE), 7, ""),
        ((404, {"data": None, "warnings": ["of somebody"]}), 0, ""),
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


DESTROYED = {"version": 7, "deletion_time": "", "destroyed": True}


@pytest.mark.parametrize(
    ("body", "metadata"),
    [
        (None, None),
        ("text", None),
        ({}, None),
        ({"data": None}, None),
        ({"data": "text"}, None),
        ({"data": {}}, None),
        ({"data": {"metadata": None}}, None),
        ({"data": {"data": None, "metadata": DESTROYED}}, DESTROYED),
    ],
)
def test_what_is_said_of_a_deleted_version(body: object, metadata: object) -> None:
    assert _deleted(body) == ({"data": {"data": None, "metadata": metadata}} if metadata else None)


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
    (VaultNotInitialized, "", Unavailable, f"{SAYS}'VaultNotInitialized'."),
    (UnexpectedError, "", Unavailable, f"{SAYS}'UnexpectedError'."),
    (InvalidRequest, "no", StoreError, f"{SAYS}'no'."),
    (InvalidRequest, 300 * "x", StoreError, f"{SAYS}'{300 * 'x'}'."),
    (InvalidRequest, 301 * "x", StoreError, f"{SAYS}'{300 * 'x'}'."),
    (Unauthorized, "no", _Denied, f"{SAYS}'no'. Check the policy, and whether the login still counts."),
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


@pytest.mark.parametrize(
    ("errors", "words"), [(["one", "two\n too"], "one; two too"), ([], "VaultDown"), (None, "VaultDown")]
)
def test_the_words_of_an_answer(errors: list[str] | None, words: str) -> None:
    assert str(_error_of(VaultDown(errors=errors))) == f"{SAYS}{words!r}."
