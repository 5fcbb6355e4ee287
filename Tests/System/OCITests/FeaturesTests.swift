import Testing

@testable import OCI

@Suite struct FeaturesTests {
    /// Unknown is left out and must not be mistaken for none (`features.md`).
    @Test func unknownIsNotNone() throws {
        let features = Features(
            hooks: [],
            linux: .init(
                namespaces: ["pid"], cgroup: .init(v1: true, systemd: false),
                seccomp: .init(enabled: true, architectures: ["SCMP_ARCH_X86_64"]),
                intelRdt: .init(enabled: true, schemata: false, monitoring: false),
                memoryPolicy: .init(modes: ["MPOL_BIND"], flags: []),
                mountExtensions: .init(idmap: .init(enabled: true)), netDevices: .init(enabled: true)))
        let bytes = features.json(indented: false)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"ociVersionMin":"1.0.0","ociVersionMax":"1.3.0","hooks":[],"linux":{"namespaces":["pid"],"#
                + #""cgroup":{"v1":true,"systemd":false},"seccomp":{"enabled":true,"archs":["SCMP_ARCH_X86_64"]},"#
                + #""intelRdt":{"enabled":true,"schemata":false,"monitoring":false},"#
                + #""memoryPolicy":{"modes":["MPOL_BIND"],"flags":[]},"#
                + #""mountExtensions":{"idmap":{"enabled":true}},"netDevices":{"enabled":true}}}"#)
        #expect(try Features(json: bytes) == features)
    }

    /// "The runtime MUST recognize the elements" of every list: each word is put where it belongs, and nothing is said of it.
    @Test func everyWordIsRecognised() throws {
        let features = Features.vocabulary(mountOptions: ["ro"])
        let linux = try #require(features.linux)
        let seccomp = try #require(linux.seccomp)
        func check(_ text: String) throws {
            #expect(try RuntimeConfiguration(json: text.utf8).validate() == [], "\(text)")
        }
        for version in [features.ociVersionMin, features.ociVersionMax] {
            try check(#"{"ociVersion": "\#(version)", "root": {"path": "r"}}"#)
        }
        for hook in try #require(features.hooks) {
            try check(document(#""hooks": {"\#(hook)": [{"path": "/h"}]}"#))
            let read = try RuntimeConfiguration(json: document(#""hooks": {"\#(hook)": [{"path": "/h"}]}"#).utf8)
            #expect(read.hooks != RuntimeConfiguration.Hooks(), "\(hook) was not read")
        }
        for namespace in try #require(linux.namespaces) where namespace != "mount" {
            try check(document(namespaces: #"{"type": "\#(namespace)"}"#))
        }
        for capability in try #require(linux.capabilities) {
            try check(document(process: #""capabilities": {"bounding": ["\#(capability)"]}"#))
        }
        func profile(_ members: String, action: String = "SCMP_ACT_KILL", condition: String = "SCMP_CMP_EQ") -> String {
            let rule =
                #"{"names": ["mknod"], "action": "\#(action)", "args": [{"index": 0, "value": 0, "op": "\#(condition)"}]}"#
            return document(
                linux: #""seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [\#(rule)]\#(members)}"#)
        }
        for action in try #require(seccomp.actions) {
            try check(profile(action == "SCMP_ACT_NOTIFY" ? #", "listenerPath": "/s""# : "", action: action))
        }
        for condition in try #require(seccomp.operators) { try check(profile("", condition: condition)) }
        for architecture in try #require(seccomp.architectures) {
            try check(profile(#", "architectures": ["\#(architecture)"]"#))
        }
        for flag in try #require(seccomp.knownFlags) { try check(profile(#", "flags": ["\#(flag)"]"#)) }
        for mode in try #require(linux.memoryPolicy?.modes) {
            let nodes = mode == "MPOL_DEFAULT" || mode == "MPOL_LOCAL" ? "" : "0"
            try check(document(linux: #""memoryPolicy": {"mode": "\#(mode)", "nodes": "\#(nodes)"}"#))
        }
        for flag in try #require(linux.memoryPolicy?.flags) {
            try check(document(linux: #""memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": ["\#(flag)"]}"#))
        }
        #expect(linux.capabilities?.count == 41 && features.hooks?.count == 6 && linux.namespaces?.count == 8)
    }
}
