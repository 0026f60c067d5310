"""Contestants: programs that measure one thing in a process of their own and print lines of JSON."""
import dataclasses
import json
import os
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent
ROOT = FOLDER.parent
NOT_THERE = 3  # the status of a program that lacks what it was asked for


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    command: tuple


class Failed(Exception):
    """A program gave no result; says why in a few words."""


def _environment(threads, more):
    # OPENBLAS_* slow peers that bring an OpenBLAS of their own.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    return {**kept, **({"OMP_NUM_THREADS": str(threads)} if threads else {}), **(more or {})}


def note(text):
    """What goes on, for those who watch."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="\r", file=sys.stderr, flush=True)


def _last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no message"


def output_of(command, threads=None, limit=None, environment=None):
    """The lines that a program prints. Throws Failed."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=limit, env=_environment(threads, environment), check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f"took more than {limit:.0f} s") from None
    if done.returncode == NOT_THERE:
        raise Failed("not there: " + _last_line(done.stderr))
    if done.returncode:
        raise Failed(f"failed with status {done.returncode}: " + _last_line(done.stderr))
    return done.stdout.splitlines()


def json_of(lines):
    return [json.loads(line) for line in lines if line.startswith("{")]


def rows_of(command, threads=None, limit=None):
    """The JSON lines among them."""
    return json_of(output_of(command, threads, limit))


def _better(old, new):
    """What to keep of two rounds: the faster one, with the smaller peak of memory, and the first call of
    the first round, since torch.compile keeps what it compiles on disk."""
    if old is None:
        return new
    kept = dict(min(old, new, key=lambda row: row["min_ms"]), first_ms=old["first_ms"])
    if "peak_mb" in kept:
        kept["peak_mb"] = min(old["peak_mb"], new["peak_mb"])
    return kept


def in_turn(contestants, rounds, threads, limit):
    """({contestant: {row's name: best row}}, {contestant: why it has none}) over rounds in which each
    contestant runs once."""
    results, missing = {c.name: {} for c in contestants}, {}
    for _ in range(rounds):
        for c in contestants:
            if c.name in missing:
                continue
            note(f"{c.name} ...")
            try:
                rows = rows_of(c.command, threads, limit)
            except Failed as error:
                missing[c.name] = str(error)
                continue
            for row in rows:
                name = row.get("name", "")
                results[c.name][name] = _better(results[c.name].get(name), row)
    return results, missing


def peer_python():
    """A Python that has torch, and what it has: the one named by SINTER_PEERS, that of
    `./dev bench --setup-peers`, or python3."""
    candidates = [os.environ.get("SINTER_PEERS"), ROOT / "build/peers/bin/python", "python3"]
    probe = ("import json, os, torch; print(json.dumps({'folder': os.path.dirname(torch.__file__),"
             " 'version': torch.__version__}))")
    for python in filter(None, candidates):
        try:
            return str(python), rows_of([python, "-c", probe])[0]
        except (OSError, Failed):
            continue
    sys.exit("compare.py: no Python with torch; run `./dev bench --setup-peers` or set SINTER_PEERS")
