"""Whatever a route does to its process, the other rows stand."""

import os
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

import leastwise
from leastwise.engine.compare import run_routes
from leastwise.engine.routes import process
from leastwise.engine.routes.base import Route

X = np.arange(10.0)[:, None]
Y = 1 + 2 * X[:, 0]

BAD = {
    "raises": "raise ValueError('two\\nlines')",
    "aborts": "os.abort()",
    "killed": "os.kill(os.getpid(), 9)",
    "leaves": "os._exit(0)",
    "exits": "sys.exit('no more')",
    "hangs": "time.sleep(600)",
    "children": (
        "child = subprocess.Popen([sys.executable, '-c', "
        "'import time; time.sleep(600)']); "
        "open(os.environ['CHILD_FILE'], 'w').write(str(child.pid)); time.sleep(600)"
    ),
    "short": "return Answer(np.array([1.0]))",
    "text": "return Answer(np.array(['a', 'b']))",
    "nothing": "return None",
    "infinite": "return Answer(np.array([np.inf, np.nan]))",
    "rubbish": (
        "print('{\"coefficients\": [9, 9]}', flush=True); "
        "os.write(1, b'\\xff\\xfe' * 100_000); os.write(2, b'}{' * 100_000); "
        "return Answer(np.array([1.0, 2.0]))"
    ),
    "closes": (
        "sys.stdout.close(); sys.stderr.close(); return Answer(np.array([1.0, 2.0]))"
    ),
    "numpyless": "need('no_such_library', 'this route')",
}


@pytest.fixture
def bad(tmp_path, monkeypatch):
    """Routes that misbehave, importable in the child process only."""
    for name, body in BAD.items():
        source = f"""
            import os, subprocess, sys, time
            import numpy as np
            from leastwise._kit.optional import need
            from leastwise.engine.routes.base import Answer

            def load():
                def solve(problem):
                    {body}
                return solve
            """
        (tmp_path / f"bad_{name}.py").write_text(textwrap.dedent(source))
    (tmp_path / "bad_import.py").write_text("import no_such_library_at_all\n")
    (tmp_path / "bad_syntax.py").write_text("def load(:\n")
    old = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    paths = [str(tmp_path), *(os.path.abspath(p) for p in old)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("CHILD_FILE", str(tmp_path / "child"))
    return lambda name: Route(name, f"bad_{name}", "a bad route")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raises", "failed: ValueError: two"),
        ("aborts", "failed: the process was ended by signal 6 (SIGABRT)"),
        ("killed", "ended by signal 9 (SIGKILL): out of memory?"),
        ("leaves", "failed: the process ended without an answer (exit code 0)"),
        ("exits", "ended without an answer (exit code 1): no more"),
        ("short", "failed: 1 coefficients for 2 columns"),
        ("text", "failed: ValueError"),
        ("nothing", "failed: AttributeError"),
        ("infinite", "failed: no finite number came out"),
        ("import", "failed: ModuleNotFoundError: No module named 'no_such_library"),
        ("syntax", "failed: SyntaxError"),
        ("numpyless", "not installed: this route needs no_such_library"),
    ],
)
def test_a_bad_route_is_one_note_and_the_others_stand(bad, name, message):
    run = run_routes(X, Y, routes=["statistics", bad(name), "numpy"])
    first, broken, last = run.results
    assert dict(first.estimates) == {"Intercept": 1.0, "x1": 2.0}
    assert last.estimates is not None and last.digits > 14
    assert broken.route == name and message in broken.note
    assert broken.note.startswith("a bad route; ")
    assert (broken.estimates, broken.digits, broken.seconds) == (None, None, None)
    assert "two\nlines" not in broken.note


@pytest.mark.parametrize("name", ["rubbish", "closes"])
def test_what_a_route_prints_does_not_matter(bad, name):
    (result,) = run_routes(X, Y, routes=[bad(name)]).results
    assert dict(result.estimates) == {"Intercept": 1.0, "x1": 2.0}
    assert result.digits == 17.0


def test_a_route_that_hangs_is_stopped(bad):
    begin = time.perf_counter()
    run = run_routes(X, Y, routes=[bad("hangs"), "numpy"], timeout=4)
    assert time.perf_counter() - begin < 30
    assert "stopped: no answer after 4 s" in run.results[0].note
    assert run.results[1].estimates is not None


def test_what_a_stopped_route_started_is_stopped_too(bad, tmp_path):
    run_routes(X, Y, routes=[bad("children")], timeout=4)
    child = int((tmp_path / "child").read_text())
    for _ in range(50):
        if not _alive(child):
            return
        time.sleep(0.1)
    raise AssertionError(f"process {child} is still there")


def _alive(pid):
    status = Path(f"/proc/{pid}/status")
    try:
        # A zombie has ended; whoever adopted it has only not looked yet.
        return "State:\tZ" not in status.read_text()
    except OSError:
        return False


def test_a_missing_library_says_how_to_install_it(bad, tmp_path, monkeypatch):
    # A library that is there but cannot be found: hide it from the child.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "find = u.find_spec\n"
        "hidden = ('torch', 'tensorflow', 'sklearn', 'statsmodels')\n"
        "u.find_spec = lambda n, *a: None if n in hidden else find(n, *a)\n"
    )
    names = ["pytorch", "tensorflow", "scikit-learn", "statsmodels", "statistics"]
    run = run_routes(X, Y, routes=names)
    extras = ["torch", "tensorflow", "peers", "peers"]
    for result, extra in zip(run.results, extras, strict=False):
        assert result.estimates is None
        assert f'pip install "leastwise[{extra}]"' in result.note
        assert "not installed" in result.note
    assert run.results[-1].estimates is not None


def test_files_in_the_current_folder_are_not_run(tmp_path, monkeypatch):
    for name in ("statistics", "json", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('planted')\n")
    home = Path(leastwise.__path__[0]).resolve().parent
    monkeypatch.setenv("PYTHONPATH", str(home))
    monkeypatch.chdir(tmp_path)
    (result,) = run_routes(X, Y, routes=["statistics"]).results
    assert result.estimates is not None, result.note


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(process.tempfile, "tempdir", str(tmp_path))
    run_routes(X, Y, routes=["statistics"])
    assert list(tmp_path.iterdir()) == []


def test_the_child_imports_this_leastwise(monkeypatch):
    home = str(Path(leastwise.__path__[0]).resolve().parent)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(process.sysconfig, "get_path", lambda name: "/elsewhere")
    assert process._environment()["PYTHONPATH"] == home
    monkeypatch.setenv("PYTHONPATH", "/mine")
    assert process._environment()["PYTHONPATH"] == home + os.pathsep + "/mine"
    # Installed: its folder holds all else that is installed, and must not go first.
    monkeypatch.setattr(process.sysconfig, "get_path", lambda name: home)
    assert process._environment()["PYTHONPATH"] == "/mine"


def test_a_python_that_does_not_start_is_a_note(monkeypatch, tmp_path):
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'no python here' >&2\nexit 7\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    (result,) = run_routes(X, Y, routes=["statistics"]).results
    assert "(exit code 7): no python here" in result.note
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    (result,) = run_routes(X, Y, routes=["statistics"]).results
    assert "failed: the process could not be started" in result.note
