#!/usr/bin/env python3
"""Runs benchmarks/compare.py for a moment, without peers, and checks what it hands over.

usage: check_compare.py SOURCE_ROOT BUILD
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

ROOT, BUILD = pathlib.Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
sys.dont_write_bytecode = True

from harness import chart, nets, processes, profile, table  # noqa: E402


def run(folder, *arguments, picture="--chart"):
    """What a benchmark prints, its JSON and its chart."""
    files = {"--json": folder / "figures.json", picture: folder / "picture"}
    command = [sys.executable, "-B", str(ROOT / "benchmarks/compare.py"), *arguments, "--build", BUILD,
               "--short", "--threads", "1", *(str(word) for pair in files.items() for word in pair)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    print(done.stdout)
    return done.stdout, json.loads(files["--json"].read_text()), files[picture]


def cells(printed, start):
    """The first row of a table that starts so."""
    row = next(line for line in printed.splitlines() if line.startswith(f"| {start} "))
    return [cell.strip() for cell in row.strip("|").split("|")]


def check_training(folder):
    printed, figures, picture = run(folder, "train", "--models", "mlp", "--batch", "2")
    assert cells(printed, "net")[3:] == ["Sinter eager, ms", "Sinter graph, ms"], printed
    row = cells(printed, "mlp")
    assert row[:3] == ["mlp", "2", "f32"] and all(float(t) > 0 for t in row[3:]), row
    rows = figures["results"][0]["rows"]
    assert rows["Sinter eager"]["parameters"] == 669706, rows
    assert all(r["min_ms"] <= r["median_ms"] and r["repetitions"] >= 3 for r in rows.values()), rows
    assert all(r["peak_mb"] >= r["start_mb"] > 0 for r in rows.values()), rows
    assert figures["machine"]["cores"] >= 1 and figures["options"]["threads"] == 1
    titles = [text.text for text in xml.etree.ElementTree.parse(picture).getroot()]
    assert {"mlp, 2, f32", "Sinter eager", "Sinter graph"} <= set(titles), titles


def check_inference(folder):
    printed, figures, _ = run(folder, "infer", "--models", "mlp", "--dtype", "f32,bf16,int8")
    assert re.search(r"mlp, 1, bf16: Sinter eager not there: .+", printed), printed
    found = {result["workload"]["dtype"]: set(result["rows"]) for result in figures["results"]}
    both = {"Sinter eager", "Sinter graph"}
    assert found == {"f32": both, "bf16": set(), "int8": both}, found


def check_ops(folder):
    printed, figures, _ = run(folder, "ops", "--ops", "relu")
    assert set(figures["results"]["Sinter"]) == {"relu 2048x1024", "relu 2048x1024, backward"}
    assert re.fullmatch(r"[\d.,]+ GB/s", cells(printed, "relu 2048x1024")[2]), printed


def check_profile(folder):
    printed, figures, trace = run(folder, "profile", "mlp", "--batch", "8", picture="--trace")
    assert cells(printed, "outside kernels")[3].endswith(" %"), printed
    ops = {op["name"]: op for op in figures["ops"]}
    assert ops["linear"]["calls"] == 3 and ops["linear"]["gflops"] > 0, ops
    shares = sum(op["ms"] for op in ops.values()) + figures["step"]["outside_ms"]
    assert abs(shares / figures["step"]["step_ms"] - 1) < 1e-6, figures
    names = {event["name"] for event in json.loads(trace.read_text())["traceEvents"]}
    assert set(ops) == names, names


def check_kernel_sums():
    lines = ["onednn_verbose,info,cpu", "{}", "onednn_verbose,exec,cpu,reorder,jit:uni,undef,,,,1x2,0.5",
             "onednn_verbose,exec,cpu,convolution,jit:avx2,backward_data,,,,x,2",
             "onednn_verbose,exec,cpu,reorder,jit:uni,undef,,,,1x2,0.25"]
    assert profile.kernel_sums(lines) == {("reorder", "jit:uni"): [2, 0.75],
                                          ("convolution, backward_data", "jit:avx2"): [1, 2.0]}


def check_parts():
    assert [table.number(v) for v in (None, 0.01234, 5, 99.9, 12345.6)] == [
        "", "0.0123", "5.00", "99.9", "12,346"]
    heading, rows = table.without_empty_columns(["a", "b", "c"], [["1", "", "3"], ["4", "", ""]])
    assert (heading, rows) == (["a", "c"], [["1", "3"], ["4", ""]])
    assert nets.ratio_cell(3.0, 2.0, 2) == "1.50x MISSED" and nets.ratio_cell(None, 2.0, 2) == ""
    xml.etree.ElementTree.fromstring(chart.svg("a < b", {"x & y": {"Sinter eager": 1.0}, "none": {}}))


def check_contestants():
    python = sys.executable
    line = "print('noise'); print('{\"name\": \"a\", \"min_ms\": %d, \"first_ms\": 5}')"
    good = processes.Contestant("good", (python, "-c", line % 3))
    absent = processes.Contestant("absent", (python, "-c", "import sys; print('no', file=sys.stderr); sys.exit(3)"))
    slow = processes.Contestant("slow", (python, "-c", "import time; time.sleep(60)"))
    results, missing = processes.in_turn([good, absent, slow], rounds=2, threads=1, limit=2)
    assert results == {"good": {"a": {"name": "a", "min_ms": 3, "first_ms": 5}}, "absent": {}, "slow": {}}, results
    assert missing == {"absent": "not there: no", "slow": "took more than 2 s"}, missing


def main():
    check_parts()
    check_kernel_sums()
    check_contestants()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        check_training(folder)
        check_inference(folder)
        check_ops(folder)
        check_profile(folder)


if __name__ == "__main__":
    main()
