"""The web server, top to bottom: settings in, a page on an address out.

ingest -> FastAPI with its guards -> the pages of Gradio mounted behind them -> uvicorn
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from assistant.build import Parts, build
from assistant.errors import AddressTaken
from assistant.ports import Progress
from assistant.settings import ServerSettings, Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio is imported: it asks at import
CONCURRENT = 20
WAITING = 60


def serve(settings: Settings, progress: Progress | None = None) -> None:
    """Bring the index in step with the notes and serve the page until stopped.

    Raises `AddressTaken` before anything else is done where another program has the port.
    """
    import uvicorn

    listener = _listener(settings.server)
    parts = build(settings)
    report = parts.ingest(progress)
    app = create_app(parts)
    print(f"{report.notes} notes, {report.passages} passages.")  # noqa: T201
    print(f"Tightrope is at {_address(settings.server)} (stop it with Ctrl+C)")  # noqa: T201
    config = uvicorn.Config(app, log_level="warning", server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


def create_app(parts: Parts) -> FastAPI:
    """The whole web application, ready to be served."""
    import gradio as gr
    from fastapi import FastAPI

    from ui.guards import guard
    from ui.pages import build_pages
    from ui.theme import STYLE, theme

    app = FastAPI(title="Tightrope", docs_url=None, redoc_url=None, openapi_url=None)
    guard(app, parts.settings)
    pages = build_pages(parts)
    pages.queue(default_concurrency_limit=CONCURRENT, max_size=WAITING)
    # Gradio checks the paths of files that a browser names only once a page "has launched", which
    # mounting does not say: without this any visitor could read any file of the server.
    pages.has_launched = True
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        pages,
        path="/",
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
        css_paths=[STYLE],
    )
    return mounted


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
