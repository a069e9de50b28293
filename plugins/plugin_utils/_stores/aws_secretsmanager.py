# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries in AWS Secrets Manager: one secret for each, as JSON text.

It has no check-and-set, but the caller may name the version that a write makes, and a name is given once. So the name is
made from the version that was read: of two who write in place of the same version, the second one is turned away.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
import uuid

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict, Versioned
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Raw, StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.remote import (
    RemoteBackend,
    ServerClock,
    Unavailable,
)

try:
    import boto3
    import botocore.exceptions
except ImportError:
    boto3 = None

Answer = dict[str, t.Any]
_PREFIX = re.compile(r"[A-Za-z0-9/_+=.@-]+")
_LONGEST_NAME = 512
_TAKEN = "ResourceExistsException"
_MISSING = "ResourceNotFoundException"
_DELETED = "InvalidRequestException"
_LONGEST_WORDS = 300
_TRANSIENT_STATUS = (429, 500, 502, 503, 504)
# Where the secret waits for the end of its recovery window; a real version is never called that.
_WAITING = "deleted"
_RECOVERY_DAYS = 7
_NOTHING = "null"
_CLIENTS: dict[int, tuple[t.Any, ServerClock]] = {}


def open_aws_secretsmanager(prefix: str, _variable: t.Callable[[str], t.Any]) -> SecretsManager:
    """The secrets whose names begin with PREFIX/."""
    if not _PREFIX.fullmatch(prefix.strip("/")):
        raise OptionError(
            f"store: aws_secretsmanager://{prefix} is no prefix of names; write letters, digits and /_+=.@-, such as "
            "aws_secretsmanager://maps/tokens"
        )
    if boto3 is None:
        raise OptionError(
            "store: aws_secretsmanager:// needs the Python library boto3 on the controller: pip install boto3"
        )
    if os.getpid() not in _CLIENTS:
        _CLIENTS[os.getpid()] = _new_client()
    return SecretsManager(prefix.strip("/"), *_CLIENTS[os.getpid()])


def _new_client() -> tuple[t.Any, ServerClock]:
    clock = ServerClock()
    try:
        client = boto3.client("secretsmanager")
    except botocore.exceptions.BotoCoreError as exc:
        raise OptionError(f"store: aws_secretsmanager:// can't be opened: {exc}") from None
    client.meta.events.register(
        "after-call.secrets-manager", lambda http_response, **_more: clock.note(http_response.headers.get("Date"))
    )
    return client, clock


class SecretsManager(RemoteBackend):
    """Secrets under a prefix."""

    allowed = "A-Za-z0-9_.@+-"
    mark = "="

    def __init__(self, prefix: str, client: t.Any, clock: ServerClock) -> None:
        super().__init__(clock)
        self.address = f"aws_secretsmanager://{prefix}"
        self._prefix, self._client = f"{prefix}/", client

    def check(self) -> None:
        """What is allowed is only known when it is done; the first write comes before any creation."""

    def list_keys(self) -> t.Iterable[str]:
        """The names under the prefix."""
        more: Answer = {"Filters": [{"Key": "name", "Values": [self._prefix]}]}
        while True:
            page = self._call("list_secrets", more)
            names = (secret["Name"] for secret in page["SecretList"])
            yield from (name[len(self._prefix) :] for name in names if name.startswith(self._prefix))
            if not page.get("NextToken"):
                return
            more["NextToken"] = page["NextToken"]

    def get(self, key: str) -> Versioned:
        """The current version; none where the secret waits to be deleted."""
        missing = {_MISSING: {}, _DELETED: {"VersionId": _WAITING}}
        found = self._call("get_secret_value", {"SecretId": self._name(key)}, missing)
        return Versioned(_read(found.get("SecretString", _NOTHING)), found.get("VersionId"))

    def put(self, key: str, raw: Raw, version: t.Any) -> t.Any:
        """A new version whose name says which one it takes the place of."""
        return self._put(key, json.dumps(raw, ensure_ascii=False), version)

    def remove(self, key: str, version: t.Any) -> t.Any:
        """Write that there is nothing, and then delete: who writes in between is not lost, since deletion can be undone."""
        self._put(key, _NOTHING, version)
        self._call("delete_secret", {"SecretId": self._name(key), "RecoveryWindowInDays": _RECOVERY_DAYS})
        return _WAITING

    def _put(self, key: str, text: str, version: t.Any) -> t.Any:
        name = self._name(key)
        if version is None:
            return self._call("create_secret", {"Name": name, "SecretString": text})["VersionId"]
        if version == _WAITING:
            self._call("restore_secret", {"SecretId": name})
            found = self.get(key)
            if found.raw is not None:
                raise Conflict
            version = found.version
        following = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name} {version}"))
        request = {"SecretId": name, "SecretString": text, "ClientRequestToken": following}
        return self._call("put_secret_value", request)["VersionId"]

    def _name(self, key: str) -> str:
        name = self._prefix + key
        if len(name) > _LONGEST_NAME:
            raise StoreError(f"can't have {self.name_of(key)!r}, since its name would be longer than {_LONGEST_NAME}.")
        return name

    def _call(self, operation: str, request: Answer, missing: t.Mapping[str, Answer] | None = None) -> Answer:
        """missing: answers in place of errors."""
        try:
            return t.cast(Answer, getattr(self._client, operation)(**request))
        except botocore.exceptions.ClientError as exc:
            code = exc.response["Error"]["Code"]
            if missing and code in missing:
                return missing[code]
            error = _error_of(code, exc.response)
        except botocore.exceptions.BotoCoreError as exc:
            error = Unavailable(f"can't be reached: {_words(exc)}.")
        raise error


def _error_of(code: str, answer: t.Any) -> Exception:
    if code == _TAKEN:
        return Conflict()
    said = f"can't be used: AWS answers {code} ({_words(answer['Error'].get('Message', ''))})."
    transient = answer["ResponseMetadata"].get("HTTPStatusCode") in _TRANSIENT_STATUS or "Throttling" in code
    return Unavailable(said) if transient else StoreError(said)


def _words(text: object) -> str:
    return " ".join(str(text).split())[:_LONGEST_WORDS]


def _read(text: str) -> Raw | None:
    try:
        return t.cast("Raw | None", json.loads(text))
    except ValueError:
        pass  # raised below, since this exception holds the text
    raise StoreError("has a secret under its prefix that is no JSON: it is somebody else's.")
