/// A stretch of a container's start or end: what was done, by whom, from when to when.
public struct ContainerPhase: Equatable, Sendable {
    public enum Actor: String, Sendable {
        /// The process that launches.
        case launcher
        /// The container's first process, before it runs its program.
        case child
    }

    public var name: String
    public var actor: Actor
    /// `HostClock` nanoseconds.
    public var start: UInt64
    public var end: UInt64

    public init(_ name: String, _ actor: Actor, start: UInt64, end: UInt64) {
        self.name = name
        self.actor = actor
        self.start = start
        self.end = end
    }
}
