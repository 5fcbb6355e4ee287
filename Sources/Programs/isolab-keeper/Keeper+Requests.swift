import CKeeper

extension Keeper {
    /// Does what a command asks for.
    func serve(_ frame: KeeperFrame, of client: Client) {
        switch frame.kind {
        case .attach:
            guard let flags = frame.content.first else { return client.drop() }
            client.flags = flags & (AttachFlags.input | AttachFlags.output | AttachFlags.error)
            client.isWaiting = true
            client.answer(0)
        case .watch:
            client.isWaiting = true
            client.answer(0)
        case .input:
            guard client.flags & AttachFlags.input != 0, !endsInput else { return }
            input.append(contentsOf: frame.content)
            writeInput()
        case .endOfInput:
            guard client.flags & AttachFlags.input != 0, order[.inputOnce] != 0 else { return }
            endsInput = true
            writeInput()
        case .resize:
            guard frame.content.count == 4, order[.terminal] >= 0 else { return }
            keeper_resize(
                order.descriptor(.terminal), Int32(frame.content[0]) << 8 | Int32(frame.content[1]),
                Int32(frame.content[2]) << 8 | Int32(frame.content[3]))
        case .signal:
            guard frame.content.count == 2 else { return client.drop() }
            if frame.content[1] != 0 { order[.stopped] = 1 }
            guard isRunning else {
                if frame.content[1] != 0 { stop(SIGKILL, within: 0, reason: 1) }
                return client.answer(0)
            }
            client.answer(kill(process, Int32(frame.content[0])) == 0 ? 0 : keeper_errno())
        case .stop:
            guard frame.content.count == 5, let milliseconds = KeeperFrame.number(frame.content, at: 1) else {
                return client.drop()
            }
            stop(
                Int32(frame.content[0]), within: milliseconds >> 31 != 0 ? -1 : Int64(milliseconds), reason: 1)
            client.isWaiting = true
            client.answer(0)
        case .output, .error, .answer, .ended: client.drop()
        }
    }
}
