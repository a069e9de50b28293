# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach and log in to the API: the options that every module, lookup and role of this collection shares."""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleFallbackNotFound

from .._model.errors import OptionError
from .ca_path import check_ca_path
from .errors import scrub

DEFAULT_API_URL = "https://api.ellipsis-drive.com/v3"
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*://|)(.*)", re.IGNORECASE | re.DOTALL)


class NoCredential(OptionError):
    """No option, variable or environment variable says who calls."""


@dataclass(frozen=True)
class Connection:
    """Where the API is and who calls it. timeout, retry_time: seconds."""

    api_url: str
    api_token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    organization_id: str | None = None
    validate_certs: bool = True
    ca_path: str | None = None
    timeout: float = 20
    retry_time: int = 60

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return tuple(secret for secret in (self.api_token, self.password) if secret)


def environment_name(option: str) -> str:
    """The environment variable of a connection option."""
    return f"ELLIPSIS_{option.upper()}"


def _environment_fallback(option: str) -> str:
    """Like Ansible's env_fallback, but an empty variable is unset: AWX sets one for each field left blank."""
    value = os.environ.get(environment_name(option))
    if not value:
        raise AnsibleFallbackNotFound
    return value


def _from_environment(option: str, **spec: t.Any) -> dict[str, t.Any]:
    return {**spec, "fallback": (_environment_fallback, [option])}


CONNECTION_SPEC: dict[str, t.Any] = {
    "api_url": _from_environment("api_url", type="str", default=DEFAULT_API_URL),
    "api_token": {"type": "str", "no_log": True},
    "api_token_file": {"type": "path", "no_log": False},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "password_file": {"type": "path", "no_log": False},
    "organization_id": _from_environment("organization_id", type="str"),
    "validate_certs": _from_environment("validate_certs", type="bool", default=True),
    "ca_path": _from_environment("ca_path", type="path"),
    "allow_cleartext_login": _from_environment("allow_cleartext_login", type="bool", default=False),
    "timeout": {"type": "int", "default": 20},
    "retry_time": {"type": "int", "default": 60},
}
# Taken together from one source, or a user name in a task would be combined with a token of the environment.
CREDENTIALS = ("api_token", "api_token_file", "username", "password", "password_file")
# The options that may come from a variable or from the environment.
INHERITED = (*CREDENTIALS, "api_url", "organization_id", "validate_certs", "ca_path", "allow_cleartext_login")


def inherit(
    params: dict[str, t.Any], source: t.Callable[[str], t.Any], options: t.Iterable[str] = INHERITED
) -> list[str]:
    """Fill options that are not set from a source (option name to value); empty values are unset. What it filled."""
    has_credential = any(params.get(option) for option in CREDENTIALS)
    filled = []
    for option in options:
        if option in CREDENTIALS and has_credential:
            continue
        value = source(option)
        if value not in (None, "") and params.get(option) in (None, ""):
            params[option] = value
            filled.append(option)
    return filled


def from_process(option: str) -> str | None:
    """The value of an option in the environment of this process."""
    return os.environ.get(environment_name(option))


def variable_name(option: str) -> str:
    """The variable of a connection option."""
    return f"ellipsis_{option}"


def connection_of(params: t.Mapping[str, t.Any]) -> Connection:
    """The connection that validated options describe; OptionError when they can't work."""
    api_url = _address(params["api_url"].rstrip("/"), in_clear=params["allow_cleartext_login"])
    for option, least in (("timeout", 1), ("retry_time", 0)):
        if params[option] < least:
            raise OptionError(f"{option}: {params[option]} seconds are not possible; write a positive number")
    if params["ca_path"]:
        check_ca_path(params["ca_path"])
    return Connection(
        api_url=api_url,
        api_token=_api_token(params),
        username=params["username"],
        password=_password(params),
        organization_id=params["organization_id"],
        validate_certs=params["validate_certs"],
        ca_path=params["ca_path"],
        timeout=params["timeout"],
        retry_time=params["retry_time"],
    )


