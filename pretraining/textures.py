"""Textures: functions from a random generator to one grey field ``(side, side)`` float32 in [0, 1].

Each is a family of its own, with every parameter drawn anew at each call: a network learns from the number of
families more than from the number of images (Baradad et al., "Procedural image programs for representation
learning", 2022). They cost 1 to 20 ms at 256 pixels; `images.Pool` recycles them.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

__all__ = ["TEXTURES", "Texture", "levelled", "noise"]

Texture = Callable[[np.random.Generator, int], np.ndarray]
TAU = 2.0 * np.pi


def levelled(field: np.ndarray, spread: float = 2.5) -> np.ndarray:
    """Shift and scale a field so that its mean is 0.5 and `spread` deviations reach 0 and 1; clipped."""
    field = np.asarray(field, np.float32)
    deviation = float(field.std()) + 1e-6
    return np.clip((field - float(field.mean())) / (2.0 * spread * deviation) + 0.5, 0.0, 1.0)


def grid(rng: np.random.Generator, side: int, *, warp: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Turned, slightly sheared pixel coordinates ``(side, side)``, bent by up to about `warp` pixels."""
    angle = rng.uniform(0, TAU) if rng.random() < 0.6 else rng.choice([0.0, np.pi / 4, np.pi / 2])
    shear = rng.normal(0, 0.15) if rng.random() < 0.3 else 0.0
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    u = np.cos(angle) * x + np.sin(angle) * y
    v = -np.sin(angle) * x + np.cos(angle) * y + shear * x
    if warp > 0:
        u = u + warp * 2 * (noise(rng, side, slope=2.2) - 0.5)
        v = v + warp * 2 * (noise(rng, side, slope=2.2) - 0.5)
    return u.astype(np.float32), v.astype(np.float32)


def noise(rng: np.random.Generator, side: int, *, slope: float, stretch: float = 1.0, low: float = 0.0) -> np.ndarray:
    """Gaussian noise whose amplitude falls as frequency ** -slope, stretched along one direction."""
    white = rng.standard_normal((side, side), dtype=np.float32)
    fy = np.fft.fftfreq(side)[:, None]
    fx = np.fft.rfftfreq(side)[None, :]
    angle = rng.uniform(0, np.pi)
    along = (np.cos(angle) * fx + np.sin(angle) * fy) * stretch
    across = -np.sin(angle) * fx + np.cos(angle) * fy
    frequency = np.hypot(along, across) + 0.5 / side
    gain = frequency**-slope
    if low > 0:
        gain = gain * (frequency > low)
    gain[0, 0] = 0.0
    return levelled(np.fft.irfft2(np.fft.rfft2(white) * gain, s=(side, side)))


def _bent(rng: np.random.Generator) -> float:
    return float(rng.choice([0.0, 0.0, 2.0, 6.0, 20.0]))


def _wave(rng: np.random.Generator, phase: np.ndarray) -> np.ndarray:
    """A periodic profile over phase (one period per unit): sine, square, saw, or thin pulses."""
    kind = rng.integers(4)
    if kind == 0:
        return 0.5 + 0.5 * np.sin(TAU * phase)
    position = phase - np.floor(phase)
    if kind == 1:
        return np.clip((0.5 - np.abs(position - 0.5) - rng.uniform(0.1, 0.4)) * rng.uniform(5, 30) + 0.5, 0, 1)
    if kind == 2:
        return position
    return np.exp(-((position - 0.5) ** 2) / (2 * rng.uniform(0.03, 0.15) ** 2))


def spectral(rng: np.random.Generator, side: int) -> np.ndarray:
    stretch = float(np.exp(rng.uniform(0, 2.5))) if rng.random() < 0.4 else 1.0
    low = rng.choice([0.0, 0.02, 0.06])
    return noise(rng, side, slope=rng.uniform(0.0, 2.4), stretch=stretch, low=low)


def bands(rng: np.random.Generator, side: int) -> np.ndarray:
    """Noise of one scale, often cut into two levels: zebra, leather, dappled and lacquered surfaces."""
    sigma = float(np.exp(rng.uniform(0.3, 2.0)))
    white = rng.standard_normal((side, side), dtype=np.float32)
    other = sigma * rng.uniform(1.2, 3) if rng.random() < 0.5 else sigma
    near = cv2.GaussianBlur(white, (0, 0), sigma, sigmaY=other)
    far = cv2.GaussianBlur(near, (0, 0), sigma * 1.6)
    field = levelled(near - far)
    if rng.random() < 0.6:
        field = np.clip((field - rng.uniform(0.35, 0.65)) * rng.uniform(4, 20) + 0.5, 0, 1)
    return field


