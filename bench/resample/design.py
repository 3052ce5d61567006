"""Computes the constants of crates/resample/src/prototype.rs and prints them. Needs numpy.

The filter of a quality is a sum of cosines over its length of N frames of the lower rate:
h(t) = 1/N (1 + 2 sum H_k cos(2 pi k t / N)), |t| < N/2. Its spectrum is a sum of sincs with the
weights H_k, one at every multiple of 1/N: frequency sampling. H_k is 1 well inside of the pass band
and 0 well inside of the stop band; those between are what is optimised here, for the least greatest
error (Lawson's method: least squares, weighted anew by the error). Upwards, all images of a tone
meet in a few frequencies, so what is let through has to fall in the stop band.
"""

import numpy as np

# Name, frames N, end of the pass band (of the Nyquist frequency), error allowed in the pass band over
# the one in the stop band, how many H_k below the pass band's end and above the stop band's are free.
QUALITIES = [
    ("LOW_LATENCY", 48, 0.75, 150, 8, 8),
    ("BALANCED", 128, 0.9, 2000, 12, 8),
    ("BEST", 304, 0.95, 1000, 16, 8),
]
STOP = 0.5
# What is let through of the stop band falls with the frequency to the power of this.
DECAY = 1.5


def basis(k, x):
    return np.sinc(x - k) + (np.sinc(x + k) if k else 0)


def optimise(n, pass_band, ratio, below, above, rounds=300):
    edge = pass_band * STOP
    first, last = int(np.floor(edge * n)) - below, int(np.ceil(STOP * n)) + above
    free = range(first, last)
    low = np.append(np.arange(0, edge, 1 / (8 * n)), edge)
    high = np.append(np.arange(STOP, 0.8, 1 / (8 * n)), np.arange(0.8, 4, 1 / (2.3 * n)))
    f = np.append(low, high)
    allowed = np.append(np.full(len(low), ratio), (STOP / high) ** DECAY)
    wanted = np.append(np.ones(len(low)), np.zeros(len(high)))
    wanted = (wanted - sum(basis(k, n * f) for k in range(first))) / allowed
    columns = np.stack([basis(k, n * f) for k in free], 1) / allowed[:, None]
    weights, best = np.ones(len(f)), (np.inf, None)
    for _ in range(rounds):
        root = np.sqrt(weights)
        values = np.linalg.lstsq(columns * root[:, None], wanted * root, rcond=None)[0]
        error = np.abs(columns @ values - wanted)
        if error.max() < best[0]:
            best = error.max(), values
        weights *= error / error.max() + 1e-3
        weights = np.maximum(weights / weights.sum(), 1e-14)
    return first, best[1]


for name, n, pass_band, *rest in QUALITIES:
    first, values = optimise(n, pass_band, *rest)
    values = [float(f"{value:.13f}") for value in values]
    # On a finer grid than the one it was optimised on.
    f = np.arange(0, 8, 1 / (40 * n))
    h = sum(basis(k, n * f) for k in range(first))
    h = np.abs(h + sum(v * basis(first + i, n * f) for i, v in enumerate(values)))
    flat = np.abs(20 * np.log10(h[f <= pass_band * STOP])).max()
    print(f"// Flat within {flat:.5f} dB; {20 * np.log10(h[f >= STOP].max()):.1f} dB.")
    print(f"const {name}: Shape = Shape {{ frames: {n}.0, ones: {first}, edge: &[")
    print("\n".join(f"    {value!r}," for value in values))
    print("] };")
