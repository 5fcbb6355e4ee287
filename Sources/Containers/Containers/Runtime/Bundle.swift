import Linux
public import OCI

/// A bundle (bundle.md): a directory with a `config.json`, which is read once.
public struct Bundle: Sendable {
    /// The directory, absolute and without links.
    public let path: String
    public let configuration: RuntimeConfiguration
    /// `config.json` to the byte.
    let document: [UInt8]

    public init(at path: String) throws {
        self.path = try Runtime.resolved(path, "bundle")
        document = try SystemFile.document(self.path + "/config.json", limit: SystemFile.greatestSize)
        configuration = try RuntimeConfiguration(json: document)
    }

    /// A bundle whose configuration never was a file.
    ///
    /// - Parameter path: a directory that stands for it, absolute and without links.
    public init(at path: String, _ configuration: RuntimeConfiguration) {
        self.path = path
        self.configuration = configuration
        document = configuration.json(indented: false)
    }
}
