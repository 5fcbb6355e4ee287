import Glibc
import ImageRuntime
import Linux

/// A Debian (or Ubuntu) root file system by mmdebstrap, from the package sources this host itself uses.
struct DebianRoot {
    /// The release, e.g. `bookworm`; nil: whatever the host's sources name.
    var suite: String?
    /// mmdebstrap's: `extract`, `essential`, `apt`, `minbase`, …
    var variant: String
    var include: [String]
    var epoch: Int64?

    /// How mmdebstrap is run: as root, or by an ordinary user in a user namespace of his own.
    enum Mode: String {
        case root
        case unshare
    }

    /// - Throws: `BuildError.unavailable` with what is missing.
    static func mode() throws(BuildError) -> Mode {
        guard
            ProcessPlan.candidates(for: "mmdebstrap", environment: ProcessPlan.ownEnvironment()).contains(where: {
                access($0, X_OK) == 0
            })
        else { throw .unavailable("mmdebstrap is not installed", advice: "install the package mmdebstrap") }
        if geteuid() == 0 { return .root }
        let helpers = ["newuidmap", "newgidmap"].allSatisfy { name in
            ProcessPlan.candidates(for: name, environment: ProcessPlan.ownEnvironment()).contains {
                access($0, X_OK) == 0
            }
        }
        guard helpers else {
            throw .unavailable(
                "an ordinary user's bootstrap needs newuidmap and newgidmap",
                advice: "install the package uidmap, or run as root")
        }
        // A user whom only a directory service knows is found by number.
        let users = (try? UserDatabase(rootfs: "/").users) ?? []
        let names = users.filter { $0.uid == geteuid() }.map(\.name) + [String(geteuid())]
        let ranges = (try? SystemFile.read("/etc/subuid")) ?? ""
        guard ranges.split(separator: "\n").contains(where: { line in names.contains { line.hasPrefix($0 + ":") } })
        else {
            throw .unavailable(
                "user \(names[0]) has no ids to make files of others with",
                advice: "give him some in /etc/subuid and /etc/subgid, or run as root")
        }
        return .unshare
    }

    /// Where the host's packages come from, as `sources.list` has it; only what belongs to the suite where one is named.
    static func sources(
        suite: String?, in directory: String = "/etc/apt"
    ) throws(BuildError) -> AptSources {
        let sources = AptSources(reading: directory).restricted(to: suite)
        guard !sources.isEmpty else {
            throw .unavailable(
                suite.map { "the package sources of this host have no suite '\($0)'" }
                    ?? "this host names no package sources",
                advice: "see \(directory)/sources.list and \(directory)/sources.list.d")
        }
        return sources
    }

    /// - Parameter output: gets the archive.
    func write(to output: Int32, scratch: String, quiet: Bool) throws {
        let mode = try Self.mode()
        let sources = try Self.sources(suite: suite)
        var plans: [String] = []
        for (index, text) in sources.texts.enumerated() {
            let path = "\(scratch)/\(index).\(text.isDeb822 ? "sources" : "list")"
            try SystemFile.replace(path, with: Array(text.content.utf8), mode: 0o644)
            plans.append(path)
        }
        var arguments = ["--mode=\(mode.rawValue)", "--variant=\(variant)", "--format=tar"]
        if quiet { arguments.append("--quiet") }
        if !include.isEmpty { arguments.append("--include=\(include.joined(separator: ","))") }
        arguments += [suite ?? sources.suites.first ?? "", "-"] + plans
        var environment = ProcessPlan.ownEnvironment().filter { !$0.hasPrefix("SOURCE_DATE_EPOCH=") }
        if let epoch { environment.append("SOURCE_DATE_EPOCH=\(epoch)") }
        let process = try ProcessPlan(
            "mmdebstrap", arguments, environment: environment, parentDeathSignal: SIGTERM
        ).spawn(StandardStreams(output: output))
        let exit = try process.wait()
        guard exit.succeeded else { throw BuildError.program("mmdebstrap", ending: exit.ending) }
    }
}
