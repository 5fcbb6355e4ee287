#!/usr/bin/env python3
"""Computes the values StatisticsTests compares with, by NumPy, SciPy and diptest, and writes ReferenceValues.swift.

    python3 Tests/Laboratory/StatisticsTests/Reference/make_reference.py > Tests/Laboratory/StatisticsTests/ReferenceValues.swift

Made with numpy 2.4.6, scipy 1.17.1, diptest 0.12.0.
"""

import itertools

import diptest
import numpy as np
from scipy import stats

generator = np.random.default_rng(7)
samples = {
    "five": np.array([3.5, 1.25, 2.0, 9.75, 4.0]),
    "seven": np.array([1.5, 3.25, 5.0, 0.5, 2.75, 7.125, 6.0]),
    "eight": np.array([2.5, 4.25, 6.5, 8.0, 3.0, 7.75, 9.25, 5.5]),
    "tied": np.array([1.0, 2, 2, 3, 3, 3, 4, 4, 5, 2, 3, 9]),
    "tiedToo": np.array([2.0, 3, 3, 5, 5, 6, 4, 4, 7, 8]),
    "startup": np.round(np.exp(generator.normal(1.2, 0.15, 50)), 6),
    "startupSlower": np.round(np.exp(generator.normal(1.3, 0.2, 50)), 6),
    "bimodal": np.round(np.concatenate([generator.normal(3, 0.2, 35), generator.normal(6, 0.3, 15)]), 6),
    "drifting": np.round(generator.normal(10, 0.5, 60) + 0.02 * np.arange(60), 6),
    "correlated": np.round(np.convolve(generator.normal(0, 1, 84), [1, 0.8, 0.5, 0.2, 0.1], "valid") + 20, 6),
    "large": np.round(np.exp(generator.normal(0, 0.4, 300)), 6),
    "largeToo": np.round(np.exp(generator.normal(0.05, 0.6, 260)), 6),
}


def number(value):
    return repr(float(value))


def table(name, kind, rows):
    print(f"    static let {name}: [{kind}] = [")
    for row in rows:
        print("        " + row + ",")
    print("    ]")
    print()


print("// Made by Reference/make_reference.py (numpy, scipy, diptest); see there.")
print("// swift-format-ignore-file")
print()
print("enum Reference {")
print("    static let samples: [String: [Double]] = [")
for name, values in samples.items():
    print(f'        "{name}": [' + ", ".join(number(v) for v in values) + "],")
print("    ]")
print()

rows = []
for name, x in samples.items():
    quantiles = ", ".join(number(q) for q in np.quantile(x, [0, 0.05, 0.25, 0.5, 0.95, 0.99, 1]))
    rows.append(
        f'Description(name: "{name}", quantiles: [{quantiles}], mean: {number(x.mean())}, '
        f"mad: {number(stats.median_abs_deviation(x))}, variance: {number(x.var(ddof=1))})"
    )
print("    struct Description { var name: String; var quantiles: [Double]; var mean, mad, variance: Double }")
table("descriptions", "Description", rows)

pairs = [
    ("five", "seven"), ("seven", "eight"), ("eight", "seven"), ("five", "startup"), ("tied", "tiedToo"),
    ("startup", "startupSlower"), ("startup", "bimodal"), ("bimodal", "startup"), ("tied", "tied"),
    ("large", "largeToo"),
]
rows = []
for a, b in pairs:
    x, y = samples[a], samples[b]
    test = stats.mannwhitneyu(x, y, alternative="two-sided", method="auto")
    differences = np.subtract.outer(y, x).ravel()
    delta = (np.sign(np.subtract.outer(x, y))).mean()
    rows.append(
        f'Pair(x: "{a}", y: "{b}", u: {number(test.statistic)}, p: {number(test.pvalue)}, '
        f"delta: {number(delta)}, shift: {number(np.median(differences))})"
    )
print("    struct Pair { var x, y: String; var u, p, delta, shift: Double }")
table("pairs", "Pair", rows)

