import CKeeper

/// Stays beside one container: owns its streams, writes its log, serves attached commands, passes requests to end on, and reaps its first
/// process. Whatever has to be decided it leaves to isolab, which it becomes for that (execve), and which becomes this program again: the
/// container's parent is one process all the time, small while there is nothing to decide.
///
/// Arguments: the container's name (for whoever lists processes), its identifier, isolab's path, and a `KeeperOrder`. The
/// working directory is the container's.
@_cdecl("isolab_keeper_main")
public func keeperMain(_ count: Int32, _ words: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    keeper_save_memory()
    guard Int(count) >= KeeperOrder.leading + 1, let identifier = words[2], let isolab = words[3] else {
        return usage()
    }
    var order = KeeperOrder()
    for index in (KeeperOrder.leading + 1)..<Int(count) {
        guard let word = words[index] else { return usage() }
        let bytes = UnsafeRawPointer(word).assumingMemoryBound(to: UInt8.self)
        guard order.take(UnsafeBufferPointer(start: bytes, count: strlen(word))) else { return usage() }
    }
    let keeper = Keeper(order, identifier: identifier, isolab: isolab)
    keeper.run()
}

private func usage() -> Int32 {
    let text: StaticString = "isolab-keeper: isolab starts it, beside a container in the background\n"
    _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
    return 2
}
