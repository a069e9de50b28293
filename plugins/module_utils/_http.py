# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How C(requests) is used here: one session, one way to send, and what each failure says about whether it arrived."""

from __future__ import annotations

import ssl
import traceback
import typing as t

from ._errors import Rejected, TransportError, Unsent, scrub

REQUESTS_IMPORT_ERROR: str | None
try:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.auth import AuthBase
    from requests.utils import get_environ_proxies
    from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError

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


def open_session(user_agent: str) -> requests.Session:
    """A session that takes nothing from the environment: no netrc, no CA bundle; proxies are given per request."""
    session = requests.Session()
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
        answer = session.request(method, url, allow_redirects=False, proxies=get_environ_proxies(url), **arguments)
    except requests.RequestException as exc:
        kind = Rejected if is_untrusted(exc) else Unsent if never_arrived(exc) else TransportError
        raise kind(f"{method} {url} failed: {scrub(_plain(exc), secrets)}") from None
    if answer.is_redirect:
        target = scrub(answer.headers.get("Location", ""), secrets)
        raise Rejected(
            f"{method} {url} was redirected to {target}; redirects are not followed because they would carry the "
            "credential elsewhere. Set api_url to the final address."
        )
    return answer


def _root(exc: BaseException) -> BaseException:
    """The reason that urllib3 gives inside of what requests raises."""
    inner = exc.args[0] if exc.args and isinstance(exc.args[0], BaseException) else None
    return (inner.reason or inner) if isinstance(inner, MaxRetryError) else (inner or exc)


def _plain(exc: BaseException) -> str:
    """The innermost words of a failure, without the object addresses that urllib3 puts around them."""
    root = _root(exc)
    original = getattr(root, "original_error", None)
    text = f"{root} {original}" if original else str(root)
    return text.rsplit("object at 0x", 1)[-1].split(">: ", 1)[-1]


def never_arrived(exc: BaseException) -> bool:
    """Whether a failure proves that the request did not reach the server. Anything doubtful is False."""
    root = _root(exc)
    if isinstance(root, ProxyError):
        original = root.original_error
        return isinstance(original, (NewConnectionError, ConnectTimeoutError)) or str(original).startswith(
            "Tunnel connection failed"
        )
    return isinstance(root, (NewConnectionError, ConnectTimeoutError))


def is_untrusted(exc: BaseException) -> bool:
    """Whether the TLS handshake failed because of the certificate: it will not get better by trying again."""
    root = _root(exc)
    return any(isinstance(argument, ssl.SSLCertVerificationError) for argument in (root, *root.args))
