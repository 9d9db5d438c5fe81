"""A TLS front for a service on loopback: it ends TLS and forwards the bytes, `Host` unchanged."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from ssl import SSLContext

from anyio import (
    BrokenResourceError,
    CancelScope,
    ClosedResourceError,
    EndOfStream,
    connect_tcp,
    create_task_group,
    create_tcp_listener,
)
from anyio.abc import ByteStream, SocketAttribute
from anyio.from_thread import start_blocking_portal
from anyio.streams.tls import TLSListener

from tests.service import HOST


@contextmanager
def tls_front(context: SSLContext, service_port: int) -> Generator[int]:
    """Listen on a free loopback port, which is given, until the end of the block."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_front(context, service_port)) as port,
    ):
        yield port


@asynccontextmanager
async def _front(context: SSLContext, service_port: int) -> AsyncGenerator[int]:
    async def serve(client: ByteStream) -> None:
        async with (
            client,
            await connect_tcp(HOST, service_port) as service,
            create_task_group() as both,
        ):
            both.start_soon(_forward, client, service, both.cancel_scope)
            both.start_soon(_forward, service, client, both.cancel_scope)

    tcp = await create_tcp_listener(local_host=HOST)
    async with (
        TLSListener(tcp, context, standard_compatible=False) as tls,
        create_task_group() as group,
    ):
        group.start_soon(tls.serve, serve)
        yield tcp.extra(SocketAttribute.local_port)  # noqa: S610 - because this is no Django query
        group.cancel_scope.cancel()


async def _forward(source: ByteStream, target: ByteStream, both: CancelScope) -> None:
    """Copy until either side is gone, then let go of both: HTTP needs no half-closed connection."""
    try:
        while True:
            await target.send(await source.receive())
    except (EndOfStream, BrokenResourceError, ClosedResourceError):
        both.cancel()
