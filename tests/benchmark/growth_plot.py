"""Draws the growth curves as SVG: a panel for each backend and axis, a line for each operation."""

import math
import statistics
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 420, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 32, 34, 78
LIMIT = 1.25  # times the cost of the operation at the reference size
REFERENCE = 1000
COLOURS = ["#1b6ca8", "#c1440e", "#3a7d44", "#7b4fa3", "#a0761b", "#0f8b8d", "#b23a6f", "#555555"]


def relative(row):
    """(size, cost relative to the cost at the reference size), ordered by size."""
    medians = {int(one["name"]): statistics.median(one["samples"]) for one in row["series"]}
    base = medians.get(REFERENCE, medians[min(medians)])
    return [(size, medians[size] / base) for size in sorted(medians)]


class Panel:
    def __init__(self, title, axis, rows, left, top):
        self.title, self.axis, self.left, self.top = title, axis, left, top
        self.lines = [(row["growth"]["operation"], relative(row)) for row in rows]
        sizes = [size for _, points in self.lines for size, _ in points]
        self.low, self.high = math.log10(min(sizes)), math.log10(max(sizes))
        self.ceiling = max(2.0, 1.1 * max(cost for _, points in self.lines for _, cost in points))

    def x(self, size):
        share = (math.log10(size) - self.low) / ((self.high - self.low) or 1)
        return self.left + LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, cost):
        return self.top + HEIGHT - BOTTOM - cost / self.ceiling * (HEIGHT - TOP - BOTTOM)

    def text(self, x, y, words, anchor="middle", colour="#333", size=11):
        return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" '
                f'font-size="{size}">{escape(words)}</text>')

    def line(self, points, colour, width, dash=""):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        return (f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"'
                f'{dash and f" stroke-dasharray={chr(34)}{dash}{chr(34)}"}/>')

    def svg(self):
        first, last = 10 ** self.low, 10 ** self.high
        yield self.text(self.left + WIDTH / 2, self.top + 20, self.title, size=13)
        step = max(0.5, round(self.ceiling / 8 * 2) / 2)
        cost = 0.0
        while cost <= self.ceiling:
            yield self.line([(self.x(first), self.y(cost)), (self.x(last), self.y(cost))], "#ddd", 1)
            yield self.text(self.left + LEFT - 6, self.y(cost) + 4, f"{cost:g}", "end")
            cost += step
        yield self.line([(self.x(first), self.y(LIMIT)), (self.x(last), self.y(LIMIT))], "#888", 1, "4 3")
        for size, _ in self.lines[0][1]:
            yield self.text(self.x(size), self.y(0) + 15, f"{size:,}".replace(",", " "))
        yield self.text(self.left + WIDTH / 2, self.y(0) + 29, self.axis)
        for number, (name, points) in enumerate(self.lines):
            colour = COLOURS[number % len(COLOURS)]
            yield self.line([(self.x(size), self.y(cost)) for size, cost in points], colour, 2)
            x = self.left + LEFT + number % 3 * 125
            yield self.text(x, self.y(0) + 46 + number // 3 * 15, name, "start", colour)


def svg(rows):
    groups = {}
    for row in rows:
        if "growth" in row:
            growth = row["growth"]
            groups.setdefault((growth["backend"], growth["axis"]), []).append(row)
    panels = [
        Panel(f"{backend}: cost relative to size {REFERENCE} (dashed: {LIMIT})", axis, members,
              number % 2 * WIDTH, number // 2 * HEIGHT)
        for number, ((backend, axis), members) in enumerate(groups.items())]
    width, height = 2 * WIDTH, HEIGHT * max(1, (len(panels) + 1) // 2)
    parts = [part for panel in panels for part in panel.svg()]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="white"/>', *parts, "</svg>", ""])


def example(operation):
    return {"work": "w",
            "growth": {"backend": "b", "axis": "x", "operation": operation, "sizes": [100, 1000, 10000]},
            "series": [{"name": name, "samples": [cost]} for name, cost in
                       (("100", 1.0), ("1000", 2.0), ("10000", 6.0))]}


def self_test():
    row = example("o & p")
    return (relative(row) == [(100, 0.5), (1000, 1.0), (10000, 3.0)]
            and svg([row]).count("<polyline") > 2 and "o &amp; p" in svg([row]) and "<svg" in svg([]))
