package import Linux

/// Why no guest kernel could be had, and what to do about it.
package enum KernelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The path given by the user cannot be used.
    case unusable(path: String, why: String)
    /// No package, none of the host's own, none given.
    case noneFound(tried: [String])
    /// The package manager failed.
    case fetchFailed(package: String, output: String)
    /// The kernel inside the image cannot be unpacked.
    case unpackFailed(path: String, why: String)
    case system(SystemError)

    package var description: String {
        switch self {
        case .unusable(let path, let why): "kernel \(path): \(why); give a bzImage or an ELF vmlinux with --kernel"
        case .noneFound(let tried):
            "no guest kernel: \(tried.joined(separator: "; ")); "
                + "run `apt-get update`, or give one with --kernel PATH"
        case .fetchFailed(let package, let output):
            "fetching \(package) failed: \(output); run `apt-get update`, or give a kernel with --kernel PATH"
        case .unpackFailed(let path, let why):
            "unpacking the kernel in \(path) failed: \(why); give an uncompressed vmlinux with --kernel PATH"
        case .system(let error): error.description
        }
    }
}
