# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths by their names, such as C(myDrive/Projects/Roads): read from text and written as text."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .errors import OptionError
from .marker import normalise

# Source: the API page "get root". The trash is left out: nobody makes tokens for what is thrown away.
ROOTS = ("myDrive", "sharedWithMe", "favorites")
PATH_TYPES = ("folder", "raster", "vector", "file", "pointCloud", "bookmark")
_ESCAPED_OR_ONE = re.compile(r"\\[\\/]|.", re.DOTALL)


@dataclass(frozen=True, order=True)
class PathName:
    """A root and the names below it. type: what the last name must be, empty for anything."""

    root: str
    names: tuple[str, ...] = ()
    type: str = ""

    def __str__(self) -> str:
        return "/".join((self.root, *map(_escape, self.names)))

    def up_to(self, depth: int) -> PathName:
        """The folder that its first names lead to."""
        return PathName(self.root, self.names[:depth])


def parse_path_name(option: str, text: str, path_type: str | None = None) -> PathName:
    """Read a path of names from the text of an option. path_type: what the last name must be. Raises OptionError."""
    root, *names = _split(text)
    if names and not names[-1]:
        names.pop()
    if root not in ROOTS:
        raise OptionError(f"{option}: {text!r} does not begin with a root; begin with one of {', '.join(ROOTS)}")
    if not all(names):
        raise OptionError(f"{option}: {text!r} has an empty name in it; write a / inside of a name as \\/")
    return PathName(root, tuple(map(normalise, names)), path_type or "")


def _split(text: str) -> list[str]:
    parts = [""]
    for piece in t.cast("list[str]", _ESCAPED_OR_ONE.findall(text)):
        if piece == "/":
            parts.append("")
        else:
            parts[-1] += piece[-1]
    return parts


def _escape(name: str) -> str:
    return name.replace("\\", "\\\\").replace("/", "\\/")
