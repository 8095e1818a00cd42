"""The PNG: drawn without touching the caller's pyplot."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from leastwise._kit import optional
from leastwise._kit.errors import MissingDependency, RequestError
from leastwise.report.page import PageRecord
from leastwise.report.picture import save_picture
from tests.helpers.page_record import article_points, article_record, hostile_record


def size(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def test_draws_a_png_and_the_same_bytes_again(tmp_path: Path) -> None:
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    save_picture(article_record(), one, dots_per_inch=80)
    save_picture(article_record(), str(two), dots_per_inch=80)
    assert size(one) == (880, 384)
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("make", ["hostile", "dollars", "bare", "many rows"])
def test_draws_what_is_there(tmp_path: Path, make: str) -> None:
    points = article_points(50)
    record = {
        "hostile": hostile_record,
        "dollars": lambda: article_record(replace(points, x_name="$x^{", y_name="a$")),
        "bare": lambda: PageRecord("bare", "y ~ x", "y = 1", points),
        "many rows": lambda: article_record(article_points(5000)),
    }[make]()
    path = tmp_path / "a.png"
    save_picture(record, path, dots_per_inch=50)
    assert size(path)[0] == 550


def test_leaves_pyplot_alone(tmp_path: Path) -> None:
    code = (
        "import sys; from tests.helpers.page_record import article_record\n"
        "from leastwise.report.picture import save_picture\n"
        "assert 'matplotlib' not in sys.modules\n"
        f"save_picture(article_record(), {str(tmp_path / 'a.png')!r})\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    paths = [str(Path(__file__).parents[3] / part) for part in ("src", ".")]
    code = f"import sys; sys.path[:0] = {paths!r}\n{code}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optional, "installed", lambda library: False)
    with pytest.raises(MissingDependency, match="a picture needs matplotlib"):
        save_picture(article_record(), tmp_path / "a.png")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "a.png"
    with pytest.raises(RequestError, match="cannot be written"):
        save_picture(article_record(), path)
