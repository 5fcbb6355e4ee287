import Glibc
import Testing

@testable import Linux

/// Device rules compiled for v2 give the verdicts the rules mean, and those of v1's controller where that can say them.
@Suite struct DeviceProgramTests {
    typealias Rule = CgroupLimits.DeviceRule

    /// What a process wants to do with a device.
    struct Request: CustomStringConvertible {
        var kind: Rule.Kind
        var major: UInt32
        var minor: UInt32
        var access: Rule.Access

        var description: String { "\(kind.rawValue) \(major):\(minor) \(access.rawValue)" }
    }

    static func matches(_ rule: Rule, _ request: Request) -> Bool {
        if rule.kind == .all { return true }
        return rule.kind == request.kind && (rule.major ?? request.major) == request.major
            && (rule.minor ?? request.minor) == request.minor
    }

    /// The meaning itself: for each way of access, over all rules in order, the last word counts.
    static func naive(_ rules: [Rule], _ request: Request) -> Bool {
        for way in [.read, .write, .makeNode] as [Rule.Access] where request.access.contains(way) {
            var allowed = true
            for rule in rules where matches(rule, request) && rule.access.contains(way) { allowed = rule.allow }
            if !allowed { return false }
        }
        return true
    }

    /// v1's controller (security/device_cgroup.c): a default and exceptions to it; an entry of the opposite kind only takes access
    /// from an exception with the same numbers.
    static func classic(_ rules: [Rule], _ request: Request) -> Bool {
        var allowsByDefault = true
        var exceptions: [Rule] = []
        for rule in rules {
            if rule.kind == .all {
                allowsByDefault = rule.allow
                exceptions = []
                continue
            }
            let same = exceptions.firstIndex {
                $0.kind == rule.kind && $0.major == rule.major && $0.minor == rule.minor
            }
            if rule.allow != allowsByDefault {
                if let same { exceptions[same].access.formUnion(rule.access) } else { exceptions.append(rule) }
            } else if let same {
                exceptions[same].access.subtract(rule.access)
                if exceptions[same].access.isEmpty { exceptions.remove(at: same) }
            }
        }
        if allowsByDefault {
            return !exceptions.contains { matches($0, request) && !$0.access.isDisjoint(with: request.access) }
        }
        return exceptions.contains { matches($0, request) && $0.access.isSuperset(of: request.access) }
    }

    /// Runs a program as the kernel would.
    static func run(_ program: DeviceProgram, _ request: Request) throws -> Bool {
        let type = try #require(DeviceProgram.number(of: request.kind))
        let context: [Int16: UInt64] = [
            0: UInt64(request.access.rawValue) << 16 | UInt64(type), 4: UInt64(request.major), 8: UInt64(request.minor),
        ]
        var registers = [UInt64](repeating: 0, count: 11)
        var counter = 0
        while program.instructions.indices.contains(counter) {
            let instruction = program.instructions[counter]
            counter += 1
            let destination = Int(instruction.destination.rawValue)
            let immediate = UInt64(bitPattern: Int64(instruction.immediate))
            switch instruction.operation {
            case .load: registers[destination] = try #require(context[instruction.offset])
            case .set: registers[destination] = immediate
            case .copy: registers[destination] = registers[Int(instruction.source.rawValue)]
            case .and: registers[destination] &= immediate
            case .shiftRight: registers[destination] >>= immediate
            case .jumpUnlessEqual: if registers[destination] != immediate { counter += Int(instruction.offset) }
            case .jumpIfAny: if registers[destination] & immediate != 0 { counter += Int(instruction.offset) }
            case .jump: counter += Int(instruction.offset)
            case .exit: return registers[0] == 1
            }
        }
        throw SystemError("bpf", "ran past the end", errno: 0)
    }

    static let requests: [Request] = ([.character, .block] as [Rule.Kind]).flatMap { kind in
        ([(1, 3), (1, 5), (8, 0), (8, 3), (5, 3)] as [(UInt32, UInt32)]).flatMap { numbers in
            (1...7).map {
                Request(kind: kind, major: numbers.0, minor: numbers.1, access: Rule.Access(rawValue: UInt32($0)))
            }
        }
    }

    private static func rule(_ generator: inout some RandomNumberGenerator) -> Rule {
        let kind: Rule.Kind = [.character, .block, .character, .block, .all].randomElement(using: &generator) ?? .all
        return Rule(
            allow: .random(using: &generator), kind: kind,
            major: kind == .all ? nil : ([1, 8, 5, nil] as [UInt32?]).randomElement(using: &generator) ?? nil,
            minor: kind == .all ? nil : ([3, 5, 0, nil] as [UInt32?]).randomElement(using: &generator) ?? nil,
            access: kind == .all ? .all : Rule.Access(rawValue: .random(in: 1...7, using: &generator)))
    }

