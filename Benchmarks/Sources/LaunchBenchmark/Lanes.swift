import BenchmarkSupport
import Containers
import Glibc
import Linux
import OCI

/// isolab's own container, launched in this process.
struct IsolabLane: Lane {
    let name: String
    let isolation: String
    let launcher: Launcher
    let plan: (_ arguments: [String]) throws -> LaunchPlan

    func launch(nonce: UInt64, work: UInt32) throws -> Launch {
        // The plan is compiled before the launch, as the lab's lanes do; only nonce and arguments are new.
        let plan = try plan(workloadArguments(nonce: nonce, work: work))
        let start = HostClock.now()
        let pipe = try makePipe()
        let container = try launcher.launch(plan, streams: StandardStreams(output: pipe.write))
        close(pipe.write)
        let (first, text) = readAll(pipe.read)
        close(pipe.read)
        let exit = try container.wait()
        let end = HostClock.now()
        try container.release()
        return Launch(
            ready: first &- start, exit: end - start, released: HostClock.now() - start, output: text,
            succeeded: exit.succeeded && first != 0, phases: container.phases)
    }
}

/// A command that starts the workload, ends with it and releases everything: crun, runc, bwrap.
struct CommandLane: Lane {
    let name: String
    let isolation: String
    /// Makes what the command reads, before the launch; answers executable and arguments.
    let prepare: (_ arguments: [String], _ identifier: String) throws -> (executable: String, arguments: [String])

    func launch(nonce: UInt64, work: UInt32) throws -> Launch {
        let command = try prepare(workloadArguments(nonce: nonce, work: work), "isolab-bench-\(hexadecimal(nonce))")
        let process = ProcessPlan(command.executable, command.arguments)
        let start = HostClock.now()
        let pipe = try makePipe()
        let running = try process.spawn(StandardStreams(output: pipe.write))
        close(pipe.write)
        let (first, text) = readAll(pipe.read)
        close(pipe.read)
        let exit = try running.wait()
        let end = HostClock.now()
        return Launch(
            ready: first &- start, exit: end - start, released: end - start, output: text,
            succeeded: exit.succeeded && first != 0)
    }
}

/// The C program that makes the same system calls; it launches and times by itself, on the same clock.
final class FloorLane: Lane {
    let name = "floor"
    let isolation = "the same, in C"
    private let process: RunningProcess
    private let requests: Int32
    private let answers: UnsafeMutablePointer<FILE>

    init(_ executable: String, arguments: [String]) throws {
        let input = try makePipe()
        let output = try makePipe()
        process = try ProcessPlan(executable, arguments).spawn(
            StandardStreams(input: input.read, output: output.write))
        close(input.read)
        close(output.write)
        requests = input.write
        guard let stream = fdopen(output.read, "r") else { throw SystemError("fdopen", executable) }
        answers = stream
    }

    /// Ends the program, which then removes what it made once.
    func finish() throws {
        close(requests)
        fclose(answers)
        _ = try process.wait()
    }

    func launch(nonce: UInt64, work: UInt32) throws -> Launch {
        let request = Array("\(hexadecimal(nonce)) \(work)\n".utf8)
        guard write(requests, request, request.count) == request.count else { throw SystemError("write", "floor") }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), answers) != nil else {
            throw SystemError("read", "floor", errno: 0, advice: "see its message above")
        }
        let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(whereSeparator: \.isWhitespace)
        guard words.count == 6, words[0] == hexadecimal(nonce), let ready = UInt64(words[1]),
            let exit = UInt64(words[2]), let released = UInt64(words[3]), let length = Int(words[5])
        else { throw SystemError("parse", "floor's answer", errno: EPROTO) }
        var bytes = [UInt8](repeating: 0, count: length)
        guard fread(&bytes, 1, length, answers) == length else { throw SystemError("read", "floor") }
        return Launch(
            ready: ready, exit: exit, released: released, output: String(decoding: bytes, as: UTF8.self),
            succeeded: words[4] == "0")
    }
}
