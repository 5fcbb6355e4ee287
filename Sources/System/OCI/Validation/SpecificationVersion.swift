/// A version of the OCI runtime specification: what `ociVersion` holds (Semantic Versioning 2.0.0).
public struct SpecificationVersion: Equatable, Sendable {
    public let major: UInt64
    public let minor: UInt64
    public let patch: UInt64
    /// What follows a hyphen: `rc.1`, `dev`; empty for a release.
    public let prerelease: String

    /// Nil where the text is not a semantic version.
    public init?(_ text: String) {
        let (version, build) = Self.split(text[...], at: "+")
        let (numbers, prerelease) = Self.split(version, at: "-")
        let parts = numbers.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let major = Self.number(parts[0]), let minor = Self.number(parts[1]),
            let patch = Self.number(parts[2]),
            build.map({ Self.identifiers($0).allSatisfy(Self.isIdentifier) }) ?? true,
            prerelease.map({
                Self.identifiers($0).allSatisfy {
                    Self.isIdentifier($0) && (!$0.utf8.allSatisfy(Self.isDigit) || Self.number($0) != nil)
                }
            }) ?? true
        else { return nil }
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease.map { String($0) } ?? ""
    }

    private static func split(_ text: Substring, at mark: Character) -> (Substring, Substring?) {
        guard let index = text.firstIndex(of: mark) else { return (text, nil) }
        return (text[..<index], text[text.index(after: index)...])
    }

    private static func identifiers(_ text: Substring) -> [Substring] {
        text.split(separator: ".", omittingEmptySubsequences: false)
    }

    private static func isIdentifier(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                isDigit($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// A number without leading zeros.
    private static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy(isDigit), text.utf8.count == 1 || text.utf8.first != 0x30 else {
            return nil
        }
        return UInt64(text)
    }
}
