# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Explains a request without an answer: whether it reached the server, why it failed, and which option to change."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import typing as t
from urllib.parse import urlsplit

from .errors import NoServer, Rejected, TransportError, Unsent

try:
    import requests
    from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError
except ImportError:
    pass  # session.py says so

# Numbers of OpenSSL (X509_V_ERR_…): outside of its time, not for this name.
_TIMES, _NAMES = (9, 10), (62, 64)
# Not EAI_AGAIN, which a name service says that can't be reached.
_UNKNOWN_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
# Before urllib3 2, and after it.
_NO_SUCH_NAME = re.compile(r"resolve|Name or service|getaddrinfo|nodename|Temporary failure in name", re.IGNORECASE)
# What urllib3 puts before the words: the object, with its address or with its host.
_OBJECT = re.compile(r"^<?[\w.]*Connection(?: object at 0x\w+>|\([^)]*\)): ")


def failure(exc: requests.RequestException) -> tuple[type[TransportError], str]:
    """The kind of a failure (see TransportError) and its words."""
    root = _root(exc)
    words = _words(root).rstrip(". ")
    advice = _advice(exc, root, words)
    return _kind(exc), f"{words}. {advice}" if advice else words


def _kind(exc: requests.RequestException) -> type[TransportError]:
    if _nobody_there(exc):
        return NoServer
    return Rejected if _will_not_change(exc) else Unsent if never_arrived(exc) else TransportError


def never_arrived(exc: BaseException) -> bool:
    """Whether a failure proves that the request did not reach the server. Anything doubtful is False."""
    root = _root(exc)
    if isinstance(root, ProxyError):
        original = root.original_error
        return isinstance(original, (NewConnectionError, ConnectTimeoutError)) or _refused_tunnel(original)
    return isinstance(root, (NewConnectionError, ConnectTimeoutError))


def _will_not_change(exc: BaseException) -> bool:
    # What requests makes a ValueError, such as an address with a scheme it does not know, it never sent.
    return _certificate_error(_root(exc)) is not None or isinstance(exc, ValueError)


def _nobody_there(exc: requests.RequestException) -> bool:
    """Whether the name does not exist, or nobody listens on a port of this host. Other hosts may be starting."""
    root = _root(exc)
    if not isinstance(root, NewConnectionError):
        return False
    reason = root.__cause__ or root.__context__
    if isinstance(reason, socket.gaierror):
        return reason.errno in _UNKNOWN_NAME
    url = exc.request.url if exc.request is not None else None
    return isinstance(reason, ConnectionRefusedError) and _is_this_host(urlsplit(url or "").hostname or "")


def _is_this_host(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _root(exc: BaseException) -> BaseException:
    """The reason that urllib3 gives inside of what requests raises."""
    inner = next(iter(exc.args), None)
    if isinstance(inner, MaxRetryError):
        return inner.reason or inner
    return inner if isinstance(inner, BaseException) else exc


def _certificate_error(root: BaseException) -> BaseException | None:
    """The refusal of a certificate, which before urllib3 2 may be an error of its own."""
    for each in (root, *root.args):
        if isinstance(each, ssl.SSLCertVerificationError) or each.__class__.__name__ == "CertificateError":
            return t.cast(BaseException, each)
    return None


def _refused_tunnel(original: BaseException) -> bool:
    return str(original).startswith("Tunnel connection failed")


def _words(root: BaseException) -> str:
    certificate = _certificate_error(root)
    if certificate is not None:
        return f"the certificate of the server is not accepted: {getattr(certificate, 'verify_message', certificate)}"
    if isinstance(root, ProxyError):
        return f"no way through the proxy: {_OBJECT.sub('', str(root.original_error))}"
    if len(root.args) == 2 and isinstance(root.args[1], Exception):
        return f"{root.args[0]} {root.args[1]}"
    # Before the words of a timeout stands the connection, in front of all others its name.
    return _OBJECT.sub("", str(root.args[-1] if isinstance(root, ConnectTimeoutError) else root))


def _advice(exc: BaseException, root: BaseException, words: str) -> str:
    certificate = _certificate_error(root)
    if certificate is not None:
        return _certificate_advice(getattr(certificate, "verify_code", None), words)
    if isinstance(root, ProxyError):
        return proxy_advice(words)
    return _connection_advice(exc, root, words)


def _connection_advice(exc: BaseException, root: BaseException, words: str) -> str:
    if isinstance(root, NewConnectionError) and _NO_SUCH_NAME.search(words):
        return "Check the name in api_url, and the name service of this host"
    if isinstance(root, (NewConnectionError, ConnectTimeoutError)):
        return "Check api_url, and HTTPS_PROXY in the environment if a proxy leads there"
    if isinstance(exc, requests.exceptions.SSLError):
        return "Check whether api_url has the right port, and whether it has to begin with http://"
    if isinstance(exc, requests.exceptions.ReadTimeout):
        return "Raise timeout if the server is slow"
    return ""


def _certificate_advice(code: int | None, words: str) -> str:
    if code in _TIMES:
        return "Renew it there, or set the clock of this host; validate_certs=false would accept it"
    if code in _NAMES or "match" in words:
        return "Set api_url to a name that the certificate is for; validate_certs=false would accept any"
    return "Name the CA that issued it in ca_path; validate_certs=false would accept any"


def proxy_advice(words: str) -> str:
    """What to do about a proxy that says this."""
    if "407" in words:
        return "It wants a user name and a password: HTTPS_PROXY=http://user:password@host:port in the environment"
    if "Tunnel connection failed" in words:
        return "It has to allow the address in api_url, or NO_PROXY in the environment has to name its host"
    return "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment"
