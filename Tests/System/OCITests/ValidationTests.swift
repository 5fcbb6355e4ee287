import Foundation
import TestSupport
import Testing

@testable import OCI

@Suite struct ValidationTests {
    /// What is wrong with a document is said in one line that names the member; nothing else of the document is.
    @Test(arguments: BadDocuments.all)
    func badConfigurationsSayWhere(bad: BadDocument) throws {
        let configuration = try RuntimeConfiguration(json: bad.json.utf8)
        let error = try #require(throws: ConfigurationError.self) { _ = try configuration.validate() }
        #expect(error.description == "config.json: " + bad.message)
    }

    /// What is right is left alone: the defaults, and every member that the specification allows.
    @Test(arguments: [
        RuntimeConfiguration.starter(), .rootlessStarter(user: 1000, group: 1000),
        .docker(
            arguments: ["/bin/true"], hostname: "one", cgroupPath: "/isolab/one", memory: 64 << 20,
            memoryAndSwap: 128 << 20, processors: 0.5, processCount: 0, userMappings: .contiguous(from: 100_000),
            seccomp: nil),
    ])
    func defaultsAreRight(configuration: RuntimeConfiguration) throws {
        #expect(try configuration.validate() == [])
    }

    /// What podman 4.3 writes for a container with a terminal, limits, a device, a parameter and five kinds of mount.
    @Test func documentsOfEnginesAreRight() throws {
        let file = URL(filePath: Repository.path("Tests/Fuzz/Corpus/configuration/podman-4.3.json"))
        let configuration = try RuntimeConfiguration(json: Data(contentsOf: file))
        #expect(try configuration.validate() == [])
        #expect(configuration.mounts.count == 12 && configuration.linux?.seccomp?.systemCalls.count == 22)
        #expect(configuration.linux?.devices.first?.fileMode == 0o20666)
    }

    /// What is only to be said is said with its place.
    @Test func oddConfigurationsAreWarnedOf() throws {
        let json = document(
            #""mounts": [{"destination": "data", "type": "tmpfs"}]"#,
            process: #""capabilities": {"bounding": ["CAP_CHOWN", "CAP_TIME_TRAVEL"]}"#,
            linux: #"""
                "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/s"},
                "resources": {"memory": {"kernel": 5}}, "intelRdt": {"l3CacheSchema": "x"}
                """#, version: "1.9.0-rc.1")
        #expect(
            try RuntimeConfiguration(json: json.utf8).validate().map(\.description) == [
                "ociVersion: version 1.9.0-rc.1 is newer than 1.3.0; what it added is not known here",
                "process.capabilities.bounding[1]: 'CAP_TIME_TRAVEL' is not a capability known here",
                "mounts[0].destination: 'data' is relative, which is deprecated; taken from the root",
                "linux.resources.memory.kernel: is not recommended by the specification, and gone from newer kernels",
                "linux.intelRdt.l3CacheSchema: does not begin with L3:",
                "linux.seccomp.listenerPath: is ignored: no rule is SCMP_ACT_NOTIFY",
            ])
    }

    /// Documents that are given by themselves are named by themselves.
    @Test func partsNameTheirOwnDocument() throws {
        let process = try RuntimeConfiguration.Process(
            json: #"{"user": {"uid": 0, "gid": 0}, "args": ["sh"], "cwd": "."}"#.utf8)
        #expect(
            throws: ConfigurationError(document: "process.json", path: "cwd", problem: "'.' is not an absolute path")
        ) {
            _ = try process.validate()
        }
        let resources = try RuntimeConfiguration.Resources(json: #"{"pids": {"limit": -7}}"#.utf8)
        #expect(
            throws: ConfigurationError(
                document: "resources.json", path: "pids.limit", problem: "-7 is less than -1, which means no limit")
        ) {
            _ = try resources.validate()
        }
    }
}
