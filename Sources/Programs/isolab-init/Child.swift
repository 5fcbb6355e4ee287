import CWorkload
import Freestanding

/// The command: its process, and this end of its streams.
struct Child {
    let pid: Int
    /// Where its input is written; −1 for none.
    var input: Int
    /// What it says; with a terminal this is the terminal, and the same as `input`.
    var output: Int
    /// What it complains; −1 with a terminal.
    var errors: Int
    let isTerminal: Bool

    /// Starts the command; where that fails, tells so and ends the machine.
    static func start(_ parameters: Parameters, _ port: inout Port) -> Child {
        var ours = (input: -1, output: -1, errors: -1)
        var theirs = (input: -1, output: -1, errors: -1)
        if parameters.isTerminal {
            let master = openTerminal(parameters, &port)
            ours = (parameters.hasInput ? master : -1, master, -1)
            // TIOCGPTPEER: the other end by this one, not by a path.
            let peer = systemCall(SystemCall.ioctl, master, 0x5441, Open.readWrite | Open.noControllingTerminal)
            if peer < 0 { port.fail(Stage.terminal, errno: -peer) }
            theirs = (peer, peer, peer)
        } else {
            if parameters.hasInput {
                let pipe = pipe(&port)
                (theirs.input, ours.input) = (pipe.reading, pipe.writing)
            } else {
                theirs.input = 0  // /dev/null
            }
            let output = pipe(&port)
            (ours.output, theirs.output) = (output.reading, output.writing)
            let errors = pipe(&port)
            (ours.errors, theirs.errors) = (errors.reading, errors.writing)
        }
        let report = pipe(&port)
        blockChildSignals()
        let pid = systemCall(SystemCall.clone, 17)  // SIGCHLD alone, as fork(2)
        if pid < 0 { port.fail(Stage.fork, errno: -pid) }
        if pid == 0 { become(parameters, theirs, report: report.writing) }
        close(report.writing)
        if theirs.input > 2 { close(theirs.input) }
        if theirs.output > 2, theirs.output != theirs.input { close(theirs.output) }
        if theirs.errors > 2, theirs.errors != theirs.output { close(theirs.errors) }
        awaitStart(report.reading, &port)
        close(report.reading)
        if !parameters.isTerminal {
            setNonBlocking(ours.input)
            setNonBlocking(ours.output)
            setNonBlocking(ours.errors)
        } else {
            setNonBlocking(ours.output)
        }
        return Child(
            pid: pid, input: ours.input, output: ours.output, errors: ours.errors, isTerminal: parameters.isTerminal)
    }

    /// SIGCHLD is read from a descriptor; the child unblocks what this blocks.
    private static func blockChildSignals() {
        var mask: UInt64 = 1 << 16
        withUnsafeMutablePointer(to: &mask) {
            _ = systemCall(SystemCall.setSignalMask, 0, Int(bitPattern: $0), 0, 8)
        }
    }

    private static func pipe(_ port: inout Port) -> (reading: Int, writing: Int) {
        var ends: (reading: Int32, writing: Int32) = (0, 0)
        let result = withUnsafeMutablePointer(to: &ends) {
            systemCall(SystemCall.pipe, Int(bitPattern: $0), Open.closeOnExec)
        }
        if result < 0 { port.fail(Stage.streams, errno: -result) }
        return (Int(ends.reading), Int(ends.writing))
    }

    /// F_SETFL. The file description is this end's own: a pipe's ends have one each, and a terminal's master too.
    private static func setNonBlocking(_ descriptor: Int) {
        if descriptor < 0 { return }
        _ = systemCall(SystemCall.fcntl, descriptor, 4, Open.readWrite | Open.nonBlocking)
    }

    private static func openTerminal(_ parameters: Parameters, _ port: inout Port) -> Int {
        let path: StaticString = "/dev/pts/ptmx"
        let master = open(path.address, Open.readWrite | Open.noControllingTerminal)
        if master < 0 { port.fail(Stage.terminal, errno: -master) }
        var unlocked: Int32 = 0
        let result = withUnsafeMutablePointer(to: &unlocked) {
            systemCall(SystemCall.ioctl, master, 0x4004_5431, Int(bitPattern: $0))  // TIOCSPTLCK
        }
        if result < 0 { port.fail(Stage.terminal, errno: -result) }
        resize(master, rows: parameters.rows, columns: parameters.columns)
        return master
    }

    /// TIOCSWINSZ; a size of nothing leaves the terminal's own.
    static func resize(_ terminal: Int, rows: Int, columns: Int) {
        if rows == 0 || columns == 0 { return }
        var size: (UInt16, UInt16, UInt16, UInt16) = (
            UInt16(truncatingIfNeeded: rows), UInt16(truncatingIfNeeded: columns), 0, 0
        )
        withUnsafeMutablePointer(to: &size) {
            _ = systemCall(SystemCall.ioctl, terminal, 0x5414, Int(bitPattern: $0))
        }
    }

