extension ImageConfiguration.Execution {
    /// The places in which it keeps data (`VOLUME`): absolute, without `.`, `..` and slashes too many, sorted; never the root.
    ///
    /// What an image calls relative begins at the root, as Docker has it.
    public var volumePaths: [String] {
        Set(volumes.keys.map(Self.absolute)).subtracting(["/"]).sorted()
    }

    private static func absolute(_ path: String) -> String {
        var parts: [Substring.UTF8View] = []
        for part in Substring(path).utf8.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            if part.elementsEqual("..".utf8) { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.map { String(Substring($0)) }.joined(separator: "/")
    }
}