rows = []
for name in samples:
    x = samples[name]
    n = len(x)
    score = sum(np.sign(b - a) for a, b in itertools.combinations(x, 2))
    _, ties = np.unique(x, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    z = max(abs(score) - 1, 0) / np.sqrt(variance)
    slope = stats.theilslopes(x, np.arange(n)).slope
    centred = x - x.mean()
    lag = (centred[1:] * centred[:-1]).sum() / (centred**2).sum()
    rows.append(
        f'Sequence(name: "{name}", score: {int(score)}, p: {number(2 * stats.norm.sf(z))}, slope: {number(slope)}, '
        f"lag: {number(lag)}, lagP: {number(2 * stats.norm.sf(abs(lag) * np.sqrt(n)))})"
    )
print("    struct Sequence { var name: String; var score: Int; var p, slope, lag, lagP: Double }")
table("sequences", "Sequence", rows)

rows = []
for name, x in samples.items():
    dip = diptest.dipstat(x, allow_zero=False)
    _, p = diptest.diptest(x, allow_zero=False)
    rows.append(f'Dip(name: "{name}", dip: {number(dip)}, p: {number(p)})')
print("    struct Dip { var name: String; var dip, p: Double }")
table("dips", "Dip", rows)

rows = []
for count, noise in [(3, 0.1), (8, 4.0), (40, 30.0)]:
    x = np.arange(count, dtype=float)
    y = np.round(100 - 2.5 * x + generator.normal(0, noise, count), 6)
    fit = stats.linregress(x, y)
    reach = stats.t.ppf(0.975, count - 2)
    rows.append(
        f"Regression(y: [{', '.join(number(v) for v in y)}], slope: {number(fit.slope)}, "
        f"intercept: {number(fit.intercept)}, slopeError: {number(fit.stderr)}, "
        f"interceptError: {number(fit.intercept_stderr)}, reach: {number(reach)}, "
        f"determination: {number(fit.rvalue**2)})"
    )
print("    struct Regression {")
print("        var y: [Double]; var slope, intercept, slopeError, interceptError, reach, determination: Double")
print("    }")
table("regressions", "Regression", rows)

rows = []
for p, freedom in [(0.975, 1), (0.975, 2), (0.975, 10), (0.995, 48), (0.9, 4), (0.975, 1000)]:
    rows.append(f"Quantile(p: {p}, freedom: {freedom}, t: {number(stats.t.ppf(p, freedom))})")
print("    struct Quantile { var p, freedom, t: Double }")
table("studentT", "Quantile", rows)

rows = []
for name in ["five", "seven", "eight", "startup", "bimodal", "large"]:
    result = stats.bootstrap(
        (samples[name],), np.median, method="percentile", n_resamples=200_000, batch=2_000,
        rng=np.random.default_rng(11),
    )
    interval = result.confidence_interval
    rows.append(f'Resampled(name: "{name}", low: {number(interval.low)}, high: {number(interval.high)})')
print("    struct Resampled { var name: String; var low, high: Double }")
table("medianIntervals", "Resampled", rows)

rows = []
for a, b in [("seven", "eight"), ("tied", "tiedToo"), ("startup", "startupSlower"), ("startup", "bimodal")]:
    x, y = samples[a], samples[b]
    rng = np.random.default_rng(12)
    shifts = [
        np.median(np.subtract.outer(rng.choice(y, len(y)), rng.choice(x, len(x)))) for _ in range(100_000)
    ]
    low, high = np.quantile(shifts, [0.025, 0.975])
    rows.append(f'ResampledShift(x: "{a}", y: "{b}", low: {number(low)}, high: {number(high)})')
print("    struct ResampledShift { var x, y: String; var low, high: Double }")
table("shiftIntervals", "ResampledShift", rows)

# xoshiro256++ as published (https://prng.di.unimi.it), seeded by splitmix64.
MASK = (1 << 64) - 1


def xoshiro(seed, count):
    state = []
    for _ in range(4):
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        state.append(z ^ (z >> 31))
    rotate = lambda x, k: ((x << k) | (x >> (64 - k))) & MASK
    for _ in range(count):
        yield (rotate((state[0] + state[3]) & MASK, 23) + state[0]) & MASK
        t = (state[1] << 17) & MASK
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= t
        state[3] = rotate(state[3], 45)


table("generated", "UInt64", [", ".join(str(v) for v in xoshiro(42, 6))])
print("}")
