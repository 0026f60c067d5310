"""Writes optimizer_numbers.inc: parameters after each step of PyTorch's optimizers.

Run with PyTorch 2: python3 optimizer_numbers.py > ../../nn/optimizer_numbers.inc
The parameter starts at 0.5 * k - 1 (k = 0..4); the gradient of step s is sin(1 + k + 3 s).
"""

import torch

STEPS = 5
SIZE = 5
CASES = {
    "sgd": (torch.optim.SGD, dict(lr=0.1)),
    "sgd_momentum": (torch.optim.SGD, dict(lr=0.1, momentum=0.9)),
    "sgd_dampening": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, dampening=0.3)),
    "sgd_weight_decay": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.05)),
    "sgd_nesterov": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.05, nesterov=True)),
    "adam": (torch.optim.Adam, dict(lr=0.1)),
    "adam_weight_decay": (torch.optim.Adam, dict(lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.05)),
    "adam_amsgrad": (torch.optim.Adam, dict(lr=0.1, amsgrad=True)),
    "adamw": (torch.optim.AdamW, dict(lr=0.1)),
    "adamw_amsgrad": (torch.optim.AdamW, dict(lr=0.1, weight_decay=0.05, amsgrad=True)),
}


def run(optimizer, options):
    param = torch.nn.Parameter(0.5 * torch.arange(SIZE, dtype=torch.float64) - 1)
    opt = optimizer([param], foreach=False, **options)
    for step in range(STEPS):
        param.grad = torch.sin(1 + torch.arange(SIZE, dtype=torch.float64) + 3 * step)
        opt.step()
        yield param.detach().tolist()


print("// Made by tests/data/nn/optimizer_numbers.py with PyTorch " + torch.__version__.split("+")[0] + ".")
for name, (optimizer, options) in CASES.items():
    print('{"%s",' % name)
    rows = ["{" + ", ".join(repr(x) for x in row) + "}" for row in run(optimizer, options)]
    print(" {" + ",\n  ".join(rows) + "}},")
