"""``leastwise fit`` with another loss than squares, and what reads its models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import leastwise as lw
from leastwise.cli.app import main


@pytest.fixture
def file(tmp_path: Path) -> str:
    make = np.random.default_rng(2)
    x = make.uniform(0, 3, 60)
    k = make.poisson(np.exp(0.2 + 0.5 * x))
    b = (make.random(60) < 0.5).astype(int)
    lines = ["x,k,b,t"] + [
        f"{float(one)!r},{two},{three},{1 + i % 3}"
        for i, (one, two, three) in enumerate(zip(x, k, b, strict=True))
    ]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 2
    return capsys.readouterr().err


def test_a_family_is_what_glm_fits(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = answer(capsys, "fit", "k ~ x", file, "--family", "poisson", "--json")
    right = lw.glm("k ~ x", file, family="poisson").record().to_json()
    assert json.loads(text) == json.loads(json.dumps(right))


def test_link_offset_weights_and_covariance_are_handed_on(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--family", "binomial", "--link", "probit", "--offset", "x"]
    words += ["--weights", "t", "--cov", "HC0", "--json"]
    found = json.loads(answer(capsys, "fit", "b ~ x", file, *words))
    right = lw.glm(
        "b ~ x", file, family="binomial:probit", offset="x", weights="t", cov="HC0"
    )
    assert [row["estimate"] for row in found["coefficients"]] == list(right.coef.array)
    assert found["covariance_kind"]["name"] == "HC0"


def test_a_robust_loss_is_what_robust_fits(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = answer(capsys, "fit", "k ~ x", file, "--loss", "huber:1.5", "--json")
    right = lw.robust("k ~ x", file, loss=lw.loss.Huber(1.5))
    rows = json.loads(text)["coefficients"]
    assert [row["estimate"] for row in rows] == list(right.coef.array)


@pytest.mark.parametrize("form", ["text", "markdown", "latex", "html"])
def test_every_form_names_the_coefficients(
    file: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--family", "poisson", "--form", form]
    text = answer(capsys, "fit", "k ~ x", file, *words)
    assert "Intercept" in text and "Poisson" in text


def test_a_saved_model_predicts(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(tmp_path / "m.json")
    answer(capsys, "fit", "k ~ x", file, "--family", "poisson", "--save", model)
    text = answer(capsys, "predict", model, file, "--interval", "confidence")
    right = lw.glm("k ~ x", file, family="poisson").predict(file)
    head, *lines = text.splitlines()
    assert head == "fit,std_error,low,high"
    assert [float(line.split(",")[0]) for line in lines] == list(right)
    said = refusal(capsys, "check", model, file)
    assert "is for least squares, and this is a Poisson regression" in said
    page = tmp_path / "r.html"
    answer(capsys, "report", model, "--output", str(page))
    # A saved fit has no rows: the page says what it cannot show.
    assert "No plots of rows" in page.read_text("utf-8")
    said = refusal(capsys, "report", model, file, "--output", str(page))
    assert "has no rows to look at again" in said


def test_a_page_and_checks_of_a_family(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "r.html"
    asked = ("k ~ x", file, "--family", "poisson")
    answer(capsys, "report", *asked, "--output", str(page))
    text = page.read_text("utf-8")
    assert "Poisson regression, log link" in text and "quantile residual" in text
    main(["check", *asked])
    assert "dispersion" in capsys.readouterr().out
    for command in ("report", "check"):
        said = refusal(capsys, command, "k ~ x", file, "--quantile", "0.1,0.9")
        assert "2 fits were asked for" in said
    said = refusal(capsys, "check", *asked, "--order", "x")
    assert "--order is for least squares" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--family", "poison"], "there is no family"),
        (["--family", "poisson", "--link", "probit"], "has no link"),
        (["--family", "poisson", "--exact"], "--exact is for least squares"),
        (["--family", "poisson", "--digits", "12"], "--digits is for least squares"),
        (["--loss", "hubert"], "there is no robust loss"),
        (["--loss", "huber", "--link", "log"], "--link goes with --family"),
        (["--loss", "huber", "--offset", "x"], "--offset goes with --family"),
        (["--link", "log"], "--link goes with --family"),
        (["--family", "poisson", "--offset", "nothing"], "there is no column"),
    ],
)
def test_what_cannot_be_is_said(
    file: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refusal(capsys, "fit", "k ~ x", file, *words)
