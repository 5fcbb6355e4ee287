import Linux

/// What lies between the caller's streams and those of a process in the foreground.
protocol Relay: AnyObject {
    var flows: [Flow] { get }
    /// Something was carried.
    func advanced()
    /// The process runs.
    func begin()
    /// The caller's terminal has another size.
    func resize()
    /// All is carried.
    func end()
}
