"""Writes observer_numbers.safetensors: PyTorch's observers on the batches stored with them.

    python observer_numbers.py        # needs torch, safetensors
"""
import torch
from safetensors.torch import save_file
from torch.ao.quantization import (HistogramObserver, MinMaxObserver, MovingAverageMinMaxObserver,
                                   PerChannelMinMaxObserver)

torch.manual_seed(3)
batches = [torch.randn(4, 3, 5, 5) * (1 + k) + 0.3 * k for k in range(4)]
out = {f"batch{k}": b for k, b in enumerate(batches)}


def affine(name, observer):
    for batch in batches:
        observer(batch)
    scale, zero_point = observer.calculate_qparams()
    out[name + ".min"], out[name + ".max"] = observer.min_val, observer.max_val
    out[name + ".scale"], out[name + ".zero_point"] = scale.float(), zero_point.to(torch.int32)


affine("min_max", MinMaxObserver(dtype=torch.quint8, eps=2**-23))
affine("moving_average", MovingAverageMinMaxObserver(dtype=torch.quint8, averaging_constant=0.01, eps=2**-23))
affine("per_channel", PerChannelMinMaxObserver(dtype=torch.quint8, ch_axis=1, eps=2**-23))

histogram = HistogramObserver(bins=2048, dtype=torch.quint8)
histogram(batches[0])
out["histogram.first"] = histogram.histogram.clone()

# Fake quantization: the elements are off ties, where PyTorch's reciprocal multiplication agrees.
x = torch.randn(500, requires_grad=True)
y = torch.fake_quantize_per_tensor_affine(x, 0.013, 117, 0, 255)
y.backward(torch.ones_like(y))
out |= {"fake.x": x.detach(), "fake.y": y.detach(), "fake.dx": x.grad}
save_file({k: v.contiguous().clone() for k, v in out.items()}, "observer_numbers.safetensors")
