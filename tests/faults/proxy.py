"""A TCP proxy between the service and its database: it can be slow, a black hole, or reset all.

Owns: one listening port and the connections through it, on a thread of its own.
"""

import asyncio
import socket
import struct
import threading
from contextlib import suppress
from typing import Self

from tests.service import HOST, free_port

ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset, at once


class Proxy:
    """Passes everything on, until told otherwise."""

    def __init__(self, target: int) -> None:
        """Stand before the port `target`; nothing listens yet."""
        self.port = free_port()
        self.delay = 0.0  # seconds for each piece that is passed on
        self.swallows = False  # accepts, keeps what it gets, and passes nothing on
        self.refuses = False  # resets whoever connects
        self._target, self._loop = target, asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(self._accept, HOST, self.port)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> None:
        """Reset all connections that there are."""
        self._loop.call_soon_threadsafe(self._reset)

    def _reset(self) -> None:
        for writer in self._writers:
            taken: socket.socket | None = writer.get_extra_info("socket")
            if taken is not None:
                with suppress(OSError):
                    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if self.refuses:
            self._reset()
        try:
            there, other = await asyncio.open_connection(HOST, self._target)
        except OSError:  # the database is down
            self._writers.discard(writer)
            writer.close()
            return
        self._writers.add(other)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._pass_on(reader, other))
            both.create_task(self._pass_on(there, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                await asyncio.sleep(self.delay)
                while self.swallows:  # noqa: ASYNC110 - an event would belong to the other thread
                    await asyncio.sleep(0.02)
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass  # one side has gone, and so does the other
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _end(self) -> None:
        self.swallows = False
        self._server.close()
        self._reset()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
