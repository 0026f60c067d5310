"""How time grows with batch, threads, depth and the size of tensors."""
import argparse

from . import libraries, nets
from .processes import FOLDER, peer_python, rows_of
from .report import Report
from .table import markdown, number

BATCHES = [1, 4, 16, 64]


def programs(options):
    """growth_bench of each library."""
    found = {"Sinter": options.build / "bin/growth_bench"}
    if options.peers:
        _, torch = peer_python()
        found["libtorch"] = libraries.libtorch(torch["folder"]).build(
            FOLDER / "growth_bench.cpp", options.build / "peers/libtorch_growth_bench")
    return found


def better(old, new):
    if old is None:
        return new
    pick = max if new["unit"] == "GB/s" else min
    return pick(old, new, key=lambda row: row["value"])


def sizes_and_depths(options):
    results = {name: {} for name in programs(options)}
    for _ in range(options.rounds):
        for name, program in programs(options).items():
            for row in rows_of([program, options.threads], options.threads):
                results[name][row["name"]] = better(results[name].get(row["name"]), row)
    return results


def sizes_table(results):
    rows = [[name, *(f"{number(results[c][name]['value'])} {row['unit']}" for c in results)]
            for name, row in results["Sinter"].items()]
    return markdown(["", *results], rows)


def steps(options, net, batch, threads):
    changed = argparse.Namespace(**{**vars(options), "benchmark": "train", "threads": threads})
    return nets.measure(changed, nets.Workload(net, batch, "f32"))


def series_table(title, outcomes):
    names = list(dict.fromkeys(name for o in outcomes.values() for name in o.rows))
    rows = [[str(value), *(number(o.value(name)) for name in names)] for value, o in outcomes.items()]
    return markdown([title, *(f"{name}, ms" for name in names)], rows)


def threads_up_to(most):
    return [2**i for i in range(most.bit_length()) if 2**i <= most]


def run(options):
    report = Report(options)
    small = sizes_and_depths(options)
    report.add_table(sizes_table(small))
    found = {"sizes_and_depths": small}
    for net in options.models or ["lenet"]:
        batches = {n: steps(options, net, n, options.threads) for n in BATCHES}
        report.add_table(series_table(f"training step of {net}, batch", batches))
        threads = {n: steps(options, net, 16, n) for n in threads_up_to(options.threads)}
        report.add_table(series_table(f"training step of {net}, batch 16, threads", threads))
        found[net] = {"batch": {n: o.rows for n, o in batches.items()},
                      "threads": {n: o.rows for n, o in threads.items()}}
    report.finish(found)
