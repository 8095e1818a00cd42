"""A column that was to be numbers: which value is none, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from leastwise.rows.complain import mostly_numbers, not_a_number
from leastwise.rows.read import read_table
from tests.doors.rows_cases import write

ADVICE = {
    "1,234": "Remove the thousands separators, in pandas with "
    'pd.read_csv(..., thousands=",").',
    "-1,234,567.5": "Remove the thousands separators",
    "1 234": "Remove the thousands separators",
    "1_000": "Remove the thousands separators",
    "1,5": "Write decimal points in place of decimal commas",
    "1.234,5": "Write decimal points in place of decimal commas",
    "12%": "Remove the percent signs; 12% then is 12, or write 0.12.",
    "$12": "Remove the currency signs and any thousands separators.",
    "12.50 €": "Remove the currency signs and any thousands separators.",
    "EUR 12": "Remove the currency signs and any thousands separators.",
    "-": 'If "-" means that there is no value, leave the cell empty or write NA.',
    "missing": 'If "missing" means that there is no value, leave the cell empty',
    "N.A.": 'If "N.A." means that there is no value',
    "#DIV/0!": 'If "#DIV/0!" means that there is no value',
    "12 kg": "Remove the units, and give all values in one unit.",
    "2024-01-01": "Make dates a number first",
    "oops": "Correct the values, or leave the cells empty (or NA) if they are missing.",
}


@pytest.mark.parametrize("value", ADVICE)
def test_advice_fits_the_value(tmp_path: Path, value: str) -> None:
    rows = [str(i) for i in range(1000)]
    rows[16] = rows[20] = rows[999] = f'"{value}"'
    path = write(tmp_path, "homes.csv", "price\n" + "\n".join(rows))
    table = read_table(path)
    assert mostly_numbers(table.columns["price"])
    assert str(not_a_number(table, "price")).startswith(
        'column "price" in homes.csv: 3 of 1000 values are not numbers, '
        f'first "{value}" in line 18. {ADVICE[value]}'
    )


def complaint(values: list[object], name: str = "price") -> str:
    return str(not_a_number(read_table(pd.DataFrame({name: values})), name))


def test_a_neighbour_tells_decimal_commas_from_thousands() -> None:
    assert "decimal points" in complaint(["1,234", "1,5", "2"])
    assert "thousands" in complaint(["1,234", "5,678", "2"])


def test_counts_and_places() -> None:
    start = 'column "price" in the data frame: '
    assert complaint([1, "x", 2]) == (
        f'{start}1 of 3 values is not a number, first "x" in row 2. '
        "Correct the values, or leave the cells empty (or NA) if they are missing."
    )
    assert complaint(["b", None, "a"]) == (
        f'{start}all 2 values are not numbers, first "b" in row 1. '
        "Write C(price) to use the column as categories."
    )
    assert complaint(["b"], "the town").endswith(
        "Write C(`the town`) to use the column as categories."
    )
    assert complaint([None, "1.5", "2"]) == (
        f'{start}its numbers are stored as text, first "1.5" in row 2. Convert the '
        'column to numbers, in pandas with pd.to_numeric(data["price"]), or write '
        "C(price) for categories."
    )
    assert f'"{"x" * 40}..." in row 1' in complaint(["x" * 100])
    assert r'"a\nb" in row 1' in complaint(["a\nb"])


def test_codes_dates_and_booleans(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "zip,day,flag\n98765,2024-01-01,true\n01234,,\n")
    table = read_table(path)
    assert str(not_a_number(table, "zip")) == (
        'column "zip" in a.csv: 1 of 2 values are codes with leading zeros, first '
        '"01234" in line 3, so the column is text. Write C(zip) to use the codes as '
        "categories, or remove the leading zeros if they are numbers."
    )
    assert mostly_numbers(table.columns["zip"])
    assert str(not_a_number(table, "day")) == (
        'column "day" in a.csv: it holds dates, not numbers. '
        "Make it a number first, such as the days since a start date."
    )
    assert not mostly_numbers(table.columns["day"])
    assert not mostly_numbers(table.columns["flag"])


def test_mostly_numbers_counts_rows_and_not_levels() -> None:
    def judge(values: list[object]) -> bool:
        return mostly_numbers(read_table({"x": values}).columns["x"])

    assert judge(["1", "1", "1", "a", "b"])
    assert judge(["1", "a", None, None])
    assert not judge(["1", "a", "b", None])
    assert not judge(["a", "b"])
    assert not judge([1, 2])
