extension RuntimeConfiguration.LinuxSettings {
    func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        try validateNamespaces(&check)
        try validateMappings(&check)
        try validateTimeOffsets(&check)
        try check.each("devices", devices) { (device, _) throws(DocumentFault) in try device.validate() }
        try validateNetworkDevices(&check)
        if let cgroupsPath {
            try DocumentFault.unless(
                !cgroupsPath.split(separator: "/").contains(".."), "cgroupsPath",
                "\(quoting: cgroupsPath) goes up with '..'")
        }
        try check.inside("resources", resources) { (resources, check) throws(DocumentFault) in
            try resources.validate(&check)
        }
        try check.inside("intelRdt", intelRdt) { (settings, check) throws(DocumentFault) in
            try settings.validate(&check)
        }
        try check.inside("memoryPolicy", memoryPolicy) { (policy, check) throws(DocumentFault) in
            try policy.validate(&check)
        }
        try validateKernelParameters(&check)
        try check.inside("seccomp", seccomp) { (profile, check) throws(DocumentFault) in
            try profile.validate(&check)
        }
        if let rootfsPropagation {
            try DocumentFault.unlessOne(of: Self.propagations, rootfsPropagation, "rootfsPropagation")
        }
        try validateCoveredPaths("maskedPaths", maskedPaths, &check)
        try validateCoveredPaths("readonlyPaths", readonlyPaths, &check)
        try check.inside("personality", personality) { (personality, check) throws(DocumentFault) in
            try DocumentFault.unlessOne(of: ["LINUX", "LINUX32"], personality.domain, "domain")
            try DocumentFault.unless(
                personality.flags.isEmpty, "flags", "is not empty, and the specification knows no flags yet")
        }
    }

    /// The words of `rootfsPropagation`; those with `r` are not the specification's, but runc's and crun's.
    public static let propagations = [
        "shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable",
    ]

    private func namespace(_ kind: RuntimeConfiguration.Namespace.Kind) -> RuntimeConfiguration.Namespace? {
        namespaces.first { $0.kind == kind }
    }

    private func validateNamespaces(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        var seen: [RuntimeConfiguration.Namespace.Kind] = []
        try check.each("namespaces", namespaces) { (namespace, _) throws(DocumentFault) in
            try DocumentFault.unless(
                !seen.contains(namespace.kind), "type", "\(namespace.kind.rawValue) is given twice")
            seen.append(namespace.kind)
            try DocumentFault.unlessAbsolute(namespace.path, "path")
        }
    }

    private func validateMappings(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        let hasUserNamespace = namespace(.user) != nil
        for (mappings, member) in [(uidMappings, "uidMappings" as StaticString), (gidMappings, "gidMappings")] {
            try DocumentFault.unless(
                hasUserNamespace || mappings.isEmpty, member, "needs a user namespace in linux.namespaces")
            try RuntimeConfiguration.IDMapping.validate(mappings, member, &check)
        }
    }

    /// `time_namespaces(7)`.
    private func validateTimeOffsets(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        guard !timeOffsets.isEmpty else { return }
        guard let time = namespace(.time) else {
            throw DocumentFault(path: "timeOffsets", "needs a time namespace in linux.namespaces")
        }
        try DocumentFault.unless(
            time.path == nil, "timeOffsets",
            "is for a new time namespace, not for the existing \(shown(time.path ?? ""))")
        try check.entries("timeOffsets", timeOffsets) { (clock, offset, _) throws(DocumentFault) in
            try DocumentFault.unless(
                clock == "monotonic" || clock == "boottime",
                "is a clock without an offset; monotonic and boottime have one")
            let nanoseconds = offset.nanosecs ?? 0
            try DocumentFault.unless(
                nanoseconds < 1_000_000_000, "nanosecs", "\(nanoseconds) is a second or more")
        }
    }

    private func validateNetworkDevices(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        guard !netDevices.isEmpty else { return }
        try DocumentFault.unless(
            namespace(.network) != nil, "netDevices", "needs a network namespace in linux.namespaces")
        var taken: [String: String] = [:]
        try check.entries("netDevices", netDevices) { (outside, device, _) throws(DocumentFault) in
            try DocumentFault.unless(
                Self.isInterfaceName(outside), "is not the name of a network device")
            let inside = device.name ?? outside
            try DocumentFault.unless(
                Self.isInterfaceName(inside), "name", "\(quoting: inside) is not the name of a network device")
            // The kernel numbers a template's devices itself.
            guard !inside.contains("%d") else { return }
            if let other = taken.updateValue(outside, forKey: inside) {
                throw DocumentFault(path: "name", "\(quoting: inside) is the name of \(other) inside as well")
            }
        }
    }

    /// As the kernel has it (`dev_valid_name`), with at most one `%d`.
    private static func isInterfaceName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count < 16, name != ".", name != ".." else { return false }
        let percents = name.utf8.count { $0 == UInt8(ascii: "%") }
        guard percents == 0 || (percents == 1 && name.contains("%d")) else { return false }
        return !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") || $0 <= 0x20 }
    }

    /// A parameter that no namespace of the container's own holds is the host's (as runc has it).
    private func validateKernelParameters(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        let parameters = sysctl.map { ($0.name, $0.value) }
        try check.entries("sysctl", inOrder: parameters) { (name, _, _) throws(DocumentFault) in
            guard let parameter = KernelParameter(name) else {
                throw DocumentFault("is not the name of a kernel parameter")
            }
            guard let kind = parameter.namespace else {
                throw DocumentFault("belongs to the whole host, not to a namespace")
            }
            try DocumentFault.unless(
                namespace(kind) != nil, "needs a namespace of type \(kind.rawValue) in linux.namespaces")
            try DocumentFault.unless(
                parameter.path != "kernel/hostname", "is what the member hostname is for")
        }
    }

    private func validateCoveredPaths(
        _ member: StaticString, _ paths: [String], _ check: inout ConfigurationCheck
    ) throws(DocumentFault) {
        try DocumentFault.unless(
            paths.isEmpty || namespace(.mount) != nil, member, "needs a mount namespace in linux.namespaces")
        try check.each(member, paths) { (path, _) throws(DocumentFault) in
            try DocumentFault.unless(path.hasPrefix("/"), "\(quoting: path) is not an absolute path")
        }
    }
}

