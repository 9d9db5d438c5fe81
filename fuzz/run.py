"""Fuzz the targets, each for some seconds, from the corpus beside this file.

    python -m fuzz.run [TARGET ...] [--seconds 5]

With atheris where it is installed (guided by coverage), and otherwise with a plain loop that cuts,
joins and changes what is in the corpus. A finding is written to `fuzz/found/` and ends the run with
exit 1; put it into the corpus once it is mended.
"""

import argparse
import importlib
import importlib.util
import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CORPUS, FOUND = HERE / "corpus", HERE / "found"
NAMES = tuple(sorted(folder.name for folder in CORPUS.iterdir()))
MOST_OCTETS = 4096


def plain(name: str, seconds: float) -> None:
    """Change what is in the corpus until the time is up; a finding is kept and raised."""
    from fuzz.targets import TARGETS  # noqa: PLC0415 - because atheris must be there before it

    corpus = [file.read_bytes() for file in sorted((CORPUS / name).iterdir())]
    chance, until, tried = random.Random(0), time.monotonic() + seconds, 0  # noqa: S311 - a run that can be had again
    queue = list(corpus)
    while queue or time.monotonic() < until:
        octets = queue.pop() if queue else mutated(chance, corpus)
        _try(TARGETS[name], octets)
        tried += 1
    sys.stdout.write(f"{name}: {tried} inputs, plain loop\n")


def mutated(chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """One or a few changes to something of the corpus."""
    octets = bytearray(chance.choice(corpus))
    for _ in range(chance.randint(1, 6)):
        place = chance.randint(0, len(octets))
        match chance.randint(0, 4):
            case 0:
                octets[place:place] = chance.randbytes(chance.randint(1, 4))
            case 1:
                del octets[place : place + chance.randint(1, 8)]
            case 2 if place < len(octets):
                octets[place] ^= 1 << chance.randint(0, 7)
            case 3:
                octets[place:place] = octets[: chance.randint(0, len(octets))]
            case _:
                other = chance.choice(corpus)
                octets[place:] = other[chance.randint(0, len(other)) :]
    return bytes(octets[:MOST_OCTETS])


def _try(target: Callable[[bytes], None], octets: bytes) -> None:
    try:
        target(octets)
    except Exception:
        FOUND.mkdir(exist_ok=True)
        file = FOUND / sha256(octets).hexdigest()[:16]
        file.write_bytes(octets)
        sys.stderr.write(f"found: {file}\n")
        raise


def guided(name: str, seconds: float) -> None:
    """Let atheris look for inputs that reach further."""
    atheris: Any = importlib.import_module("atheris")  # here, because it is not everywhere

    with atheris.instrument_imports(include=["tokenhouse"]):
        from fuzz.targets import TARGETS  # noqa: PLC0415 - because it is instrumented while imported

    FOUND.mkdir(exist_ok=True)
    arguments = [
        "fuzz",
        f"-max_total_time={max(1, round(seconds))}",
        f"-max_len={MOST_OCTETS}",
        f"-artifact_prefix={FOUND}/",
        "-verbosity=0",
        "-print_final_stats=1",
        "-seed=1",
        str(_scratch(name)),
        str(CORPUS / name),
    ]
    atheris.Setup(arguments, TARGETS[name], enable_python_coverage=True)
    atheris.Fuzz()


def _scratch(name: str) -> Path:
    """Where what is found of interest goes, so that the corpus stays as it was chosen."""
    folder = HERE / "scratch" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main() -> int:
    """Fuzz each target in a process of its own: atheris ends the one it runs in."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.run", description=__doc__)
    parser.add_argument(
        "target", nargs="*", choices=[*NAMES, []], default=[], help="all by default"
    )
    parser.add_argument("--seconds", type=float, default=5, help="for each (%(default)s)")
    chosen = parser.parse_args()
    run = guided if importlib.util.find_spec("atheris") else plain
    context, failed = multiprocessing.get_context("spawn"), list[str]()
    for name in chosen.target or NAMES:
        process = context.Process(target=run, args=(name, chosen.seconds))
        process.start()
        process.join()
        if process.exitcode:
            failed.append(name)
    sys.stdout.write(
        f"{'found something in: ' + ', '.join(failed) if failed else 'nothing found'}\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
