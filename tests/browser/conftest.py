"""A real Chromium, driven by Playwright, for the tests of the page.

Without Chromium these tests are deselected, except where somebody relies on
them: with CI set, or LEASTWISE_REQUIRE_BROWSER=1, they then fail.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever asked for a host would fail loudly, not slip through.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def chromium_path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def missing() -> str:
    """Say what is missing to run a browser; empty when nothing is."""
    wants = []
    if chromium_path() is None:
        wants.append("chromium (apt-get install chromium)")
    if importlib.util.find_spec("playwright") is None:
        wants.append("playwright (pip install playwright)")
    return " and ".join(wants)


def required() -> bool:
    ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    return ci or os.environ.get("LEASTWISE_REQUIRE_BROWSER") == "1"


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    here = Path(__file__).parent
    mine = [item for item in items if here in item.path.parents]
    for item in mine:
        item.add_marker("browser")
    if not mine or not missing() or required():
        return
    config.hook.pytest_deselected(items=mine)
    items[:] = [item for item in items if here not in item.path.parents]


@dataclass
class Opened:
    """An open page and everything it asked for or complained about."""

    page: Any
    url: str
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def check_quiet(self) -> None:
        """Hold that the page loaded itself only, and complained of nothing."""
        assert self.messages == []
        assert self.requests == [self.url]


Open = Callable[..., Opened]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if missing():
        pytest.fail(f"the browser tests are required and need {missing()}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=chromium_path(), args=list(ARGUMENTS)
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open HTML as a file, in a browser context of its own.

    ``clock=True`` puts the page's time in the hands of the test.
    """
    contexts = []

    def opened(html: str, *, clock: bool = False, **options: Any) -> Opened:
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        options.setdefault("viewport", {"width": 1200, "height": 900})
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        # A test that waits at all waits for something that is about to happen.
        page.set_default_timeout(10_000)
        result = Opened(page, path.as_uri())
        page.on("request", lambda request: result.requests.append(request.url))
        page.on("console", lambda message: result.messages.append(message.text))
        page.on("pageerror", lambda error: result.messages.append(str(error)))
        page.on("dialog", lambda dialog: result.messages.append(dialog.message))
        if clock:
            page.clock.install(time=0)
        page.goto(path.as_uri())
        if clock:
            page.clock.pause_at(1000)
        return result

    yield opened
    for context in contexts:
        context.close()
