#!/usr/bin/env python3
"""ops_bench in PyTorch, images being contiguous (mode eager) or channels_last."""
from functools import partial

import torch
from measure import parse, print_line, repeated
from torch.nn import functional as F

MOVES_NOTHING_BACKWARD = ("add 16M", "sum 16M")


def image(mode, *sizes):
    x = torch.randn(*sizes)
    return x.to(memory_format=torch.channels_last) if mode == "channels_last" else x


def conv(batch, channels, side, kernel, groups, mode):
    inputs = [image(mode, batch, channels, side, side),
              image(mode, channels, channels // groups, kernel, kernel)]
    return inputs, lambda x, w: F.conv2d(x, w, None, 1, kernel // 2, 1, groups)


def matmul(n, _):
    return [torch.randn(n, n), torch.randn(n, n)], torch.mm


def batch_norm(mode):
    inputs = [image(mode, 8, 64, 56, 56), torch.ones(64), torch.zeros(64)]
    return inputs, lambda x, w, b: F.batch_norm(x, None, None, w, b, True)


def layer_norm(_):
    inputs = [torch.randn(2048, 1024), torch.ones(1024), torch.zeros(1024)]
    return inputs, lambda x, w, b: F.layer_norm(x, (1024,), w, b)


def rows(op, _):
    return [torch.randn(2048, 1024)], op


def cross_entropy(_):
    target = torch.randint(1000, (2048,))
    return [torch.randn(2048, 1000)], lambda x: F.cross_entropy(x, target)


def attention(_):
    inputs = [torch.randn(8, 8, 256, 32) for _ in range(3)]
    return inputs, partial(F.scaled_dot_product_attention, is_causal=True)


def flat(count, op, _):
    return [torch.randn(1 << 24) for _ in range(count)], op


CASES = {
    "matmul 512": partial(matmul, 512),
    "matmul 1024": partial(matmul, 1024),
    "conv 3x3 8x64x56x56": partial(conv, 8, 64, 56, 3, 1),
    "conv 3x3 8x128x28x28": partial(conv, 8, 128, 28, 3, 1),
    "conv 3x3 8x256x14x14": partial(conv, 8, 256, 14, 3, 1),
    "conv 3x3 8x512x7x7": partial(conv, 8, 512, 7, 3, 1),
    "conv 1x1 16x58x28x28": partial(conv, 16, 58, 28, 1, 1),
    "depthwise 3x3 16x58x28x28": partial(conv, 16, 58, 28, 3, 58),
    "depthwise 3x3 16x144x56x56": partial(conv, 16, 144, 56, 3, 144),
    "batch norm 8x64x56x56": batch_norm,
    "layer norm 2048x1024": layer_norm,
    "softmax 2048x1024": partial(rows, partial(torch.softmax, dim=-1)),
    "gelu 2048x1024": partial(rows, F.gelu),
    "relu 2048x1024": partial(rows, F.relu),
    "cross entropy 2048x1000": cross_entropy,
    "attention 8x8x256x32, causal": attention,
    "add 16M": partial(flat, 2, torch.add),
    "sum 16M": partial(flat, 1, torch.sum),
}


def bench(options, name):
    inputs, op = CASES[name](options.mode)
    with torch.no_grad():
        print_line({"name": name, **repeated(options, lambda: op(*inputs))})
    if name in MOVES_NOTHING_BACKWARD:
        return
    for x in inputs:
        x.requires_grad_()
    out = op(*inputs)
    gradient = torch.randn_like(out)
    times = repeated(options, lambda: torch.autograd.grad(out, inputs, gradient, retain_graph=True))
    print_line({"name": f"{name}, backward", **times})


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    for name in CASES:
        if name.startswith(options.model):
            bench(options, name)


if __name__ == "__main__":
    main()
