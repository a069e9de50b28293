# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of an emulator in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.ellipsis.drive.plugins.module_utils._api.client import Client
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.login import Login, LoginCache, MemoryCache
from ansible_collections.ellipsis.drive.plugins.module_utils._api.sender import Sender
from ansible_collections.ellipsis.drive.plugins.module_utils._api.session import open_session
from ansible_collections.ellipsis.drive.tests.emulator import PASSWORD, USER, Emulator, EmulatorAdapter

API = "http://emulator.invalid/v3"


def open_client(emulator: Emulator, caches: Callable[..., LoginCache] = MemoryCache, **more: Any) -> Client:
    """A client as a process of its own has it, which logs in by password unless a token is given."""
    who = {} if "api_token" in more else {"username": USER, "password": PASSWORD}
    session = open_session("test")
    session.mount("http://", EmulatorAdapter(emulator))
    clock = emulator.clock
    connection = Connection(**{"api_url": API, **who, **more})
    sender = Sender(connection, session, sleep=clock.sleep, monotonic=clock.now, jitter=lambda: 0.5)
    return Client(sender, Login(sender, caches))
