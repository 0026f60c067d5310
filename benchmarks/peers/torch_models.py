"""The nets of ../nets.cpp in PyTorch: torchvision's where it has them."""
import torch
import torchvision.models as vision
from torch import nn
from torch.nn import functional as F


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.fc1 = nn.Linear(64 * 7 * 7, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x.flatten(1))))))


class ShuffleUnit(nn.Module):
    """Of ShuffleNet v1, in 3 groups."""

    def __init__(self, channels, out, stride, group_first):
        super().__init__()
        inner, branch = out // 4, out if stride == 1 else out - channels
        self.stride = stride
        self.conv1 = nn.Conv2d(channels, inner, 1, groups=3 if group_first else 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=inner, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, branch, 1, groups=3, bias=False)
        self.bn3 = nn.BatchNorm2d(branch)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = y.unflatten(1, (3, -1)).transpose(1, 2).flatten(1, 2)
        y = self.bn3(self.conv3(self.bn2(self.conv2(y))))
        return F.relu(x + y if self.stride == 1 else torch.cat([F.avg_pool2d(x, 3, 2, 1), y], 1))


class ShuffleNetV1(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 24, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(24)
        units, channels = [], 24
        for stage, (width, count) in enumerate([(240, 4), (480, 8), (960, 4)]):
            for i in range(count):
                units.append(ShuffleUnit(channels, width, 2 if i == 0 else 1, stage > 0 or i > 0))
                channels = width
        self.units = nn.Sequential(*units)
        self.fc = nn.Linear(960, 1000)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.fc(F.adaptive_avg_pool2d(self.units(x), 1).flatten(1))


class Block(nn.Module):
    """Of GPT."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"),
                                 nn.Linear(4 * width, width))

    def attend(self, x):
        q, k, v = (y.unflatten(-1, (self.heads, -1)).transpose(1, 2)
                   for y in self.c_attn(x).chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).flatten(2))

    def forward(self, x):
        x = x + self.attend(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, vocabulary=256, length=256, layers=6, heads=8, width=256):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        self.h = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        return F.linear(self.ln_f(self.h(x)), self.wte.weight)


def mlp():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(),
                         nn.Linear(512, 10))


def photos(n):
    return torch.randn(n, 3, 224, 224), torch.randint(1000, (n,))


def digits(n):
    return torch.randn(n, 1, 28, 28), torch.randint(10, (n,))


def vectors(n):
    return torch.randn(n, 784), torch.randint(10, (n,))


def texts(n):
    return torch.randint(256, (n, 256)), torch.randint(256, (n * 256,))


# The net, and a batch for it.
NETS = {
    "mlp": (mlp, vectors),
    "lenet": (LeNet, digits),
    "resnet18": (vision.resnet18, photos),
    "resnet50": (vision.resnet50, photos),
    "shufflenet_v1": (ShuffleNetV1, photos),
    "shufflenet_v2": (vision.shufflenet_v2_x1_0, photos),
    "mobilenet_v2": (vision.mobilenet_v2, photos),
    "gpt": (GPT, texts),
}


def make_optimizer(name, model):
    if name == "gpt":
        return torch.optim.AdamW(model.parameters(), 1e-4)
    return torch.optim.SGD(model.parameters(), 1e-3, momentum=0.9)
