"""Small trees with one fault each, and the same without it, for every rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.architecture import (
    class_rules,
    doc_rules,
    import_rules,
    safety_rules,
    size_rules,
    text_rules,
)
from tests.architecture.source import Tree

Files = Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """A rule over trees, trees that break it, and like ones that do not."""

    check: Callable[[Tree], list[str]]
    breaks: tuple[Files, ...] = field(repr=False)
    keeps: tuple[Files, ...] = field(repr=False)


@dataclass(frozen=True)
class TextRule:
    """The same for rules over texts of any kind."""

    check: Callable[[text_rules.Texts], list[str]]
    breaks: tuple[Files, ...] = field(repr=False)
    keeps: tuple[Files, ...] = field(repr=False)


def one(text: str, path: str = "moments/a.py") -> Files:
    return {path: text}


def _lines(count: int, text: str = "x = 1\n") -> str:
    return text * count


def _face(body: str, names: str = "f") -> Files:
    """A package whose `__init__` promises names of api.py."""
    imports = f"if TYPE_CHECKING:\n    from leastwise.api import {names}\n"
    listed = [name.strip() for name in names.split(",")]
    return {"__init__.py": f"{imports}__all__ = {listed!r}\n", "api.py": body}


_GOOD = '''
def f(y, *, weights=None) -> float:
    """Fit.

    Parameters
    ----------
    y : ndarray
    weights : ndarray, optional

    Returns
    -------
    float

    Examples
    --------
    >>> f(1)
    """
'''

IMPORTS = (
    Rule(
        import_rules.floors,
        (
            one("from leastwise.solve.fit import Fit"),
            one("from leastwise.rows.table import Table"),
            one("import leastwise.moments.fold", "rows/a.py"),
            one("from leastwise.engine import plan", "infer/a.py"),
            one("def f():\n    from leastwise.model.model import M", "report/a.py"),
            one("if TYPE_CHECKING:\n    from leastwise.design import x", "rows/a.py"),
            one("import leastwise", "engine/a.py"),
            one("from leastwise import ols", "solve/a.py"),
            one("from leastwise.cli.app import main", "api.py"),
            one("x = 1", "somewhere/a.py"),
        ),
        (
            one("from leastwise._kit.errors import DataError"),
            one("from leastwise.moments.state import Moments", "infer/a.py"),
            one("from leastwise.rows.table import Table", "design/a.py"),
            {
                "engine/a.py": "from leastwise.solve import fit\nimport leastwise.rows",
                "solve/fit.py": "",
            },
            one("from leastwise.report.text import fit_table", "model/a.py"),
            one("import leastwise\nfrom leastwise.api import ols", "cli/fit.py"),
        ),
    ),
    Rule(
        import_rules.absolute,
        (one("from . import b"), one("def f():\n    from ..rows import table")),
        (one("from leastwise.moments import b"),),
    ),
    Rule(
        import_rules.circles,
        (
            {
                "solve/a.py": "from leastwise.solve.b import x",
                "solve/b.py": "def f():\n    from leastwise.solve import a",
            },
            {
                "solve/a.py": "import leastwise.solve.b",
                "solve/b.py": "import leastwise.solve.c",
                "solve/c.py": "from leastwise.solve.a import x",
            },
        ),
        (
            {
                "solve/a.py": "from leastwise.solve.b import x",
                "solve/b.py": "if TYPE_CHECKING:\n    from leastwise.solve.a import x",
            },
            {
                "solve/a.py": "import leastwise.solve.b\nimport leastwise.solve.c",
                "solve/b.py": "import leastwise.solve.c",
                "solve/c.py": "",
            },
        ),
    ),
    Rule(
        import_rules.libraries,
        (
            one("def f():\n    import jax"),
            one("def f():\n    from jaxlib import xla_client"),
            one("def f():\n    import scipy.special", "solve/a.py"),
            one("if TYPE_CHECKING:\n    import narwhals", "design/a.py"),
            one('need("pyarrow.csv", "reading")', "design/a.py"),
            one('need("pandas", "frames")', "rows/a.py"),
            one('import_module("torch")', "engine/routes/numpy_lstsq.py"),
            one("import requests"),
            one('need(name, "x")', "rows/a.py"),
        ),
        (
            one("import math\nimport numpy as np"),
            one("def f():\n    import jax", "loops/a.py"),
            one("def f():\n    import jax", "moments/fold_jax.py"),
            one("def f():\n    import scipy.special", "infer/dist.py"),
            one('need("pyarrow.csv", "reading")', "rows/a.py"),
            one('need("torch", "a route")', "engine/routes/pytorch.py"),
            one('need(name, "a frame")', "rows/give.py"),
        ),
    ),
    Rule(
        import_rules.optional_through_need,
        (
            one("def f():\n    import pyarrow.csv", "rows/a.py"),
            one(
                "def f():\n    from matplotlib.figure import Figure",
                "report/picture.py",
            ),
            one('import_module("polars")', "rows/a.py"),
        ),
        (
            one('need("pyarrow", "reading")', "rows/a.py"),
            one("if TYPE_CHECKING:\n    import pyarrow", "rows/a.py"),
        ),
    ),
    Rule(
        import_rules.light_imports,
        (
            one("import jax", "loops/a.py"),
            one("from scipy import special", "infer/dist.py"),
            one("class A:\n    import narwhals as nw", "rows/frame.py"),
            one("if x:\n    import pandas", "rows/frame.py"),
        ),
        (
            one("import numpy as np"),
            one("def f():\n    import jax", "loops/a.py"),
            one("if TYPE_CHECKING:\n    import jax", "loops/a.py"),
        ),
    ),
)

SIZES = (
    Rule(
        size_rules.file_lines,
        (one(_lines(size_rules.FILE_LINES + 1)),),
        (one(_lines(size_rules.FILE_LINES)),),
    ),
    Rule(
        size_rules.lines_of_tests,
        (one(_lines(size_rules.TEST_FILE_LINES + 1)),),
        (one(_lines(size_rules.TEST_FILE_LINES)),),
    ),
    Rule(
        size_rules.function_lines,
        (
            one("def f():\n" + _lines(60, "    x = 1\n")),
            one("class A:\n    async def f(self):\n" + _lines(60, "        x = 1\n")),
        ),
        (
            one("def f():\n" + _lines(59, "    x = 1\n")),
            one('def f():\n    """\n' + _lines(90, "\n") + '    """\n'),
        ),
    ),
    Rule(
        size_rules.arguments,
        (
            one("def f(a, b, c, d, e, *, f, g, h, i): ..."),
            one("def f(a, b, c, d, e, f, g, *args, **options): ..."),
        ),
        (one("class A:\n    def f(self, a, b, c, d, e, f, *, g, h): ..."),),
    ),
)

CLASSES = (
    Rule(
        class_rules.abstract_or_final,
        (
            one("class A: ...\nclass B(A): ..."),
            {
                "solve/a.py": "class A: ...",
                "loops/b.py": "from leastwise.solve import a\nclass B(a.A): ...",
            },
            one("class A(ABC): ...\nclass B(A): ...\nclass C(B): ..."),
        ),
        (
            one("class A(ABC): ...\nclass B(A): ..."),
            one("class A(Protocol[T]): ...\nclass B(A): ..."),
            one("class A(metaclass=abc.ABCMeta): ...\nclass B(A): ..."),
            one(
                "class A(Exception): ...\nclass B(A): ...\nclass C(B, ValueError): ..."
            ),
            one("class A(UserWarning): ...\nclass B(A): ..."),
            one("class A(Mapping[str, float]): ..."),
        ),
    ),
    Rule(
        class_rules.frozen,
        (
            one("@dataclass\nclass A: ..."),
            one("@dataclasses.dataclass(eq=False)\nclass A: ..."),
            one("@dataclass(frozen=False)\nclass A: ..."),
        ),
        (one("@pytree\n@dataclass(frozen=True, eq=False)\nclass A: ..."),),
    ),
    Rule(
        class_rules.no_memory,
        (
            one("@functools.lru_cache(maxsize=8)\ndef f(*, x=1): ..."),
            one("@cache\ndef f(x): ..."),
            one("class A:\n    @cached_property\n    def f(self): ..."),
            one("def f():\n    global x\n    x = 1"),
        ),
        (one("@property\ndef f(): ..."), one("@cache\ndef library(): ...")),
    ),
)

WORDS = (
    Rule(
        doc_rules.docstrings,
        (
            one("x = 1"),
            one('"""A file."""\ndef f(): ...'),
            one('"""A file."""\nclass A: ...'),
        ),
        (
            one(""),
            one('"""A file."""\ndef _f(): ...\ndef f():\n    """Do."""'),
        ),
    ),
    Rule(
        doc_rules.promises,
        (
            {},
            _face(_GOOD.replace(">>>", "")),
            _face(_GOOD.replace("Examples\n    --------", "")),
            _face(_GOOD.replace("weights : ndarray", "w : ndarray")),
            _face(_GOOD.replace("Returns\n    -------", "")),
            _face(_GOOD.replace("Parameters\n    ----------", "")),
            _face("x = 1"),
            _face('class A:\n    """A.\n\n    Examples\n    --------\n    """', "A"),
            {"__init__.py": "__all__ = ['f']", "api.py": _GOOD},
        ),
        (
            _face(_GOOD),
            _face(
                'class AError(Exception):\n    """A.\n\n    Examples\n    --------\n'
                '    >>> 1\n    1\n    """',
                "AError",
            ),
        ),
    ),
)

