import Linux

/// The name of an entry, checked: relative to the layer's root, without `.`, `..` and empty components.
///
/// Leading `/` and `./` are taken off, as GNU tar, Docker and containerd do; `..` is refused wherever it stands, even where
/// the name would stay inside. Bytes, not characters: Linux asks for nothing more.
public struct LayerPath: Hashable, Sendable {
    /// The components joined by `/`, empty for the root itself.
    public let bytes: [UInt8]
    /// Where the last component begins.
    let nameStart: Int

    /// The directory's part, empty for the root.
    var parent: ArraySlice<UInt8> { bytes[..<max(nameStart - 1, 0)] }
    /// The last component.
    public var name: ArraySlice<UInt8> { bytes[nameStart...] }
    public var isRoot: Bool { bytes.isEmpty }

    /// Checks a name as an archive gives it.
    public init(_ raw: UnsafeRawBufferPointer, limits: LayerLimits = LayerLimits()) throws(LayerError) {
        guard raw.count <= limits.pathLength else {
            throw LayerError(
                .nameTooLong(length: raw.count, limit: limits.pathLength), entry: FileName.shown(raw.prefix(256)) + "…")
        }
        var nameStart = 0
        var depth = 0
        var fault: LayerError.Reason?
        bytes = [UInt8](unsafeUninitializedCapacity: raw.count) { output, count in
            var start = 0
            while start < raw.count {
                var end = start
                while end < raw.count, raw[end] != 0x2F {
                    if raw[end] == 0 { fault = .malformedName }
                    end += 1
                }
                let length = end - start
                if length == 2, raw[start] == 0x2E, raw[start + 1] == 0x2E { fault = .parentReference }
                if length > limits.componentLength {
                    fault = .nameTooLong(length: length, limit: limits.componentLength)
                }
                if length > 0, !(length == 1 && raw[start] == 0x2E) {
                    if count > 0 {
                        output[count] = 0x2F
                        count += 1
                    }
                    nameStart = count
                    for index in start..<end { output[count + index - start] = raw[index] }
                    count += length
                    depth += 1
                }
                start = end + 1
            }
        }
        self.nameStart = nameStart
        if raw.isEmpty { fault = .malformedName }
        if depth > limits.depth { fault = fault ?? .tooDeep(depth: depth, limit: limits.depth) }
        if let fault { throw LayerError(fault, entry: FileName.shown(raw.prefix(256))) }
    }

    public init(_ name: String, limits: LayerLimits = LayerLimits()) throws(LayerError) {
        let bytes = Array(name.utf8)
        let checked = bytes.withUnsafeBytes { raw in
            Result { () throws(LayerError) in try LayerPath(raw, limits: limits) }
        }
        self = try checked.get()
    }

    /// A name made of checked parts.
    init(checked bytes: [UInt8], nameStart: Int) {
        self.bytes = bytes
        self.nameStart = nameStart
    }

    /// The same directory with another last component.
    func sibling(_ name: some Collection<UInt8>) -> LayerPath {
        LayerPath(checked: Array(bytes[..<nameStart]) + Array(name), nameStart: nameStart)
    }
}

extension LayerPath: CustomStringConvertible {
    public var description: String { isRoot ? "/" : FileName.shown(bytes) }
}
