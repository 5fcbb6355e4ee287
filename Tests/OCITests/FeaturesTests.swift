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
        let bytes = try features.json(indented: false)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"hooks":[],"linux":{"cgroup":{"systemd":false,"v1":true},"#
                + #""intelRdt":{"enabled":true,"monitoring":false,"schemata":false},"#
                + #""memoryPolicy":{"flags":[],"modes":["MPOL_BIND"]},"mountExtensions":{"idmap":{"enabled":true}},"#
                + #""namespaces":["pid"],"netDevices":{"enabled":true},"#
                + #""seccomp":{"archs":["SCMP_ARCH_X86_64"],"enabled":true}},"#
                + #""ociVersionMax":"1.3.0","ociVersionMin":"1.0.0"}"#)
        #expect(try Features(json: bytes) == features)
    }
}
