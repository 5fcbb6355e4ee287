import Glibc
import Testing
import WorkloadProtocol

/// The built program, as a process; as PID 1 of a guest it is tested with the machines.
@Suite struct WorkloadTests {
    /// `hello` is the first write, whole and alone, with the nonce it was given; the proof comes only after it.
    @Test(arguments: [0x1 as UInt64, 0x0123_4567_89ab_cdef, .max])
    func helloComesFirst(nonce: UInt64) throws {
        let process = try WorkloadProcess(["--nonce", String(nonce, radix: 16), "--work", "40000000", "exit"])
        let first = process.readOnce()
        #expect(first.hasSuffix("\n"))
        #expect(
            WorkloadMessage(line: first.dropLast()) == .hello(version: 1, nonce: nonce, command: "exit"))
        _ = process.readAll()
    }

    /// The workload's proof is the host's own answer, whatever the nonce and the amount of work.
    @Test(arguments: [
        (0 as UInt64, 0 as UInt32), (0, 1), (1, 1000), (0xffff_ffff_ffff_ffff, 12345), (0x8000_0000_0000_0000, 99_999),
        (0x0123_4567_89ab_cdef, 1_000_000),
    ])
    func provesItsWork(nonce: UInt64, work: UInt32) throws {
        let run = try runWorkload("--nonce", String(nonce, radix: 16), "--work", "\(work)", "exit")
        #expect(
            messages(run.lines) == [
                .hello(version: 1, nonce: nonce, command: "exit"),
                .proof(iterations: work, state: ProofOfWork.answer(nonce: nonce, iterations: work)),
                .done(status: 0),
            ])
        #expect(run.status == 0)
    }

    /// What it says it is in is what the kernel says of a process started so: this test's own namespaces, root and privileges.
    @Test func saysWhatItIsIn() throws {
        let run = try runWorkload("--nonce", "1", "exit")
        let said = observed(run.lines)
        for kind in ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"] {
            var link = [CChar](repeating: 0, count: 64)
            let count = readlink("/proc/self/ns/\(kind)", &link, 63)
            #expect(
                said["ns.\(kind)"]
                    == String(decoding: link[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        let status = try text("/proc/self/status")
        func field(_ name: String) -> String? {
            status.split(separator: "\n").first { $0.hasPrefix(name + ":") }?.split(separator: "\t").last.map(
                String.init)
        }
        #expect(said["seccomp"] == field("Seccomp"))
        #expect(said["no-new-privileges"] == field("NoNewPrivs"))
        #expect(said["capabilities.effective"] == field("CapEff"))
        #expect(said["capabilities.bounding"] == field("CapBnd"))
        var root = stat()
        #expect(stat("/", &root) == 0)
        #expect(said["root"]?.hasPrefix("\(root.st_dev) \(root.st_ino) ") == true)
        let cgroup = try text("/proc/self/cgroup").split(separator: "\n").joined(separator: ",")
        #expect(said["cgroup"] == String(cgroup.prefix(2048)))
        #expect(said["boot"].map { $0 + "\n" } == (try text("/proc/sys/kernel/random/boot_id")))
        #expect(said["kernel"].map { $0 + "\n" } == (try text("/proc/sys/kernel/osrelease")))
    }

    /// The status asked for is said on the channel and is the process's own.
    @Test(arguments: [0, 1, 42, 255] as [Int32])
    func exitsAsTold(status: Int32) throws {
        let run = try runWorkload("--nonce", "1", "exit", "\(status)")
        #expect(messages(run.lines).last == .done(status: status))
        #expect(run.status == status)
    }

    /// Bad input ends with status 2 and a line on standard error that names what was wrong; nothing reaches the channel.
    @Test(arguments: [
        ([], "a command is needed"),
        (["exit"], "--nonce is needed"),
        (["--nonce"], "16 hexadecimal digits"),
        (["--nonce", "xyz", "exit"], "\"xyz\""),
        (["--nonce", "12345678901234567", "exit"], "\"12345678901234567\""),
        (["--nonce", "", "exit"], "16 hexadecimal digits"),
        (["--nonce", "1", "--work", "4294967296", "exit"], "\"4294967296\""),
        (["--nonce", "1", "--work", "-1", "exit"], "\"-1\""),
        (["--nonce", "1", "exit", "256"], "\"256\""),
        (["--nonce", "1", "exit", "1", "2"], "one word too many, not \"2\""),
        (["--nonce", "1", "frobnicate"], "\"frobnicate\""),
        (["--nonce", "1", "memory"], "memory needs MiB"),
        (["--nonce", "1", "syscalls", "--batches", "0"], "\"0\""),
        (["--nonce", "1", "syscalls", "--scale", "0.0001"], "\"0.0001\""),
        (["--nonce", "1", "syscalls", "--faster"], "\"--faster\""),
        (["--nonce", "1", "a\nhello 1 0000000000000001 exit"], "\"a?hello"),
    ])
    func refusesBadInput(arguments: [String], words: String) throws {
        let process = try WorkloadProcess(arguments)
        process.closeInput()
        let lines = process.readAll()
        let error = process.readError()
        #expect(lines.isEmpty)
        #expect(error.hasPrefix("isolab-workload: "))
        #expect(error.contains(words))
        #expect(error.filter { $0 == "\n" }.count == 1)
        #expect(process.exitStatus() == 2)
    }

    /// A crash is a signal, after a valid proof and without `done`: the host cannot take it for success.
    @Test func crashesWithoutDone() throws {
        let run = try runWorkload("--nonce", "7", "crash")
        #expect(run.status == nil)
        #expect(!messages(run.lines).contains(.done(status: 0)))
        #expect(messages(run.lines).count == 2)
    }

    /// `ready` says so and stays until standard input closes; input that merely arrives does not end it.
    @Test func readyEndsWithItsInput() throws {
        let process = try WorkloadProcess(["--nonce", "5", "ready"])
        let lines = process.readLines(until: "mark ready")
        #expect(messages(lines).count == 3)
        guard case .mark("ready", let ticks)? = lines.last.flatMap({ WorkloadMessage(line: $0) }) else {
            Issue.record("no mark ready in \(lines)")
            return
        }
        #expect(ticks > 0)
        var status: Int32 = 0
        #expect(waitpid(process.pid, &status, WNOHANG) == 0)
        process.closeInput()
        #expect(process.readAll() == ["done 0"])
        #expect(process.exitStatus() == 0)
    }

    /// SIGTERM ends it in order too, as it does for PID 1 of a pid namespace, where the default action is nothing.
    @Test(arguments: ["ready", "memory"])
    func endsOnSIGTERM(command: String) throws {
        let process = try WorkloadProcess(["--nonce", "5", command] + (command == "memory" ? ["1"] : []))
        _ = process.readLines(until: "mark ready")
        kill(process.pid, SIGTERM)
        #expect(process.readAll() == ["done 0"])
        #expect(process.exitStatus() == 0)
    }

    /// `memory` holds what it was told to, privately and dirty: none of it is the zero page or shared.
    @Test func memoryIsResident() throws {
        let process = try WorkloadProcess(["--nonce", "5", "memory", "32"])
        _ = process.readLines(until: "mark ready")
        let dirty = try privateDirtyKibibytes(process.pid)
        #expect(dirty >= 32 * 1024)
        #expect(dirty < 33 * 1024)
    }

    /// No two pages of it have the same content, so that KSM has nothing to merge.
    @Test func memoryPagesDiffer() throws {
        let process = try WorkloadProcess(["--nonce", "5", "memory", "2"])
        _ = process.readLines(until: "mark ready")
        let mapping = try #require(
            readText("/proc/\(process.pid)/maps").split(separator: "\n").first { line in
                let range = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt64($0, radix: 16) }
                return range.count == 2 && range[1] - range[0] >= 2 << 20
            })
        let start = try #require(off_t(mapping.prefix { $0 != "-" }, radix: 16))
        let memory = open("/proc/\(process.pid)/mem", O_RDONLY | O_CLOEXEC)
        try #require(memory >= 0)
        defer { close(memory) }
        var pages: Set<[UInt8]> = []
        for index in 0..<512 {
            var page = [UInt8](repeating: 0, count: 4096)
            #expect(pread(memory, &page, 4096, start + off_t(index) * 4096) == 4096)
            pages.insert(page)
        }
        #expect(pages.count == 512)
    }

    /// `spin` counts its steps, and their outcome is the generator's.
    @Test func spinCounts() throws {
        let run = try runWorkload("--nonce", "5", "spin", "1")
        let said = messages(run.lines)
        #expect(said.contains(.value(metric: "spin.steps", unit: "1", value: 1_000_000)))
        let state = ProofOfWork.answer(nonce: 1, iterations: 1_000_000)
        #expect(said.contains(.value(metric: "spin.state", unit: "1", value: Double(state))))
    }

    /// What is touched on purpose is told with its page tables, three for 5 MiB wherever the program lies, of a daemon's as of its own;
    /// of nothing touched nothing.
    @Test(arguments: ["--touch", "--daemon-touch"]) func touchedMemoryIsTold(option: String) throws {
        func told(_ mebibytes: String) throws -> Double? {
            let process = try WorkloadProcess(["--nonce", "5", option, mebibytes, "ready"])
            let said = messages(process.readLines(until: "mark ready"))
            process.closeInput()
            _ = process.readAll()
            #expect(process.exitStatus() == 0)
            for case .value(metric: "injected.memory", unit: "B", let value)? in said { return value }
            return nil
        }
        #expect(try told("0") == 0)
        #expect(try told("5") == 5 * 1_048_576 + 3 * 4096)
    }

    /// A hello that is to be held back for no time at all looks at the clock as one that is held back does, and both say how long it
    /// was; without the option nothing is said.
    @Test func delaysAreTold() throws {
        func told(_ options: String...) throws -> Double? {
            let process = try WorkloadProcess(["--nonce", "5"] + options + ["exit"])
            let said = messages(process.readAll())
            #expect(process.exitStatus() == 0)
            for case .value(metric: "injected.delay", unit: "ns", let value)? in said { return value }
            return nil
        }
        let none = try #require(try told("--delay", "0"))
        #expect(none > 0)
        #expect(try #require(try told("--delay", "20000")) >= 20_000_000)
        #expect(try told() == nil)
    }

    /// `sleep` sleeps no less than it was asked to, by its own clock.
    @Test func sleeps() throws {
        let run = try runWorkload("--nonce", "5", "sleep", "1020")
        let slept = messages(run.lines).compactMap { message -> Double? in
            guard case .value(metric: "sleep.slept", unit: "ns", let value) = message else { return nil }
            return value
        }
        #expect(slept.count == 1 && slept.allSatisfy { $0 >= 1_020_000_000 }, "\(slept)")
    }
}

private func readText(_ path: String) throws -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw WorkloadProcess.Failure(what: "open \(path)", errno: errno) }
    defer { close(file) }
    var text: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { break }
        text += bytes.prefix(count)
    }
    return String(decoding: text, as: UTF8.self)
}

private func privateDirtyKibibytes(_ pid: pid_t) throws -> Int {
    let line = try readText("/proc/\(pid)/smaps_rollup").split(separator: "\n").first {
        $0.hasPrefix("Private_Dirty:")
    }
    return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
}

/// A small file of procfs.
private func text(_ path: String) throws -> String {
    guard let file = fopen(path, "re") else { throw WorkloadProcess.Failure(what: path, errno: errno) }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
}
