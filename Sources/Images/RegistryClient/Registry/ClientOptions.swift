import Glibc
package import Linux

/// What a user lays down about registries, for every command alike.
package struct ClientOptions: Sendable {
    /// Registries, as they are named in references, that may speak plain HTTP or show any certificate. Besides these, only this
    /// machine itself (`localhost`, 127.0.0.0/8, `::1`) may speak plain HTTP, as with Docker; its certificates count.
    package var insecureRegistries: Set<String> = []
    /// A directory of certificates instead of the standard ones.
    package var certificateDirectory: String?
    package var credentials = CredentialStore()
    /// Who to be, instead of what the files say.
    package var credential: Credential?
    package var limits = TransportLimits()
    package var retries = RetryPolicy()
    /// Layers on their way at the same time.
    package var parallelTransfers = 4
    /// Greater contents are pushed in pieces of this size, in bytes, so that a broken connection costs one piece at most.
    package var pieceSize: Int64 = 64 << 20
    package var cancellation = Cancellation()

    package init() {}

    /// Files that name one insecure registry a line; `#` begins a comment.
    package static var insecureRegistryFiles: [String] {
        var files = ["/etc/isolab/insecure-registries"]
        let environment = { (name: String) in getenv(name).map { String(cString: $0) } }
        if let directory = environment("XDG_CONFIG_HOME") ?? environment("HOME").map({ "\($0)/.config" }) {
            files.append("\(directory)/isolab/insecure-registries")
        }
        return files
    }

    /// Adds the registries that the files name.
    package mutating func readInsecureRegistries(from files: [String] = insecureRegistryFiles) throws(SystemError) {
        for file in files where SystemFile.exists(file) {
            for line in String(decoding: try SystemFile.document(file), as: UTF8.self).split(
                whereSeparator: \.isNewline)
            {
                let name = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
                if !name.isEmpty { insecureRegistries.insert(name.lowercased()) }
            }
        }
    }
}
