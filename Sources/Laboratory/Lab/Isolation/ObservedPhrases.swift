import Linux

/// What was observed of a lane's sandboxes, in a reader's words.
enum ObservedPhrases {
    /// - Parameter harness: what it does not share with the harness is its own.
    static func of(_ observed: ObservedIsolation, _ harness: ObservedIsolation) -> [String] {
        if observed.boot != harness.boot || observed.kernel != harness.kernel {
            return ["a kernel of its own (\(observed.kernel ?? "unnamed"))"]
        }
        var phrases: [String] = []
        let own = harness.namespaces.keys.filter { observed.namespaces[$0] != harness.namespaces[$0] }.sorted()
        if !own.isEmpty {
            phrases.append("\(own.joined(separator: ", ")) \(own.count == 1 ? "namespace" : "namespaces")")
        }
        if observed.cgroup != harness.cgroup { phrases.append("a cgroup apart") }
        if let bounding = observed.bounding, bounding != harness.bounding {
            let count = bounding.rawValue.nonzeroBitCount
            phrases.append(count == 0 ? "no capabilities" : "\(count) capabilities at most")
        }
        if let root = observed.root, root != harness.root {
            phrases.append(root.isReadOnly ? "a root of its own, read-only" : "a root of its own")
        }
        if observed.noNewPrivileges == true, harness.noNewPrivileges != true { phrases.append("no new privileges") }
        if observed.seccompMode == 2, harness.seccompMode != 2 { phrases.append("a seccomp filter") }
        return phrases
    }
}
