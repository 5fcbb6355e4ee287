/// Waits for a quiet host before a block.
enum HostGate {
    /// - Returns: what the reader must know where the host stayed busy.
    static func wait() -> String? { nil }
}
