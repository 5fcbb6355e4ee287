import Glibc
import Linux
import SystemdUnits

/// Keeps a new scope until the container's first process is born in it: systemd makes none without a process, and ends one that the
/// last has left. It goes with this process, and the scope with it.
final class ScopeHold {
    /// The run of the unit that was begun.
    private(set) var invocation: String?
    private var process: Int32

    /// Has the scope made.
    ///
    /// - Throws: `BusError`, or `SystemError` where systemd put it elsewhere than was foreseen.
    init(_ plan: ScopePlan) throws {
        try plan.record.enterInstance()
        process = PlainFork.holdPlace()
        guard process > 0 else { throw SystemError("fork", "this process") }
        do {
            let manager = try SystemdManager(plan.record.instance)
            try manager.start(plan.unit, processes: [process])
            invocation = try manager.invocation(of: plan.unit.name)
            try check(plan)
        } catch {
            end()
            throw error
        }
    }

    /// The files of the cgroup are found by its place.
    private func check(_ plan: ScopePlan) throws(SystemError) {
        let place = Self.path(in: try SystemFile.read("/proc/\(process)/cgroup"))
        let foreseen = plan.facts.controlGroup + plan.unit.place.path
        guard place == foreseen else {
            throw SystemError(
                "find the scope", plan.unit.name, errno: 0,
                advice: "systemd put it at \(place ?? "no place"), not at \(foreseen)")
        }
    }

    /// Where a process is in the hierarchy that systemd keeps its units in, by its `/proc/<pid>/cgroup`: v2's, or the one of v1 with
    /// systemd's name.
    static func path(in text: String) -> String? {
        let lines = text.parts(between: "\n").map { $0.fields(between: ":", maxSplits: 2) }.filter { $0.count == 3 }
        let line = lines.first { $0[1] == "name=systemd" } ?? lines.first { $0[1].isEmpty }
        return line.map { String($0[2]) }
    }

    func end() {
        guard process > 0 else { return }
        kill(process, SIGKILL)
        _ = try? ProcessExit.wait(for: process)
        process = 0
    }

    deinit { end() }
}
