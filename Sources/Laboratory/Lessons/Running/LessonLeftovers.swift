import Glibc
import Linux

/// What lessons leave: at their end, however that comes, it is removed.
package enum LessonLeftovers {
    /// Where the places of lessons are, a directory for each process.
    static var base: String { StandardDirectories.cache + "/lessons" }

    /// Keeps others from making and removing places, as long as the result is kept. The directory may go while it is waited for.
    static func hold(_ base: String) throws(SystemError) -> OwnedDescriptor {
        for _ in 0..<100 {
            try SystemFile.makeDirectories(base, mode: 0o711)
            guard let held = try? OwnedDescriptor(opening: base, O_RDONLY | O_DIRECTORY) else { continue }
            try retryingOnInterrupt("flock", base) { flock(held.number, LOCK_EX) }
            var own = stat()
            var named = stat()
            if fstat(held.number, &own) == 0, stat(base, &named) == 0, own.st_ino == named.st_ino { return held }
        }
        throw SystemError("lock", base, errno: EBUSY, advice: "try again later")
    }

    /// Removes the places whose lessons were killed together with the process that would have removed them.
    static func sweep(program: String) {
        for name in (try? SystemFile.names(in: base)) ?? [] {
            guard Int32(name) != nil else { continue }
            if let lock = try? OwnedDescriptor(opening: "\(base)/\(name)/lock", O_RDWR) {
                guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else { continue }
                // Given up again before the removal: the process that does it looks, too.
                flock(lock.number, LOCK_UN)
            }
            guard let null = try? OwnedDescriptor(opening: "/dev/null", O_RDWR) else { continue }
            let plan = ProcessPlan(program, ["learn", "--tidy", name], group: .ownSession)
            let process = try? plan.spawn(
                StandardStreams(input: null.number, output: null.number, error: null.number))
            _ = try? process?.wait()
        }
    }

    /// Waits for the end of standard input, which is the end of a lesson, and removes its place: processes, containers, networks,
    /// files. For a process of its own.
    ///
    /// - Parameters:
    ///   - name: the place, as it is called in `base`.
    ///   - program: the path of isolab.
    package static func tidy(_ name: String, program: String) throws {
        guard let number = Int32(name), number > 0 else {
            throw SystemError("remove a lesson's place", name, errno: EINVAL, advice: "it is named by a process ID")
        }
        let directory = "\(base)/\(number)"
        var byte: UInt8 = 0
        while true {
            let count = read(STDIN_FILENO, &byte, 1)
            if count == 0 || (count < 0 && errno != EINTR) { break }
        }
        endCommand(directory)
        releaseStore(directory, program)
        // Files of other users in it are theirs by numbers that only a user namespace has.
        try? OwnUserNamespace.enter { _ in }
        try TreeRemoval.remove(directory)
        // Not while a lesson begins, which makes its own place there.
        guard let held = try? OwnedDescriptor(opening: base, O_RDONLY | O_DIRECTORY) else { return }
        if flock(held.number, LOCK_EX | LOCK_NB) == 0 { rmdir(base) }
    }

    /// The command of a step that a killed lesson left running.
    private static func endCommand(_ directory: String) {
        guard let text = try? SystemFile.read("\(directory)/group"), let group = Int32(text.prefix { $0 != "\n" }),
            // The number may be another's by now.
            let environment = try? SystemFile.read("/proc/\(group)/environ"), environment.contains("=\(directory)/data")
        else { return }
        ShellRun.endGroup(group) { true }
    }

    /// What its store has that is more than files.
    private static func releaseStore(_ directory: String, _ program: String) {
        var lines: [String] = []
        if SystemFile.exists("\(directory)/data/containers") {
            lines.append("ids=$(\"$0\" ps -aq) && [ -n \"$ids\" ] && \"$0\" rm -f $ids")
        }
        if SystemFile.exists("\(directory)/data/networks") { lines.append("\"$0\" network prune -f") }
        guard !lines.isEmpty, let null = try? OwnedDescriptor(opening: "/dev/null", O_RDWR) else { return }
        let environment = ProcessPlan.ownEnvironment().filter { !$0.starts("ISOLAB_DATA=") }
        let plan = ProcessPlan(
            "/bin/sh", ["-c", lines.joined(separator: "\n"), program],
            environment: environment + ["ISOLAB_DATA=\(directory)/data"], workingDirectory: "/")
        let process = try? plan.spawn(StandardStreams(input: null.number, output: null.number, error: null.number))
        _ = try? process?.wait()
    }
}
