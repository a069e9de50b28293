# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python imports this when it starts: a program that ansible-core sends to a host is compiled once, not for every task.

Such a program is a zip archive of sources, and most of its time is their compilation. Nothing else about it changes.
"""

from __future__ import annotations

import zipimport
from types import CodeType
from typing import Any

from compiled import compiled

_importer: Any = zipimport
_compile = _importer._compile_source


def _compile_source(path: str, source: bytes) -> CodeType:
    # The archive has another name each time.
    return compiled(path.partition(".zip")[2], source, lambda: _compile(path, source))  # type: ignore[no-any-return]


_importer._compile_source = _compile_source
