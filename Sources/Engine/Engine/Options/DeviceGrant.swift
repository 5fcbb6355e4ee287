import Linux

/// `--device SOURCE[:TARGET][:ACCESS]`: a device of the host that the container may use.
package struct DeviceGrant: Equatable, Sendable {
    /// On the host.
    package var source: String
    /// In the container.
    package var target: String
    /// Of `r`, `w` and `m`.
    package var access: String

    package init(_ option: String, _ text: String) throws(OptionError) {
        func fail(_ problem: String) -> OptionError { OptionError(option, text, problem) }
        var parts = text.fields(between: ":").map(String.init)
        access = "rwm"
        if parts.count > 1, let last = parts.last, !last.starts("/") {
            guard !last.isEmpty, last.allSatisfy({ "rwm".contains($0) }), Set(last).count == last.count else {
                throw fail("'\(last)' is not an access mode: use r (read), w (write) and m (mknod), each at most once")
            }
            access = last
            parts.removeLast()
        }
        guard (1...2).contains(parts.count) else { throw fail("takes SOURCE, SOURCE:TARGET or SOURCE:TARGET:ACCESS") }
        guard parts[0].starts("/") else { throw fail("the device must be named by its absolute path") }
        source = parts[0]
        target = try containerPath(option, text, parts.count == 2 ? parts[1] : parts[0])
    }
}
