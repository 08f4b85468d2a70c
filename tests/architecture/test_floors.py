"""The house stands on its floors: imports go strictly down, in no circle, and torch stays in its wing."""

from __future__ import annotations

import ast
import subprocess
import sys
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

import sightmill

PACKAGE = Path(sightmill.__file__).parent

#: Who may import whom: a room imports only rooms on lower floors.
FLOORS = {
    "errors": 1,
    "data": 2,
    "nn": 2,
    "evaluation": 3,
    "imaging": 3,
    "drawing": 3,
    "methods": 4,
    "bundle": 5,
    "runtime": 6,
    "export": 7,
    "training": 8,
    "project": 9,
    "cli": 10,
    "server": 10,
}
#: Files that may import torch when they are loaded.
TORCH_ROOMS = ("nn", "training", "export")
TORCH_FILES = ("learner.py", "network.py")
TORCH_SINGLE = ("methods/image_learner.py", "methods/map_learner.py", "project/train.py", "project/deploy.py")
#: Rooms of the torch wing that hold no torch themselves, so that others may read them.
TORCH_FREE_HERE = ("training/events.py",)
#: The doors to the torch wing: late imports, inside a function, named one by one.
DOORS = (
    "methods/*/method.py",
    "cli/verbs/train.py",
    "cli/verbs/suggest.py",
    "cli/verbs/demo.py",
    "project/demo.py",
    "__init__.py",
)


#: Command line and server do not know each other; verbs that serve find the server here, by the name of its module.
SERVER_DOOR = "cli/listening.py"


@cache
def sources() -> tuple[Path, ...]:
    return tuple(sorted(PACKAGE.rglob("*.py")))


def imported(path: Path, *, late: bool) -> set[str]:
    """Modules that a file imports: at its top (also under TYPE_CHECKING), or inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside.update(child for child in ast.walk(node) if child is not node)
    found: set[str] = set()
    for node in ast.walk(tree):
        if (node in inside) != late:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: write absolute imports, so that the floors can be read"
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "sightmill" and len(parts) > 1 and parts[1] in FLOORS else None


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", [path for path in sources() if path.parent != PACKAGE], ids=relative)
def test_imports_go_down(path: Path) -> None:
    own = relative(path).split("/")[0]
    assert own in FLOORS, f"{own} is a new room: give it a floor in this test and in docs/concepts/architecture.md"
    for late in (False, True):
        for module in imported(path, late=late):
            other = room(module)
            if other is None or other == own:
                continue
            assert FLOORS[other] < FLOORS[own], (
                f"{relative(path)} (floor {FLOORS[own]}) imports {module} (floor {FLOORS[other]}): "
                "move what it needs down, or the caller up"
            )


def test_the_server_has_one_door_in_the_command_line() -> None:
    for path in sources():
        if relative(path).startswith("server/"):
            continue
        named = "sightmill.server" in path.read_text(encoding="utf-8")
        assert named == (relative(path) == SERVER_DOOR), (
            f"{relative(path)} reaches for the server: only {SERVER_DOOR} finds it"
        )


def test_a_method_never_imports_another() -> None:
    folders = [path.name for path in (PACKAGE / "methods").iterdir() if (path / "method.py").is_file()]
    for path in sources():
        parts = relative(path).split("/")
        if parts[0] != "methods" or parts[1] not in folders:
            continue
        for module in imported(path, late=False) | imported(path, late=True):
            for other in folders:
                assert other == parts[1] or not f"{module}.".startswith(f"sightmill.methods.{other}."), (
                    f"{relative(path)} imports {module}: put what both need beside the contract"
                )


def test_no_import_circles() -> None:
    names = {}
    for path in sources():
        parts = ("sightmill", *path.relative_to(PACKAGE).with_suffix("").parts)
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    arrows = {
        name: {
            module
            for module in imported(path, late=False) | imported(path, late=True)
            if module in names and module != name
        }
        for name, path in names.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"import circle: {' -> '.join((*trail[trail.index(name) :], name))}"
        if name in done:
            return
        for other in arrows[name]:
            visit(other, (*trail, name))
        done.add(name)

    for name in names:
        visit(name, ())


def in_torch_wing(path: Path) -> bool:
    name = relative(path)
    if name in TORCH_FREE_HERE:
        return False
    parts = name.split("/")
    return parts[0] in TORCH_ROOMS or (parts[0] == "methods" and parts[-1] in TORCH_FILES) or name in TORCH_SINGLE


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_torch_stays_in_its_wing(path: Path) -> None:
    if in_torch_wing(path):
        return
    wing = {
        ".".join(("sightmill", *other.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for other in sources()
        if in_torch_wing(other)
    }
    heavy = ("torch", "sklearn", "safetensors", "onnx.", "onnxscript")
    text = ast.parse(path.read_text(encoding="utf-8"))
    guarded: set[str] = set()
    for node in ast.walk(text):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for child in ast.walk(node):
                if isinstance(child, ast.ImportFrom) and child.module:
                    guarded |= {child.module, *(f"{child.module}.{alias.name}" for alias in child.names)}
    for module in imported(path, late=False) - guarded:
        assert module not in wing and not module.startswith(heavy), (
            f"{relative(path)} imports {module} when it is loaded: a production machine has no torch"
        )
    late = {module for module in imported(path, late=True) if module in wing or module.startswith("torch")}
    assert not late or any(fnmatch(relative(path), door) for door in DOORS), (
        f"{relative(path)} opens a new door to torch ({', '.join(sorted(late))}): use one of {', '.join(DOORS)}"
    )


def test_everything_for_production_loads_where_torch_cannot_be_found() -> None:
    modules = [
        ".".join(("sightmill", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for path in sources()
        if not in_torch_wing(path) and path.name != "__main__.py"
    ]
    code = (
        "import sys\n"
        "for name in ('torch', 'sklearn', 'safetensors', 'onnx', 'onnxscript'): sys.modules[name] = None\n"
        "import importlib\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print('loaded')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "loaded", done.stderr


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_files_hold_one_noun(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 450, f"{relative(path)} has {lines} lines: find the second noun in it"


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_no_pickle_and_no_network(path: Path) -> None:
    forbidden = ("pickle", "joblib", "shelve", "urllib", "http.client", "requests", "socket", "ftplib", "torch.hub")
    for module in imported(path, late=False) | imported(path, late=True):
        assert not module.startswith(forbidden), f"{relative(path)} imports {module}"
    source = path.read_text(encoding="utf-8")
    for call in ("torch.load(", "torch.save(", "allow_pickle=True", "yaml.unsafe_load(", "eval(", "exec("):
        hit = any(
            line.split("#")[0].lstrip().startswith(call) or f" {call}" in line.split("#")[0]
            for line in source.splitlines()
        )
        assert not hit, f"{relative(path)} calls {call}"
