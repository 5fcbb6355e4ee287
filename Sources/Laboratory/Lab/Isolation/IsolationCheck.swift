import Linux

/// Holds what was observed of a sandbox against what its lane declares, and what it says of itself against what the host sees.
struct IsolationCheck {
    let declared: DeclaredIsolation
    /// What the harness itself is in.
    let harness: ObservedIsolation

    /// Why this is not a sandbox of its lane; nil where it is.
    func objection(to observed: ObservedIsolation) -> String? {
        var differences: [String] = []
        if let repeated = observed.repeated { differences.append("'\(repeated)' was said twice") }
        switch declared.kernel {
        case .own(let release): differences += guestDifferences(observed, release)
        case .host: differences += processDifferences(observed)
        }
        guard !differences.isEmpty else { return nil }
        return "the isolation is not its lane's: \(differences.joined(separator: "; "))"
    }

    private func guestDifferences(_ observed: ObservedIsolation, _ release: String?) -> [String] {
        guard let kernel = observed.kernel else { return ["it did not say what kernel it runs on"] }
        if let release, kernel != release { return ["kernel \(kernel) instead of \(release)"] }
        // Two boots of one release are two kernels; a release of its own is one as well.
        if let boot = observed.boot, boot == harness.boot {
            return ["it runs on the host's kernel, by its boot identity"]
        }
        if observed.boot == nil, kernel == harness.kernel { return ["it runs on the host's kernel, by its release"] }
        return []
    }

    private func processDifferences(_ observed: ObservedIsolation) -> [String] {
        var differences: [String] = []
        if let boot = observed.boot, boot != harness.boot { differences.append("a kernel of its own") }
        differences += namespaceDifferences(observed)
        let mode = declared.isFiltered ? 2 : harness.seccompMode
        if observed.seccompMode != mode {
            differences.append("seccomp mode \(Self.words(observed.seccompMode)) instead of \(Self.words(mode))")
        }
        differences += openCalls(observed)
        if let wanted = declared.noNewPrivileges {
            let expected = wanted ? true : harness.noNewPrivileges
            if observed.noNewPrivileges != expected {
                differences.append(
                    "no_new_privs \(Self.words(observed.noNewPrivileges)) instead of \(Self.words(expected))")
            }
        }
        if let bounding = declared.bounding, observed.bounding != bounding {
            differences.append(Self.capabilities(observed.bounding, instead: bounding))
        }
        if let bounding = declared.bounding, let effective = observed.effective, !effective.isSubset(of: bounding) {
            differences.append("effective capabilities beyond its bounding set: \(effective.subtracting(bounding))")
        }
        if let effective = declared.effective, let found = observed.effective, found != effective,
            found.isSubset(of: effective)
        {
            differences.append("lacks \(effective.subtracting(found)) of its effective capabilities")
        }
        return differences + rootDifferences(observed)
    }

    /// A filter may be there and refuse nothing. Where the kernel itself answers as the filter would, nothing can be told.
    private func openCalls(_ observed: ObservedIsolation) -> [String] {
        declared.refusedCalls.sorted { $0.key < $1.key }.compactMap { call, errno in
            guard let own = harness.answers[call], own != errno, observed.answers[call] != errno else { return nil }
            let found = observed.answers[call].map { "answered with errno \($0)" } ?? "not told of"
            return "its filter lets \(call) through, which is \(found)"
        }
    }

    private func namespaceDifferences(_ observed: ObservedIsolation) -> [String] {
        guard !observed.namespaces.isEmpty else {
            return ["its namespaces cannot be observed: is /proc mounted in it?"]
        }
        return harness.namespaces.keys.sorted().compactMap { name in
            guard !declared.anyNamespaces.contains(name) else { return nil }
            guard let identity = observed.namespaces[name] else { return "its \(name) namespace cannot be observed" }
            let isOwn = identity != harness.namespaces[name]
            guard isOwn != declared.ownNamespaces.contains(name) else { return nil }
            return isOwn ? "a \(name) namespace of its own" : "the host's \(name) namespace"
        }
    }

    private func rootDifferences(_ observed: ObservedIsolation) -> [String] {
        guard let root = observed.root, let host = harness.root else { return ["its root cannot be observed"] }
        let isOwn = root.device != host.device || root.inode != host.inode
        if isOwn != declared.hasOwnRoot { return [isOwn ? "a root of its own" : "the host's root"] }
        if declared.isRootReadOnly, !root.isReadOnly { return ["a root that can be written to"] }
        return []
    }

    /// Where the workload's word of itself is not what the host sees; nil where they agree.
    static func contradiction(inside: ObservedIsolation, outside: ObservedIsolation) -> String? {
        var differences: [String] = []
        for name in outside.namespaces.keys.sorted() where inside.namespaces[name] != outside.namespaces[name] {
            differences.append(
                "\(name) namespace \(words(inside.namespaces[name])), from outside \(words(outside.namespaces[name]))")
        }
        if inside.seccompMode != outside.seccompMode {
            differences.append(
                "seccomp mode \(words(inside.seccompMode)), from outside \(words(outside.seccompMode))")
        }
        if inside.noNewPrivileges != outside.noNewPrivileges {
            differences.append(
                "no_new_privs \(words(inside.noNewPrivileges)), from outside \(words(outside.noNewPrivileges))")
        }
        if inside.bounding != outside.bounding || inside.effective != outside.effective {
            differences.append("other capabilities than the host sees")
        }
        if inside.root != outside.root { differences.append("another root than the host sees") }
        guard !differences.isEmpty else { return nil }
        return "the workload says of itself what the host does not see: \(differences.joined(separator: "; "))"
    }

    private static func words(_ value: (some CustomStringConvertible)?) -> String { value?.description ?? "unknown" }

    private static func capabilities(_ observed: CapabilitySet?, instead declared: CapabilitySet) -> String {
        guard let observed else { return "its capabilities cannot be observed" }
        var parts: [String] = []
        let more = observed.subtracting(declared)
        let less = declared.subtracting(observed)
        if !more.isEmpty { parts.append("can have \(more) besides what is declared") }
        if !less.isEmpty { parts.append("lacks \(less)") }
        return parts.joined(separator: " and ")
    }
}
