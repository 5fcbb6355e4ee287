import Glibc
import Linux
import OCI
import Seccomp
import TestSupport
import Testing

/// What isolab's default container can reach, probe by probe (`Tests/Probes/attack-surface.c`), beside runc and crun with the
/// configuration and the profile that Docker Engine gives them: nowhere more. `docs/attack-surface.md` shows the table.
@Suite(
    .enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"),
    .enabled(if: access("/usr/bin/gcc", X_OK) == 0, "needs gcc"))
struct AttackSurfaceTests {
    typealias Verdicts = [String: String]

    private static let source = Repository.path("Tests/Probes/attack-surface.c")

    /// Runs the shell's lines as root; the last says what the probe found.
    private func verdicts(
        _ script: String, in place: Place, user: Bool, mayRefuse: Bool = false
    ) throws -> Verdicts {
        let result =
            user
            ? try OrdinaryUser.shell(script, in: place)
            : try IsolabProgram.shell("export ISOLAB_DATA=\(try EnginePlace.data)\n\(script)", in: place)
        var verdicts: Verdicts = [:]
        for line in result.output.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            if fields.count == 3 { verdicts[String(fields[0])] = String(fields[1]) }
        }
        // Newer versions of crun refuse hosts that have controllers on both versions of cgroups.
        #expect(!verdicts.isEmpty || mayRefuse, "\(result.output)\(result.complaints)")
        return verdicts
    }

    /// The container that Docker Engine makes.
    private func configuration(user: Bool) -> RuntimeConfiguration {
        var mappings: RuntimeConfiguration.UserMappings?
        if user {
            let mapping = [RuntimeConfiguration.IDMapping(containerID: 0, hostID: UInt32(OrdinaryUser.number), size: 1)]
            mappings = .init(users: mapping, groups: mapping)
        }
        var configuration = RuntimeConfiguration.docker(
            arguments: ["/probe"], userMappings: mappings, seccomp: .docker())
        // Docker allows its containers the host's console.
        configuration.linux?.resources?.devices.append(.init(allow: true, type: "c", major: 5, minor: 1, access: "rwm"))
        if user {
            configuration.adaptToUserNamespace()
            configuration.linux?.resources = nil
            configuration.process?.user.additionalGids = []
            // No group but the user's own is mapped.
            for index in configuration.mounts.indices {
                configuration.mounts[index].options.removeAll { $0 == "gid=5" }
            }
        }
        return configuration
    }

    /// What each finds, for a root or for an ordinary user.
    private func findings(user: Bool) throws -> [(name: String, verdicts: Verdicts)] {
        let place = try Place()
        chmod(place.path, 0o755)
        let made = try IsolabProgram.shell(
            "gcc -O1 -static -o probe \(Self.source) && mkdir -p bundle/rootfs/tmp bundle/rootfs/proc bundle/rootfs/sys bundle/rootfs/dev && chmod 1777 bundle/rootfs/tmp && cp probe bundle/rootfs/ && chown -R \(user ? OrdinaryUser.number : 0) bundle",
            in: place)
        try #require(made.status == 0, "\(made.complaints)")
        _ = try place.write(bytes: configuration(user: user).json(), to: "bundle/config.json")
        let bootstrap = user ? "\"$isolab\" image bootstrap busybox > /dev/null\n" : ""
        var result = [
            (
                "isolab",
                try verdicts(
                    bootstrap
                        + "\(place.path)/probe with-key \"$isolab\" run --rm -v \(place.path)/probe:/probe:ro busybox /probe < /dev/null",
                    in: place, user: user)
            )
        ]
        let runtimes =
            [("isolab-runtime", "$(dirname \"$isolab\")/isolab-runtime")] + ["runc", "crun"].map { ($0, $0) }
        for (name, program) in runtimes where name == "isolab-runtime" || ProcessPlan.path(of: name) != nil {
            // An engine gives its runtime pipes.
            let words =
                "\(place.path)/probe with-key \(program) --root \(user ? "$XDG_RUNTIME_DIR" : place.path)/\(name) run probe-\(getpid())-\(name)"
            let found = try verdicts(
                "cd \(place.path)/bundle; \(words) < /dev/null 2>&1 | cat", in: place, user: user,
                mayRefuse: name != "isolab-runtime")
            if !found.isEmpty { result.append((name, found)) }
        }
        return result
    }

    @Test func nowhereWeakerAsRoot() throws { try compare(try findings(user: false)) }

    @Test(.enabled(if: OrdinaryUser.canBecome && OrdinaryUser.hasHelpers, "\(OrdinaryUser.reason)"))
    func nowhereWeakerAsAUser() throws { try compare(try findings(user: true)) }

    private func compare(_ findings: [(name: String, verdicts: Verdicts)]) throws {
        let runc = findings.first { $0.name == "runc" }?.verdicts
        for (name, verdicts) in findings where name.hasPrefix("isolab") {
            for (probe, verdict) in verdicts where verdict == "open" {
                if let other = runc?[probe] { #expect(other == "open", "\(name) opens \(probe), which runc does not") }
            }
            for probe in Self.neverOpen { #expect(verdicts[probe] != "open", "\(name) opens \(probe)") }
        }
        #expect(findings[0].verdicts["device-console"] != "open")
    }

    /// What nobody's default opens, here where it could be tried without a peer as well.
    private static let neverOpen = [
        "socket-alg", "socket-vsock", "socket-unused", "keyctl", "session-key", "bpf", "perf", "io-uring", "mount",
        "new-user",
        "device-mem", "device-disk", "device-kmsg", "core-pattern", "cgroup-root", "cgroup-write", "descriptors",
        "processes",
        "null-device", "proc-keys", "proc-interrupts", "sys-firmware", "sys-heat", "cap-sys-admin",
    ]

    private static let page = Repository.path("docs/attack-surface.md")
    private static let marker = "<!-- the table: .ci/attack-surface -->\n"

    /// The page has a row for every probe, and no other, with what a peer's container does beside ours. Where ISOLAB_ATTACK_SURFACE
    /// is set (.ci/attack-surface) its table is written anew first.
    @Test func table() throws {
        if getenv("ISOLAB_ATTACK_SURFACE") != nil { try writeTable() }
        let place = try Place()
        let names = try IsolabProgram.shell("gcc -O1 -static -o probe \(Self.source) && ./probe names", in: place)
        let probes = names.output.split(separator: "\n").compactMap { $0.split(separator: "\t").last.map(String.init) }
        try #require(probes.count > 20, "\(names.complaints)")
        let text = Place.text(Self.page)
        let table = try #require(text.ranges(of: Self.marker).first.map { text[$0.upperBound...] })
        let rows = table.split(separator: "\n").map { $0.split(separator: "|").map { $0.drop { $0 == " " } } }
        #expect(rows.dropFirst(2).map { String($0[0]).trimmed } == probes, "write it anew with .ci/attack-surface")
        let columns = try #require(rows.first).map { String($0).trimmed }
        for name in ["isolab", "isolab-runtime", "runc", "isolab, user"] {
            #expect(columns.contains(name), "\(columns)")
        }
    }

    private func writeTable() throws {
        let place = try Place()
        let names = try IsolabProgram.shell("gcc -O1 -static -o probe \(Self.source) && ./probe names", in: place)
        let root = try findings(user: false)
        let user = try findings(user: true)
        let columns = root.map { ("\($0.name)", $0.verdicts) } + user.map { ("\($0.name), user", $0.verdicts) }
        var lines = [
            "| what is tried | " + columns.map(\.0).joined(separator: " | ") + " |",
            "| --- |" + columns.map { _ in " --- |" }.joined(),
        ]
        for line in names.output.split(separator: "\n") {
            let fields = line.split(separator: "\t").map(String.init)
            guard fields.count == 2 else { continue }
            let cells = columns.map { column -> String in
                switch column.1[fields[0]] {
                case "open": "**open**"
                case "closed": "closed"
                case "absent": "–"
                default: "?"
                }
            }
            lines.append("| \(fields[1]) | " + cells.joined(separator: " | ") + " |")
        }
        let text = Place.text(Self.page)
        let head = text.ranges(of: Self.marker).first.map { String(text[..<$0.upperBound]) } ?? Self.marker
        try SystemFile.replace(Self.page, with: Array((head + lines.joined(separator: "\n") + "\n").utf8), mode: 0o644)
    }
}

extension String {
    /// Without spaces at its end.
    fileprivate var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}
