"""The house stands: who imports whom, read from the sources."""

import ast
from functools import cache
from pathlib import Path

import pytest

import skrnn

ROOT = Path(skrnn.__file__).parent

FLOORS = [
    {
        "_core.activations",
        "_core.blas",
        "_core.initializers",
        "_core.packing",
        "_core.parameters",
        "_core.workspace",
    },
    {"_core.products"},
    {
        "_core.cells",
        "_core.heads",
        "_core.pooling",
        "_core.recurrence",
        "_core.transforms",
    },
    {"_core.network", "_core.sampling", "_core.stepping"},
    {"_core.following", "_core.probing"},
    {"_training.batches", "_training.monitor", "_training.schedules"},
    {"_training.pieces"},
    {"_training.shards"},
    {"_training.loop", "_training.prediction"},
]
# Above these, whatever has no underscore is a public helper beside the faces.
BELOW_THE_FACES = {
    "_validation",
    "_labels",
    "_base",
    "_callbacks",
    "_documents",
    "_following",
    "_show_versions",
    "_threads",
}
N_FLOORS = len(FLOORS) + 3


def sources():
    """Path and dotted name, relative to skrnn, of every module."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        yield ".".join(parts), path


MODULES = dict(sources())


def floor(module):
    """How high a module lives."""
    if not module:
        return N_FLOORS - 1
    for number, modules in enumerate(FLOORS):
        if module in modules:
            return number
    wing = module.split(".")[0]
    assert wing not in ("_core", "_training"), f"{module} needs a floor"
    return len(FLOORS) + (module not in BELOW_THE_FACES)


def imports(path, package, nodes=None):
    """Absolute names that a module in `package` imports, a tuple of parts each."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if nodes is None else nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            base += tuple((node.module or "").split(".")) if node.module else ()
            # The name may be a module of the package, or something in it.
            yield from ((*base, alias.name) for alias in node.names)


def at_module_level(tree):
    """Statements that run on import: not the bodies of functions."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield node
            yield from at_module_level(node)


def package_of(path):
    return ("skrnn", *path.parent.relative_to(ROOT).parts)


@cache
def own_imports(module):
    """Modules of skrnn that a module of skrnn imports."""
    found, path = set(), MODULES[module]
    for name in imports(path, package_of(path)):
        if name[0] != "skrnn":
            continue
        while ".".join(name[1:]) not in MODULES:
            name = name[:-1]
        found.add(".".join(name[1:]))
    return found


def foreign_imports(module, nodes=None):
    """Top-level packages that a module of skrnn imports."""
    path = MODULES[module]
    return {name[0] for name in imports(path, package_of(path), nodes)} - {"skrnn"}


def in_wing(*wings):
    return [module for module in MODULES if module.split(".")[0] in wings]


plain = [module for module in MODULES if module not in ("_core", "_training")]


@pytest.mark.parametrize("module", plain)
def test_floors_lead_upwards_only(module):
    for imported in own_imports(module):
        assert floor(imported) <= floor(module), imported
        is_beside = floor(imported) == floor(module)
        # Only above the training do neighbours know each other.
        assert not is_beside or floor(module) >= len(FLOORS), imported


def test_no_circles():
    """Modules can be taken away one by one, each after all that it imports."""
    left = set(MODULES)
    while left:
        free = {module for module in left if not own_imports(module) & left}
        assert free, left
        left -= free


def test_the_sources_are_read():
    """What is known to be imported is seen, so that the other tests can fail."""
    expected = {"_core.cells", "_core.heads", "_core.packing"}
    assert expected <= own_imports("_core.network")
    assert "_core.network" in own_imports("_training.loop")
    assert "_classifier" in own_imports("")
    assert "_training.monitor" in own_imports("_base")
    assert foreign_imports("_core.heads") == {"numpy", "scipy"}
    assert "sklearn" in foreign_imports("_base")


def test_imports_of_every_form(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        "import a.b, c as d\n"
        "from e import f\n"
        "from . import g\n"
        "from .h import i\n"
        "from ..j.k import l\n"
        "try:\n"
        "    import m\n"
        "except ImportError:\n"
        "    pass\n"
        "class N:\n"
        "    import o\n"
        "    def p(self):\n"
        "        import q\n"
    )
    package = ("skrnn", "_core")
    always = {
        ("a", "b"),
        ("c",),
        ("e", "f"),
        ("skrnn", "_core", "g"),
        ("skrnn", "_core", "h", "i"),
        ("skrnn", "j", "k", "l"),
        ("m",),
        ("o",),
    }
    assert set(imports(path, package, at_module_level)) == always
    assert set(imports(path, package)) == always | {("q",)}


@pytest.mark.parametrize("module", in_wing("_core", "_training"))
def test_no_scikit_learn_in_core_and_training(module):
    allowed = {"numpy", "scipy", "joblib", "threadpoolctl"}
    standard = {"collections", "concurrent", "copy", "dataclasses", "functools"}
    standard |= {"itertools", "math", "numbers", "typing", "warnings"}
    assert foreign_imports(module) <= allowed | standard


@pytest.mark.parametrize("module", in_wing("_core"))
def test_the_core_knows_nothing_above(module):
    for imported in own_imports(module):
        assert imported.startswith("_core"), imported


@pytest.mark.parametrize("module", ["cells", "heads", "transforms"])
def test_siblings_do_not_know_each_other(module):
    siblings = {f"_core.{name}" for name in ("cells", "heads", "transforms")}
    assert not siblings & own_imports(f"_core.{module}")


def test_network_and_transforms_do_not_know_each_other():
    assert "_core.transforms" not in own_imports("_core.network")
    assert not own_imports("_core.transforms")


@pytest.mark.parametrize("module", MODULES)
def test_no_matplotlib_on_import(module):
    assert not {"matplotlib", "pandas"} & foreign_imports(module, at_module_level)


@pytest.mark.parametrize("module", MODULES)
def test_no_deep_learning_framework(module):
    frameworks = {"torch", "tensorflow", "keras", "jax", "mxnet", "cupy", "theano"}
    assert not frameworks & foreign_imports(module)


def test_the_package_gives_public_names_only():
    for name in skrnn.__all__:
        assert not name.startswith("_")
        assert hasattr(skrnn, name)