    /// Two thousand lists of up to twelve rules: program and meaning agree on every request.
    @Test func sameVerdictAsTheRules() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let rules = (0..<Int.random(in: 0...12, using: &generator)).map { _ in Self.rule(&generator) }
            let program = DeviceProgram(rules)
            for request in Self.requests {
                let verdict = try Self.run(program, request)
                guard verdict == Self.naive(rules, request) else {
                    Issue.record("\(request) by \(rules.map { "\($0.allow) \($0.text)" }): \(verdict)")
                    return
                }
            }
        }
    }

    /// v1 says the same of lists in its own manner: a word about everything, then exceptions, none inside another.
    @Test func sameVerdictAsTheControllerOfV1() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let base = Bool.random(using: &generator)
            var rules = [Rule(allow: base)]
            for _ in 0..<Int.random(in: 0...8, using: &generator) {
                var rule = Self.rule(&generator)
                guard rule.kind != .all else { continue }
                rule.allow = !base
                // Of overlapping exceptions v1 wants one that allows the whole request; rules add up.
                let overlaps = rules.dropFirst().contains {
                    $0.kind == rule.kind && ($0.major == nil || rule.major == nil || $0.major == rule.major)
                        && ($0.minor == nil || rule.minor == nil || $0.minor == rule.minor)
                        && !($0.major == rule.major && $0.minor == rule.minor)
                }
                if !overlaps { rules.append(rule) }
            }
            let program = DeviceProgram(rules)
            for request in Self.requests {
                #expect(try Self.run(program, request) == Self.classic(rules, request))
            }
        }
    }

    /// Numbers no device can have match nothing, and the program stays a valid one.
    @Test func impossibleNumbers() throws {
        let program = DeviceProgram([
            .init(allow: false), .init(allow: true, kind: .character, major: .max, minor: 1),
            .init(allow: true, kind: .character, major: 1, minor: 1 << 31),
        ])
        #expect(try !Self.run(program, .init(kind: .character, major: 1, minor: 3, access: .read)))
        #expect(program.instructions.count == 8)
    }

    /// The kernel's own encoding (`struct bpf_insn`): code, registers, offset and immediate in their places.
    @Test func encoding() {
        #expect(BPFInstruction(.exit).word == 0x95)
        #expect(BPFInstruction(.load, .r5, source: .r1, offset: 8).word == 0x0000_0000_0008_1561)
        #expect(BPFInstruction(.and, .r3, immediate: -2).word == 0xffff_fffe_0000_0357)
        #expect(BPFInstruction(.jumpUnlessEqual, .r2, offset: -1, immediate: 1).word == 0x0000_0001_ffff_0255)
    }
}

/// The same by the kernel, on a cgroup of v2.
@Suite(
    .enabled(if: geteuid() == 0, "needs root"),
    .enabled(if: (try? CgroupLayout.detect())?.unified != nil, "[host] needs cgroup v2"))
struct DeviceFilterTests {
    /// The verifier takes what we compile, long lists too; what is denied cannot be opened; new rules take the place of the old
    /// ones; none at all set everything free.
    @Test func enforced() throws {
        let layout = try CgroupLayout.detect()
        let unified = CgroupLayout(hierarchies: [try #require(layout.unified)])
        let rules: [CgroupLimits.DeviceRule] =
            [.init(allow: false)]
            + (0..<300).map { .init(allow: true, kind: .character, major: 240, minor: $0, access: .read) }
            + [
                .init(allow: true, kind: .character, major: 1, minor: 3, access: [.read, .write]),
                .init(allow: true, kind: .character, major: 1, minor: 5, access: .read),
                .init(allow: true, kind: .block, access: .makeNode),
            ]
        let plan = CgroupPlan(
            name: "test-\(getpid())-devices", limits: CgroupLimits(deviceRules: rules), layout: unified)
        let cgroup = try Cgroup.create(plan)
        defer { try? cgroup.remove() }
        let script = """
            true < /dev/null && true > /dev/null && echo null
            true < /dev/zero && echo zero read
            true > /dev/zero && echo zero write
            true < /dev/urandom && echo random
            true < /dev/tty9 && echo terminal
            """
        func run() throws -> String {
            let pipe = try Pipe()
            let sink = open("/dev/null", O_WRONLY)
            defer { close(sink) }
            let process = try ProcessPlan("/bin/sh", ["-c", script])
                .spawn(StandardStreams(output: pipe.writeEnd, error: sink), in: cgroup)
            pipe.closeWriteEnd()
            let text = try pipe.readAll()
            _ = try process.wait()
            return text
        }
        #expect(try run() == "null\nzero read\n")
        try cgroup.apply(
            CgroupLimits(deviceRules: [
                .init(allow: false), .init(allow: true, kind: .character, major: 1), .init(allow: true, kind: .block),
            ]))
        #expect(try run() == "null\nzero read\nzero write\nrandom\n")
        try cgroup.apply(CgroupLimits(deviceRules: [.init(allow: true)]))
        #expect(try run().hasPrefix("null\nzero read\nzero write\nrandom\n"))
    }

    @Test func available() { #expect(DeviceFilter.isAvailable()) }
}
