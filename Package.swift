// swift-tools-version: 6.1
import PackageDescription

// isolab: what does each kind of isolation cost, and what does it buy?
//
// The targets are listed from the ground to the roof, in the wings that are the folders of Sources and Tests. Imports go down only; a
// target is one concern. Their folders and shared settings are given in one loop at the end.

// MARK: - Dependencies

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")

// MARK: - System: typed Linux, and the OCI standards as Swift values

let system: [Target] = [
    // Raw system calls and the code between clone3 and execve: the only C of the launch path. Linux alone imports it.
    // Its code is all that a process has of the program which comes to life in a container's sight: no tables beside it, and no
    // calls of a C library that the compiler would put in by itself.
    .target(name: "CLinux", cSettings: [.unsafeFlags(["-fno-jump-tables", "-fno-builtin"])]),
    // Typed Linux: errors with their operation and object, owned descriptors, the clock, cgroups, procfs.
    .target(name: "Linux", dependencies: ["CLinux"]),
    // systemd's units over D-Bus: messages, scopes as values, who asks for them.
    .target(name: "SystemdUnits", dependencies: ["Linux"]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    // The standards as values: runtime configuration, digests.
    .target(name: "OCI", dependencies: ["CCrypto", "Linux"]),
]

// MARK: - Containers: the runtime core and its system call filters

let containers: [Target] = [
    .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
    // Profiles as values, compiled once to a compact, verified BPF program.
    .target(name: "Seccomp", dependencies: ["CSeccomp", "Linux", "OCI"]),
    // The runtime core: config.json → LaunchPlan → sandbox.
    .target(name: "Containers", dependencies: ["Linux", "OCI", "Seccomp", "SystemdUnits"]),
]

// MARK: - Machines: guests

let machines: [Target] = [
    // Guest code run through raw ioctls of KVM, to see what the accelerator is worth.
    .target(name: "CMachines"),
    // A guest as a value and as libvirt XML; accelerator probe; kernel and initramfs; micro-guest.
    .target(name: "Machines", dependencies: ["CMachines", "Linux", "OCI"]),
    .systemLibrary(name: "CLibvirt", pkgConfig: "libvirt-qemu", providers: [.apt(["libvirt-dev"])]),
]

// MARK: - Images: what is stored, and how it travels

let images: [Target] = [
    // Blobs by digest on disk: written aside, verified, there at once; shared by the image store and the registry's server.
    .target(name: "Content", dependencies: ["Linux", "OCI"]),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    // Image layers: tar to directory and back, differences of trees, merged views.
    .target(name: "Layers", dependencies: ["CArchive", "CZlib", "CZstd", "Linux", "OCI"]),
    // Images as an OCI layout on disk: names, layers unpacked, snapshots for containers, formats of others.
    .target(name: "Images", dependencies: ["CArchive", "Content", "Layers", "Linux", "OCI"]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CPublicSuffix", pkgConfig: "libpsl", providers: [.apt(["libpsl-dev"])]),
    // The distribution protocol from the asking side: credentials, pull, push, copy.
    .target(name: "RegistryClient", dependencies: ["CCurl", "CPublicSuffix", "Content", "Linux", "OCI"]),
    .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
    // The distribution protocol and what a registry keeps, without HTTP.
    .target(name: "RegistryServer", dependencies: ["CCrypt", "Content", "Linux", "OCI"]),
]

// MARK: - Engine: images made, and run as containers and guests

let engine: [Target] = [
    // What commands print: tables that fit a terminal, templates with fields, sizes and ages for people; pure.
    .target(name: "Presentation", dependencies: ["Linux", "OCI"]),
    // What an image's container is: its users, and its configuration as a config.json.
    .target(name: "ImageRuntime", dependencies: ["Linux", "OCI"]),
    // Containerfiles and ignore files as values, and what a build of one will do; pure.
    .target(name: "Containerfiles", dependencies: ["Linux", "OCI"]),
    // Data that outlives containers: named on disk, filled once and whole, exported and imported.
    .target(name: "Volumes", dependencies: ["Content", "Images", "Layers", "Linux", "OCI"]),
    // Networks that containers are in: addresses, drivers, rules; by rtnetlink and nftables.
    .target(name: "Networks", dependencies: ["Content", "Linux", "OCI"]),
    // What isolab-keeper and the engine say to each other, and the lines of a container's log; pure, and compiled into the keeper, too.
    .target(name: "Keeping"),
    // Image and run options → container or guest; records on disk; what commands print of them.
    .target(
        name: "Engine",
        dependencies: [
            "Containers", "Content", "ImageRuntime", "Images", "Keeping", "Layers", "Linux", "Machines",
            "Networks", "OCI", "Presentation", "Seccomp", "Volumes",
        ]),
    // Containerfiles, directories, archives and package mirrors → images.
    .target(
        name: "Building",
        dependencies: [
            "CArchive", "Containerfiles", "Containers", "Content", "ImageRuntime", "Images", "Layers",
            "Linux", "OCI", "Seccomp",
        ]),
]

// MARK: - Laboratory: what a run is, its statistics, how it is measured, how it is told

let laboratory: [Target] = [
    // The lines a workload says, and the proof of work it owes, as the host sees them.
    .target(name: "WorkloadProtocol"),
    // Estimators, tests and intervals; pure.
    .target(name: "Statistics"),
    // A run as values and as files: manifest, events, samples, summaries.
    .target(name: "RunRecord", dependencies: ["Linux", "OCI", "Statistics"]),
    // Lanes, experiments, blocks, sampling, admission, manifest.
    .target(
        name: "Lab",
        dependencies: [
            "Linux", "OCI", "Seccomp", "Containers", "Machines", "WorkloadProtocol", "Statistics", "RunRecord", yams,
        ]),
    // A run → HTML, Markdown, terminal tables; charts as SVG values.
    .target(name: "Reports", dependencies: ["Linux", "RunRecord", "Statistics"]),
    // Lessons: what is said, typed, asked and claimed, as data; run by a shell with the built isolab, told in a terminal and as HTML.
    .target(name: "Lessons", dependencies: ["Linux", "Reports"]),
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
            "Building", "CommandSupport", "Containerfiles", "Containers", "Engine", "Images", "Lab", "Lessons", "Linux",
            "OCI", "Presentation", "Reports", "RunRecord", argumentParser,
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
        name: "isolab-runtime", dependencies: ["Containers", "Linux", "OCI", "SystemdUnits"],
        exclude: ["CONFORMANCE.md"],
        // Engines start it for every request: a dynamic one would spend more on its libraries than on its work.
        linkerSettings: staticLink(["-Xlinker", "-s"])),
    // Answers containers in networks that ask for names: static, and without Foundation.
    .executableTarget(
        name: "isolab-names", dependencies: ["Linux", "Networks"],
        linkerSettings: staticLink(["-Xlinker", "-s"])),
    // The only program that links libvirt: 55 libraries and 13 ms that no measured process should carry.
    .executableTarget(name: "isolab-vm", dependencies: ["CLibvirt", "Linux", "Machines"]),
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
    // What the keeper needs of the C library that Embedded Swift cannot call.
    .target(name: "CKeeper"),
    // Stays beside a container in the background: Embedded Swift and a static C library, 0.7 MiB of memory in all. Its folder Keeping
    // is a link to the target of that name.
    .executableTarget(
        name: "isolab-keeper", dependencies: ["CKeeper"],
        swiftSettings: [
            .enableExperimentalFeature("Embedded"),
            .unsafeFlags([
                "-wmo", "-Osize", "-parse-as-library", "-Xfrontend", "-function-sections",
                "-Xfrontend", "-disable-stack-protector",
            ]),
        ],
        linkerSettings: [
            .unsafeFlags([
                "-enable-experimental-feature", "Embedded", "-Xclang-linker", "-static", "-Xlinker", "--gc-sections",
                "-Xlinker", "-s",
            ])
        ]),
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

// MARK: - What tests share; no program links it

let support: [Target] = [
    // Directories of tests' own; no program links it.
    .target(name: "TestSupport", dependencies: ["Linux"]),
    // What must hold of every document, good or hostile, for tests and fuzzing; no program links it.
    .target(name: "OCITestSupport", dependencies: ["OCI"]),
    // Runs made from a seed, for tests of whatever reads runs; no program links it.
    .target(name: "RunRecordTestSupport", dependencies: ["RunRecord", "Statistics"]),
    // What strangers send, and what must hold of it whatever it is, for libFuzzer and tests; no program links it.
    .target(
        name: "FuzzSupport",
        dependencies: ["Layers", "Linux", "OCI", "OCITestSupport", "RegistryServer", "Reports", "RunRecord"]),
]

// MARK: - Tests, in the same wings

let tests: [(wing: String, targets: [Target])] = [
    (
        "System",
        [
            .testTarget(name: "LinuxTests", dependencies: ["Linux", "TestSupport"]),
            .testTarget(name: "OCITests", dependencies: ["OCI", "OCITestSupport", "TestSupport"]),
            .testTarget(name: "SystemdUnitsTests", dependencies: ["Linux", "SystemdUnits", "TestSupport"]),
        ]
    ),
    (
        "Containers",
        [
            .testTarget(name: "SeccompTests", dependencies: ["Seccomp"]),
            .testTarget(name: "ContainersTests", dependencies: ["Containers", "SystemdUnits", "TestSupport"]),
        ]
    ),
    (
        "Machines",
        [
            .testTarget(
                name: "MachinesTests",
                dependencies: ["Machines", "Linux", "OCI", "TestSupport", "WorkloadProtocol"])
        ]
    ),
    (
        "Images",
        [
            .testTarget(name: "ContentTests", dependencies: ["Content", "Linux", "OCI", "TestSupport"]),
            .testTarget(name: "LayersTests", dependencies: ["Layers", "Linux", "OCI", "TestSupport"]),
            .testTarget(
                name: "ImagesTests", dependencies: ["Content", "Images", "Layers", "Linux", "OCI", "TestSupport"]),
            // Against Debian's docker-registry, and servers that misbehave.
            .testTarget(
                name: "RegistryClientTests",
                dependencies: ["Content", "Images", "Linux", "OCI", "RegistryClient", "TestSupport"]),
        ]
    ),
    (
        "Engine",
        [
            .testTarget(name: "PresentationTests", dependencies: ["OCI", "Presentation"]),
            .testTarget(name: "ImageRuntimeTests", dependencies: ["ImageRuntime", "OCI"]),
            .testTarget(name: "ContainerfilesTests", dependencies: ["Containerfiles", "OCI"]),
            .testTarget(name: "NetworksTests", dependencies: ["Linux", "Networks", "OCI", "TestSupport"]),
            .testTarget(name: "VolumesTests", dependencies: ["Linux", "TestSupport", "Volumes"]),
            .testTarget(name: "KeepingTests", dependencies: ["Keeping"]),
            .testTarget(name: "EngineTests", dependencies: ["Machines", "Engine", "ImageRuntime", "Linux", "OCI"]),
            .testTarget(
                name: "BuildingTests",
                dependencies: [
                    "Building", "Containerfiles", "Content", "Images", "Layers", "Linux", "OCI",
                    "TestSupport",
                ]),
        ]
    ),
    (
        "Laboratory",
        [
            .testTarget(name: "StatisticsTests", dependencies: ["Statistics"], exclude: ["Reference"]),
            .testTarget(
                name: "RunRecordTests",
                dependencies: ["Linux", "RunRecord", "RunRecordTestSupport", "Statistics", "TestSupport"]),
            .testTarget(
                name: "LabTests",
                dependencies: ["Lab", "OCI", "RunRecord", "RunRecordTestSupport", "Statistics", "TestSupport"]),
            .testTarget(name: "ReportsTests", dependencies: ["Linux", "Reports", "RunRecordTestSupport"]),
            .testTarget(name: "LessonsTests", dependencies: ["Lessons"]),
        ]
    ),
    (
        "Programs",
        [
            .testTarget(name: "CommandSupportTests", dependencies: ["CommandSupport", argumentParser]),
            // Drives the built isolab-runtime as an engine does, and attacks it.
            .testTarget(name: "RuntimeTests", dependencies: ["Linux", "OCI", "TestSupport"]),
            // Drives the built isolab-registry as clients do, and Debian's docker-registry beside it.
            .testTarget(
                name: "RegistryServerTests", dependencies: ["Content", "RegistryServer", "Linux", "OCI", "TestSupport"]),
            .testTarget(name: "WorkloadTests", dependencies: ["WorkloadProtocol", "Linux"]),
            .testTarget(
                name: "CommandTests",
                dependencies: ["Linux", "OCI", "RunRecord", "RunRecordTestSupport", "Seccomp", "TestSupport"]),
        ]
    ),
    (
        "Support",
        [
            // Some seconds of every kind that Tests/Fuzz tries for longer.
            .testTarget(name: "FuzzTests", dependencies: ["FuzzSupport", "Linux", "OCITestSupport", "TestSupport"])
        ]
    ),
]

// MARK: - The package

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// The folders of Sources, from the ground to the roof.
let wings: [(wing: String, targets: [Target])] = [
    ("System", system), ("Containers", containers), ("Machines", machines), ("Images", images), ("Engine", engine),
    ("Laboratory", laboratory), ("Programs", programs),
]

/// What the wings so far hold: imports go down only.
var below: Set<String> = []

for (wing, targets) in wings {
    below.formUnion(targets.map(\.name))
    for target in targets {
        target.path = "Sources/\(wing)/\(target.name)"
        for case .byNameItem(let name, _) in target.dependencies where !below.contains(name) {
            fatalError("\(target.name) imports \(name), which is not in \(wing) or a wing below it")
        }
    }
}
for (wing, targets) in tests { for target in targets { target.path = "Tests/\(wing)/\(target.name)" } }
for target in support { target.path = "Tests/Support/\(target.name)" }

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
        .executable(name: "isolab-keeper", targets: ["isolab-keeper"]),
        .executable(name: "isolab-names", targets: ["isolab-names"]),
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
    targets: wings.flatMap(\.targets) + support + tests.flatMap(\.targets)
)

/// Where numbers come from strangers: what does not hold for all of them does not compile there (`NumbersOfStrangers.swift`, `NumbersOfRecords.swift`).
let facingStrangers: Set<String> = [
    "Containerfiles", "Content", "Images", "Layers", "OCI", "Presentation", "RegistryClient", "RegistryServer",
    "Reports",
    "RunRecord", "Statistics", "isolab-registry", "isolab-transfer",
]

/// What tests repeat thousands of times. Built for debugging it is optimised as well: its figures come tens of times as fast, and
/// whatever would trap still does.
let repeatedByTests: Set<String> = ["Layers", "Reports", "RunRecord", "RunRecordTestSupport", "Statistics"]

for target in package.targets where ![.system, .binary, .plugin].contains(target.type) {
    target.swiftSettings = swiftSettings + (target.swiftSettings ?? [])
    if facingStrangers.contains(target.name) {
        target.swiftSettings?.append(.unsafeFlags(["-Werror", "DeprecatedDeclaration"]))
    }
    if repeatedByTests.contains(target.name) {
        target.swiftSettings?.append(.unsafeFlags(["-O"], .when(configuration: .debug)))
    }
}
