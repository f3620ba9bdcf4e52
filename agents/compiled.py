"""The only place where code is compiled: one decorator, one set of options, one cache folder.

Numba does not notice that a function in another file changed and would run yesterday's law from its cache. The cache
folder is therefore named by the contents of every Python file under agents/ and model/: other code, other folder.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
import numpy as np
from numba.core import event, types
from numba.core.codegen import get_host_cpu_features
from numba.core.cpu import CPUTargetOptions
from numba.core.options import TargetOptions
from numba.extending import intrinsic, overload

ROOT = Path(__file__).resolve().parent.parent
F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")

if TYPE_CHECKING:

    def int64(value: Any) -> int:
        """Cast on load: rules see 64-bit whole numbers only."""
        ...

    def float64(value: Any) -> float:
        """Cast on load: rules see 64-bit reals only."""
        ...

else:
    int64 = np.int64
    float64 = np.float64


def code_version() -> str:
    """Return the sha256 of all Python files of agents/ and model/ and of numba's version, as 64 hex digits."""
    digest = hashlib.sha256(numba.__version__.encode())
    for folder in ("agents", "model"):
        for path in sorted((ROOT / folder).rglob("*.py"), key=lambda p: p.relative_to(ROOT).as_posix()):
            digest.update(path.relative_to(ROOT).as_posix().encode())
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


CODE_VERSION = code_version()


class CacheError(OSError):
    """Compiled code cannot be kept where it should be."""

    exit_code = 2


def takes_files(folder: Path) -> bool:
    """Return whether a folder is there, or can be made, and takes a file."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    return False


def cache_folder() -> Path:
    """Return the folder of this code's compiled functions; where the usual one is another user's, one of one's own.

    Without a folder of ours numba would keep them beside the source, where yesterday's law is not told from today's.
    Errors: CacheError where the folder of GONGJI_CACHE cannot be made and written.
    """
    asked = os.environ.get("GONGJI_CACHE")
    folder = (Path(asked) if asked else Path(tempfile.gettempdir()) / "gongji-cache") / CODE_VERSION[:16]
    if INTERPRETED or takes_files(folder):
        return folder
    own = Path(tempfile.gettempdir()) / f"gongji-cache-{getattr(os, 'getuid', int)()}" / CODE_VERSION[:16]
    if asked or not takes_files(own):
        raise CacheError(f"GONGJI_CACHE {asked or own.parent}: expected a folder that can be made and written")
    return own


INTERPRETED = bool(numba.config.DISABLE_JIT)  # type: ignore[attr-defined]
"""Whether nothing is compiled (NUMBA_DISABLE_JIT=1)."""
CACHE = cache_folder()
numba.config.CACHE_DIR = str(CACHE)  # type: ignore[attr-defined]
WIDE = "avx512vbmi2"
"""Processors that know this (Ice Lake, Zen 4 and later) use their whole vectors without slowing down for it."""


def with_whole_vectors() -> str | None:
    """Return this processor's features for LLVM, which else uses half of its vectors; None where nothing is to change.

    Wider vectors handle more people at once in the same way, with the same bits.
    """
    config: Any = numba.config
    told: str | None = config.CPU_FEATURES
    if told is not None or config.CPU_NAME is not None:
        return told
    features: str = get_host_cpu_features()  # type: ignore[no-untyped-call]
    return f"{features},-prefer-256-bit" if f"+{WIDE}" in features.split(",") else None


numba.config.CPU_FEATURES = with_whole_vectors()  # type: ignore[attr-defined]
TARGET: Any = TargetOptions
CPUTargetOptions.noalias = TARGET.Mapping("noalias")  # numba knows the flag but gives it no name
njit: Any = numba.njit  # noqa: TID251
RARELY = (50_000, 20, 100)
"""Thresholds of the garbage collector while code is compiled: with its own it takes an eighth of the time in vain."""


class _Collecting(event.Listener):
    """Lets Python's collector look rarely while numba compiles, which makes millions of objects that stay.

    It may begin to listen in the middle of a compilation, and leaves a collector alone that its user has put off.
    """

    def __init__(self) -> None:
        self.lock, self.compiling, self.before = threading.Lock(), 0, gc.get_threshold()

    def on_start(self, _: Any) -> None:
        with self.lock:
            if self.compiling == 0 and (before := gc.get_threshold())[0]:
                self.before = before
                gc.set_threshold(*RARELY)
            self.compiling += 1

    def on_end(self, _: Any) -> None:
        with self.lock:
            self.compiling = max(self.compiling - 1, 0)
            if self.compiling == 0 and gc.get_threshold() == RARELY:
                gc.set_threshold(*self.before)


event.register("numba:compiler_lock", _Collecting())  # type: ignore[no-untyped-call]


OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "cache": True, "no_cfunc_wrapper": True}
NO_ARRAYS = OPTIONS | {"_nrt": False}


def compiled(function: F) -> F:
    """Compile a function of scalars and arrays; under NUMBA_DISABLE_JIT=1 it stays the plain function.

    It may not make arrays: without reference counting, passing the many columns of a people table to a function costs
    nothing (with it, 1,170 instead of 12 ns a call were measured).
    """
    result: F = njit(**NO_ARRAYS)(function)
    return result


def compiled_apart(function: F) -> F:
    """Compile a function none of whose arrays share memory: its loops may then handle several people at once."""
    result: F = njit(**NO_ARRAYS, noalias=True)(function)
    return result


def inlined(function: F) -> F:
    """Compile a helper of a phase into its callers: fewer functions that take all columns, faster compilation."""
    result: F = njit(**NO_ARRAYS, inline="always")(function)
    return result


def phase(function: F) -> F:
    """Compile a phase for the drivers, like `compiled_apart`, without what would call it from Python.

    Reading a hundred columns from Python's objects is half of what a phase's compilation takes.
    """
    result: Any = function if INTERPRETED else Phase(function)
    return cast(F, result)


class Phase:
    """A phase as compiled code sees it; called from Python it raises TypeError."""

    def __init__(self, function: Callable[..., object]) -> None:
        """Hold the function and what compiles it."""
        functools.update_wrapper(self, function)
        self.py_func = function
        self.dispatcher = njit(**NO_ARRAYS, noalias=True, no_cpython_wrapper=True)(function)

    @property
    def _numba_type_(self) -> Any:
        """What numba takes it for."""
        return self.dispatcher._numba_type_

    def __call__(self, *_: Any, **__: Any) -> None:
        """Refuse."""
        raise TypeError(f"{self.py_func.__name__}: expected a call from compiled code; from Python call its py_func")


def choose(condition: bool, one: T, other: T) -> T:
    """Return one of two numbers; both are read whatever the condition, so a loop reads those of the law once."""
    return one if condition else other


def _write_choice(context: Any, condition: Any, one: Any, other: Any) -> Any:
    """Write a choice as one instruction; the compiler would turn a branch into a look-up person by person."""
    kind = context.unify_types(one, other)

    def write(target: Any, builder: Any, _: Any, values: Any) -> Any:
        holds = target.cast(builder, values[0], condition, types.boolean)
        ours, theirs = target.cast(builder, values[1], one, kind), target.cast(builder, values[2], other, kind)
        return builder.select(holds, ours, theirs)

    return kind(condition, one, other), write


_choice: Any = intrinsic(_write_choice)


@overload(choose, strict=False)
def _compiled_choice(condition: Any, one: Any, other: Any) -> Callable[..., Any]:
    """Return what compiled code does in the place of `choose`."""
    return lambda condition, one, other: _choice(condition, one, other)