def gratings(rng: np.random.Generator, side: int) -> np.ndarray:
    total = np.zeros((side, side), np.float32)
    for _ in range(rng.integers(1, 4)):
        u, _ = grid(rng, side, warp=_bent(rng))
        total += rng.uniform(0.3, 1) * _wave(rng, u / float(np.exp(rng.uniform(1.1, 4.0))))
    return total / max(float(total.max()), 1e-6)


def lattice(rng: np.random.Generator, side: int) -> np.ndarray:
    """Dots, holes, rings or diamonds on a square or staggered grid: perforated sheet, studs, honeycomb."""
    period = float(np.exp(rng.uniform(1.8, 4.0)))
    u, v = grid(rng, side, warp=_bent(rng) * 0.5)
    u, v = u / period, v / period * rng.uniform(0.7, 1.3)
    if rng.random() < 0.5:
        u = u + 0.5 * (np.floor(v) % 2)
    i, j = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    random = rng.random((64, 64), dtype=np.float32)[i % 64, j % 64]
    a, b = np.abs(u - i - 0.5), np.abs(v - j - 0.5)
    power = rng.choice([1.0, 2.0, 2.0, 6.0])
    distance = (a**power + b**power) ** (1 / power)
    radius = rng.uniform(0.15, 0.45) * (1 - rng.choice([0, 0.2, 0.6]) * random)
    edge = np.clip((radius - distance) * rng.uniform(3, 20) + 0.5, 0, 1)
    if rng.random() < 0.3:
        edge = np.clip(edge - np.clip((radius * 0.6 - distance) * 12 + 0.5, 0, 1), 0, 1)
    if rng.random() < 0.4:
        edge = edge * (0.3 + 0.7 * rng.random((64, 64), dtype=np.float32)[j % 64, i % 64])
    return edge


def weave(rng: np.random.Generator, side: int) -> np.ndarray:
    """Threads over and under each other: plain weave, twill, basket; also the checks of woven colours."""
    period = float(np.exp(rng.uniform(1.4, 3.2)))
    u, v = grid(rng, side, warp=_bent(rng) * 0.3)
    u, v = u / period, v / period
    i, j = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    repeat = int(rng.choice([2, 2, 3, 4, 5]))
    over = ((i + j * int(rng.integers(1, 3))) % repeat) < repeat // 2
    warp_thread = np.sin(np.pi * (u - i)) ** rng.uniform(0.3, 1.5)
    weft_thread = np.sin(np.pi * (v - j)) ** rng.uniform(0.3, 1.5)
    dye = rng.random((2, 128), dtype=np.float32) * rng.choice([0.0, 0.5, 1.0])
    one = warp_thread * (1 - dye[0, i % 128]) * (0.7 + 0.3 * np.abs(np.cos(np.pi * (v - j))))
    two = weft_thread * (1 - dye[1, j % 128]) * rng.uniform(0.4, 1.0) * (0.7 + 0.3 * np.abs(np.cos(np.pi * (u - i))))
    return np.where(over, one, two) * (0.85 + 0.15 * noise(rng, side, slope=0.5))


def knit(rng: np.random.Generator, side: int) -> np.ndarray:
    """Rows of V-shaped stitches; at other parameters scales, roof tiles and herringbone."""
    period = float(np.exp(rng.uniform(2.0, 3.4)))
    u, v = grid(rng, side, warp=_bent(rng) * 0.3)
    u = u / period
    lean = rng.uniform(0.5, 1.5)
    fold = np.abs(u - np.floor(u) - 0.5)
    v = v / (period * rng.uniform(0.5, 1.2)) + lean * fold
    thread = np.sin(np.pi * (v - np.floor(v))) ** rng.uniform(0.4, 2)
    return thread * (1 - rng.uniform(0.3, 0.9) * np.exp(-((fold - 0.5 * rng.integers(2)) ** 2) / 0.01))


