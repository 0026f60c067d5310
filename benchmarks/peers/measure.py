"""What the peers' programs share: the options and the timing of ../run.h, and its line of JSON."""
import argparse
import json
import time

NOT_THERE = 3  # the exit status where what is asked for cannot be had


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--dtype", default="f32")
    parser.add_argument("--mode", default="eager")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--onnx", help="the file that an inference runtime runs")
    parser.add_argument("--task", choices=["train", "infer"], default="infer")
    return parser.parse_args()


def repeated(options, call):
    """Times of call() in ms, after a warm-up; the slowest call of the warm-up is `first`."""
    def milliseconds():
        start = time.perf_counter()
        call()
        return (time.perf_counter() - start) * 1e3

    first = max(milliseconds() for _ in range(options.warmup))
    runs = []
    while sum(runs) < options.seconds * 1e3 or len(runs) < 3:
        runs.append(milliseconds())
    runs.sort()
    return {"first_ms": first, "min_ms": runs[0], "median_ms": runs[len(runs) // 2],
            "repetitions": len(runs)}


def _status_mb(field):
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field))


def resident_mb():
    return _status_mb("VmRSS:")


def peak_resident_mb():
    return _status_mb("VmHWM:")


def print_line(line):
    print(json.dumps(line), flush=True)
