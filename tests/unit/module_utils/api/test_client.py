# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the API: what is sent, how lists are put together, and what becomes of each kind of answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.answer import Answer, Limits
from ansible_collections.ellipsis.drive.plugins.module_utils._api.client import Client, Created
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import (
    Ambiguous,
    ApiError,
    Oversized,
    TransportError,
    Unsent,
    api_error,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, IncompleteListing

TOKENS = "/account/security/accessToken"
LOWER = "9c0f2d2e-0000-4000-8000-000000000000"
ID, OTHER = "9c0f2d2e-0000-4000-8000-000000000001", "9c0f2d2e-0000-4000-8000-000000000002"
FOLDER = "9c0f2d2e-0000-4000-8000-000000000003"
Call = tuple[str, str, dict[str, Any]]


class Wire:
    """In place of a Sender: gives the next answer, or raises it."""

    def __init__(self, *answers: Any, limits: Limits | None = None) -> None:
        self.answers = list(answers)
        self.limits = limits or Limits()
        self.connection = Connection(api_url="https://api.example.com/v3", api_token="test-login-token")
        self.calls: list[Call] = []
        self.again: list[Callable[[EllipsisError], bool]] = []
        self.hidden: list[str] = []
        self.doubts = 0

    def send(self, method: str, path: str, auth: Any, again: Any, **arguments: Any) -> Answer:
        self.calls.append((method, path, arguments))
        self.again.append(again)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        body, headers = answer if isinstance(answer, tuple) else (answer, {})
        return Answer(method, path, 200, headers, body if isinstance(body, bytes) else json.dumps(body).encode())

    def hide(self, secret: str) -> None:
        self.hidden.append(secret)

    def doubt(self) -> None:
        self.doubts += 1


def client(wire: Wire) -> Client:
    sender: Any = wire
    return Client(sender)


def page(*ids: str, following: Any = None) -> dict[str, Any]:
    return {"result": [{"id": each, "description": "tiles"} for each in ids], "nextPageStart": following}


def refused(status: int, text: str = "No.") -> ApiError:
    return api_error("POST", TOKENS, status, text)


# Lists


def test_a_list_is_all_of_its_pages() -> None:
    """A token that comes twice, since the list changed meanwhile, is one. A cursor is sent as it came, or as JSON."""
    wire = Wire(page(ID, following="next"), page(ID, OTHER, following={"id": OTHER}), page())
    listing = client(wire).list_tokens()
    assert [token.id for token in listing.tokens] == [ID, OTHER]
    query = [arguments["params"] for _method, _path, arguments in wire.calls]
    assert query == [{"pageSize": 30, "pageStart": start} for start in (None, "next", f'{{"id": "{OTHER}"}}')]
    assert {call[:2] for call in wire.calls} == {("GET", TOKENS)}


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Tue, 31 Dec 2019 23:59:59 GMT", None),
        ("Wed, 01 Jan 2020 00:00:00 GMT", 1577836800),
        ("Wed, 01 Jan 2020 00:00:01 GMT", 1577836801),
        ("yesterday", None),
    ],
)
def test_the_date_is_that_of_the_first_page_that_has_one(date: str, seconds: float | None) -> None:
    later = {"Date": "Thu, 02 Jan 2020 00:00:00 GMT"}
    assert client(Wire((page(), {"Date": date}))).list_tokens().date == seconds
    wire = Wire((page(following="2"), {"Date": date}), (page(), later))
    assert client(wire).list_tokens().date == (1577923200 if seconds is None else seconds)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"result": []}, "without result or nextPageStart"),
        ({"nextPageStart": None}, "without result or nextPageStart"),
        ({"result": {}, "nextPageStart": None}, "without result or nextPageStart"),
        ([], "without result or nextPageStart"),
        (page(following="x" * 4097), "names its next page in more than 4096 characters"),
    ],
)
def test_a_page_that_says_too_little_or_too_much(body: Any, words: str) -> None:
    """The address is looked at again: it may be that of something else."""
    wire = Wire(body)
    with pytest.raises(IncompleteListing, match=words):
        client(wire).list_tokens()
    assert wire.doubts == 1


