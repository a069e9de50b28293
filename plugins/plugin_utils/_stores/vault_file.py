# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A text file, encrypted by Ansible Vault or not: read it, and replace it atomically under a lock."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.parsing.vault import (
    AnsibleVaultFormatError,
    VaultLib,
    VaultSecret,
    is_encrypted,
    match_best_secret,
    parse_vaulttext_envelope,
)

from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.lock import (
    LockUnsupported,
    drop_flock,
    take_flock,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import StoreError

LOCK_SECONDS = 60
_TEMPORARY = ".ellipsis-tmp"
_IS_MOUNTED = "is mounted as a single file, so it can't be replaced: mount its directory."
_OCTAL = re.compile(rb"\\([0-7]{3})")
Identity = tuple[str, VaultSecret]
Stamp = tuple[int, ...]


@dataclass(frozen=True)
class Content:
    """What is in the file. stamp: None when there is no file; identity: how it is encrypted, None when it is not."""

    text: str = field(default="", repr=False)
    stamp: Stamp | None = None
    identity: Identity | None = field(default=None, repr=False)


def stamp_of(found: os.stat_result) -> Stamp:
    """What changes whenever the file does."""
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def current_stamp(path: Path) -> Stamp | None:
    """The stamp of the file as it is now; None when there is none."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(found.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "not a file"
        raise StoreError(f"is {kind}: name a regular file.")
    return stamp_of(found)


def check_directory(path: Path) -> None:
    """Fail early where a write would fail."""
    directory = path.parent
    if not directory.is_dir():
        raise StoreError("can't be written, since its directory does not exist.")
    mode = directory.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise StoreError("is in a directory that everybody can write to: restrict its mode.")
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise StoreError("can't be written, since its directory is not writable.")


def read(path: Path, vault: VaultLib) -> Content:
    """The decrypted content."""
    if current_stamp(path) is None:
        return Content()
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        stamp, data = stamp_of(os.fstat(descriptor)), file.read()
    identity = None
    if is_encrypted(data):
        data, identity = _decrypt(data, vault)
    try:
        return Content(data.decode(), stamp, identity)
    except UnicodeDecodeError:
        pass  # raised below, since this exception holds the text
    raise StoreError("is not UTF-8 text.")


def _decrypt(data: bytes, vault: VaultLib) -> tuple[bytes, Identity]:
    ids = _ids(vault)
    if not ids:
        raise StoreError("is encrypted and this run has no vault secret: use --vault-id.")
    try:
        label = str(parse_vaulttext_envelope(data)[3])
        plaintext, _id, secret = vault.decrypt_and_get_vault_id(data)
    except AnsibleVaultFormatError as exc:
        raise StoreError("is damaged: its vault format is incomplete.") from exc
    except AnsibleError as exc:
        raise StoreError(
            f"can't be decrypted with the vault ids of this run ({', '.join(ids)}):"
            " a wrong password, or the file is damaged."
        ) from exc
    # The secret that opened the file, whatever its id: encrypting again must not change the password.
    return bytes(plaintext), (label, secret)


def choose_identity(content: Content, vault: VaultLib, vault_id: str | None) -> Identity:
    """How to encrypt: as the option says, else as the file is, else as configured, else the only way there is."""
    ids = _ids(vault)
    if not ids:
        raise StoreError(
            "can't be encrypted, since this run has no vault secret: use --vault-id,"
            " or accept plain text with store_plaintext: true."
        )
    if not vault_id and content.identity:
        return content.identity
    wanted = vault_id or C.DEFAULT_VAULT_ENCRYPT_IDENTITY or (ids[0] if len(ids) == 1 else None)
    if not wanted:
        raise StoreError(f"can be encrypted with several vault ids: set store_vault_id to {' or '.join(ids)}.")
    found = match_best_secret(vault.secrets, [wanted])
    if not found:
        raise StoreError(f"can't be encrypted with the vault id {wanted!r}, since this run has only {', '.join(ids)}.")
    return t.cast(Identity, found)


def _ids(vault: VaultLib) -> list[str]:
    return list(dict.fromkeys(str(name) for name, _secret in vault.secrets or []))


def encrypted(text: str, identity: Identity) -> bytes:
    """The content of a vault file."""
    label, secret = identity
    try:
        return t.cast(bytes, VaultLib().encrypt(text.encode(), secret=secret, vault_id=label))
    except AnsibleError as exc:
        raise StoreError(f"can't be encrypted: {exc}") from exc


@contextlib.contextmanager
def locked(path: Path, warn: t.Callable[[str], None]) -> t.Iterator[None]:
    """Hold the lock of the file's directory, which needs no lock file and is the same for all stores in it."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            if not take_flock(descriptor, timeout=LOCK_SECONDS, sleep=time.sleep, monotonic=time.monotonic):
                raise StoreError(f"can't be written: another process kept its directory locked for {LOCK_SECONDS} s.")
            _sweep(path)
        except LockUnsupported as exc:
            warn(f"No locks in {path.parent} ({exc}): don't let two playbooks write the store {path.name} at a time.")
        yield
    finally:
        drop_flock(descriptor)


def _sweep(path: Path) -> None:
    """Remove what a killed process left; under the lock nobody else's is in use."""
    for other in path.parent.iterdir():
        if other.name.startswith(f".{path.name}.") and other.name.endswith(_TEMPORARY):
            other.unlink(missing_ok=True)


def rehearse(path: Path, size: int, *, private: bool) -> None:
    """Fail where replace() would: all but its last step is done, and for that one looking has to do."""
    if current_stamp(path):
        _check_replaceable(path)
    temporary = _temporary(path)
    try:
        _create(temporary, bytes(size), path, private)
    finally:
        temporary.unlink(missing_ok=True)


def _check_replaceable(path: Path) -> None:
    if path.is_mount() or str(path).encode() in _mount_points():
        raise StoreError(_IS_MOUNTED)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
    except PermissionError as exc:
        # A mode that forbids writing (EACCES) is no obstacle for a rename.
        if exc.errno == errno.EPERM:
            raise StoreError("can't be replaced, since it is immutable or append-only: use chattr -i -a.") from None


def _mount_points() -> t.Iterator[bytes]:
    """Those of this process. Path.is_mount() does not see what is mounted from the same file system."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_bytes().splitlines():
            yield _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), line.split(b" ")[4])


def replace(path: Path, data: bytes, *, private: bool) -> Stamp:
    """Put the content in place of the file in one step. private: whatever mode it had, only the owner may read it."""
    temporary = _temporary(path)
    try:
        _create(temporary, data, path, private)
        temporary.rename(path)
    except BaseException as exc:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(exc, OSError) and exc.errno == errno.EBUSY:
            raise StoreError(_IS_MOUNTED) from None
        raise
    with contextlib.suppress(OSError):
        # The new file is in place: calling that a failure would make the caller revoke what was just stored.
        _sync_directory(path.parent)
    return stamp_of(path.lstat())


def _temporary(path: Path) -> Path:
    return path.parent / f".{path.name}.{secrets.token_hex(4)}{_TEMPORARY}"


def back_up(path: Path) -> Path:
    """A copy as it is, so encrypted when the file is, named like the backups of ansible-core."""
    copy = path.parent / f"{path.name}.{os.getpid()}.{time.strftime('%Y-%m-%d@%H:%M:%S', time.localtime())}~"
    with contextlib.suppress(FileExistsError):
        _create(copy, path.read_bytes(), path, private=False)
    return copy


def _create(target: Path, data: bytes, like: Path, private: bool) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _dress(descriptor, like, private)
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _dress(descriptor: int, like: Path, private: bool) -> None:
    """Owner and mode of the file that is there."""
    try:
        old = like.lstat()
    except FileNotFoundError:
        return
    new = os.fstat(descriptor)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        try:
            os.fchown(descriptor, old.st_uid, old.st_gid)
        except PermissionError:
            raise StoreError(
                f"belongs to another user or group (uid {old.st_uid}, gid {old.st_gid}), which this process (uid "
                f"{os.geteuid()}) can't keep: change its owner, or run as that user."
            ) from None
    os.fchmod(descriptor, 0o600 if private else stat.S_IMODE(old.st_mode))


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
