# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries in HashiCorp Vault or OpenBao: one secret of a KV mount (version 2) for each, written by check-and-set."""

from __future__ import annotations

import typing as t

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict, Versioned
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Raw, StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.hashi_vault_login import (
    Login,
    Variable,
    settings_of,
    vault_of,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.remote import RemoteBackend, Unavailable

Answer = dict[str, t.Any]
_TRANSIENT = (
    *("RateLimitExceeded", "InternalServerError", "BadGateway", "VaultDown", "VaultNotInitialized", "UnexpectedError"),
)
_OUTDATED = "check-and-set parameter did not match"
# What an entry takes, in the words of policies.
_RIGHTS = {"data": frozenset({"create", "read", "update"}), "delete": frozenset({"update"})}
# A mount that was just made, or of a server that just started.
_UPGRADES = "will resume service shortly"
_NO_MOUNT = "preflight capability check"


class _Denied(StoreError):
    """The login does not allow it, any more or at all."""


def open_hashi_vault(place: str, variable: Variable) -> HashiVault:
    """The secrets under MOUNT/PATH."""
    parts = place.split("/")
    if len(parts) < 2 or not all(part.strip(".") for part in parts):
        raise OptionError(
            f"store: hashi_vault://{place} names no place; write hashi_vault://MOUNT/PATH, such as hashi_vault://secret/tokens"
        )
    return HashiVault(place, vault_of(settings_of(variable)))


class HashiVault(RemoteBackend):
    """Secrets under a path. Where the mount ends and the path begins is asked of the server, as its own tools do."""

    allowed = r"\w +,.:@()~!-"
    mark = "%"

    def __init__(self, place: str, login: Login) -> None:
        super().__init__(login.clock)
        self.address = f"hashi_vault://{place}"
        self._place, self._login = place, login
        self._split: tuple[str, str] | None = None
        self._checked: set[str] = set()

    def check(self) -> None:
        """The mount is there and has versions."""
        self._patiently(self._where)

    def check_rights(self, keys: t.Collection[str]) -> None:
        """Ask what the policies of this login allow, once for each entry. A login that may not even ask is tried."""
        mount, path = self._where()
        needed = {
            f"{mount}/{kind}/{path}/{key}": rights
            for key in set(keys) - self._checked
            for kind, rights in _RIGHTS.items()
        }
        if not needed:
            return
        try:
            allowed = self._ask(lambda client: client.sys.get_capabilities(list(needed)))["data"]
        except _Denied:
            return
        for place, rights in needed.items():
            missing = [] if "root" in allowed[place] else sorted(rights.difference(allowed[place]))
            if missing:
                raise StoreError(
                    f"can't be used, since no policy of this login allows {' and '.join(missing)} on {place!r}."
                )
        self._checked.update(keys)

    def list_keys(self) -> t.Iterable[str]:
        """The keys of the folder."""
        mount, path = self._where()
        answer = self._call(lambda kv: kv.list_secrets(path, mount_point=mount), missing={"data": {"keys": []}})
        return t.cast("list[str]", answer["data"]["keys"])

    def get(self, key: str) -> Versioned:
        """The latest version, if it is not deleted."""
        mount, path = self._where()
        answer = self._call(
            lambda kv: kv.read_secret_version(f"{path}/{key}", mount_point=mount, raise_on_deleted_version=True),
            missing={"data": {"data": None, "metadata": {"version": 0}}},
        )
        return Versioned(answer["data"]["data"], answer["data"]["metadata"]["version"])

    def put(self, key: str, raw: Raw, version: t.Any) -> t.Any:
        """A new version after that one."""
        mount, path = self._where()
        answer = self._call(lambda kv: kv.create_or_update_secret(f"{path}/{key}", raw, cas=version, mount_point=mount))
        return answer["data"]["version"]

    def remove(self, key: str, version: t.Any) -> t.Any:
        """Delete that version, and none that came after it."""
        mount, path = self._where()
        self._call(lambda kv: kv.delete_secret_versions(f"{path}/{key}", [version], mount_point=mount))
        return version

    def _where(self) -> tuple[str, str]:
        if self._split is None:
            found = self._ask(lambda client: client.adapter.get(f"/v1/sys/internal/ui/mounts/{self._place}"))["data"]
            mount = found["path"].strip("/")
            if found["type"] not in ("kv", "generic") or (found.get("options") or {}).get("version") != "2":
                raise StoreError(
                    f"can't be used, since {mount} is not a KV mount of version 2: enable one, or set up versions with "
                    f"'vault kv enable-versioning {mount}'."
                )
            self._split = mount, self._place[len(mount) :].strip("/")
            if not self._split[1]:
                raise StoreError(f"names the mount {mount} only: write hashi_vault://{mount}/PATH.")
        return self._split

    def _call(self, call: t.Callable[[t.Any], Answer], missing: Answer | None = None) -> Answer:
        return self._ask(lambda client: call(client.secrets.kv.v2), missing)

    def _ask(self, call: t.Callable[[t.Any], Answer], missing: Answer | None = None) -> Answer:
        """missing: the answer where there is nothing. A login that ended meanwhile is made again, once."""
        try:
            return self._translated(call, missing)
        except _Denied:
            if not self._login.forget():
                raise
        return self._translated(call, missing)

    def _translated(self, call: t.Callable[[t.Any], Answer], missing: Answer | None) -> Answer:
        """What goes wrong in our words: those of the library may hold more than what the server said."""
        exceptions = self._login.exceptions
        try:
            return call(self._login.client())
        except exceptions.VaultError as exc:
            if isinstance(exc, exceptions.InvalidPath) and missing is not None and not exc.errors:
                return _deleted(exc.json) or missing
            error = _error_of(exc)
        except self._login.transport_errors as exc:
            error = Unavailable(f"can't be reached at {self._login.url} ({type(exc).__name__}).")
        raise error


def _deleted(body: t.Any) -> Answer | None:
    """What is said of a latest version that was deleted or destroyed."""
    data = body.get("data") if isinstance(body, dict) else None
    metadata = data.get("metadata") if isinstance(data, dict) else None
    return {"data": {"data": None, "metadata": metadata}} if metadata else None


def _error_of(error: t.Any) -> Exception:
    """The server's words hold no secret; the rest of the exception might."""
    kind, words = type(error).__name__, "; ".join(" ".join(str(each).split()) for each in error.errors or ())
    if _OUTDATED in words:
        return Conflict()
    if _NO_MOUNT in words:
        return _Denied("can't be used: there is no such mount, or no policy that lets this login use it.")
    said = f"can't be used: the server answers {words[:300] or kind!r}."
    if kind in ("Forbidden", "Unauthorized"):
        return _Denied(f"{said} Check the policy, and whether the login still counts.")
    return Unavailable(said) if kind in _TRANSIENT or _UPGRADES in words else StoreError(said)