def brushed(rng: np.random.Generator, side: int) -> np.ndarray:
    """Fine parallel or circular grooves: ground, brushed, turned metal; hair; corduroy at coarse grain."""
    line = rng.standard_normal(4 * side).astype(np.float32)
    grain = rng.choice([0.0, 0.7, 2.0, 5.0])
    if grain:
        line = cv2.GaussianBlur(line[None], (0, 0), grain)[0]
    if rng.random() < 0.3:
        y, x = np.mgrid[0:side, 0:side].astype(np.float32)
        radius = np.hypot(x - rng.uniform(-0.5, 1.5) * side, y - rng.uniform(-0.5, 1.5) * side)
        grooves = line[(radius * rng.uniform(0.5, 2)).astype(np.int32) % line.size]
    else:
        white = rng.standard_normal((side, side), dtype=np.float32)
        length = int(np.exp(rng.uniform(2, 5.5)))
        grooves = cv2.blur(white, (length, 1), borderType=cv2.BORDER_REFLECT)
        if grain:
            grooves = cv2.GaussianBlur(grooves, (1, 0), 0.01, sigmaY=max(grain * 0.5, 0.4))
    return levelled(levelled(grooves) + rng.uniform(0, 1) * noise(rng, side, slope=1.8))


def relief(rng: np.random.Generator, side: int) -> np.ndarray:
    """A rough surface under slanting light: casting, sand-blasting, stone, plaster, orange peel."""
    height = noise(rng, side, slope=rng.uniform(0.9, 2.2))
    if rng.random() < 0.4:
        height = height - 0.6 * np.clip(noise(rng, side, slope=rng.uniform(0.8, 1.6)) - rng.uniform(0.6, 0.8), 0, 1)
    return lit(height, rng)


