import OCI

extension RunOptions {
    /// What `--entrypoint` replaces the image's by: one word, nothing where it is empty, or, as podman takes them, several as a list
    /// in JSON. What begins like one and is none is a word.
    var entrypointWords: [String]? {
        guard let entrypoint else { return nil }
        guard !entrypoint.isEmpty else { return [] }
        guard entrypoint.utf8.first == UInt8(ascii: "["),
            case .list(let list)? = try? JSONTree(json: entrypoint.utf8, document: "--entrypoint")
        else { return [entrypoint] }
        let words = list.compactMap(\.string)
        return words.count == list.count ? words : [entrypoint]
    }
}
