"""Sinter and libtorch, for programs whose one source is built on both."""
import pathlib
import subprocess


class Library:
    """How to compile against one library, and where it lies."""

    def __init__(self, name, compile_flags, link_flags, umbrella, files):
        self.name, self.compile_flags, self.link_flags = name, compile_flags, link_flags
        self.umbrella, self.files = umbrella, files

    def build(self, source, target):
        if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        command = ["g++", "-O2", *self.compile_flags, str(source), "-o", str(target), *self.link_flags]
        subprocess.run(command, check=True)
        return target


def libtorch(folder):
    folder = pathlib.Path(folder)
    lib = folder / "lib"
    include = [f"-I{folder}/include", f"-I{folder}/include/torch/csrc/api/include"]
    return Library(
        "libtorch",
        ["-std=c++20", "-w", "-DPEER_LIBTORCH", *include],
        [f"-L{lib}", f"-Wl,-rpath,{lib}", "-Wl,--no-as-needed", "-ltorch", "-ltorch_cpu", "-lc10"],
        "torch/torch.h",
        [lib / "libtorch_cpu.so", lib / "libc10.so"],
    )


def sinter(build):
    return Library("Sinter", ["-std=c++20", f"-I{build}/include"], [], "sinter/sinter.h",
                   [build / "libsinter.a"])
