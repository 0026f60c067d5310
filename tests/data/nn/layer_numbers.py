"""Writes layer_numbers.safetensors: parameters, inputs and outputs of PyTorch's layers.

Run with PyTorch 2 and its safetensors package: python3 layer_numbers.py layer_numbers.safetensors
Names are case/param/NAME (the state dict before the call), case/input/I, case/output and
case/after/NAME (buffers after the call).
"""

import sys

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(1)


def image(*shape):
    return torch.randn(*shape)


CASES = {
    "linear": (nn.Linear(5, 3), image(4, 2, 5)),
    "linear_no_bias": (nn.Linear(5, 3, bias=False), image(5)),
    "flatten": (nn.Flatten(), image(2, 3, 4)),
    "flatten_range": (nn.Flatten(0, 1), image(2, 3, 4)),
    "unflatten": (nn.Unflatten(1, (2, -1)), image(2, 6)),
    "conv1d": (nn.Conv1d(3, 4, 3, stride=2, padding=1), image(2, 3, 9)),
    "conv1d_replicate": (nn.Conv1d(2, 2, 3, padding=2, padding_mode="replicate"), image(1, 2, 5)),
    "conv2d": (nn.Conv2d(2, 4, 3), image(2, 2, 6, 5)),
    "conv2d_everything": (
        nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2, bias=False),
        image(2, 4, 7, 6),
    ),
    "conv2d_same": (nn.Conv2d(1, 2, (4, 3), padding="same", dilation=2), image(1, 1, 8, 8)),
    "conv2d_valid": (nn.Conv2d(1, 2, 3, padding="valid"), image(1, 1, 5, 5)),
    "conv2d_reflect": (nn.Conv2d(2, 2, 3, padding=(1, 2), padding_mode="reflect"), image(1, 2, 5, 6)),
    "conv2d_circular": (nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular"), image(1, 2, 4, 5)),
    "conv2d_same_reflect": (
        nn.Conv2d(1, 2, (4, 3), padding="same", padding_mode="reflect"),
        image(1, 1, 6, 6),
    ),
    "conv2d_unbatched": (nn.Conv2d(2, 3, 3, padding=1), image(2, 4, 4)),
    "conv_transpose2d": (
        nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2, dilation=2),
        image(2, 4, 3, 4),
    ),
    "conv_transpose2d_size": (nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1), image(1, 2, 4, 4), [8, 7]),
    "batch_norm1d": (nn.BatchNorm1d(3), image(6, 3)),
    "batch_norm1d_3d": (nn.BatchNorm1d(3, eps=0.1, momentum=0.3), image(2, 3, 5)),
    "batch_norm2d": (nn.BatchNorm2d(3), image(4, 3, 2, 2)),
    "batch_norm2d_eval": (nn.BatchNorm2d(3).eval(), image(4, 3, 2, 2)),
    "batch_norm2d_cumulative": (nn.BatchNorm2d(3, momentum=None), image(4, 3, 2, 2)),
    "batch_norm2d_plain": (nn.BatchNorm2d(3, affine=False, track_running_stats=False).eval(), image(4, 3, 2, 2)),
    "layer_norm": (nn.LayerNorm([3, 4]), image(2, 3, 4)),
    "layer_norm_plain": (nn.LayerNorm(4, eps=0.1, elementwise_affine=False), image(2, 3, 4)),
    "group_norm": (nn.GroupNorm(2, 4), image(2, 4, 3)),
    "max_pool2d": (nn.MaxPool2d(3, stride=2, padding=1, dilation=1, ceil_mode=True), image(1, 2, 8, 6)),
    "avg_pool2d": (nn.AvgPool2d((2, 3), count_include_pad=False, padding=1), image(1, 2, 6, 6)),
    "avg_pool2d_divisor": (nn.AvgPool2d(2, divisor_override=3), image(1, 2, 6, 6)),
    "adaptive_avg_pool2d": (nn.AdaptiveAvgPool2d((3, None)), image(1, 2, 7, 5)),
    "embedding": (nn.Embedding(6, 3, padding_idx=2), torch.tensor([[0, 2], [5, 2]])),
    "embedding_max_norm": (nn.Embedding(6, 3, max_norm=1.0), torch.tensor([0, 4, 4])),
    "relu": (nn.ReLU(), image(10)),
    "relu6": (nn.ReLU6(), image(10) * 5),
    "leaky_relu": (nn.LeakyReLU(0.3), image(10)),
    "elu": (nn.ELU(1.5), image(10)),
    "selu": (nn.SELU(), image(10)),
    "gelu": (nn.GELU(), image(10)),
    "gelu_tanh": (nn.GELU(approximate="tanh"), image(10)),
    "silu": (nn.SiLU(), image(10)),
    "mish": (nn.Mish(), image(10)),
    "softplus": (nn.Softplus(2, 1), image(10)),
    "sigmoid": (nn.Sigmoid(), image(10)),
    "tanh": (nn.Tanh(), image(10)),
    "hardtanh": (nn.Hardtanh(-0.5, 0.7), image(10)),
    "hardsigmoid": (nn.Hardsigmoid(), image(10) * 3),
    "hardswish": (nn.Hardswish(), image(10) * 3),
    "softmax": (nn.Softmax(1), image(2, 3)),
    "log_softmax": (nn.LogSoftmax(0), image(2, 3)),
    "cross_entropy": (
        nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 0.5]), ignore_index=1, label_smoothing=0.1),
        image(4, 3),
        torch.tensor([0, 1, 2, 2]),
    ),
    "nll_loss": (nn.NLLLoss(reduction="sum"), image(4, 3).log_softmax(1), torch.tensor([0, 1, 2, 2])),
    "mse_loss": (nn.MSELoss(), image(4), image(4)),
    "l1_loss": (nn.L1Loss(reduction="none"), image(4), image(4)),
    "smooth_l1_loss": (nn.SmoothL1Loss(beta=0.5), image(4), image(4)),
    "bce_loss": (nn.BCELoss(), torch.rand(4), torch.rand(4)),
    "bce_with_logits_loss": (
        nn.BCEWithLogitsLoss(pos_weight=torch.tensor([2.0]), reduction="sum"),
        image(4),
        torch.rand(4),
    ),
}

out = {}
for name, (module, *inputs) in CASES.items():
    for key, value in module.state_dict().items():
        if value.is_floating_point() and key not in ("running_mean", "running_var", "pos_weight"):
            if not name.startswith("cross"):
                value.uniform_(0.5, 1.5) if "norm" in name and "embedding" not in name else None
        out[f"{name}/param/{key}"] = value.clone()
    for i, x in enumerate(inputs):
        out[f"{name}/input/{i}"] = x.clone() if torch.is_tensor(x) else torch.tensor(x)
    result = module(*[x if torch.is_tensor(x) else x for x in inputs])
    if "cumulative" in name:
        result = module(*inputs)
    out[f"{name}/output"] = result.detach().contiguous().clone()
    for key, value in module.state_dict().items():
        out[f"{name}/after/{key}"] = value.clone()
save_file(out, sys.argv[1])
