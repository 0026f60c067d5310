"""Training steps and inference of whole nets, Sinter beside its peers."""
import dataclasses
import pathlib
import sys
import tempfile

from . import goals
from .processes import FOLDER, Contestant, Failed, in_turn, peer_python, rows_of
from .report import Report
from .table import markdown, number, without_empty_columns

IMAGE_NETS = ("lenet", "resnet18", "resnet50", "shufflenet_v1", "shufflenet_v2", "mobilenet_v2")
DEFAULT_NETS = {
    "train": ["mlp", "lenet", "resnet18", "shufflenet_v2", "mobilenet_v2", "gpt"],
    "infer": goals.INFERENCE_NETS,
}
RUNTIMES = {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}


@dataclasses.dataclass(frozen=True)
class Workload:
    net: str
    batch: int
    dtype: str

    def title(self):
        return f"{self.net}, {self.batch}, {self.dtype}"

    def arguments(self, options):
        return ["--model", self.net, "--batch", self.batch, "--dtype", self.dtype, "--threads",
                options.threads, "--seconds", options.seconds]


@dataclasses.dataclass
class Outcome:
    """Best rows of the contestants in one workload, and why others have none."""

    workload: Workload
    rows: dict
    missing: dict

    def value(self, contestant, key="min_ms"):
        return self.rows.get(contestant, {}).get(key)

    def cell(self, contestant):
        lacks = self.missing.get(contestant, "").startswith("not there")
        return "not there" if lacks else number(self.value(contestant))

    def least(self, contestants, key="min_ms"):
        return min((v for c in contestants if (v := self.value(c, key)) is not None), default=None)


def workloads(options):
    task = options.benchmark
    nets = options.models or DEFAULT_NETS[task]
    usual = goals.TRAINING_BATCH if task == "train" else {}
    return [Workload(net, options.batch or usual.get(net, 1), dtype)
            for dtype in options.dtype for net in nets]


def sinter(options, workload):
    program = options.build / f"bin/{options.benchmark}_bench"
    return [Contestant(f"Sinter {mode}", (program, *workload.arguments(options), "--mode", mode))
            for mode in options.mode]


def pytorch(options, workload):
    if workload.dtype == "int8":
        return []
    python, _ = peer_python()
    modes = ["eager", "channels_last", "compiled"]
    if workload.net not in IMAGE_NETS:
        modes.remove("channels_last")
    script = FOLDER / "peers/torch_nets.py"
    return [Contestant(f"PyTorch {mode}", (python, script, *workload.arguments(options), "--mode", mode,
                                           "--task", options.benchmark)) for mode in modes]


def runtimes(options, workload, folder):
    """The inference runtimes, with the file that Sinter writes for them."""
    if options.benchmark == "train":
        return []
    python, _ = peer_python()
    file = folder / f"{workload.net}.onnx"
    written = dataclasses.replace(workload, dtype="int8" if workload.dtype == "int8" else "f32")
    rows_of([options.build / "bin/infer_bench", *written.arguments(options), "--onnx", file])
    names = ["openvino"] if workload.dtype == "bf16" else list(RUNTIMES)
    script = FOLDER / "peers/onnx_nets.py"
    return [Contestant(RUNTIMES[name], (python, script, *workload.arguments(options), "--mode", name,
                                        "--onnx", file)) for name in names]


def measure(options, workload):
    with tempfile.TemporaryDirectory() as folder:
        contestants, missing = sinter(options, workload), {}
        if options.peers:
            contestants += pytorch(options, workload)
            try:
                contestants += runtimes(options, workload, pathlib.Path(folder))
            except Failed as error:
                missing["ONNX file"] = str(error)
        results, failed = in_turn(contestants, options.rounds, options.threads, options.limit)
    rows = {name: result[""] for name, result in results.items() if result}
    stop_where_sinter_failed(failed)
    stop_where_nets_differ(workload, rows)
    return Outcome(workload, rows, {**missing, **failed})


def stop_where_sinter_failed(failed):
    for name, why in failed.items():
        if name.startswith("Sinter") and not why.startswith("not there"):
            sys.exit(f"compare.py: {name} {why}")


def stop_where_nets_differ(workload, rows):
    counts = {name: row["parameters"] for name, row in rows.items() if "parameters" in row}
    if len(set(counts.values())) > 1:
        sys.exit(f"compare.py: {workload.net} is not the same net everywhere; parameters: {counts}")


def ratio_cell(theirs, ours, goal):
    if theirs is None or ours is None:
        return ""
    missed = goal is not None and theirs / ours < goal
    return f"{theirs / ours:.2f}x" + (" MISSED" if missed else "")


def rivals(options, names):
    """Those that the goal is about: PyTorch in training, the inference runtimes in inference."""
    if options.benchmark == "train":
        return [name for name in names if name.startswith("PyTorch")]
    return [name for name in names if name in RUNTIMES.values()]


def time_table(options, outcomes, names):
    given = goals.TRAINING if options.benchmark == "train" else goals.INFERENCE
    ours = [name for name in names if name.startswith("Sinter")]
    heading = ["net", "batch", "dtype", *(f"{name}, ms" for name in names),
               *(f"ratio {name.split()[1]}" for name in ours), "goal"]
    rows = []
    for o in outcomes:
        w = o.workload
        goal = given.get((w.net, w.batch, w.dtype))
        best = o.least(rivals(options, names))
        rows.append([w.net, str(w.batch), w.dtype, *(o.cell(name) for name in names),
                     *(ratio_cell(best, o.value(name), goal) for name in ours),
                     f">= {goal}x" if goal and options.peers else ""])
    return markdown(*without_empty_columns(heading, rows))


def memory(outcome, name):
    row = outcome.rows.get(name)
    return row and row["peak_mb"] - row["start_mb"]


def side_table(outcomes, names, title, value):
    heading = [title, "batch", "dtype", *names]
    rows = [[o.workload.net, str(o.workload.batch), o.workload.dtype,
             *(number(value(o, name)) for name in names)] for o in outcomes]
    return markdown(*without_empty_columns(heading, rows))


def run(options):
    report = Report(options)
    outcomes = []
    for workload in workloads(options):
        outcomes.append(measure(options, workload))
        for name, why in outcomes[-1].missing.items():
            print(f"{workload.title()}: {name} {why}", flush=True)
    names = list(dict.fromkeys(name for o in outcomes for name in o.rows))
    print()
    if names:
        report.add_table(time_table(options, outcomes, names))
        report.add_table(side_table(outcomes, names, "peak memory, MB, above the start", memory))
        report.add_table(side_table(outcomes, names, "slowest call of the warm-up, ms",
                                    lambda o, name: o.value(name, "first_ms")))
        report.add_chart({o.workload.title(): {n: r["min_ms"] for n, r in o.rows.items()}
                          for o in outcomes})
    report.finish({"results": [dataclasses.asdict(o) for o in outcomes]})
