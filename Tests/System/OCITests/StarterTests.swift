import Testing

@testable import OCI

@Suite struct StarterTests {
    /// An ordinary user's starter asks for nothing that one id and the host's network cannot give.
    @Test func rootlessStarterFitsAnOrdinaryUser() throws {
        let configuration = RuntimeConfiguration.rootlessStarter(user: 1000, group: 100)
        let linux = try #require(configuration.linux)
        #expect(linux.uidMappings == [.init(containerID: 0, hostID: 1000, size: 1)])
        #expect(linux.gidMappings == [.init(containerID: 0, hostID: 100, size: 1)])
        #expect(linux.namespaces.map(\.kind) == [.pid, .ipc, .uts, .mount, .cgroup, .user])
        #expect(linux.resources == nil)
        #expect(!configuration.mounts.flatMap(\.options).contains("gid=5"))
        let sys = try #require(configuration.mounts.first { $0.destination == "/sys" })
        #expect(sys.type == "none" && sys.source == "/sys")
        #expect(sys.options.contains("rbind") && sys.options.contains("ro"))
        #expect(configuration.mounts.count == RuntimeConfiguration.starter().mounts.count)
    }
}