def test_the_longest_cursor() -> None:
    wire = Wire(page(ID, following="x" * 4096), page())
    assert len(client(wire).list_tokens().tokens) == 1 and wire.doubts == 0


def test_a_page_that_comes_again() -> None:
    with pytest.raises(IncompleteListing, match=f"The list {TOKENS} repeats a page; nothing was changed"):
        client(Wire(page(following="a"), page(following="b"), page(following="a"))).list_tokens()


def test_the_most_pages() -> None:
    pages = [page(following=number) for number in range(3)]
    limits = Limits(pages=4)
    assert client(Wire(*pages, page(), limits=limits)).list_tokens().tokens == ()
    with pytest.raises(IncompleteListing, match=r"https://api\.example\.com/v3/account/.* has more than 4 pages"):
        client(Wire(*pages, page(following="x"), page(), limits=limits)).list_tokens()


def test_the_most_bytes() -> None:
    """The last page is not counted: with it, all is there."""
    first = page(ID, following="2")
    size = len(json.dumps(first))
    assert client(Wire(first, page(OTHER), limits=Limits(listing=size))).list_tokens().tokens
    with pytest.raises(IncompleteListing, match=f"has more than {size - 1:,} bytes"):
        client(Wire(first, page(), limits=Limits(listing=size - 1))).list_tokens()


@pytest.mark.parametrize(
    ("folder", "path"), [("myDrive", "/account/root/myDrive"), (FOLDER, f"/path/{FOLDER}/folder/list")]
)
def test_folders(folder: str, path: str) -> None:
    wire = Wire(page(ID, following="2"), page(OTHER))
    made = client(wire)
    assert [entry["id"] for entry in made.list_folder(folder)] == [ID, OTHER]
    (_method, asked, arguments), _second = wire.calls
    assert (asked, arguments["params"]["pageSize"], made.calls) == (path, 50, {"path": 2})
    assert "raster" in json.loads(arguments["params"]["type"])


# Creations

VIEW, VIEW_PLUS = (Grant(ID, "view"),), (Grant(ID, "viewPlus"),)
MADE = {"id": ID, "token": "epat_test_secret"}


def test_what_is_sent_for_a_token() -> None:
    wire = Wire(MADE, MADE)
    made = client(wire)
    assert made.create_token("tiles", VIEW, "all", 60) == Created(ID, "epat_test_secret")
    made.create_token("roads", (), "ogc", 0)
    bodies = [arguments["json"] for _method, _path, arguments in wire.calls]
    grant = {"pathId": ID, "access": {"accessTier": "view"}}
    assert bodies[0] == {"description": "tiles", "scope": "all", "validFor": 60, "accessList": [grant]}
    assert bodies[1] == {"description": "roads", "scope": "ogc", "accessList": []}
    assert wire.hidden.count("epat_test_secret") == 2 and made.calls == {"create": 2}
    # Only what surely was not done is done again.
    assert [again(Unsent("x")) for again in wire.again] == [True, True]
    assert [again(refused(502)) for again in wire.again] == [False, False]


@pytest.mark.parametrize("answer", [{}, {"id": ID}, {"token": ""}, {"token": 7}, {"token": None}, [], "x"])
def test_an_answer_without_a_token_may_have_made_one(answer: Any) -> None:
    with pytest.raises(Ambiguous, match=f"POST {TOKENS} answered without a token in it"):
        client(Wire(answer)).create_token("tiles", VIEW, "all", 60)


@pytest.mark.parametrize("token_id", ["7", 7, None, "", "../x"])
def test_an_id_that_is_none_is_not_known(token_id: Any) -> None:
    assert client(Wire({**MADE, "id": token_id})).create_token("tiles", VIEW, "all", 60).id is None


