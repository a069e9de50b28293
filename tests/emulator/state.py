# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulated service remembers."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from .tree import ACCOUNTS, NODES, OTHER_USER, OTHER_USER_TOKEN, USER, USER_TOKEN, Account, Node

_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Grant:
    path_id: str
    tier: str
    geo_fence: Mapping[str, Any] | None = None
    property_fence: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Token:
    """An access token, live or dead. The `_from` times are when delays of the instance end."""

    id: str
    serial: int
    secret: str
    account: str
    description: str
    scope: str
    grants: tuple[Grant, ...]
    created: float
    expires: float | None
    usable_from: float
    listed_from: float
    revoked_at: float | None = None
    refused_from: float | None = None

    def expired(self, now: float) -> bool:
        return self.expires is not None and self.expires <= now

    def live(self, now: float) -> bool:
        return self.revoked_at is None and not self.expired(now)

    def listed(self, now: float) -> bool:
        return self.live(now) and self.listed_from <= now

    def usable(self, now: float) -> bool:
        refused = self.refused_from is not None and self.refused_from <= now
        return self.usable_from <= now and not refused and not self.expired(now)


@dataclass(frozen=True)
class Login:
    account: str
    expires: float | None = None


class State:
    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self.accounts: dict[str, Account] = {account.name: account for account in ACCOUNTS}
        self.nodes: dict[str, Node] = {node.id: node for node in NODES}
        self.logins: dict[str, Login] = {USER_TOKEN: Login(USER), OTHER_USER_TOKEN: Login(OTHER_USER)}
        self.tokens: dict[str, Token] = {}
        self.by_secret: dict[str, str] = {}
        self.secrets: list[str] = []
        self.cursors: dict[tuple[str, str], Any] = {}

    def new_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def new_secret(self, prefix: str) -> str:
        secret = f"{prefix}_CANARY" + "".join(self._random.choices(_ALPHABET, k=58))
        self.secrets.append(secret)
        return secret

    def log_in(self, account: str, expires: float) -> str:
        secret = self.new_secret("login")
        self.logins[secret] = Login(account, expires)
        return secret

    def issue(
        self,
        *,
        account: str,
        description: str,
        scope: str,
        grants: tuple[Grant, ...],
        created: float,
        lifetime: float | None,
        delays: tuple[float, float] = (0.0, 0.0),
    ) -> Token:
        """`delays` are those of first use and of listing."""
        token = Token(
            id=self.new_id(),
            serial=len(self.tokens),
            secret=self.new_secret("epat"),
            account=account,
            description=description,
            scope=scope,
            grants=grants,
            created=created,
            expires=None if lifetime is None else created + lifetime,
            usable_from=created + delays[0],
            listed_from=created + delays[1],
        )
        self.tokens[token.id] = token
        self.by_secret[token.secret] = token.id
        return token

    def revoke(self, token: Token, now: float, delay: float) -> None:
        self.tokens[token.id] = replace(token, revoked_at=now, refused_from=now + delay)

    def chain(self, node: Node) -> list[Node]:
        """The node and the folders it lies in, nearest first."""
        chain = [node]
        while chain[-1].parent is not None:
            chain.append(self.nodes[chain[-1].parent])
        return chain

    def children(self, parent: str | None, owner: str | None = None) -> list[Node]:
        found = (node for node in self.nodes.values() if node.parent == parent)
        return [node for node in found if owner is None or node.owner == owner]
