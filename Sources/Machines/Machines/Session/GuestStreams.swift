/// The caller's ends of a command's streams: descriptors, borrowed for as long as it runs.
public struct GuestStreams: Hashable, Sendable {
    public var input: Int32
    public var output: Int32
    /// Unused with a terminal, where there is one stream.
    public var error: Int32

    public init(input: Int32 = 0, output: Int32 = 1, error: Int32 = 2) {
        self.input = input
        self.output = output
        self.error = error
    }
}