    /// Reads how far the child came: nothing where it is the command by now.
    private static func awaitStart(_ report: Int, _ port: inout Port) {
        let words = memory(8)
        var count = 0
        while count < 8 {
            let result = systemCall(SystemCall.read, report, Int(bitPattern: words + count), 8 - count)
            if result == -ErrorNumber.interrupted { continue }
            if result <= 0 { return }
            count += result
        }
        port.fail(littleEndian(words), errno: littleEndian(words + 4))
    }

    // MARK: - In the child

    private static func become(
        _ parameters: Parameters, _ streams: (input: Int, output: Int, errors: Int), report: Int
    ) -> Never {
        var none: UInt64 = 0
        withUnsafeMutablePointer(to: &none) {
            _ = systemCall(SystemCall.setSignalMask, 2, Int(bitPattern: $0), 0, 8)
        }
        func need(_ result: Int, _ stage: Int) {
            if result >= 0 { return }
            let words = memory(8)
            store(stage, words)
            store(-result, words + 4)
            _ = systemCall(SystemCall.write, report, Int(bitPattern: words), 8)
            isolab_exit(126)
        }
        need(systemCall(SystemCall.setSession), Stage.terminal)
        if parameters.isTerminal {
            need(systemCall(SystemCall.ioctl, streams.input, 0x540e, 0), Stage.terminal)  // TIOCSCTTY
            // Programs reopen their terminal by name.
            _ = systemCall(SystemCall.fchown, streams.input, parameters.user, 5)
        }
        // None of them is below 3 but /dev/null at 0, which stays where it is.
        if streams.input != 0 { need(systemCall(SystemCall.dup3, streams.input, 0, 0), Stage.streams) }
        need(systemCall(SystemCall.dup3, streams.output, 1, 0), Stage.streams)
        need(systemCall(SystemCall.dup3, streams.errors, 2, 0), Stage.streams)
        if streams.input == 0 { need(systemCall(SystemCall.fcntl, 0, 2, 0), Stage.streams) }  // F_SETFD
        need(systemCall(SystemCall.chdir, Int(bitPattern: parameters.directory)), Stage.directory)
        need(
            systemCall(SystemCall.setGroups, parameters.groupCount, Int(bitPattern: parameters.groups)), Stage.groups)
        need(systemCall(SystemCall.setGroup, parameters.group), Stage.user)
        need(systemCall(SystemCall.setUser, parameters.user), Stage.user)
        need(-execute(parameters), Stage.execute)
        isolab_exit(126)
    }

    private static func execute(_ parameters: Parameters) -> Int {
        guard let name = UnsafePointer<UInt8>(bitPattern: parameters.arguments[0]) else { return ErrorNumber.noEntry }
        return execute(name, Int(bitPattern: parameters.arguments), Int(bitPattern: parameters.environment))
    }

    /// execve(2), with a search of PATH where the name has no slash: comes back only with an error number, positive.
    ///
    /// - Parameters:
    ///   - arguments: the address of their list.
    ///   - environment: likewise.
    static func execute(_ name: UnsafePointer<UInt8>, _ arguments: Int, _ environment: Int) -> Int {
        func attempt(_ path: Int) -> Int { -systemCall(SystemCall.execve, path, arguments, environment) }
        var length = 0
        var hasSlash = false
        while name[length] != 0 {
            if name[length] == 0x2f { hasSlash = true }
            length += 1
        }
        if length == 0 { return ErrorNumber.noEntry }
        if hasSlash { return attempt(Int(bitPattern: name)) }
        if length > 255 { return ErrorNumber.nameTooLong }
        var path = searchPath(environment)
        let candidate = isolab_scratch()
        var refusal = ErrorNumber.noEntry
        while true {
            var count = 0
            while path[count] != 0 && path[count] != 0x3a { count += 1 }
            // An empty entry is the working directory; one too long cannot exist.
            if count + length + 2 <= 4096 {
                candidate.update(from: path, count: count)
                candidate[count] = 0x2f
                let start = count == 0 ? candidate + 1 : candidate
                (candidate + count + 1).update(from: name, count: length + 1)
                let result = attempt(Int(bitPattern: start))
                // What is there but cannot be run says more than what is not there.
                if result != ErrorNumber.noEntry && result != ErrorNumber.notDirectory {
                    if result != ErrorNumber.noAccess { return result }
                    refusal = result
                }
            }
            if path[count] == 0 { return refusal }
            path += count + 1
        }
    }

    /// PATH of the command's own environment, else what a container gets.
    private static func searchPath(_ environment: Int) -> UnsafePointer<UInt8> {
        if var entry = UnsafePointer<Int>(bitPattern: environment) {
            while let text = UnsafePointer<UInt8>(bitPattern: entry.pointee) {
                if text[0] == 0x50 && text[1] == 0x41 && text[2] == 0x54 && text[3] == 0x48 && text[4] == 0x3d {
                    return text + 5
                }
                entry += 1
            }
        }
        let standard: StaticString = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return standard.utf8Start
    }
}
