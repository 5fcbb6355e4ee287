/// One command to run in a guest of its own, as a value: everything that decides what runs there, and nothing that happens
/// while it does.
public struct GuestCommand: Hashable, Sendable {
    /// The program and its arguments. A name without a slash is looked for in the environment's PATH, in the guest.
    public var arguments: [String]
    /// `NAME=value`.
    public var environment: [String]
    /// Absolute; made where the root lacks it.
    public var workingDirectory: String
    public var user: UInt32
    public var group: UInt32
    public var additionalGroups: [UInt32]
    public var hostname: String
    /// The size of the terminal it runs on; nil for no terminal, with standard output and standard error apart.
    public var terminal: TerminalSize?
    /// Whether the caller's input is handed to it; without, it reads nothing.
    public var attachesInput: Bool
    /// The root as it is in the image, with memory at /tmp, /run and /var/tmp to write to.
    public var readOnlyRoot: Bool
    /// Files that are put into the root before the command starts: a hosts file, a resolver's configuration.
    public var files: [File]
    /// Directories and files of the host in the guest.
    public var shares: [Share]
    /// The guest's memory in bytes; nil for as much as the root needs, and 128 MiB.
    public var memory: UInt64?
    public var vcpus: Int

    /// A small file, owned by root.
    public struct File: Hashable, Sendable {
        /// Absolute. Links on the way are the image's own and stay inside it.
        public var path: String
        public var mode: UInt32
        public var content: [UInt8]

        public init(path: String, mode: UInt32 = 0o644, content: [UInt8]) {
            self.path = path
            self.mode = mode
            self.content = content
        }

        /// A directory, made where the root lacks it; one that is there stays as it is.
        public init(directory path: String) {
            // S_IFDIR, by which the guest knows it.
            self.init(path: path, mode: 0o040_755, content: [])
        }
    }

    /// A directory or a file of the host, live in the guest by virtiofs: what one writes, the other reads.
    public struct Share: Hashable, Sendable {
        /// On the host.
        public var source: String
        /// In the guest, absolute; made where the root lacks it.
        public var target: String
        /// The host lets nothing be written, whatever root in the guest tries.
        public var readOnly: Bool

        public init(source: String, target: String, readOnly: Bool = false) {
            self.source = source
            self.target = target
            self.readOnly = readOnly
        }
    }

    public init(
        _ arguments: [String], environment: [String] = [], workingDirectory: String = "/", user: UInt32 = 0,
        group: UInt32 = 0, additionalGroups: [UInt32] = [], hostname: String = "isolab",
        terminal: TerminalSize? = nil, attachesInput: Bool = false, readOnlyRoot: Bool = false, files: [File] = [],
        shares: [Share] = [], memory: UInt64? = nil, vcpus: Int = 1
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
        self.memory = memory
        self.vcpus = vcpus
    }
}

/// Rows and columns of a terminal.
public struct TerminalSize: Hashable, Sendable {
    public var rows: UInt16
    public var columns: UInt16

    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}
