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
}
