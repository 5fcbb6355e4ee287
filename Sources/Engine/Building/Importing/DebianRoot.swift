import Glibc
import Linux

/// A Debian (or Ubuntu) root file system by mmdebstrap, from the package sources this host itself uses.
struct DebianRoot {
    /// The release, e.g. `bookworm`; nil: whatever the host's sources name.
    var suite: String?
    /// mmdebstrap's: `extract`, `essential`, `apt`, `minbase`, …
    var variant: String
    var include: [String]
    var epoch: Int64?

    /// - Throws: `BuildError.unavailable` with what is missing.
    static func checkHost() throws(BuildError) {
        guard ProcessPlan.path(of: "mmdebstrap") != nil else {
            throw .unavailable("mmdebstrap is not installed", advice: "install the package mmdebstrap")
        }
        guard geteuid() == 0 else {
            throw .unavailable(
                "files of many owners need root, of the host or of a user namespace",
                advice: "run `isolab image bootstrap debian`")
        }
        // Debian's own users and groups, with `nobody` the last of them (base-passwd).
        if let missing = IdentityMaps.unmapped(user: 65534, group: 65534) {
            throw .unavailable("\(missing) \(IdentityMaps.lack)", advice: "or run as root")
        }
    }

    /// Where the host's packages come from, as `sources.list` has it; only what belongs to the suite where one is named.
    static func sources(
        suite: String?, in directory: String = "/etc/apt"
    ) throws(BuildError) -> AptSources {
        let sources = AptSources(reading: directory).restricted(to: suite)
        guard !sources.isEmpty else {
            throw .unavailable(
                suite.map { "the package sources of this host have no suite '\($0)'" }
                    ?? "this host has no package sources configured",
                advice: "see \(directory)/sources.list and \(directory)/sources.list.d")
        }
        return sources
    }

    /// - Parameter output: gets the archive.
    func write(to output: Int32, scratch: String, quiet: Bool) throws {
        try Self.checkHost()
        let sources = try Self.sources(suite: suite)
        var plans: [String] = []
        for (index, text) in sources.texts.enumerated() {
            let path = "\(scratch)/\(index).\(text.isDeb822 ? "sources" : "list")"
            try SystemFile.replace(path, with: Array(text.content.utf8), mode: 0o644)
            plans.append(path)
        }
        var arguments = ["--mode=root", "--variant=\(variant)", "--format=tar"]
        if quiet { arguments.append("--quiet") }
        if !include.isEmpty { arguments.append("--include=\(include.joined(separator: ","))") }
        arguments += [suite ?? sources.suites.first ?? "", "-"] + plans
        var environment = ProcessPlan.ownEnvironment().filter { !$0.hasPrefix("SOURCE_DATE_EPOCH=") }
        if let epoch { environment.append("SOURCE_DATE_EPOCH=\(epoch)") }
        var command = ["mmdebstrap"] + arguments
        // Root of a user namespace may make a procfs of its own processes alone (util-linux, unshare(1)).
        if !StandardDirectories.isHostRoot { command = ["unshare", "--pid", "--fork", "--kill-child"] + command }
        let process = try ProcessPlan(
            command[0], Array(command.dropFirst()), environment: environment, parentDeathSignal: SIGTERM
        ).spawn(StandardStreams(output: output))
        let exit = try process.wait()
        guard exit.succeeded else { throw BuildError.program("mmdebstrap", ending: exit.ending) }
    }
}
