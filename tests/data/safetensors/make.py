"""Writes the files that safetensors_python_test.cpp reads, with the safetensors package itself.

Run with a Python that has safetensors, numpy and torch: python make.py
"""

import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import save_file as save_torch

HERE = pathlib.Path(__file__).parent

NUMPY_DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


def main():
    # Element i of each tensor is i, of the booleans i % 2.
    tensors = {
        name: (np.arange(6).reshape(2, 3) % (2 if name == "bool" else 7)).astype(name)
        for name in NUMPY_DTYPES
    }
    tensors["scalar"] = np.array(2.5, dtype=np.float32)
    tensors["empty"] = np.zeros((2, 0, 3), dtype=np.float32)
    tensors["naïve/名前"] = np.array([-1], dtype=np.int64)
    save_numpy(tensors, HERE / "numpy.safetensors", metadata={"quote": 'a "b" \\ ü'})

    weights = torch.arange(6).reshape(2, 3)
    save_torch(
        {
            "bfloat16": (weights / 2).to(torch.bfloat16),
            "float16": (weights / 2).to(torch.float16),
            "transposed": weights.t().contiguous().to(torch.float32),
            "flags": weights % 2 == 1,
        },
        HERE / "torch.safetensors",
    )
    save_torch({"x": torch.zeros(2, dtype=torch.float8_e4m3fn)}, HERE / "float8.safetensors")
    save_numpy({}, HERE / "nothing.safetensors")


if __name__ == "__main__":
    main()
