import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// A container of a test.
struct Container {
    let engine: Engine
    let id: String
    let bundle: String
    /// Of the call that created it, and so of its program.
    let streams: Streams

    func state() throws -> ContainerState {
        let answer = try engine.call("state", id)
        guard answer.status == 0 else { throw SystemError("state", answer.complaints, errno: 0) }
        return try ContainerState(json: Array(answer.output.utf8))
    }

    var status: ContainerState.Status? { (try? state())?.status }

    /// Calls `command [options] id`.
    @discardableResult
    func call(_ words: String..., input: String = "") throws -> Engine.Answer {
        try engine.call(words + [id], input: input)
    }

    /// Runs a script inside.
    func execute(_ script: String, _ options: String...) throws -> Engine.Answer {
        try engine.call(["exec"] + options + [id, "/bin/sh", "-c", script])
    }

    /// Waits for its end: the kernel's word, by a descriptor of the process.
    func awaitEnd() throws {
        try Eventually.holds("container \(id) ends") { status == .stopped }
    }

    /// Waits until its program has said a line on standard output.
    func awaitOutput(_ text: String) throws {
        try Eventually.holds("container \(id) says '\(text)'; it said '\(streams.output)' '\(streams.complaints)'") {
            streams.output.contains(text)
        }
    }

    /// Removes it and proves that nothing is left.
    func remove(_ location: SourceLocation = #_sourceLocation) throws {
        let answer = try engine.call("delete", "--force", id)
        #expect(answer.status == 0, "\(answer.complaints)", sourceLocation: location)
        // Whom a tracer has let go only now may still be on his way out of a cgroup that is gone.
        _ = Eventually.comes { Engine.processes(of: id).isEmpty }
        #expect(engine.traces(of: id) == [], "\(answer.complaints)", sourceLocation: location)
    }
}
