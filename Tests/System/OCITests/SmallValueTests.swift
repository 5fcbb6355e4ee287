import Testing

@testable import OCI

@Suite struct ContainerIdentifierTests {
    @Test(arguments: ["a", "A-b_c+d.9", "...", String(repeating: "x", count: 1024)])
    func goodNamesAreKept(name: String) throws {
        #expect(try ContainerIdentifier(name).description == name)
    }

    @Test(arguments: [
        ("", "container id: is empty"), (".", "container id: '.' is a directory's own name"),
        ("..", "container id: '..' is a directory's own name"),
        ("a/b", "container id: 'a/b' may hold letters, digits, '_', '+', '-' and '.' only"),
        ("a b", "container id: 'a b' may hold letters, digits, '_', '+', '-' and '.' only"),
        ("é", "container id: 'é' may hold letters, digits, '_', '+', '-' and '.' only"),
        (String(repeating: "x", count: 1025), "container id: is longer than 1024 bytes"),
    ])
    func badNamesAreRefused(name: String, message: String) throws {
        let error = try #require(throws: ConfigurationError.self) { _ = try ContainerIdentifier(name) }
        #expect(error.description == message)
    }
}

@Suite struct SmallValueTests {
    @Test(
        arguments: [
            ("1.0.2", 1, 0, 2, ""), ("1.3.0-rc.1", 1, 3, 0, "rc.1"), ("1.0.2-dev+b-7.01", 1, 0, 2, "dev"),
            ("10.20.30", 10, 20, 30, ""),
        ] as [(String, UInt64, UInt64, UInt64, String)])
    func versionsAreRead(text: String, major: UInt64, minor: UInt64, patch: UInt64, prerelease: String) throws {
        let version = try #require(SpecificationVersion(text))
        #expect(version.major == major && version.minor == minor && version.patch == patch)
        #expect(version.prerelease == prerelease)
    }

    @Test(arguments: ["", "1", "1.0", "1.0.0.0", "v1.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "1.-0.0", "1. 0.0", "1.0.٣"])
    func otherTextIsNoVersion(text: String) {
        #expect(SpecificationVersion(text) == nil)
    }

    @Test(
        arguments: [
            ("", []), (" ", []), ("0", [0...0]), ("0-3,7", [0...3, 7...7]), (" 0 - 3 , 7 ", [0...3, 7...7]),
            ("65535", [65535...65535]),
        ] as [(String, [ClosedRange<UInt32>])])
    func listsAreRead(text: String, ranges: [ClosedRange<UInt32>]) {
        #expect(IndexList(text)?.ranges == ranges)
    }

    @Test(arguments: [",", "1,", "-1", "1-", "3-1", "1--2", "0-1-2", "x", "65536", "99999999999", "+1", "1 2"])
    func otherTextIsNoList(text: String) {
        #expect(IndexList(text) == nil)
    }

    @Test(arguments: [
        ("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding"),
        ("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding"), ("kernel.sem", "kernel/sem"),
    ])
    func parametersHaveOnePath(name: String, path: String) {
        #expect(KernelParameter(name)?.path == path)
    }

    @Test(arguments: [
        "", "kernel", "/kernel/sem", "kernel..sem", "kernel.sem.", "net/../kernel/sem", "net.//.kernel.sem",
    ])
    func otherTextIsNoParameter(name: String) {
        #expect(KernelParameter(name) == nil)
    }
}

@Suite struct QuotingTests {
    /// What others wrote is shown in one line that cannot steer a terminal, and not at any length.
    @Test(arguments: [
        ("plain é€😀", "'plain é€😀'"), ("a\nb\u{1B}[31m", "'a\\u000ab\\u001b[31m'"),
        ("\u{202E}x\u{9B}", "'\\u202ex\\u009b'"),
        (String(repeating: "x", count: 129), "'" + String(repeating: "x", count: 128) + "…'"),
    ])
    func foreignTextIsTamed(text: String, quoted: String) {
        #expect("\(quoting: text)" == quoted)
    }

    @Test func errorsStayShort() throws {
        let long = String(repeating: "9", count: 100_000)
        let key = String(repeating: "k", count: 100_000)
        for json in [
            #"{"ociVersion": "1.0.0", "annotations": {"\#(key)": 1}}"#,
            #"{"ociVersion": "1.0.0", "linux": {"resources": {"pids": {"limit": \#(long)}}}}"#,
            #"{"ociVersion": "1.0.0", "linux": {"namespaces": [{"type": "\#(key)"}]}}"#,
        ] {
            let error = try #require(throws: ConfigurationError.self) { _ = try RuntimeConfiguration(json: json.utf8) }
            #expect(error.description.utf8.count < 400)
        }
    }
}
