"""Single ops, Sinter beside PyTorch."""
from .nets import stop_where_sinter_failed
from .processes import FOLDER, Contestant, in_turn, peer_python
from .report import Report
from .table import markdown, number, without_empty_columns


def contestants(options):
    arguments = ["--threads", options.threads, "--seconds", options.seconds]
    if options.ops:
        arguments += ["--model", options.ops]
    found = [Contestant("Sinter", (options.build / "bin/ops_bench", *arguments))]
    if options.peers:
        python, _ = peer_python()
        script = FOLDER / "peers/torch_ops.py"
        found += [Contestant(f"PyTorch {mode}", (python, script, *arguments, "--mode", mode))
                  for mode in ("eager", "channels_last")]
    return found


def table(results):
    ours = results["Sinter"]
    peers = [name for name in results if name != "Sinter"]
    heading = ["op", "Sinter, ms", "rate", *(f"{name}, ms" for name in peers), "ratio"]
    rows = []
    for op, row in ours.items():
        theirs = [results[name].get(op, {}).get("min_ms") for name in peers]
        best = min((t for t in theirs if t is not None), default=None)
        rows.append([op, number(row["min_ms"]), f"{number(row['rate'])} {row['unit']}",
                     *map(number, theirs), f"{best / row['min_ms']:.2f}x" if best else ""])
    return markdown(*without_empty_columns(heading, rows))


def run(options):
    report = Report(options)
    results, missing = in_turn(contestants(options), options.rounds, options.threads, limit=None)
    stop_where_sinter_failed(missing)
    for name, why in missing.items():
        print(f"{name} {why}")
    report.add_table(table(results))
    report.add_chart({op: {name: rows[op]["min_ms"] for name, rows in results.items() if op in rows}
                      for op in results["Sinter"]})
    report.finish({"results": results, "missing": missing})
