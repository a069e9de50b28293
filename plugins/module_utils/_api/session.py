# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends one request with C(requests), and says of each failure whether the request reached the server."""

from __future__ import annotations

import traceback
import typing as t
import warnings
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import unquote, urlsplit

from .._model.errors import EllipsisError
from .._model.identifiers import is_bearer
from .answer import LIMITS, Answer
from .bounded import BoundedAdapter, TooLarge, TooLong, read_body
from .connection import shown_address
from .connection_errors import failure, proxy_advice
from .errors import Oversized, Rejected, TransportError, Unsent, scrub

REQUESTS_IMPORT_ERROR: str | None
try:
    import requests
    from requests import Session
    from requests.auth import AuthBase
    from requests.utils import get_environ_proxies, select_proxy
    from urllib3.exceptions import HTTPError, InsecureRequestWarning

    REQUESTS_IMPORT_ERROR = None
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()
    AuthBase = Session = object  # type: ignore[assignment,misc]  # so that the classes below can still be made


# As many as requests are ever made at a time.
_MOST_CONNECTIONS = 32


class Bearer(AuthBase):
    """Puts a token into the header of one request. A header of the session would be replaced by what C(.netrc) says."""

    def __init__(self, secret: str) -> None:
        if not is_bearer(secret):
            # The libraries would show it in their own words.
            raise EllipsisError("A token that is not one line of ASCII without spaces can't be sent, so it was not.")
        self.secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.secret}"
        return request


class _Session(Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """No redirect is followed. If this returned a target, the library would read the whole answer first."""


def open_session(user_agent: str, *, verified: bool = True) -> requests.Session:
    """A session that takes nothing from the environment: no netrc, no CA bundle; proxies are given per request.

    verified is false where the user has said that certificates need not be, and wants to hear no more of it.
    """
    session = _Session()
    if not verified:
        warnings.simplefilter("ignore", InsecureRequestWarning)
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter(pool_maxsize=_MOST_CONNECTIONS))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"})
    return session


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    *,
    secrets: t.Iterable[str],
    largest: int = LIMITS.answer,
    **arguments: t.Any,
) -> Answer:
    """One request and its whole answer of at most so many bytes; a TransportError (see there for its kinds) otherwise."""
    proxies = _proxies(url)
    try:
        response = session.request(method, url, allow_redirects=False, proxies=proxies, stream=True, **arguments)
        with response:
            response.raw.enforce_content_length = True  # urllib3 1 does not by itself
            pieces = response.raw.stream(decode_content=False)
            body = read_body(pieces, response.headers.get("Content-Encoding", ""), largest)
    except TooLarge as exc:
        raise Oversized(f"{method} {url} failed: {exc}. Check api_url") from None
    except TooLong as exc:
        raise TransportError(f"{method} {url} failed: {exc}. Raise timeout if the server is slow") from None
    except requests.RequestException as exc:
        kind, words = failure(exc)
        raise kind(f"{method} {url} failed: {scrub(words, secrets)}") from None
    except HTTPError as exc:
        kind, words = failure(requests.exceptions.ConnectionError(exc))
        raise kind(f"{method} {url} failed: {scrub(words, secrets)}") from None
    except ValueError as exc:
        raise TransportError(f"{method} {url} failed: {scrub(str(exc), secrets)}") from None
    if response.status_code == 407:
        raise Unsent(f"{method} {url} failed: no way through the proxy. {proxy_advice('407')}")
    if response.is_redirect:
        target = scrub(shown_address(response.headers.get("Location", "")), secrets)
        raise Rejected(
            f"{method} {url} was redirected to {target}; redirects are not followed because they would carry the "
            "credential elsewhere. Set api_url to the final address."
        )
    return Answer(method, response.request.path_url, response.status_code, response.headers, body)


def _proxies(url: str) -> dict[str, str]:
    """The proxies of the environment. An unusable one is not left to requests, whose message would have half a password."""
    proxies = get_environ_proxies(url)
    proxy = select_proxy(url, proxies)
    if proxy and not _is_latin(proxy):
        raise Rejected(
            f"The proxy that the environment names for {url} has a character outside of Latin-1 in its user name or password, "
            "which can't be sent to it. Give HTTPS_PROXY a user and a password of ASCII"
        )
    if proxy and not _is_address(proxy):
        raise Rejected(
            f"The proxy that the environment names for {url} is not an address. Write HTTPS_PROXY like "
            "http://user:password@host:port, and special characters of the password as %XX"
        )
    return proxies


def _is_address(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.path + parts.query + parts.fragment
    except ValueError:
        return False


def _is_latin(proxy: str) -> bool:
    """Whether the credentials in the address of a proxy can be sent: HTTP has no other characters for them."""
    credentials = proxy.rpartition("@")[0]
    return all(ord(char) < 256 for char in unquote(credentials))
