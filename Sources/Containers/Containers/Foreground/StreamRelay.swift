import Glibc
public import Linux

/// Gives a container pipes for standard streams and carries between them and the caller's.
///
/// None of the caller's own open files goes in. What is handed in can be opened anew by whoever has it (`/proc/self/fd/1`), with
/// rights the caller did not mean to give: a log that is appended to is read and overwritten, given another mode, another
/// owner. That holds for pipes, too: the reading end of an output opens by the same name, and with it what others write into the
/// pipe of a whole script; a FIFO has its name and mode in the host's file system; a socket is of the host's network
/// namespace, and leads there. So everything is carried, by splice(2) where it can be; only of the null device the container
/// has one itself, and gets that.
public final class StreamRelay: Relay {
    private(set) var flows: [Flow] = []
    /// The container has no terminal of the caller's: it has pipes, and learns from these who reads them.
    let isHungUp = false
    /// The container's ends, until it has them.
    private var childEnds: [Int32] = []
    private let null: OwnedDescriptor
    /// For the launch.
    public private(set) var childStreams: StandardStreams

    /// - Parameters:
    ///   - input: whether what is sent to the caller goes in; else the container reads nothing.
    ///   - output: whether what it says comes out.
    ///   - kept: takes what it says, whether it comes out or not.
    public init(input: Bool, output: Bool = true, keeping kept: KeptOutput? = nil) throws(SystemError) {
        null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        childStreams = StandardStreams(input: null.number, output: null.number, error: null.number)
        if input { childStreams.input = try carry(.inward, HostStream(0, O_RDONLY)) }
        guard output || kept != nil else { return }
        let outputs = output ? (HostStream(1, O_WRONLY), HostStream(2, O_WRONLY)) : (Self.nowhere, Self.nowhere)
        childStreams.output = try carry(.outward, outputs.0, kept)
        // Where both go to one place, by one pipe: what is written comes out in the order in which it was.
        let isOne = !output || outputs.1.isSame(as: outputs.0)
        childStreams.error = isOne ? childStreams.output : try carry(.outward, outputs.1, kept)
    }

    deinit { for end in childEnds { close(end) } }

    /// What is written there is gone.
    private static var nowhere: HostStream { HostStream(-1, O_WRONLY) }

    /// - Returns: the container's end.
    private func carry(
        _ way: Flow.Way, _ host: HostStream, _ kept: KeptOutput? = nil
    ) throws(SystemError) -> Int32 {
        let isForNobody = host.kind == .null || host.kind == .absent
        guard !isForNobody || kept != nil else { return null.number }
        let pipe = try Pipe("a container's standard stream")
        let inner = way == .inward ? pipe.takeWriteEnd() : pipe.takeReadEnd()
        let child = way == .inward ? pipe.takeReadEnd() : pipe.takeWriteEnd()
        _ = fcntl(inner, F_SETFL, O_NONBLOCK)
        var observe: ((UnsafeRawBufferPointer) -> Void)?
        if let kept { observe = { kept.add($0) } }
        flows.append(
            Flow(way, host: isForNobody ? Self.nowhere : host, inner: inner, owned: true, observe: observe))
        childEnds.append(child)
        return child
    }

    /// Why something the command wrote is lost, or something it should have read.
    public var failure: SystemError? { flows.lazy.compactMap(\.failure).first }

    /// Whatever holds the container's ends now is in the container.
    func begin() {
        BrokenPipes.block()
        for end in childEnds { close(end) }
        childEnds = []
    }

    func advanced() {}

    func resize() {}

    func end() {}
}
