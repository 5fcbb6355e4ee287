import Glibc

/// The sources that the tests were built from, for what tests read of them: corpora, probes, published runs, documents.
package enum Repository {
    /// Its directory: the nearest one above this file that holds a `Package.swift`.
    package static let root: String = {
        var parts = #filePath.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        while !parts.isEmpty {
            parts.removeLast()
            let directory = "/" + parts.joined(separator: "/")
            if access(directory + "/Package.swift", F_OK) == 0 { return directory }
        }
        return "/"
    }()

    /// The absolute path of a file in it.
    package static func path(_ relative: String) -> String { "\(root)/\(relative)" }
}