def _address(api_url: str, *, in_clear: bool) -> str:
    """The address when it is one; it is shown in messages, so no credential may be in it."""
    try:
        parts = urlsplit(api_url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and _is_plain(api_url)
    except ValueError:
        parts, usable = None, False
    if parts and "@" in parts.netloc:
        raise OptionError("api_url: holds a user name or password; write them in username and password")
    if not parts or not usable:
        raise OptionError(f"api_url: {shown_address(api_url)!r} is not an address; write one like {DEFAULT_API_URL}")
    if parts.scheme == "http" and not in_clear and not _is_loopback(parts.hostname or ""):
        raise OptionError(
            f"api_url: {api_url!r} would send the login through the network in clear; write https://, or set "
            "allow_cleartext_login=true if everybody on the way may read it"
        )
    return api_url


def _is_plain(api_url: str) -> bool:
    """Whether paths can be put behind it."""
    return not any(char in "?#\\" or char.isspace() or not char.isprintable() for char in api_url)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def shown_address(text: str) -> str:
    """What may be shown of an address, or of what should be one: neither user and password, nor its query."""
    scheme, rest = t.cast("re.Match[str]", _SCHEME.fullmatch(text)).groups()
    in_query = re.search("[?#]", rest)
    if "@" in rest:
        # What is in front of it and what is behind may both belong to a secret.
        rest = "…" if in_query else f"…@{rest.rpartition('@')[2]}"
    elif in_query:
        rest = f"{rest[: in_query.start()]}{in_query.group()}…"
    return scrub(f"{scheme}{rest}")


def _api_token(params: t.Mapping[str, t.Any]) -> str | None:
    """The login token, or None when user name and password take its place."""
    if params["api_token"] and params["api_token_file"]:
        raise OptionError("api_token and api_token_file exclude each other; set one of them")
    if params["api_token"]:
        return _one_line("api_token", params["api_token"])
    if params["api_token_file"]:
        return read_token_file(params["api_token_file"])
    has_password = params["password"] or params["password_file"]
    if params["username"] and has_password:
        return None
    if params["username"] or has_password:
        raise OptionError("username and password go together; set both, or api_token")
    raise NoCredential(
        "No credential: set api_token, api_token_file, or username and password, as an option, as a variable "
        "(ellipsis_api_token) or in the environment (ELLIPSIS_API_TOKEN)"
    )


def _password(params: t.Mapping[str, t.Any]) -> str | None:
    if params["password"] and params["password_file"]:
        raise OptionError("password and password_file exclude each other; set one of them")
    if params["password_file"]:
        return read_password_file(params["password_file"])
    return t.cast("str | None", params["password"])


def read_token_file(path: str) -> str:
    """The token in a file; OptionError when there is none."""
    return _one_line(f"api_token_file {path}", _content("api_token_file", path, "a token"))


def read_password_file(path: str) -> str:
    """The password in a file, without the end of its line; OptionError when there is none."""
    password = _content("password_file", path, "a password").rstrip("\r\n")
    if not password:
        raise OptionError(f"password_file: {path} is empty; name a file with a password in it")
    return password


# By option, what reads it. Files with credentials are on the controller, wherever a task runs.
CREDENTIAL_FILES: dict[str, tuple[str, t.Callable[[str], str]]] = {
    "api_token_file": ("api_token", read_token_file),
    "password_file": ("password", read_password_file),
}


def _content(option: str, path: str, what: str) -> str:
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise OptionError(f"{option}: {path} can't be read ({reason}); name a file with {what} in it") from None


def _one_line(source: str, text: str) -> str:
    token = text.strip()
    if not token or any(char.isspace() or not char.isprintable() for char in token) or not token.isascii():
        raise OptionError(f"{source}: does not hold a token, which is one line of letters and digits without spaces")
    return token
