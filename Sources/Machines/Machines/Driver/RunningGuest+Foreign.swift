internal import Glibc
internal import Linux

/// A guest whose QEMU is the child of a libvirt daemon: who it is, the channel's socket knows; that it ended, its pidfd.
extension RunningGuest {
    /// QEMU opened the channel. Called on the channel's thread, before the guest can run.
    func meet(_ pid: Int32) {
        guard let process = ForeignProcess(pid: pid, using: domain.channelSocket) else { return }
        state.update {
            $0.pid = pid
            $0.foreign = process
        }
        BackgroundThread.start { self.outlive(process) }
    }

    /// Notes what QEMU used so far: after its end its parent may reap it before anybody can ask.
    func noteUsage() {
        guard let process = state.update({ $0.foreign }), let usage = process.usage else { return }
        state.update { $0.usage = usage.joined($0.usage) }
    }

    private func outlive(_ process: ForeignProcess) {
        process.waitForEnd()
        let now = HostClock.now()
        noteUsage()
        // Only its parent was told how it ended; libvirt says why it let the guest go, a moment later.
        let status = state.wait(.seconds(10)) { $0.foreignStatus } ?? 1
        took(GuestEvent(.reaped, name: domain.name, at: now, pid: process.pid, status: status))
    }
}

extension RunningGuest.State {
    /// The exit status that libvirt's words stand for: 0 where the guest ended itself, 137 where it was destroyed, 1 where
    /// QEMU failed; `nil` where libvirt has not spoken yet.
    var foreignStatus: Int32? {
        if timeline.shutdown != nil { return 0 }
        switch stoppedReason {
        case nil: return lost == nil ? nil : 1
        case "shutdown": return 0
        case "destroyed": return 128 + SIGKILL
        default: return 1
        }
    }
}
