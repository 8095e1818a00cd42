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
    for command in ("check", "report"):
        extra = [file]
        if command == "report":
            extra += ["--output", str(tmp_path / "r.html")]
        said = refusal(capsys, command, model, *extra)
        assert "is for least squares, and this is a Poisson regression" in said


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
