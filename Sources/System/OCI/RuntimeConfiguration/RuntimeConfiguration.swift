/// What a container is, in full: the `config.json` of a bundle.
///
/// OCI runtime specification 1.3, the parts common to POSIX platforms and Linux; those of other platforms (`windows`,
/// `solaris`, `zos`, `vm`, `freebsd`) are not read. Member names are spelt out here; the JSON keeps the specification's.
/// Unknown members are ignored, as the specification asks.
public struct RuntimeConfiguration: Equatable, Sendable {
    /// The version of the specification the document follows.
    public var ociVersion: String
    public var root: Root?
    public var hostname: String?
    /// Since 1.1.
    public var domainname: String?
    /// Required when the container is started, not when it is created.
    public var process: Process?
    /// In the order in which they are to be made.
    public var mounts: [Mount]
    public var hooks: Hooks?
    public var linux: LinuxSettings?
    public var annotations: [String: String]

    public init(
        ociVersion: String, root: Root? = nil, hostname: String? = nil, domainname: String? = nil,
        process: Process? = nil, mounts: [Mount] = [], hooks: Hooks? = nil, linux: LinuxSettings? = nil,
        annotations: [String: String] = [:]
    ) {
        self.ociVersion = ociVersion
        self.root = root
        self.hostname = hostname
        self.domainname = domainname
        self.process = process
        self.mounts = mounts
        self.hooks = hooks
        self.linux = linux
        self.annotations = annotations
    }
}

// MARK: - JSON

extension RuntimeConfiguration {
    static let document = "config.json"

    /// Reads the bytes of a `config.json`.
    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(RuntimeConfiguration.self, from: json, document: Self.document)
    }

    /// The bytes of a `config.json`: members in the specification's order, the keys of maps sorted, so that equal values give
    /// equal bytes.
    public func json(indented: Bool = true) -> [UInt8] {
        JSONDocument.write(self, indented: indented)
    }
}

// MARK: - Root file system and mounts

extension RuntimeConfiguration {
    /// The container's root file system.
    public struct Root: Equatable, Sendable {
        /// Absolute, or relative to the bundle.
        public var path: String
        public var readonly: Bool

        public init(path: String, readonly: Bool = false) {
            self.path = path
            self.readonly = readonly
        }
    }

    /// One mount beyond the root file system.
    public struct Mount: Equatable, Sendable {
        /// Absolute, inside the container.
        public var destination: String
        /// The file system, e.g. `proc`; absent or `bind` or `none` for bind mounts, whose options say so.
        public var type: String?
        public var source: String?
        /// As in `fstab(5)` and the specification's table: flags (`nosuid`, `rbind`, `rslave` …) and the file system's own data.
        public var options: [String]
        /// Since 1.1: mappings of an idmapped mount.
        public var uidMappings: [IDMapping]
        public var gidMappings: [IDMapping]

        public init(
            destination: String, type: String? = nil, source: String? = nil, options: [String] = [],
            uidMappings: [IDMapping] = [], gidMappings: [IDMapping] = []
        ) {
            self.destination = destination
            self.type = type
            self.source = source
            self.options = options
            self.uidMappings = uidMappings
            self.gidMappings = gidMappings
        }
    }
}

// MARK: - Hooks

extension RuntimeConfiguration {
    /// Programs run at points of the container's life.
    public struct Hooks: Equatable, Sendable {
        /// Deprecated since 1.0.2 in favour of the three that follow.
        public var prestart: [Hook]
        public var createRuntime: [Hook]
        public var createContainer: [Hook]
        public var startContainer: [Hook]
        public var poststart: [Hook]
        public var poststop: [Hook]

        public init(
            prestart: [Hook] = [], createRuntime: [Hook] = [], createContainer: [Hook] = [],
            startContainer: [Hook] = [], poststart: [Hook] = [], poststop: [Hook] = []
        ) {
            self.prestart = prestart
            self.createRuntime = createRuntime
            self.createContainer = createContainer
            self.startContainer = startContainer
            self.poststart = poststart
            self.poststop = poststop
        }
    }

    /// One program of a hook.
    public struct Hook: Equatable, Sendable {
        /// Absolute.
        public var path: String
        /// As `execv(3)` takes them: the name first.
        public var arguments: [String]
        /// Nil: that of who runs it.
        public var environment: [String]?
        /// Seconds, greater than zero.
        public var timeout: Int?

        public init(path: String, arguments: [String] = [], environment: [String]? = nil, timeout: Int? = nil) {
            self.path = path
            self.arguments = arguments
            self.environment = environment
            self.timeout = timeout
        }
    }
}

extension RuntimeConfiguration: JSONObject {
    public static var blank: Self { Self(ociVersion: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("ociVersion", &ociVersion)
        try members.optional("process", &process)
        try members.optional("root", &root)
        try members.text("hostname", &hostname)
        try members.text("domainname", &domainname)
        try members.defaulted("mounts", &mounts)
        try members.optional("hooks", &hooks)
        try members.defaulted("annotations", &annotations)
        try members.optional("linux", &linux)
    }
}

extension RuntimeConfiguration.Root: JSONObject {
    public static var blank: Self { Self(path: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("path", &path)
        try members.defaulted("readonly", &readonly)
    }
}

extension RuntimeConfiguration.Mount: JSONObject {
    public static var blank: Self { Self(destination: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("destination", &destination)
        try members.text("type", &type)
        try members.text("source", &source)
        try members.defaulted("options", &options)
        try members.defaulted("uidMappings", &uidMappings)
        try members.defaulted("gidMappings", &gidMappings)
    }
}

extension RuntimeConfiguration.Hooks: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.defaulted("prestart", &prestart)
        try members.defaulted("createRuntime", &createRuntime)
        try members.defaulted("createContainer", &createContainer)
        try members.defaulted("startContainer", &startContainer)
        try members.defaulted("poststart", &poststart)
        try members.defaulted("poststop", &poststop)
    }
}

extension RuntimeConfiguration.Hook: JSONObject {
    public static var blank: Self { Self(path: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("path", &path)
        try members.defaulted("args", &arguments)
        try members.optional("env", &environment)
        try members.optional("timeout", &timeout)
    }
}