SAFETY = (
    Rule(
        safety_rules.no_eval,
        (
            one("x = eval('1')"),
            one("exec('x = 1')"),
            one("def f():\n    import pickle"),
            one("from joblib import load"),
            one("np.load(file, allow_pickle=True)"),
        ),
        (
            one("x = re.compile('a')\nmodel.eval()"),
            one("np.load(file, allow_pickle=False)"),
        ),
    ),
    Rule(
        safety_rules.no_assert,
        (one("def f(x):\n    assert x"),),
        (one("def f(x):\n    if not x:\n        raise DataError('x')"),),
    ),
    Rule(
        safety_rules.no_bare_except,
        (
            one("try:\n    x = 1\nexcept:\n    x = 2"),
            one("def f():\n    try:\n        g()\n    except BaseException: ..."),
        ),
        (one("try:\n    x = 1\nexcept OSError:\n    x = 2"),),
    ),
    Rule(
        safety_rules.no_vague_names,
        (one("", "moments/utils.py"), one("", "util/a.py"), one("", "helpers.py")),
        (one("", "moments/fold.py"), one("", "rows/utilisation.py")),
    ),
    Rule(
        safety_rules.quiet_import,
        (
            one("for x in y:\n    z = x"),
            one("print('hello')"),
            one("try:\n    import jax\nexcept ImportError:\n    jax = None"),
            one("if x:\n    y = 1"),
            one("with open('a') as f:\n    x = f.read()"),
        ),
        (
            one(
                '"""Text."""\nimport re\nX = re.compile("a")\nY: int = 1\ndef f(): ...'
            ),
            one("if TYPE_CHECKING:\n    import jax"),
            one("if __name__ == '__main__':\n    sys.exit(main())"),
        ),
    ),
    Rule(
        safety_rules.one_precision,
        (
            one("jax.config.update('x', True)", "loops/a.py"),
            one("from jax import config", "loops/a.py"),
            one("from jax.experimental import enable_x64", "loops/a.py"),
            one("with jax.enable_x64(True):\n    x = 1", "loops/a.py"),
            one("os.environ['JAX_ENABLE_X64'] = '1'", "cli/app.py"),
            one("jax.config.update(name, True)", "_kit/precision.py"),
        ),
        (
            one("scope = jax.enable_x64(True)", "_kit/precision.py"),
            one("with float64_scope():\n    x = self.config", "loops/a.py"),
        ),
    ),
)

