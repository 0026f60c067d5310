#!/usr/bin/env python3
"""Runs ONNX files in ONNX Runtime, for the demo's table.

usage: run_onnx.py THREADS IMAGES.npy MODEL.onnx...

Writes each model's scores of all images as MODEL.scores.npy and prints, as JSON, a list with its
milliseconds per image: "one_ms" for one image at a time, "all_ms" for all at once, both medians.
Exits with 77 where ONNX Runtime is not installed.
"""
import json
import pathlib
import statistics
import sys
import time

try:
    import numpy
    import onnxruntime
except ImportError:
    sys.exit(77)


def session(model, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Without it, sums of pairs saturate in 16 bits on x86 processors that lack VNNI.
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def milliseconds(function, calls):
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def run(model, threads, images):
    runtime = session(model, threads)
    name = runtime.get_inputs()[0].name

    def scores(x):
        return runtime.run(None, {name: x})[0]

    numpy.save(model.with_suffix(".scores.npy"), scores(images))
    one = images[:1].copy()
    return {
        "one_ms": milliseconds(lambda: scores(one), 200),
        "all_ms": milliseconds(lambda: scores(images), 20) / len(images),
    }


def main():
    threads, images, *models = sys.argv[1:]
    images = numpy.load(images)
    print(json.dumps([run(pathlib.Path(model), int(threads), images) for model in models]))


if __name__ == "__main__":
    main()
