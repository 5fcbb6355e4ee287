import Building
import Containerfiles
import Glibc
import Images
import Linux
import OCI
import Testing

/// Builds drawn from seeds, done by podman and by isolab: the same files, the same configuration, or an error of both.
///
/// Some are drawn in every run. `ISOLAB_DIFFERENTIAL_SEEDS=1000..1499` draws others.
@Suite(
    .enabled(if: TestHost.canBuild, TestHost.reason),
    .enabled(if: TestHost.has("podman"), "needs podman"))
struct DifferentialTests {
    let bed: BuildBed
    private let podman: String

    init() throws {
        bed = try BuildBed()
        podman = """
            podman --root \(bed.directory)/p/root --runroot \(bed.directory)/p/run --tmpdir \(bed.directory)/p/tmp \
            --cgroup-manager=cgroupfs
            """
    }

    private static let seeds: ClosedRange<UInt64> = {
        let words = getenv("ISOLAB_DIFFERENTIAL_SEEDS").map { String(cString: $0) }?.split(separator: "..") ?? []
        guard words.count == 2, let first = UInt64(words[0]), let last = UInt64(words[1]), first <= last else {
            return 1...8
        }
        return first...last
    }()

    @Test func sameImages() throws {
        try bed.shell("cd context && umask 022 && \(GeneratedBuild.context)")
        try bed.shell("cp \(TestHost.busybox ?? "") context/busybox")
        try bed.build(GeneratedBuild.base, BuildOptions(names: [try ImageReference("base")]))
        try bed.shell("\(try build("base")) 2>&1")
        defer { _ = try? bed.shell("\(podman) image umount -a; \(podman) rmi -af") }
        try bed.shell("rm context/busybox")
        var compared = 0
        for seed in Self.seeds where try isSame(seed) { compared += 1 }
        // A good part of what is drawn can be built: else nothing was compared.
        #expect(compared * 4 > Self.seeds.count)
    }

    private func build(_ name: String, _ arguments: [(name: String, value: String)] = []) throws -> String {
        let values = arguments.map { "--build-arg '\($0.name)=\($0.value)'" }.joined(separator: " ")
        return """
            \(podman) build -q --format=docker --network=host --isolation=chroot --ulimit nofile=1024:4000 \
            --ulimit nproc=1024:4000 -t \(name) \(values) context
            """
    }

    /// - Returns: whether there were images to compare.
    private func isSame(_ seed: UInt64) throws -> Bool {
        var generated = GeneratedBuild(seed: seed)
        let ignored = generated.ignoreFile()
        try bed.write(".dockerignore", ignored ?? "")
        let request = BuildRequest(
            arguments: Dictionary(generated.arguments.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
        let shown: Comment =
            "seed \(seed)\n\(generated.text)\n\(generated.arguments)\nignored: \(ignored ?? "")"
        let own = Result { try bed.build(generated.text, BuildOptions(request: request)) }
        let name = "case\(seed)"
        let other = Result {
            try bed.shell("\(try build(name, generated.arguments)) 2>&1 || { cat; false; } < /dev/null")
        }
        guard case .success(let built) = own, case .success = other else {
            if case .success = own { #expect(throws: Never.self, shown) { try other.get() } }
            if case .success = other { #expect(throws: Never.self, shown) { try own.get() } }
            return false
        }
        let tree = try bed.tree(built)
        let mounted = try bed.shell("\(podman) image mount \(name)").split(separator: "\n").first.map(String.init) ?? ""
        let (files, expected) = (try listing(tree), try listing(mounted))
        let differing = Set(files).symmetricDifference(expected).sorted()
        #expect(differing.isEmpty, "\(shown)\n\(differing.joined(separator: "\n"))")
        let theirs = try configuration(name)
        let ours = try bed.image(built).configuration
        compare(ours, theirs, shown)
        try bed.shell("\(podman) image umount \(name); \(podman) rmi -f \(name); rm -rf \(tree) pushed")
        return true
    }

    /// What podman mounts on is there in its images; nothing is in these files.
    private static let stubs = ["./dev", "./proc", "./run", "./sys"]

    private func listing(_ tree: String) throws -> [String] {
        try bed.shell(
            """
            cd \(tree) && find . -mindepth 1 -printf '%p\\t%y %m %U:%G %l\\n'
            find . -type f -exec cksum {} + | awk '{ sum = $1; sub(/^[0-9]+ [0-9]+ /, ""); print $0 "\\tis " sum }'
            """
        ).split(separator: "\n").map(String.init).filter { line in
            let path = line.prefix { $0 != "\t" }
            return !Self.stubs.contains { path == $0 || path.hasPrefix($0 + "/") }
                && !["hosts", "hostname", "resolv.conf"].contains { path.hasSuffix("/\($0)") }
        }
    }

    /// podman's, as it says it to a registry.
    private func configuration(_ name: String) throws -> ImageConfiguration {
        try bed.shell("\(podman) push -q \(name) dir:pushed 2>&1")
        let manifest = try ImageManifest(json: SystemFile.bytes(of: "\(bed.directory)/pushed/manifest.json"))
        return try ImageConfiguration(
            json: SystemFile.bytes(of: "\(bed.directory)/pushed/\(manifest.config.digest.hexadecimal)"))
    }

    private func compare(_ own: ImageConfiguration, _ other: ImageConfiguration, _ shown: Comment) {
        let (ours, theirs) = (own.execution, other.execution)
        #expect(ours.environment.sorted() == theirs.environment.sorted(), shown)
        #expect(ours.entrypoint == theirs.entrypoint && ours.command == theirs.command, shown)
        #expect(ours.labels == theirs.labels.filter { $0.key != "io.buildah.version" }, shown)
        #expect(ours.user ?? "" == theirs.user ?? "" && ours.stopSignal ?? "" == theirs.stopSignal ?? "", shown)
        #expect(ours.workingDirectory ?? "/" == theirs.workingDirectory ?? "/", shown)
        #expect(ours.exposedPorts.keys.sorted() == theirs.exposedPorts.keys.sorted(), shown)
        #expect(ours.shell == theirs.shell && ours.onBuild == theirs.onBuild, shown)
        #expect(ours.healthcheck == theirs.healthcheck, shown)
        #expect(own.author ?? "" == other.author ?? "", shown)
        // Steps that say something are told and have no layer; whether others change something, each finds for itself.
        #expect(own.history.count == other.history.count, shown)
        for (step, theirs) in zip(own.history, other.history) {
            let name = step.createdBy?.split(separator: " ").first.map(String.init) ?? ""
            guard !["RUN", "COPY", "ADD", "WORKDIR"].contains(name) else { continue }
            #expect(step.emptyLayer && theirs.emptyLayer, "\(name): \(shown)")
        }
    }
}
