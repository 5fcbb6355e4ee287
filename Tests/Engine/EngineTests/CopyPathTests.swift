import Glibc
import Testing

@testable import Engine

/// The two sides of `isolab cp`, as they are written.
@Suite struct CopyPathTests {
    @Test func places() throws {
        #expect(try CopyPlace("-") == .stream)
        #expect(try CopyPlace("web:/srv") == .container("web", path: "/srv"))
        #expect(try CopyPlace("web:srv:x") == .container("web", path: "srv:x"))
        for text in ["/a:b", "./a:b", "../a", ".", "plain", "a/b"] { #expect(try CopyPlace(text) == .host(text)) }
        for text in ["", ":/a", "web:"] { #expect(throws: OptionError.self) { try CopyPlace(text) } }
    }

    /// The last component, what is before it, and whether it is a name.
    @Test(
        arguments: [
            ("a", "a", "."), ("/a", "a", "/"), ("a/b", "b", "a/"), ("/a/b//", "b", "/a/"), ("a/.", nil, "a/"),
            ("..", nil, "."), ("/", nil, "/"), (".", nil, "."), ("a/..", nil, "a/"),
        ] as [(String, String?, String)])
    func parts(text: String, name: String?, parent: String) {
        let path = CopyPath(text)
        #expect(path.name == name)
        #expect(path.parent == parent)
        #expect(path.endsInSlash == text.hasSuffix("/"))
    }

    /// Of the text of mountinfo.
    @Test func kernelFiles() {
        let text = """
            22 1 0:21 / /proc rw,nosuid - proc proc rw
            23 1 8:1 / / rw - ext4 /dev/sda1 rw
            24 23 0:5 / /dev rw - tmpfs tmpfs rw
            25 23 0:22 / /sys ro - sysfs sysfs rw
            """
        func file(_ minor: UInt) -> stat {
            var status = stat()
            status.st_dev = minor
            return status
        }
        let files = KernelFiles(mountInformation: text)
        #expect(files.hold(file(21)) && files.hold(file(22)))
        #expect(!files.hold(file(5)) && !files.hold(file(0x801)))
        #expect(!KernelFiles.none.hold(file(21)))
    }
}
