import Containerfiles
import OCI

/// What is found of files that a step names, and counted.
struct CopySources {
    var tree: FileTree
    var items: [CopyItem]
    var digest: Digest
    /// Whether they stay whose they are.
    var keepsOwners: Bool
}

/// Finds the files that steps copy or show, wherever they are.
struct SourceFinder {
    let context: BuildContext
    /// The tree of a stage or an image.
    let tree: (BuildStep.Copy.Origin) throws -> FileTree

    /// - Parameter keepsOwners: whether the files' own owners are kept, and so count.
    func find(
        _ patterns: [PathPattern], in origin: BuildStep.Copy.Origin, excluding excludes: IgnoreRules = .none,
        pivots: [Int]? = nil, keepsOwners: Bool
    ) throws -> CopySources {
        let tree: FileTree
        var rules = IgnoreRules.none
        if origin == .context {
            tree = try FileTree(context.shownName, opening: context.directory, crossesMounts: true)
            rules = context.rules
        } else {
            tree = try self.tree(origin)
        }
        let items = try tree.select(patterns, ignoring: rules, excluding: excludes, pivots: pivots)
        let digest = try ContentDigest.digest(of: items, in: tree, keepsOwners: keepsOwners)
        return CopySources(tree: tree, items: items, digest: digest, keepsOwners: keepsOwners)
    }
}
