# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ca_path that can't work is said before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from ansible_collections.ellipsis.drive.plugins.module_utils._api.ca_path import check_ca_path
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError

BROKEN = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture
def certificate() -> bytes:
    return bytes(trustme.CA().cert_pem.bytes())


def test_files_and_folders_with_certificates(certificate: bytes, tmp_path: Path) -> None:
    (tmp_path / "0a1b2c3d.0").write_bytes(certificate)
    check_ca_path(str(tmp_path / "0a1b2c3d.0"))
    check_ca_path(str(tmp_path))


def test_a_bundle_is_read_once(certificate: bytes, tmp_path: Path) -> None:
    """For all items of a loop."""
    (tmp_path / "ca.pem").write_bytes(certificate)
    check_ca_path(str(tmp_path / "ca.pem"))
    (tmp_path / "ca.pem").unlink()
    check_ca_path(str(tmp_path / "ca.pem"))


@pytest.mark.parametrize("content", ["", "hello", BROKEN])
def test_files_without(content: str, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(content)
    with pytest.raises(
        OptionError, match=r"^ca_path: .*ca.pem can't be used \(no certificates in PEM form\); name a file"
    ):
        check_ca_path(str(tmp_path / "ca.pem"))


def test_a_folder_without_hashed_names(certificate: bytes, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(certificate)
    with pytest.raises(OptionError, match=r"^ca_path: .* run 'openssl rehash .*', or name a file$"):
        check_ca_path(str(tmp_path))


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"^ca_path: .*nowhere does not exist; name a file or folder"):
        check_ca_path(str(tmp_path / "nowhere"))
