"""Writes what torchvision's models hold and compute, for tests/nn/models/torchvision_test.cpp.

Run with PyTorch 2 and torchvision (made with 2.15 and 0.29): python3 torchvision_numbers.py FOLDER
writes three files there:

torchvision_models.txt has a line for each model: name, entries of the state dict, parameters, and
the 64-bit FNV-1a hash of the lines "KEY DTYPE [SIZES]\\n" of the state dict. `--list MODEL` prints
those lines instead.

torchvision_numbers.safetensors has for some models, whose state dict and images fill() made:
MODEL/eval and MODEL/train, the scores; MODEL/gradients, [parameters, 2], of the mean cross entropy
in training; MODEL/buffers, [buffers, 2], after that step. A tensor's two numbers are its norm and
its product with a pattern of its size. All is computed in double precision and rounded to single.

torchvision_saved.safetensors is the state dict of a small ShuffleNet v2 as PyTorch saves it, and
"saved/images" and "saved/eval" of the numbers are its images and scores.
"""

import math
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn import functional as F
from torchvision import models
from torchvision.ops import MLP

MODELS = {
    "mlp": lambda: MLP(784, [512, 512, 10]),
    "resnet18": models.resnet18,
    "resnet34": models.resnet34,
    "resnet50": models.resnet50,
    "resnet101": models.resnet101,
    "resnet152": models.resnet152,
    "shufflenet_v2_x0_5": models.shufflenet_v2_x0_5,
    "shufflenet_v2_x1_0": models.shufflenet_v2_x1_0,
    "shufflenet_v2_x1_5": models.shufflenet_v2_x1_5,
    "shufflenet_v2_x2_0": models.shufflenet_v2_x2_0,
    "mobilenet_v2": models.mobilenet_v2,
    "mobilenet_v2_0.35": lambda: models.mobilenet_v2(width_mult=0.35),
    "mobilenet_v2_0.75": lambda: models.mobilenet_v2(width_mult=0.75),
    "mobilenet_v2_1.4": lambda: models.mobilenet_v2(width_mult=1.4),
}

DTYPES = {torch.float32: "f32", torch.int64: "i64"}
IMAGES = (4, 3, 64, 64)
CASES = {
    "mlp": (MODELS["mlp"], (4, 784)),
    "resnet18": (lambda: models.resnet18(num_classes=10), IMAGES),
    "resnet50": (lambda: models.resnet50(num_classes=10), IMAGES),
    "shufflenet_v2_x0_5": (lambda: models.shufflenet_v2_x0_5(num_classes=10), IMAGES),
    "mobilenet_v2": (lambda: models.mobilenet_v2(num_classes=10, dropout=0.0), IMAGES),
}


def lines(model):
    def line(key, value):
        sizes = ", ".join(map(str, value.shape))
        return f"{key} {DTYPES[value.dtype]} [{sizes}]\n"

    return "".join(line(key, value) for key, value in model.state_dict().items())


def fnv1a(text):
    out = 0xCBF29CE484222325
    for byte in text.encode():
        out = (out ^ byte) * 0x100000001B3 % 2**64
    return out


# Numbers in [-1, 1) that single precision holds: tensor k's, in the order of memory.
def pattern(k, shape):
    h = np.arange(math.prod(shape), dtype=np.uint32) * np.uint32(0x9E3779B1)
    h += np.uint32(k * 0x85EBCA77 % 2**32)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    h = (h ^ (h >> np.uint32(12))) * np.uint32(0x297A2D39)
    h ^= h >> np.uint32(15)
    return torch.from_numpy((h >> np.uint32(8)).astype(np.float64) * 2.0**-23 - 1).reshape(shape)


# Weights keep the variance, norms and biases are not what layers start with.
def fill(state):
    for k, (key, value) in enumerate(state.items()):
        u = pattern(k + 1, tuple(value.shape))
        if key.endswith("num_batches_tracked"):
            continue
        if value.dim() > 1:
            value.copy_(u * math.sqrt(6 / value[0].numel()))
        elif key.endswith(("weight", "var")):
            value.copy_(1 + u / 4)
        else:
            value.copy_(u / 4)


def two_numbers(tensors):
    rows = [[t.double().norm(), (t.double() * pattern(0, tuple(t.shape))).sum()] for t in tensors]
    return torch.tensor(rows, dtype=torch.float32)


def numbers(make, shape):
    model = make()
    fill(model.state_dict())
    model.double()
    images = pattern(0, shape)
    out = {"eval": model.eval()(images)}
    out["train"] = model.train()(images)
    F.cross_entropy(out["train"], torch.arange(shape[0]) % 10).backward()
    out["gradients"] = two_numbers([p.grad for p in model.parameters()])
    if buffers := list(model.buffers()):
        out["buffers"] = two_numbers(buffers)
    return out


def saved(folder):
    torch.manual_seed(1)
    model = models.ShuffleNetV2([2, 1, 1], [4, 8, 12, 16, 24], num_classes=5)
    images = torch.randn(2, 3, 33, 32)
    model(images)
    save_file(model.state_dict(), f"{folder}/torchvision_saved.safetensors")
    return {"images": images, "eval": model.double().eval()(images.double())}


if sys.argv[1] == "--list":
    print(lines(MODELS[sys.argv[2]]()), end="")
    sys.exit()

folder = sys.argv[1]
with open(f"{folder}/torchvision_models.txt", "w") as file:
    for name, make in MODELS.items():
        model = make()
        parameters = sum(p.numel() for p in model.parameters())
        print(name, len(model.state_dict()), parameters, f"{fnv1a(lines(model)):016x}", file=file)

tensors = {}
for name, (make, shape) in CASES.items():
    for key, value in numbers(make, shape).items():
        tensors[f"{name}/{key}"] = value.detach().float()
for key, value in saved(folder).items():
    tensors[f"saved/{key}"] = value.detach().float()
save_file(tensors, f"{folder}/torchvision_numbers.safetensors")
