/// What takes a request's body as it comes, and answers when it is whole. It blocks on the disk: not for event loops.
///
/// One of `finish` and `cut` is called, once.
package protocol BodyReceiver: AnyObject, Sendable {
    /// Whether what it takes stays in memory until all has come.
    var isHeld: Bool { get }

    /// Takes the bytes that come next.
    func receive(_ bytes: UnsafeRawBufferPointer) throws(RegistryFault)

    /// Answers a body that came whole.
    func finish() throws(RegistryFault) -> RegistryResponse

    /// The connection broke, or what came was refused.
    func cut()
}

/// What is to be done about a request.
package enum RegistryAction: Sendable {
    case answer(RegistryResponse)
    /// The body is awaited.
    case receive(any BodyReceiver)
}
