# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends one request, and sends it again if that is safe. Every request of the collection passes through Sender.send()."""

from __future__ import annotations

import random
import re
import threading
import time
import typing as t
from dataclasses import replace

from .._model.errors import EllipsisError
from .answer import LIMITS, Answer, Limits
from .api_check import BaseAnswer, objection, read_base_answer
from .connection import Connection
from .errors import (
    ApiError,
    NoServer,
    NotTheApi,
    Rejected,
    TransportError,
    api_error,
    hidden,
    scrub,
)
from .hints import readable
from .retry import LONGEST_SILENCE, asked_pause, pause
from .session import Bearer, exchange

if t.TYPE_CHECKING:
    import requests

_WORDS_OF_A_STRANGER = 100
# Pages for people are read up to here: what removes their markup takes long for what is not even a page.
_MOST_READ = 20_000
# Shorter ones are too likely to be a part of something else.
_SHORTEST_TOKEN = 20
# All tokens of a server begin alike, so that one look tells that none is in an answer.
_BEGINNING = 4


class Sender:
    """Sends requests for one connection. sleep, monotonic, wall and jitter are the only clock and chance it knows.

    tell takes a line for whoever waits, where somebody can see it.
    """

    def __init__(
        self,
        connection: Connection,
        session: requests.Session,
        *,
        sleep: t.Callable[[float], None] = time.sleep,
        monotonic: t.Callable[[], float] = time.monotonic,
        wall: t.Callable[[], float] = time.time,
        jitter: t.Callable[[], float] = random.random,
        tell: t.Callable[[str], None] = lambda _line: None,
        limits: Limits = LIMITS,
    ) -> None:
        self.connection, self.limits = connection, limits
        self.sleep, self.monotonic, self._wall = sleep, monotonic, wall
        self._session, self._jitter, self._tell = session, jitter, tell
        # Of the requests that wait at the same time one says so.
        self._waiting = False
        # Whether there was an answer that only the API gives.
        self._recognised = False
        # Lists, since they grow with every creation while other threads read them.
        self._secrets = list(connection.secrets)
        self._tokens: list[str] = []
        self._beginnings: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._take_in(filter(None, [connection.api_token]))

    def hide(self, secret: str) -> None:
        """From now on mask a secret in every message, and in every answer to GET (laws 8, 16)."""
        # One that is no token at all may come back in another spelling, so each part of it counts.
        parts = {secret, *(part for part in re.split("[^!-~]+", secret) if len(part) > 3)}
        with self._lock:
            # A login is hidden before each request.
            new = parts.difference(self._secrets)
            self._secrets.extend(new)
            self._take_in(new)

    def _take_in(self, tokens: t.Iterable[str]) -> None:
        """Note tokens that _blotted() masks."""
        for token in tokens:
            if len(token) >= _SHORTEST_TOKEN:
                self._tokens.append(token)
                self._beginnings |= {token[:_BEGINNING]}

    def send(
        self,
        method: str,
        path: str,
        auth: Bearer | None,
        again: t.Callable[[EllipsisError], bool],
        **arguments: t.Any,
    ) -> Answer:
        """The answer when its status is 2xx, else the error; tried again while C(again) says so and retry_time lasts."""
        start, attempt = self.monotonic(), 0
        while True:
            attempt += 1
            try:
                answer = self._try(method, path, auth, timeout=self._timeout(attempt), **arguments)
            except (ApiError, TransportError) as exc:
                seconds = pause(attempt, getattr(exc, "retry_after", None), self._jitter())
                waited = self.monotonic() - start
                if not again(exc) or waited + seconds > self.connection.retry_time:
                    raise
                if waited + seconds > LONGEST_SILENCE:
                    self._say_waiting(exc, self.connection.retry_time - waited)
            else:
                self._waiting = False
                return answer
            self.sleep(seconds)

    def _timeout(self, attempt: int) -> tuple[float, float]:
        """Seconds to connect, and for all of the answer. The first attempt gives up early, so that it can be told."""
        seconds = self.connection.timeout
        patient = attempt > 1 or self.connection.retry_time < seconds
        return (seconds if patient else min(seconds, LONGEST_SILENCE)), seconds

    def _say_waiting(self, error: EllipsisError, left: float) -> None:
        with self._lock:
            said, self._waiting = self._waiting, True
        if not said:
            words = str(error).rstrip(". ")
            self._tell(f"{words}. Trying again for {left:.0f} more seconds (retry_time={self.connection.retry_time}).")

    def doubt(self) -> None:
        """After an answer that can't be used, ask whether the address is that of the API. Raises NotTheApi if not."""
        wrong = objection(self.connection.api_url, self._ask_base)
        if wrong:
            raise NotTheApi(wrong)
        self._recognised = True

    def _try(self, method: str, path: str, auth: Bearer | None, **arguments: t.Any) -> Answer:
        answer = self._exchange(method, self.connection.api_url + path, auth=auth, **arguments)
        self._recognised = self._recognised or is_usable(answer)
        if not self._recognised and answer.status != 429 and answer.status < 500:
            self.doubt()
        if 200 <= answer.status < 300:
            return self._blotted(answer) if method == "GET" else answer
        asked = asked_pause(answer.headers, self._wall())
        raise api_error(method, path, answer.status, self._words(answer), retry_after=asked)

    def _exchange(self, method: str, url: str, **arguments: t.Any) -> Answer:
        connection = self.connection
        # Said with every request: the environment's REQUESTS_CA_BUNDLE would override what the session says.
        verify: bool | str = (connection.ca_path or True) if connection.validate_certs else False
        more = {"verify": verify, "timeout": connection.timeout, "largest": self.limits.answer, **arguments}
        return exchange(self._session, method, url, secrets=self._secrets, **more)

    def _ask_base(self, url: str) -> BaseAnswer | None:
        try:
            answer = self._exchange("GET", url)
        except NoServer:
            return None
        except Rejected as exc:
            return BaseAnswer(False, str(exc))
        except TransportError:
            return None
        words = self._words(answer)[:_WORDS_OF_A_STRANGER]
        return read_base_answer(answer.status, answer.headers, answer.text[:_MOST_READ], words)

    def _words(self, answer: Answer) -> str:
        """What the server said, fit for a message: the message of its JSON, else its text."""
        try:
            body = answer.json()
        except ValueError:
            return scrub(readable(hidden(answer.text, self._secrets)[:_MOST_READ]), self._secrets)
        said = str(body.get("message", body)) if isinstance(body, dict) else str(body)
        return scrub(hidden(said, self._secrets)[:_MOST_READ], self._secrets)

    def _blotted(self, answer: Answer) -> Answer:
        """The answer with the tokens that are known here masked, wherever the server has written them (law 16)."""
        text = answer.text
        begun = any(beginning in text for beginning in self._beginnings)
        clean = hidden(text, self._tokens) if begun else text
        return replace(answer, body=clean.encode()) if clean != text else answer


def is_usable(answer: Answer) -> bool:
    """Whether only the API answers like this: an object in JSON, and for a refusal one with that very status in it.

    That there is no such call is also what the API itself says at an address that is a little wrong.
    """
    try:
        body = answer.json()
    except ValueError:
        return False
    if not isinstance(body, dict) or answer.status in (404, 405):
        return False
    return answer.status < 300 or body.get("status") == answer.status


def json_of(answer: Answer) -> t.Any:
    """The body; TransportError when it is not JSON, or none that can be used."""
    try:
        return answer.json()
    except ValueError as exc:
        raise TransportError(
            f"{answer.method} {answer.path} answered {answer.status} but not in JSON that can be read: {exc}"
        ) from None
