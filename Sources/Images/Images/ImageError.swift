package import Content
package import Layers
package import Linux
package import OCI

/// What keeps an image from being found, stored, read or removed.
package enum ImageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No image of that name, digest or identifier.
    case unknown(String)
    /// The beginning of several images' identifiers.
    case ambiguous(String, candidates: [Digest])
    /// The image is for other platforms, or only those of others are here.
    case otherPlatform(String, wanted: Platform, available: [Platform])
    /// Containers were made from it, or it has more names than the one it was called by.
    case inUse(String, by: [String])
    /// A document that cannot be read.
    case document(ConfigurationError)
    /// Documents that do not fit together, or pass a limit: which one, and how.
    case malformed(String, problem: String)
    /// Neither an image layout, nor an archive of one, nor one of `docker save`.
    case format(String, problem: String)
    case content(ContentError)
    /// A layer that cannot be unpacked or packed: which blob, and why.
    case layer(Digest, LayerError)
    /// Files that cannot become a layer.
    case packing(LayerError)
    case system(SystemError)

    package var description: String {
        switch self {
        case .unknown(let name): "there is no image '\(name)'; `isolab images` lists all images"
        case .ambiguous(let name, let candidates):
            "'\(name)' begins the identifiers of \(candidates.count) images: \(candidates.map(\.short).joined(separator: ", "))"
        case .otherPlatform(let name, let wanted, let available):
            (available.isEmpty
                ? "image '\(name)' is not here for \(wanted)"
                : "image '\(name)' is here for \(available.map(\.description).joined(separator: ", ")), not for \(wanted)")
                + "; run `isolab pull --platform \(wanted) \(name)`"
        case .inUse(let name, let users): "image '\(name)' is in use: \(users.joined(separator: ", "))"
        case .document(let error): error.description
        case .malformed(let name, let problem): "\(name): \(problem)"
        case .format(let name, let problem): "\(name): \(problem)"
        case .content(let error): error.description
        case .layer(let digest, let error): "layer \(digest): \(error)"
        case .packing(let error): error.description
        case .system(let error): error.description
        }
    }
}

extension ImageError {
    /// Whether it says that the image is not here, rather than that something is wrong with it.
    package var isAbsence: Bool {
        switch self {
        case .unknown: true
        case .otherPlatform: true
        default: false
        }
    }
}

// Typed errors of those below, said as an image's.

func reading<Result: ~Copyable>(_ body: () throws(ContentError) -> Result) throws(ImageError) -> Result {
    do throws(ContentError) { return try body() } catch { throw .content(error) }
}

func parsing<Result>(_ body: () throws(ConfigurationError) -> Result) throws(ImageError) -> Result {
    do throws(ConfigurationError) { return try body() } catch { throw .document(error) }
}

func calling<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(ImageError) -> Result {
    do throws(SystemError) { return try body() } catch {
        let sorted = ContentError(error)
        if case .full = sorted { throw .content(sorted) }
        throw .system(error)
    }
}
