#!/usr/bin/env python3
"""Runs a benchmark of Sinter, with --peers the same work in its peers in turn, and prints tables.

    compare.py train|infer|ops|growth|overhead --build build/release [--peers] [...]
    compare.py profile NET --build build/release [...]

`./dev bench` builds what is needed and calls this. The peers (PyTorch, ONNX Runtime, OpenVINO) are
those of the Python named by SINTER_PEERS, else of build/peers, which `./dev bench --setup-peers`
makes, else of python3. Each contestant runs in a process of its own.
"""
import argparse
import os
import pathlib

from harness import growth, nets, operators, overhead, profile

BENCHMARKS = {"train": nets, "infer": nets, "ops": operators, "growth": growth, "overhead": overhead,
              "profile": profile}


def names(text):
    return [name for name in text.split(",") if name]


def choices(*allowed):
    def parse(text):
        for name in names(text):
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(allowed)}")
        return names(text)
    return parse


def path(text):
    return pathlib.Path(text).resolve()


def add_common(parser):
    parser.add_argument("--build", required=True, type=path, help="the build folder")
    parser.add_argument("--json", help="write the figures to this file")


def add_peers(parser, rounds):
    parser.add_argument("--peers", action="store_true", help="run the peers in turn")
    parser.add_argument("--rounds", type=int, default=rounds, help="how often each one runs")


def add_timing(parser):
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=2, help="measured time per process")
    parser.add_argument("--short", action="store_true",
                        help="one round of a moment each: whether it runs, not how fast")


def add_nets(parser):
    parser.add_argument("--models", type=names, help="nets, separated by commas")
    parser.add_argument("--mode", type=choices("eager", "graph"), default=["eager", "graph"])
    parser.add_argument("--limit", type=float, default=300,
                        help="seconds that a process may take, torch.compile included")


def add_profile(parser):
    parser.add_argument("net")
    parser.add_argument("--task", choices=["train", "infer"], default="train")
    parser.add_argument("--trace", type=path, help="the trace; build/bench/<net>.trace.json otherwise")


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="benchmark", required=True)
    for name in BENCHMARKS:
        kind = kinds.add_parser(name)
        add_common(kind)
        if name != "profile":
            add_peers(kind, rounds=5 if name == "overhead" else 2)
        if name != "overhead":
            add_timing(kind)
        if name in ("train", "infer", "growth"):
            add_nets(kind)
        if name in ("train", "infer", "ops"):
            kind.add_argument("--chart", help=f"the SVG; build/bench/{name}.svg otherwise")
        if name in ("train", "infer", "profile"):
            kind.add_argument("--batch", type=int)
        if name in ("train", "infer"):
            kind.add_argument("--dtype", type=choices("f32", "bf16", "int8"), default=["f32"])
    add_profile(kinds.choices["profile"])
    kinds.choices["ops"].add_argument("--ops", help="only those whose names begin so")
    return parser.parse_args()


def main():
    options = parse()
    if "chart" in options and options.chart is None:
        options.chart = options.build.parent / "bench" / f"{options.benchmark}.svg"
    if "short" in options and options.short:
        options.rounds, options.seconds = 1, 0.01
    BENCHMARKS[options.benchmark].run(options)


if __name__ == "__main__":
    main()
