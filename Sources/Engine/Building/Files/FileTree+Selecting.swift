import Containerfiles
import Glibc
import Linux

extension FileTree {
    /// Directories below each other; each keeps a descriptor open.
    static var greatestDepth: Int { 256 }

    /// Finds the sources of a COPY, and all that is below those that are directories.
    ///
    /// - Parameters:
    ///   - rules: what of the tree does not count.
    ///   - excludes: what of each source is left out, by its path below the source.
    ///   - pivots: for each pattern how many parts of a path are left out of what is made (`COPY --parents`); nil: all but the
    ///     last.
    /// - Throws: `BuildError.source` where a source that is no pattern is not there, or patterns match nothing.
    func select(
        _ patterns: [PathPattern], ignoring rules: IgnoreRules, excluding excludes: IgnoreRules = .none,
        pivots: [Int]? = nil
    ) throws -> [CopyItem] {
        var result: [CopyItem] = []
        var isFound = patterns.isEmpty
        for (index, pattern) in patterns.enumerated() {
            for item in try select(pattern, rules) {
                isFound = true
                guard let rest = excludes.isEmpty ? item : item.without(excludes) else { continue }
                if let pivots {
                    result.append(try withParents(rest, pivot: pivots[index]))
                } else {
                    result.append(rest)
                }
            }
        }
        guard isFound else {
            var problem = "matches nothing in \(name)"
            if let reason = try reason(try patterns.flatMap { try matches($0) }, rules) {
                problem += " but what is left out by \(reason)"
            }
            throw BuildError.source(path: patterns.map(\.text).joined(separator: " "), problem: problem)
        }
        return result
    }

    /// What of the ignore file has the first of these paths left out that are there; nil where nothing is.
    private func reason(_ paths: [[UInt8]], _ rules: IgnoreRules) throws -> String? {
        guard !rules.isEmpty else { return nil }
        for path in paths {
            guard let file = try open(path, OwnedDescriptor.pathOnly), let place = try place(of: file.number),
                let reason = rules.reason(toIgnore: String(decoding: place, as: UTF8.self))
            else { continue }
            return reason
        }
        return nil
    }

    /// What a source's path has above it comes along, each directory as it is, below the destination.
    private func withParents(_ item: CopyItem, pivot: Int) throws -> CopyItem {
        let parts = item.path.split(separator: 0x2F).map(Array.init)
        let kept = parts.dropFirst(pivot)
        let path = kept.isEmpty ? [] : Array(kept.joined(separator: [0x2F]))
        var entries: [CopyEntry] = []
        for end in kept.indices.dropLast() {
            let source = Array(parts[...end].joined(separator: [0x2F]))
            guard let directory = try open(source, OwnedDescriptor.pathOnly | O_DIRECTORY),
                let place = try place(of: directory.number)
            else { continue }
            var status = stat()
            guard fstat(directory.number, &status) == 0 else { throw SystemError("fstat", shown(source)) }
            let own = Array(parts[pivot...end].joined(separator: [0x2F]))
            if let entry = CopyEntry(status, path: own, source: place, target: []) { entries.append(entry) }
        }
        entries += item.entries.map { entry in
            var entry = entry
            entry.path = entry.path.isEmpty ? path : path.isEmpty ? entry.path : path + [0x2F] + entry.path
            return entry
        }
        return CopyItem(name: item.name, path: item.path, entries: entries)
    }

    private func select(_ pattern: PathPattern, _ rules: IgnoreRules) throws -> [CopyItem] {
        if let literal = pattern.literal {
            guard let item = try item(Array(literal.utf8), rules) else {
                let reason = try reason([Array(literal.utf8)], rules)
                throw BuildError.source(
                    path: literal.isEmpty ? "." : literal,
                    problem: reason.map { "is left out of \(name) by \($0)" } ?? "is not in \(name)")
            }
            return [item]
        }
        var items: [CopyItem] = []
        for path in try matches(pattern) {
            if let item = try item(path, rules) {
                items.append(item)
            } else if try open(path, OwnedDescriptor.pathOnly) == nil, !Self.match(path, rules).isIgnored {
                throw BuildError.source(path: shown(path), problem: "is a dangling link in \(name)")
            }
        }
        return items
    }

