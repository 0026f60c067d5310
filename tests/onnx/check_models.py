#!/usr/bin/env python3
"""Checks ONNX files that Sinter wrote with the onnx checker and ONNX Runtime.

usage: check_models.py WRITE_MODELS ONNX_RUN FOLDER

Each model must pass the checker in full, and give in ONNX Runtime what it gave in Sinter: within
1e-5 (relative to the largest value) for floating models, and the same bits for int8_ and exact_
ones. The optimised graph of quantized models must have no floating convolution or product. A qat_
model computes in floating point in Sinter and in integers there, so that some values are rounded the
other way. The files are then run by onnx_run, eagerly and compiled.
"""
import pathlib
import subprocess
import sys

import numpy
import onnx
import onnxruntime

FLOAT_TOLERANCE = 1e-5
QAT_TOLERANCE = 0.05
# Kernels of a quantized model that ONNX Runtime did not make integer ones. It leaves a product with
# a floating bias alone where its result is not quantized: the last one of a qat_ model.
FLOAT_CONVOLUTIONS = {"Conv", "FusedConv"}
FLOAT_PRODUCTS = {"Gemm", "FusedGemm", "MatMul", "FusedMatMul"}


def session(path, optimised=None):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # Without it, sums of pairs saturate in 16 bits on x86 processors that lack VNNI.
    options.add_session_config_entry("session.x64quantprecision", "1")
    if optimised:
        options.optimized_model_filepath = str(optimised)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def arrays(folder, name, kind):
    out = []
    while (path := folder / f"{name}.{kind}{len(out)}.npy").exists():
        out.append(numpy.load(path))
    return out


def difference(ours, theirs):
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype, (ours.shape, theirs.shape)
    ours, theirs = ours.astype(numpy.float64), theirs.astype(numpy.float64)
    return float(numpy.abs(ours - theirs).max()) / max(1.0, float(numpy.abs(theirs).max()))


def kernels(path):
    counts = {}
    for node in onnx.load(str(path)).graph.node:
        counts[node.op_type] = counts.get(node.op_type, 0) + 1
    return counts


def tolerance(name):
    return QAT_TOLERANCE if name.startswith("qat_") else FLOAT_TOLERANCE


def check_kernels(path, refused):
    counts = kernels(path)
    floating = {name: n for name, n in counts.items() if name in refused}
    assert not floating, f"floating kernels are left: {floating}"
    integer = sum(n for name, n in counts.items() if name.startswith("QLinear") or name == "QGemm")
    assert integer > 0, f"no integer kernels: {counts}"
    return f", {integer} integer kernels"


def check_in_onnxruntime(folder, name):
    path = folder / f"{name}.onnx"
    onnx.checker.check_model(onnx.load(str(path)), full_check=True)
    optimised = folder / f"{name}.optimised.onnx"
    runtime = session(path, optimised)
    inputs = arrays(folder, name, "input")
    names = [value.name for value in runtime.get_inputs()]
    results = runtime.run(None, dict(zip(names, inputs, strict=True)))
    outputs = arrays(folder, name, "output")
    worst = max(difference(a, b) for a, b in zip(outputs, results, strict=True))
    line = f"{name}: differs from ONNX Runtime by {worst:.2g}"
    if name.startswith(("int8_", "exact_")):
        same = sum(int((a == b).sum()) for a, b in zip(outputs, results))
        total = sum(a.size for a in outputs)
        line += f", {same} of {total} results bit-equal"
        assert same == total, line
    if name.startswith(("int8_", "qat_")):
        refused = FLOAT_CONVOLUTIONS if name.startswith("qat_") else FLOAT_CONVOLUTIONS | FLOAT_PRODUCTS
        line += check_kernels(optimised, refused)
    assert worst <= tolerance(name), line
    return line


def check_in_sinter(onnx_run, folder, name):
    inputs = [str(folder / f"{name}.input{i}.npy") for i in range(len(arrays(folder, name, "input")))]
    outputs = arrays(folder, name, "output")
    flags = [[]] + ([["--compile"]] if len(inputs) == len(outputs) == 1 else [])
    for flag in flags:
        files = [str(folder / f"{name}.again{i}.npy") for i in range(len(outputs))]
        command = [onnx_run, str(folder / f"{name}.onnx"), "--input", *inputs, "--output", *files]
        subprocess.run(command + flag, check=True, stdout=subprocess.DEVNULL)
        worst = max(difference(a, numpy.load(f)) for a, f in zip(outputs, files, strict=True))
        assert worst <= tolerance(name), f"{name}: onnx_run {flag} differs by {worst:.2g}"


def main():
    write_models, onnx_run, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    subprocess.run([write_models, str(folder)], check=True)
    names = sorted(path.stem for path in folder.glob("*.onnx"))
    assert names, "no models were written"
    for name in names:
        print(check_in_onnxruntime(folder, name))
        check_in_sinter(onnx_run, folder, name)


if __name__ == "__main__":
    main()
