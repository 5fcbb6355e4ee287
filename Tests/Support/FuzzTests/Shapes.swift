import FuzzSupport

/// Inputs of the shapes that once broke something, which single changes of honest ones seldom come to: extreme numbers everywhere at
/// once, things within things, chains of links.
struct Shapes {
    let kind: FuzzKind
    private var random: SplitMix

    private init(_ kind: FuzzKind, _ random: SplitMix) {
        self.kind = kind
        self.random = random
    }

    static func input(_ kind: FuzzKind, seed: UInt64, number: UInt64) -> [UInt8] {
        var shapes = Shapes(kind, SplitMix(state: seed &* 0xa076_1d64_78bd_642f ^ number))
        switch kind {
        case .document: return shapes.document()
        case .layer: return shapes.layer()
        case .run: return Array(shapes.run().utf8)
        case .request: return Array(shapes.requests().utf8)
        }
    }

    private static let numbers = [
        "0", "1", "-1", "9223372036854775806", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "18446744073709551615", "99999999999999999999999", "1e308", "-1e308", "1e-320", "nan", "-inf", "", "1e9", "٣",
    ]

    // MARK: Documents

    private mutating func document() -> [UInt8] {
        let depth = 1 << random.below(18)
        let pairs = [
            ("[", "]"), ("{\"a\":", "}"), ("[{\"annotations\":", "}]"), ("\"", "\\"), ("a/", ""), ("a=\"", "\","),
        ]
        let (open, close) = random.pick(pairs)
        let middle = random.pick(Self.numbers + [String(repeating: "9", count: 1 << random.below(17)), "{}", "null"])
        let isClosed = random.below(2) == 0
        return Array(
            (String(repeating: open, count: depth) + middle + (isClosed ? String(repeating: close, count: depth) : ""))
                .utf8)
    }

    // MARK: Layers

    private mutating func layer() -> [UInt8] {
        var archive: [UInt8] = []
        let count = 2 + random.below(400)
        switch random.below(5) {
        // Each link leads to the one before, the last name through all of them.
        case 0:
            archive += Self.header("l0/", "5", "")
            for number in 1...count { archive += Self.header("l\(number)", "2", "l\(number - 1)") }
            archive += Self.header("l\(count)/file", "0", "")
        // A tree that grows below the link to its own end: deeper than any name says.
        case 1:
            archive += Self.header("d0/", "5", "")
            for number in 1...count {
                archive += Self.header("d\(number - 1)/x/", "5", "")
                archive += Self.header("d\(number)", "2", "d\(number - 1)/x")
            }
        case 2:
            archive += Self.header("f0", "0", "")
            for number in 1...count { archive += Self.header("f\(number)", "1", "f\(number - 1)") }
        // Circles.
        case 3:
            for number in 0..<count { archive += Self.header("c\(number)", "2", "c\((number + 1) % count)") }
            archive += Self.header("c0/file", "0", "") + Self.header("h", "1", "c1")
        // Up and out, by as many ways as there are.
        default:
            archive += Self.header("out", "2", random.pick(["..", "/", "../..", "./../x", "/proc/self/root"]))
            for name in ["out/a", "out/../b", "out/out/c", "./out/./d", "out"] {
                archive += Self.header(name, random.pick(["0", "1", "2", "5", "3", "6", "L", "x"]), "out/canary")
            }
        }
        return archive + [UInt8](repeating: 0, count: 1024)
    }