    /// What a path leads to, links followed, with what is below it; nil where it is not there, or ignored.
    private func item(_ path: [UInt8], _ rules: IgnoreRules) throws -> CopyItem? {
        guard let file = try open(path, OwnedDescriptor.pathOnly), let place = try place(of: file.number) else {
            return nil
        }
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw SystemError("fstat", shown(path)) }
        var walk = Walk(tree: self, rules: rules)
        let match = Self.match(place, rules)
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        guard !match.isIgnored || isDirectory && rules.hasExceptions else { return nil }
        guard let entry = CopyEntry(status, path: [], source: place, target: []) else {
            throw BuildError.source(path: shown(path), problem: "is a socket")
        }
        walk.entries.append(entry)
        if isDirectory {
            try walk.directory(file.number, source: place, path: [], match, depth: 0)
            // Ignored itself, and nothing in it is not.
            if match.isIgnored, walk.entries.count == 1 { return nil }
        }
        let name = path.split(separator: 0x2F).last.map(Array.init) ?? []
        return CopyItem(name: name, path: path, entries: walk.entries)
    }

    private static func match(_ place: [UInt8], _ rules: IgnoreRules) -> IgnoreRules.Match {
        var match = IgnoreRules.Match()
        guard !rules.isEmpty else { return match }
        var prefix: [UInt8] = []
        for part in place.split(separator: 0x2F) {
            prefix += (prefix.isEmpty ? [] : [0x2F]) + part
            match = rules.match(String(decoding: prefix, as: UTF8.self), in: match)
        }
        return match
    }

    /// The paths that match, sorted; one directory of the pattern after the other.
    private func matches(_ pattern: PathPattern) throws -> [[UInt8]] {
        var found: [[UInt8]] = [[]]
        for part in pattern.text.split(separator: "/") {
            let part = try PathPattern(String(part), deep: false)
            var next: [[UInt8]] = []
            for path in found {
                guard let directory = try open(path, O_RDONLY | O_DIRECTORY) else { continue }
                for name in try DirectoryEntries.names(in: directory.number, shown(path))
                where part.matches(String(decoding: name, as: UTF8.self)) {
                    next.append(path.isEmpty ? name : path + [0x2F] + name)
                }
            }
            found = next
        }
        return found
    }

    private struct Walk {
        let tree: FileTree
        let rules: IgnoreRules
        var entries: [CopyEntry] = []

        /// Adds what is in a directory. An ignored directory is looked into where exceptions may take something back in;
        /// it counts if they do.
        mutating func directory(
            _ descriptor: Int32, source: [UInt8], path: [UInt8], _ parent: IgnoreRules.Match, depth: Int
        ) throws {
            guard depth < FileTree.greatestDepth else {
                throw BuildError.source(
                    path: shown(source), problem: "is more than \(FileTree.greatestDepth) directories deep")
            }
            for name in try DirectoryEntries.names(in: descriptor, shown(source)) {
                let place = source.isEmpty ? name : source + [0x2F] + name
                let match = rules.isEmpty ? parent : rules.match(String(decoding: place, as: UTF8.self), in: parent)
                if match.isIgnored, !rules.hasExceptions { continue }
                let below = path.isEmpty ? name : path + [0x2F] + name
                try add(FileName.terminated(name), in: descriptor, source: place, path: below, match, depth: depth)
            }
        }

        private mutating func add(
            _ name: [CChar], in parent: Int32, source: [UInt8], path: [UInt8], _ match: IgnoreRules.Match, depth: Int
        ) throws {
            var status = stat()
            try retryingOnInterrupt("fstatat", shown(source)) {
                fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW)
            }
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            guard !match.isIgnored || isDirectory else { return }
            var target: [UInt8] = []
            if status.st_mode & S_IFMT == S_IFLNK { target = try link(name, in: parent, shown(source)) }
            guard let entry = CopyEntry(status, path: path, source: source, target: target) else { return }
            let place = entries.count
            entries.append(entry)
            guard isDirectory else { return }
            let number = try retryingOnInterrupt("open", shown(source)) {
                EntryCalls.open(name, in: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            }
            let directory = OwnedDescriptor(owning: number)
            try self.directory(directory.number, source: source, path: path, match, depth: depth + 1)
            if match.isIgnored, entries.count == place + 1 { entries.removeLast() }
        }

        private func link(_ name: [CChar], in parent: Int32, _ shown: String) throws -> [UInt8] {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = try retryingOnInterrupt("readlinkat", shown) {
                readlinkat(parent, name, &buffer, buffer.count)
            }
            return buffer.prefix(count).map { UInt8(bitPattern: $0) }
        }
    }
}
