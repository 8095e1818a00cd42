"""Rules about every text in the repository, whatever its language."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

Texts = Mapping[str, str]

# Folders of one machine, and hosts of package registries, which differ from place to
# place. Built from parts, so that this file does not break its own rule.
_FOLDERS = "|".join(("work", "root", "home", "Users", "mnt", "opt"))
_MACHINE_PATH = re.compile(rf"(?<![\w./:)\]}}~])/(?:{_FOLDERS})/[\w.-]+")
_HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry", "npmjs", "org"),
            ("deb", "debian", "org"),
            ("conda", "anaconda", "org"),
        )
    )
)
_UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
_SKIPPED = re.compile(
    r"\b(?:pytest|unittest|mark)\.(?:sk" + r"ip|skip" + r"if|xf" + r"ail|import"
    r"orskip)\b|doctest: \+SK" + "IP"
)


def machine_paths(texts: Texts) -> list[str]:
    """No text names a folder of somebody's machine."""
    return _found(texts, _MACHINE_PATH)


def registry_hosts(texts: Texts) -> list[str]:
    """No text names the host of a package registry: the client's settings do."""
    return _found(texts, _HOSTS)


def unfinished(texts: Texts) -> list[str]:
    """No marks of unfinished work: what is not done stands in an issue."""
    return _found(texts, _UNFINISHED)


def skipped_tests(texts: Texts) -> list[str]:
    """No test and no example is skipped or expected to fail."""
    return _found({p: t for p, t in texts.items() if p.endswith(".py")}, _SKIPPED)


def _found(texts: Texts, pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {match.group()}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        for match in pattern.finditer(line)
    ]


def repository_texts(root: Path) -> dict[str, str]:
    """Every text file that git tracks or would; every file when there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [root / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [
            path
            for top in ("src", "tests", "docs", "benchmarks", ".ci")
            for path in (root / top).rglob("*")
            if "__pycache__" not in path.parts
        ]
        paths += [p for p in root.iterdir() if p.suffix in (".md", ".toml")]
        paths += [root / "Makefile"]
    texts = {}
    for path in sorted(set(paths)):
        if not path.is_file():
            continue
        raw = path.read_bytes()
        if b"\0" not in raw:
            texts[path.relative_to(root).as_posix()] = raw.decode("utf-8", "replace")
    return texts