extension RuntimeConfiguration.Device {
    /// `mknod(2)`: the kernel has 12 bits for a major number and 20 for a minor one.
    fileprivate func validate() throws(DocumentFault) {
        try DocumentFault.unlessOne(of: ["c", "b", "u", "p"], type, "type")
        try DocumentFault.unlessAbsolute(path, "path")
        for (number, greatest, member) in [
            (major, Int64(0xFFF), "major" as StaticString), (minor, Int64(0xFFFFF), "minor"),
        ] {
            guard let number else {
                try DocumentFault.unless(type == "p", member, "is missing, and devices of type \(type) need it")
                continue
            }
            try DocumentFault.unless(0...greatest ~= number, member, "\(number) is not between 0 and \(greatest)")
        }
    }
}

extension RuntimeConfiguration.MemoryPolicy {
    /// The words of `memoryPolicy.mode`.
    public static let modes = [
        "MPOL_DEFAULT", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE", "MPOL_PREFERRED",
        "MPOL_PREFERRED_MANY", "MPOL_LOCAL",
    ]
    /// The words of `memoryPolicy.flags`.
    public static let knownFlags = ["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"]

    /// `set_mempolicy(2)`.
    fileprivate func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        try DocumentFault.unlessOne(of: Self.modes, mode, "mode")
        try IndexList.validate(nodes, "nodes")
        let hasNodes = !(nodes.flatMap { IndexList($0) }?.isEmpty ?? true)
        switch mode {
        case "MPOL_DEFAULT", "MPOL_LOCAL":
            try DocumentFault.unless(!hasNodes, "nodes", "\(mode) takes no nodes")
        case "MPOL_PREFERRED": break
        default: try DocumentFault.unless(hasNodes, "nodes", "is missing, and \(mode) needs at least one node")
        }
        try check.each("flags", flags) { (flag, _) throws(DocumentFault) in
            try DocumentFault.unless(
                Self.knownFlags.contains(flag),
                "\(quoting: flag) is not one of \(Self.knownFlags.joined(separator: ", "))")
        }
        try DocumentFault.unless(
            !flags.contains("MPOL_F_STATIC_NODES") || !flags.contains("MPOL_F_RELATIVE_NODES"), "flags",
            "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other")
    }
}

extension RuntimeConfiguration.IntelRDT {
    /// Every string is one line of a file, or the name of a directory.
    fileprivate func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        if let closID, closID != "/" {
            try DocumentFault.unless(
                closID != "." && closID != ".." && !closID.contains("/"), "closID",
                "\(quoting: closID) is not the name of a directory")
        }
        if let l3CacheSchema {
            try Self.validateLine(l3CacheSchema, "l3CacheSchema")
            if !l3CacheSchema.hasPrefix("L3:") { check.warn("l3CacheSchema", "does not begin with L3:") }
        }
        if let memBwSchema {
            try Self.validateLine(memBwSchema, "memBwSchema")
            try DocumentFault.unless(memBwSchema.hasPrefix("MB:"), "memBwSchema", "does not begin with MB:")
        }
        try check.each("schemata", schemata) { (line, _) throws(DocumentFault) in
            try DocumentFault.unless(!line.utf8.contains(0x0A), "is more than one line")
        }
    }

    private static func validateLine(_ line: String, _ member: StaticString) throws(DocumentFault) {
        try DocumentFault.unless(!line.utf8.contains(0x0A), member, "is more than one line")
    }
}
