# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request at a time, sent again where that is safe. Every byte on the wire passes through Sender.send()."""

from __future__ import annotations

import itertools
import random
import threading
import time
import typing as t

from .._model.errors import EllipsisError
from .api_check import Pong, objection, pong
from .connection import Connection
from .errors import (
    ApiError,
    NoServer,
    NotTheApi,
    Rejected,
    TransportError,
    api_error,
    scrub,
)
from .hints import readable
from .retry import LONGEST_SILENCE, pause
from .session import Bearer, exchange

if t.TYPE_CHECKING:
    import requests

_WORDS_OF_A_STRANGER = 100


class Sender:
    """Sends requests for one connection. sleep, monotonic and jitter are the only clock and chance it knows.

    tell takes a line for whoever waits, where somebody can see it.
    """

    def __init__(
        self,
        connection: Connection,
        session: requests.Session,
        *,
        sleep: t.Callable[[float], None] = time.sleep,
        monotonic: t.Callable[[], float] = time.monotonic,
        jitter: t.Callable[[], float] = random.random,
        tell: t.Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.connection = connection
        self.sleep, self.monotonic = sleep, monotonic
        self._session, self._jitter, self._tell = session, jitter, tell
        # Of the requests that wait at the same time one says so.
        self._waiting = False
        # Whether there was an answer that only the API gives.
        self._recognised = False
        self._secrets = frozenset(connection.secrets)
        self._lock = threading.Lock()

    def hide(self, secret: str) -> None:
        """Keep a secret that came up on the way out of every message from now on."""
        with self._lock:
            self._secrets |= {secret}

    def send(
        self,
        method: str,
        path: str,
        auth: Bearer | None,
        again: t.Callable[[EllipsisError], bool],
        **arguments: t.Any,
    ) -> requests.Response:
        """The answer when its status is 2xx, else the error; tried again while C(again) says so and retry_time lasts."""
        start = self.monotonic()
        for attempt in itertools.count(1):
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
        raise RuntimeError("unreachable")

    def _timeout(self, attempt: int) -> tuple[float, float]:
        """Seconds to connect, and for each part of the answer. The first attempt gives up early, so that it can be told."""
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
        """Ask whether the API is there at all, after an answer that is of no use; NotTheApi when it is not."""
        wrong = objection(self.connection.api_url, self._ping)
        if wrong:
            raise NotTheApi(wrong)
        self._recognised = True

    def _try(self, method: str, path: str, auth: Bearer | None, **arguments: t.Any) -> requests.Response:
        answer = self._exchange(method, self.connection.api_url + path, auth=auth, **arguments)
        self._recognised = self._recognised or is_usable(answer)
        if not self._recognised and answer.status_code != 429 and answer.status_code < 500:
            self.doubt()
        if 200 <= answer.status_code < 300:
            return answer
        text = scrub(_message(answer), self._secrets)
        raise api_error(method, path, answer.status_code, text, retry_after=answer.headers.get("Retry-After"))

    def _exchange(self, method: str, url: str, **arguments: t.Any) -> requests.Response:
        connection = self.connection
        # Said with every request: the environment's REQUESTS_CA_BUNDLE would override what the session says.
        verify: bool | str = (connection.ca_path or True) if connection.validate_certs else False
        more = {"secrets": self._secrets, "verify": verify, "timeout": connection.timeout, **arguments}
        return exchange(self._session, method, url, **more)

    def _ping(self, url: str) -> Pong | None:
        try:
            answer = self._exchange("GET", url)
        except NoServer:
            return None
        except Rejected as exc:
            return Pong(False, str(exc))
        except TransportError:
            return None
        words = scrub(_message(answer), self._secrets)[:_WORDS_OF_A_STRANGER]
        return pong(answer.status_code, answer.headers, answer.text, words)


def is_usable(answer: requests.Response) -> bool:
    """Whether only the API answers like this: an object in JSON, and for a refusal one with that very status in it.

    That there is no such call is also what the API itself says at an address that is a little wrong.
    """
    try:
        body = answer.json()
    except ValueError:
        return False
    if not isinstance(body, dict) or answer.status_code in (404, 405):
        return False
    return answer.status_code < 300 or body.get("status") == answer.status_code


def json_of(answer: requests.Response) -> t.Any:
    """The body; TransportError when it is not JSON."""
    try:
        return answer.json()
    except ValueError:
        raise TransportError(
            f"{answer.request.method} {answer.request.path_url} answered {answer.status_code} but not in JSON"
        ) from None


def _message(answer: requests.Response) -> str:
    """What the server said: the message of its JSON, else its text."""
    try:
        body = answer.json()
    except ValueError:
        return readable(answer.text)
    return str(body.get("message", body)) if isinstance(body, dict) else str(body)
