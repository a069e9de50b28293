# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the Ellipsis Drive API that this collection makes. Decisions about tokens are made elsewhere.

Source: the API pages under developers/api-v3; keys that they do not name are read tolerantly.
"""

from __future__ import annotations

import contextlib
import json
import threading
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from .._model.access_list import OLDER_SPELLING, AccessList, to_api
from .._model.errors import EllipsisError, IncompleteListing
from .._model.identifiers import address_part, is_bearer, is_id
from .._model.path_names import PATH_TYPES, ROOTS
from .._model.tokens import ListedToken, read_token
from .answer import Answer
from .errors import (
    Ambiguous,
    ApiError,
    Missing,
    TransportError,
    Unauthorized,
    explained,
)
from .hints import creation_hint, kind_hint
from .login import Login
from .retry import if_nothing_happened, if_repeatable, is_ambiguous
from .sender import Sender, json_of
from .session import Bearer

TOKENS = "/account/security/accessToken"
PAGE_SIZE = 30
FOLDER_PAGE_SIZE = 50
_LONGEST_CURSOR = 4096
# Dates before the API existed come from a broken clock.
_EARLIEST_DATE = 1577836800  # 2020-01-01


@dataclass(frozen=True)
class Listing:
    """All live tokens of the account. date: epoch seconds by the server, None when it did not say."""

    tokens: tuple[ListedToken, ...]
    date: float | None


@dataclass(frozen=True)
class Created:
    """The answer to a creation. id: None where the server does not say it."""

    id: str | None
    secret: str = field(repr=False)


class Client:
    """The API for one connection. calls counts the requests by kind: list, create, delete, verify, path."""

    def __init__(self, sender: Sender, login: Login | None = None) -> None:
        self.sender = sender
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._login = login or Login(sender)
        self._spelling: t.Mapping[str, str] = {}

    def bearer(self) -> str:
        """The token that requests are sent with."""
        return self._login.token()

    def list_tokens(self) -> Listing:
        """Every live token, from all pages. Raises IncompleteListing if they may not be all."""
        tokens: dict[str, ListedToken] = {}
        date = None
        for answer, entries in self._pages("list", TOKENS, {"pageSize": PAGE_SIZE}):
            date = date if date is not None else _server_date(answer)
            tokens.update((token.id, token) for token in map(read_token, entries))
        return Listing(tuple(tokens.values()), date)

    def list_folder(self, folder: str) -> t.Iterator[t.Any]:
        """Everything that lies directly in a folder (by id) or in a root (by name), of every type."""
        path = f"/account/root/{folder}" if folder in ROOTS else f"/path/{address_part(folder)}/folder/list"
        query = {"type": json.dumps(PATH_TYPES), "pageSize": FOLDER_PAGE_SIZE}
        for _answer, entries in self._pages("path", path, query):
            yield from entries

    def create_token(self, description: str, access_list: AccessList, scope: str, lifetime: int) -> Created:
        """Create a token. lifetime: seconds, 0 is never. Raises Ambiguous if it may exist and its secret is lost."""
        body = {"description": description, "scope": scope, **({"validFor": lifetime} if lifetime else {})}
        try:
            return self._create({**body, "accessList": [to_api(each, self._spelling) for each in access_list]})
        except ApiError as exc:
            # Servers differ in the spelling they take. A refusal created nothing, so the other one may be tried.
            if exc.status != 400 or self._spelling or not any(x.access_tier in OLDER_SPELLING for x in access_list):
                raise
            refusal = exc
        try:
            created = self._create({**body, "accessList": [to_api(each, OLDER_SPELLING) for each in access_list]})
        except ApiError:
            raise refusal from None
        self._spelling = OLDER_SPELLING
        return created

    def delete_token(self, token_id: str) -> None:
        """Revoke a token. One that is already gone is a success (the API page does not say what it answers then)."""
        try:
            self._call("delete", "DELETE", f"{TOKENS}/{address_part(token_id)}", if_repeatable)
        except Missing:
            return
        except ApiError as exc:
            if exc.status != 400 or any(token.id == token_id for token in self.list_tokens().tokens):
                raise

    def get_path(self, path_id: str) -> t.Any:
        """A path as the account sees it."""
        return json_of(self._call("path", "GET", f"/path/{address_part(path_id)}", if_repeatable))

    def try_token(self, path: str, query: dict[str, t.Any], secret: str) -> tuple[int, t.Any]:
        """Use an access token: status and body (None unless it is JSON). ApiError when it is refused."""
        self._count("verify")
        answer = self.sender.send("GET", path, Bearer(secret), if_repeatable, params=query)
        try:
            return answer.status, json_of(answer)
        except TransportError:
            return answer.status, None

    def _pages(self, kind: str, path: str, query: dict[str, t.Any]) -> t.Iterator[tuple[Answer, list[t.Any]]]:
        """Every page of a list: its answer and its entries. Raises IncompleteListing if they may not be all (law 15)."""
        cursor, seen, size, limits = None, set(), 0, self.sender.limits
        for _page in range(limits.pages):
            answer = self._call(kind, "GET", path, if_repeatable, params={**query, "pageStart": cursor})
            entries, cursor = self._read_page(path, answer)
            yield answer, entries
            if cursor is None:
                return
            if cursor in seen:
                raise IncompleteListing(f"The list {path} repeats a page; nothing was changed. Try again later.")
            seen.add(cursor)
            size += len(answer.body)
            if size > limits.listing:
                raise self._endless(path, f"{limits.listing:,} bytes")
        raise self._endless(path, f"{limits.pages:,} pages")

    def _endless(self, path: str, most: str) -> IncompleteListing:
        return IncompleteListing(
            f"The list {self.sender.connection.api_url}{path} has more than {most}, which is the most that is read of one; "
            "nothing was changed. Check api_url."
        )

    def _read_page(self, path: str, answer: Answer) -> tuple[list[t.Any], str | None]:
        try:
            return _read_page(path, json_of(answer))
        except IncompleteListing:
            self.sender.doubt()
            raise

    def _create(self, body: dict[str, t.Any]) -> Created:
        try:
            answer = json_of(self._call("create", "POST", TOKENS, if_nothing_happened, json=body))
        except (ApiError, TransportError) as exc:
            if is_ambiguous(exc):
                raise Ambiguous(str(exc)) from None
            if isinstance(exc, ApiError):
                raise explained(exc, creation_hint(body.get("validFor", 0), exc.status, exc.text)) from None
            raise
        created = answer if isinstance(answer, dict) else {}
        secret, token_id = created.get("token"), created.get("id")
        if not isinstance(secret, str) or not secret:
            raise Ambiguous(f"POST {TOKENS} answered without a token in it")
        self.sender.hide(secret)
        token_id = token_id if is_id(token_id) else None
        if not is_bearer(secret):
            if token_id:
                # What else is tried after an unclear creation finds it by its nonce.
                with contextlib.suppress(EllipsisError):
                    self.delete_token(token_id)
            raise Ambiguous(f"POST {TOKENS} answered with a token that is not one line of ASCII without spaces")
        return Created(token_id, secret)

    def _call(
        self, kind: str, method: str, path: str, again: t.Callable[[EllipsisError], bool], **arguments: t.Any
    ) -> Answer:
        def request(auth: Bearer) -> Answer:
            self._count(kind)
            return self.sender.send(method, path, auth, again, **arguments)

        try:
            return self._login.send(request)
        except Unauthorized as exc:
            if method != "GET" or not path.startswith("/account"):
                raise
            raise explained(exc, kind_hint(self.sender.connection.api_token, exc.status)) from None

    def _count(self, kind: str) -> None:
        with self._lock:
            self.calls[kind] += 1


def _read_page(path: str, body: t.Any) -> tuple[list[t.Any], str | None]:
    """The entries of a page and the cursor of the next one, as the query takes it (text raw, anything else as JSON)."""
    if not isinstance(body, dict) or not isinstance(body.get("result"), list) or "nextPageStart" not in body:
        raise IncompleteListing(
            f"The list {path} came without result or nextPageStart, so it may be incomplete; nothing was changed."
        )
    following = body["nextPageStart"]
    cursor = following if following is None or isinstance(following, str) else json.dumps(following)
    if cursor is not None and len(cursor) > _LONGEST_CURSOR:
        raise IncompleteListing(f"The list {path} names its next page in more than {_LONGEST_CURSOR} characters.")
    return body["result"], cursor


def _server_date(answer: Answer) -> float | None:
    date = answer.date
    return date if date is not None and date >= _EARLIEST_DATE else None
