# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python imports this when it starts: a program that ansible-core sends to a host is compiled once, not for every task.

Such a program is a zip archive of sources, and most of its time is their compilation. The results are kept in the environment
of the tests, by what was compiled; nothing else about the program changes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
import sys
import zipimport
from types import CodeType
from typing import Any

_FOLDER = os.path.join(sys.prefix, "compiled")
_importer: Any = zipimport
_compile = _importer._compile_source


def _compiled(path: str, source: bytes) -> CodeType:
    # The archive has another name each time; where a source is in it is a part of what is compiled.
    inside = path.partition(".zip")[2]
    key = hashlib.sha256(b"\0".join([importlib.util.MAGIC_NUMBER, inside.encode(), source])).hexdigest()
    kept = os.path.join(_FOLDER, key)
    try:
        with open(kept, "rb") as file:
            code: CodeType = marshal.loads(file.read())
    except FileNotFoundError:
        code = _compile(path, source)
        os.makedirs(_FOLDER, exist_ok=True)
        unfinished = f"{kept}.{os.getpid()}"
        with open(unfinished, "wb") as file:
            file.write(marshal.dumps(code))
        os.replace(unfinished, kept)
    return code


_importer._compile_source = _compiled
