# SPDX-License-Identifier: BSD-3-Clause
"""Plots as SVG: lines over a few named points, with the range of each value."""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 140, 44, 56
COLOURS = ["#1f5fa8", "#c2571a", "#3c7d3c", "#7a4a9c"]
STYLE = ("text{font:13px sans-serif;fill:#222}.t{font-size:15px;font-weight:bold}.g{stroke:#ddd}"
         ".a{stroke:#444}.d{fill:#555;font-size:12px}")


def _step(top):
    """A round distance between grid lines, about five of them."""
    for step in (x * 10 ** e for e in range(-3, 9) for x in (1, 2, 5)):
        if top / step <= 6:
            return step
    return top


def _number(v, step):
    if step >= 1:
        return f"{v:,.0f}"
    return f"{v:.2f}" if step < 0.1 else f"{v:.1f}"


def line(x1, y1, x2, y2, more):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {more}/>'


def text(x, y, s, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(s)}</text>'


class Linear:
    """From 0 to a round number above @top."""

    def __init__(self, _, top):
        step = _step(top)
        n = math.ceil(top / step - 1e-9)
        self.top = n * step
        self.ticks = [(i * step, _number(i * step, step)) for i in range(n + 1)]

    def part(self, v):
        return v / self.top


class Logarithmic:
    """From the power of ten below @bottom to the one above @top."""

    def __init__(self, bottom, top):
        self.low = math.floor(math.log10(bottom))
        self.high = max(math.ceil(math.log10(top)), self.low + 1)
        self.ticks = [(10.0 ** e, f"{10.0 ** e:g}") for e in range(self.low, self.high + 1)]

    def part(self, v):
        return (math.log10(v) - self.low) / (self.high - self.low)


class Plot:
    """@points: names along the x axis. add() series, then write()."""

    def __init__(self, title, x_label, y_label, points, scale=Linear):
        self.title, self.x_label, self.y_label, self.points = title, x_label, y_label, points
        self.scale = scale
        self.series = []

    def add(self, name, values):
        """@values: by point (value, low, high), or None where there is none."""
        self.series.append((name, values))

    def _x(self, i):
        room = WIDTH - LEFT - RIGHT
        return LEFT + room * (i + 0.5) / len(self.points)

    def _axes(self, ticks, y_of):
        out = []
        for i, (v, name) in enumerate(ticks):
            out.append(line(LEFT, y_of(v), WIDTH - RIGHT, y_of(v), f'class="{"g" if i else "a"}"'))
            out.append(text(LEFT - 8, y_of(v) + 4, name, 'text-anchor="end"'))
        for i, p in enumerate(self.points):
            out.append(text(self._x(i), HEIGHT - BOTTOM + 20, p, 'text-anchor="middle"'))
        out.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, self.x_label, 'class="d" text-anchor="middle"'))
        middle = (TOP + HEIGHT - BOTTOM) / 2
        out.append(text(16, middle, self.y_label, f'class="d" text-anchor="middle" transform="rotate(-90 16 {middle})"'))
        return out

    def _one(self, values, colour, y_of):
        at = [(self._x(i), v) for i, v in enumerate(values) if v is not None]
        path = " ".join(f"{x:.1f},{y_of(v[0]):.1f}" for x, v in at)
        out = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
        for x, (v, low, high) in at:
            out.append(line(x, y_of(low), x, y_of(high), f'stroke="{colour}" stroke-width="1.5"'))
            out.append(f'<circle cx="{x:.1f}" cy="{y_of(v):.1f}" r="4" fill="{colour}"/>')
        return out

    def _names(self, y_of):
        """Names behind the last point of each series, moved apart where they would overlap."""
        want = []
        for k, (name, values) in enumerate(self.series):
            i = max(i for i, v in enumerate(values) if v is not None)
            want.append([y_of(values[i][0]) + 4, self._x(i) + 10, name, COLOURS[k % len(COLOURS)]])
        want.sort()
        for a, b in zip(want, want[1:]):
            b[0] = max(b[0], a[0] + 16)
        over = max(0, want[-1][0] - (HEIGHT - BOTTOM))
        for w in want:
            w[0] -= over
        return [text(x, y, name, f'style="fill:{colour}"') for y, x, name, colour in want]

    def write(self, path):
        seen = [v for _, vs in self.series for v in vs if v is not None]
        scale = self.scale(min(v[1] for v in seen), max(v[2] for v in seen))

        def y_of(v):
            return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * scale.part(v)

        body = [text(LEFT, 24, self.title, 'class="t"'), *self._axes(scale.ticks, y_of)]
        for k, (_, values) in enumerate(self.series):
            body += self._one(values, COLOURS[k % len(COLOURS)], y_of)
        body += self._names(y_of)
        with open(path, "w", encoding="utf-8") as f:
            f.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
                    f'viewBox="0 0 {WIDTH} {HEIGHT}">\n<style>{STYLE}</style>\n'
                    f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n")
