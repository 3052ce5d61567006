"""Draws the frequency responses that ../resample.mjs measured: plot.py FIGURES.json PICTURE.png"""

import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

figures, picture = sys.argv[1:]
with open(figures) as file:
    pairs = [pair for pair in json.load(file)["pairs"] if "quality" in pair["subjects"][0]]

fig, axes = plt.subplots(len(pairs), 2, figsize=(15, 5.5 * len(pairs)), squeeze=False)
for pair, (whole, band) in zip(pairs, axes):
    nyquist = min(pair["from"], pair["to"]) / 2
    for subject in pair["subjects"]:
        if "quality" not in subject:
            continue
        points = [(f / 1000, db) for f, db in subject["quality"]["curve"] if db is not None]
        style = "-" if subject["name"].startswith("noxrun") else "--"
        for axis in (whole, band):
            axis.plot(*zip(*points), style, label=subject["name"], linewidth=1.2)
    for axis in (whole, band):
        axis.axvline(nyquist / 1000, color="gray", linewidth=0.8)
        axis.axvline(0.9 * nyquist / 1000, color="gray", linewidth=0.8, linestyle=":")
        axis.set_xlabel("tone, kHz")
        axis.set_ylabel("all that comes out, dB of the tone")
        axis.grid(alpha=0.3)
    whole.set_ylim(-180, 10)
    whole.axhline(-120, color="gray", linewidth=0.8)
    whole.set_title(f"{pair['from']} to {pair['to']} Hz (line: the lower Nyquist frequency; dots: 0.9 of it)")
    whole.legend(fontsize=8)
    band.set_xlim(0.6 * nyquist / 1000, nyquist / 1000)
    band.set_ylim(-0.3, 0.1)
    band.axhspan(-0.05, 0.05, color="gray", alpha=0.12)
    band.set_title("the pass band's end (band: ± 0.05 dB)")
fig.tight_layout()
fig.savefig(picture, dpi=110)
