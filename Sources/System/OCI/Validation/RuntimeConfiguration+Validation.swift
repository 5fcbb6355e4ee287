extension RuntimeConfiguration {
    /// Checks everything that can be known to be wrong without looking at the host: what the specification calls an error,
    /// and what no kernel takes.
    ///
    /// - Returns: What the specification wants said, and not failed for.
    /// - Throws: The first error, in the order of the specification.
    public func validate() throws(ConfigurationError) -> [ConfigurationWarning] {
        try ConfigurationCheck.run(document: Self.document) { (check) throws(DocumentFault) in
            try validate(&check)
        }
    }

    private func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        try validateVersion(&check)
        guard let root else { throw DocumentFault(path: "root", "is missing") }
        try DocumentFault.unless(!root.path.isEmpty, "root.path", "is empty")

        try validateName("hostname", hostname)
        try validateName("domainname", domainname)
        try check.inside("process", process) { (process, check) throws(DocumentFault) in
            try process.validate(&check)
        }
        try check.each("mounts", mounts) { (mount, check) throws(DocumentFault) in
            try mount.validate(hasUserNamespace: has(.user), &check)
        }
        try check.inside("hooks", hooks) { (hooks, check) throws(DocumentFault) in try hooks.validate(&check) }
        try check.inside("linux", linux) { (linux, check) throws(DocumentFault) in try linux.validate(&check) }
        try validateDomainName()
        try check.entries("annotations", annotations) { (_, _, _) throws(DocumentFault) in }
    }

    private func has(_ kind: Namespace.Kind) -> Bool {
        linux?.namespaces.contains { $0.kind == kind } ?? false
    }

    private func validateVersion(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        let known = Self.specificationVersion
        guard let version = SpecificationVersion(ociVersion) else {
            throw DocumentFault(path: "ociVersion", "\(quoting: ociVersion) is not a semantic version like \(known)")
        }
        try DocumentFault.unless(
            version.major == 1, "ociVersion",
            "version \(shown(ociVersion)) is not supported; known are 1.0.0 to \(known)")
        if let newest = SpecificationVersion(known), version.minor > newest.minor {
            check.warn(
                "ociVersion", "version \(shown(ociVersion)) is newer than \(known); what it added is not known here")
        }
    }

    /// One of two names would be lost without a word.
    private func validateDomainName() throws(DocumentFault) {
        guard let domainname, let linux else { return }
        for parameter in linux.sysctl where KernelParameter(parameter.name)?.path == "kernel/domainname" {
            guard parameter.value != domainname else { continue }
            throw DocumentFault(
                path: "linux.sysctl.\(parameter.name)",
                "\(quoting: parameter.value) contradicts domainname, \(quoting: domainname)")
        }
    }

    /// The kernel keeps both names in 64 bytes (`uname(2)`, __NEW_UTS_LEN).
    private func validateName(_ member: StaticString, _ name: String?) throws(DocumentFault) {
        guard let name else { return }
        try DocumentFault.unless(
            has(.uts), member, "needs a UTS namespace in linux.namespaces: the host's own name is not to be changed")
        try DocumentFault.unless(name.utf8.count <= 64, member, "is longer than 64 bytes")
    }
}

extension RuntimeConfiguration.Mount {
    fileprivate func validate(
        hasUserNamespace: Bool, _ check: inout ConfigurationCheck
    ) throws(DocumentFault) {
        try DocumentFault.unless(!destination.isEmpty, "destination", "is empty")
        if !destination.hasPrefix("/") {
            check.warn("destination", "\(quoting: destination) is relative, which is deprecated; taken from the root")
        }
        let isBind = options.contains { $0 == "bind" || $0 == "rbind" }
        try DocumentFault.unless(!isBind || source != nil, "source", "is missing, and bind mounts need one")

        try DocumentFault.unless(
            uidMappings.isEmpty || !gidMappings.isEmpty, "gidMappings", "is missing, and uidMappings need it")
        try DocumentFault.unless(
            gidMappings.isEmpty || !uidMappings.isEmpty, "uidMappings", "is missing, and gidMappings need it")
        try RuntimeConfiguration.IDMapping.validate(uidMappings, "uidMappings", &check)
        try RuntimeConfiguration.IDMapping.validate(gidMappings, "gidMappings", &check)
        if uidMappings.isEmpty, !hasUserNamespace {
            for option in options where option == "idmap" || option == "ridmap" {
                throw DocumentFault(
                    path: "options",
                    "\(quoting: option) takes its ids from a user namespace, which the container does not have: name them "
                        + "(\(option)=uids=0-1000-10;gids=0-1000-10), or give the container one")
            }
        }
    }
}

extension RuntimeConfiguration.Hooks {
    /// The names of all kinds, as `hooks` has them.
    public static let kinds = Self().byKind.map { $0.kind.description }

    private var byKind: [(kind: StaticString, hooks: [RuntimeConfiguration.Hook])] {
        [
            ("prestart", prestart), ("createRuntime", createRuntime), ("createContainer", createContainer),
            ("startContainer", startContainer), ("poststart", poststart), ("poststop", poststop),
        ]
    }

    fileprivate func validate(_ check: inout ConfigurationCheck) throws(DocumentFault) {
        for (kind, hooks) in byKind {
            try check.each(kind, hooks) { (hook, _) throws(DocumentFault) in
                try DocumentFault.unlessAbsolute(hook.path, "path")
                if let timeout = hook.timeout {
                    try DocumentFault.unless(timeout > 0, "timeout", "\(timeout) is not greater than 0")
                }
            }
        }
    }
}

extension RuntimeConfiguration.IDMapping {
    /// The most the kernel takes (`user_namespaces(7)`).
    private static let greatestCount = 340

    /// Checks what the kernel would refuse with no more than EINVAL.
    static func validate(
        _ mappings: [Self], _ member: StaticString, _ check: inout ConfigurationCheck
    ) throws(DocumentFault) {
        try DocumentFault.unless(
            mappings.count <= greatestCount, member, "has more than \(greatestCount) entries, the kernel's limit")
        try check.each(member, mappings) { (mapping, _) throws(DocumentFault) in
            try DocumentFault.unless(mapping.size > 0, "size", "is 0")
            for (start, member) in [(mapping.containerID, "containerID" as StaticString), (mapping.hostID, "hostID")] {
                try DocumentFault.unless(
                    UInt64(start) + UInt64(mapping.size) <= UInt64(UInt32.max), member,
                    "\(start) and \(mapping.size) ids from there go beyond the greatest id")
            }
        }
        try overlap(mappings.map { ($0.containerID, $0.size) }, member, "containerID")
        try overlap(mappings.map { ($0.hostID, $0.size) }, member, "hostID")
    }

    private static func overlap(
        _ ranges: [(start: UInt32, size: UInt32)], _ member: StaticString, _ side: StaticString
    ) throws(DocumentFault) {
        let sorted = ranges.enumerated().sorted { $0.element.start < $1.element.start }
        for (lower, upper) in zip(sorted, sorted.dropFirst())
        where UInt64(upper.element.start) < UInt64(lower.element.start) + UInt64(lower.element.size) {
            let (first, second) = (min(lower.offset, upper.offset), max(lower.offset, upper.offset))
            throw DocumentFault("overlaps with that of entry \(first)").inside(member: side)
                .inside(element: second).inside(member: member)
        }
    }
}
