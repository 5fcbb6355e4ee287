import Glibc
import Linux
import TestSupport
import Testing

/// What `docs/architecture.md` says is true of the sources.
@Suite struct ArchitectureTests {
    private static let page = Place.text(Repository.path("docs/architecture.md"))

    /// The Swift and C files of a directory and what is below it, by path.
    private static func files(_ directory: String) throws -> [String] {
        try SystemFile.names(in: Repository.path(directory)).sorted().flatMap { name -> [String] in
            let path = "\(directory)/\(name)"
            var information = stat()
            guard lstat(Repository.path(path), &information) == 0 else { return [] }
            if information.st_mode & S_IFMT == S_IFDIR { return try files(path) }
            return [".swift", ".c", ".h"].contains { name.hasSuffix($0) } ? [path] : []
        }
    }

    /// Everything that is a word of a text.
    private static func words(_ text: String) -> Set<Substring> {
        func isPart(_ byte: UInt8) -> Bool {
            byte == 0x5F || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return Set(text.utf8.split { !isPart($0) }.map { Substring($0) })
    }

    private static let sources: [(path: String, words: Set<Substring>)] =
        ((try? files("Sources")) ?? []).map { ($0, words(Place.text(Repository.path($0)))) }

    /// Files that name a type.
    private static func naming(_ type: String) -> [String] {
        sources.filter { $0.words.contains(Substring(type)) }.map(\.path)
    }

    /// What stands between backticks.
    private static let spans: [Substring] = page.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map(\.element)

    /// Types and their members that it names are there, and so are the folders.
    @Test func namesExist() {
        let known = Self.sources.reduce(into: Set<Substring>()) { $0.formUnion($1.words) }.union(["ArchitectureTests"])
        #expect(known.count > 5000)
        let types = Self.spans.filter {
            $0.wholeMatch(of: /[A-Z][A-Za-z]+(\.[A-Za-z]+)?/) != nil && !$0.hasSuffix(".swift")
        }
        #expect(types.count > 80)
        for span in types { for part in span.split(separator: ".") { #expect(known.contains(part), "\(span)") } }
        for span in Self.spans where span.hasPrefix("Sources/") && !span.contains("*") && span.count > 8 {
            #expect(access(Repository.path(String(span)), F_OK) == 0, "\(span)")
        }
    }

    /// Every target is listed, and no other.
    @Test func targetsAreListed() throws {
        let wings = try SystemFile.names(in: Repository.path("Sources"))
        let words = Self.words(Self.page)
        for wing in wings {
            #expect(Self.page.contains("| `\(wing)` |"), "\(wing)")
            for target in try SystemFile.names(in: Repository.path("Sources/\(wing)")) {
                let isSystemLibrary = access(Repository.path("Sources/\(wing)/\(target)/module.modulemap"), F_OK) == 0
                let isListed =
                    Self.page.contains("\n  \(target) ") || target.hasPrefix("C") && words.contains(Substring(target))
                #expect(isListed || isSystemLibrary || target == "CWorkload", "\(target)")
            }
        }
    }

    /// A walk has ten steps at most, counted from 1.
    @Test func walksAreShort() {
        var walks: [(title: Substring, steps: Int)] = []
        for line in Self.page.split(separator: "\n") {
            if line.hasPrefix("## ") { walks.append((line, 0)) }
            guard let number = line.wholeMatch(of: /(\d+)\. .*/).flatMap({ Int($0.1) }), !walks.isEmpty else {
                continue
            }
            walks[walks.count - 1].steps += 1
            #expect(number == walks[walks.count - 1].steps, "\(line)")
        }
        #expect(walks.filter { $0.steps > 0 }.count >= 7)
        for walk in walks { #expect(walk.steps <= 10, "\(walk.title)") }
    }

    /// What is added by a file and a line of a table is known to that table, and to nobody else: adding another touches no third file.
    @Test(arguments: [
        ("Sources/Laboratory/Lab/Lanes", "Lane", "Sources/Laboratory/Lab/Lanes/LaneCatalogue.swift"),
        ("Sources/Engine/Networks/Drivers", "Driver", "Sources/Engine/Networks/Drivers/NetworkDriver.swift"),
        (
            "Sources/Laboratory/Lab/Experiments", "Experiment",
            "Sources/Laboratory/Lab/Experiments/ExperimentKinds.swift"
        ),
        ("Sources/Laboratory/Reports/HTML", "Report", "Sources/Laboratory/Reports/ReportFormat.swift"),
        ("Sources/Laboratory/Reports/Markdown", "Report", "Sources/Laboratory/Reports/ReportFormat.swift"),
    ])
    func aFileAndALine(folder: String, ending: String, table: String) throws {
        // Those that tell something of one of them in particular, which another would not need.
        let exceptions: Set = [
            // The plain process that claims to be a container; the self-test starts it.
            "NativeLane", "PretenderLane",
            // Conditions, and figures, that only one of them has.
            "StartupExperiment", "MemoryExperiment", "SyscallsExperiment",
        ]
        let types = try Self.files(folder).compactMap { path -> String? in
            let name = path.split(separator: "/").last?.split(separator: ".").first.map(String.init) ?? ""
            return name.hasSuffix(ending) && name != ending && path != table ? name : nil
        }
        #expect(!types.isEmpty)
        for type in types {
            let naming = Self.naming(type)
            #expect(naming.contains(table), "\(type) is not in its table")
            guard !exceptions.contains(type) else { continue }
            #expect(naming.filter { $0 != table } == ["\(folder)/\(type).swift"], "\(type): \(naming)")
        }
    }

    /// Reports find lanes by kind and role: none compares a lane's name with one of the catalogue.
    @Test func reportsKnowNoLaneByName() throws {
        let catalogue = Place.text(Repository.path("Sources/Laboratory/Lab/Lanes/LaneCatalogue.swift"))
        let names = catalogue.matches(of: /id: "([^"]+)"/).map { String($0.1) }
        #expect(names.count > 10)
        for path in try Self.files("Sources/Laboratory/Reports") {
            let text = Place.text(Repository.path(path))
            for name in names {
                for use in ["== \"\(name)\"", "lane(\"\(name)\"", "[\"\(name)\"", ", \"\(name)\", "] {
                    #expect(!text.contains(use), "\(path): \(use)")
                }
            }
        }
    }
}
