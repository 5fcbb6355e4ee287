// swift-tools-version: 6.1
import PackageDescription

// The figures isolab promises, measured side by side with the floor and with its peers; see README.md.

let package = Package(
    name: "isolab-benchmarks",
    dependencies: [
        .package(name: "isolab", path: "..")
    ],
    targets: [
        .executableTarget(
            name: "LaunchBenchmark",
            dependencies: [.product(name: "IsolabCore", package: "isolab")],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
            ])
    ]
)
