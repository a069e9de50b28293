# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One login for everybody, one renewal when it ends, and no second try of a password."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier, Lock, Semaphore
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.client import Client
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import (
    ApiError,
    LoginRefused,
    TransportError,
    Unauthorized,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._api.login import LoginCache, MemoryCache
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.tests.emulator import (
    GOOGLE_USER,
    OAUTH_TOKEN,
    ORGANIZATION,
    ORGANIZATION_ID,
    OTHER_PASSWORD,
    OTHER_USER,
    PATHS,
    USER,
    USER_TOKEN,
    VARIANTS,
    Emulator,
    ManualClock,
    Variant,
)
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import API, open_client

HOUR = 3600
ERRORS = [Variant(errors=form, login_refused=status) for form in ("json", "text", "html") for status in (400, 401)]
Open = Callable[..., Client]


class Shared(MemoryCache):
    """A place for several threads, which stand for processes here."""

    def __init__(self, *key: str) -> None:
        super().__init__(*key)
        self._lock = Lock()

    def locked(self) -> AbstractContextManager[Any]:
        return self._lock

    def write(self, value: dict[str, Any]) -> None:
        assert self._lock.locked()
        super().write(value)


class Crowded(Shared):
    """A place at whose lock the first four arrive together, when all of them have found nothing."""

    def __init__(self, *key: str) -> None:
        super().__init__(*key)
        self._arriving, self._arrived = Barrier(4), Semaphore(4)

    def locked(self) -> AbstractContextManager[Any]:
        if self._arrived.acquire(blocking=False):
            self._arriving.wait(10)
        return self._lock


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(clock=ManualClock())


@pytest.fixture
def caches() -> Callable[..., LoginCache]:
    """What forks share in a run: a place for each name."""
    known: dict[tuple[str, ...], LoginCache] = {}
    return lambda *key: known.setdefault(key, Shared())


@pytest.fixture
def opened(emulator: Emulator, caches: Callable[..., LoginCache]) -> Open:
    """Opens a client as a process of the run does."""
    return lambda **more: open_client(emulator, caches, **more)


def logins(emulator: Emulator) -> dict[str, int]:
    """The logins that were asked for."""
    return dict(Counter(each.path[4:] for each in emulator.journal if each.path.endswith("/login")))


def done(emulator: Emulator) -> dict[str, int]:
    """The logins that were granted."""
    return dict(Counter(each.path[4:] for each in emulator.journal if "/login" in each.path and each.status == 200))


ACCOUNT, AS_ORGANIZATION = "account/login", "organization/login"


def test_a_token_needs_no_login(opened: Open, emulator: Emulator) -> None:
    opened(api_token=USER_TOKEN).list_tokens()
    assert [each.path for each in emulator.journal] == ["/v3/account/security/accessToken"]


def test_one_login_for_all_processes(opened: Open, emulator: Emulator) -> None:
    for _process in range(3):
        opened().list_tokens()
        opened(organization_id=ORGANIZATION_ID).list_tokens()
    assert logins(emulator) == {ACCOUNT: 1, AS_ORGANIZATION: 1}
    assert {each.body["validFor"] for each in emulator.journal if each.path.endswith("/login")} == {HOUR}


def test_one_login_for_processes_that_start_together(emulator: Emulator) -> None:
    place = Crowded()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _process: open_client(emulator, lambda *_key: place).list_tokens(), range(4)))
    assert logins(emulator) == {ACCOUNT: 1}


def test_a_login_is_in_no_message(opened: Open, emulator: Emulator) -> None:
    opened().list_tokens()
    emulator.fault(kind="status", status=400, body=f"bad {emulator.secrets[0]}", path="accessToken")
    with pytest.raises(EllipsisError, match=r"answered 400: bad \*{8}$"):
        opened().list_tokens()


def test_organizations_by_token_share_theirs_too(opened: Open, emulator: Emulator) -> None:
    emulator.seed_tokens(1, account=ORGANIZATION)
    for _process in range(2):
        assert len(opened(api_token=USER_TOKEN, organization_id=ORGANIZATION_ID).list_tokens().tokens) == 1
    assert logins(emulator) == {AS_ORGANIZATION: 1}


def test_an_organization_has_a_login_for_each_token_of_a_user(opened: Open, emulator: Emulator) -> None:
    opened(api_token=USER_TOKEN, organization_id=ORGANIZATION_ID).list_tokens()
    with pytest.raises(Unauthorized):
        opened(api_token="another-test-token", organization_id=ORGANIZATION_ID).list_tokens()
    assert logins(emulator) == {AS_ORGANIZATION: 2}


