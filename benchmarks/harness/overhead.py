"""What calls, programs and headers cost beside their arithmetic: Sinter beside libtorch."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from . import libraries
from .goals import OVERHEAD
from .processes import FOLDER, peer_python, rows_of
from .report import Report
from .table import markdown


def start_rows(program):
    """Wall time of a process, and its peak resident memory as it sees it: the system's account of a
    child begins with that of this script."""
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    pid = os.posix_spawn(str(program), [str(program)], os.environ, file_actions=silent)
    _, status = os.waitpid(pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"compare.py: {program} failed")
    started = {"name": "start a program that makes one tensor", "value": seconds * 1e3, "unit": "ms"}
    return [started, *rows_of([program])]


def header_rows(library):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "one.cpp"
        source.write_text(f"#include <{library.umbrella}>\nint main() {{}}\n")
        pre = subprocess.run(["g++", *library.compile_flags, "-E", "-P", str(source)], capture_output=True,
                             check=True)
        start = time.perf_counter()
        subprocess.run(["g++", "-O2", *library.compile_flags, "-c", str(source), "-o", os.devnull],
                       check=True)
        seconds = time.perf_counter() - start
    return [
        {"name": "compile the umbrella header, -O2", "value": seconds, "unit": "s"},
        {"name": "umbrella header, preprocessed", "value": pre.stdout.count(b"\n"), "unit": "lines"},
    ]


def size_rows(library, stripped_program):
    size = sum(f.stat().st_size for f in library.files)
    if stripped_program is not None:
        with tempfile.NamedTemporaryFile() as copy:
            subprocess.run(["strip", "-o", copy.name, str(stripped_program)], check=True)
            size = pathlib.Path(copy.name).stat().st_size
    return [{"name": "library, stripped", "value": size / 2**20, "unit": "MB"}]


def best(rounds):
    """The smallest value of each row over several rounds."""
    rows = {}
    for row in (row for rows_ in rounds for row in rows_):
        old = rows.get(row["name"])
        if old is None or row["value"] < old["value"]:
            rows[row["name"]] = row
    return rows


class Side:
    """One library with its programs and the rounds that were measured."""

    def __init__(self, library, bench, start, stripped):
        self.library, self.bench, self.start = library, bench, start
        self.rounds = []
        self.stripped = stripped

    def measure(self):
        self.rounds.append(rows_of([self.bench]) + start_rows(self.start))

    def rows(self):
        return best([*self.rounds, header_rows(self.library) + size_rows(self.library, self.stripped)])


def sides(options):
    bin_folder = options.build / "bin"
    start = bin_folder / "start_probe"
    both = [Side(libraries.sinter(options.build), bin_folder / "overhead_bench", start, start)]
    if options.peers:
        _, torch = peer_python()
        library = libraries.libtorch(torch["folder"])
        programs = [library.build(FOLDER / f"{name}.cpp", options.build / f"peers/libtorch_{name}")
                    for name in ("overhead_bench", "start_probe")]
        both.append(Side(library, *programs, None))
    return both


def table_row(name, row, theirs):
    cells = [name, f"{row['value']:,.4g} {row['unit']}"]
    if theirs:
        other = theirs[name]["value"] if name in theirs else None
        cells += [f"{other:,.4g} {row['unit']}", f"{other / row['value']:.1f}x"] if other else ["", ""]
    goal = OVERHEAD.get(name)
    met = goal is not None and row["value"] <= goal
    return [*cells, "" if goal is None else f"<= {goal:,}" + ("" if met else "  MISSED")]


def run(options):
    both = sides(options)
    report = Report(options)
    for _ in range(options.rounds):
        for side in both:
            side.measure()
    ours, theirs = both[0].rows(), both[1].rows() if len(both) > 1 else {}
    heading = ["", "Sinter", *(["libtorch", "ratio"] if theirs else []), "goal"]
    report.add_table(markdown(heading, [table_row(n, r, theirs) for n, r in ours.items()]))
    report.finish({"sinter": list(ours.values()), "libtorch": list(theirs.values())})
