#!/usr/bin/env python3
"""infer_bench in ONNX Runtime or OpenVINO (the mode), of the file that infer_bench wrote."""
import sys

import numpy as np
from measure import NOT_THERE, parse, peak_resident_mb, print_line, repeated, resident_mb


def example(shape, integral):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, shape) if integral else rng.standard_normal(shape, np.float32)


def onnxruntime_call(options):
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.add_free_dimension_override_by_name("N", options.batch)
    session = onnxruntime.InferenceSession(options.onnx, settings, ["CPUExecutionProvider"])
    port = session.get_inputs()[0]
    x = example([options.batch, *port.shape[1:]], "int64" in port.type)
    return lambda: session.run(None, {port.name: x})


def openvino_call(options):
    import openvino

    core = openvino.Core()
    model = core.read_model(options.onnx)
    port = model.input(0)
    shape = [options.batch, *(size.get_length() for size in list(port.partial_shape)[1:])]
    model.reshape(shape)
    settings = {"INFERENCE_NUM_THREADS": options.threads, "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_PRECISION_HINT": "bf16" if options.dtype == "bf16" else "f32"}
    compiled = core.compile_model(model, "CPU", settings)
    used = compiled.get_property("INFERENCE_PRECISION_HINT")
    if options.dtype == "bf16" and used != openvino.Type.bf16:
        print(f"bf16 on this processor: OpenVINO runs {used}", file=sys.stderr)
        sys.exit(NOT_THERE)
    request = compiled.create_infer_request()
    x = example(shape, port.element_type == openvino.Type.i64)
    return lambda: request.infer({0: x})


def main():
    options = parse()
    start = resident_mb()
    make = {"onnxruntime": onnxruntime_call, "openvino": openvino_call}[options.mode]
    line = repeated(options, make(options))
    print_line({**line, "start_mb": start, "peak_mb": peak_resident_mb()})


if __name__ == "__main__":
    main()
