import Glibc
import Testing

@testable import Linux

@Suite struct ProcessorsTests {
    /// Those that are possible and have counters; none where the first has none.
    @Test func heatCounters() throws {
        let place = "/tmp/isolab-processors-\(getpid())"
        defer { TreeRemovalTrial.remove(place) }
        try SystemFile.makeDirectories(place + "/cpu2/thermal_throttle")
        try SystemFile.replace(place + "/possible", with: Array("0-3\n".utf8))
        #expect(Processors.withHeatCounters(at: place) == [])
        try SystemFile.makeDirectories(place + "/cpu0/thermal_throttle")
        #expect(Processors.withHeatCounters(at: place) == [0, 2])
        #expect(Processors.withHeatCounters(at: "/nowhere") == [])
    }
}

/// A test's directory, removed.
private enum TreeRemovalTrial {
    static func remove(_ path: String) { _ = try? ProcessPlan("rm", ["-rf", path]).spawn().wait() }
}
