"""Facts about the machine that figures belong to."""
import datetime
import os
import platform
import re


def _first(path, pattern):
    try:
        with open(path, encoding="utf-8") as file:
            found = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1) if found else "unknown"


def instruction_set():
    flags = _first("/proc/cpuinfo", r"^flags\s*: (.*)$").split()
    names = ["avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile"]
    return [name for name in names if name in flags]


def facts():
    return {
        "date": datetime.date.today().isoformat(),
        "system": platform.platform(),
        "processor": _first("/proc/cpuinfo", r"^model name\s*: (.*)$"),
        "instructions": instruction_set(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
    }


def line(known):
    return (f"{known['date']}, {known['processor']} ({' '.join(known['instructions'])}), "
            f"{known['cores']} cores, {known['memory_gb']} GiB, load {known['load_before']} before")
