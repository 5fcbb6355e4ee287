import Linux

extension Lab {
    /// Frees what killed runs left behind; what the next run would do by itself.
    ///
    /// - Returns: what was released and what could not be, one short phrase each.
    /// - Throws: `LabError` where the state directory cannot be trusted.
    package static func releaseLeftovers(
        stateDirectory: String? = nil
    ) throws(LabError) -> (released: [String], kept: [String]) {
        let state = stateDirectory ?? StandardDirectories.state
        do { try StandardDirectories.claim(state) } catch { throw .system(error) }
        return RunLeftovers.release(state: state)
    }
}
