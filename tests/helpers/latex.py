"""What every LaTeX would stumble over, found without LaTeX."""

from __future__ import annotations

import re

# A command that the tables use; any other is a slip.
KNOWN = {
    "begin", "end", "toprule", "midrule", "bottomrule", "times", "ensuremath",
    "textbackslash", "textasciitilde",
    "textasciicircum", "textless", "textgreater", "textbar", "textquotedbl",
    "textquotesingle", "textasciigrave", "ifdefined", "Uchar", "else", "fi", "circ",
}  # fmt: skip
GREEK = {"sigma", "mu", "beta", "alpha"}


def cells(row: str) -> int:
    """Count the cells of a row by its ampersands that are not escaped."""
    return len(re.findall(r"(?<!\\)&", row)) + 1


def complaints(text: str) -> list[str]:
    """Say what is wrong with a table of LaTeX; empty when nothing is."""
    bad, depth, inside_math = [], 0, False
    lines = [line for line in text.splitlines() if not line.startswith("%")]
    if r"\footnotesize" in lines[-1]:
        note = lines.pop()
        lines.pop()
        if not (note.startswith(r"{\footnotesize ") and note.endswith(r"\par}")):
            bad.append(f"no note: {note}")
    spec = re.fullmatch(r"\\begin\{tabular\}\{([lr]+)\}", lines[0])
    if spec is None or lines[-1] != r"\end{tabular}":
        return ["no tabular"]
    width = len(spec[1])
    for line in lines[1:-1]:
        if line in (r"\toprule", r"\midrule", r"\bottomrule"):
            continue
        if not line.endswith(r" \\"):
            bad.append(f"no end of row: {line}")
        body = line[:-3]
        if cells(body) != width:
            bad.append(f"{cells(body)} cells, {width} wanted: {line}")
        for command in re.findall(r"\\([A-Za-z]+)", body.replace(r"\\", "")):
            if command not in KNOWN | GREEK:
                bad.append(f"unknown command {command}")
        for token in re.findall(r"\\[^A-Za-z]|.", body):
            if token == "{":
                depth += 1
            elif token == "}":
                depth -= 1
            elif token == "$":
                inside_math = not inside_math
            elif token in "#%~" or (token in "_^" and not (inside_math or depth)):
                bad.append(f"bare {token}: {line}")
            if depth < 0:
                bad.append(f"a brace too many: {line}")
        if depth or inside_math:
            bad.append(f"not closed: {line}")
    return bad