@pytest.mark.parametrize("token_id", [ID, "no id"])
def test_a_token_that_can_not_be_sent_is_revoked(token_id: str) -> None:
    """Where it can't be, what follows finds it by its nonce."""
    answers: tuple[Any, ...] = ({}, refused(500))
    for answer in answers:
        wire = Wire({"id": token_id, "token": "two\nlines"}, answer)
        with pytest.raises(Ambiguous, match="a token that is not one line of ASCII without spaces"):
            client(wire).create_token("tiles", VIEW, "all", 60)
        deleted = [path for method, path, _arguments in wire.calls if method == "DELETE"]
        assert deleted == ([f"{TOKENS}/{ID}"] if token_id == ID else [])
        assert "two\nlines" in wire.hidden


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused(500), Ambiguous),
        (refused(502), Ambiguous),
        (refused(499), ApiError),
        (refused(400), ApiError),
        (TransportError("cut"), Ambiguous),
        (Oversized("huge"), Ambiguous),
        (Unsent("no route"), Unsent),
    ],
)
def test_creations_that_fail(error: EllipsisError, kind: type[EllipsisError]) -> None:
    with pytest.raises(kind) as caught:
        client(Wire(error)).create_token("tiles", VIEW, "all", 60)
    assert type(caught.value) is kind and str(error) in str(caught.value)


def test_the_older_spelling_is_tried_after_a_refusal_and_then_kept() -> None:
    wire = Wire(refused(400), MADE, MADE)
    made = client(wire)
    made.create_token("tiles", VIEW_PLUS, "all", 60)
    made.create_token("roads", VIEW_PLUS, "all", 60)
    tiers = [arguments["json"]["accessList"][0]["access"]["accessTier"] for _method, _path, arguments in wire.calls]
    assert tiers == ["viewPlus", "view+", "view+"]


@pytest.mark.parametrize(
    ("grants", "status", "calls"),
    [(VIEW_PLUS, 400, 2), (VIEW, 400, 1), (VIEW_PLUS, 403, 1), (VIEW_PLUS, 401, 1), (VIEW_PLUS, 399, 1)],
)
def test_refusals_of_both_spellings_are_told_as_the_first(grants: Any, status: int, calls: int) -> None:
    wire = Wire(refused(status, "The first"), refused(400, "The second"))
    made = client(wire)
    with pytest.raises(ApiError, match="The first"):
        made.create_token("tiles", grants, "all", 60)
    assert len(wire.calls) == calls
    # Nothing is known of the spelling, so the next one begins anew.
    wire.answers = [MADE]
    made.create_token("tiles", grants, "all", 60)
    assert wire.calls[-1][2]["json"] == wire.calls[0][2]["json"]


# Revocations


@pytest.mark.parametrize(
    ("answers", "fails"),
    [
        ([{}], False),
        ([refused(404)], False),
        ([refused(400), page(OTHER)], False),
        ([refused(400), page(LOWER)], False),
        ([refused(400), page(LOWER, ID, OTHER)], True),
        ([refused(399)], True),
        ([refused(401)], True),
        ([refused(400), page(ID)], True),
        ([refused(403)], True),
        ([refused(500)], True),
    ],
)
def test_one_that_is_gone_already_is_revoked(answers: list[Any], *, fails: bool) -> None:
    wire = Wire(*answers)
    made = client(wire)
    if fails:
        with pytest.raises(ApiError):
            made.delete_token(ID)
    else:
        made.delete_token(ID)
    assert wire.calls[0][:2] == ("DELETE", f"{TOKENS}/{ID}") and not wire.answers
    assert made.calls["delete"] == 1
    assert wire.again[0](refused(502)) and not wire.again[0](refused(400))


# Uses


@pytest.mark.parametrize(("body", "read"), [({"a": 1}, {"a": 1}), (b"\x89PNG", None)])
def test_a_token_is_tried(body: Any, read: Any) -> None:
    wire = Wire(body)
    made = client(wire)
    assert made.try_token("/path/x", {"q": "1"}, "epat_test_secret") == (200, read)
    assert wire.calls == [("GET", "/path/x", {"params": {"q": "1"}})] and made.calls == {"verify": 1}


@pytest.mark.parametrize(
    ("call", "hinted"),
    [
        (lambda made: made.list_tokens(), True),
        (lambda made: made.get_path(ID), False),
        (lambda made: made.create_token("tiles", VIEW, "all", 60), False),
        (lambda made: list(made.list_folder("myDrive")), True),
    ],
)
def test_the_kind_of_a_credential_is_explained_where_it_is_what_matters(
    call: Callable[[Client], Any], *, hinted: bool
) -> None:
    with pytest.raises(ApiError) as caught:
        call(client(Wire(refused(401))))
    assert ("api_token is unknown here or has ended" in str(caught.value)) is hinted