def test_accounts_and_servers_have_logins_of_their_own(opened: Open, emulator: Emulator) -> None:
    opened().list_tokens()
    opened(username=OTHER_USER, password=OTHER_PASSWORD).list_tokens()
    opened(api_url="http://other.invalid/v3").list_tokens()
    with pytest.raises(LoginRefused):
        opened(password="guessed").list_tokens()
    opened().list_tokens()
    assert logins(emulator) == {ACCOUNT: 4}


@pytest.mark.parametrize("organization", [None, ORGANIZATION_ID], ids=["user", "organization"])
def test_one_renewal_for_all_processes_and_threads(organization: str | None, opened: Open, emulator: Emulator) -> None:
    clients = [opened(organization_id=organization) for _process in range(4)]
    for client in clients:
        client.list_tokens()
    first = done(emulator)
    emulator.advance(HOUR)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: clients[number % 4].list_tokens(), range(8)))
    opened(organization_id=organization).list_tokens()
    assert done(emulator) == {path: 2 * count for path, count in first.items()}
    emulator.advance(HOUR)
    clients[2].list_tokens()
    assert done(emulator) == {path: 3 * count for path, count in first.items()}


EMPTY = {"kind": "garbage", "body": '{"result": [], "nextPageStart": null}', "path": "accessToken"}


@pytest.mark.parametrize(("first", "second"), [("test-a", "test-b"), ("test-b", "test-a"), ("test-b", "test-ba")])
def test_a_login_that_ended_is_replaced_whatever_the_tokens_are(
    first: str, second: str, opened: Open, emulator: Emulator
) -> None:
    one, other = opened(), opened()
    emulator.fault(kind="garbage", body=json.dumps({"token": first}), path="login")
    for client in (one, other):
        emulator.fault(**EMPTY)
        client.list_tokens()
    emulator.fault(kind="garbage", body=json.dumps({"token": second}), path="login")
    for client in (one, other):
        assert client.bearer() == first
        emulator.fault(kind="status", status=401, path="accessToken")
        emulator.fault(kind="status", status=400, body=f"bad {second}", path="accessToken")
        # The new one is in no message from the first request on.
        with pytest.raises(ApiError, match=r"answered 400: bad \*{8}$"):
            client.list_tokens()
        emulator.fault(**EMPTY)
        client.list_tokens()
        assert client.bearer() == second
    assert logins(emulator) == {ACCOUNT: 2}


def test_a_login_that_may_not_do_this_is_kept(opened: Open, emulator: Emulator) -> None:
    """A 403 is no end of it, even if it worked before."""
    client = opened()
    client.list_tokens()
    emulator.fault(kind="status", status=403, path="accessToken")
    with pytest.raises(Unauthorized):
        client.list_tokens()
    client.list_tokens()
    assert logins(emulator) == {ACCOUNT: 1}


class Overtaken(Shared):
    """A place at whose lock something else comes first."""

    first: Callable[[], object] | None = None

    def locked(self) -> AbstractContextManager[Any]:
        first, self.first = self.first, None
        if first:
            first()
        return super().locked()


def test_a_login_that_was_replaced_meanwhile_stays_replaced(emulator: Emulator) -> None:
    """One process is about to note that the login works when another one finds that it has ended."""
    place = Overtaken()
    one, other, third = (open_client(emulator, lambda *_key: place) for _process in range(3))
    ended = one.bearer()

    def renew() -> None:
        other.list_tokens()
        emulator.fault(kind="status", status=401, path="accessToken")
        other.list_tokens()

    place.first = renew
    one.list_tokens()
    assert logins(emulator) == {ACCOUNT: 2}
    third.list_tokens()
    assert third.bearer() == other.bearer() != ended
    assert logins(emulator) == {ACCOUNT: 2}


class Counted(Shared):
    """A place that counts how often it is read, and locked."""

    reads = locks = 0

    def read(self) -> dict[str, Any] | None:
        self.reads += 1
        return super().read()

    def locked(self) -> AbstractContextManager[Any]:
        self.locks += 1
        return super().locked()


def test_what_is_known_of_a_login_is_not_looked_up_for_each_request(emulator: Emulator) -> None:
    place = Counted()
    client = open_client(emulator, lambda *_key: place)
    client.list_tokens()
    reads, locks = place.reads, place.locks
    client.list_tokens()
    assert (place.reads, place.locks) == (reads, locks)
    # Another process reads it, and finds nothing that it would have to note.
    open_client(emulator, lambda *_key: place).list_tokens()
    assert place.reads > reads and place.locks == locks


