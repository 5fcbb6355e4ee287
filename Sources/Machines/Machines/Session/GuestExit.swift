internal import Glibc
internal import Linux

/// How a command in a guest came out.
package enum GuestExit: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// The guest was there, but the command could not be started.
    case notStarted(GuestStartFailure)

    /// A wait status (`wait(2)`).
    init(waitStatus status: UInt32) {
        let signal = status & 0x7f
        self = signal == 0 ? .exited(Int32(status >> 8 & 0xff)) : .signalled(Int32(signal))
    }

    /// As a shell has it: the status, 128 + signal, 127 for what was not found, 126 for what cannot be run, 125 where the
    /// guest could not be made ready.
    package var shellStatus: Int32 {
        switch self {
        case .exited(let status): status
        case .signalled(let signal): 128 + signal
        case .notStarted(let failure): failure.shellStatus
        }
    }
}

/// Why a command was not started in its guest.
package struct GuestStartFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was under way: the same numbers as in Sources/Programs/isolab-init/Frame.swift.
    package enum Stage: UInt32, Hashable, Sendable {
        case parameters = 1
        case root, disk, overlay, mounts, streams, terminal, fork, groups, user, directory, execute, readOnly, file,
            share, network
    }

    package let stage: Stage?
    /// The guest kernel's error number.
    package let errno: Int32
    /// The program that was asked for.
    package let program: String

    package var shellStatus: Int32 {
        guard stage == .execute else { return stage == .directory ? 126 : 125 }
        return errno == ENOENT || errno == ENOTDIR ? 127 : 126
    }

    package var description: String {
        let words = SystemError.message(errno)
        return switch stage {
        case .execute: errno == ENOENT ? "\(program): not found in the image" : "\(program): \(words)"
        case .disk: "the guest cannot mount its disk: \(words); its kernel needs virtio_blk and the disk's file system"
        case .overlay: "the guest cannot lay memory over its disk: \(words); its kernel needs overlayfs"
        case .directory: "the working directory cannot be entered: \(words)"
        case .parameters:
            "the guest did not understand its parameters: isolab and isolab-init have different versions"
        case .terminal: "the guest has no terminal: \(words)"
        case .user, .groups: "the guest cannot become that user: \(words)"
        case .share: "a directory of the host cannot be mounted in the guest: \(words); its kernel needs virtiofs"
        case .network:
            "a network device of the guest cannot be set up: \(words); its kernel needs virtio_net, built in or as a module beside it"
        case .file: "a file cannot be placed in the guest's root: \(words)"
        case .root, .mounts, .streams, .fork, .readOnly: "the guest's root cannot be made ready: \(words)"
        case nil: "the guest could not start \(program): \(words)"
        }
    }
}
