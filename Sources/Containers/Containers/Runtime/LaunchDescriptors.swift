import Glibc
import Linux

/// What a launch opens for its child beforehand: namespaces to join, trees of the host. Closed with it.
struct LaunchDescriptors: ~Copyable {
    private(set) var namespaces: [(source: NamespaceSource, descriptor: Int32)] = []
    private(set) var trees: [Int32] = []
    private(set) var joins: [(descriptor: Int32, namespaces: Namespaces, name: String)] = []

    init(_ plan: LaunchPlan) throws(SystemError) {
        do throws(SystemError) {
            for source in plan.joins {
                guard case .file(let path) = source else { continue }
                namespaces.append((source, try NamespaceFile.open(path).release()))
            }
            for case .joinNamespace(let source, let namespace) in plan.steps {
                guard let open = namespaces.first(where: { $0.source == source }) else { continue }
                try Self.check(open.descriptor, namespace, source.description, plan)
            }
            // All are opened first: from inside a user namespace their files may be out of reach.
            for join in plan.childJoins {
                joins.append((try NamespaceFile.open(join.path).release(), join.namespace, join.path))
                try Self.check(joins[joins.count - 1].descriptor, join.namespace, join.path, plan)
            }
            for tree in plan.hostTrees { trees.append(try Self.make(tree)) }
        } catch {
            close()
            throw error
        }
    }

    private static func check(
        _ descriptor: Int32, _ namespace: Namespaces, _ path: String, _ plan: LaunchPlan
    ) throws(SystemError) {
        try plan.foreignNamespaces.first { $0.namespace == namespace }?.check(descriptor, path)
    }

    private func close() {
        for (_, descriptor) in namespaces { Glibc.close(descriptor) }
        for descriptor in trees { Glibc.close(descriptor) }
        for join in joins { Glibc.close(join.descriptor) }
    }

    deinit { close() }

    private static func make(_ tree: HostTree) throws(SystemError) -> Int32 {
        let descriptor = DetachedTree.copy(of: tree.source, recursive: tree.recursive, follows: !tree.isShared)
        guard descriptor >= 0 else { throw SystemError("open_tree", tree.source, stage: "mounts") }
        guard let maps = tree.maps else { return descriptor }
        do throws(SystemError) {
            let namespace: OwnedDescriptor
            do throws(SystemError) { namespace = try maps.makeNamespace() } catch {
                throw error.during("user namespace of an idmapped mount")
            }
            guard DetachedTree.map(descriptor, to: namespace.number, deep: tree.mapsDeeply) == 0 else {
                throw SystemError(
                    "mount_setattr", tree.source, stage: "idmapped mount",
                    advice: errno == EINVAL ? "its file system may not know idmapped mounts" : nil)
            }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }
}

extension ThreadNamespaces {
    /// A time namespace cannot be joined by a process that shares its memory, as the one does that makes a child for us
    /// (time_namespaces(7)): it is joined here, for children only, with what must come before. Hooks are such children as well:
    /// there is no way back while a child shares our memory.
    ///
    /// - Returns: the rest.
    static func joinTime(
        _ joins: [(descriptor: Int32, namespaces: Namespaces, name: String)]
    ) throws(SystemError) -> [(descriptor: Int32, namespaces: Namespaces, name: String)] {
        guard let last = joins.lastIndex(where: { $0.namespaces == .time }) else { return joins }
        for join in joins[...last] { try self.join(join.descriptor, join.namespaces, join.name) }
        return Array(joins[(last + 1)...])
    }
}
