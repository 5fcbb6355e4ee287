import Testing

@testable import OCI

@Suite struct RuntimeConfigurationTests {
    /// The default container survives the way to JSON and back unchanged, and equal values give equal bytes.
    @Test func dockerDefaultsSurviveJSON() throws {
        let configuration = RuntimeConfiguration.docker(
            arguments: ["/bin/true"], hostname: "one", cgroupPath: "/isolab/one", memory: 64 << 20, processors: 0.5,
            processCount: 32, userMappings: .contiguous(from: 100_000), seccomp: nil)
        let bytes = configuration.json()
        let again = try RuntimeConfiguration(json: bytes)
        #expect(again == configuration)
        #expect(again.json() == bytes)
    }

    /// The members carry the specification's names, not ours, and what says nothing is left out.
    @Test func membersHaveTheSpecificationsNames() throws {
        var configuration = RuntimeConfiguration.docker(arguments: ["/bin/true", "-v"], seccomp: nil)
        configuration.process?.oomScoreAdjustment = 7
        configuration.linux?.seccomp = SeccompProfile(
            defaultAction: .errno, defaultErrorNumber: 38, architectures: [.x86_64],
            systemCalls: [
                SeccompProfile.Rule(
                    ["clone"], .allow, when: [.init(argument: 0, .maskedEqual, 0x7E02_0000, equals: 0)])
            ])
        let text = String(decoding: configuration.json(indented: false), as: UTF8.self)
        for member in [
            #""args":["/bin/true","-v"]"#, #""cwd":"/""#, #""oomScoreAdj":7"#, #""env":["PATH="#,
            #""type":"mount""#, #""defaultErrnoRet":38"#, #""architectures":["SCMP_ARCH_X86_64"]"#,
            #"{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}"#,
        ] {
            #expect(text.contains(member), "\(member) is not in \(text)")
        }
        for absent in ["annotations", "terminal", "uidMappings", "rlimits", "null"] {
            #expect(!text.contains("\"\(absent)\""), "\(absent) should have been left out")
        }
    }

    /// The specification's own spelling is read, members unknown here are ignored, and `null` means absent.
    @Test func readsTheSpecificationsForm() throws {
        let configuration = try RuntimeConfiguration(
            json: #"""
                {
                  "ociVersion": "1.2.0", "root": {"path": "/r", "readonly": true}, "futureMember": {"x": 1},
                  "process": {
                    "terminal": true, "consoleSize": {"height": 25, "width": 80},
                    "user": {"uid": 1000, "gid": 100, "umask": 18, "additionalGids": [5, 6]},
                    "args": ["sh"], "cwd": "/tmp", "env": null,
                    "rlimits": [{"type": "RLIMIT_CORE", "soft": 0, "hard": 18446744073709551615}],
                    "noNewPrivileges": true
                  },
                  "mounts": [{"destination": "/data", "source": "/srv", "options": ["rbind", "ro"]}],
                  "linux": {
                    "namespaces": [{"type": "pid"}, {"type": "network", "path": "/proc/7/ns/net"}],
                    "resources": {"unified": {"memory.high": "1000"}, "memory": {"limit": -1}}
                  }
                }
                """#.utf8)
        let process = try #require(configuration.process)
        #expect(process.user == .init(uid: 1000, gid: 100, umask: 0o22, additionalGids: [5, 6]))
        #expect(process.environment.isEmpty)
        #expect(process.resourceLimits == [.init(type: "RLIMIT_CORE", soft: 0, hard: .max)])
        #expect(process.noNewPrivileges && process.terminal)
        #expect(configuration.mounts.first?.type == nil)
        #expect(configuration.linux?.namespaces == [.init(.pid), .init(.network, path: "/proc/7/ns/net")])
        #expect(configuration.linux?.resources?.memory?.limit == -1)
        #expect(configuration.linux?.resources?.unified == ["memory.high": "1000"])
    }

    /// The members that 1.2 and 1.3 brought.
    @Test func readsTheNewestMembers() throws {
        let configuration = try RuntimeConfiguration(
            json: #"""
                {
                  "ociVersion": "1.3.0",
                  "process": {
                    "user": {"uid": 0, "gid": 0, "username": "w"}, "args": ["sh"], "cwd": "/", "commandLine": "c",
                    "execCPUAffinity": {"initial": "7", "final": "0-3,7"}
                  },
                  "linux": {
                    "memoryPolicy": {"mode": "MPOL_INTERLEAVE", "nodes": "2-3", "flags": ["MPOL_F_STATIC_NODES"]},
                    "intelRdt": {
                      "closID": "guaranteed_group", "schemata": ["L3:0=7f0;1=1f", "MB:0=20;1=70"],
                      "enableMonitoring": true
                    },
                    "netDevices": {"eth0": {"name": "container_eth0"}, "eth1": {}},
                    "resources": {"pids": {}},
                    "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_SHEB"]}
                  }
                }
                """#.utf8)
        #expect(configuration.process?.execCPUAffinity == .init(initial: "7", final: "0-3,7"))
        #expect(configuration.process?.commandLine == "c")
        #expect(configuration.process?.user.username == "w")
        #expect(
            configuration.linux?.memoryPolicy
                == .init(mode: "MPOL_INTERLEAVE", nodes: "2-3", flags: ["MPOL_F_STATIC_NODES"]))
        #expect(
            configuration.linux?.intelRdt
                == .init(
                    closID: "guaranteed_group", schemata: ["L3:0=7f0;1=1f", "MB:0=20;1=70"], enableMonitoring: true))
        #expect(configuration.linux?.netDevices == ["eth0": .init(name: "container_eth0"), "eth1": .init()])
        #expect(configuration.linux?.resources?.pids == .init(limit: nil))
        #expect(configuration.linux?.seccomp?.architectures == [.sheb])
        #expect(try RuntimeConfiguration(json: configuration.json()) == configuration)
    }

    /// A document that cannot be used says where and what was expected there.
    @Test(arguments: [
        (#"{"ociVersion": 1}"#, "ociVersion", "expected a string"),
        (#"{}"#, "ociVersion", "is missing"),
        (#"{"ociVersion": "1.2.0", "mounts": {}}"#, "mounts", "expected an array"),
        (
            #"{"ociVersion": "1.2.0", "process": {"user": {"uid": 0, "gid": 0}, "cwd": "/", "args": ["a", 2]}}"#,
            "process.args[1]", "expected a string"
        ),
        (
            #"{"ociVersion": "1.2.0", "linux": {"namespaces": [{"type": "pid"}, {"type": "galaxy"}]}}"#,
            "linux.namespaces[1].type", "galaxy"
        ),
        (
            #"{"ociVersion": "1.2.0", "process": {"user": {"uid": -1, "gid": 0}, "cwd": "/"}}"#,
            "process.user.uid", "the number -1 is out of range"
        ),
        ("{\"ociVersion\": ", "", "is not valid JSON"),
        ("[]", "", "expected an object"),
    ])
    func badDocumentsSayWhere(json: String, path: String, problem: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            _ = try RuntimeConfiguration(json: json.utf8)
        }
        #expect(error.path == path)
        #expect(error.problem.contains(problem), "said: \(error)")
        #expect(error.description.hasPrefix("config.json: "))
    }
}
