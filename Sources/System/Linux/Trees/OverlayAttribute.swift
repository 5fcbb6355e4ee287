/// What overlayfs notes on files of its upper directory (Linux, Documentation/filesystems/overlayfs.rst).
package struct OverlayAttribute {
    package var isOpaque = false
    package var isWhiteout = false
    /// An attribute that says the content is elsewhere: `redirect` or `metacopy`.
    package var unreadable: String?

    package static func isReserved(_ name: String) -> Bool {
        name.starts("trusted.overlay.") || name.starts("user.overlay.")
    }

    package init(_ parent: Int32, _ name: [CChar], _ shown: String) throws(SystemError) {
        for (attribute, value) in try FileAttributes.read(name, in: parent, shown) where Self.isReserved(attribute) {
            switch attribute.parts(between: ".").last {
            case "opaque": isOpaque = value == [UInt8(ascii: "y")]
            case "whiteout": isWhiteout = true
            case "redirect", "metacopy": unreadable = attribute
            default: break
            }
        }
    }
}
