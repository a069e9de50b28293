# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compiles a source once for all processes that the tests start: the results are kept in the environment of the tests."""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
import sys
from collections.abc import Callable
from types import CodeType

_FOLDER = os.path.join(sys.prefix, "compiled")


def compiled(name: str, source: bytes, compile_it: Callable[[], CodeType]) -> CodeType:
    """The code of a source. name: what the code calls its file, as far as that is the same in every process."""
    key = hashlib.sha256(b"\0".join([importlib.util.MAGIC_NUMBER, name.encode(), source])).hexdigest()
    kept = os.path.join(_FOLDER, key)
    try:
        with open(kept, "rb") as file:
            code: CodeType = marshal.loads(file.read())
    except FileNotFoundError:
        code = compile_it()
        os.makedirs(_FOLDER, exist_ok=True)
        unfinished = f"{kept}.{os.getpid()}"
        with open(unfinished, "wb") as file:
            file.write(marshal.dumps(code))
        os.replace(unfinished, kept)
    return code