    /// A ustar header of an entry without content (POSIX.1-2017, pax, "ustar Interchange Format").
    private static func header(_ name: String, _ type: String, _ target: String) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int, _ length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() { block[offset + index] = byte }
        }
        put(name, at: 0, 100)
        put("0000755", at: 100, 8)
        put("0000000", at: 108, 8)
        put("0000000", at: 116, 8)
        put("00000000000", at: 124, 12)
        put("14524120400", at: 136, 12)
        put("        ", at: 148, 8)
        put(type, at: 156, 1)
        put(target, at: 157, 100)
        put("ustar\u{0}00", at: 257, 8)
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.utf8.count) + sum + "\u{0} ", at: 148, 8)
        return block
    }

    // MARK: Runs

    private mutating func run() -> String {
        let metrics = ["startup", "teardown", "life", "memory.slope", "memory.pss", "cpu", "syscall.getpid"]
        let units = ["ms", "B", "ns", "", "%"]
        var (rows, events) = ("", "")
        for sample in 0..<(1 + random.below(40)) {
            let isOdd = random.below(6) == 0
            // Some of what is no number at all: with much of it every run would be refused.
            let numbers = random.below(30) == 0 ? Self.numbers : Self.numbers.filter { Int($0) != nil }
            let values = random.below(30) == 0 ? Self.numbers : Self.numbers.filter { Double($0)?.isFinite == true }
            func number(_ usual: Int) -> String { isOdd ? random.pick(numbers) : "\(usual)" }
            let head = "fuzz,startup,\(number(sample / 4)),\(number(sample % 4)),\(sample)"
            let lane = random.pick(["native", "container", "vm", "vm-qemu"])
            let flags = "\(random.below(2) == 0),\(random.below(9) == 0),\(number(1))"
            for row in 0..<(1 + random.below(3)) {
                let value = random.below(3) == 0 ? random.pick(values) : "\(row).5"
                // Without a span, or with one that no events tell of: figures that contradict their events are refused at once.
                let span = random.below(2) == 0 ? "" : "launch→ready"
                rows += "\(head),\(lane),exit,\(flags),\(metrics[(sample + row) % metrics.count]),\(span),"
                rows += "\(random.pick(units)),\(number(row)),\(value),true,\n"
            }
            guard random.below(3) > 0 else { continue }
            events += "{\"sample\":\(sample),\"lane\":\"\(lane)\",\"events\":["
            events += ["ready", "exit", "released"].map {
                "{\"name\":\"\($0)\",\"nanoseconds\":\(instant())}"
            }.joined(separator: ",")
            events += "],\"phases\":[{\"name\":\"a\",\"actor\":\"b\",\"start\":\(instant()),\"end\":\(instant())}]"
            if random.below(20) == 0 {
                let depth = 1 << random.below(14)
                events += ",\"x\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            }
            events += "}\n"
        }
        return rows + "%%\n" + events
    }

    private mutating func instant() -> String {
        random.pick([
            "-9223372036854775808", "-1", "0", "1", "7", "5000000", "9223372036854775806", "9223372036854775807",
        ])
    }

    // MARK: Requests

    private mutating func requests() -> String {
        let one = "sha256:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a"
        var text = "POST\t/v2/a/blobs/uploads/\n"
        for _ in 0..<(1 + random.below(20)) {
            let (n, m) = (random.pick(Self.numbers), random.pick(Self.numbers))
            let body = String(repeating: "x", count: random.below(4) == 0 ? random.below(6000) : random.below(3))
            switch random.below(9) {
            case 0: text += "PATCH\t@\tcontent-length: \(n)|\(body)\n"
            case 1: text += "PATCH\t@\tcontent-range: \(n)-\(m)\tcontent-length: \(body.utf8.count)|\(body)\n"
            case 2: text += "PUT\t@?digest=\(one)\tcontent-length: \(n)|\(body)\n"
            case 3: text += "POST\t/v2/a/blobs/uploads/?digest=\(one)\tcontent-length: \(n)|\u{1}\n"
            case 4: text += "GET\t/v2/a/blobs/\(one)\trange: bytes=\(n)-\(m)\n"
            case 5: text += "GET\t/v2/a/\(random.pick(["tags/list", "referrers/\(one)"]))?n=\(n)&last=\(m)\n"
            case 6: text += "\(random.pick(["GET", "DELETE", "HEAD"]))\t@\n"
            case 7:
                let descriptor =
                    "{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"digest\":\"\(one)\",\"size\":\(n)}"
                let depth = random.below(3) == 0 ? 1 << random.below(12) : 1
                text +=
                    "PUT\t/v2/a/manifests/v\(random.below(3))\tcontent-type: application/vnd.oci.image.manifest.v1+json|"
                text += "{\"schemaVersion\":2,\"config\":\(descriptor),\"layers\":[],\"subject\":\(descriptor),\"x\":"
                text += String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}\n"
            default: text += "GET\t/v2/a/manifests/v\(random.below(3))\tif-none-match: \"\(n)\"\n"
            }
        }
        return text
    }
}
