# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes new tokens back if a task ends before its result with their secrets is on its way (law 9).

What ends a task: any exception, those of the keyword C(timeout) included, a signal that ends the process, and a parent
process that is gone. See docs/design.md, "Ended tasks".
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import typing as t

from .._account.account import Account

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Ended(BaseException):
    """The process has to end. A BaseException, so that no C(except Exception) goes on with the task."""


@contextlib.contextmanager
def handing_over(account: Account) -> t.Iterator[None]:
    """Around a task, up to the moment at which its result is on its way."""
    with _EndingSignals() as signals:
        try:
            yield
            if account.unsaved and _is_orphan():
                raise Ended("the run of Ansible that this task belongs to is over")
            account.settle(account.unsaved)
        except BaseException:
            signals.hold()
            account.take_back()
            account.forget()
            raise


def _is_orphan() -> bool:
    """Whether this is a fork of Ansible whose parent is gone. With ansible-core 2.16, forks outlive a parent that is ended."""
    parent = multiprocessing.parent_process()
    return parent is not None and parent.pid != os.getppid()


class _EndingSignals:
    """While entered, the first signal that would end this process raises Ended. On exit it is sent again, for the handler before."""

    def __init__(self) -> None:
        self._handlers: dict[int, t.Any] = {}
        self._received: int | None = None
        self._held: set[t.Any] | None = None

    def __enter__(self) -> _EndingSignals:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                handler = signal.getsignal(number)
                # Who ignores a signal, as nohup does, goes on ignoring it.
                if handler not in (signal.SIG_IGN, None):
                    self._handlers[number] = signal.signal(number, self._receive)
        return self

    def _receive(self, number: int, _frame: object) -> None:
        first, self._received = self._received is None, self._received or number
        if first and self._held is None:
            raise Ended(signal.Signals(number).name)

    def hold(self) -> None:
        """From now on nothing raises here, the alarm of the keyword C(timeout) included."""
        self._held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})

    def __exit__(self, *_details: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._received is not None:
            os.kill(os.getpid(), self._received)
        if self._held is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._held)
