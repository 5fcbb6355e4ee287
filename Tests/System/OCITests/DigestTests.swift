import Foundation
import Testing

@testable import OCI

@Suite struct DigestTests {
    /// The two short messages of FIPS 180-2 appendix B, and a million `a` (B.3), have their published digests.
    @Test(arguments: [
        ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ])
    func knownDigests(piece: String, count: Int, expected: String) throws {
        let bytes = Array(String(repeating: piece, count: count).utf8)
        #expect(Digest(sha256Of: bytes).description == "sha256:" + expected)

        let file = FileManager.default.temporaryDirectory.appending(path: "isolab-digest-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        #expect(try Digest(sha256OfFile: file.path).hexadecimal == expected)
    }

    /// Only a whole, lower-case SHA-256 name is taken for a digest.
    @Test func malformedNamesAreRefused() {
        let hexadecimal = String(repeating: "0a", count: 32)
        #expect(Digest("sha256:" + hexadecimal)?.hexadecimal == hexadecimal[...])
        for name in [
            "", hexadecimal, "sha256:", "sha512:" + hexadecimal, "sha256:" + hexadecimal.uppercased(),
            "sha256:" + hexadecimal.dropLast(), "sha256:" + hexadecimal + "0", "sha256:../" + hexadecimal.dropLast(3),
        ] {
            #expect(Digest(name) == nil, "\(name) was taken")
        }
    }

    /// A file that cannot be read is named in the error.
    @Test func missingFileIsNamed() {
        #expect {
            _ = try Digest(sha256OfFile: "/nonexistent/file")
        } throws: { error in
            "\(error)".contains("open /nonexistent/file")
        }
    }
}
