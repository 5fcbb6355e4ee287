/// To whom the files of a layer are given, and by what numbers they are packed.
public enum Ownership: Equatable, Sendable {
    /// As the archive says; needs privileges over those numbers.
    case recorded
    /// Through a map from the container's numbers to the host's.
    case mapped(users: IdentifierMap, groups: IdentifierMap)
    /// Everything is one user's, whatever the archive says.
    case one(user: UInt32, group: UInt32)
    /// Everything is the caller's own: what an ordinary user can do without a user namespace.
    case own
}

/// Ranges of numbers, as in `uid_map` (`user_namespaces(7)`).
public struct IdentifierMap: Equatable, Sendable {
    public struct Range: Equatable, Sendable {
        public var container: UInt32
        public var host: UInt32
        public var count: UInt32

        public init(container: UInt32, host: UInt32, count: UInt32) {
            self.container = container
            self.host = host
            self.count = count
        }
    }

    public var ranges: [Range]

    public init(_ ranges: [Range]) { self.ranges = ranges }

    /// The host's number of one in the container; nil where there is none.
    public func host(of container: UInt32) -> UInt32? {
        for range in ranges where container >= range.container && container - range.container < range.count {
            let (number, overflow) = range.host.addingReportingOverflow(container - range.container)
            return overflow ? nil : number
        }
        return nil
    }

    /// The container's number of one on the host; nil where there is none.
    public func container(of host: UInt32) -> UInt32? {
        for range in ranges where host >= range.host && host - range.host < range.count {
            let (number, overflow) = range.container.addingReportingOverflow(host - range.host)
            return overflow ? nil : number
        }
        return nil
    }
}
