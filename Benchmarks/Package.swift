// swift-tools-version: 6.1
import PackageDescription

// The figures isolab promises, measured side by side with the floor and with its peers; see README.md.

let core: Target.Dependency = .product(name: "IsolabCore", package: "isolab")

let package = Package(
    name: "isolab-benchmarks",
    dependencies: [
        .package(name: "isolab", path: "..")
    ],
    targets: [
        // What both have in common: the host's view, processes and pipes, tables.
        .target(name: "BenchmarkSupport", dependencies: [core]),
        // Launch call → first byte, in process as the lab does it.
        .executableTarget(name: "LaunchBenchmark", dependencies: ["BenchmarkSupport", core]),
        // Whole commands, as an engine calls them.
        .executableTarget(name: "RuntimeBenchmark", dependencies: ["BenchmarkSupport", core]),
        // Unpacking and packing a layer; `layers` beside it compares with umoci and podman.
        .executableTarget(
            name: "LayerBenchmark", dependencies: [core, .product(name: "IsolabLayers", package: "isolab")]),
        // `isolab run --rm IMAGE true` and `isolab image build` beside podman's, and one layer beside sixty.
        .executableTarget(name: "ImageBenchmark", dependencies: ["BenchmarkSupport", core]),
        // Push and pull on loopback, beside docker-registry.
        .executableTarget(name: "RegistryBenchmark", dependencies: ["BenchmarkSupport", core]),
    ]
)

for target in package.targets {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]
}
