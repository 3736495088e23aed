"""The Starlette application: `uvicorn app.main:create_app --factory`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from app.endpoint import Endpoint
from app.errors import Errors
from app.events import post_event
from app.health import livez, readyz
from app.readiness import Readiness
from app.state import AppState, LifespanState
from app.traces import Traced
from app.webhooks import post_polar
from sync.cancellation import cancel_and_wait
from sync.garbage_collector import startup_objects_frozen
from sync.hashing import Hasher
from sync.inbox.group_commit import Inbox
from sync.logs import log_unhandled, place_of
from sync.settings import Settings, extra
from sync.signatures import Verifier, sender_of
from sync.store.database import Database
from sync.store.hash_key import check_hash_key
from sync.worker.loop import Worker

_log = logging.getLogger(__name__)

_SHUTDOWN_SECONDS = 10.0
_RESTART_SECONDS = 2.0
"""Before a worker that stopped is started again."""


def create_app(settings: Settings | None = None) -> Starlette:
    """The application. Without `settings`, they are read from the environment and `.env`.

    It does not start (the lifespan raises) on a database that is out of reach or not migrated, or
    with another HASH_KEY than the database's.

    Raises:
        SettingsError: a variable is missing or unusable.
    """
    chosen = Settings.load() if settings is None else settings

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[LifespanState]:
        async with _running(chosen) as state:
            yield {"app": state}

    app = _kind_of_app(chosen)(
        routes=[
            Route("/webhooks/polar", Endpoint(post_polar), methods=["POST"]),
            Route("/events", Endpoint(post_event), methods=["POST"]),
            Route("/livez", livez),
            Route("/readyz", readyz),
            *_routes_of_keys(chosen),
            *_routes_of_api(chosen),
            *_routes_of_console(chosen),
            *_routes_of_metrics(chosen),
        ],
        lifespan=lifespan,
    )
    # To a sender of webhooks a redirect is a failure: a wrong path had better say so.
    app.router.redirect_slashes = False
    return app


def _kind_of_app(settings: Settings) -> type[Starlette]:
    if not settings.traces:
        return _App
    with extra("otel", "TRACES"):
        import sync.traces.tracing  # noqa: F401 - the lifespan does: too late to say what is missing
    return _TracedApp


def _routes_of_keys(settings: Settings) -> list[BaseRoute]:
    if not settings.receipt_key:
        return []
    from app.keys import routes

    return routes(settings)


def _routes_of_api(settings: Settings) -> list[BaseRoute]:
    if not settings.api_tokens:
        return []
    from app.api import routes

    return routes(settings)


def _routes_of_console(settings: Settings) -> list[BaseRoute]:
    if settings.console_token is None:
        return []
    with extra("console", "CONSOLE_TOKEN"):
        from app.console.routes import routes
    return routes(settings)


def _routes_of_metrics(settings: Settings) -> list[BaseRoute]:
    if not settings.counts:
        return []
    with extra("metrics", "METRICS" if settings.metrics else "METRICS_TOKEN"):
        from app.metrics import routes
    return routes(settings)


class _App(Starlette):
    def build_middleware_stack(self) -> ASGIApp:
        return Errors(self.router)


class _TracedApp(_App):
    def build_middleware_stack(self) -> ASGIApp:
        return Traced(super().build_middleware_stack(), self.routes)


@contextlib.asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[AppState]:
    """Everything that runs beside the requests, started and stopped in order."""
    database = Database(settings.database_url.get_secret_value())
    hasher = Hasher(settings.hash_key)
    stop = asyncio.Event()
    tasks: dict[str, asyncio.Task[None]] = {}
    cleanup = contextlib.AsyncExitStack()
    asyncio.get_running_loop().set_exception_handler(log_unhandled)
    try:
        await database.check_schema()
        await check_hash_key(database, hasher)
        if settings.traces:
            from sync.traces.tracing import tracing

            database.watched_by((await cleanup.enter_async_context(tracing())).statements_of)
        previews = signer = None
        if settings.api_tokens or settings.console_token:
            from sync.receipts import signer_of

            signer = signer_of(settings)
        if settings.api_tokens:
            from app.api import previewing

            previews = await cleanup.enter_async_context(previewing(database, settings))
        if settings.counts:
            from sync.intake.counted_types import COUNTED_TYPES
            from sync.metrics.recording import recording

            await cleanup.enter_async_context(recording(database, COUNTED_TYPES))
        worker = Worker(database, settings) if settings.worker == "embedded" else None
        inbox = Inbox(database, on_commit=worker.wake if worker else None)
        tasks["inbox"] = asyncio.create_task(inbox.run(), name="inbox")
        if worker:
            tasks["worker"] = asyncio.create_task(_keep_running(worker, stop), name="worker")
        for task in tasks.values():
            task.add_done_callback(lambda task: _report(task, stop))
        with startup_objects_frozen():
            yield AppState(
                settings=settings,
                database=database,
                hasher=hasher,
                inbox=inbox,
                event_sender=sender_of(settings.signed_as, settings.event_secrets),
                polar_verifier=Verifier.for_polar(settings.polar_webhook_secrets),
                readiness=Readiness(database, settings, tasks, worker),
                tasks=tasks,
                previews=previews,
                signer=signer,
            )
    finally:
        stop.set()
        if "worker" in tasks:
            await asyncio.wait({tasks["worker"]}, timeout=_SHUTDOWN_SECONDS)
        await cancel_and_wait(tasks.values())
        await cleanup.aclose()
        await database.close()


async def _keep_running(worker: Worker, stop: asyncio.Event) -> None:
    """Have the worker run until `stop` is set; one that ends before is started again, since
    nothing that is accepted would be worked on without it."""
    while not stop.is_set():
        try:
            await worker.run(stop)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next one may not meet it
            _log.critical(
                "the worker stopped unexpectedly; it is started again in %g s: %s",
                _RESTART_SECONDS,
                place_of(error),
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_RESTART_SECONDS):
                    await stop.wait()


def _report(task: asyncio.Task[None], stop: asyncio.Event) -> None:
    """A background task that ends before the process does is an error, however it ended."""
    error = None if task.cancelled() else task.exception()
    if error is not None or not stop.is_set():
        _log.critical(
            "the %s task stopped; restart the process%s",
            task.get_name(),
            f"; {place_of(error)}" if error is not None else "",
        )
