"""Writes model_numbers.safetensors: small models written in PyTorch, their outputs and gradients.

Run with PyTorch 2 and its safetensors package: python3 model_numbers.py model_numbers.safetensors
Names are case/param/NAME (the state dict before the call), case/input, case/target, case/output,
case/grad/NAME (of the cross entropy of the output) and case/after/NAME (buffers after the call).
All is computed in double precision from parameters in single, and rounded in the end.
"""

import math
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 3, 5, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(3)
        self.conv2 = nn.Conv2d(3, 4, 5, padding=2, bias=False)
        self.bn2 = nn.BatchNorm2d(4)
        self.fc1 = nn.Linear(4 * 2 * 2, 10)
        self.fc2 = nn.Linear(10, 8)
        self.fc3 = nn.Linear(8, 5)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x.flatten(1))))))


def project(inputs, outputs, stride):
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inputs, width, stride, groups, width_per_group):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = project(inputs, width, stride)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs, width, stride, groups, width_per_group):
        super().__init__()
        inner = width * width_per_group // 64 * groups
        self.conv1 = nn.Conv2d(inputs, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = project(inputs, 4 * width, stride)

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)) + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, block, blocks, widths, small, groups=1, width_per_group=64):
        super().__init__()
        stem = (3, 1, 1) if small else (7, 2, 3)
        self.conv1 = nn.Conv2d(2, widths[0], *stem, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.pool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        inputs = widths[0]
        self.stages = []
        for s, (count, width) in enumerate(zip(blocks, widths)):
            units = []
            for i in range(count):
                stride = 2 if s > 0 and i == 0 else 1
                units.append(block(inputs, width, stride, groups, width_per_group))
                inputs = width * block.expansion
            self.stages.append(nn.Sequential(*units))
            self.add_module(f"layer{s + 1}", self.stages[-1])
        self.fc = nn.Linear(inputs, 5)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = stage(x)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class ShuffleUnit(nn.Module):
    def __init__(self, inputs, outputs, groups, stride, group_first):
        super().__init__()
        inner = outputs // 4
        branch = outputs if stride == 1 else outputs - inputs
        self.stride = stride
        self.conv1 = nn.Conv2d(inputs, inner, 1, groups=groups if group_first else 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.shuffle = nn.ChannelShuffle(groups)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=inner, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, branch, 1, groups=groups, bias=False)
        self.bn3 = nn.BatchNorm2d(branch)

    def forward(self, x):
        y = self.shuffle(F.relu(self.bn1(self.conv1(x))))
        y = self.bn3(self.conv3(self.bn2(self.conv2(y))))
        if self.stride == 1:
            return F.relu(x + y)
        return F.relu(torch.cat([F.avg_pool2d(x, 3, 2, 1), y], 1))


class ShuffleNet(nn.Module):
    def __init__(self, groups, stem, stem_stride, stem_pool, channels, units):
        super().__init__()
        self.conv1 = nn.Conv2d(2, stem, 3, stem_stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.pool = nn.MaxPool2d(3, 2, 1) if stem_pool else nn.Identity()
        inputs = stem
        self.stages = []
        for s, (outputs, count) in enumerate(zip(channels, units)):
            stage = []
            for i in range(count):
                stage.append(ShuffleUnit(inputs, outputs, groups, 2 if i == 0 else 1, s > 0 or i > 0))
                inputs = outputs
            self.stages.append(nn.Sequential(*stage))
            self.add_module(f"stage{s + 2}", self.stages[-1])
        self.fc = nn.Linear(inputs, 5)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = stage(x)
        return self.fc(x.mean((2, 3)))


class Attention(nn.Module):
    def __init__(self, heads, width):
        super().__init__()
        self.heads = heads
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)

    def forward(self, x):
        n, t, width = x.shape
        q, k, v = (
            part.view(n, t, self.heads, width // self.heads).transpose(1, 2)
            for part in self.c_attn(x).split(width, 2)
        )
        scores = q @ k.transpose(2, 3) / math.sqrt(width // self.heads)
        later = torch.ones(t, t, dtype=torch.bool).triu(1)
        y = scores.masked_fill(later, -math.inf).softmax(3) @ v
        return self.c_proj(y.transpose(1, 2).reshape(n, t, width))


class MLP(nn.Module):
    def __init__(self, width, approximate):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.gelu = nn.GELU(approximate)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.c_proj(self.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, heads, width, approximate):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(heads, width)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = MLP(width, approximate)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, tied, approximate, vocab=11, block=7, layers=2, heads=2, width=8):
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocab, width),
                "wpe": nn.Embedding(block, width),
                "h": nn.Sequential(*(Block(heads, width, approximate) for _ in range(layers))),
                "ln_f": nn.LayerNorm(width),
            }
        )
        if not tied:
            self.lm_head = nn.Linear(width, vocab, bias=False)

    def forward(self, tokens):
        parts = self.transformer
        x = parts["wte"](tokens) + parts["wpe"](torch.arange(tokens.shape[1]))
        x = parts["ln_f"](parts["h"](x))
        head = self.lm_head.weight if hasattr(self, "lm_head") else parts["wte"].weight
        return x @ head.T


def images(*shape):
    return torch.randn(*shape), torch.arange(shape[0]) % 5


def tokens():
    text = torch.randint(11, (3, 7))
    return text[:, :-1], text[:, 1:]


torch.manual_seed(1)
CASES = {
    "lenet": (LeNet(), images(4, 2, 8, 8)),
    "resnet_basic": (ResNet(BasicBlock, [2, 1], [4, 6], small=True), images(4, 2, 8, 8)),
    "resnet_bottleneck": (
        ResNet(Bottleneck, [1, 1], [3, 4], small=False, groups=2, width_per_group=32),
        images(4, 2, 22, 18),
    ),
    "shufflenet": (ShuffleNet(2, 8, 1, False, [16, 24], [2, 1]), images(4, 2, 8, 8)),
    "shufflenet_pool": (ShuffleNet(3, 6, 2, True, [24], [2]), images(4, 2, 25, 23)),
    "gpt": (GPT(tied=True, approximate="tanh"), tokens()),
    "gpt_untied": (GPT(tied=False, approximate="none", layers=1), tokens()),
}


# Gives norms and biases values of their own, so that none of them can be left out unnoticed.
def vary(state):
    for key, value in state.items():
        if value.is_floating_point() and value.dim() == 1:
            value += 0.3 * torch.rand_like(value)


def numbers(model, inputs, target):
    vary(model.state_dict())
    before = {f"param/{k}": v.clone() for k, v in model.state_dict().items()}
    model.double()
    output = model(inputs.double() if inputs.is_floating_point() else inputs)
    F.cross_entropy(output.flatten(0, -2), target.flatten()).backward()
    grads = {f"grad/{k}": p.grad for k, p in model.named_parameters()}
    after = {f"after/{k}": v for k, v in model.named_buffers()}
    out = before | grads | after | {"input": inputs, "target": target, "output": output.detach()}
    return {k: v.float() if v.is_floating_point() else v for k, v in out.items()}


tensors = {}
for name, (model, (inputs, target)) in CASES.items():
    for key, value in numbers(model, inputs, target).items():
        tensors[f"{name}/{key}"] = value.contiguous().clone()
save_file(tensors, sys.argv[1])
