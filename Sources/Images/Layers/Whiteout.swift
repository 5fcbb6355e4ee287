/// What an entry's name means to the layers below (OCI image specification 1.1, `layer.md`, "Whiteouts").
enum Whiteout: Equatable {
    /// An ordinary entry.
    case none
    /// The file or directory of this name is gone.
    case removal(ArraySlice<UInt8>)
    /// Whatever lower layers have in the entry's directory is gone.
    case opaque
    /// AUFS's own bookkeeping, which Docker's early layers carry; means nothing here.
    case bookkeeping

    static let prefix: [UInt8] = Array(".wh.".utf8)
    static let opaqueName: [UInt8] = Array(".wh..wh..opq".utf8)
    private static let bookkeepingPrefix: [UInt8] = Array(".wh..wh.".utf8)

    /// Reads a checked name. A directory that has a whiteout's name is refused: no tool could tell what is in it.
    init(_ path: LayerPath) throws(LayerError) {
        var isBookkeeping = false
        for component in path.bytes[..<path.nameStart].split(separator: 0x2F) where component.starts(with: Self.prefix)
        {
            guard component.starts(with: Self.bookkeepingPrefix), !component.elementsEqual(Self.opaqueName) else {
                throw LayerError(.malformedWhiteout, entry: path.description)
            }
            isBookkeeping = true
        }
        let name = path.name
        if isBookkeeping {
            self = .bookkeeping
        } else if !name.starts(with: Self.prefix) {
            self = .none
        } else if name.elementsEqual(Self.opaqueName) {
            self = .opaque
        } else if name.starts(with: Self.bookkeepingPrefix) {
            self = .bookkeeping
        } else {
            let hidden = name.dropFirst(Self.prefix.count)
            guard !hidden.isEmpty, !hidden.elementsEqual([0x2E]), !hidden.elementsEqual([0x2E, 0x2E]) else {
                throw LayerError(.malformedWhiteout, entry: path.description)
            }
            self = .removal(hidden)
        }
    }
}
