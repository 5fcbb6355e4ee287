import Glibc
import WorkloadProtocol

/// The built workload as a child process of the test, with its three streams in the test's hands.
final class WorkloadProcess {
    /// It stands beside the test product, wherever that was built.
    static let path: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let product = String(decoding: buffer.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (product.lastIndex(of: "/").map { String(product[...$0]) } ?? "") + "isolab-workload"
    }()

    let pid: pid_t
    private var input: Int32
    private let output: Int32
    private let error: Int32
    private var status: Int32?

    /// Starts it with a standard input that stays open until `closeInput`.
    init(_ arguments: [String]) throws {
        let (inputEnd, input) = try Self.pipe()
        let (output, outputEnd) = try Self.pipe()
        let (error, errorEnd) = try Self.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputEnd, 0)
        posix_spawn_file_actions_adddup2(&actions, outputEnd, 1)
        posix_spawn_file_actions_adddup2(&actions, errorEnd, 2)
        var words = ([Self.path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, Self.path, &actions, nil, &words, environ)
        for end in [inputEnd, outputEnd, errorEnd] { close(end) }
        guard result == 0 else { throw Failure(what: "posix_spawn \(Self.path)", errno: result) }
        self.pid = pid
        self.input = input
        self.output = output
        self.error = error
    }

    deinit {
        closeInput()
        if status == nil {
            kill(pid, SIGKILL)
            _ = wait()
        }
        close(output)
        close(error)
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// One read of standard output: what arrived in one write, as long as it is shorter than a page.
    func readOnce() -> String { Self.read(output) ?? "" }

    /// Standard output until a line begins so, or its end.
    func readLines(until prefix: String) -> [String] {
        var text = ""
        while !text.split(separator: "\n").contains(where: { $0.hasPrefix(prefix) }) || !text.hasSuffix("\n") {
            guard let more = Self.read(output) else { break }
            text += more
        }
        return text.split(separator: "\n").map(String.init)
    }

    func readAll() -> [String] { readLines(until: "\u{0}") }

    func readError() -> String {
        var text = ""
        while let more = Self.read(error) { text += more }
        return text
    }

    /// The wait status (wait(2)).
    func wait() -> Int32 {
        if let status { return status }
        var status: Int32 = 0
        // In steps of 10 ms: ten minutes, and one more after a SIGKILL. A workload that the kernel holds is left behind.
        for step in 0..<66_000 {
            let found = waitpid(pid, &status, WNOHANG)
            if found == pid || (found == -1 && errno != EINTR) { break }
            if step == 60_000 { kill(pid, SIGKILL) }
            status = SIGKILL
            usleep(step < 100 ? 1000 : 10_000)
        }
        self.status = status
        return status
    }

    /// Nil where it was killed by a signal.
    func exitStatus() -> Int32? {
        let status = wait()
        return status & 0x7f == 0 ? (status >> 8) & 0xff : nil
    }

    struct Failure: Error { var what: String, errno: Int32 }

    /// Socket pairs, because they can be made close-on-exec from the start: other tests start processes at the same time,
    /// which must not hold these ends open.
    private static func pipe() throws -> (Int32, Int32) {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Failure(what: "socketpair", errno: errno) }
        return (ends[0], ends[1])
    }

    private static func read(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 65536)
        var count = Glibc.read(descriptor, &bytes, bytes.count)
        while count < 0, errno == EINTR { count = Glibc.read(descriptor, &bytes, bytes.count) }
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}

/// Runs a workload to its end with a closed standard input.
func runWorkload(_ arguments: String...) throws -> (lines: [String], error: String, status: Int32?) {
    let process = try WorkloadProcess(arguments)
    process.closeInput()
    let lines = process.readAll()
    return (lines, process.readError(), process.exitStatus())
}

/// The lines as messages, without what the workload says of its isolation; those that are none are nil.
func messages(_ lines: [String]) -> [WorkloadMessage?] {
    lines.map { WorkloadMessage(line: $0) }.filter {
        if case .observed = $0 { false } else { true }
    }
}

/// What the workload says of its isolation.
func observed(_ lines: [String]) -> [String: String] {
    var observed: [String: String] = [:]
    for line in lines {
        if case .observed(let what, let words) = WorkloadMessage(line: line) { observed[what] = words }
    }
    return observed
}