def test_a_login_that_never_worked_is_not_renewed(opened: Open, emulator: Emulator) -> None:
    emulator.fault(kind="status", status=401, body="No.", path="accessToken", times=None)
    for _process in range(3):
        with pytest.raises(Unauthorized, match="The login worked, but its account may not manage"):
            opened().list_tokens()
    assert logins(emulator) == {ACCOUNT: 1}


def test_a_renewed_login_that_is_refused_too_ends_it(opened: Open, emulator: Emulator) -> None:
    opened().list_tokens()
    emulator.fault(kind="status", status=401, body="No.", path="accessToken", times=None)
    for _process in range(3):
        with pytest.raises(Unauthorized):
            opened().list_tokens()
    assert logins(emulator) == {ACCOUNT: 2}


@pytest.mark.parametrize("variant", ERRORS, ids=lambda variant: f"{variant.errors} {variant.login_refused}")
def test_a_refused_password_is_not_sent_again(variant: Variant, opened: Open, emulator: Emulator) -> None:
    emulator.reset(variant)
    client = opened(password="guessed")
    for each in (client, client, opened(password="guessed")):
        with pytest.raises(LoginRefused, match=r"answered 40.*Check username and password") as caught:
            each.list_tokens()
        assert "guessed" not in str(caught.value)
    assert logins(emulator) == {ACCOUNT: 1}


@pytest.mark.parametrize(
    ("fault", "attempts"),
    [
        ({"kind": "cut_after"}, 1),
        ({"kind": "cut_before"}, 1),
        ({"kind": "status", "status": 503}, 1),
        ({"kind": "status", "status": 500}, 1),
        ({"kind": "status", "status": 429}, 1),
        ({"kind": "garbage", "body": "{}"}, 1),
        # It surely did not arrive, so that nobody saw a password.
        ({"kind": "refused"}, 1),
    ],
)
def test_an_attempt_is_one_attempt(fault: dict[str, Any], attempts: int, opened: Open, emulator: Emulator) -> None:
    emulator.fault(**fault, path="login")
    if fault["kind"] == "refused":
        opened().list_tokens()
    else:
        with pytest.raises(EllipsisError):
            opened().list_tokens()
    assert logins(emulator) == {ACCOUNT: attempts}


@pytest.mark.parametrize("status", [400, 401, 403, 406, 409, 428, 430, 499])
def test_a_refusal_is_remembered(status: int, opened: Open, emulator: Emulator) -> None:
    emulator.fault(kind="status", status=status, path="login")
    for _process in range(2):
        with pytest.raises(LoginRefused, match=f"^POST /account/login answered {status}"):
            opened().list_tokens()
    assert logins(emulator) == {ACCOUNT: 1}


@pytest.mark.parametrize("status", [404, 405, 408, 429, 500, 501, 503])
def test_an_answer_that_refuses_no_password_is_not_remembered(status: int, opened: Open, emulator: Emulator) -> None:
    emulator.fault(kind="status", status=status, path="login")
    with pytest.raises(ApiError) as caught:
        opened().list_tokens()
    assert not isinstance(caught.value, LoginRefused)
    opened().list_tokens()
    assert logins(emulator) == {ACCOUNT: 2}


@pytest.mark.parametrize("token", ["two words", "two\nlines", "täst"])
def test_a_token_of_a_login_that_can_not_be_sent(token: str, opened: Open, emulator: Emulator) -> None:
    """It is in no message, neither now nor later, and asked for again."""
    emulator.fault(kind="garbage", body=json.dumps({"token": token}), path="login")
    client = opened()
    with pytest.raises(
        TransportError,
        match=r"^POST /account/login answered with a token that is not one line of ASCII without spaces$",
    ):
        client.list_tokens()
    emulator.fault(kind="status", status=400, body=f"bad {token}", path="accessToken")
    with pytest.raises(ApiError, match=r"answered 400: bad \*{8}$"):
        client.list_tokens()
    assert logins(emulator) == {ACCOUNT: 2}


def test_an_answer_to_a_login_that_is_no_object(opened: Open, emulator: Emulator) -> None:
    emulator.fault(kind="garbage", body="[]", path="login")
    with pytest.raises(TransportError, match=r"^POST /account/login answered without a token in it"):
        opened().list_tokens()


