"""Where the time of one net goes: by op, and by oneDNN's kernels, reorders among them."""
import collections
import sys

from . import goals
from .processes import Failed, output_of, rows_of
from .report import Report
from .table import markdown, number


def command(options, seconds, *more):
    usual = goals.TRAINING_BATCH.get(options.net, 1) if options.task == "train" else 1
    return [options.build / "bin/profile_bench", "--model", options.net, "--batch",
            options.batch or usual, "--task", options.task, "--threads", options.threads, "--seconds",
            seconds, *more]


def op_row(op, whole):
    arithmetic = 100 * op["gflops"] / (whole["peak_gflops"] or 1)
    moved = 100 * op["gbs"] / whole["memory_gbs"]
    return [op["name"], number(op["calls"]), number(op["ms"]),
            f"{100 * op['ms'] / whole['step_ms']:.1f} %",
            f"{number(op['gflops'])} ({arithmetic:.0f} %)" if op["gflops"] else "",
            f"{number(op['gbs'])} ({moved:.0f} %)"]


def op_table(ops, whole):
    rows = [op_row(op, whole) for op in sorted(ops, key=lambda op: -op["ms"])]
    outside = whole["outside_ms"]
    rows.append(["outside kernels", "", number(outside), f"{100 * outside / whole['step_ms']:.1f} %",
                 "", ""])
    return markdown(["op", "calls", "ms", "share", "GFLOP/s (of the peak)", "GB/s (of memory's)"], rows)


def kernel_sums(lines):
    """{(primitive, implementation): [calls, ms]} of oneDNN's verbose lines."""
    sums = collections.defaultdict(lambda: [0, 0.0])
    for fields in (line.split(",") for line in lines):
        if len(fields) < 6 or not fields[0].endswith("dnn_verbose") or fields[1] != "exec":
            continue
        kind = fields[3] if fields[5] == "undef" else f"{fields[3]}, {fields[5]}"
        one = sums[kind, fields[4]]
        one[0] += 1
        one[1] += float(fields[-1])
    return sums


def kernel_table(sums):
    total = sum(ms for _, ms in sums.values())
    rows = [[kind, kernel, str(calls), number(ms / calls), f"{100 * ms / total:.1f} %"]
            for (kind, kernel), (calls, ms) in sorted(sums.items(), key=lambda item: -item[1][1])]
    return markdown(["oneDNN", "kernel", "calls", "ms a call", "share of oneDNN"], rows)


def summary(whole):
    return (f"A step takes {number(whole['unprofiled_ms'])} ms, profiled {number(whole['step_ms'])} ms; "
            f"{whole['allocations']} allocations, {whole['system_allocations']} of them from the system; "
            f"peak {number(whole['peak_mb'])} MB.\nThe machine on {whole['threads']} threads: "
            f"{number(whole['peak_gflops'])} GFLOP/s, {number(whole['memory_gbs'])} GB/s.\n")


def run(options):
    report = Report(options)
    trace = options.trace or options.build.parent / "bench" / f"{options.net}.trace.json"
    trace.parent.mkdir(parents=True, exist_ok=True)
    try:
        *ops, whole = rows_of(command(options, options.seconds, "--trace", trace), options.threads)
        verbose = output_of(command(options, 0), options.threads, environment={"DNNL_VERBOSE": "1"})
    except Failed as error:
        sys.exit(f"compare.py: {error}")
    whole["threads"] = options.threads
    print(summary(whole))
    report.add_table(op_table(ops, whole))
    sums = kernel_sums(verbose)
    if sums:
        report.add_table(kernel_table(sums))
    print(f"trace for chrome://tracing: {trace}")
    report.finish({"ops": ops, "step": whole,
                   "onednn": [[*key, *value] for key, value in sums.items()]})
