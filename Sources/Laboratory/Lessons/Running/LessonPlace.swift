import Glibc
import Linux

/// Where a lesson happens: a store and a working directory of its own, which go with it. The learner's containers, images and volumes
/// are not touched.
///
/// A process beside the lesson waits for its end, whatever that is, and removes what there is (`LessonLeftovers`); what a killed one
/// of these leaves, the next lesson removes.
package final class LessonPlace {
    let directory: String
    /// The lock says that the lesson lives.
    private let lock: OwnedDescriptor
    /// Its end of the pipe closes with this process.
    private let tidy: Pipe
    private let tidier: RunningProcess
    private var isClosed = false

    /// Makes it, after removing what killed lessons left.
    ///
    /// - Parameter program: the path of isolab.
    package init(program: String) throws {
        let base = LessonLeftovers.base
        try SystemFile.makeDirectories(StandardDirectories.cache, mode: 0o711)
        let held = try LessonLeftovers.hold(base)
        LessonLeftovers.sweep(program: program)
        let directory = "\(base)/\(getpid())"
        self.directory = directory
        try SystemFile.makeDirectories(directory, mode: 0o711)
        lock = try OwnedDescriptor(opening: "\(directory)/lock", O_RDWR | O_CREAT, mode: 0o600)
        let number = lock.number
        try retryingOnInterrupt("flock", directory) { flock(number, LOCK_EX | LOCK_NB) }
        for name in ["bin", "work", "data"] { try SystemFile.makeDirectories("\(directory)/\(name)", mode: 0o711) }
        if symlink(program, "\(directory)/bin/isolab") != 0 { throw SystemError("symlink", "\(directory)/bin/isolab") }
        _ = consume held
        let pipe = try Pipe("the end of a lesson")
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        tidier = try ProcessPlan(program, ["learn", "--tidy", "\(getpid())"], group: .ownSession).spawn(
            StandardStreams(input: pipe.readEnd, output: null.number, error: null.number))
        pipe.closeReadEnd()
        tidy = pipe
    }

    deinit { close() }

    /// Removes everything, and waits until it is.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        tidy.closeWriteEnd()
        _ = try? tidier.wait()
    }

    /// A shell in it.
    var shell: ShellRun {
        let path = ProcessPlan.ownEnvironment().last { $0.starts("PATH=") }?.rest(after: "PATH=").map { String($0) }
        return ShellRun(
            environment: ProcessPlan.ownEnvironment().filter { !$0.starts("PATH=") && !$0.starts("ISOLAB_DATA=") } + [
                "ISOLAB_DATA=\(directory)/data",
                "PATH=\(directory)/bin:\(path ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")",
            ],
            directory: "\(directory)/work", groupFile: "\(directory)/group")
    }
}
