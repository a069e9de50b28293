# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of hvac, logged in with what people have for community.hashi_vault and for the command line of Vault."""

from __future__ import annotations

import os
import threading
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.remote import ServerClock

try:
    import hvac
    import hvac.exceptions
    import requests
except ImportError:
    hvac = None

Variable = t.Callable[[str], t.Any]
_KUBERNETES = "/var/run/secrets/kubernetes.io/serviceaccount/token"
# Beside the variable ansible_hashi_vault_NAME and the environment ANSIBLE_HASHI_VAULT_NAME.
_ALSO = {
    "url": ("ADDR", "VAULT_ADDR"),
    "namespace": ("VAULT_NAMESPACE",),
    "ca_cert": ("CACERT", "VAULT_CACERT"),
    "skip_verify": ("VAULT_SKIP_VERIFY",),
    "token": ("VAULT_TOKEN",),
}
_NAMES = (
    *("url", "namespace", "ca_cert", "validate_certs", "skip_verify", "timeout", "auth_method", "mount_point", "token"),
    *("token_path", "token_file", "role_id", "secret_id", "jwt", "kubernetes_token", "kubernetes_token_path"),
    *("cert_auth_public_key", "cert_auth_private_key"),
)


@dataclass(frozen=True)
class Settings:
    """What is set, by the names of community.hashi_vault."""

    values: tuple[tuple[str, str], ...] = field(repr=False)

    def get(self, name: str, default: str = "") -> str:
        """A setting that may be left out."""
        return dict(self.values).get(name, default)

    def need(self, name: str) -> str:
        """A setting that the login method can't do without."""
        value = self.get(name)
        if not value:
            raise OptionError(
                f"store: the login method {self.get('auth_method', 'token')!r} of Vault needs ansible_hashi_vault_{name}, or "
                f"{' or '.join(_environment(name))} in the environment"
            )
        return value


def settings_of(variable: Variable) -> Settings:
    """Everything that is set, in variables first."""
    found = {name: _setting(name, variable) for name in _NAMES}
    return Settings(tuple((name, value) for name, value in found.items() if value))


def _setting(name: str, variable: Variable) -> str:
    names = (name, "addr") if name == "url" else (name,)
    values = [variable(f"ansible_hashi_vault_{each}") for each in names]
    values.extend(os.environ.get(each) for each in _environment(name))
    return next((str(value) for value in values if value not in (None, "")), "")


def _environment(name: str) -> list[str]:
    also = _ALSO.get(name, ())
    full = [f"ANSIBLE_HASHI_VAULT_{name.upper()}"]
    return full + [each if each.startswith("VAULT_") else f"ANSIBLE_HASHI_VAULT_{each}" for each in also]


