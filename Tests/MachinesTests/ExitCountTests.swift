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
}
