# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token that requests are sent with: the one that was given, or one of a login.

A login is made when it is first needed, kept where others who may use it find it, and made again when it has ended.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
import threading
import typing as t

from .._model.identifiers import is_bearer
from .errors import (
    ApiError,
    LoginRefused,
    TransportError,
    Unauthorized,
    explained,
)
from .hints import login_hint
from .retry import if_repeatable, if_unsent
from .sender import Sender, json_of
from .session import Bearer

# A login serves one run; an hour is more than most runs need, and a longer one renews it.
LOGIN_SECONDS = 3600
# No such call, too slow, too many: nobody looked at the password.
_NO_REFUSALS = (404, 405, 408, 429)
Value = dict[str, t.Any]
Answer = t.TypeVar("Answer")


class LoginCache(t.Protocol):
    """Keeps one value for everybody who may use it. Who changes it holds the lock."""

    def locked(self) -> t.ContextManager[t.Any]:
        """The lock."""

    def read(self) -> Value | None:
        """The value, None when there is none yet."""

    def write(self, value: Value) -> None:
        """Set the value in one step."""


class MemoryCache:
    """A login cache for this client alone."""

    def __init__(self, *_key: str) -> None:
        self._value: Value | None = None

    def locked(self) -> t.ContextManager[t.Any]:
        """Nobody else is there."""
        return contextlib.nullcontext()

    def read(self) -> Value | None:
        """The value."""
        return self._value

    def write(self, value: Value) -> None:
        """Set the value."""
        self._value = value


class Source(t.Protocol):
    """Where tokens come from."""

    def token(self, refused: str | None = None) -> str:
        """The token to use. refused: a token that the server refused; the answer differs from it if there is another one."""

    def worked(self, token: str) -> None:
        """Take note that the token was accepted."""


class Given:
    """The token that the user gave. It can't be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self, refused: str | None = None) -> str:
        """The token."""
        del refused
        return self._token

    def worked(self, token: str) -> None:
        """Nothing depends on it."""


class LoggedIn:
    """The token of a login.

    One that was accepted before and is refused now has ended, and is replaced once for everybody. One that was never
    accepted would not get better, so that a server that refuses everything sees one login and not many.
    A refused password is remembered: it is not sent again.
    """

    def __init__(self, cache: LoginCache, credential: str, log_in: t.Callable[[], str]) -> None:
        self._cache, self._credential, self._log_in = cache, credential, log_in
        self._threads = threading.Lock()
        self._token: str | None = None
        self._accepted: str | None = None

    def token(self, refused: str | None = None) -> str:
        """The token that everybody uses, made if need be."""
        with self._threads:
            if self._token in (None, refused):
                self._token = self._kept(refused) or self._made(refused)
            return self._token

    def worked(self, token: str) -> None:
        """Take note for everybody, once."""
        with self._threads:
            if token == self._accepted:
                return
            self._accepted = token
            if self._entry() == {"token": token}:
                with self._cache.locked():
                    if self._entry() == {"token": token}:
                        self._keep({"token": token, "worked": True})

    def _kept(self, refused: str | None) -> str | None:
        entry = self._entry()
        if "refused" in entry:
            raise LoginRefused(entry["refused"])
        token = t.cast("str | None", entry.get("token"))
        return None if token == refused and entry.get("worked") else token

    def _made(self, refused: str | None) -> str:
        with self._cache.locked():
            # Somebody else may have made it while we waited for the lock.
            return self._kept(refused) or self._make()

    def _make(self) -> str:
        try:
            token = self._log_in()
        except LoginRefused as exc:
            self._keep({"refused": str(exc)})
            raise
        self._keep({"token": token})
        return token

    def _entry(self) -> Value:
        """What is known of a login with our credential. An account may be tried with several, so each has its entry."""
        value = self._cache.read()
        return t.cast(Value, value["logins"].get(self._proof(value["salt"]), {})) if value else {}

    def _keep(self, entry: Value) -> None:
        value = self._cache.read() or {"salt": secrets.token_hex(), "logins": {}}
        self._cache.write({**value, "logins": {**value["logins"], self._proof(value["salt"]): entry}})

    def _proof(self, salt: str) -> str:
        return hmac.new(salt.encode(), self._credential.encode(), "sha256").hexdigest()


class Login:
    """Sends what one connection asks with the right token. caches: makes a login cache from the names of what it is for."""

    def __init__(self, sender: Sender, caches: t.Callable[..., LoginCache] = MemoryCache) -> None:
        self._sender = sender
        self._source = _source(sender, caches)

    def token(self) -> str:
        """The token that requests are sent with."""
        return self._source.token()

    def send(self, request: t.Callable[[Bearer], Answer]) -> Answer:
        """The answer to a request, which is sent again with a new token when the one it was sent with has ended."""
        return _send(self._sender, self._source, request)


def _send(sender: Sender, source: Source, request: t.Callable[[Bearer], Answer]) -> Answer:
    token = source.token()
    sender.hide(token)
    try:
        answer = request(Bearer(token))
    except Unauthorized as exc:
        other = source.token(refused=token) if exc.status == 401 else token
        if other == token:
            raise
        token = other
        sender.hide(token)
        answer = request(Bearer(token))
    source.worked(token)
    return answer


def _source(sender: Sender, caches: t.Callable[..., LoginCache]) -> Source:
    connection = sender.connection
    credential, names = connection.api_token or connection.password or "", ["login", connection.api_url]
    source: Source
    if connection.api_token:
        source = Given(connection.api_token)
    else:
        names.append(connection.username or "")
        source = LoggedIn(caches(*names), credential, lambda: _by_password(sender))
    if not connection.organization_id:
        return source
    account, who = source, {"organizationId": connection.organization_id}

    def as_organization(auth: Bearer) -> str:
        return _token(sender, "/organization/login", who, auth, if_repeatable)

    return LoggedIn(
        caches(*names, "as", connection.organization_id),
        credential,
        lambda: _send(sender, account, as_organization),
    )


def _by_password(sender: Sender) -> str:
    """Log in by password. It is tried once, since failed attempts may lock the account. Raises LoginRefused."""
    who = {"username": sender.connection.username, "password": sender.connection.password}
    try:
        return _token(sender, "/account/login", who, None, if_unsent)
    except ApiError as exc:
        if exc.status in _NO_REFUSALS or exc.status >= 500:
            raise
        raise LoginRefused(str(explained(exc, login_hint(exc.text)))) from None


def _token(sender: Sender, path: str, who: Value, auth: Bearer | None, again: t.Callable[[t.Any], bool]) -> str:
    body = json_of(sender.send("POST", path, auth, again, json={**who, "validFor": LOGIN_SECONDS}))
    token = body.get("token") if isinstance(body, dict) else None
    if isinstance(token, str) and token and not is_bearer(token):
        sender.hide(token)
        raise TransportError(f"POST {path} answered with a token that is not one line of ASCII without spaces")
    if not isinstance(token, str) or not token:
        sender.doubt()
        raise TransportError(f"POST {path} answered without a token in it")
    return token
