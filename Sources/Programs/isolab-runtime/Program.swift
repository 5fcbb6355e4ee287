import Containers
import Glibc
import Linux
import SystemdUnits

enum Program {
    static let globalOptions = [
        OptionSpecification("root", value: "DIR", help: "where containers are kept (default \(Runtime.standardRoot))"),
        OptionSpecification("log", value: "FILE", help: "append errors and warnings to this file"),
        OptionSpecification("log-format", value: "FORM", help: "text (default) or json"),
        OptionSpecification("debug", help: "log what is done, step by step"),
        OptionSpecification("systemd-cgroup", help: "have systemd create cgroups, as scopes"),
        OptionSpecification("rootless", value: "MODE", help: "accepted and ignored: detected automatically"),
        OptionSpecification("criu", value: "FILE", help: "accepted and ignored: there are no checkpoints"),
        OptionSpecification("version", "v", help: "print the version"),
        OptionSpecification("help", "h", help: "print this"),
    ]

    static func main(_ arguments: [String]) -> Int32 {
        var log = Log(file: nil, form: .text, isDebugging: false)
        var failure: Int32 = 1
        do {
            if let problem = AddressSpace.problem(room: 16 << 20) ?? CallerText.problem() { throw UsageError(problem) }
            let global = try Options(arguments.dropFirst(), globalOptions, stopsAtPositional: 0)
            guard let form = Log.Form(rawValue: global.value("log-format") ?? "text") else {
                throw UsageError("--log-format must be text or json")
            }
            let named = Log(file: global.path("log"), form: form, isDebugging: global.flag("debug"))
            try named.check()
            log = named
            if global.flag("version") {
                print(Version.text, terminator: "")
                return 0
            }
            guard let name = global.positional.first, !global.flag("help"), name != "help" else {
                print(Help.text, terminator: "")
                return global.positional.isEmpty && !global.flag("help") ? 1 : 0
            }
            guard !["checkpoint", "restore"].contains(name) else {
                throw UsageError("\(name): checkpoints are not supported: stop the container, and create it again")
            }
            guard let command = CommandTable.command(name) else {
                throw UsageError("unknown command '\(name)'; `isolab-runtime --help` lists them")
            }
            failure = command.failure
            let rest = global.positional.dropFirst()
            if try asksForHelp(rest, command) {
                print(Help.text(of: command), terminator: "")
                return 0
            }
            let options = try Options(rest, command.options, stopsAtPositional: command.stopsAtPositional)
            guard SystemFile.exists("/proc/self/ns") else {
                throw UsageError("there is no /proc: mount it (mount -t proc proc /proc)")
            }
            if command.givesAwayStandardError(options) { log = log.givingAwayStandardError() }
            log.debug("\(Version.name), called as \(arguments.dropFirst())")
            if command.entersContainers { try protectProgram(arguments, log) }
            let root = global.value("root") ?? Runtime.standardRoot
            let systemd = global.flag("systemd-cgroup") ? SystemdInstance.detect() : nil
            return try command.run(options, Context(root: root, log: log, systemd: systemd))
        } catch {
            log.error(words(for: error))
            return failure
        }
    }

    /// Whether help is wanted; behind the words that are the command's own, `--help` is another program's.
    private static func asksForHelp(
        _ words: ArraySlice<String>, _ command: any Command.Type
    ) throws(UsageError) -> Bool {
        guard words.contains(where: { $0 == "--help" || $0 == "-h" }) else { return false }
        guard let stop = command.stopsAtPositional else { return true }
        let help = OptionSpecification("help", "h", help: "print this")
        return try Options(words, command.options + [help], stopsAtPositional: stop).flag("help")
    }

    /// Engines know a program that is not there, or may not be run, by Go's words for it, which are the C library's in lower case:
    /// their users get 127 and 126 for it. So they know a file that is mounted over a directory, and say what to look at.
    private static func words(for error: any Error) -> String {
        guard let error = error as? SystemError,
            ["execve", "chdir"].contains(error.operation) || error.errno == ENOTDIR
        else { return "\(error)" }
        let reason = SystemError.message(error.errno).lowercased()
        switch (error.operation, error.errno) {
        // They have no word of its own for it, and 126 for what is refused so.
        case ("execve", ENOEXEC):
            return error.text(reason: reason + ": permission denied to run what is not a program for this machine")
        // Not what a script lacks, which is looked for when it was found.
        case ("execve", ENOENT) where !error.object.holds("/") && error.stage?.ends("find program") == true:
            return error.text(reason: "not found in PATH: " + reason)
        default: return error.text(reason: reason)
        }
    }

    /// The program's entry has seen to it already; here it is made sure, or said why it cannot be.
    private static func protectProgram(_ arguments: [String], _ log: Log) throws {
        if let reason = try ProgramProtection.engage(arguments) { log.warning(reason) }
    }
}

/// What `--version` prints, in the form engines read: the commit, where the build has left it, and the specification's version on
/// lines of their own.
enum Version {
    static let name = "isolab-runtime version \(Release.version)"

    static var text: String {
        var lines = [name]
        if let commit { lines.append("commit: \(commit)") }
        lines.append("spec: \(Runtime.specificationVersion)")
        return lines.map { $0 + "\n" }.joined()
    }

    /// What the program was built from: `isolab-runtime.commit`, beside it or where it was installed. One that is older is another
    /// program's.
    private static var commit: String? {
        let directory = StandardDirectories.programs
        var program = stat()
        guard stat(StandardDirectories.programPath, &program) == 0 else { return nil }
        for place in [directory, directory + "/../share/isolab"] {
            let path = place + "/isolab-runtime.commit"
            var note = stat()
            guard stat(path, &note) == 0, note.st_mtim.tv_sec >= program.st_mtim.tv_sec,
                let text = try? SystemFile.bytes(of: path, limit: 4096)
            else { continue }
            let commit = String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            if !commit.isEmpty { return commit }
        }
        return nil
    }
}

enum Help {
    static var text: String {
        var lines = [
            "isolab-runtime: an OCI runtime", "",
            "usage: isolab-runtime [global options] <command> [options] [arguments]", "", "commands:",
        ]
        lines += CommandTable.all.map { "  " + padded($0.name, 12) + $0.summary }
        lines += ["", "global options:"] + Program.globalOptions.map(line)
        return lines.joined(separator: "\n") + "\n"
    }

    static func text(of command: any Command.Type) -> String {
        var lines = [
            command.summary, "", "usage: isolab-runtime \(command.name) [options] \(command.usage)",
        ]
        if !command.options.isEmpty { lines += ["", "options:"] + command.options.map(line) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ option: OptionSpecification) -> String {
        let names = option.names.map { ($0.count == 1 ? "-" : "--") + $0 }.joined(separator: ", ")
        return "  " + padded(names + (option.value.map { " " + $0 } ?? ""), 26) + option.help
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