@pytest.mark.parametrize("token", ['""', "7", "null", '["x"]', "{}", "true"])
def test_a_login_without_a_token(token: str, opened: Open, emulator: Emulator) -> None:
    emulator.fault(kind="garbage", body=f'{{"token": {token}}}', path="login")
    with pytest.raises(TransportError, match=r"^POST /account/login answered without a token in it"):
        opened().list_tokens()
    opened().list_tokens()
    assert logins(emulator) == {ACCOUNT: 2}


@pytest.mark.parametrize("variant", ERRORS, ids=lambda variant: f"{variant.errors} {variant.login_refused}")
@pytest.mark.parametrize(
    ("who", "policy", "words"),
    [
        ({"username": GOOGLE_USER}, {}, "made through a Google login. Set one in the web application, or give a login"),
        ({}, {"two_factor": True, "refusal": 403}, "requires a second factor, which a task can't give"),
        ({}, {"two_factor": True}, "requires a second factor, which a task can't give. Log in to the web application"),
        ({"username": "nobody"}, {}, "Check username and password. They were sent once"),
    ],
    ids=["google", "second factor by 403", "second factor", "unknown"],
)
def test_refusals_of_a_login_are_explained(
    who: dict[str, str], policy: dict[str, Any], words: str, variant: Variant, opened: Open, emulator: Emulator
) -> None:
    emulator.reset(variant)
    emulator.set_policy(**policy)
    with pytest.raises(LoginRefused) as caught:
        opened(**who).list_tokens()
    assert words in str(caught.value)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize(
    ("token", "words"),
    [
        (OAUTH_TOKEN, "api_token is known but not of the right kind: an OAuth token is refused like this. Managing"),
        (
            "access token",
            "api_token is an access token, since it starts with epat_. Managing access tokens needs a login",
        ),
        ("epat_revoked", "api_token is an access token"),
        ("nonsense", "api_token is unknown here or has ended: login tokens live for a day unless"),
    ],
)
def test_wrong_kinds_of_token_are_explained(
    token: str, words: str, variant: Variant, opened: Open, emulator: Emulator
) -> None:
    emulator.reset(variant)
    if token == "access token":
        emulator.seed_tokens(1)
        token = emulator.tokens[0].secret
    with pytest.raises(Unauthorized) as caught:
        opened(api_token=token).list_tokens()
    text = str(caught.value)
    assert words in text
    assert text.startswith("GET /account/security/accessToken answered 40") and token not in text


KIND = "api_token is an access token, since it starts with epat_"


@pytest.mark.parametrize(
    ("call", "explained"),
    [
        (lambda client: client.list_tokens(), True),
        (lambda client: list(client.list_folder("myDrive")), True),
        (lambda client: list(client.list_folder(PATHS["Projects"])), False),
        (lambda client: client.get_path(PATHS["Projects"]), False),
        (lambda client: client.create_token("tiles", (), "all", 60), False),
        (lambda client: client.delete_token(PATHS["Projects"]), False),
    ],
    ids=["the list", "a root", "a folder", "a path", "a creation", "a revocation"],
)
def test_the_kind_of_a_token_is_doubted_where_only_that_explains_it(
    call: Callable[[Client], object], explained: bool, opened: Open, emulator: Emulator
) -> None:
    """A path can be out of reach for a good token, and before a token is made or revoked the list was read."""
    emulator.fault(kind="status", status=401, path="/(account|path)/", times=None)
    with pytest.raises(Unauthorized) as caught:
        call(opened(api_token="epat_x"))
    assert (KIND in str(caught.value)) is explained


@pytest.mark.parametrize(
    ("options", "places"),
    [
        ({"api_token": USER_TOKEN}, []),
        ({}, [("login", API, USER)]),
        (
            {"organization_id": ORGANIZATION_ID},
            [("login", API, USER), ("login", API, USER, "as", ORGANIZATION_ID)],
        ),
        (
            {"api_token": USER_TOKEN, "organization_id": ORGANIZATION_ID},
            [("login", API, "as", ORGANIZATION_ID)],
        ),
    ],
)
def test_a_login_has_a_place_for_each_server_user_and_organization(
    options: dict[str, Any], places: list[tuple[str, ...]], emulator: Emulator
) -> None:
    asked: list[tuple[str, ...]] = []

    def caches(*names: str) -> LoginCache:
        asked.append(names)
        return MemoryCache()

    open_client(emulator, caches, **options)
    assert asked == places
