#!/usr/bin/env python3
"""Simulates the null distribution of the dip (uniform samples) and writes Sources/Laboratory/Statistics/Modality/DipTable+Values.swift.

Needs numpy and diptest (PyPI). Run from the repository's root:
    python3 Tests/Laboratory/StatisticsTests/Reference/make_dip_table.py > Sources/Laboratory/Statistics/Modality/DipTable+Values.swift
"""

import diptest
import numpy as np

COUNTS = [5, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000]
PROBABILITIES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995]

generator = np.random.default_rng(20261123)
print("// Made by Tests/Laboratory/StatisticsTests/Reference/make_dip_table.py (numpy, diptest); see there.")
print()
print("extension DipTable {")
print("    static let counts: [Double] = [")
print("        " + ", ".join(f"{n:_}" for n in COUNTS) + ",")
print("    ]")
print("    static let probabilities: [Double] = [")
print("        " + ", ".join(str(p) for p in PROBABILITIES) + ",")
print("    ]")
print("    /// √n × dip, a row a count, a column a probability.")
print("    static let scaledDips: [[Double]] = [")
for n in COUNTS:
    repetitions = 200_000 if n <= 200 else 50_000 if n <= 1000 else 20_000
    draws = np.array([diptest.dipstat(generator.random(n), allow_zero=False) for _ in range(repetitions)]) * np.sqrt(n)
    row = [f"{q:.5f}" for q in np.quantile(draws, PROBABILITIES)]
    print("        [")
    print("            " + ", ".join(row[:10]) + ",")
    print("            " + ", ".join(row[10:]) + ",")
    print("        ],")
print("    ]")
print("}")
