import Linux

/// What lies between the caller's streams and those of a process in the foreground.
protocol Relay: AnyObject {
    var flows: [Flow] { get }
    /// Nobody is at the other side of the caller's terminal any more, which is the container's by now.
    var isHungUp: Bool { get }
    /// Something was carried.
    func advanced()
    /// The process runs.
    func begin()
    /// The caller's terminal has another size.
    func resize()
    /// All is carried.
    func end()
}
