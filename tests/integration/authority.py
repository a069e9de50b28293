# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A CA for a test, and the certificates it issues."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import trustme

Pair = tuple[str, str]


class Authority:
    """ca_file, ca_folder: its own certificate, as the option ca_path takes it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._ca = trustme.CA()
        self.ca_file, self.ca_folder = folder / "ca.pem", folder / "hashed"
        self._ca.cert_pem.write_to_path(str(self.ca_file))
        self.ca_folder.mkdir()
        hashed = ["openssl", "x509", "-hash", "-noout", "-in", str(self.ca_file)]
        name = subprocess.run(hashed, check=True, capture_output=True, text=True).stdout.strip()
        self._ca.cert_pem.write_to_path(str(self.ca_folder / f"{name}.0"))

    def issue(self, name: str, *, first: int = -1, last: int = 1) -> Pair:
        """The files of a certificate and its key. first, last: from when until when it is good, in days from now."""
        now = datetime.now(timezone.utc)
        start, end = now + timedelta(days=first), now + timedelta(days=last)
        issued = self._ca.issue_cert(name, common_name=name, not_before=start, not_after=end)
        file = str(self._folder / f"{name}{first}{last}.pem")
        issued.private_key_and_cert_chain_pem.write_to_path(file)
        return file, file
