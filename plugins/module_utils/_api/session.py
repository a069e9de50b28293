# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How C(requests) is used here: one session, one way to send, and what each failure says about whether it arrived."""

from __future__ import annotations

import traceback
import typing as t
import warnings
from urllib.parse import urlsplit

from .connection_errors import failure, proxy_advice
from .errors import Rejected, Unsent, scrub

REQUESTS_IMPORT_ERROR: str | None
try:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.auth import AuthBase
    from requests.utils import get_environ_proxies, select_proxy
    from urllib3.exceptions import InsecureRequestWarning

    REQUESTS_IMPORT_ERROR = None
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()
    AuthBase = object  # type: ignore[assignment,misc]  # so that the class below can still be made


# As many as requests are ever made at a time.
_MOST_CONNECTIONS = 32


class Bearer(AuthBase):
    """The only carrier of a secret. A session header would be replaced by what C(.netrc) says."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.secret}"
        return request


def open_session(user_agent: str, *, verified: bool = True) -> requests.Session:
    """A session that takes nothing from the environment: no netrc, no CA bundle; proxies are given per request.

    verified is false where the user has said that certificates need not be, and wants to hear no more of it.
    """
    session = requests.Session()
    if not verified:
        warnings.simplefilter("ignore", InsecureRequestWarning)
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_MOST_CONNECTIONS))
    session.headers["User-Agent"] = user_agent
    session.headers["Accept"] = "application/json"
    return session


def exchange(
    session: requests.Session, method: str, url: str, *, secrets: t.Iterable[str], **arguments: t.Any
) -> requests.Response:
    """One request and its answer; a TransportError (see there for its kinds) when there is none."""
    try:
        answer = session.request(method, url, allow_redirects=False, proxies=_proxies(url), **arguments)
    except requests.RequestException as exc:
        kind, words = failure(exc)
        raise kind(f"{method} {url} failed: {scrub(words, secrets)}") from None
    if answer.status_code == 407:
        raise Unsent(f"{method} {url} failed: no way through the proxy. {proxy_advice('407')}")
    if answer.is_redirect:
        target = scrub(answer.headers.get("Location", ""), secrets)
        raise Rejected(
            f"{method} {url} was redirected to {target}; redirects are not followed because they would carry the "
            "credential elsewhere. Set api_url to the final address."
        )
    return answer


def _proxies(url: str) -> dict[str, str]:
    """The proxies of the environment. An unusable one is not left to requests, whose message would have half a password."""
    proxies = get_environ_proxies(url)
    proxy = select_proxy(url, proxies)
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
