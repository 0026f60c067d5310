"""What Sinter should reach, from measurements of its peers on another machine: ratios peer/Sinter, or
at most so much in the unit of the row."""

# (net, batch, dtype): the best mode of PyTorch over each mode of Sinter.
TRAINING = {
    ("mlp", 64, "f32"): 2,
    ("lenet", 64, "f32"): 2,
    ("resnet18", 8, "f32"): 1.4,
    ("shufflenet_v2", 16, "f32"): 2.5,
    ("mobilenet_v2", 16, "f32"): 2.5,
    ("gpt", 8, "f32"): 2,
    ("resnet18", 8, "bf16"): 1.3,
    ("shufflenet_v2", 16, "bf16"): 3,
}
TRAINING_BATCH = {net: batch for net, batch, _ in TRAINING} | {"resnet50": 4, "shufflenet_v1": 16}

# The better of ONNX Runtime and OpenVINO over each mode of Sinter.
INFERENCE_NETS = ["resnet18", "resnet50", "shufflenet_v2", "mobilenet_v2"]
INFERENCE = {(net, batch, dtype): 1 for net in INFERENCE_NETS for batch in (1, 16)
             for dtype in ("f32", "bf16", "int8")}

FIRST_CALL_MS = 1000  # of a compiled step

OVERHEAD = {
    "a + b, 8 floats": 50,
    "a.add_(b)": 30,
    "a.view({2, 4})": 30,
    "w + b, recorded": 100,
    "(w * b).sum().backward()": 1000,
    "MLP 16-16-16-1, batch 8, Adam step": 12000,
    "the same MLP, inference": 1000,
    "the same Adam step, compiled": 4000,
    "the same inference, compiled": 400,
    "start a program that makes one tensor": 10,
    "its resident memory": 20,
    "compile the umbrella header, -O2": 2,
    "umbrella header, preprocessed": 60000,
    "library, stripped": 10,
}
