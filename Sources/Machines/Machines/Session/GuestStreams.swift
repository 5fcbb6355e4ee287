/// The caller's ends of a command's streams: descriptors, borrowed for as long as it runs.
package struct GuestStreams: Hashable, Sendable {
    package var input: Int32
    package var output: Int32
    /// Unused with a terminal, where there is one stream.
    package var error: Int32

    package init(input: Int32 = 0, output: Int32 = 1, error: Int32 = 2) {
        self.input = input
        self.output = output
        self.error = error
    }
}
