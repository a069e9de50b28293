# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance may be configured to do; switchable while it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    permanent_allowed: bool = True
    max_lifetime: int | None = None
    shortens: bool = False
    """A lifetime above `max_lifetime` is silently shortened; else it is refused."""
    replication_delay: float = 0.0
    """A new token answers 401 for so many seconds."""
    list_lag: float = 0.0
    """A new token appears in the list so many seconds later."""
    revocation_delay: float = 0.0
    """A revoked token works on for so many seconds."""
    date_skew: float = 0.0
    """Added to the Date header."""
    granted_tier: str | None = None
    """The tier every new token gets, whatever was asked."""
    two_factor: bool = False
    refusal: int = 400
    """The status with which a policy refuses."""