# Parts of words, so that this file does not break the rules it shows.
_BAD_HOST = "https://" + "pypi" + ".org/simple"
_BAD_PATH = "/" + "home/ann/data.csv"

TEXTS = (
    TextRule(
        text_rules.machine_paths,
        (one(f"x = '{_BAD_PATH}'"), one(f"see {_BAD_PATH}", "docs/a.md")),
        (one("see ../home/a.md, https://example.org/home/a and /dev/null", "a.md"),),
    ),
    TextRule(
        text_rules.registry_hosts,
        (one(f"pip install -i {_BAD_HOST}", "Makefile"),),
        (one("pip install leastwise", "Makefile"),),
    ),
    TextRule(
        text_rules.unfinished,
        (one("# TO" + "DO: more"), one("FIX" + "ME", "README.md")),
        (one("# what to do: more"), one("# TODOS of a user", "README.md")),
    ),
    TextRule(
        text_rules.skipped_tests,
        (
            one("@pytest.mark.sk" + "ip", "tests/test_a.py"),
            one("pytest.import" + "orskip('torch')", "tests/test_a.py"),
            one("@pytest.mark.xf" + "ail(strict=True)", "tests/test_a.py"),
            one("    >>> f()  # doctest: +SK" + "IP"),
        ),
        (one("rows.skip(1)"), one("pytest.sk" + "ip in words", "CONTRIBUTING.md")),
    ),
)

RULES = (*IMPORTS, *SIZES, *CLASSES, *WORDS, *SAFETY)
# These two measure other folders than the package: see test_rules.py.
NOT_FOR_THE_PACKAGE = (size_rules.lines_of_tests,)
