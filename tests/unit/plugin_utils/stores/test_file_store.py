# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import re
import signal
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible import constants
from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores import file_backend as _store
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores import vault_file as _vaultfile
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict, Versioned
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import (
    Entry,
    ForeignEntry,
    StoredSlot,
    StoreError,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store

API = "https://api.example.com/v3"
DEFAULT = ("default",)
SLOT = StoredSlot("roads", "default", API)
SECRET = "test-secret-of-roads"
PATIENCE = 60


def new(slot: StoredSlot = SLOT, secret: str = SECRET, **more: t.Any) -> Entry:
    return Entry(
        slot,
        id=f"id-{slot.description}",
        token=secret,
        created_at="2026-01-01T00:00:00Z",
        valid_for="never",
        fingerprint="sha256:0123456789ab",
        **more,
    )


def vault_of(*names: str) -> VaultLib:
    return VaultLib([(name, VaultSecret(f"password of {name}".encode())) for name in names])


def refuse(message: str) -> None:
    raise AssertionError(f"unexpected warning: {message}")


def make(path: Path, *names: str, vault: VaultLib | None = None, **more: t.Any) -> Store:
    return Store(FileBackend(path, vault or vault_of(*(names or ("default",))), **{"warn": refuse, **more}))


@pytest.fixture(name="path")
def fixture_path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.yml"


def header(path: Path) -> str:
    return path.read_text().splitlines()[0]


def lay(path: Path, text: str, name: str = "default") -> None:
    """An encrypted file."""
    path.write_bytes(_vaultfile.encrypted(text, (name, VaultSecret(f"password of {name}".encode()))))


def plain(path: Path, name: str = "default") -> str:
    return _vaultfile.read(path, vault_of(name)).text


def test_from_nothing_to_nothing(path: Path) -> None:
    store = make(path)
    assert store.read(SLOT) is None
    store.begin({SLOT: "aaaaa"})
    assert store.read(SLOT) == Entry(SLOT, pending=("aaaaa",))
    store.begin({SLOT: "bbbbb"})
    assert store.read(SLOT) == Entry(SLOT, pending=("aaaaa", "bbbbb"))
    store.keep([new()])
    assert make(path).read(SLOT) == new()
    assert path.stat().st_mode & 0o777 == 0o600
    store.begin({SLOT: "ccccc"})
    assert store.read(SLOT) == new(pending=("ccccc",))
    store.forget([SLOT])
    assert make(path).entries() == {}
    assert plain(path) == "---\nellipsis_access_tokens: {}\n"
    assert [each.name for each in path.parent.iterdir()] == ["tokens.yml"]


def test_the_text_is_pleasant(path: Path) -> None:
    other = StoredSlot("wegen é", "ci", API, "org-1")
    lay(path, "# ours\nother: !vault |\n  $ANSIBLE_VAULT\n")
    store = make(path)
    store.begin({SLOT: "aaaaa", other: "bbbbb"})
    store.keep([new(replace(other))])
    assert plain(path) == (
        "# ours\n"
        "other: !vault |\n"
        "  $ANSIBLE_VAULT\n"
        "ellipsis_access_tokens:\n"
        "  roads:\n"
        "    owner: default\n"
        f"    api_url: {API}\n"
        "    pending:\n"
        "    - aaaaa\n"
        "  wegen é:\n"
        "    id: id-wegen é\n"
        "    token: test-secret-of-roads\n"
        "    created_at: '2026-01-01T00:00:00Z'\n"
        "    expires_at: null\n"
        "    valid_for: never\n"
        "    fingerprint: sha256:0123456789ab\n"
        "    owner: ci\n"
        f"    api_url: {API}\n"
        "    organization_id: org-1\n"
    )


def test_unknown_keys_are_kept(path: Path) -> None:
    lay(
        path, f"ellipsis_access_tokens: {{roads: {{owner: default, api_url: '{API}', note: [mine], pending: [aaaaa]}}}}"
    )
    make(path).keep([new()])
    assert plain(path).endswith("    note:\n    - mine")
    assert make(path).read(SLOT) == new()


class Tagged(str):
    """What templates hold from ansible-core 2.19 on."""


def test_wrapped_strings_are_stored_plain(path: Path) -> None:
    slot = StoredSlot(Tagged("roads"), Tagged("default"), Tagged(API))
    store = make(path)
    store.begin({slot: Tagged("aaaaa")})
    store.keep([new(slot, Tagged(SECRET), pending=(Tagged("aaaaa"),))])
    entry = store.read(SLOT)
    assert entry == new(pending=("aaaaa",))
    assert {type(text) for text in (entry.token, entry.slot.description, entry.slot.api_url, *entry.pending)} == {str}


def test_nothing_to_change_is_no_write(path: Path) -> None:
    make(path).keep([new()])
    before, stamp = path.read_bytes(), path.stat()
    again = make(path, backup=True)
    again.keep([new()])
    again.forget([StoredSlot("unknown", "default", API)])
    again.begin({})
    assert path.read_bytes() == before
    assert path.stat() == stamp
    assert again.backup_file is None


def test_a_thousand_reads_decrypt_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slots = [StoredSlot(f"slot {number}", "default", API) for number in range(1000)]
    make(path).keep(map(new, slots))
    decrypted: list[int] = []
    real = _vaultfile._decrypt

    def decrypt(data: bytes, vault: VaultLib) -> tuple[bytes, _vaultfile.Identity]:
        assert not decrypted, "a second time"
        decrypted.append(len(data))
        return real(data, vault)

    monkeypatch.setattr(_vaultfile, "_decrypt", decrypt)
    vault = vault_of("default")
    assert [make(path, vault=vault).read(slot) for slot in slots] == [new(slot) for slot in slots]
    assert len(decrypted) == 1
    monkeypatch.undo()
    make(path).keep([new(SLOT)])
    assert make(path, vault=vault).read(SLOT) == new()


def test_what_was_just_written_is_not_decrypted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next task of a run asks for what the one before has kept."""
    vault = vault_of("default")
    monkeypatch.setattr(_vaultfile, "_decrypt", lambda *_arguments: pytest.fail("was decrypted"))
    make(path, vault=vault).keep([new()])
    make(path, vault=vault).begin({SLOT: "aaaaa"})
    assert make(path, vault=vault).read(SLOT) == new(pending=("aaaaa",))


def test_another_vault_does_not_profit_from_what_was_read(path: Path) -> None:
    make(path).keep([new()])
    with pytest.raises(StoreError, match="can't be decrypted with the vault ids of this run"):
        make(path, "other").read(SLOT)


@pytest.mark.parametrize(
    "other",
    [
        replace(SLOT, api_url="https://elsewhere.example.com"),
        replace(SLOT, owner="ci"),
        replace(SLOT, organization_id="org-1"),
    ],
)
@pytest.mark.parametrize(
    "use",
    [
        lambda store, slot: store.read(slot),
        lambda store, slot: store.begin({slot: "aaaaa"}),
        lambda store, slot: store.keep([new(slot)]),
        lambda store, slot: store.forget([slot]),
    ],
    ids=["read", "begin", "keep", "forget"],
)
def test_entries_of_others(path: Path, other: StoredSlot, use: t.Callable[[Store, StoredSlot], object]) -> None:
    make(path).keep([new()])
    before = path.read_bytes()
    with pytest.raises(ForeignEntry) as caught:
        use(make(path), other)
    assert f"The store {path} has 'roads' of owner 'default' at {API}, not of " in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "use",
    [
        lambda store, *slots: store.begin(dict.fromkeys(slots, "aaaaa")),
        lambda store, *slots: store.keep(map(new, slots)),
    ],
    ids=["begin", "keep"],
)
def test_one_description_for_two_slots(path: Path, use: t.Callable[..., None]) -> None:
    with pytest.raises(ForeignEntry):
        use(make(path), SLOT, replace(SLOT, owner="ci"))
    assert not path.exists()


def test_a_directory_that_cannot_be_synced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_descriptor: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(_vaultfile, "_sync_directory", lambda directory: fsync(0))
    make(path).keep([new()])
    assert make(path).read(SLOT) == new()


@pytest.mark.parametrize(
    ("names", "chosen", "there", "configured", "result"),
    [
        (("default",), None, None, None, "$ANSIBLE_VAULT;1.1;AES256"),
        (("dev",), None, None, None, "$ANSIBLE_VAULT;1.2;AES256;dev"),
        (("dev", "prod"), "prod", None, None, "$ANSIBLE_VAULT;1.2;AES256;prod"),
        (("dev", "prod"), None, "prod", "dev", "$ANSIBLE_VAULT;1.2;AES256;prod"),
        (("dev", "prod"), "dev", "prod", None, "$ANSIBLE_VAULT;1.2;AES256;dev"),
        (("dev", "prod"), None, None, "prod", "$ANSIBLE_VAULT;1.2;AES256;prod"),
    ],
)
def test_the_vault_id(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    names: tuple[str, ...],
    chosen: str | None,
    there: str | None,
    configured: str | None,
    result: str,
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_VAULT_ENCRYPT_IDENTITY", configured)
    if there:
        lay(path, "a: 1\n", there)
    store = make(path, *names, vault_id=chosen)
    store.check()
    store.keep([new()])
    assert header(path) == result
    assert plain(path, result.partition("AES256;")[2] or "default").endswith(
        "owner: default\n    api_url: " + API + "\n"
    )


def test_a_file_under_a_strange_label_keeps_label_and_password(path: Path) -> None:
    lay(path, "a: 1\n", "dev")
    path.write_bytes(path.read_bytes().replace(b";dev", b";gone"))
    make(path, "prod", "dev").keep([new()])
    assert header(path).endswith(";gone")
    assert plain(path, "dev").startswith("a: 1\n")


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def linked(path: Path) -> None:
    path.with_name("real.yml").touch()
    path.symlink_to("real.yml")


def unsafe(path: Path) -> None:
    path.parent.chmod(0o777)


def binary(path: Path) -> None:
    path.write_bytes(_vaultfile.encrypted("", ("default", VaultSecret(b"password of default"))))
    secret = VaultSecret(b"password of default")
    path.write_bytes(VaultLib().encrypt(b"\xff" + SECRET.encode(), secret=secret))


def cut(path: Path) -> None:
    lay(path, "a: 1\n")
    path.write_bytes(path.read_bytes()[:-150])


def header_only(path: Path) -> None:
    path.write_text("$ANSIBLE_VAULT;1.1;AES256\n")


def entry(text: str) -> t.Callable[[Path], None]:
    return lambda path: lay(path, f"ellipsis_access_tokens: {text}\n")


def of_dev(path: Path) -> None:
    lay(path, "a: 1\n", "dev")


def as_plaintext(path: Path) -> None:
    path.write_text("a: 1\n")


@pytest.mark.parametrize(
    ("prepare", "names", "more", "says"),
    [
        pytest.param(dangling, DEFAULT, {}, "is a symbolic link", id="dangling link"),
        pytest.param(linked, DEFAULT, {}, "is a symbolic link", id="link"),
        pytest.param(Path.mkdir, DEFAULT, {}, "is not a file", id="directory"),
        pytest.param(lambda path: path.parent.rmdir(), DEFAULT, {}, "does not exist", id="no directory"),
        pytest.param(unsafe, DEFAULT, {}, "everybody can write to", id="open directory"),
        pytest.param(lambda path: None, (), {}, "store_plaintext: true", id="no vault secret"),
        pytest.param(lambda path: None, ("a", "b"), {}, "set store_vault_id to a or b", id="two vault ids"),
        pytest.param(lambda path: None, ("a", "b"), {"vault_id": "c"}, "'c', since .* only a, b", id="unknown"),
        pytest.param(as_plaintext, DEFAULT, {}, "run 'ansible-vault encrypt' on it, or accept", id="plain text"),
        pytest.param(of_dev, ("a", "b"), {}, r"decrypted .* \(a, b\)", id="password"),
        pytest.param(of_dev, (), {}, "is encrypted and this run has no", id="locked out"),
        pytest.param(cut, DEFAULT, {}, "is damaged|the file is damaged", id="cut"),
        pytest.param(header_only, DEFAULT, {}, "is damaged", id="header only"),
        pytest.param(binary, DEFAULT, {}, "not UTF-8 text", id="binary"),
        pytest.param(lambda path: lay(path, f"- {SECRET}"), DEFAULT, {}, "not a YAML mapping", id="list"),
        pytest.param(lambda path: lay(path, f"a: [{SECRET}"), DEFAULT, {}, "not one YAML document", id="not YAML"),
        pytest.param(entry(f"[{SECRET}]"), DEFAULT, {}, "must have a mapping of descriptions", id="entries"),
        pytest.param(entry(f"{{a: {SECRET}}}"), DEFAULT, {}, r"a mapping in .*\['a'\]", id="entry"),
        pytest.param(entry(f"{{a: {{token: {SECRET}}}}}"), DEFAULT, {}, r"text in .*\.owner", id="no owner"),
        pytest.param(
            entry(f"{{a: {{owner: o, api_url: u, token: {SECRET}}}}}"),
            ("default",),
            {},
            "both id and token",
            id="no id",
        ),
        pytest.param(
            entry(f"{{a: {{owner: o, api_url: u, pending: {SECRET}}}}}"),
            ("default",),
            {},
            "list of texts",
            id="pending",
        ),
        pytest.param(entry("{a: {owner: o, api_url: u, id: 7}}"), DEFAULT, {}, r"text in .*\.id", id="number"),
        pytest.param(entry(f"{{a: !vault {SECRET}}}"), DEFAULT, {}, "tag !vault in ellipsis_access_tokens.a", id="tag"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(
    path: Path, prepare: t.Callable[[Path], object], names: tuple[str, ...], more: dict[str, t.Any], says: str
) -> None:
    prepare(path)
    before = path.read_bytes() if path.is_file() else None
    for use in (Store.check, lambda store: store.rehearse([]), lambda store: store.begin({SLOT: "aaaaa"})):
        with pytest.raises(StoreError, match=says) as caught:
            use(make(path, vault=vault_of(*names), **more))
        assert SECRET not in repr(caught.getrepr(style="short"))
        assert str(caught.value).startswith(f"The store {path} ")
        assert "\n" not in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_what_a_rehearsal_finds_and_looking_does_not(path: Path) -> None:
    lay(path, "ellipsis_access_tokens: &ours {}\nother: *ours\n")
    make(path).check()
    uses: list[t.Callable[[Store], object]] = [lambda store: store.rehearse([]), lambda store: store.keep([new()])]
    for use in uses:
        with pytest.raises(StoreError, match=rf"^The store {path} is written in a way that .* can't be changed"):
            use(make(path))


@pytest.mark.parametrize(
    "prepare",
    [lambda path: None, lambda path: path.touch(), lambda path: path.write_text(" \n")],
    ids=["no file", "empty", "blank"],
)
@pytest.mark.parametrize("plaintext", [False, True])
def test_a_file_with_nothing_in_it(path: Path, prepare: t.Callable[[Path], object], plaintext: bool) -> None:
    """It needs not be encrypted; a rehearsal leaves it as it is."""
    prepare(path)
    before = [(each.name, each.read_text()) for each in path.parent.iterdir()]
    store = make(path, plaintext=plaintext)
    store.check()
    store.rehearse([SLOT.description])
    assert [(each.name, each.read_text()) for each in path.parent.iterdir()] == before
    store.keep([new()])
    assert (header(path) == "$ANSIBLE_VAULT;1.1;AES256") is not plaintext
    assert make(path, plaintext=plaintext).entries() == {"roads": new()}


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_directory_that_must_not_be_written(path: Path) -> None:
    path.parent.chmod(0o500)
    with pytest.raises(StoreError, match="not writable"):
        make(path).check()


def test_a_directory_that_must_not_be_written_says_the_system(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_args, **_more: False)
    with pytest.raises(StoreError, match="not writable"):
        make(path).check()


def test_plain_text_when_asked(path: Path) -> None:
    path.write_text("a: 1\n")
    path.chmod(0o644)
    store = make(path, vault=vault_of(), plaintext=True, backup=True)
    store.check()
    store.keep([new()])
    assert path.read_text().startswith("a: 1\nellipsis_access_tokens:\n  roads:\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert make(path, vault=vault_of(), plaintext=True).read(SLOT) == new()


def test_an_encrypted_file_stays_encrypted(path: Path) -> None:
    make(path).keep([new()])
    make(path, plaintext=True).begin({SLOT: "aaaaa"})
    assert header(path) == "$ANSIBLE_VAULT;1.1;AES256"


def test_an_empty_file_is_encrypted(path: Path) -> None:
    path.touch()
    make(path).keep([new()])
    assert header(path) == "$ANSIBLE_VAULT;1.1;AES256"


def test_mode_is_kept(path: Path) -> None:
    lay(path, "a: 1\n")
    path.chmod(0o640)
    make(path).keep([new()])
    assert path.stat().st_mode & 0o777 == 0o640


def test_an_owner_that_cannot_be_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fchown(_descriptor: int, _uid: int, _gid: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    make(path).keep([new()])
    before = path.read_bytes()
    monkeypatch.setattr(os, "fchown", fchown)
    real = os.fstat
    monkeypatch.setattr(os, "fstat", lambda descriptor: _Other(real(descriptor)))
    with pytest.raises(StoreError, match="belongs to another user or group"):
        make(path).begin({SLOT: "aaaaa"})
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["tokens.yml"]


class _Other:
    """The status of a file, of another owner."""

    st_uid = st_gid = 12345678

    def __init__(self, found: os.stat_result) -> None:
        self._found = found

    def __getattr__(self, name: str) -> object:
        return getattr(self._found, name)


def test_a_backup_is_the_file_as_it_was(path: Path) -> None:
    make(path).keep([new()])
    before = path.read_bytes()
    store = make(path, backup=True)
    store.begin({SLOT: "aaaaa"})
    store.keep([new(secret="test-another")])
    assert store.backup_file
    assert re.fullmatch(rf"tokens\.yml\.{os.getpid()}\.\d{{4}}-\d\d-\d\d@\d\d:\d\d:\d\d~", Path(store.backup_file).name)
    assert Path(store.backup_file).read_bytes() == before
    assert len(list(path.parent.iterdir())) == 2


@pytest.mark.parametrize("call", ["write", "fsync", "fchmod"])
def test_a_full_disk(path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def full(*_args: object) -> t.NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    make(path).keep([new()])
    before = path.read_bytes()
    monkeypatch.setattr(os, call, full)
    with pytest.raises(StoreError, match=f"The store {path} can't be used: No space left on device"):
        make(path).begin({SLOT: "aaaaa"})
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["tokens.yml"]
    assert make(path).read(SLOT) == new()


def test_no_locks_is_a_warning(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    warnings: list[str] = []
    monkeypatch.setattr(fcntl, "flock", flock)
    make(path, warn=warnings.append).keep([new()])
    assert len(warnings) == 1
    assert make(path).read(SLOT) == new()


def test_somebody_who_does_not_let_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_vaultfile, "LOCK_SECONDS", 0)
    with _vaultfile.locked(path, refuse), pytest.raises(StoreError, match="kept its directory locked for 0 s"):
        make(path).keep([new()])


def test_vault_does_not_work(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def encrypt(*_args: object, **_more: object) -> t.NoReturn:
        raise AnsibleError("no cryptography library.")

    monkeypatch.setattr(VaultLib, "encrypt", encrypt)
    with pytest.raises(StoreError, match=f"The store {path} can't be encrypted: no cryptography library."):
        make(path).begin({SLOT: "aaaaa"})
    assert not path.exists()


def test_secrets_do_not_show(path: Path) -> None:
    store = make(path)
    store.keep([new()])
    # Where there is no number that tells versions apart, the entry itself is one.
    versions = FileBackend(path, vault_of("default"), warn=refuse).read(["roads"])
    assert versions["roads"].version["token"] == SECRET
    shown = repr((store, store.entries(), store.read(SLOT), _store._READ, vars(store), versions))
    assert SECRET not in shown
    assert "password" not in shown


def in_fork(work: t.Callable[[], object]) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    return process


def test_processes_do_not_lose_each_others_entries(path: Path) -> None:
    def work(worker: int) -> None:
        for number in range(5):
            slot = StoredSlot(f"{worker}-{number}", "default", API)
            make(path).begin({slot: "aaaaa"})
            make(path).keep([new(slot)])

    workers = [in_fork(lambda worker=worker: work(worker)) for worker in range(3)]  # type: ignore[misc]  # the default binds
    for worker in workers:
        worker.join(PATIENCE)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    entries = make(path).entries()
    assert len(entries) == 15
    assert all(entry.id and not entry.pending for entry in entries.values())
    assert [each.name for each in path.parent.iterdir()] == ["tokens.yml"]


def test_what_another_process_wrote_is_seen(path: Path) -> None:
    other, vault = StoredSlot("rivers", "default", API), vault_of("default")
    make(path, vault=vault).keep([new()])
    writer = in_fork(lambda: make(path).keep([new(other)]))
    writer.join(PATIENCE)
    assert make(path, vault=vault).read(other) == new(other)
    writer = in_fork(lambda: make(path).forget([other]))
    writer.join(PATIENCE)
    make(path, vault=vault).begin({SLOT: "aaaaa"})
    assert make(path, vault=vault).entries() == {"roads": new(pending=("aaaaa",))}


@pytest.mark.parametrize("moment", ["fsync", "rename"])
def test_a_kill_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def die(*_args: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    make(path).keep([new()])
    before = path.read_bytes()
    monkeypatch.setattr(*((os, "fsync", die) if moment == "fsync" else (Path, "rename", die)))
    killed = in_fork(lambda: make(path).begin({SLOT: "aaaaa"}))
    killed.join(PATIENCE)
    monkeypatch.undo()
    assert killed.exitcode == -signal.SIGKILL
    assert path.read_bytes() == before
    assert len(list(path.parent.iterdir())) == 2
    make(path).begin({SLOT: "bbbbb"})
    assert make(path).read(SLOT) == new(pending=("bbbbb",))
    assert [each.name for each in path.parent.iterdir()] == ["tokens.yml"]


@pytest.mark.parametrize(
    ("backup", "plaintext", "size"),
    # The text, an entry, and room for both files; a vault is longer.
    [(False, True, 22 + 4096), (True, True, 2 * (22 + 4096)), (False, False, 5 * 22 + 4096)],
)
def test_a_rehearsal_writes_as_much_as_a_write_may(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, backup: bool, plaintext: bool, size: int
) -> None:
    text = "a: a text of 22 bytes\n"
    path.write_bytes(text.encode() if plaintext else vault_of("default").encrypt(text))
    sizes: list[int] = []
    monkeypatch.setattr(
        "ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.vault_file.rehearse",
        lambda _path, size, **_more: sizes.append(size),
    )
    make(path, backup=backup, plaintext=plaintext).rehearse([SLOT.description])
    assert sizes == [size]


@pytest.mark.parametrize(
    ("plaintext", "mode", "kept"), [(True, 0o644, 0o600), (False, 0o640, 0o640)], ids=["plain text", "vault"]
)
def test_a_rehearsal_sets_the_mode_that_a_write_sets(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, plaintext: bool, mode: int, kept: int
) -> None:
    """Some file systems refuse some of them."""
    make(path, plaintext=plaintext).begin({SLOT: "aaaaa"})
    path.chmod(mode)
    modes: list[int] = []
    monkeypatch.setattr(os, "fchmod", lambda _descriptor, mode: modes.append(mode))
    make(path, plaintext=plaintext).rehearse([SLOT.description])
    make(path, plaintext=plaintext).keep([new()])
    assert modes == [kept, kept]


def test_of_several_changes_those_are_made_that_are_in_place_of_what_was_read(path: Path) -> None:
    def raw(token_id: str) -> dict[str, str]:
        return {"owner": "default", "api_url": API, "id": token_id, "token": f"test-{token_id}"}

    backend = FileBackend(path, vault_of("default"), warn=refuse)
    one, two = raw("one"), raw("two")
    first = backend.write({"a": Versioned(one), "b": Versioned(one), "c": Versioned(one)})
    assert first == {name: Versioned(one, one) for name in "abc"}
    changes = {
        "a": Versioned(two, two),
        "b": Versioned(two, one),
        "c": Versioned(None, one),
        "d": Versioned(None, one),
        "e": Versioned(two, None),
        "f": Versioned(None, None),
    }
    written = backend.write(changes)
    conflicts = [name for name, answer in written.items() if isinstance(answer, Conflict)]
    assert conflicts == ["a", "d"]
    assert {name: answer for name, answer in written.items() if name not in conflicts} == {
        **dict.fromkeys("be", Versioned(two, two)),
        **dict.fromkeys("cf", Versioned(None, None)),
    }
    assert list(backend.names()) == ["a", "b", "e"]
    assert backend.read("abcdef") == {
        "a": Versioned(one, one),
        **dict.fromkeys("be", Versioned(two, two)),
        **dict.fromkeys("cdf", Versioned(None, None)),
    }
    assert FileBackend(path, vault_of("default"), warn=refuse).read("b") == {"b": Versioned(two, two)}


def test_a_file_that_was_mounted_meanwhile(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_arguments: object) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    make(path).keep([new()])
    before = path.read_bytes()
    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(StoreError, match="is mounted as a single file, so it can't be replaced: mount its directory"):
        make(path).keep([new(secret="test-another")])
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["tokens.yml"]
