"""A bar chart as SVG text: how fast each contestant is beside the fastest of its group."""
import html
import pathlib

from .table import number

COLOURS = {"Sinter eager": "#1f77b4", "Sinter graph": "#0b3d63"}
OTHERS = ["#e8a33d", "#c97b1e", "#8f5512", "#7a9e5b", "#4d6b38"]
BAR, GAP, LEFT, WIDTH = 14, 12, 190, 420


def _colour(name, names):
    others = [other for other in names if other not in COLOURS]
    return COLOURS.get(name) or OTHERS[others.index(name) % len(OTHERS)]


def _text(x, y, text, attributes=""):
    return f'<text x="{x}" y="{y}" {attributes}>{html.escape(text)}</text>'


def _group(title, times, names, top):
    """Bars of one group, and where the next one starts."""
    fastest = min(times.values())
    parts = [_text(LEFT - 8, top + BAR * len(times) / 2 + 4, title, 'text-anchor="end"')]
    for i, (name, time) in enumerate(times.items()):
        y, width = top + i * BAR, WIDTH * fastest / time
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 2}" '
                     f'fill="{_colour(name, names)}"/>')
        parts.append(_text(LEFT + width + 4, y + BAR - 4, f"{number(time)} ms", 'font-size="10"'))
    return parts, top + len(times) * BAR + GAP


def _legend(names, top):
    parts = []
    for i, name in enumerate(names):
        x, y = 20 + i % 4 * 170, top + i // 4 * 18
        parts.append(f'<rect x="{x}" y="{y}" width="10" height="10" fill="{_colour(name, names)}"/>')
        parts.append(_text(x + 14, y + 9, name))
    return parts


def svg(title, groups):
    """groups: {title: {contestant: milliseconds}}."""
    groups = {name: times for name, times in groups.items() if times}
    names = list(dict.fromkeys(name for times in groups.values() for name in times))
    parts = [_text(20, 22, title, 'font-size="13" font-weight="bold"'), *_legend(names, 34)]
    top = 34 + (len(names) + 3) // 4 * 18 + GAP
    for name, times in groups.items():
        bars, top = _group(name, times, names, top)
        parts += bars
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{top}" '
            'font-family="sans-serif" font-size="12">')
    return "\n".join([head, f'<rect width="720" height="{top}" fill="white"/>', *parts, "</svg>", ""])


def write(path, title, groups):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg(title, groups), encoding="utf-8")
