#!/usr/bin/env python3
"""Runs a benchmark, and the same program on a peer in turn, and prints the ratios peer/Sinter.

    compare.py overhead --build build/release [--peers] [--rounds 5] [--json FILE]

The peer is libtorch out of a PyTorch wheel: of the Python named by SINTER_PEERS, else of the virtual
environment .peers in the source tree, else of python3. Without --peers only Sinter runs.
"""
import argparse
import json
import os
import pathlib
import platform
import resource
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent
ROOT = SOURCE.parent

# Goals in the unit of the row: at most this.
GOALS = {
    "a + b, 8 floats": 50,
    "a.add_(b)": 30,
    "a.view({2, 4})": 30,
    "w + b, recorded": 100,
    "(w * b).sum().backward()": 1000,
    "MLP 16-16-16-1, batch 8, Adam step": 12000,
    "the same MLP, inference": 1000,
    "the same Adam step, compiled": 4000,
    "the same inference, compiled": 400,
    "start a program that makes one tensor": 10,
    "its resident memory": 20,
    "compile the umbrella header, -O2": 2,
    "umbrella header, preprocessed": 60000,
    "library, stripped": 10,
}


def peer_python():
    candidates = [os.environ.get("SINTER_PEERS"), ROOT / ".peers/bin/python", "python3"]
    for python in filter(None, candidates):
        probe = "import torch, os; print(os.path.dirname(torch.__file__)); print(torch.__version__)"
        try:
            out = subprocess.run([python, "-c", probe], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        folder, version = out.stdout.split()
        return pathlib.Path(folder), version
    return None


class Library:
    """How to compile against one library, and where it lies."""

    def __init__(self, name, compile_flags, link_flags, umbrella, files):
        self.name, self.compile_flags, self.link_flags = name, compile_flags, link_flags
        self.umbrella, self.files = umbrella, files

    def build(self, source, target):
        if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        command = ["g++", "-O2", *self.compile_flags, str(source), "-o", str(target), *self.link_flags]
        subprocess.run(command, check=True)
        return target


def libtorch(folder):
    include = [f"-I{folder}/include", f"-I{folder}/include/torch/csrc/api/include"]
    lib = folder / "lib"
    return Library(
        "libtorch",
        ["-std=c++20", "-w", "-DPEER_LIBTORCH", *include],
        [f"-L{lib}", f"-Wl,-rpath,{lib}", "-Wl,--no-as-needed", "-ltorch", "-ltorch_cpu", "-lc10"],
        "torch/torch.h",
        [lib / "libtorch_cpu.so", lib / "libc10.so"],
    )


def sinter(build):
    return Library("sinter", ["-std=c++20", f"-I{build}/include"], [], "sinter/sinter.h",
                   [build / "libsinter.a"])


def rows_of(program):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    out = subprocess.run([str(program)], capture_output=True, text=True, check=True, env=environment)
    return [json.loads(line) for line in out.stdout.splitlines() if line.startswith("{")]


def start_rows(program):
    """Wall time and peak resident memory of a process, by the system's own account."""
    start = time.perf_counter()
    pid = os.posix_spawn(str(program), [str(program)], os.environ)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"compare.py: {program} failed")
    return [
        {"name": "start a program that makes one tensor", "value": seconds * 1e3, "unit": "ms"},
        {"name": "its resident memory", "value": usage.ru_maxrss / 1024, "unit": "MB"},
    ]


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


def measure(library, programs, rounds):
    bench, start = programs
    return rounds.append(rows_of(bench) + start_rows(start))


def print_table(ours, theirs, peer):
    heading = ["", "Sinter", *([peer, "ratio"] if theirs else []), "goal"]
    table = [heading]
    for name, row in ours.items():
        cells = [name, f"{row['value']:,.4g} {row['unit']}"]
        if theirs:
            other = theirs[name]["value"]
            cells += [f"{other:,.4g} {row['unit']}", f"{other / row['value']:.1f}x"]
        goal = GOALS.get(name)
        met = goal is not None and row["value"] <= goal
        cells.append("" if goal is None else f"<= {goal:,}" + ("" if met else "  MISSED"))
        table.append(cells)
    widths = [max(len(r[i]) for r in table) for i in range(len(heading))]
    for i, r in enumerate(table):
        print("| " + " | ".join(c.ljust(w) for c, w in zip(r, widths)) + " |")
        if i == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")


def overhead(options):
    build = pathlib.Path(options.build).resolve()
    own = sinter(build)
    own_programs = (build / "bin/overhead_bench", build / "bin/start_probe")
    peer = peer_python() if options.peers else None
    if options.peers and peer is None:
        sys.exit("compare.py: no PyTorch wheel found; set SINTER_PEERS to a Python that has torch")
    if peer:
        folder, version = peer
        other = libtorch(folder)
        peers = build / "peers"
        other_programs = tuple(other.build(SOURCE / f"{name}.cpp", peers / f"libtorch_{name}")
                               for name in ("overhead_bench", "start_probe"))
    own_rounds, other_rounds = [], []
    for _ in range(options.rounds):
        measure(own, own_programs, own_rounds)
        if peer:
            measure(other, other_programs, other_rounds)
    own_rounds.append(header_rows(own) + size_rows(own, own_programs[1]))
    ours, theirs = best(own_rounds), {}
    if peer:
        other_rounds.append(header_rows(other) + size_rows(other, None))
        theirs = best(other_rounds)
    print(f"{platform.machine()}, {os.cpu_count()} cores, best of {options.rounds} rounds"
          + (f", libtorch {peer[1]}" if peer else ""))
    print_table(ours, theirs, "libtorch")
    if options.json:
        pathlib.Path(options.json).write_text(
            json.dumps({"sinter": list(ours.values()), "libtorch": list(theirs.values())}, indent=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", choices=["overhead"])
    parser.add_argument("--build", required=True, help="the build folder")
    parser.add_argument("--peers", action="store_true", help="run libtorch in turn")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="write the figures to this file")
    overhead(parser.parse_args())


if __name__ == "__main__":
    main()
