"""Markdown tables."""


def markdown(heading, rows):
    table = [heading, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(heading))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |" for row in table]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def without_empty_columns(heading, rows):
    kept = [i for i in range(len(heading)) if any(row[i] for row in rows)]
    return [heading[i] for i in kept], [[row[i] for i in kept] for row in rows]


def number(value):
    """Three digits at least, none that mean nothing."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}".rstrip(".")
