"""Starting `tokenhouse` by a fork of this process, with a function or a module of it mutated.

Starting Python and loading the libraries takes two seconds. Here they are loaded once; a process
that a test starts is a fork, which loads only our own modules anew. `subprocess` does the rest:
what it would call before it replaces the program never returns.
"""
# ruff: noqa: PLC0415 - because a fork loads our modules anew

import ctypes
import importlib
import inspect
import json
import logging
import mmap
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib.machinery import SourceFileLoader
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, NoReturn

from tests import preloaded
from tests.service import CLOCK

OURS = ["-m", "tokenhouse"]
PR_SET_PDEATHSIG = 1  # prctl(2)
HANG = 120  # seconds


class Lines:
    """The lines that functions of some files have run, in whichever process: shared memory."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Prepare for these files."""
        self._begins: dict[str, int] = {}
        end = 0
        for file in files:
            self._begins[str(file)] = end
            end += len(file.read_text("utf-8").splitlines()) + 1
        self._map = mmap.mmap(-1, end)

    def take(self) -> dict[str, list[int]]:
        """Return what has run since this was called last, by file."""
        ends = [*list(self._begins.values())[1:], len(self._map)]
        found = {
            file: [line for line in range(end - begin) if self._map[begin + line]]
            for (file, begin), end in zip(self._begins.items(), ends, strict=True)
        }
        self._map[:] = bytes(len(self._map))
        return {file: lines for file, lines in found.items() if lines}

    def watch(self) -> None:
        """Write down what this process and its forks run from now on."""
        tracers = {file: partial(self._line, begin) for file, begin in self._begins.items()}

        def called(frame: FrameType, _event: str, _arg: object) -> Any:  # noqa: ANN401 - a trace function
            code = frame.f_code
            return tracers.get(code.co_filename) if code.co_flags & CO_OPTIMIZED else None

        threading.settrace(called)
        sys.settrace(called)

    def _line(self, begin: int, frame: FrameType, _event: str, _arg: object) -> Any:  # noqa: ANN401 - a trace function
        self._map[begin + frame.f_lineno] = 1
        return frame.f_trace


def _let_go() -> None:
    """Let go of the parent's files: `subprocess` waits for the end of a pipe.

    Their numbers stay taken, or an object of the parent's would one day close what is ours.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in [int(file.name) for file in Path("/proc/self/fd").iterdir()]:
        if number > sys.__stderr__.fileno():  # type: ignore[union-attr]  # - because we began with one
            os.dup2(nothing, number)


class Switch:
    """Which of the mutants of a file is in force, in every process: shared memory, 0 = none."""

    def __init__(self, file: str, sources: Sequence[str]) -> None:
        """Prepare to switch between these sources, the first of which has no mutant."""
        self._file, self._sources = file, sources
        below = file.rpartition("/src/")[2].removesuffix(".py").removesuffix("/__init__")
        self._name = below.replace("/", ".")
        self._number = mmap.mmap(-1, 4)
        self._now = 0

    def put(self, number: int) -> None:
        """Let a mutant be in force."""
        self._number[:] = number.to_bytes(4, "big")

    def follow(self) -> None:
        """Give the functions of the file the code of what is in force."""
        number = int.from_bytes(self._number[:], "big")
        if number == self._now:
            return
        self._now = number
        codes = dict(_codes(compile(self._sources[number], self._file, "exec", dont_inherit=True)))
        module = importlib.import_module(self._name)
        for function in _functions(vars(module)):
            if function.__code__.co_filename == self._file:
                function.__code__ = codes[function.__qualname__]
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def fits(source: str, mutated: str) -> bool:
    """Tell whether functions of the one can be given the code of the other."""
    return _free(source) == _free(mutated)


@lru_cache(maxsize=2)
def _free(source: str) -> dict[str, tuple[str, ...]]:
    return {name: code.co_freevars for name, code in _codes(compile(source, "", "exec"))}


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner.co_qualname, inner
            yield from _codes(inner)


def _functions(names: Mapping[str, Any]) -> Iterator[FunctionType]:
    for value in list(names.values()):
        inner: object = inspect.unwrap(getattr(value, "fget", value))
        if isinstance(inner, FunctionType):
            yield inner
        elif isinstance(inner, type):
            yield from _functions(vars(inner))


@dataclass
class Fork:
    """How the next processes differ: one file's source, a switch, whether lines are watched."""

    file: str = ""
    source: str = ""
    switch: Switch | None = None
    lines: Lines | None = field(default=None, repr=False)

    def install(self) -> None:
        """Load everything once, and let `subprocess` start our program so from now on."""
        preloaded.is_on = False
        for name in ("app", "cli", "opening", "server.run"):
            importlib.import_module(f"tokenhouse.{name}")

        become = self.become

        class Popen(subprocess.Popen[Any]):
            def __init__(self, args: Sequence[str], **options: Any) -> None:  # noqa: ANN401 - handed on
                if list(args[1:3]) == OURS:
                    options["preexec_fn"] = partial(become, args, options["env"])
                super().__init__(args, **options)

        setattr(subprocess, "Popen", Popen)  # noqa: B010 - another class than typing knows there

    def become(self, args: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
        """Be the program that was to be started, in a fork."""
        _let_go()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["tokenhouse", *args[3:]]
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - open until the end
        status: object = 1
        try:
            self._begin(environment)
            from tokenhouse.__main__ import main

            main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
            if isinstance(status, str):
                sys.stderr.write(f"{status}\n")
        except BaseException:  # noqa: BLE001 - as the interpreter would
            traceback.print_exc()
        finally:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status if isinstance(status, int) else 1)

    def _begin(self, environment: Mapping[str, str]) -> None:
        warnings.resetwarnings()
        for name in [name for name in sys.modules if name.partition(".")[0] == "tokenhouse"]:
            del sys.modules[name]
        if "CLOCK_FILE" in environment:
            runpy.run_path(str(CLOCK / "sitecustomize.py"))
        if self.source:
            SourceFileLoader.get_code = self._code(SourceFileLoader.get_code)  # type: ignore[method-assign]  # - because every import reads it
        if self.lines is not None:
            self.lines.watch()
        if self.switch is not None:
            _follow_at_each_request(self.switch)

    def _code(self, usual: Any) -> Any:  # noqa: ANN401 - methods of a class to be changed
        def get_code(loader: SourceFileLoader, fullname: str) -> CodeType:
            if loader.path == self.file:
                return compile(self.source, self.file, "exec", dont_inherit=True)
            code: CodeType = usual(loader, fullname)
            return code

        return get_code


def _follow_at_each_request(switch: Switch) -> None:
    from tokenhouse.app import Application

    usual: Any = Application.__call__

    async def call(application: Application, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - handed on
        switch.follow()
        await usual(application, scope, receive, send)

    setattr(Application, "__call__", call)  # noqa: B010 - another signature than typing knows there
    switch.follow()


def in_fork(work: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    """Do some work in a fork; give what it gives.

    Raises:
        TimeoutError: for long it gave nothing.

    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            for one in work():
                os.write(writing, json.dumps(one).encode() + b"\n")
        except BaseException:  # noqa: BLE001 - the parent gets to know what came, and stops
            traceback.print_exc()
            os.kill(os.getppid(), signal.SIGTERM)
        finally:
            os._exit(0)
    os.close(writing)
    told = b""
    try:
        while select.select([reading], [], [], HANG)[0]:
            part = os.read(reading, 65536)
            if not part:
                return
            *whole, told = (told + part).split(b"\n")
            yield from map(json.loads, whole)
        raise TimeoutError
    finally:
        os.close(reading)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
