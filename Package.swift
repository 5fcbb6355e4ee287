// swift-tools-version: 6.1
import PackageDescription

// isolab: what does each kind of isolation cost, and what does it buy?
//
// The targets are listed from the ground to the roof. Imports go down only; a target is one concern.
// Shared settings are applied in one loop at the end.

// MARK: - Dependencies

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")

// MARK: - The ground: Linux, libseccomp and the OCI standards as Swift values

let ground: [Target] = [
    // Raw system calls and the code between clone3 and execve: the only C of the launch path.
    // Its code is all that a process has of the program which comes to life in a container's sight: no tables beside it, and no
    // calls of a C library that the compiler would put in by itself.
    .target(name: "CLinux", cSettings: [.unsafeFlags(["-fno-jump-tables", "-fno-builtin"])]),
    // Typed Linux: errors with their operation and object, owned descriptors, the clock, cgroups, procfs.
    .target(name: "Linux", dependencies: ["CLinux"]),
    // systemd's units over D-Bus: messages, scopes as values, who asks for them.
    .target(name: "SystemdUnits", dependencies: ["CLinux", "Linux"]),
    .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
    // Profiles as values, compiled once to a compact, verified BPF program.
    .target(name: "Seccomp", dependencies: ["CSeccomp", "Linux", "OCI"]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    // The standards as values: runtime configuration, digests.
    .target(name: "OCI", dependencies: ["CCrypto", "Linux"]),
    // What an image's container is: its users, and its configuration as a config.json.
    .target(name: "ImageRuntime", dependencies: ["CLinux", "Linux", "OCI"]),
    // Containerfiles and ignore files as values, and what a build of one will do; pure.
    .target(name: "Containerfiles", dependencies: ["Linux", "OCI"]),
    // What commands print: tables that fit a terminal, templates with fields, sizes and ages for people; pure.
    .target(name: "Presentation", dependencies: ["Linux", "OCI"]),
    // Directories of tests' own; no program links it.
    .target(name: "TestSupport", dependencies: ["Linux"]),
    // What must hold of every document, good or hostile, for tests and fuzzing; no program links it.
    .target(name: "OCITestSupport", dependencies: ["OCI"]),
]

// MARK: - Images: what is stored, and how it travels

let images: [Target] = [
    // Blobs by digest on disk: written aside, verified, there at once; shared by the image store and the registry's server.
    .target(name: "Content", dependencies: ["Linux", "OCI"]),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    // Image layers: tar to directory and back, differences of trees, merged views.
    .target(name: "Layers", dependencies: ["CArchive", "CLinux", "CZlib", "CZstd", "Linux", "OCI"]),
    // Images as an OCI layout on disk: names, layers unpacked, snapshots for containers, formats of others.
    .target(name: "Images", dependencies: ["CArchive", "CLinux", "Content", "Layers", "Linux", "OCI"]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CPublicSuffix", pkgConfig: "libpsl", providers: [.apt(["libpsl-dev"])]),
    // The distribution protocol from the asking side: credentials, pull, push, copy.
    .target(name: "RegistryClient", dependencies: ["CCurl", "CPublicSuffix", "Content", "Linux", "OCI"]),
    .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
    // The distribution protocol and what a registry keeps, without HTTP.
    .target(name: "RegistryServer", dependencies: ["CCrypt", "Content", "Linux", "OCI"]),
]

// MARK: - The machines: containers and guests

let machines: [Target] = [
    // The runtime core: config.json → LaunchPlan → sandbox.
    .target(name: "Containers", dependencies: ["CLinux", "Linux", "OCI", "Seccomp", "SystemdUnits"]),
    // A guest as a value and as libvirt XML; accelerator probe; kernel and initramfs; micro-guest.
    .target(name: "Machines", dependencies: ["CLinux", "Linux", "OCI"]),
    .systemLibrary(name: "CLibvirt", pkgConfig: "libvirt-qemu", providers: [.apt(["libvirt-dev"])]),
]

// MARK: - The engine: images as containers and guests

let engine: [Target] = [
    // Image and run options → container or guest; records on disk; what commands print of them.
    .target(
        name: "Engine",
        dependencies: [
            "CLinux", "Containers", "Content", "ImageRuntime", "Images", "Layers", "Linux", "Machines", "OCI",
            "Presentation", "Seccomp",
        ]),
    // Containerfiles, directories, archives and package mirrors → images.
    .target(
        name: "Building",
        dependencies: [
            "CArchive", "CLinux", "Containerfiles", "Containers", "Content", "ImageRuntime", "Images", "Layers",
            "Linux", "OCI", "Seccomp",
        ]),
]

// MARK: - The laboratory: what a run is, its statistics, how it is measured, how it is told

let laboratory: [Target] = [
    // The lines a workload says, and the proof of work it owes, as the host sees them.
    .target(name: "WorkloadProtocol"),
    // Estimators, tests and intervals; pure.
    .target(name: "Statistics"),
    // A run as values and as files: manifest, events, samples, summaries.
    .target(name: "RunRecord", dependencies: ["Linux", "OCI", "Statistics"]),
    // Runs made from a seed, for tests of whatever reads runs; no program links it.
    .target(name: "RunRecordTestSupport", dependencies: ["RunRecord", "Statistics"]),
    // Lanes, experiments, blocks, sampling, admission, manifest.
    .target(
        name: "Lab",
        dependencies: [
            "Linux", "OCI", "Seccomp", "Containers", "Machines", "WorkloadProtocol", "Statistics", "RunRecord", yams,
        ]),
    // A run → HTML, Markdown, terminal tables; charts as SVG values.
    .target(name: "Reports", dependencies: ["Linux", "RunRecord", "Statistics"]),
]

// MARK: - Fuzzing

let fuzzing: [Target] = [
    // What strangers send, and what must hold of it whatever it is, for libFuzzer and tests; no program links it.
    .target(
        name: "FuzzSupport",
        dependencies: ["Layers", "Linux", "OCI", "OCITestSupport", "RegistryServer", "Reports", "RunRecord"])
]

// MARK: - Programs

/// Embedded Swift without a C library.
let freestanding: [SwiftSetting] = [
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags([
        "-wmo", "-Osize", "-parse-as-library", "-Xfrontend", "-function-sections",
        "-Xcc", "-ffreestanding", "-Xfrontend", "-disable-stack-protector",
    ]),
]
/// - Parameter main: what CWorkload's `_start` calls.
func freestandingLink(main: String) -> [LinkerSetting] {
    [
        .unsafeFlags([
            "-enable-experimental-feature", "Embedded", "-nostartfiles", "-Xclang-linker", "-nostdlib",
            "-Xclang-linker", "-static", "-Xclang-linker", "-no-pie", "-Xlinker", "--gc-sections",
            "-Xlinker", "-s", "-Xlinker", "--defsym=isolab_program_main=\(main)",
        ])
    ]
}

/// A static executable, at a fixed address: nothing to look for and nothing to relocate when it starts. Its entry is CLinux's,
/// which protects it before the C library's sets it up.
func staticLink(_ flags: [String]) -> [LinkerSetting] {
    [
        .unsafeFlags(
            ["-static-executable", "-Xlinker", "--gc-sections", "-Xlinker", "-e", "-Xlinker", "isolab_entry"] + flags)
    ]
}

let programs: [Target] = [
    // What the programs for people have in common: where errors are said, and exit statuses.
    .target(name: "CommandSupport", dependencies: ["Linux", "OCI", argumentParser]),
    .executableTarget(
        name: "isolab",
        dependencies: [
            "Building", "CommandSupport", "Containerfiles", "Containers", "Engine", "Images", "Lab", "Linux", "OCI",
            "Presentation", "Reports", "RunRecord", argumentParser,
        ],
        // It starts twice for a container, and a dynamic one of its size would spend most of either start relocating itself.
        // Named besides: what libarchive's archive and Foundation's need, which only their dynamic libraries know by themselves.
        linkerSettings: staticLink([
            "-llzma", "-lbz2", "-lFoundation", "-lCoreFoundation", "-lFoundationInternationalization",
            "-lFoundationEssentials", "-l_FoundationCollections", "-l_FoundationCShims", "-l_FoundationICU",
            "-lstdc++",
        ])),
    // What podman, containerd and others expect of an OCI runtime: static, and without Foundation.
    .executableTarget(
        name: "isolab-runtime", dependencies: ["CLinux", "Containers", "Linux", "OCI", "SystemdUnits"],
        exclude: ["CONFORMANCE.md"],
        // Engines start it for every request: a dynamic one would spend more on its libraries than on its work.
        linkerSettings: staticLink(["-Xlinker", "-s"])),
    // The only program that links libvirt: 55 libraries and 13 ms that no measured process should carry.
    .executableTarget(name: "isolab-vm", dependencies: ["Machines", "Linux", "CLinux", "CLibvirt"]),
    // The only program that links libcurl: 30 libraries that no other command should carry.
    .executableTarget(
        name: "isolab-transfer",
        dependencies: [
            "CommandSupport", "Presentation", "Content", "Images", "Linux", "OCI", "RegistryClient", argumentParser,
        ]),
    // The only program that links Hummingbird, which takes three minutes to build.
    .executableTarget(
        name: "isolab-registry",
        dependencies: [
            "CommandSupport", "Linux", "OCI", "RegistryServer", hummingbird, hummingbirdCore, hummingbirdTLS,
            argumentParser,
            .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ],
        exclude: ["CONFORMANCE.md"]),
    // The freestanding half of the workload: _start, system calls, the instructions Swift has no name for.
    .target(
        name: "CWorkload",
        cSettings: [
            .unsafeFlags([
                "-ffreestanding", "-fno-stack-protector", "-fno-pic", "-O2", "-U_FORTIFY_SOURCE",
            ])
        ]),
    // System calls as Embedded Swift names them.
    .target(name: "Freestanding", dependencies: ["CWorkload"], swiftSettings: freestanding),
    // One static ELF without a C library: the same bytes in every lane, and PID 1 of a guest.
    .executableTarget(
        name: "isolab-workload", dependencies: ["CWorkload", "Freestanding"],
        swiftSettings: freestanding, linkerSettings: freestandingLink(main: "isolab_workload_main")),
    // PID 1 of a guest that runs an image's command: mounts, starts it, relays its streams, reports its end.
    .executableTarget(
        name: "isolab-init", dependencies: ["CWorkload", "Freestanding"],
        swiftSettings: freestanding, linkerSettings: freestandingLink(main: "isolab_init_main")),
]

// MARK: - Tests, a folder a target

let tests: [Target] = [
    .testTarget(name: "LinuxTests", dependencies: ["Linux"]),
    .testTarget(name: "OCITests", dependencies: ["OCI", "OCITestSupport"]),
    .testTarget(name: "ContentTests", dependencies: ["Content", "Linux", "OCI", "TestSupport"]),
    .testTarget(name: "ImageRuntimeTests", dependencies: ["ImageRuntime", "OCI"]),
    .testTarget(name: "ImagesTests", dependencies: ["Content", "Images", "Layers", "Linux", "OCI", "TestSupport"]),
    .testTarget(name: "LayersTests", dependencies: ["Layers", "CLinux", "Linux", "OCI", "TestSupport"]),
    .testTarget(
        name: "BuildingTests",
        dependencies: [
            "Building", "CLinux", "Containerfiles", "Content", "Images", "Layers", "Linux", "OCI", "TestSupport",
        ]),
    .testTarget(name: "ContainerfilesTests", dependencies: ["Containerfiles", "OCI"]),
    .testTarget(name: "CommandSupportTests", dependencies: ["CommandSupport", argumentParser]),
    .testTarget(name: "PresentationTests", dependencies: ["OCI", "Presentation"]),
    .testTarget(name: "SystemdUnitsTests", dependencies: ["Linux", "SystemdUnits", "TestSupport"]),
    .testTarget(name: "SeccompTests", dependencies: ["Seccomp"]),
    .testTarget(name: "ContainersTests", dependencies: ["Containers", "SystemdUnits", "TestSupport"]),
    // Drives the built isolab-runtime as an engine does, and attacks it.
    .testTarget(name: "RuntimeTests", dependencies: ["CLinux", "Linux", "OCI", "TestSupport"]),
    .testTarget(name: "EngineTests", dependencies: ["Machines", "Engine", "ImageRuntime", "OCI"]),
    .testTarget(
        name: "MachinesTests",
        dependencies: ["CLinux", "Machines", "Linux", "OCI", "TestSupport", "WorkloadProtocol"]),
    .testTarget(name: "WorkloadTests", dependencies: ["WorkloadProtocol", "Linux"]),
    .testTarget(name: "StatisticsTests", dependencies: ["Statistics"], exclude: ["Reference"]),
    .testTarget(
        name: "RunRecordTests",
        dependencies: ["Linux", "RunRecord", "RunRecordTestSupport", "Statistics", "TestSupport"]),
    .testTarget(
        name: "LabTests",
        dependencies: ["Lab", "OCI", "RunRecord", "RunRecordTestSupport", "Statistics", "TestSupport"]),
    .testTarget(name: "ReportsTests", dependencies: ["Linux", "Reports", "RunRecordTestSupport"]),
    // Against Debian's docker-registry, and servers that misbehave.
    .testTarget(
        name: "RegistryClientTests",
        dependencies: ["Content", "Images", "Linux", "OCI", "RegistryClient", "TestSupport"]),
    // Drives the built isolab-registry as clients do, and Debian's docker-registry beside it.
    .testTarget(
        name: "RegistryServerTests", dependencies: ["Content", "RegistryServer", "Linux", "OCI", "TestSupport"]),
    // Some seconds of every kind that Tests/Fuzz tries for longer.
    .testTarget(name: "FuzzTests", dependencies: ["FuzzSupport", "Linux", "OCITestSupport", "TestSupport"]),
    .testTarget(name: "CommandTests", dependencies: ["Linux", "OCI", "RunRecord", "Seccomp", "TestSupport"]),
]

// MARK: - The package

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "isolab",
    products: [
        .executable(name: "isolab", targets: ["isolab"]),
        .executable(name: "isolab-runtime", targets: ["isolab-runtime"]),
        .executable(name: "isolab-vm", targets: ["isolab-vm"]),
        .executable(name: "isolab-transfer", targets: ["isolab-transfer"]),
        .executable(name: "isolab-registry", targets: ["isolab-registry"]),
        .executable(name: "isolab-workload", targets: ["isolab-workload"]),
        .executable(name: "isolab-init", targets: ["isolab-init"]),
        // For Benchmarks/, a package of its own.
        .library(
            name: "IsolabCore",
            targets: ["Containers", "Seccomp", "OCI", "Linux", "WorkloadProtocol", "Statistics"]),
        // For Benchmarks/ as well, apart: what does not need libarchive does not link it.
        .library(name: "IsolabLayers", targets: ["Layers"]),
        // For Tests/Fuzz, a package of its own, too.
        .library(name: "FuzzSupport", targets: ["FuzzSupport"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        // What Hummingbird is made of, by name for the parts that reach below it: files sent by the kernel, TLS's settings.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: ground + images + machines + engine + laboratory + fuzzing + programs + tests
)

/// Where numbers come from strangers: what does not hold for all of them does not compile there (`NumbersOfStrangers.swift`, `NumbersOfRecords.swift`).
let facingStrangers: Set<String> = [
    "Containerfiles", "Content", "Images", "Layers", "OCI", "Presentation", "RegistryClient", "RegistryServer",
    "Reports",
    "RunRecord", "Statistics", "isolab-registry", "isolab-transfer",
]

for target in package.targets where ![.system, .binary, .plugin].contains(target.type) {
    target.swiftSettings = swiftSettings + (target.swiftSettings ?? [])
    if facingStrangers.contains(target.name) {
        target.swiftSettings?.append(.unsafeFlags(["-Werror", "DeprecatedDeclaration"]))
    }
}
