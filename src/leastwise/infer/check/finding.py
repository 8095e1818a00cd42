"""What a check found, and what that means in words."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

ALPHA = 0.05


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes
    ----------
    name, about : str
        Its name; what it is about, such as "equal variance".
    statistic_name : str
        What the statistic is called.
    statistic : float
        Its value.
    df : tuple of float
        Degrees of freedom.
    p_value : float
        NaN where there is none.
    effect_name : str
        What says how much, whatever the number of rows.
    effect : float
        Its value.
    status : {"ok", "fails", "slight", "unclear", "none"}
        "slight": significant, but little. "unclear": too few rows to tell. "none": not
        computed.
    verdict, advice : str
        What that says, and what to do; the latter may be empty.
    header : tuple of str
        What the columns of `table` are.
    table : tuple of tuples
        Details, a name first.
    """

    name: str
    about: str
    statistic_name: str
    statistic: float
    df: tuple[float, ...]
    p_value: float
    effect_name: str
    effect: float
    status: str
    verdict: str
    advice: str = ""
    header: tuple[str, ...] = ()
    table: tuple[tuple[str | float, ...], ...] = ()


@dataclass(frozen=True)
class Words:
    """How a check speaks.

    Attributes
    ----------
    name, about, statistic, effect : str
        As in `Finding`.
    good, bad : str
        The verdicts.
    advice : str
        What to do when it is bad.
    """

    name: str
    about: str
    statistic: str
    effect: str
    good: str
    bad: str
    advice: str


@dataclass(frozen=True)
class Numbers:
    """What a check computed.

    Attributes
    ----------
    statistic, p_value : float
        As in `Finding`.
    df : tuple of float
        Degrees of freedom.
    effect : float
        How much it is.
    needed : float
        How much it would have to be to be significant at 5%.
    little, much : float
        Up to where it does not matter; what nobody would want to miss.
    """

    statistic: float
    p_value: float
    df: tuple[float, ...]
    effect: float
    needed: float
    little: float
    much: float
    header: tuple[str, ...] = field(default=())
    table: tuple[tuple[str | float, ...], ...] = field(default=())


def judge(words: Words, numbers: Numbers) -> Finding:
    """Say in words what numbers mean.

    Significant and more than `little` fails. Not significant says nothing where even
    `much` would not have been: the sample is too small to tell.

    Parameters
    ----------
    words : Words
        How the check speaks.
    numbers : Numbers
        What it found.
    """
    effect = f"{words.effect} is {numbers.effect:.2g}"
    advice = ""
    if np.isnan(numbers.p_value):
        return absent(words, "The statistic is 0/0 here")
    if numbers.p_value < ALPHA and numbers.effect < numbers.little:
        status = "slight"
        verdict = f"{words.bad}, but little: {effect}. So many rows show even that."
    elif numbers.p_value < ALPHA:
        status, advice = "fails", words.advice
        verdict = f"{words.bad}: {effect}."
    elif not numbers.needed <= numbers.much:
        status = "unclear"
        verdict = (
            f"Too few rows to tell: {effect}, and below {numbers.needed:.2g} it would "
            "not be noticed."
        )
    else:
        status, verdict = "ok", f"{words.good}: {effect}."
    return Finding(
        words.name, words.about, words.statistic, numbers.statistic, numbers.df,
        numbers.p_value, words.effect, numbers.effect, status, verdict, advice,
        numbers.header, numbers.table,
    )  # fmt: skip


def absent(words: Words, why: str) -> Finding:
    """Say why a check was not computed.

    Parameters
    ----------
    words : Words
        How the check speaks.
    why : str
        A sentence without its full stop.
    """
    nan = float("nan")
    return Finding(
        words.name, words.about, words.statistic, nan, (), nan, words.effect, nan,
        "none", f"Not computed: {why}.",
    )  # fmt: skip