class Login:
    """One client for all stores of a process. It is logged in when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        if hvac is None:
            raise OptionError("store: hashi_vault:// needs the Python library hvac on the controller: pip install hvac")
        self.url = settings.get("url")
        if not self.url:
            raise OptionError(
                "store: hashi_vault:// needs to know the server; set VAULT_ADDR or ansible_hashi_vault_url"
            )
        self.exceptions = hvac.exceptions
        self.transport_errors = requests.RequestException
        self._settings, self._client, self._lock = settings, None, threading.Lock()
        self.clock = ServerClock()

    def client(self) -> t.Any:
        """The client."""
        with self._lock:
            if self._client is None:
                self._client = self._log_in()
            return self._client

    def forget(self) -> bool:
        """Log in again next time, if that can help."""
        with self._lock:
            self._client = None
        return self._settings.get("auth_method", "token") != "token"

    def _log_in(self) -> t.Any:
        settings = self._settings
        session = requests.Session()
        session.hooks["response"].append(self._heard)
        session.verify = settings.get("ca_cert") or _verified(settings)
        client = hvac.Client(
            url=self.url,
            verify=session.verify,
            namespace=settings.get("namespace") or None,
            timeout=float(settings.get("timeout", "30")),
            session=session,
        )
        method = settings.get("auth_method", "token")
        if method not in _METHODS:
            raise OptionError(
                f"store: the login method {method!r} of Vault is not known; set ansible_hashi_vault_auth_method to one of "
                f"{', '.join(_METHODS)}"
            )
        client.token = None
        _METHODS[method](client, settings)
        return client

    def _heard(self, response: t.Any, *_arguments: t.Any, **_more: t.Any) -> None:
        if response.is_redirect and self.url.startswith("https:") and response.headers["location"].startswith("http:"):
            raise requests.ConnectionError("redirected to an unencrypted address")
        self.clock.note(response.headers.get("Date"))


def _verified(settings: Settings) -> bool:
    if settings.get("validate_certs"):
        return _is_yes(settings, "validate_certs")
    return not (settings.get("skip_verify") and _is_yes(settings, "skip_verify"))


def _is_yes(settings: Settings, name: str) -> bool:
    """A word that is neither yes nor no may have been meant as either, so it turns nothing off."""
    try:
        return bool(boolean(settings.get(name)))
    except TypeError:
        raise OptionError(
            f"store: {settings.get(name)!r} is neither yes nor no; set ansible_hashi_vault_{name}, or "
            f"{' or '.join(_environment(name))} in the environment, to one of them"
        ) from None


def _by_token(client: t.Any, settings: Settings) -> None:
    folder = Path(settings.get("token_path", "~")).expanduser()
    file = folder / settings.get("token_file", ".vault-token")
    token = settings.get("token")
    if not token and file.is_file():
        token = file.read_text(encoding="utf-8").strip()
    client.token = token or settings.need("token")


def _where(settings: Settings, name: str = "mount_point") -> dict[str, str]:
    return {name: settings.get("mount_point")} if settings.get("mount_point") else {}


def _by_approle(client: t.Any, settings: Settings) -> None:
    secret_id = settings.get("secret_id") or None
    client.auth.approle.login(settings.need("role_id"), secret_id, **_where(settings))


def _by_jwt(client: t.Any, settings: Settings) -> None:
    client.auth.jwt.jwt_login(settings.need("role_id"), settings.need("jwt"), **_where(settings, "path"))


def _by_kubernetes(client: t.Any, settings: Settings) -> None:
    file = Path(settings.get("kubernetes_token_path", _KUBERNETES))
    token = settings.get("kubernetes_token") or (file.read_text(encoding="utf-8").strip() if file.is_file() else "")
    client.auth.kubernetes.login(
        settings.need("role_id"), token or settings.need("kubernetes_token"), **_where(settings)
    )


def _by_cert(client: t.Any, settings: Settings) -> None:
    public = settings.need("cert_auth_public_key")
    private = settings.get("cert_auth_private_key", public)
    missing = next((file for file in (public, private) if not Path(file).is_file()), None)
    if missing:
        raise OptionError(
            f"store: there is no file {missing!r} for the login method 'cert' of Vault; see ansible_hashi_vault_cert_auth_public_key"
        )
    if not client.adapter.session.verify:
        raise OptionError(
            "store: the login method 'cert' of Vault needs a server that is verified; set VAULT_CACERT in place of "
            "VAULT_SKIP_VERIFY or ansible_hashi_vault_validate_certs"
        )
    # The library takes only the text of a CA here, and knows the file already.
    client.auth.cert.login(settings.get("role_id"), cert_pem=public, key_pem=private, **_where(settings))


_METHODS: dict[str, t.Callable[[t.Any, Settings], None]] = {
    "token": _by_token,
    "approle": _by_approle,
    "jwt": _by_jwt,
    "kubernetes": _by_kubernetes,
    "cert": _by_cert,
}
# The process is part of the key: a fork must not use the sockets of its parent.
_LOGINS: dict[tuple[int, Settings], Login] = {}


def vault_of(settings: Settings) -> Login:
    """The login of this process."""
    return _LOGINS.setdefault((os.getpid(), settings), Login(settings))
