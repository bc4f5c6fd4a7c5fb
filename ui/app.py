"""The web server, top to bottom: settings in, a page on an address out.

FastAPI with its guards -> the pages of Gradio mounted behind them -> uvicorn, and beside it the
watcher that keeps the index in step with the notes
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
import warnings
from typing import TYPE_CHECKING

from assistant.accounts import Role
from assistant.build import Parts, build
from assistant.errors import AddressTaken, TightropeError
from assistant.ingest import Report
from assistant.logs import keep_libraries_quiet
from assistant.ports import Progress
from assistant.privacy import daily
from assistant.settings import ServerSettings, Settings
from assistant.watching import sentence, watch

if TYPE_CHECKING:
    from types import FrameType

    from fastapi import FastAPI
    from gradio import Blocks

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio is imported: it asks at import
CONCURRENT = 20
WAITING = 60
"""Events of all people that wait; what one of them may have open is bounded in `open_events`."""
ROLE_OF_PAGE = {"studio": Role.COACH, "accounts": Role.ADMIN}
"""Its handlers ask for themselves; this holds where one of them would forget."""
LOOK_FOR_ERASED = 60.0
"""Seconds between two looks at whom an operator erased at the command line."""


def serve(settings: Settings, progress: Progress | None = None) -> None:
    """Serve the page until stopped, and keep the index in step with the notes meanwhile.

    The page is there first: to load it takes as long as to build the index, and whoever asks
    before the first index is there waits for it.

    Raises `SettingsError` where a door would stay open, and `AddressTaken` where another program
    has the port, before anything else is done; and what kept the first index from being built.
    """
    import uvicorn

    from ui.signin import check_signin

    keep_libraries_quiet()
    check_signin(settings)
    listener = _listener(settings.server)
    parts = build(settings)
    app = create_app(parts)
    forgetting = (lambda: parts.forget_old(time.time()), threading.Event())
    threading.Thread(target=daily, args=forgetting, name="forget-old", daemon=True).start()
    erased = (parts.forget_erased, threading.Event(), LOOK_FOR_ERASED)
    threading.Thread(target=daily, args=erased, name="forget-erased", daemon=True).start()
    print(f"Tightrope is at {_address(settings.server)} (stop it with Ctrl+C)", flush=True)  # noqa: T201
    config = uvicorn.Config(
        app,
        log_level="warning",
        log_config=None,  # its own would print what an exception quotes
        server_header=False,
        proxy_headers=False,
    )
    stop, failed = threading.Event(), list[TightropeError]()

    class Server(uvicorn.Server):
        """Ends the run of the first index before it waits for those who wait for that."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            stop.set()
            super().handle_exit(sig, frame)

    server = Server(config)

    def tell(told: Report | TightropeError) -> None:
        if isinstance(told, TightropeError) and not parts.coach.has_index():
            failed.append(told)
            server.should_exit = True
        else:
            print(sentence(told), flush=True)  # noqa: T201

    parts.settled.clear()
    following = (parts, stop, tell, progress)
    watcher = threading.Thread(target=watch, args=following, name="watch-notes", daemon=True)
    watcher.start()
    try:
        server.run(sockets=[listener])
    finally:
        stop.set()
        watcher.join(timeout=5)
    if failed:
        raise failed[0]


def create_app(parts: Parts, look_again: float = 15.0) -> FastAPI:
    """The whole web application, ready to be served.

    `look_again` is how many seconds an open stream outlives its login at the most.
    Raises `SettingsError` where the way of signing in would leave a door open.
    """

    async def made() -> FastAPI:
        return _app(parts, look_again)

    # Outside a running loop Gradio opens one for each of its locks and never closes it.
    return asyncio.run(made())


def _app(parts: Parts, look_again: float) -> FastAPI:
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware import Middleware

    from ui.api import add_api
    from ui.doors import Door, SignedIn, account_of
    from ui.guards import Limits, OwnAddress, SafeHeaders
    from ui.imports import Imports, add_imports
    from ui.keys import OwnKeys
    from ui.pages import build_pages
    from ui.signin import add_signin, check_signin
    from ui.theme import head, theme

    settings = parts.settings
    check_signin(settings)
    uploads = settings.data.resolve() / "uploads"  # else a folder that all of the machine shares
    uploads.mkdir(mode=0o700, exist_ok=True)
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    door = Door(parts)
    imports = Imports()
    pages = build_pages(parts, imports)
    pages.queue(default_concurrency_limit=CONCURRENT, max_size=WAITING)
    # Gradio checks the paths of files that a browser names only once a page "has launched", which
    # mounting does not say: without this any visitor could read any file of the server.
    pages.has_launched = True
    guards = [
        Middleware(SafeHeaders, https=door.secure),
        Middleware(Limits),
        Middleware(OwnAddress, settings=settings),
        Middleware(SignedIn, door=door, pages=page_names(pages), look_again=look_again),
        Middleware(OwnKeys, handlers=handler_roles(pages), queue=pages._queue),
    ]
    app = FastAPI(
        title="Tightrope", docs_url=None, redoc_url=None, openapi_url=None, middleware=guards
    )
    add_signin(app, parts, door)
    add_api(app, parts)
    add_imports(app, parts, imports)
    with warnings.catch_warnings():  # Gradio warns of a mode that is off
        warnings.filterwarnings("ignore", message="SSR mode is not supported")
        mounted: FastAPI = gr.mount_gradio_app(
            app,
            pages,
            path="/",
            auth_dependency=lambda request: account_of(request).id,
            footer_links=[],
            run_history=False,
            app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
            allowed_paths=[],
            show_error=False,
            max_file_size="20mb",
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            theme=theme(),
            head=head(),
        )
    return mounted


def handler_roles(pages: Blocks) -> dict[int, Role | None]:
    """Every handler of a page, and the role that its whole page asks for, where it does."""
    return {number: ROLE_OF_PAGE.get(handler.page) for number, handler in pages.fns.items()}


def page_names(pages: Blocks) -> tuple[str, ...]:
    """The names of the pages, as they stand in the address."""
    return tuple(str(page[0]) for page in pages.pages)


def _listener(server: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((server.host, server.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise AddressTaken(
            f"{server.host}:{server.port} cannot be used ({error.strerror}). Stop what listens "
            f"there, or choose another port: tightrope serve --port {server.port + 1}."
        ) from error
    return listener


def _address(server: ServerSettings) -> str:
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"http://{host}:{server.port}"
