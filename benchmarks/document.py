"""Write what a benchmark found into docs/performance.md, between its marks."""

from __future__ import annotations

from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def between(text: str, name: str, new: str) -> str:
    """Replace what stands between the marks of that name.

    Examples
    --------
    >>> old = "<!-- a: begin -->\\n1\\n<!-- a: end -->\\n"
    >>> between(old, "a", "2").splitlines()
    ['<!-- a: begin -->', '', '2', '', '<!-- a: end -->']
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"the document needs one {begin} and one {end}")
    head, rest = text.split(begin)
    return f"{head}{begin}\n\n{new.strip()}\n\n{end}{rest.split(end)[1]}"


def give(name: str, text: str, *, write: bool) -> None:
    """Print a text, or write it into the document."""
    if not write:
        print(text)
        return
    old = DOCUMENT.read_text("utf-8")
    DOCUMENT.write_text(between(old, name, text), "utf-8")
    print(f"wrote {name} into docs/{DOCUMENT.name}")
