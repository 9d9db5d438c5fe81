"""A thread that keeps something current for as long as that is in use."""

import threading
import weakref
from collections.abc import Callable


class Follower:
    """Calls a method every few seconds until its object is gone or `stop` is called.

    A thread does not survive a fork: `is_alive` is then false, and whoever uses it makes another.
    """

    def __init__(self, work: Callable[[], None], every: float) -> None:
        """Take a bound method and seconds; begins at once."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=_follow,
            args=(weakref.WeakMethod(work), every, self._stopped),
            name="tokenhouse_sdk",
            daemon=True,
        )
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still works in this process."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it, waiting for what it is about."""
        self._stopped.set()
        self._thread.join()


def _follow(
    work: weakref.WeakMethod[Callable[[], None]], every: float, stopped: threading.Event
) -> None:
    while not stopped.wait(every):
        if (method := work()) is None:
            return
        method()
        del method
