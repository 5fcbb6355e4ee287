import BenchmarkSupport
import Glibc
import Linux

/// The stores with their images: busybox, and the same with 59 layers more, each with a file; and what builds are made from.
struct Bed {
    static let layers = 60
    /// Instructions of a build that is timed, beside its `FROM`.
    static let instructions = 20
    let directory: String
    let isolab: String
    let podman: String?

    var environment: [String] { ProcessPlan.ownEnvironment() + ["ISOLAB_DATA=\(directory)/data"] }
    private var podmanPlaces: [String] {
        ["--root", "\(directory)/podman", "--runroot", "\(directory)/podman-run", "--cgroup-manager=cgroupfs"]
    }

    init(_ options: Options) throws {
        directory = try makeTemporaryDirectory(in: "/var/tmp")
        isolab = options.isolab
        podman = find("podman")
        try shell("\(isolab) image bootstrap busybox")
        try SystemFile.makeDirectories(context)
        let numbers = 1..<Self.layers
        for number in numbers { try writeFile("\(number)\n", "\(context)/\(number)") }
        func write(_ instructions: [String], _ name: String) throws {
            try writeFile(
                (["FROM docker.io/library/busybox"] + instructions).joined(separator: "\n") + "\n", "\(context)/\(name)"
            )
        }
        try write(numbers.map { "COPY \($0) /\($0)" }, "sixty")
        try write((1...Self.instructions).map { "COPY \($0) /\($0)" }, "copy")
        try write((1...Self.instructions).map { "RUN echo \($0) > /\($0)" }, "run")
        try shell("\(isolab) image build -f \(context)/sixty -t sixty \(context)")
        guard let podman else { return }
        let places = podmanPlaces.joined(separator: " ")
        for image in ["busybox", "sixty"] {
            try shell(
                "\(isolab) save -o \(directory)/\(image).tar \(image) && \(podman) \(places) load -q -i \(directory)/\(image).tar"
            )
        }
    }

    private var context: String { directory + "/context" }

    private func shell(_ line: String) throws {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let exit = try ProcessPlan("sh", ["-c", line], environment: environment).spawn(
            StandardStreams(input: null.number, output: null.number, error: -1)
        ).wait()
        guard exit.succeeded else { throw SystemError("sh", line, errno: 0) }
    }

    /// Hosts without CAP_SYS_RESOURCE cannot raise what podman raises unless told so.
    private let limits = ["--ulimit", "nofile=1024:4000", "--ulimit", "nproc=1024:4000", "--pull=never"]

    var runs: [Lane] {
        let run = ["run", "--rm", "--network", "none"]
        var lanes = [
            Lane(name: "isolab", program: isolab, arguments: run + ["busybox", "true"], environment: environment),
            Lane(
                name: "isolab, 60 layers", program: isolab, arguments: run + ["sixty", "true"], environment: environment
            ),
            Lane(name: "isolab --version", program: isolab, arguments: ["--version"], environment: environment),
        ]
        guard let podman else { return lanes }
        for (name, image) in [("podman", "busybox"), ("podman, 60 layers", "sixty")] {
            lanes.append(
                Lane(
                    name: name, program: podman,
                    arguments: podmanPlaces + run + limits + ["docker.io/library/\(image)", "true"],
                    environment: environment))
        }
        return lanes
    }

    var builds: [Lane] {
        let kinds = [
            ("\(Self.instructions) COPY", "copy", ["--no-cache"]), ("\(Self.instructions) RUN", "run", ["--no-cache"]),
            ("all from the cache", "run", []),
        ]
        return kinds.flatMap { kind, file, options in
            let common = options + ["-f", "\(context)/\(file)", "-t", "built", context]
            var lanes = [
                Lane(
                    name: "isolab, \(kind)", program: isolab, arguments: ["image", "build"] + common,
                    environment: environment)
            ]
            if let podman {
                lanes.append(
                    Lane(
                        name: "podman, \(kind)", program: podman,
                        arguments: podmanPlaces + ["build", "--layers", "--network", "none"] + limits + common,
                        environment: environment))
            }
            return lanes
        }
    }

    func remove() {
        if let podman {
            try? shell("\(podman) \(podmanPlaces.joined(separator: " ")) system reset -f 2>/dev/null || true")
        }
        try? shell("rm -rf --one-file-system \(directory)")
    }
}
