"""One request and its answer, which leaves in one piece.

An ASGI answer comes in two messages. Nearly all of ours are whole with the second, so the head
waits for it: one write instead of two, and an application that fails between them can still say
so with a 500. What is not whole then goes the way that uvicorn has for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from tokenhouse.server.refusals import Refusal

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent, HTTPResponseBodyEvent, HTTPResponseStartEvent


class Cycle(RequestResponseCycle):
    """One request that the application answers."""

    _head: HTTPResponseStartEvent | None = None

    async def send(self, message: ASGISendEvent) -> None:
        """Take the head of the answer, or a part of its body."""
        if message["type"] == "http.response.start" and not self.response_started:
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None:
            if message["type"] == "http.response.body" and self._wrote(head, message):
                return
            await super().send(head)
        await super().send(message)

    def _wrote(self, head: HTTPResponseStartEvent, message: HTTPResponseBodyEvent) -> bool:
        """Write a whole answer; False where something about it is out of the common."""
        headers = [*self.default_headers, *head.get("headers", ())]
        body = message.get("body", b"")
        lines = [STATUS_LINE[head["status"]]]
        length = None
        for name, value in headers:
            if name == b"content-length":
                length = value
            lines += (name, b": ", value, b"\r\n")
        common = self.keep_alive and not self.disconnected and not self.flow.write_paused
        if not common or message.get("more_body") or self.scope["method"] == "HEAD":
            return False
        text = b"".join(lines)
        whole = text.count(b"\r") == text.count(b"\n") == len(headers) + 1 and b"\0" not in text
        if not whole or length != b"%d" % len(body):
            return False
        self.transport.write(b"".join((text, b"\r\n", body)))
        self.response_started = self.response_complete = True
        self.message_event.set()
        self.on_response()
        return True

    async def send_500_response(self) -> None:
        """Say in JSON too that the application failed; the log says why."""
        self._head = None
        self.keep_alive = False
        failed = Refusal(500, "Internal error.", "server_error")
        await self.send(
            {"type": "http.response.start", "status": failed.status, "headers": failed.headers}
        )
        await self.send({"type": "http.response.body", "body": failed.body, "more_body": False})
