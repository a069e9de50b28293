# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that users see. Every message is one sentence for the person who wrote the task.

EllipsisError
├── OptionError        the task is wrong; nothing was sent
├── Refused            the plan says no (regenerate=fail, another holder); nothing was written
├── RolledBack         a new token was of no use and was revoked again
├── IncompleteListing  the list of tokens cannot be trusted; nothing was written
└── what went wrong on the wire: see _api/errors.py
"""

from __future__ import annotations


class EllipsisError(Exception):
    """Root of all errors of this collection."""


class OptionError(EllipsisError):
    """An option is missing, malformed or contradicts another one."""


class Refused(EllipsisError):
    """The plan would do something that the task does not allow."""


class RolledBack(EllipsisError):
    """A token was created, could not be kept or proven, and was revoked again."""


class IncompleteListing(EllipsisError):
    """The list of tokens is not complete or not readable, so nothing may be decided from it."""
