import Glibc
package import Images
import Linux
package import OCI

/// Where `isolab save` writes to, and in what form.
package struct SavedImages: Sendable {
    enum Form: String, CaseIterable, Sendable {
        case dockerArchive = "docker-archive"
        case ociArchive = "oci-archive"
        case ociDirectory = "oci-dir"
    }

    let form: Form
    /// Nil: standard output.
    let output: String?

    package init(format: String, output: String?) throws(OptionError) {
        guard let form = Form(rawValue: format) else {
            throw OptionError(
                "--format", format, "takes one of \(Form.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        if form == .ociDirectory, output == nil {
            throw OptionError("--format", format, "needs --output: a directory cannot be written to standard output")
        }
        if form != .ociDirectory, output == nil, isatty(STDOUT_FILENO) == 1 {
            throw OptionError("--output", "", "is needed where standard output is a terminal")
        }
        self.form = form
        self.output = output
    }

    /// Writes images, whole or not at all where it is a file.
    package func write(_ images: [String], from store: ImageStore, _ platform: Platform?) throws {
        if form == .ociDirectory { return try store.saveLayout(images, to: output ?? "", platform: platform) }
        let format: ArchiveFormat = form == .dockerArchive ? .docker : .oci
        guard let output else { return try store.save(images, to: STDOUT_FILENO, format: format, platform: platform) }
        let file = try NamedOutput(output)
        try store.save(images, to: file.descriptor, format: format, platform: platform)
        try file.commit()
    }
}
