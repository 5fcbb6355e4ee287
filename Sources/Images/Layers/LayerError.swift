public import Linux
public import OCI

/// A layer that cannot be unpacked or packed: which entry, and why.
///
/// Printed as one line: `layer entry "NAME": reason`.
public struct LayerError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Reason: Equatable, Sendable {
        /// A component of the name is `..`.
        case parentReference
        /// The name is empty, or contains a zero byte.
        case malformedName
        /// Longer than a path or one component of it may be, in bytes.
        case nameTooLong(length: Int, limit: Int)
        /// More directories below each other than the limits allow.
        case tooDeep(depth: Int, limit: Int)
        /// `.wh.` followed by nothing, `.` or `..`, or used as a directory.
        case malformedWhiteout
        /// A device 0/0, which overlayfs would take for a whiteout.
        case forgedWhiteout
        /// What should be the directory of the entry is something else: a file, or a link that leads nowhere.
        case parentIsNotDirectory
        /// The target of a hard link is not in the layer, or is a directory.
        case linkTargetMissing(String)
        /// A device where the options refuse them.
        case deviceRefused
        /// The owner has no number in the map.
        case ownerNotMapped(UInt32)
        /// A number that does not fit, such as a negative size or owner.
        case numberOutOfRange(String)
        /// A limit was passed: which one, and what it is.
        case limitExceeded(LayerLimits.Kind, limit: Int64)
        /// Not a tar archive, or one broken at this place; the reader's words.
        case damaged(String)
        /// The archive or its compression ends too early.
        case truncated
        /// Something that is none follows the last piece of its compression.
        case trailingData
        /// A layer of a media type that is not known here.
        case unknownMediaType(MediaType)
        /// The blob is not the one asked for.
        case digestMismatch(expected: Digest, found: Digest)
        /// The uncompressed archive is not the one the image's configuration names.
        case diffIDMismatch(expected: Digest, found: Digest)
        case sizeMismatch(expected: Int64, found: Int64)
        /// Overlayfs metadata that only the kernel can read (redirect, metacopy): the name of the attribute.
        case unreadableOverlay(String)
        /// The content of a file changed while it was packed.
        case changedWhileReading
        case system(SystemError)
    }

    public let reason: Reason
    /// The entry's name, as far as it can be shown; nil where the whole archive is meant.
    public let entry: String?

    public init(_ reason: Reason, entry: String? = nil) {
        self.reason = reason
        self.entry = entry
    }

    init(_ error: SystemError, entry: String? = nil) {
        self.init(.system(error), entry: entry)
    }

    public var description: String {
        guard let entry else { return "layer: \(reason)" }
        return "layer entry \"\(entry)\": \(reason)"
    }
}

extension LayerError.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .parentReference: "\"..\" in a name could lead outside"
        case .malformedName: "not a name of a file"
        case .nameTooLong(let length, let limit): "a name of \(length) bytes, of which Linux takes \(limit)"
        case .tooDeep(let depth, let limit): "\(depth) directories deep, of which \(limit) are allowed"
        case .malformedWhiteout: "a whiteout that names nothing"
        case .forgedWhiteout: "a device 0/0, which overlayfs takes for a whiteout"
        case .parentIsNotDirectory: "its parent is not a directory"
        case .linkTargetMissing(let target): "a hard link to \"\(target)\", which is not a file of this layer"
        case .deviceRefused: "devices are not allowed here"
        case .ownerNotMapped(let owner): "its owner \(owner) \(IdentityMaps.lack)"
        case .numberOutOfRange(let field): "\(field) is out of range"
        case .limitExceeded(let kind, let limit): "more than \(limit) \(kind.rawValue)"
        case .damaged(let words): "damaged archive: \(words)"
        case .truncated: "the archive ends too early"
        case .trailingData: "there is data after the end of the compressed stream"
        case .unknownMediaType(let type): "\"\(type)\" is not a layer's media type"
        case .digestMismatch(let expected, let found): "the content is \(found), not \(expected)"
        case .diffIDMismatch(let expected, let found): "the uncompressed archive is \(found), not \(expected)"
        case .sizeMismatch(let expected, let found): "\(found) bytes, but \(expected) were announced"
        case .unreadableOverlay(let attribute):
            "\(attribute) means a file whose content is elsewhere; mount overlayfs with redirect_dir=off,metacopy=off"
        case .changedWhileReading: "it changed while it was being read"
        case .system(let error): "\(error)"
        }
    }
}
