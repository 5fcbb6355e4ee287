extension Lab {
    /// Frees what killed runs left behind; what the next run would do by itself.
    ///
    /// - Returns: what was released, one short phrase each.
    public static func releaseLeftovers(stateDirectory: String? = nil) -> [String] {
        Leftovers.release(state: stateDirectory ?? Directories.state)
    }
}
