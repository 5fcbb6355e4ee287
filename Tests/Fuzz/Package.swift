// swift-tools-version: 6.1
import PackageDescription

// Hostile documents, by the million: `make fuzz` in the directory above the tests. A package of its own, since all its code
// is compiled with libFuzzer's instrumentation.

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "isolab", path: "../..")],
    targets: [
        .executableTarget(
            name: "isolab-fuzz",
            dependencies: [.product(name: "FuzzSupport", package: "isolab")],
            swiftSettings: [.swiftLanguageMode(.v6), .unsafeFlags(["-parse-as-library"])])
    ]
)
