#!/usr/bin/env python3
"""Runs the demo's short form for all nets, and checks what it prints and the files that it writes.

usage: check_digits.py DIGITS SOURCE_ROOT

Rows of ONNX Runtime have numbers where it is installed in the virtual environment that `./dev demo`
makes, pictures of graphs are there where GraphViz is.
"""
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

MODELS = ["convnet", "lenet", "resnet", "shufflenet", "gpt"]
ROWS = ["eager float", "compiled float", "QAT", "int8", "ONNX Runtime float", "ONNX Runtime int8"]
FILES = ["model.safetensors", "int8.safetensors", "model.onnx", "int8.onnx", "graph.dot", "curves.svg"]
FILES += ["cpp/model.h", "cpp/main.cpp", "cpp/CMakeLists.txt", "cpp/weights.safetensors"]


def run(digits, root, folder):
    python, script = root / "build/venv/bin/python", root / "examples/digits/run_onnx.py"
    command = [digits, "--short", "--model", "all", "--threads", "1", "--folder", str(folder)]
    command += ["--data", str(root / "examples/digits/digits.csv.gz")]
    command += ["--onnxruntime", shlex.join([str(python), str(script)])]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def check_table(printed, model):
    head = re.search(rf"^{model} +accuracy .*$", printed, re.MULTILINE)
    assert head, f"there is no table of {model}"
    lines = printed[head.end():].splitlines()[1:]
    for name, line in zip(ROWS, lines, strict=False):
        assert line.startswith(name), f"{model}: {name} should be in {line!r}"
        values = line[len(name):].split("  ")
        numbers = [value for value in values if re.search(r"\d", value)]
        assert "not installed" in line or len(numbers) >= 4, f"{model}: {line!r}"
    assert "DIFFERENT" not in printed


def check_picture(folder):
    root = xml.etree.ElementTree.parse(folder / "curves.svg").getroot()
    assert root.tag.endswith("svg"), root.tag
    names = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"eager", "compiled", "quantized"} <= set(names), names


def check_graph(folder):
    if not shutil.which("dot"):
        assert not (folder / "graph.svg").exists()
        return
    subprocess.run(["dot", "-Tsvg", str(folder / "graph.dot")], check=True, stdout=subprocess.DEVNULL)
    xml.etree.ElementTree.parse(folder / "graph.svg")


def main():
    digits, root = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "a folder"
        printed = run(digits, root, folder)
        print(printed)
        for model in MODELS:
            check_table(printed, model)
            for name in FILES:
                assert (folder / model / name).stat().st_size > 0, f"{model}/{name} is empty"
            check_picture(folder / model)
            check_graph(folder / model)


if __name__ == "__main__":
    main()
