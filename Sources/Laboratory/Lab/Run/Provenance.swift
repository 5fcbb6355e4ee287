import OCI

/// What isolab was built from.
enum Provenance {
    /// The commit, as the build left it beside the programs (`isolab.commit`: the commit and the digest of the program it was
    /// built into). A note of another build, which a later one left standing, is none.
    static func commit(of programs: String) -> String? {
        let places = [programs, "\(programs)/../share/isolab"]
        guard let note = places.lazy.compactMap({ try? Files.text("\($0)/isolab.commit") }).first else { return nil }
        let words = note.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count == 2, let digest = try? Digest(sha256OfFile: "\(programs)/isolab"),
            words[1] == digest.description
        else { return nil }
        return words[0]
    }
}
