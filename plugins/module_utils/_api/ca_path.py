# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks the option ca_path, whose faults would otherwise be reported in words of OpenSSL or as an untrusted certificate."""

from __future__ import annotations

import functools
import os
import re
import ssl

from .._model.errors import OptionError

_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")


@functools.cache  # once for all items of a loop: reading a bundle takes a while
def check_ca_path(path: str) -> None:
    """OptionError when certificates of CAs can't be read from a file or folder."""
    if not os.path.exists(path):
        raise OptionError(f"ca_path: {path} does not exist; name a file or folder of CA certificates")
    try:
        if not os.path.isdir(path):
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        elif not any(map(_HASHED.fullmatch, os.listdir(path))):
            raise OptionError(
                f"ca_path: {path} has no certificates under names that OpenSSL looks for; run 'openssl rehash {path}', or "
                "name a file"
            )
    except OSError as exc:
        # Of OpenSSL's own words none would help.
        reason = "no certificates in PEM form" if isinstance(exc, ssl.SSLError) else exc.strerror
        raise OptionError(
            f"ca_path: {path} can't be used ({reason}); name a file or folder of CA certificates"
        ) from None
