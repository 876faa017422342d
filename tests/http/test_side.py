"""The HTTP side beside the callbacks: the page after paying, health, readiness and metrics."""

from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.app import Sandbox
from handlers.app import Application
from tests.app import (
    origin_of,
    running_app,
    settings_for,
)
from tests.http.outage import own_database


def at(app: Application, path: str) -> str:
    return f"http://127.0.0.1:{app.http_port}{path}"


@pytest.mark.parametrize(
    ("accepts", "language", "said"),
    [
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru", "Спасибо"),
        ("en-GB", "en", "Thank you!"),
        ("", "ru", "Спасибо"),
        ("de", None, None),
        ("<script>alert(1)</script>", None, None),
    ],
)
async def test_the_payer_returns_to_a_page_that_leads_back(
    app: Application, http: aiohttp.ClientSession, accepts: str, language: str | None, said: str | None
) -> None:
    async with http.get(at(app, "/paid"), headers={"Accept-Language": accepts}) as response:
        page = await response.text()
    assert (response.status, response.content_type, response.charset) == (200, "text/html", "utf-8")
    assert f'href="https://t.me/{app.context.username}?start=paid"' in page
    assert app.context.username
    assert "<script" not in page
    if language is not None and said is not None:
        assert f'<html lang="{language}">' in page
        assert said in page


async def test_alive_ready_and_measured(app: Application, http: aiohttp.ClientSession) -> None:
    for path in ("/healthz", "/readyz"):
        async with http.get(at(app, path)) as response:
            assert (response.status, await response.text()) == (200, "ok")
    async with http.get(at(app, "/metrics")) as response:
        lines = (await response.text()).splitlines()
    assert response.status == 200
    assert response.content_type == "text/plain"
    assert any(line.startswith("# HELP lessongate_") for line in lines)


async def test_other_paths_and_methods(app: Application, http: aiohttp.ClientSession) -> None:
    async with http.get(at(app, "/yookassa/webhook")) as response:
        assert response.status == 405
    async with http.get(at(app, "/.env")) as response:
        assert response.status == 404
    async with http.post(at(app, "/telegram/webhook"), json={"update_id": 1}) as response:
        assert response.status == 404  # this school polls


@pytest.mark.errors_expected("pgqueuer calls the loss of its listener an error")
async def test_without_the_database_it_is_alive_but_not_ready(
    http: aiohttp.ClientSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    async with (
        own_database(tmp_path) as dsn,
        running_app(settings_for(origin_of(sandbox)), dsn.dsn) as app,
    ):
        await dsn.stop()
        seen = {}
        for path in ("/healthz", "/readyz", "/metrics", "/paid"):
            async with http.get(at(app, path)) as response:
                seen[path] = response.status
        assert seen == {"/healthz": 200, "/readyz": 503, "/metrics": 200, "/paid": 200}
        async with http.post(at(app, "/unsubscribe/" + "x" * 32)) as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "3")
        async with http.get(at(app, "/certificate/K7M2-9QXD-4TRH")) as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "3")
        await dsn.start()
        async with http.get(at(app, "/readyz")) as response:
            assert response.status == 200
