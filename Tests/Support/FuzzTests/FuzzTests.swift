import FuzzSupport
import Glibc
import Linux
import OCITestSupport
import TestSupport
import Testing

/// Some seconds of hostile inputs of every kind, at each run of the tests: half of them from a seed that stays, half from one of the
/// day. `make fuzz` does the same for as long as one likes, led by the code that it reaches.
///
/// Each kind is tried in a process of its own, in which nothing may end it, take longer than any input is worth, or fill memory. What
/// does is made again from its seed and number, and kept.
@Suite(.serialized) struct FuzzTests {
    /// Seconds for each kind; `ISOLAB_FUZZ_SECONDS` says other ones.
    private static let seconds = number("ISOLAB_FUZZ_SECONDS") ?? 2
    /// The days since 1970; `ISOLAB_FUZZ_SEED` says another.
    private static let seed = number("ISOLAB_FUZZ_SEED") ?? UInt64(time(nil) / 86400)

    private static func number(_ variable: String) -> UInt64? {
        getenv(variable).flatMap { UInt64(String(cString: $0)) }
    }

    @Test(arguments: FuzzKind.all.map(\.name)) func holds(kind name: String) async throws {
        let kind = try #require(FuzzKind(name: name))
        let place = try TemporaryDirectory(in: "/dev/shm")
        let progress = try FuzzProgress(place.path + "/progress")
        let (path, seed, seconds) = (place.path, Self.seed, Self.seconds)
        await #expect(processExitsWith: .success) {
            [name, path = path as String, seed = seed as UInt64, seconds = seconds as UInt64] in
            try FuzzTests.run(name, seeds: [1, seed], seconds: seconds, in: path)
        }
        let (last, count) = (progress.last, progress.count)
        guard progress.isDone else {
            let finding = "/tmp/isolab-fuzz-\(name)-\(last.seed)-\(last.number)"
            try SystemFile.replace(finding, with: FuzzInputs(kind).input(seed: last.seed, number: last.number))
            let words = (try? SystemFile.read(path + "/violation")) ?? "it ended the process"
            Issue.record("\(name), seed \(last.seed), number \(last.number): \(words); the input is kept: \(finding)")
            return
        }
        #expect(count >= 32)
        print("fuzz \(name): \(count) inputs of the seeds 1 and \(seed)")
    }

    /// Tries inputs until the time is over.
    private static func run(_ name: String, seeds: [UInt64], seconds: UInt64, in path: String) throws {
        guard let kind = FuzzKind(name: name) else { exit(3) }
        // An input that takes gigabytes is a finding, and no reason to end everything else on this host.
        var memory = rlimit(rlim_cur: 3 << 30, rlim_max: 3 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &memory)
        let inputs = try FuzzInputs(kind)
        let progress = try FuzzProgress(path + "/progress")
        let trial = kind.trial()
        let end = HostClock.now() + seconds * 1_000_000_000
        var number: UInt64 = 0
        while HostClock.now() < end || number < 16 {
            for seed in seeds {
                progress.begin(seed: seed, number: number)
                limitTime()
                let violation = inputs.input(seed: seed, number: number).withUnsafeBufferPointer(trial)
                if let violation {
                    try SystemFile.replace(path + "/violation", with: Array(violation.utf8))
                    exit(4)
                }
            }
            number += 1
        }
        progress.end()
    }

    /// What it may take: its own time, as a loaded host may keep it waiting for a processor; and another measure for one that only
    /// waits. The signals end the process, which handles neither.
    private static func limitTime() {
        var limit = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: 20, tv_usec: 0))
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &limit, nil)
        alarm(600)
    }

    /// The seeds are what the trials take them for: a trial that refused all of them would hold for any program.
    @Test func seedsAreTaken() throws {
        let run = RunTrial()
        let samples = try FuzzInputs.corpus("run").compactMap {
            try $0.bytes.withUnsafeBufferPointer(run.samples(in:))
        }
        #expect(samples.contains { $0 > 5 } && samples.count >= 3, "\(samples)")
        let shapes = try (0..<40).compactMap {
            try Shapes.input(.run, seed: 1, number: $0).withUnsafeBufferPointer(run.samples(in:))
        }
        #expect(shapes.count > 10 && shapes.contains { $0 > 10 }, "\(shapes)")
        let registry = RequestTrial()
        var statuses: Set<Int> = []
        for number in 0..<60 as Range<UInt64> {
            Shapes.input(.request, seed: 1, number: number).withUnsafeBufferPointer {
                statuses.formUnion(registry.statuses(of: $0))
            }
        }
        for seed in try FuzzInputs.corpus("request") {
            seed.bytes.withUnsafeBufferPointer { statuses.formUnion(registry.statuses(of: $0)) }
        }
        #expect(statuses.isSuperset(of: [200, 201, 202, 204, 400, 404, 413, 416, 421]), "\(statuses.sorted())")
        let layers = LayerTrial()
        let unpacked = try FuzzInputs.corpus("layer").filter { $0.bytes.withUnsafeBufferPointer(layers.isUnpacked) }
        #expect(unpacked.map(\.name).contains("pax.tar"), "\(unpacked.map(\.name))")
        let chains = (0..<40).filter {
            Shapes.input(.layer, seed: 1, number: $0).withUnsafeBufferPointer(layers.isUnpacked)
        }
        #expect(!chains.isEmpty)
    }

    /// An input is what its seed and number say, in this process or any other; others are others.
    @Test func inputsAreMadeAgain() throws {
        for kind in [FuzzKind.layer, .request, .document(.image)] {
            let (one, other) = (try FuzzInputs(kind), try FuzzInputs(kind))
            let all = (0..<64).map { one.input(seed: 5, number: $0) }
            #expect(all == (0..<64).map { other.input(seed: 5, number: $0) })
            #expect(Set(all).count > 48)
        }
        #expect(Mutator.word(#"a="\xc3\xa9\"\\x" # é"#) == [0xC3, 0xA9, 0x22, 0x5C, 0x78])
        #expect(Mutator.word("# nothing") == nil)
    }
}
