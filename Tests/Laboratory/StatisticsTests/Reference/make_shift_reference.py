#!/usr/bin/env python3
"""Computes the values ShiftTests compares with, by NumPy and SciPy, and writes ShiftReference.swift.

    python3 Tests/Laboratory/StatisticsTests/Reference/make_shift_reference.py > Tests/Laboratory/StatisticsTests/ShiftReference.swift
"""

import numpy as np
import scipy
from scipy import stats

generator = np.random.default_rng(13)


def numbers(values):
    return "[" + ", ".join(repr(float(v)) for v in values) + "]"


print(f"// Made by Reference/make_shift_reference.py (numpy {np.__version__}, scipy {scipy.__version__}); see there.")
print("// swift-format-ignore-file")
print()
print("enum ShiftReference {")
print("    struct Pair { var x, y: [Double]; var brunnerMunzel, mannWhitney: Double }")
print("    static let pairs: [Pair] = [")
for n, m, shift, spread in [(6, 6, 1.0, 1.0), (8, 12, 0.5, 3.0), (20, 20, 0.8, 1.0), (30, 9, 0.0, 0.2), (60, 50, 0.3, 2.0)]:
    x = np.round(generator.normal(10, 1, n), 3)
    y = np.round(generator.normal(10 + shift, spread, m), 3)
    bm = stats.brunnermunzel(x, y).pvalue
    mw = stats.mannwhitneyu(y, x, method="auto").pvalue
    print(f"        Pair(x: {numbers(x)}, y: {numbers(y)}, brunnerMunzel: {float(bm)!r}, mannWhitney: {float(mw)!r}),")
print("    ]")
print()
print("    struct Signed { var d: [Double]; var p, positive: Double }")
print("    static let signed: [Signed] = [")
for n, digits, shift in [(6, 4, 0.3), (12, 4, 0.5), (25, 4, 0.1), (40, 1, 0.2), (80, 3, 0.2)]:
    d = np.round(generator.normal(shift, 1, n), digits)
    method = "exact" if n <= 50 and len(set(np.abs(d))) == n and not (d == 0).any() else "approx"
    result = stats.wilcoxon(d, method=method)
    positive = stats.rankdata(np.abs(d[d != 0]))[d[d != 0] > 0].sum()
    print(f"        Signed(d: {numbers(d)}, p: {float(result.pvalue)!r}, positive: {float(positive)!r}),")
print("    ]")
print()


def interval(x, level=0.95):
    """Hettmansperger and Sheather (1986), from SciPy's binomial."""
    x, n = np.sort(x), len(x)
    coverage = lambda d: 1 - 2 * stats.binom.cdf(d - 1, n, 0.5)
    d = 1
    while d + 1 <= n // 2 and coverage(d + 1) >= level:
        d += 1
    share = (coverage(d) - level) / (coverage(d) - coverage(d + 1))
    weight = (n - d) * share / (d + (n - 2 * d) * share)
    return (1 - weight) * x[d - 1] + weight * x[d], (1 - weight) * x[n - d] + weight * x[n - d - 1]


print("    struct Median { var x: [Double]; var low, high: Double }")
print("    static let medians: [Median] = [")
for n in [6, 7, 8, 9, 10, 11, 12, 25, 60]:
    x = np.round(np.exp(generator.normal(0, 0.5, n)), 4)
    low, high = interval(x)
    print(f"        Median(x: {numbers(x)}, low: {float(low)!r}, high: {float(high)!r}),")
print("    ]")
print()
print("    static let normalQuantiles: [(p: Double, z: Double)] = [")
for p in [0.6, 0.8, 0.9, 0.975, 0.9995, 1 - 0.05 / 240]:
    print(f"        ({p!r}, {float(stats.norm.ppf(p))!r}),")
print("    ]")
print("}")
