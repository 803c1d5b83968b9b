"""Pictures as SVG: bars, sparklines and stacked days; never colour alone, each with its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

COLOURS = 7
"""How many colours there are in `desk.css`; the last one is for all that is left."""


def bar(parts: Sequence[tuple[str, int]], total: int, label: str) -> Markup:
    """A bar of 100 units; each part is the name of its style and how many of `total` it is."""
    drawn, start = Markup(""), 0.0
    for name, number in parts:
        width = 100 * number / total if total else 0.0
        drawn += Markup('<rect class="{}" x="{:.2f}" width="{:.2f}" height="10"/>').format(
            name, start, width
        )
        start += width
    return Markup(
        '<svg class="bar" role="img" aria-label="{}" viewBox="0 0 100 10"'
        ' preserveAspectRatio="none"><rect class="bar-rest" width="100" height="10"/>{}</svg>'
    ).format(label, drawn)


def sparkline(values: Sequence[int], label: str) -> Markup:
    """A small picture of numbers in a row, the newest last; its name has them, too."""
    most = max([*values, 1])
    width = max(1, len(values) * 6 - 1)
    drawn = Markup('<rect class="spark-rest" y="19" width="{}" height="1"/>').format(width)
    for place, value in enumerate(values):
        height = 0 if value == 0 else max(1.5, 18 * value / most)
        drawn += Markup('<rect x="{}" y="{:.1f}" width="5" height="{:.1f}"/>').format(
            place * 6, 20 - height, height
        )
    return Markup(
        '<svg class="sparkline" role="img" aria-label="{}" viewBox="0 0 {} 20">{}</svg>'
    ).format(f"{label}: {', '.join(map(str, values))}", width, drawn)


def stacked(days: Mapping[str, Sequence[int]], label: str) -> Markup:
    """A stack for each day, of one number for each colour in turn."""
    most = max([sum(values) for values in days.values()] + [1])
    drawn = Markup("")
    for place, (day, values) in enumerate(days.items()):
        top = 100.0
        for number, value in enumerate(values):
            height = 96 * value / most
            top -= height
            if value:
                drawn += Markup(
                    '<rect class="{}" x="{}" y="{:.2f}" width="16" height="{:.2f}">'
                    "<title>{}</title></rect>"
                ).format(colour(number), place * 20, top, height, f"{day}: {value:,}")
    return Markup(
        '<svg class="stacked" role="img" aria-label="{}" viewBox="0 0 {} 100"'
        ' preserveAspectRatio="none">{}</svg>'
    ).format(label, max(1, len(days) * 20 - 4), drawn)


def swatch(style: str) -> Markup:
    """A small square of a style, for a legend."""
    return Markup(
        '<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">'
        '<rect class="{}" width="10" height="10"/></svg>'
    ).format(style)


def colour(place: int) -> str:
    """The style of the colour at this place."""
    return f"colour-{min(place, COLOURS - 1)}"
