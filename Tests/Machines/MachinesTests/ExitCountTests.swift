import Glibc
import Linux
import TestSupport
import Testing

@testable import Machines

@Suite struct ExitCountTests {
    /// What QEMU answers through libvirt: a number for each processor, which are added up.
    @Test(arguments: [
        (
            #"{"return":[{"provider":"kvm","qom-path":"/machine/cpu[0]","stats":[{"name":"exits","value":4812}]}]}"#,
            4812
        ),
        (
            """
            {"return":[{"provider":"kvm","stats":[{"name":"exits","value":4812}]},
            {"provider":"kvm","stats":[{"name":"exits","value":8}]}],"id":"libvirt-17"}
            """,
            4820 as UInt64?
        ),
        (#"{"return":[]}"#, nil), (#"{"return":[{"provider":"kvm","stats":[]}]}"#, nil),
        (#"{"id":"libvirt-17","error":{"class":"CommandNotFound","desc":"query-stats has not been found"}}"#, nil),
        (#"{"return":[{"provider":"kvm","stats":[{"name":"exits","value":-1}]}]}"#, nil), ("", nil),
    ])
    func answers(answer: String, count: UInt64?) {
        #expect(ExitCount.count(answer: answer) == count)
    }

    /// A QEMU without libvirt is asked on a monitor of its own: what it says of itself meanwhile is passed over, and one that goes, or that
    /// does not know the question, is counted by nobody. (That real ones answer: `RealKVMTests`.)
    @Test(arguments: [
        (
            [
                #"{"QMP":{}}"#, #"{"event":"RESUME"}"#, #"{"return":{}}"#,
                #"{"return":[{"stats":[{"name":"exits","value":7}]}]}"#,
            ], 7 as UInt64?
        ),
        ([#"{"QMP":{}}"#, #"{"return":{}}"#, #"{"error":{"class":"CommandNotFound","desc":"none"}}"#], nil as UInt64?),
        ([#"{"QMP":{}}"#], nil as UInt64?), ([], nil as UInt64?),
    ])
    func monitor(words: [String], count: UInt64?) throws {
        let place = try TemporaryDirectory()
        let monitor = try ExitMonitor(path: place.path + "/a,b")
        #expect(monitor.arguments[1].hasSuffix("/a,,b"))
        let emulator = try UnixSocket.connect(place.path + "/a,b")
        for word in words { try SystemFile.write(Array((word + "\r\n").utf8), to: emulator.number, "a monitor") }
        shutdown(emulator.number, Int32(SHUT_WR))
        #expect(monitor.count() == count)
        _ = consume emulator
    }
}