def lit(height: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The shading of a height field by one distant lamp, with a highlight at times."""
    strength = float(np.exp(rng.uniform(1.0, 3.5)))
    dx = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3) * strength
    dy = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3) * strength
    azimuth, rise = rng.uniform(0, TAU), rng.uniform(0.3, 1.2)
    lamp = np.array([np.cos(azimuth), np.sin(azimuth), rise]) / np.hypot(1, rise)
    shade = (lamp[2] - dx * lamp[0] - dy * lamp[1]) / np.sqrt(1 + dx * dx + dy * dy)
    shade = np.clip(shade, 0, 1)
    if rng.random() < 0.4:
        shade = 0.7 * shade + shade ** rng.uniform(8, 40)
    return np.clip(shade, 0, 1).astype(np.float32)


def wood(rng: np.random.Generator, side: int) -> np.ndarray:
    u, v = grid(rng, side, warp=0.0)
    bend = 40 * rng.uniform(0.2, 1) * (noise(rng, side, slope=2.3, stretch=1.0) - 0.5)
    rings = np.hypot(u * rng.uniform(0.02, 0.2) + bend * 0.3, v - rng.uniform(-1, 1) * side + bend)
    phase = rings / float(np.exp(rng.uniform(1.5, 3.2)))
    position = phase - np.floor(phase)
    fibre = cv2.blur(rng.standard_normal((side, side), dtype=np.float32), (31, 1))
    return levelled(position ** rng.uniform(1, 4) + rng.uniform(0.5, 3) * fibre)


def paper(rng: np.random.Generator, side: int) -> np.ndarray:
    """Felted short fibres over cloudy noise: paper, felt, board, fur, grass."""
    canvas = np.full((side, side), 128, np.uint8)
    count = int(rng.integers(200, 1500))
    start = rng.uniform(0, side, (count, 2))
    main = rng.uniform(0, TAU)
    angle = main + rng.normal(0, rng.choice([0.2, 0.7, 6.0]), count)
    length = rng.uniform(3, 10) * np.exp(rng.normal(0.5, 0.5, count))
    end = start + length[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    shades = rng.integers(30, 226, count)
    lines = (np.stack([start, end], 1) * 8).astype(np.int32)
    for line, shade in zip(lines, shades.tolist(), strict=True):
        cv2.polylines(canvas, [line], False, shade, 1, cv2.LINE_AA, 3)
    field = canvas.astype(np.float32) / 255
    return levelled(field + rng.uniform(0.0, 0.6) * noise(rng, side, slope=rng.uniform(0.5, 2)))


def cells(rng: np.random.Generator, side: int) -> np.ndarray:
    """Voronoi cells: their borders, their distances or a shade each: grain, scales, cobbles, foam, mosaic."""
    count = int(np.exp(rng.uniform(2.5, 6.8)))
    seeds = np.full((side, side), 255, np.uint8)
    places = rng.integers(0, side, (count, 2))
    if rng.random() < 0.3:  # nearly regular
        step = max(int(side / np.sqrt(count)), 4)
        y, x = np.mgrid[step // 2 : side : step, step // 2 : side : step]
        places = np.stack([y.ravel(), x.ravel()], 1) + rng.integers(-step // 3 - 1, step // 3 + 1, (y.size, 2))
        places = np.clip(places, 0, side - 1)
    seeds[places[:, 0], places[:, 1]] = 0
    distance, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    shades = rng.random(int(labels.max()) + 1, dtype=np.float32)
    kind = rng.integers(4)
    if kind == 0:
        return shades[labels]
    if kind == 1:
        return levelled(distance) if rng.random() < 0.5 else 1 - levelled(distance)
    border = cv2.morphologyEx(labels.astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    width = rng.uniform(0.5, 3)
    walls = cv2.GaussianBlur(border.astype(np.float32), (0, 0), width)
    walls = np.clip(walls / max(float(walls.max()), 1e-6) * 1.5, 0, 1)
    return walls if kind == 2 else np.clip(shades[labels] * rng.uniform(0.2, 0.8) + 0.2 - 0.5 * walls, 0, 1)


def marble(rng: np.random.Generator, side: int) -> np.ndarray:
    """A texture seen through a bending glass: veins, smoke, agate, oil films."""
    source = rng.choice(np.array([spectral, gratings, bands, cells], dtype=object))(rng, side)
    amount = float(np.exp(rng.uniform(2, 4.5)))
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    slope = rng.uniform(1.5, 2.4)
    x = x + amount * (noise(rng, side, slope=slope) - 0.5)
    y = y + amount * (noise(rng, side, slope=slope) - 0.5)
    return cv2.remap(source.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def granules(rng: np.random.Generator, side: int) -> np.ndarray:
    """Grains of one to three sizes: powder, granite, gravel, bubbles, pores, glitter, stars."""
    total = np.zeros((side, side), np.float32)
    for _ in range(rng.integers(1, 4)):
        count = int(np.exp(rng.uniform(3, 8)))
        points = np.zeros((side, side), np.float32)
        np.put(points, rng.integers(0, side * side, count), rng.choice([-1.0, 1.0, 1.0], count) * rng.random(count))
        radius = int(rng.integers(0, 6))
        if radius and rng.random() < 0.5:
            kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)
            points = cv2.filter2D(points, -1, kernel)
        elif radius:
            points = cv2.GaussianBlur(points, (0, 0), radius * 0.6) * radius * radius
        total += points
    return levelled(total, spread=float(rng.uniform(2, 5)))


def checks(rng: np.random.Generator, side: int) -> np.ndarray:
    """Random stripes crossed with random stripes: tartan, tiles, brick walls, windows, bar codes, data codes."""
    u, v = grid(rng, side, warp=_bent(rng) * 0.5)
    step = float(np.exp(rng.uniform(0.8, 3.2)))
    i = np.floor(u / step).astype(np.int32)
    kind = rng.integers(4)
    if kind == 0:
        return rng.random(512, dtype=np.float32)[i % 512]
    rise = step * rng.uniform(0.5, 3)
    if kind == 1:  # bricks with joints
        j = np.floor(v / rise).astype(np.int32)
        shifted = u / (step * 3) + 0.5 * (j % 2)
        a, b = shifted - np.floor(shifted), v / rise - j
        joint = (a < rng.uniform(0.02, 0.1)) | (b < rng.uniform(0.04, 0.2))
        shade = rng.random((64, 64), dtype=np.float32)[np.floor(shifted).astype(np.int32) % 64, j % 64]
        return np.where(joint, rng.random(), rng.uniform(0.2, 0.8) + 0.4 * (shade - 0.5)).astype(np.float32)
    j = np.floor(v / rise).astype(np.int32)
    if kind == 2:  # data code
        return rng.integers(0, 2, (64, 64)).astype(np.float32)[i % 64, j % 64]
    return 0.5 * rng.random(512, dtype=np.float32)[i % 512] + 0.5 * rng.random(512, dtype=np.float32)[j % 512]


def rings(rng: np.random.Generator, side: int) -> np.ndarray:
    """Concentric and spiral waves from one or more centres."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    total = np.zeros((side, side), np.float32)
    for _ in range(rng.integers(1, 4)):
        dx, dy = x - rng.uniform(-0.2, 1.2) * side, y - rng.uniform(-0.2, 1.2) * side
        phase = np.hypot(dx, dy * rng.uniform(0.6, 1.5)) / float(np.exp(rng.uniform(1.4, 3.6)))
        if rng.random() < 0.4:
            phase = phase * rng.choice([0.0, 1.0]) + np.arctan2(dy, dx) / TAU * rng.integers(1, 24)
        total += _wave(rng, phase + rng.random())
    return total / max(float(total.max()), 1e-6)


def truchet(rng: np.random.Generator, side: int) -> np.ndarray:
    """Randomly turned quarter arcs or diagonals on a grid: labyrinths, ornament, circuit-like curves."""
    step = float(np.exp(rng.uniform(2.0, 3.8)))
    u, v = grid(rng, side, warp=_bent(rng) * 0.4)
    u, v = u / step, v / step
    i, j = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    flip = rng.integers(0, 2, (64, 64)).astype(bool)[i % 64, j % 64]
    a, b = u - i, v - j
    a = np.where(flip, 1 - a, a)
    if rng.random() < 0.6:
        distance = np.minimum(np.abs(np.hypot(a, b) - 0.5), np.abs(np.hypot(1 - a, 1 - b) - 0.5))
    else:
        distance = np.abs(a - b) if rng.random() < 0.5 else np.abs(a + b - 1)
    return np.clip((rng.uniform(0.04, 0.25) - distance) * rng.uniform(4, 20) + 0.5, 0, 1).astype(np.float32)


def network(rng: np.random.Generator, side: int) -> np.ndarray:
    """A small random network of the coordinates (Stanley, "Compositional pattern producing networks", 2007)."""
    half = side // 2
    y, x = np.mgrid[-1 : 1 : half * 1j, -1 : 1 : half * 1j].astype(np.float32)
    shift = rng.uniform(-0.7, 0.7, 2)
    x, y = x - shift[0], y - shift[1]
    values = np.stack([x, y, np.hypot(x, y), np.abs(x) - np.abs(y)], -1).reshape(-1, 4) * rng.uniform(1, 5)
    activations = (np.sin, np.tanh, np.abs, lambda z: np.exp(-z * z), lambda z: z - np.floor(z))
    for width in (12, 12, 1):
        weights = rng.normal(0, rng.uniform(0.7, 1.6), (values.shape[1], width)) / np.sqrt(values.shape[1] / 4)
        values = (values @ weights.astype(np.float32)) + rng.normal(0, 1, width).astype(np.float32)
        if width > 1:
            values = activations[rng.integers(len(activations))](values)
    return cv2.resize(levelled(values.reshape(half, half), 2.0), (side, side), interpolation=cv2.INTER_LINEAR)


def attractor(rng: np.random.Generator, side: int) -> np.ndarray:
    """The points of a random iterated function system (Kataoka et al., "Pre-training without natural images", 2020)."""
    maps = int(rng.integers(2, 6))
    matrices = rng.uniform(-1, 1, (maps, 2, 2))
    norms = np.linalg.norm(matrices, axis=(1, 2), keepdims=True)
    matrices = matrices / norms * rng.uniform(0.6, 1.0, (maps, 1, 1))
    offsets = rng.uniform(-1, 1, (maps, 2))
    points = rng.uniform(-1, 1, (1500, 2))
    trail = []
    for step in range(36):
        choice = rng.integers(0, maps, len(points))
        points = np.einsum("nij,nj->ni", matrices[choice], points) + offsets[choice]
        if step >= 6:
            trail.append(points)
    cloud = np.concatenate(trail)
    low, high = np.quantile(cloud, 0.01, axis=0), np.quantile(cloud, 0.99, axis=0)
    places = ((cloud - low) / np.maximum(high - low, 1e-6) * 0.9 + 0.05) * side
    inside = ((places >= 0) & (places < side)).all(1)
    index = places[inside].astype(np.int64)
    counts = np.bincount(index[:, 1] * side + index[:, 0], minlength=side * side).reshape(side, side)
    field = cv2.GaussianBlur(np.log1p(counts).astype(np.float32), (0, 0), rng.uniform(0.5, 1.2))
    return field / max(float(field.max()), 1e-6)


def stains(rng: np.random.Generator, side: int) -> np.ndarray:
    """Soft-edged patches with fine structure inside: rust, dirt, clouds, lichen, camouflage, maps."""
    coarse = noise(rng, side, slope=rng.uniform(1.3, 2.2))
    levels = int(rng.integers(2, 5))
    cut = np.floor(coarse * levels) / levels if rng.random() < 0.5 else np.clip((coarse - 0.5) * 8 + 0.5, 0, 1)
    return np.clip(cut + rng.uniform(0, 0.5) * (noise(rng, side, slope=rng.uniform(0.3, 1.5)) - 0.5), 0, 1)


TEXTURES: tuple[Texture, ...] = (
    spectral,
    bands,
    gratings,
    lattice,
    weave,
    knit,
    brushed,
    relief,
    wood,
    paper,
    cells,
    marble,
    granules,
    checks,
    rings,
    truchet,
    network,
    attractor,
    stains,
)
