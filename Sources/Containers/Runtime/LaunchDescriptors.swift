import CLinux
import Glibc
import Linux

/// What a launch opens for its child beforehand: namespaces to join, idmapped mounts. Closed with it.
struct LaunchDescriptors: ~Copyable {
    private(set) var namespaces: [(source: NamespaceSource, descriptor: Int32)] = []
    private(set) var trees: [Int32] = []

    init(_ plan: LaunchPlan) throws(SystemError) {
        do throws(SystemError) {
            for source in plan.joins {
                guard case .file(let path) = source else { continue }
                namespaces.append((source, try OwnedDescriptor(opening: path, O_RDONLY).release()))
            }
            for tree in plan.mappedTrees { trees.append(try Self.make(tree)) }
        } catch {
            close()
            throw error
        }
    }

    private func close() {
        for (_, descriptor) in namespaces { Glibc.close(descriptor) }
        for descriptor in trees { Glibc.close(descriptor) }
    }

    deinit { close() }

    private static func make(_ tree: MappedTree) throws(SystemError) -> Int32 {
        let namespace = OwnedDescriptor(owning: try userNamespace(tree.maps))
        let descriptor = isolab_mapped_tree(
            tree.source, tree.recursive ? 1 : 0, namespace.number, tree.mapsDeeply ? 1 : 0)
        guard descriptor >= 0 else {
            throw SystemError(
                "mount_setattr", tree.source, stage: "idmapped mount",
                advice: errno == EINVAL ? "its file system may not know idmapped mounts" : nil)
        }
        return descriptor
    }

    /// A user namespace with these maps, held by a descriptor: a child makes it, and goes when we have it.
    private static func userNamespace(_ map: IdentityMaps) throws(SystemError) -> Int32 {
        let program = ChildProgram(
            [.awaitLauncher(.identityMaps), .execute(candidates: ["/"], arguments: [""], environment: [])],
            inputs: ChildProgram.Inputs())
        var descriptor: Int32 = -1
        do throws(SystemError) {
            _ = try program.start(namespaces: .user, cgroup: -1) {
                (_: LauncherStage, pid: Int32) throws(SystemError) in
                try map.write(for: pid)
                descriptor = try OwnedDescriptor(opening: "/proc/\(pid)/ns/user", O_RDONLY).release()
            }
        } catch {
            // The child is made to fail once it has served: it has no program.
            guard descriptor >= 0 else { throw error.during("user namespace of an idmapped mount") }
        }
        return descriptor
    }
}

/// Sets the namespaces that only children can be born in, for the next child of this thread.
enum ChildNamespaces {
    /// All are opened first: from inside a user namespace their files may be out of reach.
    static func join(_ joins: [NamespaceJoin]) throws(SystemError) {
        var files: [Int32] = []
        defer { for file in files { Glibc.close(file) } }
        for join in joins { files.append(try OwnedDescriptor(opening: join.path, O_RDONLY).release()) }
        for (file, join) in zip(files, joins) { try self.join(file, join.namespace, join.path) }
    }

    static func join(_ descriptor: Int32, _ namespaces: Namespaces, _ object: String) throws(SystemError) {
        try retryingOnInterrupt("setns \(namespaces)", object) {
            isolab_join_namespace(descriptor, Int32(truncatingIfNeeded: namespaces.rawValue))
        }
    }
}
