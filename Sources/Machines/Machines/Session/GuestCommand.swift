/// One command to run in a guest of its own, as a value: everything that decides what runs there, and nothing that happens
/// while it does.
package struct GuestCommand: Hashable, Sendable {
    /// The program and its arguments. A name without a slash is looked for in the environment's PATH, in the guest.
    package var arguments: [String]
    /// `NAME=value`.
    package var environment: [String]
    /// Absolute; made where the root lacks it.
    package var workingDirectory: String
    package var user: UInt32
    package var group: UInt32
    package var additionalGroups: [UInt32]
    package var hostname: String
    /// The size of the terminal it runs on; nil for no terminal, with standard output and standard error apart.
    package var terminal: TerminalSize?
    /// Whether the caller's input is handed to it; without, it reads nothing.
    package var attachesInput: Bool
    /// The root as it is in the image, with memory at /tmp, /run and /var/tmp to write to.
    package var readOnlyRoot: Bool
    /// Files that are put into the root before the command starts: a hosts file, a resolver's configuration.
    package var files: [File]
    /// Directories and files of the host in the guest.
    package var shares: [Share]
    /// The guest's network devices; none: loopback alone.
    package var interfaces: [GuestInterface]
    /// The guest's memory in bytes; nil for as much as the root needs, and 128 MiB.
    package var memory: UInt64?
    package var vcpus: Int

    /// A small file, owned by root.
    package struct File: Hashable, Sendable {
        /// Absolute. Links on the way are the image's own and stay inside it.
        package var path: String
        package var mode: UInt32
        package var content: [UInt8]

        package init(path: String, mode: UInt32 = 0o644, content: [UInt8]) {
            self.path = path
            self.mode = mode
            self.content = content
        }

        /// A directory, made where the root lacks it; one that is there stays as it is.
        package init(directory path: String) {
            // S_IFDIR, by which the guest knows it.
            self.init(path: path, mode: 0o040_755, content: [])
        }
    }

    /// A directory or a file of the host, live in the guest by virtiofs: what one writes, the other reads.
    package struct Share: Hashable, Sendable {
        /// On the host.
        package var source: String
        /// In the guest, absolute; made where the root lacks it.
        package var target: String
        /// The host lets nothing be written, whatever root in the guest tries.
        package var readOnly: Bool

        package init(source: String, target: String, readOnly: Bool = false) {
            self.source = source
            self.target = target
            self.readOnly = readOnly
        }
    }

    package init(
        _ arguments: [String], environment: [String] = [], workingDirectory: String = "/", user: UInt32 = 0,
        group: UInt32 = 0, additionalGroups: [UInt32] = [], hostname: String = "isolab",
        terminal: TerminalSize? = nil, attachesInput: Bool = false, readOnlyRoot: Bool = false, files: [File] = [],
        shares: [Share] = [], interfaces: [GuestInterface] = [], memory: UInt64? = nil, vcpus: Int = 1
    ) {
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.group = group
        self.additionalGroups = additionalGroups
        self.hostname = hostname
        self.terminal = terminal
        self.attachesInput = attachesInput
        self.readOnlyRoot = readOnlyRoot
        self.files = files
        self.shares = shares
        self.interfaces = interfaces
        self.memory = memory
        self.vcpus = vcpus
    }
}

/// Rows and columns of a terminal.
package struct TerminalSize: Hashable, Sendable {
    package var rows: UInt16
    package var columns: UInt16

    package init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}
