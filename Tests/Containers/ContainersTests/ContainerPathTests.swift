import Testing

@testable import Containers

/// Places of a container, however they are written.
@Suite struct ContainerPathTests {
    @Test(arguments: [
        ("/", "/"), ("", "/"), ("//", "/"), ("/.", "/"), ("/..", "/"), ("dev", "/dev"), ("/dev/", "/dev"),
        ("//dev", "/dev"), ("/dev/.", "/dev"), ("/data/../dev", "/dev"), ("/../../dev", "/dev"),
        ("/a//b/./c/", "/a/b/c"),
        ("/.hidden", "/.hidden"), ("/a/..b/...", "/a/..b/..."), ("/a/\u{301}x", "/a/\u{301}x"),
        ("/a/\u{301}/../b", "/a/b"),
    ])
    func clean(path: String, expected: String) {
        #expect(Array(ContainerPath.clean(path).utf8) == Array(expected.utf8))
    }

    @Test func containment() {
        #expect(ContainerPath.contains("/a", "/a") && ContainerPath.contains("/a", "/a/b"))
        #expect(ContainerPath.contains("/", "/a"))
        #expect(!ContainerPath.contains("/a", "/ab") && !ContainerPath.contains("/a/b", "/a"))
        #expect(ContainerPath.parent(of: "/a/b") == "/a" && ContainerPath.parent(of: "/a") == "/")
    }
}
