import Glibc
import Linux
import OCI
import TestSupport

/// An `exec`, or the launch of another container into the pid namespace of one, whose process, the one that the container sees, is
/// held before its first instruction for as long as the test likes (`Tests/Probes/hold-newborn.c`): what others do to it meanwhile
/// does not depend on luck.
struct HeldJoin {
    /// The command `exec`, a child of the test.
    let command: RunningProcess
    let streams: Streams
    /// The process that joins, as the host and as the container numbers it.
    let pid: Int32
    let inside: Int32
    private let tracer: Int32

    init(_ container: Container, _ program: [String]) throws {
        try self.init(container, command: ["exec", container.id] + program)
    }

    /// - Parameter command: the runtime's words.
    init(_ container: Container, command words: [String]) throws {
        let engine = container.engine
        let words = [try Probe.holder, Engine.program, "--root", engine.root] + words
        // Its launcher has a directory of the host's open, as careless callers have.
        let (command, streams) = try engine.begin(["/bin/sh", "-c", "exec 5< $place; exec \"$@\"", "sh"] + words)
        let first = try container.state().pid ?? 0
        let namespace = try Procfs.namespace("pid", of: "\(first)")
        var found: (pid: Int32, tracer: Int32)?
        try Eventually.holds("a joining process comes into sight: \(streams.complaints)") {
            for pid in try Procfs.processes() where pid != first {
                guard (try? Procfs.namespace("pid", of: "\(pid)")) == namespace, Self.numbers(of: pid).count > 1,
                    (try? Procfs.status(of: pid).state) == "t", let tracer = Self.status("TracerPid", of: pid).first
                else { continue }
                found = Int32(tracer).map { (pid, $0) }
            }
            return found != nil
        }
        guard let found, let inside = Self.numbers(of: found.pid).last else {
            throw SystemError("find", "a joining process", errno: ESRCH)
        }
        (self.command, self.streams, pid, tracer) = (command, streams, found.pid, found.tracer)
        self.inside = inside
    }

    /// The words of a line of `/proc/PID/status`.
    static func status(_ name: String, of pid: Int32) -> [Substring] {
        let line = Engine.text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line?.dropFirst(name.count + 1).split { $0 == "\t" || $0 == " " } ?? []
    }

    /// A process's numbers, from this pid namespace to its own.
    static func numbers(of pid: Int32) -> [Int32] { status("NSpid", of: pid).compactMap { Int32($0) } }

    /// It goes on by itself from here.
    func letGo() throws {
        kill(tracer, SIGTERM)
        try Eventually.holds("it is let go") {
            ![pid, command.pid].contains { Self.status("TracerPid", of: $0).first == "\(tracer)" }
        }
    }

    /// Waits until it and its launcher, which others have told to stop, stand still.
    func awaitStop() throws {
        func state(_ pid: Int32) -> String { Self.status("State", of: pid).first.map(String.init) ?? "gone" }
        let numbers = [pid, command.pid]
        try Eventually.holds("both are stopped, and not \(numbers.map(state)) \(streams.complaints)") {
            numbers.allSatisfy { state($0) == "T" }
        }
    }

    /// The end of the command, as a shell says it.
    func end() throws -> Int32 { try command.wait(for: "exec", within: 60).shellStatus }
}
