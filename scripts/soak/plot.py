"""Draws a soak's report: plot.py REPORT.json PICTURE.png"""
import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)
rows = report["series"]
t = [row["t"] for row in rows]


def column(name):
    return [row[name] for row in rows]


figure, (ring, callback, wake) = plt.subplots(3, 1, sharex=True, figsize=(13, 9), constrained_layout=True)
checked = report["checked"]
figure.suptitle(
    f"{report['verdict']}: {report['seconds'] / 60:.1f} minutes, "
    f"{checked['samples']:,} samples compared, {checked['wrong']} wrong, {checked['missing']} missing, "
    f"{report['capture']['dropped']} dropped, {report['capture']['allocations']} allocations"
    + "".join(f"\n{fault}" for fault in report["faults"][:3])
)

capacity = report["ring"]["capacity"]
ring.step(t, column("highWater"), label="most so far", color="tab:gray")
ring.step(t, column("ring"), label="in the ring, most seen in a second", color="tab:blue")
ring.step(t, column("queue"), label="in the reader's queue, most seen in a second", color="tab:orange", alpha=0.6)
ring.set_yscale("symlog", linthresh=512)
ring.set_ylim(0, 2 * capacity)
ring.axhline(capacity, color="tab:red", linestyle=":", label=f"capacity, {capacity:,}")
ring.set_ylabel("samples")
ring.set_title("Ring depth")

deadline = report["deadlineUs"]
for name, colour in (("capture", "tab:blue"), ("playback", "tab:green")):
    callback.plot(t, column(f"{name}Us"), label=f"{name}, mean of a second", color=colour)
    callback.plot(t, column(f"{name}P99Us"), label=f"{name}, 99 % so far", color=colour, linestyle="--", alpha=0.6)
callback.axhline(deadline, color="tab:red", linestyle=":", label=f"deadline, {deadline:,.0f} µs")
callback.set_yscale("log")
callback.set_ylabel("µs")
callback.set_title("Callback time")

wake.plot(t, column("wakeP50Ms"), label="median of a second", color="tab:blue")
wake.plot(t, column("wakeMaxMs"), label="longest of a second", color="tab:orange", alpha=0.7)
wake.set_yscale("log")
wake.set_ylabel("ms")
wake.set_xlabel("seconds")
wake.set_title("Wake latency: from a callback's beginning until its chunk is in JavaScript")

for axis in (ring, callback, wake):
    late = [row["t"] for row in rows if row["xruns"] > 0]
    for n, at in enumerate(late):
        axis.axvline(at, color="tab:red", alpha=0.25, label="xrun reported by the server" if n == 0 else None)
    axis.grid(alpha=0.3)
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small")

figure.savefig(sys.argv[2], dpi=100)
