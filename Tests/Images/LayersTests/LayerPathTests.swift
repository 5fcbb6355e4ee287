import Testing

@testable import Layers

@Suite struct LayerPathTests {
    @Test(arguments: [
        ("usr/bin/env", "usr/bin/env", "env"), ("./usr//lib/./x/", "usr/lib/x", "x"),
        ("/etc/passwd", "etc/passwd", "passwd"),
        ("a", "a", "a"), ("...", "...", "..."), ("..a/b..", "..a/b..", "b.."),
    ])
    func normalised(raw: String, path: String, name: String) throws {
        let checked = try LayerPath(raw)
        #expect(checked.description == path)
        #expect(Array(checked.name) == Array(name.utf8))
        #expect(Array(checked.parent) == Array(path.utf8.dropLast(name.utf8.count + (path == name ? 0 : 1))))
    }

    @Test(arguments: [".", "./", "/", "//./"])
    func root(raw: String) throws {
        #expect(try LayerPath(raw).isRoot)
    }

    @Test(arguments: [
        ("../x", LayerError.Reason.parentReference), ("a/../b", .parentReference), ("a/..", .parentReference),
        ("/..", .parentReference), ("", .malformedName), ("a\0b", .malformedName),
        (String(repeating: "n", count: 256), .nameTooLong(length: 256, limit: 255)),
        (String(repeating: "d/", count: 2100), .nameTooLong(length: 4200, limit: 4095)),
        (String(repeating: "d/", count: 1025), .tooDeep(depth: 1025, limit: 1024)),
    ])
    func refused(raw: String, reason: LayerError.Reason) {
        let error = #expect(throws: LayerError.self) { try LayerPath(raw) }
        #expect(error?.reason == reason)
        #expect(error?.entry != nil)
    }
}
