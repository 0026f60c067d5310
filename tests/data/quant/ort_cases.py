"""Writes ort_cases.safetensors: quantized operators as ONNX Runtime computes them.

    python ort_cases.py        # needs numpy, onnx, onnxruntime, safetensors

Each case NAME holds its inputs and the result under NAME.<tensor>, and its numbers under NAME.params.
Half of the cases have scales that are powers of two and odd zero points, so that many results are ties.
"""
import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper
from safetensors.numpy import save_file

rng = np.random.default_rng(7)
tensors = {}
count = 0


def run(op, inputs, outputs_type, domain="", **attributes):
    names = [f"i{k}" for k in range(len(inputs))]
    node = helper.make_node(op, names, ["y"], domain=domain, **attributes)
    initializers = [onnx.numpy_helper.from_array(np.asarray(v), n) for n, v in zip(names[1:], inputs[1:])]
    first = helper.make_tensor_value_info(
        names[0], helper.np_dtype_to_tensor_dtype(inputs[0].dtype), inputs[0].shape)
    y = helper.make_tensor_value_info("y", outputs_type, None)
    graph = helper.make_graph([node], "g", [first], [y], initializers)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model.SerializeToString(), options,
                                providers=["CPUExecutionProvider"]).run(None, {names[0]: inputs[0]})[0]


def dtype_of(signed):
    return (np.int8, TensorProto.INT8) if signed else (np.uint8, TensorProto.UINT8)


def bytes_of(shape, signed):
    info = np.iinfo(dtype_of(signed)[0])
    return rng.integers(info.min, info.max + 1, shape).astype(info.dtype)


def scale_of(ties, around):
    if ties:
        return np.float32(2.0 ** np.round(np.log2(around) + rng.integers(-1, 2)))
    return np.float32(around * rng.uniform(0.5, 2))


def zero_of(ties, signed):
    zero = int(rng.integers(-100, 100)) | 1 if ties else int(rng.integers(-100, 100))
    return dtype_of(signed)[0](zero if signed else zero + 128)


def keep(name, params, **arrays):
    for key, value in arrays.items():
        tensors[f"{name}.{key}"] = np.ascontiguousarray(value)
    tensors[f"{name}.params"] = np.array([float(p) for p in params], dtype=np.float64)


def conv(i, ties, signed):
    groups, per_group, outputs, k = [(1, 3, 8, 3), (1, 16, 20, 3), (4, 4, 8, 1), (12, 1, 12, 3),
                                     (1, 33, 17, 1), (2, 5, 6, 2)][i % 6]
    stride, pad, dilation = [(1, 1, 1), (2, 0, 1), (1, 2, 2)][i % 3]
    x = bytes_of((2, groups * per_group, 9, 8), signed)
    # 7 bits: without VNNI instructions ONNX Runtime saturates pairs of products.
    w = rng.integers(-64, 64, (outputs, per_group, k, k)).astype(np.int8)
    sx, sw = scale_of(ties, 0.02), np.array([scale_of(ties, 0.01) for _ in range(outputs)])
    sy = scale_of(ties, 0.02 * 0.01 * 60 * np.sqrt(per_group * k * k))
    zx, zy = zero_of(ties, signed), zero_of(ties, signed)
    b = rng.integers(-3000, 3000, outputs).astype(np.int32)
    y = run("QLinearConv", [x, sx, zx, w, sw, np.zeros(outputs, np.int8), sy, zy, b],
            dtype_of(signed)[1], group=groups, strides=[stride] * 2, pads=[pad] * 4,
            dilations=[dilation] * 2)
    keep(f"conv{i}", [sx, zx, sy, zy, stride, pad, dilation, groups], x=x, w=w, sw=sw, b=b, y=y)


def linear(i, ties, signed):
    n, k, m = [(5, 40, 12), (1, 64, 10), (17, 7, 33)][i % 3]
    x = bytes_of((n, k), signed)
    w = rng.integers(-64, 64, (k, m)).astype(np.int8)
    sx, sw = scale_of(ties, 0.02), np.array([scale_of(ties, 0.01) for _ in range(m)])
    sy = scale_of(ties, 0.02 * 0.01 * 60 * np.sqrt(k))
    zx, zy = zero_of(ties, signed), zero_of(ties, signed)
    y = run("QLinearMatMul", [x, sx, zx, w, sw, np.zeros(m, np.int8), sy, zy], dtype_of(signed)[1])
    keep(f"linear{i}", [sx, zx, sy, zy], x=x, w=w.T, sw=sw, y=y)


def add(i, ties, signed):
    shape = [(3, 100), (2, 8, 9, 9), (1, 1000)][i % 3]
    a, b = bytes_of(shape, signed), bytes_of(shape, signed)
    sa, sb, sy = scale_of(ties, 0.02), scale_of(ties, 0.03), scale_of(ties, 0.04)
    za, zb, zy = (zero_of(ties, signed) for _ in range(3))
    y = run("QLinearAdd", [a, sa, za, b, sb, zb, sy, zy], dtype_of(signed)[1], domain="com.microsoft")
    keep(f"add{i}", [sa, za, sb, zb, sy, zy], a=a, b=b, y=y)


def global_pool(i, ties, signed):
    x = bytes_of((2, 19, *[(7, 7), (8, 8), (5, 3)][i % 3]), signed)
    sx, sy = scale_of(ties, 0.02), scale_of(ties, 0.02)
    zx, zy = zero_of(ties, signed), zero_of(ties, signed)
    y = run("QLinearGlobalAveragePool", [x, sx, zx, sy, zy], dtype_of(signed)[1],
            domain="com.microsoft", channels_last=0)
    keep(f"global_pool{i}", [sx, zx, sy, zy], x=x, y=y)


def avg_pool(i, ties, signed):
    k, stride, pad = [(2, 2, 0), (3, 2, 1), (3, 1, 1)][i % 3]
    x = bytes_of((2, 7, 9, 8), signed)
    sx, sy = scale_of(ties, 0.02), scale_of(ties, 0.02)
    zx, zy = zero_of(ties, signed), zero_of(ties, signed)
    y = run("QLinearAveragePool", [x, sx, zx, sy, zy], dtype_of(signed)[1], domain="com.microsoft",
            kernel_shape=[k, k], strides=[stride] * 2, pads=[pad] * 4, count_include_pad=i % 2)
    keep(f"avg_pool{i}", [sx, zx, sy, zy, k, stride, pad, i % 2], x=x, y=y)


def quantize(i, ties, signed):
    s, z = scale_of(ties, 0.02), zero_of(ties, signed)
    x = (rng.integers(-400, 400, 3000) * (np.float32(0.5) * s)).astype(np.float32) if ties else \
        rng.normal(0, 1.5, 3000).astype(np.float32)
    q = run("QuantizeLinear", [x, s, z], dtype_of(signed)[1])
    y = run("DequantizeLinear", [q, s, z], TensorProto.FLOAT)
    keep(f"quantize{i}", [s, z], x=x, q=q, y=y)


for make, cases in [(conv, 48), (linear, 24), (add, 24), (global_pool, 12), (avg_pool, 24), (quantize, 8)]:
    for i in range(cases):
        make(i, ties=i // 2 % 2 == 1, signed=i // 4 % 2 == 1)
        count += 1
tensors["versions"] = np.array([float(".".join(ort.__version__.split(".")[:2]))])
save_file(tensors, "ort_cases.safetensors")
print(count, "cases,", sum(t.nbytes for t in tensors.values()), "bytes, onnxruntime", ort.__version__)
