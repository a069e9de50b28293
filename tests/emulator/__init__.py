# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Ellipsis Drive API v3 on loopback: strict where its documentation is clear, switchable where it is not."""

from __future__ import annotations

from .adapter import EmulatorAdapter
from .clock import Clock, ManualClock, SystemClock
from .faults import Fault
from .http_door import serve
from .policy import Policy
from .remote import Control
from .service import Emulator
from .state import Grant, Token
from .tree import (
    GOOGLE_USER,
    OAUTH_TOKEN,
    ORGANIZATION,
    ORGANIZATION_ID,
    OTHER_PASSWORD,
    OTHER_USER,
    OTHER_USER_TOKEN,
    PASSWORD,
    PATHS,
    PUBLIC_PATH,
    SHARED_VIEW_PATH,
    UNKNOWN_PATH,
    USER,
    USER_TOKEN,
)
from .values import ConnectionCut, ConnectionNeverMade, JournalEntry, Request, Response
from .variant import CHOICES, Variant
from .variants import VARIANTS

__all__ = [
    "CHOICES",
    "GOOGLE_USER",
    "OAUTH_TOKEN",
    "ORGANIZATION",
    "ORGANIZATION_ID",
    "OTHER_PASSWORD",
    "OTHER_USER",
    "OTHER_USER_TOKEN",
    "PASSWORD",
    "PATHS",
    "PUBLIC_PATH",
    "SHARED_VIEW_PATH",
    "UNKNOWN_PATH",
    "USER",
    "USER_TOKEN",
    "VARIANTS",
    "Clock",
    "ConnectionCut",
    "ConnectionNeverMade",
    "Control",
    "Emulator",
    "EmulatorAdapter",
    "Fault",
    "Grant",
    "JournalEntry",
    "ManualClock",
    "Policy",
    "Request",
    "Response",
    "SystemClock",
    "Token",
    "Variant",
    "serve",
]
