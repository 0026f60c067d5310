#!/usr/bin/env python3
"""train_bench and infer_bench in PyTorch, in mode eager, channels_last or compiled."""
import contextlib

import torch
from measure import parse, peak_resident_mb, print_line, repeated, resident_mb
from torch.nn import functional as F
from torch_models import NETS, make_optimizer


def autocast(options):
    if options.dtype == "bf16":
        return torch.autocast("cpu", torch.bfloat16)
    return contextlib.nullcontext()


def prepared(options):
    """The net and its input in the mode that is asked for."""
    make, batch = NETS[options.model]
    model, (x, y) = make(), batch(options.batch)
    if options.mode == "channels_last":
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    model.train(options.task == "train")
    return model, torch.compile(model) if options.mode == "compiled" else model, x, y


def train(options):
    model, call, x, y = prepared(options)
    optimizer = make_optimizer(options.model, model)

    def step():
        optimizer.zero_grad()
        with autocast(options):
            loss = F.cross_entropy(call(x).flatten(0, -2), y)
        loss.backward()
        optimizer.step()
        return loss

    times = repeated(options, step)
    return model, {**times, "loss": step().item()}


def infer(options):
    model, call, x, _ = prepared(options)
    with torch.inference_mode(), autocast(options):
        return model, repeated(options, lambda: call(x))


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    start = resident_mb()
    model, line = train(options) if options.task == "train" else infer(options)
    line["parameters"] = sum(p.numel() for p in model.parameters())
    print_line({**line, "start_mb": start, "peak_mb": peak_resident_mb()})


if __name__ == "__main__":
    main()
